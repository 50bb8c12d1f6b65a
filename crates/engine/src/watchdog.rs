//! Stops turns that use more CPU than they may.
//!
//! One thread for the process looks at all the others: every [`TICK`], and at the moment when a turn that it has seen will
//! be out of time. A thread tells it about a turn with a few atomic stores, so a turn costs next to nothing to watch; what
//! a turn has used is read from its thread's CPU clock, which the kernel keeps, so a turn that waits for a busy machine is
//! not charged for waiting.
//!
//! The state word of a thread is `sequence << 2 | phase`. Only the owner moves it from idle to running and back, only
//! the watchdog from running to firing to fired. An owner that finds its turn in "firing" waits for "fired", so a
//! termination can never hit a later turn. A turn that goes on after it was stopped is nudged ([`crate::nudge`]).

use std::{
    cell::RefCell,
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{meter, nudge::Nudged, v8};

/// How often turns are looked at that are not seen to need it sooner. A turn of a smaller budget may last this long.
const TICK: Duration = Duration::from_millis(5);
/// How soon somebody looks again after a turn that was stopped and goes on.
const NUDGE_PERIOD: Duration = Duration::from_millis(1);
/// The least time between two looks.
const PAUSE_MIN: Duration = Duration::from_micros(200);

const IDLE: u64 = 0;
const RUNNING: u64 = 1;
const FIRING: u64 = 2;
const FIRED: u64 = 3;
const PHASE: u64 = 3;

/// What the watchdog knows of one thread.
struct ThreadWatch {
    state: AtomicU64,
    /// The thread's CPU time in microseconds at which the running turn must be over.
    deadline_us: AtomicU64,
    clock: libc::clockid_t,
    thread: Nudged,
    /// The process-wide number of the isolate that was entered last.
    entered: AtomicU64,
    /// The number of an isolate whose turn somebody else has stopped.
    stopped: AtomicU64,
    /// The isolate that was entered last. Locked only when another isolate is entered and when a turn is stopped.
    isolate: Mutex<Option<v8::IsolateHandle>>,
}

impl ThreadWatch {
    fn is_stopped_from_outside(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) == self.entered.load(Ordering::Relaxed)
    }
}

static THREADS: Mutex<Vec<Weak<ThreadWatch>>> = Mutex::new(Vec::new());
static WATCHDOG: OnceLock<()> = OnceLock::new();

// Which turn runs is a fact about a thread; isolates come and go.
thread_local! {
    static WATCH: RefCell<Option<(Arc<ThreadWatch>, u64)>> = const { RefCell::new(None) };
}

/// One watched turn; made by [`begin`], ended by [`WatchedTurn::end`].
pub(crate) struct WatchedTurn {
    /// `None` in a build that does not meter.
    watch: Option<Arc<ThreadWatch>>,
    running: u64,
}

/// Tells the watchdog that this thread begins a turn in `isolate` (with its process-wide number `id`), at the CPU time
/// `began_at` of the thread.
pub(crate) fn begin(isolate: &v8::Isolate, id: u64, began_at: Duration, budget: Duration) -> WatchedTurn {
    if cfg!(feature = "unmetered") {
        return WatchedTurn { watch: None, running: IDLE };
    }
    let watch = WATCH.with_borrow_mut(|slot| {
        let (watch, last) = slot.get_or_insert_with(|| (register(), 0));
        if *last != id {
            *lock(&watch.isolate) = Some(isolate.thread_safe_handle());
            watch.entered.store(id, Ordering::Relaxed);
            *last = id;
        }
        watch.clone()
    });
    watch.deadline_us.store(micros(began_at.saturating_add(budget)), Ordering::Relaxed);
    let sequence = (watch.state.load(Ordering::Relaxed) >> 2).wrapping_add(1);
    let running = (sequence << 2) | RUNNING;
    watch.state.store(running, Ordering::Release);
    WatchedTurn { watch: Some(watch), running }
}

impl WatchedTurn {
    /// Ends the turn; true if the watchdog stopped it.
    pub(crate) fn end(self) -> bool {
        let Some(watch) = self.watch else { return false };
        let idle = (self.running & !PHASE) | IDLE;
        let state = &watch.state;
        if state.compare_exchange(self.running, idle, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            return false;
        }
        let fired = (self.running & !PHASE) | FIRED;
        while state.load(Ordering::Acquire) != fired {
            std::hint::spin_loop();
        }
        state.store(idle, Ordering::Release);
        true
    }
}

/// This thread, for those who stop turns of its isolates from other threads.
pub(crate) fn this_thread() -> StoppedFromOutside {
    StoppedFromOutside(WATCH.with_borrow_mut(|slot| slot.get_or_insert_with(|| (register(), 0)).0.clone()))
}

/// A thread whose turns others may stop.
#[derive(Clone)]
pub(crate) struct StoppedFromOutside(Arc<ThreadWatch>);

impl StoppedFromOutside {
    /// A termination was asked for in the isolate of this number: sees to it that its running turn notices.
    pub(crate) fn see_to(&self, id: u64) {
        self.0.stopped.store(id, Ordering::Relaxed);
    }
}

/// True if this thread's running turn is to stop. For natives that work for long: V8 does not interrupt them, so they ask
/// between two pieces of their work, and may then give any result, since nobody will see it.
#[must_use]
pub fn is_stop_due() -> bool {
    WATCH.with_borrow(|slot| {
        slot.as_ref().is_some_and(|(watch, _)| {
            let phase = watch.state.load(Ordering::Acquire) & PHASE;
            matches!(phase, FIRING | FIRED) || watch.is_stopped_from_outside()
        })
    })
}

fn register() -> Arc<ThreadWatch> {
    WATCHDOG.get_or_init(|| {
        let spawned = std::thread::Builder::new().name("watchdog".into()).spawn(watch_all);
        // Why a panic: a process that cannot start a thread cannot hold any limit, and it is just starting up.
        assert!(spawned.is_ok(), "the watchdog thread could not be started");
    });
    let watch = Arc::new(ThreadWatch {
        state: AtomicU64::new(IDLE),
        deadline_us: AtomicU64::new(u64::MAX),
        clock: this_threads_clock(),
        thread: Nudged::this_thread(),
        entered: AtomicU64::new(0),
        stopped: AtomicU64::new(u64::MAX),
        isolate: Mutex::new(None),
    });
    lock(&THREADS).push(Arc::downgrade(&watch));
    watch
}

#[expect(
    clippy::disallowed_methods,
    reason = "this thread serves nobody: looking and sleeping is all it does"
)]
fn watch_all() {
    let mut watched: Vec<Weak<ThreadWatch>> = Vec::new();
    loop {
        watched.append(&mut lock(&THREADS));
        let mut pause = TICK;
        watched.retain(|weak| {
            let Some(watch) = weak.upgrade() else { return false };
            if let Some(left) = time_left(&watch) {
                pause = pause.min(left);
            }
            true
        });
        std::thread::sleep(pause.max(PAUSE_MIN));
    }
}

/// The CPU time that a thread's running turn has left, if it runs one; stops it if there is none.
fn time_left(watch: &ThreadWatch) -> Option<Duration> {
    let state = watch.state.load(Ordering::Acquire);
    if state & PHASE == IDLE {
        return None;
    }
    if state & PHASE == FIRED || watch.is_stopped_from_outside() {
        watch.thread.nudge();
        return Some(NUDGE_PERIOD);
    }
    let deadline = watch.deadline_us.load(Ordering::Relaxed);
    let left = deadline.saturating_sub(micros(meter::cpu_time(watch.clock)));
    // A turn that has ended since may have left its deadline to the next one: the state decides in `fire`.
    if left == 0 {
        fire(watch, state);
        return Some(NUDGE_PERIOD);
    }
    Some(Duration::from_micros(left))
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn fire(watch: &ThreadWatch, running: u64) {
    let firing = (running & !PHASE) | FIRING;
    if watch.state.compare_exchange(running, firing, Ordering::AcqRel, Ordering::Acquire).is_err() {
        return;
    }
    if let Some(isolate) = lock(&watch.isolate).as_ref() {
        isolate.terminate_execution();
    }
    watch.state.store((running & !PHASE) | FIRED, Ordering::Release);
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn this_threads_clock() -> libc::clockid_t {
    let mut clock = libc::CLOCK_THREAD_CPUTIME_ID;
    // SAFETY: pthread_self always names the calling thread.
    let this = unsafe { libc::pthread_self() };
    // SAFETY: `clock` is a valid place for the result. A failure leaves the default, which is never read as another
    // thread's: `cpu_time` would then measure the watchdog itself, and nothing would be stopped too early.
    unsafe { libc::pthread_getcpuclockid(this, &raw mut clock) };
    clock
}
