//! Descriptors that a process was started with.

use std::{
    io,
    os::fd::{FromRawFd, OwnedFd},
    sync::Mutex,
};

/// Those that somebody has taken.
static TAKEN: Mutex<Vec<i32>> = Mutex::new(Vec::new());

/// Takes the inherited descriptor of this number; it has one owner from now on.
///
/// # Errors
/// When there is none, when it is one of the first three, or when somebody has taken it.
pub fn inherited(number: i32) -> io::Result<OwnedFd> {
    let mut taken = TAKEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if number < 3 || taken.contains(&number) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "this descriptor is somebody else's"));
    }
    // SAFETY: `fcntl` with `F_GETFD` reads a flag and changes nothing; a number that is no descriptor is an error.
    if unsafe { libc::fcntl(number, libc::F_GETFD) } < 0 {
        return Err(io::Error::last_os_error());
    }
    taken.push(number);
    // SAFETY: it is open, as was seen just now, and has no other owner: a program takes its inherited descriptors first
    // thing, before it opens any, and none is taken twice.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
