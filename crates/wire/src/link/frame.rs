//! The bytes of a link.
//!
//! A frame is a head of 16 bytes - the payload's length (4 bytes), the kind, the flags, two zeros, the exchange's number
//! (8 bytes), all big-endian - and the payload. What is decoded was checked: no length of the other side's is believed
//! before it was compared with what may be.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::{DATA_BYTES_MAX, FAILURE_BYTES_MAX, HEAD_BYTES_MAX, Head, Kind, Violation};
use crate::{http::BodyError, limits::HEADERS_MAX};

/// Bytes of a frame's head.
pub(super) const FRAME_HEAD: usize = 16;
/// Bytes of a body that is sent along with its head.
pub(super) const INLINE_BYTES_MAX: usize = 16 << 10;
/// A request may have a few headers more than a client may send: the platform adds its own.
const HEADERS_OF_FRAME_MAX: usize = HEADERS_MAX + 100;
/// Bytes of the text of a body's error.
const REASON_BYTES_MAX: usize = 4 << 10;

/// The body ends with this frame.
const END: u8 = 1;
/// The request asks to leave HTTP.
const UPGRADE: u8 = 2;
/// The body's length is known.
const LENGTH: u8 = 4;
/// The response has a reason phrase of its own.
const REASON: u8 = 8;

/// How a body begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BodyStart {
    /// Its length in bytes, if that is known.
    pub(super) length: Option<u64>,
    /// The first of its bytes.
    pub(super) inline: Bytes,
    /// Whether these are all.
    pub(super) ended: bool,
}

/// A request's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestHead {
    pub(super) worker: u32,
    pub(super) kind: Kind,
    pub(super) upgrade: bool,
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) target: String,
    pub(super) headers: HeaderMap,
}

/// A response's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResponseHead {
    pub(super) status: StatusCode,
    pub(super) reason: Option<Bytes>,
    pub(super) headers: HeaderMap,
}

/// What one side tells the other about an exchange.
#[derive(Debug, Clone)]
pub(super) enum Frame {
    /// It begins.
    Request(RequestHead, BodyStart),
    /// It is answered.
    Response(ResponseHead, BodyStart),
    /// It is answered with a failure.
    Fail(Bytes),
    /// Bytes of a body.
    Data(Bytes),
    /// A body is over.
    End,
    /// A body broke off.
    Broken(BodyError),
    /// So many more bytes of a body may come.
    Credit(u32),
    /// No more of a body is wanted.
    Stop,
    /// The exchange is given up.
    Cancel,
}

pub(super) fn put_request(out: &mut BytesMut, exchange: u64, head: &Head<'_>, body: &BodyStart) {
    let flags = if head.upgrade { UPGRADE } else { 0 } | flags_of(body);
    frame(out, 1, flags, exchange, |out| {
        out.put_u32(head.worker);
        out.put_u8(match head.kind {
            Kind::Fetch => 0,
            Kind::Scheduled => 1,
            Kind::Rpc => 2,
        });
        put_length(out, body);
        put_bytes(out, head.method.as_str().as_bytes());
        put_bytes(out, head.url.as_bytes());
        put_bytes(out, head.target.as_bytes());
        put_headers(out, head.headers);
        out.put_slice(&body.inline);
    });
}

pub(super) fn put_response(out: &mut BytesMut, exchange: u64, head: &ResponseHead, body: &BodyStart) {
    let flags = if head.reason.is_some() { REASON } else { 0 } | flags_of(body);
    frame(out, 2, flags, exchange, |out| {
        out.put_u16(head.status.as_u16());
        put_length(out, body);
        if let Some(reason) = &head.reason {
            put_bytes(out, reason);
        }
        put_headers(out, &head.headers);
        out.put_slice(&body.inline);
    });
}

pub(super) fn put_fail(out: &mut BytesMut, exchange: u64, failure: &[u8]) {
    let failure = failure.get(..FAILURE_BYTES_MAX).unwrap_or(failure);
    frame(out, 3, 0, exchange, |out| out.put_slice(failure));
}

pub(super) fn put_data(out: &mut BytesMut, exchange: u64, data: &[u8]) {
    frame(out, 4, 0, exchange, |out| out.put_slice(data));
}

pub(super) fn put_end(out: &mut BytesMut, exchange: u64) {
    frame(out, 5, 0, exchange, |_| ());
}

pub(super) fn put_broken(out: &mut BytesMut, exchange: u64, error: &BodyError) {
    let (kind, reason) = match error {
        BodyError::Lost { reason } => (0, reason),
        BodyError::Aborted { reason } => (1, reason),
        BodyError::Encoding { reason } => (2, reason),
    };
    let end = reason.floor_char_boundary(REASON_BYTES_MAX);
    frame(out, 6, 0, exchange, |out| {
        out.put_u8(kind);
        out.put_slice(reason.as_bytes().get(..end).unwrap_or_default());
    });
}

pub(super) fn put_credit(out: &mut BytesMut, exchange: u64, bytes: u32) {
    frame(out, 7, 0, exchange, |out| out.put_u32(bytes));
}

pub(super) fn put_stop(out: &mut BytesMut, exchange: u64) {
    frame(out, 8, 0, exchange, |_| ());
}

pub(super) fn put_cancel(out: &mut BytesMut, exchange: u64) {
    frame(out, 9, 0, exchange, |_| ());
}

fn frame(out: &mut BytesMut, kind: u8, flags: u8, exchange: u64, payload: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    out.put_u32(0);
    out.put_u8(kind);
    out.put_u8(flags);
    out.put_u16(0);
    out.put_u64(exchange);
    payload(out);
    let length = u32::try_from(out.len() - start - FRAME_HEAD).unwrap_or(u32::MAX).to_be_bytes();
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length);
    }
}

fn flags_of(body: &BodyStart) -> u8 {
    (if body.ended { END } else { 0 }) | (if body.length.is_some() { LENGTH } else { 0 })
}

fn put_length(out: &mut BytesMut, body: &BodyStart) {
    if let Some(length) = body.length {
        out.put_u64(length);
    }
}

fn put_bytes(out: &mut BytesMut, bytes: &[u8]) {
    out.put_u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    out.put_slice(bytes);
}

fn put_headers(out: &mut BytesMut, headers: &HeaderMap) {
    out.put_u16(u16::try_from(headers.len()).unwrap_or(u16::MAX));
    for (name, value) in headers {
        let name = name.as_str().as_bytes();
        out.put_u16(u16::try_from(name.len()).unwrap_or(u16::MAX));
        out.put_slice(name);
        put_bytes(out, value.as_bytes());
    }
}

/// Bytes that heads take with the texts in them, about, and never less; what is larger is not sent.
pub(super) fn head_bytes(headers: &HeaderMap, texts: &[&str]) -> usize {
    let headers: usize = headers.iter().map(|(name, value)| 6 + name.as_str().len() + value.len()).sum();
    let texts: usize = texts.iter().map(|text| text.len()).sum();
    headers + texts + 64
}

/// Takes the next frame out of what has come; `None` if it is not all there.
pub(super) fn take(input: &mut BytesMut) -> Result<Option<(u64, Frame)>, Violation> {
    let Some(head) = input.first_chunk::<FRAME_HEAD>() else { return Ok(None) };
    let mut head = &head[..];
    let (length, kind, flags) = (head.get_u32(), head.get_u8(), head.get_u8());
    let (zero, exchange) = (head.get_u16(), head.get_u64());
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let length_max = match kind {
        1 | 2 => HEAD_BYTES_MAX + INLINE_BYTES_MAX,
        3 => FAILURE_BYTES_MAX,
        4 => DATA_BYTES_MAX,
        6 => REASON_BYTES_MAX + 1,
        7 => 4,
        5 | 8 | 9 => 0,
        _ => return Err(Violation::UnknownFrame { kind }),
    };
    if length > length_max {
        return Err(Violation::FrameTooLong { kind, length });
    }
    if zero != 0 || (kind > 2 && flags != 0) {
        return Err(Violation::Malformed { kind });
    }
    if input.len() < FRAME_HEAD + length {
        input.reserve(FRAME_HEAD + length - input.len());
        return Ok(None);
    }
    input.advance(FRAME_HEAD);
    let payload = take_payload(input, length);
    let malformed = || Violation::Malformed { kind };
    let frame = match kind {
        1 => Reader::new(payload).request(flags).ok_or_else(malformed)?,
        2 => Reader::new(payload).response(flags).ok_or_else(malformed)?,
        3 => Frame::Fail(payload),
        4 => Frame::Data(payload),
        5 => Frame::End,
        6 => Reader::new(payload).broken().ok_or_else(malformed)?,
        7 => Reader::new(payload).credit().ok_or_else(malformed)?,
        8 => Frame::Stop,
        _ => Frame::Cancel,
    };
    Ok(Some((exchange, frame)))
}

/// Large payloads share the memory that they were read into; small ones are copied, so that they do not keep it.
fn take_payload(input: &mut BytesMut, length: usize) -> Bytes {
    const SHARED_BYTES_MIN: usize = 8 << 10;
    let payload = input.split_to(length);
    if length >= SHARED_BYTES_MIN { payload.freeze() } else { Bytes::copy_from_slice(&payload) }
}

/// Reads a payload; everything is `None` where the bytes do not suffice or say what no encoder writes.
struct Reader {
    payload: Bytes,
    /// Bytes of it that were read.
    at: usize,
}

impl Reader {
    fn new(payload: Bytes) -> Self {
        Self { payload, at: 0 }
    }

    fn request(mut self, flags: u8) -> Option<Frame> {
        if flags & !(END | UPGRADE | LENGTH) != 0 {
            return None;
        }
        let worker = self.u32()?;
        let kind = match self.number::<1>()? {
            [0] => Kind::Fetch,
            [1] => Kind::Scheduled,
            [2] => Kind::Rpc,
            _ => return None,
        };
        let length = self.length(flags)?;
        let method = Method::from_bytes(self.bytes()?).ok()?;
        let url = std::str::from_utf8(self.bytes()?).ok()?.to_owned();
        let target = std::str::from_utf8(self.bytes()?).ok()?.to_owned();
        let headers = self.headers()?;
        let head = RequestHead { worker, kind, upgrade: flags & UPGRADE != 0, method, url, target, headers };
        Some(Frame::Request(head, self.body(flags, length)?))
    }

    fn response(mut self, flags: u8) -> Option<Frame> {
        if flags & !(END | REASON | LENGTH) != 0 {
            return None;
        }
        let status = StatusCode::from_u16(u16::from_be_bytes(self.number()?)).ok()?;
        let length = self.length(flags)?;
        let reason = if flags & REASON != 0 { Some(Bytes::copy_from_slice(self.bytes()?)) } else { None };
        let headers = self.headers()?;
        let head = ResponseHead { status, reason, headers };
        Some(Frame::Response(head, self.body(flags, length)?))
    }

    fn broken(mut self) -> Option<Frame> {
        let [kind] = self.number()?;
        let reason = std::str::from_utf8(self.rest()).ok()?.to_owned();
        Some(Frame::Broken(match kind {
            0 => BodyError::Lost { reason },
            1 => BodyError::Aborted { reason },
            2 => BodyError::Encoding { reason },
            _ => return None,
        }))
    }

    fn credit(mut self) -> Option<Frame> {
        let bytes = self.u32()?;
        (bytes > 0).then_some(Frame::Credit(bytes))
    }

    /// What is left is the beginning of the body.
    fn body(self, flags: u8, length: Option<u64>) -> Option<BodyStart> {
        let ended = flags & END != 0;
        let inline = self.payload.slice(self.at..);
        let inline_bytes = inline.len() as u64;
        let fits =
            length.is_none_or(|length| if ended { inline_bytes == length } else { inline_bytes <= length });
        (fits && inline.len() <= INLINE_BYTES_MAX).then_some(BodyStart { length, inline, ended })
    }

    /// `Some(None)` if the length is not known.
    fn length(&mut self, flags: u8) -> Option<Option<u64>> {
        if flags & LENGTH == 0 {
            return Some(None);
        }
        self.number().map(u64::from_be_bytes).map(Some)
    }

    fn headers(&mut self) -> Option<HeaderMap> {
        let count = usize::from(u16::from_be_bytes(self.number()?));
        if count > HEADERS_OF_FRAME_MAX {
            return None;
        }
        let mut headers = HeaderMap::with_capacity(count);
        for _ in 0..count {
            let length = usize::from(u16::from_be_bytes(self.number()?));
            let name = HeaderName::from_lowercase(self.some(length)?).ok()?;
            let length = self.bytes()?.len();
            let value = self.payload.slice(self.at - length..self.at);
            headers.append(name, HeaderValue::from_maybe_shared(value).ok()?);
        }
        Some(headers)
    }

    fn u32(&mut self) -> Option<u32> {
        self.number().map(u32::from_be_bytes)
    }

    /// The bytes of a number, the highest first.
    fn number<const BYTES: usize>(&mut self) -> Option<[u8; BYTES]> {
        self.some(BYTES)?.try_into().ok()
    }

    fn bytes(&mut self) -> Option<&[u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        self.some(length)
    }

    fn some(&mut self, length: usize) -> Option<&[u8]> {
        let end = self.at.checked_add(length)?;
        let some = self.payload.get(self.at..end)?;
        self.at = end;
        Some(some)
    }

    fn rest(&self) -> &[u8] {
        self.payload.get(self.at..).unwrap_or_default()
    }
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
