//! What a worker and its account have used, and how the worker's events ended.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use mote_web::{EventUsage, Outcome, UsageSink};
use mote_wire::control::LATE_TURNS;

use crate::{
    news::{Changed, News},
    recent::{Event, Recent},
};

/// Upper bounds of the groups in which times are counted, in seconds; one more group is for longer ones.
pub const TIME_BOUNDS_S: [f64; 12] =
    [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];
const GROUPS: usize = TIME_BOUNDS_S.len() + 1;

/// Times of events: how many fell into each group, and their sum.
#[derive(Debug, Default)]
pub struct Times {
    groups: [AtomicU64; GROUPS],
    sum_ns: AtomicU64,
}

impl Times {
    fn add(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        let group = TIME_BOUNDS_S.iter().position(|bound| seconds <= *bound).unwrap_or(TIME_BOUNDS_S.len());
        if let Some(group) = self.groups.get(group) {
            group.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_ns.fetch_add(nanoseconds(time), Ordering::Relaxed);
    }

    /// How many fell into each group; the groups' bounds are [`TIME_BOUNDS_S`].
    #[must_use]
    pub fn groups(&self) -> [u64; GROUPS] {
        self.groups.each_ref().map(|group| group.load(Ordering::Relaxed))
    }

    /// All of them together.
    #[must_use]
    pub fn sum(&self) -> Duration {
        Duration::from_nanos(self.sum_ns.load(Ordering::Relaxed))
    }
}

/// Where a worker's books also count, for those who share: CPU time in nanoseconds, and events.
#[derive(Debug, Default)]
pub(crate) struct Meters {
    pub(crate) share_ns: Arc<AtomicU64>,
    pub(crate) account_share_ns: Arc<AtomicU64>,
    pub(crate) account_under_way: Arc<AtomicU64>,
}

/// The books of one worker. They are kept for as long as the cell lives, over all its versions.
#[derive(Debug)]
pub struct WorkerStats {
    under_way: AtomicU64,
    meters: Meters,
    outcomes: [AtomicU64; Outcome::ALL.len()],
    cpu: Times,
    wall: Times,
    cpu_ns: AtomicU64,
    late_turns: AtomicU64,
    longest_turn_ns: AtomicU64,
    late_cpu_ns: AtomicU64,
    subrequests: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    memory_bytes_peak: AtomicU64,
    isolates: AtomicU64,
    warm: AtomicBool,
    recent: Recent,
    /// Noted after each change that the host is told of.
    pub(crate) news: News,
}

impl WorkerStats {
    /// Empty books.
    pub(crate) fn new(name: Arc<str>, changed: Changed, meters: Meters) -> Self {
        Self {
            under_way: AtomicU64::new(0),
            meters,
            outcomes: Default::default(),
            cpu: Times::default(),
            wall: Times::default(),
            cpu_ns: AtomicU64::new(0),
            late_turns: AtomicU64::new(0),
            longest_turn_ns: AtomicU64::new(0),
            late_cpu_ns: AtomicU64::new(0),
            subrequests: AtomicU64::new(0),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            memory_bytes_peak: AtomicU64::new(0),
            isolates: AtomicU64::new(0),
            warm: AtomicBool::new(false),
            recent: Recent::default(),
            news: News::new(name, changed),
        }
    }

    /// Events under way: with an answer that has not left, open WebSockets, or `waitUntil` work.
    #[must_use]
    pub fn under_way(&self) -> u64 {
        self.under_way.load(Ordering::Relaxed)
    }

    /// Events that ended so.
    #[must_use]
    pub fn ended(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(outcome as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// CPU times of events that are over.
    #[must_use]
    pub fn cpu_times(&self) -> &Times {
        &self.cpu
    }

    /// Wall times of events that are over, waiting included.
    #[must_use]
    pub fn wall_times(&self) -> &Times {
        &self.wall
    }

    /// CPU time used, that of events under way included.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        Duration::from_nanos(self.cpu_ns.load(Ordering::Relaxed))
    }

    /// Subrequests of events that are over.
    #[must_use]
    pub fn subrequests(&self) -> u64 {
        self.subrequests.load(Ordering::Relaxed)
    }

    /// Bytes of request bodies.
    #[must_use]
    pub fn bytes_in(&self) -> u64 {
        self.bytes_in.load(Ordering::Relaxed)
    }

    /// Bytes of response bodies.
    #[must_use]
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Ordering::Relaxed)
    }

    /// The most memory that one of its isolates was seen to hold.
    #[must_use]
    pub fn memory_bytes_peak(&self) -> u64 {
        self.memory_bytes_peak.load(Ordering::Relaxed)
    }

    /// Isolates started for it so far.
    #[must_use]
    pub fn isolates_started(&self) -> u64 {
        self.isolates.load(Ordering::Relaxed)
    }

    /// Whether it has an isolate that is ready for an event.
    #[must_use]
    pub fn is_warm(&self) -> bool {
        self.warm.load(Ordering::Relaxed)
    }

    /// The last events that are over, oldest first; at most a hundred.
    #[must_use]
    pub fn recent(&self) -> Vec<Event> {
        self.recent.events()
    }

    pub(crate) fn event_begins(&self) {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        self.meters.account_under_way.fetch_add(1, Ordering::Relaxed);
        self.news.note();
    }

    /// Turns of events that go on and on, and their CPU time ([`LATE_TURNS`]).
    #[must_use]
    pub fn late(&self) -> (u64, Duration) {
        let cpu = Duration::from_nanos(self.late_cpu_ns.load(Ordering::Relaxed));
        (self.late_turns.load(Ordering::Relaxed), cpu)
    }

    /// An event was turned away before it began.
    pub(crate) fn turned_away(&self, outcome: Outcome) {
        if let Some(count) = self.outcomes.get(outcome as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.news.note();
    }

    /// A start took so long, which no other turn could use.
    pub(crate) fn start_took(&self, time: Duration) {
        self.longest_turn_ns.fetch_max(nanoseconds(time), Ordering::Relaxed);
        self.news.note();
    }

    /// The longest turn since this was called last.
    pub(crate) fn take_longest_turn(&self) -> Duration {
        Duration::from_nanos(self.longest_turn_ns.swap(0, Ordering::Relaxed))
    }

    pub(crate) fn isolate_started(&self) {
        self.isolates.fetch_add(1, Ordering::Relaxed);
        self.news.note();
    }

    /// It has an isolate that is ready for an event.
    pub(crate) fn warmed(&self) {
        if !self.warm.swap(true, Ordering::Relaxed) {
            self.news.note();
        }
    }

    /// It has none any more.
    pub(crate) fn cooled(&self) {
        if self.warm.swap(false, Ordering::Relaxed) {
            self.news.note();
        }
    }
}

impl UsageSink for WorkerStats {
    fn used_cpu(&self, time: Duration, turn: u64) {
        let time = nanoseconds(time);
        if turn >= LATE_TURNS {
            self.late_turns.fetch_add(1, Ordering::Relaxed);
            self.late_cpu_ns.fetch_add(time, Ordering::Relaxed);
        }
        // Reading costs less than writing, and most turns are not the longest.
        if time > self.longest_turn_ns.load(Ordering::Relaxed) {
            self.longest_turn_ns.fetch_max(time, Ordering::Relaxed);
        }
        self.cpu_ns.fetch_add(time, Ordering::Relaxed);
        self.meters.share_ns.fetch_add(time, Ordering::Relaxed);
        self.meters.account_share_ns.fetch_add(time, Ordering::Relaxed);
        self.news.note();
    }

    fn event_over(&self, usage: &EventUsage) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        self.meters.account_under_way.fetch_sub(1, Ordering::Relaxed);
        let wall = usage.began().elapsed();
        self.recent.add(usage, wall);
        self.cpu.add(usage.cpu());
        self.wall.add(wall);
        self.subrequests.fetch_add(usage.subrequests(), Ordering::Relaxed);
        self.bytes_in.fetch_add(usage.bytes_in(), Ordering::Relaxed);
        self.bytes_out.fetch_add(usage.bytes_out(), Ordering::Relaxed);
        self.memory_bytes_peak.fetch_max(usage.memory_bytes(), Ordering::Relaxed);
        // Last, because it notes that there is news.
        self.turned_away(usage.outcome());
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use mote_wire::limits::Limits;

    use super::*;

    #[test]
    fn an_event_is_booked_once_it_is_over() {
        let under_way = Arc::<AtomicU64>::default();
        let meters = Meters { account_under_way: under_way.clone(), ..Meters::default() };
        let stats = Arc::new(WorkerStats::new("w".into(), Changed::default(), meters));
        stats.event_begins();
        let usage = EventUsage::begin(stats.clone(), Limits::DEFAULT, std::time::Instant::now());
        usage.charge_cpu(Duration::from_millis(2));
        assert!(usage.count_out(5));
        assert_eq!((stats.under_way(), under_way.load(Ordering::Relaxed)), (1, 1));
        assert_eq!((stats.cpu(), stats.cpu_times().sum()), (Duration::from_millis(2), Duration::ZERO));
        usage.set_outcome(Outcome::ExceededCpu);
        drop(usage);
        assert_eq!((stats.under_way(), under_way.load(Ordering::Relaxed)), (0, 0));
        assert_eq!(
            (stats.ended(Outcome::ExceededCpu), stats.ended(Outcome::Ok), stats.bytes_out()),
            (1, 0, 5)
        );
        let [event] = stats.recent()[..] else { panic!("one event") };
        assert_eq!(
            (event.outcome, event.cpu, event.bytes_out),
            (Outcome::ExceededCpu, Duration::from_millis(2), 5)
        );
        assert_eq!(stats.cpu_times().groups(), [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}
