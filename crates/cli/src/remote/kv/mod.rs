//! `mote kv`: namespaces, and the values in them.

mod bulk;
mod namespaces;
mod values;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use mote_bundle::{Environment, Project};
use mote_host::kv::{KvAt, KvOptions};
use serde_json::Value;

use super::{
    Client, ConnectionOptions, Output, RemoteError,
    client::{in_account, in_worker, segment},
    named::project_here,
};
use crate::dev;

/// Namespaces of KV, and what is in them.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
    /// What `mote dev` keeps, whether it runs or not; in the folder of the first project that it serves, by default this one.
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "."
    )]
    pub(crate) local: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug, Clone)]
pub(crate) enum Command {
    /// Make, list and delete namespaces.
    #[command(subcommand)]
    Namespace(namespaces::Command),
    /// Print a value as it is.
    Get(values::Get),
    /// Write a value.
    Put(values::Put),
    /// List keys.
    List(values::List),
    /// Delete a key.
    Delete(values::Delete),
    /// Write or delete many keys.
    #[command(subcommand)]
    Bulk(bulk::Command),
}

/// Which namespace.
#[derive(Args, Debug, Clone)]
#[group(required = true, multiple = false)]
pub(crate) struct NamespaceOptions {
    /// The namespace's id.
    #[arg(long, value_name = "ID")]
    namespace_id: Option<String>,
    /// The namespace's title.
    #[arg(long, value_name = "TITLE")]
    namespace: Option<String>,
    /// The binding that leads to it, of the project in this folder or in that of `--local`.
    #[arg(long, value_name = "NAME")]
    binding: Option<String>,
}

/// An environment of the project, where a binding is named.
#[derive(Args, Debug, Clone)]
pub(crate) struct EnvironmentOptions {
    /// Environment of the project's configuration (`[env.<NAME>]`), for `--binding`.
    #[arg(long, short, value_name = "NAME")]
    env: Option<String>,
}

/// A namespace on a node.
pub(crate) struct Namespace<'a> {
    client: &'a Client,
    account: &'a str,
    id: String,
}

impl Namespace<'_> {
    /// The path of something in it; `rest` begins with a slash.
    fn path(&self, rest: &str) -> String {
        in_account(self.account, &format!("storage/kv/namespaces/{}{rest}", segment(&self.id)))
    }
}

impl Options {
    /// Who is asked, and for whose namespaces.
    async fn whom(&self, output: &Output) -> Result<(Client, String), RemoteError> {
        if let Some(folder) = &self.local {
            let kv = KvAt::new(folder.join(dev::KV), KvOptions::default());
            return Ok((Client::local(kv)?, "dev".to_owned()));
        }
        let client = self.connection.client(output)?;
        let configured = project_here(None).ok().and_then(|project| project.settings().account_id.clone());
        let account = self.connection.account(&client, configured.as_deref()).await?;
        Ok((client, account))
    }

    /// The id of the namespace that a binding of the project here leads to. Where the configuration names none, it is on the node, where
    /// wrangler has made it at the first deploy; for `mote dev` it is the binding's name.
    async fn bound(
        &self,
        client: &Client,
        account: &str,
        binding: &str,
        env: Option<&str>,
    ) -> Result<String, RemoteError> {
        let environment = Environment::development();
        let environment = match env {
            Some(name) => environment.named(name),
            None => environment,
        };
        // What is kept locally belongs to the project in that folder.
        let folder = self.local.as_deref().unwrap_or(Path::new("."));
        let project = Project::open(folder, &environment)?;
        let mut bindings = project.settings().bindings.iter();
        let found = bindings.find(|known| known.kind == "kv_namespace" && known.name == binding);
        let found = found.ok_or_else(|| {
            RemoteError::wrong(
                format!(
                    "the project in {} has no KV namespace with the binding `{binding}`",
                    folder.display()
                ),
                "`kv_namespaces` of its configuration lists them; --env names an environment",
            )
        })?;
        if let Some(id) = found.fields.get("namespace_id").and_then(Value::as_str) {
            return Ok(id.to_owned());
        }
        if self.local.is_some() {
            return Ok(binding.to_owned());
        }
        let name = project.name();
        let settings: Value = client.get(&in_worker(account, name, "/settings")).await?;
        let bindings = settings.get("bindings").and_then(Value::as_array).into_iter().flatten();
        let is_it = |known: &&Value| {
            known.get("type") == Some(&"kv_namespace".into()) && known.get("name") == Some(&binding.into())
        };
        let id = bindings.into_iter().find(is_it).and_then(|known| known.get("namespace_id")?.as_str());
        id.map(str::to_owned).ok_or_else(|| {
            RemoteError::wrong(
                format!("the binding `{binding}` has no `id`, and the worker {name} on the node has none of this name"),
                "`mote kv namespace create TITLE` makes a namespace and says its id",
            )
        })
    }
}

pub(crate) async fn run(options: &Options, output: &Output) -> Result<(), RemoteError> {
    let (client, account) = options.whom(output).await?;
    let find = async |namespace: &NamespaceOptions, env: &EnvironmentOptions| {
        let id = match (&namespace.namespace_id, &namespace.namespace) {
            (Some(id), _) => id.clone(),
            (None, Some(title)) => titled(&client, &account, title).await?,
            (None, None) => {
                let binding = namespace.binding.as_deref().unwrap_or_default();
                options.bound(&client, &account, binding, env.env.as_deref()).await?
            }
        };
        Ok::<_, RemoteError>(Namespace { client: &client, account: &account, id })
    };
    match &options.command {
        Command::Namespace(command) => namespaces::run(&client, &account, command, output).await,
        Command::Get(get) => values::get(&find(&get.namespace, &get.env).await?, get, output).await,
        Command::Put(put) => values::put(&find(&put.namespace, &put.env).await?, put, output).await,
        Command::List(list) => values::list(&find(&list.namespace, &list.env).await?, list, output).await,
        Command::Delete(delete) => {
            values::delete(&find(&delete.namespace, &delete.env).await?, delete, output).await
        }
        Command::Bulk(command) => {
            // A file that cannot be read changes nothing.
            let changes = bulk::read(command)?;
            let options = command.options();
            bulk::run(&find(&options.namespace, &options.env).await?, changes, output).await
        }
    }
}

/// The id of the namespace with this title.
async fn titled(client: &Client, account: &str, title: &str) -> Result<String, RemoteError> {
    let all = namespaces::all(client, account).await?;
    let found = all.into_iter().find(|known| known.title == title);
    found.map(|known| known.id).ok_or_else(|| {
        RemoteError::wrong(
            format!("no namespace has the title `{title}`"),
            "`mote kv namespace list` shows those that there are",
        )
    })
}

#[cfg(test)]
mod tests;
