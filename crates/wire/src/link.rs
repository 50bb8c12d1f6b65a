//! Many HTTP exchanges over one stream socket, in both directions.
//!
//! Host and cell each have one end. An exchange is a request of one side and the other's answer, both with bodies that
//! stream, or that turn into a stream of bytes after a 101. What is ready together leaves together, in one write. Each
//! body has a window: nobody has to keep more of it than that, and a slow reader holds up nobody but himself.
//!
//! What it refuses: anything that the protocol does not allow ends the link with a [`Violation`]; the host then ends the
//! cell. What has come and was not read is bounded for each body by its window, and for all together: past that those break off
//! that were not read for longest, and new requests are failed ([`LinkOptions::held_bytes_max`]).
//!
//! It starts nothing: whoever makes a [`Link`] runs its [`Driver`].

mod body;
mod driver;
mod duplex;
mod frame;
mod start;
mod state;

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Response, StatusCode};
use tokio::sync::oneshot;

pub use driver::Driver;

use crate::http::{Body, UpgradeSlot, Upgraded};
use body::LinkBody;
use duplex::LinkDuplex;
use frame::{BodyStart, ResponseHead};
use start::begin_body;
use state::Shared;

/// Bytes of a body that may be under way, in each direction.
pub const WINDOW_BYTES: u32 = 128 << 10;
/// The most bytes of a body in one frame.
pub const DATA_BYTES_MAX: usize = 64 << 10;
/// The most bytes of a head.
pub const HEAD_BYTES_MAX: usize = 256 << 10;
/// The most bytes of a failure.
pub const FAILURE_BYTES_MAX: usize = 64 << 10;

/// The header by which the host knows an event again: it is in the event's request, and the cell puts it into each request that the
/// event makes. What it says is the host's alone. A worker neither sees nor sets it.
pub const TICKET: HeaderName = HeaderName::from_static("mote-ticket");

/// The header in which a request's `cf` comes: JSON. Behind an `@` it is what the gateway knows of a client's connection, to which
/// the cell adds what the client's own headers say; without, it is what another worker has passed on. A client cannot set it.
pub const CF: HeaderName = HeaderName::from_static("mote-cf");

/// Which end of the socket this is: they number their exchanges apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The host: it trusts nothing that comes.
    Host,
    /// The cell.
    Cell,
}

/// What kind of event a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// HTTP.
    Fetch,
    /// A cron trigger: `url` is the cron expression, the header `scheduled-time` its time in milliseconds.
    Scheduled,
    /// A session of remote calls: it asks to leave HTTP, and the messages are between the two workers.
    Rpc,
}

/// The entrypoint that a call through a binding is for.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Callee {
    /// The name of the export; `None` for the default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<String>,
    /// What the binding says to it: `ctx.props`.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub props: serde_json::Value,
}

impl Callee {
    /// As it stands in [`Request::target`].
    #[must_use]
    pub fn to_target(&self) -> String {
        if *self == Self::default() { String::new() } else { serde_json::to_string(self).unwrap_or_default() }
    }

    /// What a target says; `None` if it is no such text.
    #[must_use]
    pub fn of_target(target: &str) -> Option<Self> {
        if target.is_empty() { Some(Self::default()) } else { serde_json::from_str(target).ok() }
    }
}

/// A request: an event on its way into a cell, or a subrequest on its way out.
pub struct Request {
    /// The number of the worker that is called, or that asks.
    pub worker: u32,
    /// What kind of event it is.
    pub kind: Kind,
    /// Its method.
    pub method: Method,
    /// Its whole URL.
    pub url: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body; none is sent if `upgrade` is true.
    pub body: Body,
    /// True if it asks to leave HTTP (a WebSocket). A response with 101 then turns the exchange into a stream of bytes.
    pub upgrade: bool,
    /// On its way out of a cell: the binding that it goes to. On its way in: which entrypoint it is for, as [`Callee`]
    /// says it. Empty for the network, and for the default entrypoint without properties.
    pub target: String,
}

/// A request without its body, as its sender keeps it.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// See [`Request::worker`].
    pub worker: u32,
    /// See [`Request::kind`].
    pub kind: Kind,
    /// See [`Request::method`].
    pub method: &'a Method,
    /// See [`Request::url`].
    pub url: &'a str,
    /// See [`Request::headers`].
    pub headers: &'a HeaderMap,
    /// See [`Request::upgrade`].
    pub upgrade: bool,
    /// See [`Request::target`].
    pub target: &'a str,
}

/// A response's `statusText` where it is not the usual one; in the response's extensions.
#[derive(Debug, Clone)]
pub struct ReasonPhrase(pub Bytes);

/// Who takes the requests of the other side.
pub trait Receiver {
    /// A request has come. It is called by the link's driver and must return at once.
    fn request(&self, request: Request, reply: Reply);
}

/// Why a request has no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The other side failed; see [`Reply::fail`].
    #[error("the other side failed")]
    Failed(Bytes),
    /// The link ended first. `index` says how many requests this side had begun on this link before this one.
    #[error("the link was lost")]
    Lost {
        /// The number of this request, counted from 0.
        index: u64,
    },
    /// As many exchanges as may be are under way.
    #[error("too many exchanges are under way")]
    Full,
    /// Its head is larger than [`HEAD_BYTES_MAX`].
    #[error("its head is larger than {HEAD_BYTES_MAX} bytes")]
    TooLarge,
}

/// How a link ended.
#[derive(Debug)]
pub enum Ended {
    /// The other side closed it between two frames, or this one has.
    Closed,
    /// The socket failed, or ended inside a frame.
    Io(io::Error),
    /// The other side sent what it must not.
    Violation(Violation),
}

/// What the other side did that it must not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A frame of no known kind.
    #[error("a frame of the unknown kind {kind}")]
    UnknownFrame {
        /// The kind.
        kind: u8,
    },
    /// A frame that is longer than one of its kind may be.
    #[error("a frame of kind {kind} with {length} bytes")]
    FrameTooLong {
        /// The kind.
        kind: u8,
        /// The length that it claims.
        length: usize,
    },
    /// A frame whose bytes no encoder writes.
    #[error("a malformed frame of kind {kind}")]
    Malformed {
        /// The kind.
        kind: u8,
    },
    /// An exchange that does not exist, or a new one whose number is not the next.
    #[error("a frame of exchange {exchange}, where the next new one is {next}")]
    WrongExchange {
        /// Its number.
        exchange: u64,
        /// The next.
        next: u64,
    },
    /// A frame at a time at which it means nothing.
    #[error("a frame out of turn in exchange {exchange}: {what}")]
    OutOfTurn {
        /// The exchange.
        exchange: u64,
        /// What it was.
        what: &'static str,
    },
    /// More bytes than were asked for, or more than were announced.
    #[error("{bytes} bytes too many in exchange {exchange}")]
    TooMuch {
        /// The exchange.
        exchange: u64,
        /// How many.
        bytes: u64,
    },
    /// More exchanges at once than may be.
    #[error("more than {streams_max} exchanges at once")]
    TooManyExchanges {
        /// How many may be.
        streams_max: usize,
    },
    /// It takes nothing of what it has asked for.
    #[error("it leaves {bytes} bytes unread")]
    ReadsNothing {
        /// How many wait for it.
        bytes: usize,
    },
}

/// What a link allows.
#[derive(Debug, Clone, Copy)]
pub struct LinkOptions {
    /// Which end this is.
    pub side: Side,
    /// Exchanges that the other side may have under way at once; this side has no more than that either.
    pub streams_max: usize,
    /// Bytes of heads and bodies that have come and that nobody has read, of all exchanges together.
    pub held_bytes_max: usize,
}

/// One end of a link. Cheap to clone.
#[derive(Clone)]
pub struct Link {
    shared: Arc<Shared>,
}

impl Link {
    /// A link that moves once its driver runs.
    #[must_use]
    pub fn new(options: LinkOptions) -> (Self, Driver) {
        let shared = Arc::new(Shared::new(options));
        (Self { shared: shared.clone() }, Driver::new(shared))
    }

    /// Sends a request. Dropping the future gives it up, dropping the response's body gives the rest of it up.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub fn request(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Response<Body>, RequestError>> + Send + 'static + use<> {
        let Request { worker, kind, method, url, headers, body, upgrade, target } = request;
        let (method, url, headers, target) = (&method, &url, &headers, &target);
        self.send(&Head { worker, kind, method, url, headers, upgrade, target }, body)
    }

    /// The same, for who keeps the head.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub fn send(
        &self,
        head: &Head<'_>,
        body: Body,
    ) -> impl Future<Output = Result<Response<Body>, RequestError>> + Send + 'static + use<> {
        let texts = [head.method.as_str(), head.url, head.target];
        if frame::head_bytes(head.headers, &texts) > HEAD_BYTES_MAX {
            return Pending::refused(RequestError::TooLarge);
        }
        // The way to the responder stays open for the stream of bytes.
        let (start, rest) = if head.upgrade {
            (BodyStart { length: None, inline: Bytes::new(), ended: false }, None)
        } else {
            begin_body(body)
        };
        match self.shared.begin_request(head, &start, rest) {
            Ok((exchange, answer)) => {
                Pending { shared: self.shared.clone(), exchange: Some(exchange), answer: Ok(answer) }
            }
            Err(error) => Pending::refused(error),
        }
    }

    /// Settles when less waits to leave than is good for a link: before that, nothing large should be added. A link that has ended
    /// keeps nobody waiting.
    pub fn room(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        room(self.shared.clone())
    }

    /// Frames that have come so far.
    #[must_use]
    pub fn heard(&self) -> u64 {
        self.shared.lock().heard
    }

    /// Bytes that have come of a frame that is not whole.
    #[must_use]
    pub fn unfinished_bytes(&self) -> usize {
        self.shared.lock().unfinished_bytes
    }

    /// Bytes that have come and that nobody has read, about.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.shared.lock().held_bytes
    }

    /// Exchanges that this side has under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.shared.lock().own
    }

    /// Requests that this side has begun so far.
    #[must_use]
    pub fn begun(&self) -> u64 {
        self.shared.lock().next_own
    }

    /// Ends the link: exchanges under way are lost.
    pub fn close(&self) {
        self.shared.close();
    }
}

fn room(shared: Arc<Shared>) -> impl Future<Output = ()> + Send + 'static {
    let mut asked = None;
    std::future::poll_fn(move |task| shared.poll_room(&mut asked, task))
}

/// What the responder's answer is to the requester's side.
type Answer = Result<(ResponseHead, LinkBody), RequestError>;

/// A request that waits for its answer.
struct Pending {
    shared: Arc<Shared>,
    /// `None` once it has its answer.
    exchange: Option<u64>,
    answer: Result<oneshot::Receiver<Answer>, RequestError>,
}

impl Pending {
    fn refused(error: RequestError) -> Self {
        let options = LinkOptions { side: Side::Host, streams_max: 0, held_bytes_max: 0 };
        Self { shared: Arc::new(Shared::new(options)), exchange: None, answer: Err(error) }
    }
}

impl Future for Pending {
    type Output = Result<Response<Body>, RequestError>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = match &mut self.answer {
            Ok(answer) => std::task::ready!(Pin::new(answer).poll(task)),
            Err(error) => return Poll::Ready(Err(error.clone())),
        };
        let index = self.exchange.take().map_or(0, state::index_of);
        let (head, body) = answer.unwrap_or(Err(RequestError::Lost { index }))?;
        Poll::Ready(Ok(self.response(head, body)))
    }
}

impl Pending {
    fn response(&self, head: ResponseHead, body: LinkBody) -> Response<Body> {
        let switching = head.status == StatusCode::SWITCHING_PROTOCOLS;
        let mut response = if switching {
            let stream = LinkDuplex::new(self.shared.clone(), body.into_exchange());
            let ready: Option<Box<dyn crate::http::Duplex>> = Some(Box::new(stream));
            let mut response = Response::new(crate::http::empty());
            let upgraded = Upgraded(Box::pin(std::future::ready(ready)));
            response.extensions_mut().insert(UpgradeSlot::new(upgraded));
            response
        } else {
            Response::new(body.into_body())
        };
        *response.status_mut() = head.status;
        *response.headers_mut() = head.headers;
        if let Some(reason) = head.reason {
            response.extensions_mut().insert(ReasonPhrase(reason));
        }
        response
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(exchange) = self.exchange {
            self.shared.cancel(exchange);
        }
    }
}

/// The way back of one request. Dropping it answers with an empty failure.
pub struct Reply {
    shared: Arc<Shared>,
    /// `None` once it is answered.
    exchange: Option<u64>,
    upgrade: Option<oneshot::Sender<LinkDuplex>>,
}

impl Reply {
    fn new(shared: Arc<Shared>, exchange: u64) -> Self {
        Self { shared, exchange: Some(exchange), upgrade: None }
    }

    /// Answers. The body streams until its end, or until the other side does not want it any more (then it is dropped).
    pub fn respond(mut self, response: Response<Body>) {
        let Some(exchange) = self.exchange.take() else { return };
        let (mut parts, body) = response.into_parts();
        let reason = parts.extensions.remove::<ReasonPhrase>().map(|ReasonPhrase(text)| text);
        let reason_bytes = reason.as_ref().map_or(0, Bytes::len);
        if frame::head_bytes(&parts.headers, &[]) + reason_bytes > HEAD_BYTES_MAX {
            return self.shared.fail(exchange, b"");
        }
        let head = ResponseHead { status: parts.status, reason, headers: parts.headers };
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            let open = BodyStart { length: None, inline: Bytes::new(), ended: false };
            if self.shared.switch(exchange, &head, &open)
                && let Some(upgrade) = self.upgrade.take()
            {
                // Without a taker the stream is dropped, and so given up.
                let _ = upgrade.send(LinkDuplex::new(self.shared.clone(), exchange));
            }
            return;
        }
        let (start, rest) = begin_body(body);
        self.shared.respond(exchange, &head, &start, rest);
    }

    /// Answers with a failure: bytes that the other side knows how to read, at most 64 KiB.
    pub fn fail(mut self, failure: Bytes) {
        if let Some(exchange) = self.exchange.take() {
            self.shared.fail(exchange, &failure);
        }
    }

    /// The stream of bytes that this exchange becomes when it is answered with 101; `None` for any other answer.
    pub fn upgraded(&mut self) -> Upgraded {
        let (sender, receiver) = oneshot::channel();
        self.upgrade = Some(sender);
        let stream =
            async { receiver.await.ok().map(|stream| Box::new(stream) as Box<dyn crate::http::Duplex>) };
        Upgraded(Box::pin(stream))
    }

    /// See [`Link::room`].
    pub fn room(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        room(self.shared.clone())
    }

    /// Settles when the other side has given up.
    pub fn cancelled(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let (shared, exchange) = (self.shared.clone(), self.exchange);
        std::future::poll_fn(move |task| match exchange {
            Some(exchange) => shared.poll_cancelled(exchange, task),
            None => Poll::Pending,
        })
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            self.shared.fail(exchange, b"");
        }
    }
}
