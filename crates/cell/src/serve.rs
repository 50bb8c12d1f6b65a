//! HTTP/1.1 on the connections that are handed to a cell: each request is an event.

use std::{
    convert::Infallible,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use http::{HeaderMap, Method, Request, Response, StatusCode, Version, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use mote_web::{Failure, Outcome, ReasonPhrase};
use mote_wire::http::{Body, BodyError, Duplex, Upgraded, full};

use crate::{
    answer::{Error, ErrorDetail},
    cell::{Cell, EventLog, Slot, Unready},
    url::request_url,
    watched::{Leaving, Watched, begun, watch_upload},
};

/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 128 << 10;
/// Headers of a request.
const HEADERS_MAX: usize = 1_000;

impl Cell {
    /// Serves one connection until it is closed. Errors of the connection end it, and nothing else.
    pub async fn serve_connection(self: Rc<Self>, io: impl Duplex + 'static) {
        let service = service_fn(|request| {
            let cell = self.clone();
            async move { Ok::<_, Infallible>(cell.handle(request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .max_buf_size(HEAD_BYTES_MAX)
            .max_headers(HEADERS_MAX)
            // Not `pipeline_flush`: with it the 400 for a malformed request stays in the buffer.
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades();
        // A client that sends nonsense has got its 400 or 431; one that left wants nothing. But a body that broke on its
        // way through is a story that nobody else tells.
        if let Err(error) = connection.await
            && let Some(broken @ (BodyError::Lost { .. } | BodyError::Encoding { .. })) = body_error(&error)
        {
            self.observer.problem(&format!("a response broke off: {broken}"));
        }
    }

    async fn handle(self: &Rc<Self>, mut request: Request<Incoming>) -> Response<Watched> {
        if head_bytes(&request) > HEAD_BYTES_MAX {
            return Error::head_too_large()
                .response(request.headers(), self.options.detail)
                .map(Watched::plain);
        }
        let Some(host) = host_of(&request) else {
            return Error::bad_request("A request has one Host header, with a host name.")
                .response(request.headers(), self.options.detail)
                .map(Watched::plain);
        };
        let Some(slot) = self.find(host) else {
            let error = Error::unknown_host(host, &self.names());
            return error.response(request.headers(), self.options.detail).map(Watched::plain);
        };
        let Some(url) = request_url(request.uri(), request.headers()) else {
            return Error::bad_request("The Host header and the path make no URL.")
                .response(request.headers(), self.options.detail)
                .map(Watched::plain);
        };
        if self.options.detail == ErrorDetail::Stack
            && let Some(cron) = scheduled_trigger(&request)
        {
            return self.trigger_scheduled(&slot, &cron).await.map(Watched::plain);
        }
        let upgrade = wants_websocket(request.headers()).then(|| {
            let upgrade = hyper::upgrade::on(&mut request);
            let io = async { upgrade.await.ok().map(|io| Box::new(TokioIo::new(io)) as Box<dyn Duplex>) };
            Upgraded(Box::pin(io))
        });
        // What an error response or a log line needs, before the worker takes the request.
        let method = request.method().clone();
        let accept = request.headers().get(header::ACCEPT).cloned();
        let mut record = Record::new(self, &slot, method.as_str(), &url);
        let expects = request.headers().contains_key(header::EXPECT);
        let left = Arc::new(AtomicBool::new(false));
        let result = self.fetch(&slot, watch_upload(request, &left), &url, upgrade).await;
        let (response, failure) = match result {
            // A worker that passes the upload on has not asked for it so far, and its client is waiting to be asked.
            Ok(response) if expects => (finish(begun(response).await, &method), None),
            Ok(response) => (finish(response, &method), None),
            Err(rejected) => {
                let headers = accept.into_iter().map(|accept| (header::ACCEPT, accept)).collect();
                (rejected.error().response(&headers, self.options.detail), rejected.failure())
            }
        };
        if left.load(Ordering::Relaxed) {
            // Whatever the worker made of half an upload, nobody is there to get it.
            record.write(None, Some(&Failure::Gone));
        } else {
            record.write(Some(response.status().as_u16()), failure.as_ref());
        }
        drop(record);
        let leaving = Leaving { cell: self.clone(), worker: slot.name.clone(), method, url };
        response.map(|body| Watched::new(body, leaving))
    }

    async fn fetch(
        &self,
        slot: &Rc<Slot>,
        request: Request<Body>,
        url: &str,
        upgrade: Option<Upgraded>,
    ) -> Result<Response<Body>, Rejected> {
        let runtime = self.ready(slot).map_err(Rejected::Unready)?;
        runtime.fetch(request, url, upgrade).await.map_err(Rejected::Failed)
    }

    async fn trigger_scheduled(&self, slot: &Rc<Slot>, trigger: &Trigger) -> Response<Body> {
        let runtime = match self.ready(slot) {
            Ok(runtime) => runtime,
            Err(unready) => {
                return Rejected::Unready(unready).error().response(&HeaderMap::new(), ErrorDetail::Stack);
            }
        };
        let mut record = Record::new(self, slot, "scheduled", &trigger.cron);
        let failure = runtime.scheduled(&trigger.cron, trigger.time_ms).await.err();
        record.write(None, failure.as_ref());
        // The answers of Cloudflare's own tools.
        let outcome = failure.as_ref().map_or(Outcome::Ok, Failure::outcome);
        let mut response = Response::new(full(outcome.as_str()));
        if outcome != Outcome::Ok {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
        response
    }
}

/// The log's line about one event, written when it has an answer, or when its client has left before.
struct Record<'a> {
    cell: &'a Cell,
    worker: &'a str,
    method: &'a str,
    url: &'a str,
    /// `None` if only failures are wanted: reading the clock twice is a part of what a request costs.
    started: Option<Instant>,
    written: bool,
}

impl<'a> Record<'a> {
    fn new(cell: &'a Cell, slot: &'a Slot, method: &'a str, url: &'a str) -> Self {
        let started = cell.observer.wants_events().then(Instant::now);
        Self { cell, worker: &slot.name, method, url, started, written: false }
    }

    fn write(&mut self, status: Option<u16>, failure: Option<&Failure>) {
        if std::mem::replace(&mut self.written, true) || (self.started.is_none() && failure.is_none()) {
            return;
        }
        self.cell.observer.event(&EventLog {
            worker: self.worker,
            method: self.method,
            url: self.url,
            status,
            duration: self.started.map_or(Duration::ZERO, |started| started.elapsed()),
            outcome: failure.map_or(Outcome::Ok, Failure::outcome),
            failure,
        });
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        self.write(None, Some(&Failure::Gone));
    }
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

/// Why an event has no response of the worker's own.
enum Rejected {
    Unready(Unready),
    Failed(Failure),
}

impl Rejected {
    fn error(&self) -> Error {
        match self {
            Self::Unready(Unready::Problem(problem)) => Error::unready(problem.clone()),
            Self::Unready(Unready::Load(error)) => Error::unready(error.to_string()),
            Self::Failed(failure) => Error::of(failure),
        }
    }

    fn failure(self) -> Option<Failure> {
        match self {
            Self::Unready(_) => None,
            Self::Failed(failure) => Some(failure),
        }
    }
}

/// The host that the request is for; `None` if it does not say so as HTTP wants it (RFC 9112, section 3.2).
fn host_of(request: &Request<Incoming>) -> Option<&str> {
    let mut headers = request.headers().get_all(header::HOST).iter();
    let header = headers.next();
    if headers.next().is_some() || (header.is_none() && request.version() == Version::HTTP_11) {
        return None;
    }
    let header = match header {
        Some(host) => host.to_str().ok()?,
        None => "",
    };
    Some(request.uri().host().unwrap_or(header))
}

/// Bytes of a request's head, without the punctuation.
fn head_bytes(request: &Request<Incoming>) -> usize {
    let headers: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    headers + request.uri().path_and_query().map_or(0, |path| path.as_str().len())
}

fn wants_websocket(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
        && headers.contains_key(header::SEC_WEBSOCKET_KEY)
}

/// Adapts a worker's response to what HTTP/1.1 can say.
fn finish(mut response: Response<Body>, method: &Method) -> Response<Body> {
    let reason = response.extensions_mut().remove::<ReasonPhrase>();
    if let Some(reason) = reason.and_then(|ReasonPhrase(text)| hyper::ext::ReasonPhrase::try_from(text).ok())
    {
        response.extensions_mut().insert(reason);
    }
    *response.version_mut() = Version::HTTP_11;
    let switching = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    // What belongs to one connection is the connection's to say.
    headers.remove(header::TRANSFER_ENCODING);
    if !switching {
        headers.remove(header::CONNECTION);
        headers.remove(header::UPGRADE);
    }
    if method == Method::HEAD {
        // The head that a GET would have had (RFC 9110, section 9.3.2), and nothing behind it.
        if let Some(length) = http_body::Body::size_hint(response.body()).exact()
            && length > 0
        {
            response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
        }
        return response.map(|_| mote_wire::http::empty());
    }
    response
}

/// A request of a developer to run the scheduled handler now.
struct Trigger {
    cron: String,
    time_ms: f64,
}

/// `/cdn-cgi/handler/scheduled?cron=…&time=…`, and `/__scheduled` as older tools have it.
fn scheduled_trigger(request: &Request<Incoming>) -> Option<Trigger> {
    if !matches!(request.uri().path(), "/cdn-cgi/handler/scheduled" | "/__scheduled") {
        return None;
    }
    let query = request.uri().query().unwrap_or("");
    let value = |key: &str| {
        ::url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.into_owned())
    };
    let time_ms = value("time").and_then(|time| time.parse().ok()).unwrap_or_else(mote_web::wall_clock_ms);
    Some(Trigger { cron: value("cron").unwrap_or_else(|| "* * * * *".to_owned()), time_ms })
}
