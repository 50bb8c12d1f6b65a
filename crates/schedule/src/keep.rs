//! Which warm isolates stay when not all can: Greedy-Dual-Size-Frequency (Cao and Irani 1997, Cherkasova 1998; for warm
//! functions Fuerst and Sharma, `FaasCache`, ASPLOS 2021).
//!
//! An isolate's value is the clock at its last use + its uses x what starting it again would cost / its size. Lowest
//! values leave first, and the clock rises to the value of the last that left: what is not used any more is overtaken by
//! what is, however often it was used once. So an isolate stays the longer the more often it is used, the more it costs
//! to start and the smaller it is.
//!
//! Its authors forget an isolate's uses when it leaves. Who keeps the record may hand it on to the worker's next isolate
//! ([`Keeper::started_again`]); in the simulator that saves one cold start in fifteen.
//!
//! Whatever is idle for long leaves regardless of its value, and what was started a moment ago stays: where the working
//! set does not fit, an isolate that has cost its start must serve for a while before the next one may have its place.

use std::{cmp::Ordering, time::Duration};

/// The size that values are counted in. Smaller isolates count as this large.
const KIB: u64 = 1 << 10;
/// After how long without a use half of all former ones are forgotten, where they outlast an isolate.
const USES_HALVED_AFTER: Duration = Duration::from_secs(300);
/// The part of a budget that is freed beyond what was asked for, so that not each start looks for victims: one in
/// so many.
const SLACK_PART: u64 = 32;

/// So much memory and so many isolates: held, allowed, or asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// Memory.
    pub bytes: u64,
    /// Isolates.
    pub isolates: usize,
}

/// How long isolates stay, whatever their value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepRules {
    /// What was not used for longer than this leaves.
    pub idle_max: Duration,
    /// What was started less than this ago stays.
    pub residence_min: Duration,
}

/// What there is to know about one warm isolate. Its holder keeps it beside the isolate; it is small and owns nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept {
    /// The keeper's clock at the last use.
    clock: f64,
    uses: u32,
    cost_us: u32,
    bytes: u64,
    started: Duration,
    last_used: Duration,
}

/// Who has to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Victims<Id> {
    /// Their ids: the idle ones, then the others, lowest value first.
    pub ids: Vec<Id>,
    /// What they hold.
    pub freed: Amount,
    /// What is missing although all that may leave does: the rest is busy, or too young.
    pub missing: Amount,
}

/// Keeps the clock of one budget: a cell's, or whoever's isolates compete for the same memory.
#[derive(Debug, Clone)]
pub struct Keeper {
    rules: KeepRules,
    clock: f64,
}

/// A candidate.
struct Ranked<Id> {
    value: f64,
    last_used: Duration,
    /// Where it stood in the offer: the last word between equals, so that a run can be repeated.
    order: usize,
    bytes: u64,
    id: Id,
}

impl Amount {
    /// Nothing.
    pub const NONE: Self = Self { bytes: 0, isolates: 0 };

    /// What has to be freed so that `coming` fits beside `held` into this budget: nothing if it fits already, otherwise
    /// a thirty-second of the budget more than just enough.
    #[must_use]
    pub fn to_free(self, held: Self, coming: Self) -> Self {
        let wanted = held.plus(coming);
        let over = wanted.less(self);
        if over.is_none() {
            return Self::NONE;
        }
        let isolates_part = usize::try_from(SLACK_PART).unwrap_or(usize::MAX);
        Self {
            bytes: if over.bytes > 0 { over.bytes + self.bytes / SLACK_PART } else { 0 },
            isolates: if over.isolates > 0 { over.isolates + self.isolates / isolates_part } else { 0 },
        }
    }

    /// True if this is nothing.
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            isolates: self.isolates.saturating_add(other.isolates),
        }
    }

    /// What is left of this without the other.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(other.bytes),
            isolates: self.isolates.saturating_sub(other.isolates),
        }
    }
}

impl Default for KeepRules {
    fn default() -> Self {
        Self { idle_max: Duration::from_secs(600), residence_min: Duration::from_secs(1) }
    }
}

impl Kept {
    /// What starting it cost.
    #[must_use]
    pub fn cost(&self) -> Duration {
        Duration::from_micros(u64::from(self.cost_us))
    }

    /// What it holds.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How often it was used.
    #[must_use]
    pub fn uses(&self) -> u32 {
        self.uses
    }

    /// When it was started.
    #[must_use]
    pub fn started(&self) -> Duration {
        self.started
    }

    /// When it was used last, or started if it never was.
    #[must_use]
    pub fn last_used(&self) -> Duration {
        self.last_used
    }

    /// Takes down what it holds now. Heaps grow after the first event; a measurement once in a while is enough.
    pub fn resize(&mut self, bytes: u64) {
        self.bytes = bytes;
    }

    /// What it is worth: it leaves before everything that is worth more.
    #[must_use]
    pub fn value(&self) -> f64 {
        let kib = (self.bytes / KIB).max(1) as f64;
        self.clock + f64::from(self.uses) * f64::from(self.cost_us) / kib
    }
}

impl Keeper {
    /// With nothing kept yet.
    #[must_use]
    pub fn new(rules: KeepRules) -> Self {
        Self { rules, clock: 0.0 }
    }

    /// A record for an isolate that was started just now. It has not been used yet: [`Keeper::used`] counts the event that
    /// it was started for like any other.
    #[must_use]
    pub fn started(&self, cost: Duration, bytes: u64, now: Duration) -> Kept {
        let cost_us = u32::try_from(cost.as_micros()).unwrap_or(u32::MAX);
        Kept { clock: self.clock, uses: 0, cost_us, bytes, started: now, last_used: now }
    }

    /// The same for a worker whose last isolate is gone, if its record was kept: what was used often and had to leave is
    /// likely to be used often again. Half of its uses are forgotten for each five minutes in which there were none.
    #[must_use]
    pub fn started_again(&self, before: &Kept, cost: Duration, bytes: u64, now: Duration) -> Kept {
        let halvings = now.saturating_sub(before.last_used).as_secs() / USES_HALVED_AFTER.as_secs();
        let uses = u32::try_from(halvings).map_or(0, |by| before.uses.checked_shr(by).unwrap_or(0));
        Kept { uses, ..self.started(cost, bytes, now) }
    }

    /// Takes down that an isolate takes an event. The hot path: three stores.
    pub fn used(&self, kept: &mut Kept, now: Duration) {
        kept.uses = kept.uses.saturating_add(1);
        kept.clock = self.clock;
        kept.last_used = now;
    }

    /// The value of the last that left for lack of memory; never falls.
    #[must_use]
    pub fn clock(&self) -> f64 {
        self.clock
    }

    /// Who has to leave so that `need` is free: whatever is idle for too long, also if nothing is needed, and then lowest
    /// values until it is enough. The caller offers only isolates that have nothing to do (no event under way, nothing
    /// that `waitUntil` holds, no WebSocket), and lets all victims go.
    pub fn victims<Id: Copy>(
        &mut self,
        offered: impl IntoIterator<Item = (Id, Kept)>,
        need: Amount,
        now: Duration,
    ) -> Victims<Id> {
        let mut victims = Victims { ids: Vec::new(), freed: Amount::NONE, missing: need };
        let mut ranked = Vec::new();
        for (order, (id, kept)) in offered.into_iter().enumerate() {
            if now.saturating_sub(kept.started) < self.rules.residence_min {
                continue;
            }
            if now.saturating_sub(kept.last_used) > self.rules.idle_max {
                victims.add(id, kept.bytes);
            } else if !need.is_none() {
                let (value, last_used, bytes) = (kept.value(), kept.last_used, kept.bytes);
                ranked.push(Ranked { value, last_used, order, bytes, id });
            }
        }
        let chosen = cheapest(&mut ranked, victims.missing);
        ranked.truncate(chosen);
        ranked.sort_unstable_by(Ranked::compare);
        for leaving in &ranked {
            victims.add(leaving.id, leaving.bytes);
        }
        // Only who left for lack of memory moves the clock: an idle one says nothing about what memory is worth.
        if let Some(last) = ranked.last() {
            self.clock = self.clock.max(last.value);
        }
        victims
    }
}

impl<Id> Victims<Id> {
    fn add(&mut self, id: Id, bytes: u64) {
        let amount = Amount { bytes, isolates: 1 };
        self.ids.push(id);
        self.freed = self.freed.plus(amount);
        self.missing = self.missing.less(amount);
    }
}

impl<Id> Ranked<Id> {
    fn amount(&self) -> Amount {
        Amount { bytes: self.bytes, isolates: 1 }
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.value
            .total_cmp(&other.value)
            .then(self.last_used.cmp(&other.last_used))
            .then(self.order.cmp(&other.order))
    }
}

/// Moves the lowest to the front, just as many as hold `need` together, and gives their number.
///
/// Halves what is in question in each round, so that all rounds together look at each candidate about twice, however
/// many there are: sorting ten thousand to find the one that leaves would cost more than its start.
fn cheapest<Id>(ranked: &mut [Ranked<Id>], mut need: Amount) -> usize {
    // Before `taken` stands what leaves for certain, from `end` on what stays for certain.
    let (mut taken, mut end) = (0, ranked.len());
    while taken < end && !need.is_none() {
        let Some(open) = ranked.get_mut(taken..end) else { break };
        let middle = open.len() / 2;
        let (lower, pivot, _) = open.select_nth_unstable_by(middle, Ranked::compare);
        let lower = lower.iter().fold(Amount::NONE, |sum, one| sum.plus(one.amount()));
        if need.less(lower).is_none() {
            end = taken + middle;
        } else {
            need = need.less(lower).less(pivot.amount());
            taken += middle + 1;
        }
    }
    taken
}

#[cfg(test)]
mod tests;
