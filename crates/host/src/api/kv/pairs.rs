//! One pair: its value as it is, its metadata, and how it is written.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, header};
use http_body_util::{BodyDataStream, Full};
use mote_store::{KvChange, KvExpiry, KvKey, KvPair, METADATA_BYTES_MAX, VALUE_BYTES_MAX};
use multer::{Constraints, Multipart, SizeLimit};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Calls, Refusal, Reply, Sent, invalid, no_key};
use crate::{
    budget::Reserved,
    clock::now_ms,
    kv::{Listing, decoded_key, expiry_of, listed, long_value, parsed},
};

/// What a form has beside its value and metadata.
const FORM_BYTES: usize = 16 << 10;

/// A value as it is sent, and the memory that it takes.
struct Owned {
    value: Vec<u8>,
    _held: Reserved,
}

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        &self.value
    }
}

impl Calls<'_> {
    pub(super) async fn keys(&self, id: &str, query: &str) -> Result<Reply, Refusal> {
        let (asked, id) = (Listing::parse(query)?, id.to_owned());
        let page = self.kv.read(move |store| asked.of(store, &id)).await?;
        let cursor = page.cursor.as_deref().unwrap_or_default();
        // Clients read the cursor from either place.
        let info = json!({"count": page.keys.len(), "cursor": cursor, "cursors": {"after": cursor}});
        Ok(Reply::Page { result: listed(&page), info })
    }

    pub(super) async fn metadata(&self, id: &str, key: &str) -> Result<Reply, Refusal> {
        let (id, key) = (id.to_owned(), decoded_key(key)?);
        let found = self.kv.read(move |store| store.head(&id, &key)).await?;
        Ok(parsed(found.ok_or_else(no_key)?.metadata.as_deref()).into())
    }

    pub(super) async fn value(&self, id: &str, key: &str) -> Result<Reply, Refusal> {
        let found = self.kv.get(&self.kv.api, self.at(id), &decoded_key(key)?).await?;
        let (entry, held) = found.ok_or_else(no_key)?;
        let value = Bytes::from_owner(Owned { value: entry.value, _held: held });
        let mut response = Response::new(Full::new(value));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        if let Some(at_s) = entry.expires_s {
            headers.insert("expiration", HeaderValue::from(at_s));
        }
        Ok(Reply::Raw(response))
    }

    pub(super) async fn put<B: Sent>(
        &self,
        id: &str,
        key: &str,
        query: &str,
        headers: &HeaderMap,
        body: B,
    ) -> Result<Reply, Refusal> {
        let (key, expiry) = (decoded_key(key)?, expiry_in(query)?);
        KvPair::new(key.clone(), Bytes::new(), None, expiry, now_ms())?;
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let (value, metadata, held) = match multer::parse_boundary(kind) {
            Ok(boundary) => {
                // Twice: as the form came, and its parts.
                let whole_max = VALUE_BYTES_MAX + METADATA_BYTES_MAX + FORM_BYTES;
                let (form, held) = self.taking(whole_max, 2, long_value).take(body).await?;
                let (value, metadata) = parts(form, boundary).await?;
                (value, metadata, held)
            }
            Err(_) => {
                let (value, held) = self.taking(VALUE_BYTES_MAX, 1, long_value).take(body).await?;
                (value, None, held)
            }
        };
        let pair = KvPair::new(key, value, metadata, expiry, now_ms())?;
        self.write(id, vec![pair], held).await?;
        Ok(Value::Null.into())
    }

    pub(super) async fn write(&self, id: &str, pairs: Vec<KvPair>, held: Reserved) -> Result<(), Refusal> {
        let account_bytes_max = self.kv.account_bytes_max();
        let change = KvChange::Put { namespace: id.to_owned(), pairs, account_bytes_max };
        Ok(self.kv.change(change, Some(held)).await?)
    }

    pub(super) async fn delete_value(&self, id: &str, key: &str) -> Result<Reply, Refusal> {
        self.delete_keys(id, vec![decoded_key(key)?]).await?;
        Ok(Value::Null.into())
    }

    pub(super) async fn delete_keys(&self, id: &str, keys: Vec<KvKey>) -> Result<(), Refusal> {
        self.change(KvChange::Delete { namespace: id.to_owned(), keys }).await
    }
}

fn expiry_in(query: &str) -> Result<KvExpiry, Refusal> {
    let (mut ttl, mut at) = (None, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "expiration_ttl" => ttl = Some(value),
            "expiration" => at = Some(value),
            _ => {}
        }
    }
    Ok(expiry_of(ttl.as_deref(), at.as_deref())?)
}

/// The parts of a form: `value`, and `metadata` if it has some.
async fn parts(form: Bytes, boundary: String) -> Result<(Bytes, Option<String>), Refusal> {
    let broken = |error: multer::Error| match error {
        multer::Error::FieldSizeExceeded { limit, field_name } => {
            Refusal::from(crate::kv::Problem::too_large(format!(
                "the part `{}` has more than {limit} bytes",
                field_name.unwrap_or_default()
            )))
        }
        error => invalid(format!("the form cannot be read: {error}")),
    };
    // What is longer than it may be is still read a little further, so that it can be said how long it is.
    let sizes = SizeLimit::new().for_field("metadata", (METADATA_BYTES_MAX + FORM_BYTES) as u64);
    let constraints = Constraints::new().size_limit(sizes).allowed_fields(vec!["value", "metadata"]);
    let stream = BodyDataStream::new(Full::new(form));
    let mut form = Multipart::with_constraints(stream, boundary, constraints);
    let (mut value, mut metadata) = (None, None);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let is_value = field.name() == Some("value");
        let slot = if is_value { &mut value } else { &mut metadata };
        if slot.is_some() {
            return Err(invalid("the form has a part twice"));
        }
        *slot = Some(field.bytes().await.map_err(broken)?);
    }
    let value = value.ok_or_else(|| invalid("the form has no part called `value`"))?;
    let metadata = metadata
        .map(|bytes| String::from_utf8(bytes.to_vec()).map_err(|_| invalid("the metadata is no text")));
    Ok((value, metadata.transpose()?))
}
