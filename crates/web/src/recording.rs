//! The heap of a worker whose top-level code has run, kept for isolates that shall start with it.
//!
//! A start from such a heap skips the worker's top-level code. That is right only if the code did nothing that must happen
//! again in each isolate, or come out differently there: look at the clock, draw random numbers, write to the console, read
//! its bindings. So every native but those that only compute spoils a recording, and `js/recording.js` watches the rest.
//!
//! The worker's `env` is not in the heap: it may hold secrets, and it is filled when an isolate starts.

use std::{cell::Cell, rc::Rc, sync::Arc, time::Duration};

use mote_engine::{
    PackedHeap, Snapshot, Turn, drain_microtasks, modules,
    program::{ModuleKind, Program, ProgramFormat},
    v8,
};
use mote_wire::{http::Egress, limits::Limits};

use crate::blank::Blank;
use crate::runtime::{Console, Hooks, Runtime, Worker};
use crate::state::leave_context;

/// A heap that isolates start from.
#[derive(Debug)]
pub struct Heap {
    /// Its bytes.
    pub packed: PackedHeap,
    /// The names of the modules in it, in the order of its roots.
    pub modules: Vec<String>,
    /// The worker's handlers.
    pub handlers: Vec<String>,
}

/// A heap as it was left.
#[derive(Debug)]
pub struct KeptHeap {
    /// Its bytes, to be packed for [`PackedHeap`].
    pub bytes: Vec<u8>,
    /// As [`Heap::modules`].
    pub modules: Vec<String>,
    /// As [`Heap::handlers`].
    pub handlers: Vec<String>,
}

thread_local! {
    /// What has spoilt the recording that goes on; an empty text as long as nothing has, `None` if none goes on.
    static RECORDING: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Natives that only compute, and keep nothing outside of the heap.
const PURE: &[&str] = &[
    "asyncFrame",
    "base64Decode",
    "base64Encode",
    "base64UrlDecode",
    "base64UrlEncode",
    "compatibilityFlags",
    "bufferCompare",
    "bufferIndexOf",
    "bufferOfText",
    "bufferText",
    "bundleFile",
    "bundleFiles",
    "copyOf",
    "copyToBuffer",
    "currentEvent",
    "decode",
    "encodingForLabel",
    "isBufferSource",
    "isCompatible",
    "isDetachable",
    "kindOf",
    "lazyModule",
    "namedKeys",
    "promiseState",
    "proxyTarget",
    "rewriterCheckSelector",
    "roomFor",
    "setAsyncFrame",
    "timingSafeEqual",
    "urlCanParse",
    "urlParse",
    "urlPatternInput",
    "urlPatternParse",
    "urlSet",
    "utf8Decode",
    "utf8Encode",
    "utf8EncodeInto",
    "utf8Length",
];

/// Natives that top-level code calls, in words for its author.
const IN_WORDS: &[(&str, &str)] = &[
    ("now", "it looks at the clock"),
    ("timeOrigin", "it looks at the clock"),
    ("randomBytes", "it draws random numbers"),
    ("randomUuid", "it draws random numbers"),
    ("consoleWrite", "it writes to the console"),
    ("inspectorAttached", "it writes to the console"),
    ("isReadAlong", "it writes to the console"),
    ("timerStart", "it sets a timer"),
    ("reportException", "it reports an error"),
    ("decoderNew", "it makes a decoder that keeps a state"),
    ("holdFor", "it makes an `Intl` object, or another that lives outside of the heap"),
    ("codecNew", "it makes a stream that compresses"),
];

/// A native is called: it spoils the recording that goes on, if there is one, unless it only computes.
pub(crate) fn note(native: &'static str) {
    if RECORDING.get().is_some() && !PURE.contains(&native) && native != "spoilRecording" {
        let words = IN_WORDS.iter().find(|(name, _)| *name == native);
        spoil(words.map_or("it does what only works in the isolate that it is done in", |(_, words)| words));
    }
}

/// The recording that goes on cannot be used, for this reason. The first one counts.
pub(crate) fn spoil(reason: &'static str) {
    if RECORDING.get() == Some("") {
        RECORDING.set(Some(reason));
    }
}

impl Runtime {
    /// Runs a worker's top-level code and keeps the heap. Isolates that start from it behave as if each had run the code.
    ///
    /// V8 ends the process if the heap holds what it cannot write down: call this only where that harms nobody.
    ///
    /// # Errors
    /// Why the heap cannot be used, in words for the worker's author.
    pub fn record(
        snapshot: &Snapshot,
        limits: Limits,
        egress: Arc<dyn Egress>,
        console: Rc<dyn Console>,
        worker: &Worker,
    ) -> Result<KeptHeap, String> {
        let program = &worker.program;
        if program.format() == ProgramFormat::ServiceWorker {
            return Err("it has the format of service workers".to_owned());
        }
        if let Some(reason) = modules::cannot_keep(program) {
            return Err(reason.to_owned());
        }
        let blank = Blank::recording(snapshot, &limits);
        let runtime = Self::of_blank(blank, limits, egress, console, 0);
        runtime.state.compatibility.set(worker.compatibility);
        *runtime.program.borrow_mut() = Some(program.clone());
        RECORDING.set(Some(""));
        let loaded = runtime.run_recorded(program, Duration::from_millis(limits.startup_cpu_ms));
        let spoilt = RECORDING.take().unwrap_or_default();
        let handlers = loaded?;
        if !spoilt.is_empty() {
            return Err(spoilt.to_owned());
        }
        let isolate = runtime.isolate.borrow_mut().take();
        let hooks = runtime.hooks.borrow_mut().take();
        let (Some(isolate), Some(hooks)) = (isolate, hooks) else { return Err(GONE.to_owned()) };
        let mut names = None;
        let bytes = isolate.keep(|scope, context| {
            hooks.keep(scope, context);
            names = modules::keep(scope, context);
            names.is_some().then_some(())
        });
        match (bytes, names) {
            (Some(bytes), Some(modules)) => Ok(KeptHeap { bytes, modules, handlers }),
            _ => Err("V8 cannot write its heap down".to_owned()),
        }
    }

    fn run_recorded(&self, program: &Arc<Program>, budget: Duration) -> Result<Vec<String>, String> {
        let mut slot = self.isolate.borrow_mut();
        let isolate = slot.as_mut().ok_or(GONE)?;
        let ran = isolate.turn(budget, |scope| {
            let text = text_of(scope, program)?;
            let builtins =
                self.call(scope, |hooks| &hooks.begin_recording, &[text.into()])?.try_cast().ok()?;
            let namespace = modules::load(scope, program, builtins).ok()?;
            let handlers = self.set_worker(scope, namespace)?;
            drain_microtasks(scope);
            self.report_rejections(scope);
            self.call(scope, |hooks| &hooks.end_recording, &[])?;
            leave_context(scope);
            Some(handlers)
        });
        match ran.turn {
            Turn::Done(Some(handlers)) => Ok(handlers),
            Turn::Done(None) => Err("its top-level code fails when it is recorded".to_owned()),
            Turn::Stopped(stop) => Err(format!("its top-level code {stop} when it is recorded")),
        }
    }

    /// Takes a worker up in an isolate that has started from its heap; gives the names of its handlers, or `None` if the heap
    /// is not the one.
    pub(crate) fn resume(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        worker: &Worker,
        heap: &Heap,
    ) -> Option<Vec<String>> {
        let json = v8::String::new(scope, &worker.env_json)?;
        let env = v8::json::parse(scope, json)?;
        let builtins = self.call(scope, |hooks| &hooks.resume_worker, &[env])?.try_cast().ok()?;
        modules::resume(scope, &worker.program, builtins, &heap.modules, Hooks::COUNT)?;
        Some(heap.handlers.clone())
    }
}

const GONE: &str = "its isolate is gone";

/// A longer code is not searched for what it will use.
const TEXT_BYTES_MAX: usize = 8 << 20;

/// The code of a program's modules. What is not ASCII in it does not matter: nothing of the platform's is called so.
fn text_of<'s>(scope: &mut v8::PinScope<'s, '_>, program: &Program) -> Option<v8::Local<'s, v8::String>> {
    let is_code = |kind| matches!(kind, ModuleKind::EsModule | ModuleKind::CommonJs);
    let code: Vec<_> = program
        .modules()
        .iter()
        .filter(|module| is_code(module.kind))
        .map(|module| &*module.content)
        .collect();
    let mut text = code.join(&b'\n');
    if text.len() > TEXT_BYTES_MAX {
        text.clear();
    }
    v8::String::new_from_one_byte(scope, &text, v8::NewStringType::Normal)
}
