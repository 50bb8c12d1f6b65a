//! Black-box tests of the built `mote` binary, and the harness they stand on.
//!
//! Nothing here links Mote: a test starts the binary, talks to it over sockets, reads its terminal and ends it by its
//! process id. Every test has a server, a port and a folder of its own, so all of them run in parallel.
//! The binary is the one that `MOTE_BIN` names, or the one in the target folder that holds the test itself.
//!
//! A harness function that cannot go on panics: the message is what the reader of a failed test sees, so it says what
//! was awaited and shows what Mote wrote meanwhile.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test blocks its own thread only, and reads its surroundings to find the binary"
)]

mod commands;
mod deploy;
mod door;
mod examples;
mod http;
mod inspector;
mod project;
mod server;
mod upstream;
mod websocket;
mod wrangler;

pub use commands::Commands;
pub use deploy::{DeployApi, form};
pub use door::Door;
pub use examples::{example, example_in_cells, example_with};
pub use http::{Answer, Broken, Head, Wire};
pub use inspector::Inspector;
pub use project::Project;
pub use server::{Launch, Mote, Refusal, mote, signal};
pub use upstream::{Upstream, Visitor};
pub use websocket::Socket;
pub use wrangler::{Said, Tailing, Wrangler, node};

use std::time::{Duration, Instant};

/// Long enough for a debug build on a busy machine; a test that waits for it has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until the answer is `Some`, or panics with `what` when patience ends.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
