//! Events that come over the link, and the number of each worker's name.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use http::Request;
use mote_web::CallKind;
use mote_wire::{
    event::EventError,
    http::full,
    link::{self, Callee, Kind, Receiver, Reply, TICKET},
};

use crate::{cell::Cell, serve::Incoming as Called};

/// The header in which a scheduled event's time comes, in milliseconds since the epoch.
const SCHEDULED_TIME: &str = "scheduled-time";

/// The workers of this cell by the numbers that the host has given them. Shared with the thread that the host talks to.
#[derive(Clone, Default)]
pub(super) struct Numbers(Arc<Mutex<BTreeMap<u32, Arc<str>>>>);

impl Numbers {
    pub(super) fn insert(&self, number: u32, name: &str) {
        self.lock().insert(number, name.into());
    }

    pub(super) fn remove(&self, number: u32) -> Option<Arc<str>> {
        self.lock().remove(&number)
    }

    pub(super) fn name(&self, number: u32) -> Option<Arc<str>> {
        self.lock().get(&number).cloned()
    }

    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.lock().iter().find(|(_, known)| &***known == name).map(|(number, _)| *number)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u32, Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs the events that come.
pub(super) struct Events {
    pub(super) cell: Rc<Cell>,
    pub(super) numbers: Numbers,
    /// The names again, for this thread alone: an event costs no lock.
    pub(super) names: RefCell<BTreeMap<u32, Arc<str>>>,
    /// Where the host sees how many requests have reached code.
    pub(super) begun: &'static AtomicU64,
}

/// What the link calls for each event that comes.
pub(super) struct Incoming(pub(super) Rc<Events>);

impl Receiver for Incoming {
    fn request(&self, request: link::Request, reply: Reply) {
        tokio::task::spawn_local(self.0.clone().answer(request, reply));
    }
}

impl Events {
    async fn answer(self: Rc<Self>, mut request: link::Request, mut reply: Reply) {
        // Not the worker's to see.
        let ticket = request.headers.remove(TICKET);
        // From here on it may have had an effect.
        self.begun.fetch_add(1, Ordering::Relaxed);
        let Some(worker) = self.name(request.worker) else {
            let detail = format!("The cell has no worker with the number {}.", request.worker);
            return reply.fail(failure(&EventError::new(
                500,
                1105,
                "internal-error",
                "The node lost the worker",
                detail,
            )));
        };
        if self.cell.warmth.gives_way() {
            tokio::task::yield_now().await;
        }
        let cancelled = reply.cancelled();
        match request.kind {
            Kind::Fetch | Kind::Rpc => {
                let kind = if request.kind == Kind::Rpc { CallKind::Rpc } else { CallKind::Fetch };
                let callee = Callee::of_target(&request.target).unwrap_or_default();
                let upgrade = request.upgrade.then(|| reply.upgraded());
                let mut head = Request::new(request.body);
                *head.method_mut() = request.method;
                *head.headers_mut() = request.headers;
                let called = Called { request: head, url: request.url, upgrade, callee, kind, ticket };
                let answer = tokio::select! {
                    biased;
                    // First: a client that has left before its turn came wants nothing any more.
                    () = cancelled => return,
                    answer = self.cell.serve(&worker, called) => answer,
                };
                match answer {
                    Ok(response) => reply.respond(response),
                    Err(error) => reply.fail(failure(&error)),
                }
            }
            Kind::Scheduled => {
                let time = request.headers.get(SCHEDULED_TIME).and_then(|time| time.to_str().ok());
                let time_ms = time.and_then(|time| time.parse().ok()).unwrap_or_else(mote_web::wall_clock_ms);
                match self.cell.scheduled(&worker, (&request.url, time_ms), ticket).await {
                    Ok(outcome) => reply.respond(http::Response::new(full(outcome.as_str()))),
                    Err(error) => reply.fail(failure(&error)),
                }
            }
        }
    }

    fn name(&self, number: u32) -> Option<Arc<str>> {
        if let Some(name) = self.names.borrow().get(&number) {
            return Some(name.clone());
        }
        let name = self.numbers.name(number)?;
        self.names.borrow_mut().insert(number, name.clone());
        Some(name)
    }
}

/// An error as it crosses the link.
fn failure(error: &EventError) -> Bytes {
    serde_json::to_vec(error).unwrap_or_default().into()
}
