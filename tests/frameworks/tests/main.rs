//! What frameworks' sites do on Mote: a file for each framework, and what they have in common.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

mod alike;
mod astro;
mod react_router;
mod sveltekit;
