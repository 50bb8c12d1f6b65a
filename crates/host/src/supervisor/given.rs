//! The workers that one cell has got, by the numbers under which it knows them.
//!
//! A number belongs to one worker for the cell's whole life, whatever versions follow each other under it. So a request
//! that leaves the cell names a number that was given to it, or it is forged.

use std::{
    collections::{BTreeSet, VecDeque},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::{
    lookup::Lookup,
    worker::{Worker, WorkerSpec},
};

/// How long after its last event's limits a removed worker may still ask for something.
const LATE_MAX: Duration = Duration::from_secs(30);
/// Versions of one worker that may be loading at once.
const LOADING_MAX: usize = 8;

/// Whether a version is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Loading {
    /// Not yet.
    Pending,
    /// It takes events, of the kinds that have handlers.
    Loaded(Rc<[String]>),
    /// It does not load, and why.
    Refused(Rc<str>),
}

/// What becomes of a worker that has to leave the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaving {
    /// Its events finish; at this time they are ended.
    Finishing { end_at: Option<Instant> },
    /// The cell was told to forget it. What its last events left behind may still ask for something until then.
    Removed { forget_at: Instant },
}

/// A worker in a cell.
pub(super) struct Entry {
    pub(super) worker: Rc<Worker>,
    /// The version that the cell was last told to load.
    pub(super) spec: Rc<WorkerSpec>,
    pub(super) loading: watch::Receiver<Loading>,
    /// The versions that the cell has not answered for, oldest first.
    unanswered: VecDeque<watch::Sender<Loading>>,
    /// Events under way, as the host counts them.
    pub(super) under_way: Arc<AtomicU64>,
    /// Events under way inside, work after the answer included, as the cell says.
    pub(super) inside: u64,
    /// Whether it has an isolate that is ready, as the cell said last.
    pub(super) warm: bool,
    pub(super) used_at: Instant,
    leaving: Option<Leaving>,
    /// Whether the cell was told that somebody reads its events.
    read: bool,
}

impl Entry {
    /// Notes whether somebody reads its events now; true if that is news.
    pub(super) fn read_along(&mut self, wanted: &dyn Fn(&str) -> bool) -> bool {
        let read = wanted(&self.spec.name);
        std::mem::replace(&mut self.read, read) != read
    }
}

/// Whose request it is that leaves a cell.
pub(super) enum Asker {
    /// A worker that the cell has.
    Worker(Rc<WorkerSpec>),
    /// A worker that the cell had, and has no more.
    Gone,
    /// Nobody: the number was never given out.
    Forged,
}

/// What the cell has to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// End the worker's events.
    Stop(u32),
    /// Forget the worker.
    Remove(u32),
}

/// All workers of a cell.
#[derive(Default)]
pub(super) struct Given {
    next: u32,
    entries: Lookup<u32, Entry>,
    current: Lookup<Arc<str>, u32>,
    leaving: BTreeSet<u32>,
}

impl Given {
    /// The number of a worker that takes new events here.
    pub(super) fn number_of(&self, worker: &str) -> Option<u32> {
        self.current.get(worker).copied()
    }

    /// What there is of a worker that takes new events here.
    pub(super) fn entry_of(&self, worker: &str) -> Option<&Entry> {
        self.entries.get(self.current.get(worker)?)
    }

    /// Whether a worker that takes new events here has none.
    pub(super) fn is_idle(&self, worker: &str) -> bool {
        self.entry_of(worker)
            .is_none_or(|entry| entry.inside == 0 && entry.under_way.load(Ordering::Relaxed) == 0)
    }

    /// The worker of a number.
    pub(super) fn worker(&self, number: u32) -> Option<Rc<Worker>> {
        self.entries.get(&number).map(|entry| entry.worker.clone())
    }

    pub(super) fn entry(&mut self, number: u32) -> Option<&mut Entry> {
        self.entries.get_mut(&number)
    }

    /// Workers that take new events here.
    pub(super) fn current(&self) -> impl Iterator<Item = (u32, &Entry)> {
        self.current.values().filter_map(|number| Some((*number, self.entries.get(number)?)))
    }

    /// All workers whose code may still run here.
    pub(super) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Workers that take new events here, or have some under way.
    pub(super) fn present(&self) -> impl Iterator<Item = &Entry> {
        let present = |entry: &&Entry| {
            entry.leaving.is_none() || entry.inside > 0 || entry.under_way.load(Ordering::Relaxed) > 0
        };
        self.entries.values().filter(present)
    }

    /// The numbers under which a worker's code may still run here.
    pub(super) fn numbers_of(&self, worker: &str) -> Vec<u32> {
        let of_worker = self.entries.iter().filter(|(_, entry)| &*entry.worker.name == worker);
        of_worker.map(|(number, _)| *number).collect()
    }

    /// How many take new events here.
    pub(super) fn len(&self) -> usize {
        self.current.len()
    }

    /// Whose request this is.
    pub(super) fn asker(&self, number: u32) -> Asker {
        match self.entries.get(&number) {
            Some(entry) => Asker::Worker(entry.spec.clone()),
            None if number < self.next => Asker::Gone,
            None => Asker::Forged,
        }
    }

    /// The number for a version of a worker that the cell is about to be told to load; it has this number already if it has
    /// another version. `None` if too many versions of it are loading, or all numbers are used up.
    pub(super) fn give(&mut self, worker: &Rc<Worker>, spec: &Rc<WorkerSpec>, now: Instant) -> Option<u32> {
        let (sender, loading) = watch::channel(Loading::Pending);
        if let Some(number) = self.number_of(&worker.name) {
            let entry = self.entries.get_mut(&number)?;
            if entry.unanswered.len() >= LOADING_MAX {
                return None;
            }
            entry.spec = spec.clone();
            entry.loading = loading;
            entry.unanswered.push_back(sender);
            return Some(number);
        }
        let number = self.next;
        // The page shows a worker's number plus one, in 32 bits.
        self.next = number.checked_add(1).filter(|next| *next < u32::MAX)?;
        let entry = Entry {
            worker: worker.clone(),
            spec: spec.clone(),
            loading,
            unanswered: VecDeque::from([sender]),
            under_way: Arc::default(),
            inside: 0,
            warm: false,
            used_at: now,
            leaving: None,
            read: false,
        };
        self.entries.insert(number, entry);
        self.current.insert(worker.name.clone(), number);
        Some(number)
    }

    /// The workers of which it is news whether somebody reads their events, and whether somebody does.
    pub(super) fn read_along(&mut self, wanted: &dyn Fn(&str) -> bool) -> Vec<(u32, bool)> {
        let entries = self.entries.iter_mut();
        entries
            .filter_map(|(number, entry)| entry.read_along(wanted).then_some((*number, entry.read)))
            .collect()
    }

    /// The cell says that a version is loaded, or is not. False if it was not asked.
    pub(super) fn answered(&mut self, number: u32, loading: Loading) -> bool {
        let unanswered = self.entries.get_mut(&number).and_then(|entry| entry.unanswered.pop_front());
        unanswered.is_some_and(|sender| {
            sender.send_replace(loading);
            true
        })
    }

    /// The worker takes no new events here. Those under way finish, at the latest at `end_at`.
    pub(super) fn retire(&mut self, number: u32, end_at: Option<Instant>) {
        let Some(entry) = self.entries.get_mut(&number).filter(|entry| entry.leaving.is_none()) else {
            return;
        };
        entry.leaving = Some(Leaving::Finishing { end_at });
        self.current.remove(&entry.worker.name);
        self.leaving.insert(number);
    }

    /// At most `count` things to tell the cell about workers that leave.
    pub(super) fn due(&mut self, now: Instant, count: usize) -> Vec<Telling> {
        let mut tellings = Vec::new();
        let mut forgotten = Vec::new();
        for number in &self.leaving {
            let Some(entry) = self.entries.get_mut(number) else { continue };
            match entry.leaving {
                // Only when the host sees no event of it: the two links are not in step, and an event that overtakes
                // its worker's removal would find nobody.
                Some(Leaving::Finishing { .. }) if entry.under_way.load(Ordering::Relaxed) == 0 => {
                    if tellings.len() < count {
                        let late = Duration::from_millis(entry.spec.limits.wait_until_ms) + LATE_MAX;
                        entry.leaving = Some(Leaving::Removed { forget_at: now + late });
                        tellings.push(Telling::Remove(*number));
                    }
                }
                Some(Leaving::Finishing { end_at: Some(end_at) }) if now >= end_at => {
                    if tellings.len() < count {
                        entry.leaving = Some(Leaving::Finishing { end_at: None });
                        tellings.push(Telling::Stop(*number));
                    }
                }
                Some(Leaving::Removed { forget_at }) if now >= forget_at => forgotten.push(*number),
                Some(Leaving::Finishing { .. } | Leaving::Removed { .. }) | None => {}
            }
        }
        for number in forgotten {
            self.leaving.remove(&number);
            self.entries.remove(&number);
        }
        tellings
    }

    /// The worker without events that was idle longest.
    pub(super) fn idlest(&self) -> Option<u32> {
        let idle = self.current().filter(|(_, entry)| entry.under_way.load(Ordering::Relaxed) == 0);
        idle.min_by_key(|(_, entry)| entry.used_at).map(|(number, _)| number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervisor::fixtures::{spec, worker};

    #[test]
    fn a_number_that_was_never_given_out_is_forged_and_an_old_one_is_not() {
        let (mut given, now, worker) = (Given::default(), Instant::now(), worker("w"));
        let number = given.give(&worker, &worker.current(), now).unwrap();
        assert!(matches!(given.asker(number), Asker::Worker(_)));
        assert!(matches!(given.asker(number + 1), Asker::Forged));
        given.retire(number, None);
        assert_eq!(given.due(now, 9), [Telling::Remove(number)]);
        assert!(matches!(given.asker(number), Asker::Worker(_)), "what it left behind may still ask");
        assert_eq!(given.due(now + Duration::from_secs(3_600), 9), []);
        assert!(matches!(given.asker(number), Asker::Gone));
        assert_eq!(given.give(&worker, &worker.current(), now), Some(number + 1), "no number is used twice");
    }

    #[test]
    fn a_worker_with_events_under_way_is_never_removed() {
        let (mut given, now, worker) = (Given::default(), Instant::now(), worker("w"));
        let number = given.give(&worker, &worker.current(), now).unwrap();
        let under_way = given.entry(number).unwrap().under_way.clone();
        under_way.store(1, Ordering::Relaxed);
        given.retire(number, Some(now + Duration::from_secs(30)));
        assert_eq!(given.number_of("w"), None);
        assert_eq!(given.due(now, 9), []);
        assert_eq!(given.due(now + Duration::from_secs(30), 9), [Telling::Stop(number)]);
        assert_eq!(given.due(now + Duration::from_secs(31), 9), []);
        under_way.store(0, Ordering::Relaxed);
        assert_eq!(given.due(now + Duration::from_secs(31), 9), [Telling::Remove(number)]);
    }

    #[test]
    fn an_answer_that_nobody_asked_for_is_noticed() {
        let (mut given, now, worker) = (Given::default(), Instant::now(), worker("w"));
        assert!(!given.answered(0, Loading::Loaded(Rc::from([]))));
        let number = given.give(&worker, &worker.current(), now).unwrap();
        assert!(given.answered(number, Loading::Loaded(Rc::from([]))));
        assert!(!given.answered(number, Loading::Loaded(Rc::from([]))));
        assert_eq!(*given.entry(number).unwrap().loading.borrow(), Loading::Loaded(Rc::from([])));
    }

    #[test]
    fn a_new_version_keeps_the_number_and_its_answers_come_in_order() {
        let (mut given, now, worker) = (Given::default(), Instant::now(), worker("w"));
        let number = given.give(&worker, &worker.current(), now).unwrap();
        let first = given.entry(number).unwrap().loading.clone();
        assert_eq!(given.give(&worker, &spec("w"), now), Some(number));
        let second = given.entry(number).unwrap().loading.clone();
        assert!(given.answered(number, Loading::Refused("no".into())));
        assert_eq!(
            (&*first.borrow(), &*second.borrow()),
            (&Loading::Refused("no".into()), &Loading::Pending)
        );
        for _ in 0..7 {
            assert!(given.give(&worker, &spec("w"), now).is_some());
        }
        assert_eq!(given.give(&worker, &spec("w"), now), None, "not without bound");
    }

    #[test]
    fn the_idlest_worker_leaves_first_and_never_one_with_events() {
        let (mut given, now) = (Given::default(), Instant::now());
        for (seconds, name) in ["a", "b"].iter().enumerate() {
            let worker = worker(name);
            given.give(&worker, &worker.current(), now + Duration::from_secs(seconds as u64));
        }
        assert_eq!(given.idlest(), Some(0));
        given.entry(0).unwrap().under_way.store(1, Ordering::Relaxed);
        assert_eq!(given.idlest(), Some(1));
    }
}
