//! Sites that are made with frameworks, built by the frameworks' own commands for Cloudflare, on the built `mote`.
//!
//! Each folder beside `src/` is a project of its own that knows nothing of Mote; `package.json` joins them, so that
//! what they share is installed once. A test builds a copy: the tree stays clean, and nobody meets another's build.
#![forbid(unsafe_code)]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on panics")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test blocks its own thread only, and installs what it needs"
)]

mod build;
mod group;
mod peer;
mod site;

pub use site::Site;
