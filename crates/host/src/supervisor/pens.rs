//! Which cells a worker may live in, and how they get there.
//!
//! A pen is a cordon, or one tenant's part of it, and has seats: places that one cell after the other takes. A worker's
//! seat is found by hashing, so that a fresh cell takes over just the workers of the one that it replaces.

use std::{
    rc::Rc,
    sync::{Arc, atomic::Ordering},
};

use mote_schedule::place::{SeatView, choose, fills};
use mote_wire::event::EventError;
use tokio::{sync::watch, time::Instant};

use super::{
    Supervisor,
    blame::Standing,
    errors,
    lanes::Lane,
    live::{LiveCell, Stage},
    options::{CordonOptions, PutError, Tenancy},
    spares::StartError,
    worker::{Suspicion, Worker, WorkerSpec},
};

/// How often an event looks for a place before it is turned away: places can be lost while it waits for them.
const TRIES_MAX: usize = 8;

/// Who is alone in a pen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Alone {
    /// Nobody: the cordon shares it.
    Nobody,
    /// One account.
    Account(Arc<str>),
    /// One worker that belongs to no account.
    Worker(Arc<str>),
    /// One worker that is in quarantine or under suspicion.
    Suspect(Arc<str>),
}

/// A pen's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PenKey {
    pub(super) cordon: Arc<str>,
    pub(super) alone: Alone,
    pub(super) lane: Lane,
}

/// A pen.
#[derive(Default)]
pub(super) struct Pen {
    pub(super) seats: Vec<Seat>,
    /// True while one more seat is on its way.
    growing: bool,
}

/// A place that one cell after the other takes.
pub(super) struct Seat {
    pub(super) number: u32,
    pub(super) cell: Option<Rc<LiveCell>>,
    filling: Option<Filling>,
}

/// Settles when a seat has got a cell, or will not get one.
type Filling = watch::Receiver<Option<StartError>>;

/// What an event finds.
enum Found {
    Cell(Rc<LiveCell>),
    Filling(Filling),
}

/// The cell whose place another takes, and since when it was missing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Predecessor {
    pub(super) cell: u64,
    pub(super) lost_at: Instant,
}

impl PenKey {
    /// Where a worker lives when nothing is held against it.
    pub(super) fn home_of(spec: &WorkerSpec, cordon: &str, options: &CordonOptions) -> Self {
        let alone = match (options.tenancy, &spec.account) {
            (Tenancy::Shared, _) => Alone::Nobody,
            (Tenancy::Dedicated, Some(account)) => Alone::Account(account.clone()),
            (Tenancy::Dedicated, None) => Alone::Worker(spec.name.clone()),
        };
        Self { cordon: cordon.into(), alone, lane: Lane::Light }
    }

    /// Its cell when it must be alone.
    pub(super) fn of_suspect(&self, worker: &Arc<str>) -> Self {
        Self { alone: Alone::Suspect(worker.clone()), ..self.clone() }
    }
}

impl Supervisor {
    /// The pen for a worker's new events.
    pub(super) fn pen_of(&self, worker: &Worker, now: Instant) -> PenKey {
        let standing = self.blame.borrow().standing(&worker.name, now);
        let home = worker.home.borrow();
        match (standing, worker.suspicion.get()) {
            (Standing::Free, Suspicion::None) => {
                PenKey { lane: self.lane_of(worker, &home, now), ..home.clone() }
            }
            (Standing::Free | Standing::Quarantined | Standing::Waiting(_), _) => {
                home.of_suspect(&worker.name)
            }
        }
    }

    pub(super) fn home_of(&self, spec: &WorkerSpec) -> Result<PenKey, PutError> {
        let cordon = spec.cordon.as_deref().unwrap_or(&self.options.cordon_default);
        Ok(PenKey::home_of(spec, cordon, self.options.cordon(Some(cordon))?))
    }

    pub(super) fn cordon_of(&self, key: &PenKey) -> CordonOptions {
        self.options.cordons.get(&*key.cordon).cloned().unwrap_or_else(CordonOptions::shared)
    }

    /// A cell for the next event of a worker.
    pub(super) async fn place(self: &Rc<Self>, worker: &Rc<Worker>) -> Result<Rc<LiveCell>, EventError> {
        for _ in 0..TRIES_MAX {
            if self.is_closing() {
                return Err(errors::draining());
            }
            let now = Instant::now();
            if let Standing::Waiting(wait) = self.blame.borrow().standing(&worker.name, now) {
                return Err(errors::quarantined(wait));
            }
            let mut filling = match self.find(&self.pen_of(worker, now), worker) {
                Found::Cell(cell) => return Ok(cell),
                Found::Filling(filling) => filling,
            };
            // The channel closes when the seat has a cell, or is gone.
            if let Ok(failed) = filling.wait_for(Option::is_some).await
                && let Some(error) = &*failed
            {
                return Err(errors::no_cell(&error.to_string()));
            }
        }
        Err(errors::no_cell("each one was lost before it could be used"))
    }

    fn find(self: &Rc<Self>, key: &PenKey, worker: &Worker) -> Found {
        let choice = self.pens.borrow().get(key).map(|pen| {
            let choice = choose(worker.hash, pen.seats.iter().map(|seat| self.view(seat, worker)));
            let seat = pen.seats.iter().find(|seat| Some(seat.number) == choice.seat);
            (choice, seat.and_then(|seat| seat.cell.clone()).filter(|cell| cell.takes_events()))
        });
        let (seat, crowded) = match choice {
            Some((choice, Some(cell))) if !choice.crowded => return Found::Cell(cell),
            Some((choice, _)) => (choice.seat, choice.crowded),
            None => (None, true),
        };
        let mut pens = self.pens.borrow_mut();
        let pen = pens.entry(key.clone()).or_default();
        let number = seat.unwrap_or_else(|| pen.add_seat());
        let grow = crowded && seat.is_some() && !pen.growing;
        let seat = pen.seats.iter().find(|seat| seat.number == number);
        let ready = seat.and_then(|seat| seat.cell.clone()).filter(|cell| cell.takes_events());
        drop(pens);
        if grow {
            self.grow(key);
        }
        match ready {
            Some(cell) => Found::Cell(cell),
            None => match self.fill(key, number, None) {
                Ok(cell) => Found::Cell(cell),
                Err(filling) => Found::Filling(filling),
            },
        }
    }

    fn view(&self, seat: &Seat, worker: &Worker) -> SeatView {
        let Some(cell) = seat.cell.as_ref().filter(|cell| cell.takes_events()) else {
            return SeatView { seat: seat.number, holds: false, busy: false, full: false };
        };
        let given = cell.given.borrow();
        let entry = given.entry_of(&worker.name);
        // A busy cell keeps whoever is warm there, unless he is what makes it busy: elsewhere he would have to be started. From
        // one whose turn goes on and on all go who can.
        let stays = entry.filter(|_| !cell.runs_on()).is_some_and(|entry| {
            entry.warm && !fills(entry.under_way.load(Ordering::Relaxed), cell.events())
        });
        let busy = cell.is_entered() || (!stays && cell.is_busy(&self.options));
        SeatView { seat: seat.number, holds: entry.is_some(), busy, full: cell.is_full() }
    }

    /// Has a fresh cell take a seat: the one that comes makes the one that has it leave.
    pub(super) fn renew(self: &Rc<Self>, key: &PenKey, number: u32) {
        // One that is on its way already does as well.
        let _ = self.fill(key, number, None);
    }

    /// Gets a cell for a seat: a spare at once, or one that has to be started first.
    pub(super) fn fill(
        self: &Rc<Self>,
        key: &PenKey,
        number: u32,
        instead_of: Option<Predecessor>,
    ) -> Result<Rc<LiveCell>, Filling> {
        if let Some(filling) = self.with_seat(key, number, |seat| seat.filling.clone()).flatten() {
            return Err(filling);
        }
        let profile = self.cordon_of(key).profile;
        if let Some(cell) = self.spare(profile) {
            self.sit(key, number, &cell, instead_of);
            return Ok(cell);
        }
        let (sender, filling) = watch::channel(None);
        self.with_seat(key, number, |seat| seat.filling = Some(filling.clone()));
        let (this, key) = (self.clone(), key.clone());
        tokio::task::spawn_local(async move {
            let started = this.blank(profile).await;
            this.with_seat(&key, number, |seat| seat.filling = None);
            match started {
                Ok(cell) => this.sit(&key, number, &cell, instead_of),
                Err(error) => {
                    sender.send_replace(Some(error));
                }
            }
        });
        Err(filling)
    }

    /// One more seat for a pen, once there is a cell for it: until then its workers stay where they are.
    fn grow(self: &Rc<Self>, key: &PenKey) {
        let cordon = self.cordon_of(key);
        let seats_max = match key.alone {
            Alone::Suspect(_) => 1,
            Alone::Nobody | Alone::Account(_) | Alone::Worker(_) => cordon.cells_max.max(1),
        };
        let may = self.with_pen(key, |pen| {
            let may = pen.seats.len() < seats_max && !pen.growing;
            pen.growing |= may;
            may
        });
        if may != Some(true) {
            return;
        }
        let (this, key) = (self.clone(), key.clone());
        tokio::task::spawn_local(async move {
            let started = this.blank(cordon.profile).await;
            let seat = this.with_pen(&key, |pen| {
                pen.growing = false;
                started.is_ok().then(|| pen.add_seat())
            });
            match (started, seat.flatten()) {
                (Ok(cell), Some(seat)) => this.sit(&key, seat, &cell, None),
                (Ok(cell), None) => this.give_back(&cell),
                // It is crowded, and stays so for now.
                (Err(_), _) => {}
            }
        });
    }

    /// Gives a seat to a blank cell. The one that sat there leaves.
    fn sit(self: &Rc<Self>, key: &PenKey, number: u32, cell: &Rc<LiveCell>, instead_of: Option<Predecessor>) {
        let cordon = self.cordon_of(key);
        let seat = self.with_seat(key, number, |_| ());
        if cell.stage.get() != Stage::Blank || seat.is_none() || !cell.belong(key) {
            self.give_back(cell);
            return;
        }
        cell.stage.set(Stage::Seated);
        cell.memory_bytes_max.set(cordon.memory_bytes_max);
        cell.process.set_memory_max(cordon.memory_bytes_max);
        cell.last_event.set(Instant::now());
        if key.lane != Lane::Light {
            cell.process.give_way();
        }
        let before = self.with_seat(key, number, |seat| seat.cell.replace(cell.clone())).flatten();
        if let Some(before) = before {
            self.leave(&before, self.options.drain_max);
        }
        if let Some(Predecessor { cell: old, lost_at }) = instead_of {
            let after = lost_at.elapsed();
            self.counts.replaced(after);
            self.watcher.replaced(old, cell.id, after);
        }
    }

    /// Takes a cell off its seat. Gives the seat's pen and number, if it had one.
    pub(super) fn unseat(&self, cell: &LiveCell) -> Option<(PenKey, u32)> {
        let key = cell.pen()?;
        let number = self.with_pen(&key, |pen| {
            let seat =
                pen.seats.iter_mut().find(|seat| seat.cell.as_ref().is_some_and(|sits| sits.id == cell.id));
            seat.map(|seat| {
                seat.cell = None;
                seat.number
            })
        });
        Some((key, number.flatten()?))
    }

    /// A cell's pen, the number of its seat, and how many seats the pen has.
    pub(super) fn seat_of(&self, cell: &LiveCell) -> Option<(PenKey, u32, usize)> {
        let key = cell.pen()?;
        let (number, seats) = self.with_pen(&key, |pen| {
            let seat =
                pen.seats.iter().find(|seat| seat.cell.as_ref().is_some_and(|sits| sits.id == cell.id));
            Some((seat?.number, pen.seats.len()))
        })??;
        Some((key, number, seats))
    }

    /// Takes a seat out of its pen, and the pen away with its last one.
    pub(super) fn remove_seat(&self, key: &PenKey, number: u32) {
        let mut pens = self.pens.borrow_mut();
        if let Some(pen) = pens.get_mut(key) {
            pen.seats.retain(|seat| seat.number != number);
            if pen.seats.is_empty() && !pen.growing {
                pens.remove(key);
            }
        }
    }

    /// Gives a new pen's first seat to a cell that is there already: a suspect's, whose company leaves.
    pub(super) fn sit_alone(&self, key: &PenKey, cell: &Rc<LiveCell>) -> bool {
        if !cell.belong(key) {
            return false;
        }
        let mut pens = self.pens.borrow_mut();
        let pen = pens.entry(key.clone()).or_default();
        let number = pen.add_seat();
        if let Some(seat) = pen.seats.iter_mut().find(|seat| seat.number == number) {
            seat.cell = Some(cell.clone());
        }
        cell.stage.set(Stage::Seated);
        true
    }

    fn with_pen<T>(&self, key: &PenKey, work: impl FnOnce(&mut Pen) -> T) -> Option<T> {
        self.pens.borrow_mut().get_mut(key).map(work)
    }

    fn with_seat<T>(&self, key: &PenKey, number: u32, work: impl FnOnce(&mut Seat) -> T) -> Option<T> {
        self.with_pen(key, |pen| pen.seats.iter_mut().find(|seat| seat.number == number).map(work)).flatten()
    }
}

impl Pen {
    /// Adds an empty seat with the lowest number that is free, so that hashing finds the same seats again.
    fn add_seat(&mut self) -> u32 {
        let number = (0..).find(|number| self.seats.iter().all(|seat| seat.number != *number)).unwrap_or(0);
        self.seats.push(Seat { number, cell: None, filling: None });
        number
    }
}
