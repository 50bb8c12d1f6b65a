//! The last step of a cell's start: from here on it makes only the system calls that it needs.
//!
//! A call that no rule of [`crate::syscalls`] fits is not refused: it waits for the host's answer. The host fetches the
//! listener, learns what was tried and ends the cell; until then the thread that tried stands still. So an attacker gets
//! no second guess, and the log has the first one.
//!
//! Invariants: all threads are sealed at the same moment, and none can be made afterwards. The listener is the host's: the
//! cell cannot use it, since `ioctl` is not among its calls.
//!
//! What happens when it fails: where the kernel cannot report (or somebody outside already listens), the same rules end
//! the process at once. Where it cannot filter at all, that is an error: a cell without the filter is no cell.

use std::{ffi::c_ulong, io, os::fd::RawFd};

use crate::{
    raw,
    syscalls::{
        Keys, Reports, Sealing,
        filter::{Recording, compile},
    },
};

/// What a cell's engine does with memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// It compiles to machine code.
    #[default]
    Jit,
    /// It interprets: no new memory that can be run, whatever happens.
    Jitless,
}

/// Why a cell could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The number of processes could not be limited.
    #[error("the number of threads could not be limited")]
    Threads(#[source] io::Error),
    /// New privileges could not be given up, without which there is no filter.
    #[error("new privileges could not be given up")]
    Privileges(#[source] io::Error),
    /// The rules do not fit into a program.
    #[error("the rules for system calls do not fit into a filter")]
    Rules,
    /// The kernel takes no filter.
    #[error("the kernel does not take the filter for system calls")]
    Filter(#[source] io::Error),
    /// A thread has a filter of its own.
    #[error("thread {thread} has a filter of its own")]
    Thread {
        /// Its number.
        thread: i64,
    },
}

/// Seals all threads of this process. Returns the number of the descriptor at which the kernel reports forbidden calls; none
/// if they end the process.
///
/// # Errors
/// When the kernel refuses. The process is as open as before and must not go on.
pub fn seal(profile: Profile) -> Result<Option<RawFd>, SealError> {
    prepare()?;
    let sealing = this_process(profile);
    let program = compile(sealing, Recording::Off).ok_or(SealError::Rules)?;
    match install(&program, Listener::Wanted) {
        Ok(listener) => return Ok(RawFd::try_from(listener).ok()),
        // Why go on: an older kernel, or somebody who listens to the container that we are in. The rules hold all the same.
        Err(SealError::Filter(_)) => {}
        Err(other) => return Err(other),
    }
    let silent = Sealing { reports: Reports::Silent, ..sealing };
    let program = compile(silent, Recording::Off).ok_or(SealError::Rules)?;
    install(&program, Listener::None).map(|_| None)
}

/// The same for a test that wants to know which rules are needed: every call is reported and waits, also those that are
/// allowed. The host finds the descriptor with [`crate::process::CellProcess::listener`].
///
/// # Errors
/// When the kernel refuses, or cannot report.
pub fn seal_recording(profile: Profile) -> Result<(), SealError> {
    prepare()?;
    let program = compile(this_process(profile), Recording::On).ok_or(SealError::Rules)?;
    install(&program, Listener::Wanted).map(|_| ())
}

/// Whether the processor and the kernel have protection keys. It takes a key and gives it back.
#[must_use]
pub fn protection_keys() -> Keys {
    // SAFETY: it takes numbers; a key that nothing is protected with changes nothing.
    let key = unsafe { libc::syscall(libc::SYS_pkey_alloc, 0, 0) };
    if key < 0 {
        // Why not ENOSPC told apart: processors without keys get it, too, and the engine takes one key of fifteen.
        return Keys::Missing;
    }
    // SAFETY: the key was taken just now and protects nothing.
    unsafe { libc::syscall(libc::SYS_pkey_free, key) };
    Keys::Available
}

fn this_process(profile: Profile) -> Sealing {
    Sealing { profile, keys: protection_keys(), reports: Reports::Told, process: std::process::id() }
}

fn prepare() -> Result<(), SealError> {
    // A second lock on the same door: whatever the filter misses, no process and no thread comes to be.
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `none` is a limit to read.
    let limited = unsafe { libc::setrlimit(libc::RLIMIT_NPROC, &raw const none) };
    raw::done(limited.into()).map_err(SealError::Threads)?;
    // SAFETY: the option takes numbers; nothing that we start later is to gain anything.
    unsafe { raw::prctl(libc::PR_SET_NO_NEW_PRIVS, [1, 0, 0, 0]) }.map_err(SealError::Privileges)
}

/// Whether calls are to be reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listener {
    /// They are.
    Wanted,
    /// They are not.
    None,
}

/// Puts a filter that lets everything pass on this process. For a child that finds out what the kernel can do: it returns
/// an error's number or zero, and allocates nothing.
pub(crate) fn install_harmless(listener: Listener) -> i32 {
    const RETURN: u16 = 0x06;
    let pass = [libc::sock_filter { code: RETURN, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW }];
    // SAFETY: the option takes numbers.
    let privileges = unsafe { raw::prctl(libc::PR_SET_NO_NEW_PRIVS, [1, 0, 0, 0]) };
    match privileges.map_err(SealError::Privileges).and_then(|()| install(&pass, listener)) {
        Ok(_) => 0,
        Err(SealError::Privileges(error) | SealError::Filter(error)) => {
            error.raw_os_error().unwrap_or(libc::EIO)
        }
        Err(_) => libc::EIO,
    }
}

fn install(program: &[libc::sock_filter], listener: Listener) -> Result<i64, SealError> {
    let wanted = match listener {
        Listener::Wanted => libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
        Listener::None => 0,
    };
    let program = libc::sock_fprog {
        len: program.len().try_into().map_err(|_| SealError::Rules)?,
        filter: program.as_ptr().cast_mut(),
    };
    let flags: c_ulong = libc::SECCOMP_FILTER_FLAG_TSYNC | wanted;
    // SAFETY: the kernel copies the program, which lives until the call is over, and writes to nothing.
    let returned =
        unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program) };
    let returned = raw::done(returned).map_err(SealError::Filter)?;
    match listener {
        // Without a listener, the number is that of a thread that could not be sealed.
        Listener::None if returned != 0 => Err(SealError::Thread { thread: returned }),
        Listener::None | Listener::Wanted => Ok(returned),
    }
}
