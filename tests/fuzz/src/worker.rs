//! A cell in this thread, with the worker whose functions are the targets.

use std::{rc::Rc, sync::Arc, time::Duration};

use http::header;
use http_body_util::BodyExt;
use mote_cell::{
    Cell, CellOptions, Debugging, Deployment, Directory, EventLog, JsError, LoadError, LogLevel, Observer,
    Pressure, Stop, Watched,
};
use mote_wire::{
    bundle::{Bundle, Format, Module, ModuleKind, ModuleSpecifier},
    compatibility::Compatibility,
    event::EventError,
    http::{Body, Duplex, Egress, EgressError, Fetched, UpgradeSlot, Upgraded, empty, full},
    limits::{LimitPolicy, LimitsPatch},
};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::Target;

/// What nothing may take: on any machine, what is read in a straight way takes far less.
const CPU_MS: u64 = 20_000;
/// A panic of a native's is an exception that says this (`contain` in `mote-web`).
const MISTAKE: &str = "a mistake of Mote's own";

macro_rules! sources {
    ($($name:literal),* $(,)?) => { [$(($name, include_bytes!(concat!("../worker/", $name)).as_slice())),*] };
}

static SOURCES: [(&str, &[u8]); 8] = sources![
    "index.js",
    "claims.js",
    "urls.js",
    "fields.js",
    "forms.js",
    "values.js",
    "streams.js",
    "sockets.js",
];

pub(crate) fn read(target: &Target, bytes: &[u8]) {
    with(|worker| worker.read(target.name, bytes));
}

/// Calls `act` with this thread's cell.
pub(crate) fn with(act: impl FnOnce(&Worker)) {
    thread_local! {
        // Never given back: when a thread ends, what isolates need of it may be gone before they are.
        static WORKER: &'static Worker = Box::leak(Box::new(Worker::new()));
    }
    WORKER.with(|worker| act(worker));
}

pub(crate) struct Worker {
    runtime: tokio::runtime::Runtime,
    tasks: tokio::task::LocalSet,
    cell: Rc<Cell>,
}

impl Worker {
    fn new() -> Self {
        let mut limits = LimitsPatch::default();
        for (name, value) in [("cpu_ms", CPU_MS), ("startup_cpu_ms", CPU_MS), ("wall_ms", 60_000)] {
            // A name that there is not means that the default holds, which is no less strict.
            limits.set(name, value);
        }
        let options = CellOptions {
            limits: LimitPolicy::new(&limits, &LimitsPatch::default()),
            debugging: Debugging::Off,
            pressure: Pressure::default(),
            directory: Directory::default(),
            watched: Watched::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let tasks = tokio::task::LocalSet::new();
        let cell = tasks.block_on(&runtime, async { Cell::new(options, Arc::new(Silent)) });
        let worker = Self { runtime, tasks, cell };
        worker.deploy("targets", &targets()).unwrap();
        worker
    }

    fn deploy(&self, name: &str, bundle: &Bundle) -> Result<Vec<String>, LoadError> {
        let deployment = Deployment {
            bundle,
            env_json: "{}",
            compatibility: Compatibility::kept(Some("2026-01-01"), ["nodejs_compat"]),
            limits: LimitsPatch::default(),
            account: "",
            prepared: None,
            egress: Arc::new(NoEgress),
            label: 0,
        };
        self.tasks.block_on(&self.runtime, async { self.cell.deploy(name, &deployment) })
    }

    /// Asks a worker once; gives the answer's status and text.
    fn ask(&self, name: &str, path: &str, body: &[u8]) -> Result<(u16, String), EventError> {
        let request = http::Request::post(path).body(full(body.to_vec())).unwrap();
        let url = format!("http://{name}.localhost{path}");
        self.tasks.block_on(&self.runtime, async {
            let response = self.cell.fetch(name, request, url, None).await?;
            let status = response.status().as_u16();
            let body = response
                .into_body()
                .collect()
                .await
                .map(http_body_util::Collected::to_bytes)
                .unwrap_or_default();
            Ok((status, String::from_utf8_lossy(&body).into_owned()))
        })
    }

    fn read(&self, target: &str, bytes: &[u8]) {
        match self.ask("targets", &format!("/{target}"), bytes) {
            Ok((200, text)) if text.is_empty() => {}
            Ok((status, text)) => panic!("{target}: {status} {text}"),
            Err(error) => panic!("{target}: {} {}: {}", error.code, error.title, error.detail),
        }
    }

    /// Deploys what may be anything, and asks it once. It may be refused, and it may fail; how, is looked at.
    pub(crate) fn try_out(&self, bundle: &Bundle) {
        let said = match self.deploy("tried", bundle) {
            Err(error) => error.to_string(),
            Ok(_) => match self.ask("tried", "/", b"") {
                Ok((_, text)) => text,
                Err(error) => error.detail,
            },
        };
        assert!(!said.contains(MISTAKE), "{said}");
    }
}

fn targets() -> Bundle {
    let name = |text: &str| ModuleSpecifier::parse(text).unwrap();
    let modules = SOURCES
        .iter()
        .map(|(path, text)| Module::new(name(path), ModuleKind::EsModule, text.to_vec()))
        .collect();
    Bundle::new(modules, name("index.js"), Format::Modules).unwrap()
}

/// Nobody reads what workers print.
struct Silent;

impl Observer for Silent {
    fn console(&self, _worker: &str, _level: LogLevel, _text: &str) {}
    fn uncaught(&self, _worker: &str, error: &JsError) {
        assert!(!error.stack.contains(MISTAKE), "{}", error.stack);
    }
    fn left(&self, _worker: &str, _stop: Stop) {}
    fn event(&self, _event: &EventLog<'_>) {}
}

/// Nothing goes out. Whoever asks for a WebSocket gets a peer that says what the request has told it to, and leaves.
struct NoEgress;

/// What the peer of a WebSocket says, in hexadecimal digits.
const SAYS: &str = "x-says";

impl Egress for NoEgress {
    fn fetch(&self, request: http::Request<Body>) -> Fetched {
        let url = request.uri().to_string();
        let peer = peer(request.headers());
        Box::pin(async move {
            if let Some(peer) = peer {
                return Ok(peer);
            }
            // As from a network, not at once.
            tokio::time::sleep(Duration::from_millis(1)).await;
            Err(EgressError::Refused { url, reason: "a fuzzer has no network".to_owned() })
        })
    }
}

fn peer(asked: &http::HeaderMap) -> Option<http::Response<Body>> {
    let says = bytes_of(asked.get(SAYS)?.to_str().ok()?)?;
    let accept = derive_accept_key(asked.get(header::SEC_WEBSOCKET_KEY)?.as_bytes());
    let (theirs, mut ours) = tokio::io::duplex(64 << 10);
    tokio::spawn(async move {
        if ours.write_all(&says).await.is_ok() && ours.shutdown().await.is_ok() {
            // Until the worker's end has left, too: what it says is not looked at.
            drop(tokio::io::copy(&mut ours, &mut tokio::io::sink()).await);
        }
    });
    let theirs: Box<dyn Duplex> = Box::new(theirs);
    let upgraded = Upgraded(Box::pin(std::future::ready(Some(theirs))));
    let response = http::Response::builder()
        .status(http::StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept);
    let response = match asked.get(header::SEC_WEBSOCKET_EXTENSIONS) {
        // It does not say that it forgets what was before.
        Some(_) => response.header(header::SEC_WEBSOCKET_EXTENSIONS, "permessage-deflate"),
        None => response,
    };
    let response = response.extension(UpgradeSlot::new(upgraded));
    response.body(empty()).ok()
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.as_bytes().chunks(2).map(byte).collect()
}
