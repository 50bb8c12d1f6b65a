//! Those who read along with events: live tails, the logs that are kept, and the collector of spans.

use std::{net::IpAddr, rc::Rc};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use mote_host::{
    logs::Logs,
    otlp::Exporter,
    supervisor::{self, Supervisor, Wanted, WorkerSpec},
    tails::Tails,
    trace::{Draft, Event, Exception, Fetch, Level, Log, Outcome, TRACEPARENT, Ticket, Tickets, Trace},
};
use mote_wire::{
    control::Story,
    link::{Request, TICKET},
};
use serde_json::Value;

use super::{spans::PassesOn, workers::Reach};

/// All who read along.
#[derive(Clone)]
pub(super) struct Readers {
    pub(super) tails: Rc<Tails>,
    /// `None` if the node cannot keep any.
    pub(super) logs: Option<Rc<Logs>>,
    pub(super) spans: Option<Rc<Exporter>>,
    passes_on: PassesOn,
    /// `None` if the system has no random bytes; then nobody is told of clients and traces.
    tickets: Option<Rc<Tickets>>,
}

impl Readers {
    pub(super) fn new(
        tails: Rc<Tails>,
        logs: Option<Rc<Logs>>,
        spans: Option<Rc<Exporter>>,
        passes_on: PassesOn,
    ) -> Self {
        Self { tails, logs, spans, passes_on, tickets: Tickets::new().map(Rc::new) }
    }

    /// What an event that begins is known by, if somebody reads along.
    pub(super) fn begins(&self, spec: &WorkerSpec, event: &supervisor::Event) -> Option<HeaderValue> {
        let reach = spec.egress.downcast_ref::<Reach>()?;
        if self.spans.is_none() && !self.is_read(&reach.worker) {
            return None;
        }
        let span = self.spans.as_ref().and_then(|spans| spans.begin(traceparent(&event.headers)));
        self.tickets.as_ref()?.seal(&reach.worker, &Ticket { client: event.client, span })
    }

    /// Has a request that an event makes go on with the event's trace. Gives who asked for the event.
    pub(super) fn goes_out(&self, reach: &Reach, request: &mut Request) -> Option<IpAddr> {
        let shown = request.headers.remove(TICKET)?;
        let ticket = self.opened(reach, shown.to_str().ok()?)?;
        let told = !request.target.is_empty() || self.passes_on == PassesOn::Everywhere;
        if let Some(span) = ticket.span.filter(|_| told) {
            span.pass_on(&mut request.headers);
        }
        ticket.client
    }

    /// Whether anybody wants to see this worker's events, besides the collector.
    fn is_read(&self, worker: &str) -> bool {
        self.tails.wants(worker) || self.logs.as_ref().is_some_and(|logs| logs.wants(worker))
    }

    fn opened(&self, reach: &Reach, shown: &str) -> Option<Ticket> {
        self.tickets.as_ref()?.open(&reach.worker, shown)
    }

    /// Has cells report the events that somebody reads, for as long as the node runs.
    pub(super) async fn keep_up(self, supervisor: Rc<Supervisor>) {
        let mut watched = self.tails.watched();
        let mut kept = self.logs.as_ref().map(|logs| logs.changes());
        let of = self.clone();
        let wanted: Wanted = Rc::new(move |key: &str| of.spans.is_some() || of.is_read(worker_of(key)));
        loop {
            watched.mark_unchanged();
            if let Some(kept) = &mut kept {
                kept.mark_unchanged();
            }
            supervisor.read_along(&wanted);
            let kept_changed = async {
                match &mut kept {
                    Some(kept) => kept.changed().await,
                    None => std::future::pending().await,
                }
            };
            let changed = tokio::select! {
                changed = watched.changed() => changed,
                changed = kept_changed => changed,
            };
            if changed.is_err() {
                return;
            }
        }
    }

    /// Gives an event on. All of it is what a cell says.
    pub(super) fn tell(&self, spec: &WorkerSpec, story: Story) {
        let Some(reach) = spec.egress.downcast_ref::<Reach>() else { return };
        let headers = headers_of(&story.headers);
        let mut ticket =
            story.ticket.as_deref().and_then(|shown| self.opened(reach, shown)).unwrap_or_default();
        // A cell that shows no ticket may still tell of its event.
        let begin = |spans: &Rc<Exporter>| spans.begin(traceparent(&headers));
        ticket.span = ticket.span.or_else(|| self.spans.as_ref().and_then(begin));
        let is_kept = ticket.span.is_some_and(|span| span.is_sampled);
        if !is_kept && !self.is_read(&reach.worker) {
            return;
        }
        let trace = Trace::new(draft(reach, story, headers, &ticket));
        self.tails.publish(&trace);
        if let Some(logs) = &self.logs {
            logs.publish(&trace);
        }
        if let Some(spans) = &self.spans {
            spans.export(&trace);
        }
    }
}

/// The worker of the name under which the supervisor knows a version: `<worker>`, or `<worker>@<digits>` for one that is not
/// the main one.
fn worker_of(key: &str) -> &str {
    key.split_once('@').map_or(key, |(worker, _)| worker)
}

fn draft(reach: &Reach, story: Story, headers: HeaderMap, ticket: &Ticket) -> Draft {
    let event = match story.kind.as_str() {
        "scheduled" => {
            Event::Scheduled { cron: story.url, time_ms: whole(story.due_ms.unwrap_or(story.began_ms)) }
        }
        "rpc" => Event::Rpc { method: story.entrypoint.clone().unwrap_or_else(|| "default".to_owned()) },
        _ => Event::Fetch(Fetch {
            method: Method::from_bytes(story.method.as_bytes()).unwrap_or_default(),
            url: story.url,
            headers,
            cf: None,
            client: ticket.client,
            status: story.status,
        }),
    };
    let log = |(level, message, at_ms): (String, String, f64)| {
        let message = match serde_json::from_str(&message) {
            Ok(Value::Array(values)) => values,
            Ok(value) => vec![value],
            // Cut off on its way, or no cell of ours.
            Err(_) => vec![message.into()],
        };
        Log { level: Level::of(&level), message, timestamp_ms: whole(at_ms) }
    };
    let exception = |(line, stack, at_ms): (String, String, f64)| {
        let (name, message) = line.split_once(": ").unwrap_or(("Error", &line));
        let (name, message) = (name.to_owned(), message.to_owned());
        Exception { name, message, stack: Some(stack), timestamp_ms: whole(at_ms) }
    };
    Draft {
        account: reach.account.clone(),
        worker: reach.worker.clone(),
        version: reach.version.clone(),
        entrypoint: story.entrypoint,
        outcome: Outcome::of(&story.outcome),
        event,
        timestamp_ms: whole(story.began_ms),
        cpu_us: story.cpu_us,
        wall_us: story.wall_us,
        logs: story.lines.into_iter().map(log).collect(),
        exceptions: story.errors.into_iter().map(exception).collect(),
        truncated: story.truncated,
        span: ticket.span,
    }
}

fn traceparent(headers: &HeaderMap) -> Option<&str> {
    headers.get(TRACEPARENT).and_then(|value| value.to_str().ok())
}

fn headers_of(list: &[(String, String)]) -> HeaderMap {
    let sound = list.iter().filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in sound {
        // A map holds a bounded number of headers; a cell may have sent more.
        if headers.try_append(name, value).is_err() {
            break;
        }
    }
    headers
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "casts of floats saturate, and a time has no fraction here"
)]
fn whole(ms: f64) -> i64 {
    ms as i64
}
