//! HTTP/1.1 on the connections that are handed to a cell: each request is an event.

use std::{convert::Infallible, rc::Rc, sync::Arc};

use http::{HeaderMap, Method, Request, Response, StatusCode, Version, header};
use http_body::Body as _;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use mote_web::{EventUsage, Failure, Outcome, ReasonPhrase, Trail};
use mote_wire::{
    http::{Body, BodyError, Duplex, Upgraded, full},
    limits::{HEADERS_MAX, REQUEST_HEAD_BYTES_MAX},
};

use crate::{
    answer::{Error, ErrorDetail},
    cell::{Cell, EventLog},
    slot::{Slot, Unready},
    url::request_url,
    watched::{Leaving, Watched, begun, watch_upload},
};

impl Cell {
    /// Serves one connection until it is closed. Errors of the connection end it, and nothing else.
    pub async fn serve_connection(self: Rc<Self>, io: impl Duplex + 'static) {
        let service = service_fn(|request| {
            let cell = self.clone();
            async move { Ok::<_, Infallible>(cell.handle(request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .max_buf_size(REQUEST_HEAD_BYTES_MAX)
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
        let (slot, url) = match self.route(&request) {
            Ok(routed) => routed,
            Err(error) => return self.refuse(&error, request.headers()),
        };
        if self.options.detail == ErrorDetail::Stack
            && let Some(cron) = scheduled_trigger(&request)
        {
            return self.trigger_scheduled(&slot, &cron).await.map(Watched::plain);
        }
        let usage = match self.admit(&slot) {
            Ok(usage) => usage,
            Err(turned_away) => return self.refuse(&Error::turned_away(&turned_away), request.headers()),
        };
        let upgrade = wants_websocket(request.headers()).then(|| {
            let upgrade = hyper::upgrade::on(&mut request);
            let io = async { upgrade.await.ok().map(|io| Box::new(TokioIo::new(io)) as Box<dyn Duplex>) };
            Upgraded(Box::pin(io))
        });
        // What an error response or a log line needs, before the worker takes the request.
        let method = request.method().clone();
        let accept = request.headers().get(header::ACCEPT).cloned();
        let mut record = Record::new(self, &slot, method.as_str(), &url, &usage);
        let expects = request.headers().contains_key(header::EXPECT);
        let request = watch_upload(request, &usage);
        let result = self.fetch(&slot, request, &url, upgrade, usage.clone()).await;
        let (response, failure) = match result {
            // A worker that passes the upload on has not asked for it so far, and its client is waiting to be asked.
            Ok(response) if expects => (finish(begun(response).await, &method), None),
            Ok(response) => (finish(response, &method), None),
            Err(rejected) => {
                let headers = accept.into_iter().map(|accept| (header::ACCEPT, accept)).collect();
                (rejected.error().response(&headers, self.options.detail), rejected.failure())
            }
        };
        if usage.outcome() == Outcome::Canceled {
            // Whatever the worker made of half an upload, nobody is there to get it.
            record.write(None, Some(&Failure::Gone));
        } else {
            record.write(Some(response.status().as_u16()), failure.as_ref());
        }
        drop(record);
        let leaving = Leaving { cell: self.clone(), worker: slot.name.clone(), method, url };
        response.map(|body| Watched::new(body, usage, leaving))
    }

    /// The worker that a request is for, and its URL.
    fn route(&self, request: &Request<Incoming>) -> Result<(Rc<Slot>, String), Error> {
        if head_bytes(request) > REQUEST_HEAD_BYTES_MAX {
            return Err(Error::head_too_large());
        }
        let host = host_of(request);
        let host =
            host.ok_or_else(|| Error::bad_request("A request has one Host header, with a host name."))?;
        let slot = self.find(host).ok_or_else(|| Error::unknown_host(host, &self.names()))?;
        let url = request_url(request.uri(), request.headers());
        let url = url.ok_or_else(|| Error::bad_request("The Host header and the path make no URL."))?;
        let limits = slot.limits.get();
        if Trail::of(request.headers()).depth() > limits.subrequest_depth {
            return Err(Error::loop_detected(limits.subrequest_depth));
        }
        if request.body().size_hint().lower() > limits.request_body_mib.saturating_mul(1 << 20) {
            return Err(Error::request_too_large(limits.request_body_mib));
        }
        Ok((slot, url))
    }

    /// Answers a request that no worker gets to see.
    fn refuse(&self, error: &Error, request_headers: &HeaderMap) -> Response<Watched> {
        error.response(request_headers, self.options.detail).map(Watched::plain)
    }

    async fn fetch(
        &self,
        slot: &Rc<Slot>,
        request: Request<Body>,
        url: &str,
        upgrade: Option<Upgraded>,
        usage: Arc<EventUsage>,
    ) -> Result<Response<Body>, Rejected> {
        let runtime = self.ready(slot).map_err(|unready| {
            usage.set_outcome(Outcome::Exception);
            Rejected::Unready(unready)
        })?;
        runtime.fetch(request, url, upgrade, usage).await.map_err(Rejected::Failed)
    }

    async fn trigger_scheduled(&self, slot: &Rc<Slot>, trigger: &Trigger) -> Response<Body> {
        let refuse = |error: Error| error.response(&HeaderMap::new(), ErrorDetail::Stack);
        let usage = match self.admit(slot) {
            Ok(usage) => usage,
            Err(turned_away) => return refuse(Error::turned_away(&turned_away)),
        };
        let runtime = match self.ready(slot) {
            Ok(runtime) => runtime,
            Err(unready) => return refuse(Rejected::Unready(unready).error()),
        };
        let mut record = Record::new(self, slot, "scheduled", &trigger.cron, &usage);
        let failure = runtime.scheduled(&trigger.cron, trigger.time_ms, usage.clone()).await.err();
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
    usage: &'a EventUsage,
    written: bool,
}

impl<'a> Record<'a> {
    fn new(cell: &'a Cell, slot: &'a Slot, method: &'a str, url: &'a str, usage: &'a EventUsage) -> Self {
        Self { cell, worker: &slot.name, method, url, usage, written: false }
    }

    fn write(&mut self, status: Option<u16>, failure: Option<&Failure>) {
        let wanted = failure.is_some() || self.cell.observer.wants_events();
        if std::mem::replace(&mut self.written, true) || !wanted {
            return;
        }
        self.cell.observer.event(&EventLog {
            worker: self.worker,
            method: self.method,
            url: self.url,
            status,
            duration: self.usage.began().elapsed(),
            cpu: self.usage.cpu(),
            outcome: failure.map_or(Outcome::Ok, Failure::outcome),
            failure,
        });
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        if !self.written {
            self.usage.set_outcome(Outcome::Canceled);
            self.write(None, Some(&Failure::Gone));
        }
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
