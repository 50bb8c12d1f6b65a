//! What happens to cells, and what workers print, in the node's log.

use std::time::Duration;

use http::HeaderValue;
use mote_host::supervisor::{Contained, Event, EventRecord, Incident, Sign, Watcher, WorkerSpec};
use mote_wire::control::Story;

use super::{
    log::{Level, about, line},
    readers::Readers,
};

/// Writes it all down, and gives events to those who read along.
pub(super) struct Log {
    pub(super) readers: Readers,
}

impl Watcher for Log {
    fn incident(&self, incident: &Incident) {
        let names: Vec<&str> = incident.workers.iter().map(AsRef::as_ref).collect();
        let of = [("kind", "cell".into()), ("workers", names.clone().into())];
        about(Level::Error, &of, format_args!("{incident}; its workers: {}", names.join(", ")));
    }

    fn contained(&self, contained: &Contained) {
        let names: Vec<&str> = contained.workers.iter().map(AsRef::as_ref).collect();
        let of = [("kind", "cell".into()), ("workers", names.clone().into())];
        about(Level::Warn, &of, format_args!("{contained}; its workers: {}", names.join(", ")));
    }

    fn replaced(&self, old: u64, new: u64, after: Duration) {
        line(
            Level::Info,
            format_args!("cell {new} has taken the place of cell {old} after {} ms", after.as_millis()),
        );
    }

    fn started(&self, cell: u64, sandbox: &[String], after: Duration) {
        let parts = sandbox.join(", ");
        line(Level::Info, format_args!("cell {cell} started in {} ms, held by: {parts}", after.as_millis()));
        if !sandbox.iter().any(|part| part == "system calls") {
            line(
                Level::Warn,
                format_args!("CELL {cell} CAN MAKE ANY SYSTEM CALL: the kernel took no filter"),
            );
        }
    }

    fn console(&self, worker: &str, level: &str, text: &str) {
        let of = [("kind", "console".into()), ("worker", worker.into()), ("console", level.into())];
        about(Level::Info, &of, format_args!("[{worker}] {level}: {text}"));
    }

    fn suspect(&self, worker: &str, sign: Sign) {
        line(Level::Warn, format_args!("`{worker}` gets a cell of its own: {}", sign.as_str()));
    }

    fn left(&self, cell: u64, worker: &str, why: &str, bytes: u64) {
        let of = [("kind", "cell".into()), ("worker", worker.into())];
        let mib = bytes >> 20;
        let text = format_args!(
            "a turn of `{worker}` {why} and did not stop when it was told to: cell {cell} has left it, and its isolate with it; {mib} MiB were left there so far"
        );
        about(Level::Warn, &of, text);
    }

    fn begins(&self, worker: &WorkerSpec, event: &Event) -> Option<HeaderValue> {
        self.readers.begins(worker, event)
    }

    fn story(&self, worker: &WorkerSpec, story: Story) {
        self.readers.tell(worker, story);
    }

    fn event(&self, event: &EventRecord<'_>) {
        let status = event.status.map(|status| format!(" {status}")).unwrap_or_default();
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let text = format!(
            "[{}] {}{status} {} in {:.1} ms (CPU {:.1} ms)",
            event.worker,
            event.what,
            event.outcome,
            milliseconds(event.duration),
            milliseconds(event.cpu)
        );
        let of = [
            ("kind", "event".into()),
            ("worker", event.worker.into()),
            ("outcome", event.outcome.into()),
            ("status", event.status.into()),
            ("duration_ms", milliseconds(event.duration).into()),
            ("cpu_ms", milliseconds(event.cpu).into()),
        ];
        match event.failure {
            None => about(Level::Info, &of, text),
            Some(failure) => about(Level::Warn, &of, format_args!("{text}: {failure}")),
        }
    }
}
