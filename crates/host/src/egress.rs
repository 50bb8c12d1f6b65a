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

use mote_wire::{
    http::{Body, CACHES, Egress, EgressError, Fetched, ToBinding},
    link::Request,
};

use crate::cache::CacheAt;

pub use connect::{Resolve, Resolving, SystemResolver};
pub use network::{Asker, Network, NetworkError, NetworkOptions};
pub use policy::{Policy, PolicyError};

/// Sends subrequests to whatever this machine reaches: for `mote dev`, where the code is the developer's own.
pub struct DirectEgress {
    network: Arc<Network>,
    policy: Arc<Policy>,
    caches: Arc<CacheAt>,
}

impl DirectEgress {
    /// A new pool of connections. It must be used within one tokio runtime.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(caches: CacheAt) -> Result<Self, NetworkError> {
        let network = Network::new(NetworkOptions::default())?;
        Ok(Self { network, policy: Arc::new(Policy::any()), caches: Arc::new(caches) })
    }
}

impl Egress for DirectEgress {
    fn fetch(&self, request: http::Request<Body>) -> Fetched {
        if let Some(binding) = request.extensions().get::<ToBinding>().cloned() {
            if binding.name == CACHES {
                return ask_cache(self.caches.clone(), request, binding);
            }
            let (url, reason) =
                (request.uri().to_string(), format!("`mote dev` has no binding `{}`", binding.name));
            return Box::pin(std::future::ready(Err(EgressError::Refused { url, reason })));
        }
        self.network.fetch(Asker { tenant: "", worker: "mote-dev", policy: &self.policy }, request)
    }
}

/// All workers of `mote dev` are one developer's, and share what is kept.
fn ask_cache(caches: Arc<CacheAt>, request: http::Request<Body>, to: ToBinding) -> Fetched {
    Box::pin(async move {
        let (parts, body) = request.into_parts();
        let request = Request {
            worker: 0,
            kind: to.kind,
            method: parts.method,
            url: parts.uri.to_string(),
            headers: parts.headers,
            body,
            upgrade: false,
            target: to.name,
        };
        Ok(caches.answer("dev", request).await)
    })
}
