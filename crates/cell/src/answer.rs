//! What a client gets when a worker gives no response.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use mote_web::Failure;
use mote_wire::http::{Body, full};

use crate::admission::TurnedAway;

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

/// An error as a client sees it.
pub(crate) struct Error {
    pub(crate) status: StatusCode,
    /// Cloudflare's number.
    pub(crate) code: u16,
    /// The value of the `mote-error` header.
    pub(crate) slug: &'static str,
    /// One line for people.
    pub(crate) title: &'static str,
    /// Message and stack.
    pub(crate) detail: String,
    /// When it is worth to come again.
    pub(crate) retry_after: Option<Duration>,
}

impl Error {
    pub(crate) fn of(failure: &Failure) -> Self {
        let (status, code, slug, title) = match failure {
            Failure::Exception(_) | Failure::NoHandler(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, 1101, "worker-exception", "The worker threw an exception")
            }
            Failure::Hung => {
                (StatusCode::INTERNAL_SERVER_ERROR, 1101, "worker-hung", "The worker gave no response")
            }
            Failure::ExceededCpu => {
                (StatusCode::SERVICE_UNAVAILABLE, 1102, "exceeded-cpu", "The worker used too much CPU time")
            }
            Failure::ExceededMemory => {
                (StatusCode::SERVICE_UNAVAILABLE, 1102, "exceeded-memory", "The worker used too much memory")
            }
            Failure::ExceededWallTime => {
                (StatusCode::SERVICE_UNAVAILABLE, 1102, "exceeded-wall-time", "The worker took too long")
            }
            Failure::Stopped => {
                (StatusCode::SERVICE_UNAVAILABLE, 1105, "worker-stopped", "The worker was stopped")
            }
            Failure::Gone => (StatusCode::SERVICE_UNAVAILABLE, 1105, "worker-gone", "The worker was stopped"),
        };
        let detail = match failure {
            Failure::Exception(error) => error.stack.clone(),
            Failure::ExceededCpu
            | Failure::ExceededMemory
            | Failure::ExceededWallTime
            | Failure::Stopped
            | Failure::Hung
            | Failure::NoHandler(_)
            | Failure::Gone => failure.to_string(),
        };
        Self { status, code, slug, title, detail, retry_after: None }
    }

    /// The event was not let in.
    pub(crate) fn turned_away(why: &TurnedAway) -> Self {
        match why {
            TurnedAway::Stopped => Self::of(&Failure::Stopped),
            TurnedAway::Shed { reason, retry_after } => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: 1105,
                retry_after: Some(*retry_after),
                slug: "load-shed",
                title: "Too much is asked of this worker, or of this node",
                detail: format!("The request was turned away: {reason}."),
            },
        }
    }

    /// Requests cause one another.
    pub(crate) fn loop_detected(depth_max: u64) -> Self {
        Self {
            status: StatusCode::LOOP_DETECTED,
            code: 1019,
            retry_after: None,
            slug: "loop-detected",
            title: "Workers call each other without an end",
            detail: format!("A request may be caused by {depth_max} others, one after the other."),
        }
    }

    /// The request's body is longer than the worker's limit.
    pub(crate) fn request_too_large(mib_max: u64) -> Self {
        Self {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            code: 1003,
            retry_after: None,
            slug: "request-too-large",
            title: "The request's body is too large",
            detail: format!("A request's body may have {mib_max} MiB."),
        }
    }

    /// The worker has no version that loads.
    pub(crate) fn unready(detail: String) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: 1101,
            retry_after: None,
            slug: "worker-does-not-load",
            title: "The worker does not load",
            detail,
        }
    }

    /// No worker has this name.
    pub(crate) fn unknown_host(host: &str, known: &[String]) -> Self {
        let names = known.iter().map(|name| format!("\n  http://{name}.localhost")).collect::<String>();
        Self {
            status: StatusCode::NOT_FOUND,
            code: 1042,
            retry_after: None,
            slug: "unknown-host",
            title: "No worker answers on this host name",
            detail: format!("No worker answers on `{host}`. Those that run here:{names}"),
        }
    }

    /// The request is none.
    pub(crate) fn bad_request(detail: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: 1003,
            retry_after: None,
            slug: "bad-request",
            title: "Bad request",
            detail: detail.to_owned(),
        }
    }

    /// The request's head is longer than a worker should have to look at.
    pub(crate) fn head_too_large() -> Self {
        Self {
            status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            code: 1003,
            retry_after: None,
            slug: "head-too-large",
            title: "The request's headers are too large",
            detail: "A request's head may have 128 KiB and 1,000 headers.".to_owned(),
        }
    }

    /// The response: a page for browsers, else text.
    pub(crate) fn response(&self, request_headers: &HeaderMap, detail: ErrorDetail) -> Response<Body> {
        let accept =
            request_headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
        let (content_type, body) = if accept.contains("text/html") {
            ("text/html; charset=utf-8", self.page(detail))
        } else {
            ("text/plain; charset=utf-8", self.text(detail))
        };
        let mut response = Response::new(full(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert("mote-error", HeaderValue::from_static(self.slug));
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs().saturating_add(1).min(RETRY_AFTER_S_MAX);
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }

    fn text(&self, detail: ErrorDetail) -> String {
        match detail {
            ErrorDetail::Number => format!("error code: {}\n", self.code),
            ErrorDetail::Stack => format!("error code: {}\n\n{}\n\n{}\n", self.code, self.title, self.detail),
        }
    }

    fn page(&self, detail: ErrorDetail) -> String {
        let stack = match detail {
            ErrorDetail::Number => String::new(),
            ErrorDetail::Stack => format!("<pre>{}</pre>", escape(&self.detail)),
        };
        format!(
            "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
             <title>{title} ({code})</title><style>{STYLE}</style>\
             <main><p class=code>Error {code}</p><h1>{title}</h1>{stack}</main></html>\n",
            title = self.title,
            code = self.code,
        )
    }
}

const STYLE: &str = ":root{color-scheme:light dark}body{margin:0;font:16px/1.5 system-ui,sans-serif}\
    main{max-width:60rem;margin:10vh auto;padding:0 1.5rem}h1{font-size:1.6rem;margin:.2rem 0 1.5rem}\
    .code{color:#c0392b;font-weight:600;margin:0}\
    pre{padding:1rem 1.2rem;overflow:auto;border-radius:8px;background:#8881;border-left:4px solid #c0392b;\
    font:13px/1.6 ui-monospace,monospace;white-space:pre-wrap}";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The response for a failed event.
#[must_use]
pub fn error_response(failure: &Failure, request_headers: &HeaderMap, detail: ErrorDetail) -> Response<Body> {
    Error::of(failure).response(request_headers, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_see_the_number_and_nothing_of_the_code() {
        let failure = Failure::Exception(mote_engine::JsError::plain("Error: secret <b>"));
        let error = Error::of(&failure);
        assert_eq!(error.text(ErrorDetail::Number), "error code: 1101\n");
        assert!(!error.page(ErrorDetail::Number).contains("secret"));
        assert!(error.page(ErrorDetail::Stack).contains("secret &lt;b&gt;"));
    }
}
