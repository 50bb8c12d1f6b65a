//! tmp
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "tmp")]
use std::{rc::Rc, sync::Arc, time::{Duration, Instant}};
use mote_cell::{Cell, CellOptions, Debugging, Deployment, ErrorDetail, EventLog, JsError, LogLevel, Observer, RuntimeOptions};
use mote_wire::{bundle::{Bundle, Format, Module, ModuleKind, ModuleSpecifier}, http::{Body, Egress, EgressError, Fetched}};
struct NoEgress;
impl Egress for NoEgress { fn fetch(&self, _r: http::Request<Body>) -> Fetched { Box::pin(std::future::ready(Err(EgressError::Refused{url:String::new(),reason:String::new()}))) } }
struct Silent;
impl Observer for Silent { fn console(&self,_:&str,_:LogLevel,t:&str){println!("log {t}")} fn uncaught(&self,_:&str,_:&JsError){} fn event(&self,_:&EventLog<'_>){} fn problem(&self,_:&str){} }
fn main() {
    let flags: Vec<String> = std::env::var("FLAGS").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    mote_cell::initialize(&flags);
    let source = std::env::args().nth(1).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async move {
        let runtime = RuntimeOptions{ startup_cpu_max: Duration::from_millis(200), ..RuntimeOptions::default()};
        let options = CellOptions { runtime, cpu_ceiling: runtime.cpu_max, detail: ErrorDetail::Number, debugging: Debugging::Off };
        let cell = Cell::new(options, Arc::new(NoEgress), Rc::new(Silent));
        let main = ModuleSpecifier::parse("index.js").unwrap();
        let module = Module::new(main.clone(), ModuleKind::EsModule, format!("{source}\n;export default {{ fetch() {{}} }}").into_bytes());
        let bundle = Bundle::new(vec![module], main, Format::Modules).unwrap();
        let started = Instant::now();
        let r = cell.deploy("w", &Deployment{bundle:&bundle, env_json:"{}", cpu_max:None});
        println!("{:7} ms  {}", started.elapsed().as_millis(), match r { Ok(_) => "ok".into(), Err(e) => e.to_string().chars().take(70).collect::<String>() });
    });
}
