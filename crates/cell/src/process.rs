//! A cell as a process of its own: what the host starts, and what hostile code is locked into.
//!
//! The order matters. The jail first, while there is one thread and nothing of a tenant's. Then V8 and every thread that
//! will ever be, because the system-call filter forbids to start one. Then the filter, on all of them. Only then the host is
//! told that it may send workers.
//!
//! Three descriptors are all that it has: [`LINK`] for events and subrequests, [`CONTROL`] for what the host says beside
//! them, [`PAGE`] for what the host must know of a cell that cannot answer any more.

mod control;
mod egress;
mod events;
mod to_host;

use std::{
    cell::RefCell,
    io,
    os::{fd::AsFd, unix::net::UnixStream},
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    rc::Rc,
    sync::{Arc, Barrier, atomic::AtomicU64},
};

use mote_sandbox::{
    inherited::inherited,
    jail::{self, JailOptions},
    page::SharedPage,
    seal::{self, Profile},
};
use mote_wire::{
    bundle::{Bundle, Format, Module, ModuleKind, ModuleSpecifier},
    compatibility::Compatibility,
    control::{FromCell, TURNS_THREAD, page},
    http::Egress,
    limits::{LIMITS, LimitPolicy, LimitsPatch},
    link::{Link, LinkOptions, Side},
    named::NamedBundle,
    prepared::Prepared,
};
use tokio::sync::mpsc;

pub use control::Reported;
use control::{Command, Deploy, Listener, Reporter};
use egress::LinkEgress;
use events::{Events, Incoming, Numbers};
use to_host::ToHost;

use crate::{
    admission::Pressure,
    cell::{Cell, CellOptions, Deployment},
    directory::Directory,
    journal::Watched,
    news::Departed,
    program::Debugging,
};

/// The descriptor of the link.
pub const LINK: i32 = 3;
/// The descriptor of the control socket.
pub const CONTROL: i32 = 4;
/// The descriptor of the page that host and cell share.
pub const PAGE: i32 = 5;

/// The stack of the thread that runs JavaScript: V8 stops recursion well before its end.
const STACK_BYTES: usize = 8 << 20;
/// Events and subrequests on the link at once; the host's number is the same.
const STREAMS_MAX: usize = 16_384;
/// Commands that wait for the serving thread.
const COMMANDS_MAX: usize = 64;
/// The name of the worker that warms a cell up; no tenant's has a space.
const WARM_UP: &str = "warm up";

/// How a cell is run.
#[derive(Debug, Clone, Copy)]
pub struct ProcessOptions {
    /// Whether code is compiled to the machine's.
    pub profile: Profile,
    /// Which events the host hears of.
    pub reported: Reported,
    /// Whether every system call is reported and waits, for the test that wants to know which rules are needed.
    #[cfg(feature = "escape-hook")]
    pub recording: Recording,
}

/// Whether a cell's calls are recorded.
#[cfg(feature = "escape-hook")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    /// They are not: the cell is sealed like any other.
    Off,
    /// They are.
    On,
}

impl ProcessOptions {
    /// What the host says on the command line of a cell: `--jitless`, `--log-events`.
    #[must_use]
    pub fn from_arguments(arguments: impl Iterator<Item = String>) -> Self {
        let mut options = Self {
            profile: Profile::Jit,
            reported: Reported::Failed,
            #[cfg(feature = "escape-hook")]
            recording: Recording::Off,
        };
        for argument in arguments {
            match argument.as_str() {
                "--jitless" => options.profile = Profile::Jitless,
                "--log-events" => options.reported = Reported::All,
                #[cfg(feature = "escape-hook")]
                "--record" => options.recording = Recording::On,
                // The name of the subcommand.
                _ => {}
            }
        }
        options
    }
}

/// Runs this process as a cell until the host hangs up. Call it first thing in `main`.
#[must_use]
pub fn run(options: ProcessOptions) -> ExitCode {
    match serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_broken) => ExitCode::FAILURE,
    }
}

fn serve(options: ProcessOptions) -> io::Result<()> {
    let (link, control) = (inherited(LINK)?, UnixStream::from(inherited(CONTROL)?));
    let shared = SharedPage::map(inherited(PAGE)?.as_fd())?.leak();
    let parts = jail::enter(&JailOptions::default()).map_err(io::Error::other)?;
    crate::initialize_sandboxed(options.profile);
    let (turn, budget, alone) =
        (slot(shared, page::TURN), slot(shared, page::BUDGET), slot(shared, page::ALONE));
    mote_engine::watchdog::publish(mote_engine::watchdog::Places { turn, budget, alone });
    let to_host = ToHost::start(control.try_clone()?)?;
    let (commands, inbox) = mpsc::channel(COMMANDS_MAX);
    let (directory, pressure, numbers) = (Directory::default(), Pressure::default(), Numbers::default());
    let watched = Watched::default();
    let (sealed, departed) = (Arc::new(Barrier::new(2)), Departed::default());
    let serving = Serving {
        options: CellOptions {
            limits: whatever_the_host_says(),
            debugging: Debugging::Off,
            pressure: pressure.clone(),
            directory: directory.clone(),
            watched: watched.clone(),
        },
        reporter: Arc::new(Reporter {
            numbers: numbers.clone(),
            to_host: to_host.clone(),
            events: options.reported,
        }),
        numbers: numbers.clone(),
        to_host: to_host.clone(),
        begun: slot(shared, page::BEGUN),
        warm: sealed.clone(),
        departed: departed.clone(),
    };
    let link = UnixStream::from(link);
    link.set_nonblocking(true)?;
    std::thread::Builder::new()
        .name(TURNS_THREAD.into())
        .stack_size(STACK_BYTES)
        .spawn(move || leave(serving.run(link, inbox)))?;
    // The other thread has run its first isolate: all threads of V8 and of the watchdog are there.
    sealed.wait();
    let mut sandbox: Vec<String> =
        parts.iter().filter(|part| part.holds()).map(|part| part.name.to_owned()).collect();
    // Where the kernel has no filter, the host's operator has said whether to go on; the host sees that this part lacks.
    let listener = match seal_threads(options) {
        Ok(listener) => {
            sandbox.push("system calls".to_owned());
            listener
        }
        Err(_no_filter) => None,
    };
    if listener.is_some() {
        sandbox.push("reports".to_owned());
    }
    to_host.say(FromCell::Ready { sandbox, listener });
    let listening = Listener { numbers, directory, pressure, watched, to_host, commands, departed };
    leave(listening.listen(control));
    Ok(())
}

fn seal_threads(options: ProcessOptions) -> Result<Option<i32>, seal::SealError> {
    #[cfg(feature = "escape-hook")]
    if options.recording == Recording::On {
        return seal::seal_recording(options.profile).map(|()| None);
    }
    seal::seal(options.profile)
}

/// Ends the process: without its host, or without its serving thread, it is of no use to anybody.
#[expect(
    clippy::exit,
    reason = "tenants may be in the middle of a turn, and nobody is left who could wait for them"
)]
fn leave(result: io::Result<()>) {
    std::process::exit(i32::from(result.is_err()));
}

fn slot(page: &'static [AtomicU64], index: usize) -> &'static AtomicU64 {
    static NOWHERE: AtomicU64 = AtomicU64::new(0);
    page.get(index).unwrap_or(&NOWHERE)
}

/// The host has already asked its policy.
fn whatever_the_host_says() -> LimitPolicy {
    let mut ceilings = LimitsPatch::default();
    for limit in LIMITS {
        ceilings.set(limit.key, u64::MAX);
    }
    LimitPolicy::new(&LimitsPatch::default(), &ceilings)
}

/// Why nothing is prepared of a worker.
const GONE: &str = "the worker is gone";

/// What the thread works with that runs JavaScript.
struct Serving {
    options: CellOptions,
    reporter: Arc<Reporter>,
    numbers: Numbers,
    to_host: ToHost,
    begun: &'static AtomicU64,
    warm: Arc<Barrier>,
    departed: Departed,
}

impl Serving {
    fn run(self, socket: UnixStream, inbox: mpsc::Receiver<Command>) -> io::Result<()> {
        tokio::runtime::LocalRuntime::new()?.block_on(self.serve(socket, inbox))
    }

    async fn serve(self, socket: UnixStream, mut inbox: mpsc::Receiver<Command>) -> io::Result<()> {
        let socket = tokio::net::UnixStream::from_std(socket)?;
        let cell = Cell::new(self.options.clone(), self.reporter.clone());
        let (link, driver) = Link::new(LinkOptions {
            side: Side::Cell,
            streams_max: STREAMS_MAX,
            // The host is trusted, and what it sends is counted by the events that it is for.
            held_bytes_max: usize::MAX,
        });
        warm_up(&cell, &link).await?;
        self.warm.wait();
        let events = Rc::new(Events {
            cell: cell.clone(),
            numbers: self.numbers.clone(),
            names: RefCell::default(),
            begun: self.begun,
        });
        // A task like the others: what yields to them lets answers go out, too.
        let mut driving = tokio::task::spawn_local(driver.run(socket, Incoming(events.clone())));
        cell.keep_ready();
        loop {
            tokio::select! {
                _ended = &mut driving => return Ok(()),
                command = inbox.recv() => match command {
                    Some(command) => self.carry_out(&cell, &link, &events, command),
                    None => return Ok(()),
                },
            }
        }
    }

    fn carry_out(&self, cell: &Rc<Cell>, link: &Link, events: &Events, command: Command) {
        match command {
            Command::Deploy(version) => {
                let worker = version.worker;
                let egress: Arc<dyn Egress> = Arc::new(LinkEgress { link: link.clone(), worker });
                // A mistake of ours is one about this version, and others go on.
                let result = catch_unwind(AssertUnwindSafe(|| load(cell, *version, egress)));
                let result =
                    result.unwrap_or_else(|_| Err("the platform failed when it loaded the code".to_owned()));
                self.to_host.say(FromCell::Deployed { worker, result });
            }
            Command::Budget { bytes } => cell.set_budget(bytes),
            Command::Compiled { worker } => {
                let name = self.numbers.name(worker).ok_or_else(|| GONE.to_owned());
                has_prepared(&self.to_host, worker, name.and_then(|name| cell.compiled(&name)));
            }
            Command::Prepare { worker } => {
                let (cell, to_host, name) = (cell.clone(), self.to_host.clone(), self.numbers.name(worker));
                tokio::task::spawn_local(async move {
                    let prepared = async { cell.prepare(&name.ok_or_else(|| GONE.to_owned())?).await };
                    has_prepared(&to_host, worker, prepared.await);
                });
            }
            Command::Adopt { worker, prepared } => {
                if let (Some(name), Ok(prepared)) = (self.numbers.name(worker), Prepared::decode(prepared)) {
                    cell.adopt(&name, &prepared);
                }
            }
            Command::Remove { worker } => {
                events.names.borrow_mut().remove(&worker);
                // A newer version of it may have another number and the same name.
                if let Some(name) = self.numbers.remove(worker)
                    && self.numbers.number(&name).is_none()
                {
                    if let Some(entry) = self.options.directory.get(&name) {
                        self.departed.add(worker, entry.stats.clone());
                    }
                    cell.remove(&name);
                }
            }
            Command::End { worker } => {
                if let Some(name) = self.numbers.name(worker) {
                    cell.stop(&name);
                }
            }
        }
    }
}

fn has_prepared(to_host: &ToHost, worker: u32, prepared: Result<Prepared, String>) {
    match prepared {
        Ok(prepared) => {
            to_host.hand_over(FromCell::Prepared { worker, problem: String::new() }, prepared.encode());
        }
        Err(problem) => to_host.say(FromCell::Prepared { worker, problem }),
    }
}

/// Loads a version; gives the names of its handlers.
fn load(cell: &Rc<Cell>, version: Deploy, egress: Arc<dyn Egress>) -> Result<Vec<String>, String> {
    let Deploy { worker, name, account, limits, env_json, compatibility, bundle, prepared } = version;
    let mut patch = LimitsPatch::default();
    for (key, value) in &limits {
        patch.set(key, *value);
    }
    let bundle = bundle.and_then(NamedBundle::open).map_err(|error| {
        format!(
            "the node's copy of the code is damaged ({error}): restore a backup, or deploy it with a change"
        )
    })?;
    // Without it the worker starts all the same, only later.
    let prepared = Some(prepared).filter(|bytes| !bytes.is_empty());
    let prepared = prepared.and_then(|bytes| Prepared::decode(bytes).ok());
    let deployment = Deployment {
        bundle: &bundle,
        env_json: &env_json,
        compatibility,
        limits: patch,
        account: &account,
        prepared: prepared.as_ref(),
        egress,
        // Zero is what the page shows between turns.
        label: worker.saturating_add(1),
    };
    cell.deploy(&name, &deployment).map_err(|error| match error {
        mote_engine::modules::LoadError::Threw(thrown) => thrown.stack,
        error @ (mote_engine::modules::LoadError::NeverSettles { .. }
        | mote_engine::modules::LoadError::Stopped(_)) => error.to_string(),
    })
}

/// Runs one isolate through its life: what is done once a process is done now, and every thread that is started on demand
/// is there before the filter forbids it.
async fn warm_up(cell: &Rc<Cell>, link: &Link) -> io::Result<()> {
    mote_web::prepare_cryptography();
    // The first local time reads the time zone's file.
    let source = "export default { fetch() { return new Response(new Date().toString()); } };";
    let main = ModuleSpecifier::parse("index.js").map_err(io::Error::other)?;
    let module = Module::new(main.clone(), ModuleKind::EsModule, source);
    let bundle = Bundle::new(vec![module], main, Format::Modules).map_err(io::Error::other)?;
    let deployment = Deployment {
        bundle: &bundle,
        env_json: "{}",
        compatibility: Compatibility::default(),
        limits: LimitsPatch::default(),
        account: "",
        prepared: None,
        egress: Arc::new(LinkEgress { link: link.clone(), worker: u32::MAX }),
        label: 0,
    };
    cell.deploy(WARM_UP, &deployment).map_err(|error| io::Error::other(error.to_string()))?;
    let request = http::Request::new(mote_wire::http::empty());
    let answer = cell.fetch(WARM_UP, request, "http://warm.up/".to_owned(), None).await;
    cell.remove(WARM_UP);
    answer.map(drop).map_err(|error| io::Error::other(error.detail))
}
