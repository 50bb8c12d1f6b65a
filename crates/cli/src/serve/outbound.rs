//! What workers ask for, on its way out of the node.

use std::{cell::OnceCell, net::IpAddr, rc::Rc, sync::Arc};

use bytes::Bytes;
use http::StatusCode;
use mote_host::{
    bindings::HostBindings,
    bound::{Asking, Bound},
    egress::{Asker, Network},
    supervisor::{Attempts, ContainedKind, Outbound, WorkerSpec},
    trace::redact_url,
};
use mote_wire::{
    http::{Body, CACHES, EXPORTS, EgressError, UpgradeSlot},
    link::{Reply, Request},
};

use super::{events::join, readers::Readers, workers::Reach};

/// The way out of all workers of a node.
pub(super) struct WayOut {
    pub(super) network: Arc<Network>,
    /// What stands behind bindings; there once the store is open.
    pub(super) bound: Rc<OnceCell<Rc<Bound>>>,
    pub(super) readers: Readers,
}

impl Outbound for WayOut {
    fn fetch(&self, spec: &Rc<WorkerSpec>, mut request: Request, reply: Reply, attempts: Attempts) {
        let Some(reach) = spec.egress.downcast_ref::<Reach>() else {
            return reply.fail(failure(&refused(&request.url, "this worker has no way out")));
        };
        let client = self.readers.goes_out(reach, &mut request);
        if !request.target.is_empty() {
            if !is_given(&reach.bindings, &request.target) {
                let detail = format!("`{}` asked for {:?}", spec.name, request.target);
                attempts.contained(ContainedKind::OtherBinding, &detail);
            }
            let Some(bound) = self.bound.get().cloned() else {
                return reply.fail(failure(&refused(&request.url, "the node is starting")));
            };
            tokio::task::spawn_local(bind(bound, (spec.clone(), client), request, reply));
            return;
        }
        let mut outgoing = http::Request::new(request.body);
        match request.url.parse() {
            Ok(uri) => *outgoing.uri_mut() = uri,
            Err(_) => return reply.fail(failure(&refused(&request.url, "it is no URL"))),
        }
        *outgoing.method_mut() = request.method;
        *outgoing.headers_mut() = request.headers;
        let asker = Asker {
            tenant: &reach.tenant,
            worker: &spec.name,
            policy: &reach.policy,
            dns_lookups_per_min: spec.limits.dns_lookups_per_min,
        };
        let fetched = self.network.fetch(asker, outgoing);
        let (worker, url) = (spec.name.clone(), request.url);
        let fetched = async move {
            let fetched = fetched.await;
            if let Err(EgressError::Refused { reason, .. }) = &fetched {
                let detail = format!("`{worker}` asked for {}: {reason}", redact_url(&url));
                attempts.contained(ContainedKind::NotLetOut, &detail);
            }
            fetched
        };
        tokio::task::spawn_local(answer(fetched, reply));
    }
}

/// Whether a worker may ask for what it calls by this name; who answers looks again.
fn is_given(bindings: &HostBindings, target: &str) -> bool {
    target == CACHES || target.starts_with(EXPORTS) || bindings.contains_key(target)
}

/// Has a binding answer.
async fn bind(
    bound: Rc<Bound>,
    (spec, client): (Rc<WorkerSpec>, Option<IpAddr>),
    request: Request,
    reply: Reply,
) {
    let Some(reach) = spec.egress.downcast_ref::<Reach>() else { return };
    let (account, bindings) = (&reach.account, &reach.bindings);
    let asking = Asking { worker: &spec.name, account, tenant: &reach.tenant, bindings, client };
    answer(bound.answer(asking, request), reply).await;
}

async fn answer(fetched: impl Future<Output = Result<http::Response<Body>, EgressError>>, mut reply: Reply) {
    let (cancelled, room) = (reply.cancelled(), reply.room());
    let fetched = async {
        let fetched = fetched.await;
        // A cell that asks for much and reads nothing is in a long turn, most likely.
        room.await;
        fetched
    };
    let fetched = tokio::select! {
        biased;
        fetched = fetched => fetched,
        () = cancelled => return,
    };
    match fetched {
        Err(error) => reply.fail(failure(&error)),
        Ok(mut response) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
            let upstream = response.extensions_mut().remove::<UpgradeSlot>().and_then(|slot| slot.take());
            let cell = reply.upgraded();
            reply.respond(response);
            if let Some(upstream) = upstream {
                join(cell, upstream).await;
            }
        }
        Ok(response) => reply.respond(response),
    }
}

fn refused(url: &str, reason: &str) -> EgressError {
    EgressError::Refused { url: url.to_owned(), reason: reason.to_owned() }
}

/// An error as it crosses the link.
fn failure(error: &EgressError) -> Bytes {
    serde_json::to_vec(error).unwrap_or_default().into()
}
