//! What a worker has used lately, so that who is busy now comes before who was busy once.

use std::time::Duration;

use mote_wire::control::WorkerUse;
use tokio::time::Instant;

/// What is older than two of these is forgotten.
const WINDOW: Duration = Duration::from_secs(5);

/// What was used in a while.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lately {
    pub(super) cpu_us: u64,
    /// Events that ended.
    pub(super) events: u64,
    /// Isolates that were started.
    pub(super) starts: u64,
}

/// What was used in this window of time and in the one before it.
#[derive(Debug)]
pub(super) struct Recent {
    since: Instant,
    now: Lately,
    before: Lately,
}

impl Recent {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, now: Lately::default(), before: Lately::default() }
    }

    /// Adds what a cell says that the worker used since it last said so.
    pub(super) fn add(&mut self, used: &WorkerUse, now: Instant) {
        self.pass(now);
        let events = used.outcomes.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
        let more = Lately { cpu_us: used.cpu_us, events, starts: used.isolates_started };
        self.now = self.now.plus(more);
    }

    /// What was used in the last five to ten seconds.
    pub(super) fn lately(&mut self, now: Instant) -> Lately {
        self.pass(now);
        self.now.plus(self.before)
    }

    fn pass(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.since);
        if passed < WINDOW {
            return;
        }
        let ended = std::mem::take(&mut self.now);
        self.before = if passed < WINDOW * 2 { ended } else { Lately::default() };
        self.since = now;
    }
}

impl Lately {
    /// A cell may say any number.
    fn plus(self, more: Self) -> Self {
        Self {
            cpu_us: self.cpu_us.saturating_add(more.cpu_us),
            events: self.events.saturating_add(more.events),
            starts: self.starts.saturating_add(more.starts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(cpu_us: u64, events: u64) -> WorkerUse {
        let outcomes = vec![("ok".to_owned(), events), ("exception".to_owned(), events)];
        WorkerUse { cpu_us, outcomes, isolates_started: 1, ..WorkerUse::default() }
    }

    #[test]
    fn what_is_long_past_counts_no_more() {
        let start = Instant::now();
        let mut recent = Recent::new(start);
        recent.add(&used(100, 2), start);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(recent.lately(at(4)), Lately { cpu_us: 100, events: 4, starts: 1 });
        recent.add(&used(10, 1), at(6));
        assert_eq!(recent.lately(at(6)), Lately { cpu_us: 110, events: 6, starts: 2 });
        assert_eq!(recent.lately(at(11)), Lately { cpu_us: 10, events: 2, starts: 1 });
        assert_eq!(recent.lately(at(60)), Lately::default());
    }

    #[test]
    fn a_cell_cannot_overflow_it() {
        let start = Instant::now();
        let mut recent = Recent::new(start);
        for _ in 0..3 {
            recent.add(&used(u64::MAX, u64::MAX), start);
        }
        let most = Lately { cpu_us: u64::MAX, events: u64::MAX, starts: 3 };
        assert_eq!(recent.lately(start + WINDOW), most);
    }
}
