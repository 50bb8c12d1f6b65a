//! Tells a turn that computes from one that hangs. It knows no processes and reads no clock.

use std::time::Duration;

use mote_sandbox::process::{Does, ThreadView};
use tokio::time::Instant;

use super::options::SupervisorOptions;

/// A sleeping thread may use so much all the same: signals wake it, and it sleeps on.
const ASLEEP_CPU_MAX: Duration = Duration::from_millis(1);

/// What is wrong with the turn that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hang {
    /// It has used more CPU time than it may. It may still come to its end; said once for each turn.
    RunsOn,
    /// It has used far more CPU time than it may, and nobody stopped it.
    TooLong {
        /// From the last time at which it was seen within its limit to the moment at which it was seen to go on.
        noticed_after: Duration,
    },
    /// It sleeps, and so does everybody who could wake it.
    Asleep {
        /// When it was first seen asleep.
        since: Instant,
    },
    /// It uses no CPU time, and why is not known.
    Stuck {
        /// From when on, as far as it was seen.
        since: Instant,
    },
}

/// The turn that runs, at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// What the page shows.
    pub(super) turn: u64,
    /// CPU time that it may use.
    pub(super) cpu_max: Duration,
    /// Its thread.
    pub(super) thread: ThreadView,
    /// When that was.
    pub(super) now: Instant,
}

/// What was seen of the turn that runs.
#[derive(Debug, Default)]
pub(super) struct TurnWatch {
    seen: Option<Seen>,
}

#[derive(Debug)]
struct Seen {
    turn: u64,
    since: Instant,
    looked_at: Instant,
    cpu: Duration,
    /// The last time at which CPU time was seen to be used, and how much there was then.
    moved: (Instant, Duration),
    /// Since when it was found asleep at each look, and its CPU time then.
    asleep: Option<(Instant, Duration)>,
    /// When it was last seen within its limit, if it is not any more.
    past_since: Option<Instant>,
    /// When it was seen to go on.
    told_at: Option<Instant>,
}

/// The number of the worker whose turn a page shows, if one runs: the lower half, less one.
pub(super) fn worker_of(turn: u64) -> Option<u32> {
    u32::try_from(turn & u64::from(u32::MAX)).ok()?.checked_sub(1)
}

impl TurnWatch {
    /// The page shows that no turn runs.
    pub(super) fn is_over(&mut self) {
        self.seen = None;
    }

    /// CPU time that the turn has used which was seen. Where that of the process alone is known, its other threads have worked
    /// along, but not for longer than the turn lasts.
    pub(super) fn used(&self, cpu: Duration, now: Instant) -> Duration {
        let used = |seen: &Seen| cpu.saturating_sub(seen.cpu).min(now.saturating_duration_since(seen.since));
        self.seen.as_ref().map_or(Duration::ZERO, used)
    }

    /// The page shows that this turn runs. `others_sleep` says whether all other threads of the cell sleep.
    pub(super) fn look(
        &mut self,
        look: &Look,
        others_sleep: impl FnOnce() -> bool,
        options: &SupervisorOptions,
    ) -> Option<Hang> {
        match &mut self.seen {
            Some(seen) if seen.turn == look.turn => {
                let before = std::mem::replace(&mut seen.looked_at, look.now);
                seen.goes_on(look, before, options).or_else(|| seen.stands_still(look, others_sleep, options))
            }
            seen => {
                *seen = Some(Seen::first(look));
                None
            }
        }
    }

    /// The host itself was held up for so long: that is not the turn's fault.
    pub(super) fn forgive(&mut self, time: Duration) {
        if let Some(seen) = &mut self.seen {
            seen.since += time;
            seen.moved.0 += time;
            seen.asleep = seen.asleep.map(|(since, cpu)| (since + time, cpu));
        }
    }
}

impl Seen {
    fn first(look: &Look) -> Self {
        let (now, cpu) = (look.now, look.thread.cpu);
        Self {
            turn: look.turn,
            since: now,
            looked_at: now,
            cpu,
            moved: (now, cpu),
            asleep: None,
            past_since: None,
            told_at: None,
        }
    }

    /// What is measured is CPU time, so a machine that is short of it makes no turn too long. Where it is known of the whole
    /// process only, V8's threads that work along are in it: so as much wall time must have passed as well.
    fn goes_on(&mut self, look: &Look, before: Instant, options: &SupervisorOptions) -> Option<Hang> {
        let used = look.thread.cpu.saturating_sub(self.cpu);
        let passed = look.now.saturating_duration_since(self.since);
        let is_past = |by: Duration| used > look.cpu_max + by && passed > look.cpu_max + by;
        if !is_past(Duration::ZERO) {
            return None;
        }
        let since = *self.past_since.get_or_insert(before);
        if is_past(options.turn_cpu_grace) {
            let noticed_at = self.told_at.unwrap_or(look.now);
            return Some(Hang::TooLong { noticed_after: noticed_at.saturating_duration_since(since) });
        }
        if self.told_at.is_some() || !is_past(options.turn_past_max) {
            return None;
        }
        self.told_at = Some(look.now);
        Some(Hang::RunsOn)
    }

    fn stands_still(
        &mut self,
        look: &Look,
        others_sleep: impl FnOnce() -> bool,
        options: &SupervisorOptions,
    ) -> Option<Hang> {
        let ThreadView { cpu, does } = look.thread;
        let sleeps = |before: &(Instant, Duration)| {
            does == Does::Sleeps && cpu.saturating_sub(before.1) < ASLEEP_CPU_MAX
        };
        self.asleep = self.asleep.filter(sleeps).or((does == Does::Sleeps).then_some((look.now, cpu)));
        if let Some((since, _)) = self.asleep
            && look.now.saturating_duration_since(since) >= options.turn_asleep_max
            && others_sleep()
        {
            return Some(Hang::Asleep { since });
        }
        // Who waits for a processor stands still because the machine is busy.
        if does == Does::Runs || cpu.saturating_sub(self.moved.1) >= options.turn_still_cpu {
            self.moved = (look.now, cpu);
        } else if look.now.saturating_duration_since(self.moved.0) > options.turn_still_max {
            return Some(Hang::Stuck { since: self.moved.0 });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(1);
    const TURN: u64 = 1 << 32 | 1;

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn look(turn: u64, cpu: Duration, does: Does, now: Instant) -> Look {
        Look { turn, cpu_max: LIMIT, thread: ThreadView { cpu, does }, now }
    }

    /// What the other threads of the cell do.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Others {
        Sleep,
        Work,
    }

    /// Looks every 25 ms at one turn that uses `percent` of a core, and gives all that was found, with the milliseconds.
    fn found(percent: u32, does: Does, others: Others, until: u64) -> Vec<(u64, Hang)> {
        let (mut watch, options, start) =
            (TurnWatch::default(), SupervisorOptions::default(), Instant::now());
        let at_each = (0..until).step_by(25).filter_map(|at| {
            let look = look(TURN, millis(at) * percent / 100, does, start + millis(at));
            watch.look(&look, || others == Others::Sleep, &options).map(|hang| (at, hang))
        });
        // The cell is ended at the first that is more than news.
        let mut found = Vec::new();
        for (at, hang) in at_each {
            found.push((at, hang));
            if hang != Hang::RunsOn {
                break;
            }
        }
        found
    }

    fn kinds(found: &[(u64, Hang)]) -> Vec<(u64, &'static str)> {
        let kind = |hang: &Hang| match hang {
            Hang::RunsOn => "runs on",
            Hang::TooLong { .. } => "too long",
            Hang::Asleep { .. } => "asleep",
            Hang::Stuck { .. } => "stuck",
        };
        found.iter().map(|(at, hang)| (*at, kind(hang))).collect()
    }

    #[test]
    fn a_loop_that_the_cell_does_not_stop_is_noticed_within_100_ms_and_ended_later() {
        let found = found(100, Does::Runs, Others::Work, 60_000);
        assert_eq!(kinds(&found), [(1_100, "runs on"), (2_525, "too long")]);
        assert_eq!(found[1].1, Hang::TooLong { noticed_after: millis(100) });
    }

    #[test]
    fn a_turn_on_a_machine_that_gives_it_little_has_its_whole_cpu_time() {
        for percent in [5, 50] {
            let found = found(percent, Does::Runs, Others::Sleep, 60_000);
            let first = u64::from(100_000 / percent) * 1_075 / 1_000;
            assert!(found.first().is_some_and(|(at, _)| *at > first), "{percent} {found:?}");
        }
        assert_eq!(found(0, Does::Runs, Others::Sleep, 600_000), [], "it waits for a processor");
    }

    #[test]
    fn where_only_the_process_is_seen_its_other_threads_never_end_a_turn_before_its_time() {
        let found = found(400, Does::Else, Others::Work, 60_000);
        assert_eq!(kinds(&found), [(1_100, "runs on"), (2_525, "too long")]);
    }

    #[test]
    fn a_turn_that_sleeps_where_nobody_is_left_to_wake_it_is_found_within_100_ms() {
        assert_eq!(kinds(&found(0, Does::Sleeps, Others::Sleep, 60_000)), [(100, "asleep")]);
    }

    #[test]
    fn a_turn_that_waits_for_another_thread_or_a_disk_has_five_seconds() {
        assert_eq!(kinds(&found(0, Does::Sleeps, Others::Work, 60_000)), [(5_025, "stuck")]);
        assert_eq!(kinds(&found(0, Does::Else, Others::Sleep, 60_000)), [(5_025, "stuck")]);
    }

    #[test]
    fn who_was_seen_to_run_in_between_does_not_sleep() {
        let (mut watch, options, start) =
            (TurnWatch::default(), SupervisorOptions::default(), Instant::now());
        for at in (0..60_000).step_by(25) {
            // Asleep at three looks of four.
            let does = if at % 100 == 0 { Does::Runs } else { Does::Sleeps };
            let look = look(TURN, Duration::ZERO, does, start + millis(at));
            assert_eq!(watch.look(&look, || true, &options), None, "{at}");
        }
        let (mut watch, mut cpu) = (TurnWatch::default(), Duration::ZERO);
        for at in (0..20_000).step_by(25) {
            cpu += millis(1);
            let look = look(TURN, cpu, Does::Sleeps, start + millis(at));
            assert_eq!(watch.look(&look, || true, &options), None, "{at}");
        }
    }

    #[test]
    fn what_wakes_a_sleeper_for_a_moment_does_not_hide_it() {
        let (mut watch, options, start) =
            (TurnWatch::default(), SupervisorOptions::default(), Instant::now());
        let hang = (0..10_000).step_by(25).find_map(|at| {
            let look = look(TURN, Duration::from_micros(at), Does::Sleeps, start + millis(at));
            watch.look(&look, || true, &options)
        });
        assert!(matches!(hang, Some(Hang::Asleep { .. })), "{hang:?}");
    }

    #[test]
    fn short_turns_that_follow_each_other_never_hang() {
        let (mut watch, options, start) =
            (TurnWatch::default(), SupervisorOptions::default(), Instant::now());
        for at in (0..60_000).step_by(25) {
            let look = look(at << 32 | 1, millis(at), Does::Sleeps, start + millis(at));
            assert_eq!(watch.look(&look, || true, &options), None);
        }
    }

    #[test]
    fn time_between_turns_is_nobodys() {
        let (mut watch, options, start) =
            (TurnWatch::default(), SupervisorOptions::default(), Instant::now());
        for at in (0..60_000).step_by(25) {
            let look = look(TURN, millis(at), Does::Sleeps, start + millis(at));
            assert_eq!(watch.look(&look, || true, &options), None);
            watch.is_over();
        }
    }

    #[test]
    fn time_in_which_the_host_slept_is_never_held_against_a_turn() {
        for does in [Does::Sleeps, Does::Else] {
            let (mut watch, options, start) =
                (TurnWatch::default(), SupervisorOptions::default(), Instant::now());
            let at = |seconds: u64| look(TURN, Duration::ZERO, does, start + Duration::from_secs(seconds));
            assert_eq!(watch.look(&at(0), || true, &options), None);
            assert_eq!(watch.look(&Look { now: start + millis(25), ..at(0) }, || true, &options), None);
            watch.forgive(Duration::from_secs(100));
            assert_eq!(watch.look(&at(100), || true, &options), None);
        }
    }

    #[test]
    fn the_lower_half_of_a_turn_is_its_worker_plus_one() {
        assert_eq!(worker_of(7 << 32), None);
        assert_eq!(worker_of(7 << 32 | 1), Some(0));
        assert_eq!(worker_of(u64::MAX), Some(u32::MAX - 1));
    }

    #[test]
    fn a_turn_has_used_what_its_process_has_and_not_more_than_has_passed() {
        let (mut watch, options, start) =
            (TurnWatch::default(), SupervisorOptions::default(), Instant::now());
        assert_eq!(watch.used(millis(70), start), Duration::ZERO, "no turn was seen");
        watch.look(&look(TURN, millis(10), Does::Runs, start), || false, &options);
        assert_eq!(watch.used(millis(70), start + millis(80)), millis(60));
        assert_eq!(watch.used(millis(170), start + millis(80)), millis(80), "other threads worked along");
    }
}
