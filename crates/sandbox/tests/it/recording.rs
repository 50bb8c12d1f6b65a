//! Recording which rules are needed.

use std::{io::ErrorKind, os::fd::AsRawFd};

use mote_sandbox::{
    attempts::{Attempts, recording::Recorder},
    process::Namespaces,
    seal::{Profile, protection_keys},
    syscalls::{Reports, Sealing},
};

use crate::jailed::{Jailed, wait};

#[test]
fn a_rule_that_was_needed_is_never_called_unused() {
    let jailed = Jailed::start("recording", Namespaces::UsersAndProcesses);
    // It stands still at its next call; until then it may not be sealed yet.
    let listener = loop {
        match jailed.process.listener() {
            Ok(listener) => break listener,
            Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound),
        }
    };
    let number = listener.as_raw_fd();
    let sealing =
        Sealing { profile: Profile::Jit, keys: protection_keys(), reports: Reports::Told, process: 1 };
    let mut recorder = Recorder::new(Attempts::new(listener).unwrap(), sealing);
    std::io::Write::write_all(&mut jailed.link.get_ref(), b"memory\nuname\nleave\n").unwrap();
    let end = loop {
        wait(&[number]);
        if let Err(error) = recorder.step() {
            break error;
        }
    };
    assert_eq!(end.kind(), ErrorKind::UnexpectedEof, "{end}");
    let used: Vec<_> = recorder.used().map(|(rule, _)| rule.name).collect();
    let unused: Vec<_> = recorder.unused().map(|rule| rule.name).collect();
    assert!(used.contains(&"SYS_mmap") && used.contains(&"SYS_exit_group"), "{used:?}");
    assert!(unused.contains(&"SYS_epoll_ctl") && !unused.contains(&"SYS_exit_group"), "{unused:?}");
    assert_eq!(recorder.forbidden().iter().filter_map(|attempt| attempt.name).collect::<Vec<_>>(), ["uname"]);
}
