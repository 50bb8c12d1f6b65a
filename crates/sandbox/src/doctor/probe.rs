//! A child that tries one thing and is thrown away.

use std::{
    ffi::c_int,
    io,
    os::fd::{AsRawFd, OwnedFd},
};

use crate::raw;

/// How long a child may take.
const PATIENCE_MS: c_int = 2_000;

/// What a child does: bare system calls only, no allocation and no lock. Its answer is an error's number, or zero.
pub(super) type Deed = fn() -> i32;

/// A child at its deed. Dropping it kills and reaps it.
pub(super) struct Child {
    pid: libc::pid_t,
    descriptor: OwnedFd,
}

/// Whether a child in these new namespaces can do it.
pub(super) fn run(namespaces: c_int, deed: Deed) -> Result<(), String> {
    let child = Child::start(namespaces, deed).map_err(|error| error.to_string())?;
    match child.wait().map_err(|error| error.to_string())? {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error).to_string()),
    }
}

impl Child {
    pub(super) fn start(namespaces: c_int, deed: Deed) -> io::Result<Self> {
        let mut descriptor: c_int = -1;
        let flags = namespaces | libc::CLONE_PIDFD | libc::SIGCHLD;
        // SAFETY: without a stack of its own the child goes on on a copy of this one, as after a fork; `descriptor` is
        // there to be written to.
        let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, &raw mut descriptor, 0, 0) };
        if pid == 0 {
            let answer = deed();
            // SAFETY: it ends this child and runs nothing of the parent's.
            unsafe { libc::_exit(answer) }
        }
        let pid = libc::pid_t::try_from(raw::done(pid)?).map_err(io::Error::other)?;
        // SAFETY: the kernel has made it just now, for us.
        Ok(Self { pid, descriptor: unsafe { raw::owned(descriptor.into()) }? })
    }

    /// Its descriptor.
    pub(super) fn descriptor(&self) -> &OwnedFd {
        &self.descriptor
    }

    /// What it answers.
    fn wait(&self) -> io::Result<i32> {
        let mut waiting = libc::pollfd { fd: self.descriptor.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: it is one `pollfd`.
        if raw::done(unsafe { libc::poll(&raw mut waiting, 1, PATIENCE_MS) }.into())? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        // SAFETY: all zeros are a `siginfo_t`.
        let mut about: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let id = libc::id_t::try_from(self.pid).map_err(io::Error::other)?;
        // It stays a zombie until it is dropped, so its number is its own until then.
        let what = libc::WEXITED | libc::WNOWAIT;
        // SAFETY: `about` is there to be written to.
        raw::done(unsafe { libc::waitid(libc::P_PID, id, &raw mut about, what) }.into())?;
        // SAFETY: the call has filled in a child's end.
        let status = unsafe { about.si_status() };
        if about.si_code == libc::CLD_EXITED {
            Ok(status)
        } else {
            Err(io::Error::other("the kernel ended it"))
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // SAFETY: the child is not reaped yet, so the number is its own.
        unsafe { libc::kill(self.pid, libc::SIGKILL) };
        // SAFETY: no status is asked for.
        unsafe { libc::waitpid(self.pid, std::ptr::null_mut(), 0) };
    }
}
