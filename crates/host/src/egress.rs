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
mod gate;
mod network;
mod own;
mod plain;
mod policy;
mod sockets;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use mote_wire::http::{Body, Egress, EgressError, Fetched, ToBinding};

pub use connect::{Resolve, Resolving, SystemResolver};
pub use network::{Asker, Network, NetworkError, NetworkOptions};
pub use policy::{Policy, PolicyError};

/// Sends subrequests to whatever this machine reaches: for `mote dev`, where the code is the developer's own.
pub struct DirectEgress {
    network: Arc<Network>,
    policy: Arc<Policy>,
}

impl DirectEgress {
    /// A new pool of connections. It must be used within one tokio runtime.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, NetworkError> {
        Ok(Self { network: Network::new(NetworkOptions::default())?, policy: Arc::new(Policy::any()) })
    }
}

impl Egress for DirectEgress {
    fn fetch(&self, request: http::Request<Body>) -> Fetched {
        if let Some(binding) = request.extensions().get::<ToBinding>() {
            let (url, reason) =
                (request.uri().to_string(), format!("`mote dev` has no binding `{}`", binding.name));
            return Box::pin(std::future::ready(Err(EgressError::Refused { url, reason })));
        }
        self.network.fetch(Asker { tenant: "", worker: "mote-dev", policy: &self.policy }, request)
    }
}
