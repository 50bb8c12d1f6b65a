//! What two ends of a WebSocket agree on about compression: `permessage-deflate` (RFC 7692, 7.1).
//!
//! A worker says what it wants with a `Sec-WebSocket-Extensions` header of its own, as on Cloudflare. What is added here
//! is that every message is to be compressed by itself (`no_context_takeover`, both ways): then a connection on which
//! nothing is under way holds no window, and ten thousand of them cost no more than without compression.

use std::fmt;

use http::{HeaderMap, HeaderValue, header::SEC_WEBSOCKET_EXTENSIONS};

const NAME: &str = "permessage-deflate";
/// The largest window, as a power of two, and what is meant if none is named.
const WINDOW_BITS_MAX: u8 = 15;
const WINDOW_BITS_MIN: u8 = 8;

/// What is agreed on, as one of the ends sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deflate {
    /// The window of what this end sends, as a power of two.
    pub(super) window_bits: u8,
    pub(super) history: History,
}

/// Whether a message of the peer's may refer to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum History {
    Kept,
    Forgotten,
}

/// What a client offers.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) text: HeaderValue,
    window_bits: u8,
}

/// Parameters, in an offer or in the answer to one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Parameters {
    client_forgets: bool,
    server_forgets: bool,
    client_bits: Option<u8>,
    server_bits: Option<u8>,
}

/// In which of the two the parameters stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Offer,
    Answer,
}

/// The header's values, as one; `None` if there is no such header.
pub(super) fn named_in(headers: &HeaderMap) -> Option<String> {
    let mut all: Option<String> = None;
    for value in headers.get_all(SEC_WEBSOCKET_EXTENSIONS) {
        // What is no text names nothing that is known here.
        let value = value.to_str().unwrap_or_default();
        all = Some(all.map_or_else(|| value.to_owned(), |before| format!("{before}, {value}")));
    }
    all
}

/// What a client offers that wants `wanted`: nothing, if that is nothing which can be done.
pub(super) fn offer(wanted: &str) -> Option<Offer> {
    let all: Vec<Parameters> = offers(wanted).collect();
    let window_bits = all.first()?.client_bits.unwrap_or(WINDOW_BITS_MAX);
    let texts: Vec<String> = all.into_iter().map(|one| one.forgetting().to_string()).collect();
    Some(Offer { text: HeaderValue::from_str(&texts.join(", ")).ok()?, window_bits })
}

/// What a client has agreed on that offered `offer` and is answered with `answer`.
pub(super) fn agreed(offer: Option<&Offer>, answer: Option<&str>) -> Result<Option<Deflate>, &'static str> {
    let Some(answer) = answer.filter(|answer| !trimmed(answer).is_empty()) else { return Ok(None) };
    let offer = offer.ok_or("the server chose an extension, and none was offered")?;
    let answer = without_last(answer, ',');
    if answer.contains(',') {
        return Err("the server chose more than one extension");
    }
    let parameters = parameters(answer, Place::Answer).ok_or(
        "the server chose an extension that was not offered, or chose parameters that it does not have",
    )?;
    let window_bits = parameters.client_bits.unwrap_or(WINDOW_BITS_MAX).min(offer.window_bits);
    // Some servers do not do as they are asked to; then their past is kept, and counts as the isolate's memory.
    let history = if parameters.server_forgets { History::Forgotten } else { History::Kept };
    Ok(Some(Deflate { window_bits, history }))
}

/// What a server answers that wants `wanted` and is offered `offered`: the first offer that suits both.
pub(super) fn answer(offered: &str, wanted: &str) -> Option<(HeaderValue, Deflate)> {
    let wanted = offers(wanted).next()?;
    let offered = offers(offered).next()?;
    let answer = Parameters {
        // A client that does not name it does not understand it in an answer.
        client_bits: wanted.client_bits.and_then(|bits| Some(bits.min(offered.client_bits?))),
        server_bits: smaller(wanted.server_bits, offered.server_bits),
        ..Parameters::default()
    };
    let value = HeaderValue::from_str(&answer.forgetting().to_string()).ok()?;
    let window_bits = answer.server_bits.unwrap_or(WINDOW_BITS_MAX);
    Some((value, Deflate { window_bits, history: History::Forgotten }))
}

fn smaller(one: Option<u8>, other: Option<u8>) -> Option<u8> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

impl Parameters {
    fn forgetting(self) -> Self {
        Self { client_forgets: true, server_forgets: true, ..self }
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)?;
        if self.client_forgets {
            f.write_str("; client_no_context_takeover")?;
        }
        if self.server_forgets {
            f.write_str("; server_no_context_takeover")?;
        }
        if let Some(bits) = self.client_bits {
            write!(f, "; client_max_window_bits={bits}")?;
        }
        if let Some(bits) = self.server_bits {
            write!(f, "; server_max_window_bits={bits}")?;
        }
        Ok(())
    }
}

/// The offers that can be understood, in their order.
fn offers(text: &str) -> impl Iterator<Item = Parameters> {
    text.split(',').filter_map(|one| parameters(one, Place::Offer))
}

/// The parameters of one extension; `None` if it is another one, or if anything is wrong with them: an unknown one, one
/// that is there twice, a value too many, too few or out of range.
fn parameters(text: &str, place: Place) -> Option<Parameters> {
    let mut words = without_last(text, ';').split(';').map(trimmed);
    if words.next() != Some(NAME) {
        return None;
    }
    let mut found = Parameters::default();
    for word in words {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (trimmed(name), Some(trimmed(value))),
            None => (word, None),
        };
        let is_new = match (name, value) {
            ("client_no_context_takeover", None) => !std::mem::replace(&mut found.client_forgets, true),
            ("server_no_context_takeover", None) => !std::mem::replace(&mut found.server_forgets, true),
            ("client_max_window_bits", None) if place == Place::Offer => {
                found.client_bits.replace(WINDOW_BITS_MAX).is_none()
            }
            ("client_max_window_bits", Some(value)) => found.client_bits.replace(bits(value)?).is_none(),
            ("server_max_window_bits", Some(value)) => found.server_bits.replace(bits(value)?).is_none(),
            _ => false,
        };
        if !is_new {
            return None;
        }
    }
    Some(found)
}

fn bits(value: &str) -> Option<u8> {
    (WINDOW_BITS_MIN..=WINDOW_BITS_MAX).find(|bits| bits.to_string() == value)
}

/// A list that ends with what stands between its items means the same without it.
fn without_last(text: &str, between: char) -> &str {
    trimmed(text).strip_suffix(between).unwrap_or(text)
}

fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
#[path = "websocket_extensions_tests.rs"]
mod tests;
