//! What one event uses, counted while it goes on, and told to those who keep the books when it is over.

use std::{
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use mote_engine::{JsError, memory::Held, meter::Stretch};
use mote_wire::{
    http::{Body, BodyError},
    limits::Limits,
    link::TICKET,
};

use crate::{context::Outcome, runtime::LogLevel};

/// Who keeps the books of a worker.
pub trait UsageSink: Send + Sync {
    /// An event of the worker has used CPU time: called after every turn, with the turn's number in its event.
    fn used_cpu(&self, time: Duration, turn: u64);
    /// An event is over: it has its answer, the answer's body has left, its `waitUntil` work is done.
    fn event_over(&self, usage: &EventUsage);
}

/// What a worker printed.
#[derive(Debug, Clone, Copy)]
pub struct Printed<'a> {
    /// As the console shows it.
    pub text: &'a str,
    /// The values as a JSON array, if they are known.
    pub message: Option<&'a str>,
}

/// Who writes down what an event says, if somebody wants to read it.
pub trait Journal: Send + Sync {
    /// Something was printed, at this time in milliseconds since the epoch.
    fn line(&self, level: LogLevel, printed: Printed<'_>, at_ms: f64);
    /// An error that nobody caught.
    fn error(&self, error: &JsError, at_ms: f64);
    /// The event is over.
    fn over(&self, usage: &EventUsage);
}

/// What an event has used so far. Everybody who works for the event shares it; when the last one drops it, the event is
/// over.
pub struct EventUsage {
    sink: Arc<dyn UsageSink>,
    began: Instant,
    limits: Limits,
    cpu_ns: AtomicU64,
    turns: AtomicU64,
    memory_bytes: AtomicU64,
    subrequests: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    log_bytes: AtomicU64,
    outcome: AtomicU8,
    journal: OnceLock<Arc<dyn Journal>>,
    ticket: OnceLock<HeaderValue>,
}

impl EventUsage {
    /// An event that began at `now`.
    #[must_use]
    pub fn begin(sink: Arc<dyn UsageSink>, limits: Limits, now: Instant) -> Arc<Self> {
        let zero = || AtomicU64::new(0);
        Arc::new(Self {
            sink,
            began: now,
            limits,
            cpu_ns: zero(),
            turns: zero(),
            memory_bytes: zero(),
            subrequests: zero(),
            bytes_in: zero(),
            bytes_out: zero(),
            log_bytes: zero(),
            outcome: AtomicU8::new(Outcome::Ok as u8),
            journal: OnceLock::new(),
            ticket: OnceLock::new(),
        })
    }

    /// Has what the event says written down from now on; only the first journal counts.
    pub fn keep_journal(&self, journal: Arc<dyn Journal>) {
        let _ = self.journal.set(journal);
    }

    /// By what the host knows the event again.
    pub fn carry_ticket(&self, ticket: HeaderValue) {
        let _ = self.ticket.set(ticket);
    }

    /// The same, if it has been said.
    #[must_use]
    pub fn ticket(&self) -> Option<&HeaderValue> {
        self.ticket.get()
    }

    /// Has a request say for which event it is made, whatever its worker says.
    pub(crate) fn show_ticket(&self, headers: &mut HeaderMap) {
        headers.remove(TICKET);
        if let Some(ticket) = self.ticket() {
            // A map that has no room for it is longer than any request may be.
            drop(headers.try_insert(TICKET, ticket.clone()));
        }
    }

    pub(crate) fn journal(&self) -> Option<&dyn Journal> {
        self.journal.get().map(|journal| &**journal)
    }

    /// The limits that hold for it.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// When it began.
    #[must_use]
    pub fn began(&self) -> Instant {
        self.began
    }

    /// CPU time of its turns, and of what natives did for it between them.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        Duration::from_nanos(self.cpu_ns.load(Ordering::Relaxed))
    }

    /// The most memory that its isolate was seen to hold in one of its turns, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.memory_bytes.load(Ordering::Relaxed)
    }

    /// Subrequests begun.
    #[must_use]
    pub fn subrequests(&self) -> u64 {
        self.subrequests.load(Ordering::Relaxed)
    }

    /// Bytes of the request's body that came, before their content coding was undone.
    #[must_use]
    pub fn bytes_in(&self) -> u64 {
        self.bytes_in.load(Ordering::Relaxed)
    }

    /// Bytes of the response's body that left.
    #[must_use]
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Ordering::Relaxed)
    }

    /// How it ended, as far as it has.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        Outcome::from_number(self.outcome.load(Ordering::Relaxed))
    }

    /// Says how it ended. The first thing that goes wrong counts.
    pub fn set_outcome(&self, outcome: Outcome) {
        let ok = Outcome::Ok as u8;
        let _ = self.outcome.compare_exchange(ok, outcome as u8, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Charges CPU time.
    pub fn charge_cpu(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.cpu_ns.fetch_add(nanoseconds, Ordering::Relaxed);
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        self.sink.used_cpu(time, turn);
    }

    /// CPU time that it may still use.
    #[must_use]
    pub fn cpu_left(&self) -> Duration {
        Duration::from_millis(self.limits.cpu_ms).saturating_sub(self.cpu())
    }

    pub(crate) fn saw_memory(&self, bytes: usize) {
        self.memory_bytes.fetch_max(bytes as u64, Ordering::Relaxed);
    }

    /// Counts a subrequest; false if it may begin no more.
    pub(crate) fn begin_subrequest(&self) -> bool {
        self.subrequests.fetch_add(1, Ordering::Relaxed) < self.limits.subrequests
    }

    /// Counts bytes of the request's body; false if these are more than it may have.
    #[must_use]
    pub fn count_in(&self, bytes: usize) -> bool {
        add(&self.bytes_in, bytes) <= self.limits.request_body_mib.saturating_mul(1 << 20)
    }

    /// Counts bytes of the response's body; false if these are more than it may have.
    #[must_use]
    pub fn count_out(&self, bytes: usize) -> bool {
        add(&self.bytes_out, bytes) <= self.limits.response_body_mib.saturating_mul(1 << 20)
    }

    /// Counts bytes for the log; gives how many were written before them.
    pub(crate) fn count_log(&self, bytes: usize) -> u64 {
        self.log_bytes.fetch_add(bytes as u64, Ordering::Relaxed)
    }
}

fn add(counter: &AtomicU64, bytes: usize) -> u64 {
    let bytes = bytes as u64;
    counter.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes)
}

impl Drop for EventUsage {
    fn drop(&mut self) {
        self.sink.event_over(self);
        if let Some(journal) = self.journal.get() {
            journal.over(self);
        }
    }
}

/// What a codec holds of what has gone through it.
pub(crate) enum Window {
    /// As much as it was made with.
    Fixed,
    /// What the data says at its beginning.
    Said(Arc<AtomicUsize>),
    /// It takes room as it fills, up to `bytes_max`.
    Fills { bytes: usize, bytes_max: usize },
}

impl Window {
    /// What it holds once these bytes have come out.
    fn bytes_with(&mut self, more: usize) -> usize {
        match self {
            Self::Fixed => 0,
            Self::Said(bytes) => bytes.load(Ordering::Relaxed),
            Self::Fills { bytes, bytes_max } => {
                *bytes = bytes.saturating_add(more).min(*bytes_max);
                *bytes
            }
        }
    }
}

/// Why coding cannot go on, or begin.
pub(crate) fn no_room_for_codec() -> BodyError {
    BodyError::Encoding { reason: "the worker's memory limit leaves no room for its codec".to_owned() }
}

/// A body that natives code or decode for an event as it streams by; their CPU time is the event's.
pub(crate) struct MeteredBody {
    body: Body,
    usage: Arc<EventUsage>,
    /// What the coder holds, of which this much without its window.
    held: Held,
    base_bytes: usize,
    window: Window,
}

impl MeteredBody {
    pub(crate) fn new(body: Body, usage: Arc<EventUsage>, held: Held, window: Window) -> Self {
        let base_bytes = held.bytes();
        Self { body, usage, held, base_bytes, window }
    }
}

impl http_body::Body for MeteredBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, BodyError>>> {
        if self.usage.cpu_left().is_zero() {
            self.usage.set_outcome(Outcome::ExceededCpu);
            let reason = "coding the body took more CPU time than the event may use".to_owned();
            return Poll::Ready(Some(Err(BodyError::Aborted { reason })));
        }
        let stretch = Stretch::begin();
        let polled = Pin::new(&mut self.body).poll_frame(task);
        self.usage.charge_cpu(stretch.used());
        let given = match &polled {
            Poll::Ready(Some(Ok(frame))) => frame.data_ref().map_or(0, Bytes::len),
            Poll::Ready(_) => return polled,
            // It may have taken its window all the same.
            Poll::Pending => 0,
        };
        let bytes = self.base_bytes.saturating_add(self.window.bytes_with(given));
        if !self.held.resize(bytes) {
            // Not even the codec that is there may stay.
            self.body = mote_wire::http::empty();
            return Poll::Ready(Some(Err(no_room_for_codec())));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Books(Mutex<Vec<(u64, Outcome)>>);

    impl UsageSink for Books {
        fn used_cpu(&self, _time: Duration, _turn: u64) {}
        fn event_over(&self, usage: &EventUsage) {
            self.0.lock().unwrap().push((usage.bytes_out(), usage.outcome()));
        }
    }

    #[test]
    fn an_event_is_over_when_the_last_one_who_works_for_it_is_done() {
        let books = Arc::new(Books::default());
        let usage = EventUsage::begin(books.clone(), Limits::DEFAULT, Instant::now());
        let body = usage.clone();
        usage.set_outcome(Outcome::ExceededCpu);
        usage.set_outcome(Outcome::Canceled);
        drop(usage);
        assert!(books.0.lock().unwrap().is_empty());
        assert!(body.count_out(7));
        drop(body);
        assert_eq!(
            *books.0.lock().unwrap(),
            [(7, Outcome::ExceededCpu)],
            "the first thing that goes wrong counts"
        );
    }

    #[test]
    fn what_is_over_a_limit_is_told() {
        let limits = Limits { subrequests: 2, response_body_mib: 1, cpu_ms: 5, ..Limits::DEFAULT };
        let usage = EventUsage::begin(Arc::new(Books::default()), limits, Instant::now());
        assert_eq!([0; 3].map(|_| usage.begin_subrequest()), [true, true, false]);
        assert!(usage.count_out(1 << 20) && !usage.count_out(1));
        usage.charge_cpu(Duration::from_millis(6));
        assert!(usage.cpu_left().is_zero());
    }
}
