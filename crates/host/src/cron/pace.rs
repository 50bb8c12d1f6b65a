//! In what order and how fast triggers are fired that are due together. Thousands of workers have the same `* * * * *`, and a node on
//! which all of them start in one moment answers nobody for a while.
//!
//! Accounts take turns, so whoever has ten thousand triggers keeps nobody waiting who has one. So many are started at once, and one
//! that goes on for longer gives its place to the next: it may take its fifteen minutes. What waits is not claimed yet, so
//! that whoever serves from the store after this process fires it.

use std::{
    collections::{HashMap, VecDeque},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Firing, LATE_MAX_MS};

/// How often it is looked for what is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Triggers that are claimed in one transaction, which is one write to the disk. A process that dies has claimed no more than this in
/// vain.
const CLAIMED_AT_ONCE: usize = 64;
/// Triggers that begin at once.
const STARTS_AT_ONCE: usize = 32;
/// How long one of them keeps the next one waiting.
const START_MAX: Duration = Duration::from_millis(50);

const _: () =
    assert!(STARTS_AT_ONCE * 60_000 / 50 > 30_000, "ten thousand workers have their turn each minute");

/// Whose triggers are fired.
pub(super) trait Clockwork {
    /// The time, in milliseconds since the epoch.
    fn now_ms(&self) -> i64;
    /// What has come due since this was asked last, with the account of each.
    fn due(&self, now_ms: i64) -> Vec<(String, Firing)>;
    /// Those of them that are this process's to fire.
    async fn claim(&self, some: Vec<Firing>) -> Vec<Firing>;
    /// Fires one, until it is over.
    async fn fire(&self, firing: Firing);
    /// One was not fired: there was no time for it.
    fn missed(&self, firing: Firing);
}

/// Fires what is due, for as long as nobody stops it.
pub(super) async fn run<C: Clockwork + 'static>(clockwork: Rc<C>) {
    let (mut queue, places) = (Queue::default(), Arc::new(Semaphore::new(STARTS_AT_ONCE)));
    loop {
        let now_ms = clockwork.now_ms();
        clockwork.due(now_ms).into_iter().for_each(|(account, firing)| queue.put(account, firing));
        let some = queue.take(CLAIMED_AT_ONCE);
        if some.is_empty() {
            tokio::time::sleep(LOOK_EVERY).await;
            continue;
        }
        let (late, some): (Vec<_>, Vec<_>) =
            some.into_iter().partition(|firing| now_ms - firing.due_ms > LATE_MAX_MS);
        late.into_iter().for_each(|firing| clockwork.missed(firing));
        if some.is_empty() {
            continue;
        }
        for firing in clockwork.claim(some).await {
            // Nobody closes the semaphore.
            let Ok(place) = places.clone().acquire_owned().await else { return };
            tokio::task::spawn_local(start(clockwork.clone(), firing, place));
        }
    }
}

async fn start<C: Clockwork>(clockwork: Rc<C>, firing: Firing, place: OwnedSemaphorePermit) {
    let mut fired = std::pin::pin!(clockwork.fire(firing));
    if tokio::time::timeout(START_MAX, fired.as_mut()).await.is_err() {
        drop(place);
        fired.await;
    }
}

/// What is due and has not been claimed.
#[derive(Default)]
struct Queue {
    waiting: HashMap<String, VecDeque<Firing>>,
    /// The accounts of what waits, in the order of their turns.
    turns: VecDeque<String>,
}

impl Queue {
    fn put(&mut self, account: String, firing: Firing) {
        let own = self.waiting.entry(account.clone()).or_default();
        if own.is_empty() {
            self.turns.push_back(account);
        }
        own.push_back(firing);
    }

    /// Some of it, one of each account before the second of any.
    fn take(&mut self, firings_max: usize) -> Vec<Firing> {
        let mut taken = Vec::new();
        while taken.len() < firings_max
            && let Some(account) = self.turns.pop_front()
        {
            let Some(own) = self.waiting.get_mut(&account) else { continue };
            taken.extend(own.pop_front());
            if own.is_empty() {
                self.waiting.remove(&account);
            } else {
                self.turns.push_back(account);
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::{Cell, RefCell},
        collections::{BTreeMap, BTreeSet},
    };

    use tokio::{task::LocalSet, time::Instant};

    use super::*;

    const MINUTE_MS: i64 = 60_000;

    /// What processes that serve from one store have in common.
    struct Shared {
        begun: Instant,
        claimed: RefCell<BTreeSet<Firing>>,
        /// In the order in which they began, with the time.
        fired: RefCell<Vec<(Firing, Duration)>>,
        missed: Cell<usize>,
        /// How many begin at once at most, of those that take no longer than a start may.
        under_way: Cell<usize>,
        under_way_most: Cell<usize>,
        takes: Box<dyn Fn(&Firing) -> Duration>,
    }

    /// One of these processes: each trigger is due once in each minute.
    struct Process {
        shared: Rc<Shared>,
        triggers: Vec<(String, Firing)>,
        minute: Cell<i64>,
    }

    impl Clockwork for Process {
        fn now_ms(&self) -> i64 {
            i64::try_from(self.shared.begun.elapsed().as_millis()).unwrap()
        }

        fn due(&self, now_ms: i64) -> Vec<(String, Firing)> {
            let minute = now_ms / MINUTE_MS;
            if self.minute.replace(minute) == minute {
                return Vec::new();
            }
            let at = |(account, firing): &(String, Firing)| {
                (account.clone(), Firing { due_ms: minute * MINUTE_MS, ..firing.clone() })
            };
            self.triggers.iter().map(at).collect()
        }

        async fn claim(&self, some: Vec<Firing>) -> Vec<Firing> {
            tokio::time::sleep(Duration::from_millis(3)).await;
            some.into_iter().filter(|one| self.shared.claimed.borrow_mut().insert(one.clone())).collect()
        }

        async fn fire(&self, firing: Firing) {
            let (shared, takes) = (&self.shared, (self.shared.takes)(&firing));
            shared.fired.borrow_mut().push((firing, shared.begun.elapsed()));
            shared.under_way.set(shared.under_way.get() + 1);
            shared.under_way_most.set(shared.under_way_most.get().max(shared.under_way.get()));
            tokio::time::sleep(takes).await;
            shared.under_way.set(shared.under_way.get() - 1);
        }

        fn missed(&self, _: Firing) {
            self.shared.missed.set(self.shared.missed.get() + 1);
        }
    }

    fn shared(takes: impl Fn(&Firing) -> Duration + 'static) -> Rc<Shared> {
        Rc::new(Shared {
            begun: Instant::now(),
            claimed: RefCell::default(),
            fired: RefCell::default(),
            missed: Cell::default(),
            under_way: Cell::default(),
            under_way_most: Cell::default(),
            takes: Box::new(takes),
        })
    }

    fn process(shared: &Rc<Shared>, accounts: &[(&str, usize)]) -> Rc<Process> {
        let of = |(account, workers): &(&str, usize)| {
            let account = (*account).to_owned();
            (0..*workers).map(move |number| {
                let worker = format!("{account}-{number}");
                (account.clone(), Firing { worker, cron: "* * * * *".to_owned(), due_ms: 0 })
            })
        };
        let triggers = accounts.iter().flat_map(of).collect();
        Rc::new(Process { shared: shared.clone(), triggers, minute: Cell::new(-1) })
    }

    /// How often each trigger was fired for each time.
    fn times(shared: &Shared) -> BTreeMap<Firing, usize> {
        let mut times = BTreeMap::new();
        for (firing, _) in shared.fired.borrow().iter() {
            *times.entry(firing.clone()).or_insert(0) += 1;
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_due_together_does_not_begin_together_and_all_of_it_begins() {
        LocalSet::new()
            .run_until(async {
                let shared = shared(|_| Duration::from_millis(10));
                let running = tokio::task::spawn_local(run(process(&shared, &[("acme", 10_000)])));
                tokio::time::sleep(Duration::from_millis(59_000)).await;
                running.abort();
                assert!(shared.under_way_most.get() <= STARTS_AT_ONCE, "{}", shared.under_way_most.get());
                let times = times(&shared);
                assert!(times.len() == 10_000 && times.values().all(|times| *times == 1), "{}", times.len());
                assert_eq!(shared.missed.get(), 0);
            })
            .await;
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_one_trigger_does_not_wait_for_whoever_has_thousands() {
        LocalSet::new()
            .run_until(async {
                let shared = shared(|_| Duration::from_secs(900));
                let accounts = [("greedy", 10_000), ("modest", 1), ("third", 2)];
                let running = tokio::task::spawn_local(run(process(&shared, &accounts)));
                tokio::time::sleep(Duration::from_secs(30)).await;
                running.abort();
                let fired = shared.fired.borrow();
                let first: Vec<&str> = fired.iter().take(6).map(|(firing, _)| &*firing.worker).collect();
                assert_eq!(first, ["greedy-0", "modest-0", "third-0", "greedy-1", "third-1", "greedy-2"]);
                assert_eq!(fired.len(), 10_003, "events that take long keep nobody waiting");
            })
            .await;
    }

    #[tokio::test(start_paused = true)]
    async fn two_processes_fire_each_once_and_one_that_is_killed_leaves_little_behind() {
        LocalSet::new()
            .run_until(async {
                let shared = shared(|_| Duration::from_millis(20));
                let accounts = [("acme", 2_000), ("other", 500)];
                let old = tokio::task::spawn_local(run(process(&shared, &accounts)));
                let new = tokio::task::spawn_local(run(process(&shared, &accounts)));
                tokio::time::sleep(Duration::from_millis(400)).await;
                old.abort();
                let before = shared.fired.borrow().len();
                assert!(before > 100 && before < 2_000, "it was in the middle: {before}");
                tokio::time::sleep(Duration::from_secs(58)).await;
                new.abort();
                let times = times(&shared);
                assert!(times.values().all(|times| *times == 1), "{times:?}");
                assert!(times.len() >= 2_500 - CLAIMED_AT_ONCE, "{}", times.len());
            })
            .await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_there_is_no_time_for_is_told_and_does_not_pile_up() {
        LocalSet::new()
            .run_until(async {
                let shared = shared(|_| Duration::from_secs(900));
                let running = tokio::task::spawn_local(run(process(&shared, &[("acme", 60_000)])));
                tokio::time::sleep(Duration::from_secs(179)).await;
                running.abort();
                assert!(shared.missed.get() > 30_000, "{}", shared.missed.get());
                let late = Duration::from_millis(LATE_MAX_MS.unsigned_abs() + 1_000);
                for (firing, at) in shared.fired.borrow().iter() {
                    let due = Duration::from_millis(firing.due_ms.unsigned_abs());
                    assert!(*at <= due + late, "{firing:?} at {at:?}");
                }
                assert!(times(&shared).values().all(|times| *times == 1));
            })
            .await;
    }
}
