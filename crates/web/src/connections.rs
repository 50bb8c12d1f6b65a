//! How many subrequests of an event wait for their response's head at once; further ones queue.
//!
//! A subrequest whose body the worker writes may itself wait for the worker, which waits for a subrequest in the queue:
//! then nobody moves. Whoever has queued for [`PATIENCE`] therefore looks for a connection that is being written to and
//! that has not moved either, and the oldest such is given up.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// How long a subrequest queues before it looks whether those ahead of it wait for each other.
const PATIENCE: Duration = Duration::from_secs(1);

/// The connections of one event.
pub(crate) struct Connections {
    max: u64,
    /// Made when the first subrequest comes: most events have none.
    free: RefCell<Option<Arc<Semaphore>>>,
    /// Those that the worker writes to, oldest first.
    uploads: RefCell<Vec<Rc<Upload>>>,
}

/// A subrequest whose body the worker writes.
pub(crate) struct Upload {
    /// Bytes that left.
    sent: Arc<AtomicU64>,
    /// The same when somebody looked last.
    seen: Cell<Option<u64>>,
    give_up: Notify,
}

/// A turn to the network; it ends when this is dropped.
pub(crate) struct Connection {
    owner: Rc<Connections>,
    upload: Option<Rc<Upload>>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Connections {
    pub(crate) fn new(max: u64) -> Rc<Self> {
        Rc::new(Self { max, free: RefCell::default(), uploads: RefCell::default() })
    }

    /// Waits for a turn. `sent` counts the bytes of a body that the worker writes.
    pub(crate) async fn begin(self: Rc<Self>, sent: Option<Arc<AtomicU64>>) -> Connection {
        let free = self.semaphore();
        let permit = loop {
            match tokio::time::timeout(PATIENCE, free.clone().acquire_owned()).await {
                Ok(permit) => break permit.ok(),
                Err(_) => self.break_deadlock(),
            }
        };
        let upload = sent.map(|sent| Rc::new(Upload { sent, seen: Cell::new(None), give_up: Notify::new() }));
        self.uploads.borrow_mut().extend(upload.clone());
        Connection { owner: self, upload, _permit: permit }
    }

    fn semaphore(&self) -> Arc<Semaphore> {
        let max =
            usize::try_from(self.max).unwrap_or(Semaphore::MAX_PERMITS).clamp(1, Semaphore::MAX_PERMITS);
        self.free.borrow_mut().get_or_insert_with(|| Arc::new(Semaphore::new(max))).clone()
    }

    /// Gives up the oldest upload that has not moved since somebody looked last.
    fn break_deadlock(&self) {
        let uploads = self.uploads.borrow();
        let stuck = uploads.iter().find(|upload| {
            let sent = upload.sent.load(Ordering::Relaxed);
            upload.seen.replace(Some(sent)) == Some(sent)
        });
        if let Some(upload) = stuck {
            upload.give_up.notify_one();
        }
    }
}

impl Connection {
    /// Settles when it must be given up; never for most.
    pub(crate) async fn given_up(&self) {
        match &self.upload {
            Some(upload) => upload.give_up.notified().await,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(upload) = &self.upload {
            self.owner.uploads.borrow_mut().retain(|other| !Rc::ptr_eq(other, upload));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.unwrap().block_on(test);
    }

    #[test]
    fn those_over_the_limit_wait_for_their_turn() {
        run(async {
            let connections = Connections::new(2);
            let first = connections.clone().begin(None).await;
            let _second = connections.clone().begin(None).await;
            let mut third = Box::pin(connections.clone().begin(None));
            assert!(
                tokio::time::timeout(PATIENCE * 10, &mut third).await.is_err(),
                "nobody is given up for being slow"
            );
            drop(first);
            third.await;
        });
    }

    #[test]
    fn an_upload_that_stands_still_makes_room() {
        run(async {
            let connections = Connections::new(1);
            let sent = Arc::new(AtomicU64::new(0));
            let upload = connections.clone().begin(Some(sent.clone())).await;
            let mut next = Box::pin(connections.clone().begin(None));
            for _ in 0..5 {
                sent.fetch_add(1, Ordering::Relaxed);
                assert!(tokio::time::timeout(PATIENCE, &mut next).await.is_err());
            }
            tokio::select! {
                () = upload.given_up() => {}
                _ = &mut next => panic!("the turn was not free"),
            }
            drop(upload);
            next.await;
        });
    }
}
