//! The comment that each hostile worker begins with. It is read strictly: what is not understood fails the test.

/// What a worker's header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What it tries, in a few words.
    pub harm: String,
    /// How its events may end; nearly always there is one way.
    pub expect: Vec<Expected>,
    /// Text that the answer's body must contain.
    pub body: Option<String>,
    /// Limits of its account, over those that every hostile worker has.
    pub limits: Vec<(String, u64)>,
    /// Who provokes it.
    pub client: Client,
    /// What the process may grow by for a moment, in MiB, where a single built-in takes more than others.
    pub grows_mib: Option<u64>,
    /// A module that it imports as `./module.wasm`.
    pub wasm: Option<Vec<u8>>,
}

/// One way for an event to end. What is `-` in the header is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The status that the client gets; none if it does not wait for one.
    pub status: Option<u16>,
    /// The `mote-error` header of the answer.
    pub slug: Option<String>,
    /// The outcome in the worker's books; none if no event is counted at all.
    pub outcome: Option<String>,
}

/// Who provokes the harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// So many GETs, one after the other.
    Get(usize),
    /// So many GETs at once.
    Together(usize),
    /// Reads a little now and then, and leaves in the middle.
    SlowReader,
    /// Sends a byte now and then, and leaves in the middle.
    SlowWriter,
    /// Sends half of its upload, and then waits for the answer.
    Stalls,
    /// Leaves after the first piece of the body.
    Leaves,
    /// Leaves before the answer.
    LeavesEarly,
    /// Sends 8 MiB in chunks, with no length told before.
    PostHuge,
    /// Sends a form of very many small parts.
    PostForm,
    /// Opens a WebSocket, reads nothing for a while, leaves.
    WebSocket,
    /// Opens one with compression, and sends messages of 4 MiB that take a thousandth of it.
    WebSocketBombs,
}

/// What holds for a hostile worker whose header says nothing else: small enough that a trial is short.
pub(crate) const LIMITS: &[(&str, u64)] = &[
    ("cpu_ms", 100),
    ("startup_cpu_ms", 200),
    ("memory_mib", 32),
    ("wall_ms", 3_000),
    ("wait_until_ms", 500),
];
/// What holds instead where no way to end is promised that the limit leads to: a machine that is slow and busy must not decide.
const UNTRIED: &[(&str, u64)] = &[("cpu_ms", 5_000), ("startup_cpu_ms", 5_000), ("wall_ms", 30_000)];

impl Header {
    /// Reads the comment lines that a file begins with.
    ///
    /// # Errors
    /// Says which line is wrong, or which key lacks.
    pub fn parse(source: &str) -> Result<Self, String> {
        let (mut harm, mut expect, mut body, mut limits) = (None, None, None, None);
        let (mut client, mut wasm, mut grows_mib) = (None, None, None);
        for line in source.lines().map_while(|line| line.strip_prefix("// ")) {
            let (key, value) = line.split_once(": ").ok_or_else(|| format!("no `key: value`: {line:?}"))?;
            let value = value.trim();
            match key {
                "harm" => once(&mut harm, key, value.to_owned())?,
                "expect" => {
                    let ways = value.split(" or ").map(Expected::parse).collect::<Result<Vec<_>, _>>()?;
                    once(&mut expect, key, ways)?;
                }
                "body" => once(&mut body, key, value.to_owned())?,
                "limits" => {
                    let pairs = value.split(' ').map(limit).collect::<Result<Vec<_>, _>>()?;
                    once(&mut limits, key, pairs)?;
                }
                "client" => once(&mut client, key, Client::parse(value)?)?,
                "grows" => {
                    let mib = value.parse().map_err(|_| format!("no number of MiB: {value:?}"))?;
                    once(&mut grows_mib, key, mib)?;
                }
                "wasm" => once(&mut wasm, key, bytes(value)?)?,
                _ => return Err(format!("no header has the key `{key}`")),
            }
        }
        Ok(Self {
            harm: harm.ok_or("the header lacks `harm`")?,
            expect: expect.ok_or("the header lacks `expect`")?,
            body,
            limits: limits.unwrap_or_default(),
            client: client.unwrap_or(Client::Get(1)),
            grows_mib,
            wasm,
        })
    }

    /// All limits of its account.
    #[must_use]
    pub fn all_limits(&self) -> Vec<(String, u64)> {
        let own = |key: &str| self.limits.iter().any(|(name, _)| name == key);
        let rest = LIMITS.iter().filter(|(key, _)| !own(key));
        let rest = rest.map(|(key, value)| ((*key).to_owned(), self.untried(key).unwrap_or(*value)));
        self.limits.iter().cloned().chain(rest).collect()
    }

    /// A limit's value where no promised way to end is its doing.
    fn untried(&self, key: &str) -> Option<u64> {
        // A loop while an error is shown ends with the CPU time, too, and the event is an exception all the same.
        let leads_to: &[&str] = match key {
            "wall_ms" => &["exceededWallTime", "canceled", "responseStreamDisconnected", "loadShed"],
            _ => &["exceededCpu", "exceeded-cpu", "exception", "loadShed"],
        };
        let leads = |said: &Option<String>| said.as_deref().is_some_and(|said| leads_to.contains(&said));
        let tried =
            self.expect.iter().any(|way| way.outcome.is_none() || leads(&way.outcome) || leads(&way.slug));
        let (_, value) = UNTRIED.iter().find(|(name, _)| *name == key)?;
        (!tried).then_some(*value)
    }

    /// The value of one of its limits, if the header sets it, or every hostile worker has it.
    #[must_use]
    pub fn limit(&self, key: &str) -> Option<u64> {
        self.all_limits().into_iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

fn once<T>(place: &mut Option<T>, key: &str, value: T) -> Result<(), String> {
    if place.replace(value).is_some() { Err(format!("`{key}` stands there twice")) } else { Ok(()) }
}

fn limit(pair: &str) -> Result<(String, u64), String> {
    let (key, value) = pair.split_once('=').ok_or_else(|| format!("no `key=number`: {pair:?}"))?;
    let value = value.parse().map_err(|_| format!("no number: {pair:?}"))?;
    Ok((key.to_owned(), value))
}

fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    let digits: String = hex.split_whitespace().collect();
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2);
        pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())
            .ok_or("`wasm` is no hexadecimal text".to_owned())
    };
    digits.as_bytes().chunks(2).map(byte).collect()
}

impl Expected {
    fn parse(text: &str) -> Result<Self, String> {
        let words: Vec<_> = text.split(' ').collect();
        let [status, slug, outcome] = words[..] else {
            return Err(format!("not `status slug outcome`: {text:?}"));
        };
        let said = |word: &str| (word != "-").then(|| word.to_owned());
        let status = said(status).map(|status| status.parse().map_err(|_| format!("no status: {status:?}")));
        Ok(Self { status: status.transpose()?, slug: said(slug), outcome: said(outcome) })
    }
}

impl Client {
    fn parse(text: &str) -> Result<Self, String> {
        let (name, times) = text.split_once(' ').unwrap_or((text, ""));
        let times = match (name, times) {
            ("get", "") => 1,
            ("get" | "together", times) => times.parse().map_err(|_| format!("no number: {text:?}"))?,
            (_, "") => 1,
            _ => return Err(format!("only `get` and `together` take a number: {text:?}")),
        };
        Ok(match name {
            "get" => Self::Get(times),
            "together" => Self::Together(times),
            "slow-reader" => Self::SlowReader,
            "slow-writer" => Self::SlowWriter,
            "stalls" => Self::Stalls,
            "leaves" => Self::Leaves,
            "leaves-early" => Self::LeavesEarly,
            "post-huge" => Self::PostHuge,
            "post-form" => Self::PostForm,
            "websocket" => Self::WebSocket,
            "websocket-bombs" => Self::WebSocketBombs,
            _ => return Err(format!("no client is called `{name}`")),
        })
    }

    /// How many events it causes.
    #[must_use]
    pub fn events(self) -> usize {
        match self {
            Self::Get(times) | Self::Together(times) => times,
            Self::SlowReader
            | Self::SlowWriter
            | Self::Stalls
            | Self::Leaves
            | Self::LeavesEarly
            | Self::PostHuge
            | Self::PostForm
            | Self::WebSocket
            | Self::WebSocketBombs => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Client, Header};

    #[test]
    fn a_header_is_read_whole() {
        let header = Header::parse(
            "// harm: it loops\n// expect: 503 exceeded-cpu exceededCpu or - - canceled\n// body: a: b\n\
             // limits: cpu_ms=7 timers=3\n// client: together 4\n// wasm: 00 61\nfor (;;) {}\n// not: read\n",
        )
        .unwrap();
        assert_eq!(header.harm, "it loops");
        assert_eq!((header.expect[0].status, header.expect[1].status), (Some(503), None));
        assert_eq!(header.body.as_deref(), Some("a: b"));
        assert_eq!(
            (header.limit("cpu_ms"), header.limit("timers"), header.limit("memory_mib")),
            (Some(7), Some(3), Some(32))
        );
        assert_eq!((header.client, header.wasm), (Client::Together(4), Some(vec![0, 0x61])));
    }

    #[test]
    fn a_limit_that_is_not_tried_leaves_room() {
        let of = |expect: &str, key| {
            Header::parse(&format!("// harm: x\n// expect: {expect}\n")).unwrap().limit(key).unwrap()
        };
        assert_eq!(of("200 - ok", "cpu_ms"), 5_000);
        assert_eq!(of("200 - ok or 503 exceeded-cpu exceededCpu", "cpu_ms"), 100);
        assert_eq!(of("200 exceeded-cpu ok", "cpu_ms"), 100);
        assert_eq!(of("500 worker-exception exception", "cpu_ms"), 100);
        assert_eq!(of("503 exceeded-cpu exceededCpu", "wall_ms"), 30_000);
        assert_eq!(of("- - canceled", "wall_ms"), 3_000);
        assert_eq!(of("- - -", "cpu_ms"), 100);
        assert_eq!(of("200 - ok", "memory_mib"), 32);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let good = "// harm: x\n// expect: 200 - ok\n";
        assert!(Header::parse(good).is_ok());
        for bad in [
            "// harm: x\n",
            "// expect: 200 - ok\n",
            "// harm: x\n// expect: 200 ok\n",
            "// harm: x\n// expect: two - ok\n",
            &format!("{good}// harm: y\n"),
            &format!("{good}// clients: get\n"),
            &format!("{good}// client: dance\n"),
            &format!("{good}// client: leaves 3\n"),
            &format!("{good}// limits: cpu_ms\n"),
            &format!("{good}// wasm: 0\n"),
            &format!("{good}// a remark\n"),
        ] {
            assert!(Header::parse(bad).is_err(), "{bad}");
        }
    }
}
