//! Leaves every file system behind.

use std::{ffi::CStr, io};

use crate::raw;

/// Where the empty folder is put for a moment. One of them is there on every system.
const PLACES: [&CStr; 5] = [c"/tmp", c"/proc", c"/dev", c"/usr", c"/etc"];
/// Nothing in it can be run, be a device or change who one is.
const BARE: libc::c_ulong = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;

/// Makes an empty folder the root that nothing can be written to. The caller has a mount namespace of its own.
/// Nothing here allocates.
pub(crate) fn leave_all() -> io::Result<()> {
    // First, so that nothing below is seen by the host.
    mount(c"none", c"/", c"", libc::MS_REC | libc::MS_PRIVATE, c"")?;
    let place = empty_folder()?;
    enter(place)?;
    // The old root is put below the new one and then taken away; it needs no folder of its own for that.
    // SAFETY: both paths end in zero.
    let turned = unsafe { libc::syscall(libc::SYS_pivot_root, c".".as_ptr(), c".".as_ptr()) };
    if raw::done(turned).is_ok() {
        // SAFETY: the path ends in zero; what is taken away is the old root, which lies over the new one.
        raw::done(unsafe { libc::umount2(c".".as_ptr(), libc::MNT_DETACH) }.into())?;
    } else {
        // The root of a system that runs from its first memory disk cannot be turned. It stays below, and without
        // capabilities nobody gets there.
        mount(c".", c"/", c"", libc::MS_MOVE, c"")?;
        // SAFETY: the path ends in zero.
        raw::done(unsafe { libc::chroot(c".".as_ptr()) }.into())?;
    }
    enter(c"/")?;
    // Mount and file system both: the one for this place, the other wherever it might be seen.
    mount(c"none", c"/", c"", libc::MS_REMOUNT | libc::MS_BIND | libc::MS_RDONLY | BARE, c"")?;
    mount(c"none", c"/", c"", libc::MS_REMOUNT | libc::MS_RDONLY | BARE, c"")
}

fn empty_folder() -> io::Result<&'static CStr> {
    let mut refused = io::Error::from(io::ErrorKind::NotFound);
    for place in PLACES {
        match mount(c"none", place, c"tmpfs", BARE, c"size=4k,nr_inodes=2,mode=555") {
            Ok(()) => return Ok(place),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

fn enter(folder: &CStr) -> io::Result<()> {
    // SAFETY: the path ends in zero.
    raw::done(unsafe { libc::chdir(folder.as_ptr()) }.into()).map(|_| ())
}

fn mount(what: &CStr, to: &CStr, kind: &CStr, flags: libc::c_ulong, options: &CStr) -> io::Result<()> {
    let (what, to, kind, options) = (what.as_ptr(), to.as_ptr(), kind.as_ptr(), options.as_ptr().cast());
    // SAFETY: all texts end in zero.
    raw::done(unsafe { libc::mount(what, to, kind, flags, options) }.into()).map(|_| ())
}
