//! What host and cell say to each other beside events: which workers a cell has, how it is, what its workers print.
//!
//! On the wire each message is the length of its JSON and of its blob (four bytes each, big-endian), the JSON, the blob.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{compatibility::Compatibility, named::BundleHead};

/// What the host tells a cell.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ToCell {
    /// Load a worker's version. The blob is the bundle, as `bundle` says, and behind it what was prepared for it.
    Deploy {
        /// The number by which requests name it.
        worker: u32,
        /// Its name.
        name: String,
        /// Its account; empty if it has none.
        account: String,
        /// Its limits, by their keys.
        limits: Vec<(String, u64)>,
        /// Its `env`, as a JSON object.
        env_json: String,
        /// Which behaviours it has asked for.
        compatibility: Compatibility,
        /// What the bundle in the blob is.
        bundle: BundleHead,
        /// How many bytes of the blob, at its end, are a [`crate::prepared::Prepared`]; zero if there is none.
        prepared_bytes: usize,
    },
    /// Hand over the code that was compiled while a worker was loaded; [`FromCell::Prepared`] answers, without a heap. The cell gets no
    /// events afterwards.
    Compiled {
        /// Its number.
        worker: u32,
    },
    /// Find out how the version of a worker that is loaded starts soonest; [`FromCell::Prepared`] answers. The cell is of no
    /// other use afterwards.
    Prepare {
        /// Its number.
        worker: u32,
    },
    /// Start a worker's isolates from what was prepared, from now on. The blob is a [`crate::prepared::Prepared`].
    Adopt {
        /// Its number.
        worker: u32,
    },
    /// Forget a worker; its events finish.
    Remove {
        /// Its number.
        worker: u32,
    },
    /// End a worker's events now and take no new ones, also in the middle of a turn.
    Stop {
        /// Its number.
        worker: u32,
    },
    /// Take events of it again.
    Start {
        /// Its number.
        worker: u32,
    },
    /// Whether somebody reads along with a worker's events: then [`FromCell::Story`] tells of each.
    Watch {
        /// Its number.
        worker: u32,
        /// True from now on, or false.
        on: bool,
    },
    /// Whether the node is short of memory.
    Pressure {
        /// True while it is.
        high: bool,
    },
    /// How much the cell's isolates may hold together.
    Budget {
        /// Bytes.
        bytes: u64,
    },
    /// Say how you are.
    Ping {
        /// Comes back in [`FromCell::Pong`].
        number: u64,
    },
}

/// What a cell tells the host. The cell may be lost to an attacker: all of it is a claim.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromCell {
    /// It has started, and the kernel holds it as far as `sandbox` says.
    Ready {
        /// The parts of the sandbox that hold.
        sandbox: Vec<String>,
        /// The number of the descriptor at which the kernel reports forbidden system calls; none if they end the process.
        listener: Option<i32>,
    },
    /// A worker was loaded, or not.
    Deployed {
        /// Its number.
        worker: u32,
        /// Its handlers, or why it does not load.
        result: Result<Vec<String>, String>,
    },
    /// The answer to [`ToCell::Compiled`] and to [`ToCell::Prepare`]. The blob is a [`crate::prepared::Prepared`], if there is one.
    Prepared {
        /// The worker's number.
        worker: u32,
        /// Why there is none; empty if there is one.
        problem: String,
    },
    /// The answer to a ping.
    Pong {
        /// The ping's number.
        number: u64,
        /// What workers have used since the last pong.
        used: Vec<WorkerUse>,
        /// What its isolates are.
        isolates: IsolateCounts,
    },
    /// A line of a worker's console.
    Console {
        /// The worker's number.
        worker: u32,
        /// `debug`, `info`, `log`, `warn` or `error`.
        level: String,
        /// The line.
        text: String,
    },
    /// An event is over that failed, or every event if the host has asked for them.
    Event {
        /// The worker's number.
        worker: u32,
        /// Its outcome, in Cloudflare's words.
        outcome: String,
        /// Method and URL, or the cron expression.
        what: String,
        /// The response's status; none if there was none.
        status: Option<u16>,
        /// Message and stack, if it failed.
        failure: Option<String>,
        /// From arrival to the response's head, in microseconds.
        duration_us: u64,
        /// CPU time by then, in microseconds.
        cpu_us: u64,
    },
    /// A turn was stopped and went on. It was left, and its isolate with it: what that holds stays with the process.
    Left {
        /// The worker's number.
        worker: u32,
        /// What is known of it.
        left: LeftBehind,
    },
    /// An event of a worker that is watched is over.
    Story {
        /// The worker's number.
        worker: u32,
        /// What there is to tell.
        story: Box<Story>,
    },
}

/// What a cell has left behind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LeftBehind {
    /// Why the last turn was stopped: what follows on "it".
    pub why: String,
    /// Isolates so far.
    pub isolates: u64,
    /// Bytes of their heaps and buffers.
    pub bytes: u64,
}

/// An event that is over, with all that it said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Story {
    /// `fetch`, `scheduled` or `rpc`.
    pub kind: String,
    /// The method; empty if there is none.
    pub method: String,
    /// The URL, or the cron expression.
    pub url: String,
    /// The request's headers.
    pub headers: Vec<(String, String)>,
    /// The entrypoint that was called, if it is not the default one.
    pub entrypoint: Option<String>,
    /// When it was due, in milliseconds since the epoch, for one that a clock has begun.
    pub due_ms: Option<f64>,
    /// When it began, in milliseconds since the epoch.
    pub began_ms: f64,
    /// Its outcome, in Cloudflare's words.
    pub outcome: String,
    /// The response's status, if it had one.
    pub status: Option<u16>,
    /// CPU time in microseconds.
    pub cpu_us: u64,
    /// From its arrival to its end, in microseconds.
    pub wall_us: u64,
    /// What it wrote to the console: level, the values as a JSON array or one value, and the time in milliseconds since the
    /// epoch.
    pub lines: Vec<(String, String, f64)>,
    /// Errors that it did not catch: the first line, the whole stack, and the time.
    pub errors: Vec<(String, String, f64)>,
    /// Whether there was more than is kept.
    pub truncated: bool,
    /// Its ticket ([`crate::link::TICKET`]), if it had one.
    #[serde(default)]
    pub ticket: Option<String>,
}

/// After as many turns an event is one that goes on and on.
pub const LATE_TURNS: u64 = 100;

/// The isolates of a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsolateCounts {
    /// Isolates that are ready for events.
    pub warm: u64,
    /// Bytes that they hold, about.
    pub held_bytes: u64,
    /// Isolates that were started for an event, since the cell's start.
    pub started: u64,
    /// Microseconds that these starts took, together.
    pub start_us: u64,
    /// Isolates that had to leave: for others, or because nobody used them.
    pub evicted: u64,
    /// Events that were turned away because no isolate could be started for them.
    pub shed: u64,
    /// Isolates that were left behind because a turn did not stop, since the cell's start.
    #[serde(default)]
    pub left: u64,
    /// Bytes of these.
    #[serde(default)]
    pub left_bytes: u64,
}

/// What a worker has used since the cell last said so.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct WorkerUse {
    /// Its number.
    pub worker: u32,
    /// Events that ended, by outcome.
    pub outcomes: Vec<(String, u64)>,
    /// CPU time, in microseconds.
    pub cpu_us: u64,
    /// Events under way now.
    pub under_way: u64,
    /// Turns since then of events that have had [`LATE_TURNS`] before.
    pub late_turns: u64,
    /// CPU time of these, in microseconds.
    pub late_cpu_us: u64,
    /// Wall time of events that ended, in microseconds.
    pub wall_us: u64,
    /// Subrequests of events that ended.
    pub subrequests: u64,
    /// Bytes of request bodies.
    pub bytes_in: u64,
    /// Bytes of response bodies.
    pub bytes_out: u64,
    /// Isolates that were started for it.
    pub isolates_started: u64,
    /// The most memory that one of its isolates was ever seen to hold, in bytes.
    pub memory_bytes_peak: u64,
    /// CPU time of its longest turn since then, or of its longest start, in microseconds.
    pub longest_turn_us: u64,
    /// Whether it has an isolate that is ready for an event.
    #[serde(default)]
    pub warm: bool,
}

/// The most bytes of JSON in one message.
pub const JSON_BYTES_MAX: usize = 4 << 20;
/// The most bytes of a blob from the host.
pub const BLOB_BYTES_MAX: usize = 224 << 20;

/// A message's bytes.
#[must_use]
pub fn encode(message: &impl Serialize, blob: &[u8]) -> Bytes {
    let json = serde_json::to_vec(message).unwrap_or_default();
    let mut bytes = Vec::with_capacity(8 + json.len() + blob.len());
    bytes.extend_from_slice(&u32::try_from(json.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(&u32::try_from(blob.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(&json);
    bytes.extend_from_slice(blob);
    bytes.into()
}

/// The name of the thread of a cell that runs turns, by which the host finds it before the cell has any worker.
pub const TURNS_THREAD: &str = "cell";

/// Slots of the page that host and cell share (`mote_sandbox::page`). The cell writes them.
pub mod page {
    /// The turn that runs: its sequence number in the upper half, the worker's number plus one in the lower; lower half zero
    /// between turns.
    pub const TURN: usize = 0;
    /// Requests of the link that have reached a worker's code, or were answered without: those of a higher index have not.
    pub const BEGUN: usize = 1;
    /// CPU time in microseconds that the turn may use which runs.
    pub const BUDGET: usize = 2;
    /// Who runs, and since which turn nobody else has: that turn as [`TURN`] showed it.
    pub const ALONE: usize = 3;
}
