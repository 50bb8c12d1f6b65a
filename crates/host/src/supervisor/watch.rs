//! Looks at all cells, again and again: what a cell does not say is seen in its page and in what the kernel counts.

use std::{
    rc::{Rc, Weak},
    time::Duration,
};

use bytes::Bytes;
use mote_sandbox::process::{Does, ThreadView};
use mote_wire::control::ToCell;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{
    Supervisor,
    hang::{Hang, Look, worker_of},
    incident::IncidentKind,
    lanes::{LONG_TURN, Lane},
    live::{LiveCell, Quiet, Stage},
    pens::Alone,
    worker::{Suspicion, Worker},
};

/// How often that is done which has time: ages, idle cells, measurements of cells in which nothing happens.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(1);

/// How often the thread is looked at of a cell that shows no turn and says nothing.
const QUIET_LOOK_EVERY: Duration = Duration::from_millis(250);
/// A process that has used less CPU time has taken no memory that matters: the kernel gives a gigabyte in about a second.
const GROWING_CPU: Duration = Duration::from_millis(5);

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
        self.count(cell, now);
        cell.tell_due(now);
        if let Stage::Leaving(until) = cell.stage.get()
            && (now >= until || cell.is_done())
        {
            self.end(cell, "its place was taken by a fresh one");
        }
    }

    fn hangs(self: &Rc<Self>, cell: &Rc<LiveCell>, now: Instant) -> Option<Wrong> {
        let turn = cell.process.turn();
        let Some(number) = worker_of(turn) else {
            cell.turns.borrow_mut().is_over();
            return self.hides(cell, now);
        };
        cell.quiet.set(None);
        let claimed = Duration::from_micros(cell.process.turn_budget_us());
        let thread = cell.process.turns_thread()?;
        if cell.process.turn() != turn {
            // What was read may be the next one's.
            return None;
        }
        let limits = cell.given.borrow_mut().entry(number).map(|entry| entry.spec.limits).unwrap_or_default();
        // The cell knows how much of it is left; that it is not more is known here.
        let cpu_max = claimed.min(Duration::from_millis(limits.cpu_ms.max(limits.startup_cpu_ms)));
        let look = Look { turn, cpu_max, thread, now };
        let others_sleep = || cell.process.others_sleep();
        let (hang, used) = {
            let mut turns = cell.turns.borrow_mut();
            (turns.look(&look, others_sleep, &self.options), turns.used(thread.cpu, now))
        };
        if used >= LONG_TURN {
            let worker = cell.given.borrow().worker(number);
            if let Some(worker) = worker {
                self.mark_heavy(&worker, now);
            }
            self.make_way(cell);
        }
        let hang = hang?;
        match hang {
            Hang::RunsOn => {
                self.spare_the_others(cell, turn, number, now);
                None
            }
            Hang::TooLong { noticed_after } => {
                let (allowed, more) = (cpu_max.as_millis(), self.options.turn_cpu_grace.as_millis());
                let detail = format!(
                    "a turn may take {allowed} ms of CPU time and was not stopped for {more} ms more"
                );
                Some((IncidentKind::TurnTooLong, detail, now.checked_sub(noticed_after).unwrap_or(now)))
            }
            Hang::Asleep { since } => {
                let detail = "a turn sleeps, and no thread is left that would wake it".to_owned();
                Some((IncidentKind::TurnStuck, detail, since))
            }
            Hang::Stuck { since } => {
                let detail = "a turn stood still without using CPU time".to_owned();
                Some((IncidentKind::TurnStuck, detail, since))
            }
        }
    }

    /// Judges what the processor has counted since the last look, if one worker alone ran.
    fn count(self: &Rc<Self>, cell: &Rc<LiveCell>, now: Instant) {
        let turn = cell.process.turn();
        if cell.last_count.borrow().is_of(turn) {
            return;
        }
        let Some(counted) = cell.process.counted() else { return };
        let found = cell.last_count.borrow_mut().look(turn, counted, cell.process.alone());
        let Some((number, counted)) = found else { return };
        let Some(worker) = cell.given.borrow().worker(number) else { return };
        {
            let mut totals = worker.totals.borrow_mut();
            totals.counted = totals.counted.plus(counted);
        }
        let sign = worker.score.borrow_mut().observe(counted, now, &self.options.counting);
        if let Some(sign) = sign {
            self.found_out(cell, &worker, sign, now);
        }
    }

    /// Whether a cell computes, says nothing and shows no turn, again and again. Between turns a sound one does little, and says
    /// what came of it.
    fn hides(&self, cell: &LiveCell, now: Instant) -> Option<Wrong> {
        let heard = cell.link.heard();
        let quiet = cell.quiet.get().filter(|quiet| quiet.heard == heard && cell.events() > 0);
        let Some(quiet) = quiet else {
            cell.quiet.set(Some(Quiet { heard, since: now, cpu: None, looked_at: now }));
            return None;
        };
        // Looking takes system calls, and most cells that are quiet wait for somebody.
        if now.saturating_duration_since(quiet.looked_at) < QUIET_LOOK_EVERY {
            return None;
        }
        let ThreadView { cpu, does } = cell.process.turns_thread()?;
        let before = quiet.cpu.unwrap_or(cpu);
        cell.quiet.set(Some(Quiet { cpu: Some(before), looked_at: now, ..quiet }));
        // Where its thread is not known, that is the CPU time of all of them: V8's may work for the next turn.
        let is_hidden = does == Does::Runs && cpu.saturating_sub(before) > self.options.hidden_cpu_max;
        is_hidden.then(|| {
            let detail = "it computes, shows no turn and says nothing".to_owned();
            (IncidentKind::Silent, detail, quiet.since)
        })
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
        let due = now.saturating_duration_since(measured.at) >= HOUSEKEEPING_EVERY;
        // Memory of a process that computes nothing does not grow, whatever it says that it does.
        let cpu = cell.process.cpu_time().unwrap_or(measured.memory_cpu);
        let is_still = cpu.saturating_sub(measured.memory_cpu) < GROWING_CPU;
        if !due && cell.events() == 0 && is_still {
            return None;
        }
        measured.memory_cpu = cpu;
        let before = std::mem::replace(&mut measured.memory_at, now);
        measured.resident_bytes = cell.process.resident_bytes().unwrap_or(measured.resident_bytes);
        if due {
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
            self.look_for_unfinished(&cell, now);
            self.look_for_overdue(&cell, now);
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
            self.renew(&key, seat);
        } else {
            self.renew_if_worn(cell);
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
