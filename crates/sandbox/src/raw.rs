//! System calls whose wrappers are missing, or do too much for a child that shares a dead copy of many threads' memory.

use std::{
    ffi::{c_int, c_long, c_ulong},
    io,
    os::fd::{FromRawFd, OwnedFd, RawFd},
};

/// What a system call has returned: a number, or the error that it left.
pub(crate) fn done(returned: c_long) -> io::Result<c_long> {
    if returned < 0 { Err(io::Error::last_os_error()) } else { Ok(returned) }
}

/// The descriptor that a system call has returned.
///
/// # Safety
/// The call makes descriptors, and nobody else has taken this one.
pub(crate) unsafe fn owned(returned: c_long) -> io::Result<OwnedFd> {
    let number = RawFd::try_from(done(returned)?).map_err(io::Error::other)?;
    // SAFETY: the kernel has made it just now, and the caller knows that nobody else has taken it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// `prctl` with numbers only.
///
/// # Safety
/// The option takes no pointers, and what it changes breaks nothing that the rest of the process leans on.
pub(crate) unsafe fn prctl(option: c_int, numbers: [c_ulong; 4]) -> io::Result<()> {
    let [second, third, fourth, fifth] = numbers;
    // SAFETY: the caller knows that the option takes no pointers.
    done(unsafe { libc::prctl(option, second, third, fourth, fifth) }.into()).map(|_| ())
}

/// The last error's number.
pub(crate) fn errno() -> i32 {
    // SAFETY: it takes nothing and cannot fail.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: it points at this thread's own number, which lives as long as the thread.
    unsafe { *place }
}
