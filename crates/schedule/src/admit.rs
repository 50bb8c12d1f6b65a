//! Whether one more isolate may be started, when the working set does not fit: a cell that does nothing but start isolates
//! serves nobody.
//!
//! Starts are let in while they take less than a share of the cell's CPU time over about the last second. What events take
//! comes off that share, down to a least one: a cell that has half of its time to spare for starts and gives them more lets
//! a queue grow that nobody gets out of. A start that finds memory left is always let in: it costs nobody a place, so there
//! can be only so many of them.
//!
//! **Fair by worker.** The share is a max-min fair one (Bertsekas and Gallager, *Data Networks*). A start is let in
//! if the share would hold with everybody's use cut to what this worker would then have used: those who use more than I do
//! cannot make me wait, whether by dear starts or by many. So a worker that starts within 2 ms sees half a second of
//! another's as some 2 ms; that other sees all there is, and waits until all there is has room. It does not starve: where
//! the cheap ones alone want more than the share they are turned away too, in turn, and whoever asks first when there is
//! room is let in, whatever its cost.
//!
//! Workers are told apart by hash, in a fixed number of buckets, as in stochastic fair queueing (McKenney 1990). Who shares
//! a bucket with a heavy one is treated like it. A caller that fears chosen names hashes with a secret of its own.
//!
//! What a start will cost is the caller's guess: what this worker's last one took, and for a first one what they take on
//! average. It is charged at once, so that a hundred that ask together see each other, and put right when it has ended.

use std::time::Duration;

/// How many workers are told apart. One look at all of them takes less than a microsecond.
const BUCKETS: usize = 512;
/// After so many windows levels are written down afresh, before they outgrow their numbers.
const REBASE_WINDOWS: f64 = 32.0;
/// What starts and events may have together, where events need more than starts leave them at most. The rest is for dear
/// starts, which the cheap ones do not see whole, and for queues to get shorter. At 0.95 the simulator's queues stayed at a
/// second, and more was turned away than at 0.85.
const SHARE_OF_ALL: f64 = 0.85;
/// How often the time to come again is halved in on.
const RETRY_STEPS: usize = 5;
/// How many sums run beside each other.
const LANES: usize = 8;
/// Nobody is told to wait longer.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// How much of its CPU time a cell may spend on starting isolates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdmitRules {
    /// The part of all CPU time that may be spent on starts: 0.8 is 80 %.
    pub start_share_max: f64,
    /// The part that starts may have although events want it too.
    pub start_share_min: f64,
    /// Over how long the share is taken. Older starts fade out exponentially.
    pub window: Duration,
    /// How many threads start isolates and run them.
    pub threads: u32,
}

/// A start that somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The worker's hash.
    pub worker: u64,
    /// The CPU time that it will take, as far as one can know.
    pub cost: Duration,
}

/// Whether the isolate fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// It fits beside those that are there.
    Left,
    /// Another has to leave for it.
    Full,
}

/// What becomes of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It goes on.
    Admit,
    /// Its event is turned away.
    Shed {
        /// When to come again. Spread by worker, so that not all who were turned away come back at once.
        retry_after: Duration,
    },
}

/// What a cell has spent on starts of late, and by whom.
#[derive(Debug, Clone)]
pub struct Admission {
    rules: AdmitRules,
    /// Seconds of CPU time for each bucket of workers, as of `base`: divided by [`Admission::scale`] they have faded to
    /// what they are now. So time passes for all of them without touching one.
    spent: Box<[f64; BUCKETS]>,
    /// The same for all events.
    served: f64,
    /// What events have used since the last start.
    served_since: Duration,
    base: Duration,
}

impl Default for AdmitRules {
    fn default() -> Self {
        Self { start_share_max: 0.8, start_share_min: 0.2, window: Duration::from_secs(1), threads: 1 }
    }
}

impl Admission {
    /// With nothing spent.
    #[must_use]
    pub fn new(rules: AdmitRules) -> Self {
        Self {
            rules,
            spent: Box::new([0.0; BUCKETS]),
            served: 0.0,
            served_since: Duration::ZERO,
            base: Duration::ZERO,
        }
    }

    /// Takes down what an event has used. The hot path: one addition. A caller that leaves this out holds starts to
    /// [`AdmitRules::start_share_max`], whatever events need.
    pub fn served(&mut self, cpu: Duration) {
        self.served_since = self.served_since.saturating_add(cpu);
    }

    /// Lets a start in or turns it away. One that is let in is charged; [`Admission::settle`] puts the charge right.
    pub fn ask(&mut self, start: Start, memory: Memory, now: Duration) -> Answer {
        self.rebase(now);
        let scale = self.scale(now);
        self.served += std::mem::take(&mut self.served_since).as_secs_f64() * scale;
        let cost = start.cost.as_secs_f64() * scale;
        if memory == Memory::Full {
            let allowed = self.allowed(scale) * scale;
            let own = self.spent.get(bucket(start.worker)).copied().unwrap_or_default();
            if self.seen(own + cost) >= allowed {
                return Answer::Shed { retry_after: self.retry_after(start.worker, cost, allowed) };
            }
        }
        self.charge(start.worker, cost);
        Answer::Admit
    }

    /// Takes down what a start that was let in really took, also one that failed.
    pub fn settle(&mut self, start: Start, took: Duration, now: Duration) {
        self.rebase(now);
        self.charge(start.worker, (took.as_secs_f64() - start.cost.as_secs_f64()) * self.scale(now));
    }

    /// The part of the cell's CPU time that goes into starts; more than 1 while more was let in than could be done yet.
    #[must_use]
    pub fn share(&self, now: Duration) -> f64 {
        let spent: f64 = self.spent.iter().sum();
        spent / self.scale(now) / self.capacity()
    }

    fn charge(&mut self, worker: u64, amount: f64) {
        if let Some(spent) = self.spent.get_mut(bucket(worker)) {
            *spent = (*spent + amount).max(0.0);
        }
    }

    /// Seconds of CPU time in a window.
    fn capacity(&self) -> f64 {
        self.window_s() * f64::from(self.rules.threads.max(1))
    }

    /// Seconds of CPU time for starts in a window.
    fn allowed(&self, scale: f64) -> f64 {
        let served = self.served / scale / self.capacity();
        let share = (SHARE_OF_ALL - served).max(self.rules.start_share_min).min(self.rules.start_share_max);
        self.capacity() * share
    }

    fn window_s(&self) -> f64 {
        self.rules.window.as_secs_f64().max(1e-3)
    }

    /// By how much what was spent at `base` has faded since.
    fn scale(&self, now: Duration) -> f64 {
        (now.saturating_sub(self.base).as_secs_f64() / self.window_s()).min(2.0 * REBASE_WINDOWS).exp()
    }

    fn rebase(&mut self, now: Duration) {
        if now.saturating_sub(self.base).as_secs_f64() > REBASE_WINDOWS * self.window_s() {
            let scale = self.scale(now);
            self.served /= scale;
            self.spent.iter_mut().for_each(|spent| *spent /= scale);
            self.base = now;
        }
    }

    /// What everybody has spent, cut to what one of them may see.
    fn seen(&self, cut: f64) -> f64 {
        // In lanes, because one long sum of fractions may not be reordered, and is eight times as slow.
        let mut lanes = [0.0; LANES];
        for spent in self.spent.chunks_exact(LANES) {
            lanes.iter_mut().zip(spent).for_each(|(lane, spent)| *lane += spent.min(cut));
        }
        lanes.iter().sum()
    }

    /// When there will be room, if nobody else is let in until then; later for some than for others.
    fn retry_after(&self, worker: u64, cost: f64, allowed: f64) -> Duration {
        let own = self.spent.get(bucket(worker)).copied().unwrap_or_default();
        // What the others have spent fades, this start's cost does not: so they are cut less and less. The answer lies
        // between no wait and the one after which they would fit uncut.
        let (mut early, mut late) = (0.0, (self.seen(f64::INFINITY) / allowed).max(1.0).ln());
        for _ in 0..RETRY_STEPS {
            let middle = f64::midpoint(early, late);
            let growth = middle.exp();
            if self.seen(own + cost * growth) < allowed * growth {
                late = middle;
            } else {
                early = middle;
            }
        }
        let spread = f64::from(u8::try_from(worker >> 56).unwrap_or_default()) / 256.0;
        Duration::try_from_secs_f64((late + spread) * self.window_s())
            .unwrap_or(Duration::MAX)
            .clamp(Duration::from_millis(1), RETRY_AFTER_MAX)
    }
}

fn bucket(worker: u64) -> usize {
    usize::try_from(worker % BUCKETS as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests;
