//! A share of the CPU over time: a token bucket of CPU time.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A bucket that fills with CPU time at a steady rate and is emptied by what code uses.
///
/// What an event will use is not known before, so it is let in as long as the bucket is not empty, and what it used is
/// taken afterwards: the bucket may be in debt, and then nobody is let in until time has paid it.
pub(crate) struct Share {
    /// Nanoseconds used since the last look.
    used_ns: Arc<AtomicU64>,
    /// Nanoseconds in the bucket at the last look, and when that was; `None` before the first.
    level: Cell<Option<(f64, Instant)>>,
}

/// How fast a bucket fills, and how much it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// A hundred is one core.
    pub(crate) percent: u64,
    /// CPU time that it holds when it is full.
    pub(crate) burst: Duration,
}

impl Share {
    pub(crate) fn new() -> Self {
        Self { used_ns: Arc::default(), level: Cell::new(None) }
    }

    /// Where used CPU time is to be added, in nanoseconds; from any thread.
    pub(crate) fn meter(&self) -> Arc<AtomicU64> {
        self.used_ns.clone()
    }

    /// Whether there is CPU time left.
    ///
    /// # Errors
    /// How long to wait until there is.
    pub(crate) fn check(&self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let per_second = rate.percent as f64 / 100.0 * 1e9;
        let full = rate.burst.as_nanos() as f64;
        let (level, since) = self.level.get().unwrap_or((full, now));
        let earned = now.saturating_duration_since(since).as_secs_f64() * per_second;
        let used = self.used_ns.swap(0, Ordering::Relaxed) as f64;
        // What was used was used while the bucket was filling, so it is taken before the bucket can run over.
        let level = (level + earned - used).min(full);
        self.level.set(Some((level, now)));
        if level > 0.0 {
            return Ok(());
        }
        let wait = if per_second > 0.0 { -level / per_second } else { f64::INFINITY };
        Err(Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { percent: 50, burst: Duration::from_millis(100) };

    fn milliseconds(time: u64) -> Duration {
        Duration::from_millis(time)
    }

    fn use_up(share: &Share, time: Duration) {
        share.meter().fetch_add(u64::try_from(time.as_nanos()).unwrap(), Ordering::Relaxed);
    }

    #[test]
    fn a_full_bucket_lets_a_burst_in_and_then_the_rate_holds() {
        let (share, start) = (Share::new(), Instant::now());
        assert_eq!(share.check(RATE, start), Ok(()));
        use_up(&share, milliseconds(150));
        assert_eq!(
            share.check(RATE, start),
            Err(milliseconds(100)),
            "a debt of 50 ms is paid in 100 ms at half a core"
        );
        assert!(share.check(RATE, start + milliseconds(99)).is_err());
        assert_eq!(share.check(RATE, start + milliseconds(101)), Ok(()));
    }

    #[test]
    fn who_stays_within_the_rate_is_never_in_debt() {
        let (share, start) = (Share::new(), Instant::now());
        let all = Rate { percent: 10_000, burst: milliseconds(50) };
        assert_eq!(share.check(all, start), Ok(()));
        use_up(&share, milliseconds(100));
        assert_eq!(share.check(all, start + milliseconds(100)), Ok(()));
    }

    #[test]
    fn a_rest_fills_no_more_than_the_bucket_holds() {
        let (share, start) = (Share::new(), Instant::now());
        assert_eq!(share.check(RATE, start), Ok(()));
        let later = start + Duration::from_secs(3600);
        assert_eq!(share.check(RATE, later), Ok(()));
        use_up(&share, milliseconds(101));
        assert!(share.check(RATE, later).is_err());
    }

    #[test]
    fn who_gets_nothing_waits_for_ever() {
        let (share, start) = (Share::new(), Instant::now());
        let nothing = Rate { percent: 0, burst: Duration::ZERO };
        assert_eq!(share.check(nothing, start), Err(Duration::MAX));
    }
}
