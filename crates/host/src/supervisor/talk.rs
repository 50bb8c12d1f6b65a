//! What cells say beside events, and what follows from it.

use std::{
    rc::{Rc, Weak},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use mote_wire::control::{FromCell, WorkerUse};
use tokio::{io::AsyncRead, time::Instant};

use super::{
    ContainedKind, Supervisor,
    control::{ControlError, Incoming, Reader},
    given::{Asker, Loading},
    incident::{EventRecord, IncidentKind},
    live::LiveCell,
    suspicion::Sign,
    trial,
    worker::{Suspicion, Worker},
};

/// The cordon of the operator's own code.
const TRUSTED: &str = "trusted";

/// Levels of a console. A cell that says something else means `log`.
const LEVELS: [&str; 5] = ["debug", "info", "log", "warn", "error"];

/// What is kept of what a cell says of a worker's loading: it is kept for as long as the worker is in the cell.
const KEPT_BYTES_MAX: usize = 64 << 10;

impl Supervisor {
    /// Reads what a cell says until it is lost.
    pub(super) async fn listen(
        this: Weak<Self>,
        cell: Rc<LiveCell>,
        mut reader: Reader<impl AsyncRead + Unpin>,
    ) {
        loop {
            let incoming = reader.next().await;
            let Some(this) = this.upgrade().filter(|_| cell.lives()) else { return };
            let wrong = match incoming {
                Ok(Incoming::Message(message, blob)) => this.heard(&cell, message, blob).err(),
                Ok(Incoming::Dropped) => {
                    this.counts.line_dropped();
                    let detail = "it writes more lines in a second than are shown";
                    this.contained(&cell, ContainedKind::TooManyLines, detail);
                    None
                }
                Err(ControlError::Closed) => {
                    this.link_ended(&cell, IncidentKind::BadControl);
                    return;
                }
                Err(error) => Some(error.to_string()),
            };
            if let Some(wrong) = wrong {
                this.lose(&cell, IncidentKind::BadControl, wrong, Instant::now());
                return;
            }
        }
    }

    /// Takes a message in.
    ///
    /// # Errors
    /// What is wrong with it: it was not the cell's turn to say this.
    fn heard(self: &Rc<Self>, cell: &Rc<LiveCell>, message: FromCell, blob: Bytes) -> Result<(), String> {
        if !blob.is_empty() && !matches!(message, FromCell::Prepared { .. }) {
            return Err("it sent bytes that nobody has asked for".to_owned());
        }
        match message {
            FromCell::Ready { sandbox, listener } => self.is_ready(cell, sandbox, listener),
            _ if cell.ready.borrow().is_none() => Err("it spoke before it was ready".to_owned()),
            FromCell::Deployed { worker, result } => {
                let loading = match result {
                    Ok(handlers) => Loading::Loaded(bounded(handlers).into()),
                    Err(mut reason) => {
                        reason.truncate(reason.floor_char_boundary(KEPT_BYTES_MAX));
                        let name = name_of(cell, worker)?;
                        // What is only tried out is told to whoever brings it.
                        if !trial::is_tried(&name) {
                            self.watcher.does_not_load(&name, &reason);
                        }
                        Loading::Refused(reason.into())
                    }
                };
                let asked = cell.given.borrow_mut().answered(worker, loading);
                asked.then_some(()).ok_or_else(|| format!("it loaded worker {worker} without being told to"))
            }
            FromCell::Prepared { worker, problem } => {
                let asked = cell.preparing.take().filter(|asked| asked.worker == worker);
                let asked =
                    asked.ok_or_else(|| format!("it prepared worker {worker} without being told to"))?;
                // Whoever asked may be gone.
                let _ = asked.answer.send(if problem.is_empty() { Ok(blob) } else { Err(problem) });
                Ok(())
            }
            FromCell::Pong { number, used, isolates } => {
                self.answered(cell, number, &used)?;
                let before = cell.isolates.replace(isolates);
                // A blank one has had no events.
                if let Some(cordon) = cell.cordon() {
                    self.counts.starts.count(&cordon, &before, &isolates);
                }
                Ok(())
            }
            FromCell::Console { worker, level, text } => {
                let name = name_of(cell, worker)?;
                let level = LEVELS.iter().find(|known| **known == level).unwrap_or(&"log");
                self.watcher.console(&name, level, &text);
                Ok(())
            }
            FromCell::Left { worker, left } => self.has_left(cell, worker, &left),
            FromCell::Story { worker, story } => {
                let spec = match cell.given.borrow().asker(worker) {
                    Asker::Worker(spec) => spec,
                    Asker::Gone => return Ok(()),
                    Asker::Forged => {
                        return Err(format!("it spoke of its worker {worker}, which it never got"));
                    }
                };
                self.watcher.story(&spec, *story);
                Ok(())
            }
            FromCell::Event { worker, outcome, what, status, failure, duration_us, cpu_us } => {
                let name = name_of(cell, worker)?;
                self.watcher.event(&EventRecord {
                    worker: &name,
                    outcome: &outcome,
                    what: &what,
                    status,
                    failure: failure.as_deref(),
                    duration: Duration::from_micros(duration_us),
                    cpu: Duration::from_micros(cpu_us),
                });
                Ok(())
            }
        }
    }

    fn is_ready(
        self: &Rc<Self>,
        cell: &Rc<LiveCell>,
        sandbox: Vec<String>,
        listener: Option<i32>,
    ) -> Result<(), String> {
        if cell.ready.borrow().is_some() {
            return Err("it said twice that it is ready".to_owned());
        }
        if let Some(listener) = listener {
            let attempting = cell.process.forbidden_call(listener);
            let attempting =
                attempting.map_err(|error| format!("descriptor {listener} reports nothing: {error}"))?;
            let (this, cell) = (Rc::downgrade(self), cell.clone());
            tokio::task::spawn_local(async move {
                let attempt = tokio::select! {
                    attempt = attempting => attempt,
                    _ = cell.lost() => return,
                };
                if let Some(this) = this.upgrade() {
                    this.lose(&cell, IncidentKind::ForbiddenCall, attempt, Instant::now());
                }
            });
        }
        cell.process.came_up();
        let mut parts = cell.process.sandbox();
        parts.extend(sandbox);
        cell.ready.send_replace(Some(parts.into()));
        Ok(())
    }

    fn answered(self: &Rc<Self>, cell: &Rc<LiveCell>, number: u64, used: &[WorkerUse]) -> Result<(), String> {
        let mut pings = cell.pings.get();
        if !pings.open || pings.last != number {
            return Err(format!("it answered ping {number}, which nobody is waiting for"));
        }
        (pings.open, pings.answered_at) = (false, Instant::now());
        cell.pings.set(pings);
        for used in used {
            let worker = {
                let mut given = cell.given.borrow_mut();
                let Some(entry) = given.entry(used.worker) else { continue };
                entry.inside = used.under_way;
                entry.warm = used.warm;
                entry.worker.clone()
            };
            worker.totals.borrow_mut().add(used);
            self.watch_turns(&worker, used, Instant::now());
            worker.recent.borrow_mut().add(used, Instant::now());
            self.suspect(cell, &worker, used);
        }
        Ok(())
    }

    /// Gives a worker a cell of its own if it behaves like an attack on its neighbours.
    fn suspect(self: &Rc<Self>, cell: &Rc<LiveCell>, worker: &Rc<Worker>, used: &WorkerUse) {
        let (now, options) = (Instant::now(), &self.options.suspicion);
        if let Some(sign) = worker.behaviour.borrow_mut().observe(used, now, options) {
            self.found_out(cell, worker, sign, now);
        }
    }

    /// The same for a sign that has been found.
    pub(super) fn found_out(
        self: &Rc<Self>,
        cell: &Rc<LiveCell>,
        worker: &Rc<Worker>,
        sign: Sign,
        now: Instant,
    ) {
        let until = now + self.options.suspicion.alone_for;
        // Who lives alone has nobody to read, and the operator's own code is trusted.
        let alone = cell.given.borrow().all().all(|entry| entry.worker.name == worker.name);
        let is_free = worker.suspicion.get() == Suspicion::None;
        if is_free && (alone || worker.home.borrow().cordon.as_ref() == TRUSTED) {
            return;
        }
        self.keep_apart(worker, sign, until);
        if is_free {
            self.move_company_out(worker);
        }
    }

    /// From now on a worker's new events go to a cell of its own, until then at least.
    pub(super) fn keep_apart(&self, worker: &Worker, sign: Sign, until: Instant) {
        match worker.suspicion.get() {
            Suspicion::MovedOut => {}
            Suspicion::Detected { until: before } => {
                worker.suspicion.set(Suspicion::Detected { until: until.max(before) });
            }
            Suspicion::None => {
                worker.suspicion.set(Suspicion::Detected { until });
                self.counts.suspect(sign);
                self.watcher.suspect(&worker.name, sign);
            }
        }
    }
}

/// The name of a worker that a cell speaks of. One that is gone may still have had something to say.
fn name_of(cell: &LiveCell, worker: u32) -> Result<Arc<str>, String> {
    match cell.given.borrow().asker(worker) {
        Asker::Worker(spec) => Ok(spec.name.clone()),
        Asker::Gone => Ok("(removed)".into()),
        Asker::Forged => Err(format!("it spoke of its worker {worker}, which it never got")),
    }
}

/// As many names as there is room for.
fn bounded(mut names: Vec<String>) -> Vec<String> {
    let mut bytes = 0_usize;
    let kept = names.iter().take_while(|name| {
        bytes = bytes.saturating_add(name.len() + size_of::<String>());
        bytes <= KEPT_BYTES_MAX
    });
    let kept = kept.count();
    names.truncate(kept);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cell_says_of_a_workers_handlers_never_takes_much() {
        let names = vec!["fetch".to_owned(), "scheduled".to_owned()];
        assert_eq!(bounded(names.clone()), names);
        let many = vec!["x".to_owned(); 1_000_000];
        assert!(bounded(many).len() < 5_000);
        assert!(bounded(vec!["x".repeat(1 << 20)]).is_empty());
    }
}
