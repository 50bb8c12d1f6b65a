//! The differential suite: every case of `worker/` and `classic/` runs on the built `mote` and on the real workerd, and
//! what a client gets - status, headers, body, and inside of it what was returned or thrown - is compared.
//!
//! A difference is either listed in `differences.json` with its reason, or it is a failure. So is a listed one that is
//! no longer there: the list says what holds today, nothing else. `MOTE_DIFFERENCES=update` writes it anew; what is new
//! in it has no reason yet and fails until somebody gives one.
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

mod case;
mod differences;
mod exchange;
mod handshake;
mod mote;
mod upstream;
mod workerd;

pub use case::{Case, answers};
pub use differences::{Difference, Differences};
pub use handshake::chosen;
pub use mote::Mote;
pub use upstream::serve as serve_upstream;
pub use workerd::Workerd;

use std::path::{Path, PathBuf};

/// Where the suite's files lie.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}
