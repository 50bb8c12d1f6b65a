//! The Web platform inside an isolate: JavaScript (in `js/`, evaluated once into the startup snapshot) and the Rust
//! natives that it stands on.
//!
//! What this room does: fetch, streams, URL, encoding, events, timers, WebSockets as the standards say them, and the
//! bookkeeping of request contexts, to which every I/O object belongs. It knows no socket: what leaves an isolate
//! leaves through [`mote_wire::http::Egress`].
//!
//! Invariants: an I/O object can be used only in the request context that it belongs to; when a context ends, all its
//! I/O ends. JavaScript runs only in turns of a [`Runtime`], and a turn never begins inside another.
//!
//! What happens when it fails: a tenant's mistake is an exception in its code or a [`Failure`] of its event. The
//! platform's JavaScript shares its realm with the tenant's and is no wall: natives check everything again.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod blank;
mod body;
mod connections;
mod context;
mod deadlines;
mod debugger;
mod depth;
mod events;
mod late_code;
mod lifecycle;
pub mod native;
mod op;
mod recording;
mod rewriter;
mod runtime;
mod state;
mod usage;

pub use blank::Blank;
pub use context::{Failure, Outcome};
pub use depth::Trail;
pub use events::{Call, CallKind};
pub use late_code::{LateCodeError, make_late_code};
pub use recording::{Heap, KeptHeap};
pub use runtime::{Console, LogLevel, Runtime, Worker};
pub use state::wall_clock_ms;
pub use usage::{EventUsage, Journal, Printed, UsageSink};

use mote_engine::{Snapshot, snapshot::SnapshotError, v8};

/// A module of `js/`, by name and path; it does not compile if the text is not ASCII.
macro_rules! source {
    ($name:literal, $path:literal) => {{
        static TEXT: v8::OneByteConst = v8::String::create_external_onebyte_const(include_bytes!($path));
        static CODE: std::sync::OnceLock<&'static [u8]> = std::sync::OnceLock::new();
        mote_engine::snapshot::Source { name: $name, text: &TEXT, code: &CODE }
    }};
}

include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// The functions of `js/main.js` that Rust calls, in the order that the snapshot keeps them.
pub(crate) const HOOKS: &[&str] = &[
    "setWorker",
    "dispatchFetch",
    "dispatchScheduled",
    "dispatchRpc",
    "unhandledRejection",
    "rejectionHandled",
    "abortRequest",
    "endEvent",
    "builtinModules",
    "checkSoundness",
    "beginRecording",
    "endRecording",
    "resumeWorker",
    "warmUpLate",
    "warmUp",
];

/// Initialises V8, see [`mote_engine::platform::initialize`]; for the build script that makes the snapshot.
pub fn initialize_v8() {
    mote_engine::platform::initialize(&[]);
}

/// Asks the kernel for what cryptography will need of it; for a process that will soon be allowed to ask for nothing else.
/// Called on the thread that runs JavaScript.
pub fn prepare_cryptography() {
    mote_crypto::prepare();
}

/// Makes the startup snapshot: evaluates the whole platform once and keeps the heap.
///
/// # Errors
/// When the platform's own code is wrong.
pub fn make_snapshot() -> Result<Vec<u8>, SnapshotError> {
    mote_engine::snapshot::make(&native::all(), SOURCES, "main.js", HOOKS)
}

/// A snapshot that [`make_snapshot`] of this very build has made, with what [`make_late_code`] has made of it.
#[must_use]
pub fn snapshot(blob: &'static [u8], late_code: &[(&str, &'static [u8])]) -> Snapshot {
    for (name, code) in late_code {
        if let Some(source) = SOURCES.iter().find(|source| source.name == *name) {
            source.code.get_or_init(|| code);
        }
    }
    Snapshot::from_static(blob, &native::all(), SOURCES)
}
