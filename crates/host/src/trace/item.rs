//! A trace as wrangler reads it: an item of `trace-v1`.

use http::HeaderMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Draft, Event, Exception, Fetch, Log};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    outcome: &'a str,
    script_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_version: Option<Version<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entrypoint: Option<&'a str>,
    event: Of<'a>,
    event_timestamp: i64,
    #[serde(serialize_with = "logs")]
    logs: &'a [Log],
    #[serde(serialize_with = "exceptions")]
    exceptions: &'a [Exception],
    diagnostics_channel_events: [Value; 0],
    truncated: bool,
    execution_model: &'a str,
    /// In milliseconds, as on Cloudflare.
    cpu_time: f64,
    wall_time: f64,
}

#[derive(Serialize)]
struct Version<'a> {
    id: &'a str,
}

// A client knows what an event is by the keys that it has.
#[derive(Serialize)]
#[serde(untagged)]
enum Of<'a> {
    Fetch {
        request: Request<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        response: Option<Response>,
    },
    #[serde(rename_all = "camelCase")]
    Scheduled { cron: &'a str, scheduled_time: i64 },
    #[serde(rename_all = "camelCase")]
    Rpc { rpc_method: &'a str },
}

#[derive(Serialize)]
struct Request<'a> {
    url: &'a str,
    method: &'a str,
    #[serde(serialize_with = "headers")]
    headers: &'a HeaderMap,
    #[serde(skip_serializing_if = "Option::is_none")]
    cf: Option<&'a Value>,
}

#[derive(Serialize)]
struct Response {
    status: u16,
}

#[derive(Serialize)]
struct LogItem<'a> {
    message: &'a [Value],
    level: &'a str,
    timestamp: i64,
}

#[derive(Serialize)]
struct ExceptionItem<'a> {
    name: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack: Option<&'a str>,
    timestamp: i64,
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of 285 years fit")]
pub(super) fn json(of: &Draft) -> String {
    let event = match &of.event {
        Event::Fetch(Fetch { method, url, headers, cf, client: _, status }) => Of::Fetch {
            request: Request { url, method: method.as_str(), headers, cf: cf.as_ref() },
            response: status.map(|status| Response { status }),
        },
        Event::Scheduled { cron, time_ms } => Of::Scheduled { cron, scheduled_time: *time_ms },
        Event::Rpc { method } => Of::Rpc { rpc_method: method },
    };
    let item = Item {
        outcome: of.outcome.as_str(),
        script_name: &of.worker,
        script_version: of.version.as_deref().map(|id| Version { id }),
        entrypoint: of.entrypoint.as_deref(),
        event,
        event_timestamp: of.timestamp_ms,
        logs: &of.logs,
        exceptions: &of.exceptions,
        diagnostics_channel_events: [],
        truncated: of.truncated,
        execution_model: "stateless",
        cpu_time: of.cpu_us as f64 / 1_000.0,
        wall_time: of.wall_us as f64 / 1_000.0,
    };
    // Nothing in it can fail to be written: its values are JSON already.
    serde_json::to_string(&item).unwrap_or_default()
}

/// Headers as an object: values of one name are joined, as `fetch` shows them.
fn headers<S: Serializer>(headers: &HeaderMap, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(headers.keys().map(|name| {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        (name.as_str(), values.join(", "))
    }))
}

fn logs<S: Serializer>(logs: &&[Log], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(logs.iter().map(|log| LogItem {
        message: &log.message,
        level: log.level.as_str(),
        timestamp: log.timestamp_ms,
    }))
}

fn exceptions<S: Serializer>(exceptions: &&[Exception], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(exceptions.iter().map(|exception| ExceptionItem {
        name: &exception.name,
        message: &exception.message,
        stack: exception.stack.as_deref(),
        timestamp: exception.timestamp_ms,
    }))
}
