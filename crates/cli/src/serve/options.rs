//! The command line of `mote serve`, `mote upgrade` and of a cell.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};

use super::{log, spans::SpanOptions};

/// Serve workers to everybody: each in a sandboxed process, under its operator's limits.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    /// Projects to serve, beside those of the configuration: folders with a wrangler.toml, wrangler.json or wrangler.jsonc,
    /// or single files. One worker answers on every host name, several answer on http://<name>.localhost.
    pub(crate) paths: Vec<PathBuf>,

    /// Where to serve.
    #[arg(long, default_value = "127.0.0.1:8787", env = "MOTE_LISTEN")]
    pub(crate) listen: SocketAddr,

    /// Where the operator's door is: health, metrics, cells, the kill switch. Whoever reaches it may stop workers.
    #[arg(long, default_value = "127.0.0.1:8786", env = "MOTE_ADMIN")]
    pub(crate) admin: SocketAddr,

    /// The node's folder.
    #[arg(long, default_value = ".mote", env = "MOTE_DATA")]
    pub(crate) data: PathBuf,

    /// The operator's configuration (mote.toml): limits, accounts, cordons, workers.
    #[arg(long, value_name = "FILE", env = "MOTE_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// The token that opens the deploy API; by default the one in the file `admin-token` of the node's folder, which is made at
    /// the first start.
    #[arg(long, env = "MOTE_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(crate) token: Option<String>,

    /// Environment of the projects' configurations to use (`[env.<NAME>]`).
    #[arg(long, short)]
    pub(crate) env: Option<String>,

    /// What to do where the kernel cannot hold a part of the sandbox.
    #[arg(long, value_enum, default_value_t = Sandbox::Best, env = "MOTE_SANDBOX")]
    pub(crate) sandbox: Sandbox,

    /// Print every event, not only those that fail.
    #[arg(long)]
    pub(crate) log_events: bool,

    /// How lines of the log are written.
    #[arg(long, value_enum, value_name = "FORMAT", env = "MOTE_LOG_FORMAT", default_value = "text")]
    pub(crate) log_format: log::Format,

    #[command(flatten)]
    pub(crate) spans: SpanOptions,

    /// Listening sockets, a pipe and its folder's lock that a running node hands over, by their descriptors.
    #[arg(long, hide = true, value_delimiter = ',', value_name = "LISTEN,ADMIN,READY,LOCK")]
    pub(crate) handover: Option<Vec<i32>>,

    /// The program that runs as a cell, for tests; by default this one.
    #[arg(long, hide = true, value_name = "FILE")]
    pub(crate) cell_program: Option<PathBuf>,

    /// Let cells write to this process's stderr, for whoever looks for a bug in Mote. Hostile code may write there, too.
    #[arg(long, hide = true)]
    pub(crate) cell_stderr: bool,
}

/// What to do where the kernel cannot hold a part of the sandbox; `mote doctor` says which parts those are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sandbox {
    /// Go on with what there is, and say so.
    Best,
    /// Do not serve without namespaces and the system-call filter.
    Required,
}

/// Let a running node hand over to the program that is installed now. No connection is lost.
#[derive(Args, Debug, Clone)]
pub(crate) struct UpgradeOptions {
    /// The node's folder.
    #[arg(long, default_value = ".mote", env = "MOTE_DATA")]
    pub(crate) data: PathBuf,
}

/// Run as a cell: the host starts these.
#[derive(Args, Debug, Clone)]
pub(crate) struct CellOptions {
    /// Compile nothing to the machine's code.
    #[arg(long)]
    pub(crate) jitless: bool,
    /// Report every event.
    #[arg(long)]
    pub(crate) log_events: bool,
}
