//! What a worker's start costs, with each technique: its code from source, with code caches, and from the heap that its
//! top-level code leaves behind. Prints JSON.
//!
//! `cargo run --release -p mote-cell --example start_cost FILE.js...`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measuring tool stops at what it did not expect, and prints"
)]

use std::{rc::Rc, sync::Arc};

use mote_cell::{
    Cell, CellOptions, Debugging, Deployment, Directory, EventLog, JsError, LogLevel, Observer, Pressure,
    Watched,
};
use mote_wire::{
    bundle::{Bundle, Format, Module, ModuleKind, ModuleSpecifier},
    http::{Body, Egress, EgressError, Fetched},
    limits::{LimitPolicy, LimitsPatch},
};

fn main() {
    mote_cell::initialize(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let options = CellOptions {
            limits: LimitPolicy::default(),
            debugging: Debugging::Off,
            pressure: Pressure::default(),
            directory: Directory::default(),
            watched: Watched::default(),
        };
        let cell = Cell::new(options, Arc::new(Silent));
        for path in std::env::args().skip(1) {
            measure(&cell, &path).await;
        }
    });
}

async fn measure(cell: &Rc<Cell>, path: &str) {
    let main = ModuleSpecifier::parse("index.js").unwrap();
    let module = Module::new(main.clone(), ModuleKind::EsModule, std::fs::read(path).unwrap());
    let bundle = Bundle::new(vec![module], main, Format::Modules).unwrap();
    let deployment = Deployment {
        bundle: &bundle,
        env_json: "{}",
        compatibility: mote_wire::compatibility::Compatibility::default(),
        limits: LimitsPatch::default(),
        account: "",
        prepared: None,
        egress: Arc::new(NoEgress),
        label: 0,
    };
    cell.deploy(path, &deployment).unwrap();
    let prepared = cell.prepare(path).await.unwrap();
    let cache_bytes: usize = prepared.code_caches.iter().map(|(_, cache)| cache.len()).sum();
    let heap_bytes = prepared.heap.as_ref().map_or(0, |heap| heap.bytes.len());
    println!(
        "{{\"file\":{path:?},\"cache_bytes\":{cache_bytes},\"heap_bytes\":{heap_bytes},\"report\":{}}}",
        serde_json::to_string(&prepared.report).unwrap()
    );
}

struct NoEgress;

impl Egress for NoEgress {
    fn fetch(&self, request: http::Request<Body>) -> Fetched {
        let url = request.uri().to_string();
        Box::pin(std::future::ready(Err(EgressError::Refused { url, reason: "nothing goes out".to_owned() })))
    }
}

struct Silent;

impl Observer for Silent {
    fn console(&self, _worker: &str, _level: LogLevel, _text: &str) {}
    fn uncaught(&self, _worker: &str, _error: &JsError) {}
    fn event(&self, _event: &EventLog<'_>) {}
}
