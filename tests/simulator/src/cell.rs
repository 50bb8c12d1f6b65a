//! A cell: isolates within a budget, and the threads that run them.

use std::time::Duration;

use mote_schedule::{
    admit::{Admission, AdmitRules, Answer, Memory, Start},
    keep::{Amount, Kept},
    place::fills,
};

use crate::{
    keeping::Keeping,
    spec::{Admitting, Keep, Spec},
};

/// Events under way from which on a cell is busy, as the host has it.
const BUSY_EVENTS: usize = 256;
/// The part of its CPU time over a second from which on it is busy, in percent.
const BUSY_PERCENT: u64 = 80;
/// For how long a cell is full after it had no room for an isolate and nobody could leave.
const FULL_US: u64 = 1_000_000;
const SECOND_US: u64 = 1_000_000;

/// A cell.
#[derive(Debug)]
pub(crate) struct Cell {
    budget: Amount,
    held: Amount,
    slots: Vec<Option<Isolate>>,
    free: Vec<usize>,
    /// When each thread will have done all that it has.
    done_at_us: Vec<u64>,
    under_way: usize,
    booked: Booked,
    full_until_us: u64,
    keeping: Box<dyn Keeping>,
    admission: Option<Admission>,
}

/// An isolate.
#[derive(Debug)]
pub(crate) struct Isolate {
    pub(crate) worker: usize,
    kept: Kept,
    thread: usize,
    under_way: usize,
    life: Life,
}

#[derive(Debug, PartialEq, Eq)]
enum Life {
    Serving,
    /// Its version was replaced: it goes with its last event.
    Retired,
}

/// CPU time by second.
#[derive(Debug, Default)]
struct Booked {
    second: u64,
    now_us: u64,
    before_us: u64,
}

/// Why there is no isolate for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Starts have used up their share.
    Share,
    /// Nobody could leave.
    Memory,
}

/// A start that is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) worker: usize,
    /// What the cell knows of it.
    pub(crate) start: Start,
    /// The record of the worker's last isolate.
    pub(crate) before: Option<Kept>,
    pub(crate) bytes: u64,
    /// What it will take.
    pub(crate) took: Duration,
}

/// A start that was let in.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) slot: usize,
    /// When it is ready.
    pub(crate) ready_us: u64,
}

impl Cell {
    pub(crate) fn new(spec: &Spec, keep: Keep, admit: Admitting) -> Self {
        let threads = spec.threads.max(1);
        let rules =
            AdmitRules { threads: u32::try_from(threads).unwrap_or(u32::MAX), ..AdmitRules::default() };
        Self {
            budget: Amount { bytes: spec.memory_mib << 20, isolates: usize::MAX },
            held: Amount::NONE,
            slots: Vec::new(),
            free: Vec::new(),
            done_at_us: vec![0; threads],
            under_way: 0,
            booked: Booked::default(),
            full_until_us: 0,
            keeping: keep.policy(),
            admission: (admit == Admitting::On).then(|| Admission::new(rules)),
        }
    }

    pub(crate) fn held_bytes(&self) -> u64 {
        self.held.bytes
    }

    /// A cell that only has to let somebody go is not full: it would seldom be anything else.
    pub(crate) fn is_full(&self, now_us: u64) -> bool {
        self.full_until_us > now_us
    }

    pub(crate) fn is_busy(&self, now_us: u64) -> bool {
        let limit_us = SECOND_US * BUSY_PERCENT / 100 * self.done_at_us.len() as u64;
        self.under_way >= BUSY_EVENTS || self.booked.recently_us(now_us) > limit_us
    }

    /// True if one isolate is what makes it busy.
    pub(crate) fn is_filled_by(&self, slot: usize) -> bool {
        let own = self.slots[slot].as_ref().map_or(0, |isolate| isolate.under_way);
        let count = |events: usize| u64::try_from(events).unwrap_or(u64::MAX);
        fills(count(own), count(self.under_way))
    }

    /// Starts an isolate, after others have left where there is no room for it: also says whose they were, which may be
    /// some even if there is still no room.
    pub(crate) fn start(&mut self, wish: Wish, now_us: u64) -> (Vec<usize>, Result<Started, Refused>) {
        let coming = Amount { bytes: wish.bytes, isolates: 1 };
        let need = self.budget.to_free(self.held, coming);
        let memory = if need.is_none() { Memory::Left } else { Memory::Full };
        if let Some(admission) = &mut self.admission
            && admission.ask(wish.start, memory, Duration::from_micros(now_us)) != Answer::Admit
        {
            return (Vec::new(), Err(Refused::Share));
        }
        let left = if need.is_none() { Vec::new() } else { self.victims(need, now_us) };
        if !self.held.plus(coming).less(self.budget).is_none() {
            self.settle(wish.start, Duration::ZERO, now_us);
            self.full_until_us = now_us + FULL_US;
            return (left, Err(Refused::Memory));
        }
        self.held = self.held.plus(coming);
        (left, Ok(self.add(wish, now_us)))
    }

    fn add(&mut self, wish: Wish, now_us: u64) -> Started {
        let kept = self.keeping.started(wish.before, wish.took, wish.bytes, Duration::from_micros(now_us));
        let thread = (0..self.done_at_us.len()).min_by_key(|thread| self.done_at_us[*thread]).unwrap_or(0);
        let isolate = Isolate { worker: wish.worker, kept, thread, under_way: 0, life: Life::Serving };
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.slots[slot] = Some(isolate);
        Started { slot, ready_us: self.work(thread, micros(wish.took), now_us) }
    }

    /// Takes down what a start really took.
    pub(crate) fn settle(&mut self, start: Start, took: Duration, now_us: u64) {
        if let Some(admission) = &mut self.admission {
            admission.settle(start, took, Duration::from_micros(now_us));
        }
    }

    /// Lets isolates go, and says whose they were.
    pub(crate) fn victims(&mut self, need: Amount, now_us: u64) -> Vec<usize> {
        let mut idle = self.slots.iter().enumerate().filter_map(|(slot, isolate)| {
            let isolate = isolate.as_ref().filter(|isolate| isolate.under_way == 0)?;
            Some((slot, isolate.kept))
        });
        let victims = self.keeping.victims(&mut idle, need, Duration::from_micros(now_us));
        victims.ids.into_iter().filter_map(|slot| Some(self.remove(slot)?.worker)).collect()
    }

    /// An isolate gets an event. Gives its record.
    pub(crate) fn begin(&mut self, slot: usize, now_us: u64) -> Kept {
        self.under_way += 1;
        let isolate = isolate(&mut self.slots, slot);
        isolate.under_way += 1;
        self.keeping.used(&mut isolate.kept, Duration::from_micros(now_us));
        isolate.kept
    }

    /// Queues work of an isolate on its thread, and says when it is done.
    pub(crate) fn run(&mut self, slot: usize, us: u64, now_us: u64) -> u64 {
        let thread = isolate(&mut self.slots, slot).thread;
        if let Some(admission) = &mut self.admission {
            admission.served(Duration::from_micros(us));
        }
        self.work(thread, us, now_us)
    }

    /// An event of an isolate is over.
    pub(crate) fn end(&mut self, slot: usize) {
        self.under_way -= 1;
        let isolate = isolate(&mut self.slots, slot);
        isolate.under_way -= 1;
        if isolate.life == Life::Retired && isolate.under_way == 0 {
            self.remove(slot);
        }
    }

    /// An isolate gets no more events.
    pub(crate) fn retire(&mut self, slot: usize) {
        let isolate = isolate(&mut self.slots, slot);
        isolate.life = Life::Retired;
        if isolate.under_way == 0 {
            self.remove(slot);
        }
    }

    fn remove(&mut self, slot: usize) -> Option<Isolate> {
        let isolate = self.slots[slot].take()?;
        self.held = self.held.less(Amount { bytes: isolate.kept.bytes(), isolates: 1 });
        self.free.push(slot);
        Some(isolate)
    }

    fn work(&mut self, thread: usize, us: u64, now_us: u64) -> u64 {
        self.booked.add(us, now_us);
        let done_at_us = &mut self.done_at_us[thread];
        *done_at_us = now_us.max(*done_at_us) + us;
        *done_at_us
    }
}

impl Booked {
    fn roll(&mut self, now_us: u64) {
        let second = now_us / SECOND_US;
        if second > self.second {
            self.before_us = if second == self.second + 1 { self.now_us } else { 0 };
            (self.second, self.now_us) = (second, 0);
        }
    }

    fn add(&mut self, us: u64, now_us: u64) {
        self.roll(now_us);
        self.now_us += us;
    }

    /// What was booked in this second, or in the last if that was more.
    fn recently_us(&self, now_us: u64) -> u64 {
        match (now_us / SECOND_US).saturating_sub(self.second) {
            0 => self.now_us.max(self.before_us),
            1 => self.now_us,
            _ => 0,
        }
    }
}

/// An isolate that is there for certain: somebody has an event in it, or found it among a worker's.
fn isolate(slots: &mut [Option<Isolate>], slot: usize) -> &mut Isolate {
    slots[slot].as_mut().expect("no isolate leaves while somebody counts on it")
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
