//! Real processes, shut in for real, that try what they must not.
//!
//! They need `examples/jailed.rs`, which `cargo test` builds along with them unless it is told to build one test only.
#![allow(unsafe_code, reason = "the tests ask the kernel directly what it holds")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on must stop, in its harness too"
)]

mod doctor;
mod jailed;
mod process;
mod recording;
mod sealed;
