//! Stops turns that use more CPU than they may.
//!
//! One thread for the process looks at all the others: every [`TICK`], and at the moment when a turn that it has seen will
//! be out of time. A thread tells it about a turn with a few atomic stores, so a turn costs next to nothing to watch; what
//! a turn has used is read from its thread's CPU clock, which the kernel keeps, so a turn that waits for a busy machine is
//! not charged for waiting.
//!
//! The state word of a thread is `sequence << 2 | phase`. Only the owner moves it from idle to running and back, only
//! the watchdog from running to firing to fired, and through firing again. An owner that finds its turn in "firing" waits
//! for "fired", so a termination can never hit a later turn. A turn that goes on after it was stopped is asked again, and
//! nudged ([`crate::nudge`]).
//!
//! A turn that lasts is also asked, now and then, to look at its memory: V8 itself looks only when it collects.

use std::{
    cell::RefCell,
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{heap::HeapGuard, meter, nudge::Nudged, v8};

/// How often turns are looked at that are not seen to need it sooner. A turn of a smaller budget may last this long.
const TICK: Duration = Duration::from_millis(5);
/// How soon somebody looks again after a turn that was stopped and goes on; each time it is twice as long, since being
/// nudged takes time, too.
const NUDGE_PERIOD_MIN: Duration = Duration::from_millis(1);
const NUDGE_PERIOD_MAX: Duration = Duration::from_millis(64);
/// How often a turn that lasts looks at its memory.
const LOOK_PERIOD: Duration = Duration::from_millis(20);
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
    /// Its CPU time in microseconds when the running turn was told to stop, if it was.
    told_us: AtomicU64,
    clock: libc::clockid_t,
    thread: Nudged,
    /// The process-wide number of the isolate that was entered last.
    entered: AtomicU64,
    /// The number of an isolate whose turn somebody else has stopped.
    stopped: AtomicU64,
    /// The isolate that was entered last. Locked only when another isolate is entered and when a turn is stopped.
    isolate: Mutex<Option<Entered>>,
}

/// An isolate, as the watchdog knows it.
struct Entered {
    handle: v8::IsolateHandle,
    /// The address of its guard.
    guard: usize,
}

/// What the watchdog keeps in mind of a thread.
struct Watched {
    thread: Weak<ThreadWatch>,
    /// How often its running turn was asked to stop, and when it will be asked again.
    asked: u32,
    ask_at: Instant,
    /// When its running turn is to look at its memory.
    look_at: Option<Instant>,
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

/// One watched turn; made by [`begin`], ended by [`WatchedTurn::end`] or by being dropped.
pub(crate) struct WatchedTurn {
    /// `None` in a build that does not meter.
    watch: Option<Arc<ThreadWatch>>,
    running: u64,
}

/// The half of a shown turn that has the label of its isolate.
const LABEL: u64 = u32::MAX as u64;

/// Where [`show`] writes; set once.
static SHOWN: OnceLock<Places> = OnceLock::new();

/// Where turns are shown.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    /// While a turn runs: a number that is different for each turn in the upper half, the label of its isolate in the lower.
    /// Between turns the lower half is zero.
    pub turn: &'static AtomicU64,
    /// CPU time in microseconds that the turn may use which runs.
    pub budget: &'static AtomicU64,
    /// The first of the turns since which no isolate with another label ran, as it was shown.
    pub alone: &'static AtomicU64,
}

/// From now on every turn of this process shows that it runs. For a process with one thread that runs turns, and another
/// process that looks at it: it knows whose code ran even when this process is dead.
pub fn publish(places: Places) {
    let _ = SHOWN.set(places);
}

/// What an attacker does first who holds the process: nothing is shown any more.
#[cfg(feature = "escape-hook")]
pub(crate) fn hide() {
    if let Some(places) = SHOWN.get() {
        places.turn.fetch_and(u64::MAX << 32, Ordering::Relaxed);
    }
}

/// A turn that is shown; dropping it shows that it is over.
pub(crate) struct Shown(Option<(&'static AtomicU64, u64)>);

pub(crate) fn show(label: u32, budget: Duration) -> Shown {
    let places = SHOWN.get().filter(|_| label != 0);
    Shown(places.map(|Places { turn, budget: place, alone }| {
        let sequence = (turn.load(Ordering::Relaxed) >> 32).wrapping_add(1) << 32;
        keep_alone(alone, sequence, label);
        place.store(micros(budget), Ordering::Relaxed);
        // Who sees the turn sees its budget, too.
        turn.store(sequence | u64::from(label), Ordering::Release);
        (*turn, sequence)
    }))
}

/// Whoever runs again is alone since the same turn as before; somebody else begins with this one.
fn keep_alone(alone: &AtomicU64, sequence: u64, label: u32) {
    if alone.load(Ordering::Relaxed) & LABEL != u64::from(label) {
        alone.store(sequence | u64::from(label), Ordering::Relaxed);
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some((place, sequence)) = self.0 {
            place.store(sequence, Ordering::Relaxed);
        }
    }
}

/// Tells the watchdog that this thread begins a turn in `isolate` (with its process-wide number `id`), at the CPU time
/// `began_at` of the thread.
pub(crate) fn begin(
    isolate: &v8::Isolate,
    guard: &HeapGuard,
    id: u64,
    began_at: Duration,
    budget: Duration,
) -> WatchedTurn {
    if cfg!(feature = "unmetered") {
        return WatchedTurn { watch: None, running: IDLE };
    }
    let watch = WATCH.with_borrow_mut(|slot| {
        let (watch, last) = slot.get_or_insert_with(|| (register(), 0));
        if *last != id {
            let guard = std::ptr::from_ref(guard).expose_provenance();
            *lock(&watch.isolate) = Some(Entered { handle: isolate.thread_safe_handle(), guard });
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
    pub(crate) fn end(mut self) -> bool {
        self.end_once()
    }

    fn end_once(&mut self) -> bool {
        let Some(watch) = self.watch.take() else { return false };
        let idle = (self.running & !PHASE) | IDLE;
        let state = &watch.state;
        if state.compare_exchange(self.running, idle, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            return false;
        }
        let fired = (self.running & !PHASE) | FIRED;
        while state.compare_exchange_weak(fired, idle, Ordering::AcqRel, Ordering::Acquire).is_err() {
            std::hint::spin_loop();
        }
        true
    }
}

/// A turn that panics is over, too: the watchdog must not take what runs later, in another isolate perhaps, for it.
impl Drop for WatchedTurn {
    fn drop(&mut self) {
        self.end_once();
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

/// The CPU time of this thread when its running turn was told to stop, if this thread was told by the watchdog.
pub(crate) fn told_at() -> Option<Duration> {
    WATCH.with_borrow(|slot| {
        let (watch, _) = slot.as_ref()?;
        let phase = watch.state.load(Ordering::Acquire) & PHASE;
        (phase == FIRED).then(|| Duration::from_micros(watch.told_us.load(Ordering::Relaxed)))
    })
}

/// Whether this thread runs no turn, as far as the watchdog knows.
#[cfg(test)]
pub(crate) fn is_between_turns() -> bool {
    WATCH.with_borrow(|slot| {
        slot.as_ref().is_none_or(|(watch, _)| watch.state.load(Ordering::Acquire) & PHASE == IDLE)
    })
}

impl ThreadWatch {
    fn of_this_thread(state: u64) -> Self {
        Self {
            state: AtomicU64::new(state),
            deadline_us: AtomicU64::new(u64::MAX),
            told_us: AtomicU64::new(0),
            clock: this_threads_clock(),
            thread: Nudged::this_thread(),
            entered: AtomicU64::new(0),
            stopped: AtomicU64::new(u64::MAX),
            isolate: Mutex::new(None),
        }
    }
}

fn register() -> Arc<ThreadWatch> {
    WATCHDOG.get_or_init(|| {
        let spawned = std::thread::Builder::new().name("watchdog".into()).spawn(watch_all);
        // Why a panic: a process that cannot start a thread cannot hold any limit, and it is just starting up.
        assert!(spawned.is_ok(), "the watchdog thread could not be started");
    });
    let watch = Arc::new(ThreadWatch::of_this_thread(IDLE));
    lock(&THREADS).push(Arc::downgrade(&watch));
    watch
}

#[expect(
    clippy::disallowed_methods,
    reason = "this thread serves nobody: looking and sleeping is all it does"
)]
fn watch_all() {
    let mut threads: Vec<Watched> = Vec::new();
    loop {
        let now = Instant::now();
        let new = std::mem::take(&mut *lock(&THREADS));
        threads.extend(new.into_iter().map(|thread| Watched {
            thread,
            asked: 0,
            ask_at: now,
            look_at: None,
        }));
        let mut pause = TICK;
        threads.retain_mut(|watched| {
            let Some(thread) = watched.thread.upgrade() else { return false };
            if let Some(until_next) = watched.look(&thread, now) {
                pause = pause.min(until_next);
            }
            true
        });
        std::thread::sleep(pause.max(PAUSE_MIN));
    }
}

impl Watched {
    /// Looks at a thread's running turn, if it runs one; gives when to look again.
    fn look(&mut self, thread: &ThreadWatch, now: Instant) -> Option<Duration> {
        let state = thread.state.load(Ordering::Acquire);
        if state & PHASE == IDLE {
            (self.asked, self.ask_at, self.look_at) = (0, now, None);
            return None;
        }
        if state & PHASE == FIRED || thread.is_stopped_from_outside() {
            return Some(self.ask_again(thread, state, now));
        }
        self.look_at_memory(thread, now);
        let deadline = thread.deadline_us.load(Ordering::Relaxed);
        let left = deadline.saturating_sub(micros(meter::cpu_time(thread.clock)));
        // A turn that has ended since may have left its deadline to the next one: the state decides in `fire`.
        if left == 0 {
            fire(thread, state, Asked::First);
            self.ask_at = now + NUDGE_PERIOD_MIN;
            return Some(NUDGE_PERIOD_MIN);
        }
        Some(Duration::from_micros(left))
    }

    /// A turn goes on after it was stopped: it is in a loop that V8 does not look into, or a termination has ended one
    /// piece of it (a getter that a native has called, say) and it is in the next. Gives when to look again.
    fn ask_again(&mut self, thread: &ThreadWatch, state: u64, now: Instant) -> Duration {
        if now >= self.ask_at {
            fire(thread, state, Asked::Again);
            thread.thread.nudge();
            let period =
                NUDGE_PERIOD_MIN.saturating_mul(2_u32.saturating_pow(self.asked)).min(NUDGE_PERIOD_MAX);
            self.asked = self.asked.saturating_add(1);
            self.ask_at = now + period;
        }
        self.ask_at.saturating_duration_since(now)
    }

    fn look_at_memory(&mut self, thread: &ThreadWatch, now: Instant) {
        let due = *self.look_at.get_or_insert(now + LOOK_PERIOD);
        if now < due {
            return;
        }
        self.look_at = Some(now + LOOK_PERIOD);
        if let Some(entered) = lock(&thread.isolate).as_ref() {
            let guard = std::ptr::with_exposed_provenance_mut(entered.guard);
            entered.handle.request_interrupt(HeapGuard::look_while_running, guard);
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// How often a turn was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    First,
    Again,
}

/// Asks V8 to terminate the turn that was seen in `state`, if it still runs.
fn fire(watch: &ThreadWatch, state: u64, asked: Asked) {
    let firing = (state & !PHASE) | FIRING;
    if watch.state.compare_exchange(state, firing, Ordering::AcqRel, Ordering::Acquire).is_err() {
        return;
    }
    if state & PHASE == RUNNING {
        watch.told_us.store(micros(meter::cpu_time(watch.clock)), Ordering::Relaxed);
    }
    if let Some(entered) = lock(&watch.isolate).as_ref() {
        entered.handle.terminate_execution();
        if asked == Asked::Again {
            let guard = std::ptr::with_exposed_provenance::<HeapGuard>(entered.guard);
            // SAFETY: the guard of the isolate whose turn runs. It cannot end before this function does: its thread waits
            // in `WatchedTurn::end` as long as this state is "firing".
            unsafe { &*guard }.press();
        }
    }
    watch.state.store((state & !PHASE) | FIRED, Ordering::Release);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A turn of this thread that the watchdog's thread knows nothing of.
    fn turn() -> (Arc<ThreadWatch>, WatchedTurn) {
        let watch = Arc::new(ThreadWatch::of_this_thread(7 << 2 | RUNNING));
        (watch.clone(), WatchedTurn { watch: Some(watch), running: 7 << 2 | RUNNING })
    }

    #[test]
    fn a_turn_that_panics_is_over() {
        for stopped in [false, true] {
            let (watch, turn) = turn();
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let _turn = turn;
                if stopped {
                    fire(&watch, watch.state.load(Ordering::Acquire), Asked::First);
                }
                std::panic::resume_unwind(Box::new("a mistake of ours"));
            }));
            assert!(caught.is_err());
            assert_eq!(watch.state.load(Ordering::Acquire), 7 << 2 | IDLE);
        }
        let (watch, turn) = turn();
        fire(&watch, watch.state.load(Ordering::Acquire), Asked::First);
        assert!(turn.end(), "it was stopped");
        assert_eq!(watch.state.load(Ordering::Acquire), 7 << 2 | IDLE);
    }

    #[test]
    fn who_runs_alone_is_never_shown_as_alone_since_before_somebody_elses_turn() {
        let place = AtomicU64::new(0);
        let mut seen = Vec::new();
        for (sequence, label) in [(1, 3), (2, 3), (3, 3), (4, 5), (5, 3), (6, 3)] {
            keep_alone(&place, sequence << 32, label);
            let shown = place.load(Ordering::Relaxed);
            seen.push((shown >> 32, shown & LABEL));
        }
        assert_eq!(seen, [(1, 3), (1, 3), (1, 3), (4, 5), (5, 3), (5, 3)]);
    }
}
