//! The way in: HTTP/1.1 on the connections that clients open, up to the worker that each request is for.
//!
//! What it does: it refuses what is no request, finds the worker by the host name, and turns whatever becomes of the
//! event into a response. Who runs the event is behind [`Events`]: cells in other processes, or one in this process.

mod connection_facts;
mod error_page;
mod request;
mod response;
mod routes;
mod url;

use std::{
    cell::Cell, convert::Infallible, future::Future, net::IpAddr, pin::Pin, rc::Rc, sync::Arc, time::Duration,
};

use http::{HeaderMap, Request, Response, header};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use mote_wire::{
    event::EventError,
    http::{Body, BodyError, Duplex, Upgraded},
    limits::{HEADERS_MAX, REQUEST_HEAD_BYTES_MAX},
};

pub use connection_facts::{ConnectionFacts, OperatorFacts, OperatorFactsError};
pub use error_page::{ErrorDetail, error_response};
use request::Trigger;
pub use request::{localhost_name, name_under};
pub use routes::{DuplicateRoute, PatternError, RoutePattern, Router, Scheme};

use crate::linger::Lingering;

/// How long a connection that has brought no request yet is kept when the node leaves.
const FIRST_REQUEST_MAX: Duration = Duration::from_millis(500);

/// An event's answer, when it comes. Dropping it means that the client has left.
pub type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, EventError>>>>;
/// The outcome of an event without a response, in Cloudflare's words, when it is over.
pub type Triggering = Pin<Box<dyn Future<Output = Result<String, EventError>>>>;

/// A fetch event on its way to a worker.
pub struct FetchEvent {
    /// Its worker's name.
    pub worker: Arc<str>,
    /// The request, with its body as it streams in.
    pub request: Request<Body>,
    /// The request's whole URL.
    pub url: String,
    /// The client's connection, if it wants to leave HTTP.
    pub upgrade: Option<Upgraded>,
    /// The client's address, if it has one.
    pub client: Option<IpAddr>,
}

/// Who runs events.
pub trait Events {
    /// The worker that answers on a host name, which may have a port, and URL, which is in normal form.
    fn find(&self, host: &str, url: &str) -> Option<Arc<str>>;
    /// The names of all workers, for a developer who has mistyped one.
    fn names(&self) -> Vec<String>;
    /// Runs a fetch event.
    fn fetch(&self, event: FetchEvent) -> Answering;
    /// Runs a scheduled event now.
    fn scheduled(&self, worker: &str, cron: String, time_ms: f64) -> Triggering;
    /// A response broke off in its middle. The client cannot be told any more.
    fn broke_off(&self, reason: &BodyError);
}

/// Serves clients' connections.
pub struct Gateway<E> {
    events: E,
    detail: ErrorDetail,
    facts: ConnectionFacts,
}

impl<E: Events + 'static> Gateway<E> {
    /// A gateway to `events`. With [`ErrorDetail::Stack`] it is a developer's own: it also runs cron handlers on demand.
    #[must_use]
    pub fn new(events: E, detail: ErrorDetail, facts: ConnectionFacts) -> Rc<Self> {
        Rc::new(Self { events, detail, facts })
    }

    /// Who runs the events.
    pub fn events(&self) -> &E {
        &self.events
    }

    /// Serves one connection until it is closed. Errors of the connection end it, and nothing else.
    ///
    /// `client` is who has opened it. `leave` settles when the connection shall end once it is idle; it may never do so.
    pub async fn serve_connection(
        self: Rc<Self>,
        io: impl Duplex + 'static,
        client: Option<IpAddr>,
        leave: impl Future<Output = ()>,
    ) {
        let asked = Cell::new(false);
        let service = service_fn(|request| {
            asked.set(true);
            let gateway = self.clone();
            async move { Ok::<_, Infallible>(gateway.handle(request, client).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .max_buf_size(REQUEST_HEAD_BYTES_MAX)
            .max_headers(HEADERS_MAX)
            // Not `pipeline_flush`: with it the 400 for a malformed request stays in the buffer.
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        let result = tokio::select! {
            result = connection.as_mut() => result,
            () = leave => {
                // One that was accepted in this very moment has its first request on the way: it would be lost.
                let first = async { if !asked.get() { tokio::time::sleep(FIRST_REQUEST_MAX).await } };
                tokio::select! {
                    biased;
                    result = connection.as_mut() => result,
                    () = first => {
                        connection.as_mut().graceful_shutdown();
                        connection.await
                    }
                }
            }
        };
        // A client that sends nonsense has got its 400 or 431; one that left wants nothing. But a body that broke on its
        // way through is a story that nobody else tells.
        if let Err(error) = result
            && let Some(broken @ (BodyError::Lost { .. } | BodyError::Encoding { .. })) = body_error(&error)
        {
            self.events.broke_off(broken);
        }
    }

    async fn handle(&self, mut request: Request<Incoming>, client: Option<IpAddr>) -> Response<Body> {
        let (worker, url) = match self.route(&request) {
            Ok(routed) => routed,
            Err(error) => {
                let (head, body) = request.into_parts();
                drop(incoming(&head.headers, body));
                return error_response(&error, &head.headers, self.detail);
            }
        };
        if self.detail == ErrorDetail::Stack
            && let Some(trigger) = request::scheduled_trigger(&request)
        {
            return self.trigger(&worker, trigger).await;
        }
        let upgrade = request::wants_websocket(request.headers()).then(|| {
            let upgrade = hyper::upgrade::on(&mut request);
            let io = async { upgrade.await.ok().map(|io| Box::new(TokioIo::new(io)) as Box<dyn Duplex>) };
            Upgraded(Box::pin(io))
        });
        // What the response depends on, before the worker takes the request.
        let method = request.method().clone();
        let accept = request.headers().get(header::ACCEPT).cloned();
        let expects = request.headers().contains_key(header::EXPECT);
        let (mut head, body) = request.into_parts();
        let body = incoming(&head.headers, body);
        self.facts.tell(&mut head);
        let event = FetchEvent { worker, request: Request::from_parts(head, body), url, upgrade, client };
        match self.events.fetch(event).await {
            // A worker that passes the upload on has not asked for it so far, and its client is waiting to be asked.
            Ok(answer) if expects => response::finish(response::begun(answer).await, &method),
            Ok(answer) => response::finish(answer, &method),
            Err(error) => {
                let headers = accept.into_iter().map(|accept| (header::ACCEPT, accept)).collect();
                error_response(&error, &headers, self.detail)
            }
        }
    }

    /// The worker that a request is for, and its URL.
    fn route(&self, request: &Request<Incoming>) -> Result<(Arc<str>, String), EventError> {
        if request::head_bytes(request) > REQUEST_HEAD_BYTES_MAX {
            return Err(error_page::head_too_large());
        }
        let bad = |reason| move || error_page::bad_request(reason);
        let host =
            request::host_of(request).ok_or_else(bad("A request has one Host header, with a host name."))?;
        let url = url::request_url(request.uri(), request.headers())
            .ok_or_else(bad("The Host header and the path make no URL."))?;
        let worker = self.events.find(host, &url);
        let worker = worker.ok_or_else(|| {
            // A node has thousands, and strangers are told none of them.
            let names = if self.detail == ErrorDetail::Stack { self.events.names() } else { Vec::new() };
            error_page::unknown_host(host, &names)
        })?;
        Ok((worker, url))
    }

    async fn trigger(&self, worker: &str, trigger: Trigger) -> Response<Body> {
        let time_ms = trigger.time_ms.unwrap_or_else(request::now_ms);
        match self.events.scheduled(worker, trigger.cron, time_ms).await {
            Ok(outcome) => response::of_outcome(outcome),
            Err(error) => error_response(&error, &HeaderMap::new(), self.detail),
        }
    }
}

/// A request's body, which its client may send to its end even if the worker leaves it.
fn incoming(headers: &HeaderMap, body: Incoming) -> Body {
    if http_body::Body::is_end_stream(&body) {
        return mote_wire::http::empty();
    }
    let lost = |error: hyper::Error| BodyError::Lost { reason: error.to_string() };
    if headers.contains_key(header::EXPECT) {
        // It is sent only if somebody reads it.
        return Body::stream(body.map_err(lost));
    }
    Body::stream(Lingering::new(body).map_err(lost))
}

/// The broken body among an error's causes.
fn body_error(error: &hyper::Error) -> Option<&BodyError> {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(body) = error.downcast_ref::<BodyError>() {
            return Some(body);
        }
        cause = error.source();
    }
    None
}
