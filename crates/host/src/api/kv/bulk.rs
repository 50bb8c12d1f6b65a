//! Many pairs at once: all of them are written, or none.

use std::borrow::Cow;

use bytes::Bytes;
use data_encoding::BASE64;
use mote_store::{KvExpiry, KvKey, KvPair};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use super::{Calls, Refusal, Reply, Sent, invalid};
use crate::{
    clock::now_ms,
    kv::{
        AtMost, BULK_GET_KEYS_MAX, BULK_KEYS_BYTES_MAX, BULK_KEYS_MAX, Problem, bounded_document,
        long_document, lossy, parsed,
    },
};

/// Bytes of one bulk write, as JSON.
pub(super) const BULK_BYTES_MAX: usize = 100 << 20;

/// A pair of a bulk write.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
    expiration: Option<i64>,
    expiration_ttl: Option<i64>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    #[serde(default)]
    base64: Option<bool>,
}

/// What a bulk read asks for.
#[derive(Deserialize)]
struct Asked {
    keys: AtMost<BULK_GET_KEYS_MAX, String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default, rename = "withMetadata")]
    with_metadata: Option<bool>,
}

impl Calls<'_> {
    pub(super) async fn put_many<B: Sent>(&self, id: &str, body: B) -> Result<Reply, Refusal> {
        let too_large = |bytes| {
            Problem::too_large(format!("The request has {bytes} bytes, and may have {BULK_BYTES_MAX}."))
        };
        let (bytes, held) = self.taking(BULK_BYTES_MAX, 2, too_large).take(body).await?;
        // So much JSON takes a while.
        let read = tokio::task::spawn_blocking(move || pairs(&bytes)).await;
        let pairs = read.map_err(Refusal::internal)??;
        let count = pairs.len();
        self.write(id, pairs, held).await?;
        Ok(done(count))
    }

    pub(super) async fn delete_many<B: Sent>(&self, id: &str, body: B) -> Result<Reply, Refusal> {
        let (bytes, _held) = self.taking(BULK_KEYS_BYTES_MAX, 1, long_document).take(body).await?;
        let AtMost(keys): AtMost<BULK_KEYS_MAX, String> = serde_json::from_slice(&bytes)
            .map_err(|error| invalid(format!("the keys cannot be read: {error}")))?;
        let keys = keys.into_iter().map(KvKey::parse).collect::<Result<Vec<_>, _>>()?;
        let count = keys.len();
        self.delete_keys(id, keys).await?;
        Ok(done(count))
    }

    pub(super) async fn many<B: Sent>(&self, id: &str, body: B) -> Result<Reply, Refusal> {
        let (bytes, _held) = self.taking(BULK_KEYS_BYTES_MAX, 1, long_document).take(body).await?;
        let Asked { keys: AtMost(keys), kind, with_metadata } = serde_json::from_slice(&bytes)
            .map_err(|error| invalid(format!("the keys cannot be read: {error}")))?;
        let is_json = match kind.as_deref() {
            None | Some("text") => false,
            Some("json") => true,
            Some(other) => {
                let other: String = other.chars().take(20).collect();
                return Err(invalid(format!("`{other}` is not a valid type. Use \"json\" or \"text\"")));
            }
        };
        let (found, held) = self.kv.found(&self.kv.api, self.at(id), keys).await?;
        let mut values = Map::new();
        for (key, entry) in found {
            let Some(entry) = entry else {
                values.insert(key, Value::Null);
                continue;
            };
            let (metadata, expires_s) = (parsed(entry.metadata.as_deref()), entry.expires_s);
            let value = lossy(entry.value);
            let value = if is_json {
                serde_json::from_str(&value)
                    .map_err(|_| invalid(format!("the value of `{key}` is no JSON: ask for it as text")))?
            } else {
                Value::String(value)
            };
            let shown = if with_metadata == Some(true) {
                let mut shown = Map::new();
                shown.insert("value".to_owned(), value);
                shown.insert("metadata".to_owned(), metadata);
                shown.extend(expires_s.map(|at_s| ("expiration".to_owned(), at_s.into())));
                Value::Object(shown)
            } else {
                value
            };
            values.insert(key, shown);
        }
        let result = json!({"values": values});
        // As JSON it may be larger than an answer may be.
        drop(bounded_document(&result)?);
        drop(held);
        Ok(result.into())
    }
}

fn done(count: usize) -> Reply {
    json!({"successful_key_count": count, "unsuccessful_keys": []}).into()
}

fn pairs(bytes: &Bytes) -> Result<Vec<KvPair>, Refusal> {
    let AtMost(said): AtMost<BULK_KEYS_MAX, Said<'_>> = serde_json::from_slice(bytes)
        .map_err(|error| invalid(format!("the pairs cannot be read: {error}")))?;
    let now_ms = now_ms();
    said.into_iter().map(|said| pair(bytes, said, now_ms)).collect()
}

fn pair(bytes: &Bytes, said: Said<'_>, now_ms: i64) -> Result<KvPair, Refusal> {
    let shown: String = said.key.chars().take(100).collect();
    let of_key = |refusal: Refusal| Refusal { message: format!("`{shown}`: {}", refusal.message), ..refusal };
    let key = KvKey::parse(said.key).map_err(|invalid| of_key(invalid.into()))?;
    let value = match (said.base64.unwrap_or_default(), said.value) {
        (true, text) => {
            let value =
                BASE64.decode(text.as_bytes()).map_err(|_| of_key(invalid("the value is no base64")))?;
            value.into()
        }
        // Without escapes it is a part of what was sent, and stays there.
        (false, Cow::Borrowed(text)) => bytes.slice_ref(text.as_bytes()),
        (false, Cow::Owned(text)) => text.into(),
    };
    let expiry = match (said.expiration_ttl, said.expiration) {
        (Some(ttl_s), _) => KvExpiry::After(ttl_s),
        (None, Some(at_s)) => KvExpiry::At(at_s),
        (None, None) => KvExpiry::Never,
    };
    let metadata = said.metadata.map(|metadata| metadata.get().to_owned());
    KvPair::new(key, value, metadata, expiry, now_ms).map_err(|invalid| of_key(invalid.into()))
}
