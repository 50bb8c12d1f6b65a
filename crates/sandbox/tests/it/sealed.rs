//! What a sealed cell can do, and what it cannot.

use mote_sandbox::{
    counters::{Group, Kind},
    process::{Ended, Namespaces},
    seal::protection_keys,
    syscalls::{Keys, PROBES_MAX},
};

use crate::jailed::{Jailed, wait};

/// Everything that is tried, and the name by which it must be reported.
const FORBIDDEN: &[&str] = &[
    "openat",
    "openat2",
    "statx",
    "readlinkat",
    "newfstatat",
    "open_by_handle_at",
    "open_tree",
    "memfd_create",
    "socket inet",
    "socket inet6",
    "socket unix",
    "socket netlink",
    "socket packet",
    "socket alg",
    "socket vsock",
    "socketpair",
    "connect",
    "sendmsg",
    "recvmsg",
    "sendto",
    "clone",
    "clone3",
    "execve",
    "execveat",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "kill",
    "kill all",
    "tgkill",
    "tgkill term",
    "pidfd_open",
    "pidfd_getfd",
    "mount",
    "umount2",
    "fsopen",
    "unshare",
    "setns",
    "chroot",
    "pivot_root",
    "keyctl",
    "add_key",
    "bpf",
    "io_uring_setup",
    "perf_event_open",
    "userfaultfd",
    "ioctl",
    "fcntl",
    "dup",
    "prctl",
    "prctl counters",
    "seccomp",
    "personality",
    "prlimit64",
    "setresuid",
    "capset",
    "shmget",
    "msgget",
    "mq_open",
    "timer_create",
    "futex pi",
    "mmap code",
    "mmap file",
    "mprotect code",
    "pkey_mprotect key 0",
    "uname",
    "sysinfo",
    "syslog",
    "reboot",
    "settimeofday",
    "init_module",
    "kexec_load",
];

const NOT_PERMITTED: i64 = -1;
/// Where the processor has no protection keys, code can be made by this call alone.
const NEEDED_WITHOUT_KEYS: &str = "mprotect code";

fn no_forbidden_call_passes(namespaces: Namespaces) {
    let mut jailed = Jailed::start("jit", namespaces);
    for what in FORBIDDEN {
        if *what == NEEDED_WITHOUT_KEYS && protection_keys() == Keys::Missing {
            let outcome = jailed.order(what);
            assert_eq!(
                (outcome.reported.len(), outcome.returned),
                (0, Some(0)),
                "a compiler has no other way"
            );
            continue;
        }
        for thread in ["", "other "] {
            let outcome = jailed.order(&format!("{thread}{what}"));
            let [attempt] = outcome.reported.as_slice() else { panic!("{thread}{what}: {outcome:?}") };
            assert_eq!(attempt.name, what.split(' ').next(), "{what}");
            assert_eq!(outcome.returned, Some(NOT_PERMITTED), "{what}");
        }
    }
    let fork = jailed.order("fork");
    assert_eq!((fork.reported[0].name, fork.returned), (Some("clone"), Some(NOT_PERMITTED)));
    let unknown = jailed.order("nr 9999");
    assert_eq!((unknown.reported[0].number, unknown.reported[0].name), (9_999, None));
}

#[test]
fn no_call_that_a_cell_does_not_need_ever_passes_or_goes_unreported() {
    no_forbidden_call_passes(Namespaces::UsersAndProcesses);
}

#[test]
fn the_same_holds_where_there_are_no_namespaces() {
    no_forbidden_call_passes(Namespaces::None);
}

#[test]
fn a_cell_that_is_counted_never_stops_it() {
    let mut jailed = Jailed::start("jit", Namespaces::UsersAndProcesses);
    let group = match Group::lead(jailed.process.pid(), Kind::CPU_TIME) {
        Ok(group) => group,
        Err(error) => {
            println!("SKIPPED: this machine refuses even counters of the kernel's own: {error}");
            return;
        }
    };
    let counted = || group.read().unwrap()[0];
    for what in ["perf_event_open", "prctl counters", "ioctl"] {
        let before = counted();
        assert_eq!(jailed.order(what).returned, Some(NOT_PERMITTED), "{what}");
        // It computes something.
        assert!(jailed.order("memory").returned.is_some());
        assert!(counted() > before, "after {what}");
    }
}

#[test]
fn what_a_cell_needs_is_never_reported() {
    let mut jailed = Jailed::start("jit", Namespaces::UsersAndProcesses);
    for what in ["nothing", "memory", "time", "prctl vma", "other memory"] {
        let outcome = jailed.order(what);
        assert!(outcome.reported.is_empty(), "{what}: {outcome:?}");
        assert!(outcome.returned.is_some());
    }
}

#[test]
fn the_c_library_never_takes_a_heap_that_cannot_grow_for_one_that_has_grown() {
    let mut jailed = Jailed::start("jit", Namespaces::UsersAndProcesses);
    // Once freed, so large a block is wanted on the heap.
    for time in 0..4 {
        for thread in ["", "other "] {
            let outcome = jailed.order(&format!("{thread}memory"));
            assert_eq!((outcome.reported.len(), outcome.returned), (0, Some(8 << 20)), "{thread}{time}");
        }
    }
}

#[test]
fn a_cell_without_a_compiler_never_gets_memory_that_runs() {
    let mut jailed = Jailed::start("jitless", Namespaces::UsersAndProcesses);
    for what in ["mmap code", "mprotect code", "pkey_mprotect", "pkey_mprotect key 0"] {
        let outcome = jailed.order(what);
        assert_eq!((outcome.reported.len(), outcome.returned), (1, Some(NOT_PERMITTED)), "{what}");
    }
}

#[test]
fn a_thread_that_tried_never_goes_on_before_it_is_answered_and_its_process_ends_without_an_answer() {
    let mut jailed = Jailed::start("jit", Namespaces::UsersAndProcesses);
    let attempts = jailed.attempts.take().unwrap();
    std::io::Write::write_all(&mut jailed.link.get_ref(), b"openat\n").unwrap();
    wait(&[std::os::fd::AsRawFd::as_raw_fd(&attempts)]);
    let attempt = attempts.next().unwrap().expect("it is readable");
    assert_eq!(attempt.thread, jailed.process.pid(), "its main thread, by the host's numbers");
    assert!(attempts.next().unwrap().is_none());
    jailed.process.kill();
    // Nobody has answered: an end that waited for it would not come.
    assert_eq!(jailed.ended(), Ended::Killed(libc::SIGKILL));
    attempts.deny(&attempt).unwrap();
    assert_eq!(attempts.next().unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
}

#[test]
fn a_call_of_the_32_bit_set_always_ends_the_process() {
    let mut jailed = Jailed::start("jit", Namespaces::UsersAndProcesses);
    assert_eq!(jailed.order("compat").returned, None);
    assert_eq!(jailed.ended(), Ended::Killed(libc::SIGSYS));
}

#[test]
fn a_crash_is_never_taken_for_an_attack() {
    let mut jailed = Jailed::start("jit", Namespaces::UsersAndProcesses);
    let outcome = jailed.order("abort");
    assert!(outcome.reported.is_empty(), "{outcome:?}");
    assert!(matches!(jailed.ended(), Ended::Killed(libc::SIGABRT | libc::SIGSEGV | libc::SIGILL)));
}

#[test]
fn where_nobody_can_be_told_a_forbidden_call_always_ends_the_process() {
    let mut jailed = Jailed::start("silent", Namespaces::UsersAndProcesses);
    assert!(jailed.attempts.is_none());
    assert_eq!(jailed.order("memory").returned, Some(8 << 20));
    assert_eq!(jailed.order("look").returned, Some(-i64::from(libc::ENOENT)));
    assert_eq!(jailed.order("other socket inet").returned, None);
    assert_eq!(jailed.ended(), Ended::Killed(libc::SIGSYS));
}

#[test]
fn a_library_that_looks_for_a_file_is_never_taken_for_an_attack_unless_it_goes_on_and_on() {
    let mut jailed = Jailed::start("jit", Namespaces::UsersAndProcesses);
    for _ in 0..PROBES_MAX {
        let outcome = jailed.order("look");
        assert_eq!((outcome.reported.len(), outcome.returned), (0, Some(-i64::from(libc::ENOENT))));
    }
    assert_eq!(jailed.order("look").reported.len(), 1);
}
