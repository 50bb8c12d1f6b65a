//! Traces that are made up.

use std::f64::consts::TAU;

use crate::{
    chance::{Chance, Zipf, whole},
    spec::{Spec, TraceKind},
    tenants::Tenant,
};

use super::{Happening, What};

/// How often popularity moves on, in microseconds.
const CHURN_US: u64 = 60_000_000;
/// Then one of so many ranks changes hands.
const CHURN_PART: usize = 100;
/// How many days a daily trace has, and how many time zones its workers live in.
const DAYS: f64 = 2.0;
const ZONES: usize = 3;
/// How often a worker is drawn until one is found whose day it is.
const DRAWS_MAX: usize = 50;

pub(super) struct Synthetic<'t> {
    kind: TraceKind,
    tenants: &'t [Tenant],
    end_us: f64,
    /// Events a microsecond, on average.
    rate: f64,
    zipf: Zipf,
    chance: Chance,
    /// Who has which rank.
    ranked: Vec<usize>,
    churn_at_us: u64,
    /// When the next event of everyday traffic comes.
    at_us: f64,
    /// How many of the trace's own happenings have come.
    own: usize,
}

impl<'t> Synthetic<'t> {
    pub(super) fn new(kind: TraceKind, spec: &Spec, tenants: &'t [Tenant]) -> Self {
        let end_us = spec.seconds.max(1) as f64 * 1e6;
        let mut this = Self {
            kind,
            tenants,
            end_us,
            rate: spec.events.max(1) as f64 / end_us,
            zipf: Zipf::new(tenants.len()),
            chance: Chance::new(spec.seed),
            ranked: (0..tenants.len()).collect(),
            churn_at_us: CHURN_US,
            at_us: 0.0,
            own: 0,
        };
        (0..tenants.len()).for_each(|rank| this.swap(rank));
        this.step();
        this
    }

    /// Goes on to the next event of everyday traffic.
    fn step(&mut self) {
        let part = self.at_us / self.end_us;
        let rate = match self.kind {
            TraceKind::Daily => self.rate * (1.0 + 0.6 * (TAU * DAYS * part).sin()),
            TraceKind::Flash if self.is_crowded() => self.rate * 2.0,
            TraceKind::Flash | TraceKind::Zipf | TraceKind::Uniform | TraceKind::Deploy | TraceKind::Scan => {
                self.rate
            }
        };
        self.at_us += self.chance.exponential(1.0 / rate);
    }

    fn is_crowded(&self) -> bool {
        (0.4..0.6).contains(&(self.at_us / self.end_us))
    }

    /// Who gets the event of now.
    fn worker(&mut self) -> usize {
        match self.kind {
            TraceKind::Uniform => self.chance.below(self.tenants.len()),
            // Nobody has heard of the last one before.
            TraceKind::Flash if self.is_crowded() && self.chance.below(2) == 0 => {
                self.ranked.last().copied().unwrap_or(0)
            }
            TraceKind::Daily => self.awake(),
            TraceKind::Flash | TraceKind::Zipf | TraceKind::Deploy | TraceKind::Scan => self.popular(),
        }
    }

    fn popular(&mut self) -> usize {
        let rank = self.zipf.rank(&mut self.chance);
        self.ranked.get(rank).copied().unwrap_or(0)
    }

    /// A worker whose day it is.
    fn awake(&mut self) -> usize {
        let mut worker = 0;
        for _ in 0..DRAWS_MAX {
            worker = self.popular();
            let zone = (worker % ZONES) as f64 / ZONES as f64;
            let activity = (1.0 - (TAU * (DAYS * self.at_us / self.end_us + zone)).cos()) / 2.0;
            if self.chance.unit() < activity {
                break;
            }
        }
        worker
    }

    fn swap(&mut self, rank: usize) {
        let other = self.chance.below(self.ranked.len());
        self.ranked.swap(rank, other);
    }

    /// Popularity moves on. A flash crowd's worker, which has the last rank, stays.
    fn churn(&mut self) {
        if self.at_us < self.churn_at_us as f64 || self.kind == TraceKind::Flash {
            return;
        }
        self.churn_at_us += CHURN_US;
        for _ in 0..self.ranked.len() / CHURN_PART {
            let rank = self.chance.below(self.ranked.len());
            self.swap(rank);
        }
    }

    /// When the trace's next own happening comes.
    fn own_at_us(&self) -> Option<f64> {
        if self.own >= self.tenants.len() {
            return None;
        }
        let part = self.own as f64 / self.tenants.len() as f64;
        match self.kind {
            TraceKind::Deploy => Some(self.end_us * (0.5 + part / 20.0)),
            TraceKind::Scan => Some(self.end_us * (0.25 + part / 2.0)),
            TraceKind::Zipf | TraceKind::Uniform | TraceKind::Daily | TraceKind::Flash => None,
        }
    }

    fn event(&mut self, worker: usize) -> What {
        let tenant = self.tenants.get(worker);
        let mut about = |mean: u64| whole(self.chance.exponential(mean as f64));
        let cpu_us = about(tenant.map_or(0, |tenant| tenant.cpu_us)).max(1);
        What::Event { cpu_us, wait_us: about(tenant.map_or(0, |tenant| tenant.wait_us)) }
    }
}

impl Iterator for Synthetic<'_> {
    type Item = Happening;

    fn next(&mut self) -> Option<Happening> {
        if let Some(own_at_us) = self.own_at_us().filter(|at_us| *at_us <= self.at_us) {
            let worker = self.own;
            self.own += 1;
            let what = if self.kind == TraceKind::Deploy { What::Deploy } else { self.event(worker) };
            return Some(Happening { at_us: whole(own_at_us), worker, what });
        }
        if self.at_us >= self.end_us {
            return None;
        }
        self.churn();
        let at_us = whole(self.at_us);
        let worker = self.worker();
        let what = self.event(worker);
        self.step();
        Some(Happening { at_us, worker, what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trace;

    const KINDS: [TraceKind; 6] = [
        TraceKind::Zipf,
        TraceKind::Uniform,
        TraceKind::Daily,
        TraceKind::Flash,
        TraceKind::Deploy,
        TraceKind::Scan,
    ];

    fn spec() -> Spec {
        Spec {
            nodes: 1,
            cells: 1,
            threads: 1,
            memory_mib: 1,
            tenants: 500,
            events: 20_000,
            seconds: 600,
            seed: 9,
        }
    }

    #[test]
    fn a_trace_runs_forward_to_its_end_and_is_the_same_each_time() {
        for kind in KINDS {
            let trace = Trace::synthetic(kind, &spec());
            let all: Vec<_> = trace.happenings().collect();
            assert!(all.is_sorted_by_key(|happening| happening.at_us), "{kind:?}");
            assert!((19_000..26_000).contains(&all.len()), "{kind:?}: {}", all.len());
            assert!(all.iter().all(|happening| happening.at_us < 600_000_000 && happening.worker < 500));
            assert!(trace.happenings().eq(all), "{kind:?}");
        }
    }

    #[test]
    fn a_scan_and_a_storm_touch_everybody_once_more() {
        let count = |kind: TraceKind, what: fn(&Happening) -> bool| {
            Trace::synthetic(kind, &spec()).happenings().filter(what).count()
        };
        assert_eq!(count(TraceKind::Deploy, |happening| happening.what == What::Deploy), 500);
        let events = |kind| count(kind, |_| true);
        assert!(events(TraceKind::Scan).abs_diff(events(TraceKind::Zipf)) > 300);
    }

    #[test]
    fn a_crowd_comes_from_nowhere() {
        let trace = Trace::synthetic(TraceKind::Flash, &spec());
        let mut counts = vec![0_usize; 500];
        let calm = |happening: &Happening| !(240..360).contains(&(happening.at_us / 1_000_000));
        trace.happenings().filter(calm).for_each(|happening| counts[happening.worker] += 1);
        let mut crowd = vec![0_usize; 500];
        trace.happenings().filter(|one| !calm(one)).for_each(|happening| crowd[happening.worker] += 1);
        let famous = (0..500).max_by_key(|worker| crowd[*worker]).unwrap();
        assert!(crowd[famous] > 3_500 && counts[famous] < 50, "{} {}", crowd[famous], counts[famous]);
    }
}
