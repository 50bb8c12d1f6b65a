//! The host's side of a process's birth.

use std::{
    ffi::{CStr, CString, c_char, c_int},
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::{
        fd::{AsRawFd, OwnedFd, RawFd},
        unix::fs::OpenOptionsExt,
    },
    path::PathBuf,
    sync::{
        OnceLock,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use super::{
    CellProcess, Namespaces, Spawn,
    child::{self, Becomes, Plan, STEPS, Step},
    identity,
};
use crate::{cgroup, part::Part, raw};

/// Why a process could not be started. It stands inside an [`io::Error`].
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program cannot be opened.
    #[error("the program {path} cannot be opened")]
    Program {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The system makes no such process.
    #[error("the system makes no process in namespaces {namespaces:?}")]
    Clone {
        /// The namespaces that were asked for.
        namespaces: Namespaces,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The users of its namespace cannot be mapped.
    #[error("the users of the new process cannot be mapped")]
    Identity(#[source] io::Error),
    /// The process failed before it ran the program.
    #[error("the new process failed at {step:?}")]
    Child {
        /// What it was doing.
        step: Step,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

struct Order {
    spawn: Spawn,
    choices: Vec<Namespaces>,
    answer: SyncSender<io::Result<CellProcess>>,
}

/// The thread whose children all cells are.
static PARENT: OnceLock<SyncSender<Order>> = OnceLock::new();
/// How many births may wait.
const WAITING_MAX: usize = 16;

/// Starts a process in the first of the `choices` that the system grants.
pub(super) fn start(spawn: Spawn, choices: &[Namespaces]) -> io::Result<CellProcess> {
    let (answer, answered) = sync_channel(1);
    let gone = |_| io::Error::other("the thread that starts processes is gone");
    let order = Order { spawn, choices: choices.to_vec(), answer };
    parent()?.send(order).map_err(|_| io::Error::other("the thread that starts processes is gone"))?;
    answered.recv().map_err(gone)?
}

fn parent() -> io::Result<&'static SyncSender<Order>> {
    if let Some(orders) = PARENT.get() {
        return Ok(orders);
    }
    let (orders, incoming) = sync_channel::<Order>(WAITING_MAX);
    // Two callers may start two threads; the one whose sender is not kept ends at once.
    thread::Builder::new().name("cell-parent".into()).spawn(move || {
        block_signals();
        for order in incoming {
            let started = in_first_granted(order.spawn, &order.choices);
            let _ = order.answer.send(started);
        }
    })?;
    Ok(PARENT.get_or_init(|| orders))
}

/// No handler of the host's may run in a child that has only half of the host.
fn block_signals() {
    // SAFETY: all zeros are a set of signals.
    let mut all: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: `all` is there to be written to.
    unsafe { libc::sigfillset(&raw mut all) };
    // SAFETY: it changes this thread's mask, and this thread is ours.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, std::ptr::null_mut()) };
}

fn in_first_granted(spawn: Spawn, choices: &[Namespaces]) -> io::Result<CellProcess> {
    let mut prepared = Prepared::of(spawn)?;
    let mut missing = Vec::new();
    let mut refused = io::Error::from(io::ErrorKind::InvalidInput);
    for namespaces in choices {
        match prepared.bear(*namespaces) {
            Ok(mut process) => {
                let told: Vec<_> = process.parts.iter().map(|part| part.name).collect();
                process.parts.extend(missing.into_iter().filter(|part: &Part| !told.contains(&part.name)));
                return Ok(process);
            }
            Err(error) => {
                let reason =
                    std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                let name = if *namespaces == Namespaces::UsersAndProcesses { USERS } else { PROCESSES };
                missing.push(Part::missing(name, reason));
                let final_word = matches!(error, StartError::Child { .. });
                refused = into_io(error);
                if final_word {
                    break;
                }
            }
        }
    }
    Err(refused)
}

const USERS: &str = "user namespace";
const PROCESSES: &str = "process namespace";

fn into_io(error: StartError) -> io::Error {
    let kind = std::error::Error::source(&error)
        .and_then(|source| source.downcast_ref::<io::Error>())
        .map_or(io::ErrorKind::Other, io::Error::kind);
    io::Error::new(kind, error)
}

/// Everything that a birth needs, made before it.
struct Prepared {
    program: File,
    arguments: Vec<CString>,
    /// Those that become 0, 1, 2, 3 and so on.
    descriptors: Vec<OwnedFd>,
    name: String,
    memory_bytes_max: u64,
}

impl Prepared {
    fn of(spawn: Spawn) -> io::Result<Self> {
        let program = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_CLOEXEC)
            .open(&spawn.program)
            .map_err(|source| into_io(StartError::Program { path: spawn.program.clone(), source }))?;
        let null = || OpenOptions::new().read(true).write(true).open("/dev/null").map(OwnedFd::from);
        let mut descriptors = vec![null()?, null()?, spawn.stderr.map_or_else(null, Ok)?];
        descriptors.extend(spawn.descriptors);
        Ok(Self {
            program,
            arguments: spawn.arguments,
            descriptors,
            name: spawn.name,
            memory_bytes_max: spawn.memory_bytes_max,
        })
    }

    fn bear(&mut self, namespaces: Namespaces) -> Result<CellProcess, StartError> {
        let clone = |source| StartError::Clone { namespaces, source };
        let (leave_read, leave) = io::pipe().map_err(clone)?;
        let (mut failure, failure_write) = io::pipe().map_err(clone)?;
        let mut arguments: Vec<*const c_char> =
            self.arguments.iter().map(|text| CStr::as_ptr(text)).collect();
        arguments.push(std::ptr::null());
        let mut descriptors: Vec<RawFd> = self.descriptors.iter().map(AsRawFd::as_raw_fd).collect();
        let own_users = namespaces == Namespaces::UsersAndProcesses;
        let mut plan = Plan {
            program: self.program.as_raw_fd(),
            arguments: &arguments,
            descriptors: &mut descriptors,
            leave: leave_read.as_raw_fd(),
            failure: failure_write.as_raw_fd(),
            becomes: if own_users { Becomes::ItsOwnRoot } else { Becomes::Nobody },
        };
        // SAFETY: the plan's pointers are into memory that lives until the child has its own copy.
        let (pid, descriptor) = unsafe { clone_process(namespaces, &mut plan) }.map_err(clone)?;
        // From here on dropping `process` ends the child.
        let mut process =
            CellProcess { descriptor, pid, ended: None, parts: parts_of(namespaces), group: None };
        drop((leave_read, failure_write));
        self.do_the_hosts_part(&mut process, namespaces)?;
        let _ = (&leave).write(&[1]);
        let mut message = Vec::new();
        let _ = failure.read_to_end(&mut message);
        match message.as_slice() {
            [] => Ok(process),
            [step, error @ ..] => Err(StartError::Child {
                step: STEPS.get(usize::from(*step)).copied().unwrap_or(Step::Leave),
                source: error.try_into().map_or_else(io::Error::other, |bytes| {
                    io::Error::from_raw_os_error(i32::from_ne_bytes(bytes))
                }),
            }),
        }
    }

    /// What the child waits for.
    fn do_the_hosts_part(&self, process: &mut CellProcess, namespaces: Namespaces) -> Result<(), StartError> {
        if namespaces == Namespaces::UsersAndProcesses {
            process.parts.push(identity::map(process.pid).map_err(StartError::Identity)?);
        }
        // Where memory runs out, a cell goes before the host. It is only a preference, so a refusal is none of anybody's.
        let _ = std::fs::write(format!("/proc/{}/oom_score_adj", process.pid), "500");
        let group = cgroup::Group::create(&self.name, self.memory_bytes_max)
            .and_then(|group| group.add(process.pid).map(|()| group));
        process.parts.push(Part::of("control group", group.as_ref()));
        process.group = group.ok();
        Ok(())
    }
}

fn parts_of(namespaces: Namespaces) -> Vec<Part> {
    let held = |name| Part::of(name, Ok::<_, io::Error>(()));
    match namespaces {
        Namespaces::UsersAndProcesses => vec![held(USERS), held(PROCESSES)],
        Namespaces::Processes => vec![held(PROCESSES), Part::missing(USERS, "not asked for")],
        Namespaces::None => {
            vec![Part::missing(USERS, "not asked for"), Part::missing(PROCESSES, "not asked for")]
        }
    }
}

/// # Safety
/// The plan's pointers are good until this returns.
unsafe fn clone_process(namespaces: Namespaces, plan: &mut Plan<'_>) -> io::Result<(u32, OwnedFd)> {
    let new = match namespaces {
        Namespaces::UsersAndProcesses => libc::CLONE_NEWUSER | libc::CLONE_NEWPID,
        Namespaces::Processes => libc::CLONE_NEWPID,
        Namespaces::None => 0,
    };
    let mut descriptor: c_int = -1;
    // Why the older call: containers answer the newer one with "no such call", so that they can look at the flags.
    // SAFETY: without a stack of its own the child goes on on a copy of this one, as after a fork; `descriptor` is there
    // to be written to.
    let pid = unsafe {
        libc::syscall(libc::SYS_clone, new | libc::CLONE_PIDFD | libc::SIGCHLD, 0, &raw mut descriptor, 0, 0)
    };
    if pid == 0 {
        // SAFETY: this is the child, it has one thread, and the caller knows that the pointers are good.
        unsafe { child::run(plan) }
    }
    let pid = u32::try_from(raw::done(pid)?).map_err(io::Error::other)?;
    // SAFETY: the kernel has made it just now, for us.
    Ok((pid, unsafe { raw::owned(descriptor.into()) }?))
}
