//! Bodies on their way over a link: the end that is read, and what sends the other one.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use super::{
    DATA_BYTES_MAX, WINDOW_BYTES, frame,
    state::{OUT_BYTES_ENOUGH, Shared, State, longer_than_announced},
};
use crate::http::{Body, BodyError};

/// A body that comes over a link.
pub(super) enum LinkBody {
    /// It came as a whole.
    Whole(Bytes),
    /// It comes in pieces.
    Stream(StreamedBody),
}

/// A body that comes in pieces. Dropping it tells the other side that nobody wants the rest.
pub(super) struct StreamedBody {
    shared: Arc<Shared>,
    /// `None` once it is over.
    exchange: Option<u64>,
    /// Bytes that are still to be read, if that is known.
    left: Option<u64>,
}

impl LinkBody {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self::Whole(bytes)
    }

    pub(super) fn stream(shared: Arc<Shared>, exchange: u64, length: Option<u64>) -> Self {
        Self::Stream(StreamedBody { shared, exchange: Some(exchange), left: length })
    }

    pub(super) fn into_body(self) -> Body {
        match self {
            Self::Whole(bytes) => crate::http::full(bytes),
            Self::Stream(body) => Body::stream(body),
        }
    }

    /// The exchange that it belongs to, for a stream of bytes in its place.
    pub(super) fn into_exchange(self) -> Option<u64> {
        match self {
            Self::Whole(_) => None,
            Self::Stream(mut body) => body.exchange.take(),
        }
    }
}

/// What reading an exchange's inbound bytes gives.
pub(super) enum Read {
    Data(Bytes),
    End,
    Broken(BodyError),
}

/// Takes the next bytes of an exchange, and asks for more when enough were read.
pub(super) fn poll_inbound(state: &mut State, exchange: u64, task: &Context<'_>) -> Poll<Read> {
    let data = state.pop(exchange);
    let Some(entry) = state.exchanges.get_mut(&exchange) else {
        return Poll::Ready(Read::Broken(lost()));
    };
    let inbound = &mut entry.inbound;
    let Some(data) = data else {
        return match &inbound.end {
            Some(Ok(())) => Poll::Ready(Read::End),
            Some(Err(error)) => Poll::Ready(Read::Broken(error.clone())),
            None => {
                inbound.waker = Some(task.waker().clone());
                Poll::Pending
            }
        };
    };
    inbound.read = inbound.read.saturating_add(u32::try_from(data.len()).unwrap_or(u32::MAX));
    if inbound.end.is_none() && inbound.read >= WINDOW_BYTES / 2 {
        let more = std::mem::take(&mut inbound.read).min(WINDOW_BYTES - inbound.window);
        inbound.window += more;
        if more > 0 {
            frame::put_credit(&mut state.out, exchange, more);
            state.wake_driver();
        }
    }
    Poll::Ready(Read::Data(data))
}

fn lost() -> BodyError {
    BodyError::Lost { reason: "the other end of the link is gone or has given up".to_owned() }
}

impl http_body::Body for StreamedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(exchange) = self.exchange else { return Poll::Ready(None) };
        let read = ready!(poll_inbound(&mut self.shared.lock(), exchange, task));
        match read {
            Read::Data(data) => {
                self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Read::End => {
                self.let_go();
                Poll::Ready(None)
            }
            Read::Broken(error) => {
                self.let_go();
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.exchange.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match (self.exchange, self.left) {
            (None, _) => SizeHint::with_exact(0),
            (Some(_), Some(left)) => SizeHint::with_exact(left),
            (Some(_), None) => SizeHint::default(),
        }
    }
}

impl StreamedBody {
    /// Nobody reads it any more. If more was to come, the other side is told.
    fn let_go(&mut self) {
        let Some(exchange) = self.exchange.take() else { return };
        let side = self.shared.options.side;
        let mut state = self.shared.lock();
        state.forget(exchange);
        let Some(entry) = state.exchanges.get_mut(&exchange) else { return };
        entry.inbound.held = false;
        if entry.inbound.end.is_none() {
            if State::is_own(side, exchange) {
                // The rest of a response that nobody wants: the client has left.
                drop(state);
                return self.shared.cancel(exchange);
            }
            entry.inbound.end = Some(Ok(()));
            frame::put_stop(&mut state.out, exchange);
            state.wake_driver();
        }
        let over = state.remove_if_over(side, exchange);
        drop(state);
        drop(over);
    }
}

impl Drop for StreamedBody {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// Sends a body, as far as the other side wants it.
pub(super) struct Pump {
    shared: Arc<Shared>,
    exchange: u64,
    body: Body,
    waiting: Bytes,
    /// What may still come of it, if its length was announced.
    left: Option<u64>,
}

impl Pump {
    /// Sends a body of which the first bytes are here, and whose length was announced, if it is known.
    pub(super) fn new(
        shared: Arc<Shared>,
        exchange: u64,
        body: Body,
        (waiting, left): (Bytes, Option<u64>),
    ) -> Self {
        let left = left.map(|left| left.saturating_sub(waiting.len() as u64));
        Self { shared, exchange, body, waiting, left }
    }

    /// Whether no more has come than was announced.
    fn is_within(&mut self) -> bool {
        let Some(left) = self.left else { return true };
        self.left = left.checked_sub(self.waiting.len() as u64);
        self.left.is_some()
    }

    /// What comes next. A body is made by decoders of others, too: what goes wrong there ends it, and not the link of all.
    fn poll_body(&mut self, task: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let body = AssertUnwindSafe(|| Pin::new(&mut self.body).poll_frame(task));
        std::panic::catch_unwind(body).unwrap_or_else(|_| {
            let reason = "a mistake of the platform's".to_owned();
            Poll::Ready(Some(Err(BodyError::Aborted { reason })))
        })
    }

    /// Sends what waits; ready when all of it is on its way, with `false` if nobody wants any more.
    fn poll_send(&mut self, task: &Context<'_>) -> Poll<bool> {
        let mut state = self.shared.lock();
        loop {
            match poll_room(&mut state, self.exchange, task) {
                Poll::Ready(0) => return Poll::Ready(false),
                // Also where nothing waits: a body that is slow learns so that nobody wants it.
                _ if self.waiting.is_empty() => return Poll::Ready(true),
                Poll::Pending => return Poll::Pending,
                Poll::Ready(room) => {
                    let piece = self.waiting.split_to(room.min(self.waiting.len()));
                    put_piece(&mut state, self.exchange, &piece);
                }
            }
        }
    }

    fn finish(&self, result: Result<(), BodyError>) {
        let side = self.shared.options.side;
        let mut state = self.shared.lock();
        let Some(entry) = state.exchanges.get_mut(&self.exchange) else { return };
        entry.outbound.ended = true;
        match result {
            Ok(()) => frame::put_end(&mut state.out, self.exchange),
            Err(error) => frame::put_broken(&mut state.out, self.exchange, &error),
        }
        let over = state.remove_if_over(side, self.exchange);
        state.wake_driver();
        drop(state);
        drop(over);
    }
}

/// How many bytes of an exchange may leave now; zero if nobody wants any. The waker is kept in any case, for the end.
pub(super) fn poll_room(state: &mut State, exchange: u64, task: &Context<'_>) -> Poll<usize> {
    let (full, refills) = (state.out.len() >= OUT_BYTES_ENOUGH, state.refills);
    let Some(entry) = state.exchanges.get_mut(&exchange).filter(|entry| !entry.outbound.ended) else {
        return Poll::Ready(0);
    };
    let outbound = &mut entry.outbound;
    if !outbound.waker.as_ref().is_some_and(|waker| waker.will_wake(task.waker())) {
        outbound.waker = Some(task.waker().clone());
        outbound.asked = None;
    }
    if outbound.credit == 0 {
        return Poll::Pending;
    }
    if full {
        if outbound.asked.replace(refills) != Some(refills) {
            state.waiting_for_space.push(task.waker().clone());
        }
        return Poll::Pending;
    }
    Poll::Ready(usize::try_from(outbound.credit).unwrap_or(usize::MAX).min(DATA_BYTES_MAX))
}

/// Sends bytes for which there was room.
pub(super) fn put_piece(state: &mut State, exchange: u64, piece: &[u8]) {
    if let Some(entry) = state.exchanges.get_mut(&exchange) {
        let bytes = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        entry.outbound.credit = entry.outbound.credit.saturating_sub(bytes);
        frame::put_data(&mut state.out, exchange, piece);
        state.wake_driver();
    }
}

impl Future for Pump {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        loop {
            if !ready!(self.poll_send(task)) {
                return Poll::Ready(());
            }
            match ready!(self.poll_body(task)) {
                None => {
                    self.finish(Ok(()));
                    return Poll::Ready(());
                }
                Some(Err(error)) => {
                    self.finish(Err(error));
                    return Poll::Ready(());
                }
                // Trailers are left out.
                Some(Ok(frame)) => {
                    self.waiting = frame.into_data().unwrap_or_default();
                    if !self.is_within() {
                        self.finish(Err(longer_than_announced()));
                        return Poll::Ready(());
                    }
                }
            }
        }
    }
}
