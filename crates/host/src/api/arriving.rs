//! The body of a request while it arrives. A client that sends nothing more, or a byte now and then, is not waited for: it would
//! keep a connection, and what it has sent so far, for as long as it likes.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use http_body::{Body, Frame, SizeHint};
use hyper::body::Bytes;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Refusal;

/// How long a body may say nothing.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long it may take in all: the largest upload over a line of a megabit a second.
const WHOLE_MAX: Duration = Duration::from_secs(1_200);

const _: () = assert!(IDLE_MAX.as_secs() < WHOLE_MAX.as_secs(), "a body may pause");

/// A body that must arrive in time.
pub(super) struct Arriving<B> {
    body: Pin<Box<B>>,
    end: Instant,
    late: Pin<Box<Sleep>>,
}

/// The body was waited for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body did not arrive in time: it may pause for {} s, and take {} s in all", IDLE_MAX.as_secs(), WHOLE_MAX.as_secs())]
pub(super) struct Late;

impl<B> Arriving<B> {
    pub(super) fn new(body: B) -> Self {
        let now = Instant::now();
        let late = Box::pin(sleep_until(now + IDLE_MAX));
        Self { body: Box::pin(body), end: now + WHOLE_MAX, late }
    }
}

impl<B> Body for Arriving<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if Instant::now() < self.end
            && let Poll::Ready(frame) = self.body.as_mut().poll_frame(context)
        {
            let idle = Instant::now() + IDLE_MAX;
            let late = idle.min(self.end);
            self.late.as_mut().reset(late);
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        ready!(self.late.as_mut().poll(context));
        Poll::Ready(Some(Err(Late.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What a client is told whose body did not arrive whole.
pub(super) fn broken(error: &(dyn Error + 'static)) -> Refusal {
    if error.is::<Late>() { Refusal::late(Late.to_string()) } else { Refusal::invalid("the body broke off") }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{StreamExt, stream};
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    type Frames = Pin<Box<dyn futures_util::Stream<Item = Result<Frame<Bytes>, Infallible>>>>;

    /// A byte after each of these pauses, then silence.
    fn slow(pauses: impl Iterator<Item = Duration> + 'static) -> StreamBody<Frames> {
        let bytes = stream::iter(pauses).then(|pause| async move {
            tokio::time::sleep(pause).await;
            Ok(Frame::data(Bytes::from_static(b"x")))
        });
        StreamBody::new(Box::pin(bytes.chain(stream::pending())))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_falls_silent_is_late() {
        let begun = Instant::now();
        let error = Arriving::new(slow(std::iter::empty())).collect().await.unwrap_err();
        assert!(error.is::<Late>());
        assert_eq!(begun.elapsed().as_secs(), IDLE_MAX.as_secs());
        let pauses = std::iter::repeat_n(Duration::from_secs(29), 3);
        let begun = Instant::now();
        assert!(Arriving::new(slow(pauses)).collect().await.unwrap_err().is::<Late>());
        assert_eq!(begun.elapsed().as_secs(), 3 * 29 + IDLE_MAX.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_does_not_keep_it_for_ever() {
        let begun = Instant::now();
        let error =
            Arriving::new(slow(std::iter::repeat(Duration::from_secs(7)))).collect().await.unwrap_err();
        assert!(error.is::<Late>());
        assert_eq!(begun.elapsed().as_secs(), WHOLE_MAX.as_secs());
        assert_eq!(broken(&Late).status, http::StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_arrives_is_left_as_it_is() {
        let bytes = (0..5).map(|n| Bytes::from(vec![n; 3]));
        let frames = stream::iter(bytes).map(|bytes| Ok::<_, Infallible>(Frame::data(bytes)));
        let whole = Arriving::new(StreamBody::new(frames)).collect().await.unwrap().to_bytes();
        assert_eq!(whole, Bytes::from_static(&[0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]));
    }
}
