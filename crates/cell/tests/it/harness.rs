//! A cell with one worker, driven without a socket.

use std::{
    fmt::Write as _,
    future::Future,
    io::Write,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt;

use mote_cell::{
    Cell, CellOptions, Debugging, Deployment, Directory, EventLog, JsError, LoadError, LogLevel, Observer,
    Pressure, Stop, Watched, WorkerStats,
};
use mote_wire::{
    bundle::{Bundle, Format, Module, ModuleKind, ModuleSpecifier},
    compatibility::Compatibility,
    event::EventError,
    http::{Body, Egress, EgressError, Fetched, full},
    limits::{LimitPolicy, LimitsPatch},
};

/// Answers every subrequest with a refusal.
struct NoEgress;

impl Egress for NoEgress {
    fn fetch(&self, request: http::Request<Body>) -> Fetched {
        let url = request.uri().to_string();
        Box::pin(std::future::ready(Err(EgressError::Refused {
            url,
            reason: "the test has no network".to_owned(),
        })))
    }
}

/// Answers every subrequest with the same response, a moment later; counts how many wait at once.
pub(crate) struct Canned {
    head: &'static [(&'static str, &'static str)],
    body: Bytes,
    waiting: Arc<AtomicUsize>,
    pub(crate) waiting_most: AtomicUsize,
    pub(crate) requests: Mutex<Vec<http::request::Parts>>,
}

impl Canned {
    pub(crate) fn text(body: &'static str) -> Self {
        Self {
            head: &[],
            body: Bytes::from_static(body.as_bytes()),
            waiting: Arc::default(),
            waiting_most: AtomicUsize::new(0),
            requests: Mutex::default(),
        }
    }

    pub(crate) fn with_head(head: &'static [(&'static str, &'static str)], body: &'static str) -> Self {
        Self { head, ..Self::text(body) }
    }

    pub(crate) fn gzip_of_zeros(bytes: usize) -> Self {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for _ in 0..bytes >> 20 {
            encoder.write_all(&vec![0; 1 << 20]).unwrap();
        }
        let body = encoder.finish().unwrap().into();
        Self { head: &[("content-encoding", "gzip")], body, ..Self::text("") }
    }
}

impl Egress for Canned {
    fn fetch(&self, request: http::Request<Body>) -> Fetched {
        let (parts, body) = request.into_parts();
        self.requests.lock().unwrap().push(parts);
        let now = self.waiting.fetch_add(1, Ordering::Relaxed) + 1;
        self.waiting_most.fetch_max(now, Ordering::Relaxed);
        let (waiting, content) = (Waiting(self.waiting.clone()), self.body.clone());
        let mut response = http::Response::new(());
        for (name, value) in self.head {
            response.headers_mut().insert(*name, http::HeaderValue::from_static(value));
        }
        Box::pin(async move {
            let _waiting = waiting;
            // An upload is read to its end, as most servers do.
            let _ = body.collect().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(response.map(|()| full(content)))
        })
    }
}

struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Keeps what workers print.
#[derive(Default)]
pub(crate) struct Log(Mutex<Vec<String>>);

impl Log {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Log {
    fn console(&self, _worker: &str, _level: LogLevel, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }

    fn uncaught(&self, _worker: &str, error: &JsError) {
        self.0.lock().unwrap().push(error.stack.clone());
    }

    fn left(&self, worker: &str, stop: Stop) {
        self.0.lock().unwrap().push(format!("left behind: an isolate of {worker}, which {stop}"));
    }

    fn event(&self, event: &EventLog<'_>) {
        if let Some(failure) = event.failure {
            self.0.lock().unwrap().push(format!("{:?}: {failure}", event.outcome));
        }
    }
}

pub(crate) struct Harness {
    pub(crate) cell: Rc<Cell>,
    pub(crate) log: Arc<Log>,
    egress: Arc<dyn Egress>,
    pub(crate) pressure: Pressure,
    pub(crate) directory: Directory,
}

impl Harness {
    pub(crate) fn new() -> Self {
        Self::with(&[("cpu_ms", 200)])
    }

    /// With limits other than the defaults.
    pub(crate) fn with(limits: &[(&str, u64)]) -> Self {
        Self::with_egress(limits, Arc::new(NoEgress))
    }

    pub(crate) fn with_egress(limits: &[(&str, u64)], egress: Arc<dyn Egress>) -> Self {
        let mut patch = LimitsPatch::default();
        for (key, value) in limits {
            assert!(patch.set(key, *value), "{key} is no limit");
        }
        let (log, pressure) = (Arc::new(Log::default()), Pressure::default());
        let directory = Directory::default();
        let options = CellOptions {
            limits: LimitPolicy::new(&patch, &LimitsPatch::default()),
            debugging: Debugging::Off,
            pressure: pressure.clone(),
            directory: directory.clone(),
            watched: Watched::default(),
        };
        Self { cell: Cell::new(options, log.clone()), log, egress, pressure, directory }
    }

    /// The books of a worker.
    pub(crate) fn stats(&self, worker: &str) -> Arc<WorkerStats> {
        self.directory.get(worker).unwrap().stats.clone()
    }

    pub(crate) fn deploy(
        &self,
        name: &str,
        modules: &[(&str, ModuleKind, &[u8])],
    ) -> Result<Vec<String>, LoadError> {
        self.deploy_bundle(name, &bundle(modules, Format::Modules))
    }

    pub(crate) fn deploy_bundle(&self, name: &str, bundle: &Bundle) -> Result<Vec<String>, LoadError> {
        let env_json = r#"{"GREETING":"hi"}"#;
        self.cell.deploy(name, &Deployment { env_json, ..self.deployment(bundle) })
    }

    /// A version that asks for nothing.
    pub(crate) fn deployment<'a>(&self, bundle: &'a Bundle) -> Deployment<'a> {
        let egress = self.egress.clone();
        Deployment {
            bundle,
            env_json: "{}",
            compatibility: Compatibility::default(),
            limits: LimitsPatch::default(),
            account: "",
            prepared: None,
            egress,
            label: 0,
        }
    }

    /// Puts one ES module into service.
    pub(crate) fn serve(&self, name: &str, source: &str) -> Result<Vec<String>, LoadError> {
        self.deploy(name, &[("index.js", ModuleKind::EsModule, source.as_bytes())])
    }

    /// Waits until something holds; what has not come to hold after ten seconds never will.
    pub(crate) async fn until(&self, holds: impl Fn() -> bool) {
        for _ in 0..1_000 {
            if holds() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it does not come to hold; the log: {:?}", self.log.lines());
    }

    /// One GET; gives status and body. The host's name leads to the worker as at a gateway.
    pub(crate) async fn get(&self, host: &str, path: &str) -> (u16, String) {
        let text = self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        let status = text.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
        (status, body)
    }

    /// Runs the event that a request is, written as HTTP/1.1; gives the answer in the same way.
    pub(crate) async fn ask(&self, request: &str) -> String {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let mut lines = head.split("\r\n");
        let mut first = lines.next().unwrap().split(' ');
        let (method, path) = (first.next().unwrap(), first.next().unwrap());
        let mut builder = http::Request::builder().method(method);
        for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
            builder = builder.header(name, value);
        }
        let headers = builder.headers_ref().unwrap();
        let host = headers[http::header::HOST].to_str().unwrap().to_owned();
        let body = match headers.get(http::header::CONTENT_LENGTH) {
            Some(length) => announced(length.to_str().unwrap().parse().unwrap(), body),
            None => chunked(body),
        };
        let names = self.directory.entries();
        let worker = match &names[..] {
            [only] => only.name.clone(),
            _ => host.split('.').next().unwrap().to_owned(),
        };
        let url = format!("http://{host}{path}");
        match self.cell.fetch(&worker, builder.body(body).unwrap(), url, None).await {
            Ok(response) => text_of(response).await,
            Err(error) => text_of_error(&error),
        }
    }
}

/// A body that says how long it will be, and may not keep its word.
fn announced(bytes: u64, content: &str) -> Body {
    struct Announced(u64, Body);
    impl http_body::Body for Announced {
        type Data = Bytes;
        type Error = mote_wire::http::BodyError;
        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            task: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
            std::pin::Pin::new(&mut self.1).poll_frame(task)
        }
        fn size_hint(&self) -> http_body::SizeHint {
            http_body::SizeHint::with_exact(self.0)
        }
    }
    Body::stream(Announced(bytes, full(content.to_owned())))
}

/// A body that comes in chunks, written as HTTP/1.1 writes them.
fn chunked(mut text: &str) -> Body {
    let mut chunks = Vec::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        chunks.push(Ok(http_body::Frame::data(Bytes::from(rest[..size].to_owned()))));
        text = &rest[size + 2..];
    }
    if chunks.is_empty() {
        return mote_wire::http::empty();
    }
    Body::stream(http_body_util::StreamBody::new(futures_util::stream::iter(chunks)))
}

async fn text_of(response: http::Response<Body>) -> String {
    let (parts, body) = response.into_parts();
    let mut text = format!("HTTP/1.1 {}\r\n", parts.status);
    for (name, value) in &parts.headers {
        let _ = write!(text, "{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes()));
    }
    let mut body = std::pin::pin!(body);
    let mut bytes = Vec::new();
    // As much as comes before the body breaks off.
    while let Some(Ok(frame)) = body.frame().await {
        bytes.extend_from_slice(frame.data_ref().map_or(&[][..], |data| &data[..]));
    }
    text + "\r\n" + &String::from_utf8_lossy(&bytes)
}

fn text_of_error(error: &EventError) -> String {
    let mut text = format!("HTTP/1.1 {}\r\nmote-error: {}\r\n", error.status, error.slug);
    if let Some(seconds) = error.retry_after_s {
        let _ = write!(text, "retry-after: {}\r\n", seconds + 1);
    }
    format!("{text}\r\nerror code: {}\n\n{}\n\n{}\n", error.code, error.title, error.detail)
}

pub(crate) fn bundle(modules: &[(&str, ModuleKind, &[u8])], format: Format) -> Bundle {
    let main = ModuleSpecifier::parse(modules[0].0).unwrap();
    let modules = modules
        .iter()
        .map(|(name, kind, content)| {
            Module::new(ModuleSpecifier::parse(name).unwrap(), *kind, content.to_vec())
        })
        .collect();
    Bundle::new(modules, main, format).unwrap()
}

/// Runs a test's future as a cell's thread runs.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

/// Serves one module and asks it once.
pub(crate) async fn answer(source: &str) -> (u16, String) {
    let harness = Harness::new();
    harness.serve("w", source).unwrap();
    harness.get("w.localhost", "/").await
}
