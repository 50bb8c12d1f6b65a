//! What libraries of npm do on Mote: a file for each kind, a test for each promise.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

mod apis;
mod clients;
mod cryptography;
mod databases;
mod pages;
mod starts;
mod texts;
