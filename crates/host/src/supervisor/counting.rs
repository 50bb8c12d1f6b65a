//! Tells by the processor's counters whose code may be reading its neighbours' memory.
//!
//! A side channel works by what it does to the processor: it teaches the predictor of branches and makes it guess wrong, it throws
//! data out of the caches, and it repeats one access thousands of times so that a slow clock sees the difference. All of that
//! is counted. Schwarzl et al., "Dynamic Process Isolation" (arXiv:2110.04751), judge so on Cloudflare Workers.
//!
//! Two ways around that detector are known (arXiv:2608.17043), and neither is open here. It judged an event at its end, and an
//! event can last for hours: here each look counts, and the worker is moved in the middle of its event. It set misses in relation to what
//! the whole event did, so that much I/O between hid them: here each look is judged alone, and a harmless one pays for no other.

use std::time::Duration;

use mote_sandbox::counters::Counted;
use tokio::time::Instant;

use super::{hang::worker_of, suspicion::Sign};

/// Whether the processor's counters are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// They are, where the machine has them.
    WherePossible,
    /// They are not even opened.
    Off,
}

/// When a worker gets a cell of its own because of what the processor counts while its code runs.
///
/// The bounds are those of programs that are known to be hard for a processor, far above what servers do. They are the same
/// for all processors, so an operator may want others: [`super::WorkerTotals::counted`] says what his workers do.
#[derive(Debug, Clone)]
pub struct CountingOptions {
    /// Whether it is looked at all.
    pub counting: Counting,
    /// Wrong guesses of branches, of 1,000 instructions, from which on a look stands out.
    pub branch_misses: u64,
    /// The same for accesses that find their memory in no cache.
    pub far_misses: u64,
    /// The same for reads that do not find it in the first one.
    pub near_misses: u64,
    /// A look at fewer instructions than this says nothing.
    pub instructions_min: u64,
    /// So many looks that stand out make a suspect.
    pub looks: u32,
    /// After so long half of those looks are forgotten.
    pub half_life: Duration,
}

impl Default for CountingOptions {
    fn default() -> Self {
        Self {
            counting: Counting::WherePossible,
            // The worst of known benchmarks have 10 to 15, servers have 2 to 8.
            branch_misses: 20,
            // A walk through more memory than the caches hold has a hundred and more, servers have 1 to 5.
            far_misses: 20,
            // A signal that is repeated through one set of the first cache misses at every fourth instruction or so.
            near_misses: 100,
            // Less than a millisecond.
            instructions_min: 1_000_000,
            // Two seconds of nothing else. The fastest attack known reads three bytes in that time.
            looks: 80,
            half_life: Duration::from_secs(60),
        }
    }
}

/// What was counted of a cell's thread at the last look.
#[derive(Debug, Default)]
pub(super) struct LastCount(Option<Mark>);

#[derive(Debug, Clone, Copy)]
struct Mark {
    turn: u64,
    counted: Counted,
}

impl LastCount {
    /// True if nothing has run since the last look, and nothing runs.
    pub(super) fn is_of(&self, turn: u64) -> bool {
        worker_of(turn).is_none() && self.0.is_some_and(|mark| mark.turn == turn)
    }

    /// Whose all of it was that came since the last look, and what. `None` if several workers ran.
    ///
    /// `turn` was read before the counters were, and `alone` after them: so what began in between is never somebody else's.
    pub(super) fn look(&mut self, turn: u64, counted: Counted, alone: u64) -> Option<(u32, Counted)> {
        let before = self.0.replace(Mark { turn, counted })?;
        // The turn that ran then, or the first that could come after it.
        let first = sequence(before.turn).wrapping_add(u32::from(worker_of(before.turn).is_none()));
        // Numbers of turns start over, so this asks which of the two is less than half a round behind.
        let alone_since_then = first.wrapping_sub(sequence(alone)) < 1 << 31;
        let number = worker_of(alone).filter(|_| alone_since_then)?;
        Some((number, counted.since(before.counted)))
    }
}

/// The upper half of what a page shows.
fn sequence(turn: u64) -> u32 {
    u32::try_from(turn >> 32).unwrap_or(0)
}

/// What the processor counted lately of one worker.
#[derive(Debug, Default)]
pub(super) struct Score {
    looks: u32,
    since: Option<Instant>,
}

impl Score {
    /// Adds a look at which nobody else ran. Gives the sign that this completes, if it does.
    pub(super) fn observe(
        &mut self,
        counted: Counted,
        now: Instant,
        options: &CountingOptions,
    ) -> Option<Sign> {
        let since = *self.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since).as_millis() / options.half_life.as_millis().max(1);
        if passed > 0 {
            self.looks = self.looks.checked_shr(u32::try_from(passed).unwrap_or(u32::MAX)).unwrap_or(0);
            self.since = Some(now);
        }
        let sign = sign_of(counted, options)?;
        self.looks = self.looks.saturating_add(1);
        (self.looks >= options.looks).then(|| {
            self.looks = 0;
            sign
        })
    }
}

/// What stands out, if anything does.
fn sign_of(counted: Counted, options: &CountingOptions) -> Option<Sign> {
    if counted.instructions < options.instructions_min {
        return None;
    }
    let past = |misses: u64, max: u64| {
        u128::from(misses) * 1_000 >= u128::from(max) * u128::from(counted.instructions)
    };
    if past(counted.near_misses, options.near_misses) {
        Some(Sign::MissesNear)
    } else if past(counted.far_misses, options.far_misses) {
        Some(Sign::MissesFar)
    } else if past(counted.branch_misses, options.branch_misses) {
        Some(Sign::GuessedWrong)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Counted = Counted {
        instructions: 50_000_000,
        branch_misses: 250_000,
        far_misses: 100_000,
        near_misses: 1_000_000,
    };

    fn turn(sequence: u32, label: u32) -> u64 {
        u64::from(sequence) << 32 | u64::from(label)
    }

    fn instructions(instructions: u64) -> Counted {
        Counted { instructions, ..Counted::default() }
    }

    /// Whom the second of two looks counts for.
    fn between(first: u64, second: u64, alone: u64) -> Option<(u32, u64)> {
        let mut last = LastCount::default();
        assert_eq!(last.look(first, instructions(1_000), first), None, "there is nothing before the first");
        last.look(second, instructions(1_500), alone).map(|(number, counted)| (number, counted.instructions))
    }

    #[test]
    fn only_a_time_in_which_one_worker_ran_counts_for_it() {
        assert_eq!(between(turn(7, 3), turn(7, 3), turn(7, 3)), Some((2, 500)), "one long turn");
        assert_eq!(between(turn(7, 3), turn(900, 3), turn(2, 3)), Some((2, 500)), "many short ones");
        assert_eq!(between(turn(7, 0), turn(9, 0), turn(8, 3)), Some((2, 500)), "from idle to idle");
        assert_eq!(between(turn(7, 3), turn(9, 3), turn(8, 3)), None, "another ran at first");
        assert_eq!(between(turn(7, 4), turn(9, 3), turn(8, 3)), None, "the same");
        assert_eq!(between(turn(7, 3), turn(9, 3), turn(9, 3)), None, "another ran between");
        assert_eq!(between(turn(7, 0), turn(9, 3), turn(9, 3)), None, "another ran after idleness");
        assert_eq!(between(turn(7, 3), turn(7, 0), turn(8, 4)), None, "another came while it was looked");
    }

    #[test]
    fn numbers_of_turns_that_start_over_confuse_nobody() {
        let last = u32::MAX;
        assert_eq!(between(turn(last, 3), turn(1, 3), turn(last - 5, 3)), Some((2, 500)));
        assert_eq!(between(turn(last, 0), turn(1, 3), turn(0, 3)), Some((2, 500)));
        assert_eq!(between(turn(last, 3), turn(1, 3), turn(0, 3)), None);
    }

    #[test]
    fn a_page_that_lies_breaks_nothing() {
        for alone in [0, u64::MAX, turn(0, u32::MAX), turn(u32::MAX, 0)] {
            let mut last = LastCount::default();
            for turn in [u64::MAX, 0, 1, u64::MAX - 1] {
                let _ = last.look(turn, instructions(turn), alone);
            }
        }
    }

    /// After how many looks of 25 ms such a worker is a suspect, if ever, and for what.
    fn found(of_look: impl Fn(u32) -> Option<Counted>) -> Option<(u32, Sign)> {
        let (mut score, options, start) = (Score::default(), CountingOptions::default(), Instant::now());
        (1..100_000).find_map(|look| {
            let now = start + Duration::from_millis(25) * look;
            score.observe(of_look(look)?, now, &options).map(|sign| (look, sign))
        })
    }

    #[test]
    fn what_a_side_channel_does_to_the_processor_is_found_in_seconds() {
        let repeats = Counted { near_misses: 10_000_000, ..CALM };
        assert_eq!(found(|_| Some(repeats)), Some((80, Sign::MissesNear)));
        let evicts = Counted { far_misses: 2_000_000, ..CALM };
        assert_eq!(found(|_| Some(evicts)), Some((80, Sign::MissesFar)));
        let mistrains = Counted { branch_misses: 1_500_000, ..CALM };
        assert_eq!(found(|_| Some(mistrains)), Some((80, Sign::GuessedWrong)));
    }

    #[test]
    fn harmless_work_between_never_hides_an_attack() {
        let repeats = Counted { near_misses: 10_000_000, ..CALM };
        let busy_between = |look| Some(if look % 10 == 0 { repeats } else { CALM });
        let (looks, sign) = found(busy_between).unwrap();
        assert!(sign == Sign::MissesNear && looks < 2_000, "{looks}");
    }

    #[test]
    fn honest_workers_are_left_alone() {
        assert_eq!(found(|_| Some(CALM)), None);
        // A collector that runs now and then, and code that starts cold.
        let cold = Counted { far_misses: 2_000_000, near_misses: 9_000_000, ..CALM };
        assert_eq!(found(|look| Some(if look % 100 == 0 { cold } else { CALM })), None);
        let few = Counted { instructions: 500_000, far_misses: 500_000, ..Counted::default() };
        assert_eq!(found(|_| Some(few)), None, "so little says nothing");
        assert_eq!(found(|_| Some(Counted::default())), None);
    }

    #[test]
    fn numbers_that_no_processor_counts_do_no_harm() {
        let most = u64::MAX;
        let all = Counted { instructions: most, branch_misses: most, far_misses: most, near_misses: most };
        assert!(found(|_| Some(all)).is_some());
        let (mut score, start) = (Score::default(), Instant::now());
        let options =
            CountingOptions { half_life: Duration::ZERO, looks: u32::MAX, ..CountingOptions::default() };
        for day in 0..100 {
            score.observe(all, start + Duration::from_secs(86_400) * day, &options);
        }
    }
}
