//! Cells that have left an isolate behind: they go on, and others take their place in good time.
//!
//! A turn that V8 does not stop is left by its cell (`mote_engine::leave`). Everybody's events are answered, but what the isolate
//! held stays with the process, and with it all that the turn was in the middle of. So the cell is replaced as one of old age is:
//! a fresh one takes the new events, and this one ends with its last.
//!
//! Where others live that is done at once. A worker that lives alone hurts nobody but itself, and would make the node start
//! one process after the other: its cell is replaced when what was left takes a good part of its memory.

use std::{rc::Rc, sync::Arc, time::Duration};

use mote_wire::control::LeftBehind;
use tokio::time::Instant;

use super::{
    Supervisor,
    given::Asker,
    live::LiveCell,
    pens::{Alone, PenKey},
    suspicion::Sign,
};

/// The part of a cell's memory that may be left behind in it where nobody else lives.
const LEFT_PART_MAX: u64 = 8;

/// How often the log tells of it for one cell: a cell can say it as often as it likes.
const TOLD_EVERY: Duration = Duration::from_secs(1);
/// Why a turn was stopped: what follows on "it". A cell that says something else means the last.
const REASONS: [&str; 3] = ["used more CPU time than it may", "used more memory than it may", "was stopped"];

impl Supervisor {
    /// A cell has left an isolate of this worker behind.
    pub(super) fn has_left(
        self: &Rc<Self>,
        cell: &Rc<LiveCell>,
        number: u32,
        left: &LeftBehind,
    ) -> Result<(), String> {
        let name: Arc<str> = match cell.given.borrow().asker(number) {
            Asker::Worker(spec) => spec.name.clone(),
            Asker::Gone => "(removed)".into(),
            Asker::Forged => return Err(format!("it spoke of its worker {number}, which it never got")),
        };
        let mut isolates = cell.isolates.get();
        (isolates.left, isolates.left_bytes) = (left.isolates, left.bytes);
        cell.isolates.set(isolates);
        self.counts.left();
        let now = Instant::now();
        if cell.left_told_at.get().is_none_or(|at| now.saturating_duration_since(at) >= TOLD_EVERY) {
            cell.left_told_at.set(Some(now));
            let why = REASONS.into_iter().find(|known| *known == left.why).unwrap_or("was stopped");
            self.watcher.left(cell.id, &name, why, left.bytes);
        }
        let worker = cell.given.borrow().worker(number);
        let has_company = cell.given.borrow().all().any(|entry| entry.worker.name != name);
        if let Some(worker) = worker.filter(|_| has_company) {
            let until = now + self.options.suspicion.runs_on_alone_for;
            self.keep_apart(&worker, Sign::Left, until);
            self.settle(&name);
        }
        self.renew_if_worn(cell);
        Ok(())
    }

    /// Has a fresh cell take the place of one in which too much was left behind.
    pub(super) fn renew_if_worn(self: &Rc<Self>, cell: &Rc<LiveCell>) {
        if let Some((key, seat, _)) = self.seat_of(cell)
            && is_worn(cell, &key)
        {
            self.renew(&key, seat);
        }
    }
}

fn is_worn(cell: &LiveCell, key: &PenKey) -> bool {
    let said = cell.isolates.get();
    match key.alone {
        Alone::Nobody | Alone::Account(_) => said.left > 0,
        Alone::Suspect(_) | Alone::Worker(_) => said.left_bytes > cell.memory_bytes_max.get() / LEFT_PART_MAX,
    }
}
