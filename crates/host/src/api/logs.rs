//! The kept logs of a worker, in pages: what `mote logs` reads. The path is Mote's own; Cloudflare's is in [`super::telemetry`].

use mote_store::{KeptLog, LogOrder, LogPage, LogQuery};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Api, Refusal, check_worker, envelope::time};
use crate::{
    logs::{AskError, Asked, Letters, Text},
    trace::Outcome,
};

/// Events that one page has if nobody asks for another number, and at most.
const EVENTS_DEFAULT: usize = 100;
const EVENTS_MAX: usize = 1_000;
/// Bytes of documents that one page has, unless its first has more: they are made into values.
pub(super) const PAGE_BYTES_MAX: usize = 1 << 20;
/// The most bytes of a text that is looked for.
pub(super) const TEXT_BYTES_MAX: usize = 1 << 10;

/// A question, as its parts were written.
#[derive(Debug, PartialEq, Eq)]
struct Question {
    from_ms: i64,
    to_ms: i64,
    /// Ids between which an event's must be.
    between: (i64, i64),
    order: LogOrder,
    events_max: usize,
    asked: Asked,
}

impl Api {
    /// A page of a worker's kept events. `rest_behind` is what `before` (or `after`, with `order=oldest`) is for the next one.
    pub(super) async fn kept_logs(&self, account: &str, name: &str, query: &str) -> Result<Value, Refusal> {
        check_worker(name)?;
        let Question { from_ms, to_ms, between, order, events_max, asked } = Question::parse(query)?;
        let query = LogQuery {
            account: account.to_owned(),
            worker: Some(name.to_owned()),
            from_ms,
            to_ms,
            between,
            order,
            events_max,
            bytes_max: PAGE_BYTES_MAX,
        };
        let page = self.find_logs(query, asked).await?;
        if page.logs.is_empty() && page.rest_behind.is_none() {
            // Logs outlast their worker; a name that was mistyped has none.
            self.check_has(account, name).await?;
        }
        let logs: Vec<Value> = page.logs.iter().map(described).collect();
        Ok(json!({"logs": logs, "rest_behind": page.rest_behind.map(|id| id.to_string())}))
    }

    pub(super) async fn find_logs(&self, query: LogQuery, asked: Asked) -> Result<LogPage, Refusal> {
        let Some(logs) = self.deployed.logs() else { return Ok(LogPage::default()) };
        let found = logs.find(query, move |log| asked.wants(log)).await;
        found.map_err(|error| match error {
            AskError::Busy => Refusal::busy(&error.to_string()),
            // What SQLite says of its file is not for tenants.
            AskError::Store(_) => Refusal::busy("the kept logs cannot be read at the moment"),
        })
    }
}

/// An event as a tail shows it, with what tells it from others.
fn described(log: &KeptLog) -> Value {
    let mut document = serde_json::from_str(&log.document).unwrap_or_else(|_| json!({}));
    if let Value::Object(document) = &mut document {
        document.insert("id".to_owned(), log.id.to_string().into());
        document.insert("keptAt".to_owned(), time(log.at_ms).into());
    }
    document
}

impl Question {
    fn parse(query: &str) -> Result<Self, Refusal> {
        let mut question = Self {
            from_ms: 0,
            to_ms: i64::MAX,
            between: (0, i64::MAX),
            order: LogOrder::Newest,
            events_max: EVENTS_DEFAULT,
            asked: Asked::default(),
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let number = || {
                let number = value.parse().ok().filter(|number: &i64| *number >= 0);
                number.ok_or_else(|| Refusal::invalid(format!("`{name}` is a number that is not negative")))
            };
            match (&*name, &*value) {
                ("since", _) => question.from_ms = number()?,
                ("until", _) => question.to_ms = number()?,
                ("after", _) => question.between.0 = number()?,
                ("before", _) => question.between.1 = number()?,
                ("order", "newest") => question.order = LogOrder::Newest,
                ("order", "oldest") => question.order = LogOrder::Oldest,
                ("order", _) => return Err(Refusal::invalid("`order` is `newest` or `oldest`")),
                ("limit", value) => {
                    let limit = value.parse().ok().filter(|limit| (1..=EVENTS_MAX).contains(limit));
                    question.events_max = limit.ok_or_else(|| {
                        Refusal::invalid(format!("`limit` is a number from 1 to {EVENTS_MAX}"))
                    })?;
                }
                ("outcome", word) => question.asked.outcomes.push(outcome(word)?),
                ("search", text) => question.asked.text = Some(text_of(text, Letters::AsWritten)?),
                _ => {
                    return Err(Refusal::invalid(
                        "the parameters are since, until, after, before, order, limit, outcome and search",
                    ));
                }
            }
            if question.asked.outcomes.len() > Outcome::ALL.len() {
                return Err(Refusal::invalid("there are not so many outcomes"));
            }
        }
        Ok(question)
    }
}

/// An outcome, in Cloudflare's words.
pub(super) fn outcome(word: &str) -> Result<Outcome, Refusal> {
    Outcome::parse(word).ok_or_else(|| {
        let known: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect();
        Refusal::invalid(format!("an outcome is one of {}", known.join(", ")))
    })
}

/// A text to look for.
pub(super) fn text_of(text: &str, letters: Letters) -> Result<Text, Refusal> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Refusal::too_much(format!("a text to look for may have {TEXT_BYTES_MAX} bytes")));
    }
    Ok(Text::new(text, letters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_says_what_it_looks_for() {
        let question = Question::parse(
            "since=5&until=9&after=1&before=7&order=oldest&limit=3&outcome=ok&outcome=exception&search=a%20b",
        );
        let asked = Asked {
            outcomes: vec![Outcome::Ok, Outcome::Exception],
            text: Some(Text::new("a b", Letters::AsWritten)),
        };
        let expected =
            Question { from_ms: 5, to_ms: 9, between: (1, 7), order: LogOrder::Oldest, events_max: 3, asked };
        assert_eq!(question, Ok(expected));
    }

    #[test]
    fn a_question_that_cannot_be_meant_is_refused() {
        let many = "outcome=ok&".repeat(1_000);
        let long = format!("search={}", "x".repeat(TEXT_BYTES_MAX + 1));
        for (query, named) in [
            ("since=-1", "`since`"),
            ("until=x", "`until`"),
            ("before=99999999999999999999", "`before`"),
            ("limit=0", "`limit`"),
            ("limit=1001", "`limit`"),
            ("order=up", "`order`"),
            ("outcome=fine", "exceededCpu"),
            ("worker=other", "parameters are"),
            (&many, "not so many"),
            (&long, "1024 bytes"),
        ] {
            let message = Question::parse(query).unwrap_err().message;
            assert!(message.contains(named), "{query}: {message}");
        }
    }
}
