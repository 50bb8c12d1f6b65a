//! Keeping a response: its head is checked, its body flows to the disk.

use std::{sync::Arc, time::Duration};

use bytes::Buf;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use mote_store::{CACHE_CHUNK_BYTES, CacheHead, CacheKey, CacheStore};
use mote_wire::http::{Body, empty};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout, timeout_at};

use super::{BODY_BYTES_MAX, Cache, PREFIX, Problem, STATUS, WAIT_MAX, freshness::lifetime_ms};
use crate::clock::now_ms;

/// How long a body may stand still.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long it may take in all.
const WHOLE_MAX: Duration = Duration::from_secs(900);
/// What a body on its way takes: the chunk that is filled, and the one that is written.
const HELD_BYTES: usize = 2 * CACHE_CHUNK_BYTES;
/// What belongs to one connection, or is said anew each time.
const NOT_KEPT: [HeaderName; 9] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::CONTENT_LENGTH,
    header::AGE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("cf-cache-status"),
];

const TOO_LARGE: Problem = Problem::not_kept("the response is larger than what is kept");

/// A head as it is written: header values have a character for each byte.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
}

impl Kept {
    /// The headers, as they were.
    pub(super) fn to_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            let bytes: Option<Vec<u8>> =
                value.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
            if let Some(bytes) = bytes
                && let (Ok(name), Ok(value)) =
                    (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(&bytes))
            {
                let _ = headers.try_append(name, value);
            }
        }
        headers
    }
}

impl Cache {
    pub(super) async fn keep(
        &self,
        key: CacheKey,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Response<Body>, Problem> {
        let head = head_of(headers)?;
        let body_bytes_max =
            BODY_BYTES_MAX.min(self.0.options.account_bytes_max).min(self.0.options.node_bytes_max);
        if body.size_hint().lower() > body_bytes_max {
            return Err(TOO_LARGE);
        }
        let Some(_held) = self.0.memory.reserve_within(&key.owner, HELD_BYTES, WAIT_MAX).await else {
            return Err(Problem::not_kept("too much is being kept at once"));
        };
        let store = self.0.store.clone();
        let id = self.at_store(|store| store.begin()).await?;
        let mut draft = Draft { store, id, done: false };
        let body_bytes = self.write(id, body, body_bytes_max).await?;
        let caps = self.caps();
        let kept = self.at_store(move |store| {
            let kept = store.finish(id, &key, &head, body_bytes, caps);
            if kept.is_ok() {
                draft.is_the_stores();
            }
            kept
        });
        let kept = kept.await?;
        if !kept {
            return Err(TOO_LARGE);
        }
        let mut response = Response::new(empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        Ok(response)
    }

    async fn write(&self, draft: i64, mut body: Body, bytes_max: u64) -> Result<u64, Problem> {
        let until = Instant::now() + WHOLE_MAX;
        let (mut chunk, mut number, mut written) = (Vec::new(), 0, 0_u64);
        loop {
            let Ok(Ok(frame)) = timeout_at(until, timeout(IDLE_MAX, body.frame())).await else {
                return Err(Problem::invalid("the body came too slowly"));
            };
            let mut data = match frame {
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                Some(Err(_)) => return Err(Problem::invalid("the body broke off")),
                None => break,
            };
            written = written.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
            if written > bytes_max {
                return Err(TOO_LARGE);
            }
            while data.has_remaining() {
                let part = data.split_to(data.len().min(CACHE_CHUNK_BYTES - chunk.len()));
                chunk.extend_from_slice(&part);
                if chunk.len() == CACHE_CHUNK_BYTES {
                    self.append(draft, number, std::mem::take(&mut chunk)).await?;
                    number += 1;
                }
            }
        }
        if !chunk.is_empty() {
            self.append(draft, number, chunk).await?;
        }
        Ok(written)
    }

    async fn append(&self, draft: i64, number: u64, chunk: Vec<u8>) -> Result<(), Problem> {
        let there = self.at_store(move |store| store.append(draft, number, &chunk)).await?;
        if there { Ok(()) } else { Err(Problem::not_kept("the node is being replaced")) }
    }
}

/// A body that is being written; it is given up when this is dropped before its end.
struct Draft {
    store: Arc<CacheStore>,
    id: i64,
    done: bool,
}

impl Draft {
    /// The store has kept it, or given it up by itself.
    fn is_the_stores(&mut self) {
        self.done = true;
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let (store, id) = (self.store.clone(), self.id);
        // If there is no runtime any more, the next process does it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn_blocking(move || store.abandon(id));
        }
    }
}

/// The head of a response that may be kept.
fn head_of(headers: &HeaderMap) -> Result<CacheHead, Problem> {
    let status = headers.get(STATUS).and_then(|value| value.to_str().ok()?.parse::<u16>().ok());
    let status = status.filter(|status| (200..=599).contains(status));
    let status = status.ok_or(Problem::invalid("a response has a status from 200 to 599"))?;
    if status == 206 || status == 304 {
        return Err(Problem::not_kept("a part of a response, or none, is not kept"));
    }
    let mut kept = HeaderMap::new();
    for (name, value) in headers {
        let Some(name) = name.as_str().strip_prefix(PREFIX) else { continue };
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Problem::invalid("a header has no name that HTTP allows"))?;
        let _ = kept.try_append(name, value.clone());
    }
    let stored_ms = now_ms();
    let life_ms = lifetime_ms(status, &mut kept, stored_ms).map_err(Problem::not_kept)?;
    for name in NOT_KEPT {
        kept.remove(name);
    }
    let written = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), value.as_bytes().iter().copied().map(char::from).collect())
    };
    let kept = Kept { status, headers: kept.iter().map(written).collect() };
    let head = serde_json::to_vec(&kept).map_err(|_| Problem::invalid("the head cannot be written"))?;
    Ok(CacheHead { head, stored_ms, expires_ms: stored_ms.saturating_add(life_ms) })
}
