//! The doctor says what a start finds.

use mote_sandbox::{
    doctor::{State, examine},
    process::Namespaces,
};

use crate::jailed::Jailed;

#[test]
fn the_doctor_never_says_other_than_a_cell_finds() {
    let findings = examine();
    let jailed = Jailed::start("jit", Namespaces::UsersAndProcesses);
    let built = jailed.process.parts().iter().map(|part| (part.name.to_owned(), part.holds()));
    let from_inside = jailed.parts.iter().map(|line| {
        let (name, state) = line.split_once(": ").unwrap();
        (name.to_owned(), state == "holds")
    });
    let mut compared = 0;
    for (name, holds) in built.chain(from_inside) {
        if let Some(finding) = findings.iter().find(|finding| finding.part == name) {
            assert_eq!(finding.state == State::Holds, holds, "{finding:?}");
            compared += 1;
        }
    }
    assert!(compared >= 9, "{compared}");
}

#[test]
fn a_missing_part_never_goes_without_advice() {
    for finding in examine() {
        assert_eq!(finding.state == State::Holds, finding.how_to_get.is_empty(), "{finding:?}");
        println!("{finding:?}");
    }
}

#[test]
fn an_examination_leaves_the_process_as_it_was() {
    let of = |what: &str| std::fs::read_link(format!("/proc/self/ns/{what}")).unwrap();
    let before = (of("mnt"), of("net"), of("uts"), of("user"));
    let _ = examine();
    assert_eq!(before, (of("mnt"), of("net"), of("uts"), of("user")));
    assert!(std::fs::exists("/proc/self/mountinfo").unwrap());
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    assert!(status.contains("Seccomp:\t0") || !status.contains("Seccomp:"), "{status}");
}
