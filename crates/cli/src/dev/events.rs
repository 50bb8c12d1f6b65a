//! Host and cell in one process: the gateway's events run in a cell on the same thread.

use std::{rc::Rc, sync::Arc};

use mote_cell::Cell;
use mote_host::gateway::{Answering, Events, FetchEvent, Triggering, localhost_name};
use mote_host::site::Asked;
use mote_wire::{event::EventError, http::BodyError};

use super::{sites::Sites, terminal::Terminal};

/// The cell of this process.
pub(crate) struct InProcess {
    pub(crate) cell: Rc<Cell>,
    pub(super) sites: Rc<Sites>,
    pub(crate) terminal: Terminal,
}

impl Events for InProcess {
    /// One worker answers on every host name, several on `<name>.localhost`.
    fn find(&self, host: &str, _url: &str) -> Option<Arc<str>> {
        self.cell.only().or_else(|| localhost_name(host).filter(|name| self.cell.has(name)).map(Arc::from))
    }

    fn names(&self) -> Vec<String> {
        self.cell.names()
    }

    fn fetch(&self, event: FetchEvent) -> Answering {
        let (cell, sites) = (self.cell.clone(), self.sites.clone());
        Box::pin(async move {
            let asked = Asked::new(event.request.method(), &event.url, event.request.headers());
            match sites.answer(&event.worker, asked).await {
                Some(answer) => answer.map_err(|reason| no_assets(&event.worker, &reason)),
                None => cell.fetch(&event.worker, event.request, event.url, event.upgrade).await,
            }
        })
    }

    fn scheduled(&self, worker: &str, cron: String, time_ms: f64) -> Triggering {
        let (cell, worker) = (self.cell.clone(), worker.to_owned());
        Box::pin(async move {
            let outcome = cell.scheduled(&worker, (&cron, time_ms), None).await?;
            Ok(outcome.as_str().to_owned())
        })
    }

    fn broke_off(&self, reason: &BodyError) {
        self.terminal.broke_off(reason);
    }
}

fn no_assets(worker: &str, reason: &str) -> EventError {
    let detail = format!("The static assets of `{worker}` cannot be served: {reason}");
    EventError::new(500, 1105, "internal-error", "No static assets", detail)
}
