//! Trying code out before anybody is served by it: in a cell of its own that is thrown away, whatever the code did there.

use std::{rc::Rc, sync::Arc};

use super::{
    Supervisor,
    call::Unsent,
    given::Loading,
    pens::Alone,
    worker::{Suspicion, WorkerSpec},
};

impl Supervisor {
    /// Loads a version as it would be loaded for its first event; gives the names of its handlers. The spec's name must be
    /// nobody's: the code serves no event, and is gone when this returns or is dropped.
    ///
    /// # Errors
    /// Why it does not load, in words for its owner.
    pub async fn try_out(self: &Rc<Self>, spec: WorkerSpec) -> Result<Vec<String>, String> {
        let name = spec.name.clone();
        self.put(spec).map_err(|error| error.to_string())?;
        let trial = Trial { supervisor: self.clone(), name };
        trial.run().await
    }
}

/// Code that is being tried out.
struct Trial {
    supervisor: Rc<Supervisor>,
    name: Arc<str>,
}

impl Trial {
    async fn run(&self) -> Result<Vec<String>, String> {
        let worker = self.supervisor.known(&self.name).map_err(|error| error.to_string())?;
        // Nobody else may be in its cell: it is ended afterwards.
        worker.suspicion.set(Suspicion::MovedOut);
        let cell = self.supervisor.place(&worker).await.map_err(|error| error.detail)?;
        let number = match self.supervisor.prepare(&cell, &worker).await {
            Ok((number, _under_way)) => number,
            Err(Unsent::Refused(error)) => return Err(error.detail),
            Err(Unsent::Elsewhere) => {
                return Err("its process ended while the code was loading".to_owned());
            }
        };
        let mut given = cell.given.borrow_mut();
        let loading = given.entry(number).map(|entry| entry.loading.borrow().clone());
        match loading {
            Some(Loading::Loaded(handlers)) => Ok(handlers.to_vec()),
            Some(Loading::Pending | Loading::Refused(_)) | None => {
                Err("its process ended when the code was loaded".to_owned())
            }
        }
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.supervisor.remove(&self.name);
        let is_its_own = |alone: &Alone| matches!(alone, Alone::Suspect(name) if *name == self.name);
        for cell in self.supervisor.living() {
            if cell.pen().is_some_and(|pen| is_its_own(&pen.alone)) {
                self.supervisor.end(&cell, "the code in it was tried out");
            }
        }
    }
}
