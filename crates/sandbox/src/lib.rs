//! What the kernel enforces on a cell.
//!
//! What this room does: the host starts a cell's process in namespaces of its own ([`process`]) and holds it by its
//! descriptor; the process shuts itself in ([`jail`]) while it has one thread and nothing of a tenant's, makes its threads,
//! and gives up every system call that it does not need ([`seal`], by the rules in [`syscalls`]). From then on whatever
//! else it tries stands still until the host, which is told who tried what ([`attempts`]), has ended it. [`page`] is memory
//! that both sides see, [`counters`] are what the processor tells the host of a cell's thread, [`doctor`] says which of this a
//! machine can do.
//!
//! What it refuses: to pass a descriptor to a running cell. All that a cell has it inherits ([`inherited`]).
//!
//! Invariants: the wall is made of parts that stand by themselves. A kernel that lacks one leaves the others, and each
//! [`Part`](part::Part) says whether it holds, so that nobody believes in a wall that is not there.
//!
//! What happens when it fails: a part that cannot be had is reported as missing and the operator decides; an error that
//! leaves a cell half shut in ends that cell before it has seen a tenant's code.
#![allow(unsafe_code, reason = "this room talks to the kernel")]
#![cfg(target_os = "linux")]

pub mod attempts;
pub mod cgroup;
pub mod counters;
pub mod doctor;
pub mod inherited;
pub mod jail;
pub mod page;
pub mod part;
mod priority;
pub mod process;
mod raw;
pub mod seal;
pub mod syscalls;
