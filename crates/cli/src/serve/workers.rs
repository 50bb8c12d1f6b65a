//! The workers that a node serves, built from their projects.

use std::{path::PathBuf, rc::Rc, sync::Arc};

use mote_bundle::Environment;
use mote_host::{
    bindings::HostBindings, bound::tenant_of, clock::today, deployed::Making, egress::Policy,
    supervisor::WorkerSpec,
};
use mote_wire::named::NamedBundle;

use super::{
    Options, ServeError,
    log::{Level, line},
};
use crate::{
    config::{Config, WorkerConfig},
    project::{Built, Target},
};

/// What a worker's `fetch` may reach; the part of its spec that only the way out reads.
pub(super) struct Reach {
    pub(super) policy: Arc<Policy>,
    /// Whose connections it shares.
    pub(super) tenant: String,
    /// Its worker, and the version that it is.
    pub(super) worker: String,
    pub(super) version: Option<String>,
    /// The account that it was deployed by; empty if there is none.
    pub(super) account: String,
    /// What it may ask the node itself for.
    pub(super) bindings: HostBindings,
}

/// Builds them all.
pub(super) fn build(options: &Options, config: &Config) -> Result<Vec<WorkerSpec>, ServeError> {
    let mut environment = Environment::production().on(today());
    if let Some(name) = &options.env {
        environment = environment.named(name.clone());
    }
    let mut paths: Vec<PathBuf> = options.paths.clone();
    paths.extend(config.workers.values().filter_map(|worker| worker.path.clone()));
    let mut targets = Target::all(&paths, &environment, &[])?;
    targets.iter_mut().map(|target| spec(target, config)).collect()
}

/// The names that the configuration speaks of and nobody has: a mistake, or a worker that is still to be deployed.
pub(super) fn unknown_names<'a>(config: &'a Config, known: &[String]) -> Vec<&'a str> {
    config.workers.keys().filter(|name| !known.contains(name)).map(String::as_str).collect()
}

fn spec(target: &mut Target, config: &Config) -> Result<WorkerSpec, ServeError> {
    let name = target.name().to_owned();
    let worker = match target.build() {
        Built::Worker(worker) => worker,
        Built::Failed { problem } => return Err(ServeError::Build { name, problem }),
    };
    for warning in &worker.warnings {
        line(Level::Warn, format_args!("[{name}] {warning}"));
    }
    let making = Making {
        name: name.as_str().into(),
        account: worker.account.clone(),
        env_json: worker.env_json.clone(),
        compatibility: worker.compatibility,
        bindings: HostBindings::new(),
        version: None,
        bundle: NamedBundle::plain(&worker.bundle),
        prepared: bytes::Bytes::new(),
        limits: worker.limits,
        worker: name.clone(),
    };
    make(config, making).map_err(|reason| ServeError::Worker { name, reason })
}

/// A version under the operator's configuration.
pub(super) fn make(config: &Config, making: Making) -> Result<WorkerSpec, String> {
    let nothing = WorkerConfig::default();
    let said = config.workers.get(&making.worker).unwrap_or(&nothing);
    let policy = said.egress.policy().map_err(|error| error.to_string())?;
    let account = said.account.clone().unwrap_or_else(|| making.account.clone());
    let cordon = said.cordon.clone().or_else(|| config.account_cordons.get(&account).cloned());
    let tenant = if account.is_empty() { format!("worker {}", making.worker) } else { tenant_of(&account) };
    Ok(WorkerSpec {
        name: making.name,
        limits: config.limits.of(&account, &making.limits),
        account: (!account.is_empty()).then(|| account.into()),
        cordon,
        env_json: making.env_json,
        compatibility: making.compatibility,
        bundle: making.bundle,
        prepared: making.prepared.into(),
        egress: Rc::new(Reach {
            policy: Arc::new(policy),
            tenant,
            worker: making.worker,
            version: making.version,
            account: making.account,
            bindings: making.bindings,
        }),
    })
}
