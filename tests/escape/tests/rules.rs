//! Finds the rules of the system-call filter that nobody needs: real cells do all that cells do, each call of theirs is
//! reported, and a rule that let none through fails the test.

use std::{
    collections::BTreeSet,
    ffi::CString,
    io::{Read, Write},
    os::{fd::AsRawFd, unix::net::UnixStream},
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use http_body_util::BodyExt;
use mote_sandbox::{
    attempts::{Attempts, recording::Recorder},
    page::SharedPage,
    process::{CellProcess, Spawn},
    seal::{Profile, protection_keys},
    syscalls::{Reports, Rule, Sealing},
};
use mote_wire::{
    bundle::{Bundle, Format, Module, ModuleKind, ModuleSpecifier},
    control::{ToCell, encode},
    http::{empty, full},
    link::{Kind, Link, LinkOptions, Receiver, Reply, Request, Side},
    named::NamedBundle,
};
use tokio::task::{LocalSet, spawn_local};

/// Rules that a test cannot make a cell need: name, part of its reason, and why not.
const NOT_ON_DEMAND: &[(&str, &str, &str)] = &[
    (
        "SYS_futex",
        "(FUTEX_WA",
        "two threads must meet in one of V8's static variables; seen in one of some hundred cells",
    ),
    ("SYS_sched_yield", "V8's locks", "two threads must meet in one of V8's locks"),
    ("SYS_prctl", "PR_SET_NAME", "the seal must come between a thread's making and its beginning"),
    ("SYS_rseq", "begins after it", "the seal must come between a thread's making and its beginning"),
    (
        "SYS_set_robust_list",
        "begins after it",
        "the seal must come between a thread's making and its beginning",
    ),
    (
        "SYS_read",
        "control link",
        "whether a socket is read by read or recvfrom is the standard library's own affair",
    ),
    (
        "SYS_madvise",
        "when somebody needs them",
        "V8 chooses between MADV_FREE and MADV_DONTNEED by the kernel that it finds",
    ),
    ("SYS_madvise", "out of core files", "V8 says it only of code pages that it gives back"),
    ("SYS_restart_syscall", "nudge", "somebody must stop and continue the process in the middle of a wait"),
    ("SYS_rt_sigprocmask", "ends itself", "abort() makes it, and the C library around some ends of threads"),
    ("SYS_rt_sigaction", "(SIGABRT)", "abort() is called where V8 finds its own state broken"),
    ("SYS_rt_sigaction", "(SIGBUS)", "the handler of SIGSEGV, which is seen, does the same for both"),
];

/// What a healthy cell is asked, in this order; then it is left alone.
const WORKS: &[&str] = &[
    "timers",
    "memory",
    "hash",
    "compression",
    "wasm",
    "hot",
    "subrequests",
    "dates",
    "errors",
    "clone",
    "loop",
    "natives",
    "regexp",
    "sort",
    "heap",
    "timers",
];

/// Those of them that only the limit on CPU time ends.
const STOPPED: &[&str] = &["loop", "natives", "regexp"];

/// A request that takes longer is given up: under a recording each system call waits for this process.
const ANSWER_MAX: Duration = Duration::from_secs(60);

pub(crate) fn each_is_needed() -> Result<(), String> {
    let mut used = BTreeSet::new();
    let mut unused: Option<BTreeSet<String>> = None;
    for (works, end) in [(WORKS, End::HangUp), (&["crash"][..], End::Crash), (&["abort"][..], End::Crash)] {
        let seen = record(works, end)?;
        if let Some(forbidden) = seen.forbidden.first() {
            return Err(format!(
                "a cell needs a call that no rule lets through: {forbidden} (of {:?})",
                seen.forbidden
            ));
        }
        used.extend(seen.used);
        unused = Some(match unused {
            None => seen.unused,
            Some(before) => before.intersection(&seen.unused).cloned().collect(),
        });
    }
    let mut unneeded = unused.unwrap_or_default();
    unneeded.retain(|rule| {
        !NOT_ON_DEMAND.iter().any(|(name, why, _)| rule.starts_with(name) && rule.contains(why))
    });
    if unneeded.is_empty() {
        return Ok(());
    }
    let unneeded: Vec<_> = unneeded.into_iter().collect();
    Err(format!("nobody needs these rules:\n{}\nused: {} rules", unneeded.join("\n"), used.len()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The host closes the links.
    HangUp,
    /// The last request ends the process.
    Crash,
}

#[derive(Default)]
struct Seen {
    used: Vec<String>,
    unused: BTreeSet<String>,
    forbidden: Vec<String>,
}

/// Runs a cell through these requests and says which rules it needed.
fn record(works: &[&str], end: End) -> Result<Seen, String> {
    let text = |error: std::io::Error| error.to_string();
    let (data, cells_data) = UnixStream::pair().map_err(text)?;
    let (control, cells_control) = UnixStream::pair().map_err(text)?;
    let (page, cells_page) = SharedPage::create().map_err(text)?;
    let process = CellProcess::start(Spawn {
        program: PathBuf::from(env!("CARGO_BIN_EXE_escape-cell")),
        arguments: ["mote", "cell", "--record"]
            .into_iter()
            .filter_map(|word| CString::new(word).ok())
            .collect(),
        descriptors: vec![cells_data.into(), cells_control.into(), cells_page],
        stderr: None,
        name: "recorded".to_owned(),
        memory_bytes_max: 4 << 30,
    })
    .map_err(text)?;
    let over = Arc::new(AtomicBool::new(false));
    let recorder = std::thread::spawn({
        let over = over.clone();
        move || recorded(process, &over)
    });
    let driven = drive(data, control, works, end);
    over.store(true, Ordering::Relaxed);
    let seen = recorder.join().map_err(|_| "the recorder panicked".to_owned())??;
    drop(page);
    driven.map(|()| seen)
}

/// Answers the cell's calls until it ends.
fn recorded(process: CellProcess, over: &AtomicBool) -> Result<Seen, String> {
    let start = Instant::now();
    let listener = loop {
        match process.listener() {
            Ok(listener) => break listener,
            Err(_) if start.elapsed() < ANSWER_MAX => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(format!("the cell was never sealed: {error}")),
        }
    };
    let _number = listener.as_raw_fd();
    let sealing =
        Sealing { profile: Profile::Jit, keys: protection_keys(), reports: Reports::Told, process: 1 };
    let mut recorder = Recorder::new(Attempts::new(listener).map_err(|error| error.to_string())?, sealing);
    let mut idle_since = Instant::now();
    loop {
        match recorder.step() {
            Ok(0) if over.load(Ordering::Relaxed) && idle_since.elapsed() > Duration::from_secs(5) => break,
            Ok(0) => {}
            Ok(_) => idle_since = Instant::now(),
            // It has ended.
            Err(_) => break,
        }
    }
    let name = |rule: &Rule| format!("{}: {} {:?}", rule.name, rule.why, rule.when);
    let in_words = |attempt: &mote_sandbox::attempts::Attempt| {
        format!("{} {:x?}", attempt.name.unwrap_or("an unknown call"), attempt.arguments)
    };
    Ok(Seen {
        used: recorder.used().map(|(rule, _)| name(rule)).collect(),
        unused: recorder.unused().map(name).collect(),
        // Libraries look for files that they do without; the host knows which.
        forbidden: recorder
            .forbidden()
            .iter()
            .filter(|attempt| !matches!(attempt.name, Some("openat" | "readlink")))
            .map(in_words)
            .collect(),
    })
}

/// Answers every subrequest.
struct Upstream;

impl Receiver for Upstream {
    fn request(&self, _request: Request, reply: Reply) {
        reply.respond(Response::new(full("here")));
    }
}

fn drive(data: UnixStream, mut control: UnixStream, works: &[&str], end: End) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    control.set_read_timeout(Some(ANSWER_MAX)).map_err(text)?;
    hear(&mut control)?;
    let limits = [("cpu_ms", 300), ("memory_mib", 64)].map(|(key, value)| (key.to_owned(), value)).to_vec();
    let bundle = bundle()?;
    let deploy = ToCell::Deploy {
        worker: 0,
        name: "busy".to_owned(),
        account: String::new(),
        limits,
        env_json: "{}".to_owned(),
        compatibility: mote_wire::compatibility::Compatibility::default(),
        bundle: bundle.head(),
        prepared_bytes: 0,
    };
    control.write_all(&encode(&deploy, bundle.bytes())).map_err(text)?;
    let loaded = hear(&mut control)?;
    if !loaded.contains("Ok") {
        return Err(format!("the worker does not load: {loaded}"));
    }
    control.write_all(&encode(&ToCell::Pressure { high: true }, &[])).map_err(text)?;
    control.write_all(&encode(&ToCell::Pressure { high: false }, &[])).map_err(text)?;
    control.write_all(&encode(&ToCell::Ping { number: 1 }, &[])).map_err(text)?;
    // Before it has answered, requests may meet the pressure.
    while !hear(&mut control)?.contains("Pong") {}
    // From now on somebody must read what it says, or it waits.
    let reader = control.try_clone().map_err(text)?;
    std::thread::spawn(move || std::io::copy(&mut { reader }, &mut std::io::sink()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(text)?;
    LocalSet::new().block_on(&runtime, async {
        data.set_nonblocking(true).map_err(text)?;
        let socket = tokio::net::UnixStream::from_std(data).map_err(text)?;
        let (link, driver) =
            Link::new(LinkOptions { side: Side::Host, streams_max: 16_384, held_bytes_max: 1 << 30 });
        let driving = spawn_local(driver.run(socket, Upstream));
        for work in works {
            let asked = tokio::time::timeout(ANSWER_MAX, ask(&link, work)).await;
            let answered = asked.map_err(|_| format!("no answer to `{work}`"))?;
            let is_stopped = matches!(&answered, Err(why) if why.contains("exceeded-cpu"));
            if STOPPED.contains(work) && !is_stopped {
                return Err(format!("`{work}` was not stopped: {answered:?}"));
            }
        }
        if end == End::HangUp {
            // V8 frees what is not used any more some time after.
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        driving.abort();
        Ok(())
    })
}

/// Asks for one piece of work, or says what became of it instead of an answer.
async fn ask(link: &Link, work: &str) -> Result<(), String> {
    let body = if work == "hash" { full(vec![7; 300_000]) } else { empty() };
    let request = Request {
        worker: 0,
        kind: Kind::Fetch,
        method: if work == "hash" { Method::POST } else { Method::GET },
        url: format!("http://busy.localhost/{work}"),
        headers: HeaderMap::new(),
        body,
        upgrade: false,
        target: String::new(),
    };
    let said = |error: mote_wire::link::RequestError| format!("{error:?}");
    let response = link.request(request).await.map_err(said)?;
    response.into_body().collect().await.map_err(|error| format!("{error:?}"))?;
    Ok(())
}

/// A module with a loop into which V8 does not look for a thousand million rounds: its function has too much code.
fn long_function() -> String {
    let padding: String = (0..8_000).map(|n| format!("globalThis.x{n} = globalThis.y{n} + {n};")).collect();
    format!("export default (a, b) => {{ if (globalThis.never) {{ {padding} }} for (;;) a < b; }};")
}

fn bundle() -> Result<NamedBundle, String> {
    let wrong = |error: &dyn std::fmt::Display| error.to_string();
    let specifier = |name: &str| ModuleSpecifier::parse(name).map_err(|error| wrong(&error));
    let main = specifier("worker.js")?;
    let worker = Module::new(main.clone(), ModuleKind::EsModule, include_str!("../rules/worker.js"));
    let add =
        Module::new(specifier("add.wasm")?, ModuleKind::Wasm, include_bytes!("../rules/add.wasm").as_slice());
    let long = Module::new(specifier("long.js")?, ModuleKind::EsModule, long_function());
    let bundle =
        Bundle::new(vec![worker, add, long], main, Format::Modules).map_err(|error| wrong(&error))?;
    Ok(NamedBundle::plain(&bundle))
}

/// One message of the cell's, as text.
fn hear(control: &mut UnixStream) -> Result<String, String> {
    let mut head = [0; 8];
    control.read_exact(&mut head).map_err(|error| format!("the cell says nothing: {error}"))?;
    let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
    let mut json = vec![0; usize::try_from(length).unwrap_or(0)];
    control.read_exact(&mut json).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&json).into_owned())
}
