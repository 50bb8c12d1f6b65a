//! How bodies begin: what is there at once goes with the head.

use std::{
    cmp::Ordering,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http_body::Body as _;

use super::{
    body::{LinkBody, Pump},
    frame::{BodyStart, INLINE_BYTES_MAX},
    state::Shared,
};
use crate::http::{Body, BodyError};

/// What is left of a body after its start.
pub(super) struct Rest {
    body: Body,
    first: Bytes,
}

impl Rest {
    pub(super) fn pump(self, shared: Arc<Shared>, exchange: u64, length: Option<u64>) -> Pump {
        Pump::new(shared, exchange, self.body, (self.first, length))
    }
}

/// Takes from a body what is there at once. A small one leaves with its head, and nobody has to wait for the rest.
pub(super) fn begin_body(mut body: Body) -> (BodyStart, Option<Rest>) {
    let length = body.size_hint().exact();
    let ended = |inline: Bytes| BodyStart { length: Some(inline.len() as u64), inline, ended: true };
    if body.is_end_stream() || length == Some(0) {
        return (ended(Bytes::new()), None);
    }
    let small =
        length.and_then(|length| usize::try_from(length).ok()).filter(|bytes| *bytes <= INLINE_BYTES_MAX);
    let mut first = Bytes::new();
    if let Some(bytes) = small {
        let mut nobody = Context::from_waker(Waker::noop());
        if let Poll::Ready(Some(Ok(frame))) = std::pin::Pin::new(&mut body).poll_frame(&mut nobody)
            && let Ok(data) = frame.into_data()
        {
            match data.len().cmp(&bytes) {
                Ordering::Equal => return (ended(data), None),
                Ordering::Less => first = data,
                Ordering::Greater => body = too_long(),
            }
        }
    }
    (BodyStart { length, inline: Bytes::new(), ended: false }, Some(Rest { body, first }))
}

/// What is left of a body that is longer than was announced.
fn too_long() -> Body {
    let frames = futures_util::stream::iter([Err(longer_than_announced())]);
    Body::stream(http_body_util::StreamBody::new(frames))
}

/// Whoever makes a body may be hostile, and the other side takes what was not announced for a violation.
pub(super) fn longer_than_announced() -> BodyError {
    BodyError::Aborted { reason: "the body is longer than was announced".to_owned() }
}

/// Makes the body of what has begun to come: whole if all of it is there.
pub(super) fn body_of(shared: &Arc<Shared>, exchange: u64, start: &BodyStart) -> LinkBody {
    if start.ended {
        LinkBody::whole(start.inline.clone())
    } else {
        LinkBody::stream(shared.clone(), exchange, start.length)
    }
}
