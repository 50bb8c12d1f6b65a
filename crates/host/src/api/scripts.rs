//! Workers: uploaded, listed, described, deleted.

use std::rc::Rc;

use mote_store::{AssetPath, NewDeployment, NewVersion, Share, Store, StoreError, Takes, Version, Worker};
use mote_wire::{
    bundle::{Bundle, Format},
    named::NamedBundle,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Api, Call, Refusal,
    annotations::{check_observability, check_tags},
    assets::AssetsConfig,
    changes::Turn,
    check_worker,
    config::{self, Secrets, VersionConfig},
    document,
    envelope::{NO_HANDLERS, time},
    new_id, now, upload,
    versions::describe,
};
use crate::{bindings::HostBinding, deployed::Making, notices::Change};

/// What becomes of an uploaded version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// It is there to be deployed.
    Keep,
    /// It takes all events.
    Deploy,
}

/// What belongs to a worker, and to none of its versions.
#[derive(Debug, Default, Deserialize)]
struct Settings {
    #[serde(default)]
    tags: Value,
    #[serde(default)]
    observability: Value,
}

impl Settings {
    fn of(worker: &Worker) -> Self {
        serde_json::from_str(&worker.settings_json).unwrap_or_default()
    }
}

/// A version that has been found sound.
pub(super) struct Sound {
    pub(super) id: String,
    pub(super) config: VersionConfig,
    pub(super) secrets: Secrets,
    pub(super) bundle: Bundle,
    pub(super) assets: Vec<AssetPath>,
    /// New settings of its worker, as a JSON object; `None` if those that it has stay.
    pub(super) settings: Option<String>,
    /// The version that must take all events if this one is to take them; `None` if any may.
    pub(super) successor_of: Option<String>,
    /// What of its secrets was changed, by their names, if it was made for that.
    pub(super) secrets_changed: Option<String>,
}

impl Api {
    /// Takes a worker's code: tries it, keeps it, and lets it take events if that is wanted.
    pub(super) async fn upload(
        self: &Rc<Self>,
        call: Call<'_>,
        name: &str,
        then: Then,
    ) -> Result<Value, Refusal> {
        self.check_not_taken(name)?;
        let (account, actor) = (call.account.to_owned(), &call.caller.actor);
        let upload = upload::read(&call.headers, call.body).await?;
        let turn = self.changes.turn(&account, name).await?;
        let before = self.latest(&account, name).await?;
        if then == Then::Keep && before.is_none() {
            return Err(Refusal::no_worker(name));
        }
        if before.is_none() && self.deployed.is_of_other(name, &account) {
            return Err(StoreError::NameTaken { name: name.to_owned() }.into());
        }
        let (assets, assets_config) = self.assets_of(&upload.metadata, &account, before.as_ref()).await?;
        let before = before.map(|version| self.opened(&version)).transpose()?;
        let (mut config, secrets) = config::settle(&upload.metadata, &account, before)?;
        config.assets = assets_config;
        self.check_bindings(name, &config).await?;
        let client = call.headers.get(http::header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        if client.is_some_and(|client| client.starts_with("wrangler/")) {
            config.source = "wrangler".to_owned();
        }
        let settings = settings_of(&upload.metadata)?;
        let (sound, startup_ms) = self.try_out(name, config, secrets, upload.bundle).await?;
        let sound = Sound { assets, settings, ..sound };
        let version = self.keep((&account, actor), name, sound, then, turn).await?;
        let mut described = describe(&version)?;
        if let Value::Object(described) = &mut described {
            described.insert("startup_time_ms".to_owned(), startup_ms.into());
            if then == Then::Deploy {
                described.insert("deployment_id".to_owned(), version.id.clone().into());
                described.insert("etag".to_owned(), version.bundle.to_string().into());
                described.insert("id".to_owned(), name.into());
            }
        }
        Ok(described)
    }

    /// Refuses a version whose bindings lead nowhere.
    async fn check_bindings(&self, name: &str, config: &VersionConfig) -> Result<(), Refusal> {
        for (binding, to) in config.host_bindings() {
            match to {
                HostBinding::Service { worker, .. } => {
                    let there =
                        self.deployed.account_of(&worker).is_some_and(|owner| owner == config.account);
                    // A worker may be bound to itself before it is there.
                    if !there && worker != name {
                        return Err(Refusal::invalid(format!(
                            "Could not resolve service binding '{binding}'. Target script '{worker}' not found: deploy it first"
                        )));
                    }
                }
                HostBinding::Assets if config.assets.is_none() => {
                    return Err(Refusal::invalid(format!(
                        "the binding '{binding}' is for static assets, and the version has none"
                    )));
                }
                HostBinding::Assets => {}
                HostBinding::Kv { namespace } => {
                    self.check_namespace(&config.account, &binding, &namespace).await?;
                }
            }
        }
        Ok(())
    }

    /// The files of a new version, and how they are served: those that it names, or those that it keeps.
    async fn assets_of(
        &self,
        metadata: &upload::Metadata,
        account: &str,
        before: Option<&Version>,
    ) -> Result<(Vec<AssetPath>, Option<AssetsConfig>), Refusal> {
        let named = metadata.assets.as_ref().filter(|said| !said.is_null());
        let named = named.map(|said| self.named_assets(account, said)).transpose()?;
        match named {
            // The store sees to it that their files are there when it writes the version.
            Some((Some(paths), config)) => return Ok((paths, Some(config))),
            None if !metadata.keep_assets => return Ok((Vec::new(), None)),
            Some((None, _)) | None => {}
        }
        let Some(before) = before else { return Ok((Vec::new(), named.map(|(_, config)| config))) };
        let kept = VersionConfig::of(before).map_err(Refusal::internal)?.assets;
        let id = before.id.clone();
        let paths = self.store(move |store| store.asset_paths(&id)).await?;
        Ok((paths, named.map(|(_, config)| config).or(kept)))
    }

    /// Loads the code in a cell that is thrown away. Gives it back with its handlers, and how long that took in
    /// milliseconds.
    pub(super) async fn try_out(
        &self,
        name: &str,
        mut config: VersionConfig,
        secrets: Secrets,
        bundle: Bundle,
    ) -> Result<(Sound, u64), Refusal> {
        let id = new_id()?;
        let making = Making {
            name: format!("check {id}").into(),
            worker: name.to_owned(),
            version: Some(id.clone()),
            account: config.account.clone(),
            env_json: config.env_json(&secrets, &id, now()),
            compatibility: config.compatibility(),
            bindings: config.host_bindings(),
            bundle: NamedBundle::plain(&bundle),
            prepared: bytes::Bytes::new(),
            limits: config.limits_patch(),
        };
        let spec = (self.deployed.make)(making).map_err(Refusal::invalid)?;
        let trial = self.changes.trial(&config.account).await?;
        let begun = tokio::time::Instant::now();
        let handlers = self.deployed.supervisor.try_out(name, spec).await.map_err(not_loaded)?;
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        drop(trial);
        if handlers.is_empty() {
            let how = match bundle.format() {
                Format::Modules => "export an object with a `fetch` or `scheduled` method as default",
                Format::ServiceWorker => "call addEventListener(\"fetch\", ...)",
            };
            let message = format!("No event handlers were registered. This script does nothing: {how}");
            return Err(Refusal { code: NO_HANDLERS, ..Refusal::invalid(message) });
        }
        config.handlers = handlers;
        let assets = Vec::new();
        Ok((
            Sound {
                id,
                config,
                secrets,
                bundle,
                assets,
                settings: None,
                successor_of: None,
                secrets_changed: None,
            },
            took,
        ))
    }

    /// Writes a version that is sound, and lets it take events.
    pub(super) async fn keep(
        self: &Rc<Self>,
        (account, actor): (&str, &str),
        name: &str,
        sound: Sound,
        then: Then,
        turn: Turn,
    ) -> Result<Version, Refusal> {
        let Sound { id, mut config, secrets, bundle, assets, settings, successor_of, secrets_changed } =
            sound;
        actor.clone_into(&mut config.author);
        let sealed = config::seal_secrets(&self.deployed.seal, &id, &secrets)?;
        let config_json = serde_json::to_string(&config).map_err(Refusal::internal)?;
        let tag = new_id()?.replace('-', "");
        let deployment = NewDeployment {
            id: new_id()?,
            now_ms: now(),
            author: actor.to_owned(),
            annotations_json: Value::Object(config.annotations).to_string(),
            shares: vec![Share { version: id.clone(), per_mille: 1_000 }],
        };
        let (account, worker, kept) = (account.to_owned(), name.to_owned(), self.kept);
        let told = Change {
            change: match (then, &secrets_changed) {
                (_, Some(_)) => "secret",
                (Then::Keep, None) => "upload",
                (Then::Deploy, None) => "deploy",
            },
            account: account.clone(),
            worker: worker.clone(),
            version: Some(id.clone()),
            by: deployment.author.clone(),
            detail: secrets_changed.unwrap_or_default(),
        };
        let write = move |store: &Store| {
            let new = NewVersion {
                id: &id,
                account: &account,
                worker: &worker,
                tag: &tag,
                config_json: &config_json,
                secrets: &sealed,
                bundle: &bundle,
                assets: &assets,
                settings_json: settings.as_deref(),
                kept,
                who: &deployment.author,
                now_ms: deployment.now_ms,
            };
            let takes = match (then, &successor_of) {
                (Then::Keep, _) => Takes::Nothing,
                (Then::Deploy, None) => Takes::All(&deployment),
                (Then::Deploy, Some(before)) => Takes::AllOf(before, &deployment),
            };
            store.add_version(&new, &takes)
        };
        self.commit(name, Some(turn), write, |_| told).await
    }

    /// The newest version of a worker; `None` if the account has no such worker.
    pub(super) async fn latest(&self, account: &str, name: &str) -> Result<Option<Version>, Refusal> {
        let (account, worker) = (account.to_owned(), name.to_owned());
        let found = self.store(move |store| store.versions(&account, &worker, 1)).await;
        match found {
            Ok(versions) => Ok(versions.into_iter().next()),
            Err(refusal) if refusal.code == super::envelope::NO_WORKER => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// A version's settings and its secrets.
    pub(super) fn opened(&self, version: &Version) -> Result<(VersionConfig, Secrets), Refusal> {
        let config = VersionConfig::of(version).map_err(Refusal::internal)?;
        let secrets = config::open_secrets(&self.deployed.seal, version).map_err(Refusal::internal)?;
        Ok((config, secrets))
    }

    pub(super) fn check_not_taken(&self, name: &str) -> Result<(), Refusal> {
        if self.deployed.is_taken(name) {
            let message = format!(
                "`{name}` is served from a project that the node was started with; take it from there, or deploy under another name"
            );
            return Err(Refusal::invalid(message));
        }
        Ok(())
    }

    pub(super) async fn list(&self, account: &str) -> Result<Value, Refusal> {
        let account = account.to_owned();
        let workers = self.store(move |store| store.workers(&account)).await?;
        let script = |worker: &Worker| {
            json!({"id": worker.name, "tag": worker.tag, "created_on": time(worker.created_ms),
                   "modified_on": time(worker.modified_ms)})
        };
        Ok(workers.iter().map(script).collect())
    }

    pub(super) async fn service(&self, account: &str, name: &str) -> Result<Value, Refusal> {
        check_worker(name)?;
        let (worker, version) = self.worker_and_latest(account, name).await?;
        let config = VersionConfig::of(&version).map_err(Refusal::internal)?;
        let (created, modified) = (time(worker.created_ms), time(worker.modified_ms));
        let settings = Settings::of(&worker);
        let script = json!({
            "id": name, "tag": worker.tag, "tags": settings.tags, "etag": version.bundle.to_string(),
            "handlers": config.handlers, "created_on": created, "modified_on": modified,
            "compatibility_date": config.compatibility_date, "compatibility_flags": config.compatibility_flags,
            "usage_model": config.usage_model, "limits": config.limits, "last_deployed_from": config.source,
            "observability": settings.observability, "tail_consumers": Value::Null,
        });
        let environment = json!({"environment": "production", "created_on": created, "modified_on": modified,
                                 "script": script});
        Ok(json!({"id": name, "default_environment": environment, "environments": [environment],
                  "created_on": created, "modified_on": modified}))
    }

    /// A worker in the newer form of the API.
    pub(super) async fn worker(&self, account: &str, name: &str) -> Result<Value, Refusal> {
        check_worker(name)?;
        let (worker, _) = self.worker_and_latest(account, name).await?;
        let settings = Settings::of(&worker);
        Ok(json!({
            "id": worker.tag, "name": name, "created_on": time(worker.created_ms),
            "updated_on": time(worker.modified_ms), "tags": settings.tags, "logpush": false,
            "observability": settings.observability, "tail_consumers": [], "subdomain": self.subdomain(name),
        }))
    }

    async fn worker_and_latest(&self, account: &str, name: &str) -> Result<(Worker, Version), Refusal> {
        let (account, wanted) = (account.to_owned(), name.to_owned());
        let both = move |store: &Store| {
            Ok((store.worker(&account, &wanted)?, store.versions(&account, &wanted, 1)?.into_iter().next()))
        };
        let (worker, version) = self.store(both).await?;
        Ok((worker, version.ok_or_else(|| Refusal::no_worker(name))?))
    }

    /// Where a worker and its versions answer.
    pub(super) fn subdomain(&self, name: &str) -> Value {
        let domain = self.deployed.domain();
        json!({"enabled": true, "previews_enabled": true, "url": format!("http://{name}.{domain}"),
               "preview_url_suffix": format!("-{name}.{domain}")})
    }

    pub(super) async fn settings(&self, account: &str, name: &str) -> Result<Value, Refusal> {
        let (worker, version) = self.worker_and_latest(account, name).await?;
        let config = VersionConfig::of(&version).map_err(Refusal::internal)?;
        let settings = Settings::of(&worker);
        Ok(json!({
            "bindings": config.bindings, "compatibility_date": config.compatibility_date,
            "compatibility_flags": config.compatibility_flags, "usage_model": config.usage_model,
            "limits": config.limits, "tags": settings.tags, "observability": settings.observability,
            "tail_consumers": [], "logpush": false,
        }))
    }

    pub(super) async fn script_settings(&self, account: &str, name: &str) -> Result<Value, Refusal> {
        let (account, wanted) = (account.to_owned(), name.to_owned());
        let worker = self.store(move |store| store.worker(&account, &wanted)).await?;
        let settings = Settings::of(&worker);
        Ok(json!({"tags": settings.tags, "observability": settings.observability, "tail_consumers": [],
                  "logpush": false}))
    }

    /// Takes tags and observability; what it cannot do it refuses.
    pub(super) async fn patch_script_settings(
        self: &Rc<Self>,
        call: Call<'_>,
        name: &str,
    ) -> Result<Value, Refusal> {
        let (account, worker) = (call.account.to_owned(), name.to_owned());
        let Value::Object(said) = document(call.body).await? else {
            return Err(Refusal::invalid("the settings must be a JSON object"));
        };
        let is_some = |value: Option<&Value>| {
            value.is_some_and(|value| !value.is_null() && *value != json!([]) && *value != json!(false))
        };
        for (key, what) in [("tail_consumers", "tail consumers"), ("logpush", "Logpush")] {
            if is_some(said.get(key)) {
                return Err(Refusal::not_yet(what));
            }
        }
        check_tags(said.get("tags").unwrap_or(&Value::Null))?;
        check_observability(said.get("observability").unwrap_or(&Value::Null))?;
        let turn = self.changes.turn(&account, &worker).await?;
        let (wanted, of) = (worker.clone(), account.clone());
        let known = self.store(move |store| store.worker(&of, &wanted)).await?;
        let mut settings: Map<String, Value> =
            serde_json::from_str(&known.settings_json).map_err(Refusal::internal)?;
        for key in ["tags", "observability"] {
            if let Some(value) = said.get(key) {
                settings.insert(key.to_owned(), value.clone());
            }
        }
        let text = Value::Object(settings).to_string();
        let (of, wanted) = (account.clone(), worker.clone());
        let told = told("settings", (&account, &call.caller.actor), &worker);
        self.commit(&worker, Some(turn), move |store| store.set_settings(&of, &wanted, &text), |()| told)
            .await?;
        self.script_settings(&account, &worker).await
    }

    pub(super) async fn delete(
        self: &Rc<Self>,
        (account, actor): (&str, &str),
        name: &str,
    ) -> Result<Value, Refusal> {
        check_worker(name)?;
        // An upload that is being tried out would bring it back, with its secrets.
        let turn = self.changes.turn(account, name).await?;
        let (of, actor, worker) = (account.to_owned(), actor.to_owned(), name.to_owned());
        let told = told("delete", (account, &actor), name);
        let delete = move |store: &Store| store.remove_worker(&of, &worker, &actor, now());
        self.commit(name, Some(turn), delete, |()| told).await?;
        self.tails.remove_worker(account, name);
        Ok(Value::Null)
    }
}

fn told(change: &'static str, (account, by): (&str, &str), worker: &str) -> Change {
    let (account, worker, by) = (account.to_owned(), worker.to_owned(), by.to_owned());
    Change { change, account, worker, version: None, by, detail: String::new() }
}

/// Why code does not load. wrangler shows what takes long at the start if the reason speaks of it.
fn not_loaded(reason: String) -> Refusal {
    const PAST_A_LIMIT: &str = "the worker's top-level code used more";
    Refusal::invalid(if reason.starts_with(PAST_A_LIMIT) {
        format!("Script startup exceeded a limit: {reason}")
    } else {
        reason
    })
}

/// What an upload says that belongs to no version.
fn settings_of(metadata: &upload::Metadata) -> Result<Option<String>, Refusal> {
    let (tags, observability) = (&metadata.tags, &metadata.observability);
    check_tags(tags.as_ref().unwrap_or(&Value::Null))?;
    check_observability(observability.as_ref().unwrap_or(&Value::Null))?;
    let said = tags.is_some() || observability.is_some();
    Ok(said.then(|| json!({"tags": tags, "observability": observability}).to_string()))
}
