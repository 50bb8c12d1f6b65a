//! Namespaces themselves.

use clap::Subcommand;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{
    Client, Output, RemoteError,
    client::{Payload, in_account, segment},
    output::{Paint, table},
};
use crate::printable::printable;

/// Namespaces of one page.
const PAGE: usize = 100;
/// Pages after which a node that never ends is not believed.
const PAGES_MAX: usize = 1_000;

#[derive(Subcommand, Debug, Clone)]
pub(crate) enum Command {
    /// Make a namespace.
    Create {
        /// What it is called.
        title: String,
    },
    /// Show the account's namespaces.
    List,
    /// Delete a namespace with all that is in it.
    Delete {
        /// Its id.
        id: String,
    },
}

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Namespace {
    pub(super) id: String,
    pub(super) title: String,
}

pub(super) async fn run(
    client: &Client,
    account: &str,
    command: &Command,
    output: &Output,
) -> Result<(), RemoteError> {
    let path = in_account(account, "storage/kv/namespaces");
    match command {
        Command::Create { title } => {
            let body = Payload::Json(json!({"title": title}));
            let made: Namespace = client.call(Method::POST, &path, body).await?;
            output.result(&json!(made), |colours| {
                let id = printable(&made.id);
                format!(
                    "{} {}\n\n[[kv_namespaces]]\nbinding = \"KV\"\nid = \"{id}\"",
                    colours.paint(Paint::Green, "made"),
                    printable(&made.title)
                )
            });
        }
        Command::List => {
            let all = all(client, account).await?;
            output.result(&json!(all), |colours| {
                if all.is_empty() {
                    return format!("the account {account} has no namespaces");
                }
                let rows: Vec<_> = all.iter().map(|one| vec![one.id.clone(), one.title.clone()]).collect();
                table(colours, &["ID", "TITLE"], &rows)
            });
        }
        Command::Delete { id } => {
            let path = format!("{path}/{}", segment(id));
            client.call::<Value>(Method::DELETE, &path, Payload::Nothing).await?;
            output.result(&json!({"id": id, "deleted": true}), |colours| {
                format!("{} the namespace {id}", colours.paint(Paint::Green, "deleted"))
            });
        }
    }
    Ok(())
}

/// Every namespace of the account.
pub(super) async fn all(client: &Client, account: &str) -> Result<Vec<Namespace>, RemoteError> {
    let mut all: Vec<Namespace> = Vec::new();
    for page in 1..=PAGES_MAX {
        let path = format!("storage/kv/namespaces?per_page={PAGE}&order=title&direction=asc&page={page}");
        let some: Vec<Namespace> = client.get(&in_account(account, &path)).await?;
        let last = some.len() < PAGE;
        // A node that knows no pages gives all of them each time.
        let known = some.first().is_some_and(|first| all.contains(first));
        if !known {
            all.extend(some);
        }
        if last || known {
            break;
        }
    }
    Ok(all)
}
