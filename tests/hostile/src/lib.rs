//! Runs hostile workers in the built `mote`, beside neighbours under load, and judges what came of it.
//!
//! `workers/` holds the corpus: one file for each harm, with a header that says what the platform promises. A trial starts
//! `mote dev` with one of them and three well-behaved workers, lets a client provoke the harm, and then asks: did the
//! hostile one end as promised, was every neighbour's answer right to the byte, does the process live, did the memory come
//! back? README.md says how to read, write and run them.
//!
//! Nothing here links Mote. A harness function that cannot go on panics; a verdict is an error with a reason.
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
    reason = "a test blocks its own threads only, and is asked through its surroundings for a table"
)]

mod client;
mod corpus;
mod header;
mod neighbours;
mod node;
mod table;
mod trial;
mod upstream;

pub use corpus::{corpus, spread};
pub use header::{Client, Expected, Header};
pub use trial::{hold, hold_in_a_cell, hold_together};

/// A hostile worker: a file of the corpus.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The file's name without its ending, which is also the worker's name.
    pub name: String,
    /// The whole file.
    pub source: String,
    /// What its header says.
    pub header: Header,
}
