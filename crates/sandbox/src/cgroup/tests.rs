//! Control groups on a folder that looks like a tree of them. What the kernel makes of what is written there is its own affair.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{Group, GroupError, divide, group_in, is_ours};
use crate::jail::drop_capabilities;

/// A group that systemd has given away (`Delegate=yes`), with one process in it.
fn delegated() -> TempDir {
    let own = tempfile::tempdir().unwrap();
    fs::write(own.path().join("cgroup.controllers"), "cpuset cpu io memory hugetlb pids rdma misc\n")
        .unwrap();
    fs::write(own.path().join("cgroup.subtree_control"), "").unwrap();
    fs::write(own.path().join("cgroup.procs"), "4242\n").unwrap();
    own
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Does something as somebody whom the permissions of files bind, also if the test runs as root.
fn unprivileged<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let work = || {
        // Only this thread's, and it ends.
        drop_capabilities().unwrap();
        work()
    };
    std::thread::scope(|threads| threads.spawn(work).join().unwrap())
}

#[test]
fn a_cell_never_gets_a_group_without_its_limits() {
    let own = delegated();
    let parent = divide(own.path()).unwrap();
    assert_eq!(parent, own.path());
    assert_eq!(text(&own.path().join("cgroup.subtree_control")), "+memory +pids +cpu");
    let group = Group::create_in(&parent, "a/../b", 1 << 20).unwrap();
    assert_eq!(group.path.parent(), Some(own.path()), "a name leads nowhere else");
    for (file, value) in [
        ("memory.max", "1048576"),
        ("memory.swap.max", "0"),
        ("memory.oom.group", "1"),
        ("pids.max", "256"),
        ("cpu.weight", "50"),
    ] {
        assert_eq!(text(&group.path.join(file)), value, "{file}");
    }
    assert!(!group.path.join("cgroup.procs").exists(), "nobody is in it before its limits are");
    group.add(77).unwrap();
    assert_eq!(text(&group.path.join("cgroup.procs")), "77");
    group.set_memory_max(4096).unwrap();
    assert_eq!(text(&group.path.join("memory.max")), "4096");
}

#[test]
fn a_group_goes_with_its_cell_and_no_two_cells_share_one() {
    let own = delegated();
    let (one, two) =
        (Group::create_in(own.path(), "a", 1).unwrap(), Group::create_in(own.path(), "a", 1).unwrap());
    assert_ne!(one.path, two.path);
    let path = one.path.clone();
    // The files of a real one are no obstacle.
    for file in fs::read_dir(&path).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    drop(one);
    assert!(!path.exists() && two.path.exists());
}

#[test]
fn a_host_in_the_way_moves_one_level_down() {
    let own = delegated();
    let control = own.path().join("cgroup.subtree_control");
    fs::remove_file(&control).unwrap();
    // As the kernel does it: refused until nobody is in the group itself.
    std::os::unix::fs::symlink("host/what-was-written", &control).unwrap();
    assert_eq!(divide(own.path()).unwrap(), own.path());
    assert_eq!(text(&own.path().join("host/cgroup.procs")), "4242");
    assert_eq!(text(&control), "+memory +pids +cpu");
}

#[test]
fn a_group_without_a_controller_is_refused_and_the_controller_is_named() {
    let own = delegated();
    for (has, lacks) in [("cpu pids", "memory"), ("memory cpu", "pids"), ("memory pids cpuset", "cpu")] {
        fs::write(own.path().join("cgroup.controllers"), has).unwrap();
        for error in [divide(own.path()).unwrap_err(), is_ours(own.path()).unwrap_err()] {
            let told = error.to_string();
            assert!(
                matches!(error, GroupError::NoController { controller } if controller == lacks),
                "{told}"
            );
            assert!(told.contains(&format!("`{lacks}`")) && told.contains("Delegate=yes"), "{told}");
        }
    }
}

#[test]
fn a_tree_that_cannot_be_written_to_is_told_from_one_that_is_not_there() {
    let own = delegated();
    assert!(is_ours(own.path()).is_ok());
    assert!(!own.path().join("mote-doctor").exists(), "it leaves nothing behind");
    set_mode(&own.path().join("cgroup.subtree_control"), 0o444);
    set_mode(own.path(), 0o555);
    let (divided, ours, cell) = unprivileged(|| {
        let cell = Group::create_in(own.path(), "a", 1).err();
        (divide(own.path()).err(), is_ours(own.path()).err(), cell)
    });
    set_mode(own.path(), 0o755);
    for error in [divided, ours] {
        let told = error.as_ref().unwrap().to_string();
        assert!(
            matches!(error, Some(GroupError::NotOurs { kind: io::ErrorKind::PermissionDenied, .. })),
            "{told}"
        );
        assert!(told.contains(own.path().to_str().unwrap()) && told.contains("Delegate=yes"), "{told}");
    }
    assert!(matches!(cell, Some(GroupError::Cell { kind: io::ErrorKind::PermissionDenied })), "{cell:?}");
    assert_eq!(fs::read_dir(own.path()).unwrap().count(), 3, "nothing was made");
}

#[test]
fn a_folder_that_may_be_written_to_whose_control_file_may_not_is_no_group_of_ours() {
    let own = delegated();
    set_mode(&own.path().join("cgroup.subtree_control"), 0o444);
    let ours = unprivileged(|| is_ours(own.path()).err());
    assert!(matches!(ours, Some(GroupError::NotOurs { .. })), "{ours:?}");
}

#[test]
fn the_hosts_own_group_is_found_and_never_one_outside() {
    let root = delegated();
    let find = |membership: &str| group_in(root.path(), membership);
    assert_eq!(find("0::/\n").unwrap(), root.path().join(""));
    assert_eq!(
        find("0::/system.slice/mote.service\n").unwrap(),
        root.path().join("system.slice/mote.service")
    );
    // Beside version 1.
    assert_eq!(find("9:name=systemd:/\n4:memory:/a\n0::/b\n").unwrap(), root.path().join("b"));
    assert!(matches!(find("4:memory:/a\n"), Err(GroupError::Absent)));
    assert!(matches!(find(""), Err(GroupError::Absent)));
    assert!(matches!(find("0::/../../other"), Err(GroupError::Outside { .. })));
    let nothing = tempfile::tempdir().unwrap();
    assert!(matches!(group_in(nothing.path(), "0::/"), Err(GroupError::Absent)));
}

#[test]
fn a_cell_that_the_kernel_has_ended_for_its_memory_is_known_by_it() {
    let own = delegated();
    let group = Group::create_in(own.path(), "a", 1).unwrap();
    let events: PathBuf = group.path.join("memory.events");
    assert!(!group.has_run_out());
    for (text, has) in [
        ("low 0\nhigh 0\nmax 7\noom 1\noom_kill 0\noom_group_kill 0\n", false),
        ("low 0\nhigh 0\nmax 7\noom 1\noom_kill 3\noom_group_kill 1\n", true),
        ("oom_kill x", false),
    ] {
        fs::write(&events, text).unwrap();
        assert_eq!(group.has_run_out(), has, "{text}");
    }
}
