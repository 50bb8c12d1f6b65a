//! The thread that serves: one cell, its connections, and commands from the thread that builds.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a port that is taken is told before any thread starts, so it is bound without a runtime; one developer fills no queue"
)]

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::Path,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use mote_cell::{Cell, CellOptions, Debugging, Deployment, Directory, Pressure, Watched};
use mote_host::{
    cache::CacheAt,
    egress::DirectEgress,
    gateway::{ConnectionFacts, ErrorDetail, Gateway},
    kv::{KvAt, KvOptions},
    memory,
    site::Code,
};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::{
    DevError, Options,
    admin::Admin,
    events::InProcess,
    inspect::{self, Session},
    services,
    sites::Sites,
    terminal::Terminal,
};
use crate::{config::Config, project::BuiltWorker, serve::cache_options};

/// What the building thread asks of the serving one.
pub(crate) enum Command {
    /// Put a version into service.
    Deploy { name: String, worker: Box<BuiltWorker>, reply: oneshot::Sender<Result<(), String>> },
    /// There is no version to serve; say why.
    Problem { name: String, problem: String, reply: oneshot::Sender<Result<(), String>> },
    /// End a worker's events: its kill switch was pulled.
    Stop { name: String },
    /// A debugger wants in.
    Attach(Session),
}

/// The serving thread, as the building one sees it.
pub(crate) struct Server {
    commands: mpsc::UnboundedSender<Command>,
    directory: Directory,
    pressure: Pressure,
}

/// The files of the Cache API and of KV, below the folder of the first project. Each is made with the first call.
const CACHE: &str = ".mote/dev/cache.sqlite";
pub(crate) const KV: &str = ".mote/dev/kv.sqlite";
/// How often somebody looks how much memory the process has.
const LOOK_PERIOD: Duration = Duration::from_millis(100);
/// The stack of a thread that runs JavaScript: V8 stops recursion well before its end.
const STACK_BYTES: usize = 8 << 20;

impl Server {
    /// Starts serving what is put into service later; requests wait until every worker has been built once.
    pub(crate) fn start(
        listener: TcpListener,
        options: &Options,
        config: &Config,
        terminal: Terminal,
        workers: usize,
    ) -> Result<Self, DevError> {
        let start = |source| DevError::Start { source };
        let (commands, mut inbox) = mpsc::unbounded_channel();
        let (directory, pressure) = (Directory::default(), Pressure::default());
        watch_memory(memory_bytes_max(config), &pressure).map_err(start)?;
        let cell_options = cell_options(options, config, pressure.clone(), directory.clone());
        let caches = CacheAt::new(folder_of(options).join(CACHE), cache_options(config));
        let kv = KvAt::new(folder_of(options).join(KV), KvOptions::default());
        let connections = usize::try_from(config.connections).unwrap_or(Semaphore::MAX_PERMITS);
        let connections = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
        let facts = ConnectionFacts::new(&config.facts);
        let serving = move || {
            let runtime = match tokio::runtime::LocalRuntime::new() {
                Ok(runtime) => runtime,
                Err(error) => return terminal.error(&format!("cannot start serving: {error}")),
            };
            runtime.block_on(async move {
                let cell = Cell::new(cell_options, Arc::new(terminal.clone()));
                cell.keep_ready();
                let sites = Rc::new(Sites::default());
                let (calls, switchboard) = services::calls();
                tokio::task::spawn_local(switchboard.run(cell.clone(), sites.clone()));
                let egress = match DirectEgress::new(caches, kv, Box::new(calls)) {
                    Ok(egress) => egress,
                    Err(error) => return terminal.error(&format!("cannot set up the way out: {error}")),
                };
                // Nobody is answered by half of the workers.
                for _ in 0..workers {
                    let Some(command) = inbox.recv().await else { return };
                    carry_out(&cell, &sites, &egress, command);
                }
                let events =
                    InProcess { cell: cell.clone(), sites: sites.clone(), terminal: terminal.clone() };
                let gateway = Gateway::new(events, ErrorDetail::Stack, facts);
                tokio::task::spawn_local(accept(listener, connections, gateway, terminal.clone()));
                while let Some(command) = inbox.recv().await {
                    carry_out(&cell, &sites, &egress, command);
                }
            });
        };
        let thread = std::thread::Builder::new().name("cell".into()).stack_size(STACK_BYTES).spawn(serving);
        thread.map_err(start)?;
        Ok(Self { commands, directory, pressure })
    }

    /// Sends a command and waits until it is carried out; `None` if nobody is there.
    pub(crate) fn send(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<(), String>>) -> Command,
    ) -> Option<Result<(), String>> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).ok()?;
        answer.blocking_recv().ok()
    }
}

/// The folder of the first project, or of the first file.
fn folder_of(options: &Options) -> &Path {
    let first = options.paths.first().map_or(Path::new("."), |path| path.as_path());
    if first.is_dir() { first } else { first.parent().unwrap_or(first) }
}

impl Server {
    /// Lets debuggers in; gives the port of their door.
    pub(crate) fn inspect(&self, port: u16, workers: Vec<String>) -> Result<u16, DevError> {
        inspect::start(port, workers, self.commands.clone())
    }

    /// Opens the operator's door; gives its address.
    pub(crate) fn administer(&self, address: SocketAddr) -> Result<SocketAddr, DevError> {
        let admin = Admin {
            directory: self.directory.clone(),
            pressure: self.pressure.clone(),
            commands: self.commands.clone(),
        };
        admin.start(address)
    }
}

fn cell_options(options: &Options, config: &Config, pressure: Pressure, directory: Directory) -> CellOptions {
    let debugging = if options.inspect.is_some() { Debugging::Possible } else { Debugging::Off };
    CellOptions { limits: config.limits.clone(), debugging, pressure, directory, watched: Watched::default() }
}

/// Memory of the process past which new events are turned away.
fn memory_bytes_max(config: &Config) -> u64 {
    let own = config.memory_mib.map(|mib| mib.saturating_mul(1 << 20));
    own.or_else(|| memory::available_bytes().map(|bytes| bytes / 4 * 3)).unwrap_or(u64::MAX)
}

/// Says when the process holds more memory than it may.
fn watch_memory(bytes_max: u64, pressure: &Pressure) -> io::Result<()> {
    let pressure = pressure.clone();
    let watching = move || {
        let mut is_high = false;
        loop {
            let bytes = memory::resident_bytes().unwrap_or(0);
            // Once it is high, it must fall a little before all is well again: else it would flicker.
            is_high = bytes > if is_high { bytes_max / 20 * 19 } else { bytes_max };
            if is_high {
                pressure.raise();
            } else {
                pressure.ease();
            }
            std::thread::sleep(LOOK_PERIOD);
        }
    };
    std::thread::Builder::new().name("memory".into()).spawn(watching).map(drop)
}

fn carry_out(cell: &Rc<Cell>, sites: &Sites, egress: &DirectEgress, command: Command) {
    match command {
        Command::Deploy { name, worker, reply } => {
            let limits = cell.limits_of(&worker.account, &worker.limits);
            let deployment = Deployment {
                bundle: &worker.bundle,
                env_json: &worker.env_json,
                compatibility: worker.compatibility,
                limits: worker.limits,
                account: &worker.account,
                prepared: None,
                egress: Arc::new(egress.with(&name, limits, worker.bindings.clone())),
                label: 0,
            };
            let result = cell.deploy(&name, &deployment).map(|_| ()).map_err(|error| explain(&error));
            match &result {
                Ok(()) => sites.put(&name, worker.assets.as_ref(), worker.code),
                Err(problem) => report(cell, sites, &name, problem.clone()),
            }
            let _ = reply.send(result);
        }
        Command::Problem { name, problem, reply } => {
            report(cell, sites, &name, problem);
            let _ = reply.send(Ok(()));
        }
        Command::Stop { name } => cell.stop(&name),
        Command::Attach(session) => inspect::attach(cell, session),
    }
}

/// Each request shows what is wrong, also one that a file would answer.
fn report(cell: &Rc<Cell>, sites: &Sites, name: &str, problem: String) {
    sites.put(name, None, Code::None);
    cell.report_problem(name, problem);
}

fn explain(error: &mote_cell::LoadError) -> String {
    match error {
        mote_cell::LoadError::Threw(thrown) => thrown.stack.clone(),
        mote_cell::LoadError::NeverSettles { .. } | mote_cell::LoadError::Stopped(_) => error.to_string(),
    }
}

async fn accept(
    listener: TcpListener,
    connections: Arc<Semaphore>,
    gateway: Rc<Gateway<InProcess>>,
    terminal: Terminal,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return terminal.error(&format!("cannot listen: {error}")),
    };
    loop {
        // With all of them in use, further ones wait in the system's queue, which is bounded.
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                // Small answers leave at once.
                let _ = stream.set_nodelay(true);
                let gateway = gateway.clone();
                tokio::task::spawn_local(async move {
                    gateway.serve_connection(stream, None, std::future::pending()).await;
                    drop(permit);
                });
            }
            Err(error) => {
                // Out of descriptors, most likely: those that close make room.
                terminal.error(&format!("cannot accept a connection: {error}"));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
