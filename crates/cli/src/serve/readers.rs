//! Those who read along with events: live tails, and the collector of spans.

use std::rc::Rc;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use mote_host::{
    otlp::Exporter,
    supervisor::{Supervisor, Wanted, WorkerSpec},
    tails::Tails,
    trace::{Draft, Event, Exception, Fetch, Level, Log, Outcome, Trace},
};
use mote_wire::control::Story;
use serde_json::Value;

use super::workers::Reach;

/// All who read along.
#[derive(Clone)]
pub(super) struct Readers {
    pub(super) tails: Rc<Tails>,
    pub(super) spans: Option<Rc<Exporter>>,
}

impl Readers {
    /// Has cells report the events that somebody reads, for as long as the node runs.
    pub(super) async fn keep_up(self, supervisor: Rc<Supervisor>) {
        let mut watched = self.tails.watched();
        loop {
            let (names, all) = (watched.borrow_and_update().clone(), self.spans.is_some());
            let wanted: Wanted = Rc::new(move |key: &str| all || names.contains(worker_of(key)));
            supervisor.read_along(&wanted);
            if watched.changed().await.is_err() {
                return;
            }
        }
    }

    /// Gives an event on. All of it is what a cell says.
    pub(super) fn tell(&self, spec: &WorkerSpec, story: Story) {
        let Some(reach) = spec.egress.downcast_ref::<Reach>() else { return };
        let headers = headers_of(&story.headers);
        let traceparent = headers.get("traceparent").and_then(|value| value.to_str().ok());
        let span = self.spans.as_ref().and_then(|spans| spans.begin(traceparent));
        if span.is_none() && !self.tails.wants(&reach.worker) {
            return;
        }
        let trace = Trace::new(draft(reach, story, headers, span));
        self.tails.publish(&trace);
        if let Some(spans) = self.spans.as_ref().filter(|_| span.is_some()) {
            spans.export(&trace);
        }
    }
}

/// The worker of the name under which the supervisor knows a version: `<worker>`, or `<worker>@<digits>` for one that is not
/// the main one.
fn worker_of(key: &str) -> &str {
    key.split_once('@').map_or(key, |(worker, _)| worker)
}

fn draft(
    reach: &Reach,
    story: Story,
    headers: HeaderMap,
    span: Option<mote_host::trace::SpanContext>,
) -> Draft {
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
            client: None,
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
        span,
    }
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
