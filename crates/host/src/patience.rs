//! A connection whose client must read what it is sent. An answer is in memory until it has left, and whoever asks for a large one
//! and reads none of it, or a byte now and then, would keep it there, and his place. An answer that is still being made holds its
//! event and its isolate besides.
//!
//! A client is waited for only while there is something that he does not take: who is sent nothing may be silent for as long as he
//! likes.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

/// How long nothing may leave that wants to.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// So much must leave in each stretch for which it is waited for this long.
const STRETCH: Duration = Duration::from_secs(60);
const STRETCH_BYTES: usize = 1 << 20;

/// How long a client of a worker may take nothing of what waits for him, if the operator says nothing else.
pub const CLIENT_IDLE_MAX: Duration = Duration::from_secs(60);

/// A connection that breaks when its client does not read.
pub struct Patience<S> {
    stream: S,
    idle_max: Duration,
    /// How long a mebibyte may take; `None` if it may take as long as it does, as long as something leaves.
    stretch: Option<Duration>,
    /// Since when its client is waited for; `None` while it is not.
    since: Option<Instant>,
    waited: Duration,
    bytes: usize,
    late: Pin<Box<Sleep>>,
}

impl<S> Patience<S> {
    /// The same connection, for who must read at a pace. It must be called inside a runtime.
    pub fn new(stream: S) -> Self {
        Self::with(stream, IDLE_MAX, Some(STRETCH))
    }

    /// The same connection, for who may be as slow as he likes but must take something now and then. It must be called inside a
    /// runtime.
    pub fn idle(stream: S, idle_max: Duration) -> Self {
        Self::with(stream, idle_max, None)
    }

    fn with(stream: S, idle_max: Duration, stretch: Option<Duration>) -> Self {
        let late = Box::pin(sleep_until(Instant::now() + idle_max));
        Self { stream, idle_max, stretch, since: None, waited: Duration::ZERO, bytes: 0, late }
    }

    /// What is to become of a write that gave this.
    fn judge<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let now = Instant::now();
        if written.is_ready() {
            self.waited +=
                self.since.take().map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
            return written;
        }
        if self.since.is_none() {
            self.since = Some(now);
            let left = self.stretch.map_or(Duration::MAX, |stretch| stretch.saturating_sub(self.waited));
            self.late.as_mut().reset(now + self.idle_max.min(left));
        }
        match self.late.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }

    fn count(&mut self, written: &Poll<io::Result<usize>>) {
        let Poll::Ready(Ok(bytes)) = written else { return };
        self.bytes = self.bytes.saturating_add(*bytes);
        if self.bytes >= STRETCH_BYTES {
            self.begin_anew();
        }
    }

    fn begin_anew(&mut self) {
        self.bytes = 0;
        self.waited = Duration::ZERO;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patience<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patience<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        let written = self.judge(written, context);
        self.count(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        let written = self.judge(written, context);
        self.count(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        let flushed = self.judge(flushed, context);
        if flushed.is_ready() {
            // All has left.
            self.begin_anew();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.judge(shut, context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const MIB: usize = 1 << 20;

    #[tokio::test(start_paused = true)]
    async fn whoever_reads_nothing_is_hung_up_on() {
        let (_client, server) = duplex(1_000);
        let begun = Instant::now();
        let error = Patience::new(server).write_all(&vec![0; MIB]).await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed()), (io::ErrorKind::TimedOut, IDLE_MAX));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_reads_a_little_now_and_then_is_hung_up_on() {
        let (mut client, server) = duplex(1_000);
        tokio::spawn(async move {
            let mut some = [0; 100];
            while client.read(&mut some).await.is_ok_and(|read| read > 0) {
                tokio::time::sleep(Duration::from_secs(20)).await;
            }
        });
        let begun = Instant::now();
        let error = Patience::new(server).write_all(&vec![0; MIB]).await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed()), (io::ErrorKind::TimedOut, STRETCH));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_may_be_slow_and_silent_but_must_take_something() {
        let (mut client, server) = duplex(1_000);
        let mut server = Patience::idle(server, CLIENT_IDLE_MAX);
        // Nothing waits for him.
        tokio::time::sleep(Duration::from_secs(36_000)).await;
        let slow = async {
            let mut some = [0; 1_000];
            for _ in 0..10 {
                tokio::time::sleep(CLIENT_IDLE_MAX - Duration::from_secs(1)).await;
                client.read_exact(&mut some).await.unwrap();
            }
            Instant::now()
        };
        let body = vec![0; 12_000];
        let (error, last) = tokio::join!(server.write_all(&body), slow);
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(Instant::now() - last, CLIENT_IDLE_MAX, "from the last that he took");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_reads_slowly_and_on_gets_everything_and_may_say_nothing_for_hours() {
        let (mut client, server) = duplex(MIB);
        let mut server = Patience::new(server);
        let reading = tokio::spawn(async move {
            let (mut all, mut some) = (0, vec![0; MIB]);
            while let Ok(read @ 1..) = client.read(&mut some).await {
                all += read;
                tokio::time::sleep(Duration::from_secs(25)).await;
            }
            all
        });
        server.write_all(&vec![0; 20 * MIB]).await.unwrap();
        tokio::time::sleep(Duration::from_secs(36_000)).await;
        server.write_all(b"end").await.unwrap();
        drop(server);
        assert_eq!(reading.await.unwrap(), 20 * MIB + 3);
    }
}
