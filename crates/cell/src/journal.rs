//! What an event says and does, written down for those who read along: live tails and traces.
//!
//! Nobody reads along most of the time, and then nothing is written.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use http::{HeaderMap, HeaderValue};
use mote_engine::{JsError, modules::LoadError};
use mote_web::{EventUsage, Failure, Journal, LogLevel, Outcome, Printed, wall_clock_ms};

use crate::{answer, cell::Observer, slot::Unready};

/// Lines and errors that are kept of one event.
const LINES_MAX: usize = 1_000;
const ERRORS_MAX: usize = 32;

/// The workers whose events somebody wants to read. Shared with whoever is told so.
#[derive(Debug, Clone, Default)]
pub struct Watched(Arc<WatchedNames>);

#[derive(Debug, Default)]
struct WatchedNames {
    /// Whether there is any: what most events ask is one load.
    any: AtomicBool,
    names: Mutex<BTreeSet<Arc<str>>>,
}

impl Watched {
    /// From now on somebody reads the events of a worker.
    pub fn begin(&self, name: &str) {
        let mut names = self.lock();
        names.insert(name.into());
        self.0.any.store(true, Ordering::Relaxed);
    }

    /// Nobody reads them any more.
    pub fn end(&self, name: &str) {
        let mut names = self.lock();
        names.remove(name);
        self.0.any.store(!names.is_empty(), Ordering::Relaxed);
    }

    /// Whether somebody reads the events of a worker.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.0.any.load(Ordering::Relaxed) && self.lock().contains(name)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<Arc<str>>> {
        self.0.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line of the console.
#[derive(Debug, Clone)]
pub struct Line {
    /// How loud it is.
    pub level: LogLevel,
    /// What was printed: a JSON array, or the text of the console in quotes.
    pub message: String,
    /// When, in milliseconds since the epoch, by the clock that the worker sees.
    pub at_ms: f64,
}

/// An event that is over, with all that it said.
#[derive(Debug)]
pub struct Story {
    /// The worker's name.
    pub worker: Arc<str>,
    /// What it was.
    pub what: What,
    /// When it began, in milliseconds since the epoch.
    pub began_ms: f64,
    /// How it ended.
    pub outcome: Outcome,
    /// The response's status, if it had one.
    pub status: Option<u16>,
    /// CPU time, `waitUntil` work included, in microseconds.
    pub cpu_us: u64,
    /// From its arrival to its end, in microseconds.
    pub wall_us: u64,
    /// What it wrote to the console.
    pub lines: Vec<Line>,
    /// Errors that it did not catch, with their times.
    pub errors: Vec<(JsError, f64)>,
    /// Whether there was more than is kept.
    pub truncated: bool,
    /// By what the host knows it again.
    pub ticket: Option<HeaderValue>,
}

/// What an event was.
#[derive(Debug, Clone)]
pub struct What {
    /// `fetch`, `scheduled` or `rpc`.
    pub kind: &'static str,
    /// The method; empty if there is none.
    pub method: String,
    /// The URL, or the cron expression.
    pub url: String,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The entrypoint that was called, if it is not the default one.
    pub entrypoint: Option<String>,
    /// When it was due, for one that a clock has begun.
    pub due_ms: Option<f64>,
}

/// The journal of one event.
pub(crate) struct EventJournal {
    worker: Arc<str>,
    what: What,
    began_ms: f64,
    observer: Arc<dyn Observer>,
    written: Mutex<Written>,
}

#[derive(Default)]
struct Written {
    status: Option<u16>,
    lines: Vec<Line>,
    errors: Vec<(JsError, f64)>,
    truncated: bool,
}

impl EventJournal {
    pub(crate) fn begin(worker: Arc<str>, what: What, observer: Arc<dyn Observer>) -> Arc<Self> {
        Arc::new(Self { worker, what, began_ms: wall_clock_ms(), observer, written: Mutex::default() })
    }

    /// The event has an answer, or will have none.
    pub(crate) fn answered(&self, status: Option<u16>, failure: Option<&Failure>) {
        let mut written = self.lock();
        written.status = status;
        match failure {
            None | Some(Failure::Gone) => {}
            Some(Failure::Exception(error)) => written.add_error(error.clone(), wall_clock_ms()),
            Some(other) => written.add_error(JsError::plain(format!("Error: {other}")), wall_clock_ms()),
        }
    }

    /// There is no isolate for the event.
    pub(crate) fn unready(&self, why: &Unready) {
        let error = match why {
            Unready::Load(LoadError::Threw(thrown)) => thrown.clone(),
            Unready::Load(other) => JsError::plain(format!("Error: {other}")),
            Unready::Problem(problem) => JsError::plain(format!("Error: {problem}")),
            Unready::TurnedAway(why) => JsError::plain(format!("Error: {}", answer::turned_away(why).detail)),
        };
        self.lock().add_error(error, wall_clock_ms());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    fn add_error(&mut self, error: JsError, at_ms: f64) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.push((error, at_ms));
        } else {
            self.truncated = true;
        }
    }
}

impl Journal for EventJournal {
    fn line(&self, level: LogLevel, printed: Printed<'_>, at_ms: f64) {
        let mut written = self.lock();
        if written.lines.len() < LINES_MAX {
            let quoted = || serde_json::Value::from(printed.text).to_string();
            let message = printed.message.map_or_else(quoted, str::to_owned);
            written.lines.push(Line { level, message, at_ms });
        } else {
            written.truncated = true;
        }
    }

    fn error(&self, error: &JsError, at_ms: f64) {
        self.lock().add_error(error.clone(), at_ms);
    }

    fn over(&self, usage: &EventUsage) {
        let Written { status, lines, errors, truncated } = std::mem::take(&mut *self.lock());
        let microseconds = |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.observer.story(Story {
            worker: self.worker.clone(),
            what: self.what.clone(),
            began_ms: self.began_ms,
            outcome: usage.outcome(),
            status,
            cpu_us: microseconds(usage.cpu()),
            wall_us: microseconds(usage.began().elapsed()),
            lines,
            errors,
            truncated,
            ticket: usage.ticket().cloned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_workers_are_watched() {
        let watched = Watched::default();
        assert!(!watched.is("a"));
        watched.begin("a");
        watched.begin("b");
        watched.end("b");
        assert!(watched.is("a") && !watched.is("b"));
        watched.end("a");
        assert!(!watched.is("a"));
    }
}
