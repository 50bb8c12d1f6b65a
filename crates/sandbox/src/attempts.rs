//! What sealed cells have tried: the host's side of the kernel's reports.
//!
//! The thread that tried stands still until it is answered or its process ends. The numbers are the kernel's word, not the
//! cell's. What they point at in the cell's memory may change at any time; it is read for one purpose only, to tell a
//! library that looks for a file which a cell never has ([`PROBES`]) from an attack, and such a call never runs either.

pub mod recording;

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use crate::{
    raw,
    syscalls::{PROBES, PROBES_MAX, name_of},
};

/// A call that waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The thread that made it, as the host's processes see it.
    pub thread: u32,
    /// The call.
    pub number: i64,
    /// Its name, if the table of names has it.
    pub name: Option<&'static str>,
    /// Its arguments.
    pub arguments: [u64; 6],
    ticket: u64,
}

/// The descriptor at which the kernel reports what a cell tries.
#[derive(Debug)]
pub struct Attempts {
    listener: OwnedFd,
    probes: AtomicU32,
}

impl Attempts {
    /// Takes the descriptor that was fetched from the cell.
    ///
    /// # Errors
    /// When it is no such descriptor, or the kernel's reports are larger than those known here.
    pub fn new(listener: OwnedFd) -> io::Result<Self> {
        // SAFETY: all zeros are sizes.
        let mut sizes: libc::seccomp_notif_sizes = unsafe { std::mem::zeroed() };
        // SAFETY: `sizes` is there to be written to.
        let asked =
            unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_NOTIF_SIZES, 0, &raw mut sizes) };
        raw::done(asked)?;
        let known = (size_of::<libc::seccomp_notif>(), size_of::<libc::seccomp_notif_resp>());
        let fits =
            usize::from(sizes.seccomp_notif) <= known.0 && usize::from(sizes.seccomp_notif_resp) <= known.1;
        // Why ask for a report that does not exist: a cell names the descriptor, and may name another one of its.
        let nothing = 0_u64;
        // SAFETY: the kernel reads one number.
        let answer = unsafe {
            libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &raw const nothing)
        };
        if !fits || answer >= 0 || raw::errno() != libc::ENOENT {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "this descriptor reports no system calls",
            ));
        }
        Ok(Self { listener, probes: AtomicU32::new(0) })
    }

    /// The next attempt; none if there is none now. It never waits. What is only one of the [`PROBES`] is answered here, and
    /// not told.
    ///
    /// # Errors
    /// `UnexpectedEof` once the process has ended; otherwise what the kernel says.
    pub fn next(&self) -> io::Result<Option<Attempt>> {
        while let Some(attempt) = self.any()? {
            if !self.is_probe(&attempt) {
                return Ok(Some(attempt));
            }
            self.answer(&attempt, -libc::ENOENT, 0)?;
        }
        Ok(None)
    }

    /// Whether a library looks for something that it can do without. It cannot be asked for ever: each cell has a number of
    /// such calls, far more than it has libraries.
    fn is_probe(&self, attempt: &Attempt) -> bool {
        let mut of_this_call = PROBES.iter().filter(|probe| probe.number == attempt.number).peekable();
        if of_this_call.peek().is_none() || self.probes.load(Ordering::Relaxed) >= PROBES_MAX {
            return false;
        }
        let is_one = of_this_call.any(|probe| {
            let path = probe.path.to_bytes_with_nul();
            let at = attempt.arguments.get(usize::from(probe.argument));
            at.is_some_and(|at| text_of(attempt.thread, *at).starts_with(path))
        });
        if is_one {
            self.probes.fetch_add(1, Ordering::Relaxed);
        }
        is_one
    }

    fn any(&self) -> io::Result<Option<Attempt>> {
        self.any_within(Duration::ZERO)
    }

    fn any_within(&self, wait: Duration) -> io::Result<Option<Attempt>> {
        // Why look first: the call that fetches a report waits for one, whatever the descriptor's flags say.
        let ready = self.poll(wait)?;
        if ready & libc::POLLIN == 0 {
            let over = ready & (libc::POLLHUP | libc::POLLERR) != 0;
            return if over { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(None) };
        }
        // SAFETY: all zeros are a report, and the kernel demands them.
        let mut report: libc::seccomp_notif = unsafe { std::mem::zeroed() };
        // SAFETY: `report` is there to be written to, and as large as the kernel's, which was asked.
        let received = unsafe {
            libc::ioctl(self.listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut report)
        };
        if received < 0 {
            let error = io::Error::last_os_error();
            // The thread has ended, or a signal has taken it out of its call, between the look and the fetching.
            let gone = matches!(error.raw_os_error(), Some(libc::ENOENT | libc::EINTR));
            return if gone { Ok(None) } else { Err(error) };
        }
        let number = i64::from(report.data.nr);
        Ok(Some(Attempt {
            thread: report.pid,
            number,
            name: name_of(number),
            arguments: report.data.args,
            ticket: report.id,
        }))
    }

    /// Lets the call fail with "not permitted".
    ///
    /// # Errors
    /// What the kernel says; a thread that is gone is none.
    pub fn deny(&self, attempt: &Attempt) -> io::Result<()> {
        self.answer(attempt, -libc::EPERM, 0)
    }

    /// Lets the call run. Only for a recording: by the time it runs, the memory that it points at may say something else.
    ///
    /// # Errors
    /// What the kernel says; a thread that is gone is none.
    pub fn allow(&self, attempt: &Attempt) -> io::Result<()> {
        self.answer(attempt, 0, 1)
    }

    fn answer(&self, attempt: &Attempt, error: i32, flags: u32) -> io::Result<()> {
        let answer = libc::seccomp_notif_resp { id: attempt.ticket, val: 0, error, flags };
        // SAFETY: the kernel reads `answer`, which is as large as it expects.
        let sent = unsafe {
            libc::ioctl(self.listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SEND, &raw const answer)
        };
        match raw::done(sent.into()) {
            Err(error) if error.raw_os_error() != Some(libc::ENOENT) => Err(error),
            _ => Ok(()),
        }
    }

    fn poll(&self, wait: Duration) -> io::Result<i16> {
        let mut waiting = libc::pollfd { fd: self.listener.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let wait_ms = libc::c_int::try_from(wait.as_millis()).unwrap_or(libc::c_int::MAX);
        // SAFETY: it is one `pollfd`.
        match raw::done(unsafe { libc::poll(&raw mut waiting, 1, wait_ms) }.into()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
            done => done.map(|_| waiting.revents),
        }
    }
}

/// The longest path that is looked at.
const TEXT_BYTES_MAX: usize = 96;

/// What stands in a thread's memory. Empty where nothing does, or where the host may not look: then it is no probe.
fn text_of(thread: u32, at: u64) -> [u8; TEXT_BYTES_MAX] {
    let mut text = [0_u8; TEXT_BYTES_MAX];
    let (Ok(thread), Ok(at)) = (libc::pid_t::try_from(thread), usize::try_from(at)) else { return text };
    let local = libc::iovec { iov_base: text.as_mut_ptr().cast(), iov_len: text.len() };
    let remote = libc::iovec { iov_base: std::ptr::without_provenance_mut(at), iov_len: TEXT_BYTES_MAX };
    // SAFETY: the kernel writes to `text`, which is that long; the other address is the other process's, and one that is
    // not there ends the copy. Should the thread have ended and its number be another's, its answer goes to nobody.
    unsafe { libc::process_vm_readv(thread, &raw const local, 1, &raw const remote, 1, 0) };
    text
}

impl AsFd for Attempts {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

/// For runtimes that register descriptors by their number.
impl AsRawFd for Attempts {
    fn as_raw_fd(&self) -> RawFd {
        self.listener.as_raw_fd()
    }
}
