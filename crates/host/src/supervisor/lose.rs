//! The end of cells: those that are lost, and those that are not needed any more.

use std::{rc::Rc, sync::Arc, time::Duration};

use mote_wire::control::ToCell;
use tokio::time::{Instant, timeout};

use super::{
    Supervisor,
    blame::Scene,
    hang::worker_of,
    incident::{Culprit, Incident, IncidentKind},
    live::{LiveCell, Loss, Stage},
    pens::{Alone, PenKey, Predecessor},
    suspicion::Sign,
    worker::Worker,
};

/// How long the page of a killed process is waited for: until then it may still count events that begin.
const LAST_WORD_MAX: Duration = Duration::from_millis(100);

/// Who was in a cell.
struct Company {
    /// Those with events under way first.
    workers: Vec<Arc<str>>,
    with_events: Vec<Arc<str>>,
    running: Option<Arc<str>>,
}

impl Supervisor {
    /// A cell is lost, if it is not yet: it is killed, its events get their answers, and others take its place.
    ///
    /// What has to be true before the next event comes is done before this returns.
    pub(super) fn lose(
        self: &Rc<Self>,
        cell: &Rc<LiveCell>,
        kind: IncidentKind,
        detail: String,
        since: Instant,
    ) {
        if cell.stage.get() == Stage::Over {
            return;
        }
        let came_up = cell.ready.borrow().is_some();
        let kind = if came_up || kind.is_hostile() { kind } else { IncidentKind::NotStarted };
        // First of all, so that nothing that follows comes here again.
        cell.stage.set(Stage::Over);
        cell.entrance.close();
        let (company, now) = (company_of(cell), Instant::now());
        cell.process.kill();
        self.cells.borrow_mut().remove(&cell.id);
        let culprits = self.blame(cell, kind, &company, now);
        self.replace(cell, now);
        for culprit in &culprits {
            self.settle(&culprit.worker);
        }
        let incident = incident_of(cell, kind, detail, &company, culprits, since);
        self.counts.incident(kind);
        self.watcher.incident(&incident);
        self.bury(cell, format!("{} ({})", kind.as_str(), incident.detail));
    }

    fn blame(&self, cell: &LiveCell, kind: IncidentKind, company: &Company, now: Instant) -> Vec<Culprit> {
        // For lack of memory the system kills whoever has much of it; of a small process it was a person who did it.
        let small = cell.measured.get().resident_bytes < cell.memory_bytes_max.get() / 4;
        if kind == IncidentKind::Killed && small {
            return Vec::new();
        }
        let alone = cell.given.borrow().all().count() == 1;
        let scene = Scene {
            kind,
            turn: company.running.as_ref(),
            sole: company.workers.first().filter(|_| alone),
            under_way: &company.with_events,
        };
        self.blame.borrow_mut().lost(&scene, now)
    }

    /// One of a cell's links has ended: it takes nothing any more, and if its process does not end as well, it left.
    pub(super) fn link_ended(self: &Rc<Self>, cell: &Rc<LiveCell>, or_else: IncidentKind) {
        if !cell.lives() {
            return;
        }
        let now = Instant::now();
        cell.stage.set(Stage::Dying);
        cell.entrance.close();
        self.replace(cell, now);
        let (this, cell) = (Rc::downgrade(self), cell.clone());
        tokio::task::spawn_local(async move {
            let Some(grace) = this.upgrade().map(|this| this.options.end_grace) else { return };
            // The one that waits for the process's end is faster, and knows more.
            if timeout(grace, cell.lost()).await.is_err()
                && let Some(this) = this.upgrade()
            {
                this.lose(&cell, or_else, "it closed its link and lived on".to_owned(), now);
            }
        });
    }

    /// Gets a cell for the seat of one that is gone, without waiting for the next event.
    fn replace(self: &Rc<Self>, cell: &Rc<LiveCell>, lost_at: Instant) {
        let Some((key, seat)) = self.unseat(cell) else {
            self.refill(cell.profile);
            return;
        };
        let needed = cell.given.borrow().len() > 0 && !self.is_closing();
        match key.alone {
            // A suspect that crashes again waits; its next event that is let in gets a cell.
            Alone::Suspect(_) => self.remove_seat(&key, seat),
            Alone::Nobody | Alone::Account(_) | Alone::Worker(_) if needed => {
                let predecessor = Predecessor { cell: cell.id, lost_at };
                let _ = self.fill(&key, seat, Some(predecessor));
            }
            Alone::Nobody | Alone::Account(_) | Alone::Worker(_) => self.remove_seat(&key, seat),
        }
    }

    /// A cell takes no new events and ends with its last one, at the latest after this time.
    pub(super) fn leave(&self, cell: &Rc<LiveCell>, time_max: Duration) {
        if !cell.lives() {
            return;
        }
        let seat = self.unseat(cell);
        if let Some((key, seat)) = seat {
            self.remove_seat(&key, seat);
        }
        let now = Instant::now();
        cell.stage.set(Stage::Leaving(now + time_max));
        cell.entrance.close();
        let mut given = cell.given.borrow_mut();
        let numbers: Vec<u32> = given.current().map(|(number, _)| number).collect();
        for number in numbers {
            given.retire(number, None);
        }
    }

    /// Ends a cell that is not needed any more. Nobody is blamed.
    pub(super) fn end(self: &Rc<Self>, cell: &Rc<LiveCell>, reason: &str) {
        if cell.stage.get() == Stage::Over {
            return;
        }
        let seat = self.unseat(cell);
        if let Some((key, seat)) = seat {
            self.remove_seat(&key, seat);
        }
        cell.stage.set(Stage::Over);
        cell.entrance.close();
        cell.process.kill();
        self.cells.borrow_mut().remove(&cell.id);
        self.bury(cell, reason.to_owned());
    }

    /// Ends the idle cell of a single tenant that was idle longest, to make room. False if there is none.
    pub(super) fn end_idlest(self: &Rc<Self>) -> bool {
        let idle = |cell: &&Rc<LiveCell>| {
            let alone = cell.pen().is_some_and(|pen| pen.alone != Alone::Nobody);
            alone && cell.takes_events() && cell.is_done()
        };
        let idlest =
            self.cells.borrow().values().filter(idle).min_by_key(|cell| cell.last_event.get()).cloned();
        if let Some(cell) = &idlest {
            self.end(cell, "its place was needed");
        }
        idlest.is_some()
    }

    /// Tells a killed cell's events what has become of it.
    fn bury(&self, cell: &Rc<LiveCell>, reason: String) {
        let cell = cell.clone();
        tokio::task::spawn_local(async move {
            // Not earlier: `lose` is also called from within the link.
            cell.link.close();
            let _ = timeout(LAST_WORD_MAX, cell.process.ended()).await;
            let begun = cell.process.begun();
            cell.loss.send_replace(Some(Rc::new(Loss { reason, begun })));
        });
    }

    /// A turn in this cell goes on past its limit. Until it ends, or is ended, nobody is sent here who could go elsewhere, and
    /// its worker's new events hold up no other cell.
    pub(super) fn spare_the_others(
        self: &Rc<Self>,
        cell: &Rc<LiveCell>,
        turn: u64,
        number: u32,
        now: Instant,
    ) {
        cell.runs_on.set(Some(turn));
        let worker = cell.given.borrow_mut().entry(number).map(|entry| entry.worker.clone());
        let is_alone =
            |worker: &Rc<Worker>| cell.given.borrow().all().all(|entry| entry.worker.name == worker.name);
        if let Some(worker) = worker.filter(|worker| !is_alone(worker)) {
            self.keep_apart(&worker, Sign::RunsOn, now + self.options.suspicion.runs_on_alone_for);
            self.settle(&worker.name);
        }
    }

    /// Makes a worker leave every cell where its new events do not go any more.
    pub(super) fn settle(self: &Rc<Self>, name: &str) {
        let now = Instant::now();
        let worker = self.workers.borrow().get(name).cloned();
        let key = worker.as_ref().map(|worker| self.pen_of(worker, now));
        for cell in self.living() {
            let number = cell.given.borrow().number_of(name);
            if let Some(number) = number
                && cell.pen() != key
            {
                cell.given.borrow_mut().retire(number, None);
                cell.tell_due(now);
            }
        }
    }

    /// Gives a worker a cell of its own, in the middle of its events: the others leave its cell.
    pub(super) fn move_company_out(self: &Rc<Self>, worker: &Rc<Worker>) {
        let now = Instant::now();
        let key = self.pen_of(worker, now);
        for cell in self.living() {
            let number = cell.given.borrow().number_of(&worker.name);
            let Some(number) = number.filter(|_| cell.pen().as_ref() != Some(&key)) else { continue };
            if is_idle(&cell, number) {
                cell.given.borrow_mut().retire(number, None);
            } else {
                self.leave_alone(&cell, number, &key, now);
            }
            cell.tell_due(now);
        }
    }

    /// All others leave this cell; it becomes the pen's.
    fn leave_alone(self: &Rc<Self>, cell: &Rc<LiveCell>, suspect: u32, key: &PenKey, now: Instant) {
        self.replace(cell, now);
        if !self.sit_alone(key, cell) {
            return;
        }
        let mut given = cell.given.borrow_mut();
        let others: Vec<u32> =
            given.current().map(|(number, _)| number).filter(|number| *number != suspect).collect();
        for number in others {
            given.retire(number, Some(now + self.options.suspect_grace));
        }
    }
}

fn is_idle(cell: &LiveCell, number: u32) -> bool {
    let mut given = cell.given.borrow_mut();
    let under_way = |count: &std::sync::atomic::AtomicU64| count.load(std::sync::atomic::Ordering::Relaxed);
    given.entry(number).is_none_or(|entry| under_way(&entry.under_way) == 0 && entry.inside == 0)
}

/// Who was in a cell, as its page and the host's own books say at this moment.
/// Some of the workers that a cell holds, those with events under way first.
pub(super) fn workers_of(cell: &LiveCell) -> Vec<Arc<str>> {
    company_of(cell).workers.into_iter().take(Incident::WORKERS_SHOWN_MAX).collect()
}

fn company_of(cell: &LiveCell) -> Company {
    let running = worker_of(cell.process.turn());
    let mut given = cell.given.borrow_mut();
    let running = running.and_then(|number| given.entry(number)).map(|entry| entry.worker.name.clone());
    let events = |entry: &super::given::Entry| entry.under_way.load(std::sync::atomic::Ordering::Relaxed);
    let with_events: Vec<Arc<str>> =
        given.all().filter(|entry| events(entry) > 0).map(|entry| entry.worker.name.clone()).collect();
    let without = given.all().filter(|entry| events(entry) == 0).map(|entry| entry.worker.name.clone());
    let workers = with_events.iter().cloned().chain(without).collect();
    Company { workers, with_events, running }
}

fn incident_of(
    cell: &LiveCell,
    kind: IncidentKind,
    detail: String,
    company: &Company,
    culprits: Vec<Culprit>,
    since: Instant,
) -> Incident {
    let shown = company.workers.iter().take(Incident::WORKERS_SHOWN_MAX);
    let detail = match (&company.running, kind) {
        (Some(worker), kind) if kind != IncidentKind::NotStarted => {
            format!("{detail}, in a turn of `{worker}`")
        }
        (Some(_) | None, _) => detail,
    };
    Incident {
        cell: cell.id,
        pid: cell.process.pid(),
        cordon: cell.cordon(),
        kind,
        detail,
        workers: shown.cloned().collect(),
        workers_held: company.workers.len(),
        events_under_way: cell.events(),
        culprits,
        noticed_after: since.elapsed(),
        lived: cell.born.elapsed(),
    }
}

/// The message for the kill switch.
pub(super) fn switch_message(number: u32, switch: super::worker::Switch) -> ToCell {
    match switch {
        super::worker::Switch::Off => ToCell::Stop { worker: number },
        super::worker::Switch::On => ToCell::Start { worker: number },
    }
}
