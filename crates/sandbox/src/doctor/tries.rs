//! How each part is tried.

use std::{
    ffi::{c_int, c_uint},
    fs, io,
    os::fd::AsRawFd,
};

use super::probe::{self, Child};
use crate::{counters as processor, jail, raw, seal};

type Tried = Result<(), String>;

const USERS: c_int = libc::CLONE_NEWUSER;

pub(super) fn users() -> Tried {
    probe::run(USERS, || 0)
}

/// The first switch that is in the way, and what to do with it.
pub(super) fn how_to_get_users() -> String {
    let switches = [
        ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=10000"),
        ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "an AppArmor profile for mote with `userns,`, or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ];
    let in_the_way = switches.iter().find(|(file, bad, _)| setting(file).as_deref() == Some(*bad));
    in_the_way.map_or_else(
        || "a kernel with CONFIG_USER_NS, and a container that lets `clone` make user namespaces".into(),
        |(_, _, how)| (*how).into(),
    )
}

pub(super) fn processes() -> Tried {
    with_or_without_users(libc::CLONE_NEWPID, || 0)
}

pub(super) fn network() -> Tried {
    with_or_without_users(0, || left(libc::CLONE_NEWNET))
}

pub(super) fn ipc() -> Tried {
    with_or_without_users(0, || left(libc::CLONE_NEWIPC))
}

pub(super) fn cgroups() -> Tried {
    with_or_without_users(0, || left(libc::CLONE_NEWCGROUP))
}

pub(super) fn host_name() -> Tried {
    with_or_without_users(0, || left(libc::CLONE_NEWUTS))
}

pub(super) fn mounts() -> Tried {
    with_or_without_users(0, || match left(libc::CLONE_NEWNS) {
        0 => number(jail::leave_all_mounts()),
        error => error,
    })
}

/// Root needs no user namespace for the others.
fn with_or_without_users(namespaces: c_int, deed: probe::Deed) -> Tried {
    probe::run(USERS | namespaces, deed).or_else(|reason| probe::run(namespaces, deed).map_err(|_| reason))
}

fn left(namespace: c_int) -> i32 {
    // SAFETY: it takes a number, and this is a child that is thrown away.
    number(raw::done(unsafe { libc::unshare(namespace) }.into()).map(|_| ()))
}

/// An error's number, or zero.
fn number(result: io::Result<()>) -> i32 {
    result.err().map_or(0, |error| error.raw_os_error().unwrap_or(libc::EIO))
}

pub(super) fn landlock() -> Tried {
    const VERSION: c_uint = 1;
    let no_rules = std::ptr::null::<u8>();
    // SAFETY: it asks for a number; there is nothing to read.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, no_rules, 0, VERSION) };
    raw::done(version).map(|_| ()).map_err(|error| error.to_string())
}

pub(super) fn filter() -> Tried {
    probe::run(0, || seal::install_harmless(seal::Listener::None))
}

pub(super) fn reports() -> Tried {
    probe::run(0, || seal::install_harmless(seal::Listener::Wanted))
}

pub(super) fn fetching() -> Tried {
    // Hidden as a cell is, and in users of its own if that works.
    let child = Child::start(USERS, wait_hidden)
        .or_else(|_| Child::start(0, wait_hidden))
        .map_err(|error| error.to_string())?;
    // SAFETY: it takes numbers.
    let copy = unsafe { libc::syscall(libc::SYS_pidfd_getfd, child.descriptor().as_raw_fd(), 0, 0) };
    // SAFETY: the call makes a new descriptor, and it is nobody's yet.
    unsafe { raw::owned(copy) }.map(|_| ()).map_err(|error| error.to_string())
}

fn wait_hidden() -> i32 {
    loop {
        // SAFETY: it takes nothing; the child is killed when it is not needed any more.
        unsafe { libc::pause() };
    }
}

pub(super) fn process_descriptors() -> Tried {
    // SAFETY: it takes numbers.
    let opened = unsafe { libc::syscall(libc::SYS_pidfd_open, std::process::id(), 0) };
    // SAFETY: the call makes a new descriptor, and it is nobody's yet.
    unsafe { raw::owned(opened) }.map(|_| ()).map_err(|error| error.to_string())
}

pub(super) fn closing() -> Tried {
    // In a child, so that nothing here is marked.
    probe::run(0, || {
        let mark = libc::CLOSE_RANGE_CLOEXEC;
        // SAFETY: it takes numbers and only marks the descriptors of a child.
        number(raw::done(unsafe { libc::syscall(libc::SYS_close_range, 3, c_uint::MAX, mark) }).map(|_| ()))
    })
}

/// What the kernel says of the processor's known weaknesses.
pub(super) fn mitigations() -> Tried {
    let entries = fs::read_dir("/sys/devices/system/cpu/vulnerabilities")
        .map_err(|error| format!("the kernel does not say: {error}"))?;
    let mut open: Vec<_> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let text = fs::read_to_string(entry.path()).ok()?;
            text.starts_with("Vulnerable").then(|| entry.file_name().to_string_lossy().into_owned())
        })
        .collect();
    open.sort();
    if open.is_empty() { Ok(()) } else { Err(format!("open to {}", open.join(", "))) }
}

pub(super) fn counters() -> Tried {
    processor::available().map_err(|reason| reason.to_string())
}

pub(super) fn cores() -> Tried {
    match setting("kernel/core_pattern") {
        Some(pattern) if pattern.starts_with('|') => Err(format!("they go to a program: {pattern}")),
        _ => Ok(()),
    }
}

/// A sysctl, by its path.
fn setting(path: &str) -> Option<String> {
    fs::read_to_string(format!("/proc/sys/{path}")).ok().map(|text| text.trim().to_owned())
}
