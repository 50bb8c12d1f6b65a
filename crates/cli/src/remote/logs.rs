//! `mote logs`: what a worker has reported of events that are over.

use std::{
    io::{self, Write},
    time::Duration,
};

use clap::Args;
use mote_host::clock::now_ms;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ConnectionOptions, Output, RemoteError,
    client::segment,
    named::{Worker, WorkerOptions},
    patience,
    tail::pretty,
};

/// Events that are shown if nobody asks for another number, and that the node gives at once.
const EVENTS_DEFAULT: usize = 100;
const PAGE_MAX: usize = 1_000;
/// How often it is looked whether more have come.
const LOOK_PERIOD: Duration = Duration::from_secs(1);

/// Show a worker's events that the node has kept: those of workers with `[observability] enabled = true`.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    /// The worker; by default that of the project in this folder.
    #[arg(value_name = "NAME")]
    pub(crate) worker_name: Option<String>,
    /// Only events of the last so many seconds, minutes, hours or days: 30s, 15m, 2h, 3d.
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(crate) since: Option<Duration>,
    /// Only events that ended so, in Cloudflare's words: ok, exception, exceededCpu and the others.
    #[arg(long, value_delimiter = ',', value_name = "OUTCOME")]
    pub(crate) outcome: Vec<String>,
    /// Only events with this in what they printed or threw, or in their URL.
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// The last so many.
    #[arg(long, value_name = "N", default_value_t = EVENTS_DEFAULT)]
    pub(crate) limit: usize,
    /// Then go on with those that come, until Ctrl-C; with --json one document a line.
    #[arg(long)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) worker: WorkerOptions,
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
}

/// A part of what is kept.
#[derive(Deserialize)]
struct Page {
    logs: Vec<Value>,
    rest_behind: Option<String>,
}

pub(crate) async fn run(options: &Options, output: &Output) -> Result<(), RemoteError> {
    let worker = options.worker.find(options.worker_name.as_deref(), &options.connection, output).await?;
    let since = options
        .since
        .map(|since| now_ms().saturating_sub(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)).max(0));
    let mut question = vec![];
    question.extend(since.map(|since| ("since", since.to_string())));
    question.extend(options.outcome.iter().map(|outcome| ("outcome", outcome.clone())));
    question.extend(options.search.iter().map(|text| ("search", text.clone())));
    let events = last(&worker, &question, options.limit).await?;
    if options.follow {
        return follow(&worker, question, events, output).await;
    }
    output.result(&json!(events), |colours| {
        if events.is_empty() {
            return format!(
                "nothing is kept of {} that is like this; `[observability] enabled = true` has its events kept",
                worker.name
            );
        }
        events.iter().map(|event| pretty::event(event, colours)).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

/// The last events, oldest first.
async fn last(
    worker: &Worker,
    question: &[(&str, String)],
    events_max: usize,
) -> Result<Vec<Value>, RemoteError> {
    let (mut events, mut before) = (Vec::new(), None);
    while events.len() < events_max {
        let mut question = question.to_vec();
        question.push(("limit", (events_max - events.len()).min(PAGE_MAX).to_string()));
        question.extend(before.map(|id| ("before", id)));
        let page = ask(worker, &question).await?;
        events.extend(page.logs);
        before = page.rest_behind;
        if before.is_none() {
            break;
        }
    }
    events.reverse();
    Ok(events)
}

/// Shows events, and those that come after them.
async fn follow(
    worker: &Worker,
    mut question: Vec<(&str, String)>,
    events: Vec<Value>,
    output: &Output,
) -> Result<(), RemoteError> {
    let mut after = last_id(&events).unwrap_or_else(|| "0".to_owned());
    if !is_shown(&events, output) {
        return Ok(());
    }
    question.push(("order", "oldest".to_owned()));
    loop {
        let mut question = question.clone();
        question.push(("after", after.clone()));
        let page = tokio::select! {
            page = ask(worker, &question) => page,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        let page = match page {
            // What happens meanwhile is kept, and comes after what has been shown.
            Err(error) if patience::may_pass(&error) => {
                let lost = format!("the node does not answer ({error})");
                let back = patience::until_back(output, &lost, async || ask(worker, &question).await);
                let Some(page) = back.await? else { return Ok(()) };
                output.note(&format!("following {} again", worker.name));
                page
            }
            page => page?,
        };
        if !is_shown(&page.logs, output) {
            return Ok(());
        }
        after = page.rest_behind.clone().or_else(|| last_id(&page.logs)).unwrap_or(after);
        if page.rest_behind.is_none() {
            tokio::select! {
                () = tokio::time::sleep(LOOK_PERIOD) => {}
                _ = tokio::signal::ctrl_c() => return Ok(()),
            }
        }
    }
}

async fn ask(worker: &Worker, question: &[(&str, String)]) -> Result<Page, RemoteError> {
    let pair = |(name, value): &(&str, String)| format!("{name}={}", segment(value));
    let query: Vec<String> = question.iter().map(pair).collect();
    worker.client.get(&worker.path(&format!("/logs?{}", query.join("&")))).await
}

fn last_id(events: &[Value]) -> Option<String> {
    Some(events.last()?.get("id")?.as_str()?.to_owned())
}

/// False if whoever reads has read enough, as `head` does.
fn is_shown(events: &[Value], output: &Output) -> bool {
    let mut out = io::stdout().lock();
    let mut write = |event: &Value| {
        if output.is_json() {
            writeln!(out, "{event}")
        } else {
            writeln!(out, "{}", pretty::event(event, output.colours()))
        }
    };
    events.iter().all(|event| write(event).is_ok()) && out.flush().is_ok()
}

/// Reads `90s`, `15m`, `2h`, `3d`.
fn span(text: &str) -> Result<Duration, String> {
    const WANTED: &str = "write a number and s, m, h or d, such as 15m";
    let unit_s = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 60 * 60,
        Some('d') => 24 * 60 * 60,
        _ => return Err(WANTED.to_owned()),
    };
    let number = text.get(..text.len() - 1).and_then(|number| number.parse::<u64>().ok()).ok_or(WANTED)?;
    Ok(Duration::from_secs(number.saturating_mul(unit_s)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("2h", 7_200), ("3d", 259_200), ("0s", 0)] {
            assert_eq!(span(text), Ok(Duration::from_secs(seconds)));
        }
        for wrong in ["", "1", "h", "-1h", "1.5h", "1w", "1h30m", "ä"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
        assert!(span("99999999999999999999d").is_err());
        assert!(span("9999999999999999d").is_ok());
    }
}
