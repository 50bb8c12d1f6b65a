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
        /// Its id or its title.
        #[arg(value_name = "ID or TITLE")]
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
            let id = &meant(all(client, account).await?, id)?;
            let path = format!("{path}/{}", segment(id));
            client.call::<Value>(Method::DELETE, &path, Payload::Nothing).await?;
            output.result(&json!({"id": id, "deleted": true}), |colours| {
                format!("{} the namespace {id}", colours.paint(Paint::Green, "deleted"))
            });
        }
    }
    Ok(())
}

/// The id of the namespace that has this one, or this title. With both there would be two, and what is deleted stays so.
fn meant(all: Vec<Namespace>, said: &str) -> Result<String, RemoteError> {
    let mut found = all.into_iter().filter(|known| known.id == said || known.title == said);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.id),
        (Some(_), Some(_)) => Err(RemoteError::wrong(
            format!("`{}` is the id or the title of several namespaces", printable(said)),
            "`mote kv namespace list` shows them; give an id that is nobody else's title",
        )),
        (None, _) => Err(RemoteError::wrong(
            format!("no namespace has the id or the title `{}`", printable(said)),
            "`mote kv namespace list` shows those that there are",
        )),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_deleted_only_if_it_is_clear_which_one_is_meant() {
        let all = || {
            [("1", "one"), ("2", "3"), ("3", "three"), ("4", "twice"), ("5", "twice")]
                .map(|(id, title)| Namespace { id: id.to_owned(), title: title.to_owned() })
                .to_vec()
        };
        for said in ["1", "one"] {
            assert_eq!(meant(all(), said).unwrap(), "1");
        }
        for (said, why) in
            [("3", "several"), ("twice", "several"), ("none", "no namespace"), ("", "no namespace")]
        {
            assert!(meant(all(), said).unwrap_err().to_string().contains(why), "{said}");
        }
    }
}
