//! The first thing that a cell's process does: it gives up all that it does not need, while it has one thread and nothing of
//! a tenant's.
//!
//! Afterwards it has no files but an empty read-only folder, no network, nobody else's processes, no capabilities and no
//! way to more. It can still make threads and memory that runs: [`crate::seal`] ends that when V8 has started.
//!
//! Each namespace is made here, by the process itself, and each for itself: a system that refuses one leaves the others,
//! and nothing here touches the host's mounts or name unless they are the process's own by then.

mod capabilities;
mod kernel_rules;
mod limits;
mod mounts;

use std::{ffi::CString, io};

#[cfg(test)]
pub(crate) use capabilities::drop_all as drop_capabilities;
pub(crate) use mounts::leave_all as leave_all_mounts;

use crate::{part::Part, process, raw};

/// What a cell is to look like from inside and outside.
#[derive(Debug, Clone)]
pub struct JailOptions {
    /// The name by which `ps` knows it; the first 15 bytes of it.
    pub name: CString,
    /// How many descriptors it may have open at a time.
    pub descriptors_max: u64,
    /// Bytes of private writable memory that it may have, as far as the kernel counts address space and not use. None for
    /// no such limit: engines reserve more than they use.
    pub data_bytes_max: Option<u64>,
    /// Whether the processor is to guess less.
    pub speculation: Speculation,
}

/// Whether the processor is to guess less, at the price of speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speculation {
    /// As the system does it for everybody.
    AsEverybody,
    /// No loads past older stores, and no indirect branches by what others have trained.
    Restricted,
}

impl Default for JailOptions {
    fn default() -> Self {
        Self {
            name: c"mote-cell".to_owned(),
            descriptors_max: 64,
            data_bytes_max: None,
            speculation: Speculation::AsEverybody,
        }
    }
}

/// Why a jail is not one. The process must end: it may be half shut in.
#[derive(Debug, thiserror::Error)]
pub enum JailError {
    /// There are several threads already, and most of what a jail does holds for one.
    #[error("the process has {threads} threads, where a jail can shut in one")]
    Threads {
        /// How many.
        threads: usize,
    },
    /// Something that every system grants was refused.
    #[error("a cell cannot do without: {what}")]
    Refused {
        /// What it was.
        what: &'static str,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// Shuts this process in, and says which parts of the wall hold.
///
/// # Errors
/// When there is more than one thread, or when a part fails that no system refuses.
pub fn enter(options: &JailOptions) -> Result<Vec<Part>, JailError> {
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 {
        return Err(JailError::Threads { threads });
    }
    // SAFETY: it takes nothing and cannot fail.
    let user = unsafe { libc::geteuid() };
    // The names of the host, its group, its network: while there are the rights to leave them.
    let mut parts = vec![
        Part::of("network namespace", unshare(libc::CLONE_NEWNET)),
        Part::of("ipc namespace", unshare(libc::CLONE_NEWIPC)),
        Part::of("cgroup namespace", unshare(libc::CLONE_NEWCGROUP)),
        Part::of("host name", unshare(libc::CLONE_NEWUTS).and_then(|()| forget_host_name())),
        Part::of("keyring", own_keyring()),
        Part::of("mounts", unshare(libc::CLONE_NEWNS).and_then(|()| mounts::leave_all())),
    ];
    limits::let_wakers_go_on();
    limits::lower(options).map_err(|source| JailError::Refused { what: "limits of a process", source })?;
    // SAFETY: the option takes numbers; nothing that we start later is to gain anything.
    unsafe { raw::prctl(libc::PR_SET_NO_NEW_PRIVS, [1, 0, 0, 0]) }
        .map_err(|source| JailError::Refused { what: "no new privileges", source })?;
    // After the mounts, which it would forbid; before the capabilities go, so that it is the same for all users.
    parts.push(Part::of("landlock", kernel_rules::shut()));
    if options.speculation == Speculation::Restricted {
        parts.push(Part::of("speculation", restrict_speculation()));
    }
    capabilities::close_the_ways_to_them();
    if user == 0 {
        leave_root()?;
    }
    capabilities::drop_all().map_err(|source| JailError::Refused { what: "no capabilities", source })?;
    parts.push(Part::of("capabilities", Ok::<_, io::Error>(())));
    parts.push(hide_memory(user));
    die_with_the_host().map_err(|source| JailError::Refused { what: "to end with the host", source })?;
    // SAFETY: the name ends in zero, and the kernel copies what it needs of it.
    unsafe { libc::prctl(libc::PR_SET_NAME, options.name.as_ptr()) };
    Ok(parts)
}

fn unshare(namespace: libc::c_int) -> io::Result<()> {
    // SAFETY: it takes a number and changes what this process sees, which is the purpose.
    raw::done(unsafe { libc::unshare(namespace) }.into()).map(|_| ())
}

fn forget_host_name() -> io::Result<()> {
    const NAME: &[u8] = b"cell";
    // SAFETY: the name is that long.
    raw::done(unsafe { libc::sethostname(NAME.as_ptr().cast(), NAME.len()) }.into())?;
    // SAFETY: the same.
    raw::done(unsafe { libc::setdomainname(NAME.as_ptr().cast(), NAME.len()) }.into()).map(|_| ())
}

/// A session keyring of its own, so that none of the host's keys is in reach.
fn own_keyring() -> io::Result<()> {
    const JOIN: libc::c_int = 1;
    let without_name = std::ptr::null::<libc::c_char>();
    // SAFETY: no name asks for a new keyring without one.
    match raw::done(unsafe { libc::syscall(libc::SYS_keyctl, JOIN, without_name) }) {
        // A kernel without keyrings has none to hide.
        Err(error) if error.raw_os_error() != Some(libc::ENOSYS) => Err(error),
        _ => Ok(()),
    }
}

/// A host that runs as root, on a system that gives its cells no users of their own: at least they are not root.
fn leave_root() -> Result<(), JailError> {
    let refused = |what| move |source| JailError::Refused { what, source };
    let mut random = [0_u8; 4];
    // SAFETY: `random` is that long. If nothing comes, all such cells are the same user, which is as good as any.
    unsafe { libc::getrandom(random.as_mut_ptr().cast(), random.len(), 0) };
    let own = process::FIRST_USER + (u32::from_ne_bytes(random) & 0x3f_ffff);
    for id in [own, process::NOBODY] {
        // SAFETY: an empty list needs no memory. In a namespace of its own this was done before, or is not allowed.
        unsafe { libc::syscall(libc::SYS_setgroups, 0, 0) };
        // SAFETY: it takes numbers.
        match raw::done(unsafe { libc::syscall(libc::SYS_setresgid, id, id, id) }) {
            // There is no such user here: root is all that this namespace has, and outside it is somebody without rights.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => continue,
            other => other.map_err(refused("another group than root"))?,
        };
        // SAFETY: it takes numbers.
        raw::done(unsafe { libc::syscall(libc::SYS_setresuid, id, id, id) })
            .map_err(refused("another user than root"))?;
        return Ok(());
    }
    Ok(())
}

/// Nobody but the host may look into the process, and it leaves no core file.
fn hide_memory(user: libc::uid_t) -> Part {
    const NAME: &str = "hidden memory";
    // Where the cell is the host's own user and no more, hiding from that user would hide from the host: it could not fetch
    // the listener of forbidden system calls.
    if user != 0 {
        return Part::missing(
            NAME,
            "the cell has no users of its own, so the host needs what this takes from everybody",
        );
    }
    // SAFETY: the option takes numbers.
    Part::of(NAME, unsafe { raw::prctl(libc::PR_SET_DUMPABLE, [0, 0, 0, 0]) })
}

/// Once more: to become another user has undone it.
fn die_with_the_host() -> io::Result<()> {
    let signal = libc::c_ulong::try_from(libc::SIGKILL).map_err(io::Error::other)?;
    // SAFETY: the option takes numbers.
    unsafe { raw::prctl(libc::PR_SET_PDEATHSIG, [signal, 0, 0, 0]) }
}

fn restrict_speculation() -> io::Result<()> {
    const SET: libc::c_int = 53;
    const STORE_BYPASS: libc::c_ulong = 0;
    const INDIRECT_BRANCH: libc::c_ulong = 1;
    const FORCE_DISABLE: libc::c_ulong = 8;
    for what in [STORE_BYPASS, INDIRECT_BRANCH] {
        // SAFETY: the option takes numbers.
        match unsafe { raw::prctl(SET, [what, FORCE_DISABLE, 0, 0]) } {
            // The processor is not known to guess this way.
            Err(error) if error.raw_os_error() == Some(libc::ENXIO) => {}
            other => other?,
        }
    }
    Ok(())
}
