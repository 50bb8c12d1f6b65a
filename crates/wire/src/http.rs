//! HTTP as host and cell speak it: one event is a request, one subrequest leaves the same way.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::link::Kind;

/// A body of a request or a response, as it streams by. Most are there as a whole: these cost no memory of their own.
pub struct Body(Inner);

enum Inner {
    /// All of it is there; empty once it was read.
    Whole(Bytes),
    Stream(Pin<Box<dyn http_body::Body<Data = Bytes, Error = BodyError> + Send>>),
}

impl Body {
    /// A body that comes in pieces.
    pub fn stream(body: impl http_body::Body<Data = Bytes, Error = BodyError> + Send + 'static) -> Self {
        Self(Inner::Stream(Box::pin(body)))
    }

    /// All of its bytes, if they are there already: then it cannot break off any more.
    #[must_use]
    pub fn as_whole(&self) -> Option<&Bytes> {
        match &self.0 {
            Inner::Whole(bytes) => Some(bytes),
            Inner::Stream(_) => None,
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.0 {
            Inner::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Inner::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Inner::Stream(body) => body.as_mut().poll_frame(task),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Whole(bytes) => bytes.is_empty(),
            Inner::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Stream(body) => body.size_hint(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Whole(bytes) => f.debug_tuple("Body").field(&bytes.len()).finish(),
            Inner::Stream(_) => f.write_str("Body(stream)"),
        }
    }
}

/// Why a body ended before its end.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BodyError {
    /// The peer broke off or sent what is no HTTP.
    #[error("the connection was lost: {reason}")]
    Lost {
        /// What the connection's owner says of it.
        reason: String,
    },
    /// The one who makes the body gave up.
    #[error("the body was aborted: {reason}")]
    Aborted {
        /// Its reason.
        reason: String,
    },
    /// Its `content-encoding` does not fit its bytes.
    #[error("the body could not be decoded: {reason}")]
    Encoding {
        /// What the decoder says of it.
        reason: String,
    },
}

/// A body without bytes.
#[must_use]
pub fn empty() -> Body {
    Body(Inner::Whole(Bytes::new()))
}

/// A body that is there as a whole.
#[must_use]
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Body(Inner::Whole(bytes.into()))
}

/// Both directions of a connection that has left HTTP behind (WebSocket).
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Travels in the extensions of a 101 response: the connection, once the upgrade is done.
pub struct Upgraded(pub Upgrading);

/// The connection when the upgrade is done; `None` if it failed.
pub type Upgrading = Pin<Box<dyn Future<Output = Option<Box<dyn Duplex>>> + Send>>;

/// `http::Extensions` wants values that can be cloned and shared; an upgrade can be taken once.
#[derive(Clone)]
pub struct UpgradeSlot(std::sync::Arc<std::sync::Mutex<Option<Upgraded>>>);

impl UpgradeSlot {
    /// Puts an upgrade into a slot.
    #[must_use]
    pub fn new(upgrade: Upgraded) -> Self {
        Self(std::sync::Arc::new(std::sync::Mutex::new(Some(upgrade))))
    }

    /// Takes it out, once.
    #[must_use]
    pub fn take(&self) -> Option<Upgraded> {
        self.0.lock().ok()?.take()
    }
}

/// Travels in the extensions of a request: it goes to a binding of the worker, not into the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToBinding {
    /// The binding's name in `env`.
    pub name: String,
    /// What is sent to it: fetch events, or a session of remote calls.
    pub kind: Kind,
}

/// Where requests go that are for the Cache API, in the place of a binding's name. None of a worker's bindings has a name with a
/// slash that anybody would call it by.
pub const CACHES: &str = "caches/";

/// What stands, in the place of a binding's name, before which of its own entrypoints a worker calls, as [`Callee`] says it.
///
/// [`Callee`]: crate::link::Callee
pub const EXPORTS: &str = "exports/";

/// Why a subrequest got no response. It crosses the link as JSON.
#[derive(Debug, Clone, thiserror::Error, serde::Serialize, serde::Deserialize)]
pub enum EgressError {
    /// The URL's scheme or host cannot be asked.
    #[error("cannot fetch {url}: {reason}")]
    Refused {
        /// The URL.
        url: String,
        /// Why not.
        reason: String,
    },
    /// No connection, or it broke before the response's head.
    #[error("no response from {host}: {reason}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What the network says of it.
        reason: String,
    },
    /// A binding did not answer, or the worker behind it failed.
    #[error("the binding `{binding}` gave no response: {reason}")]
    Binding {
        /// The binding's name.
        binding: String,
        /// What went wrong, in words for the owner of both workers.
        reason: String,
    },
}

/// A response, or why there is none, when it comes.
pub type Fetched = Pin<Box<dyn Future<Output = Result<http::Response<Body>, EgressError>> + Send>>;

/// The way out of a cell. In production it is the host's end of a socket; under `mote dev` the host is in the process.
pub trait Egress: Send + Sync {
    /// Sends one request, without following redirects. Dropping the future gives the request up.
    fn fetch(&self, request: http::Request<Body>) -> Fetched;
}
