//! The limits of a process: what holds also where nothing else does.

use std::io;

use super::JailOptions;
use crate::raw;

/// Lowers all limits for good. Not the number of threads: V8 has yet to make its own, and [`crate::seal`] ends that.
pub(super) fn lower(options: &JailOptions) -> io::Result<()> {
    let lowered = [
        (libc::RLIMIT_NOFILE, options.descriptors_max),
        // No core file. Where cores are piped to a program, this does not count; the process is hidden from it instead.
        (libc::RLIMIT_CORE, 0),
        // What cannot be opened cannot be written to; should it be all the same, it cannot grow.
        (libc::RLIMIT_FSIZE, 0),
        (libc::RLIMIT_LOCKS, 0),
        (libc::RLIMIT_MEMLOCK, 0),
        (libc::RLIMIT_MSGQUEUE, 0),
        (libc::RLIMIT_NICE, 0),
        (libc::RLIMIT_RTPRIO, 0),
        // A nudge is a plain signal: at most one of it waits for each thread.
        (libc::RLIMIT_SIGPENDING, 256),
        (libc::RLIMIT_DATA, options.data_bytes_max.unwrap_or(libc::RLIM_INFINITY)),
    ];
    for (limit, most) in lowered {
        // SAFETY: all zeros are a limit.
        let mut now: libc::rlimit = unsafe { std::mem::zeroed() };
        // SAFETY: `now` is there to be written to.
        raw::done(unsafe { libc::getrlimit(limit, &raw mut now) }.into())?;
        // Never up: a host that has less has its reasons.
        let most = most.min(now.rlim_max);
        let new = libc::rlimit { rlim_cur: most, rlim_max: most };
        // SAFETY: `new` is a limit to read.
        raw::done(unsafe { libc::setrlimit(limit, &raw const new) }.into())?;
    }
    Ok(())
}

/// Asks the scheduler to let whoever wakes this process go on: then the host sends a cell many events at once, and has the
/// answers of many at once, where both share a core. It is a wish; without it everything works, slower under load.
pub(super) fn let_wakers_go_on() {
    let normal = libc::sched_param { sched_priority: 0 };
    // SAFETY: it concerns this process alone, which has one thread so far; later ones inherit it.
    let _ = unsafe { libc::sched_setscheduler(0, libc::SCHED_BATCH, &raw const normal) };
}
