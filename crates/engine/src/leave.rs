//! The way out of V8 where it does not look for a termination: its stack is left, and the isolate with it.
//!
//! The problem: some of V8's own code looks at nothing while it works for seconds (a spread of a long typed array, `for in`
//! over it). A turn that is in there cannot be stopped, and with it stands everybody of the same thread.
//!
//! What is done: a turn begins at a landing place. When a turn that was told to stop goes on for [`PATIENCE`] all the same,
//! and V8 says that it is about to collect, the thread jumps from there to the landing place. All stack frames in between are
//! forgotten: nothing of them runs any more, and no destructor either. So the isolate is in the middle of something for ever.
//! It is left behind as it is ([`crate::Isolate::is_left`]): never entered again, never freed.
//!
//! Why that is sound:
//! - V8 calls back at two moments only: before a collection and after it. Then it holds no lock of the process, and no
//!   other thread works on this one's stack. Inside a collection, and where V8 holds the other threads of an isolate (a
//!   collection of all that there is), nobody leaves.
//! - What V8 keeps for a thread is which isolate is the current one; `Isolate::Exit` sets that right. All else that it
//!   keeps belongs to the isolate.
//! - The forgotten frames are V8's own and those that are named with [`open`]. Everything else of ours between landing place
//!   and V8, every native above all, is [`closed`]: as long as it runs nobody leaves. An open place holds no borrow, no lock
//!   and no value that others need to be dropped.
//!
//! What happens when it fails: where nobody may leave, the turn goes on as it would without this, and whoever watches the
//! process ends it.

use std::{
    any::Any,
    cell::Cell,
    ffi::{CStr, c_void},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    ptr,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::{heap::HeapGuard, jump, meter, nudge, v8, watchdog};

/// CPU time, collections left out, that V8 gets to notice a termination by itself: an isolate that does serves on.
const PATIENCE: Duration = Duration::from_millis(4);
/// How far up a landing place may lie: more than any stack of ours is long.
const STACK_BYTES_MAX: usize = 64 << 20;

/// Flags of a collection during which V8 holds the isolate's other threads.
const OF_ALL: u32 = 1 << 4;

static ISOLATES: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

/// What this process has left behind so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftBehind {
    /// Isolates.
    pub isolates: u64,
    /// Bytes of their heaps and buffers.
    pub bytes: u64,
}

/// What this process has left behind so far. It gets none of it back.
#[must_use]
pub fn left_behind() -> LeftBehind {
    LeftBehind { isolates: ISOLATES.load(Ordering::Relaxed), bytes: BYTES.load(Ordering::Relaxed) }
}

/// The turn of this thread.
struct Here {
    /// The landing place's stack pointer; zero between turns and where nobody may leave.
    landing: Cell<usize>,
    /// The guard of the turn's isolate.
    guard: Cell<*const HeapGuard>,
    open: Cell<bool>,
    /// The thread's CPU time from which on a turn goes on that was told to stop; the time of collections is added.
    noticed: Cell<Option<Duration>>,
    /// The thread's CPU time when the collection began that is under way, if the turn was told to stop by then.
    collecting: Cell<Option<Duration>>,
    /// The thread's CPU time when the turn's last collection was over.
    collected_at: Cell<Duration>,
    /// The last collection was one of all that there is: it is not known whether V8 still holds the other threads.
    holds: Cell<bool>,
    /// How the processor guards code on this thread between turns.
    code_guard: Cell<Option<u32>>,
}

// Where a turn began is a fact about the thread.
thread_local! {
    static HERE: Here = const {
        Here {
            landing: Cell::new(0),
            guard: Cell::new(ptr::null()),
            open: Cell::new(false),
            noticed: Cell::new(None),
            collecting: Cell::new(None),
            collected_at: Cell::new(Duration::ZERO),
            holds: Cell::new(false),
            code_guard: Cell::new(None),
        }
    };
}

/// Whether a turn may be left at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It may, from open places.
    Possible,
    /// Never: somebody holds on to what runs (a debugger, a heap that is being recorded).
    Never,
}

/// The stack was left. Nothing of the isolate may be touched any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// V8 had no memory for it any more.
    pub(crate) out_of_memory: bool,
}

/// While it lives, places of this thread are open or closed; then as before.
#[must_use = "it holds for as long as it lives"]
#[derive(Debug)]
pub struct Ground {
    before: bool,
}

/// V8 may be left from here on: whoever says so holds no borrow, no lock and nothing that others need to be dropped, up to
/// the turn's beginning or the next [`closed`].
pub fn open() -> Ground {
    Ground { before: HERE.with(|here| here.open.replace(true)) }
}

/// V8 may not be left from here on.
pub fn closed() -> Ground {
    Ground { before: HERE.with(|here| here.open.replace(false)) }
}

impl Drop for Ground {
    fn drop(&mut self) {
        HERE.with(|here| here.open.set(self.before));
    }
}

/// Runs `work`, a turn of the guard's isolate, which may be left.
pub(crate) fn landing<R>(exit: Exit, guard: &HeapGuard, work: impl FnOnce() -> R) -> Result<R, Left> {
    let turn = Turn { work: Some(work), result: None };
    match run(exit, guard, turn) {
        Ok(Some(Ok(result))) => Ok(result),
        Ok(Some(Err(panic))) => resume_unwind(panic),
        Ok(None) => Err(Left { out_of_memory: false }),
        Err(left) => Err(left),
    }
}

struct Turn<F, R> {
    work: Option<F>,
    result: Option<Result<R, Box<dyn Any + Send>>>,
}

type Ended<R> = Result<Option<Result<R, Box<dyn Any + Send>>>, Left>;

fn run<F: FnOnce() -> R, R>(exit: Exit, guard: &HeapGuard, mut turn: Turn<F, R>) -> Ended<R> {
    let mut place = 0_usize;
    HERE.with(|here| {
        here.open.set(false);
        here.noticed.set(None);
        here.collected_at.set(Duration::ZERO);
        here.guard.set(ptr::from_ref(guard));
        if here.code_guard.get().is_none() {
            here.code_guard.set(Some(jump::code_guard()));
        }
        // Set by the jump's first half, before `begin` runs.
        here.landing.set(if exit == Exit::Possible { (&raw mut place).expose_provenance() } else { 0 });
    });
    // SAFETY: `begin` unwinds into nobody, and `turn` is what it expects; `place` lives until the call has returned, and
    // nobody jumps there later: `landing` is taken back below.
    let how = unsafe { jump::land(begin::<F, R>, (&raw mut turn).cast(), &raw mut place) };
    HERE.with(|here| {
        here.landing.set(0);
        here.open.set(false);
        here.collecting.set(None);
    });
    match how {
        jump::RETURNED => Ok(turn.result.take()),
        how => Err(Left { out_of_memory: how == OUT_OF_MEMORY }),
    }
}

/// How a thread comes back to the landing place.
const STOPPED: usize = 1;
const OUT_OF_MEMORY: usize = 2;

/// # Safety
/// `turn` is a `Turn<F, R>` that nobody else uses now.
unsafe extern "C" fn begin<F: FnOnce() -> R, R>(turn: *mut c_void) {
    // SAFETY: the caller's promise.
    let turn = unsafe { &mut *turn.cast::<Turn<F, R>>() };
    if let Some(work) = turn.work.take() {
        turn.result = Some(catch_unwind(AssertUnwindSafe(work)));
    }
}

/// V8 is about to collect, or to begin with it.
pub(crate) fn collection_begins(guard: &HeapGuard, flags: v8::GCCallbackFlags) {
    HERE.with(|here| {
        here.holds.set(flags.0 & OF_ALL != 0);
        if !guard.tripped() && !watchdog::is_stop_due() {
            return;
        }
        let now = meter::thread_cpu_time();
        let told = || watchdog::told_at().unwrap_or(now).max(here.collected_at.get());
        let since = here.noticed.get().unwrap_or_else(told);
        // Here, and not after the collection: it would be for nothing.
        if now >= since.saturating_add(PATIENCE) || guard.is_far_past() {
            leave(here, guard, STOPPED);
        }
        here.noticed.set(Some(since));
        here.collecting.set(Some(now));
    });
}

/// V8 has collected, or has begun with it.
pub(crate) fn collection_ends() {
    HERE.with(|here| {
        let now = meter::thread_cpu_time();
        here.collected_at.set(now);
        if let (Some(began), Some(since)) = (here.collecting.take(), here.noticed.get()) {
            here.noticed.set(Some(since.saturating_add(now.saturating_sub(began))));
        }
    });
}

/// V8 has no memory left for what runs, and ends the process when this returns.
pub(crate) unsafe extern "C" fn out_of_memory(location: *const std::ffi::c_char, _details: &v8::OomDetails) {
    // SAFETY: V8 gives the name of a place in its code, or nothing.
    let location = (!location.is_null()).then(|| unsafe { CStr::from_ptr(location) });
    HERE.with(|here| {
        let guard = here.guard.get();
        // Elsewhere V8 is in the middle of a collection, or on a thread that helps it.
        let known = location.is_some_and(|location| FROM_OUTSIDE.contains(&location));
        if !known || here.collecting.get().is_some() || here.landing.get() == 0 || guard.is_null() {
            return;
        }
        if location == Some(AFTER_LAST_RESORT) {
            here.holds.set(false);
        }
        // SAFETY: the guard of the turn that runs; its isolate's owner keeps it until the turn is over.
        leave(here, unsafe { &*guard }, OUT_OF_MEMORY);
    });
}

/// Where V8 gives up when all collections are over.
const AFTER_LAST_RESORT: &CStr = c"CALL_AND_RETRY_LAST";
/// Where V8 gives up on what was asked for outside of a collection.
const FROM_OUTSIDE: [&CStr; 4] =
    [AFTER_LAST_RESORT, c"Reached heap limit", c"invalid table size", c"invalid array length"];

/// The landing place's stack pointer, if the turn can be left from where V8 is now, collections aside.
fn target(here: &Here, guard: &HeapGuard) -> Option<usize> {
    let place = here.landing.get();
    // Another isolate's collection, or one while V8 has opened its code to writing: it counts per thread how often it does.
    let fits = place != 0
        && here.open.get()
        && ptr::eq(here.guard.get(), guard)
        && here.code_guard.get() == Some(jump::code_guard());
    if !fits || nudge::is_away() {
        return None;
    }
    let place = ptr::with_exposed_provenance::<usize>(place);
    // SAFETY: the variable of `run`, which has not returned.
    let target = unsafe { place.read() };
    let on_stack = ptr::from_ref(&target).addr();
    (target > on_stack && target - on_stack < STACK_BYTES_MAX).then_some(target)
}

/// Jumps to the landing place, if that is possible from here.
fn leave(here: &Here, guard: &HeapGuard, how: usize) {
    let Some(target) = target(here, guard).filter(|_| !here.holds.get()) else { return };
    ISOLATES.fetch_add(1, Ordering::Relaxed);
    BYTES.fetch_add(guard.bytes_held(), Ordering::Relaxed);
    // SAFETY: `land` has saved its registers there and has not returned; what the frames in between are allowed to hold is
    // this room's invariant, which `open` and `closed` keep.
    unsafe { jump::back(target, how) }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::*;
    use crate::{
        isolate::{Isolate, IsolateOptions, Stop, Turn},
        platform,
        snapshot::{self, Snapshot, Source},
    };

    static TEXT: v8::OneByteConst = v8::String::create_external_onebyte_const(
        b"export function sum(n) { return n ? n + sum(n - 1) : 0; }",
    );
    static CODE: OnceLock<&'static [u8]> = OnceLock::new();
    static SOURCES: &[Source] = &[Source { name: "main", text: &TEXT, code: &CODE }];

    fn start() -> Isolate {
        static BLOB: OnceLock<&'static [u8]> = OnceLock::new();
        platform::initialize(&[]);
        let blob = BLOB.get_or_init(|| {
            Box::leak(snapshot::make(&[], SOURCES, "main", &["sum"]).unwrap().into_boxed_slice())
        });
        Isolate::from_snapshot(&Snapshot::from_static(blob, &[], SOURCES), IsolateOptions::default())
    }

    /// What a turn comes to in which V8 says that it has no memory left, at this place of its code.
    fn without_memory(isolate: &mut Isolate, location: &CStr, ground: fn() -> Ground) -> Turn<&'static str> {
        let details = v8::OomDetails { is_heap_oom: true, detail: ptr::null() };
        let ran = isolate.turn(Duration::from_secs(10), |_| {
            let _ground = ground();
            // SAFETY: as V8 calls it: with the name of a place.
            unsafe { out_of_memory(location.as_ptr().cast(), &details) };
            "V8 goes on, and ends the process"
        });
        ran.turn
    }

    fn sum(isolate: &mut Isolate) -> Turn<Option<f64>> {
        let ran = isolate.turn(Duration::from_secs(10), |scope| {
            let function = snapshot::hook(scope, 0)?;
            let (receiver, number) = (v8::undefined(scope), v8::Integer::new(scope, 100));
            let _ground = open();
            function.call(scope, receiver.into(), &[number.into()])?.number_value(scope)
        });
        ran.turn
    }

    // One test, since V8 lives once in a process.
    #[test]
    fn a_turn_without_memory_is_left_where_that_is_possible_and_others_go_on() {
        let before = left_behind().isolates;
        for round in 1..=20 {
            let (mut isolate, mut other) = (start(), start());
            for (location, ground) in [
                (AFTER_LAST_RESORT, closed as fn() -> Ground),
                (c"MarkCompactCollector: young object promotion failed", open),
                (c"Zone", open),
            ] {
                let turn = without_memory(&mut isolate, location, ground);
                assert!(matches!(turn, Turn::Done(_)) && !isolate.is_left(), "{location:?}: {turn:?}");
            }
            let turn = without_memory(&mut isolate, AFTER_LAST_RESORT, open);
            assert!(matches!(turn, Turn::Stopped(Stop::Memory)) && isolate.is_left(), "{turn:?}");
            assert_eq!(left_behind().isolates, before + round);
            let turn = sum(&mut other);
            assert!(matches!(turn, Turn::Done(Some(5050.0))), "{turn:?}");
            other.collect_garbage();
            // A panic of ours comes through a turn, which is over all the same: for the watchdog, and for V8.
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                other
                    .turn(Duration::from_secs(10), |_| -> () { resume_unwind(Box::new("a mistake of ours")) })
            }));
            assert!(panicked.is_err() && watchdog::is_between_turns());
            let ran = other.turn(Duration::from_secs(10), |scope| v8::Integer::new(scope, 7).value());
            assert!(matches!(ran.turn, Turn::Done(7)), "{:?}", ran.turn);
        }
    }
}
