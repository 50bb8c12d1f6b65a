//! Looks at all cells, again and again: what a cell does not say is seen in its page and in what the kernel counts.

use std::{
    rc::{Rc, Weak},
    time::Duration,
};

use bytes::Bytes;
use mote_wire::control::ToCell;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{
    Supervisor,
    hang::{Hang, worker_of},
    incident::IncidentKind,
    lanes::{LONG_TURN, Lane},
    live::{LiveCell, Stage},
    pens::Alone,
    worker::{Suspicion, Worker},
};

/// How often that is done which has time: ages, idle cells, measurements of cells in which nothing happens.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(1);

/// What is wrong with a cell, and since when.
type Wrong = (IncidentKind, String, Instant);

impl Supervisor {
    /// Looks until the supervisor is gone.
    pub(super) async fn watch(this: Weak<Self>, every: Duration) {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut housekeeping = Instant::now();
        loop {
            ticks.tick().await;
            let Some(this) = this.upgrade() else { return };
            let now = Instant::now();
            let since = now.saturating_duration_since(this.looked_at.replace(now));
            let late = Some(since.saturating_sub(every)).filter(|late| *late > this.options.look_late_max);
            for cell in this.living() {
                if let Some(late) = late {
                    cell.forgive(late);
                }
                this.look(&cell, now);
            }
            if now.saturating_duration_since(housekeeping) >= HOUSEKEEPING_EVERY {
                housekeeping = now;
                this.keep_house(now);
            }
        }
    }

    fn look(self: &Rc<Self>, cell: &Rc<LiveCell>, now: Instant) {
        // One that has not come up has a time of its own.
        if matches!(cell.stage.get(), Stage::Starting | Stage::Dying | Stage::Over) {
            return;
        }
        let wrong =
            self.hangs(cell, now).or_else(|| self.is_silent(cell, now)).or_else(|| self.grows(cell, now));
        if let Some((kind, detail, since)) = wrong {
            self.lose(cell, kind, detail, since);
            return;
        }
        cell.tell_due(now);
        if let Stage::Leaving(until) = cell.stage.get()
            && (now >= until || cell.is_done())
        {
            self.end(cell, "its place was taken by a fresh one");
        }
    }

    fn hangs(self: &Rc<Self>, cell: &LiveCell, now: Instant) -> Option<Wrong> {
        let turn = cell.process.turn();
        let worker = worker_of(turn);
        let mut turns = cell.turns.borrow_mut();
        if worker.is_none() || turns.is_new(turn) {
            // Reading the process's CPU time is a system call, and most turns are over by the next look.
            if worker.is_some() {
                let cpu = cell.process.cpu_time().unwrap_or_default();
                turns.look(turn, cpu, Duration::MAX, now, &self.options);
            } else {
                turns.look(turn, Duration::ZERO, Duration::MAX, now, &self.options);
            }
            return None;
        }
        let limits = worker.and_then(|number| Some(cell.given.borrow_mut().entry(number)?.spec.limits));
        let limits = limits.unwrap_or(mote_wire::limits::Limits::DEFAULT);
        let cpu_max = Duration::from_millis(limits.cpu_ms.max(limits.startup_cpu_ms));
        let cpu = cell.process.cpu_time()?;
        if turns.used(cpu, now) >= LONG_TURN
            && let Some(worker) = worker.and_then(|number| cell.given.borrow().worker(number))
        {
            self.mark_heavy(&worker, now);
        }
        match turns.look(turn, cpu, cpu_max, now, &self.options)? {
            Hang::TooLong { since } => {
                let detail =
                    format!("a turn may take {} ms of CPU time and was not stopped", cpu_max.as_millis());
                Some((IncidentKind::TurnTooLong, detail, since + cpu_max))
            }
            Hang::Stuck { since } => {
                let detail = "a turn stood still without using CPU time".to_owned();
                Some((IncidentKind::TurnStuck, detail, since))
            }
        }
    }

    fn is_silent(&self, cell: &LiveCell, now: Instant) -> Option<Wrong> {
        let mut pings = cell.pings.get();
        let past = |since: Option<Instant>| since.filter(|since| *since + self.options.ping_max < now);
        let sent_at = cell.progress.ping_sent_at.get().filter(|_| pings.open);
        if let Some(since) = past(sent_at).or(past(cell.progress.stalled_since.get())) {
            let detail = "it did not answer on its control link".to_owned();
            return Some((IncidentKind::Silent, detail, since));
        }
        if let Some(since) = sent_at.filter(|since| *since + self.options.look_every < now)
            && cell.process.is_stopped()
        {
            return Some((IncidentKind::Silent, "somebody has stopped its process".to_owned(), since));
        }
        let every = if cell.events() > 0 { self.options.ping_every } else { self.options.ping_idle_every };
        if !pings.open && pings.asked_at + every <= now {
            pings.last += 1;
            (pings.asked_at, pings.open) = (now, true);
            cell.progress.ping_sent_at.set(None);
            cell.pings.set(pings);
            if !cell.tell(&ToCell::Ping { number: pings.last }, Bytes::new()) {
                let detail = "it does not read what it is told".to_owned();
                return Some((IncidentKind::Silent, detail, pings.answered_at));
            }
        }
        None
    }

    fn grows(&self, cell: &LiveCell, now: Instant) -> Option<Wrong> {
        let mut measured = cell.measured.get();
        // Memory of a cell in which nothing goes on does not grow.
        let due = now.saturating_duration_since(measured.at) >= HOUSEKEEPING_EVERY;
        if !due && cell.events() == 0 {
            return None;
        }
        let before = std::mem::replace(&mut measured.memory_at, now);
        measured.resident_bytes = cell.process.resident_bytes().unwrap_or(measured.resident_bytes);
        if due {
            let cpu = cell.process.cpu_time().unwrap_or(measured.cpu);
            let used = cpu.saturating_sub(measured.cpu).as_millis() * 100;
            let passed = now.saturating_duration_since(measured.at).as_millis().max(1);
            measured.cpu_percent = u64::try_from(used / passed).unwrap_or(u64::MAX);
            (measured.cpu, measured.at) = (cpu, now);
        }
        cell.measured.set(measured);
        let bytes_max = cell.memory_bytes_max.get();
        (measured.resident_bytes > bytes_max).then(|| {
            let has = measured.resident_bytes >> 20;
            let detail = format!("{has} MiB are in memory, {} MiB may be", bytes_max >> 20);
            (IncidentKind::OutOfMemory, detail, before)
        })
    }

    fn keep_house(self: &Rc<Self>, now: Instant) {
        let free = self.blame.borrow_mut().forget(now);
        for worker in free {
            self.settle(&worker);
        }
        self.review_lanes(now);
        let over = |worker: &&Rc<Worker>| matches!(worker.suspicion.get(), Suspicion::Detected { until } if until <= now);
        let released: Vec<_> = self.workers.borrow().values().filter(over).cloned().collect();
        for worker in released {
            worker.suspicion.set(Suspicion::None);
            self.settle(&worker.name);
        }
        for cell in self.living() {
            if cell.takes_events() {
                self.review(&cell, now);
            }
        }
        self.renew_spares(now);
    }

    /// Whether a cell with a seat should go on.
    fn review(self: &Rc<Self>, cell: &Rc<LiveCell>, now: Instant) {
        let Some((key, seat, seats)) = self.seat_of(cell) else { return };
        let empty = cell.given.borrow().len() == 0;
        let alone = key.alone != Alone::Nobody;
        let idle = cell.is_done() && cell.last_event.get() + self.options.idle_max <= now;
        let surplus = alone || seats > 1 || key.lane != Lane::Light;
        let released = matches!(key.alone, Alone::Suspect(_)) && empty;
        // An event may be on its way to a cell that has just been seated for it.
        let settled = cell.last_event.get() + HOUSEKEEPING_EVERY <= now;
        if (surplus && idle) || (released && settled) {
            self.leave(cell, self.options.drain_max);
        } else if cell.born + self.cordon_of(&key).age_max <= now {
            // The one that comes makes this one leave.
            let _ = self.fill(&key, seat, None);
        }
    }
}

impl LiveCell {
    /// The host was held up for so long: that is not the cell's fault.
    fn forgive(&self, time: Duration) {
        self.turns.borrow_mut().forgive(time);
        for clock in [&self.progress.ping_sent_at, &self.progress.stalled_since] {
            clock.set(clock.get().map(|since| since + time));
        }
    }
}
