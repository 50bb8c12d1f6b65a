//! What of the wall this machine can hold, and how to get what is missing.
//!
//! Each part is tried, in a child that is thrown away where it cannot be undone. A version number or a file that says what
//! there should be is believed only where nothing can be tried.

mod probe;
mod tries;

pub use crate::part::State;
use crate::{cgroup, page::SharedPage, seal, syscalls::Keys};

/// Whether Mote demands a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A cell without it is not behind a wall.
    Required,
    /// It makes the wall thicker, or the node stronger.
    Advised,
}

/// What was found out about a part.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Its name; the same as that of the [`Part`](crate::part::Part) if there is one.
    pub part: &'static str,
    /// What it keeps away.
    pub what_it_is_for: &'static str,
    /// Whether it is there.
    pub state: State,
    /// Whether it is demanded.
    pub need: Need,
    /// How to get it; empty where nothing is missing.
    pub how_to_get: String,
}

impl Finding {
    /// Whether the part is there, or can be done without.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.state == State::Holds || self.need == Need::Advised
    }
}

/// One line of the list: the part, what it is for, how much it matters, how to get it, and the try.
struct Line(&'static str, &'static str, Need, &'static str, fn() -> Result<(), String>);

const KERNEL: &str = "a kernel of version 5.14 or newer, and a container that lets the call pass";
const NAMESPACE: &str = "a kernel with this namespace, and user namespaces for the host or the host as root";
const FILTER: &str = "a kernel with CONFIG_SECCOMP_FILTER, and a container that lets `seccomp` pass";

/// All parts, in the order in which a cell meets them.
#[rustfmt::skip]
const LINES: &[Line] = &[
    Line("user namespace", "a cell's rights are rights over nothing of the host's", Need::Required, "", tries::users),
    Line("process namespace", "a cell sees no other process and can signal none", Need::Required, NAMESPACE, tries::processes),
    Line("network namespace", "a cell has no network, not even the machine's own", Need::Required, NAMESPACE, tries::network),
    Line("ipc namespace", "a cell shares no message queues and no memory by name", Need::Required, NAMESPACE, tries::ipc),
    Line("mounts", "a cell has no files", Need::Required, NAMESPACE, tries::mounts),
    Line("cgroup namespace", "a cell does not see how the machine is divided", Need::Advised, NAMESPACE, tries::cgroups),
    Line("host name", "a cell does not know which machine it is on", Need::Advised, NAMESPACE, tries::host_name),
    Line("landlock", "files, ports and processes stay out of reach where a namespace fails", Need::Advised,
        "a kernel with CONFIG_SECURITY_LANDLOCK, and `landlock` in the list of the boot parameter lsm=", tries::landlock),
    Line("system calls", "a cell can make only the system calls that it needs", Need::Required, FILTER, tries::filter),
    Line("reports", "the host learns which worker tried a forbidden call, and ends the cell before the next one",
        Need::Advised, "a kernel of version 5.7 or newer, and no container runtime that listens itself", tries::reports),
    Line("listener", "the host can fetch the descriptor at which forbidden calls are reported", Need::Advised,
        "the sysctl kernel.yama.ptrace_scope below 3, and a container that lets `pidfd_getfd` pass", tries::fetching),
    Line("process descriptors", "the host never waits for or kills a process that only has a cell's number", Need::Required, KERNEL, tries::process_descriptors),
    Line("closed descriptors", "a cell inherits nothing of the host's by mistake", Need::Required, KERNEL, tries::closing),
    Line("shared page", "the host knows what a cell was doing when it ended", Need::Required, KERNEL, shared_page),
    Line("control group", "a cell has its share of memory and processor, and no more", Need::Advised,
        "control groups of version 2 that the host may divide; with systemd, Delegate=yes in the service", groups),
    Line("protection keys", "code cannot be written to by a thread that does not compile", Need::Advised,
        "a processor with protection keys (PKU), passed on to virtual machines", keys),
    Line("processor", "a worker cannot read its neighbours' memory through what the processor guesses", Need::Advised,
        "newer microcode and kernel, and no boot parameter mitigations=off", tries::mitigations),
    Line("performance counters", "a worker that reads its neighbours' memory through the processor is seen by what that does to caches and guesses", Need::Advised,
        "the sysctl kernel.perf_event_paranoid=2 or lower, or CAP_PERFMON; a container that lets `perf_event_open` pass; a \
        virtual machine with a PMU (KVM: `-cpu host,pmu=on`; in a cloud often only whole machines have one)", tries::counters),
    Line("core files", "no memory of a tenant's is written down when a cell crashes", Need::Advised,
        "a sysctl kernel.core_pattern that is no pipe to a program; cells hide from it all the same", tries::cores),
];

/// Tries everything. It takes some tens of milliseconds.
#[must_use]
pub fn examine() -> Vec<Finding> {
    LINES
        .iter()
        .map(|Line(part, what_it_is_for, need, how, attempt)| {
            let state = attempt().map_or_else(|reason| State::Missing { reason }, |()| State::Holds);
            let how_to_get = match (&state, how.is_empty()) {
                (State::Holds, _) => String::new(),
                (State::Missing { .. }, false) => (*how).to_owned(),
                (State::Missing { .. }, true) => tries::how_to_get_users(),
            };
            Finding { part, what_it_is_for, state, need: *need, how_to_get }
        })
        .collect()
}

fn shared_page() -> Result<(), String> {
    SharedPage::create().map(|_| ()).map_err(|error| error.to_string())
}

fn groups() -> Result<(), String> {
    cgroup::available().map_err(|error| error.to_string())
}

fn keys() -> Result<(), String> {
    match seal::protection_keys() {
        Keys::Available => Ok(()),
        Keys::Missing => Err("the processor or the kernel has none".into()),
    }
}
