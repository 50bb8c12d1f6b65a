//! Spans of events, sent to a collector of the operator's: OTLP over HTTP, in protobuf.
//!
//! Whoever exports never waits. Spans wait in a queue that is bounded in number and in bytes, go out in batches, and are
//! dropped and counted where there is no room or the collector does not take them. What a hostile worker prints is cut
//! before it comes here ([`crate::trace`]), and cut further for its span.

mod options;
mod queue;
mod send;
mod span;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use opentelemetry_proto::tonic::resource::v1::Resource;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::{
    sync::{Notify, watch},
    task::{AbortHandle, spawn_local},
    time::timeout,
};

pub use options::{Options, OptionsError, Pace};
use queue::Queue;
pub use queue::{WAITING_BYTES_MAX, WAITING_MAX};
use send::Sender;

use crate::trace::{SpanContext, Trace, TraceParent};

/// Is told when the collector begins to fail, with the reason, and with `None` when it takes spans again.
pub type Told = Box<dyn Fn(Option<&str>)>;

/// What sends spans. Dropping it ends that; what waits then is lost.
pub struct Exporter {
    shared: Rc<Shared>,
    sending: AbortHandle,
}

struct Shared {
    queue: RefCell<Queue>,
    /// Rung when a batch is full, or all is to be sent at once.
    bell: Notify,
    /// Whether nothing waits and nothing is on its way.
    idle: watch::Sender<bool>,
    counts: Cell<Counts>,
    failing: Cell<bool>,
    told: Told,
    sampling_rate: f64,
    pace: Pace,
}

/// What became of spans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Spans that the collector has taken.
    pub exported: u64,
    /// Spans that found no room.
    pub dropped: u64,
    /// Spans that the collector refused, or that could not be sent.
    pub failed: u64,
}

/// What an exporter does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExporterStats {
    /// What became of spans.
    pub counts: Counts,
    /// Spans that wait.
    pub waiting: usize,
    /// What they take up, in bytes.
    pub waiting_bytes: usize,
}

impl Exporter {
    /// Begins to send. It must be called inside a `LocalSet`.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn start(options: Options, told: Told) -> Result<Rc<Self>, OptionsError> {
        let resource = Resource { attributes: span::resource(&options), ..Resource::default() };
        let sender = Sender::new(&options, resource)?;
        let shared = Rc::new(Shared {
            queue: RefCell::default(),
            bell: Notify::new(),
            idle: watch::Sender::new(true),
            counts: Cell::default(),
            failing: Cell::new(false),
            told,
            sampling_rate: options.sampling_rate,
            pace: options.pace,
        });
        let sending = spawn_local(shared.clone().run(sender)).abort_handle();
        Ok(Rc::new(Self { shared, sending }))
    }

    /// The span of an event that begins; none if the system has no random bytes. `traceparent` is the header's value: who called
    /// decides whether it is kept for the events that go on with its trace, the sampling rate for those that begin one.
    #[must_use]
    pub fn begin(&self, traceparent: Option<&str>) -> Option<SpanContext> {
        let parent = traceparent.and_then(TraceParent::parse);
        let span = SpanContext::begin(parent.as_ref())?;
        let is_kept = parent.is_some() || self.draw() < self.shared.sampling_rate;
        Some(if is_kept { span } else { span.left_out() })
    }

    /// Takes the span of an event that is over, if it has one. Never waits.
    pub fn export(&self, trace: &Trace) {
        let Some(context) = trace.parts().span.as_ref().filter(|span| span.is_sampled) else { return };
        let mut queue = self.shared.queue.borrow_mut();
        if !queue.push(span::span(trace.parts(), context)) {
            self.shared.count(|counts| counts.dropped += 1);
            return;
        }
        self.shared.idle.send_if_modified(|idle| std::mem::replace(idle, false));
        if queue.has_batch() {
            self.shared.bell.notify_one();
        }
    }

    /// Sends what waits, for no longer than `max`.
    pub async fn flush(&self, max: Duration) {
        self.shared.bell.notify_one();
        let mut idle = self.shared.idle.subscribe();
        let _ = timeout(max, idle.wait_for(|idle| *idle)).await;
    }

    /// How it does.
    #[must_use]
    pub fn stats(&self) -> ExporterStats {
        let queue = self.shared.queue.borrow();
        let (waiting, waiting_bytes) = (queue.len(), queue.bytes());
        ExporterStats { counts: self.shared.counts.get(), waiting, waiting_bytes }
    }

    /// A random number of `0..1`.
    fn draw(&self) -> f64 {
        let mut bytes = [0; 4];
        // Without random bytes there is no span either.
        let _ = SystemRandom::new().fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.sending.abort();
    }
}

impl Shared {
    async fn run(self: Rc<Self>, sender: Sender) {
        loop {
            // Whichever comes first: the time, or enough for a batch.
            let _ = timeout(self.pace.every, self.bell.notified()).await;
            loop {
                let batch = self.queue.borrow_mut().batch();
                if batch.is_empty() {
                    break;
                }
                let spans = u64::try_from(batch.len()).unwrap_or(u64::MAX);
                let sent = sender.send(batch, &self.pace).await;
                let refused = sent.as_ref().map_or(spans, |refused| (*refused).min(spans));
                self.count(|counts| {
                    counts.exported += spans - refused;
                    counts.failed += refused;
                });
                self.tell(sent.err());
            }
            self.idle.send_if_modified(|idle| !std::mem::replace(idle, true));
        }
    }

    /// Says so when things change, not for each batch.
    fn tell(&self, problem: Option<String>) {
        if self.failing.replace(problem.is_some()) != problem.is_some() {
            (self.told)(problem.as_deref());
        }
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.get();
        change(&mut counts);
        self.counts.set(counts);
    }
}

#[cfg(test)]
mod tests;
