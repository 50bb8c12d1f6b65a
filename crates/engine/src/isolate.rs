//! One V8 isolate, and the only way to run code in it: a turn.

mod left;
mod outcome;
mod terminator;

use std::{
    marker::PhantomData,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use outcome::Signs;
pub use outcome::{Ran, Stop, Turn};
pub use terminator::Terminator;

use crate::{
    buffers,
    heap::HeapGuard,
    inspector::{Frontend, Inspector},
    leave::{self, Exit},
    memory::MemoryAccount,
    meter::Stretch,
    nudge,
    packed_heap::PackedHeap,
    platform,
    snapshot::{NotADescendant, Snapshot},
    v8, watchdog,
};

/// An isolate that can run turns.
#[derive(Debug)]
pub enum Ready {}
/// An isolate that was stopped: it runs nothing any more. All it has is [`Isolate::bury`].
#[derive(Debug)]
pub enum Condemned {}

/// What an isolate is made with.
#[derive(Debug, Clone, Copy)]
pub struct IsolateOptions {
    /// Bytes that heap, buffers, Wasm memories and natives may hold together.
    pub memory_bytes_max: usize,
    /// Bytes past which it should take no new work.
    pub memory_soft_bytes_max: usize,
    /// What [`watchdog::publish`] shows while a turn of it runs; zero shows nothing.
    pub label: u32,
}

impl Default for IsolateOptions {
    fn default() -> Self {
        Self { memory_bytes_max: 128 << 20, memory_soft_bytes_max: 96 << 20, label: 0 }
    }
}

/// A V8 isolate with one context, bound to the thread that made it.
///
/// `State` says what can be done with it: [`Ready`] runs turns, [`Condemned`] can only be buried.
///
/// A killed isolate cannot serve again, because there is nothing to call:
///
/// ```compile_fail,E0599
/// fn serve_again(isolate: &mut mote_engine::Isolate<mote_engine::Condemned>) {
///     isolate.turn(std::time::Duration::from_secs(1), |_scope| ());
/// }
/// ```
///
/// An isolate never leaves the thread that made it:
///
/// ```compile_fail,E0277
/// fn to_another_thread(isolate: mote_engine::Isolate) {
///     std::thread::spawn(move || drop(isolate));
/// }
/// ```
///
/// Nothing that a turn made outlives it:
///
/// ```compile_fail
/// fn smuggle(isolate: &mut mote_engine::Isolate) {
///     let mut kept = None;
///     isolate.turn(std::time::Duration::from_secs(1), |scope| {
///         kept = Some(mote_engine::v8::Object::new(scope));
///     });
///     drop(kept);
/// }
/// ```
pub struct Isolate<State = Ready> {
    // Dropped in this order: V8's isolate first (see `Drop` of `Inner`), then the guard whose address V8 holds.
    inner: Inner,
    state: PhantomData<State>,
}

struct Inner {
    /// The debugger's door; it must be gone before V8's isolate is.
    inspector: Option<Inspector>,
    /// `None` while it is being dropped, and when it was left behind.
    isolate: Option<v8::OwnedIsolate>,
    context: Option<v8::Global<v8::Context>>,
    guard: Rc<HeapGuard>,
    account: MemoryAccount,
    id: u64,
    label: u32,
    end: End,
    /// Whether a turn of it may be left.
    exit: Exit,
    /// A [`Terminator`] has asked for its end. V8 forgets that a turn was terminated once the turn has unwound.
    asked: Arc<AtomicBool>,
    /// Keeps the bytes alive that V8 has a pointer to. Those of a packed heap are never freed.
    snapshot: Snapshot,
}

/// How an isolate ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Nothing is left of it.
    Gone,
    /// It leaves its heap behind.
    HeapLeft,
}

/// A turn that used more CPU time than this may have used memory, too.
const LOOK_AFTER: Duration = Duration::from_micros(500);

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Isolate<Ready> {
    /// Makes an isolate from the startup snapshot. [`platform::initialize`] must have run.
    #[must_use]
    pub fn from_snapshot(snapshot: &Snapshot, options: IsolateOptions) -> Self {
        Self::start(snapshot, snapshot, options, v8::Isolate::new, End::Gone)
    }

    /// Makes an isolate from a heap that another one has left behind.
    ///
    /// # Errors
    /// When the heap is not what it is said to be.
    pub fn from_heap(heap: &PackedHeap, options: IsolateOptions) -> Result<Self, NotADescendant> {
        let kept = heap.ancestor();
        heap.with_snapshot(|snapshot| Self::start(snapshot, kept, options, v8::Isolate::new, End::Gone))
    }

    /// Makes an isolate whose heap can be left behind ([`Self::keep`]). V8 ends the process if the heap holds what it cannot
    /// write down, so this is for a process that may be lost; and there must have been another isolate before, or V8 takes
    /// this one's strings into the heap that all share.
    #[must_use]
    pub fn recording(snapshot: &Snapshot, options: IsolateOptions) -> Self {
        Self::start(snapshot, snapshot, options, Snapshot::recorder, End::HeapLeft)
    }

    /// `kept` is what stays with it: the snapshot itself, or what that descends from.
    fn start(
        snapshot: &Snapshot,
        kept: &Snapshot,
        options: IsolateOptions,
        make: fn(v8::CreateParams) -> v8::OwnedIsolate,
        end: End,
    ) -> Self {
        let account = MemoryAccount::new(options.memory_bytes_max, options.memory_soft_bytes_max);
        let params = snapshot
            .params()
            .heap_limits(0, options.memory_bytes_max)
            .array_buffer_allocator(buffers::allocator(account.clone()))
            .allow_atomics_wait(false);
        let mut isolate = make(params);
        isolate.set_microtasks_policy(v8::MicrotasksPolicy::Explicit);
        isolate.set_capture_stack_trace_for_uncaught_exceptions(true, 20);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let guard = HeapGuard::install(&mut isolate, id, options.memory_bytes_max, account.clone());
        crate::rejections::track(&mut isolate);
        isolate.set_slot(account.clone());
        let context = {
            v8::scope!(let scope, &mut isolate);
            let context = v8::Context::new(scope, v8::ContextOptions::default());
            // No code from strings: not at top level, not in a turn.
            context.set_allow_generation_from_strings(false);
            let scope = &mut v8::ContextScope::new(scope, context);
            nudge::prepare(scope);
            #[cfg(feature = "escape-hook")]
            crate::escape::install(scope, context);
            v8::Global::new(scope, context)
        };
        // What a blank isolate holds counts from its first event on.
        let _ = guard.look(&mut isolate);
        // SAFETY: `make` entered it on this thread just now, and nothing else was entered since: between turns no isolate
        // is.
        unsafe { isolate.exit() };
        let inner = Inner {
            inspector: None,
            isolate: Some(isolate),
            context: Some(context),
            guard,
            account,
            id,
            label: options.label,
            end,
            exit: if end == End::Gone { Exit::Possible } else { Exit::Never },
            asked: Arc::default(),
            snapshot: kept.clone(),
        };
        Self { inner, state: PhantomData }
    }

    /// Runs `work` inside the isolate, then what V8 has queued for this thread. `budget` is the CPU time it may use.
    ///
    /// Microtasks are the caller's to run ([`drain_microtasks`]), since what follows them (unhandled rejections) is
    /// policy.
    pub fn turn<R>(&mut self, budget: Duration, work: impl FnOnce(&mut v8::PinScope<'_, '_>) -> R) -> Ran<R> {
        let Inner { isolate: Some(isolate), context: Some(context), guard, id, label, asked, exit, .. } =
            &mut self.inner
        else {
            return Ran { turn: Turn::Stopped(Stop::Asked), cpu: Duration::ZERO };
        };
        let entered = Entered::enter(isolate);
        let stretch = Stretch::begin();
        let shown = watchdog::show(*label, budget);
        let watched = watchdog::begin(entered.isolate, guard, *id, stretch.began_at(), budget);
        let ended = leave::landing(*exit, guard, || {
            let result = {
                v8::scope!(let scope, &mut *entered.isolate);
                let context = v8::Local::new(scope, &*context);
                let scope = &mut v8::ContextScope::new(scope, context);
                work(scope)
            };
            if platform::pump(entered.isolate) {
                // A finished background task may have settled promises.
                let _ground = leave::open();
                entered.isolate.perform_microtask_checkpoint();
            }
            result
        });
        let over_budget = watched.end();
        drop(shown);
        let asked = asked.load(Ordering::Acquire);
        let result = match ended {
            Ok(result) => result,
            Err(left) => {
                let (cpu, memory) = (stretch.used(), left.out_of_memory || guard.tripped());
                drop(entered);
                self.inner.leave_behind();
                return Ran { turn: Turn::Stopped(Signs { memory, asked, over_budget }.reason()), cpu };
            }
        };
        let terminating = entered.isolate.is_execution_terminating();
        if over_budget || asked || terminating {
            entered.isolate.cancel_terminate_execution();
            // See `HeapGuard::press`.
            entered.isolate.memory_pressure_notification(v8::MemoryPressureLevel::None);
        }
        let cpu = stretch.used();
        if cpu >= LOOK_AFTER {
            guard.look(entered.isolate);
        }
        guard.collect_if_over(entered.isolate);
        let signs = Signs { memory: guard.tripped(), asked, over_budget };
        let turn =
            if signs.any() || terminating { Turn::Stopped(signs.reason()) } else { Turn::Done(result) };
        Ran { turn, cpu }
    }

    /// Whether a turn of it had to be left ([`crate::leave`]): it is in the middle of something for ever, runs nothing any
    /// more, and nothing of it is freed.
    #[must_use]
    pub fn is_left(&self) -> bool {
        self.inner.isolate.is_none()
    }

    /// The account of all the memory that is kept for it.
    #[must_use]
    pub fn memory(&self) -> &MemoryAccount {
        &self.inner.account
    }

    /// What [`watchdog::publish`] shows while a turn of it runs, from now on.
    pub fn set_label(&mut self, label: u32) {
        self.inner.label = label;
    }

    /// Keeps a value with it that natives find ([`v8::Isolate::get_slot`]), in place of one of the same type.
    pub fn set_slot<T: 'static>(&mut self, value: T) {
        if let Some(isolate) = &mut self.inner.isolate {
            isolate.set_slot(value);
        }
    }

    /// Makes it possible to attach a debugger later. Call it before code is loaded.
    pub fn allow_inspector(&mut self, name: &str) {
        let Inner { isolate: Some(isolate), context: Some(context), inspector, exit, .. } = &mut self.inner
        else {
            return;
        };
        let entered = Entered::enter(isolate);
        // A debugger holds on to more than the isolate.
        *exit = Exit::Never;
        *inspector = Some(Inspector::new(entered.isolate, context, name));
    }

    /// Attaches a debugger, in place of one that is attached.
    pub fn attach_inspector(&mut self, frontend: Rc<dyn Frontend>) {
        let Inner { isolate: Some(isolate), inspector: Some(inspector), .. } = &mut self.inner else {
            return;
        };
        let _entered = Entered::enter(isolate);
        inspector.attach(frontend);
    }

    /// Whether this debugger is the attached one.
    #[must_use]
    pub fn is_inspected_by(&self, frontend: &Rc<dyn Frontend>) -> bool {
        self.inner.inspector.as_ref().is_some_and(|inspector| inspector.is_attached(frontend))
    }

    /// Lets the debugger go.
    pub fn detach_inspector(&mut self) {
        let Inner { isolate: Some(isolate), inspector: Some(inspector), .. } = &mut self.inner else {
            return;
        };
        let _entered = Entered::enter(isolate);
        inspector.detach();
    }

    /// Takes one message of the attached debugger's, inside a turn of its own.
    pub fn dispatch_to_inspector(&mut self, budget: Duration, message: &str) -> Turn<()> {
        let Some(inspector) = self.inner.inspector.take() else { return Turn::Done(()) };
        let turn = self.turn(budget, |scope| {
            inspector.dispatch(message);
            drain_microtasks(scope);
        });
        self.inner.inspector = Some(inspector);
        turn.turn
    }

    /// A handle with which other threads can stop what runs here.
    #[must_use]
    pub fn terminator(&self) -> Option<Terminator> {
        self.inner.isolate.as_ref().map(|isolate| Terminator {
            isolate: Arc::new(isolate.thread_safe_handle()),
            id: self.inner.id,
            asked: self.inner.asked.clone(),
            thread: watchdog::this_thread(),
        })
    }

    /// What the heap holds.
    pub fn heap_use(&mut self) -> HeapUse {
        self.inner.isolate.as_mut().map_or_else(HeapUse::default, |isolate| {
            let statistics = isolate.get_heap_statistics();
            HeapUse {
                used_bytes: statistics.used_heap_size(),
                committed_bytes: statistics.total_physical_size(),
                limit_bytes: statistics.heap_size_limit(),
                external_bytes: statistics.external_memory(),
                contexts: statistics.number_of_native_contexts(),
            }
        })
    }

    /// True while V8 works for it in the background (compiling Wasm, say) and will post the result to a later turn.
    #[must_use]
    pub fn has_background_work(&self) -> bool {
        self.inner.isolate.as_ref().is_some_and(|isolate| isolate.has_pending_background_tasks())
    }

    /// Gives up what can be given up: a full collection.
    pub fn collect_garbage(&mut self) {
        if let Some(isolate) = &mut self.inner.isolate {
            let entered = Entered::enter(isolate);
            entered.isolate.low_memory_notification();
        }
    }

    /// Leaves its heap behind, for isolates that shall start with all that this one has done. `roots` names what they get
    /// back by its index ([`crate::snapshot::hook`], [`crate::modules::resume`]); `None` if it names nothing, if V8 cannot
    /// write the heap down, or if this is no isolate of [`Self::recording`]. An isolate whose heap is of no use is dropped
    /// instead: here nothing outside may hold on to the heap.
    #[must_use]
    pub fn keep(
        mut self,
        roots: impl FnOnce(&mut v8::PinScope<'_, '_>, v8::Local<'_, v8::Context>) -> Option<()>,
    ) -> Option<Vec<u8>> {
        if self.inner.end != End::HeapLeft {
            return None;
        }
        let (mut isolate, context) = (self.inner.isolate.take()?, self.inner.context.take()?);
        // SAFETY: it belongs to this thread, and no isolate is entered between turns. V8 exits it when it has left its heap.
        unsafe { isolate.enter() };
        let named = {
            v8::scope!(let scope, &mut isolate);
            let context = v8::Local::new(scope, context);
            let scope = &mut v8::ContextScope::new(scope, context);
            let named = roots(scope, context);
            scope.set_default_context(context);
            named
        };
        let blob = isolate.create_blob(v8::FunctionCodeHandling::Keep)?;
        named.map(|()| blob.to_vec())
    }

    /// From now on it runs nothing.
    #[must_use]
    pub fn condemn(self) -> Isolate<Condemned> {
        Isolate { inner: self.inner, state: PhantomData }
    }
}

impl Isolate<Condemned> {
    /// Frees it.
    pub fn bury(self) {
        drop(self);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let Some(isolate) = self.isolate.take() else { return };
        // Why enter it: V8 runs finalisers while it disposes, and the crate checks that the isolate is the current one.
        // SAFETY: the isolate belongs to this thread (it is not Send), and no isolate is entered between turns. Its own
        // drop exits it again.
        unsafe { isolate.enter() };
        self.inspector.take();
        self.context.take();
        match self.end {
            End::Gone => drop(isolate),
            // V8 lets it go only with its heap left behind, and that ends the process if anything outside still holds on to
            // it. So it stays as it is: its process is about to be thrown away.
            End::HeapLeft => {
                // SAFETY: it was entered above.
                unsafe { isolate.exit() };
                let _stays = std::mem::ManuallyDrop::new(isolate);
            }
        }
    }
}

impl<State> std::fmt::Debug for Isolate<State> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Isolate").field("id", &self.inner.id).finish_non_exhaustive()
    }
}

/// Runs the microtasks that are due, until there are none.
///
/// Whoever calls this holds nothing that [`leave::open`] does not allow.
pub fn drain_microtasks(scope: &mut v8::PinScope<'_, '_>) {
    let _ground = leave::open();
    scope.perform_microtask_checkpoint();
}

/// The heap of an isolate, in bytes.
#[derive(Debug, Default, Clone, Copy)]
pub struct HeapUse {
    /// Live and not yet collected objects.
    pub used_bytes: usize,
    /// Memory that V8 holds for them.
    pub committed_bytes: usize,
    /// Where the isolate is stopped.
    pub limit_bytes: usize,
    /// Buffers outside the heap.
    pub external_bytes: usize,
    /// Contexts alive: more than one is a leak.
    pub contexts: usize,
}

/// Proof that the isolate is entered on this thread; it is exited when this is dropped, also by a panic.
struct Entered<'a> {
    isolate: &'a mut v8::OwnedIsolate,
}

impl<'a> Entered<'a> {
    fn enter(isolate: &'a mut v8::OwnedIsolate) -> Self {
        // SAFETY: the isolate belongs to this thread (it is not Send) and is exited by this value's drop.
        unsafe { isolate.enter() };
        Self { isolate }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // SAFETY: `enter` entered it on this thread, and whoever entered another isolate since has exited it: turns
        // do not nest.
        unsafe { self.isolate.exit() };
    }
}
