//! Bodies that tell when a client leaves in the middle of them.

use std::{
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;
use mote_web::{Failure, Outcome};
use mote_wire::http::{Body, BodyError};

use crate::cell::{Cell, EventLog};

/// A response's body on its way to the client.
pub(crate) struct Watched {
    body: Body,
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
    /// Only a body of unknown length is watched: one that is there as a whole leaves at once.
    pub(crate) fn new(body: Body, leaving: Leaving) -> Self {
        let watched = body.size_hint().exact().is_none() && leaving.cell.observer.wants_events();
        Self { body, leaving: watched.then(|| Box::new(leaving)) }
    }

    pub(crate) fn plain(body: Body) -> Self {
        Self { body, leaving: None }
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
        // At its end it is complete; with an error it is the worker, or its upstream, that left.
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.leaving = None;
        }
        polled
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
        leaving.cell.observer.event(&EventLog {
            worker: &leaving.worker,
            method: leaving.method.as_str(),
            url: &leaving.url,
            status: None,
            duration: Duration::ZERO,
            outcome: Outcome::Canceled,
            failure: Some(&Failure::Gone),
        });
    }
}

/// A request whose body sets `left` if the client breaks it off.
pub(crate) fn watch_upload(request: Request<Incoming>, left: &Arc<AtomicBool>) -> Request<Body> {
    request.map(|body| {
        if body.is_end_stream() {
            return mote_wire::http::empty();
        }
        let left = left.clone();
        body.map_err(move |error| {
            left.store(true, Ordering::Relaxed);
            BodyError::Lost { reason: error.to_string() }
        })
        .boxed_unsync()
    })
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
