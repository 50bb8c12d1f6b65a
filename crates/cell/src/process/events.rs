//! Events that come over the link, and the number of each worker's name.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    future::Future,
    panic::AssertUnwindSafe,
    rc::Rc,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Waker},
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
pub(super) struct Numbers(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    names: HashMap<u32, Arc<str>>,
    /// Several while an older one is on its way out, in order.
    numbers: HashMap<Arc<str>, BTreeSet<u32>>,
}

impl Numbers {
    pub(super) fn insert(&self, number: u32, name: &str) {
        let (mut known, name) = (self.lock(), Arc::<str>::from(name));
        known.numbers.entry(name.clone()).or_default().insert(number);
        known.names.insert(number, name);
    }

    pub(super) fn remove(&self, number: u32) -> Option<Arc<str>> {
        let mut known = self.lock();
        let name = known.names.remove(&number)?;
        if let Some(numbers) = known.numbers.get_mut(&name) {
            numbers.remove(&number);
            if numbers.is_empty() {
                known.numbers.remove(&name);
            }
        }
        Some(name)
    }

    pub(super) fn name(&self, number: u32) -> Option<Arc<str>> {
        self.lock().names.get(&number).cloned()
    }

    /// The oldest number of a worker.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.lock().numbers.get(name)?.first().copied()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
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
        let mut answer = Box::pin(self.0.clone().answer(request, reply));
        // Most events have their answer in their first turn: they need no task. A mistake of ours ends the event and not the link, as it
        // would in a task.
        let first = AssertUnwindSafe(|| answer.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        if std::panic::catch_unwind(first).is_ok_and(|answered| answered.is_pending()) {
            // It is polled there once more, by the waker that counts from then on.
            tokio::task::spawn_local(answer);
        }
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
                // Answers that one turn has made for many do not wait to leave all at once.
                reply.room().await;
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

#[cfg(test)]
mod tests {
    use super::Numbers;

    #[test]
    fn a_worker_that_has_two_numbers_goes_by_the_older_one_until_that_is_removed() {
        let numbers = Numbers::default();
        numbers.insert(3, "w");
        numbers.insert(7, "w");
        numbers.insert(4, "v");
        assert_eq!((numbers.number("w"), numbers.number("v"), numbers.number("u")), (Some(3), Some(4), None));
        assert_eq!(numbers.remove(3).as_deref(), Some("w"));
        assert_eq!(
            (numbers.number("w"), numbers.name(3), numbers.name(7)),
            (Some(7), None, Some("w".into()))
        );
        assert_eq!(
            (numbers.remove(7).as_deref(), numbers.number("w"), numbers.remove(7)),
            (Some("w"), None, None)
        );
    }
}
