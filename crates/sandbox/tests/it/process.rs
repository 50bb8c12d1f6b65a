//! How a process is born, what it inherits, what it sees, and how it ends.

use std::{
    fs,
    os::{
        fd::{AsRawFd, FromRawFd},
        unix::net::UnixStream,
    },
    time::{Duration, Instant},
};

use mote_sandbox::{
    page::SharedPage,
    process::{CellProcess, Ended, Namespaces, Spawn},
};

use crate::jailed::{Jailed, program, spawn, wait};

#[test]
fn a_cell_never_inherits_more_than_it_is_given() {
    // Descriptors of the host that are not closed by themselves.
    let leaky: Vec<_> = (0..40).map(|_| fs::File::open("/dev/null").unwrap()).collect();
    for file in &leaky {
        // SAFETY: it takes numbers.
        unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFD, 0) };
    }
    let jailed = Jailed::start("open", Namespaces::UsersAndProcesses);
    // It has closed the page's after mapping it; the last one is the folder that it reads.
    assert_eq!(jailed.open, [0, 1, 2, 3, 4]);
    assert_eq!(jailed.slot(0), 1, "it is the first process of its namespace");
    assert_eq!(jailed.slot(1), 0, "it has no environment");
    assert!(jailed.about("environ").is_empty());
    assert_eq!(jailed.status("SigIgn"), "0000000000001000", "only what the Rust runtime ignores: SIGPIPE");
    assert_eq!(jailed.status("SigBlk"), "0000000000000000");
}

#[test]
fn a_jailed_cell_never_has_a_right_or_a_way_to_one() {
    let jailed = Jailed::start("jit", Namespaces::UsersAndProcesses);
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(jailed.status(set), "0000000000000000", "{set}");
    }
    assert_eq!(jailed.status("NoNewPrivs"), "1");
    assert_eq!(jailed.status("Seccomp"), "2");
    for part in [
        "network namespace",
        "ipc namespace",
        "cgroup namespace",
        "host name",
        "keyring",
        "mounts",
        "capabilities",
    ] {
        assert!(jailed.holds(part), "{part}: {:?}", jailed.parts);
    }
    for kind in ["user", "pid", "net", "ipc", "uts", "mnt", "cgroup"] {
        let of = |who: &str| fs::read_link(format!("/proc/{who}/ns/{kind}")).unwrap();
        assert_ne!(of("self"), of(&jailed.process.pid().to_string()), "{kind}");
    }
    let limits = jailed.about("limits");
    for (limit, most) in [("Max processes", "0"), ("Max core file size", "0"), ("Max open files", "64")] {
        let line = limits.lines().find(|line| line.starts_with(limit)).unwrap();
        assert!(line[limit.len()..].split_whitespace().take(2).all(|value| value == most), "{line}");
    }
}

#[test]
fn a_cell_of_a_privileged_host_is_never_root_outside() {
    // SAFETY: it takes nothing.
    if unsafe { libc::geteuid() } != 0 {
        return;
    }
    for namespaces in [Namespaces::UsersAndProcesses, Namespaces::Processes, Namespaces::None] {
        let jailed = Jailed::start("jit", namespaces);
        for ids in ["Uid", "Gid"] {
            let line = jailed.status(ids);
            assert!(
                line.split_whitespace().all(|id| id.parse::<u32>().unwrap() >= 65_534),
                "{namespaces:?} {line}"
            );
        }
        assert_eq!(jailed.status("CapEff"), "0000000000000000", "{namespaces:?}");
        assert_eq!(jailed.status("Groups"), "", "{namespaces:?}");
    }
}

#[test]
fn a_jailed_cell_never_has_a_file_system_but_an_empty_one_that_cannot_be_written_to() {
    let jailed = Jailed::start("jit", Namespaces::UsersAndProcesses);
    let mounts = jailed.about("mountinfo");
    let [line] = mounts.lines().collect::<Vec<_>>()[..] else { panic!("{mounts}") };
    for word in ["ro,", "nosuid", "nodev", "noexec", "tmpfs"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    assert_eq!(fs::read_dir(format!("/proc/{}/root", jailed.process.pid())).unwrap().count(), 0);
    assert!(jailed.about("net/dev").lines().skip(2).all(|line| line.trim().starts_with("lo:")));
}

#[test]
fn a_dropped_cell_never_leaves_a_zombie() {
    let jailed = Jailed::start("jit", Namespaces::UsersAndProcesses);
    let pid = jailed.process.pid();
    drop(jailed);
    assert!(!fs::exists(format!("/proc/{pid}")).unwrap());
}

#[test]
fn the_end_of_a_cell_never_goes_unseen() {
    let mut jailed = Jailed::start("jit", Namespaces::UsersAndProcesses);
    assert_eq!(jailed.process.try_wait().unwrap(), None);
    jailed.order("leave");
    assert_eq!(jailed.ended(), Ended::Exited(7));
    assert_eq!(jailed.process.try_wait().unwrap(), Some(Ended::Exited(7)), "it can be asked again");
    assert_eq!((jailed.process.cpu_time(), jailed.process.resident_bytes()), (None, None));
    assert!(jailed.process.descriptor_of(3).is_err());
}

#[test]
fn what_a_cell_uses_is_seen_while_it_runs() {
    let jailed = Jailed::start("jit", Namespaces::UsersAndProcesses);
    let before = jailed.process.cpu_time().unwrap();
    std::io::Write::write_all(&mut jailed.link.get_ref(), b"spin\n").unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while jailed.process.cpu_time().unwrap() < before + Duration::from_millis(30) {
        assert!(Instant::now() < end);
        std::thread::yield_now();
    }
    assert!(jailed.process.resident_bytes().unwrap() > 100_000);
}

#[test]
fn a_cell_that_lost_its_namespaces_still_keeps_what_it_can_and_says_what_it_lacks() {
    let jailed = Jailed::start("jit", Namespaces::None);
    let missing: Vec<_> =
        jailed.process.parts().iter().filter(|part| !part.holds()).map(|part| part.name).collect();
    assert!(missing.contains(&"user namespace") && missing.contains(&"process namespace"), "{missing:?}");
    assert_eq!(jailed.status("Seccomp"), "2");
}

#[test]
fn a_program_that_cannot_run_is_an_error_and_leaves_nobody_behind() {
    let start = |program: &str| {
        let (_ours, theirs) = UnixStream::pair().unwrap();
        let (_page, descriptor) = SharedPage::create().unwrap();
        CellProcess::start(Spawn { program: program.into(), ..spawn("jit", theirs, descriptor) })
            .unwrap_err()
            .to_string()
    };
    assert!(start("/no/such/program").contains("cannot be opened"));
    assert!(start("/proc/self/status").contains("Program"), "{}", start("/proc/self/status"));
}

#[test]
fn what_the_jail_alone_keeps_away_never_depends_on_the_filter() {
    for namespaces in [Namespaces::UsersAndProcesses, Namespaces::None] {
        let mut jailed = Jailed::start("unsealed", namespaces);
        for what in
            ["umount2", "chroot", "pivot_root", "reboot", "init_module", "kexec_load", "execve", "ptrace"]
        {
            let returned = jailed.order(what).returned.unwrap();
            assert!(returned < 0, "{namespaces:?} {what}: {returned}");
        }
    }
}

#[test]
fn a_cell_never_ends_with_the_thread_that_asked_for_it() {
    let mut jailed =
        std::thread::spawn(|| Jailed::start("jit", Namespaces::UsersAndProcesses)).join().unwrap();
    assert_eq!(jailed.order("nothing").returned, Some(0));
}

#[test]
fn a_cell_never_outlives_its_host() {
    let mut host = std::process::Command::new(program())
        .arg("host")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(host.stdout.take().unwrap()), &mut line)
        .unwrap();
    let cell: u32 = line.trim().parse().unwrap();
    // SAFETY: it takes numbers and makes a new descriptor.
    let opened = unsafe { libc::syscall(libc::SYS_pidfd_open, cell, 0) };
    let opened = i32::try_from(opened).unwrap();
    assert!(opened >= 0);
    // SAFETY: it was made just now, for us.
    let descriptor = unsafe { std::os::fd::OwnedFd::from_raw_fd(opened) };
    host.kill().unwrap();
    host.wait().unwrap();
    wait(&[descriptor.as_raw_fd()]);
}
