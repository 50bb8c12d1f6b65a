//! Who is read along with: workers whose events somebody wants to see, in whatever cells they are.

use std::rc::Rc;

use bytes::Bytes;
use mote_wire::control::ToCell;

use super::{Supervisor, live::LiveCell};

/// Says whether the events of a worker, by the name that the supervisor knows it by, are to be told.
pub type Wanted = Rc<dyn Fn(&str) -> bool>;

impl Supervisor {
    /// From now on cells tell the [`super::Watcher`] of the events of these workers, whatever there is to tell. Call it again
    /// when the answers of `wanted` have changed.
    pub fn read_along(&self, wanted: &Wanted) {
        *self.reading.borrow_mut() = Some(wanted.clone());
        let cells: Vec<_> = self.cells.borrow().values().cloned().collect();
        for cell in cells {
            let changed: Vec<_> = cell.given.borrow_mut().read_along(&**wanted);
            for (worker, on) in changed {
                // One that does not listen will be noticed by its pings.
                let _ = cell.tell(&ToCell::Watch { worker, on }, Bytes::new());
            }
        }
    }

    /// Tells a cell that was given a worker that it is read along with, if it is.
    pub(super) fn tell_reading(&self, cell: &LiveCell, worker: u32) {
        let Some(wanted) = self.reading.borrow().clone() else { return };
        if cell.given.borrow_mut().entry(worker).is_some_and(|entry| entry.read_along(&*wanted)) {
            let _ = cell.tell(&ToCell::Watch { worker, on: true }, Bytes::new());
        }
    }
}
