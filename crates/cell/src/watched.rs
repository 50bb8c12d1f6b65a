//! Bodies that tell when a client leaves in the middle of them.

use std::{
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;
use mote_web::{EventUsage, Failure, Outcome};
use mote_wire::http::{Body, BodyError};

use crate::cell::{Cell, EventLog};

/// A body that leaves at once, or not at all.
const AT_ONCE_BYTES_MAX: u64 = 64 << 10;

/// A response's body on its way to the client.
pub(crate) struct Watched {
    body: Body,
    /// The event that it belongs to; none if no code ran.
    usage: Option<Arc<EventUsage>>,
    /// What to say if it is dropped before its end; `None` if there is nothing to say (any more).
    leaving: Option<Box<Leaving>>,
}

/// The event whose client may leave.
pub(crate) struct Leaving {
    pub(crate) cell: Rc<Cell>,
    pub(crate) worker: Rc<str>,
    pub(crate) method: Method,
    pub(crate) url: String,
}

impl Watched {
    /// Only a body that takes its time is watched: a small one that is there as a whole leaves at once.
    pub(crate) fn new(body: Body, usage: Arc<EventUsage>, leaving: Leaving) -> Self {
        let watched = body.size_hint().exact().is_none_or(|bytes| bytes > AT_ONCE_BYTES_MAX);
        Self { body, usage: Some(usage), leaving: watched.then(|| Box::new(leaving)) }
    }

    pub(crate) fn plain(body: Body) -> Self {
        Self { body, usage: None, leaving: None }
    }
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(task);
        let Some(usage) = &self.usage else { return polled };
        let broken = match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                let within = frame.data_ref().is_none_or(|data| usage.count_out(data.len()));
                (!within)
                    .then(|| BodyError::Aborted { reason: "the body is longer than it may be".to_owned() })
            }
            Poll::Ready(Some(Err(error))) => Some(error.clone()),
            Poll::Ready(None) | Poll::Pending => None,
        };
        if broken.is_some() {
            usage.set_outcome(Outcome::StreamDisconnected);
        }
        // At its end it is complete; with an error it is the worker, or its upstream, that left.
        if broken.is_some() || matches!(polled, Poll::Ready(None)) {
            self.leaving = None;
        }
        match broken {
            Some(error) => Poll::Ready(Some(Err(error))),
            None => polled,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let Some(leaving) = self.leaving.take() else { return };
        if self.body.is_end_stream() {
            return;
        }
        let Some(usage) = &self.usage else { return };
        usage.set_outcome(Outcome::Canceled);
        if !leaving.cell.observer.wants_events() {
            return;
        }
        leaving.cell.observer.event(&EventLog {
            worker: &leaving.worker,
            method: leaving.method.as_str(),
            url: &leaving.url,
            status: None,
            duration: usage.began().elapsed(),
            cpu: usage.cpu(),
            outcome: Outcome::Canceled,
            failure: Some(&Failure::Gone),
        });
    }
}

/// A request whose body is counted, and cancels its event if the client breaks it off.
pub(crate) fn watch_upload(request: Request<Incoming>, usage: &Arc<EventUsage>) -> Request<Body> {
    request.map(|body| {
        if body.is_end_stream() {
            return mote_wire::http::empty();
        }
        Upload { body, usage: usage.clone() }.boxed_unsync()
    })
}

/// A request's body on its way to the worker.
struct Upload {
    body: Incoming,
    usage: Arc<EventUsage>,
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(task) else { return Poll::Pending };
        Poll::Ready(frame.map(|frame| {
            let frame = frame.map_err(|error| {
                self.usage.set_outcome(Outcome::Canceled);
                BodyError::Lost { reason: error.to_string() }
            })?;
            if frame.data_ref().is_some_and(|data| !self.usage.count_in(data.len())) {
                let reason = format!("it is larger than {} MiB", self.usage.limits().request_body_mib);
                return Err(BodyError::Aborted { reason });
            }
            Ok(frame)
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The same response, once its body has begun. Reading an upload is what makes hyper send `100 Continue`, and after the
/// response's head it is too late for that.
pub(crate) async fn begun(response: Response<Body>) -> Response<Body> {
    let (parts, mut body) = response.into_parts();
    if body.is_end_stream() {
        return Response::from_parts(parts, body);
    }
    let first = body.frame().await;
    let rest = futures_util::stream::poll_fn(move |task| Pin::new(&mut body).poll_frame(task));
    let whole = futures_util::StreamExt::chain(futures_util::stream::iter(first), rest);
    Response::from_parts(parts, StreamBody::new(whole).boxed_unsync())
}
