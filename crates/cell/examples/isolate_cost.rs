//! What one hello-world isolate costs: time to make it, time to its first response, memory. Prints JSON.
//!
//! `cargo run --release -p mote-cell --example isolate_cost [COUNT]`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measuring tool stops at what it did not expect, and prints"
)]

use std::{
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use http_body_util::BodyExt;
use mote_cell::{
    Cell, CellOptions, Debugging, Deployment, Directory, EventLog, JsError, LogLevel, Observer, Pressure,
    Stop, Watched,
};
use mote_wire::{
    bundle::{Bundle, Format, Module, ModuleKind, ModuleSpecifier},
    http::{Body, Egress, EgressError, Fetched},
    limits::{LimitPolicy, LimitsPatch},
};

const HELLO: &str = "export default { fetch() { return new Response('Hello, world!'); } };";

fn main() {
    mote_cell::initialize(&[]);
    let count = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, measure(count));
}

async fn measure(count: usize) {
    let options = CellOptions {
        limits: LimitPolicy::default(),
        debugging: Debugging::Off,
        pressure: Pressure::default(),
        directory: Directory::default(),
        watched: Watched::default(),
    };
    let cell = Cell::new(options, Arc::new(Silent));
    let main = ModuleSpecifier::parse("index.js").unwrap();
    let module = Module::new(main.clone(), ModuleKind::EsModule, HELLO.as_bytes().to_vec());
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
    // The first of a process pays for what all share.
    cell.deploy("warm", &deployment).unwrap();
    get(&cell, "warm").await;
    let before = resident_kib();
    let (mut loads, mut firsts, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
    for index in 0..count {
        let name = format!("w{index}");
        let started = Instant::now();
        cell.deploy(&name, &deployment).unwrap();
        loads.push(started.elapsed());
        let started = Instant::now();
        get(&cell, &name).await;
        firsts.push(started.elapsed());
        let started = Instant::now();
        get(&cell, &name).await;
        seconds.push(started.elapsed());
    }
    let each = (resident_kib() - before) / u64::try_from(count).unwrap();
    let heap = cell.runtime("w0").unwrap().with_isolate(mote_cell_heap).unwrap();
    println!(
        "{{\"isolates\":{count},\"create_and_load_us\":{},\"first_response_us\":{},\"second_response_us\":{},\"resident_kib_each\":{each},\"heap_used_kib\":{},\"heap_committed_kib\":{}}}",
        summary(&mut loads),
        summary(&mut firsts),
        summary(&mut seconds),
        heap.used_bytes >> 10,
        heap.committed_bytes >> 10,
    );
}

fn mote_cell_heap(isolate: &mut mote_engine::Isolate) -> mote_engine::HeapUse {
    isolate.heap_use()
}

fn summary(times: &mut [Duration]) -> String {
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_micros();
    format!("{{\"p50\":{},\"p99\":{},\"max\":{}}}", at(50), at(99), at(100))
}

async fn get(cell: &Rc<Cell>, worker: &str) {
    let request = http::Request::new(mote_wire::http::empty());
    let url = format!("http://{worker}.localhost/");
    let response = cell.fetch(worker, request, url, None).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "Hello, world!");
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
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
    fn left(&self, _worker: &str, _stop: Stop) {}
    fn event(&self, _event: &EventLog<'_>) {}
    fn wants_events(&self) -> bool {
        false
    }
}
