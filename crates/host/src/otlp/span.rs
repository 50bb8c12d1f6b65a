//! An event as a span, in the words of OpenTelemetry's conventions for HTTP servers and for functions.

use http::header;
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value::Value as Any},
    trace::v1::{
        Span, Status,
        span::{Event as SpanEvent, SpanKind},
        status::StatusCode,
    },
};
use serde_json::Value;

use super::Options;
use crate::{
    clock::rfc3339,
    trace::{Draft, Event, Exception, Fetch, Log, SpanContext},
};

/// The most bytes of an attribute's value.
pub(super) const VALUE_BYTES_MAX: usize = 2 << 10;
/// The most messages and exceptions of a span.
pub(super) const EVENTS_MAX: usize = 128;
/// The most bytes of their texts.
pub(super) const EVENT_BYTES_MAX: usize = 32 << 10;
/// The methods that have a name in the conventions.
const METHODS: [&str; 10] =
    ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"];
/// Responses from this status on are failures of the server.
const SERVER_ERRORS: u16 = 500;
const NANOS_PER_MS: u64 = 1_000_000;
const NANOS_PER_US: u64 = 1_000;

/// What holds for all spans of a node.
pub(super) fn resource(options: &Options) -> Vec<KeyValue> {
    let own = |name: &str| options.resource.iter().any(|(own, _)| own == name);
    let mut attributes = vec![
        text("service.name", &options.service_name),
        text("telemetry.sdk.name", "mote"),
        text("telemetry.sdk.language", "rust"),
    ];
    if !own("service.version") {
        attributes.push(text("service.version", env!("CARGO_PKG_VERSION")));
    }
    // The name that was given by itself goes before one in the list.
    let others = options.resource.iter().filter(|(name, _)| name != "service.name");
    attributes.extend(others.map(|(name, value)| text(name, value)));
    attributes
}

/// The span of an event.
pub(super) fn span(of: &Draft, context: &SpanContext) -> Span {
    let start = nanos(of.timestamp_ms);
    let mut attributes = of_all(of, context);
    let (name, failed) = match &of.event {
        Event::Fetch(fetch) => {
            of_request(&mut attributes, fetch);
            (
                method(fetch).map_or("HTTP", |method| method).to_owned(),
                of_response(&mut attributes, of, fetch),
            )
        }
        Event::Scheduled { cron, time_ms } => {
            attributes.extend([
                text("faas.trigger", "timer"),
                text("faas.cron", cron),
                text("faas.time", &rfc3339(*time_ms)),
            ]);
            ("scheduled".to_owned(), of.outcome.is_failure())
        }
        Event::Rpc { method } => {
            attributes.extend([text("faas.trigger", "other"), text("rpc.method", method)]);
            (method.clone(), of.outcome.is_failure())
        }
    };
    if of.outcome.is_failure() {
        attributes.push(text("error.type", of.outcome.as_str()));
    }
    let (events, dropped_events_count) = events(of);
    let code = if failed { StatusCode::Error } else { StatusCode::Unset };
    let message = if failed { of.outcome.as_str().to_owned() } else { String::new() };
    Span {
        trace_id: context.trace_id.to_vec(),
        span_id: context.span_id.to_vec(),
        parent_span_id: context.parent.map(Vec::from).unwrap_or_default(),
        name,
        kind: SpanKind::Server.into(),
        start_time_unix_nano: start,
        end_time_unix_nano: start.saturating_add(of.wall_us.saturating_mul(NANOS_PER_US)),
        attributes,
        events,
        dropped_events_count,
        status: Some(Status { message, code: code.into() }),
        ..Span::default()
    }
}

fn of_all(of: &Draft, context: &SpanContext) -> Vec<KeyValue> {
    let mut attributes = vec![
        text("faas.name", &of.worker),
        text("faas.invocation_id", &data_encoding::HEXLOWER.encode(&context.span_id)),
        text("mote.account", &of.account),
        text("mote.outcome", of.outcome.as_str()),
        number("mote.cpu_us", of.cpu_us),
        number("mote.wall_us", of.wall_us),
    ];
    attributes.extend(of.version.as_deref().map(|version| text("faas.version", version)));
    attributes.extend(of.entrypoint.as_deref().map(|entrypoint| text("mote.entrypoint", entrypoint)));
    if of.truncated {
        attributes.push(attribute("mote.truncated", Any::BoolValue(true)));
    }
    attributes
}

/// The method, if the conventions know it.
fn method(fetch: &Fetch) -> Option<&'static str> {
    METHODS.into_iter().find(|method| *method == fetch.method.as_str())
}

fn of_request(attributes: &mut Vec<KeyValue>, fetch: &Fetch) {
    attributes.push(text("faas.trigger", "http"));
    attributes.push(text("http.request.method", method(fetch).unwrap_or("_OTHER")));
    if method(fetch).is_none() {
        attributes.push(text("http.request.method_original", fetch.method.as_str()));
    }
    match url::Url::parse(&fetch.url) {
        Ok(url) => {
            attributes.push(text("url.scheme", url.scheme()));
            attributes.push(text("url.path", url.path()));
            attributes.extend(url.query().map(|query| text("url.query", query)));
            attributes.extend(url.host_str().map(|host| text("server.address", host)));
            let port = url.port_or_known_default();
            attributes.extend(port.map(|port| number("server.port", port.into())));
        }
        Err(_) => attributes.push(text("url.full", &fetch.url)),
    }
    if let Some(agent) = fetch.headers.get(header::USER_AGENT) {
        attributes.push(text("user_agent.original", &String::from_utf8_lossy(agent.as_bytes())));
    }
    attributes.extend(fetch.client.map(|client| text("client.address", &client.to_string())));
}

/// What came of a request; whether it failed.
fn of_response(attributes: &mut Vec<KeyValue>, of: &Draft, fetch: &Fetch) -> bool {
    let Some(status) = fetch.status else { return of.outcome.is_failure() };
    attributes.push(number("http.response.status_code", status.into()));
    let failed = status >= SERVER_ERRORS;
    if failed && !of.outcome.is_failure() {
        attributes.push(text("error.type", &status.to_string()));
    }
    failed || of.outcome.is_failure()
}

/// Exceptions and messages, as many as fit, and how many do not. Exceptions first: they are what is looked for.
fn events(of: &Draft) -> (Vec<SpanEvent>, u32) {
    let exceptions = of.exceptions.iter().map(exception_event);
    let all = exceptions.chain(of.logs.iter().map(log_event)).take(EVENTS_MAX);
    let mut bytes = 0;
    let fits = |event: &SpanEvent| {
        bytes += event.attributes.iter().map(bytes_of).sum::<usize>();
        bytes <= EVENT_BYTES_MAX
    };
    let kept: Vec<_> = all.take_while(fits).collect();
    let dropped = of.exceptions.len() + of.logs.len() - kept.len();
    (kept, u32::try_from(dropped).unwrap_or(u32::MAX))
}

fn exception_event(exception: &Exception) -> SpanEvent {
    let mut attributes =
        vec![text("exception.type", &exception.name), text("exception.message", &exception.message)];
    attributes.extend(exception.stack.as_deref().map(|stack| text("exception.stacktrace", stack)));
    let time_unix_nano = nanos(exception.timestamp_ms);
    SpanEvent { time_unix_nano, name: "exception".to_owned(), attributes, ..SpanEvent::default() }
}

fn log_event(log: &Log) -> SpanEvent {
    let attributes = vec![text("log.level", log.level.as_str()), text("log.message", &words(&log.message))];
    let time_unix_nano = nanos(log.timestamp_ms);
    SpanEvent { time_unix_nano, name: "log".to_owned(), attributes, ..SpanEvent::default() }
}

/// What was printed, as a terminal would show it.
fn words(message: &[Value]) -> String {
    let mut words = String::new();
    for value in message {
        if words.len() > VALUE_BYTES_MAX {
            break;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        match value {
            Value::String(text) => words.push_str(text),
            other => words.push_str(&other.to_string()),
        }
    }
    words
}

/// Time as spans have it. What is before 1970 or after 2554 is some mistake, or a lie.
fn nanos(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or(0).saturating_mul(NANOS_PER_MS)
}

fn bytes_of(attribute: &KeyValue) -> usize {
    let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
    attribute.key.len() + if let Some(Any::StringValue(text)) = value { text.len() } else { 0 }
}

fn text(key: &str, value: &str) -> KeyValue {
    let end = value.floor_char_boundary(VALUE_BYTES_MAX);
    attribute(key, Any::StringValue(value.get(..end).unwrap_or_default().to_owned()))
}

fn number(key: &str, value: u64) -> KeyValue {
    attribute(key, Any::IntValue(i64::try_from(value).unwrap_or(i64::MAX)))
}

fn attribute(key: &str, value: Any) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

#[cfg(test)]
mod tests;
