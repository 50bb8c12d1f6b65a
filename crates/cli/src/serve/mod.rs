//! `mote serve`: the host of a node. Workers run in sandboxed cells; this process holds sockets, secrets and supervision.

mod admin;
mod cordons;
mod deploy;
mod events;
mod kept_logs;
mod lock;
mod log;
mod memory;
mod metrics;
mod node;
mod options;
mod outbound;
mod program;
mod readers;
mod spans;
mod upgrade;
mod watcher;
mod workers;

use std::{io, net::SocketAddr, os::fd::OwnedFd, process::ExitCode, time::Duration};

pub(crate) use deploy::{STORE, api_options, cache_options, kv_options};
pub(crate) use kept_logs::log_options;
pub(crate) use options::{CellOptions, Options, UpgradeOptions};
pub(crate) use program::run_cell;
pub(crate) use upgrade::run as run_upgrade;

use crate::{
    config::{Config, ConfigError},
    project::TargetError,
};
use log::{Level, line};
use tokio::runtime::LocalRuntime;

/// How long the last calls may take when the node ends. A write to the store is over by then, or it is as after `kill -9`: not there.
const LAST_CALLS_MAX: Duration = Duration::from_secs(5);

/// Runs until it is told to stop.
pub(crate) fn run(options: &Options) -> ExitCode {
    log::set_format(options.log_format);
    match serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            line(Level::Error, &error);
            ExitCode::FAILURE
        }
    }
}

fn serve(options: &Options) -> Result<(), ServeError> {
    let config = Config::read(options.config.as_deref(), &mote_wire::limits::LimitsPatch::default())?;
    program::check_sandbox(options.sandbox)?;
    let data = &options.data;
    std::fs::create_dir_all(data).map_err(|source| ServeError::Data { folder: data.clone(), source })?;
    let doors = Doors::open(options)?;
    // What is built from projects is the operator's own: it is built here, before anybody is served.
    let workers = workers::build(options, &config)?;
    let runtime = LocalRuntime::new().map_err(start)?;
    run_on(runtime, LAST_CALLS_MAX, node::run(options, &config, doors, workers))
}

/// Runs this, and then waits only so long for system calls that nobody can cut short. A runtime that is merely dropped waits
/// for all of them, and the lookup of a name whose servers are silent takes half a minute.
fn run_on<T>(runtime: LocalRuntime, last_calls_max: Duration, work: impl Future<Output = T>) -> T {
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(last_calls_max);
    done
}

fn start(source: io::Error) -> ServeError {
    ServeError::Start { source }
}

/// Where a node listens.
#[expect(
    clippy::disallowed_types,
    reason = "it is bound before there is a runtime, and handed over to the next process"
)]
struct Doors {
    listener: std::net::TcpListener,
    admin: std::net::TcpListener,
    /// Whom to tell that this process serves: the one that hands over to it.
    ready: Option<OwnedFd>,
    /// Keeps every other node out of this one's folder.
    lock: OwnedFd,
}

#[expect(
    clippy::disallowed_types,
    reason = "a port that is taken is told before anything is built, so it is bound without a runtime"
)]
impl Doors {
    fn open(options: &Options) -> Result<Self, ServeError> {
        let doors = match options.handover.as_deref() {
            Some(&[listener, admin, ready, lock]) => {
                let take = |number| mote_sandbox::inherited::inherited(number).map_err(start);
                Self {
                    listener: take(listener)?.into(),
                    admin: take(admin)?.into(),
                    ready: Some(take(ready)?),
                    lock: take(lock)?,
                }
            }
            Some(_) | None => {
                let listen = |address: SocketAddr| {
                    std::net::TcpListener::bind(address)
                        .map_err(|source| ServeError::Listen { address, source })
                };
                // First: of two nodes in one folder it is the folder that is wrong, and not a port.
                let lock = lock::lock(&options.data)?;
                Self { listener: listen(options.listen)?, admin: listen(options.admin)?, ready: None, lock }
            }
        };
        doors.listener.set_nonblocking(true).map_err(start)?;
        doors.admin.set_nonblocking(true).map_err(start)?;
        Ok(doors)
    }
}

/// Why a node does not serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The operator's configuration is wrong.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// A project cannot be opened.
    #[error("{0}")]
    Target(#[from] TargetError),
    /// A project cannot be built.
    #[error("`{name}` cannot be built: {problem}")]
    Build { name: String, problem: String },
    /// A worker's configuration is wrong.
    #[error("[workers.{name}] {reason}")]
    Worker { name: String, reason: String },
    /// What the node keeps cannot be opened.
    #[error("cannot open the store: {0}")]
    Store(#[from] mote_store::StoreError),
    /// The key for secrets cannot be used.
    #[error("{0}")]
    Secrets(#[from] mote_host::secrets::SealError),
    /// The kernel does not hold what the operator requires.
    #[error(
        "the sandbox lacks {missing}, and --sandbox required was asked for\n  help: `mote doctor` says how to get it"
    )]
    Sandbox { missing: String },
    /// The node's folder cannot be used.
    #[error("cannot use {}: {source}\n  help: --data names another folder", folder.display())]
    Data { folder: std::path::PathBuf, source: io::Error },
    /// Another node serves from the folder.
    #[error(
        "another node{} serves from {}\n  help: --data names another folder; `mote upgrade --data` has the node that runs read its \
         configuration and its projects again",
        by.map(|pid| format!(", process {pid},")).unwrap_or_default(),
        folder.display()
    )]
    Taken { folder: std::path::PathBuf, by: Option<i32> },
    /// A port is taken, or may not be used.
    #[error("cannot listen on {address}: {source}\n  help: {}", help_for(source))]
    Listen { address: SocketAddr, source: io::Error },
    /// The process cannot get what it needs.
    #[error("cannot start: {source}")]
    Start { source: io::Error },
    /// Spans cannot be sent as the operator says.
    #[error("--otlp: {0}")]
    Spans(#[from] mote_host::otlp::OptionsError),
    /// The way out cannot be set up.
    #[error("cannot set up the way out: {reason}")]
    Network { reason: String },
    /// No cell comes up.
    #[error("no cell came up within {seconds} s; the lines above say why")]
    NoCell { seconds: u64 },
}

fn help_for(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address; 0.0.0.0 stands for all that it has"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 take a right that this user lacks; choose another with --listen or --admin"
        }
        _ => "another process may use the port; choose one with --listen or --admin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_nobody_can_cut_short_never_keeps_a_node_from_its_end() {
        let runtime = LocalRuntime::new().unwrap();
        // It is dropped when all is over, which is what the call waits for.
        let (silent, answer) = std::sync::mpsc::sync_channel::<()>(1);
        let done = run_on(runtime, Duration::from_millis(10), async move {
            tokio::task::spawn_blocking(move || answer.recv().is_ok());
            7
        });
        assert_eq!(done, 7);
        drop(silent);
    }
}
