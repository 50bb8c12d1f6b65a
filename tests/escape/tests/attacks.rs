//! What is tried, read from the attacker's own files, and what must become of it.

/// What must become of an attempt.
#[derive(Debug, Clone)]
pub(crate) enum Expected {
    /// The cell ends, and the log names this kind of incident, with this text.
    Lost { kind: &'static str, says: String },
    /// The event gets one of these errors from within the cell, which goes on.
    Stopped(&'static str),
    /// The cell has got nothing, and the log says with this text that it tried, or that it ended.
    Contained(&'static str),
    /// What it does every worker may do; nobody else notices.
    Allowed,
}

/// One attempt.
#[derive(Debug, Clone)]
pub(crate) struct Attack {
    pub(crate) name: String,
    pub(crate) expected: Expected,
}

impl Attack {
    /// Its name as the name of a test.
    pub(crate) fn slug(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        self.name.chars().map(plain).collect()
    }
}

const SYSCALLS: &str = include_str!("../worker/syscalls.js");
const FLOODS: &str = include_str!("../worker/floods.js");

/// All attempts.
pub(crate) fn all() -> Vec<Attack> {
    let calls = entries(SYSCALLS).map(|(name, line)| Attack { name, expected: of_call(line) });
    let floods = entries(FLOODS).map(|(name, _)| {
        let expected = of_flood(&name);
        Attack { name, expected }
    });
    let attacks: Vec<Attack> = calls.chain(floods).collect();
    assert!(attacks.len() > 100, "the attacker's files are not read: {} attacks", attacks.len());
    attacks
}

/// The entries of an object literal that has each on a line of its own.
fn entries(source: &'static str) -> impl Iterator<Item = (String, &'static str)> {
    source.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("  \"")?.split_once("\": ")?;
        Some((name.to_owned(), rest))
    })
}

fn of_call(line: &str) -> Expected {
    let call =
        line.split_once("killed(\"").or_else(|| line.split_once("call: \"")).expect("a call is named").1;
    let call = call.split_once('"').expect("a name ends").0;
    Expected::Lost { kind: "forbidden-call", says: format!("it tried {call}") }
}

fn of_flood(name: &str) -> Expected {
    let lost = |kind, says: &str| Expected::Lost { kind, says: says.to_owned() };
    match name {
        "memory" => lost("out-of-memory", "MiB are in memory"),
        "a loop in machine code" => Expected::Stopped("exceeded-cpu"),
        "machine code that does not stop" => lost("turn-too-long", "was not stopped"),
        "machine code that shows no turn" => lost("silent", "shows no turn"),
        "sleep for ever" => lost("turn-stuck", "a turn sleeps, and no thread is left that would wake it"),
        "stop" => lost("crashed", "it left with code 7"),
        "a crash" => lost("crashed", "signal 11 ended it"),
        "garbage on the link"
        | "a frame without an end"
        | "a flood on the link"
        | "an answer to no request"
        | "a request with a number of its own"
        | "the same request twice"
        | "headers without an end" => lost("bad-link", ""),
        "a request of another worker" => lost("forged-worker", ""),
        "a story of another worker" => lost("bad-control", "which it never got"),
        "half a frame" => Expected::Contained("unfinished: a frame"),
        "half a message" => Expected::Contained("unfinished: a message"),
        "a flood of lines" => Expected::Contained("too-many-lines"),
        "requests to bindings that it was not given" => Expected::Contained("asked for \"VAULT\""),
        "a thousand requests" | "a frame byte by byte" => Expected::Contained("asked for http://192.0.2.1/"),
        "where memory lies" => Expected::Allowed,
        _ => lost("bad-control", ""),
    }
}
