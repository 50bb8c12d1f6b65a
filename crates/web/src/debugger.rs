//! A debugger at a runtime's isolate.

use std::{rc::Rc, time::Duration};

use mote_engine::{Isolate, inspector::Frontend};

use crate::runtime::Runtime;

/// CPU time that one command of a debugger may use.
const DEBUGGER_CPU_MAX: Duration = Duration::from_secs(60);

impl Runtime {
    /// Makes it possible to attach a debugger later. Call it before a worker is loaded.
    pub fn allow_debugger(&self, name: &str) {
        self.with_isolate(|isolate| isolate.allow_inspector(name));
    }

    /// Attaches a debugger: the worker's console speaks to it too.
    pub fn attach_debugger(&self, frontend: Rc<dyn Frontend>) {
        self.state.inspected.set(true);
        self.with_isolate(|isolate| isolate.attach_inspector(frontend));
    }

    /// Whether this debugger is the attached one: another may have taken its place.
    #[must_use]
    pub fn is_attached(&self, frontend: &Rc<dyn Frontend>) -> bool {
        self.with_isolate(|isolate| isolate.is_inspected_by(frontend)).unwrap_or(false)
    }

    /// Lets the debugger go.
    pub fn detach_debugger(&self) {
        self.state.inspected.set(false);
        self.with_isolate(Isolate::detach_inspector);
    }

    /// Takes a message of the debugger's.
    pub fn debugger_message(&self, message: &str) {
        self.state.tick();
        self.with_isolate(|isolate| isolate.dispatch_to_inspector(DEBUGGER_CPU_MAX, message));
    }
}
