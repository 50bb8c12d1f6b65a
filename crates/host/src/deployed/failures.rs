//! What cannot be put into service, or written: whoever asked learns little of it, and the operator all.

use std::{rc::Weak, sync::Arc};

use mote_wire::event::EventError;
use tokio::{sync::Notify, time::Instant};

use super::{Deployed, target};
use crate::supervisor::draining;

/// What the disk is called among what goes wrong: no worker has such a name.
const DISK: &str = "the disk";

impl Deployed {
    /// What a client gets where a version cannot be put into service, or a file of its not be read.
    pub(super) fn unreadable(&self, key: &Arc<str>, reason: &str) -> EventError {
        if self.supervisor.is_closing() {
            return draining();
        }
        self.tell_unserved(key, reason);
        target::unreadable(key, reason)
    }

    /// Tells the operator that a version cannot be put into service.
    pub(super) fn tell_unserved(&self, key: &str, reason: &str) {
        if let Some(again) = self.notices.due(key, Instant::now()) {
            self.supervisor.watcher().unserved(key, reason, again);
        }
    }

    /// Tells it, too, when workers' writes to KV find no room.
    pub(super) async fn watch_disk(this: Weak<Self>, is_full: Arc<Notify>) {
        loop {
            is_full.notified().await;
            let Some(this) = this.upgrade() else { return };
            this.tell_disk_full();
        }
    }

    /// Tells the operator that there was no room on the disk for something.
    pub(crate) fn tell_disk_full(&self) {
        if let Some(again) = self.notices.due(DISK, Instant::now()) {
            self.supervisor.watcher().disk_full(again);
        }
    }
}
