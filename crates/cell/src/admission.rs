//! Who is let in: an event begins only if its worker, its account and the node can take it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mote_web::{EventUsage, Outcome};

use crate::{cell::Cell, share::Rate, slot::Slot};

/// How long a client should wait before it comes again, when nothing better is known.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Says that the process has no memory left for new events. Whoever watches its memory sets it, from any thread.
#[derive(Debug, Clone, Default)]
pub struct Pressure(Arc<AtomicBool>);

impl Pressure {
    /// Says that memory is short.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Says that there is enough again.
    pub fn ease(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// True while memory is short.
    #[must_use]
    pub fn is_high(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Why an event was turned away before any code of its worker ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TurnedAway {
    /// Somebody has stopped the worker.
    Stopped,
    /// Too much is under way.
    Shed { reason: String, retry_after: Duration },
}

impl TurnedAway {
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Stopped => Outcome::KillSwitch,
            Self::Shed { .. } => Outcome::LoadShed,
        }
    }
}

impl Cell {
    /// Lets an event of a worker begin, or turns it away.
    pub(crate) fn admit(&self, slot: &Slot) -> Result<Arc<EventUsage>, TurnedAway> {
        // Read once for all: each look at the clock costs a request a third of a per cent.
        let now = Instant::now();
        let admitted = if cfg!(feature = "unmetered") { Ok(()) } else { self.check(slot, now) };
        match &admitted {
            Ok(()) => slot.stats.event_begins(),
            Err(turned_away) => slot.stats.turned_away(turned_away.outcome()),
        }
        admitted.map(|()| EventUsage::begin(slot.stats.clone(), slot.limits.get(), now))
    }

    fn check(&self, slot: &Slot, now: Instant) -> Result<(), TurnedAway> {
        let limits = slot.limits.get();
        let shed =
            |reason: &str, retry_after| Err(TurnedAway::Shed { reason: reason.to_owned(), retry_after });
        if slot.kill_switch.is_stopped() {
            return Err(TurnedAway::Stopped);
        }
        if self.options.pressure.is_high() {
            self.release_idle();
            return shed("the node is short of memory", RETRY_AFTER);
        }
        if slot.stats.under_way() >= limits.events {
            return shed("the worker has too many events under way", RETRY_AFTER);
        }
        let account = slot.account();
        if account.under_way.load(Ordering::Relaxed) >= limits.account_events {
            return shed("the account has too many events under way", RETRY_AFTER);
        }
        let burst = Duration::from_millis(limits.cpu_burst_ms);
        let own = Rate { percent: limits.cpu_share_percent, burst };
        if let Err(wait) = slot.share.check(own, now) {
            return shed("the worker has used up its share of the CPU", wait);
        }
        let all = Rate { percent: limits.account_cpu_share_percent, burst };
        if let Err(wait) = account.share.check(all, now) {
            return shed("the account has used up its share of the CPU", wait);
        }
        Ok(())
    }
}
