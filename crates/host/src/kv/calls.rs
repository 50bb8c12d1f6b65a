//! Calls through a binding: what a worker does with `env.NAMESPACE`, as HTTP requests to `http://kv`.
//!
//! `GET`, `PUT`, `DELETE /values/<key>`; `GET /keys`; `POST /get` and `/delete` with many keys. docs/kv.md has the details.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use mote_store::{
    KEY_BYTES_MAX, KvChange, KvEntry, KvExpiry, KvInvalid, KvKey, KvListed, KvPage, KvPair, LIST_KEYS_MAX,
    VALUE_BYTES_MAX,
};
use mote_wire::{
    http::{Body, empty, full},
    link::Request,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{
    At, AtMost, BULK_GET_BYTES_MAX, BULK_GET_KEYS_MAX, BULK_KEYS_BYTES_MAX, BULK_KEYS_MAX, Kv, Problem,
    Taking, sent,
};
use crate::clock::now_ms;

const METADATA: HeaderName = HeaderName::from_static("kv-metadata");
const EXPIRATION: HeaderName = HeaderName::from_static("kv-expiration");
const EXPIRATION_TTL: HeaderName = HeaderName::from_static("kv-expiration-ttl");
/// What `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');
/// About what a listed key takes in memory: key, metadata and end, as they are and as JSON.
const LISTED_BYTES: usize = 4 << 10;
/// Characters of what somebody sent, in an answer that says what is wrong with it.
const SHOWN_CHARS_MAX: usize = 100;

type Answer = Result<Response<Body>, Problem>;

#[derive(Deserialize)]
struct ManyKeys {
    keys: AtMost<BULK_GET_KEYS_MAX, String>,
}

impl Problem {
    /// As whoever called gets it.
    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(full(self.message));
        *response.status_mut() = self.status;
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

impl Kv {
    /// Answers a call through a binding to a namespace. The one who calls is not trusted.
    pub async fn answer(&self, at: At<'_>, request: Request) -> Response<Body> {
        self.handle(at, request).await.unwrap_or_else(Problem::into_response)
    }

    async fn handle(&self, at: At<'_>, request: Request) -> Answer {
        let Request { method, url, headers, body, .. } = request;
        let target = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let target = target.find('/').and_then(|slash| target.get(slash..)).unwrap_or("/");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if let Some(key) = path.strip_prefix("/values/") {
            let key = decoded_key(key)?;
            return match method {
                Method::GET => self.value(at, &key).await,
                Method::PUT => self.put(at, key, &headers, body).await,
                Method::DELETE => self.delete(at, vec![key]).await,
                _ => Err(unknown(&method, path)),
            };
        }
        match (&method, path) {
            (&Method::GET, "/keys") => self.keys(at, query).await,
            (&Method::POST, "/get") => self.many(at, body).await,
            (&Method::POST, "/delete") => self.delete_many(at, body).await,
            _ => Err(unknown(&method, path)),
        }
    }

    async fn value(&self, at: At<'_>, key: &KvKey) -> Answer {
        let Some((entry, held)) = self.get(&self.workers, at, key).await? else {
            return Err(Problem { status: StatusCode::NOT_FOUND, message: "key not found".to_owned() });
        };
        let KvEntry { value, metadata, expires_s } = entry;
        let mut response = Response::new(sent::body(value.into(), held));
        let headers = response.headers_mut();
        if let Some(metadata) = metadata {
            let encoded = utf8_percent_encode(&metadata, COMPONENT).to_string();
            headers.extend(HeaderValue::try_from(encoded).map(|value| (METADATA, value)));
        }
        headers.extend(expires_s.map(|at_s| (EXPIRATION, HeaderValue::from(at_s))));
        Ok(response)
    }

    async fn put(&self, at: At<'_>, key: KvKey, headers: &HeaderMap, body: Body) -> Answer {
        // What is wrong with its head is said before a large body is read.
        let expiry = expiry_of(text(headers, &EXPIRATION_TTL)?, text(headers, &EXPIRATION)?)?;
        let metadata = text(headers, &METADATA)?.map(decoded).transpose()?;
        KvPair::new(key.clone(), Bytes::new(), metadata.clone(), expiry, now_ms())?;
        let (value, held) = self.taking(at, VALUE_BYTES_MAX, long_value).take(body).await?;
        let pair = KvPair::new(key, value, metadata, expiry, now_ms())?;
        let change = KvChange::Put {
            namespace: at.namespace.to_owned(),
            pairs: vec![pair],
            account_bytes_max: self.account_bytes_max(),
        };
        self.change(change, Some(held)).await?;
        Ok(done())
    }

    async fn delete(&self, at: At<'_>, keys: Vec<KvKey>) -> Answer {
        self.change(KvChange::Delete { namespace: at.namespace.to_owned(), keys }, None).await?;
        Ok(done())
    }

    async fn delete_many(&self, at: At<'_>, body: Body) -> Answer {
        let (bytes, _held) = self.taking(at, BULK_KEYS_BYTES_MAX, long_document).take(body).await?;
        let AtMost(keys): AtMost<BULK_KEYS_MAX, String> = serde_json::from_slice(&bytes)
            .map_err(|error| Problem::invalid(format!("the keys cannot be read: {error}")))?;
        let keys = keys.into_iter().map(KvKey::parse).collect::<Result<_, _>>()?;
        self.delete(at, keys).await
    }

    async fn keys(&self, at: At<'_>, query: &str) -> Answer {
        let asked = Listing::parse(query)?;
        let _held = self.workers.reserve(at.account, asked.keys_max.saturating_mul(LISTED_BYTES)).await;
        let namespace = at.namespace.to_owned();
        let page = self.read(move |store| asked.of(store, &namespace)).await?;
        let mut answer = json!({"keys": listed(&page), "list_complete": page.cursor.is_none()});
        if let (Some(cursor), Value::Object(answer)) = (page.cursor, &mut answer) {
            answer.insert("cursor".to_owned(), cursor.into());
        }
        Ok(document(answer.to_string()))
    }

    async fn many(&self, at: At<'_>, body: Body) -> Answer {
        let (bytes, asked) = self.taking(at, BULK_KEYS_BYTES_MAX, long_document).take(body).await?;
        let ManyKeys { keys: AtMost(keys) } = serde_json::from_slice(&bytes).map_err(|error| {
            Problem::invalid(format!(
                "the keys cannot be read (You can request a maximum of {BULK_GET_KEYS_MAX} keys): {error}"
            ))
        })?;
        drop((bytes, asked));
        let (found, held) = self.found(&self.workers, at, keys).await?;
        let whole = |(key, entry): (String, Option<KvEntry>)| {
            let value = entry.map_or(Value::Null, |entry| {
                let metadata = parsed(entry.metadata.as_deref());
                json!({"value": lossy(entry.value), "metadata": metadata})
            });
            (key, value)
        };
        let found: Map<String, Value> = found.into_iter().map(whole).collect();
        Ok(Response::new(sent::body(bounded_document(&Value::Object(found))?, held)))
    }

    /// Each key once, with what it leads to.
    pub(crate) async fn found(
        &self,
        memory: &crate::budget::Memory,
        at: At<'_>,
        keys: Vec<String>,
    ) -> Result<(Vec<(String, Option<KvEntry>)>, crate::budget::Reserved), Problem> {
        let mut keys = keys.into_iter().map(KvKey::parse).collect::<Result<Vec<_>, _>>()?;
        keys.sort_unstable();
        keys.dedup();
        let names: Vec<String> = keys.iter().map(|key| key.as_str().to_owned()).collect();
        let (entries, held) = self.get_many(memory, at, keys).await?;
        Ok((names.into_iter().zip(entries).collect(), held))
    }

    fn taking<'a>(&'a self, at: At<'a>, bytes_max: usize, too_large: fn(u64) -> Problem) -> Taking<'a> {
        Taking { memory: &self.workers, owner: at.account, bytes_max, times: 1, too_large }
    }
}

/// What a list is asked for.
pub(crate) struct Listing {
    prefix: String,
    keys_max: usize,
    cursor: Option<String>,
}

impl Listing {
    pub(crate) fn parse(query: &str) -> Result<Self, Problem> {
        let mut asked = Self { prefix: String::new(), keys_max: LIST_KEYS_MAX, cursor: None };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "prefix" => asked.prefix = value.into_owned(),
                "cursor" => asked.cursor = Some(value.into_owned()).filter(|cursor| !cursor.is_empty()),
                "limit" => asked.keys_max = keys_max(&value)?,
                _ => {}
            }
        }
        if asked.prefix.len() > KEY_BYTES_MAX {
            return Err(KvInvalid::LongKey { bytes: asked.prefix.len() }.into());
        }
        Ok(asked)
    }

    pub(crate) fn of(
        &self,
        store: &mote_store::KvStore,
        namespace: &str,
    ) -> Result<KvPage, mote_store::KvError> {
        store.list(namespace, &self.prefix, self.keys_max, self.cursor.as_deref())
    }
}

fn keys_max(limit: &str) -> Result<usize, Problem> {
    let wrong = |what: String| {
        Problem::invalid(format!(
            "Invalid key_count_limit of {}. Please specify an integer {what}.",
            shown(limit)
        ))
    };
    match limit.parse::<i64>() {
        Ok(number) if number > 0 => usize::try_from(number)
            .ok()
            .filter(|number| *number <= LIST_KEYS_MAX)
            .ok_or_else(|| wrong(format!("of at most {LIST_KEYS_MAX}"))),
        Ok(_) | Err(_) => Err(wrong("greater than 0".to_owned())),
    }
}

/// The keys of a list, as JSON.
pub(crate) fn listed(page: &KvPage) -> Value {
    let key = |key: &KvListed| {
        let mut shown = Map::new();
        shown.insert("name".to_owned(), key.name.clone().into());
        shown.extend(key.expires_s.map(|at_s| ("expiration".to_owned(), at_s.into())));
        shown.extend(key.metadata.as_deref().map(|metadata| ("metadata".to_owned(), parsed(Some(metadata)))));
        Value::Object(shown)
    };
    page.keys.iter().map(key).collect()
}

/// When a pair ends; how long it lives counts before when it ends.
pub(crate) fn expiry_of(ttl: Option<&str>, at: Option<&str>) -> Result<KvExpiry, Problem> {
    let number = |text: &str, what: &str, than: &str| {
        text.trim().parse::<i64>().ok().filter(|number| *number > 0).ok_or_else(|| {
            let text = shown(text);
            Problem::invalid(format!("Invalid {what} of {text}. Please specify integer greater than {than}."))
        })
    };
    match (ttl, at) {
        (Some(ttl), _) => Ok(KvExpiry::After(number(ttl, "expiration_ttl", "0")?)),
        (None, Some(at)) => {
            let now = "the current number of seconds since the UNIX epoch";
            Ok(KvExpiry::At(number(at, "expiration", now)?))
        }
        (None, None) => Ok(KvExpiry::Never),
    }
}

/// The key of a path, however much of it is percent-encoded.
pub(crate) fn decoded_key(path: &str) -> Result<KvKey, Problem> {
    Ok(KvKey::parse(decoded(path)?)?)
}

fn decoded(text: &str) -> Result<String, Problem> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| Problem::invalid("it is not percent-encoded UTF-8"))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let text = |value: &'a HeaderValue| {
        value.to_str().map_err(|_| Problem::invalid(format!("the header {name} is no text")))
    };
    headers.get(name).map(text).transpose()
}

/// Metadata was checked when it was written.
pub(crate) fn parsed(metadata: Option<&str>) -> Value {
    metadata.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// A value as text: what is no UTF-8 in it is shown as such.
pub(crate) fn lossy(value: Vec<u8>) -> String {
    String::from_utf8(value).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// A document that may not be larger than an answer may be: values have more bytes as JSON.
pub(crate) fn bounded_document(value: &Value) -> Result<Bytes, Problem> {
    let mut bytes = Bounded(Vec::new());
    serde_json::to_writer(&mut bytes, value).map_err(|_| Problem::bulk_get_too_large())?;
    Ok(bytes.0.into())
}

struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        if self.0.len().saturating_add(part.len()) > BULK_GET_BYTES_MAX {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(crate) fn long_value(bytes: u64) -> Problem {
    KvInvalid::LongValue { bytes }.into()
}

pub(crate) fn long_document(bytes: u64) -> Problem {
    Problem::too_large(format!("The keys have {bytes} bytes, and may have {BULK_KEYS_BYTES_MAX}."))
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

fn unknown(method: &Method, path: &str) -> Problem {
    Problem::invalid(format!("KV has no {method} {}", shown(path)))
}

fn done() -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn document(text: String) -> Response<Body> {
    let mut response = Response::new(full(text));
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
