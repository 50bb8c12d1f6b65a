//! Events: each is let in or turned away, runs in its worker's isolate, and is written down.

use std::{rc::Rc, sync::Arc};

use http::{HeaderValue, Request, Response};
use http_body::Body as _;
use mote_web::{Call, CallKind, EventUsage, Failure, Outcome, Trail};
use mote_wire::{
    event::EventError,
    http::{Body, Upgraded},
    link::{CF, Callee},
};

use crate::{
    answer::{self, error_of},
    cell::{Cell, EventLog},
    journal::{EventJournal, What},
    slot::Slot,
    watched::{Leaving, watch_download, watch_upload},
};

/// A call of one of a worker's entrypoints.
pub struct Incoming {
    /// What is asked.
    pub request: Request<Body>,
    /// The request's whole URL.
    pub url: String,
    /// Its connection, if the caller wants to leave HTTP.
    pub upgrade: Option<Upgraded>,
    /// Which entrypoint is called.
    pub callee: Callee,
    /// What kind of event it is.
    pub kind: CallKind,
    /// By what the host knows it again.
    pub ticket: Option<HeaderValue>,
}

impl Cell {
    /// Runs a fetch event. `url` is the request's whole URL; `upgrade` its connection, if the client wants to leave HTTP.
    /// Dropping the future means that the client has left.
    ///
    /// # Errors
    /// What the client gets instead of a response of the worker's.
    pub async fn fetch(
        self: &Rc<Self>,
        worker: &str,
        request: Request<Body>,
        url: String,
        upgrade: Option<Upgraded>,
    ) -> Result<Response<Body>, EventError> {
        let (callee, kind) = (Callee::default(), CallKind::Fetch);
        let incoming = Incoming { request, url, upgrade, callee, kind, ticket: None };
        self.serve(worker, incoming).await
    }

    /// Runs a fetch event or a session of calls of any of a worker's entrypoints, as [`Self::fetch`] does.
    ///
    /// # Errors
    /// What the caller gets instead of a response of the worker's.
    pub async fn serve(
        self: &Rc<Self>,
        worker: &str,
        incoming: Incoming,
    ) -> Result<Response<Body>, EventError> {
        let Incoming { mut request, url, upgrade, callee, kind, ticket } = incoming;
        let cf = request.headers_mut().remove(CF);
        let slot = self.worker(worker)?;
        check_request(&slot, &request)?;
        let usage = self.admit(&slot).map_err(|turned_away| answer::turned_away(&turned_away))?;
        ticket.into_iter().for_each(|ticket| usage.carry_ticket(ticket));
        let method = request.method().clone();
        let what = if kind == CallKind::Rpc { "rpc" } else { method.as_str() };
        let mut record = Record::new(self, &slot, what, &url, &usage);
        let journal = self.journal(&slot, &usage, || What {
            kind: if kind == CallKind::Rpc { "rpc" } else { "fetch" },
            method: method.to_string(),
            url: url.clone(),
            headers: request.headers().clone(),
            entrypoint: callee.entrypoint.clone(),
            due_ms: None,
        });
        let request = watch_upload(request, &usage);
        let runtime = match self.ready(&slot, usage.began()) {
            Ok(runtime) => runtime,
            Err(unready) => {
                usage.set_outcome(unready.outcome());
                let error = answer::unready(&unready);
                record.write(Some(error.status), None);
                if let Some(journal) = journal {
                    journal.unready(&unready);
                }
                return Err(error);
            }
        };
        let call = Call { request, url: &url, cf, upgrade, callee: &callee, kind };
        let result = runtime.serve(call, usage.clone()).await;
        let (status, failure) = match &result {
            Ok(response) => (response.status().as_u16(), None),
            Err(failure) => (error_of(failure).status, Some(failure)),
        };
        if let Some(journal) = journal {
            journal.answered(failure.is_none().then_some(status), failure);
        }
        if usage.outcome() == Outcome::Canceled {
            // Whatever the worker made of half an upload, nobody is there to get it.
            record.write(None, Some(&Failure::Gone));
        } else {
            record.write(Some(status), failure);
        }
        drop(record);
        let response = result.map_err(|failure| error_of(&failure))?;
        let leaving = Leaving { observer: self.observer.clone(), worker: slot.name.clone(), method, url };
        Ok(watch_download(response, usage, leaving))
    }

    /// Runs a scheduled event until its `waitUntil` work is done. Gives how it ended.
    ///
    /// # Errors
    /// If no event has begun.
    pub async fn scheduled(
        self: &Rc<Self>,
        worker: &str,
        (cron, time_ms): (&str, f64),
        ticket: Option<HeaderValue>,
    ) -> Result<Outcome, EventError> {
        let slot = self.worker(worker)?;
        let usage = self.admit(&slot).map_err(|turned_away| answer::turned_away(&turned_away))?;
        ticket.into_iter().for_each(|ticket| usage.carry_ticket(ticket));
        let runtime = self.ready(&slot, usage.began()).map_err(|unready| {
            usage.set_outcome(unready.outcome());
            answer::unready(&unready)
        })?;
        let journal = self.journal(&slot, &usage, || What {
            kind: "scheduled",
            method: String::new(),
            url: cron.to_owned(),
            headers: http::HeaderMap::new(),
            entrypoint: None,
            due_ms: Some(time_ms),
        });
        let mut record = Record::new(self, &slot, "scheduled", cron, &usage);
        let failure = runtime.scheduled(cron, time_ms, usage.clone()).await.err();
        record.write(None, failure.as_ref());
        if let Some(journal) = journal {
            journal.answered(None, failure.as_ref());
        }
        Ok(failure.as_ref().map_or(Outcome::Ok, Failure::outcome))
    }

    /// The journal of an event that somebody wants to read.
    fn journal(
        &self,
        slot: &Slot,
        usage: &EventUsage,
        what: impl FnOnce() -> What,
    ) -> Option<Arc<EventJournal>> {
        self.options.watched.is(&slot.name).then(|| {
            let journal = EventJournal::begin(slot.name.clone(), what(), self.observer.clone());
            usage.keep_journal(journal.clone());
            journal
        })
    }

    fn worker(&self, name: &str) -> Result<Rc<Slot>, EventError> {
        self.slot_named(name).ok_or_else(|| answer::unknown_worker(name))
    }
}

/// Refuses what the worker's limits do not allow to begin.
fn check_request(slot: &Slot, request: &Request<Body>) -> Result<(), EventError> {
    let limits = slot.limits.get();
    if Trail::of(request.headers()).depth() > limits.subrequest_depth {
        return Err(answer::loop_detected(limits.subrequest_depth));
    }
    if request.body().size_hint().lower() > limits.request_body_mib.saturating_mul(1 << 20) {
        return Err(answer::request_too_large(limits.request_body_mib));
    }
    Ok(())
}

/// The log's line about one event, written when it has an answer, or when its client has left before.
struct Record<'a> {
    cell: &'a Cell,
    worker: &'a str,
    method: &'a str,
    url: &'a str,
    usage: &'a Arc<EventUsage>,
    written: bool,
}

impl<'a> Record<'a> {
    fn new(
        cell: &'a Cell,
        slot: &'a Slot,
        method: &'a str,
        url: &'a str,
        usage: &'a Arc<EventUsage>,
    ) -> Self {
        Self { cell, worker: &slot.name, method, url, usage, written: false }
    }

    fn write(&mut self, status: Option<u16>, failure: Option<&Failure>) {
        if std::mem::replace(&mut self.written, true) {
            return;
        }
        self.cell.warmth.served(self.usage.cpu());
        if failure.is_none() && !self.cell.observer.wants_events() {
            return;
        }
        self.cell.observer.event(&EventLog {
            worker: self.worker,
            method: self.method,
            url: self.url,
            status,
            duration: self.usage.began().elapsed(),
            cpu: self.usage.cpu(),
            outcome: failure.map_or(Outcome::Ok, Failure::outcome),
            failure,
        });
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        if !self.written {
            self.usage.set_outcome(Outcome::Canceled);
            self.write(None, Some(&Failure::Gone));
        }
    }
}
