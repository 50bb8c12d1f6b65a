//! Bodies that JavaScript names by a number: those that come in, and those that JavaScript writes.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, BodyStream, StreamBody};
use mote_engine::memory::MemoryAccount;
use mote_wire::http::{Body, BodyError};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::io::{ReaderStream, StreamReader};

use crate::{
    native::brotli_window_bytes,
    op::Failed,
    usage::{EventUsage, MeteredBody, Window, no_room_for_codec},
};

/// Chunks that may wait between JavaScript and a reader that is slower.
const PIPE_CHUNKS: usize = 8;
/// What a pipe takes besides its chunks, about.
const PIPE_BYTES: usize = 2 << 10;

/// A body that came with a request or a response.
pub(crate) struct NativeBody {
    /// `None` while a read of it is under way and after its end.
    body: Rc<RefCell<Option<Body>>>,
    /// The `content-encoding` that its bytes have and that JavaScript must not see.
    encoding: Option<Encoding>,
    /// Of a body that the worker writes: the bytes that its reader took so far.
    pub(crate) written: Option<Arc<AtomicU64>>,
    given_up: GivenUp,
}

/// Tells a read that is under way when nobody wants the body any more: it holds the connection.
#[derive(Default)]
struct GivenUp(Rc<Notify>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.notify_one();
    }
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
        Self {
            body: Rc::new(RefCell::new(Some(body))),
            encoding,
            written: None,
            given_up: GivenUp::default(),
        }
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
    pub(crate) fn into_outgoing(self, coder: &Coder, encoding: Option<Encoding>) -> Option<Body> {
        let mut body = self.body.borrow_mut().take()?;
        if self.encoding == encoding {
            return Some(body);
        }
        if let Some(encoding) = self.encoding {
            body = coder.decode(body, encoding);
        }
        Some(match encoding {
            Some(encoding) => coder.encode(body, encoding),
            None => body,
        })
    }

    /// Reads the next chunk.
    pub(crate) fn read(
        &mut self,
        coder: &Coder,
    ) -> impl Future<Output = Result<Option<Bytes>, Failed>> + 'static {
        let shared = self.decoded(coder);
        let given_up = self.given_up.0.clone();
        async move {
            let taken = shared.borrow_mut().take();
            let Some(mut body) = taken else { return Ok(None) };
            while let Some(frame) = next_frame(&mut body, &given_up).await? {
                if let Ok(data) = frame.into_data()
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
    pub(crate) fn read_all(
        &mut self,
        coder: &Coder,
    ) -> impl Future<Output = Result<Bytes, Failed>> + 'static {
        let shared = self.decoded(coder);
        let held = coder.account.hold(0);
        let given_up = self.given_up.0.clone();
        async move {
            let mut held = held.ok_or_else(too_large)?;
            let taken = shared.borrow_mut().take();
            let Some(mut body) = taken else { return Ok(Bytes::new()) };
            let mut first = Bytes::new();
            let mut rest = BytesMut::new();
            while let Some(frame) = next_frame(&mut body, &given_up).await? {
                let Ok(data) = frame.into_data() else { continue };
                if !held.resize(held.bytes().saturating_add(data.len())) {
                    return Err(too_large());
                }
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
    fn decoded(&mut self, coder: &Coder) -> Rc<RefCell<Option<Body>>> {
        if let Some(encoding) = self.encoding.take() {
            let body = self.body.borrow_mut().take();
            *self.body.borrow_mut() = body.map(|body| coder.decode(body, encoding));
        }
        self.body.clone()
    }
}

async fn next_frame(body: &mut Body, given_up: &Notify) -> Result<Option<Frame<Bytes>>, Failed> {
    tokio::select! {
        biased;
        frame = body.frame() => Ok(frame.transpose()?),
        () = given_up.notified() => Err(Failed("the body was given up".to_owned())),
    }
}

fn too_large() -> Failed {
    Failed("the body is larger than the worker's memory limit allows".to_owned())
}

/// The largest window of Zstandard that a decoder takes, as a power of two (RFC 9659).
const ZSTD_WINDOW_BITS: u32 = 23;
/// What decoders hold besides their windows, about.
const BROTLI_DECODER_BYTES: usize = 1 << 20;
const ZSTD_DECODER_BYTES: usize = 1 << 20;

/// Undoes and does codings for one event: their memory is the isolate's, their CPU time the event's.
pub(crate) struct Coder {
    pub(crate) account: MemoryAccount,
    pub(crate) usage: Arc<EventUsage>,
}

impl Coder {
    /// Undoes a coding.
    fn decode(&self, body: Body, encoding: Encoding) -> Body {
        use async_compression::{
            tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder},
            zstd::DParameter,
        };
        if body.is_end_stream() {
            return body;
        }
        let data = data(body);
        let (decoded, holds, window) = match encoding {
            Encoding::Gzip => {
                let mut decoder = GzipDecoder::new(StreamReader::new(data));
                decoder.multiple_members(true);
                (from_reader(decoder), 64 << 10, Window::Fixed)
            }
            Encoding::Deflate => {
                (from_reader(ZlibDecoder::new(StreamReader::new(data))), 64 << 10, Window::Fixed)
            }
            Encoding::Brotli => {
                let said = Arc::new(AtomicUsize::new(0));
                let reader = StreamReader::new(with_brotli_window(data, said.clone()));
                (from_reader(BrotliDecoder::new(reader)), BROTLI_DECODER_BYTES, Window::Said(said))
            }
            Encoding::Zstd => {
                let most = DParameter::window_log_max(ZSTD_WINDOW_BITS);
                let decoder = ZstdDecoder::with_params(StreamReader::new(data), &[most]);
                let window = Window::Fills { bytes: 0, bytes_max: 1 << ZSTD_WINDOW_BITS };
                (from_reader(decoder), ZSTD_DECODER_BYTES, window)
            }
        };
        self.metered(decoded, holds, window)
    }

    /// Does a coding.
    pub(crate) fn encode(&self, body: Body, encoding: Encoding) -> Body {
        use async_compression::{
            Level,
            tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder},
        };
        let reader = StreamReader::new(data(body));
        let (encoded, holds) = match encoding {
            Encoding::Gzip => (from_reader(GzipEncoder::new(reader)), 320 << 10),
            Encoding::Deflate => (from_reader(ZlibEncoder::new(reader)), 320 << 10),
            Encoding::Brotli => {
                (from_reader(BrotliEncoder::with_quality(reader, Level::Precise(4))), 2 << 20)
            }
            Encoding::Zstd => (from_reader(ZstdEncoder::new(reader)), 2 << 20),
        };
        self.metered(encoded, holds, Window::Fixed)
    }

    /// `holds` is what the codec takes, about, without a window that depends on the data.
    fn metered(&self, body: Body, holds: usize, window: Window) -> Body {
        match self.account.hold(holds) {
            Some(held) => Body::stream(MeteredBody::new(body, self.usage.clone(), held, window)),
            None => Body::stream(StreamBody::new(futures_util::stream::iter([Err(no_room_for_codec())]))),
        }
    }
}

/// Looks at the first byte of brotli's data, which says how large a window its decoder will take.
///
/// Refuses the "large window" that is no part of the format (RFC 7932) and can ask for a gigabyte: the decoder would take it.
fn with_brotli_window(
    data: impl futures_util::Stream<Item = std::io::Result<Bytes>> + Unpin,
    said: Arc<AtomicUsize>,
) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> + Unpin {
    let mut is_first = true;
    data.map(move |chunk| {
        if let Ok(chunk) = &chunk
            && let Some(first) = chunk.first()
            && std::mem::take(&mut is_first)
        {
            let window = brotli_window_bytes(*first).ok_or_else(|| {
                std::io::Error::other("brotli: its window is larger than the format allows")
            })?;
            said.store(window, Ordering::Relaxed);
        }
        chunk
    })
}

fn data(body: Body) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> + Unpin {
    TryStreamExt::map_err(BodyStream::new(body), std::io::Error::other)
        .try_filter_map(|frame| std::future::ready(Ok(frame.into_data().ok())))
        .boxed()
}

fn from_reader(reader: impl tokio::io::AsyncRead + Send + 'static) -> Body {
    let stream =
        ReaderStream::with_capacity(reader, 16 << 10).map_ok(Frame::data).map_err(|error| {
            match error.get_ref().and_then(|inner| inner.downcast_ref::<BodyError>()) {
                Some(lost) => lost.clone(),
                None => BodyError::Encoding { reason: error.to_string() },
            }
        });
    Body::stream(StreamBody::new(stream))
}

/// The writing end of a body that JavaScript makes. Dropping it without [`Pipe::close`] breaks the body off: a reader must
/// never take half a body for a whole one.
pub(crate) struct Pipe {
    pub(crate) sender: mpsc::Sender<Result<Frame<Bytes>, BodyError>>,
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

/// A pipe, and the body that its reader gets, which says beforehand that it will have `length` bytes; `None` if the isolate
/// may hold no more.
pub(crate) fn pipe(account: &MemoryAccount, length: Option<u64>) -> Option<(Pipe, NativeBody)> {
    let held = account.hold(PIPE_BYTES)?;
    let (sender, mut receiver) = mpsc::channel(PIPE_CHUNKS);
    let (alive, gone) = oneshot::channel::<()>();
    let complete = Arc::new(AtomicBool::new(false));
    let ended_well = complete.clone();
    let taken = Arc::new(AtomicU64::new(0));
    let progress = taken.clone();
    let mut ended = false;
    let stream = futures_util::stream::poll_fn(move |task| {
        // Owned by the stream, so that it is dropped with it.
        let _alive = (&alive, &held);
        let next: Poll<Option<Result<Frame<Bytes>, BodyError>>> = receiver.poll_recv(task);
        if let Poll::Ready(Some(Ok(frame))) = &next {
            progress.fetch_add(frame.data_ref().map_or(0, Bytes::len) as u64, Ordering::Relaxed);
        }
        if matches!(next, Poll::Ready(None)) && !ended {
            ended = true;
            if !ended_well.load(Ordering::Acquire) {
                let reason = "the worker stopped before the end of the body".to_owned();
                return Poll::Ready(Some(Err(BodyError::Aborted { reason })));
            }
        }
        next
    });
    let body = Body::stream(StreamBody::new(stream));
    let body = match length {
        Some(left) => Body::stream(Promised { body, left }),
        None => body,
    };
    let mut body = NativeBody::new(body, None);
    body.written = Some(taken);
    Some((Pipe { sender, gone: Some(gone), complete }, body))
}

/// A body whose length is known before its bytes are: that of a `FixedLengthStream`, which holds its writer to it.
struct Promised {
    body: Body,
    left: u64,
}

impl http_body::Body for Promised {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let next = Pin::new(&mut self.body).poll_frame(task);
        let wrong = match &next {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
                let left = self.left.checked_sub(bytes);
                self.left = left.unwrap_or(0);
                left.is_none().then_some("more")
            }
            Poll::Ready(None) if self.left > 0 => Some("fewer"),
            // After an error, nothing is promised any more.
            Poll::Ready(Some(Err(_))) => {
                self.left = 0;
                None
            }
            Poll::Ready(None) | Poll::Pending => None,
        };
        let Some(which) = wrong else { return next };
        (self.left, self.body) = (0, mote_wire::http::empty());
        let reason = format!("the worker gave {which} bytes than it had promised");
        Poll::Ready(Some(Err(BodyError::Aborted { reason })))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0 && self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests;
