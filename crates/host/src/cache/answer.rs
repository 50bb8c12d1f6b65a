//! Finding a response: all of it, a part, or the word that it has not changed.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use http_body::Frame;
use http_body_util::StreamBody;
use mote_store::{CACHE_CHUNK_BYTES, CacheKey, CacheReading};
use mote_wire::http::{Body, BodyError, empty};
use tokio::{sync::mpsc, time::timeout};

use super::{Cache, PREFIX, Problem, STATUS, WAIT_MAX, freshness::date_s, keep::Kept};
use crate::{
    assets::conditional::{Conditional, Representation},
    budget::Reserved,
    clock::now_ms,
};

/// How long a body waits for its reader to take some more of it.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// What a body on its way takes: the chunk that is read, and the one that waits.
const HELD_BYTES: usize = 2 * CACHE_CHUNK_BYTES;

impl Cache {
    pub(super) async fn find(&self, key: CacheKey, asked: &HeaderMap) -> Result<Response<Body>, Problem> {
        // Whoever must wait too long finds nothing: to go on without is what a cache is for.
        let Some(held) = self.0.memory.reserve_within(&key.owner, HELD_BYTES, WAIT_MAX).await else {
            return Ok(Response::new(empty()));
        };
        let Some(reading) = self.at_store(move |store| store.find(&key)).await? else {
            return Ok(Response::new(empty()));
        };
        let Ok(kept) = serde_json::from_slice::<Kept>(&reading.head.head) else {
            return Ok(Response::new(empty()));
        };
        let mut headers = kept.to_headers();
        let wanted = wanted(&kept, &headers, &reading, asked);
        let (status, part) = match wanted {
            Conditional::Whole => (kept.status, Some((0, reading.body_bytes))),
            Conditional::NotModified => (304, None),
            Conditional::Part { start, end } => {
                let range = format!("bytes {start}-{end}/{}", reading.body_bytes);
                headers.extend(HeaderValue::try_from(range).map(|value| (header::CONTENT_RANGE, value)));
                (206, Some((start, end + 1)))
            }
            Conditional::Unsatisfiable => {
                let range = format!("bytes */{}", reading.body_bytes);
                headers.extend(HeaderValue::try_from(range).map(|value| (header::CONTENT_RANGE, value)));
                (416, None)
            }
        };
        if let Some((start, end)) = part {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(end - start));
        }
        let age_s = now_ms().saturating_sub(reading.head.stored_ms).max(0) / 1_000;
        headers.insert(header::AGE, HeaderValue::from(age_s));
        let mut response = Response::new(match part {
            Some((start, end)) if start < end => self.body(reading, (start, end), held),
            _ => empty(),
        });
        *response.headers_mut() = prefixed(&headers);
        response.headers_mut().insert(STATUS, HeaderValue::from(status));
        if let Some(encoding) = headers.remove(header::CONTENT_ENCODING) {
            // The cell must know in what form the bytes are.
            response.headers_mut().insert(header::CONTENT_ENCODING, encoding);
        }
        Ok(response)
    }

    /// A body that is read from the disk as fast as its reader takes it.
    fn body(&self, reading: CacheReading, (start, end): (u64, u64), held: Reserved) -> Body {
        let (sender, mut receiver) = mpsc::channel::<Result<Frame<Bytes>, BodyError>>(1);
        let cache = self.clone();
        tokio::spawn(async move {
            let (reading, _held) = (Arc::new(reading), held);
            let chunk_bytes = u64::try_from(CACHE_CHUNK_BYTES).unwrap_or(u64::MAX);
            let mut at = start;
            while at < end {
                let skipped = usize::try_from(at % chunk_bytes).unwrap_or(usize::MAX);
                let chunk = cache.chunk(reading.clone(), at / chunk_bytes).await.unwrap_or_default();
                let left = usize::try_from(end - at).unwrap_or(usize::MAX);
                let piece = Bytes::from(chunk);
                let piece = piece.slice(skipped.min(piece.len())..);
                let piece = piece.slice(..left.min(piece.len()));
                if piece.is_empty() {
                    let reason = "the cached response is not there any more".to_owned();
                    let _ = sender.send(Err(BodyError::Aborted { reason })).await;
                    return;
                }
                at += u64::try_from(piece.len()).unwrap_or(u64::MAX);
                let sent = timeout(IDLE_MAX, sender.send(Ok(Frame::data(piece)))).await;
                if !matches!(sent, Ok(Ok(()))) {
                    return;
                }
            }
        });
        let mut left = end - start;
        let frames = futures_util::stream::poll_fn(move |task| {
            let frame = receiver.poll_recv(task);
            if let std::task::Poll::Ready(Some(Ok(frame))) = &frame {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                left = left.saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX));
            }
            if matches!(frame, std::task::Poll::Ready(None)) && left > 0 {
                left = 0;
                let reason = "the cached response was not read in time".to_owned();
                return std::task::Poll::Ready(Some(Err(BodyError::Aborted { reason })));
            }
            frame
        });
        Body::stream(StreamBody::new(frames))
    }
}

/// How much of it is wanted. Conditions and ranges are about responses with status 200; of one that is encoded nobody wants
/// parts.
fn wanted(kept: &Kept, headers: &HeaderMap, reading: &CacheReading, asked: &HeaderMap) -> Conditional {
    if kept.status != 200 {
        return Conditional::Whole;
    }
    let etag = headers.get(header::ETAG).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let modified_s = headers.get(header::LAST_MODIFIED).and_then(date_s);
    let since_s = asked.get(header::IF_MODIFIED_SINCE).and_then(date_s);
    // An entity tag is better than a date (RFC 9110, section 13.1.3).
    let dated = !asked.contains_key(header::IF_NONE_MATCH)
        && since_s.zip(modified_s).is_some_and(|(since_s, modified_s)| modified_s <= since_s);
    if dated {
        return Conditional::NotModified;
    }
    let representation = Representation { etag, bytes: reading.body_bytes };
    match representation.wanted(&Method::GET, asked) {
        Conditional::Part { .. } | Conditional::Unsatisfiable
            if headers.contains_key(header::CONTENT_ENCODING) =>
        {
            Conditional::Whole
        }
        wanted => wanted,
    }
}

fn prefixed(headers: &HeaderMap) -> HeaderMap {
    let mut all = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if let Ok(name) = HeaderName::try_from(format!("{PREFIX}{name}")) {
            let _ = all.try_append(name, value.clone());
        }
    }
    all
}
