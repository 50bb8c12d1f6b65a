//! The way to stop an isolate's turn from outside of it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{v8, watchdog};

/// Stops the running turn of an isolate from any thread.
#[derive(Clone)]
pub struct Terminator {
    pub(super) isolate: Arc<v8::IsolateHandle>,
    pub(super) id: u64,
    pub(super) asked: Arc<AtomicBool>,
    /// Where its turns run: a terminator is made on the isolate's own thread.
    pub(super) thread: watchdog::StoppedFromOutside,
}

impl std::fmt::Debug for Terminator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Terminator").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Terminator {
    /// Stops the turn that runs now, or the next one if none does.
    pub fn terminate(&self) {
        self.asked.store(true, Ordering::Release);
        self.isolate.terminate_execution();
        self.thread.see_to(self.id);
    }
}
