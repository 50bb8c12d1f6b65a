//! The trusted process of a node: what listens, and everything that goes out.
//!
//! What this room does so far: [`egress`], the way out for subrequests, [`kv`], the store of pairs that workers share, [`cache`],
//! the responses that they keep, [`logs`], what they have reported of their events,
//! [`memory`], what the process has of it, and [`supervisor`], who starts and watches the cells in which other people's code runs. It knows nothing of V8 and never will.
//!
//! What happens when it fails: a subrequest that cannot be made is an [`mote_wire::http::EgressError`] for the worker
//! that asked; nothing that a worker asks for can stop the host.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod addresses;
pub mod api;
pub mod assets;
pub mod bindings;
pub mod bound;
mod budget;
pub mod cache;
pub mod clock;
pub mod cron;
pub mod deployed;
pub mod egress;
pub mod gateway;
pub mod kv;
mod linger;
pub mod logs;
pub mod memory;
pub mod notices;
pub mod otlp;
pub mod patience;
mod preparations;
pub mod secrets;
pub mod site;
pub mod supervisor;
pub mod tails;
pub mod trace;
