//! What runs where, what stays warm, and what may start: the policies of a node, and nothing but them.
//!
//! What this room does: [`place`] chooses the cell that a worker lives in, [`keep`] which warm isolates leave when memory
//! is short, [`admit`] whether one more isolate may be started. Each is a function of what it is told. The host, the cell
//! and the simulator (`tests/simulator`) run the same code.
//!
//! What it refuses: a clock, files, sockets, threads, chance. Time comes in as the [`Duration`](std::time::Duration) since
//! some start that the caller chose; equal calls give equal answers, so that a seed replays a fleet.
//!
//! What it relies on: times that do not run backwards. If they do, nothing breaks; something is kept, or turned away, for
//! a little longer.
//!
//! What happens when it fails: nothing here can. A policy that finds nobody to send away says how much is missing, and one
//! that turns a start away says when to come again.
#![forbid(unsafe_code)]

pub mod admit;
pub mod keep;
pub mod place;
