//! Which events a watcher wants to see.
//!
//! Filters are looked at after credentials were written over: nobody can guess a secret by asking whether it matches.

use std::net::IpAddr;

use http::{HeaderName, Method};
use serde_json::{Map, Value};

use crate::trace::{Draft, Event, Fetch, Outcome, Trace};

/// The most filters of a tail.
pub const FILTERS_MAX: usize = 16;
/// The most choices of one filter.
pub const CHOICES_MAX: usize = 32;
/// The most bytes of a word that is looked for.
pub const WORD_BYTES_MAX: usize = 1 << 10;
/// The address that a client means by this word is its own.
const SELF: &str = "self";

/// What an event must be like; all of it must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filters(Vec<Filter>);

#[derive(Debug, Clone, PartialEq)]
enum Filter {
    /// A part of all events.
    SamplingRate(f64),
    /// One of these outcomes.
    Outcome(Vec<Outcome>),
    /// A request with one of these methods.
    Method(Vec<Method>),
    /// A request with this header, and this in its value.
    Header { key: HeaderName, query: Option<String> },
    /// A request from one of these addresses.
    Client(Vec<IpAddr>),
    /// A message with this in its text.
    Text(String),
    /// This version took it.
    Version(String),
}

/// Why filters are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// They are no list.
    #[error("`filters` must be a list of objects with one key each")]
    NoList,
    /// There are too many.
    #[error("a tail may have {FILTERS_MAX} filters")]
    TooMany,
    /// There is no such filter.
    #[error(
        "there is no filter `{key}`: use sampling_rate, outcome, method, header, client_ip, query or scriptVersion"
    )]
    Unknown {
        /// What was asked for.
        key: String,
    },
    /// A value is none for its filter.
    #[error("the filter `{key}` wants {wants}")]
    Value {
        /// The filter.
        key: &'static str,
        /// What it wants.
        wants: &'static str,
    },
    /// It is not known where the client is.
    #[error("the filter `client_ip` cannot know what `self` is here: name the address")]
    NoSelf,
}

impl Filters {
    /// Reads what a client of the API sends: `{"filters": [...]}`. `own` is the client's address.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(said: &Value, own: Option<IpAddr>) -> Result<Self, FilterError> {
        let list = match said.get("filters") {
            None | Some(Value::Null) => return Ok(Self::default()),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(FilterError::NoList),
        };
        if list.len() > FILTERS_MAX {
            return Err(FilterError::TooMany);
        }
        let one = |filter: &Value| filter.as_object().ok_or(FilterError::NoList).and_then(|of| read(of, own));
        list.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// Whether an event is wanted. `draw` gives a random number where one is needed.
    pub fn want(&self, trace: &Trace, draw: impl Fn() -> u32) -> bool {
        self.0.iter().all(|filter| filter.wants(trace.parts(), &draw))
    }
}

impl Filter {
    fn wants(&self, of: &Draft, draw: &impl Fn() -> u32) -> bool {
        let fetch = match &of.event {
            Event::Fetch(fetch) => Some(fetch),
            Event::Scheduled { .. } | Event::Rpc { .. } => None,
        };
        let fetch_is = |is: &dyn Fn(&Fetch) -> bool| fetch.is_some_and(is);
        match self {
            Self::SamplingRate(rate) => f64::from(draw()) / (f64::from(u32::MAX) + 1.0) < *rate,
            Self::Outcome(wanted) => wanted.iter().any(|outcome| {
                *outcome == of.outcome
                    || (*outcome == Outcome::Unknown && of.outcome.is_unknown_to_wrangler())
            }),
            Self::Method(wanted) => fetch_is(&|fetch| wanted.contains(&fetch.method)),
            Self::Header { key, query } => fetch_is(&|fetch| {
                let mut values = fetch.headers.get_all(key).iter();
                values.any(|value| {
                    query.as_ref().is_none_or(|query| {
                        String::from_utf8_lossy(value.as_bytes()).contains(query.as_str())
                    })
                })
            }),
            Self::Client(wanted) => {
                fetch_is(&|fetch| fetch.client.is_some_and(|client| wanted.contains(&client.to_canonical())))
            }
            Self::Text(text) => of.logs.iter().flat_map(|log| &log.message).any(|value| match value {
                Value::String(said) => said.contains(text),
                other => other.to_string().contains(text),
            }),
            Self::Version(version) => of.version.as_ref() == Some(version),
        }
    }
}

fn read(filter: &Map<String, Value>, own: Option<IpAddr>) -> Result<Filter, FilterError> {
    let mut entries = filter.iter();
    let (Some((key, value)), None) = (entries.next(), entries.next()) else {
        return Err(FilterError::NoList);
    };
    match key.as_str() {
        "sampling_rate" => {
            let rate = value.as_f64().filter(|rate| *rate > 0.0 && *rate <= 1.0);
            let wants = "a number above 0 and at most 1";
            rate.map(Filter::SamplingRate).ok_or(FilterError::Value { key: "sampling_rate", wants })
        }
        "outcome" => choices(value, "outcome", "outcomes, such as `ok`, `exception` or `unknown`", |word| {
            Ok(Outcome::parse(word))
        })
        .map(Filter::Outcome),
        "method" => choices(value, "method", "methods, such as `GET`", |word| {
            Ok(Method::from_bytes(word.to_ascii_uppercase().as_bytes()).ok())
        })
        .map(Filter::Method),
        "header" => header(value),
        "client_ip" => choices(value, "client_ip", "addresses, or `self`", |word| match word {
            SELF => own.ok_or(FilterError::NoSelf).map(|own| Some(own.to_canonical())),
            word => Ok(word.parse().ok().map(|address: IpAddr| address.to_canonical())),
        })
        .map(Filter::Client),
        "query" => word(Some(value), "query").map(Filter::Text),
        "scriptVersion" => word(Some(value), "scriptVersion").map(Filter::Version),
        key => Err(FilterError::Unknown { key: key.chars().take(100).collect() }),
    }
}

fn header(value: &Value) -> Result<Filter, FilterError> {
    let wants = "{\"key\": \"<name>\", \"query\": \"<text>\"}";
    let wrong = FilterError::Value { key: "header", wants };
    let name = word(value.get("key"), "header").map_err(|_| wrong.clone())?;
    let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong)?;
    let query = match value.get("query") {
        None | Some(Value::Null) => None,
        // `--header "x-a:"` asks for nothing in particular.
        Some(Value::String(query)) if query.is_empty() => None,
        query => Some(word(query, "header")?),
    };
    Ok(Filter::Header { key, query })
}

fn word(value: Option<&Value>, key: &'static str) -> Result<String, FilterError> {
    let word = value.and_then(Value::as_str).filter(|word| (1..=WORD_BYTES_MAX).contains(&word.len()));
    let wants = "a text of at most a kilobyte";
    word.map(str::to_owned).ok_or(FilterError::Value { key, wants })
}

/// One choice, or a list of them.
fn choices<T>(
    value: &Value,
    key: &'static str,
    wants: &'static str,
    read: impl Fn(&str) -> Result<Option<T>, FilterError>,
) -> Result<Vec<T>, FilterError> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    if list.is_empty() || list.len() > CHOICES_MAX {
        return Err(FilterError::Value { key, wants });
    }
    let one = |value: &Value| {
        let word = value.as_str().filter(|word| word.len() <= WORD_BYTES_MAX);
        word.map_or(Ok(None), &read)?.ok_or(FilterError::Value { key, wants })
    };
    list.iter().map(one).collect()
}

#[cfg(test)]
mod tests;
