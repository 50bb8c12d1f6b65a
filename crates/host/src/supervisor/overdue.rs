//! Events whose answer does not come. A cell that is sound answers every event within its limits, if only to say that it took too
//! long; one that does not is lost.
//!
//! An event costs no timer of its own: the house-keeping looks at all that wait, once a second.

use std::{cell::RefCell, rc::Rc, time::Duration};

use slab::Slab;
use tokio::time::Instant;

use super::{Supervisor, incident::IncidentKind, live::LiveCell, worker::WorkerSpec};

/// Turns that a cell runs before it sees whose time is up: a round of its tasks.
const TURNS_BEFORE_MAX: u32 = 64;
/// How long an event that is overdue is waited for at last: time may have jumped, for host and cell alike, and then the cell is
/// about to answer.
const ANSWER_LAST: Duration = Duration::from_secs(10);

/// The events of one cell that wait for their answers.
#[derive(Default)]
pub(super) struct Waits(RefCell<Slab<Wait>>);

struct Wait {
    spec: Rc<WorkerSpec>,
    since: Instant,
    /// When it was first seen to be overdue.
    seen_at: Option<Instant>,
}

impl Wait {
    /// How long it may take.
    fn allowed(&self) -> Duration {
        let limits = &self.spec.limits;
        Duration::from_millis(limits.wall_ms.saturating_add(limits.wait_until_ms))
    }

    /// How long it may take in a cell that runs the turns of others before it looks at its clocks.
    fn allowed_at_last(&self, grace: Duration) -> Duration {
        let turns = Duration::from_millis(self.spec.limits.cpu_ms).saturating_mul(TURNS_BEFORE_MAX);
        self.allowed().saturating_add(turns).saturating_add(grace)
    }
}

/// An event that waits for its answer, for as long as this lives.
pub(super) struct Waiting<'a> {
    waits: &'a Waits,
    key: usize,
}

impl Waits {
    /// An event of this version waits from now on.
    pub(super) fn begin(&self, spec: &Rc<WorkerSpec>, since: Instant) -> Waiting<'_> {
        let wait = Wait { spec: spec.clone(), since, seen_at: None };
        Waiting { waits: self, key: self.0.borrow_mut().insert(wait) }
    }

    /// The version whose event is overdue and stays so, and since when.
    fn overdue(&self, now: Instant, grace: Duration) -> Option<(Rc<WorkerSpec>, Instant)> {
        let mut waits = self.0.borrow_mut();
        let stays = waits.iter_mut().map(|(_, wait)| wait).find_map(|wait| {
            if now.saturating_duration_since(wait.since) <= wait.allowed_at_last(grace) {
                return None;
            }
            let seen_at = *wait.seen_at.get_or_insert(now);
            (now.saturating_duration_since(seen_at) >= ANSWER_LAST).then_some(wait)
        })?;
        Some((stays.spec.clone(), stays.since + stays.allowed()))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.waits.0.borrow_mut().try_remove(self.key);
    }
}

impl Supervisor {
    /// Gives a cell up that leaves an event without an answer.
    pub(super) fn look_for_overdue(self: &Rc<Self>, cell: &Rc<LiveCell>, now: Instant) {
        if let Some((spec, since)) = cell.waits.overdue(now, self.options.answer_grace) {
            let reason = format!("it did not answer an event of `{}`", spec.name);
            self.lose(cell, IncidentKind::Silent, reason, since);
        }
    }
}
