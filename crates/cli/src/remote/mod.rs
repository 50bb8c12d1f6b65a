//! The commands that speak with a node over its deploy API: the same calls that wrangler makes, so that a node sees one
//! protocol.
//!
//! Each command is a file or a folder: its options, then what it does. All of them get a [`Client`] that knows where the
//! API is, and an [`Output`] that is words for people or one JSON document for programs.
//!
//! What happens when it fails: the words go to stderr and say what to do; with `--json` a document with `error` is on
//! stdout besides. Exit codes: 0 done, 1 it failed, 2 wrong usage.

mod client;
mod completions;
mod connection;
mod delete;
pub(crate) mod deploy;
mod error;
mod form;
mod kv;
mod list;
mod logs;
mod named;
mod output;
mod patience;
mod progress;
mod rollback;
mod secret;
mod sending;
mod tail;
#[cfg(test)]
mod testing;
mod token;
mod top;
mod versions;

use std::process::ExitCode;

use clap::Subcommand;

use client::Client;
pub(crate) use completions::{Options as CompletionsOptions, run as run_completions};
use connection::ConnectionOptions;
use error::RemoteError;
use output::Output;

/// What can be done with a node from outside.
#[derive(Subcommand, Debug)]
pub(crate) enum RemoteCommand {
    /// Bundle a project and bring it to a node.
    Deploy(deploy::Options),
    /// Show an account's workers.
    List(list::Options),
    /// Show a worker's versions, or say which of them take events.
    Versions(versions::Options),
    /// Let an earlier version of a worker take all events again.
    Rollback(rollback::Options),
    /// Remove a worker with all of its versions.
    Delete(delete::Options),
    /// Put, list and delete a worker's secrets.
    Secret(secret::Options),
    /// Namespaces of KV, and what is in them.
    Kv(kv::Options),
    /// Follow a worker's events as they happen.
    Tail(tail::Options),
    /// Show a worker's events that the node has kept.
    Logs(logs::Options),
    /// Tokens with which others may use an account.
    Token(token::Options),
    /// Watch a node: its cells, and its workers with what they use.
    Top(top::Options),
}

/// Runs one of them.
pub(crate) fn run(command: &RemoteCommand) -> ExitCode {
    let output = Output::of(command.connection());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(command.run(&output)),
        Err(source) => Err(RemoteError::Io { what: "start".to_owned(), source }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.failure(&error);
            error.exit_code()
        }
    }
}

impl RemoteCommand {
    fn connection(&self) -> &ConnectionOptions {
        match self {
            Self::Deploy(options) => &options.connection,
            Self::List(options) => &options.connection,
            Self::Versions(options) => &options.connection,
            Self::Rollback(options) => &options.connection,
            Self::Delete(options) => &options.connection,
            Self::Secret(options) => &options.connection,
            Self::Kv(options) => &options.connection,
            Self::Tail(options) => &options.connection,
            Self::Logs(options) => &options.connection,
            Self::Token(options) => &options.connection,
            Self::Top(options) => &options.connection,
        }
    }

    async fn run(&self, output: &Output) -> Result<(), RemoteError> {
        match self {
            Self::Deploy(options) => deploy::run(options, output).await,
            Self::List(options) => list::run(options, output).await,
            Self::Versions(options) => versions::run(options, output).await,
            Self::Rollback(options) => rollback::run(options, output).await,
            Self::Delete(options) => delete::run(options, output).await,
            Self::Secret(options) => secret::run(options, output).await,
            Self::Kv(options) => kv::run(options, output).await,
            Self::Tail(options) => tail::run(options, output).await,
            Self::Logs(options) => logs::run(options, output).await,
            Self::Token(options) => token::run(options, output).await,
            Self::Top(options) => top::run(options, output).await,
        }
    }
}
