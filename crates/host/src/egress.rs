//! The way out: DNS, TCP, TLS and HTTP for the subrequests of workers.
//!
//! What this room does: it connects to what a worker's [`Policy`] allows, and to nothing else. A name is resolved here, and
//! what was checked is what is connected to, so a name that changes its mind in between gains nothing. Connections are kept
//! for each tenant apart.
//!
//! What it refuses: all that a cell says is a claim. Headers that frame messages, that name the worker or the client, and
//! methods that make tunnels are not a worker's to send ([`gate`]).
//!
//! What happens when it fails: the worker gets an [`EgressError`](mote_wire::http::EgressError), which never says what a name
//! of this network resolves to.

mod addresses;
mod connect;
mod direct;
mod gate;
mod lookup;
mod lookups;
mod network;
mod own;
mod plain;
mod policy;
mod sockets;
#[cfg(test)]
mod tests;

pub use connect::{Resolve, Resolving, SystemResolver};
pub use direct::{Calling, DirectEgress, Services};
pub use network::{Asker, Network, NetworkError, NetworkOptions};
pub use policy::{Policy, PolicyError};
