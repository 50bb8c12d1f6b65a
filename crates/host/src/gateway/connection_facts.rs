//! What a node can say of a client's connection: `request.cf` of the worker that answers.
//!
//! It says what it knows: the protocol, and what its operator has it say (`[cf]` in `mote.toml`: where the node is, for one). Nothing is
//! guessed: code that asks for more finds `undefined`, as it does for some clients on Cloudflare.

use std::fmt::Write as _;

use http::{HeaderValue, Version, request::Parts};
use mote_wire::link::CF;
use serde_json::{Map, Value};

/// The most bytes of what an operator has a node say, as JSON.
const OPERATOR_BYTES_MAX: usize = 4 << 10;
/// Members that are the node's own to say.
const OWN: [&str; 2] = ["httpProtocol", "clientAcceptEncoding"];

/// What an operator has a node say in every `request.cf`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperatorFacts(Map<String, Value>);

/// Why an operator's words cannot be said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperatorFactsError {
    /// The node knows better.
    #[error("`{0}` is the node's own to say")]
    Own(String),
    /// They are too long to go along with every request.
    #[error("as JSON it comes to {0} bytes, {OPERATOR_BYTES_MAX} are the most")]
    TooLong(usize),
}

impl OperatorFacts {
    /// Takes an operator's words.
    ///
    /// # Errors
    /// When they cannot be said.
    pub fn new(facts: Map<String, Value>) -> Result<Self, OperatorFactsError> {
        if let Some(own) = OWN.iter().find(|own| facts.contains_key(**own)) {
            return Err(OperatorFactsError::Own((*own).to_owned()));
        }
        let facts = Self(facts);
        let bytes = facts.json(Version::HTTP_11).len();
        if bytes > OPERATOR_BYTES_MAX { Err(OperatorFactsError::TooLong(bytes)) } else { Ok(facts) }
    }

    fn json(&self, version: Version) -> String {
        let mut facts = self.0.clone();
        facts.insert("httpProtocol".to_owned(), Value::from(format!("{version:?}")));
        format!("@{}", ascii(&Value::from(facts).to_string()))
    }
}

/// What a gateway says of its clients' connections.
pub struct ConnectionFacts {
    /// For HTTP/1.0 and HTTP/1.1: no request costs more than a copy of a pointer.
    http_10: HeaderValue,
    http_11: HeaderValue,
}

impl ConnectionFacts {
    /// With what the operator says.
    #[must_use]
    pub fn new(operator: &OperatorFacts) -> Self {
        let said = |version| {
            // What is ASCII without control characters is a header's value.
            HeaderValue::from_str(&operator.json(version)).unwrap_or_else(|_| HeaderValue::from_static("@{}"))
        };
        Self { http_10: said(Version::HTTP_10), http_11: said(Version::HTTP_11) }
    }

    /// Says it in a request's head, whatever the client has said in its place.
    pub(super) fn tell(&self, head: &mut Parts) {
        let said = if head.version == Version::HTTP_10 { &self.http_10 } else { &self.http_11 };
        // A map that has no room for it is longer than any request may be.
        drop(head.headers.try_insert(CF, said.clone()));
    }
}

/// JSON with nothing in it that is not ASCII: what is not is in texts, where there is another way to write it.
fn ascii(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            written.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(written, "\\u{unit:04x}");
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use http::Request;
    use serde_json::json;

    use super::*;

    fn facts(value: Value) -> Result<OperatorFacts, OperatorFactsError> {
        OperatorFacts::new(value.as_object().unwrap().clone())
    }

    fn told(facts: &OperatorFacts, version: Version) -> Value {
        let mut head =
            Request::builder().version(version).header(CF, "{\"colo\":\"forged\"}").body(()).unwrap();
        head.headers_mut().append(CF, HeaderValue::from_static("twice"));
        let (mut head, ()) = head.into_parts();
        ConnectionFacts::new(facts).tell(&mut head);
        let said: Vec<_> = head.headers.get_all(CF).iter().collect();
        assert_eq!(said.len(), 1, "what the client said is gone");
        serde_json::from_str(said[0].to_str().unwrap().strip_prefix('@').unwrap()).unwrap()
    }

    #[test]
    fn a_client_cannot_say_what_its_connection_is() {
        assert_eq!(told(&OperatorFacts::default(), Version::HTTP_11), json!({"httpProtocol": "HTTP/1.1"}));
        assert_eq!(told(&OperatorFacts::default(), Version::HTTP_10), json!({"httpProtocol": "HTTP/1.0"}));
    }

    #[test]
    fn the_operators_words_arrive_as_they_were_written() {
        let facts = facts(json!({"colo": "MÜC", "city": "東京 🗼", "asn": 64500})).unwrap();
        let expected = json!({"colo": "MÜC", "city": "東京 🗼", "asn": 64500, "httpProtocol": "HTTP/1.1"});
        assert_eq!(told(&facts, Version::HTTP_11), expected);
    }

    #[test]
    fn what_no_operator_can_know_or_what_is_too_long_is_refused() {
        assert_eq!(
            facts(json!({"httpProtocol": "x"})),
            Err(OperatorFactsError::Own("httpProtocol".to_owned()))
        );
        let long = facts(json!({"colo": "x".repeat(OPERATOR_BYTES_MAX)}));
        assert!(matches!(long, Err(OperatorFactsError::TooLong(_))), "{long:?}");
    }
}
