//! A cell with one worker, driven without a socket.

use std::{
    cell::RefCell,
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
    Cell, CellOptions, Debugging, Deployment, Directory, ErrorDetail, EventLog, JsError, LoadError, LogLevel,
    Observer, Pressure, WorkerStats,
};
use mote_wire::{
    bundle::{Bundle, Format, Module, ModuleKind, ModuleSpecifier},
    http::{Body, Egress, EgressError, Fetched, full},
    limits::{LimitPolicy, LimitsPatch},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
pub(crate) struct Log(RefCell<Vec<String>>);

impl Log {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }
}

impl Observer for Log {
    fn console(&self, _worker: &str, _level: LogLevel, text: &str) {
        self.0.borrow_mut().push(text.to_owned());
    }

    fn uncaught(&self, _worker: &str, error: &JsError) {
        self.0.borrow_mut().push(error.stack.clone());
    }

    fn event(&self, event: &EventLog<'_>) {
        if let Some(failure) = event.failure {
            self.0.borrow_mut().push(format!("{:?}: {failure}", event.outcome));
        }
    }

    fn problem(&self, text: &str) {
        self.0.borrow_mut().push(text.to_owned());
    }
}

pub(crate) struct Harness {
    pub(crate) cell: Rc<Cell>,
    pub(crate) log: Rc<Log>,
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
        let (log, pressure) = (Rc::new(Log::default()), Pressure::default());
        let directory = Directory::default();
        let options = CellOptions {
            limits: LimitPolicy::new(&patch, &LimitsPatch::default()),
            detail: ErrorDetail::Stack,
            debugging: Debugging::Off,
            pressure: pressure.clone(),
            directory: directory.clone(),
        };
        Self { cell: Cell::new(options, egress, log.clone()), log, pressure, directory }
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
        self.cell.deploy(name, &Deployment { bundle, env_json, limits: LimitsPatch::default(), account: "" })
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

    /// One GET over a connection of its own; gives status and body.
    pub(crate) async fn get(&self, host: &str, path: &str) -> (u16, String) {
        let text =
            self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await;
        let status = text.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
        (status, body)
    }

    /// Sends bytes over a connection of its own; gives all that comes back.
    pub(crate) async fn ask(&self, request: &str) -> String {
        let (mut client, server) = tokio::io::duplex(64 << 10);
        let serving = tokio::task::spawn_local(self.cell.clone().serve_connection(server));
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        serving.await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
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
