//! Which triggers are due next. Each knows when it is due, so that a second in which none is costs one look, however many there
//! are.

use std::{
    collections::{BTreeSet, HashMap},
    rc::{Rc, Weak},
};

use mote_store::Schedule;

use super::{Due, LATE_MAX_MS};

/// Expressions after whose number those that nobody has are forgotten.
const EXPRESSIONS_KEPT: usize = 1_024;

/// A trigger that is due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Firing {
    pub(crate) worker: String,
    pub(crate) cron: String,
    pub(crate) due_ms: i64,
}

/// The triggers of all workers that take events.
#[derive(Default)]
pub(crate) struct Timetable {
    workers: HashMap<Rc<str>, Vec<Trigger>>,
    /// When each is due next: the time, the worker, the expression.
    next: BTreeSet<(i64, Rc<str>, Rc<str>)>,
    /// Expressions that have been read. Many workers have the same ones.
    read: HashMap<Rc<str>, Weak<Due>>,
    /// When it was looked at last.
    now_ms: i64,
}

struct Trigger {
    cron: Rc<str>,
    due: Rc<Due>,
    /// The time for which it was fired last.
    fired_ms: i64,
    /// When it is due next; `None` if never.
    next_ms: Option<i64>,
}

impl Trigger {
    fn set_next(&mut self, now_ms: i64) {
        self.next_ms = self.due.after(self.fired_ms.max(now_ms - LATE_MAX_MS - 1));
    }
}

impl Timetable {
    /// Puts a worker's triggers in the place of those that it had.
    pub(crate) fn set(&mut self, worker: &str, schedules: &[Schedule], now_ms: i64) {
        let old = self.workers.remove(worker).unwrap_or_default();
        let name: Rc<str> = worker.into();
        for Trigger { cron, next_ms, .. } in &old {
            if let Some(next) = next_ms {
                self.next.remove(&(*next, name.clone(), cron.clone()));
            }
        }
        let mut triggers = Vec::new();
        for schedule in schedules {
            // What cannot be read was refused when it was set.
            let Some((cron, due)) = self.read(&schedule.cron) else { continue };
            // The store is told a moment after a trigger is fired.
            let known = old.iter().find(|old| old.cron == cron).map_or(i64::MIN, |old| old.fired_ms);
            let mut trigger = Trigger { cron, due, fired_ms: schedule.fired_ms.max(known), next_ms: None };
            trigger.set_next(now_ms);
            self.next.extend(trigger.next_ms.map(|next| (next, name.clone(), trigger.cron.clone())));
            triggers.push(trigger);
        }
        if !triggers.is_empty() {
            self.workers.insert(name, triggers);
        }
    }

    /// What has come due since it was asked last. It counts as fired.
    pub(crate) fn take_due(&mut self, now_ms: i64) -> Vec<Firing> {
        if now_ms < self.now_ms {
            self.set_back(now_ms);
        }
        self.now_ms = now_ms;
        let mut firings = Vec::new();
        while self.next.first().is_some_and(|(next, ..)| *next <= now_ms) {
            let Some((_, worker, cron)) = self.next.pop_first() else { break };
            let triggers = self.workers.get_mut(&worker).into_iter().flatten();
            for trigger in triggers.filter(|trigger| trigger.cron == cron) {
                if let Some(due_ms) = trigger.due.due(trigger.fired_ms, now_ms) {
                    trigger.fired_ms = due_ms;
                    firings.push(Firing { worker: worker.to_string(), cron: cron.to_string(), due_ms });
                }
                trigger.set_next(now_ms);
                self.next.extend(trigger.next_ms.map(|next| (next, worker.clone(), cron.clone())));
            }
        }
        firings
    }

    /// The clock was set back: what is next was worked out from a time that is still to come.
    fn set_back(&mut self, now_ms: i64) {
        self.next.clear();
        for (worker, triggers) in &mut self.workers {
            for trigger in triggers {
                trigger.set_next(now_ms);
                self.next.extend(trigger.next_ms.map(|next| (next, worker.clone(), trigger.cron.clone())));
            }
        }
    }

    fn read(&mut self, cron: &str) -> Option<(Rc<str>, Rc<Due>)> {
        if let Some((cron, due)) = self.read.get_key_value(cron)
            && let Some(due) = due.upgrade()
        {
            return Some((cron.clone(), due));
        }
        if self.read.len() >= EXPRESSIONS_KEPT {
            self.read.retain(|_, due| due.strong_count() > 0);
        }
        let (cron, due) = (Rc::<str>::from(cron), Rc::new(Due::parse(cron).ok()?));
        self.read.insert(cron.clone(), Rc::downgrade(&due));
        Some((cron, due))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const CRONS: [&str; 6] =
        ["* * * * *", "*/7 * * * *", "0 * * * *", "30 4 * * *", "0 0 1 * *", "59 23 L 2 *"];
    /// 2026-11-25T00:00:00Z.
    const BEGIN_MS: i64 = 1_795_564_800_000;

    fn schedule(cron: &str, fired_ms: i64) -> Schedule {
        Schedule { cron: cron.to_owned(), created_ms: fired_ms, fired_ms }
    }

    /// Looks at every trigger, every time.
    #[derive(Default)]
    struct Plain(BTreeMap<(String, String), i64>);

    impl Plain {
        fn take_due(&mut self, now_ms: i64) -> Vec<Firing> {
            let mut firings = Vec::new();
            for ((worker, cron), fired_ms) in &mut self.0 {
                if let Some(due_ms) = Due::parse(cron).unwrap().due(*fired_ms, now_ms) {
                    *fired_ms = due_ms;
                    firings.push(Firing { worker: worker.clone(), cron: cron.clone(), due_ms });
                }
            }
            firings
        }
    }

    #[test]
    fn it_says_what_looking_at_every_trigger_would_say() {
        let mut random = 7_u64;
        let mut below = |bound: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % bound
        };
        let (mut table, mut plain, mut now, mut fired) =
            (Timetable::default(), Plain::default(), BEGIN_MS, 0);
        for _ in 0..4_000 {
            if below(10) == 0 {
                let worker = format!("w{}", below(5));
                let crons: BTreeSet<&str> =
                    (0..below(5)).map(|_| CRONS[usize::try_from(below(6)).unwrap()]).collect();
                plain.0.retain(|(of, cron), _| *of != worker || crons.contains(cron.as_str()));
                for cron in &crons {
                    plain.0.entry((worker.clone(), (*cron).to_owned())).or_insert(now);
                }
                let schedules: Vec<Schedule> = crons
                    .iter()
                    .map(|cron| schedule(cron, plain.0[&(worker.clone(), (*cron).to_owned())]))
                    .collect();
                table.set(&worker, &schedules, now);
            }
            now += match below(100) {
                0 => 40 * 86_400_000,
                1 => 3_600_000,
                // The clock is set back.
                2 => -600_000,
                3 => -20 * 86_400_000,
                _ => i64::try_from(below(90_000)).unwrap(),
            };
            let mut found = table.take_due(now);
            found.sort();
            fired += found.len();
            assert_eq!(found, plain.take_due(now), "{now}");
        }
        assert!(fired > 1_000, "{fired}");
    }

    #[test]
    fn many_triggers_are_read_once_and_left_alone_until_they_are_due() {
        let mut table = Timetable::default();
        for worker in 0..10_000 {
            table.set(&format!("w{worker}"), &[schedule("0 * * * *", BEGIN_MS)], BEGIN_MS);
        }
        assert_eq!(table.read.len(), 1, "one expression");
        let due = table.read.values().next().unwrap().upgrade().unwrap();
        assert_eq!(Rc::strong_count(&due), 10_001);
        let before: Vec<_> = table.next.iter().cloned().collect();
        for second in 1..3_600 {
            assert!(table.take_due(BEGIN_MS + second * 1_000).is_empty());
        }
        assert!(table.next.iter().eq(&before));
        assert_eq!(table.take_due(BEGIN_MS + 3_600_000).len(), 10_000);
        for worker in 0..10_000 {
            table.set(&format!("w{worker}"), &[], BEGIN_MS);
        }
        assert!(table.next.is_empty() && table.workers.is_empty());
    }

    #[test]
    fn what_the_store_does_not_know_yet_is_not_fired_again() {
        let mut table = Timetable::default();
        let old = [schedule("* * * * *", BEGIN_MS)];
        table.set("shop", &old, BEGIN_MS);
        let now = BEGIN_MS + 60_000;
        assert_eq!(table.take_due(now).len(), 1);
        table.set("shop", &old, now);
        assert!(table.take_due(now + 1_000).is_empty());
    }
}
