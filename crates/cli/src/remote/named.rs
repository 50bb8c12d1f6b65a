//! Which worker is meant: the one that is named, or the one of the project here.

use std::path::Path;

use clap::Args;
use mote_bundle::{Environment, Project, ProjectError};

use super::{Client, ConnectionOptions, Output, RemoteError, client::in_worker};

/// Which worker.
#[derive(Args, Debug, Clone)]
pub(crate) struct WorkerOptions {
    /// The worker; by default that of the project in this folder.
    #[arg(long, short, global = true, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Environment of the project's configuration (`[env.<NAME>]`).
    #[arg(long, short, global = true, value_name = "NAME")]
    pub(crate) env: Option<String>,
}

/// A worker on a node.
pub(crate) struct Worker {
    pub(crate) client: Client,
    pub(crate) account: String,
    pub(crate) name: String,
}

impl WorkerOptions {
    /// The worker that is meant; `said` is a name that stands on the command line by itself.
    pub(crate) async fn find(
        &self,
        said: Option<&str>,
        connection: &ConnectionOptions,
        output: &Output,
    ) -> Result<Worker, RemoteError> {
        let here = project_here(self.env.as_deref());
        let configured = here.as_ref().ok().and_then(|project| project.settings().account_id.clone());
        let name = match (said.or(self.name.as_deref()), here) {
            (Some(name), _) => name.to_owned(),
            (None, Ok(project)) => project.name().to_owned(),
            (None, Err(error)) => {
                return Err(RemoteError::WhichWorker { reason: reason(&error), taken_for_a_version: None });
            }
        };
        let client = connection.client(output)?;
        let account = connection.account(&client, configured.as_deref()).await?;
        Ok(Worker { client, account, name })
    }
}

impl Worker {
    /// The path of something of this worker; `rest` begins with a slash.
    pub(crate) fn path(&self, rest: &str) -> String {
        in_worker(&self.account, &self.name, rest)
    }
}

/// The project of this folder.
pub(crate) fn project_here(env: Option<&str>) -> Result<Project, ProjectError> {
    let environment = Environment::deployment();
    let environment = match env {
        Some(name) => environment.named(name),
        None => environment,
    };
    Project::open(Path::new("."), &environment)
}

/// Why it does not say which worker is meant. How to write a configuration is no help to somebody who wants a worker that is
/// there already.
fn reason(error: &ProjectError) -> String {
    match error {
        ProjectError::NoConfiguration { .. } => "this folder has no configuration".to_owned(),
        error => error.to_string(),
    }
}

/// The account that the project of this folder names, if there is one.
pub(crate) fn account_here() -> Option<String> {
    project_here(None).ok()?.settings().account_id.clone()
}
