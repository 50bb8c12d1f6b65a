//! A thread's place in the scheduler's queue.

use std::io;

use crate::raw;

/// A tenth of the weight that a thread has ordinarily (`sched(7)`).
const NICE: i32 = 10;
/// In nanoseconds. From Linux 6.12 on; kernels before have one slice for all.
const SLICE_NS: u64 = 500_000;

/// `struct sched_attr` of `sched_setattr(2)`, in its first version.
#[repr(C)]
struct Attributes {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime: u64,
    deadline: u64,
    period: u64,
}

/// Puts a thread behind others, as one that never interrupts who runs.
pub(crate) fn lower(thread: i32) -> io::Result<()> {
    let attributes = Attributes {
        size: u32::try_from(size_of::<Attributes>()).map_err(io::Error::other)?,
        policy: u32::try_from(libc::SCHED_BATCH).map_err(io::Error::other)?,
        flags: 0,
        nice: NICE,
        priority: 0,
        runtime: SLICE_NS,
        deadline: 0,
        period: 0,
    };
    // SAFETY: the kernel reads `size` bytes, which are there.
    let done = unsafe { libc::syscall(libc::SYS_sched_setattr, thread, &raw const attributes, 0) };
    match raw::done(done) {
        // It has ended meanwhile.
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
        done => done.map(|_| ()),
    }
}
