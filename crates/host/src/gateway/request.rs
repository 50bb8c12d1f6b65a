//! What a request's head says about where it goes.

use http::{HeaderMap, Request, Version, header};
use hyper::body::Incoming;

/// The host that the request is for; `None` if it does not say so as HTTP wants it (RFC 9112, section 3.2).
pub(super) fn host_of(request: &Request<Incoming>) -> Option<&str> {
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

/// The name of the worker in a host name such as `name.localhost:8787`, in lower case.
#[must_use]
pub fn localhost_name(host: &str) -> Option<String> {
    name_under("localhost", host)
}

/// The name of the worker in a host name below a domain, in lower case. The domain is in lower case already.
#[must_use]
pub fn name_under(domain: &str, host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let name = host.split(':').next()?.strip_suffix(domain)?.strip_suffix('.')?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// Bytes of a request's head, without the punctuation.
pub(super) fn head_bytes(request: &Request<Incoming>) -> usize {
    let headers: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    headers + request.uri().path_and_query().map_or(0, |path| path.as_str().len())
}

/// True if the client wants a WebSocket.
pub(super) fn wants_websocket(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
        && headers.contains_key(header::SEC_WEBSOCKET_KEY)
}

/// A request of a developer to run the scheduled handler now.
pub(super) struct Trigger {
    pub(super) cron: String,
    /// Milliseconds since the epoch; now, if it does not say.
    pub(super) time_ms: Option<f64>,
}

/// `/cdn-cgi/handler/scheduled?cron=…&time=…`, and `/__scheduled` as older tools have it.
pub(super) fn scheduled_trigger(request: &Request<Incoming>) -> Option<Trigger> {
    if !matches!(request.uri().path(), "/cdn-cgi/handler/scheduled" | "/__scheduled") {
        return None;
    }
    let query = request.uri().query().unwrap_or("");
    let value = |key: &str| {
        ::url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.into_owned())
    };
    let time_ms = value("time").and_then(|time| time.parse().ok());
    Some(Trigger { cron: value("cron").unwrap_or_else(|| "* * * * *".to_owned()), time_ms })
}

/// Milliseconds since the epoch.
#[expect(clippy::disallowed_methods, reason = "the time at which a developer pressed the button")]
pub(super) fn now_ms() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    (since.as_secs_f64() * 1000.0).floor()
}
