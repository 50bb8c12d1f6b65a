//! Bodies that tell when a client leaves in the middle of them, or falls silent.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body::{Body as _, Frame, SizeHint};
use mote_web::{EventUsage, Failure, Outcome};
use mote_wire::http::{Body, BodyError};
use tokio::time::Sleep;

use crate::cell::{EventLog, Observer};

/// A body that leaves at once, or not at all.
const AT_ONCE_BYTES_MAX: u64 = 64 << 10;

/// How much later than the event itself a silent client's time is up: before its answer the event comes first, and says so.
const SILENCE_SLACK: Duration = Duration::from_secs(2);

/// The event whose client may leave.
pub(crate) struct Leaving {
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) worker: Arc<str>,
    pub(crate) method: Method,
    pub(crate) url: String,
}

/// Has a response's body counted, and tells when its client leaves in the middle of it. Only a body that takes its time is
/// watched: a small one that is there as a whole leaves at once, and its event is over.
pub(crate) fn watch_download(
    response: Response<Body>,
    usage: Arc<EventUsage>,
    leaving: Leaving,
) -> Response<Body> {
    // Who says how long it is before it is there, an upstream for one, may break that promise.
    let promised = response.headers().contains_key(header::CONTENT_LENGTH);
    response.map(|body| {
        let at_once = body.size_hint().exact().filter(|bytes| *bytes <= AT_ONCE_BYTES_MAX && !promised);
        if at_once.and_then(|bytes| usize::try_from(bytes).ok()).is_some_and(|bytes| usage.count_out(bytes)) {
            return body;
        }
        Body::stream(Download { body, usage, leaving: Some(leaving) })
    })
}

/// A response's body on its way to the client.
struct Download {
    body: Body,
    /// The event that it belongs to.
    usage: Arc<EventUsage>,
    /// What to say if it is dropped before its end; `None` if there is nothing to say any more.
    leaving: Option<Leaving>,
}

impl http_body::Body for Download {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(task);
        let usage = &self.usage;
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

impl Drop for Download {
    fn drop(&mut self) {
        let Some(leaving) = self.leaving.take() else { return };
        if self.body.is_end_stream() {
            return;
        }
        let usage = &self.usage;
        usage.set_outcome(Outcome::Canceled);
        if !leaving.observer.wants_events() {
            return;
        }
        leaving.observer.event(&EventLog {
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
pub(crate) fn watch_upload(request: Request<Body>, usage: &Arc<EventUsage>) -> Request<Body> {
    request.map(|body| {
        if body.is_end_stream() {
            return body;
        }
        Body::stream(Upload { body, usage: usage.clone(), silence: None })
    })
}

/// A request's body on its way to the worker.
struct Upload {
    body: Body,
    usage: Arc<EventUsage>,
    /// Until when somebody waits for its next bytes; `None` if nobody does.
    silence: Option<Pin<Box<Sleep>>>,
}

impl Upload {
    /// Waits until its client was silent for too long. An event that has its answer has no other end while it reads.
    fn poll_silence(&mut self, task: &mut Context<'_>) -> Poll<BodyError> {
        let allowed = Duration::from_millis(self.usage.limits().wall_ms);
        let silence = self
            .silence
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(allowed.saturating_add(SILENCE_SLACK))));
        ready!(silence.as_mut().poll(task));
        self.usage.set_outcome(Outcome::ExceededWallTime);
        let seconds = allowed.as_secs_f64();
        Poll::Ready(BodyError::Aborted { reason: format!("its client has sent nothing for {seconds} s") })
    }
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(task) else {
            return self.poll_silence(task).map(|error| Some(Err(error)));
        };
        self.silence = None;
        Poll::Ready(frame.map(|frame| {
            let frame = frame.inspect_err(|_| self.usage.set_outcome(Outcome::Canceled))?;
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
