//! Lets a client finish a request whose answer is known before all of it is there.
//!
//! hyper closes a connection of HTTP/1.1 whose request nobody reads to its end: under the hands of a client that is still
//! sending, which loses the answer with it, or of one whose next request is on the way, which never learns whether that
//! was heard. So what nobody wants is read all the same, within bounds, and looked at by nobody (RFC 9112, section 9.6).

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::runtime::Handle;

/// How many bytes more a client may send in vain.
const BYTES_MAX: usize = 8 << 20;
/// How long it may take for so many, and as long again for as many more; and how long it may say nothing.
const TIME_MAX: Duration = Duration::from_secs(2);

/// The body of a request that may be dropped at any time and on any thread.
pub(crate) struct Lingering {
    /// `None` once it has gone.
    body: Option<Incoming>,
    reader: Handle,
    bytes_max: usize,
}

impl Lingering {
    /// The rest of `body` will be read by the runtime that this is called in.
    pub(crate) fn new(body: Incoming) -> Self {
        Self { body: Some(body), reader: Handle::current(), bytes_max: BYTES_MAX }
    }

    /// The same for a client that may send more. It must be known who that is.
    pub(crate) fn up_to(mut self, bytes: usize) -> Self {
        self.bytes_max = self.bytes_max.max(bytes);
        self
    }
}

impl Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
        let frame = std::task::ready!(Pin::new(body).poll_frame(task));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            self.reader.spawn(read(body, self.bytes_max));
        }
    }
}

async fn read(mut body: Incoming, bytes_max: usize) {
    let reading = async {
        let mut bytes = 0;
        // Who falls silent has been answered, or never reads: his connection is of use to others.
        while let Ok(Some(Ok(frame))) = tokio::time::timeout(TIME_MAX, body.frame()).await {
            bytes += frame.data_ref().map_or(0, Bytes::len);
            if bytes > bytes_max {
                return;
            }
        }
    };
    let times = u32::try_from(bytes_max.div_ceil(BYTES_MAX)).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(TIME_MAX.saturating_mul(times), reading).await;
}
