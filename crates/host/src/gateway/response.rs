//! Adapts a worker's response to what HTTP/1.1 can say.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderName, Method, Response, StatusCode, Version, header};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt, StreamBody};
use mote_wire::{
    http::{Body, BodyError, full},
    link::ReasonPhrase,
};

/// Headers of a connection.
const OF_CONNECTION: [HeaderName; 4] =
    [header::TRANSFER_ENCODING, HeaderName::from_static("keep-alive"), header::CONNECTION, header::UPGRADE];
/// Those of them that stay where a connection leaves HTTP.
const OF_SWITCH: [HeaderName; 2] = [header::CONNECTION, header::UPGRADE];

/// The response as it leaves.
pub(super) fn finish(mut response: Response<Body>, method: &Method) -> Response<Body> {
    let reason = response.extensions_mut().remove::<ReasonPhrase>();
    if let Some(reason) = reason.and_then(|ReasonPhrase(text)| hyper::ext::ReasonPhrase::try_from(text).ok())
    {
        response.extensions_mut().insert(reason);
    }
    *response.version_mut() = Version::HTTP_11;
    let switching = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    // What belongs to one connection is the connection's to say. Few responses have any of it, and to look for that costs less than to
    // remove what is not there.
    if headers.keys().any(|name| OF_CONNECTION.contains(name)) {
        for name in OF_CONNECTION.iter().filter(|name| !switching || !OF_SWITCH.contains(name)) {
            headers.remove(name);
        }
    }
    if method == Method::HEAD {
        // The head that a GET would have had (RFC 9110, section 9.3.2), and nothing behind it.
        if let Some(length) = response.body().size_hint().exact()
            && length > 0
        {
            response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
        }
        return response.map(|_| mote_wire::http::empty());
    }
    response.map(|body| match body.as_whole() {
        Some(_) => body,
        None => Body::stream(Breaking { body, held: None }),
    })
}

/// A body whose break waits for what came before it: hyper drops what it has not sent when a body breaks, the head of the
/// response among it. It sends all that it has when it must wait.
struct Breaking {
    body: Body,
    held: Option<BodyError>,
}

impl http_body::Body for Breaking {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(error) = self.held.take() {
            return Poll::Ready(Some(Err(error)));
        }
        match std::task::ready!(Pin::new(&mut self.body).poll_frame(task)) {
            Some(Err(error)) => {
                self.held = Some(error);
                task.waker().wake_by_ref();
                Poll::Pending
            }
            frame => Poll::Ready(frame),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The same response, once its body has begun. Reading an upload is what makes hyper send `100 Continue`, and after the
/// response's head it is too late for that.
pub(super) async fn begun(response: Response<Body>) -> Response<Body> {
    let (parts, mut body) = response.into_parts();
    if body.is_end_stream() {
        return Response::from_parts(parts, body);
    }
    let first = body.frame().await;
    let rest = futures_util::stream::poll_fn(move |task| Pin::new(&mut body).poll_frame(task));
    let whole = futures_util::StreamExt::chain(futures_util::stream::iter(first), rest);
    Response::from_parts(parts, Body::stream(StreamBody::new(whole)))
}

/// What a developer gets who has triggered an event without a response: the answers of Cloudflare's own tools.
pub(super) fn of_outcome(outcome: String) -> Response<Body> {
    let status = if outcome == "ok" { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
    let mut response = Response::new(full(outcome));
    *response.status_mut() = status;
    response
}
