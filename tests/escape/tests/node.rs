//! The node under attack, and what is asked of it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use mote_blackbox::{Door, Launch, Mote, Project};
use serde_json::Value;

use crate::{
    attacks::{Attack, Expected},
    table,
};

/// The attacker shares his cell with a bystander of the same cordon; the neighbour is in another cell, which must not notice.
const CONFIG: &str = "[workers.attacker]\ncordon = 'untrusted'\n[workers.bystander]\ncordon = 'untrusted'\n\
    [cordons.untrusted]\ncells = 1\nmemory_mib = 384\n[cordons.default]\ncells = 1\n[limits]\ncpu_ms = 500\n";

const COUNTER: &str =
    "let visits = 0;\nexport default { fetch() { return new Response(`visit ${++visits}`); } };\n";

struct Node {
    mote: Mote,
    door: Door,
    visits: u32,
    _projects: Vec<Project>,
}

impl Node {
    fn start() -> Self {
        let attacker = Project::copy_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("worker"));
        let operator = Project::empty().with("mote.toml", CONFIG);
        let (bystander, neighbour) =
            (Project::named("bystander", COUNTER), Project::named("neighbour", COUNTER));
        let mote = Launch::serve(attacker.path())
            .arg(bystander.path())
            .arg(neighbour.path())
            .arg("--config")
            .arg(operator.file("mote.toml"))
            .arg("--cell-program")
            .arg(env!("CARGO_BIN_EXE_escape-cell"))
            .start();
        let door = Door::of(&mote);
        Self { mote, door, visits: 0, _projects: vec![attacker, operator, bystander, neighbour] }
    }

    /// The neighbour's isolate is the one that it was: its cell has not been touched.
    fn neighbour_is_well(&mut self) -> Result<(), String> {
        self.visits += 1;
        let (wanted, got) =
            (format!("visit {}", self.visits), self.mote.get_from_host("neighbour.localhost", "/"));
        if got.text == wanted {
            Ok(())
        } else {
            Err(format!("the neighbour: {} {:?}, not {wanted:?}", got.status, got.text))
        }
    }

    fn others_answer(&self) -> Result<(), String> {
        let got = self.mote.get_from_host("bystander.localhost", "/");
        if got.status == 200 { Ok(()) } else { Err(format!("the bystander: {} {:?}", got.status, got.text)) }
    }

    fn cell_of_attacker(&self) -> Value {
        let found = self.door.serving().into_iter().find(|cell| cell["cordon"] == "untrusted");
        found.expect("the attacker's cell")
    }

    fn attack(&self, name: &str) -> mote_blackbox::Answer {
        let path: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
        // A GET would be sent again to another cell if it had not begun; here each attempt is made once.
        self.mote.send("POST", &format!("/{path}"), &[("host", "attacker.localhost")], "")
    }
}

/// Runs one attack and checks what became of it.
pub(crate) fn hold(attack: &Attack) -> Result<(), String> {
    let mut node = Node::start();
    node.neighbour_is_well()?;
    node.others_answer()?;
    let start = Instant::now();
    let answer = node.attack(&attack.name);
    let took = start.elapsed();
    let result = became(attack, &node, &answer);
    let result = result.and_then(|seen| {
        node.neighbour_is_well()?;
        node.others_answer()?;
        Ok(seen)
    });
    table::record(attack, &result, answer.status, took);
    result.map(drop).map_err(|reason| format!("{reason}\nthe node wrote:\n{}", node.mote.output()))
}

/// What was seen, in words for the table.
fn became(attack: &Attack, node: &Node, answer: &mote_blackbox::Answer) -> Result<String, String> {
    let slug = answer.headers("mote-error").first().map(|slug| (*slug).to_owned()).unwrap_or_default();
    match &attack.expected {
        Expected::Stopped(wanted) if slug == *wanted => Ok(format!("stopped in the cell: {wanted}")),
        Expected::Stopped(wanted) => Err(format!("{} {slug}, not {wanted}: {}", answer.status, answer.text)),
        Expected::Lost { kind, says } => {
            // Whoever ends his cell slowly may still be answered; the host must have ended it all the same.
            if answer.status == 200 && *kind == "forbidden-call" {
                return Err(format!("it was answered: {}", answer.text));
            }
            let line = logged(node, &["was lost: ", kind, says, "attacker"])?;
            let noticed = line.split_once("noticed after ").and_then(|(_, rest)| rest.split_once(" ms"));
            let noticed =
                noticed.map(|(ms, _)| ms.to_owned()).ok_or("the log does not say how soon it was noticed")?;
            Ok(format!("cell ended: {kind}, noticed after {noticed} ms, logged with its workers"))
        }
        Expected::Contained(says) => {
            let kept = ["was kept from something: ", says, "its workers: ", "attacker"];
            // What follows half of something is taken for the rest of it, and may be what ends the cell.
            let line = logged_any(node, &[&kept, &["was lost: bad-", "its workers: ", "attacker"]])?;
            let became = if line.contains(kept[0]) { "contained" } else { "cell ended" };
            Ok(format!("{became}: {} {slug}, logged with its workers", answer.status))
        }
        Expected::Allowed => Ok(format!("contained: {} {slug}", answer.status).trim_end().to_owned()),
    }
}

/// The line of the log that has all of these; it may come a little after the answer.
fn logged(node: &Node, wanted: &[&str]) -> Result<String, String> {
    logged_any(node, &[wanted])
}

/// The same with all of one of these.
fn logged_any(node: &Node, wanted: &[&[&str]]) -> Result<String, String> {
    let start = Instant::now();
    loop {
        let output = node.mote.output();
        let has = |line: &&str| wanted.iter().any(|all| all.iter().all(|part| line.contains(part)));
        if let Some(line) = output.lines().find(has) {
            return Ok(line.to_owned());
        }
        if start.elapsed() > Duration::from_secs(15) {
            return Err(format!("no line of the log has all of {wanted:?}"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Who crashes again and again is named, waits longer each time, and is alone: the others go on in peace.
pub(crate) fn crash_loop() -> Result<(), String> {
    let mut node = Node::start();
    let mut waits = Vec::new();
    while waits.len() < 3 {
        node.neighbour_is_well()?;
        node.others_answer()?;
        let answer = node.attack("a crash");
        let slug = answer.headers("mote-error").first().map(|slug| (*slug).to_owned()).unwrap_or_default();
        match slug.as_str() {
            "cell-lost" => {
                let crash = format!("blamed on `attacker` (crash {}", waits.len() + 1);
                waits.push(logged(&node, &["was lost: crashed", &crash])?);
            }
            // It has to wait: that is said, and the client is told for how long.
            "worker-quarantined" if answer.headers("retry-after").len() == 1 => {
                std::thread::sleep(Duration::from_millis(20));
            }
            other => return Err(format!("{} {other}: {}", answer.status, answer.text)),
        }
    }
    if !waits[1].contains("waits 100 ms") || !waits[2].contains("waits 200 ms") {
        return Err(format!("the waits do not double: {waits:?}"));
    }
    if !waits[1].contains("1 workers") || !waits[2].contains("1 workers") {
        return Err(format!("it is not alone: {waits:?}"));
    }
    node.neighbour_is_well()
}

/// What an attacker learns of one process's addresses says nothing about another's.
pub(crate) fn addresses_differ() -> Result<(), String> {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let answer = Node::start().attack("where memory lies");
        seen.push(answer.json()["result"].as_f64().filter(|address| *address > 0.0).ok_or("no address")?);
    }
    if seen[0].to_bits() == seen[1].to_bits() {
        Err(format!("the same address twice: {seen:?}"))
    } else {
        Ok(())
    }
}

/// A cell has its three descriptors and those that its runtime made, an empty environment, no files, no capabilities.
pub(crate) fn nothing_is_held() -> Result<(), String> {
    let node = Node::start();
    node.others_answer()?;
    let pid = node.cell_of_attacker()["pid"].as_u64().ok_or("no process")?;
    let process = PathBuf::from(format!("/proc/{pid}"));
    let status = fs::read_to_string(process.join("status")).map_err(|error| error.to_string())?;
    let field = |name: &str| {
        status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
    };
    for (name, wanted) in [("CapEff:", 0), ("CapPrm:", 0), ("CapBnd:", 0), ("CapInh:", 0), ("CapAmb:", 0)] {
        let held = u64::from_str_radix(&field(name), 16).map_err(|error| format!("{name} {error}"))?;
        if held != wanted {
            return Err(format!("{name} {held:#x}"));
        }
    }
    if (field("NoNewPrivs:"), field("Seccomp:")) != ("1".to_owned(), "2".to_owned()) {
        return Err(format!("no filter: {status}"));
    }
    let environment = fs::read(process.join("environ")).map_err(|error| error.to_string())?;
    if !environment.is_empty() {
        return Err(format!("an environment: {}", String::from_utf8_lossy(&environment)));
    }
    let mut descriptors = Vec::new();
    for entry in fs::read_dir(process.join("fd")).map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        descriptors.push(fs::read_link(entry.path()).unwrap_or_default().to_string_lossy().into_owned());
    }
    let known = [
        "socket:[",
        "/memfd:",
        "anon_inode:[eventpoll]",
        "anon_inode:[eventfd]",
        "anon_inode:seccomp notify",
        "/dev/null",
    ];
    match descriptors.iter().find(|target| !known.iter().any(|known| target.starts_with(known))) {
        Some(other) => Err(format!("a descriptor of {other}; all: {descriptors:?}")),
        None if descriptors.iter().filter(|target| target.starts_with("socket:[")).count() > 4 => {
            Err(format!("too many sockets: {descriptors:?}"))
        }
        None => Ok(()),
    }
}

/// The binary that users run does not know the hook, and a build with optimisations refuses it.
pub(crate) fn no_hook() -> Result<(), String> {
    let (name, target) =
        (b"escapeSyscall", Path::new(env!("CARGO_BIN_EXE_escape-cell")).parent().expect("a folder"));
    let has = |file: &str| -> Result<bool, String> {
        let bytes = fs::read(target.join(file)).map_err(|error| format!("{file}: {error}"))?;
        Ok(bytes.windows(name.len()).any(|part| part == name))
    };
    if !has("escape-cell")? {
        return Err("the hook is not where it should be: this check sees nothing".to_owned());
    }
    if has("mote")? {
        return Err("`mote` has the hook in it".to_owned());
    }
    // The module that holds the hook, compiled as a release would, and as a test does: only the first refuses it.
    let refuses = |assertions: &str| -> Result<bool, String> {
        let compiled = Command::new("rustc")
            .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "-o", "-"])
            .args(["-C", &format!("debug-assertions={assertions}")])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/engine/src/escape.rs"))
            .output()
            .map_err(|error| format!("rustc: {error}"))?;
        Ok(String::from_utf8_lossy(&compiled.stderr).contains("gives tenants the whole process"))
    };
    match (refuses("off")?, refuses("on")?) {
        (true, false) => Ok(()),
        (off, on) => {
            Err(format!("a build without debug assertions refuses the hook: {off}; one with them: {on}"))
        }
    }
}
