//! Whose fault it is that cells end, and what follows for that worker. It knows no processes and reads no clock.
//!
//! What a cell's page says of its last turn is a claim: a cell that was taken over can blame any worker that it held, and
//! the worst that it achieves is that the innocent one gets a cell of its own for a while.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{
    incident::{Culprit, IncidentKind},
    options::BlameOptions,
};

/// Workers that are remembered. It takes a crash of a cell to get in here.
const RECORDS_MAX: usize = 65_536;

/// How a worker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing is held against it.
    Free,
    /// It has a cell of its own.
    Quarantined,
    /// Its events are turned away for so long.
    Waiting(Duration),
}

/// What a cell looked like when it was lost.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    /// What happened.
    pub(super) kind: IncidentKind,
    /// Whose turn it was, as the cell's page says.
    pub(super) turn: Option<&'a Arc<str>>,
    /// The worker that the cell held, if it held just one.
    pub(super) sole: Option<&'a Arc<str>>,
    /// Workers with events under way.
    pub(super) under_way: &'a [Arc<str>],
}

/// What is held against one worker.
#[derive(Debug)]
struct Record {
    crashes: u32,
    last_crash: Option<Instant>,
    last_maybe: Option<Instant>,
    /// Until when its events are turned away.
    waits_until: Instant,
}

/// The books of all workers that have ended cells, or may have.
#[derive(Debug)]
pub(super) struct Blame {
    options: BlameOptions,
    records: HashMap<Arc<str>, Record>,
    /// In the order in which they came in.
    order: VecDeque<Arc<str>>,
}

impl Blame {
    pub(super) fn new(options: BlameOptions) -> Self {
        Self { options, records: HashMap::new(), order: VecDeque::new() }
    }

    /// A cell was lost. Gives those who are blamed for it.
    pub(super) fn lost(&mut self, scene: &Scene<'_>, now: Instant) -> Vec<Culprit> {
        let culprit = culprit_of(scene);
        let mut blamed: Vec<Culprit> = culprit.map(|worker| self.crashed(worker, now)).into_iter().collect();
        // Who is known to have done it clears the others; but a cell that was taken over may have lied about it.
        if culprit.is_none() || scene.kind.is_hostile() {
            let running = scene.turn.filter(|turn| !scene.under_way.contains(turn));
            let others = scene.under_way.iter().chain(running).filter(|worker| Some(*worker) != culprit);
            blamed.extend(others.filter_map(|worker| self.may_have_crashed(worker, now)));
        }
        blamed
    }

    /// How a worker stands.
    pub(super) fn standing(&self, worker: &str, now: Instant) -> Standing {
        let Some(record) = self.records.get(worker).filter(|_| !self.records.is_empty()) else {
            return Standing::Free;
        };
        match record.last_crash {
            Some(crash) if now < crash + self.options.quarantine_for => {
                let wait = record.waits_until.saturating_duration_since(now);
                if wait > Duration::ZERO { Standing::Waiting(wait) } else { Standing::Quarantined }
            }
            Some(_) | None => Standing::Free,
        }
    }

    /// The worker has a new version: it need not wait. It stays in its own cell, since nobody knows whether it is mended.
    pub(super) fn new_version(&mut self, worker: &str, now: Instant) {
        if let Some(record) = self.records.get_mut(worker) {
            record.waits_until = now;
            record.crashes = record.crashes.min(1);
        }
    }

    /// Forgets what is over. Gives the workers that leave their quarantine.
    pub(super) fn forget(&mut self, now: Instant) -> Vec<Arc<str>> {
        let options = &self.options;
        let mut free = Vec::new();
        self.records.retain(|worker, record| {
            let maybe = record.last_maybe.is_some_and(|maybe| now < maybe + options.maybe_within);
            let crash = record.last_crash.is_some_and(|crash| now < crash + options.quarantine_for);
            if record.last_crash.is_some() && !crash {
                free.push(worker.clone());
            }
            maybe || crash
        });
        self.order.retain(|worker| self.records.contains_key(worker));
        free
    }

    fn crashed(&mut self, worker: &Arc<str>, now: Instant) -> Culprit {
        let (wait_min, wait_max) = (self.options.wait_min, self.options.wait_max);
        let forgiven_after = self.options.quarantine_for;
        let record = self.record(worker, now);
        if record.last_crash.is_some_and(|crash| now >= crash + forgiven_after) {
            record.crashes = 0;
        }
        record.crashes = record.crashes.saturating_add(1);
        record.last_crash = Some(now);
        // The first crash costs nothing but the company: many things happen once.
        let wait = match record.crashes.checked_sub(2) {
            None => Duration::ZERO,
            Some(doublings) => wait_min.saturating_mul(1 << doublings.min(30)).min(wait_max),
        };
        record.waits_until = now + wait;
        Culprit { worker: worker.clone(), crashes: record.crashes, wait }
    }

    fn may_have_crashed(&mut self, worker: &Arc<str>, now: Instant) -> Option<Culprit> {
        let within = self.options.maybe_within;
        let record = self.record(worker, now);
        let again = record.last_maybe.replace(now).is_some_and(|maybe| now < maybe + within);
        again.then(|| self.crashed(worker, now))
    }

    fn record(&mut self, worker: &Arc<str>, now: Instant) -> &mut Record {
        if !self.records.contains_key(worker) {
            self.order.push_back(worker.clone());
            while self.order.len() > RECORDS_MAX {
                let oldest = self.order.pop_front();
                oldest.and_then(|oldest| self.records.remove(&oldest));
            }
        }
        let fresh = || Record { crashes: 0, last_crash: None, last_maybe: None, waits_until: now };
        self.records.entry(worker.clone()).or_insert_with(fresh)
    }
}

/// The one who did it, if that is known.
fn culprit_of<'a>(scene: &Scene<'a>) -> Option<&'a Arc<str>> {
    match scene.kind {
        // Neither a person with `kill` nor a cell that does not start says anything about a worker.
        IncidentKind::Killed | IncidentKind::NotStarted => None,
        // Memory grows over many turns; the last one only happened to be there.
        IncidentKind::OutOfMemory => scene.sole,
        IncidentKind::Crashed
        | IncidentKind::TurnTooLong
        | IncidentKind::TurnStuck
        | IncidentKind::Silent
        | IncidentKind::ForbiddenCall
        | IncidentKind::ForgedWorker
        | IncidentKind::BadLink
        | IncidentKind::BadControl => scene.turn.or(scene.sole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blame() -> Blame {
        Blame::new(super::super::SupervisorOptions::default().blame)
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn crash(blame: &mut Blame, worker: &Arc<str>, now: Instant) -> Vec<Culprit> {
        let scene = Scene {
            kind: IncidentKind::Crashed,
            turn: Some(worker),
            sole: None,
            under_way: std::slice::from_ref(worker),
        };
        blame.lost(&scene, now)
    }

    #[test]
    fn the_first_crash_costs_only_the_company() {
        let (mut blame, now, worker) = (blame(), Instant::now(), Arc::from("w"));
        assert_eq!(blame.standing("w", now), Standing::Free);
        let culprits = crash(&mut blame, &worker, now);
        assert_eq!(culprits, [Culprit { worker, crashes: 1, wait: Duration::ZERO }]);
        assert_eq!(blame.standing("w", now), Standing::Quarantined);
    }

    #[test]
    fn a_crash_loop_never_spins() {
        let (mut blame, mut now, worker) = (blame(), Instant::now(), Arc::from("w"));
        crash(&mut blame, &worker, now);
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = crash(&mut blame, &worker, now)[0].wait;
            assert_eq!(blame.standing("w", now), Standing::Waiting(wait));
            now += wait;
            assert_eq!(blame.standing("w", now), Standing::Quarantined);
            waits.push(u64::try_from(wait.as_millis()).unwrap());
        }
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000]);
    }

    #[test]
    fn a_worker_that_went_well_for_an_hour_starts_anew() {
        let (mut blame, now, worker) = (blame(), Instant::now(), Arc::from("w"));
        crash(&mut blame, &worker, now);
        crash(&mut blame, &worker, now);
        assert_eq!(blame.forget(now + seconds(3_599)), Vec::<Arc<str>>::new());
        let later = now + seconds(3_600);
        assert_eq!(blame.standing("w", later), Standing::Free);
        assert_eq!(blame.forget(later), std::slice::from_ref(&worker));
        assert_eq!(crash(&mut blame, &worker, later)[0].crashes, 1);
    }

    #[test]
    fn nobody_is_blamed_for_one_loss_that_nobody_saw() {
        fn scene(under_way: &[Arc<str>]) -> Scene<'_> {
            Scene { kind: IncidentKind::Crashed, turn: None, sole: None, under_way }
        }
        let (mut blame, now) = (blame(), Instant::now());
        let (a, b, c): (Arc<str>, Arc<str>, Arc<str>) = ("a".into(), "b".into(), "c".into());
        assert_eq!(blame.lost(&scene(&[a.clone(), b.clone()]), now), []);
        assert_eq!(blame.standing("a", now), Standing::Free);
        // Only `b` was there both times.
        let again = blame.lost(&scene(&[b.clone(), c.clone()]), now + seconds(59));
        assert_eq!(again.iter().map(|culprit| &culprit.worker).collect::<Vec<_>>(), [&b]);
        assert_eq!(blame.standing("b", now + seconds(59)), Standing::Quarantined);
        // And `a`'s time is over.
        assert_eq!(blame.lost(&scene(&[a]), now + seconds(61)), []);
    }

    #[test]
    fn who_is_alone_in_a_cell_cannot_hide_behind_an_idle_page() {
        let (mut blame, now, worker) = (blame(), Instant::now(), Arc::from("w"));
        let scene =
            Scene { kind: IncidentKind::OutOfMemory, turn: None, sole: Some(&worker), under_way: &[] };
        assert_eq!(blame.lost(&scene, now)[0].worker, worker);
    }

    #[test]
    fn a_taken_cell_cannot_clear_itself_by_blaming_a_neighbour() {
        let (mut blame, now) = (blame(), Instant::now());
        let (bad, good): (Arc<str>, Arc<str>) = ("bad".into(), "good".into());
        for seconds_later in [0, 30] {
            let scene = Scene {
                kind: IncidentKind::ForbiddenCall,
                turn: Some(&good),
                sole: None,
                under_way: std::slice::from_ref(&bad),
            };
            blame.lost(&scene, now + seconds(seconds_later));
        }
        assert_eq!(blame.standing("bad", now + seconds(30)), Standing::Quarantined);
    }

    #[test]
    fn a_person_with_kill_puts_no_worker_into_quarantine() {
        let (mut blame, now, worker) = (blame(), Instant::now(), Arc::from("w"));
        let scene =
            Scene { kind: IncidentKind::Killed, turn: Some(&worker), sole: Some(&worker), under_way: &[] };
        assert_eq!(blame.lost(&scene, now), []);
        assert_eq!(blame.standing("w", now), Standing::Free);
    }

    #[test]
    fn a_new_version_need_not_wait_but_stays_alone() {
        let (mut blame, now, worker) = (blame(), Instant::now(), Arc::from("w"));
        for _ in 0..9 {
            crash(&mut blame, &worker, now);
        }
        blame.new_version("w", now);
        assert_eq!(blame.standing("w", now), Standing::Quarantined);
        assert_eq!(crash(&mut blame, &worker, now)[0].wait, Duration::from_millis(100));
    }

    #[test]
    fn the_books_never_grow_without_bound() {
        let (mut blame, now) = (blame(), Instant::now());
        for number in 0..RECORDS_MAX + 100 {
            crash(&mut blame, &Arc::from(number.to_string()), now);
        }
        assert_eq!((blame.records.len(), blame.order.len()), (RECORDS_MAX, RECORDS_MAX));
    }
}
