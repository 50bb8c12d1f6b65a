//! An exchange that has become a stream of bytes, in both directions.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    body::{Read, poll_inbound, poll_room, put_piece},
    frame,
    state::Shared,
};

/// One end of the stream. Dropping it before both directions are over gives the exchange up.
pub(super) struct LinkDuplex {
    shared: Arc<Shared>,
    /// `None` if there never was a stream.
    exchange: Option<u64>,
    /// What was read and not yet taken.
    rest: Bytes,
    read_over: bool,
}

impl LinkDuplex {
    pub(super) fn new(shared: Arc<Shared>, exchange: impl Into<Option<u64>>) -> Self {
        Self { shared, exchange: exchange.into(), rest: Bytes::new(), read_over: false }
    }
}

impl AsyncRead for LinkDuplex {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(exchange) = self.exchange.filter(|_| !self.read_over) else { return Poll::Ready(Ok(())) };
        if self.rest.is_empty() {
            let read = ready!(poll_inbound(&mut self.shared.lock(), exchange, task));
            match read {
                Read::Data(data) => self.rest = data,
                Read::End => {
                    self.read_over = true;
                    return Poll::Ready(Ok(()));
                }
                Read::Broken(error) => {
                    self.read_over = true;
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionReset, error)));
                }
            }
        }
        let piece = self.rest.len().min(into.remaining());
        into.put_slice(self.rest.get(..piece).unwrap_or_default());
        self.rest.advance(piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LinkDuplex {
    fn poll_write(self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Some(exchange) = self.exchange else { return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())) };
        let mut state = self.shared.lock();
        let room = ready!(poll_room(&mut state, exchange, task));
        if room == 0 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let piece = bytes.get(..room).unwrap_or(bytes);
        put_piece(&mut state, exchange, piece);
        Poll::Ready(Ok(piece.len()))
    }

    /// What is written is on its way.
    fn poll_flush(self: Pin<&mut Self>, _task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(exchange) = self.exchange else { return Poll::Ready(Ok(())) };
        let mut state = self.shared.lock();
        if let Some(entry) = state.exchanges.get_mut(&exchange)
            && !entry.outbound.ended
        {
            entry.outbound.ended = true;
            frame::put_end(&mut state.out, exchange);
            state.wake_driver();
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for LinkDuplex {
    fn drop(&mut self) {
        let Some(exchange) = self.exchange else { return };
        let side = self.shared.options.side;
        let mut state = self.shared.lock();
        let Some(entry) = state.exchanges.get_mut(&exchange) else { return };
        entry.inbound.held = false;
        let over = state.remove_if_over(side, exchange);
        drop(state);
        if over.is_none() {
            self.shared.cancel(exchange);
        }
    }
}
