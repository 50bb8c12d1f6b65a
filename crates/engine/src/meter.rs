//! CPU time of short stretches of a thread's work.
//!
//! Reading a thread's CPU clock is a system call of about 0.7 us, the wall clock costs 25 ns. A stretch of at most
//! [`SHORT`] is therefore charged by the wall clock (an upper bound: a thread cannot use more CPU time than time passes),
//! a longer one by the CPU clock, for which a reading of at most [`STALE`] ago serves as the start.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// A stretch that is charged by the wall clock alone.
const SHORT: Duration = Duration::from_micros(100);
/// How old a reading of the CPU clock may be to stand for the start of a stretch. All of the error that is made.
const STALE: Duration = Duration::from_millis(1);

/// Both clocks, read at once.
#[derive(Clone, Copy)]
struct Reading {
    wall: Instant,
    cpu: Duration,
}

// A thread's clock is a fact about the thread, not about an isolate.
thread_local! {
    static LAST: Cell<Option<Reading>> = const { Cell::new(None) };
}

/// The start of a stretch of work on this thread.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    /// `None` in a build that does not meter.
    wall: Option<Instant>,
    /// The thread's CPU time when it began, at most [`STALE`] too high.
    cpu: Duration,
}

impl Stretch {
    /// Begins one.
    #[must_use]
    pub fn begin() -> Self {
        if cfg!(feature = "unmetered") {
            return Self { wall: None, cpu: Duration::ZERO };
        }
        let wall = Instant::now();
        let last = LAST.get().filter(|last| wall.duration_since(last.wall) < STALE);
        let last = last.unwrap_or_else(|| {
            let reading = Reading { wall, cpu: thread_cpu_time() };
            LAST.set(Some(reading));
            reading
        });
        Self { wall: Some(wall), cpu: last.cpu + wall.duration_since(last.wall) }
    }

    /// The thread's CPU time when it began.
    pub(crate) fn began_at(&self) -> Duration {
        self.cpu
    }

    /// CPU time since its begin.
    #[must_use]
    pub fn used(&self) -> Duration {
        let Some(began) = self.wall else { return Duration::ZERO };
        let wall = Instant::now();
        let passed = wall.duration_since(began);
        if passed <= SHORT {
            return passed;
        }
        let cpu = thread_cpu_time();
        LAST.set(Some(Reading { wall, cpu }));
        cpu.saturating_sub(self.cpu).min(passed)
    }
}

/// CPU time that this thread has used.
pub(crate) fn thread_cpu_time() -> Duration {
    cpu_time(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// CPU time of the clock's thread; zero once that thread is gone.
pub(crate) fn cpu_time(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the result; an unknown clock is an error, not undefined behaviour.
    let failed = unsafe { libc::clock_gettime(clock, &raw mut time) } != 0;
    if failed {
        return Duration::ZERO;
    }
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "waiting is what is tested")]
    fn work_is_charged_and_waiting_is_not() {
        let stretch = Stretch::begin();
        std::thread::sleep(Duration::from_millis(30));
        let slept = stretch.used();
        let mut number = 1_u64;
        while thread_cpu_time() < stretch.cpu + Duration::from_millis(20) {
            number = std::hint::black_box(number.wrapping_mul(3));
        }
        let worked = stretch.used();
        assert!(slept < Duration::from_millis(15), "{slept:?}");
        assert!(worked >= Duration::from_millis(18), "{worked:?}");
    }
}
