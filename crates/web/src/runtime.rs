//! One isolate with the platform in it, and the events that it serves.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use mote_engine::{
    Isolate, JsError, Ready, Snapshot, Stop, Terminator, Turn, drain_microtasks, leave,
    modules::{self, LoadError},
    program::{Made, Program, ProgramFormat},
    rejections, v8, watchdog,
};
use mote_wire::{compatibility::Compatibility, http::Egress, limits::Limits};

use crate::{
    blank::Blank,
    context::Failure,
    recording::Heap,
    state::{State, enter_context, leave_context},
};

/// CPU time of a turn that belongs to no event (a finalizer, say), if the worker may use as much at once.
const PLATFORM_CPU_MAX: Duration = Duration::from_secs(1);
/// How long after an answer code is kept that its event has compiled: whoever is next, of all tenants, does not wait for that.
const CACHE_AFTER: Duration = Duration::from_millis(100);

/// How loud a line of the console is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// `console.debug`
    Debug,
    /// `console.info`
    Info,
    /// `console.log`
    Log,
    /// `console.warn`
    Warn,
    /// `console.error`
    Error,
}

/// Where a worker's console goes.
pub trait Console {
    /// A line that the worker wrote.
    fn log(&self, level: LogLevel, text: &str);
    /// An error that nobody caught.
    fn uncaught(&self, error: &JsError);
    /// A turn was stopped for this reason and had to be left, and its isolate with it ([`mote_engine::leave`]).
    fn left(&self, stop: Stop);
}

/// What is loaded into a runtime.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Its code.
    pub program: Arc<Program>,
    /// `env`, as a JSON object. Under the empty name, which no variable has, stands an object with the bindings that are
    /// more than values: from each one's name to its type in Cloudflare's words, such as `kv_namespace`.
    pub env_json: String,
    /// Which behaviours of the platform it has asked for.
    pub compatibility: Compatibility,
    /// The heap that its top-level code has left behind; the isolate that it is loaded into has started from it. With none, the
    /// code runs.
    pub heap: Option<Arc<Heap>>,
}

/// An isolate with the platform in it. It belongs to one thread, which runs a `tokio::task::LocalSet`.
pub struct Runtime {
    /// `None` once it is buried.
    pub(crate) isolate: RefCell<Option<Isolate<Ready>>>,
    pub(crate) hooks: RefCell<Option<Hooks>>,
    pub(crate) state: Rc<State>,
    pub(crate) condemned: Cell<bool>,
    /// A task looks after the deadlines of events.
    pub(crate) watching: Cell<bool>,
    /// Turns that were stopped for their CPU time.
    pub(crate) stops: Cell<u32>,
    pub(crate) cache_made: Cell<bool>,
    pub(crate) program: RefCell<Option<Arc<Program>>>,
    /// Events that have ended, of which JavaScript keeps something that it is to drop.
    pub(crate) kept_ends: RefCell<VecDeque<u32>>,
    pub(crate) dropping_kept: Cell<bool>,
}

/// The functions of `js/main.js` that Rust calls; same order as [`crate::HOOKS`].
pub(crate) struct Hooks {
    pub(crate) set_worker: v8::Global<v8::Function>,
    pub(crate) dispatch_fetch: v8::Global<v8::Function>,
    pub(crate) dispatch_scheduled: v8::Global<v8::Function>,
    pub(crate) dispatch_rpc: v8::Global<v8::Function>,
    pub(crate) unhandled_rejection: v8::Global<v8::Function>,
    pub(crate) rejection_handled: v8::Global<v8::Function>,
    pub(crate) abort_request: v8::Global<v8::Function>,
    pub(crate) end_event: v8::Global<v8::Function>,
    pub(crate) builtin_modules: v8::Global<v8::Function>,
    pub(crate) check_soundness: v8::Global<v8::Function>,
    pub(crate) begin_recording: v8::Global<v8::Function>,
    pub(crate) end_recording: v8::Global<v8::Function>,
    pub(crate) resume_worker: v8::Global<v8::Function>,
}

impl Hooks {
    /// How many there are.
    pub(crate) const COUNT: usize = 13;

    /// Keeps them for isolates that start from the heap that is about to be left.
    pub(crate) fn keep(self, scope: &mut v8::PinScope<'_, '_>, context: v8::Local<'_, v8::Context>) {
        let hooks: [_; Self::COUNT] = [
            self.set_worker,
            self.dispatch_fetch,
            self.dispatch_scheduled,
            self.dispatch_rpc,
            self.unhandled_rejection,
            self.rejection_handled,
            self.abort_request,
            self.end_event,
            self.builtin_modules,
            self.check_soundness,
            self.begin_recording,
            self.end_recording,
            self.resume_worker,
        ];
        for hook in hooks {
            let hook = v8::Local::new(scope, hook);
            scope.add_context_data(context, hook);
        }
    }

    pub(crate) fn take(scope: &mut v8::PinScope<'_, '_>) -> Option<Self> {
        let mut index = 0;
        let mut next = || {
            let hook = mote_engine::snapshot::hook(scope, index)?;
            index += 1;
            Some(v8::Global::new(scope, hook))
        };
        Some(Self {
            set_worker: next()?,
            dispatch_fetch: next()?,
            dispatch_scheduled: next()?,
            dispatch_rpc: next()?,
            unhandled_rejection: next()?,
            rejection_handled: next()?,
            abort_request: next()?,
            end_event: next()?,
            builtin_modules: next()?,
            check_soundness: next()?,
            begin_recording: next()?,
            end_recording: next()?,
            resume_worker: next()?,
        })
    }
}

impl Runtime {
    /// A blank isolate with the platform and no worker. V8 must be initialised. `label` is what
    /// [`watchdog::publish`] shows while a turn of it runs.
    ///
    /// # Panics
    /// When `snapshot` was not made from this very platform; a build cannot produce that.
    #[must_use]
    pub fn start(
        snapshot: &Snapshot,
        limits: Limits,
        egress: Arc<dyn Egress>,
        console: Rc<dyn Console>,
        label: u32,
    ) -> Rc<Self> {
        Self::of_blank(Blank::new(snapshot, &limits), limits, egress, console, label)
    }

    /// The same, with an isolate that was made before.
    #[must_use]
    pub fn of_blank(
        blank: Blank,
        limits: Limits,
        egress: Arc<dyn Egress>,
        console: Rc<dyn Console>,
        label: u32,
    ) -> Rc<Self> {
        let Blank { mut isolate, hooks, .. } = blank;
        isolate.set_label(label);
        let state = State::new(egress, console, limits, isolate.memory().clone());
        isolate.set_slot(state.clone());
        let runtime = Rc::new(Self {
            isolate: RefCell::new(Some(isolate)),
            hooks: RefCell::new(hooks),
            state,
            condemned: Cell::new(false),
            watching: Cell::new(false),
            stops: Cell::new(0),
            cache_made: Cell::new(false),
            program: RefCell::new(None),
            kept_ends: RefCell::default(),
            dropping_kept: Cell::new(false),
        });
        *runtime.state.runtime.borrow_mut() = Rc::downgrade(&runtime);
        runtime
    }

    /// Loads a worker; gives the names of its handlers.
    ///
    /// # Errors
    /// When its code does not load, or not within the limits.
    pub fn load(&self, worker: &Worker) -> Result<Vec<String>, LoadError> {
        let mut slot = self.isolate.borrow_mut();
        let isolate = slot.as_mut().ok_or(LoadError::Stopped(Stop::Asked))?;
        self.state.tick();
        self.state.compatibility.set(worker.compatibility);
        *self.program.borrow_mut() = Some(worker.program.clone());
        let budget = Duration::from_millis(self.state.limits.startup_cpu_ms);
        let ran = isolate.turn(budget, |scope| self.load_in(scope, worker));
        match ran.turn {
            Turn::Done(result) => result,
            Turn::Stopped(stop) => {
                if isolate.is_left() {
                    self.state.console.left(stop);
                }
                Err(LoadError::Stopped(stop))
            }
        }
    }

    fn load_in(&self, scope: &mut v8::PinScope<'_, '_>, worker: &Worker) -> Result<Vec<String>, LoadError> {
        let broken =
            || LoadError::Threw(JsError::plain("the platform's own code failed while it loaded the worker"));
        if let Some(heap) = &worker.heap {
            // No isolate of it will compile these modules again.
            self.cache_made.set(heap.modules.len() == worker.program.modules().len());
            return self.resume(scope, worker, heap).ok_or_else(broken);
        }
        let builtins = self.builtins(scope, worker).ok_or_else(broken)?;
        let namespace = modules::load(scope, &worker.program, builtins)?;
        v8::tc_scope!(let scope, scope);
        let handlers = self.set_worker(scope, namespace);
        let handlers = match handlers {
            Some(handlers) => handlers,
            None if scope.has_terminated() => return Err(LoadError::Stopped(Stop::Asked)),
            None => match scope.exception() {
                Some(exception) => {
                    return Err(LoadError::Threw(JsError::from_value_openly(scope, exception)));
                }
                None => return Err(broken()),
            },
        };
        drain_microtasks(scope);
        self.report_rejections(scope);
        leave_context(scope);
        Ok(handlers)
    }

    fn builtins<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        worker: &Worker,
    ) -> Option<v8::Local<'s, v8::Function>> {
        let json = v8::String::new(scope, &worker.env_json)?;
        let env = v8::json::parse(scope, json)?;
        let format = match worker.program.format() {
            ProgramFormat::Modules => "modules",
            ProgramFormat::ServiceWorker => "service-worker",
        };
        let format = v8::String::new(scope, format)?;
        self.call(scope, |hooks| &hooks.builtin_modules, &[env, format.into()])?.try_cast().ok()
    }

    pub(crate) fn set_worker<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        namespace: v8::Local<'s, v8::Object>,
    ) -> Option<Vec<String>> {
        let names = self.call(scope, |hooks| &hooks.set_worker, &[namespace.into()])?;
        let names = names.try_cast::<v8::Array>().ok()?;
        (0..names.length()).map(|at| Some(names.get_index(scope, at)?.to_rust_string_lossy(scope))).collect()
    }

    /// Once per program: keeps the code that its first event needed, for the isolates to come. It takes milliseconds, so the
    /// event's answer goes first.
    pub(crate) fn make_code_cache(self: &Rc<Self>) {
        if self.cache_made.replace(true) {
            return;
        }
        let this = Rc::downgrade(self);
        tokio::task::spawn_local(async move {
            tokio::time::sleep(CACHE_AFTER).await;
            if let Some(this) = this.upgrade() {
                this.keep_code_cache(Made::Served);
            }
        });
    }

    /// Keeps the code that was compiled so far, for the isolates to come.
    pub fn keep_code_cache(&self, made: Made) {
        let has = self.program.borrow().as_ref().is_none_or(|program| program.main().has_code_cache(made));
        let mut left = None;
        if let (false, Some(isolate)) = (has, self.isolate.borrow_mut().as_mut()) {
            let ran = isolate.turn(self.platform_cpu_max(), |scope| modules::make_code_cache(scope, made));
            // A finaliser of the worker's may run in any turn.
            left = match ran.turn {
                Turn::Stopped(stop) if isolate.is_left() => Some(stop),
                Turn::Stopped(_) | Turn::Done(()) => None,
            };
        }
        if let Some(stop) = left {
            self.left(stop);
        }
    }

    /// No turn is longer than the longest of the worker's own: whoever watches the process counts on that.
    fn platform_cpu_max(&self) -> Duration {
        let limits = &self.state.limits;
        PLATFORM_CPU_MAX.min(Duration::from_millis(limits.cpu_ms.max(limits.startup_cpu_ms)))
    }

    /// Runs `work` in the isolate on behalf of a context, then the microtasks that it caused. `None` if the isolate is
    /// gone, the context's CPU time used up, or the turn was stopped.
    pub(crate) fn turn<R>(
        &self,
        context: u32,
        work: impl FnOnce(&mut v8::PinScope<'_, '_>) -> R,
    ) -> Option<R> {
        let owner = self.state.context(context);
        let budget = owner.as_ref().map_or_else(|| self.platform_cpu_max(), |owner| owner.usage.cpu_left());
        if budget.is_zero() {
            self.fail(owner.as_ref()?, Failure::ExceededCpu);
            return None;
        }
        let ran = {
            let mut slot = self.isolate.borrow_mut();
            let isolate = slot.as_mut()?;
            self.state.tick();
            let ran = isolate.turn(budget, |scope| self.turn_in(scope, context, work));
            if let Some(owner) = &owner {
                owner.usage.charge_cpu(ran.cpu);
                owner.usage.saw_memory(isolate.memory().take_peak());
            }
            if isolate.memory().is_over_soft_limit() {
                self.condemned.set(true);
            }
            ran
        };
        match ran.turn {
            Turn::Done(result) => {
                self.after_turn(context);
                Some(result)
            }
            Turn::Stopped(stop) => {
                self.stopped(context, stop);
                None
            }
        }
    }

    fn turn_in<R>(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        context: u32,
        work: impl FnOnce(&mut v8::PinScope<'_, '_>) -> R,
    ) -> R {
        enter_context(scope, context);
        let result = {
            v8::tc_scope!(let scope, scope);
            let result = work(scope);
            if !scope.has_terminated()
                && let Some(exception) = scope.exception()
            {
                let error = JsError::from_value_openly(scope, exception);
                self.state.uncaught(self.state.context(context).as_deref(), &error);
            }
            result
        };
        drain_microtasks(scope);
        self.report_rejections(scope);
        leave_context(scope);
        result
    }

    /// Gives rejections that nobody handled to `unhandledrejection` listeners, else to the log; and those that somebody has
    /// handled after that to `rejectionhandled` listeners.
    pub(crate) fn report_rejections(&self, scope: &mut v8::PinScope<'_, '_>) {
        for promise in rejections::take_handled(scope) {
            v8::tc_scope!(let scope, scope);
            self.call(scope, |hooks| &hooks.rejection_handled, &[promise.into()]);
        }
        // Bounded: a listener may reject again, and that again.
        for _ in 0..4 {
            let unhandled = rejections::take_unhandled(scope);
            if unhandled.is_empty() {
                return;
            }
            v8::tc_scope!(let scope, scope);
            for (promise, reason) in unhandled {
                if watchdog::is_stop_due() {
                    return;
                }
                let handled = self.call(scope, |hooks| &hooks.unhandled_rejection, &[promise.into(), reason]);
                if !handled.is_some_and(|handled| handled.is_true()) {
                    let mut error = JsError::from_value_openly(scope, reason);
                    error.stack = format!("Unhandled promise rejection: {}", error.stack);
                    self.state.uncaught(self.state.current(scope).as_deref(), &error);
                }
            }
            drain_microtasks(scope);
        }
    }

    pub(crate) fn call<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        which: impl FnOnce(&Hooks) -> &v8::Global<v8::Function>,
        arguments: &[v8::Local<'s, v8::Value>],
    ) -> Option<v8::Local<'s, v8::Value>> {
        // Whoever calls this holds nothing that others need.
        let hooks = self.hooks.borrow();
        let function = v8::Local::new(scope, which(hooks.as_ref()?));
        drop(hooks);
        let receiver = v8::undefined(scope);
        let _ground = leave::open();
        function.call(scope, receiver.into(), arguments)
    }

    /// True if it must get no new events.
    #[must_use]
    pub fn is_condemned(&self) -> bool {
        self.condemned.get()
    }

    /// Takes no new events from now on.
    pub fn condemn(&self) {
        self.condemned.set(true);
    }

    /// Events under way.
    #[must_use]
    pub fn events(&self) -> usize {
        self.state.contexts.borrow().len()
    }

    /// The isolate, for measuring and for the debugger; `None` if it is gone or in a turn.
    pub fn with_isolate<R>(&self, work: impl FnOnce(&mut Isolate<Ready>) -> R) -> Option<R> {
        self.isolate.try_borrow_mut().ok()?.as_mut().map(work)
    }

    /// What stops its turns from another thread; `None` if it is gone.
    #[must_use]
    pub fn terminator(&self) -> Option<Terminator> {
        self.isolate.try_borrow().ok()?.as_ref()?.terminator()
    }
}
