//! What a worker's books say that the host has not heard yet.
//!
//! A cell has thousands of workers, and the host asks many times a second. So the books that change say so themselves, and
//! only those are read.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mote_web::Outcome;
use mote_wire::control::WorkerUse;

use crate::stats::WorkerStats;

/// The workers whose books have changed since they were told, each of them once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changed(Arc<Mutex<VecDeque<Arc<str>>>>);

impl Changed {
    /// At most so many of them, those that have waited longest.
    pub(crate) fn take(&self, count: usize) -> Vec<Arc<str>> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = count.min(names.len());
        names.drain(..count).collect()
    }

    fn add(&self, name: Arc<str>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(name);
    }
}

/// Workers that have left while something of theirs was still to be told, by the numbers that they had.
#[derive(Clone, Default)]
pub(crate) struct Departed(Arc<Mutex<Vec<Departing>>>);

/// The number that the host knows one by, and its books.
type Departing = (u32, Arc<WorkerStats>);

impl Departed {
    /// A worker leaves. What its last events did, and will do, is told all the same.
    pub(crate) fn add(&self, number: u32, stats: Arc<WorkerStats>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((number, stats));
    }

    /// What there is to tell of them. Those are told of for the last time that have no event under way any more.
    pub(crate) fn tell(&self) -> Vec<WorkerUse> {
        let mut told = Vec::new();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(number, stats)| {
            let used = stats.news.tell(*number, stats);
            let goes_on = used.under_way > 0;
            told.push(used);
            goes_on
        });
        told
    }
}

/// A worker's place among them.
#[derive(Debug)]
pub(crate) struct News {
    name: Arc<str>,
    changed: Changed,
    /// True while it is there.
    waiting: AtomicBool,
    told: Mutex<Told>,
}

/// What was told.
#[derive(Debug, Default)]
struct Told {
    outcomes: [u64; Outcome::ALL.len()],
    counted: Counted,
}

/// What only grows in a worker's books.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counted {
    cpu_us: u64,
    late_turns: u64,
    late_cpu_us: u64,
    wall_us: u64,
    subrequests: u64,
    bytes_in: u64,
    bytes_out: u64,
    isolates_started: u64,
}

impl News {
    pub(crate) fn new(name: Arc<str>, changed: Changed) -> Self {
        Self { name, changed, waiting: AtomicBool::new(false), told: Mutex::default() }
    }

    /// The books have changed. To be called after each change.
    pub(crate) fn note(&self) {
        // Always an exchange, never a look before it: whoever tells takes the mark away before he reads the books, and so
        // either reads this change or finds the mark again.
        if !self.waiting.swap(true, Ordering::AcqRel) {
            self.changed.add(self.name.clone());
        }
    }

    /// What has come since this was called last. `worker` is the number by which the host knows it.
    pub(crate) fn tell(&self, worker: u32, stats: &WorkerStats) -> WorkerUse {
        self.waiting.swap(false, Ordering::AcqRel);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut outcomes = Vec::new();
        for (outcome, told) in Outcome::ALL.into_iter().zip(&mut told.outcomes) {
            let ended = stats.ended(outcome);
            if ended > *told {
                outcomes.push((outcome.as_str().to_owned(), ended - *told));
                *told = ended;
            }
        }
        let now = Counted::of(stats);
        let before = std::mem::replace(&mut told.counted, now);
        let since = |read: fn(&Counted) -> u64| read(&now).saturating_sub(read(&before));
        WorkerUse {
            worker,
            outcomes,
            cpu_us: since(|counted| counted.cpu_us),
            under_way: stats.under_way(),
            late_turns: since(|counted| counted.late_turns),
            late_cpu_us: since(|counted| counted.late_cpu_us),
            wall_us: since(|counted| counted.wall_us),
            subrequests: since(|counted| counted.subrequests),
            bytes_in: since(|counted| counted.bytes_in),
            bytes_out: since(|counted| counted.bytes_out),
            isolates_started: since(|counted| counted.isolates_started),
            memory_bytes_peak: stats.memory_bytes_peak(),
            longest_turn_us: microseconds(stats.take_longest_turn()),
            warm: stats.is_warm(),
        }
    }
}

impl Counted {
    fn of(stats: &WorkerStats) -> Self {
        let (late_turns, late_cpu) = stats.late();
        Self {
            cpu_us: microseconds(stats.cpu()),
            late_turns,
            late_cpu_us: microseconds(late_cpu),
            wall_us: microseconds(stats.wall_times().sum()),
            subrequests: stats.subrequests(),
            bytes_in: stats.bytes_in(),
            bytes_out: stats.bytes_out(),
            isolates_started: stats.isolates_started(),
        }
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use mote_web::EventUsage;
    use mote_wire::limits::Limits;

    use super::*;
    use crate::stats::Meters;

    #[test]
    fn each_worker_is_told_of_once_however_often_it_changes_and_again_when_it_changes_again() {
        let changed = Changed::default();
        let stats = WorkerStats::new("w".into(), changed.clone(), Meters::default());
        assert!(changed.take(9).is_empty());
        stats.turned_away(Outcome::LoadShed);
        stats.turned_away(Outcome::LoadShed);
        stats.start_took(Duration::from_micros(7));
        assert_eq!(changed.take(9), [Arc::from("w")]);
        stats.turned_away(Outcome::LoadShed);
        assert!(changed.take(9).is_empty(), "it was not told yet");
        let told = stats.news.tell(5, &stats);
        assert_eq!((told.worker, told.longest_turn_us), (5, 7));
        assert_eq!(told.outcomes, [(Outcome::LoadShed.as_str().to_owned(), 3)]);
        stats.isolate_started();
        assert_eq!(changed.take(9).len(), 1);
        let told = stats.news.tell(5, &stats);
        assert_eq!((told.outcomes.len(), told.isolates_started, told.longest_turn_us), (0, 1, 0));
    }

    #[test]
    fn those_that_have_waited_longest_come_first_and_the_rest_stays() {
        let changed = Changed::default();
        let of = |name: &str| WorkerStats::new(name.into(), changed.clone(), Meters::default());
        let all = ["a", "b", "c"].map(of);
        all.iter().for_each(WorkerStats::isolate_started);
        assert_eq!(changed.take(2), [Arc::from("a"), Arc::from("b")]);
        assert_eq!(changed.take(2), [Arc::from("c")]);
    }

    #[test]
    fn a_worker_that_has_left_is_told_of_until_its_last_event_is_over() {
        let departed = Departed::default();
        let stats = Arc::new(WorkerStats::new("w".into(), Changed::default(), Meters::default()));
        stats.event_begins();
        departed.add(3, stats.clone());
        let uses = departed.tell();
        assert_eq!((uses.len(), uses[0].worker, uses[0].under_way), (1, 3, 1));
        let usage = EventUsage::begin(stats.clone(), Limits::DEFAULT, std::time::Instant::now());
        drop(usage);
        let uses = departed.tell();
        assert_eq!((uses[0].under_way, uses[0].outcomes.len()), (0, 1));
        assert!(departed.tell().is_empty());
    }

    #[test]
    fn that_an_isolate_has_left_is_news_and_that_it_is_still_there_is_none() {
        let changed = Changed::default();
        let stats = WorkerStats::new("w".into(), changed.clone(), Meters::default());
        stats.cooled();
        assert_eq!(changed.take(9).len(), 0);
        stats.warmed();
        assert_eq!(changed.take(9).len(), 1);
        assert!(stats.news.tell(0, &stats).warm);
        stats.warmed();
        assert_eq!(changed.take(9).len(), 0);
        stats.cooled();
        assert_eq!(changed.take(9).len(), 1);
        assert!(!stats.news.tell(0, &stats).warm);
    }
}
