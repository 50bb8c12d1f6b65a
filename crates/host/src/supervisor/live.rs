//! One cell, from its start to its end.

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use mote_wire::{
    control::{IsolateCounts, ToCell},
    link::Link,
};
use tokio::{
    sync::{Semaphore, mpsc, oneshot, watch},
    time::Instant,
};

use super::{
    contained::Kept,
    control::{BlobAsked, Command, Progress},
    counting::LastCount,
    entrance::Entrance,
    given::{Given, Telling},
    hang::TurnWatch,
    lanes::Lane,
    launch::Process,
    options::{Profile, SupervisorOptions},
    overdue::Waits,
    pens::PenKey,
};

/// How far a cell is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its process runs and does not serve yet.
    Starting,
    /// It serves and belongs to nobody.
    Blank,
    /// It has a seat in a cordon.
    Seated,
    /// It takes no new events, and ends with its last one or at this time.
    Leaving(Instant),
    /// Its links have ended, and the reason is not known yet.
    Dying,
    /// It is no more.
    Over,
}

/// How a cell was lost, for the events that were under way in it.
#[derive(Debug)]
pub(super) struct Loss {
    /// In words.
    pub(super) reason: String,
    /// Requests of the data link from this index on had not begun.
    pub(super) begun: u64,
}

/// What is known of a cell's answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pings {
    pub(super) last: u64,
    pub(super) asked_at: Instant,
    /// When it last answered.
    pub(super) answered_at: Instant,
    /// True until it has answered the last one.
    pub(super) open: bool,
}

/// What was measured of a process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    pub(super) resident_bytes: u64,
    /// When that was, and how much CPU time it had used by then.
    pub(super) memory_at: Instant,
    pub(super) memory_cpu: Duration,
    pub(super) cpu: Duration,
    /// CPU time over the last second, in percent of a core.
    pub(super) cpu_percent: u64,
    /// When that second ended.
    pub(super) at: Instant,
}

/// A cell that has events, and has shown no turn and sent nothing for a while.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quiet {
    /// Frames that had come from it by then.
    pub(super) heard: u64,
    pub(super) since: Instant,
    /// CPU time of the thread that runs turns when it was looked at first.
    pub(super) cpu: Option<Duration>,
    pub(super) looked_at: Instant,
}

/// The worker that a cell was asked to prepare, and who waits for it.
pub(super) struct Asked {
    pub(super) worker: u32,
    pub(super) answer: oneshot::Sender<Result<Bytes, String>>,
}

/// A cell.
pub(super) struct LiveCell {
    pub(super) id: u64,
    pub(super) profile: Profile,
    pub(super) born: Instant,
    pub(super) process: Rc<dyn Process>,
    pub(super) link: Link,
    commands: mpsc::Sender<Command>,
    pub(super) stage: Cell<Stage>,
    /// Set once: a cell that has held a worker of a cordon never holds one of another.
    cordon: OnceCell<Arc<str>>,
    pen: RefCell<Option<PenKey>>,
    pub(super) memory_bytes_max: Cell<u64>,
    pub(super) given: RefCell<Given>,
    /// Permission to have it load a worker.
    pub(super) deploys: Semaphore,
    /// Where newcomers' events wait for one another.
    pub(super) entrance: Entrance,
    pub(super) under_way: Arc<AtomicU64>,
    pub(super) last_event: Cell<Instant>,
    /// Events that have no answer so far.
    pub(super) waits: Waits,
    pub(super) turns: RefCell<TurnWatch>,
    pub(super) last_count: RefCell<LastCount>,
    pub(super) quiet: Cell<Option<Quiet>>,
    /// The last turn that went on past its limit.
    pub(super) runs_on: Cell<Option<u64>>,
    pub(super) pings: Cell<Pings>,
    pub(super) progress: Rc<Progress>,
    /// What it may hand over.
    pub(super) blob: Rc<BlobAsked>,
    /// Who waits for what it was asked to prepare, and for which of its workers.
    pub(super) preparing: RefCell<Option<Asked>>,
    pub(super) measured: Cell<Measured>,
    /// What it says of its isolates.
    pub(super) isolates: Cell<IsolateCounts>,
    /// When the log told last that it has left an isolate behind.
    pub(super) left_told_at: Cell<Option<Instant>>,
    /// What it was told that its isolates may hold; zero if nothing.
    pub(super) budget_bytes: Cell<u64>,
    /// What it says that holds it; nothing before it is ready.
    pub(super) ready: watch::Sender<Option<Rc<[String]>>>,
    pub(super) loss: watch::Sender<Option<Rc<Loss>>>,
    /// What it has tried and did not get.
    pub(super) contained: Kept,
    /// Since when a message of its is not whole.
    pub(super) message_begun: Rc<Cell<Option<Instant>>>,
}

impl LiveCell {
    pub(super) fn new(
        id: u64,
        profile: Profile,
        process: Rc<dyn Process>,
        link: Link,
        commands: mpsc::Sender<Command>,
        options: &SupervisorOptions,
    ) -> Rc<Self> {
        let now = Instant::now();
        Rc::new(Self {
            id,
            profile,
            born: now,
            process,
            link,
            commands,
            stage: Cell::new(Stage::Starting),
            cordon: OnceCell::new(),
            pen: RefCell::new(None),
            memory_bytes_max: Cell::new(options.memory_bytes_max(profile).unwrap_or(u64::MAX)),
            given: RefCell::default(),
            deploys: Semaphore::new(options.deploys_max),
            entrance: Entrance::default(),
            under_way: Arc::default(),
            last_event: Cell::new(now),
            waits: Waits::default(),
            turns: RefCell::default(),
            last_count: RefCell::default(),
            quiet: Cell::new(None),
            runs_on: Cell::new(None),
            pings: Cell::new(Pings { last: 0, asked_at: now, answered_at: now, open: false }),
            progress: Rc::default(),
            blob: Rc::default(),
            preparing: RefCell::new(None),
            isolates: Cell::default(),
            left_told_at: Cell::new(None),
            budget_bytes: Cell::new(0),
            measured: Cell::new(Measured {
                resident_bytes: 0,
                memory_at: now,
                memory_cpu: Duration::ZERO,
                cpu: Duration::ZERO,
                cpu_percent: 0,
                at: now,
            }),
            ready: watch::Sender::new(None),
            loss: watch::Sender::new(None),
            contained: Kept::default(),
            message_begun: Rc::default(),
        })
    }

    /// Gives it to a cordon, or to one tenant of its cordon. False if it belongs to another cordon already.
    pub(super) fn belong(&self, pen: &PenKey) -> bool {
        let cordon = self.cordon.get_or_init(|| pen.cordon.clone());
        if *cordon != pen.cordon {
            return false;
        }
        *self.pen.borrow_mut() = Some(pen.clone());
        true
    }

    /// Whose it is; `None` while it is blank.
    pub(super) fn pen(&self) -> Option<PenKey> {
        self.pen.borrow().clone()
    }

    /// True if it is in this lane of its cordon.
    pub(super) fn is_in(&self, lane: Lane) -> bool {
        self.pen.borrow().as_ref().is_some_and(|pen| pen.lane == lane)
    }

    /// Its cordon; `None` while it is blank.
    pub(super) fn cordon(&self) -> Option<Arc<str>> {
        self.cordon.get().cloned()
    }

    /// True if new events may go to it.
    pub(super) fn takes_events(&self) -> bool {
        self.stage.get() == Stage::Seated
    }

    /// True if its process should be there.
    pub(super) fn lives(&self) -> bool {
        !matches!(self.stage.get(), Stage::Dying | Stage::Over)
    }

    pub(super) fn events(&self) -> u64 {
        self.under_way.load(Ordering::Relaxed)
    }

    /// True if nothing goes on in it, as far as host and cell know.
    pub(super) fn is_done(&self) -> bool {
        self.events() == 0 && self.given.borrow().all().all(|entry| entry.inside == 0)
    }

    pub(super) fn is_busy(&self, options: &SupervisorOptions) -> bool {
        self.runs_on()
            || self.events() >= options.busy_events
            || self.measured.get().cpu_percent >= options.busy_cpu_percent
    }

    /// True if the turn that runs has gone on past its limit.
    pub(super) fn runs_on(&self) -> bool {
        self.runs_on.get().is_some_and(|turn| self.process.turn() == turn)
    }

    /// True if it has no room for a worker that it does not have.
    pub(super) fn is_full(&self) -> bool {
        self.measured.get().resident_bytes > self.memory_bytes_max.get() / 4 * 3
    }

    /// Sends a message. False if it is too long, or the cell has not read for so long that it must be lost.
    #[must_use]
    pub(super) fn tell(&self, message: &ToCell, blob: Bytes) -> bool {
        self.tell_with(message, [blob, Bytes::new()])
    }

    /// The same, with a blob in two parts.
    #[must_use]
    pub(super) fn tell_with(&self, message: &ToCell, blobs: [Bytes; 2]) -> bool {
        Command::new(message, blobs).is_some_and(|command| self.commands.try_send(command).is_ok())
    }

    /// Tells it what is due about workers that leave; as much as it can take now, since the rest has time.
    pub(super) fn tell_due(&self, now: Instant) {
        let room = self.commands.capacity() / 2;
        for telling in self.given.borrow_mut().due(now, room) {
            let message = match telling {
                Telling::Stop(worker) => ToCell::Stop { worker },
                Telling::Remove(worker) => ToCell::Remove { worker },
            };
            // There is room; and if not, it does not answer pings either.
            let _ = self.tell(&message, Bytes::new());
        }
    }

    /// Settles when it is lost or over.
    pub(super) async fn lost(&self) -> Rc<Loss> {
        let mut loss = self.loss.subscribe();
        let seen = loss.wait_for(Option::is_some).await.ok().and_then(|loss| loss.clone());
        // The sender is `self`, so it is there.
        seen.unwrap_or_else(|| Rc::new(Loss { reason: "it is gone".to_owned(), begun: u64::MAX }))
    }
}
