//! A control group for each cell: what it may have of the machine, whatever it does.
//!
//! It needs version 2 of control groups, and a group that the host may divide (systemd's `Delegate=yes`). The kernel lets
//! only a group without processes be divided, so the host moves itself one level down, once.
//!
//! What happens when it fails: the cell runs without, and its part says why. The host still sees how much memory a cell has
//! and can end it.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Why there are no control groups.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GroupError {
    /// The system has none of version 2, or not where they belong.
    #[error("there are no control groups of version 2 at {}", ROOT)]
    Absent,
    /// The host's own group is not below what it sees of the system.
    #[error(
        "the host's control group {group} lies outside of what it sees; start it in a control group of its own"
    )]
    Outside {
        /// The group, as the kernel names it.
        group: String,
    },
    /// The host's own group may not be divided.
    #[error("the host may not divide its control group {group} ({kind}); with systemd: Delegate=yes")]
    NotOurs {
        /// The group.
        group: String,
        /// What kind of error it was.
        kind: io::ErrorKind,
    },
    /// The host's own group does not have this controller.
    #[error("the host's control group cannot hold `{controller}`; with systemd: Delegate=yes")]
    NoController {
        /// The controller.
        controller: &'static str,
    },
    /// A cell's group cannot be made.
    #[error("the control group of a cell cannot be made ({kind})")]
    Cell {
        /// What kind of error it was.
        kind: io::ErrorKind,
    },
}

const ROOT: &str = "/sys/fs/cgroup";
/// What the host holds cells with.
const CONTROLLERS: [&str; 3] = ["memory", "pids", "cpu"];
/// The most threads of a cell. After its start it can make none; before, it runs only our code.
const THREADS_MAX: u32 = 256;
/// Below a service's usual share of 100: when the processor is short, the host goes first.
const CPU_WEIGHT: u32 = 50;

/// A cell's group. Dropping it removes it; the cell must be gone by then.
#[derive(Debug)]
pub struct Group {
    path: PathBuf,
}

impl Group {
    /// Makes a group for a cell of this name that may have so many bytes of memory, in the host's own group.
    ///
    /// # Errors
    /// When the host may not, or the system has no control groups.
    pub fn create(name: &str, memory_bytes_max: u64) -> Result<Self, GroupError> {
        static PARENT: OnceLock<Result<PathBuf, GroupError>> = OnceLock::new();
        let parent = PARENT.get_or_init(|| own_group().and_then(|own| divide(&own))).clone()?;
        Self::create_in(&parent, name, memory_bytes_max)
    }

    fn create_in(parent: &Path, name: &str, memory_bytes_max: u64) -> Result<Self, GroupError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(64).collect();
        let path = parent.join(format!("cell-{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        let cell = |error: io::Error| GroupError::Cell { kind: error.kind() };
        fs::create_dir(&path).map_err(cell)?;
        let group = Self { path };
        group.set("memory.max", &memory_bytes_max.to_string()).map_err(cell)?;
        group.set("pids.max", &THREADS_MAX.to_string()).map_err(cell)?;
        group.set("cpu.weight", &CPU_WEIGHT.to_string()).map_err(cell)?;
        // A cell is one process: ending a part of it makes no sense. Without swap it ends where it should. Older kernels
        // and systems without swap have no such files.
        let _ = group.set("memory.oom.group", "1");
        let _ = group.set("memory.swap.max", "0");
        Ok(group)
    }

    /// Puts a process into it.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn add(&self, pid: u32) -> Result<(), GroupError> {
        self.set("cgroup.procs", &pid.to_string()).map_err(|error| GroupError::Cell { kind: error.kind() })
    }

    /// Changes how many bytes of memory it may have.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn set_memory_max(&self, bytes: u64) -> Result<(), GroupError> {
        self.set("memory.max", &bytes.to_string()).map_err(|error| GroupError::Cell { kind: error.kind() })
    }

    /// Whether the kernel has ended something in it because there was no memory left.
    #[must_use]
    pub fn has_run_out(&self) -> bool {
        let events = fs::read_to_string(self.path.join("memory.events")).unwrap_or_default();
        let killed = events.lines().find_map(|line| line.strip_prefix("oom_kill "));
        killed.and_then(|count| count.trim().parse::<u64>().ok()).is_some_and(|count| count > 0)
    }

    fn set(&self, file: &str, value: &str) -> io::Result<()> {
        fs::write(self.path.join(file), value)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // A group whose process is not quite gone stays behind empty; it costs a few kilobytes until the service ends.
        let _ = fs::remove_dir(&self.path);
    }
}

/// The group that the host is in.
fn own_group() -> Result<PathBuf, GroupError> {
    let membership = fs::read_to_string("/proc/self/cgroup").map_err(|_| GroupError::Absent)?;
    group_in(Path::new(ROOT), &membership)
}

/// The group below `root` of a process whose membership the kernel describes like this (cgroups(7)).
fn group_in(root: &Path, membership: &str) -> Result<PathBuf, GroupError> {
    if !root.join("cgroup.controllers").exists() {
        return Err(GroupError::Absent);
    }
    let own = membership.lines().find_map(|line| line.strip_prefix("0::/")).ok_or(GroupError::Absent)?;
    // In a namespace of control groups those above are named by going up.
    if Path::new(own).components().any(|part| part == Component::ParentDir) {
        return Err(GroupError::Outside { group: format!("/{own}") });
    }
    Ok(root.join(own))
}

/// What is told when the host's own group does not let itself be used.
fn refused(own: &Path) -> impl Fn(io::Error) -> GroupError {
    let group = own.display().to_string();
    move |error| GroupError::NotOurs { group: group.clone(), kind: error.kind() }
}

fn has_controllers(own: &Path) -> Result<(), GroupError> {
    let available = fs::read_to_string(own.join("cgroup.controllers")).map_err(refused(own))?;
    let lacks = |wanted: &&&str| !available.split_whitespace().any(|has| has == **wanted);
    CONTROLLERS.iter().find(lacks).map_or(Ok(()), |controller| Err(GroupError::NoController { controller }))
}

/// Makes a group divisible: moves its processes, which are ours, into one below, and hands its controllers down.
fn divide(own: &Path) -> Result<PathBuf, GroupError> {
    let refused = refused(own);
    has_controllers(own)?;
    let enable = || {
        fs::write(own.join("cgroup.subtree_control"), CONTROLLERS.map(|name| format!("+{name}")).join(" "))
    };
    // It works at once where systemd has put the service one level down already, and in the root of all groups.
    if enable().is_ok() {
        return Ok(own.to_owned());
    }
    let below = own.join("host");
    fs::create_dir_all(&below).map_err(&refused)?;
    for process in fs::read_to_string(own.join("cgroup.procs")).map_err(&refused)?.lines() {
        fs::write(below.join("cgroup.procs"), process).map_err(&refused)?;
    }
    enable().map_err(refused)?;
    Ok(own.to_owned())
}

/// Whether cells get groups: what a start would say.
pub(crate) fn available() -> Result<(), GroupError> {
    own_group().and_then(|own| is_ours(&own))
}

/// Whether a group can be divided, as far as that can be seen without doing it.
fn is_ours(own: &Path) -> Result<(), GroupError> {
    has_controllers(own)?;
    let probe = own.join("mote-doctor");
    fs::OpenOptions::new()
        .write(true)
        .open(own.join("cgroup.subtree_control"))
        .and_then(|_| fs::create_dir(&probe))
        .and_then(|()| fs::remove_dir(&probe))
        .map_err(refused(own))
}

#[cfg(test)]
mod tests;
