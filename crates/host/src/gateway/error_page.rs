//! What a client gets when a worker gives no response.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use mote_wire::{
    event::EventError,
    http::{Body, full},
};

/// The longest that a client is told to wait, in seconds.
const RETRY_AFTER_S_MAX: u64 = 3_600;

/// How much an error response tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorDetail {
    /// The error's number, and nothing of the worker's code: for strangers.
    Number,
    /// Message and stack, for the developer whose machine this is.
    Stack,
}

/// No worker has this name.
pub(super) fn unknown_host(host: &str, known: &[String]) -> EventError {
    // The port by which the client has come: where a proxy stands before the node, that is its own.
    let port = host.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let names = known.iter().map(|name| format!("\n  http://{name}.localhost{port}")).collect::<String>();
    let detail = format!("No worker answers on `{host}`. Those that run here:{names}");
    EventError::new(404, 1042, "unknown-host", "No worker answers on this host name", detail)
}

/// The request is none.
pub(super) fn bad_request(detail: &str) -> EventError {
    EventError::new(400, 1003, "bad-request", "Bad request", detail)
}

/// The request's head is longer than a worker should have to look at.
pub(super) fn head_too_large() -> EventError {
    let detail = "A request's head may have 128 KiB and 1,000 headers.";
    EventError::new(431, 1003, "head-too-large", "The request's headers are too large", detail)
}

/// The response: a page for browsers, else text.
#[must_use]
pub fn error_response(
    error: &EventError,
    request_headers: &HeaderMap,
    detail: ErrorDetail,
) -> Response<Body> {
    let accept = request_headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
    let (content_type, body) = if accept.contains("text/html") {
        ("text/html; charset=utf-8", page(error, detail))
    } else {
        ("text/plain; charset=utf-8", text(error, detail))
    };
    let mut response = Response::new(full(body));
    // A cell may say anything; only an error is one.
    *response.status_mut() = StatusCode::from_u16(error.status)
        .ok()
        .filter(|status| status.is_client_error() || status.is_server_error())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let slug = HeaderValue::from_str(&error.slug).unwrap_or(HeaderValue::from_static("internal-error"));
    headers.insert("mote-error", slug);
    if let Some(seconds) = error.retry_after_s {
        headers.insert(header::RETRY_AFTER, seconds.saturating_add(1).min(RETRY_AFTER_S_MAX).into());
    }
    response
}

fn text(error: &EventError, detail: ErrorDetail) -> String {
    match detail {
        ErrorDetail::Number => format!("error code: {}\n", error.code),
        ErrorDetail::Stack => format!("error code: {}\n\n{}\n\n{}\n", error.code, error.title, error.detail),
    }
}

fn page(error: &EventError, detail: ErrorDetail) -> String {
    let stack = match detail {
        ErrorDetail::Number => String::new(),
        ErrorDetail::Stack => format!("<pre>{}</pre>", escape(&error.detail)),
    };
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>{title} ({code})</title><style>{STYLE}</style>\
         <main><p class=code>Error {code}</p><h1>{title}</h1>{stack}</main></html>\n",
        title = escape(&error.title),
        code = error.code,
    )
}

const STYLE: &str = ":root{color-scheme:light dark}body{margin:0;font:16px/1.5 system-ui,sans-serif}\
    main{max-width:60rem;margin:10vh auto;padding:0 1.5rem}h1{font-size:1.6rem;margin:.2rem 0 1.5rem}\
    .code{color:#c0392b;font-weight:600;margin:0}\
    pre{padding:1rem 1.2rem;overflow:auto;border-radius:8px;background:#8881;border-left:4px solid #c0392b;\
    font:13px/1.6 ui-monospace,monospace;white-space:pre-wrap}";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_see_the_number_and_nothing_of_the_code() {
        let error = EventError::new(500, 1101, "worker-exception", "The worker threw", "Error: secret <b>");
        assert_eq!(text(&error, ErrorDetail::Number), "error code: 1101\n");
        assert!(!page(&error, ErrorDetail::Number).contains("secret"));
        assert!(page(&error, ErrorDetail::Stack).contains("secret &lt;b&gt;"));
    }

    #[test]
    fn the_workers_that_there_are_stand_with_the_port_that_was_asked() {
        let known = ["shop".to_owned()];
        for (host, address) in [
            ("localhost:8798", "http://shop.localhost:8798"),
            ("[::1]:81", "http://shop.localhost:81"),
            ("localhost", "http://shop.localhost"),
            ("[::1]", "http://shop.localhost"),
            ("localhost:", "http://shop.localhost"),
            ("localhost:99999", "http://shop.localhost"),
        ] {
            let said = unknown_host(host, &known).detail;
            assert!(said.ends_with(&format!("\n  {address}")), "{host}: {said}");
        }
    }

    #[test]
    fn a_cell_cannot_make_an_error_into_something_else() {
        let error = EventError::new(200, 1, "a\r\nset-cookie: x", "<script>", "");
        let response = error_response(&error, &HeaderMap::new(), ErrorDetail::Number);
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers().get("mote-error").unwrap(), "internal-error");
        assert!(!page(&error, ErrorDetail::Number).contains("<script>"));
    }
}
