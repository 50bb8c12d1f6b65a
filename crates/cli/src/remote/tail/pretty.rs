//! An event, for people. All of it was chosen by a worker or by its clients.

use serde_json::Value;

use super::super::{
    output::{Colours, Paint},
    versions::text,
};
use crate::printable::printable;

/// An event with its console's lines and its exceptions.
pub(in super::super) fn event(event: &Value, colours: Colours) -> String {
    let outcome = text(event, "/outcome");
    let good = outcome == "ok";
    let mut head = vec![colours.paint(Paint::Dim, &time_of_day(event.get("eventTimestamp")))];
    head.push(colours.paint(Paint::Bold, &printable(&what(event))));
    let status = event.pointer("/event/response/status").and_then(Value::as_u64);
    head.extend(status.map(|status| status.to_string()));
    head.push(colours.paint(if good { Paint::Green } else { Paint::Red }, &printable(outcome)));
    let mut lines = vec![head.join(" ")];
    for log in event.get("logs").and_then(Value::as_array).into_iter().flatten() {
        let level = text(log, "/level");
        let words: Vec<String> = match log.get("message") {
            Some(Value::Array(parts)) => parts.iter().map(word).collect(),
            Some(other) => vec![word(other)],
            None => Vec::new(),
        };
        let line = indented(&printable(&format!("({level}) {}", words.join(" "))));
        lines.push(match level {
            "error" => colours.paint(Paint::Red, &line),
            "warn" => colours.paint(Paint::Yellow, &line),
            "debug" => colours.paint(Paint::Dim, &line),
            _ => line,
        });
    }
    for exception in event.get("exceptions").and_then(Value::as_array).into_iter().flatten() {
        let stack = text(exception, "/stack");
        let said = format!("{}: {}", text(exception, "/name"), text(exception, "/message"));
        let whole = match stack {
            "" => said,
            stack if stack.starts_with(&said) => stack.to_owned(),
            stack => format!("{said}\n{stack}"),
        };
        lines.push(colours.paint(Paint::Red, &indented(&printable(&whole))));
    }
    lines.join("\n")
}

/// What the worker was called with.
fn what(event: &Value) -> String {
    let of = |pointer| text(event, pointer);
    // The node's own words, such as that the tail was too slow.
    if !of("/event/message").is_empty() {
        return of("/event/message").to_owned();
    }
    match (of("/event/request/url"), of("/event/cron"), of("/event/queue")) {
        ("", "", "") => of("/entrypoint").to_owned(),
        ("", "", queue) => format!("queue {queue}"),
        ("", cron, _) => format!("cron {cron}"),
        (url, ..) => format!("{} {url}", of("/event/request/method")),
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn indented(text: &str) -> String {
    format!("  {}", text.replace('\n', "\n  "))
}

/// The time of day in UTC; the node says when, in milliseconds since 1970.
fn time_of_day(stamp: Option<&Value>) -> String {
    let Some(ms) = stamp.and_then(Value::as_i64) else { return "--:--:--".to_owned() };
    let second = ms.rem_euclid(86_400_000) / 1_000;
    format!("{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_shown_with_its_lines_and_steers_no_terminal() {
        let said = json!({
            "outcome": "exception", "eventTimestamp": 1_795_651_200_123_i64,
            "event": {"request": {"method": "GET", "url": "http://a/\u{1b}[2J"}, "response": {"status": 500}},
            "logs": [{"level": "log", "message": ["a", {"b": 1}, "two\nlines"]}, {"level": "warn", "message": "x"}],
            "exceptions": [{"name": "Error", "message": "no"}],
        });
        assert_eq!(
            event(&said, Colours::Plain),
            "00:00:00Z GET http://a/\u{fffd}[2J 500 exception\n  (log) a {\"b\":1} two\n  lines\n  (warn) x\n  Error: no"
        );
    }

    #[test]
    fn every_kind_of_event_has_a_name_and_a_strange_one_breaks_nothing() {
        let line = |said: Value| event(&said, Colours::Plain);
        assert_eq!(
            line(json!({"outcome": "ok", "event": {"cron": "* * * * *"}})),
            "--:--:-- cron * * * * * ok"
        );
        assert_eq!(line(json!({"outcome": "ok", "event": {"queue": "q"}})), "--:--:-- queue q ok");
        let slow = json!({"outcome": "unknown", "event": {"type": "overload", "message": "too many"}});
        assert_eq!(line(slow), "--:--:-- too many unknown");
        for strange in [json!(null), json!([]), json!({"logs": 1, "exceptions": {}, "event": []})] {
            assert!(line(strange).starts_with("--:--:--"));
        }
    }
}
