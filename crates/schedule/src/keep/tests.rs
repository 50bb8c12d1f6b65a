use std::collections::BTreeMap;

use mote_mutator::Random;

use super::*;

const MIB: u64 = 1 << 20;
const RULES: KeepRules =
    KeepRules { idle_max: Duration::from_secs(600), residence_min: Duration::from_millis(100) };

fn ms(ms: usize) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap())
}

fn one(bytes: u64) -> Amount {
    Amount { bytes, isolates: 1 }
}

/// A cell that holds as much as its budget allows, and counts starts.
struct Warm {
    keeper: Keeper,
    budget: Amount,
    kept: BTreeMap<usize, Kept>,
    busy: Option<usize>,
    starts: BTreeMap<usize, usize>,
}

impl Warm {
    fn new(isolates: usize) -> Self {
        let budget = Amount { bytes: u64::MAX, isolates };
        Self {
            keeper: Keeper::new(RULES),
            budget,
            kept: BTreeMap::new(),
            busy: None,
            starts: BTreeMap::new(),
        }
    }

    fn held(&self) -> Amount {
        self.kept.values().fold(Amount::NONE, |sum, kept| sum.plus(one(kept.bytes())))
    }

    /// Gives a worker an event. False if it had to be turned away.
    fn event(&mut self, worker: usize, cost: Duration, bytes: u64, now: Duration) -> bool {
        if !self.kept.contains_key(&worker) {
            let need = self.budget.to_free(self.held(), one(bytes));
            let idle =
                self.kept.iter().filter(|(id, _)| Some(**id) != self.busy).map(|(id, kept)| (*id, *kept));
            let victims = self.keeper.victims(idle, need, now);
            self.kept.retain(|id, _| !victims.ids.contains(id));
            if self.held().plus(one(bytes)).less(self.budget) != Amount::NONE {
                return false;
            }
            self.kept.insert(worker, self.keeper.started(cost, bytes, now));
            *self.starts.entry(worker).or_default() += 1;
        }
        self.keeper.used(self.kept.get_mut(&worker).unwrap(), now);
        true
    }

    fn starts_of(&self, workers: std::ops::Range<usize>) -> usize {
        self.starts.range(workers).map(|(_, starts)| starts).sum()
    }
}

fn random_kept(random: &mut Random, keeper: &Keeper) -> Kept {
    let cost = Duration::from_micros(u64::try_from(random.below(100_000)).unwrap());
    let started = ms(random.below(500_000));
    let mut kept = keeper.started(cost, 1 + u64::try_from(random.below(8 << 20)).unwrap(), started);
    for _ in 0..random.below(5) {
        keeper.used(&mut kept, started + ms(random.below(1_000)));
    }
    kept
}

#[test]
fn the_lowest_values_leave_and_no_more_than_have_to() {
    let mut random = Random::new(7);
    for round in 0..2_000 {
        let mut keeper = Keeper::new(RULES);
        let offered: Vec<_> =
            (0..random.below(60)).map(|id| (id, random_kept(&mut random, &keeper))).collect();
        let need =
            Amount { bytes: u64::try_from(random.below(64 << 20)).unwrap(), isolates: random.below(20) };
        let now = ms(600_050);
        let victims = keeper.victims(offered.iter().copied(), need, now);

        // The same, the plain way.
        let old = |kept: &Kept| now - kept.started() >= RULES.residence_min;
        let idle = |kept: &Kept| now - kept.last_used() > RULES.idle_max;
        let mut expected: Vec<_> = offered.iter().filter(|(_, kept)| old(kept) && idle(kept)).collect();
        let mut rest: Vec<_> = offered.iter().filter(|(_, kept)| old(kept) && !idle(kept)).collect();
        rest.sort_by(|(_, a), (_, b)| {
            a.value().total_cmp(&b.value()).then(a.last_used().cmp(&b.last_used()))
        });
        let sum = |kept: &[&(usize, Kept)]| {
            kept.iter().fold(Amount::NONE, |sum, (_, kept)| sum.plus(one(kept.bytes())))
        };
        for candidate in rest {
            if need.less(sum(&expected)).is_none() {
                break;
            }
            expected.push(candidate);
        }
        assert_eq!(victims.ids, expected.iter().map(|(id, _)| *id).collect::<Vec<_>>(), "round {round}");
        assert_eq!(victims.freed, sum(&expected), "round {round}");
        assert_eq!(victims.missing, need.less(victims.freed), "round {round}");
    }
}

#[test]
fn the_budget_is_kept_the_busy_stay_and_the_clock_never_falls() {
    let mut random = Random::new(11);
    let mut warm = Warm::new(50);
    warm.budget.bytes = 100 * MIB;
    let (mut clock, mut answered) = (0.0, 0);
    for step in 0..20_000 {
        let now = ms(step * 20);
        let worker = random.below(200);
        let busy_before = warm.busy.filter(|worker| warm.kept.contains_key(worker));
        let bytes = MIB * (1 + u64::try_from(worker % 5).unwrap());
        answered += usize::from(warm.event(worker, ms(1 + worker % 7), bytes, now));
        assert!(warm.held().less(warm.budget).is_none(), "step {step}: {:?}", warm.held());
        assert!(busy_before.is_none_or(|worker| warm.kept.contains_key(&worker)), "step {step}");
        assert!(warm.keeper.clock() >= clock, "step {step}");
        clock = warm.keeper.clock();
        warm.busy = Some(worker);
    }
    assert!(clock > 0.0);
    assert!(answered > 19_900, "{answered}: a hundredth of a second of residence turns hardly anybody away");
}

#[test]
fn a_scanner_that_touches_everybody_once_evicts_nobody_who_is_used() {
    const HOT: usize = 80;
    let mut warm = Warm::new(100);
    for step in 0..HOT * 20 {
        warm.event(step % HOT, ms(3), MIB, ms(step * 10));
    }
    assert_eq!(warm.starts_of(0..HOT), HOT);
    // Two strangers for each event of a known worker: 160 of them between two uses, in 20 places. Last use alone would
    // evict everybody each time.
    for step in 0..HOT * 50 {
        let now = ms(HOT * 200 + step * 100);
        warm.event(step % HOT, ms(3), MIB, now);
        warm.event(1_000 + 2 * step, ms(3), MIB, now + ms(30));
        warm.event(1_001 + 2 * step, ms(3), MIB, now + ms(60));
    }
    assert_eq!(warm.starts_of(0..HOT), HOT, "none of them was started again");
}

#[test]
fn what_was_popular_once_makes_room() {
    let mut warm = Warm::new(10);
    for step in 0..10_000 {
        warm.event(step % 10, ms(3), MIB, ms(step));
    }
    // Fifteen others take turns. The old favourites have a thousand uses each, and are never used again.
    for step in 0..60_000 {
        warm.event(100 + step % 15, ms(3), MIB, ms(10_000 + step * 9));
    }
    assert_eq!(warm.kept.range(0..10).count(), 0, "{:?}", warm.kept);
}

#[test]
fn uses_outlast_an_isolate_and_are_forgotten_in_time() {
    let keeper = Keeper::new(RULES);
    let mut before = keeper.started(ms(3), MIB, Duration::ZERO);
    (0..100).for_each(|_| keeper.used(&mut before, ms(1_000)));
    let uses_after = |seconds| {
        let now = ms(1_000) + Duration::from_secs(seconds);
        let again = keeper.started_again(&before, ms(4), 2 * MIB, now);
        assert_eq!(
            (again.cost(), again.bytes(), again.started(), again.last_used()),
            (ms(4), 2 * MIB, now, now)
        );
        again.uses()
    };
    assert_eq!([0, 299, 300, 900, 2_100, 86_400 * 365].map(uses_after), [100, 100, 50, 12, 0, 0]);
}

#[test]
fn of_equal_use_the_cheap_and_the_large_leave_first() {
    let mut keeper = Keeper::new(RULES);
    let kept = |cost, bytes| {
        let mut kept = keeper.started(ms(cost), bytes, Duration::ZERO);
        keeper.used(&mut kept, ms(5));
        kept
    };
    let offered = [
        ("dear", kept(200, 2 * MIB)),
        ("cheap", kept(2, 2 * MIB)),
        ("large", kept(200, 64 * MIB)),
        ("small", kept(200, MIB)),
    ];
    let victims = keeper.victims(offered, Amount { bytes: 0, isolates: 3 }, ms(1_000));
    assert_eq!(victims.ids, ["cheap", "large", "dear"]);
}

#[test]
fn the_idle_leave_whatever_they_are_worth_and_do_not_move_the_clock() {
    let mut keeper = Keeper::new(RULES);
    let mut dear = keeper.started(ms(60_000), 1, Duration::ZERO);
    for _ in 0..1_000 {
        keeper.used(&mut dear, ms(500));
    }
    let at_the_bound = ms(500) + RULES.idle_max;
    assert!(keeper.victims([(1, dear)], Amount::NONE, at_the_bound).ids.is_empty());
    assert_eq!(keeper.victims([(1, dear)], Amount::NONE, at_the_bound + ms(1)).ids, [1]);
    assert_eq!(keeper.clock().to_bits(), 0.0_f64.to_bits());
}

#[test]
fn what_was_started_a_moment_ago_stays_and_what_is_missing_is_said() {
    let mut keeper = Keeper::new(RULES);
    let young = keeper.started(ms(1), MIB, ms(1_000));
    let need = Amount { bytes: 3 * MIB, isolates: 0 };
    let victims = keeper.victims([(1, young)], need, ms(1_099));
    assert_eq!((victims.ids, victims.missing), (vec![], need));
    let victims = keeper.victims([(1, young)], need, ms(1_100));
    assert_eq!(victims.missing, Amount { bytes: 2 * MIB, isolates: 0 });
    assert_eq!(victims.ids, [1]);
}

#[test]
fn a_budget_asks_for_nothing_until_it_is_full_and_then_for_a_little_more() {
    let budget = Amount { bytes: 320, isolates: 64 };
    let held = |bytes, isolates| Amount { bytes, isolates };
    assert_eq!(budget.to_free(held(310, 63), held(10, 1)), Amount::NONE);
    assert_eq!(budget.to_free(held(311, 63), held(10, 1)), held(11, 0));
    assert_eq!(budget.to_free(held(10, 64), held(10, 1)), held(0, 3));
    assert_eq!(budget.to_free(held(u64::MAX, 1), held(10, 1)).bytes, u64::MAX - 310);
}

#[test]
fn no_value_breaks_the_order() {
    let mut keeper = Keeper::new(RULES);
    let mut extreme = keeper.started(Duration::MAX, 0, Duration::MAX);
    extreme.uses = u32::MAX;
    extreme.clock = f64::MAX;
    let plain = keeper.started(Duration::ZERO, u64::MAX, Duration::ZERO);
    // A time before the start is taken for the start.
    let victims = keeper.victims([(1, extreme), (2, plain)], one(u64::MAX), ms(200));
    assert_eq!(victims.ids, [2]);
    assert!(keeper.clock().is_finite());
}
