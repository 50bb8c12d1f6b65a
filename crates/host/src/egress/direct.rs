//! The way out of `mote dev`, where all code is the developer's own: his workers reach whatever this machine reaches.

use std::{future::Future, pin::Pin, sync::Arc};

use mote_wire::{
    http::{Body, CACHES, EXPORTS, Egress, EgressError, Fetched, ToBinding},
    limits::Limits,
    link::{Callee, Kind, Request},
};

use super::{Asker, Network, NetworkError, NetworkOptions, Policy};
use crate::{
    bindings::{HostBinding, HostBindings},
    cache::CacheAt,
    kv::KvAt,
};

/// The way out of one version of a worker, which has bindings of its own.
#[derive(Clone)]
pub struct DirectEgress {
    shared: Arc<Shared>,
    worker: String,
    limits: Limits,
    bindings: Arc<HostBindings>,
}

/// Who carries out calls from workers to workers.
pub trait Services: Send + Sync {
    /// Sends an event to an entrypoint of a worker. Dropping the future gives the call up.
    fn call(&self, worker: String, callee: Callee, request: Request) -> Calling;

    /// Asks a worker's own static assets.
    fn file(&self, worker: String, request: Request) -> Calling;
}

/// The answer to a call when it comes, or why there is none.
pub type Calling = Pin<Box<dyn Future<Output = Result<http::Response<Body>, String>> + Send>>;

/// What all workers have together.
struct Shared {
    network: Arc<Network>,
    policy: Arc<Policy>,
    caches: CacheAt,
    kv: KvAt,
    services: Box<dyn Services>,
}

impl DirectEgress {
    /// A new pool of connections, for workers without bindings. It must be used within one tokio runtime.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(caches: CacheAt, kv: KvAt, services: Box<dyn Services>) -> Result<Self, NetworkError> {
        let network = Network::new(NetworkOptions::default())?;
        let shared = Shared { network, policy: Arc::new(Policy::any()), caches, kv, services };
        let (worker, limits, bindings) = (String::new(), Limits::DEFAULT, Arc::default());
        Ok(Self { shared: Arc::new(shared), worker, limits, bindings })
    }

    /// The same for a worker of this name that has these limits and bindings.
    #[must_use]
    pub fn with(&self, worker: &str, limits: Limits, bindings: HostBindings) -> Self {
        let (worker, bindings) = (worker.to_owned(), Arc::new(bindings));
        Self { shared: self.shared.clone(), worker, limits, bindings }
    }
}

impl Egress for DirectEgress {
    fn fetch(&self, request: http::Request<Body>) -> Fetched {
        let shared = &self.shared;
        match request.extensions().get::<ToBinding>().cloned() {
            Some(to) => {
                let (shared, binding) = (shared.clone(), self.bindings.get(&to.name).cloned());
                let worker = self.worker.clone();
                Box::pin(async move { shared.ask(worker, binding, to, request).await })
            }
            None => {
                let asker = Asker {
                    tenant: &self.worker,
                    worker: "mote-dev",
                    policy: &shared.policy,
                    dns_lookups_per_min: self.limits.dns_lookups_per_min,
                };
                shared.network.fetch(asker, request)
            }
        }
    }
}

impl Shared {
    async fn ask(
        &self,
        worker: String,
        binding: Option<HostBinding>,
        to: ToBinding,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, EgressError> {
        let failed =
            |reason: &str| EgressError::Binding { binding: to.name.clone(), reason: reason.to_owned() };
        if let Some(callee) = to.name.strip_prefix(EXPORTS) {
            let callee = Callee::of_target(callee).ok_or_else(|| failed("it names no entrypoint"))?;
            let calling = self.services.call(worker, callee, asked(to.clone(), request));
            return calling.await.map_err(|reason| failed(&reason));
        }
        match binding {
            None if to.name == CACHES => Ok(self.caches.answer("dev", asked(to, request)).await),
            Some(HostBinding::Kv { namespace }) if to.kind == Kind::Fetch => {
                Ok(self.kv.answer(&namespace, asked(to, request)).await)
            }
            Some(HostBinding::Service { worker, callee }) => {
                let calling = self.services.call(worker, callee, asked(to.clone(), request));
                calling.await.map_err(|reason| failed(&reason))
            }
            Some(HostBinding::Assets) if to.kind == Kind::Fetch => {
                let asking = self.services.file(worker, asked(to.clone(), request));
                asking.await.map_err(|reason| failed(&reason))
            }
            Some(HostBinding::Kv { .. } | HostBinding::Assets) => Err(failed("it takes no calls")),
            None => Err(failed("the worker has no such binding")),
        }
    }
}

/// A request as whoever answers for bindings takes it.
fn asked(to: ToBinding, request: http::Request<Body>) -> Request {
    let (parts, body) = request.into_parts();
    Request {
        worker: 0,
        kind: to.kind,
        method: parts.method,
        url: parts.uri.to_string(),
        body,
        upgrade: parts.headers.contains_key(http::header::UPGRADE),
        headers: parts.headers,
        target: to.name,
    }
}
