//! A fleet with a virtual clock: nodes, cells and threads that serve a trace of events, and run the very policies of
//! `mote-schedule` while they do.
//!
//! What it does: a [`Trace`] says which worker gets an event when, and what it uses. A [`Fleet`] places it, starts and drops
//! isolates, queues it on a thread. The [`Tally`] says what came of it: cold starts, latencies, memory, evictions, sheds.
//!
//! What it refuses: the wall clock, and chance without a seed. The same command gives the same numbers.
//!
//! What it leaves out: the network, the host's own work, a garbage collector, neighbours on the machine. Threads serve first
//! come, first served and are never interrupted; an isolate keeps its size. So its numbers compare policies; they do not
//! foretell a node's.
#![forbid(unsafe_code)]

mod cell;
mod chance;
mod fleet;
mod keeping;
mod placing;
mod spec;
mod tally;
mod tenants;
mod trace;

pub use fleet::Fleet;
pub use keeping::Keeping;
pub use spec::{Admitting, Keep, Place, Spec, TraceKind};
pub use tally::{Outcome, Tally, table};
pub use tenants::Tenant;
pub use trace::{BadTrace, Happening, Trace, What};
