//! What workers ask for, on its way out of the node.

use std::{rc::Rc, sync::Arc};

use bytes::Bytes;
use http::StatusCode;
use mote_host::{
    egress::{Asker, Network},
    supervisor::{Outbound, WorkerSpec},
};
use mote_wire::{
    http::{EgressError, Fetched, UpgradeSlot},
    link::{Reply, Request},
};

use super::{events::join, workers::Reach};

/// The way out of all workers of a node.
pub(super) struct WayOut {
    pub(super) network: Arc<Network>,
}

impl Outbound for WayOut {
    fn fetch(&self, spec: &Rc<WorkerSpec>, request: Request, reply: Reply) {
        let Some(reach) = spec.egress.downcast_ref::<Reach>() else {
            return reply.fail(failure(&refused(&request.url, "this worker has no way out")));
        };
        let mut outgoing = http::Request::new(request.body);
        match request.url.parse() {
            Ok(uri) => *outgoing.uri_mut() = uri,
            Err(_) => return reply.fail(failure(&refused(&request.url, "it is no URL"))),
        }
        *outgoing.method_mut() = request.method;
        *outgoing.headers_mut() = request.headers;
        let asker = Asker { tenant: &reach.tenant, worker: &spec.name, policy: &reach.policy };
        let fetched = self.network.fetch(asker, outgoing);
        tokio::task::spawn_local(answer(fetched, reply));
    }
}

async fn answer(fetched: Fetched, mut reply: Reply) {
    let cancelled = reply.cancelled();
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
