//! The response with a file: how much of it, in which coding, and with which headers.

use std::rc::Rc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use mote_store::Asset;
use mote_wire::http::{Body, empty, full};

use super::{Asked, Files, Reader, compressed};
use crate::assets::{
    conditional::{Conditional, Representation},
    encoding::{Accepted, Coding, gains},
    rules::HeaderOp,
};

/// As on Cloudflare: clients ask again each time, and are told that nothing has changed.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");

/// Headers that speak of the very bytes that are sent. Where a site's rules set one, its file is sent as it is.
const OF_THE_BYTES: [HeaderName; 7] = [
    header::CONTENT_ENCODING,
    header::CONTENT_RANGE,
    header::ETAG,
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("repr-digest"),
];

/// A file that answers a request.
pub(super) struct Page<'a> {
    pub(super) account: &'a str,
    pub(super) asset: &'a Asset,
    pub(super) status: StatusCode,
    /// What the site's rules do to its headers.
    pub(super) ops: Vec<HeaderOp>,
}

/// What is sent of a file.
struct Sent {
    status: StatusCode,
    etag: String,
    coding: Option<Coding>,
    range: Option<String>,
    content: Bytes,
}

impl Page<'_> {
    pub(super) async fn serve(self, files: &Rc<Files>, asked: &Asked<'_>) -> Response<Body> {
        let accepted = self.is_negotiable(asked.reader).then(|| Accepted::of(asked.headers));
        let sent = match self.as_it_is(asked, accepted.as_ref()) {
            whole @ Sent { status, .. } if status == self.status => {
                match self.coded(files, accepted.as_ref()).await {
                    Some(coded) => coded,
                    None => whole,
                }
            }
            other => other,
        };
        let mut response = Response::new(empty());
        *response.status_mut() = sent.status;
        let headers = response.headers_mut();
        self.describe(&sent, headers);
        self.ops.into_iter().for_each(|op| op.apply(headers));
        // The rules do not know of these, and must not take them away: clients and caches would mistake the bytes.
        if let Some(coding) = sent.coding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.token()));
        }
        if accepted.is_some() {
            vary(headers);
        }
        if *asked.method != Method::HEAD {
            return response.map(|_| full(sent.content));
        }
        // Of a 304 it would be said that the file is empty.
        if sent.status != StatusCode::NOT_MODIFIED {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(sent.content.len()));
        }
        response
    }

    /// Whether its coding depends on what the client takes.
    fn is_negotiable(&self, reader: Reader) -> bool {
        if reader == Reader::Code || !compressed::BYTES.contains(&self.asset.bytes.len()) {
            return false;
        }
        let mut headers = HeaderMap::new();
        set(&mut headers, header::CONTENT_TYPE, &self.asset.kind);
        self.ops.iter().cloned().for_each(|op| op.apply(&mut headers));
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        kind.is_some_and(gains)
            && !OF_THE_BYTES.iter().any(|name| headers.contains_key(name))
            && !has_word(&headers, &header::CACHE_CONTROL, "no-transform")
    }

    /// What is sent of the file as it is.
    fn as_it_is(&self, asked: &Asked<'_>, accepted: Option<&Accepted>) -> Sent {
        let (hash, bytes) = (&self.asset.hash, &self.asset.bytes);
        let etag = format!("\"{hash}\"");
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let answer =
            |status, content| Sent { status, etag: etag.clone(), coding: None, range: None, content };
        if self.status != StatusCode::OK {
            return answer(self.status, bytes.clone());
        }
        // A client may have it in another coding than it would get now. That is as good, if it is one that this client takes: a
        // cache asks for many, and has it in codings that not all of them know.
        let known = accepted.into_iter().flat_map(Accepted::codings).map(|coding| coding.etag(hash));
        let known =
            known.into_iter().find(|etag| Representation { etag, bytes: length }.is_named(asked.headers));
        if let Some(etag) = known {
            return Sent { etag, ..answer(StatusCode::NOT_MODIFIED, Bytes::new()) };
        }
        match (Representation { etag: &etag, bytes: length }).wanted(asked.method, asked.headers) {
            Conditional::Whole => answer(StatusCode::OK, bytes.clone()),
            Conditional::NotModified => answer(StatusCode::NOT_MODIFIED, Bytes::new()),
            Conditional::Part { start, end } => Sent {
                range: Some(format!("bytes {start}-{end}/{length}")),
                ..answer(StatusCode::PARTIAL_CONTENT, part(bytes, start, end))
            },
            Conditional::Unsatisfiable => Sent {
                range: Some(format!("bytes */{length}")),
                ..answer(StatusCode::RANGE_NOT_SATISFIABLE, Bytes::new())
            },
        }
    }

    /// The whole file in the coding that the client likes best, if there is one in which it is smaller.
    async fn coded(&self, files: &Rc<Files>, accepted: Option<&Accepted>) -> Option<Sent> {
        let coding = accepted?.best()?;
        let content = files.coded(self.account, self.asset, coding).await?;
        let etag = coding.etag(&self.asset.hash);
        Some(Sent { status: self.status, etag, coding: Some(coding), range: None, content })
    }

    fn describe(&self, sent: &Sent, headers: &mut HeaderMap) {
        set(headers, header::ETAG, &sent.etag);
        set(headers, header::CONTENT_TYPE, &self.asset.kind);
        if let Some(range) = &sent.range {
            set(headers, header::CONTENT_RANGE, range);
        }
        headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
        // Ranges are of the file as it is.
        if sent.coding.is_none() {
            headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        }
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let (false, Ok(value)) = (value.is_empty(), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}

/// Tells caches that another client may get another coding.
fn vary(headers: &mut HeaderMap) {
    if !has_word(headers, &header::VARY, "accept-encoding") && !has_word(headers, &header::VARY, "*") {
        // A full map is far longer than what any client reads.
        drop(headers.try_append(header::VARY, HeaderValue::from_name(header::ACCEPT_ENCODING)));
    }
}

/// Whether a word stands in a list that is a header's value.
fn has_word(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let lists = headers.get_all(name).into_iter();
    lists
        .flat_map(|list| list.as_bytes().split(|byte| *byte == b','))
        .any(|found| found.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

/// The bytes from `start` to `end`, that one included.
fn part(bytes: &Bytes, start: u64, end: u64) -> Bytes {
    let at = |index: u64| usize::try_from(index).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(at(start)..at(end.saturating_add(1)).max(at(start)))
}
