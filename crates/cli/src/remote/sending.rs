//! The body of a request: pieces that are in memory already, sent one after the other, counted on the way.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::progress::Progress;

/// The most bytes that are counted as sent at once.
const PIECE_BYTES: usize = 64 << 10;

/// A body.
#[derive(Default)]
pub(crate) struct Sending {
    pieces: VecDeque<Bytes>,
    progress: Progress,
}

impl Sending {
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    pub(crate) fn of(bytes: impl Into<Bytes>) -> Self {
        Self::pieces([bytes.into()], Progress::default())
    }

    pub(crate) fn pieces(pieces: impl IntoIterator<Item = Bytes>, progress: Progress) -> Self {
        Self { pieces: pieces.into_iter().filter(|piece| !piece.is_empty()).collect(), progress }
    }

    fn left(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.len() as u64).sum()
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(mut piece) = self.pieces.pop_front() else { return Poll::Ready(None) };
        if piece.len() > PIECE_BYTES {
            let rest = piece.split_off(PIECE_BYTES);
            self.pieces.push_front(rest);
        }
        self.progress.sent(piece.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left())
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn every_byte_is_sent_in_order_and_its_length_is_known_before() {
        let large: Bytes = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect::<Vec<_>>().into();
        let body = Sending::pieces([large.clone(), Bytes::new(), "end".into()], Progress::default());
        assert_eq!(body.size_hint().exact(), Some(200_003));
        let sent = body.collect().await.unwrap().to_bytes();
        assert!(sent == [&large[..], b"end"].concat());
        assert!(Sending::nothing().is_end_stream());
    }
}
