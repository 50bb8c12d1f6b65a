//! A WebSocket's connection that counts what arrives: a message counts as the isolate's memory before it is whole.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use mote_engine::memory::Held;
use mote_wire::http::Duplex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many bytes arrive between two times that they are counted.
const STEP_BYTES: usize = 64 << 10;

/// The part of a message that has arrived.
pub(super) struct Arriving {
    bytes: AtomicUsize,
    held: Mutex<Held>,
}

impl Arriving {
    pub(super) fn new(held: Held) -> Self {
        Self { bytes: AtomicUsize::new(0), held: Mutex::new(held) }
    }

    /// The message is whole, and the worker's.
    pub(super) fn has_arrived(&self) {
        if self.bytes.swap(0, Ordering::Relaxed) >= STEP_BYTES {
            self.resize(0);
        }
    }

    /// Counts more of it; false if the isolate may not have that much.
    fn more(&self, bytes: usize) -> bool {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let now = before.saturating_add(bytes);
        before / STEP_BYTES == now / STEP_BYTES || self.resize(now)
    }

    fn resize(&self, bytes: usize) -> bool {
        self.held.lock().is_ok_and(|mut held| held.resize(bytes))
    }
}

/// The connection below a WebSocket.
pub(super) struct CountedIo {
    pub(super) io: Box<dyn Duplex>,
    pub(super) arriving: Arc<Arriving>,
}

/// Whether reading failed because the isolate may hold no more.
pub(super) fn is_no_room(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::OutOfMemory
}

impl AsyncRead for CountedIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(task, buffer);
        if !self.arriving.more(buffer.filled().len().saturating_sub(before)) {
            return Poll::Ready(Err(io::ErrorKind::OutOfMemory.into()));
        }
        polled
    }
}

impl AsyncWrite for CountedIo {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(task, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(task)
    }
}

#[cfg(test)]
mod tests {
    use mote_engine::memory::MemoryAccount;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_message_counts_while_it_arrives() {
        let account = MemoryAccount::alone(3 * STEP_BYTES);
        let arriving = Arc::new(Arriving::new(account.hold(0).unwrap()));
        let (mut peer, io) = tokio::io::duplex(16 * STEP_BYTES);
        let mut io = CountedIo { io: Box::new(io), arriving: arriving.clone() };
        peer.write_all(&vec![0; 8 * STEP_BYTES]).await.unwrap();
        let mut half = vec![0; 2 * STEP_BYTES];
        io.read_exact(&mut half).await.unwrap();
        assert!(account.total() >= STEP_BYTES);
        arriving.has_arrived();
        assert_eq!(account.total(), 0);
        let error = io.read_exact(&mut vec![0; 4 * STEP_BYTES]).await.unwrap_err();
        assert!(is_no_room(&error));
    }
}
