use std::collections::BTreeMap;

use http::{HeaderValue, Method};
use prost::Message;
use serde_json::json;

use super::*;
use crate::trace::{
    Level, Outcome, Trace, TraceParent,
    fixtures::{request, scheduled},
};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn made(draft: Draft) -> Span {
    let context = SpanContext::begin(TraceParent::parse(PARENT).as_ref()).unwrap();
    span(Trace::new(draft).parts(), &context)
}

/// Attributes as text.
fn of(attributes: &[KeyValue]) -> BTreeMap<&str, String> {
    let value = |attribute: &KeyValue| match attribute.value.clone().unwrap().value.unwrap() {
        Any::StringValue(text) => text,
        Any::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes.iter().map(|attribute| (attribute.key.as_str(), value(attribute))).collect()
}

fn is_error(span: &Span) -> bool {
    span.status.as_ref().unwrap().code() == StatusCode::Error
}

fn fetch(draft: &mut Draft) -> &mut Fetch {
    let Event::Fetch(fetch) = &mut draft.event else { panic!("it is a request") };
    fetch
}

#[test]
fn a_request_is_a_span_of_a_server_in_its_callers_trace() {
    let mut draft = request("shop", "https://shop.example.com/buy?item=1&token=hush");
    fetch(&mut draft).headers.insert("user-agent", HeaderValue::from_static("curl/8"));
    fetch(&mut draft).headers.insert("authorization", HeaderValue::from_static("Bearer hush"));
    let span = made(draft);
    let parent = TraceParent::parse(PARENT).unwrap();
    assert_eq!(span.trace_id, parent.trace_id);
    assert_eq!(span.parent_span_id, parent.span_id);
    assert_eq!((span.name.as_str(), span.kind()), ("GET", SpanKind::Server));
    assert_eq!(span.start_time_unix_nano, 1_795_651_200_123_000_000);
    assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, 20_250_000);
    assert!(!is_error(&span));
    let attributes = of(&span.attributes);
    for (key, value) in [
        ("http.request.method", "GET"),
        ("url.scheme", "https"),
        ("url.path", "/buy"),
        ("url.query", "item=1&token=REDACTED"),
        ("server.address", "shop.example.com"),
        ("server.port", "443"),
        ("http.response.status_code", "200"),
        ("user_agent.original", "curl/8"),
        ("client.address", "192.0.2.1"),
        ("faas.name", "shop"),
        ("faas.version", "11111111-2222-4333-8444-555555555555"),
        ("faas.trigger", "http"),
        ("mote.account", "acme"),
        ("mote.outcome", "ok"),
        ("mote.cpu_us", "1500"),
    ] {
        assert_eq!(attributes.get(key).map(String::as_str), Some(value), "{key}");
    }
    assert_eq!(attributes["faas.invocation_id"].len(), 16);
    assert!(!String::from_utf8_lossy(&span.encode_to_vec()).contains("hush"));
}

#[test]
fn an_event_that_began_a_trace_has_no_parent() {
    let context = SpanContext::begin(None).unwrap();
    assert!(span(&request("shop", "https://a/"), &context).parent_span_id.is_empty());
}

#[test]
fn failures_are_told_apart() {
    for (outcome, status, failed, kind) in [
        (Outcome::Ok, Some(404), false, None),
        (Outcome::Ok, Some(503), true, Some("503")),
        (Outcome::Canceled, None, false, None),
        (Outcome::Exception, Some(500), true, Some("exception")),
        (Outcome::ExceededCpu, None, true, Some("exceededCpu")),
    ] {
        let mut draft = request("shop", "https://a/");
        draft.outcome = outcome;
        fetch(&mut draft).status = status;
        let span = made(draft);
        assert_eq!(is_error(&span), failed, "{outcome:?} {status:?}");
        assert_eq!(of(&span.attributes).get("error.type").map(String::as_str), kind);
    }
}

#[test]
fn a_method_that_nobody_knows_is_no_name_of_a_span() {
    let mut draft = request("shop", "no url at all");
    fetch(&mut draft).method = Method::from_bytes(b"BREW").unwrap();
    let span = made(draft);
    let attributes = of(&span.attributes);
    assert_eq!(span.name, "HTTP");
    assert_eq!(
        (&*attributes["http.request.method"], &*attributes["http.request.method_original"]),
        ("_OTHER", "BREW")
    );
    assert_eq!(attributes["url.full"], "no url at all");
}

#[test]
fn crons_and_calls_are_functions_too() {
    let cron = made(scheduled("shop"));
    let attributes = of(&cron.attributes);
    assert_eq!((&*attributes["faas.trigger"], &*attributes["faas.cron"]), ("timer", "* * * * *"));
    assert_eq!(attributes["faas.time"], "2026-11-26T00:00:00.000Z");
    let event = Event::Rpc { method: "buy".to_owned() };
    let call = made(Draft { event, entrypoint: Some("Till".to_owned()), ..request("shop", "") });
    let attributes = of(&call.attributes);
    assert_eq!((call.name.as_str(), &*attributes["mote.entrypoint"]), ("buy", "Till"));
}

#[test]
fn messages_and_exceptions_are_events_of_the_span() {
    let mut draft = request("shop", "https://a/");
    draft.logs.push(Log {
        level: Level::Warn,
        message: vec![json!("n ="), json!({"n": 1})],
        timestamp_ms: 5,
    });
    let (name, message) = ("TypeError".to_owned(), "no".to_owned());
    draft.exceptions.push(Exception { name, message, stack: Some("at a".to_owned()), timestamp_ms: 6 });
    let span = made(draft);
    let [exception, log] = span.events.as_slice() else { panic!("{:?}", span.events) };
    assert_eq!((exception.name.as_str(), exception.time_unix_nano), ("exception", 6_000_000));
    let attributes = of(&exception.attributes);
    assert_eq!((&*attributes["exception.type"], &*attributes["exception.stacktrace"]), ("TypeError", "at a"));
    let attributes = of(&log.attributes);
    assert_eq!((&*attributes["log.level"], &*attributes["log.message"]), ("warn", "n = {\"n\":1}"));
    assert_eq!(span.dropped_events_count, 0);
}

#[test]
fn the_largest_event_is_still_a_small_span() {
    let mut draft = request(&"w".repeat(1 << 20), &format!("https://a/{}?{0}", "x/".repeat(1 << 20)));
    let agent = HeaderValue::from_bytes(&[b'u'; 10 << 10]).unwrap();
    fetch(&mut draft).headers.insert("user-agent", agent);
    (draft.timestamp_ms, draft.wall_us, draft.cpu_us) = (i64::MAX, u64::MAX, u64::MAX);
    let small = Log { level: Level::Log, message: vec![json!("é".repeat(1_500))], timestamp_ms: i64::MIN };
    draft.logs = vec![small; 1_000];
    let text = "e".repeat(1 << 20);
    let (name, message, stack) = (text.clone(), text.clone(), Some(text));
    draft.exceptions = vec![Exception { name, message, stack, timestamp_ms: 0 }; 4];
    let span = made(draft);
    assert!(span.encoded_len() < 64 << 10, "{}", span.encoded_len());
    assert!(span.events.len() > 4 && span.events.len() <= EVENTS_MAX);
    assert!(span.dropped_events_count > 0);
    let many = Log { level: Level::Log, message: vec![], timestamp_ms: 0 };
    let mut draft = request("shop", "https://a/");
    draft.logs = vec![many; EVENTS_MAX + 3];
    let span = made(draft);
    assert_eq!((span.events.len(), span.dropped_events_count), (EVENTS_MAX, 3));
}
