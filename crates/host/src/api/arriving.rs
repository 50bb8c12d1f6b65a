//! The body of a request while it arrives. A client that sends nothing more, or a byte now and then, is not waited for: it would
//! keep a connection, and what it has sent so far, for as long as it likes.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::BytesMut;
use futures_util::{Stream, StreamExt, stream};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyDataStream;
use hyper::body::Bytes;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Refusal;

/// How long a body may say nothing.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long it may take in all: the largest upload over a line of a megabit a second.
const WHOLE_MAX: Duration = Duration::from_secs(1_200);

/// How much of a form is looked at at once, at least.
const PIECE_BYTES: usize = 4 << 20;

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

/// The body in large pieces, for the reader of forms: it searches all that it has not taken yet each time that something arrives,
/// so that a form that comes in crumbs, and has no end of a part's head, would keep a thread busy with almost nothing sent.
pub(super) fn pieces<B>(body: B) -> impl Stream<Item = Result<Bytes, Box<dyn Error + Send + Sync>>> + Send
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
{
    let arriving = Some(BodyDataStream::new(Arriving::new(body)));
    stream::unfold(arriving, |arriving| async {
        let (mut arriving, mut piece) = (arriving?, BytesMut::new());
        while piece.len() < PIECE_BYTES {
            match arriving.next().await {
                Some(Ok(bytes)) => piece.extend_from_slice(&bytes),
                Some(Err(error)) => return Some((Err(error), None)),
                None if piece.is_empty() => return None,
                None => return Some((Ok(piece.freeze()), None)),
            }
        }
        Some((Ok(piece.freeze()), Some(arriving)))
    })
}

/// What a client is told whose body did not arrive whole.
pub(super) fn broken(error: &(dyn Error + 'static)) -> Refusal {
    if error.is::<Late>() { Refusal::late(Late.to_string()) } else { Refusal::invalid("the body broke off") }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    type Frames = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Infallible>>>>;

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

    #[tokio::test]
    async fn crumbs_come_in_large_pieces_and_nothing_is_lost() {
        let crumb = |n: usize| Ok::<_, Infallible>(Frame::data(Bytes::from(vec![n.to_le_bytes()[0]; 100])));
        for (crumbs, expected) in
            [(0, 0), (1, 1), (1_000, 1), (PIECE_BYTES / 100 + 1, 1), (PIECE_BYTES / 100 + 2, 2)]
        {
            let body = StreamBody::new(stream::iter((0..crumbs).map(crumb)));
            let pieces: Vec<Bytes> = pieces(body).map(Result::unwrap).collect().await;
            assert_eq!(pieces.len(), expected, "{crumbs}");
            let whole = pieces.concat();
            assert!(whole.iter().enumerate().all(|(at, byte)| *byte == (at / 100).to_le_bytes()[0]));
            assert_eq!(whole.len(), crumbs * 100);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_breaks_off_is_no_piece() {
        let mut pieces = Box::pin(pieces(slow_and_sendable()));
        assert!(pieces.next().await.unwrap().unwrap_err().is::<Late>());
        assert!(pieces.next().await.is_none());
    }

    fn slow_and_sendable() -> impl Body<Data = Bytes, Error = Infallible> + Send {
        let some = stream::iter([Ok(Frame::data(Bytes::from_static(b"some")))]);
        StreamBody::new(some.chain(stream::pending()))
    }
}
