//! Has workers loaded before their next event comes: when they were deployed, and for a gateway that learns from a TLS client's
//! first message who will be asked.

use std::rc::Rc;

use super::{Supervisor, pens::Alone};

/// Workers that are being loaded for nobody, at once. What comes beyond that is loaded when it is asked for.
pub(super) const WARMING_MAX: usize = 8;

impl Supervisor {
    /// Loads a worker where its next event will go, unless it is there or the node has enough to do. It never starts a cell for
    /// one tenant alone.
    pub fn warm(self: &Rc<Self>, name: &str) {
        let worker = self.workers.borrow().get(name).cloned();
        let Some(worker) = worker.filter(|worker| worker.home.borrow().alone == Alone::Nobody) else {
            return;
        };
        let Ok(permit) = self.warming.clone().try_acquire_owned() else { return };
        let this = self.clone();
        tokio::task::spawn_local(async move {
            // Whatever is wrong with it, its first event will say.
            if let Ok(cell) = this.place(&worker).await
                && let Some(inside) = this.enter(&cell, &worker).await
            {
                drop(this.prepare(&cell, &worker).await);
                drop(inside);
            }
            drop(permit);
        });
    }
}
