//! Gives up the rights of root, and every way to get some again.

use std::{ffi::c_ulong, io};

use crate::raw;

/// More than the kernel has; it says itself where they end.
const LAST: c_ulong = 63;
/// `SECBIT_NOROOT`, `SECBIT_NO_SETUID_FIXUP`, `SECBIT_NO_CAP_AMBIENT_RAISE`, and the locks of these and of
/// `SECBIT_KEEP_CAPS`: user 0 is nobody special from here on.
const ROOT_IS_NOBODY: c_ulong = 0xef;
/// The version of the structures below.
const VERSION: u32 = 0x2008_0522;

#[repr(C)]
struct Header {
    version: u32,
    process: i32,
}

/// Capabilities as the kernel takes them: effective, permitted and inheritable, 32 at a time.
#[repr(C)]
#[derive(Default, PartialEq, Eq)]
struct Sets([u32; 6]);

/// Takes away what a program could gain when it is started. It needs rights that a degraded start does not have; without
/// them there is nothing that could be gained, since no new privileges are granted.
pub(super) fn close_the_ways_to_them() {
    for capability in 0..=LAST {
        // SAFETY: the option takes numbers.
        if unsafe { raw::prctl(libc::PR_CAPBSET_DROP, [capability, 0, 0, 0]) }.is_err() {
            break;
        }
    }
    // SAFETY: the option takes numbers.
    let _ = unsafe { raw::prctl(libc::PR_SET_SECUREBITS, [ROOT_IS_NOBODY, 0, 0, 0]) };
    // SAFETY: the option takes numbers.
    let _ = unsafe { raw::prctl(libc::PR_CAP_AMBIENT, [PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0]) };
}

const PR_CAP_AMBIENT_CLEAR_ALL: c_ulong = 4;

/// Gives up all that this process has, and looks whether they are gone.
pub(crate) fn drop_all() -> io::Result<()> {
    let header = Header { version: VERSION, process: 0 };
    let none = Sets::default();
    // SAFETY: both are as the version says, and are read only.
    raw::done(unsafe { libc::syscall(libc::SYS_capset, &raw const header, &raw const none) })?;
    let mut left = Sets([1; 6]);
    // SAFETY: `left` is there to be written to, and as large as the version says.
    raw::done(unsafe { libc::syscall(libc::SYS_capget, &raw const header, &raw mut left) })?;
    if left == none { Ok(()) } else { Err(io::Error::other("some capabilities are still there")) }
}
