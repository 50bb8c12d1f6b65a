//! Lanes: a worker that was seen to take long turns moves to cells of its cordon where others like it are, so that short turns
//! wait behind a long one only until it was seen for the first time.
//!
//! A version that was just deployed has a lane for newcomers, until it has shown that its turns are short: nobody else waits
//! for its first long one.
//!
//! A cell runs one turn after the other. The lanes of a cordon are processes of their own, and the kernel divides the CPU
//! between them; those that are not light give way to those that are.

use std::{rc::Rc, time::Duration};

use mote_wire::control::WorkerUse;
use tokio::time::Instant;

use super::{
    Supervisor,
    options::Lanes,
    pens::{Alone, PenKey},
    worker::Worker,
};

/// From as much CPU time on a turn is a long one: as much as a few dozen short ones, and less than a client notices.
pub(super) const LONG_TURN: Duration = Duration::from_millis(50);
/// How long after its last long turn a worker is among those with long ones.
const HEAVY_FOR: Duration = Duration::from_secs(10 * 60);
/// So many events without a long turn make a newcomer one of the others.
const PROOF_EVENTS: u64 = 3;

/// Which cells of a cordon a worker lives in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Lane {
    /// Those for short turns.
    #[default]
    Light,
    /// Those for versions of which nothing is known yet.
    New,
    /// Those for long ones.
    Heavy,
}

impl Lane {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::New => "new",
            Self::Heavy => "heavy",
        }
    }
}

impl Supervisor {
    /// Notes how long a worker's turns were. It moves when one was long, and back when none was for a while.
    pub(super) fn watch_turns(self: &Rc<Self>, worker: &Worker, used: &WorkerUse, now: Instant) {
        if Duration::from_micros(used.longest_turn_us) >= LONG_TURN {
            self.mark_heavy(worker, now);
            return;
        }
        let events = used.outcomes.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
        let left = worker.proof_events.get().map(|left| left.saturating_sub(events));
        worker.proof_events.set(left.filter(|left| *left > 0));
        if left == Some(0) && self.has_lanes(&worker.home.borrow()) {
            // Its next event finds it there.
            self.warm(&worker.name);
            self.settle(&worker.name);
        }
    }

    /// A worker was seen to take a long turn; the turn may run still.
    pub(super) fn mark_heavy(self: &Rc<Self>, worker: &Worker, now: Instant) {
        worker.proof_events.set(None);
        let before = worker.heavy_until.replace(Some(now + HEAVY_FOR));
        if before.is_none_or(|until| until <= now) && self.has_lanes(&worker.home.borrow()) {
            self.settle(&worker.name);
        }
    }

    /// Nothing is known yet of what a worker does: its version is new.
    pub fn mark_new(&self, name: &str) {
        if let Some(worker) = self.workers.borrow().get(name) {
            worker.proof_events.set(Some(PROOF_EVENTS));
        }
    }

    /// Moves those back that have had short turns for long enough.
    pub(super) fn review_lanes(self: &Rc<Self>, now: Instant) {
        let over = |worker: &&Rc<Worker>| worker.heavy_until.get().is_some_and(|until| until <= now);
        let lighter: Vec<_> = self.workers.borrow().values().filter(over).cloned().collect();
        for worker in lighter {
            worker.heavy_until.set(None);
            self.settle(&worker.name);
        }
    }

    /// The lane of a worker whose home is this pen.
    pub(super) fn lane_of(&self, worker: &Worker, home: &PenKey, now: Instant) -> Lane {
        let is_heavy = worker.heavy_until.get().is_some_and(|until| until > now);
        let lane = match worker.proof_events.get() {
            _ if is_heavy => Lane::Heavy,
            Some(_) => Lane::New,
            None => return Lane::Light,
        };
        if self.has_lanes(home) { lane } else { Lane::Light }
    }

    /// Whether the workers of a pen live in lanes. Who is alone disturbs nobody.
    fn has_lanes(&self, home: &PenKey) -> bool {
        home.alone == Alone::Nobody && self.cordon_of(home).lanes == Lanes::ByTurns
    }
}
