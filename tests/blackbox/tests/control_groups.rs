//! Control groups, with a folder in the place of the kernel's tree: what is written there, and what is said when it cannot be.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use mote_blackbox::{Door, Launch, Project, eventually, mote, signal};
use serde_json::Value;

/// A tree in which the host's own group is one that systemd has given away.
struct Tree {
    folder: Project,
    own: String,
}

impl Tree {
    fn delegated() -> Self {
        let membership = fs::read_to_string("/proc/self/cgroup").expect("a kernel with control groups");
        let own = membership.lines().find_map(|line| line.strip_prefix("0::/")).expect("of version 2");
        let tree = Self { folder: Project::empty(), own: own.to_owned() };
        let controllers = "cpuset cpu io memory pids\n";
        tree.folder.write("cgroup.controllers", controllers);
        tree.folder.write(&tree.file("cgroup.controllers"), controllers);
        tree.folder.write(&tree.file("cgroup.subtree_control"), "");
        tree.folder.write(&tree.file("cgroup.procs"), "");
        tree
    }

    fn file(&self, name: &str) -> String {
        Path::new(&self.own).join(name).to_str().expect("a name of text").to_owned()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.file(&self.file(name))).unwrap_or_default()
    }

    /// Runs a program where this is the system's tree, after `more` was done there.
    fn in_place(&self, more: &str) -> Vec<String> {
        let is_root = fs::metadata("/proc/self").expect("proc is mounted").uid() == 0;
        let namespaces = if is_root { "-m" } else { "-rm" };
        let folder = self.folder.path().display();
        let script = format!("mount --bind '{folder}' /sys/fs/cgroup && {more} exec \"$@\"");
        ["unshare", namespaces, "sh", "-c", &script, "sh"].map(str::to_owned).into()
    }

    /// The groups of cells.
    fn groups(&self) -> Vec<PathBuf> {
        let own = self.folder.file(&self.own);
        let entries = fs::read_dir(own).expect("the host's group").flatten().map(|entry| entry.path());
        entries
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("cell-")))
            .collect()
    }
}

/// What the doctor says of control groups.
fn examined(tree: &Tree, more: &str) -> Value {
    let said = mote(["doctor", "--json"]).under(tree.in_place(more)).refuse();
    let parts: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    let found = parts.as_array().unwrap().iter().find(|part| part["part"] == "control group");
    found.expect("a word about control groups").clone()
}

#[test]
fn the_doctor_tells_a_tree_that_the_host_may_divide_from_one_that_it_may_not() {
    let tree = Tree::delegated();
    let found = examined(&tree, "");
    assert_eq!((&found["holds"], &found["reason"]), (&true.into(), &Value::Null), "{found}");
    assert!(tree.groups().is_empty(), "the doctor changes nothing");
    let found = examined(&tree, "mount -o remount,bind,ro /sys/fs/cgroup &&");
    assert_eq!(found["holds"], false, "{found}");
    for (key, text) in [
        ("reason", "may not divide its control group"),
        ("reason", "read-only"),
        ("how_to_get", "Delegate=yes"),
    ] {
        assert!(found[key].as_str().is_some_and(|said| said.contains(text)), "{text}: {found}");
    }
    tree.folder.write(&tree.file("cgroup.controllers"), "cpu pids\n");
    let found = examined(&tree, "");
    assert!(found["reason"].as_str().is_some_and(|said| said.contains("cannot hold `memory`")), "{found}");
}

const WORKER: &str = "export default { fetch() { return new Response('here'); } };";

#[test]
fn a_cell_is_in_a_group_with_the_limits_of_its_cordon_and_what_the_kernel_ends_there_is_out_of_memory() {
    let (tree, worker) = (Tree::delegated(), Project::named("worker", WORKER));
    worker.write("mote.toml", "[cordons.default]\ncells = 1\nmemory_mib = 700\n");
    let launch = Launch::serve(worker.path()).arg("--config").arg(worker.file("mote.toml"));
    let mote = launch.under(tree.in_place("")).start();
    assert_eq!(mote.get("/").text, "here");
    assert_eq!(tree.text("cgroup.subtree_control"), "+memory +pids +cpu");
    let door = Door::of(&mote);
    let cell = door.serving()[0].clone();
    assert!(cell["sandbox"].as_array().unwrap().contains(&"control group".into()), "{cell}");
    let pid = cell["pid"].as_u64().unwrap();
    let has_it = |group: &PathBuf| {
        fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default() == pid.to_string()
    };
    let group = tree.groups().into_iter().find(has_it).expect("the cell's group");
    for (file, value) in [
        ("memory.max", "734003200"),
        ("memory.swap.max", "0"),
        ("memory.oom.group", "1"),
        ("pids.max", "256"),
        ("cpu.weight", "50"),
    ] {
        assert_eq!(fs::read_to_string(group.join(file)).unwrap(), value, "{file}");
    }
    // What the kernel says and does when a group is at its limit.
    fs::write(group.join("memory.events"), "low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\n").unwrap();
    signal("KILL", pid);
    eventually("the incident", || (door.incidents("out-of-memory") == 1).then_some(()));
    mote.says_in_a_line(&["was lost: out-of-memory", "blamed on `worker`"]);
    assert_eq!(mote.get("/").text, "here");
}

#[test]
fn where_the_tree_is_read_only_a_node_serves_without_and_says_so() {
    let (tree, worker) = (Tree::delegated(), Project::named("worker", WORKER));
    let read_only = tree.in_place("mount -o remount,bind,ro /sys/fs/cgroup &&");
    let mote = Launch::serve(worker.path()).under(read_only).start();
    assert_eq!(mote.get("/").text, "here");
    let cell = Door::of(&mote).serving()[0].clone();
    assert!(!cell["sandbox"].as_array().unwrap().contains(&"control group".into()), "{cell}");
    assert!(tree.groups().is_empty());
}
