//! Starts cells, and keeps blank ones ready, so that whoever loses one has the next within milliseconds.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, VecDeque},
    rc::Rc,
    time::Duration,
};

use mote_wire::link::{Ended, Link, LinkOptions, Side};
use tokio::{
    io::split,
    sync::{mpsc, oneshot},
    time::{Instant, timeout},
};

use super::{
    Supervisor,
    control::{self, QUEUE_MAX, Reader},
    incident::{IncidentKind, end_in_words},
    launch::{Launched, Order},
    live::{LiveCell, Stage},
    options::Profile,
    outgoing::Outgoing,
};

/// Cells that start at once. They need the cores; more would only take longer, each of them.
const STARTS_MAX: usize = 2;
/// How long nothing is started after a start that failed; it doubles up to the second.
const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(30);
/// Events that wait for a cell of one profile.
const WAITING_MAX: usize = 1_024;

/// Why there is no cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum StartError {
    #[error("the system refuses: {reason}")]
    Refused { reason: String },
    #[error("it did not come up: {reason}")]
    NotReady { reason: String },
    #[error("the node has as many as it may")]
    TooMany,
    #[error("the node is shutting down")]
    Closing,
}

type Waiting = oneshot::Sender<Result<Rc<LiveCell>, StartError>>;

/// The blank cells of one profile.
#[derive(Default)]
struct Stock {
    ready: VecDeque<Rc<LiveCell>>,
    waiting: VecDeque<Waiting>,
    starting: usize,
    failures: u32,
    /// Not before this time is another start tried, because of this.
    rests: Option<(Instant, StartError)>,
}

/// All blank cells.
#[derive(Default)]
pub(super) struct Spares {
    stocks: RefCell<HashMap<Profile, Stock>>,
    next_cell: Cell<u64>,
}

impl Spares {
    fn with<T>(&self, profile: Profile, work: impl FnOnce(&mut Stock) -> T) -> T {
        work(self.stocks.borrow_mut().entry(profile).or_default())
    }

    /// Forgets all of them; who waits is told so.
    pub(super) fn close(&self) -> Vec<Rc<LiveCell>> {
        let stocks = std::mem::take(&mut *self.stocks.borrow_mut());
        let mut cells = Vec::new();
        for stock in stocks.into_values() {
            cells.extend(stock.ready);
            for waiting in stock.waiting {
                let _ = waiting.send(Err(StartError::Closing));
            }
        }
        cells
    }
}

impl Supervisor {
    /// A blank cell that is ready, if there is one.
    pub(super) fn spare(self: &Rc<Self>, profile: Profile) -> Option<Rc<LiveCell>> {
        let spare = self.spares.with(profile, |stock| {
            stock.ready.retain(|cell| cell.stage.get() == Stage::Blank);
            stock.ready.pop_front()
        });
        self.refill(profile);
        spare
    }

    /// A blank cell, when there is one.
    pub(super) async fn blank(self: &Rc<Self>, profile: Profile) -> Result<Rc<LiveCell>, StartError> {
        if let Some(cell) = self.spare(profile) {
            return Ok(cell);
        }
        if self.is_closing() {
            return Err(StartError::Closing);
        }
        let on_its_way = self.spares.with(profile, |stock| stock.starting > stock.waiting.len());
        if !on_its_way && self.cells.borrow().len() >= self.options.cells_max && !self.end_idlest() {
            return Err(StartError::TooMany);
        }
        let (sender, waiting) = oneshot::channel();
        let now = Instant::now();
        self.spares.with(profile, |stock| match &stock.rests {
            // Events do not wait for what has just failed.
            Some((until, error)) if now < *until => Err(error.clone()),
            _ if stock.waiting.len() >= WAITING_MAX => Err(StartError::TooMany),
            _ => {
                stock.waiting.push_back(sender);
                Ok(())
            }
        })?;
        self.refill(profile);
        waiting.await.unwrap_or(Err(StartError::Closing))
    }

    /// A cell that was meant for a seat that is gone.
    pub(super) fn give_back(self: &Rc<Self>, cell: &Rc<LiveCell>) {
        if cell.stage.get() == Stage::Blank && !self.is_closing() {
            self.deliver(cell.profile, Ok(cell.clone()));
        } else if cell.lives() {
            self.end(cell, "nobody needs it any more");
        }
    }

    /// Starts as many blank cells as are missing.
    pub(super) fn refill(self: &Rc<Self>, profile: Profile) {
        let used = self.options.memory_bytes_max(profile).is_some();
        let spares = if used && !self.is_closing() { self.options.spares } else { 0 };
        let now = Instant::now();
        loop {
            let living = self.cells.borrow().len();
            let starts = self.spares.with(profile, |stock| {
                let missing = stock.waiting.len() + spares.saturating_sub(stock.ready.len());
                let rests = stock.rests.as_ref().is_some_and(|(until, _)| now < *until);
                // Spares never take the last places from those who wait. Where there is no room, whoever waits for more than
                // is on its way has to hear that.
                let room =
                    living + stock.starting < self.options.cells_max || stock.waiting.len() > stock.starting;
                let starts = missing > stock.starting && stock.starting < STARTS_MAX && !rests && room;
                stock.starting += usize::from(starts);
                starts
            });
            if !starts {
                return;
            }
            let this = self.clone();
            tokio::task::spawn_local(async move {
                let started = this.start(profile).await;
                this.spares.with(profile, |stock| stock.starting = stock.starting.saturating_sub(1));
                this.deliver(profile, started);
            });
        }
    }

    fn deliver(self: &Rc<Self>, profile: Profile, mut started: Result<Rc<LiveCell>, StartError>) {
        if self.is_closing() {
            if let Ok(cell) = started {
                self.end(&cell, "the node is shutting down");
            }
            return;
        }
        let rest = self.spares.with(profile, |stock| {
            if let Err(error) = started {
                for waiting in stock.waiting.drain(..) {
                    let _ = waiting.send(Err(error.clone()));
                }
                let rest = RETRY_MIN.saturating_mul(1 << stock.failures.min(16)).min(RETRY_MAX);
                stock.failures = stock.failures.saturating_add(1);
                stock.rests = Some((Instant::now() + rest, error));
                return Some(rest);
            }
            (stock.failures, stock.rests) = (0, None);
            while let (Ok(_), Some(waiting)) = (&started, stock.waiting.pop_front()) {
                match waiting.send(started) {
                    Ok(()) => return None,
                    Err(unwanted) => started = unwanted,
                }
            }
            stock.ready.extend(started);
            None
        });
        match rest {
            None => self.refill(profile),
            Some(rest) => {
                let this = Rc::downgrade(self);
                tokio::task::spawn_local(async move {
                    tokio::time::sleep(rest).await;
                    if let Some(this) = this.upgrade() {
                        this.refill(profile);
                    }
                });
            }
        }
    }

    /// Starts one cell and waits until it serves.
    async fn start(self: &Rc<Self>, profile: Profile) -> Result<Rc<LiveCell>, StartError> {
        let cell = self.spares.next_cell.get() + 1;
        self.spares.next_cell.set(cell);
        let memory_bytes_max = self.options.memory_bytes_max(profile).unwrap_or(u64::MAX);
        let began = Instant::now();
        let launching = self.launcher.launch(&Order { cell, profile, memory_bytes_max });
        let launched = timeout(self.options.start_max, launching).await;
        let refused = |reason: String| StartError::Refused { reason };
        let launched = launched.map_err(|_| refused("it takes too long".to_owned()))?;
        let launched = launched.map_err(|error| refused(error.to_string()))?;
        let cell = self.run(cell, profile, launched);
        let mut ready = cell.ready.subscribe();
        let came_up = async {
            tokio::select! {
                sandbox = ready.wait_for(Option::is_some) => Ok(sandbox.ok().and_then(|sandbox| sandbox.clone())),
                loss = cell.lost() => Err(loss.reason.clone()),
            }
        };
        match timeout(self.options.start_max.saturating_sub(began.elapsed()), came_up).await {
            Ok(Ok(sandbox)) if cell.stage.get() == Stage::Starting => {
                cell.stage.set(Stage::Blank);
                self.watcher.started(cell.id, &sandbox.unwrap_or_default(), began.elapsed());
                Ok(cell)
            }
            Ok(Ok(_)) => Err(StartError::NotReady { reason: "it was lost at once".to_owned() }),
            Ok(Err(reason)) => Err(StartError::NotReady { reason }),
            Err(_) => {
                let reason = "it did not say that it is ready".to_owned();
                self.lose(&cell, IncidentKind::NotStarted, reason.clone(), began);
                Err(StartError::NotReady { reason })
            }
        }
    }

    /// Everything that goes on with a process for as long as it lives.
    fn run(self: &Rc<Self>, id: u64, profile: Profile, launched: Launched) -> Rc<LiveCell> {
        let Launched { data, control, process } = launched;
        let options = LinkOptions {
            side: Side::Host,
            streams_max: self.options.streams_max,
            held_bytes_max: self.options.held_bytes_max,
        };
        let (link, driver) = Link::new(options);
        let (commands, queue) = mpsc::channel(QUEUE_MAX);
        let ended = process.ended();
        let cell = LiveCell::new(id, profile, process, link, commands, &self.options);
        self.cells.borrow_mut().insert(id, cell.clone());
        let (read, write) = split(control);
        tokio::task::spawn_local(control::write(queue, write, cell.progress.clone()));

        let (this, listened) = (Rc::downgrade(self), cell.clone());
        let reader = Reader::new(read, &self.options.control, cell.blob.clone(), cell.message_begun.clone());
        tokio::task::spawn_local(async move { Self::listen(this, listened, reader).await });

        let (this, driven) = (Rc::downgrade(self), cell.clone());
        tokio::task::spawn_local(async move {
            let outgoing = Outgoing { supervisor: this.clone(), cell: Rc::downgrade(&driven) };
            let ended = driver.run(data, outgoing).await;
            let Some(this) = this.upgrade() else { return };
            match ended {
                Ended::Violation(violation) => {
                    let now = Instant::now();
                    this.lose(&driven, IncidentKind::BadLink, violation.to_string(), now);
                }
                Ended::Closed | Ended::Io(_) => this.link_ended(&driven, IncidentKind::BadLink),
            }
        });

        let (this, watched) = (Rc::downgrade(self), cell.clone());
        tokio::task::spawn_local(async move {
            let end = ended.await;
            if let Some(this) = this.upgrade() {
                let seen_at = this.looked_at.get();
                let kind = match IncidentKind::of_end(end) {
                    IncidentKind::Killed if watched.process.has_run_out_of_memory() => {
                        IncidentKind::OutOfMemory
                    }
                    kind => kind,
                };
                this.lose(&watched, kind, end_in_words(end), seen_at);
            }
        });
        cell
    }

    /// Blank cells that have become old are replaced by fresh ones.
    pub(super) fn renew_spares(self: &Rc<Self>, now: Instant) {
        let old_at = |cell: &LiveCell| cell.born + self.options.spare_age_max;
        for profile in [Profile::Jit, Profile::Jitless] {
            let old: VecDeque<_> = self.spares.with(profile, |stock| {
                let (old, ready) = stock.ready.drain(..).partition(|cell| now >= old_at(cell));
                stock.ready = ready;
                old
            });
            for cell in old {
                self.end(&cell, "it was a spare for too long");
            }
            self.refill(profile);
        }
    }
}
