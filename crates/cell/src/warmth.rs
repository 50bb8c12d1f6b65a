//! Which isolates stay warm, which leave when memory is short, and whether one more may be started.
//!
//! The policies are those of `mote_schedule`; here they meet the isolates. A cell is given a budget. An isolate that does not
//! fit beside the others makes those leave that are worth least, unless they have something to do; an isolate that fits
//! nowhere, or would be one start too many, is not made, and its event is turned away.

use std::{
    cell::{Cell as StdCell, RefCell},
    collections::VecDeque,
    rc::{Rc, Weak},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use mote_schedule::{
    admit::{Admission, AdmitRules, Answer, Memory, Start},
    keep::{Amount, KeepRules, Keeper, Victims},
    place::hash_of,
};
use mote_web::Runtime;

use crate::{admission::TurnedAway, cell::Cell, slot::Slot};

/// What an isolate takes beside its heap: V8's tables for it, its stub caches, the metadata of its pages.
const BESIDE_HEAP_BYTES: u64 = 220 << 10;
/// What an isolate is believed to take before one of its worker was measured.
const UNKNOWN_BYTES: u64 = 1_250 << 10;
/// What a start is believed to take before one was measured.
const UNKNOWN_COST: Duration = Duration::from_millis(2);
/// As many isolates as the 4 GiB have room for in which all heaps of a process lie, each at its smallest, with a part left
/// over for those that grow.
const ISOLATES_MAX: usize = 2_600;
/// What isolates hold at most as long as the host has not said another number.
const BYTES_MAX: u64 = 2_800 << 20;
/// An isolate that was just started stays for a moment. Not for long: whether starts are worth it at all, admission decides, and
/// a burst of many workers should find room.
const RULES: KeepRules =
    KeepRules { idle_max: Duration::from_secs(30 * 60), residence_min: Duration::from_millis(20) };
/// From as long a wait on, starts that find no memory left take their turns.
const LAG_MAX: Duration = Duration::from_millis(200);
/// How often the wait is measured.
const LAG_EVERY: Duration = Duration::from_millis(50);
/// A longer turn makes as many events that follow it give way.
const LONG: Duration = Duration::from_millis(5);
const GIVE_WAY: u32 = 64;
/// An isolate that holds more is worth a collection before it or another one leaves: one that has served some thousands of events
/// holds twice what it needs.
const COLLECT_ABOVE_BYTES: u64 = 5 << 19;
/// Collections in one round of house keeping: each takes milliseconds, and events wait meanwhile.
const COLLECTIONS_MAX: usize = 4;

/// So many isolates that have left may wait to be freed before starts do it on the way.
const LEAVING_MAX: usize = 8;
/// So many a start frees then: more than leave for it.
const FREED_BY_START: usize = 2;

/// What a cell's isolates are, for other threads.
#[derive(Debug, Default)]
pub struct IsolateBooks {
    warm: AtomicU64,
    held_bytes: AtomicU64,
    started: AtomicU64,
    start_us: AtomicU64,
    evicted: AtomicU64,
    leaving: AtomicU64,
    shed: AtomicU64,
}

impl IsolateBooks {
    /// Warm isolates, and bytes that they hold.
    #[must_use]
    pub fn warm(&self) -> (u64, u64) {
        (self.warm.load(Ordering::Relaxed), self.held_bytes.load(Ordering::Relaxed))
    }

    /// Isolates that were started for an event, and the microseconds that all these starts took.
    #[must_use]
    pub fn started(&self) -> (u64, u64) {
        (self.started.load(Ordering::Relaxed), self.start_us.load(Ordering::Relaxed))
    }

    /// Isolates that had to leave for others or for lack of use.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// Isolates that have left and still have their memory.
    #[must_use]
    pub fn leaving(&self) -> u64 {
        self.leaving.load(Ordering::Relaxed)
    }

    /// Events that were turned away because no isolate could be started for them.
    #[must_use]
    pub fn shed(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }
}

/// The policies of a cell, and what they know.
pub(crate) struct Warmth {
    began: Instant,
    keeper: RefCell<Keeper>,
    admission: RefCell<Admission>,
    budget: StdCell<Amount>,
    /// What warm isolates hold, as it was measured last.
    held: StdCell<Amount>,
    /// What a start takes on average.
    usual: StdCell<Duration>,
    kept_house: StdCell<Duration>,
    /// How long a task that could run had to wait for others of late.
    lag: StdCell<Duration>,
    /// So many events more give way before they begin.
    give_way: StdCell<u32>,
    /// Isolates that have left and are not freed yet: each takes a moment.
    leaving: RefCell<VecDeque<Rc<Runtime>>>,
    pub(crate) books: Arc<IsolateBooks>,
}

impl Warmth {
    pub(crate) fn new(books: Arc<IsolateBooks>) -> Self {
        Self {
            began: Instant::now(),
            keeper: RefCell::new(Keeper::new(RULES)),
            admission: RefCell::new(Admission::new(AdmitRules::default())),
            budget: StdCell::new(Amount { bytes: BYTES_MAX, isolates: ISOLATES_MAX }),
            held: StdCell::default(),
            usual: StdCell::new(UNKNOWN_COST),
            kept_house: StdCell::default(),
            lag: StdCell::default(),
            give_way: StdCell::default(),
            leaving: RefCell::default(),
            books,
        }
    }

    fn time(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }

    /// A warm isolate takes an event.
    pub(crate) fn used(&self, slot: &Slot, now: Instant) {
        if let Some(mut kept) = slot.kept.get() {
            self.keeper.borrow().used(&mut kept, self.time(now));
            slot.kept.set(Some(kept));
        }
    }

    /// An event has used as much CPU time by now: what is left is for starts.
    pub(crate) fn served(&self, cpu: Duration) {
        self.admission.borrow_mut().served(cpu);
        if cpu > LONG {
            self.give_way.set(GIVE_WAY);
        }
    }

    /// Whether an event should let everything else run before it begins. After a long turn many wait, and the clients of some
    /// have left meanwhile, which the cell has not read yet.
    pub(crate) fn gives_way(&self) -> bool {
        let left = self.give_way.get();
        self.give_way.set(left.saturating_sub(1));
        left > 0
    }

    /// A worker's warm isolate holds as much; it may be in the books already.
    fn count(&self, slot: &Slot, bytes: u64) {
        let before = slot.counted.replace(Some(bytes));
        let others =
            before.map_or(self.held.get(), |bytes| self.held.get().less(Amount { bytes, isolates: 1 }));
        self.set_held(others.plus(Amount { bytes, isolates: 1 }));
        slot.stats.warmed();
    }

    /// A worker has no warm isolate any more.
    pub(crate) fn uncount(&self, slot: &Slot) {
        if let Some(bytes) = slot.counted.take() {
            self.set_held(self.held.get().less(Amount { bytes, isolates: 1 }));
            slot.stats.cooled();
        }
    }

    /// Frees the one that left first; false if there is none.
    fn free_next(&self) -> bool {
        let (next, left) = {
            let mut leaving = self.leaving.borrow_mut();
            (leaving.pop_front(), leaving.len())
        };
        self.books.leaving.store(left as u64, Ordering::Relaxed);
        next.is_some()
    }

    fn set_held(&self, held: Amount) {
        self.held.set(held);
        self.books.warm.store(held.isolates as u64, Ordering::Relaxed);
        self.books.held_bytes.store(held.bytes, Ordering::Relaxed);
    }
}

impl Cell {
    /// Says how much the isolates may hold together.
    pub fn set_budget(self: &Rc<Self>, bytes: u64) {
        let budget = Amount { bytes: bytes.min(BYTES_MAX), isolates: ISOLATES_MAX };
        self.warmth.budget.set(budget);
        self.let_go(budget.to_free(self.warmth.held.get(), Amount::NONE), Instant::now());
    }

    /// An isolate was made that nobody made room for: others leave for it now.
    pub(crate) fn make_up_for_it(self: &Rc<Self>) {
        let need = self.warmth.budget.get().to_free(self.warmth.held.get(), Amount::NONE);
        if !need.is_none() {
            self.let_go(need, Instant::now());
        }
    }

    /// Begins to start an isolate for a worker: makes room for it.
    pub(crate) fn begin_start(self: &Rc<Self>, slot: &Slot, now: Instant) -> Result<Start, TurnedAway> {
        let warmth = &self.warmth;
        let before = slot.kept.get();
        let cost = before.map_or(warmth.usual.get(), |kept| kept.cost());
        let start = Start { worker: hash_of(&slot.name), cost };
        let coming = Amount { bytes: before.map_or(UNKNOWN_BYTES, |kept| kept.bytes()), isolates: 1 };
        let need = warmth.budget.get().to_free(warmth.held.get(), coming);
        // As long as nobody waits for long, starts may take all the time that there is.
        let may = need.is_none() || warmth.lag.get() < LAG_MAX;
        let memory = if may { Memory::Left } else { Memory::Full };
        let answer = warmth.admission.borrow_mut().ask(start, memory, warmth.time(now));
        let shed = |reason: &str, retry_after| {
            warmth.books.shed.fetch_add(1, Ordering::Relaxed);
            Err(TurnedAway::Shed { reason: reason.to_owned(), retry_after })
        };
        if let Answer::Shed { retry_after } = answer {
            let reason = "more workers are in use than the node has memory for, and it is busy starting them";
            return shed(reason, retry_after);
        }
        let missing = self.let_go(need, now);
        // Whoever starts many at once, with one freed in between, would come to twice the memory.
        for _ in 0..FREED_BY_START {
            if warmth.leaving.borrow().len() > LEAVING_MAX {
                warmth.free_next();
            }
        }
        // What is freed beyond the need is a courtesy to the next one.
        let held = warmth.held.get().plus(coming);
        if !missing.is_none() && !held.less(warmth.budget.get()).is_none() {
            warmth.admission.borrow_mut().settle(start, Duration::ZERO, warmth.time(now));
            return shed("every isolate that the node has memory for is busy", Duration::from_secs(1));
        }
        Ok(start)
    }

    /// An isolate has been started for a worker, or its start has failed.
    pub(crate) fn end_start(&self, slot: &Slot, start: Start, took: Duration, runtime: Option<&Runtime>) {
        let (warmth, now) = (&self.warmth, Instant::now());
        warmth.admission.borrow_mut().settle(start, took, warmth.time(now));
        slot.stats.start_took(took);
        let Some(runtime) = runtime else { return };
        let books = &warmth.books;
        books.started.fetch_add(1, Ordering::Relaxed);
        books.start_us.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        warmth.usual.set((warmth.usual.get() * 15 + took) / 16);
        self.keep(slot, took, runtime, now);
    }

    /// Takes an isolate that has just become a worker's warm one into the books.
    pub(crate) fn keep(&self, slot: &Slot, took: Duration, runtime: &Runtime, now: Instant) {
        let warmth = &self.warmth;
        let bytes = bytes_of(runtime).unwrap_or(UNKNOWN_BYTES);
        let keeper = warmth.keeper.borrow();
        let kept = match slot.kept.get() {
            Some(before) => keeper.started_again(&before, took, bytes, warmth.time(now)),
            None => keeper.started(took, bytes, warmth.time(now)),
        };
        slot.kept.set(Some(kept));
        drop(keeper);
        warmth.count(slot, bytes);
    }

    /// What has time: measures what isolates hold, and lets those go that are idle for too long or too much. To be called about
    /// once a second.
    pub fn keep_house(self: &Rc<Self>) {
        let (warmth, now) = (&self.warmth, Instant::now());
        let since = warmth.kept_house.replace(warmth.time(now));
        let over = !warmth.budget.get().to_free(warmth.held.get(), Amount::NONE).is_none();
        let mut collections = 0;
        for slot in self.slots() {
            let Some(runtime) = slot.warm.borrow().clone() else {
                warmth.uncount(&slot);
                continue;
            };
            let Some(mut kept) = slot.kept.get() else { continue };
            // One that nobody has used since was measured, and perhaps collected, before.
            if kept.last_used() < since {
                continue;
            }
            if over
                && kept.bytes() > COLLECT_ABOVE_BYTES
                && collections < COLLECTIONS_MAX
                && runtime.events() == 0
            {
                collections += 1;
                runtime.with_isolate(mote_engine::Isolate::collect_garbage);
            }
            kept.resize(bytes_of(&runtime).unwrap_or(kept.bytes()));
            slot.kept.set(Some(kept));
            warmth.count(&slot, kept.bytes());
        }
        self.let_go(warmth.budget.get().to_free(warmth.held.get(), Amount::NONE), now);
    }

    /// Measures again and again how long whoever could run has to wait.
    pub(crate) async fn watch_lag(this: Weak<Self>) {
        loop {
            tokio::time::sleep(LAG_EVERY).await;
            let began = Instant::now();
            tokio::task::yield_now().await;
            let Some(this) = this.upgrade() else { return };
            this.warmth.lag.set(began.elapsed().max(this.warmth.lag.get() / 2));
        }
    }

    /// Lets isolates go so that as much is free; gives what is missing.
    fn let_go(self: &Rc<Self>, need: Amount, now: Instant) -> Amount {
        let warmth = &self.warmth;
        let slots = self.slots();
        // Only those that have nothing to do.
        let idle = slots.iter().enumerate().filter_map(|(at, slot)| {
            let has_nothing = slot.warm.borrow().as_ref().is_some_and(|runtime| runtime.events() == 0);
            has_nothing.then(|| slot.kept.get()).flatten().map(|kept| (at, kept))
        });
        let Victims { ids, freed: _, missing } =
            warmth.keeper.borrow_mut().victims(idle, need, warmth.time(now));
        if ids.is_empty() {
            return missing;
        }
        let mut leaving = warmth.leaving.borrow_mut();
        let was_empty = leaving.is_empty();
        for slot in ids.iter().filter_map(|at| slots.get(*at)) {
            leaving.extend(slot.warm.take());
            warmth.uncount(slot);
        }
        warmth.books.evicted.fetch_add(ids.len() as u64, Ordering::Relaxed);
        warmth.books.leaving.store(leaving.len() as u64, Ordering::Relaxed);
        drop(leaving);
        if was_empty {
            let this = Rc::downgrade(self);
            tokio::task::spawn_local(async move {
                // One at a time: freeing an isolate takes a quarter of a millisecond, and events wait behind it.
                while this.upgrade().is_some_and(|this| this.warmth.free_next()) {
                    tokio::task::yield_now().await;
                }
            });
        }
        missing
    }
}

/// What an isolate takes; `None` while a turn of it runs.
fn bytes_of(runtime: &Runtime) -> Option<u64> {
    let heap = runtime.with_isolate(mote_engine::Isolate::heap_use)?;
    let bytes = u64::try_from(heap.committed_bytes.saturating_add(heap.external_bytes)).unwrap_or(u64::MAX);
    Some(bytes.saturating_add(BESIDE_HEAP_BYTES))
}
