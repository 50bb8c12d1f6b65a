//! The thread that the host talks to: it answers also while a turn runs.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
};

use bytes::Bytes;
use mote_web::{LogLevel, Outcome};
use mote_wire::{
    compatibility::Compatibility,
    control::{self, BLOB_BYTES_MAX, FromCell, IsolateCounts, JSON_BYTES_MAX, ToCell, WorkerUse, encode},
};

use super::events::Numbers;
use crate::{
    admission::Pressure,
    cell::{EventLog, Observer},
    directory::Directory,
    journal::{Story, Watched},
    stats::WorkerStats,
};

/// Messages to the host that may wait. Lines of consoles that find no room are lost; a node whose disk is slow must not stop
/// its workers.
const WAITING_MAX: usize = 1_024;

/// What the serving thread has to do for the host.
pub(super) enum Command {
    /// See [`ToCell::Deploy`].
    Deploy {
        worker: u32,
        name: String,
        account: String,
        limits: Vec<(String, u64)>,
        env_json: String,
        compatibility: Compatibility,
        bundle: Bytes,
        prepared: Bytes,
    },
    /// See [`ToCell::Budget`].
    Budget { bytes: u64 },
    /// See [`ToCell::Prepare`].
    Prepare { worker: u32 },
    /// See [`ToCell::Adopt`].
    Adopt { worker: u32, prepared: Bytes },
    /// See [`ToCell::Remove`].
    Remove { worker: u32 },
    /// End all events of a worker whose kill switch was pulled.
    End { worker: u32 },
}

/// The way to the host.
#[derive(Clone)]
pub(super) struct ToHost(SyncSender<(FromCell, Bytes)>);

impl ToHost {
    /// Starts the thread that writes.
    pub(super) fn start(socket: impl Write + Send + 'static) -> io::Result<Self> {
        let (sender, messages) = sync_channel(WAITING_MAX);
        std::thread::Builder::new().name("to-host".into()).spawn(move || write_all(socket, &messages))?;
        Ok(Self(sender))
    }

    /// Says what must not be lost.
    pub(super) fn say(&self, message: FromCell) {
        self.hand_over(message, Bytes::new());
    }

    /// The same, with a blob. The host takes one only if it has asked for it.
    pub(super) fn hand_over(&self, message: FromCell, blob: Bytes) {
        // Without a host there is nobody to miss it.
        let _ = self.0.send((message, blob));
    }

    /// Says what may be lost.
    fn mention(&self, message: FromCell) {
        match self.0.try_send((message, Bytes::new())) {
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }
}

fn write_all(mut socket: impl Write, messages: &Receiver<(FromCell, Bytes)>) {
    while let Ok((message, blob)) = messages.recv() {
        if socket.write_all(&encode(&message, &blob)).is_err() {
            return;
        }
    }
}

/// Reads one message; `None` at the end.
pub(super) fn read_message(socket: &mut impl Read) -> io::Result<Option<(ToCell, Bytes)>> {
    let mut head = [0; 8];
    match socket.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let [a, b, c, d, e, f, g, h] = head;
    let json = read_part(socket, u32::from_be_bytes([a, b, c, d]), JSON_BYTES_MAX)?;
    let blob = read_part(socket, u32::from_be_bytes([e, f, g, h]), BLOB_BYTES_MAX)?;
    Ok(Some((serde_json::from_slice(&json)?, blob.into())))
}

fn read_part(socket: &mut impl Read, bytes: u32, bytes_max: usize) -> io::Result<Vec<u8>> {
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    if bytes > bytes_max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message of the host's is too long"));
    }
    let mut part = vec![0; bytes];
    socket.read_exact(&mut part)?;
    Ok(part)
}

/// Does what the host says until it hangs up.
pub(super) struct Listener {
    pub(super) numbers: Numbers,
    pub(super) directory: Directory,
    pub(super) pressure: Pressure,
    pub(super) watched: Watched,
    pub(super) to_host: ToHost,
    pub(super) commands: tokio::sync::mpsc::Sender<Command>,
    /// What was told of each worker, so that the next answer has what came since.
    pub(super) told: BTreeMap<u32, Told>,
}

/// What the host knows of a worker.
#[derive(Default)]
pub(super) struct Told {
    outcomes: BTreeMap<&'static str, u64>,
    counted: Counted,
    under_way: u64,
}

impl Listener {
    pub(super) fn listen(mut self, mut socket: impl Read) -> io::Result<()> {
        while let Some((message, blob)) = read_message(&mut socket)? {
            if !self.take(message, blob) {
                break;
            }
        }
        Ok(())
    }

    /// Takes a message; false if the serving thread is gone.
    fn take(&mut self, message: ToCell, mut blob: Bytes) -> bool {
        match message {
            ToCell::Deploy { worker, name, account, limits, env_json, compatibility, prepared_bytes } => {
                self.numbers.insert(worker, &name);
                let prepared = blob.split_off(blob.len().saturating_sub(prepared_bytes));
                let bundle = blob;
                let deploy = Command::Deploy {
                    worker,
                    name,
                    account,
                    limits,
                    env_json,
                    compatibility,
                    bundle,
                    prepared,
                };
                return self.command(deploy);
            }
            ToCell::Prepare { worker } => return self.command(Command::Prepare { worker }),
            ToCell::Adopt { worker } => return self.command(Command::Adopt { worker, prepared: blob }),
            ToCell::Watch { worker, on } => {
                if let Some(name) = self.numbers.name(worker) {
                    if on { self.watched.begin(&name) } else { self.watched.end(&name) }
                }
            }
            ToCell::Remove { worker } => return self.command(Command::Remove { worker }),
            ToCell::Stop { worker } => {
                if let Some(entry) = self.numbers.name(worker).and_then(|name| self.directory.get(&name)) {
                    entry.kill_switch.stop();
                }
                return self.command(Command::End { worker });
            }
            ToCell::Start { worker } => {
                if let Some(entry) = self.numbers.name(worker).and_then(|name| self.directory.get(&name)) {
                    entry.kill_switch.start();
                }
            }
            ToCell::Budget { bytes } => return self.command(Command::Budget { bytes }),
            ToCell::Pressure { high: true } => self.pressure.raise(),
            ToCell::Pressure { high: false } => self.pressure.ease(),
            ToCell::Ping { number } => {
                let used = self.used();
                self.to_host.say(FromCell::Pong { number, used, isolates: self.isolates() });
            }
        }
        true
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this thread only listens; while the other is busy the host may wait"
    )]
    fn command(&self, command: Command) -> bool {
        self.commands.blocking_send(command).is_ok()
    }

    fn isolates(&self) -> IsolateCounts {
        let books = self.directory.books();
        let ((warm, held_bytes), (started, start_us)) = (books.warm(), books.started());
        let (evicted, shed) = (books.evicted(), books.shed());
        IsolateCounts { warm, held_bytes, started, start_us, evicted, shed }
    }

    /// What workers have used since they were asked last; those that did nothing are left out.
    fn used(&mut self) -> Vec<WorkerUse> {
        let mut used = Vec::new();
        for entry in self.directory.entries() {
            let Some(worker) = self.numbers.number(&entry.name) else { continue };
            used.extend(self.told.entry(worker).or_default().news(worker, &entry.stats));
        }
        used
    }
}

impl Told {
    fn news(&mut self, worker: u32, stats: &WorkerStats) -> Option<WorkerUse> {
        let mut outcomes = Vec::new();
        for outcome in Outcome::ALL {
            let (ended, told) = (stats.ended(outcome), self.outcomes.entry(outcome.as_str()).or_default());
            if ended > *told {
                outcomes.push((outcome.as_str().to_owned(), ended - *told));
                *told = ended;
            }
        }
        let now = Counted::of(stats);
        let under_way = stats.under_way();
        if outcomes.is_empty() && now == self.counted && under_way == self.under_way {
            return None;
        }
        let before = std::mem::replace(&mut self.counted, now);
        self.under_way = under_way;
        let since = |read: fn(&Counted) -> u64| read(&now).saturating_sub(read(&before));
        Some(WorkerUse {
            worker,
            outcomes,
            cpu_us: since(|counted| counted.cpu_us),
            under_way,
            late_turns: since(|counted| counted.late_turns),
            late_cpu_us: since(|counted| counted.late_cpu_us),
            wall_us: since(|counted| counted.wall_us),
            subrequests: since(|counted| counted.subrequests),
            bytes_in: since(|counted| counted.bytes_in),
            bytes_out: since(|counted| counted.bytes_out),
            isolates_started: since(|counted| counted.isolates_started),
            memory_bytes_peak: stats.memory_bytes_peak(),
            longest_turn_us: u64::try_from(stats.take_longest_turn().as_micros()).unwrap_or(u64::MAX),
        })
    }
}

/// What only grows in a worker's books.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counted {
    cpu_us: u64,
    late_turns: u64,
    late_cpu_us: u64,
    wall_us: u64,
    subrequests: u64,
    bytes_in: u64,
    bytes_out: u64,
    isolates_started: u64,
}

impl Counted {
    fn of(stats: &WorkerStats) -> Self {
        let microseconds = |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let (late_turns, late_cpu) = stats.late();
        Self {
            cpu_us: microseconds(stats.cpu()),
            late_turns,
            late_cpu_us: microseconds(late_cpu),
            wall_us: microseconds(stats.wall_times().sum()),
            subrequests: stats.subrequests(),
            bytes_in: stats.bytes_in(),
            bytes_out: stats.bytes_out(),
            isolates_started: stats.isolates_started(),
        }
    }
}

/// Tells the host what workers print and how their events end.
pub(super) struct Reporter {
    pub(super) numbers: Numbers,
    pub(super) to_host: ToHost,
    pub(super) events: Reported,
}

/// Which events the host wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// Those that failed.
    Failed,
    /// All.
    All,
}

impl Reporter {
    fn tell(&self, worker: &str, message: impl FnOnce(u32) -> FromCell) {
        if let Some(number) = self.numbers.number(worker) {
            self.to_host.mention(message(number));
        }
    }
}

fn word_of(level: LogLevel) -> String {
    match level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Log => "log",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    }
    .to_owned()
}

impl Observer for Reporter {
    fn console(&self, worker: &str, level: LogLevel, text: &str) {
        let (level, text) = (word_of(level), text.to_owned());
        self.tell(worker, |worker| FromCell::Console { worker, level, text });
    }

    fn uncaught(&self, worker: &str, error: &mote_engine::JsError) {
        let (level, text) = ("error".to_owned(), format!("Uncaught {}", error.stack));
        self.tell(worker, |worker| FromCell::Console { worker, level, text });
    }

    fn event(&self, event: &EventLog<'_>) {
        let microseconds = |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.tell(event.worker, |worker| FromCell::Event {
            worker,
            outcome: event.outcome.as_str().to_owned(),
            what: format!("{} {}", event.method, event.url),
            status: event.status,
            failure: event.failure.map(crate::answer::detail_of),
            duration_us: microseconds(event.duration),
            cpu_us: microseconds(event.cpu),
        });
    }

    fn story(&self, story: Story) {
        let Story {
            worker,
            what,
            began_ms,
            outcome,
            status,
            cpu_us,
            wall_us,
            lines,
            errors,
            truncated,
            ticket,
        } = story;
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let told = control::Story {
            kind: what.kind.to_owned(),
            method: what.method,
            url: what.url,
            headers: what.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            entrypoint: what.entrypoint,
            due_ms: what.due_ms,
            began_ms,
            outcome: outcome.as_str().to_owned(),
            status,
            cpu_us,
            wall_us,
            lines: lines.into_iter().map(|line| (word_of(line.level), line.message, line.at_ms)).collect(),
            errors: errors.into_iter().map(|(error, at_ms)| (error.message, error.stack, at_ms)).collect(),
            truncated,
            ticket: ticket.as_ref().map(text),
        };
        self.tell(&worker, |worker| FromCell::Story { worker, story: Box::new(told) });
    }

    fn wants_events(&self) -> bool {
        self.events == Reported::All
    }
}
