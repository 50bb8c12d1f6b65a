//! What workers ask their bindings for, and who answers.

use std::{net::IpAddr, rc::Rc};

use http::{HeaderMap, HeaderValue, Response, header};
use mote_wire::{
    event::EventError,
    http::{Body, CACHES, EXPORTS, EgressError},
    link::{Callee, Kind, Request},
};

use crate::{
    bindings::{HostBinding, HostBindings},
    cache::Cache,
    deployed::{Answerer, Deployed},
    kv::At,
    site::Asked,
    supervisor::Event,
};

/// Who asks.
pub struct Asking<'a> {
    /// The name under which the supervisor knows it.
    pub worker: &'a str,
    /// Its account; empty if it has none.
    pub account: &'a str,
    /// Whose caches it shares.
    pub tenant: &'a str,
    /// Its bindings.
    pub bindings: &'a HostBindings,
    /// Who asked it.
    pub client: Option<IpAddr>,
}

/// What the workers of an account share: connections, and caches. No worker without one has this name.
#[must_use]
pub fn tenant_of(account: &str) -> String {
    format!("account {account}")
}

/// Answers for all bindings of a node.
pub struct Bound {
    deployed: Rc<Deployed>,
    caches: Cache,
}

impl Bound {
    /// The bindings of the workers of this node.
    #[must_use]
    pub fn new(deployed: Rc<Deployed>, caches: Cache) -> Self {
        // The first one stays; there is no second.
        let _ = deployed.caches.set(caches.clone());
        Self { deployed, caches }
    }

    /// Answers a request to the binding that [`Request::target`] names.
    ///
    /// # Errors
    /// If the worker has no such binding, or what stands behind it fails.
    pub async fn answer(&self, asking: Asking<'_>, request: Request) -> Result<Response<Body>, EgressError> {
        let name = request.target.clone();
        if name == CACHES && request.kind == Kind::Fetch {
            return Ok(self.caches.answer(asking.tenant, request).await);
        }
        let failed = |reason: String| EgressError::Binding { binding: name.clone(), reason };
        if let Some(callee) = name.strip_prefix(EXPORTS) {
            let callee =
                Callee::of_target(callee).ok_or_else(|| failed("it names no entrypoint".to_owned()))?;
            // The very version that asks: it knows what it exports.
            let event = event_of(request, &callee, asking.client);
            let answer = self.deployed.supervisor.call(asking.worker, event).await;
            return answer.map_err(|error| EgressError::Binding {
                binding: format!("exports.{}", callee.entrypoint.as_deref().unwrap_or("default")),
                reason: reason_of(&error),
            });
        }
        match (asking.bindings.get(&name), request.kind) {
            (Some(HostBinding::Service { worker, callee }), _) => {
                self.call(&asking, worker, callee, request).await.map_err(failed)
            }
            (Some(HostBinding::Assets), Kind::Fetch) => {
                let (method, url) = (&request.method, &request.url);
                let file = self.deployed.file(asking.worker, method, url, &request.headers).await;
                file.map_err(failed)
            }
            (Some(HostBinding::Kv { namespace }), Kind::Fetch) => {
                let at = At { account: asking.account, namespace };
                Ok(self.deployed.kv.answer(at, request).await)
            }
            (Some(_), _) => Err(failed("it takes no calls".to_owned())),
            (None, _) => Err(failed("the worker has no such binding".to_owned())),
        }
    }

    /// Sends an event to another worker of the account, or to the same one again.
    async fn call(
        &self,
        asking: &Asking<'_>,
        worker: &str,
        callee: &Callee,
        request: Request,
    ) -> Result<Response<Body>, String> {
        if self.deployed.account_of(worker).is_none_or(|owner| owner != asking.account) {
            return Err(format!("there is no worker `{worker}` in this account any more"));
        }
        let whole = request.kind == Kind::Fetch && callee.entrypoint.is_none();
        let answerer = if whole {
            let asked = Asked::new(&request.method, &request.url, &request.headers).by_code();
            self.deployed.answerer_of(worker, asked).await
        } else {
            self.deployed.ready(worker, &request.headers).await.map(Answerer::Worker)
        };
        let key = match answerer.map_err(|error| reason_of(&error))? {
            Answerer::File(response) => return Ok(response),
            Answerer::Worker(key) => key,
        };
        let event = event_of(request, callee, asking.client);
        self.deployed.supervisor.call(&key, event).await.map_err(|error| reason_of(&error))
    }
}

fn event_of(request: Request, callee: &Callee, client: Option<IpAddr>) -> Event {
    let Request { kind, method, url, mut headers, body, upgrade, .. } = request;
    name_host(&mut headers, &url);
    Event { kind, method, url, headers, body, upgrade, target: callee.to_target(), client }
}

/// Sees that a request that no connection brings names its host, as others do.
pub fn name_host(headers: &mut HeaderMap, url: &str) {
    if let Some(host) = url::Url::parse(url).ok().and_then(|url| {
        let host = url.host_str()?;
        HeaderValue::from_str(&url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"))).ok()
    }) {
        headers.entry(header::HOST).or_insert(host);
    }
}

/// Why a worker gave no response, for the owner of both.
#[must_use]
pub fn reason_of(error: &EventError) -> String {
    // The stack is in the log of the one that failed.
    let line = error.detail.lines().next().unwrap_or_default();
    if line.is_empty() { error.title.clone() } else { line.to_owned() }
}
