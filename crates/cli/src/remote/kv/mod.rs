//! `mote kv`: namespaces, and the values in them.

mod bulk;
mod namespaces;
mod values;

use clap::{Args, Subcommand};

use super::{
    Client, ConnectionOptions, Output, RemoteError,
    client::{in_account, segment},
    named::project_here,
};

/// Namespaces of KV, and what is in them.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
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
    /// The binding of the project in this folder that leads to it.
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

pub(crate) async fn run(options: &Options, output: &Output) -> Result<(), RemoteError> {
    let client = options.connection.client(output)?;
    let configured = project_here(None).ok().and_then(|project| project.settings().account_id.clone());
    let account = options.connection.account(&client, configured.as_deref()).await?;
    let find = async |namespace: &NamespaceOptions, env: &EnvironmentOptions| {
        let id = find(&client, &account, namespace, env).await?;
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

async fn find(
    client: &Client,
    account: &str,
    namespace: &NamespaceOptions,
    env: &EnvironmentOptions,
) -> Result<String, RemoteError> {
    if let Some(id) = &namespace.namespace_id {
        return Ok(id.clone());
    }
    if let Some(title) = &namespace.namespace {
        let all = namespaces::all(client, account).await?;
        let found = all.into_iter().find(|known| known.title == *title);
        return found.map(|known| known.id).ok_or_else(|| {
            RemoteError::wrong(
                format!("no namespace has the title `{title}`"),
                "`mote kv namespace list` shows those that there are",
            )
        });
    }
    let wanted = namespace.binding.as_deref().unwrap_or_default();
    let project = project_here(env.env.as_deref())?;
    let bindings = project.settings().bindings.iter();
    let mut bindings = bindings.filter(|binding| binding.kind == "kv_namespace" && binding.name == wanted);
    let id = bindings.next().and_then(|binding| binding.fields.get("namespace_id")?.as_str());
    id.map(str::to_owned).ok_or_else(|| {
        RemoteError::wrong(
            format!("the project here has no KV namespace with the binding `{wanted}`"),
            "`kv_namespaces` of its configuration lists them; --env names an environment",
        )
    })
}

#[cfg(test)]
mod tests;
