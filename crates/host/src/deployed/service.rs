//! Which versions the supervisor has, and how much memory their code takes in the host.
//!
//! A version is read once for all who ask for it. Code that nobody has used for a while goes when there is no room for other code; its next
//! event has it read again.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{Mutex, OwnedMutexGuard, Semaphore, SemaphorePermit},
    time::Instant,
};

use crate::site::Site;

/// Versions that are read at once. Each may have as much code as an upload takes.
const READINGS_MAX: usize = 4;
/// Whoever was asked for a version had it in his hands for far less time when its event began.
const USED_MIN: Duration = Duration::from_secs(5);
/// Of the memory that there is, one part in so many is for code.
const MEMORY_SHARE: u64 = 4;
/// The least of it.
const BYTES_MIN: u64 = 256 << 20;

/// A version that the supervisor has.
pub(super) struct InService {
    pub(super) worker: String,
    pub(super) version: String,
    /// Its static assets, if it has any.
    pub(super) site: Option<Rc<Site>>,
    /// What its code takes.
    pub(super) bytes: usize,
    pub(super) used_at: Cell<Instant>,
}

/// All of them, by the names under which the supervisor knows them.
pub(super) struct Service {
    found: RefCell<HashMap<Arc<str>, InService>>,
    readings: RefCell<HashMap<Arc<str>, Arc<Mutex<()>>>>,
    at_once: Semaphore,
    bytes_max: u64,
}

/// The right to read a version.
pub(super) struct Reading<'a> {
    service: &'a Service,
    name: Arc<str>,
    turn: Option<OwnedMutexGuard<()>>,
    permit: Option<SemaphorePermit<'a>>,
}

/// There is no room for more code: all that is here is in use.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoRoom;

impl Service {
    /// With as much memory as this machine gives.
    pub(super) fn new() -> Self {
        let share = crate::memory::available_bytes().unwrap_or(0) / MEMORY_SHARE;
        Self::with(share.max(BYTES_MIN))
    }

    fn with(bytes_max: u64) -> Self {
        Self {
            found: RefCell::default(),
            readings: RefCell::default(),
            at_once: Semaphore::new(READINGS_MAX),
            bytes_max,
        }
    }

    /// Whether the supervisor has this version under this name; then it is used now.
    pub(super) fn uses(&self, name: &str, version: &str) -> bool {
        let found = self.found.borrow();
        let Some(found) = found.get(name).filter(|found| found.version == version) else { return false };
        found.used_at.set(Instant::now());
        true
    }

    pub(super) fn site(&self, name: &str) -> Option<Rc<Site>> {
        self.look(name, |found| found.site.clone()).flatten()
    }

    pub(super) fn insert(&self, name: Arc<str>, found: InService) {
        self.found.borrow_mut().insert(name, found);
    }

    pub(super) fn remove(&self, name: &str) {
        self.found.borrow_mut().remove(name);
    }

    /// Looks at what the supervisor has under a name.
    pub(super) fn look<T>(&self, name: &str, look: impl FnOnce(&InService) -> T) -> Option<T> {
        self.found.borrow().get(name).map(look)
    }

    /// The names under which a worker's versions are known.
    pub(super) fn names_of(&self, worker: &str) -> Vec<Arc<str>> {
        let found = self.found.borrow();
        found.iter().filter(|(_, found)| found.worker == worker).map(|(name, _)| name.clone()).collect()
    }

    /// Waits for the turn to read a version. Whoever has had it before may have read it.
    pub(super) async fn reading(&self, name: Arc<str>) -> Reading<'_> {
        let turn = self.readings.borrow_mut().entry(name.clone()).or_default().clone();
        let mut reading = Reading { service: self, name, turn: None, permit: None };
        reading.turn = Some(turn.lock_owned().await);
        // It is never closed.
        reading.permit = self.at_once.acquire().await.ok();
        reading
    }

    /// Takes versions away for which there is no room, those that were used longest ago first; gives their names. An error if that is not
    /// enough.
    pub(super) fn make_room(&self, is_idle: impl Fn(&str) -> bool) -> Result<Vec<Arc<str>>, NoRoom> {
        let mut found = self.found.borrow_mut();
        let bytes = |found: &InService| u64::try_from(found.bytes).unwrap_or(u64::MAX);
        let mut sum: u64 = found.values().map(bytes).fold(0, u64::saturating_add);
        let mut gone = Vec::new();
        if sum <= self.bytes_max {
            return Ok(gone);
        }
        let now = Instant::now();
        let mut old: Vec<_> = found
            .iter()
            .filter(|(_, found)| now.duration_since(found.used_at.get()) >= USED_MIN)
            .map(|(name, found)| (found.used_at.get(), name.clone()))
            .collect();
        old.sort_unstable();
        for (_, name) in old {
            if sum <= self.bytes_max {
                break;
            }
            if !is_idle(&name) {
                continue;
            }
            sum = sum.saturating_sub(found.remove(&name).as_ref().map_or(0, bytes));
            gone.push(name);
        }
        if sum <= self.bytes_max || !gone.is_empty() { Ok(gone) } else { Err(NoRoom) }
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        (self.turn, self.permit) = (None, None);
        let mut readings = self.service.readings.borrow_mut();
        // Nobody else has it or waits for it.
        if readings.get(&self.name).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            readings.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(bytes: usize) -> InService {
        let used_at = Cell::new(Instant::now());
        InService { worker: "w".to_owned(), version: "v".to_owned(), site: None, bytes, used_at }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_used_longest_ago_goes_first_and_nothing_that_is_in_use() {
        let service = Service::with(100);
        for name in ["busy", "old", "used"] {
            service.insert(name.into(), version(40));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(service.make_room(|_| true), Err(NoRoom), "all of them were asked for just now");
        tokio::time::advance(USED_MIN).await;
        assert!(
            service.uses("used", "v") && !service.uses("used", "another") && !service.uses("nobody", "v")
        );
        let idle = |name: &str| name != "busy";
        assert_eq!(service.make_room(idle).unwrap(), ["old".into()]);
        assert_eq!(service.make_room(idle).unwrap(), Vec::<Arc<str>>::new(), "now there is room");
        assert_eq!(service.names_of("w").len(), 2);
    }

    #[tokio::test]
    async fn a_version_is_read_by_one_at_a_time_and_nothing_stays_of_it() {
        let service = Rc::new(Service::with(100));
        let first = service.reading("w".into()).await;
        let mut second = Box::pin(service.reading("w".into()));
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(service.reading("x".into()).await);
        drop(first);
        drop(second.await);
        assert!(service.readings.borrow().is_empty());
        let mut readings = Vec::new();
        for name in ["a", "b", "c", "d"] {
            readings.push(service.reading(name.into()).await);
        }
        let mut fifth = Box::pin(service.reading("e".into()));
        assert!(futures_util::poll!(&mut fifth).is_pending(), "as many as there may be");
        // Who gives up leaves nothing behind.
        drop(fifth);
        drop(readings);
        assert!(service.readings.borrow().is_empty());
    }
}
