//! An event that nobody has asked for, so that what a first event needs is compiled before there is one.
//!
//! It is a GET of `/`, or of the page that this leads to, in an isolate that is thrown away, with no way out: whatever the worker asks for fails at once, what it says
//! nobody hears, and no books are kept. Whether it goes well does not matter. Code that it does not come to is compiled when it is
//! needed, as ever.

use std::{
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use http::header::{ACCEPT, HOST as HOST_HEADER, LOCATION};
use http_body_util::BodyExt;
use mote_engine::JsError;
use mote_web::{Call, CallKind, Console, EventUsage, LogLevel, Runtime, UsageSink};
use mote_wire::{
    http::{Body, Egress, EgressError, Fetched, empty},
    limits::Limits,
    link::Callee,
};
use tokio::time::timeout;

/// How long it may take: whoever waits for something that does not come has come to the end of what can be compiled.
const REHEARSAL_MAX: Duration = Duration::from_millis(500);
/// As much of an answer is read.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// A name that is nobody's (RFC 6761).
const HOST: &str = "worker.invalid";
/// A worker that sends its visitors on to another page of its own is asked for that one, too, as often as this.
const PAGES_MAX: usize = 3;

/// Has a worker that is loaded serve one event, and those that its redirects lead to.
pub(crate) async fn rehearse(runtime: &Rc<Runtime>, limits: Limits) {
    let cpu_ms = limits.cpu_ms.min(u64::try_from(REHEARSAL_MAX.as_millis()).unwrap_or(u64::MAX));
    let limits = Limits { cpu_ms, ..limits };
    let visit = async {
        let mut path = Some("/".to_owned());
        for _ in 0..PAGES_MAX {
            let Some(page) = path else { return };
            path = ask(runtime, limits, &page).await;
        }
    };
    // Without an answer it has come as far as it could.
    let _ = timeout(REHEARSAL_MAX, visit).await;
}

/// One event; gives the path that its answer leads to, if it leads to another of the worker's own.
async fn ask(runtime: &Rc<Runtime>, limits: Limits, path: &str) -> Option<String> {
    let usage = EventUsage::begin(Arc::new(NoBooks), limits, Instant::now());
    let url = format!("http://{HOST}{path}");
    let request =
        http::Request::get(&url).header(HOST_HEADER, HOST).header(ACCEPT, "*/*").body(empty()).ok()?;
    let callee = Callee::default();
    let call = Call { request, url: &url, cf: None, upgrade: None, callee: &callee, kind: CallKind::Fetch };
    let (head, mut body) = runtime.serve(call, usage).await.ok()?.into_parts();
    let mut read = 0_usize;
    while let Some(Ok(frame)) = body.frame().await {
        read = read.saturating_add(frame.data_ref().map_or(0, bytes::Bytes::len));
        if read > ANSWER_BYTES_MAX {
            return None;
        }
    }
    let location = head.headers.get(LOCATION).filter(|_| head.status.is_redirection())?.to_str().ok()?;
    let path = location.strip_prefix("http://").map_or(Some(location), |rest| rest.strip_prefix(HOST))?;
    (path.starts_with('/') && !path.starts_with("//")).then(|| path.to_owned())
}

struct NoBooks;

impl UsageSink for NoBooks {
    fn used_cpu(&self, _time: Duration, _turn: u64) {}
    fn event_over(&self, _usage: &EventUsage) {}
}

/// No way out.
pub(crate) struct Nowhere;

impl Egress for Nowhere {
    fn fetch(&self, request: http::Request<Body>) -> Fetched {
        let url = request.uri().to_string();
        let reason = "the version is only being prepared".to_owned();
        Box::pin(std::future::ready(Err(EgressError::Refused { url, reason })))
    }
}

/// Nobody listens.
pub(crate) struct Unheard;

impl Console for Unheard {
    fn log(&self, _level: LogLevel, _text: &str) {}
    fn uncaught(&self, _error: &JsError) {}
}
