//! The thread that serves: one cell, its connections, and commands from the thread that builds.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a port that is taken is told before any thread starts, so it is bound without a runtime; one developer fills no queue"
)]

use std::{net::TcpListener, rc::Rc, sync::Arc, time::Duration};

use mote_cell::{Cell, CellOptions, Debugging, Deployment, ErrorDetail, RuntimeOptions};
use mote_host::egress::DirectEgress;
use tokio::sync::{mpsc, oneshot};

use super::{
    DevError, Options,
    inspect::{self, Session},
    project::BuiltWorker,
    terminal::Terminal,
};

/// What the building thread asks of the serving one.
pub(crate) enum Command {
    /// Put a version into service.
    Deploy { name: String, worker: Box<BuiltWorker>, reply: oneshot::Sender<Result<(), String>> },
    /// There is no version to serve; say why.
    Problem { name: String, problem: String, reply: oneshot::Sender<Result<(), String>> },
    /// A debugger wants in.
    Attach(Session),
}

/// The serving thread, as the building one sees it.
pub(crate) struct Server {
    commands: mpsc::UnboundedSender<Command>,
}

/// The most CPU time that a worker's own `limits.cpu_ms` may ask for.
const CPU_CEILING: Duration = Duration::from_secs(30);

/// The stack of a thread that runs JavaScript: V8 stops recursion well before its end.
const STACK_BYTES: usize = 8 << 20;

impl Server {
    /// Starts serving what is put into service later; requests wait until every worker has been built once.
    pub(crate) fn start(
        listener: TcpListener,
        options: &Options,
        terminal: Terminal,
        workers: usize,
    ) -> Result<Self, DevError> {
        let (commands, mut inbox) = mpsc::unbounded_channel();
        let options = options.clone();
        let serving = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => return terminal.error(&format!("cannot start serving: {error}")),
            };
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, async move {
                let cell = Cell::new(
                    cell_options(&options),
                    Arc::new(DirectEgress::new()),
                    Rc::new(terminal.clone()),
                );
                // Nobody is answered by half of the workers.
                for _ in 0..workers {
                    let Some(command) = inbox.recv().await else { return };
                    carry_out(&cell, command);
                }
                tokio::task::spawn_local(accept(listener, cell.clone(), terminal.clone()));
                while let Some(command) = inbox.recv().await {
                    carry_out(&cell, command);
                }
            });
        };
        let thread = std::thread::Builder::new().name("cell".into()).stack_size(STACK_BYTES).spawn(serving);
        thread.map_err(|source| DevError::Start { source })?;
        Ok(Self { commands })
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

impl Server {
    /// Lets debuggers in; gives the port of their door.
    pub(crate) fn inspect(&self, port: u16, workers: Vec<String>) -> Result<u16, DevError> {
        inspect::start(port, workers, self.commands.clone())
    }
}

fn cell_options(options: &Options) -> CellOptions {
    let runtime = RuntimeOptions {
        cpu_max: Duration::from_millis(options.cpu_ms),
        startup_cpu_max: Duration::from_millis(options.cpu_ms),
        heap_bytes_max: options.memory_mib << 20,
    };
    let debugging = if options.inspect.is_some() { Debugging::Possible } else { Debugging::Off };
    CellOptions {
        runtime,
        cpu_ceiling: CPU_CEILING.max(runtime.cpu_max),
        detail: ErrorDetail::Stack,
        debugging,
    }
}

fn carry_out(cell: &Rc<Cell>, command: Command) {
    match command {
        Command::Deploy { name, worker, reply } => {
            let cpu_max = worker.cpu_max;
            let deployment = Deployment { bundle: &worker.bundle, env_json: &worker.env_json, cpu_max };
            let result = cell.deploy(&name, &deployment).map(|_| ()).map_err(|error| explain(&error));
            if let Err(problem) = &result {
                cell.report_problem(&name, problem.clone());
            }
            let _ = reply.send(result);
        }
        Command::Problem { name, problem, reply } => {
            cell.report_problem(&name, problem);
            let _ = reply.send(Ok(()));
        }
        Command::Attach(session) => inspect::attach(cell, session),
    }
}

fn explain(error: &mote_cell::LoadError) -> String {
    match error {
        mote_cell::LoadError::Threw(thrown) => thrown.stack.clone(),
        mote_cell::LoadError::NeverSettles { .. } | mote_cell::LoadError::Stopped(_) => error.to_string(),
    }
}

async fn accept(listener: TcpListener, cell: Rc<Cell>, terminal: Terminal) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return terminal.error(&format!("cannot listen: {error}")),
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Small answers leave at once.
                let _ = stream.set_nodelay(true);
                tokio::task::spawn_local(cell.clone().serve_connection(stream));
            }
            Err(error) => {
                // Out of descriptors, most likely: those that close make room.
                terminal.error(&format!("cannot accept a connection: {error}"));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
