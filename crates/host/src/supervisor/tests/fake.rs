//! Cells that are tasks: they speak the real link and the real control messages, and do what the test says.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    io,
    rc::{Rc, Weak},
    time::Duration,
};

use http::Response;
use mote_sandbox::{
    counters::Counted,
    process::{Does, Ended, ThreadView},
};
use mote_wire::{
    control::{FromCell, IsolateCounts, LeftBehind, ToCell, WorkerUse, encode},
    http::full,
    link::{Link, LinkOptions, Receiver, Reply, Request, Side},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split},
    sync::watch,
    task::spawn_local,
    time::Instant,
};

use crate::supervisor::{
    Attempting, Attempts, Ending, Incident, IncidentKind, Launched, Launcher, Launching, Order, Outbound,
    Process, Watcher, WorkerSpec,
};

/// Code with this text in it never comes to its end.
pub(crate) const NEVER_LOADS: &str = "never loads";

/// A worker that no cell has ever had.
pub(super) const NOBODY: &str = "nobody";

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

/// How cells behave from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Acts {
    /// As they should.
    #[default]
    Serves,
    /// New ones are not even started.
    RefusesToStart,
    /// New ones never say that they are ready.
    NeverReady,
    /// They answer no ping.
    Deaf,
    /// They end when an event comes, before they look at it.
    DiesUnread,
}

/// What cells that have workers say at each ping.
#[derive(Default)]
pub(super) struct Says {
    pub(super) isolates: IsolateCounts,
    /// By name.
    pub(super) uses: HashMap<String, WorkerUse>,
    /// The worker of which they have left an isolate behind, if they have it, and bytes.
    pub(super) left: Option<(&'static str, u64)>,
}

/// A turn of the first worker that a cell was given.
#[derive(Debug, Clone, Copy)]
pub(super) struct FakeTurn {
    /// CPU time that its page says it may use.
    pub(super) budget: Duration,
    /// Whether its page shows it.
    pub(super) is_shown: bool,
    /// What it uses, in percent of a core.
    pub(super) percent: u32,
    pub(super) does: Does,
    pub(super) others_sleep: bool,
    /// What the processor counts of it in a millisecond, if it counts.
    pub(super) counted: Option<Counted>,
}

/// Starts them, and holds their strings.
#[derive(Default)]
pub(crate) struct FakeCells {
    acts: Rc<Cell<Acts>>,
    starts: Cell<u64>,
    deploys: Rc<Cell<u64>>,
    budget: Rc<Cell<u64>>,
    memory: Rc<Cell<u64>>,
    computes: Rc<Cell<u32>>,
    says: Rc<RefCell<Says>>,
    cells: RefCell<Vec<Weak<FakeCell>>>,
}

impl FakeCells {
    pub(crate) fn set(&self, acts: Acts) {
        self.acts.set(acts);
    }

    pub(super) fn say(&self, says: Says) {
        self.says.replace(says);
    }

    pub(crate) fn set_memory(&self, bytes: u64) {
        self.memory.set(bytes);
    }

    /// All processes use so much of a core, in percent.
    pub(super) fn compute(&self, percent: u32) {
        self.computes.set(percent);
    }

    /// A turn begins in this cell, or none runs there any more.
    pub(super) fn set_turn(&self, cell: &str, turn: Option<FakeTurn>) {
        let cells = self.cells.borrow();
        let cell = cells.iter().filter_map(Weak::upgrade).find(|known| known.number.to_string() == cell);
        cell.unwrap().turn.set(turn.map(|turn| (turn, Instant::now())));
    }

    pub(crate) fn starts(&self) -> u64 {
        self.starts.get()
    }

    /// Cells say of a worker that its longest turn takes as long as this.
    pub(crate) fn set_longest_turn(&self, worker: &str, us: u64) {
        let used = WorkerUse { longest_turn_us: us, ..WorkerUse::default() };
        self.says.borrow_mut().uses.insert(worker.to_owned(), used);
    }

    /// What a cell was told last that its isolates may hold.
    pub(crate) fn budget(&self) -> u64 {
        self.budget.get()
    }

    pub(crate) fn deploys(&self) -> u64 {
        self.deploys.get()
    }

    /// Ends every cell, as a person does.
    pub(crate) fn kill_all(&self) {
        for cell in self.cells.borrow().iter().filter_map(Weak::upgrade) {
            cell.end(Ended::Killed(9));
        }
    }

    pub(crate) fn living(&self) -> usize {
        let cells = self.cells.borrow();
        cells.iter().filter_map(Weak::upgrade).filter(|cell| cell.ended.borrow().is_none()).count()
    }
}

impl Launcher for FakeCells {
    fn launch(&self, order: &Order) -> Launching {
        self.starts.set(self.starts.get() + 1);
        if self.acts.get() == Acts::RefusesToStart {
            return Box::pin(std::future::ready(Err(io::Error::other("no more processes"))));
        }
        let (data, cells_data) = duplex(1 << 20);
        let (control, cells_control) = duplex(1 << 20);
        let (ended, _) = watch::channel(None);
        let (memory, computes) = (self.memory.clone(), self.computes.clone());
        let cell = Rc::new(FakeCell {
            number: order.cell,
            born: Instant::now(),
            ended,
            begun: Cell::new(0),
            turn: Cell::new(None),
            burns: Cell::new(false),
            label: Cell::new(1),
            memory,
            computes,
        });
        self.cells.borrow_mut().push(Rc::downgrade(&cell));
        let answers = Answers { cell: cell.clone(), acts: self.acts.clone(), unread: RefCell::default() };
        spawn_local(until_end(cell.clone(), async move {
            let (_link, driver) =
                Link::new(LinkOptions { side: Side::Cell, streams_max: 16_384, held_bytes_max: usize::MAX });
            driver.run(cells_data, answers).await;
        }));
        let (deploys, budget, says) = (self.deploys.clone(), self.budget.clone(), self.says.clone());
        let talking = talk(cells_control, self.acts.clone(), deploys, budget, says);
        spawn_local(until_end(cell.clone(), async move { drop(talking.await) }));
        let launched = Launched { data: Box::new(data), control: Box::new(control), process: cell };
        Box::pin(std::future::ready(Ok(launched)))
    }
}

/// A cell, as the supervisor sees its process.
struct FakeCell {
    number: u64,
    born: Instant,
    ended: watch::Sender<Option<Ended>>,
    begun: Cell<u64>,
    turn: Cell<Option<(FakeTurn, Instant)>>,
    /// Whether a turn runs that other events wait for.
    burns: Cell<bool>,
    /// What the page shows of whose turn it is.
    label: Cell<u32>,
    memory: Rc<Cell<u64>>,
    computes: Rc<Cell<u32>>,
}

impl FakeCell {
    /// Runs a turn of this worker that computes for nine tenths of a second.
    async fn burn(&self, worker: u32) {
        let turn = FakeTurn {
            budget: Duration::from_secs(1),
            is_shown: true,
            percent: 100,
            does: Does::Runs,
            others_sleep: false,
            counted: None,
        };
        self.burns.set(true);
        self.label.set(worker + 1);
        self.turn.set(Some((turn, Instant::now())));
        tokio::time::sleep(Duration::from_millis(900)).await;
        self.turn.set(None);
        self.label.set(1);
        self.burns.set(false);
    }

    fn end(&self, how: Ended) {
        self.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            ended.get_or_insert(how);
            first
        });
    }
}

impl Process for FakeCell {
    fn pid(&self) -> u32 {
        u32::try_from(self.number).unwrap()
    }

    fn ended(&self) -> Ending {
        let mut ended = self.ended.subscribe();
        Box::pin(async move {
            match ended.wait_for(Option::is_some).await.ok().and_then(|ended| *ended) {
                Some(ended) => ended,
                None => std::future::pending().await,
            }
        })
    }

    fn kill(&self) {
        self.end(Ended::Killed(9));
    }

    fn turns_thread(&self) -> Option<ThreadView> {
        let (turn, began) = self.turn.get()?;
        Some(ThreadView { cpu: began.elapsed() * turn.percent / 100, does: turn.does })
    }

    fn others_sleep(&self) -> bool {
        self.turn.get().is_some_and(|(turn, _)| turn.others_sleep)
    }

    fn cpu_time(&self) -> Option<Duration> {
        Some(self.born.elapsed() * self.computes.get() / 100)
    }

    fn resident_bytes(&self) -> Option<u64> {
        Some(self.memory.get())
    }

    fn counted(&self) -> Option<Counted> {
        let (turn, began) = self.turn.get()?;
        let (of_ms, ms) = (turn.counted?, u64::try_from(began.elapsed().as_millis()).unwrap());
        Some(Counted {
            instructions: of_ms.instructions * ms,
            branch_misses: of_ms.branch_misses * ms,
            far_misses: of_ms.far_misses * ms,
            near_misses: of_ms.near_misses * ms,
        })
    }

    fn alone(&self) -> u64 {
        1 << 32 | 1
    }

    fn turn(&self) -> u64 {
        if self.turn.get().is_some_and(|(turn, _)| turn.is_shown) {
            1 << 32 | u64::from(self.label.get())
        } else {
            1 << 32
        }
    }

    fn turn_budget_us(&self) -> u64 {
        self.turn.get().map_or(0, |(turn, _)| u64::try_from(turn.budget.as_micros()).unwrap())
    }

    fn begun(&self) -> u64 {
        self.begun.get()
    }

    fn forbidden_call(&self, _listener: i32) -> io::Result<Attempting> {
        Ok(Box::pin(std::future::pending()))
    }
}

/// Goes on until the process ends; what it held is gone then.
async fn until_end(cell: Rc<FakeCell>, work: impl Future<Output = ()>) {
    let mut ended = cell.ended.subscribe();
    tokio::select! {
        () = work => {}
        _ = ended.wait_for(Option::is_some) => {}
    }
}

/// Answers events with the number of their cell.
struct Answers {
    cell: Rc<FakeCell>,
    acts: Rc<Cell<Acts>>,
    /// What nobody will answer: a process that ends says nothing.
    unread: RefCell<Vec<Reply>>,
}

impl Receiver for Answers {
    fn request(&self, request: Request, reply: Reply) {
        let cell = self.cell.clone();
        if self.acts.get() == Acts::DiesUnread {
            self.unread.borrow_mut().push(reply);
            return cell.end(Ended::Killed(11));
        }
        spawn_local(async move {
            // One turn after the other.
            while cell.burns.get() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            cell.begun.set(cell.begun.get() + 1);
            match request.url.rsplit('/').next() {
                Some("burn") => cell.burn(request.worker).await,
                Some("wait") => tokio::time::sleep(Duration::from_secs(100_000)).await,
                Some("slow") => tokio::time::sleep(Duration::from_secs(240)).await,
                _ => {}
            }
            reply.respond(Response::new(full(cell.number.to_string())));
        });
    }
}

/// Speaks on the control socket.
async fn talk(
    control: DuplexStream,
    acts: Rc<Cell<Acts>>,
    deploys: Rc<Cell<u64>>,
    budget: Rc<Cell<u64>>,
    says: Rc<RefCell<Says>>,
) -> io::Result<()> {
    let (mut read, mut write) = split(control);
    if acts.get() == Acts::NeverReady {
        return std::future::pending().await;
    }
    write.write_all(&encode(&FromCell::Ready { sandbox: Vec::new(), listener: None }, &[])).await?;
    let mut has = Vec::new();
    loop {
        let (json, blob) = (read.read_u32().await?, read.read_u32().await?);
        let mut bytes = vec![0; usize::try_from(json + blob).unwrap()];
        read.read_exact(&mut bytes).await?;
        let json = usize::try_from(json).unwrap();
        let mut blob: &[u8] = &[];
        let answer = match serde_json::from_slice(&bytes[..json])? {
            // Its top level goes on for ever.
            ToCell::Deploy { .. } if contains(&bytes[json..], NEVER_LOADS) => continue,
            ToCell::Deploy { worker, name, .. } => {
                has.push((worker, name));
                deploys.set(deploys.get() + 1);
                FromCell::Deployed { worker, result: Ok(vec!["fetch".to_owned()]) }
            }
            ToCell::Budget { bytes } => {
                budget.set(bytes);
                continue;
            }
            ToCell::Compiled { worker } => {
                blob = b"compiled";
                FromCell::Prepared { worker, problem: String::new() }
            }
            ToCell::Prepare { worker } => {
                blob = b"prepared";
                FromCell::Prepared { worker, problem: String::new() }
            }
            ToCell::Ping { number } if acts.get() != Acts::Deaf => {
                let left = left(&has, &says.borrow());
                if let Some(left) = left {
                    write.write_all(&encode(&left, &[])).await?;
                }
                pong(number, &has, &says.borrow())
            }
            ToCell::Ping { .. }
            | ToCell::Remove { .. }
            | ToCell::Stop { .. }
            | ToCell::Start { .. }
            | ToCell::Watch { .. }
            | ToCell::Adopt { .. }
            | ToCell::Pressure { .. } => continue,
        };
        write.write_all(&encode(&answer, blob)).await?;
    }
}

fn left(has: &[(u32, String)], says: &Says) -> Option<FromCell> {
    let (name, bytes) = says.left?;
    let number = has.iter().find(|(_, known)| known == name).map(|(worker, _)| *worker);
    let worker = number.or((name == NOBODY && !has.is_empty()).then_some(u32::MAX))?;
    let left = LeftBehind { why: "used more CPU time than it may".to_owned(), isolates: 1, bytes };
    Some(FromCell::Left { worker, left })
}

fn pong(number: u64, has: &[(u32, String)], says: &Says) -> FromCell {
    let of =
        |(worker, name): &(u32, String)| Some(WorkerUse { worker: *worker, ..says.uses.get(name)?.clone() });
    let mut isolates = if has.is_empty() { IsolateCounts::default() } else { says.isolates };
    if let Some(FromCell::Left { left, .. }) = left(has, says) {
        (isolates.left, isolates.left_bytes) = (left.isolates, left.bytes);
    }
    FromCell::Pong { number, used: has.iter().filter_map(of).collect(), isolates }
}

/// No way out.
pub(crate) struct Nothing;

impl Outbound for Nothing {
    fn fetch(&self, _spec: &Rc<WorkerSpec>, _request: Request, reply: Reply, _attempts: Attempts) {
        drop(reply);
    }
}

/// Remembers what happened.
#[derive(Default)]
pub(crate) struct Told(RefCell<Vec<IncidentKind>>);

impl Told {
    pub(crate) fn incidents(&self) -> Vec<IncidentKind> {
        self.0.borrow().clone()
    }
}

impl Watcher for Told {
    fn incident(&self, incident: &Incident) {
        self.0.borrow_mut().push(incident.kind);
    }
}
