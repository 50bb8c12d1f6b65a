//! A running node: connections in, cells, the operator's door, and its end.

use std::{cell::OnceCell, io, path::Path, rc::Rc, sync::Arc, time::Duration};

use mote_host::{
    bound::Bound,
    cron::Missed,
    egress::{Network, NetworkOptions},
    gateway::{ConnectionFacts, ErrorDetail, Gateway},
    logs::Logs,
    otlp::Exporter,
    patience::Patience,
    supervisor::{Counting, Processes, Supervisor, WorkerSpec},
    tails::Tails,
};
use mote_sandbox::counters;
use sd_notify::NotifyState;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::{Semaphore, watch},
    task::spawn_local,
    time::Instant,
};

use super::{
    Doors, Options, ServeError,
    admin::Admin,
    cordons::supervisor_options,
    deploy::Deploy,
    events::NodeEvents,
    kept_logs,
    log::{Level, line},
    memory::watch_memory,
    outbound::WayOut,
    program::Program,
    readers::Readers,
    start,
    upgrade::{self, Handed},
    watcher::Log,
};
use crate::config::Config;

/// How long what is under way may go on when the node ends.
const DRAIN_MAX: Duration = Duration::from_secs(30);
/// How long the last events may take to the disk, and the last spans to the collector, when the node ends.
const FLUSH_MAX: Duration = Duration::from_secs(5);
/// Connections to the operator's door. Those that are watched over (live tails) have a bound of their own.
const ADMIN_CONNECTIONS_MAX: usize = 256;
/// How long a node waits for its first cell.
const FIRST_CELL_S_MAX: u64 = 10;
/// Where people expect the configuration, which has to be named.
const UNREAD: &str = "mote.toml";
/// How often it looks whether that one is there.
const LOOK_PERIOD: Duration = Duration::from_millis(5);

/// Serves until it is told to stop.
pub(super) async fn run(
    options: &Options,
    config: &Config,
    doors: Doors,
    workers: Vec<WorkerSpec>,
) -> Result<(), ServeError> {
    let address = doors.listener.local_addr().map_err(start)?;
    let admin_address = doors.admin.local_addr().map_err(start)?;
    let names: Vec<Arc<str>> = workers.iter().map(|worker| worker.name.clone()).collect();
    let program = Program::of(options).map_err(start)?;
    let bound = Rc::new(OnceCell::new());
    let logs = kept_logs::start(&options.data, config);
    let readers = Readers::new(Tails::new(), logs, options.spans.start()?, options.spans.passes_on());
    let supervisor = supervise(&program, config, workers, bound.clone(), readers.clone())?;
    say_counting(config.counting.counting);
    if options.config.is_none() && Path::new(UNREAD).exists() {
        line(Level::Warn, format_args!("`{UNREAD}` lies here and is not read: `--config {UNREAD}` names it"));
    }
    spawn_local(readers.clone().keep_up(supervisor.clone()));
    first_cell(&supervisor).await?;
    spawn_local(watch_memory(config.memory_mib, Rc::downgrade(&supervisor)));
    let Readers { tails, logs, spans, .. } = readers;
    let own = names.iter().map(ToString::to_string).collect();
    let deploy = Deploy::open(options, config, &supervisor, tails.clone(), own)?;
    if let Some(logs) = &logs {
        deploy.deployed.keep_logs(logs.clone());
    }
    let _ = bound.set(Rc::new(Bound::new(deploy.deployed.clone(), deploy.caches)));
    let crons_missed = Missed::default();
    let crons = spawn_local(mote_host::cron::run(deploy.deployed.clone(), crons_missed.clone()));
    let mut signals = Signals::new().map_err(start)?;
    let (leave, leaving) = watch::channel(());
    let gateway = Gateway::new(
        NodeEvents {
            supervisor: supervisor.clone(),
            names: names.iter().map(|name| (name.to_string(), name.clone())).collect(),
            domain: config.domain.clone(),
            deployed: deploy.deployed,
        },
        ErrorDetail::Number,
        ConnectionFacts::new(&config.facts),
    );
    let connections = Connections::new(config.connections);
    let (listener, admin) = (tcp(&doors.listener)?, tcp(&doors.admin)?);
    let accepting =
        spawn_local(accept(listener, (connections.clone(), config.send_timeout), gateway, leaving));
    let admin_of = Admin {
        supervisor: supervisor.clone(),
        api: deploy.api,
        tails,
        logs: logs.clone(),
        spans: spans.clone(),
        crons_missed,
    };
    let door = spawn_local(administer(admin, Rc::new(admin_of)));
    upgrade::write_pid(&options.data)
        .map_err(|source| ServeError::Data { folder: options.data.clone(), source })?;
    if let Some(ready) = doors.ready {
        upgrade::say_ready(ready).map_err(start)?;
    }
    say_serving(&names, address.port());
    line(Level::Info, format_args!("admin http://{admin_address}"));
    if !admin_address.ip().is_loopback() {
        line(
            Level::Warn,
            format_args!(
                "WHOEVER REACHES {admin_address} MAY STOP WORKERS: the operator's door asks for a token only where code is deployed"
            ),
        );
    }
    let handed = Handed { listener: doors.listener.into(), admin: doors.admin.into(), lock: doors.lock };
    tell_manager(&[NotifyState::MainPid(std::process::id()), NotifyState::Ready]);
    if signals.end(&program, &handed, &options.data).await == End::Stopped {
        tell_manager(&[NotifyState::Stopping]);
    }
    // New connections go to whoever serves now; those that are here finish what they have.
    accepting.abort();
    crons.abort();
    door.abort();
    // Not the lock: until this process has ended, its folder is in use.
    let Handed { listener, admin, lock: _lock } = handed;
    drop((leave, listener, admin));
    tokio::select! {
        () = finish(&connections, &supervisor) => {}
        () = signals.stop() => line(Level::Warn, "told to stop again: what is under way is ended"),
    }
    flush(logs, spans).await;
    upgrade::remove_pid(&options.data);
    line(Level::Info, "stopped");
    Ok(())
}

/// The supervisor, with all workers in its care. No cell has any of them yet.
fn supervise(
    program: &Program,
    config: &Config,
    workers: Vec<WorkerSpec>,
    bound: Rc<OnceCell<Rc<Bound>>>,
    readers: Readers,
) -> Result<Rc<Supervisor>, ServeError> {
    let own = program.clone();
    let launcher = Processes {
        program: program.cell.clone(),
        arguments: Box::new(move |profile| own.cell_arguments(profile)),
        stderr: program.cell_stderr().map_err(start)?,
        counting: config.counting.counting,
    };
    let network =
        Network::new(NetworkOptions { own_addresses: config.addresses.clone(), ..NetworkOptions::default() })
            .map_err(|error| ServeError::Network { reason: error.to_string() })?;
    let supervisor = Supervisor::new(
        supervisor_options(config),
        Rc::new(launcher),
        Rc::new(WayOut { network, bound, readers: readers.clone() }),
        Rc::new(Log { readers }),
    );
    for worker in workers {
        let name = worker.name.to_string();
        supervisor.put(worker).map_err(|error| ServeError::Worker { name, reason: error.to_string() })?;
    }
    Ok(supervisor)
}

/// Says by what suspects are found here: an operator who counts on the processor wants to know that it counts.
fn say_counting(counting: Counting) {
    match (counting, counters::available()) {
        (Counting::Off, _) => line(Level::Info, "the processor's counters are not looked at, as configured"),
        (Counting::WherePossible, Ok(())) => {
            line(Level::Info, "side channels are looked for by the processor's counters and by behaviour");
        }
        (Counting::WherePossible, Err(reason)) => line(
            Level::Info,
            format_args!(
                "side channels are looked for by behaviour alone: no performance counters: {reason}"
            ),
        ),
    }
}

/// Nobody is told of an address where nothing can be answered.
async fn first_cell(supervisor: &Supervisor) -> Result<(), ServeError> {
    let up = async {
        while !supervisor.stats().cells.iter().any(|cell| cell.stage == "blank") {
            tokio::time::sleep(LOOK_PERIOD).await;
        }
    };
    let seconds = FIRST_CELL_S_MAX;
    tokio::time::timeout(Duration::from_secs(seconds), up).await.map_err(|_| ServeError::NoCell { seconds })
}

/// The socket as this process accepts from it; another descriptor of it stays free to be handed over.
#[expect(clippy::disallowed_types, reason = "it was bound before there was a runtime")]
fn tcp(listener: &std::net::TcpListener) -> Result<TcpListener, ServeError> {
    listener.try_clone().and_then(TcpListener::from_std).map_err(start)
}

/// Clients' connections, counted.
#[derive(Clone)]
struct Connections {
    free: Arc<Semaphore>,
    max: u32,
}

impl Connections {
    fn new(max: u64) -> Self {
        let max = u32::try_from(max)
            .unwrap_or(u32::MAX)
            .min(u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX));
        Self { free: Arc::new(Semaphore::new(usize::try_from(max).unwrap_or(Semaphore::MAX_PERMITS))), max }
    }

    /// Settles when none is left.
    async fn all_closed(&self) {
        let _ = self.free.acquire_many(self.max).await;
    }
}

async fn accept(
    listener: TcpListener,
    (connections, send_timeout): (Connections, Duration),
    gateway: Rc<Gateway<NodeEvents>>,
    leaving: watch::Receiver<()>,
) {
    loop {
        // With all of them in use, further ones wait in the system's queue, which is bounded.
        let Ok(permit) = connections.free.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, from)) => {
                // Small answers leave at once.
                let _ = stream.set_nodelay(true);
                // A worker's answer that is not taken holds the worker.
                let stream = Patience::idle(stream, send_timeout);
                let (gateway, mut leaving) = (gateway.clone(), leaving.clone());
                spawn_local(async move {
                    // The node never sends a word: it hangs up.
                    let leave = async move { while leaving.changed().await.is_ok() {} };
                    gateway.serve_connection(stream, Some(from.ip()), leave).await;
                    drop(permit);
                });
            }
            Err(error) => out_of_connections(&error).await,
        }
    }
}

async fn administer(listener: TcpListener, admin: Rc<Admin>) {
    let free = Arc::new(Semaphore::new(ADMIN_CONNECTIONS_MAX));
    loop {
        // With all of them in use, further ones wait in the system's queue, so that they take no descriptors from clients.
        let Ok(permit) = free.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let served = admin.clone().serve_connection(stream);
                drop(spawn_local(async move {
                    served.await;
                    drop(permit);
                }));
            }
            Err(error) => out_of_connections(&error).await,
        }
    }
}

/// Out of descriptors, most likely: those that close make room.
async fn out_of_connections(error: &io::Error) {
    line(Level::Error, format_args!("cannot accept a connection: {error}"));
    tokio::time::sleep(Duration::from_millis(100)).await;
}

/// Waits for what is under way, and ends the cells.
async fn finish(connections: &Connections, supervisor: &Rc<Supervisor>) {
    let until = Instant::now() + DRAIN_MAX;
    // A client that never reads does not keep the node.
    let _ = tokio::time::timeout_at(until, connections.all_closed()).await;
    supervisor.drain(until.saturating_duration_since(Instant::now())).await;
}

/// Lets what is known of the last events get to where it is kept.
async fn flush(logs: Option<Rc<Logs>>, spans: Option<Rc<Exporter>>) {
    if let Some(logs) = logs {
        logs.flush(FLUSH_MAX).await;
    }
    if let Some(spans) = spans {
        spans.flush(FLUSH_MAX).await;
    }
}

/// Lets the program that is installed now take over; false if it did not come up.
async fn hand_over(program: &Program, handed: &Handed, data: &Path) -> bool {
    line(Level::Info, format_args!("handing over to {}", program.path.display()));
    let path = program.path.clone();
    let handed = match handed.try_clone() {
        Ok(handed) => tokio::task::spawn_blocking(move || upgrade::hand_over(&path, handed)).await,
        Err(error) => Ok(Err(error)),
    };
    let handed = handed.map_err(io::Error::other).flatten();
    upgrade::say_outcome(data, &handed);
    match handed {
        Ok(pid) => {
            line(Level::Info, format_args!("process {pid} serves; finishing what is under way here"));
            true
        }
        Err(error) => {
            line(Level::Error, format_args!("the upgrade failed, and this process goes on: {error}"));
            false
        }
    }
}

/// Tells systemd, if it has started the node, how far it is, and after an upgrade which process it is now (sd_notify(3)).
fn tell_manager(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        line(Level::Warn, format_args!("cannot tell the service manager: {error}"));
    }
}

#[expect(clippy::print_stdout, reason = "whoever started the node waits for this line")]
fn say_serving(names: &[Arc<str>], port: u16) {
    println!("serving http://localhost:{port}");
    if names.len() > 1 {
        for name in names {
            println!("  http://{name}.localhost:{port}");
        }
    }
}

/// What an operator can tell a running node.
enum Order {
    /// SIGTERM, SIGINT, or SIGHUP: its terminal is gone.
    Stop,
    /// SIGUSR2.
    Upgrade,
}

/// Why a node leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It was told to.
    Stopped,
    /// Another process serves in its place.
    Upgraded,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    upgrade: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            upgrade: signal(SignalKind::user_defined2())?,
        })
    }

    async fn next(&mut self) -> Order {
        tokio::select! {
            _ = self.terminate.recv() => Order::Stop,
            _ = self.interrupt.recv() => Order::Stop,
            _ = self.hang_up.recv() => Order::Stop,
            _ = self.upgrade.recv() => Order::Upgrade,
        }
    }

    /// Settles when the node is to end.
    async fn end(&mut self, program: &Program, handed: &Handed, data: &Path) -> End {
        loop {
            match self.next().await {
                Order::Stop => return End::Stopped,
                Order::Upgrade if hand_over(program, handed, data).await => return End::Upgraded,
                Order::Upgrade => {}
            }
        }
    }

    async fn stop(&mut self) {
        while matches!(self.next().await, Order::Upgrade) {}
    }
}
