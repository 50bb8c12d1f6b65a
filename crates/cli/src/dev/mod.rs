//! `mote dev`: builds projects, serves them from one cell in this process, and does it again when a file changes.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a port that is taken is told before any thread starts, so it is bound without a runtime; one developer fills no queue"
)]

mod admin;
mod events;
mod inspect;
mod metrics;
mod options;
mod server;
mod services;
mod sites;
mod terminal;
mod watch;

use std::{io, process::ExitCode, sync::mpsc};

use mote_wire::limits::LimitsPatch;

pub(crate) use options::Options;
pub(crate) use server::KV;
use server::{Command, Server};
use terminal::Terminal;

use crate::{
    config::{Config, ConfigError},
    project::{Built, Target, TargetError},
    remote::deploy::assets::never_served,
};

/// Runs until it is interrupted.
pub(crate) fn run(options: &Options) -> ExitCode {
    let terminal = Terminal::new(options);
    match serve(options, &terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal.error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn serve(options: &Options, terminal: &Terminal) -> Result<(), DevError> {
    if !mote_cell::LIMITS_HOLD {
        terminal.warning("this build is for benchmarks: it does not limit what workers use");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|source| DevError::Start { source })?;
    let over = LimitsPatch {
        cpu_ms: options.cpu_ms,
        startup_cpu_ms: options.cpu_ms,
        memory_mib: options.memory_mib,
        ..LimitsPatch::default()
    };
    let config = Config::read(options.config.as_deref(), &over)?;
    let mut environment = mote_bundle::Environment::development().on(mote_host::clock::today());
    if let Some(name) = &options.env {
        environment = environment.named(name.clone());
    }
    let mut targets = Target::all(&options.paths, &environment, &options.vars)?;
    let listener = listen(options)?;
    let address = listener.local_addr().map_err(|source| DevError::Start { source })?;
    let server = Server::start(listener, options, &config, terminal.clone(), targets.len())?;
    let (changed, changes) = mpsc::channel();
    let mut watcher = watch::Watcher::start(changed.clone())
        .map_err(|error| DevError::Watch { reason: error.to_string() })?;
    // Ctrl-C is a change of mind: it comes through the same door as a changed file.
    runtime.spawn(async move {
        wait_for_interrupt().await;
        let _ = changed.send(watch::Change::Stop);
    });
    for target in &mut targets {
        build(target, &server, terminal, &mut watcher);
    }
    let names: Vec<String> = targets.iter().map(|target| target.name().to_owned()).collect();
    if let Some(port) = options.inspect {
        terminal.inspecting(server.inspect(port, names.clone())?);
    }
    if let Some(address) = options.admin {
        terminal.administered(server.administer(address)?);
    }
    terminal.serving(address.port(), &names);
    while let Ok(change) = changes.recv() {
        let watch::Change::Files(files) = watch::settle(change, &changes) else { break };
        for target in &mut targets {
            if target.depends_on(&files) {
                build(target, &server, terminal, &mut watcher);
            }
        }
    }
    terminal.stopped();
    // Nothing that still runs is worth waiting for.
    runtime.shutdown_background();
    Ok(())
}

/// Builds one project and puts it into service; what goes wrong is for the developer to read.
fn build(target: &mut Target, server: &Server, terminal: &Terminal, watcher: &mut watch::Watcher) {
    let first = !target.was_built();
    let started = std::time::Instant::now();
    let built = target.build();
    watcher.watch(target.watched());
    match built {
        Built::Worker(worker) => {
            for warning in &worker.warnings {
                terminal.warning(warning);
            }
            let left_out = worker.assets.as_ref().filter(|_| first);
            if let Some(words) = left_out.and_then(|assets| never_served(&assets.directory)) {
                terminal.warning(&words);
            }
            let deployed =
                server.send(|reply| Command::Deploy { name: target.name().to_owned(), worker, reply });
            match deployed {
                Some(Ok(())) if first => {}
                Some(Ok(())) => terminal.reloaded(target.name(), started.elapsed()),
                Some(Err(problem)) => terminal.problem(target.name(), &problem),
                None => terminal.error("the serving thread is gone"),
            }
        }
        Built::Failed { problem } => {
            terminal.problem(target.name(), &problem);
            server.send(|reply| Command::Problem { name: target.name().to_owned(), problem, reply });
        }
    }
}

fn listen(options: &Options) -> Result<std::net::TcpListener, DevError> {
    let address = std::net::SocketAddr::new(options.ip, options.port);
    let listener =
        std::net::TcpListener::bind(address).map_err(|source| DevError::Listen { address, source })?;
    listener.set_nonblocking(true).map_err(|source| DevError::Start { source })?;
    Ok(listener)
}

async fn wait_for_interrupt() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Why `mote dev` does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DevError {
    /// The operator's configuration is wrong.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// A project cannot even be looked at.
    #[error("{0}")]
    Target(#[from] TargetError),
    /// The port is taken, or may not be used.
    #[error(
        "cannot listen on {address}: {source}\n  help: another process may use the port; choose one with --port"
    )]
    Listen {
        /// Where.
        address: std::net::SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The process cannot get what it needs.
    #[error("cannot start: {source}")]
    Start {
        /// What the system says.
        source: io::Error,
    },
    /// Changes cannot be noticed.
    #[error("cannot watch files: {reason}\n  help: `fs.inotify.max_user_watches` may be too low")]
    Watch {
        /// What the watcher says.
        reason: String,
    },
}
