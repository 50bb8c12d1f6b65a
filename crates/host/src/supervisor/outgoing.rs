//! What a cell asks for: only in the name of a worker that it was given.

use std::rc::Weak;

use bytes::Bytes;
use mote_wire::link::{Receiver, Reply, Request};
use tokio::time::Instant;

use super::{Attempts, Supervisor, errors, given::Asker, incident::IncidentKind, live::LiveCell};

/// Takes the requests of one cell.
pub(super) struct Outgoing {
    pub(super) supervisor: Weak<Supervisor>,
    pub(super) cell: Weak<LiveCell>,
}

impl Receiver for Outgoing {
    fn request(&self, request: Request, reply: Reply) {
        let (Some(supervisor), Some(cell)) = (self.supervisor.upgrade(), self.cell.upgrade()) else { return };
        if !cell.lives() {
            return;
        }
        let asker = cell.given.borrow().asker(request.worker);
        match asker {
            Asker::Worker(spec) => {
                let attempts = Attempts::of(&self.supervisor, &self.cell);
                supervisor.outbound.fetch(&spec, request, reply, attempts);
            }
            Asker::Gone => {
                let error = errors::unknown_worker("that is no longer here");
                reply.fail(serde_json::to_vec(&error).map(Bytes::from).unwrap_or_default());
            }
            Asker::Forged => {
                let detail =
                    format!("it asked in the name of its worker {}, which it never got", request.worker);
                supervisor.lose(&cell, IncidentKind::ForgedWorker, detail, Instant::now());
            }
        }
    }
}
