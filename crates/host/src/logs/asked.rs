//! What somebody looks for in the kept logs, and whether an event is like that. Both sides of it are hostile: who asks, and whose
//! worker has reported.

use mote_store::KeptLog;
use serde::Deserialize;
use serde_json::Value;

use crate::trace::Outcome;

/// What an event must be like; all of it must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// One of these outcomes; any, if there are none.
    pub outcomes: Vec<Outcome>,
    /// This text in a message, an exception or the request's URL.
    pub text: Option<Text>,
}

/// A text that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text; in small letters if capital ones are the same.
    text: String,
    letters: Letters,
}

/// Whether capital letters are others than small ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// They are.
    AsWritten,
    /// They are the same.
    SmallAndCapital,
}

/// The parts of a document in which a text may stand.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    event: Value,
    #[serde(default)]
    logs: Vec<Line>,
    #[serde(default)]
    exceptions: Vec<Thrown>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    message: Value,
}

#[derive(Deserialize)]
struct Thrown {
    #[serde(default)]
    name: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    stack: Option<String>,
}

impl Asked {
    /// Whether an event is like that.
    #[must_use]
    pub fn wants(&self, log: &KeptLog) -> bool {
        if self.outcomes.is_empty() && self.text.is_none() {
            return true;
        }
        let Ok(document) = serde_json::from_str::<Document>(&log.document) else { return false };
        let outcome = Outcome::of(&document.outcome);
        let is_outcome = self.outcomes.is_empty() || self.outcomes.contains(&outcome);
        is_outcome && self.text.as_ref().is_none_or(|text| text.stands_in(&document))
    }
}

impl Text {
    /// A text to look for.
    #[must_use]
    pub fn new(text: &str, letters: Letters) -> Self {
        let text = match letters {
            Letters::AsWritten => text.to_owned(),
            Letters::SmallAndCapital => text.to_lowercase(),
        };
        Self { text, letters }
    }

    fn stands_in(&self, document: &Document) -> bool {
        let of_exception = |thrown: &Thrown| {
            self.is_in(&thrown.name)
                || self.is_in(&thrown.message)
                || thrown.stack.as_deref().is_some_and(|stack| self.is_in(stack))
        };
        let url = document.event.pointer("/request/url").and_then(Value::as_str);
        document.logs.iter().any(|line| self.is_in_message(&line.message))
            || document.exceptions.iter().any(of_exception)
            || url.is_some_and(|url| self.is_in(url))
    }

    fn is_in_message(&self, message: &Value) -> bool {
        match message {
            Value::Array(values) => values.iter().any(|value| self.is_in_value(value)),
            other => self.is_in_value(other),
        }
    }

    fn is_in_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.is_in(text),
            other => self.is_in(&other.to_string()),
        }
    }

    fn is_in(&self, text: &str) -> bool {
        match self.letters {
            Letters::AsWritten => text.contains(&self.text),
            Letters::SmallAndCapital => text.to_lowercase().contains(&self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::trace::{Draft, Exception, Trace, fixtures};

    fn kept(trace: &Trace) -> KeptLog {
        KeptLog { id: 1, worker: "shop".to_owned(), at_ms: 0, document: trace.to_json() }
    }

    fn looks_for(text: &str) -> Asked {
        Asked { text: Some(Text::new(text, Letters::AsWritten)), ..Asked::default() }
    }

    #[test]
    fn a_text_is_found_where_it_was_said_and_nowhere_else() {
        let said = kept(&fixtures::printed("shop", vec![json!("paid \"by\" card"), json!({"n": 12})]));
        for text in ["paid \"by\"", "12", "{\"n\":12}", "shop.example.com"] {
            assert!(looks_for(text).wants(&said), "{text}");
        }
        for text in ["Paid", "timestamp", "outcome", "message"] {
            assert!(!looks_for(text).wants(&said), "{text}");
        }
        let any = Asked { text: Some(Text::new("PAID", Letters::SmallAndCapital)), ..Asked::default() };
        assert!(any.wants(&said));
        let mut draft: Draft = fixtures::request("shop", "https://a/");
        let (name, message) = ("TypeError".to_owned(), "no such luck".to_owned());
        let stack = Some("at pay (src/index.ts:5:1)".to_owned());
        draft.exceptions.push(Exception { name, message, stack, timestamp_ms: 1 });
        let thrown = kept(&Trace::new(draft));
        for text in ["TypeError", "such luck", "src/index.ts:5"] {
            assert!(looks_for(text).wants(&thrown), "{text}");
        }
    }

    #[test]
    fn an_outcome_is_one_of_those_that_are_named() {
        let fine = kept(&fixtures::printed("shop", vec![json!("x")]));
        let asked = |outcomes: &[Outcome]| Asked { outcomes: outcomes.to_vec(), text: None };
        assert!(asked(&[]).wants(&fine) && asked(&[Outcome::Exception, Outcome::Ok]).wants(&fine));
        assert!(!asked(&[Outcome::Exception]).wants(&fine));
    }

    #[test]
    fn a_document_that_is_none_is_not_found() {
        let spoilt = KeptLog { id: 1, worker: "shop".to_owned(), at_ms: 0, document: "{".to_owned() };
        assert!(!looks_for("x").wants(&spoilt) && Asked::default().wants(&spoilt));
    }
}
