//! The policies that are compared: who leaves when memory is short.

use std::{fmt, time::Duration};

use mote_schedule::keep::{Amount, KeepRules, Keeper, Kept, Victims};

use crate::spec::Keep;

/// After how long an isolate that nobody uses leaves, where there is such a rule.
const IDLE_MAX: Duration = Duration::from_secs(600);

/// A policy. All of them keep [`Kept`] records, and differ in what they make of them.
pub trait Keeping: fmt::Debug {
    /// A record for a fresh isolate, from that of the worker's last one.
    fn started(&self, before: Option<Kept>, cost: Duration, bytes: u64, now: Duration) -> Kept;
    /// An isolate takes an event.
    fn used(&self, kept: &mut Kept, now: Duration);
    /// Who leaves.
    fn victims(
        &mut self,
        idle: &mut dyn Iterator<Item = (usize, Kept)>,
        need: Amount,
        now: Duration,
    ) -> Victims<usize>;
}

impl Keep {
    /// The policy of this name.
    #[must_use]
    pub fn policy(self) -> Box<dyn Keeping> {
        let for_ever = KeepRules { idle_max: Duration::MAX, ..KeepRules::default() };
        match self {
            Self::Gdsf => Box::new(Keeper::new(KeepRules { idle_max: IDLE_MAX, ..KeepRules::default() })),
            Self::Lru => Box::new(Sorted::new(for_ever, |kept| kept.last_used().as_secs_f64())),
            Self::Lfu => Box::new(Sorted::new(for_ever, |kept| f64::from(kept.uses()))),
            Self::Alive => Box::new(Sorted::new(KeepRules { idle_max: IDLE_MAX, ..for_ever }, |kept| {
                kept.last_used().as_secs_f64()
            })),
        }
    }
}

impl Keeping for Keeper {
    fn started(&self, before: Option<Kept>, cost: Duration, bytes: u64, now: Duration) -> Kept {
        match before {
            Some(before) => self.started_again(&before, cost, bytes, now),
            None => Keeper::started(self, cost, bytes, now),
        }
    }

    fn used(&self, kept: &mut Kept, now: Duration) {
        Keeper::used(self, kept, now);
    }

    fn victims(
        &mut self,
        idle: &mut dyn Iterator<Item = (usize, Kept)>,
        need: Amount,
        now: Duration,
    ) -> Victims<usize> {
        Keeper::victims(self, idle, need, now)
    }
}

/// Lowest first, by one number.
struct Sorted {
    rules: KeepRules,
    /// For the records alone.
    records: Keeper,
    value: fn(&Kept) -> f64,
}

impl fmt::Debug for Sorted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sorted").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Sorted {
    fn new(rules: KeepRules, value: fn(&Kept) -> f64) -> Self {
        Self { rules, records: Keeper::new(rules), value }
    }
}

impl Keeping for Sorted {
    fn started(&self, _before: Option<Kept>, cost: Duration, bytes: u64, now: Duration) -> Kept {
        self.records.started(cost, bytes, now)
    }

    fn used(&self, kept: &mut Kept, now: Duration) {
        self.records.used(kept, now);
    }

    fn victims(
        &mut self,
        idle: &mut dyn Iterator<Item = (usize, Kept)>,
        need: Amount,
        now: Duration,
    ) -> Victims<usize> {
        let mut victims = Victims { ids: Vec::new(), freed: Amount::NONE, missing: need };
        let take = |id: usize, kept: &Kept, victims: &mut Victims<usize>| {
            let amount = Amount { bytes: kept.bytes(), isolates: 1 };
            victims.ids.push(id);
            victims.freed = victims.freed.plus(amount);
            victims.missing = victims.missing.less(amount);
        };
        let mut rest = Vec::new();
        for (id, kept) in idle.filter(|(_, kept)| now - kept.started() >= self.rules.residence_min) {
            if now - kept.last_used() > self.rules.idle_max {
                take(id, &kept, &mut victims);
            } else if !need.is_none() {
                rest.push((id, kept));
            }
        }
        // Not stable by itself, but no two have the same id.
        rest.sort_unstable_by(|(a_id, a), (b_id, b)| {
            (self.value)(a)
                .total_cmp(&(self.value)(b))
                .then(a.last_used().cmp(&b.last_used()))
                .then(a_id.cmp(b_id))
        });
        for (id, kept) in rest {
            if victims.missing.is_none() {
                break;
            }
            take(id, &kept, &mut victims);
        }
        victims
    }
}
