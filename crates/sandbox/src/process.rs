//! Starts a process in namespaces of its own, and holds it by its descriptor.
//!
//! A number of a process can come to mean another one; a descriptor cannot. So a cell is waited for, killed and looked into
//! by its descriptor, and its number is used only as long as nobody has reaped it.
//!
//! The process is a child of a thread of ours that never ends, because it dies with its parent, and to the kernel a parent
//! is a thread. The child makes only bare system calls on memory prepared before, until it runs the program: the host has
//! many threads, and what they held at that moment the child holds for ever.

mod birth;
mod child;
mod identity;
mod threads;

use std::{
    ffi::CString,
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    time::Duration,
};

pub use birth::StartError;
pub use child::Step;
pub use threads::{Does, ThreadView};

pub(crate) use identity::{FIRST as FIRST_USER, NOBODY};

use self::threads::Threads;
use crate::{cgroup::Group, part::Part, priority, raw};

/// A program that is to run in a cell.
#[derive(Debug)]
pub struct Spawn {
    /// The program; it is opened by the host, the cell needs no path to it.
    pub program: PathBuf,
    /// Its arguments, the first being its name. The environment is empty.
    pub arguments: Vec<CString>,
    /// What it inherits: they become its descriptors 3, 4, 5 and so on. All others are closed; 0, 1 and 2 are `/dev/null`,
    /// except that 2 is `stderr` if that is given.
    pub descriptors: Vec<OwnedFd>,
    /// Where it may write a last word.
    pub stderr: Option<OwnedFd>,
    /// The name by which logs know it, and its control group.
    pub name: String,
    /// Bytes of memory that it may have, where control groups can hold that.
    pub memory_bytes_max: u64,
}

/// The namespaces that a process is born into. The others it makes by itself, in [`crate::jail::enter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespaces {
    /// Users and processes of its own.
    UsersAndProcesses,
    /// Processes of its own; only the system's administrator can have that alone.
    Processes,
    /// None of its own.
    None,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It left with this code.
    Exited(i32),
    /// A signal ended it. `SIGSYS` is a forbidden system call, `SIGKILL` us or the system's memory killer.
    Killed(i32),
}

/// A cell's process. Dropping it kills the process and reaps it.
#[derive(Debug)]
pub struct CellProcess {
    descriptor: OwnedFd,
    pid: u32,
    ended: Option<Ended>,
    parts: Vec<Part>,
    // Dropped last: a group can be removed only when nobody is in it.
    group: Option<Group>,
}

/// How long a dropped process is waited for. A killed one is gone within milliseconds, with much memory within tens.
const REAP_MS: i32 = 2_000;

impl CellProcess {
    /// Starts it in namespaces of its own; where the system refuses some, in those that it grants. [`Self::parts`] says
    /// which are missing. It takes a few milliseconds, in which the caller waits.
    ///
    /// # Errors
    /// When the system refuses, with a [`StartError`] inside.
    pub fn start(spawn: Spawn) -> io::Result<Self> {
        birth::start(spawn, &[Namespaces::UsersAndProcesses, Namespaces::Processes, Namespaces::None])
    }

    /// The same in just these namespaces.
    ///
    /// # Errors
    /// When the system refuses, with a [`StartError`] inside.
    pub fn start_in(spawn: Spawn, namespaces: Namespaces) -> io::Result<Self> {
        birth::start(spawn, &[namespaces])
    }

    /// The parts of the wall that the host has built: user and process namespace, identity, control group. The others are
    /// known to the process alone.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Its number, as the host's processes see it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// A descriptor that is readable once it has ended.
    #[must_use]
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not know it any more.
    pub fn try_wait(&mut self) -> io::Result<Option<Ended>> {
        if self.ended.is_none() {
            self.ended = reap(&self.descriptor)?;
        }
        Ok(self.ended)
    }

    /// Ends it at once, with all that it has started.
    pub fn kill(&self) {
        let nothing = std::ptr::null::<libc::siginfo_t>();
        let descriptor = self.descriptor.as_raw_fd();
        // SAFETY: it sends a signal to the process that the descriptor stands for, and no other; the pointer may be null.
        unsafe { libc::syscall(libc::SYS_pidfd_send_signal, descriptor, libc::SIGKILL, nothing, 0) };
    }

    /// CPU time that it has used so far, all threads together. None once it is known to have ended.
    #[must_use]
    pub fn cpu_time(&self) -> Option<Duration> {
        let pid = i32::try_from(self.living()?).ok()?;
        // The kernel's name for the CPU clock of a whole process (`include/linux/posix-timers.h`).
        let clock = (!pid << 3) | 2;
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is there to be written to; a clock that is not there is an error.
        raw::done(unsafe { libc::clock_gettime(clock, &raw mut time) }.into()).ok()?;
        Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
    }

    /// Bytes of it that are in memory. None once it is known to have ended.
    #[must_use]
    pub fn resident_bytes(&self) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/statm", self.living()?)).ok()?;
        let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
        // SAFETY: it asks for a number.
        let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
        pages.checked_mul(page)
    }

    /// The number of its thread of this name. Threads name themselves: ask while nobody hostile is in there.
    #[must_use]
    pub fn thread_named(&self, name: &str) -> Option<u32> {
        Threads { pid: self.living()? }.named(name)
    }

    /// One of its threads, by number. None if it is not there, or the system does not say.
    #[must_use]
    pub fn thread(&self, number: u32) -> Option<ThreadView> {
        Threads { pid: self.living()? }.view(number)
    }

    /// Whether all its threads but this one sleep. False if that cannot be seen.
    #[must_use]
    pub fn others_sleep(&self, but: u32) -> bool {
        self.living().is_some_and(|pid| Threads { pid }.sleep(but))
    }

    /// Changes how many bytes of memory it may have, where a control group holds that.
    pub fn set_memory_max(&self, bytes: u64) {
        if let Some(group) = &self.group {
            // The bound of before stays; the host sees for itself how much there is.
            let _ = group.set_memory_max(bytes);
        }
    }

    /// Whether the kernel has ended it for lack of memory in its control group.
    #[must_use]
    pub fn has_run_out_of_memory(&self) -> bool {
        self.group.as_ref().is_some_and(Group::has_run_out)
    }

    /// Asks the scheduler to let others go first from now on: where the CPU is short its threads get a tenth of what others
    /// get, in slices so short that whoever comes meanwhile hardly waits. There is no way back.
    ///
    /// # Errors
    /// When the system refuses, or it has ended.
    pub fn give_way(&self) -> io::Result<()> {
        let pid = self.living().ok_or(io::ErrorKind::NotFound)?;
        // Each thread has a place of its own in the queue; threads that come later inherit it.
        for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            if let Some(thread) = thread?.file_name().to_str().and_then(|name| name.parse().ok()) {
                priority::lower(thread)?;
            }
        }
        Ok(())
    }

    /// Whether somebody has stopped it, as SIGSTOP or a debugger does.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        let Some(pid) = self.living() else { return false };
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The state stands behind the name, which may hold anything (proc(5)).
        let state = text.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        matches!(state, Some('T' | 't'))
    }

    /// A copy of one of its descriptors, by number.
    ///
    /// # Errors
    /// When it has none of this number, or the system does not allow it.
    pub fn descriptor_of(&self, number: i32) -> io::Result<OwnedFd> {
        let process = self.descriptor.as_raw_fd();
        // SAFETY: it takes numbers.
        let copied = unsafe { libc::syscall(libc::SYS_pidfd_getfd, process, number, 0) };
        // SAFETY: the call makes a new descriptor, and it is nobody's yet.
        unsafe { raw::owned(copied) }
    }

    /// The descriptor at which the kernel reports what it tries, looked for among all of its descriptors. For those who
    /// cannot be told the number: the process under [`crate::seal::seal_recording`] stands still before it could say it.
    ///
    /// # Errors
    /// `NotFound` while it has none; otherwise what the system says.
    pub fn listener(&self) -> io::Result<OwnedFd> {
        for entry in std::fs::read_dir(Path::new("/proc").join(self.pid.to_string()).join("fd"))? {
            let entry = entry?;
            let is_it = std::fs::read_link(entry.path())
                .is_ok_and(|target| target.as_os_str().as_encoded_bytes() == b"anon_inode:seccomp notify");
            if let Some(number) =
                entry.file_name().to_str().and_then(|name| name.parse().ok()).filter(|_| is_it)
            {
                return self.descriptor_of(number);
            }
        }
        Err(io::ErrorKind::NotFound.into())
    }

    /// Its number, as long as that can mean nobody else.
    fn living(&self) -> Option<u32> {
        self.ended.is_none().then_some(self.pid)
    }
}

impl AsFd for CellProcess {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor()
    }
}

impl Drop for CellProcess {
    fn drop(&mut self) {
        if self.ended.is_some() {
            return;
        }
        self.kill();
        let mut waiting = libc::pollfd { fd: self.descriptor.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: it is one `pollfd`. A process that the kernel cannot end in time stays behind until the host ends.
        unsafe { libc::poll(&raw mut waiting, 1, REAP_MS) };
        let _ = reap(&self.descriptor);
    }
}

fn reap(descriptor: &OwnedFd) -> io::Result<Option<Ended>> {
    // SAFETY: all zeros are a `siginfo_t`.
    let mut about: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let id = libc::id_t::try_from(descriptor.as_raw_fd()).map_err(io::Error::other)?;
    let what = libc::WEXITED | libc::WNOHANG;
    // SAFETY: `about` is there to be written to.
    raw::done(unsafe { libc::waitid(libc::P_PIDFD, id, &raw mut about, what) }.into())?;
    // SAFETY: the call has filled in a child's end, or left zeros.
    let child = unsafe { about.si_pid() };
    // SAFETY: the same.
    let status = unsafe { about.si_status() };
    Ok((child != 0).then_some(match about.si_code {
        libc::CLD_EXITED => Ended::Exited(status),
        _ => Ended::Killed(status),
    }))
}
