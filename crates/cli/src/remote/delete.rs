//! `mote delete`.

use std::io::{self, BufRead, IsTerminal};

use clap::Args;
use http::Method;
use serde_json::{Value, json};

use super::{
    ConnectionOptions, Output, RemoteError,
    client::{Payload, in_account, segment},
    named::account_here,
    output::Paint,
};

/// Remove a worker with all of its versions.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    /// The worker.
    pub(crate) name: String,
    /// Do not ask, also on a terminal.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Also if other workers call it.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
}

pub(crate) async fn run(options: &Options, output: &Output) -> Result<(), RemoteError> {
    let client = options.connection.client(output)?;
    let account = options.connection.account(&client, account_here().as_deref()).await?;
    let name = &options.name;
    if !options.yes && io::stdin().is_terminal() && !output.is_json() {
        output.note(&format!("{name} and all of its versions and secrets will be gone. Delete it? [y/N]"));
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        read.map_err(|source| RemoteError::Io { what: "read the answer".to_owned(), source })?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            return Err(RemoteError::wrong("nothing was deleted", ""));
        }
    }
    let path = format!("workers/services/{}?force={}", segment(name), options.force);
    client.call::<Value>(Method::DELETE, &in_account(&account, &path), Payload::Nothing).await?;
    output.result(&json!({"name": name, "account": account, "deleted": true}), |colours| {
        format!("{} {name}", colours.paint(Paint::Green, "deleted"))
    });
    Ok(())
}
