//! Which workers' events are kept: what their owners say, taken over with everything else that the store says of them.

use std::rc::Rc;

use mote_store::Live;

use super::Deployed;
use crate::logs::{Keeping, Logs};

impl Deployed {
    /// Has events kept from now on, of the workers that ask for it.
    pub fn keep_logs(&self, logs: Rc<Logs>) {
        for live in self.table.borrow().values() {
            logs.set(&live.worker.name, keeping(live));
        }
        // Whoever calls it again has no others.
        let _ = self.logs.set(logs);
    }

    /// The events that are kept, if any are.
    pub(crate) fn logs(&self) -> Option<&Rc<Logs>> {
        self.logs.get()
    }

    /// Goes by what the store says of a worker now; `None` if it is gone.
    pub(super) fn keep_logs_of(&self, worker: &str, live: Option<&Live>) {
        if let Some(logs) = self.logs.get() {
            logs.set(worker, live.and_then(keeping));
        }
    }
}

/// Which of a worker's events are kept, and whose they are; `None` if none are.
fn keeping(live: &Live) -> Option<(&str, Keeping)> {
    let settings: serde_json::Value = serde_json::from_str(&live.worker.settings_json).ok()?;
    let keeping = Keeping::of(settings.get("observability")?)?;
    Some((&live.worker.account, keeping))
}
