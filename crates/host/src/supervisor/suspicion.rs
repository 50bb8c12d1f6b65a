//! Tells by its behaviour which worker may be reading its neighbours' memory through a side channel.
//!
//! Code inside an isolate has no clock, so an attack needs one from outside: it computes, does I/O, and looks how long that
//! took, thousands of times. That is either one event that goes on and on (a WebSocket, a stream, a chain of fetches; the
//! attack on production Workers in arXiv:2608.17043), or very many events that each compute for long. Both look like some
//! honest workers, so nobody is stopped: whoever looks so gets a cell of its own, where there is nothing to read, and the
//! price of a mistake is a process. Schwarzl et al., "Dynamic Process Isolation" (arXiv:2110.04751), judge by the processor's
//! counters, as [`super::counting`] does where there are any; this judges by what is counted anyway.

use std::time::Duration;

use mote_wire::control::WorkerUse;
use tokio::time::Instant;

/// When a worker gets a cell of its own because of what it does.
#[derive(Debug, Clone)]
pub struct SuspicionOptions {
    /// For how long each look at a worker's behaviour counts.
    pub window: Duration,
    /// Turns a second, in events that have had a hundred already, from which on a worker may be measuring time.
    pub late_turns_per_s: u64,
    /// CPU time of such turns, in percent of a core, from which on it may be computing what it measures.
    pub late_cpu_percent: u64,
    /// Windows in a row with both.
    pub late_windows: u32,
    /// CPU time of all its turns, in percent of a core, from which on it may be attacking over many events.
    pub busy_cpu_percent: u64,
    /// Windows in a row with that.
    pub busy_windows: u32,
    /// How long it stays alone after the last sign.
    pub alone_for: Duration,
    /// The same for one whose turn goes on past its limit: it attacks nobody, but others would wait for it.
    pub runs_on_alone_for: Duration,
}

impl Default for SuspicionOptions {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(5),
            // A chat or a feed has fewer, or computes next to nothing in them.
            late_turns_per_s: 20,
            late_cpu_percent: 10,
            // Known attacks read some bits to some bytes a second: in ten seconds they have nothing of worth.
            late_windows: 2,
            busy_cpu_percent: 60,
            busy_windows: 12,
            alone_for: Duration::from_secs(3_600),
            // As long as a worker with long turns stays among its like.
            runs_on_alone_for: Duration::from_secs(600),
        }
    }
}

/// What somebody looks suspicious for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// An event goes on for long, with much I/O and much computing in turns.
    LongEvent,
    /// It computes most of the time, for a minute.
    Busy,
    /// A turn of it goes on past its limit.
    RunsOn,
    /// The processor's guesses of its branches are wrong far oftener than others'.
    GuessedWrong,
    /// It reads memory that is in no cache far oftener than others do.
    MissesFar,
    /// It misses the first cache far oftener than others do.
    MissesNear,
}

impl Sign {
    /// The sign in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LongEvent => "an event of it computes and does I/O in turns, for long",
            Self::Busy => "it has computed most of the time, for long",
            Self::RunsOn => "a turn of it goes on past its CPU limit, and others would wait for it",
            Self::GuessedWrong => "the processor guesses its branches wrong far oftener than those of others",
            Self::MissesFar => "it finds its memory in no cache far oftener than others do",
            Self::MissesNear => "it misses the first cache far oftener than others do",
        }
    }

    /// The sign in one word, the same for ever: metrics are kept by it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LongEvent => "long-event",
            Self::Busy => "busy",
            Self::RunsOn => "runs-on",
            Self::GuessedWrong => "branch-misses",
            Self::MissesFar => "far-misses",
            Self::MissesNear => "near-misses",
        }
    }
}

/// What one worker has done lately.
#[derive(Debug, Default)]
pub(super) struct Behaviour {
    window_began: Option<Instant>,
    cpu_us: u64,
    late_cpu_us: u64,
    late_turns: u64,
    late_windows: u32,
    busy_windows: u32,
}

impl Behaviour {
    /// Adds what a cell says that the worker has used. Gives the sign that this completes, if it does.
    pub(super) fn observe(
        &mut self,
        used: &WorkerUse,
        now: Instant,
        options: &SuspicionOptions,
    ) -> Option<Sign> {
        self.cpu_us = self.cpu_us.saturating_add(used.cpu_us);
        self.late_cpu_us = self.late_cpu_us.saturating_add(used.late_cpu_us);
        self.late_turns = self.late_turns.saturating_add(used.late_turns);
        let began = *self.window_began.get_or_insert(now);
        let passed = now.saturating_duration_since(began);
        if passed < options.window {
            return None;
        }
        let passed_us = u64::try_from(passed.as_micros()).unwrap_or(u64::MAX).max(1);
        let percent = |cpu_us: u64| cpu_us.saturating_mul(100) / passed_us;
        let turns_per_s = self.late_turns.saturating_mul(1_000_000) / passed_us;
        let late =
            turns_per_s >= options.late_turns_per_s && percent(self.late_cpu_us) >= options.late_cpu_percent;
        let busy = percent(self.cpu_us) >= options.busy_cpu_percent;
        *self = Self {
            window_began: Some(now),
            late_windows: if late { self.late_windows.saturating_add(1) } else { 0 },
            busy_windows: if busy { self.busy_windows.saturating_add(1) } else { 0 },
            ..Self::default()
        };
        if self.late_windows >= options.late_windows {
            Some(Sign::LongEvent)
        } else if self.busy_windows >= options.busy_windows {
            Some(Sign::Busy)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found, and after how many seconds, of a worker that uses so much each quarter of a second.
    fn found(cpu_ms: u64, late_cpu_ms: u64, late_turns: u64, seconds: u64) -> Option<(u64, Sign)> {
        let (mut behaviour, options, start) =
            (Behaviour::default(), SuspicionOptions::default(), Instant::now());
        (0..seconds * 4).find_map(|quarter| {
            let used = WorkerUse {
                worker: 0,
                outcomes: Vec::new(),
                cpu_us: cpu_ms * 1_000,
                under_way: 1,
                late_turns,
                late_cpu_us: late_cpu_ms * 1_000,
                ..WorkerUse::default()
            };
            let sign = behaviour.observe(&used, start + Duration::from_millis(quarter * 250), &options);
            sign.map(|sign| (quarter / 4, sign))
        })
    }

    #[test]
    fn an_event_that_measures_and_computes_for_long_is_found_in_ten_seconds() {
        assert_eq!(found(100, 100, 50, 60), Some((10, Sign::LongEvent)));
        assert_eq!(found(30, 30, 6, 60), Some((10, Sign::LongEvent)));
    }

    #[test]
    fn a_worker_that_computes_all_the_time_is_found_in_a_minute() {
        assert_eq!(found(200, 0, 0, 300), Some((60, Sign::Busy)));
    }

    #[test]
    fn honest_workers_are_left_alone() {
        for (what, used) in [
            ("a chat with many messages", (5, 5, 500)),
            ("an upload that is hashed in few turns", (100, 100, 2)),
            ("a busy site of short events", (100, 0, 0)),
            ("an idle one", (0, 0, 0)),
        ] {
            assert_eq!(found(used.0, used.1, used.2, 600), None, "{what}");
        }
    }

    #[test]
    fn signs_must_follow_each_other() {
        let (mut behaviour, options, start) =
            (Behaviour::default(), SuspicionOptions::default(), Instant::now());
        let mut used = WorkerUse {
            worker: 0,
            outcomes: Vec::new(),
            cpu_us: 5_000_000,
            under_way: 1,
            late_turns: 1_000,
            late_cpu_us: 5_000_000,
            ..WorkerUse::default()
        };
        for second in (0..600).step_by(5) {
            // Every other window is quiet.
            used.late_turns = if second % 10 == 5 { 1_000 } else { 0 };
            used.cpu_us = if second % 10 == 5 { 5_000_000 } else { 0 };
            let sign = behaviour.observe(&used, start + Duration::from_secs(second), &options);
            assert_eq!(sign, None, "after {second} s");
        }
    }

    #[test]
    fn numbers_that_no_worker_has_do_no_harm() {
        let (mut behaviour, options, start) =
            (Behaviour::default(), SuspicionOptions::default(), Instant::now());
        let used = WorkerUse {
            worker: 0,
            outcomes: Vec::new(),
            cpu_us: u64::MAX,
            under_way: u64::MAX,
            late_turns: u64::MAX,
            late_cpu_us: u64::MAX,
            ..WorkerUse::default()
        };
        for second in 0..100 {
            behaviour.observe(&used, start + Duration::from_secs(second), &options);
        }
    }
}
