//! Bodies that JavaScript names by a number: those that come in, and those that JavaScript writes.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt};
use http_body::Body as _;
use http_body_util::{BodyExt, BodyStream, StreamBody};
use mote_wire::http::{Body, BodyError};
use tokio::sync::{mpsc, oneshot};
use tokio_util::io::{ReaderStream, StreamReader};

use crate::op::Failed;

/// Chunks that may wait between JavaScript and a reader that is slower.
const PIPE_CHUNKS: usize = 8;

/// A body that came with a request or a response.
pub(crate) struct NativeBody {
    /// `None` while a read of it is under way and after its end.
    body: Rc<RefCell<Option<Body>>>,
    /// The `content-encoding` that its bytes have and that JavaScript must not see.
    encoding: Option<Encoding>,
}

/// A content coding that Mote can undo and do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Encoding {
    /// The coding that a `content-encoding` header names, if it is one that Mote knows.
    pub(crate) fn of(headers: &http::HeaderMap) -> Option<Self> {
        let value = headers.get(http::header::CONTENT_ENCODING)?.to_str().ok()?.trim();
        [
            ("gzip", Self::Gzip),
            ("x-gzip", Self::Gzip),
            ("deflate", Self::Deflate),
            ("br", Self::Brotli),
            ("zstd", Self::Zstd),
        ]
        .into_iter()
        .find(|(name, _)| value.eq_ignore_ascii_case(name))
        .map(|(_, encoding)| encoding)
    }
}

impl NativeBody {
    pub(crate) fn new(body: Body, encoding: Option<Encoding>) -> Self {
        Self { body: Rc::new(RefCell::new(Some(body))), encoding }
    }

    /// The coding that its bytes still have.
    pub(crate) fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    /// The body as its bytes came.
    pub(crate) fn into_raw(self) -> Option<Body> {
        self.body.borrow_mut().take()
    }

    /// The body as it goes out again. If its coding is the one that goes out too, its bytes are not touched.
    pub(crate) fn into_outgoing(self, encoding: Option<Encoding>) -> Option<Body> {
        let body = self.body.borrow_mut().take()?;
        Some(if self.encoding == encoding { body } else { encode(decode(body, self.encoding), encoding) })
    }

    /// Reads the next chunk.
    pub(crate) fn read(&mut self) -> impl Future<Output = Result<Option<Bytes>, Failed>> + 'static {
        let shared = self.decoded();
        async move {
            let taken = shared.borrow_mut().take();
            let Some(mut body) = taken else { return Ok(None) };
            while let Some(frame) = body.frame().await {
                if let Ok(data) = frame?.into_data()
                    && !data.is_empty()
                {
                    *shared.borrow_mut() = Some(body);
                    return Ok(Some(data));
                }
            }
            Ok(None)
        }
    }

    /// Reads all that is left.
    pub(crate) fn read_all(&mut self) -> impl Future<Output = Result<Bytes, Failed>> + 'static {
        let shared = self.decoded();
        async move {
            let taken = shared.borrow_mut().take();
            let Some(mut body) = taken else { return Ok(Bytes::new()) };
            let mut first = Bytes::new();
            let mut rest = BytesMut::new();
            while let Some(frame) = body.frame().await {
                let Ok(data) = frame?.into_data() else { continue };
                if first.is_empty() {
                    first = data;
                } else {
                    if rest.is_empty() {
                        rest.extend_from_slice(&first);
                    }
                    rest.extend_from_slice(&data);
                }
            }
            Ok(if rest.is_empty() { first } else { rest.freeze() })
        }
    }

    /// The shared body, with its coding undone from here on.
    fn decoded(&mut self) -> Rc<RefCell<Option<Body>>> {
        if let Some(encoding) = self.encoding.take() {
            let body = self.body.borrow_mut().take();
            *self.body.borrow_mut() = body.map(|body| decode(body, Some(encoding)));
        }
        self.body.clone()
    }
}

/// Undoes a coding.
fn decode(body: Body, encoding: Option<Encoding>) -> Body {
    use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
    let Some(encoding) = encoding else { return body };
    if body.is_end_stream() {
        return body;
    }
    let reader = StreamReader::new(data(body));
    match encoding {
        Encoding::Gzip => {
            let mut decoder = GzipDecoder::new(reader);
            decoder.multiple_members(true);
            from_reader(decoder)
        }
        Encoding::Deflate => from_reader(ZlibDecoder::new(reader)),
        Encoding::Brotli => from_reader(BrotliDecoder::new(reader)),
        Encoding::Zstd => from_reader(ZstdDecoder::new(reader)),
    }
}

/// Does a coding.
pub(crate) fn encode(body: Body, encoding: Option<Encoding>) -> Body {
    use async_compression::{
        Level,
        tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder},
    };
    let Some(encoding) = encoding else { return body };
    let reader = StreamReader::new(data(body));
    match encoding {
        Encoding::Gzip => from_reader(GzipEncoder::new(reader)),
        Encoding::Deflate => from_reader(ZlibEncoder::new(reader)),
        Encoding::Brotli => from_reader(BrotliEncoder::with_quality(reader, Level::Precise(4))),
        Encoding::Zstd => from_reader(ZstdEncoder::new(reader)),
    }
}

fn data(body: Body) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> + Unpin {
    TryStreamExt::map_err(BodyStream::new(body), std::io::Error::other)
        .try_filter_map(|frame| std::future::ready(Ok(frame.into_data().ok())))
        .boxed()
}

fn from_reader(reader: impl tokio::io::AsyncRead + Send + 'static) -> Body {
    let stream =
        ReaderStream::with_capacity(reader, 16 << 10).map_ok(http_body::Frame::data).map_err(|error| {
            match error.get_ref().and_then(|inner| inner.downcast_ref::<BodyError>()) {
                Some(lost) => lost.clone(),
                None => BodyError::Encoding { reason: error.to_string() },
            }
        });
    StreamBody::new(stream).boxed_unsync()
}

/// The writing end of a body that JavaScript makes. Dropping it without [`Pipe::close`] breaks the body off: a reader must
/// never take half a body for a whole one.
pub(crate) struct Pipe {
    pub(crate) sender: mpsc::Sender<Result<http_body::Frame<Bytes>, BodyError>>,
    /// Settles when the reading end is dropped. Taken by the one who waits for that.
    pub(crate) gone: Option<oneshot::Receiver<()>>,
    complete: Arc<AtomicBool>,
}

impl Pipe {
    /// Ends the body well.
    pub(crate) fn close(self) {
        self.complete.store(true, Ordering::Release);
    }
}

/// A pipe, and the body that its reader gets.
pub(crate) fn pipe() -> (Pipe, NativeBody) {
    let (sender, mut receiver) = mpsc::channel(PIPE_CHUNKS);
    let (alive, gone) = oneshot::channel::<()>();
    let complete = Arc::new(AtomicBool::new(false));
    let ended_well = complete.clone();
    let mut ended = false;
    let stream = futures_util::stream::poll_fn(move |task| {
        // Owned by the stream, so that it is dropped with it.
        let _alive = &alive;
        let next = receiver.poll_recv(task);
        if matches!(next, Poll::Ready(None)) && !ended {
            ended = true;
            if !ended_well.load(Ordering::Acquire) {
                let reason = "the worker stopped before the end of the body".to_owned();
                return Poll::Ready(Some(Err(BodyError::Aborted { reason })));
            }
        }
        next
    });
    (
        Pipe { sender, gone: Some(gone), complete },
        NativeBody::new(StreamBody::new(stream).boxed_unsync(), None),
    )
}
