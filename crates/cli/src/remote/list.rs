//! `mote list`.

use clap::Args;
use serde_json::{Value, json};

use super::{
    ConnectionOptions, Output, RemoteError, client::in_account, named::account_here, output::table,
    versions::text,
};

/// Show an account's workers.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
}

pub(crate) async fn run(options: &Options, output: &Output) -> Result<(), RemoteError> {
    let client = options.connection.client(output)?;
    let account = options.connection.account(&client, account_here().as_deref()).await?;
    let workers: Vec<Value> = client.get(&in_account(&account, "workers/scripts")).await?;
    output.result(&json!(workers), |colours| {
        if workers.is_empty() {
            return format!("the account {account} has no workers; `mote deploy` brings one");
        }
        let row = |worker: &Value| {
            ["/id", "/created_on", "/modified_on"].map(|field| text(worker, field).to_owned()).to_vec()
        };
        table(colours, &["NAME", "CREATED", "CHANGED"], &workers.iter().map(row).collect::<Vec<_>>())
    });
    Ok(())
}
