//! The gateway's events, run in the cells of this node.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use http::StatusCode;
use mote_host::{
    deployed::{Answerer, Deployed},
    gateway::{Answering, Events, FetchEvent, Triggering, localhost_name, name_under},
    supervisor::{Event, Supervisor},
};
use mote_wire::{
    http::{BodyError, Duplex, UpgradeSlot, Upgraded},
    link::Kind,
};

use super::log::{self, Level};

/// The workers of this node, and the supervisor of their cells.
pub(crate) struct NodeEvents {
    pub(crate) supervisor: Rc<Supervisor>,
    /// Workers that are served from projects.
    pub(crate) names: BTreeMap<String, Arc<str>>,
    /// The domain below which workers answer, beside `localhost`.
    pub(crate) domain: String,
    /// Workers of the store.
    pub(crate) deployed: Rc<Deployed>,
}

impl Events for NodeEvents {
    /// Each worker answers on `<name>.localhost` and below the node's domain; one that is served from a project, and is the only such one, also on every
    /// host name that is nobody else's.
    fn find(&self, host: &str, url: &str) -> Option<Arc<str>> {
        let label = localhost_name(host).or_else(|| name_under(&self.domain, host));
        let named = label.and_then(|label| match self.names.get(&label) {
            Some(name) => Some(name.clone()),
            None => self.deployed.knows(&label).then(|| label.into()),
        });
        let named = named.or_else(|| self.deployed.routed(host, url));
        named.or_else(|| self.names.values().next().filter(|_| self.names.len() == 1).cloned())
    }

    fn names(&self) -> Vec<String> {
        self.names.keys().cloned().chain(self.deployed.names()).collect()
    }

    fn fetch(&self, event: FetchEvent) -> Answering {
        let (parts, body) = event.request.into_parts();
        let sent = Event {
            kind: Kind::Fetch,
            method: parts.method,
            url: event.url,
            headers: parts.headers,
            body,
            upgrade: event.upgrade.is_some(),
            target: String::new(),
            client: event.client,
        };
        let (supervisor, worker, upgrade) = (self.supervisor.clone(), event.worker, event.upgrade);
        let deployed = (!self.names.contains_key(&*worker)).then(|| self.deployed.clone());
        Box::pin(async move {
            let worker = match deployed {
                Some(deployed) => {
                    match deployed.answerer(&worker, &sent.method, &sent.url, &sent.headers).await? {
                        Answerer::Worker(worker) => worker,
                        Answerer::File(response) => return Ok(response),
                    }
                }
                None => worker,
            };
            let mut response = supervisor.call(&worker, sent).await?;
            if response.status() == StatusCode::SWITCHING_PROTOCOLS
                && let Some(client) = upgrade
                && let Some(cell) =
                    response.extensions_mut().remove::<UpgradeSlot>().and_then(|slot| slot.take())
            {
                tokio::task::spawn_local(join(client, cell));
            }
            Ok(response)
        })
    }

    fn scheduled(&self, worker: &str, cron: String, time_ms: f64) -> Triggering {
        let (supervisor, worker) = (self.supervisor.clone(), worker.to_owned());
        Box::pin(async move { supervisor.scheduled(&worker, cron, time_ms).await })
    }

    fn broke_off(&self, reason: &BodyError) {
        log::line(Level::Info, format_args!("a response broke off: {reason}"));
    }
}

/// Two ends of a connection that has left HTTP: bytes go through until one of them closes.
pub(super) async fn join(one: Upgraded, other: Upgraded) {
    let (Some(one), Some(other)) = tokio::join!(one.0, other.0) else { return };
    pass(one, other).await;
}

async fn pass(mut one: Box<dyn Duplex>, mut other: Box<dyn Duplex>) {
    // Whoever breaks off, the other end is dropped and so learns of it.
    let _ = tokio::io::copy_bidirectional(&mut one, &mut other).await;
}
