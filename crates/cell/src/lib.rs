//! The sandboxed process that holds isolates: workers, their events, and the connections that bring them.
//!
//! What this room does: it keeps one warm isolate for each worker that somebody calls, makes a new one when the old one
//! is condemned or replaced, and runs events in it. It opens no socket: events are handed in, and everything out goes
//! through an [`mote_wire::http::Egress`]. [`process`] is the program that runs as a cell of its own.
//!
//! Invariants: all of a [`Cell`] lives on one thread. A condemned isolate gets no new event. A replaced one finishes
//! those it has.
//!
//! What happens when it fails: the event gets an error with Cloudflare's code; the cell goes on.
#![forbid(unsafe_code)]

mod admission;
mod answer;
mod blanks;
mod cell;
mod directory;
mod journal;
mod news;
mod prepare;
pub mod process;
mod program;
mod recent;
mod rehearsal;
mod serve;
mod share;
mod slot;
mod stats;
mod warmth;
mod watched;

pub use admission::Pressure;
pub use answer::error_of;
pub use cell::{Cell, CellOptions, Deployment, EventLog, Observer};
pub use directory::{Directory, Entry, KillSwitch};
pub use journal::{Line, Story, Watched, What};
pub use mote_engine::{JsError, inspector::Frontend, modules::LoadError};
pub use mote_web::{CallKind, Failure, LogLevel, Outcome, Runtime};
pub use program::Debugging;
pub use recent::Event;
pub use serve::Incoming;
pub use stats::{TIME_BOUNDS_S, Times, WorkerStats};
pub use warmth::IsolateBooks;

/// Prepares the process. Call it on the main thread before any other thread is started: V8 protects its code with memory
/// keys that threads born earlier do not hold.
pub fn initialize(v8_flags: &[&str]) {
    mote_engine::platform::initialize(v8_flags);
}

/// Prepares a process that is a cell: V8 gets its randomness from the system without opening a file.
pub(crate) fn initialize_sandboxed(profile: mote_sandbox::seal::Profile) {
    mote_engine::platform::draw_randomness_from_the_system();
    match profile {
        mote_sandbox::seal::Profile::Jit => mote_engine::platform::initialize(&[]),
        mote_sandbox::seal::Profile::Jitless => mote_engine::platform::initialize(&["--jitless"]),
    }
}

/// False in a build for benchmarks, which limits nobody's CPU time (the cargo feature `unmetered`).
pub const LIMITS_HOLD: bool = !cfg!(feature = "unmetered");

/// A name for this very engine: V8, its flags and the platform in its snapshot. What was made by one is of no use to another.
#[must_use]
pub fn engine_id() -> &'static str {
    env!("MOTE_ENGINE_ID")
}

include!(concat!(env!("OUT_DIR"), "/late.rs"));

/// The platform's startup snapshot.
static SNAPSHOT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/snapshot.bin"));
