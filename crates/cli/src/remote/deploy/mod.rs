//! `mote deploy`: a project is bundled here, and goes to a node by the calls that wrangler makes.

pub(crate) mod assets;
pub(crate) mod left_out;
pub(crate) mod metadata;
mod report;
mod triggers;

use std::path::PathBuf;

use clap::Args;
use http::Method;
use mote_bundle::{Environment, Project};
use mote_wire::bundle::Bundle;
use serde_json::{Value, json};

use super::{
    ConnectionOptions, Output, RemoteError,
    client::{Payload, in_account, segment},
    named::Worker,
    output::size,
    progress::Progress,
    versions::{Deployed, deployments, put_live, text},
};
use assets::Files;

/// Bundle a project and bring it to a node.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    /// A folder with a wrangler.toml, wrangler.json or wrangler.jsonc, or one JavaScript or TypeScript file.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,

    /// The worker's name, in place of the configuration's.
    #[arg(long, short, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Environment of the configuration to use (`[env.<NAME>]`).
    #[arg(long, short, value_name = "NAME")]
    pub(crate) env: Option<String>,

    /// Why, for the lists of versions and deployments.
    #[arg(long, short)]
    pub(crate) message: Option<String>,

    /// A name for this version, such as a commit.
    #[arg(long)]
    pub(crate) tag: Option<String>,

    /// Bundle it and show what would be sent; send nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Leave variables as they are that the configuration does not name (`keep_vars`).
    #[arg(long)]
    pub(crate) keep_vars: bool,

    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
}

/// What is to be sent.
pub(crate) struct Plan {
    name: String,
    project: Project,
    /// The code; none if the worker is its files alone.
    bundle: Option<Bundle>,
    files: Option<Files>,
    warnings: Vec<String>,
}

/// What has come of it.
#[derive(Debug, Default)]
pub(crate) struct Done {
    version_id: String,
    deployment_id: String,
    startup_ms: Option<u64>,
    files_sent: usize,
    host: String,
}

pub(crate) async fn run(options: &Options, output: &Output) -> Result<(), RemoteError> {
    // 1. Everything that can fail here fails before the node hears of it.
    let plan = plan(options.clone()).await?;
    for warning in &plan.warnings {
        output.warning(warning);
    }
    if options.dry_run {
        output.result(&report::planned(&plan), |colours| report::plan_in_words(&plan, colours));
        return Ok(());
    }
    let client = options.connection.client(output)?;
    let configured = plan.project.settings().account_id.clone();
    let account = options.connection.account(&client, configured.as_deref()).await?;
    let worker = Worker { client, account, name: plan.name.clone() };

    // 2. A worker that is there gets a version, then a deployment; a new one gets both in one call.
    let is_new = is_new(&worker).await?;
    // 3. The files come first: a version names them.
    let (jwt, files_sent) = match &plan.files {
        Some(files) => {
            let (jwt, sent) = assets::send(&worker, files, output).await?;
            (Some(jwt), sent)
        }
        None => (None, 0),
    };
    let mut done = if is_new {
        upload_new(&worker, &plan, options, jwt, output).await?
    } else {
        upload_version(&worker, &plan, options, jwt, output).await?
    };
    done.files_sent = files_sent;
    // 4. Only a version that serves is called from outside.
    let serves = |source| {
        let done = format!("version {} of {} serves", done.version_id, plan.name);
        RemoteError::Halfway { done, source: Box::new(source) }
    };
    triggers::put(&worker, plan.project.settings()).await.map_err(serves)?;
    done.host = host(&worker).await.map_err(serves)?;
    output
        .result(&report::document(&plan, &worker, &done), |colours| report::in_words(&plan, &done, colours));
    Ok(())
}

/// Reads and bundles the project, and looks at its files.
async fn plan(options: Options) -> Result<Plan, RemoteError> {
    let planned = tokio::task::spawn_blocking(move || {
        let deployment = Environment::deployment().on(mote_host::clock::today());
        let environment = match &options.env {
            Some(name) => deployment.named(name.clone()),
            None => deployment,
        };
        let project = Project::open(&options.path, &environment)?;
        triggers::check(project.settings())?;
        let mut warnings: Vec<String> = project.warnings().iter().map(ToString::to_string).collect();
        let bundle = match &project.settings().main {
            Some(_) => {
                let bundled = project.bundle()?;
                warnings.extend(bundled.warnings.iter().map(ToString::to_string));
                Some(bundled.bundle)
            }
            None => None,
        };
        let files =
            project.settings().assets.as_ref().map(|assets| Files::of(&assets.directory)).transpose()?;
        let left_out = files.as_ref().and_then(|files| files.left_out().in_words());
        warnings.extend(left_out);
        let name = options.name.clone().unwrap_or_else(|| project.name().to_owned());
        Ok(Plan { name, project, bundle, files, warnings })
    });
    let stopped = |error: tokio::task::JoinError| {
        RemoteError::wrong(format!("the bundler stopped: {error}"), "this is a bug of Mote; please report it")
    };
    planned.await.map_err(stopped)?
}

async fn is_new(worker: &Worker) -> Result<bool, RemoteError> {
    let path = in_account(&worker.account, &format!("workers/services/{}", segment(&worker.name)));
    match worker.client.get::<Value>(&path).await {
        Ok(_) => Ok(false),
        Err(error) if error.is_no_worker() => Ok(true),
        Err(error) => Err(error),
    }
}

async fn upload_new(
    worker: &Worker,
    plan: &Plan,
    options: &Options,
    jwt: Option<String>,
    output: &Output,
) -> Result<Done, RemoteError> {
    let path = worker.path("?excludeScript=true&bindings_inherit=strict");
    let uploaded = upload(worker, Method::PUT, &path, plan, options, jwt, output).await?;
    // This call names the worker in its answer, and not the version.
    let live = deployments(worker).await?.into_iter().next();
    let live = live.ok_or_else(|| worker.client.strange(&path, "the new worker has no deployment"))?;
    let version_id = live.versions.first().map(|one| one.version_id.clone()).unwrap_or_default();
    Ok(Done { version_id, deployment_id: live.id, startup_ms: startup_ms(&uploaded), ..Done::default() })
}

async fn upload_version(
    worker: &Worker,
    plan: &Plan,
    options: &Options,
    jwt: Option<String>,
    output: &Output,
) -> Result<Done, RemoteError> {
    let path = worker.path("/versions?bindings_inherit=strict");
    let uploaded = upload(worker, Method::POST, &path, plan, options, jwt, output).await?;
    let version_id = text(&uploaded, "/id").to_owned();
    let all = [Deployed { version_id: version_id.clone(), percentage: 100.0 }];
    let annotations = options.message.as_ref().map(|message| json!({"workers/message": message}));
    let live = put_live(worker, &all, annotations).await?;
    let settings = metadata::of_the_worker(plan.project.settings());
    if settings != json!({}) {
        let path = worker.path("/script-settings");
        worker.client.call::<Value>(Method::PATCH, &path, Payload::Json(settings)).await?;
    }
    Ok(Done { version_id, deployment_id: live.id, startup_ms: startup_ms(&uploaded), ..Done::default() })
}

async fn upload(
    worker: &Worker,
    method: Method,
    path: &str,
    plan: &Plan,
    options: &Options,
    jwt: Option<String>,
    output: &Output,
) -> Result<Value, RemoteError> {
    let metadata = metadata::of_the_version(plan, options, jwt)?;
    let form = metadata::form(&metadata, plan.bundle.as_ref());
    let progress = Progress::of(output, "code", report::code_bytes(plan));
    let uploaded = worker.client.call(method, path, Payload::Form(form.shown_by(progress.clone()))).await;
    progress.done();
    uploaded
}

fn startup_ms(uploaded: &Value) -> Option<u64> {
    uploaded.get("startup_time_ms").and_then(Value::as_u64)
}

/// The host name on which the node answers for the worker.
async fn host(worker: &Worker) -> Result<String, RemoteError> {
    let said: Value = worker.client.get(&worker.path("/subdomain")).await?;
    let url = text(&said, "/url");
    Ok(match url.split_once("://") {
        Some((_, host)) => host.trim_end_matches('/').to_owned(),
        None => format!("{}.localhost", worker.name),
    })
}

#[cfg(test)]
mod tests;
