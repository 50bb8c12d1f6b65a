//! What the child does between its birth and the program: bare system calls on memory that was prepared before.
//!
//! Nothing here allocates, locks or can panic: a lock that another thread of the host held at the birth is held for ever.

use std::{
    ffi::{c_char, c_int, c_long},
    os::fd::RawFd,
};

use crate::raw;

/// What the child was doing when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Waiting for the host's leave.
    Leave,
    /// Becoming the user that the host has given it.
    Identity,
    /// Leaving the host's session, and asking to die with the host.
    Session,
    /// Putting its descriptors in order.
    Descriptors,
    /// Forgetting the host's signal handlers.
    Signals,
    /// Running the program.
    Program,
}

/// All steps, by the number that the child sends.
pub(super) const STEPS: [Step; 6] =
    [Step::Leave, Step::Identity, Step::Session, Step::Descriptors, Step::Signals, Step::Program];

/// Whether the child changes to user 0 of its namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Becomes {
    /// It does.
    ItsOwnRoot,
    /// There is no such namespace.
    Nobody,
}

/// All that the child needs.
pub(super) struct Plan<'a> {
    /// The program's descriptor.
    pub(super) program: RawFd,
    /// The arguments, and null.
    pub(super) arguments: &'a [*const c_char],
    /// What become descriptors 0, 1, 2 and so on.
    pub(super) descriptors: &'a mut [RawFd],
    /// A byte comes here when the host has done its part.
    pub(super) leave: RawFd,
    /// Where a failure is told. It closes by itself when the program runs.
    pub(super) failure: RawFd,
    /// Who it becomes.
    pub(super) becomes: Becomes,
}

/// The kernel's number of signals.
const SIGNALS: c_int = 64;
/// What the kernel takes for a signal's handling, all zeros: the default.
#[repr(C, align(8))]
struct DefaultHandling([u8; 32]);

/// Runs the program.
///
/// # Safety
/// The process is a fresh child with one thread, and `plan`'s pointers are good in it.
pub(super) unsafe fn run(plan: &mut Plan<'_>) -> ! {
    let (step, error) = match prepare(plan) {
        Err(failed) => failed,
        Ok(()) => {
            // SAFETY: the caller knows that the arguments' pointers are good.
            unsafe { execute(plan) };
            (Step::Program, raw::errno())
        }
    };
    tell_and_end(plan.failure, step, error)
}

fn prepare(plan: &mut Plan<'_>) -> Result<(), (Step, i32)> {
    wait_for_leave(plan.leave)?;
    if plan.becomes == Becomes::ItsOwnRoot {
        become_own_root()?;
    }
    die_with_the_host(plan.failure)?;
    place_descriptors(plan)?;
    forget_signals();
    Ok(())
}

fn wait_for_leave(leave: RawFd) -> Result<(), (Step, i32)> {
    let mut byte = 0_u8;
    // SAFETY: `byte` is one byte to write to.
    let came = unsafe { libc::syscall(libc::SYS_read, leave, &raw mut byte, 1) };
    if came == 1 { Ok(()) } else { Err((Step::Leave, raw::errno())) }
}

/// User and group 0 of the namespace are what the host has mapped them to. Why bare calls: the C library's would signal all
/// threads, and wait for those that are not here.
fn become_own_root() -> Result<(), (Step, i32)> {
    // Where an unprivileged host has made the map, groups cannot be given up; `parts` tells.
    // SAFETY: an empty list needs no memory.
    unsafe { libc::syscall(libc::SYS_setgroups, 0, 0) };
    // SAFETY: it takes numbers, and this process has one thread.
    ok(Step::Identity, unsafe { libc::syscall(libc::SYS_setresgid, 0, 0, 0) })?;
    // SAFETY: the same.
    ok(Step::Identity, unsafe { libc::syscall(libc::SYS_setresuid, 0, 0, 0) })
}

fn die_with_the_host(failure: RawFd) -> Result<(), (Step, i32)> {
    // SAFETY: it takes nothing.
    ok(Step::Session, unsafe { libc::syscall(libc::SYS_setsid) })?;
    // After the change of users, which would undo it.
    // SAFETY: it takes numbers.
    let asked = unsafe { libc::syscall(libc::SYS_prctl, libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) };
    ok(Step::Session, asked)?;
    // A host that has died before that was asked reads no failures any more.
    let mut reader = libc::pollfd { fd: failure, events: 0, revents: 0 };
    // SAFETY: it is one `pollfd`, and the call does not wait.
    ok(Step::Session, unsafe { libc::poll(&raw mut reader, 1, 0) }.into())?;
    if reader.revents & libc::POLLERR == 0 { Ok(()) } else { Err((Step::Session, libc::EPIPE)) }
}

fn place_descriptors(plan: &mut Plan<'_>) -> Result<(), (Step, i32)> {
    let count = c_int::try_from(plan.descriptors.len()).unwrap_or(c_int::MAX);
    // First all out of the way, so that no step below closes what a later one needs.
    for descriptor in plan.descriptors.iter_mut().chain([&mut plan.program, &mut plan.failure]) {
        *descriptor = above(*descriptor, count)?;
    }
    for (target, descriptor) in (0..).zip(plan.descriptors.iter()) {
        // SAFETY: it takes numbers; what `target` was before is not needed any more.
        ok(Step::Descriptors, unsafe { libc::syscall(libc::SYS_dup3, *descriptor, target, 0) })?;
    }
    // All others close when the program runs: the program itself and the way to tell a failure are needed until then.
    // SAFETY: it takes numbers and only marks descriptors.
    let marked =
        unsafe { libc::syscall(libc::SYS_close_range, count, c_int::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    ok(Step::Descriptors, marked)
}

/// A copy of a descriptor with a number of at least `least`.
fn above(descriptor: RawFd, least: c_int) -> Result<RawFd, (Step, i32)> {
    // SAFETY: it takes numbers and makes a new descriptor.
    let copy = unsafe { libc::syscall(libc::SYS_fcntl, descriptor, libc::F_DUPFD_CLOEXEC, least) };
    ok(Step::Descriptors, copy)?;
    RawFd::try_from(copy).map_err(|_| (Step::Descriptors, libc::EBADF))
}

/// Handlers are gone with the host's memory, but a signal that the host ignores would stay ignored, and those that it
/// blocks blocked.
fn forget_signals() {
    let default = DefaultHandling([0; 32]);
    let none_before = std::ptr::null_mut::<u8>();
    for signal in 1..=SIGNALS {
        // SAFETY: `default` is as large as the kernel's; two signals cannot be changed, which is as it should be.
        unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, &raw const default, none_before, 8) };
    }
    let none = 0_u64;
    // SAFETY: `none` is a set of 64 signals to read.
    unsafe { libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const none, none_before, 8) };
}

/// # Safety
/// The plan's pointers are good.
unsafe fn execute(plan: &Plan<'_>) {
    let environment = [std::ptr::null::<c_char>()];
    let (path, arguments) = (c"".as_ptr(), plan.arguments.as_ptr());
    // SAFETY: path, arguments and environment end as they should, and live until the program has taken this one's place.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            plan.program,
            path,
            arguments,
            environment.as_ptr(),
            libc::AT_EMPTY_PATH,
        )
    };
}

fn tell_and_end(failure: RawFd, step: Step, error: i32) -> ! {
    let number = STEPS.iter().position(|known| *known == step).map_or(0, |at| u8::try_from(at).unwrap_or(0));
    let [a, b, c, d] = error.to_ne_bytes();
    let message = [number, a, b, c, d];
    // SAFETY: `message` is that long.
    unsafe { libc::syscall(libc::SYS_write, failure, message.as_ptr(), message.len()) };
    // SAFETY: it ends this process and runs nothing of the host's.
    unsafe { libc::_exit(127) }
}

fn ok(step: Step, returned: c_long) -> Result<(), (Step, i32)> {
    if returned < 0 { Err((step, raw::errno())) } else { Ok(()) }
}
