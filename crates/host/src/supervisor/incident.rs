//! What went wrong with a cell, as operators read it.

use std::{fmt, sync::Arc, time::Duration};

use http::HeaderValue;
use mote_sandbox::process::Ended;
use mote_wire::control::Story;

use crate::notices::{Again, Change};

use super::{contained::Contained, repeat::Event, suspicion::Sign, worker::WorkerSpec};

/// What happened to a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IncidentKind {
    /// Its process ended by itself: V8 gave up, or its memory was broken.
    Crashed,
    /// Somebody else killed it: the system for lack of memory, or a person.
    Killed,
    /// A turn used more CPU time than its worker may, and the cell did not stop it.
    TurnTooLong,
    /// A turn stood still.
    TurnStuck,
    /// It did not answer on the control link.
    Silent,
    /// It had more memory than it may.
    OutOfMemory,
    /// It tried a system call that no cell makes.
    ForbiddenCall,
    /// It sent a request in the name of a worker that it never got.
    ForgedWorker,
    /// It sent what is no message of the data link, or left the link.
    BadLink,
    /// It sent what is no message of the control link, or one that was not its turn to send.
    BadControl,
    /// It did not come up.
    NotStarted,
}

impl IncidentKind {
    /// Its name in logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crashed => "crashed",
            Self::Killed => "killed",
            Self::TurnTooLong => "turn-too-long",
            Self::TurnStuck => "turn-stuck",
            Self::Silent => "silent",
            Self::OutOfMemory => "out-of-memory",
            Self::ForbiddenCall => "forbidden-call",
            Self::ForgedWorker => "forged-worker",
            Self::BadLink => "bad-link",
            Self::BadControl => "bad-control",
            Self::NotStarted => "not-started",
        }
    }

    /// True if only somebody who controls the cell does this: our own code never would.
    #[must_use]
    pub fn is_hostile(self) -> bool {
        matches!(self, Self::ForbiddenCall | Self::ForgedWorker | Self::BadLink | Self::BadControl)
    }

    /// What the way in which a process ended says.
    pub(super) fn of_end(end: Ended) -> Self {
        match end {
            // The kernel ends a process so where it cannot report a forbidden call.
            Ended::Killed(SIGSYS) => Self::ForbiddenCall,
            Ended::Killed(SIGKILL) => Self::Killed,
            Ended::Killed(_) | Ended::Exited(_) => Self::Crashed,
        }
    }
}

const SIGKILL: i32 = 9;
const SIGSYS: i32 = 31;

/// How a process ended, in words.
pub(super) fn end_in_words(end: Ended) -> String {
    match end {
        Ended::Exited(code) => format!("it left with code {code}"),
        Ended::Killed(signal) => format!("signal {signal} ended it"),
    }
}

/// Whom an incident is blamed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Culprit {
    /// The worker.
    pub worker: Arc<str>,
    /// Its crashes since it last went well for as long as a quarantine lasts.
    pub crashes: u32,
    /// How long its events are turned away from now on.
    pub wait: Duration,
}

/// A cell was lost.
#[derive(Debug, Clone)]
pub struct Incident {
    /// The cell's number.
    pub cell: u64,
    /// Its process.
    pub pid: u32,
    /// Its cordon; `None` if it was blank.
    pub cordon: Option<Arc<str>>,
    /// What happened.
    pub kind: IncidentKind,
    /// The same in words, with what is known.
    pub detail: String,
    /// Workers that it held, at most [`Incident::WORKERS_SHOWN_MAX`] of them, those with events under way first.
    pub workers: Vec<Arc<str>>,
    /// Workers that it held.
    pub workers_held: usize,
    /// Events that were under way.
    pub events_under_way: u64,
    /// Who is blamed, if anybody is: from now on in a cell of its own.
    pub culprits: Vec<Culprit>,
    /// From the last sign that it was well, or from the beginning of what it did wrong, to the moment it was noticed.
    pub noticed_after: Duration,
    /// How long it had lived.
    pub lived: Duration,
}

impl Incident {
    /// The most workers that an incident names.
    pub const WORKERS_SHOWN_MAX: usize = 32;
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cordon = self.cordon.as_deref().unwrap_or("none yet");
        write!(f, "cell {} (pid {}, cordon {cordon}) was lost: {}", self.cell, self.pid, self.kind.as_str())?;
        write!(f, ": {}; noticed after {} ms", self.detail, self.noticed_after.as_millis())?;
        write!(f, ", {} events under way, {} workers", self.events_under_way, self.workers_held)?;
        for culprit in &self.culprits {
            write!(f, "; blamed on `{}` (crash {}", culprit.worker, culprit.crashes)?;
            if culprit.wait > Duration::ZERO {
                write!(f, ", waits {} ms", culprit.wait.as_millis())?;
            }
            write!(f, ")")?;
        }
        Ok(())
    }
}

/// An event that is over, as its cell tells it. All of it is a claim.
#[derive(Debug)]
pub struct EventRecord<'a> {
    /// Its worker.
    pub worker: &'a str,
    /// Its outcome, in Cloudflare's words.
    pub outcome: &'a str,
    /// Method and URL, or the cron expression.
    pub what: &'a str,
    /// The response's status; none if there was none.
    pub status: Option<u16>,
    /// Message and stack, if it failed.
    pub failure: Option<&'a str>,
    /// From arrival to the response's head.
    pub duration: Duration,
    /// CPU time by then.
    pub cpu: Duration,
}

/// Who is told what happens to cells and what they print. It is called in the middle of the supervisor's work and returns
/// at once.
pub trait Watcher {
    /// A cell was lost.
    fn incident(&self, incident: &Incident);
    /// A cell tried something that it did not get, and goes on. It is told now and then, however often that is.
    fn contained(&self, contained: &Contained) {
        let _ = contained;
    }
    /// A fresh cell has taken the place of another, this long after that one was lost.
    fn replaced(&self, old: u64, new: u64, after: Duration) {
        let _ = (old, new, after);
    }
    /// A cell has started. `sandbox` is what it says that holds it.
    fn started(&self, cell: u64, sandbox: &[String], after: Duration) {
        let _ = (cell, sandbox, after);
    }
    /// A line of a worker's console. `level` is `debug`, `info`, `log`, `warn` or `error`.
    fn console(&self, worker: &str, level: &str, text: &str) {
        let _ = (worker, level, text);
    }
    /// A version does not load, for this reason, which is its owner's to read, and nobody else's.
    fn does_not_load(&self, worker: &str, reason: &str) {
        let _ = (worker, reason);
    }
    /// A version cannot be put into service, for this reason: its events are answered with an error of the node's.
    fn unserved(&self, worker: &str, reason: &str, again: Again) {
        let _ = (worker, reason, again);
    }
    /// There is no room on the disk of the node's folder.
    fn disk_full(&self, again: Again) {
        let _ = again;
    }
    /// Somebody has changed a worker.
    fn changed(&self, change: &Change) {
        let _ = change;
    }
    /// A worker behaves like an attack on its neighbours and gets a cell of its own.
    fn suspect(&self, worker: &str, sign: Sign) {
        let _ = (worker, sign);
    }
    /// A turn of a worker did not stop when it was told to, for this reason (what follows on "it"): the cell has left it, and its
    /// isolate with it. So many bytes were left in this cell so far.
    fn left(&self, cell: u64, worker: &str, why: &str, bytes: u64) {
        let _ = (cell, worker, why, bytes);
    }
    /// An event begins. What is given comes back with its story, and with each request that it makes
    /// ([`mote_wire::link::TICKET`]).
    fn begins(&self, worker: &WorkerSpec, event: &Event) -> Option<HeaderValue> {
        let _ = (worker, event);
        None
    }
    /// An event of a worker that is read along with is over ([`super::Supervisor::read_along`]).
    fn story(&self, worker: &WorkerSpec, story: Story) {
        let _ = (worker, story);
    }
    /// An event is over.
    fn event(&self, event: &EventRecord<'_>) {
        let _ = event;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_by_signal_is_told_apart_from_a_person_and_from_the_filter() {
        assert_eq!(IncidentKind::of_end(Ended::Killed(11)), IncidentKind::Crashed);
        assert_eq!(IncidentKind::of_end(Ended::Exited(0)), IncidentKind::Crashed);
        assert_eq!(IncidentKind::of_end(Ended::Killed(9)), IncidentKind::Killed);
        assert_eq!(IncidentKind::of_end(Ended::Killed(31)), IncidentKind::ForbiddenCall);
    }

    #[test]
    fn an_incident_reads_as_one_line_that_names_the_culprit() {
        let incident = Incident {
            cell: 7,
            pid: 4_242,
            cordon: Some("default".into()),
            kind: IncidentKind::Crashed,
            detail: "signal 11 ended it".to_owned(),
            workers: vec!["a".into(), "b".into()],
            workers_held: 2,
            events_under_way: 3,
            culprits: vec![Culprit { worker: "b".into(), crashes: 2, wait: Duration::from_millis(100) }],
            noticed_after: Duration::from_millis(3),
            lived: Duration::from_secs(9),
        };
        assert_eq!(
            incident.to_string(),
            "cell 7 (pid 4242, cordon default) was lost: crashed: signal 11 ended it; noticed after 3 ms, \
             3 events under way, 2 workers; blamed on `b` (crash 2, waits 100 ms)"
        );
    }
}
