//! A body that is there as a whole, to be read as fast as the node likes.

use std::{
    error::Error,
    fs::File,
    io::Read,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Bytes;
use tokio::task::JoinHandle;

use super::{PIECE_BYTES, Place, Spooled};

/// What has arrived.
pub(in crate::api) enum Received<B> {
    /// In memory.
    Memory(Bytes),
    /// In a file, with its place on the disk.
    Disk { reading: Reading, left: usize, _place: Place },
    /// Nothing: it is larger than anybody wants, and is handed on with what it says of itself.
    Unread(Pin<Box<B>>),
}

/// A file, and whoever reads it now.
pub(in crate::api) enum Reading {
    Begins(Option<Spooled>),
    Rests(Option<File>),
    Reads(JoinHandle<std::io::Result<(Bytes, File)>>),
}

impl<B> Received<B> {
    pub(super) fn on_disk(file: Spooled, place: Place) -> Self {
        place.arrived();
        let left = file.bytes;
        Self::Disk { reading: Reading::Begins(Some(file)), left, _place: place }
    }

    pub(super) fn unread(body: B) -> Self {
        Self::Unread(Box::pin(body))
    }

    /// How many bytes it has; `None` if it was not read.
    pub(in crate::api) fn bytes(&self) -> Option<usize> {
        match self {
            Self::Memory(content) => Some(content.len()),
            Self::Disk { left, .. } => Some(*left),
            Self::Unread(_) => None,
        }
    }
}

impl Reading {
    /// The next piece; an empty one at the end.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<std::io::Result<Bytes>> {
        loop {
            match self {
                Self::Begins(spooled) => {
                    let Some(spooled) = spooled.take() else { return Poll::Ready(Ok(Bytes::new())) };
                    let read = || read_piece(spooled.rewound()?);
                    *self = Self::Reads(tokio::task::spawn_blocking(read));
                }
                Self::Rests(file) => {
                    let Some(file) = file.take() else { return Poll::Ready(Ok(Bytes::new())) };
                    *self = Self::Reads(tokio::task::spawn_blocking(|| read_piece(file)));
                }
                Self::Reads(reader) => {
                    let read = ready!(Pin::new(reader).poll(context));
                    *self = Self::Rests(None);
                    let (piece, file) = read.map_err(std::io::Error::other)??;
                    *self = Self::Rests(Some(file));
                    return Poll::Ready(Ok(piece));
                }
            }
        }
    }
}

fn read_piece(mut file: File) -> std::io::Result<(Bytes, File)> {
    let mut piece = BytesMut::zeroed(PIECE_BYTES);
    let read = file.read(&mut piece)?;
    piece.truncate(read);
    Ok((piece.freeze(), file))
}

impl<B> Body for Received<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Data = Bytes;
    type Error = Unreadable;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unreadable>>> {
        match &mut *self {
            Self::Memory(content) if content.is_empty() => Poll::Ready(None),
            Self::Memory(content) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(content))))),
            Self::Disk { left: 0, .. } => Poll::Ready(None),
            Self::Disk { reading, left, .. } => {
                let piece = match ready!(reading.poll(context)) {
                    Ok(piece) if piece.is_empty() => return Poll::Ready(Some(Err(Unreadable::Short))),
                    Ok(piece) => piece,
                    Err(error) => return Poll::Ready(Some(Err(Unreadable::Io(error)))),
                };
                *left = left.saturating_sub(piece.len());
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            Self::Unread(body) => {
                let frame = ready!(body.as_mut().poll_frame(context));
                Poll::Ready(frame.map(|frame| frame.map_err(|error| Unreadable::Sender(error.into()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Memory(content) => content.is_empty(),
            Self::Disk { left, .. } => *left == 0,
            Self::Unread(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (self.bytes(), self) {
            (Some(bytes), _) => SizeHint::with_exact(u64::try_from(bytes).unwrap_or(u64::MAX)),
            (None, Self::Unread(body)) => body.size_hint(),
            (None, _) => SizeHint::default(),
        }
    }
}

/// Why what has arrived cannot be read.
#[derive(Debug, thiserror::Error)]
pub(in crate::api) enum Unreadable {
    /// The disk.
    #[error("what was uploaded cannot be read back: {0}")]
    Io(std::io::Error),
    /// Somebody has cut the file.
    #[error("what was uploaded is not whole any more")]
    Short,
    /// It was not received, and its sender fails.
    #[error("{0}")]
    Sender(Box<dyn Error + Send + Sync>),
}
