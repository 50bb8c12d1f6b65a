//! Newcomers come in one by one.
//!
//! Nothing is known of a version that was just deployed, and a cell runs one turn after the other: an event that is in the cell already
//! waits for whatever turn comes before it. So an event of a newcomer waits at the host until nobody else's code is about to begin
//! there. If that code takes long its cell takes nobody any more, and whoever waits goes to a fresh one: it had not reached code, so
//! nothing is sent twice.

use std::{rc::Rc, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};

use super::{
    Supervisor,
    hang::worker_of,
    lanes::Lane,
    live::{LiveCell, Stage},
    worker::Worker,
};

/// How often it is looked whether a newcomer's first turn is over. Only while somebody is at the entrance.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// So many looks in a row at which no turn runs: it waits for something else than a processor.
const LOOKS_IDLE: u32 = 5;
/// So many looks at all: one that has many short turns is none that others would have to wait for.
const LOOKS_MAX: u32 = 500;
/// Cells of a cordon that end with a newcomer's long turn, at once. Past it newcomers wait for one another: a process for each version that
/// somebody deploys is more than he may have.
const MAKING_WAY_MAX: usize = 8;

/// The right to be the one whose code begins in a cell.
pub(super) type Inside = OwnedSemaphorePermit;

/// The entrance of a cell.
#[derive(Debug)]
pub(super) struct Entrance(Arc<Semaphore>);

impl Default for Entrance {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Entrance {
    /// True if somebody is in it.
    pub(super) fn is_taken(&self) -> bool {
        self.0.available_permits() == 0
    }

    /// Nobody comes in any more; who waits goes elsewhere.
    pub(super) fn close(&self) {
        self.0.close();
    }
}

impl LiveCell {
    /// True if newcomers live in it.
    fn has_newcomers(&self) -> bool {
        self.is_in(Lane::New)
    }

    /// True if an event of a newcomer would have to wait at the entrance.
    pub(super) fn is_entered(&self) -> bool {
        self.has_newcomers() && self.entrance.is_taken()
    }

    /// Waits for an answer. Others may come in with it, or once the event's first turn is over.
    pub(super) async fn inside<T>(&self, inside: Option<Inside>, answer: impl Future<Output = T>) -> T {
        let Some(inside) = inside else { return answer.await };
        let mut answer = std::pin::pin!(answer);
        tokio::select! {
            biased;
            answer = &mut answer => return answer,
            () = self.first_turn() => drop(inside),
        }
        answer.await
    }

    /// Settles when all that was sent has reached code and none runs, or when that has taken long enough.
    async fn first_turn(&self) {
        let mut idle = 0;
        for _ in 0..LOOKS_MAX {
            sleep(LOOK_EVERY).await;
            let is_idle =
                self.process.begun() >= self.link.begun() && worker_of(self.process.turn()).is_none();
            idle = if is_idle { idle + 1 } else { 0 };
            if idle == LOOKS_IDLE {
                return;
            }
        }
    }
}

impl Supervisor {
    /// Waits until an event of a worker may be sent to a cell. Nothing, if events need not wait there; `None` if it has to go
    /// elsewhere.
    pub(super) async fn enter(&self, cell: &LiveCell, worker: &Worker) -> Option<Option<Inside>> {
        if !cell.has_newcomers() {
            return Some(None);
        }
        let inside = cell.entrance.0.clone().acquire_owned().await.ok()?;
        // Cell and worker may belong elsewhere by now.
        let still = cell.takes_events() && cell.pen() == Some(self.pen_of(worker, Instant::now()));
        still.then_some(Some(inside))
    }

    /// A long turn runs in this cell. If newcomers live there, a fresh one takes its seat, and it ends with the events that it has.
    pub(super) fn make_way(self: &Rc<Self>, cell: &Rc<LiveCell>) {
        let Some((key, seat, _)) = self.seat_of(cell).filter(|(key, ..)| key.lane == Lane::New) else {
            return;
        };
        let makes_way = |other: &Rc<LiveCell>| {
            matches!(other.stage.get(), Stage::Leaving(_)) && other.pen().as_ref() == Some(&key)
        };
        if self.living().iter().filter(|other| makes_way(other)).count() < MAKING_WAY_MAX {
            self.renew(&key, seat);
        }
    }
}
