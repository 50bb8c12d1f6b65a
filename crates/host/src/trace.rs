//! What is known of one event that is over, as live tails and the exporter of spans give it on.
//!
//! A [`Trace`] is made of a [`Draft`] and of nothing else, so whoever holds one holds something of bounded size in which
//! credentials of the request are written over. What a worker prints is its own: nobody looks into it.
//!
//! Everything in a draft is hostile: it comes from a client, a worker, or a cell that may be lost to an attacker.

mod context;
mod item;
mod outcome;
mod redact;
mod ticket;

use std::{io, net::IpAddr};

use http::{HeaderMap, Method};
use serde_json::Value;

pub use context::{SpanContext, TRACEPARENT, TraceParent};
pub use outcome::Outcome;
pub use redact::{REDACTED, redact_header, redact_url};
pub use ticket::{Ticket, Tickets};

/// The most bytes of a URL.
pub const URL_BYTES_MAX: usize = 8 << 10;
/// The most headers of a request.
pub const HEADERS_MAX: usize = 128;
/// The most bytes of all names and values of a request's headers.
pub const HEADER_BYTES_MAX: usize = 16 << 10;
/// The most bytes of a request's `cf`, as JSON.
pub const CF_BYTES_MAX: usize = 8 << 10;
/// The most messages of an event.
pub const LOGS_MAX: usize = 1_000;
/// The most bytes of all messages of an event, as JSON.
pub const LOG_BYTES_MAX: usize = 256 << 10;
/// The most exceptions of an event.
pub const EXCEPTIONS_MAX: usize = 32;
/// The most bytes of an exception's message, and of its stack.
pub const EXCEPTION_BYTES_MAX: usize = 4 << 10;
/// The most bytes of a name: of a worker, an entrypoint, a method of an RPC call, a cron expression.
pub const NAME_BYTES_MAX: usize = 256;

/// What is reported of an event, whole and unread.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The account of the worker.
    pub account: String,
    /// The worker's own name, also if a preview of a version took the event.
    pub worker: String,
    /// The version that took it.
    pub version: Option<String>,
    /// The entrypoint; `None` for the default one.
    pub entrypoint: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// What it was.
    pub event: Event,
    /// When it came, in milliseconds since the epoch.
    pub timestamp_ms: i64,
    /// CPU time that it used, in microseconds.
    pub cpu_us: u64,
    /// From its arrival to its end, in microseconds.
    pub wall_us: u64,
    /// What it printed, oldest first.
    pub logs: Vec<Log>,
    /// What it threw and did not catch.
    pub exceptions: Vec<Exception>,
    /// Whether something was left out already.
    pub truncated: bool,
    /// Its place in a distributed trace, if it has one.
    pub span: Option<SpanContext>,
}

/// What a worker was called with.
#[derive(Debug, Clone)]
#[allow(
    clippy::large_enum_variant,
    reason = "nearly every event is a request, and none is kept for long; how large it is depends on features of others"
)]
pub enum Event {
    /// A request.
    Fetch(Fetch),
    /// A cron trigger.
    Scheduled {
        /// Its expression.
        cron: String,
        /// When it was due, in milliseconds since the epoch.
        time_ms: i64,
    },
    /// A call of a method.
    Rpc {
        /// The method.
        method: String,
    },
}

/// A request, and the status of its response.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// The request's method.
    pub method: Method,
    /// The request's URL.
    pub url: String,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The request's `cf`, if it has one.
    pub cf: Option<Value>,
    /// Who asked.
    pub client: Option<IpAddr>,
    /// The response's status; none if there was none.
    pub status: Option<u16>,
}

/// A message of a worker's console.
#[derive(Debug, Clone)]
pub struct Log {
    /// How grave it is.
    pub level: Level,
    /// What was printed: the arguments of the call.
    pub message: Vec<Value>,
    /// When, in milliseconds since the epoch.
    pub timestamp_ms: i64,
}

/// Levels of a console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// `console.debug`
    Debug,
    /// `console.info`
    Info,
    /// `console.log`, and all that have no level of their own.
    Log,
    /// `console.warn`
    Warn,
    /// `console.error`
    Error,
}

impl Level {
    /// The level of this name; `log` if there is none.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let all = [Self::Debug, Self::Info, Self::Warn, Self::Error];
        all.into_iter().find(|level| level.as_str() == name).unwrap_or(Self::Log)
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Log => "log",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// An exception that nobody caught.
#[derive(Debug, Clone)]
pub struct Exception {
    /// The error's name, such as `TypeError`.
    pub name: String,
    /// Its message.
    pub message: String,
    /// Its stack.
    pub stack: Option<String>,
    /// When, in milliseconds since the epoch.
    pub timestamp_ms: i64,
}

/// One event that is over: bounded, without the credentials of its request.
#[derive(Debug, Clone)]
pub struct Trace(Draft);

impl Trace {
    /// Cuts what is too much, and writes over what is secret.
    #[must_use]
    pub fn new(mut draft: Draft) -> Self {
        let mut cut = draft.truncated;
        for name in [&mut draft.account, &mut draft.worker].into_iter().chain(&mut draft.version) {
            cut |= shorten(name, NAME_BYTES_MAX);
        }
        if let Some(entrypoint) = &mut draft.entrypoint {
            cut |= shorten(entrypoint, NAME_BYTES_MAX);
        }
        cut |= match &mut draft.event {
            Event::Fetch(fetch) => bound_fetch(fetch),
            Event::Scheduled { cron: name, .. } | Event::Rpc { method: name } => {
                shorten(name, NAME_BYTES_MAX)
            }
        };
        cut |= bound_logs(&mut draft.logs);
        cut |= bound_exceptions(&mut draft.exceptions);
        draft.truncated = cut;
        Self(draft)
    }

    /// What it holds.
    #[must_use]
    pub fn parts(&self) -> &Draft {
        &self.0
    }

    /// The document that a tail's client gets: an item of `trace-v1`.
    #[must_use]
    pub fn to_json(&self) -> String {
        item::json(&self.0)
    }
}

fn bound_fetch(fetch: &mut Fetch) -> bool {
    // Written over before it is cut: half of a secret is one, too.
    let mut url = redact_url(&fetch.url);
    let mut cut = shorten(&mut url, URL_BYTES_MAX);
    fetch.url = url;
    let (mut bytes, mut kept) = (0, HeaderMap::new());
    for (index, (name, value)) in fetch.headers.iter().enumerate() {
        let value = redact_header(name, value);
        bytes += name.as_str().len() + value.len();
        if index >= HEADERS_MAX || bytes > HEADER_BYTES_MAX {
            cut = true;
            break;
        }
        kept.append(name, value);
    }
    fetch.headers = kept;
    if fetch.method.as_str().len() > NAME_BYTES_MAX {
        // No client that means well has such a method.
        fetch.method = Method::default();
        cut = true;
    }
    if fetch.cf.as_ref().is_some_and(|cf| json_bytes(cf) > CF_BYTES_MAX) {
        fetch.cf = None;
        cut = true;
    }
    cut
}

fn bound_logs(logs: &mut Vec<Log>) -> bool {
    let mut bytes = 0_usize;
    let fits = |log: &Log| {
        bytes = bytes.saturating_add(json_bytes(&log.message));
        bytes <= LOG_BYTES_MAX
    };
    let kept = logs.iter().take(LOGS_MAX).map(fits).take_while(|fits| *fits).count();
    let cut = kept < logs.len();
    logs.truncate(kept);
    cut
}

fn bound_exceptions(exceptions: &mut Vec<Exception>) -> bool {
    let mut cut = exceptions.len() > EXCEPTIONS_MAX;
    exceptions.truncate(EXCEPTIONS_MAX);
    for exception in exceptions {
        cut |= shorten(&mut exception.name, NAME_BYTES_MAX);
        cut |= shorten(&mut exception.message, EXCEPTION_BYTES_MAX);
        if let Some(stack) = &mut exception.stack {
            cut |= shorten(stack, EXCEPTION_BYTES_MAX);
        }
    }
    cut
}

/// Cuts a text to so many bytes, between two characters; true if it was longer.
fn shorten(text: &mut String, bytes_max: usize) -> bool {
    let long = text.len() > bytes_max;
    if long {
        text.truncate(text.floor_char_boundary(bytes_max));
    }
    long
}

/// How long a value is as JSON.
fn json_bytes(value: &impl serde::Serialize) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // What cannot be written is not kept.
    serde_json::to_writer(&mut count, value).map_or(usize::MAX, |()| count.0)
}

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;
