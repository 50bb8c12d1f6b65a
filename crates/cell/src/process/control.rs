//! The thread that the host talks to: it answers also while a turn runs.

use std::{
    io::{self, Read},
    sync::Arc,
};

use bytes::Bytes;
use mote_engine::{Stop, leave::LeftBehind};
use mote_web::LogLevel;
use mote_wire::{
    compatibility::Compatibility,
    control::{self, BLOB_BYTES_MAX, FromCell, IsolateCounts, JSON_BYTES_MAX, ToCell, WorkerUse},
    named::{NamedBundle, NotThatBundle},
};

use super::{events::Numbers, to_host::ToHost};
use crate::{
    admission::Pressure,
    cell::{EventLog, Observer},
    directory::Directory,
    journal::{Story, Watched},
    news::Departed,
};

/// Workers that one answer tells of; the next one tells of more. Each takes some hundred bytes of a message.
const TOLD_AT_ONCE_MAX: usize = 4_096;

/// What the serving thread has to do for the host.
pub(super) enum Command {
    /// See [`ToCell::Deploy`].
    Deploy(Box<Deploy>),
    /// See [`ToCell::Budget`].
    Budget { bytes: u64 },
    /// See [`ToCell::Compiled`].
    Compiled { worker: u32 },
    /// See [`ToCell::Prepare`].
    Prepare { worker: u32 },
    /// See [`ToCell::Adopt`].
    Adopt { worker: u32, prepared: Bytes },
    /// See [`ToCell::Remove`].
    Remove { worker: u32 },
    /// End all events of a worker whose kill switch was pulled.
    End { worker: u32 },
}

/// A version that is to be loaded.
pub(super) struct Deploy {
    pub(super) worker: u32,
    pub(super) name: String,
    pub(super) account: String,
    pub(super) limits: Vec<(String, u64)>,
    pub(super) env_json: String,
    pub(super) compatibility: Compatibility,
    pub(super) bundle: Result<NamedBundle, NotThatBundle>,
    pub(super) prepared: Bytes,
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
    pub(super) departed: Departed,
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
            ToCell::Deploy {
                worker,
                name,
                account,
                limits,
                env_json,
                compatibility,
                bundle,
                prepared_bytes,
            } => {
                self.numbers.insert(worker, &name);
                let prepared = blob.split_off(blob.len().saturating_sub(prepared_bytes));
                let bundle = NamedBundle::came(&bundle, blob);
                let deploy =
                    Deploy { worker, name, account, limits, env_json, compatibility, bundle, prepared };
                return self.command(Command::Deploy(Box::new(deploy)));
            }
            ToCell::Compiled { worker } => return self.command(Command::Compiled { worker }),
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
        let LeftBehind { isolates: left, bytes: left_bytes } = mote_engine::leave::left_behind();
        IsolateCounts { warm, held_bytes, started, start_us, evicted, shed, left, left_bytes }
    }

    /// What workers have used since the host asked last; those that did nothing are left out.
    fn used(&self) -> Vec<WorkerUse> {
        let changed = self.directory.changed().take(TOLD_AT_ONCE_MAX);
        let tell = |name: Arc<str>| {
            let (worker, entry) = (self.numbers.number(&name)?, self.directory.get(&name)?);
            Some(entry.stats.news.tell(worker, &entry.stats))
        };
        changed.into_iter().filter_map(tell).chain(self.departed.tell()).collect()
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

    fn left(&self, worker: &str, stop: Stop) {
        // Of one that was removed the next pong tells.
        if let Some(worker) = self.numbers.number(worker) {
            let LeftBehind { isolates, bytes } = mote_engine::leave::left_behind();
            let left = control::LeftBehind { why: stop.to_string(), isolates, bytes };
            self.to_host.say(FromCell::Left { worker, left });
        }
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
