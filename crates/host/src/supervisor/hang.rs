//! Tells a turn that computes from one that hangs. It knows no processes and reads no clock.

use std::time::Duration;

use tokio::time::Instant;

use super::options::SupervisorOptions;

/// What is wrong with the turn that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hang {
    /// It has used more CPU time than its worker may, and nobody stopped it.
    TooLong {
        /// From its beginning, as far as it was seen.
        since: Instant,
    },
    /// It uses no CPU time.
    Stuck {
        /// From its beginning, as far as it was seen.
        since: Instant,
    },
}

/// What was seen of the turn that runs.
#[derive(Debug)]
pub(super) struct TurnWatch {
    seen: Option<Seen>,
}

#[derive(Debug)]
struct Seen {
    turn: u64,
    since: Instant,
    cpu: Duration,
    /// The last time at which CPU time was seen to be used, and how much there was then.
    moved: (Instant, Duration),
}

/// The number of the worker whose turn a page shows, if one runs: the lower half, less one.
pub(super) fn worker_of(turn: u64) -> Option<u32> {
    u32::try_from(turn & u64::from(u32::MAX)).ok()?.checked_sub(1)
}

impl TurnWatch {
    pub(super) fn new() -> Self {
        Self { seen: None }
    }

    /// True if this is not the turn that was seen before: then nothing more need be looked at.
    pub(super) fn is_new(&self, turn: u64) -> bool {
        self.seen.as_ref().is_none_or(|seen| seen.turn != turn)
    }

    /// What the turn that was seen has used, at most: the process's other threads work along, but not longer than it lasts.
    pub(super) fn used(&self, cpu: Duration, now: Instant) -> Duration {
        let used = |seen: &Seen| cpu.saturating_sub(seen.cpu).min(now.saturating_duration_since(seen.since));
        self.seen.as_ref().map_or(Duration::ZERO, used)
    }

    /// The page shows this turn, and the process has used so much CPU time. `cpu_max` is the limit of the turn's worker.
    ///
    /// The process's CPU time is that of all its threads, and V8 has some that work along; so a turn is too long only if
    /// as much wall time has passed as well.
    pub(super) fn look(
        &mut self,
        turn: u64,
        cpu: Duration,
        cpu_max: Duration,
        now: Instant,
        options: &SupervisorOptions,
    ) -> Option<Hang> {
        if worker_of(turn).is_none() {
            self.seen = None;
            return None;
        }
        let seen = match &mut self.seen {
            Some(seen) if seen.turn == turn => seen,
            seen => {
                *seen = Some(Seen { turn, since: now, cpu, moved: (now, cpu) });
                return None;
            }
        };
        let allowed = cpu_max + options.turn_cpu_grace;
        if cpu.saturating_sub(seen.cpu) > allowed && now.saturating_duration_since(seen.since) > allowed {
            return Some(Hang::TooLong { since: seen.since });
        }
        if cpu.saturating_sub(seen.moved.1) >= options.turn_still_cpu {
            seen.moved = (now, cpu);
        } else if now.saturating_duration_since(seen.moved.0) > options.turn_still_max {
            return Some(Hang::Stuck { since: seen.moved.0 });
        }
        None
    }

    /// The host itself was held up for so long: that is not the turn's fault.
    pub(super) fn forgive(&mut self, time: Duration) {
        if let Some(seen) = &mut self.seen {
            seen.since += time;
            seen.moved.0 += time;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(1);

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    /// Looks every 25 ms at one turn that uses `percent` of a core, and gives when it was found to hang, in milliseconds.
    fn found_after(percent: u32, until: u64) -> Option<(u64, Hang)> {
        let (mut watch, options, start) = (TurnWatch::new(), SupervisorOptions::default(), Instant::now());
        (0..until).step_by(25).find_map(|at| {
            let cpu = millis(at) * percent / 100;
            watch.look(1 << 32 | 1, cpu, LIMIT, start + millis(at), &options).map(|hang| (at, hang))
        })
    }

    #[test]
    fn a_loop_that_the_cell_does_not_stop_never_runs_past_its_limit_and_half_a_second() {
        let (at, hang) = found_after(100, 60_000).unwrap();
        assert!(matches!(hang, Hang::TooLong { .. }) && at == 1_525, "{at} {hang:?}");
    }

    #[test]
    fn a_turn_whose_threads_work_in_parallel_is_never_ended_before_its_time() {
        let (at, _) = found_after(400, 60_000).unwrap();
        assert_eq!(at, 1_525);
    }

    #[test]
    fn a_turn_that_stands_still_is_found_after_five_seconds() {
        let (at, hang) = found_after(0, 60_000).unwrap();
        assert!(matches!(hang, Hang::Stuck { .. }) && at == 5_025, "{at} {hang:?}");
    }

    #[test]
    fn a_slow_machine_is_never_a_stuck_turn() {
        assert_eq!(found_after(5, 29_000), None);
    }

    #[test]
    fn short_turns_that_follow_each_other_never_hang() {
        let (mut watch, options, start) = (TurnWatch::new(), SupervisorOptions::default(), Instant::now());
        for at in (0..60_000).step_by(25) {
            let turn = at << 32 | 1;
            assert_eq!(watch.look(turn, millis(at), LIMIT, start + millis(at), &options), None);
        }
    }

    #[test]
    fn an_idle_cell_never_hangs() {
        let (mut watch, options, start) = (TurnWatch::new(), SupervisorOptions::default(), Instant::now());
        for at in (0..60_000).step_by(25) {
            assert_eq!(watch.look(5 << 32, Duration::ZERO, LIMIT, start + millis(at), &options), None);
        }
    }

    #[test]
    fn time_in_which_the_host_slept_is_never_held_against_a_turn() {
        let (mut watch, options, start) = (TurnWatch::new(), SupervisorOptions::default(), Instant::now());
        assert_eq!(watch.look(1, Duration::ZERO, LIMIT, start, &options), None);
        watch.forgive(Duration::from_secs(100));
        assert_eq!(watch.look(1, Duration::ZERO, LIMIT, start + Duration::from_secs(104), &options), None);
    }

    #[test]
    fn the_lower_half_of_a_turn_is_its_worker_plus_one() {
        assert_eq!(worker_of(7 << 32), None);
        assert_eq!(worker_of(7 << 32 | 1), Some(0));
        assert_eq!(worker_of(u64::MAX), Some(u32::MAX - 1));
    }

    #[test]
    fn a_turn_has_used_what_its_process_has_and_not_more_than_has_passed() {
        let (mut watch, options, start) = (TurnWatch::new(), SupervisorOptions::default(), Instant::now());
        assert_eq!(watch.used(millis(70), start), Duration::ZERO, "no turn was seen");
        let turn = 1 << 32 | 1;
        watch.look(turn, millis(10), LIMIT, start, &options);
        assert_eq!(watch.used(millis(70), start + millis(80)), millis(60));
        assert_eq!(watch.used(millis(170), start + millis(80)), millis(80), "other threads worked along");
    }
}
