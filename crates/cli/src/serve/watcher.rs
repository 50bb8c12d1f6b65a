//! What happens to cells, and what workers print, in the node's log.

use std::time::Duration;

use http::HeaderValue;
use mote_host::{
    notices::{Again, Change},
    supervisor::{Contained, Event, EventRecord, Incident, Sign, Watcher, WorkerSpec},
};
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

    fn does_not_load(&self, worker: &str, reason: &str) {
        let of = [("kind", "worker".into()), ("worker", worker.into())];
        about(Level::Error, &of, format_args!("[{worker}] does not load: {reason}"));
    }

    fn unserved(&self, worker: &str, reason: &str, again: Again) {
        let of = [("kind", "worker".into()), ("worker", worker.into())];
        let text = format_args!(
            "`{worker}` cannot be put into service, and its events fail: {reason}{}",
            untold(again)
        );
        about(Level::Error, &of, text);
    }

    fn disk_full(&self, again: Again) {
        let text = format_args!(
            "the disk of the node's folder is full: deploys and writes to KV are refused, and what is in service goes on; \
             make room on it{}",
            untold(again)
        );
        about(Level::Error, &[("kind", "disk".into())], text);
    }

    fn changed(&self, change: &Change) {
        let Change { change: what, account, worker, version, by, detail } = change;
        let of = [
            ("kind", "change".into()),
            ("change", (*what).into()),
            ("account", account.as_str().into()),
            ("worker", worker.as_str().into()),
            ("version", version.as_deref().into()),
            ("by", by.as_str().into()),
        ];
        let version = version.as_deref().map(|version| format!(", version {version}")).unwrap_or_default();
        let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
        about(Level::Info, &of, format_args!("`{worker}` of `{account}`: {what}{detail}{version}, by {by}"));
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

/// What is said of how often something went wrong in silence.
fn untold(Again { untold }: Again) -> String {
    if untold == 0 { String::new() } else { format!(" ({untold} times more since this was said last)") }
}
