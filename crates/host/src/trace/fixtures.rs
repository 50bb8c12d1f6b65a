//! Events for tests.

use http::{HeaderMap, Method};
use serde_json::Value;

use super::{Draft, Event, Fetch, Level, Log, Outcome, Trace};

/// A request that went well.
pub(crate) fn request(worker: &str, url: &str) -> Draft {
    Draft {
        account: "acme".to_owned(),
        worker: worker.to_owned(),
        version: Some("11111111-2222-4333-8444-555555555555".to_owned()),
        entrypoint: None,
        outcome: Outcome::Ok,
        event: Event::Fetch(Fetch {
            method: Method::GET,
            url: url.to_owned(),
            headers: HeaderMap::new(),
            cf: None,
            client: Some([192, 0, 2, 1].into()),
            status: Some(200),
        }),
        timestamp_ms: 1_795_651_200_123,
        cpu_us: 1_500,
        wall_us: 20_250,
        logs: Vec::new(),
        exceptions: Vec::new(),
        truncated: false,
        span: None,
    }
}

/// One that printed something.
pub(crate) fn printed(worker: &str, message: Vec<Value>) -> Trace {
    let mut draft = request(worker, "https://shop.example.com/");
    draft.logs.push(Log { level: Level::Log, message, timestamp_ms: draft.timestamp_ms });
    Trace::new(draft)
}

/// A cron trigger.
pub(crate) fn scheduled(worker: &str) -> Draft {
    let event = Event::Scheduled { cron: "* * * * *".to_owned(), time_ms: 1_795_651_200_000 };
    Draft { event, ..request(worker, "") }
}
