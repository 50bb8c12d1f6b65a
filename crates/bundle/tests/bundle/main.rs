//! Projects of all kinds, through the public API: what a bundle has in it, and what is said where there is none.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must stop")]

mod code;
mod errors;
mod modules;
mod packages;
mod projects;
mod support;
mod verbatim;
