//! The trusted process of a node: what listens, and everything that goes out.
//!
//! What this room does so far: [`egress`], the way out for subrequests, and [`memory`], what the process has of it. It knows nothing of V8 and never will.
//!
//! What happens when it fails: a subrequest that cannot be made is an [`mote_wire::http::EgressError`] for the worker
//! that asked; nothing that a worker asks for can stop the host.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::string_slice)]

pub mod egress;
pub mod memory;
