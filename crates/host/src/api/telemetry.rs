//! Cloudflare's way to ask for kept logs: `POST workers/observability/telemetry/query`, as far as it shows events.
//!
//! An event that was kept is several of Cloudflare's: one for each line that it printed, one for each exception, and one for itself.
//! What Mote cannot compute is refused by name: numbers that leave a filter out would be believed.

use mote_store::{KeptLog, LogOrder, LogQuery};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Api, Call, Refusal, check_worker, document,
    logs::{PAGE_BYTES_MAX, outcome, text_of},
};
use crate::logs::{Asked, Letters};

/// Events that one answer has if nobody asks for another number, and at most.
const EVENTS_DEFAULT: usize = 50;
const EVENTS_MAX: usize = 2_000;
/// How often a query that has found nothing goes on.
const ROUNDS_MAX: usize = 16;
/// Filters of one query.
const FILTERS_MAX: usize = 32;
/// What Cloudflare calls the events of workers.
const DATASET: &str = "cloudflare-workers";

/// What a client sends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Query {
    timeframe: Timeframe,
    #[serde(default)]
    view: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
    /// The `$metadata.id` of the event after which the answer begins.
    #[serde(default)]
    offset: Option<String>,
    #[serde(default)]
    offset_direction: Option<String>,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Debug, Deserialize)]
struct Timeframe {
    from: f64,
    to: f64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    #[serde(default)]
    datasets: Vec<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    filter_combination: Option<String>,
    #[serde(default)]
    needle: Option<Needle>,
    #[serde(default)]
    calculations: Vec<Value>,
    #[serde(default)]
    group_bys: Vec<Value>,
    #[serde(default)]
    havings: Vec<Value>,
    #[serde(default)]
    order_by: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Filter {
    #[serde(default)]
    key: String,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    value: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Needle {
    #[serde(default)]
    value: Value,
    #[serde(default)]
    is_regex: Option<bool>,
    #[serde(default)]
    match_case: Option<bool>,
}

/// What is asked for, as far as it can be answered.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    worker: Option<String>,
    asked: Asked,
    from_ms: i64,
    to_ms: i64,
    events_max: usize,
    after: Option<Place>,
}

/// Where an event stands: the kept one, and which of its parts. Parts are told from the last to the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    id: i64,
    part: usize,
}

impl Api {
    pub(super) async fn telemetry(&self, call: Call<'_>) -> Result<Value, Refusal> {
        let account = call.account.to_owned();
        let said = document(call.body).await?;
        let query: Query = serde_json::from_value(said)
            .map_err(|error| Refusal::invalid(format!("the query cannot be read: {error}")))?;
        let wanted = query.settle()?;
        let mut of = LogQuery {
            account: account.clone(),
            worker: wanted.worker,
            from_ms: wanted.from_ms,
            to_ms: wanted.to_ms,
            between: (0, wanted.after.map_or(i64::MAX, Place::end)),
            order: LogOrder::Newest,
            // Of the first one perhaps nothing is left.
            events_max: wanted.events_max.saturating_add(1),
            bytes_max: PAGE_BYTES_MAX,
        };
        let mut page = self.find_logs(of.clone(), wanted.asked.clone()).await?;
        for _ in 1..ROUNDS_MAX {
            // Who goes on from the last event of an empty answer would not go on at all.
            let Some(behind) = page.rest_behind.filter(|_| page.logs.is_empty()) else { break };
            of.between.1 = behind;
            page = self.find_logs(of.clone(), wanted.asked.clone()).await?;
        }
        let bytes: usize = page.logs.iter().map(|log| log.document.len()).sum();
        let behind = |part: usize, log: &KeptLog| {
            wanted.after.is_none_or(|after| log.id != after.id || part < after.part)
        };
        let events: Vec<Value> = page
            .logs
            .iter()
            .flat_map(|log| parts(log).into_iter().enumerate().rev().filter(|(part, _)| behind(*part, log)))
            .map(|(_, event)| event)
            .take(wanted.events_max)
            .collect();
        let timeframe = json!({"from": wanted.from_ms, "to": wanted.to_ms});
        Ok(json!({
            "run": {"accountId": account, "status": "COMPLETED", "dry": true, "timeframe": timeframe},
            "statistics": {"rows_read": page.logs.len(), "bytes_read": bytes, "elapsed": 0},
            "events": {"count": events.len(), "events": events, "fields": [], "series": []},
        }))
    }
}

impl Query {
    fn settle(self) -> Result<Wanted, Refusal> {
        match self.view.as_deref() {
            Some("events") => {}
            Some(other) => {
                let other: String = other.chars().take(40).collect();
                return Err(Refusal::not_yet(&format!("the view `{other}` of kept logs; ask for `events`")));
            }
            None => {
                return Err(Refusal::not_yet(
                    "queries that are saved; say `\"view\": \"events\"` and `parameters`",
                ));
            }
        }
        if self.offset_direction.as_deref().is_some_and(|direction| direction != "next") {
            return Err(Refusal::not_yet("pages of kept logs in another direction than `next`"));
        }
        let events_max = self.limit.unwrap_or(EVENTS_DEFAULT);
        if !(1..=EVENTS_MAX).contains(&events_max) {
            return Err(Refusal::invalid(format!("`limit` is a number from 1 to {EVENTS_MAX}")));
        }
        let after = self.offset.as_deref().map(Place::parse).transpose()?;
        let (worker, asked) = self.parameters.settle()?;
        let (from_ms, to_ms) = (whole(self.timeframe.from), whole(self.timeframe.to));
        Ok(Wanted { worker, asked, from_ms, to_ms, events_max, after })
    }
}

impl Parameters {
    fn settle(self) -> Result<(Option<String>, Asked), Refusal> {
        for (said, what) in [
            (!self.calculations.is_empty(), "calculations"),
            (!self.group_bys.is_empty(), "groups"),
            (!self.havings.is_empty(), "filters of calculations"),
            (self.order_by.is_some_and(|order| !order.is_null()), "other orders than by time"),
            (
                self.datasets.iter().any(|dataset| dataset != DATASET),
                "other datasets than `cloudflare-workers`",
            ),
        ] {
            if said {
                return Err(Refusal::not_yet(&format!("{what} in queries of kept logs")));
            }
        }
        if self.filters.len() > FILTERS_MAX {
            return Err(Refusal::too_much(format!("a query may have {FILTERS_MAX} filters")));
        }
        let either = self.filter_combination.is_some_and(|how| how.eq_ignore_ascii_case("or"));
        if either && self.filters.len() > 1 {
            return Err(Refusal::not_yet("filters of which one is enough, in queries of kept logs"));
        }
        let (mut worker, mut asked) = (None, Asked::default());
        for filter in self.filters {
            let value = filter.settle()?;
            match filter.key.as_str() {
                "$metadata.service" | "$workers.scriptName" => {
                    check_worker(&value)?;
                    if worker.replace(value.clone()).is_some_and(|before| before != value) {
                        return Err(Refusal::invalid("no event is of two workers"));
                    }
                }
                // Of several of them none would hold.
                _ => asked.outcomes = vec![outcome(&value)?],
            }
        }
        if let Some(needle) = self.needle {
            asked.text = needle.settle()?;
        }
        Ok((worker, asked))
    }
}

impl Filter {
    /// Its value, if it is one that is known here.
    fn settle(&self) -> Result<String, Refusal> {
        const KEYS: [&str; 3] = ["$metadata.service", "$workers.scriptName", "$workers.outcome"];
        let shown = |text: &str| text.chars().take(60).collect::<String>();
        if !KEYS.contains(&self.key.as_str()) {
            let message =
                format!("the filter `{}` of kept logs; it has {}", shown(&self.key), KEYS.join(", "));
            return Err(Refusal::not_yet(&message));
        }
        if !["eq", "="].contains(&self.operation.as_str()) {
            let message =
                format!("the operation `{}` of filters of kept logs; it has `eq`", shown(&self.operation));
            return Err(Refusal::not_yet(&message));
        }
        let value = self.value.as_str().map(str::to_owned);
        value.ok_or_else(|| Refusal::invalid(format!("the filter `{}` wants a text", self.key)))
    }
}

impl Needle {
    fn settle(self) -> Result<Option<crate::logs::Text>, Refusal> {
        if self.is_regex == Some(true) {
            return Err(Refusal::not_yet("regular expressions in queries of kept logs"));
        }
        let text = match self.value {
            Value::Null => return Ok(None),
            Value::String(text) => text,
            other => other.to_string(),
        };
        let letters =
            if self.match_case == Some(true) { Letters::AsWritten } else { Letters::SmallAndCapital };
        text_of(&text, letters).map(Some)
    }
}

impl Place {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let parts = text.split_once('-').and_then(|(id, part)| Some((id.parse().ok()?, part.parse().ok()?)));
        let (id, part) = parts
            .filter(|(id, _)| *id >= 0)
            .ok_or_else(|| Refusal::invalid("`offset` is the `$metadata.id` of an event"))?;
        Ok(Self { id, part })
    }

    /// The id before which everything is that is behind it.
    fn end(self) -> i64 {
        if self.part == 0 { self.id } else { self.id.saturating_add(1) }
    }
}

/// What Cloudflare would have of a kept event, in the order in which it happened.
fn parts(log: &KeptLog) -> Vec<Value> {
    let document: Value = serde_json::from_str(&log.document).unwrap_or(Value::Null);
    let of = |pointer: &str| document.pointer(pointer).cloned().unwrap_or(Value::Null);
    let list = |pointer: &str| of(pointer).as_array().cloned().unwrap_or_default();
    let kind = match (document.pointer("/event/request"), document.pointer("/event/cron")) {
        (Some(_), _) => "fetch",
        (None, Some(_)) => "scheduled",
        (None, None) => "rpc",
    };
    let trigger = match kind {
        "fetch" => {
            let url = of("/event/request/url");
            let path =
                url.as_str().and_then(|url| url::Url::parse(url).ok()).map(|url| url.path().to_owned());
            format!(
                "{} {}",
                of("/event/request/method").as_str().unwrap_or_default(),
                path.unwrap_or_default()
            )
        }
        "scheduled" => of("/event/cron").as_str().unwrap_or_default().to_owned(),
        _ => of("/event/rpcMethod").as_str().unwrap_or_default().to_owned(),
    };
    let request = log.id.to_string();
    let workers = json!({
        "scriptName": log.worker, "requestId": request, "outcome": of("/outcome"), "eventType": kind,
        "scriptVersion": of("/scriptVersion"), "executionModel": of("/executionModel"),
        "truncated": of("/truncated"), "cpuTimeMs": of("/cpuTime"), "wallTimeMs": of("/wallTime"),
    });
    let event = |part: usize, own: Value| {
        let Own { at, source, level, message, kind } = serde_json::from_value(own).unwrap_or_default();
        json!({
            "timestamp": at, "dataset": DATASET, "source": source, "$workers": workers,
            "$metadata": {"id": format!("{request}-{part}"), "requestId": request, "service": log.worker,
                          "trigger": trigger, "type": kind, "level": level, "message": message},
        })
    };
    let mut own: Vec<Value> = Vec::new();
    for line in list("/logs") {
        let message = in_words(line.get("message").unwrap_or(&Value::Null));
        own.push(
            json!({"at": line.get("timestamp"), "source": {"message": message, "level": line.get("level")},
                        "level": line.get("level"), "message": message, "kind": "cf-worker"}),
        );
    }
    for thrown in list("/exceptions") {
        let said = |key: &str| thrown.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let message = format!("{}: {}", said("name"), said("message"));
        own.push(
            json!({"at": thrown.get("timestamp"), "level": "error", "message": message, "kind": "cf-worker",
                        "source": {"message": message, "exception": thrown}}),
        );
    }
    let level = if of("/outcome") == "ok" { "info" } else { "error" };
    own.push(json!({"at": of("/eventTimestamp"), "source": {"message": trigger}, "level": level,
                    "message": trigger, "kind": "cf-worker-event"}));
    let last = own.len().saturating_sub(1);
    let mut events: Vec<Value> = own.into_iter().enumerate().map(|(part, own)| event(part, own)).collect();
    if let Some(Value::Object(workers)) = events.get_mut(last).and_then(|event| event.get_mut("$workers")) {
        workers.insert("event".to_owned(), of("/event"));
    }
    events
}

/// What one part has for itself.
#[derive(Debug, Default, Deserialize)]
struct Own {
    at: Value,
    source: Value,
    level: Value,
    message: Value,
    kind: Value,
}

/// What was printed, as a terminal shows it.
fn in_words(message: &Value) -> String {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match message {
        Value::Array(values) => values.iter().map(word).collect::<Vec<_>>().join(" "),
        other => word(other),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "casts of floats saturate, and a time has no fraction here"
)]
fn whole(ms: f64) -> i64 {
    ms as i64
}

#[cfg(test)]
mod tests;
