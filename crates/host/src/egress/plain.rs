//! A TCP connection that may begin to speak TLS later: until then its bytes go through; then it ends as what it was, and what
//! is below it goes to whoever speaks TLS on it.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Notify,
};

/// What both ends of the hand-over know.
pub(super) struct Handover {
    state: Mutex<State>,
    /// The last byte was written that goes out plain, or nobody writes any more.
    written: Notify,
}

struct State {
    /// `None` once it was taken.
    stream: Option<TcpStream>,
    /// Somebody wants to speak TLS on it.
    is_wanted: bool,
    /// Whoever wrote to it has said that it was all.
    is_written: bool,
    /// Whoever had it as a plain connection has dropped it.
    is_dropped: bool,
    reader: Option<Waker>,
}

/// The connection, as long as it is plain.
pub(super) struct Plain(Arc<Handover>);

impl Plain {
    /// A connection, and the way to take it.
    pub(super) fn new(stream: TcpStream) -> (Self, Arc<Handover>) {
        let state = State {
            stream: Some(stream),
            is_wanted: false,
            is_written: false,
            is_dropped: false,
            reader: None,
        };
        let handover = Arc::new(Handover { state: Mutex::new(state), written: Notify::new() });
        (Self(handover.clone()), handover)
    }
}

impl Handover {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on nothing is read from it, and its end of writing is no end of the connection.
    pub(super) fn want(&self) {
        let mut state = self.lock();
        state.is_wanted = true;
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }

    /// Takes what is below it, when all that was to go out plain is written. `None` if it is gone.
    pub(super) async fn take(&self) -> Option<TcpStream> {
        loop {
            // Before it is looked at: what happens in between is noticed.
            let written = self.written.notified();
            {
                let mut state = self.lock();
                if state.is_written {
                    return state.stream.take();
                }
                if state.is_dropped {
                    return None;
                }
            }
            written.await;
        }
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_dropped = true;
        // Nobody will take it: it ends now.
        if !(state.is_wanted && state.is_written) {
            state.stream = None;
        }
        drop(state);
        self.0.written.notify_one();
    }
}

impl AsyncRead for Plain {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.0.lock();
        if state.is_wanted {
            return Poll::Ready(Ok(()));
        }
        state.reader = Some(task.waker().clone());
        match &mut state.stream {
            Some(stream) => Pin::new(stream).poll_read(task, into),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for Plain {
    fn poll_write(self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.0.lock().stream {
            Some(stream) => Pin::new(stream).poll_write(task, bytes),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// There is nothing between the one who writes and the system.
    fn poll_flush(self: Pin<&mut Self>, _task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.lock();
        if state.is_wanted {
            state.is_written = true;
            drop(state);
            self.0.written.notify_one();
            return Poll::Ready(Ok(()));
        }
        match &mut state.stream {
            Some(stream) => Pin::new(stream).poll_shutdown(task),
            None => Poll::Ready(Ok(())),
        }
    }
}
