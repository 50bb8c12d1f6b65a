//! Secrets of a worker: each change is a new version of the newest code, and takes all events at once, if those are the newest's.

use std::rc::Rc;

use mote_wire::bundle::Bundle;
use serde_json::{Map, Value, json};

use super::{
    Api, Call, Refusal,
    annotations::annotations,
    config::{check_name, text},
    document,
    scripts::{Sound, Then},
    versions::describe,
    weight::bundle_memory,
};

/// Changes that one call may bring.
const CHANGES_MAX: usize = 100;
/// Names of changed secrets in one line of the log.
const NAMES_TOLD_MAX: usize = 10;
/// The most bytes of one secret, as on Cloudflare.
const SECRET_BYTES_MAX: usize = 5 << 10;

/// Secrets to put, or to delete where there is none.
type Changes = Vec<(String, Option<String>)>;

impl Api {
    pub(super) async fn secrets(&self, account: &str, name: &str) -> Result<Value, Refusal> {
        let version = self.latest(account, name).await?.ok_or_else(|| Refusal::no_worker(name))?;
        let (config, _) = self.opened(&version)?;
        Ok(config.secret_names().iter().map(|name| json!({"name": name, "type": "secret_text"})).collect())
    }

    pub(super) async fn put_secret(self: &Rc<Self>, call: Call<'_>, name: &str) -> Result<Value, Refusal> {
        let by = (call.account, call.caller.actor.as_str());
        let said = document(call.body).await?;
        let (key, secret) = secret_of(said.get("name"), &said)?;
        self.change(by, name, vec![(key.clone(), Some(secret))], Then::Deploy, Map::new()).await?;
        Ok(json!({"name": key, "type": "secret_text"}))
    }

    pub(super) async fn delete_secret(
        self: &Rc<Self>,
        call: &Call<'_>,
        name: &str,
        key: &str,
    ) -> Result<Value, Refusal> {
        check_name(key)?;
        let by = (call.account, call.caller.actor.as_str());
        self.change(by, name, vec![(key.to_owned(), None)], Then::Deploy, Map::new()).await?;
        Ok(Value::Null)
    }

    pub(super) async fn patch_secrets(self: &Rc<Self>, call: Call<'_>, name: &str) -> Result<Value, Refusal> {
        let by = (call.account, call.caller.actor.as_str());
        let said = document(call.body).await?;
        let changes = changes_of(said.get("secrets"))?;
        self.change(by, name, changes, Then::Deploy, Map::new()).await?;
        self.secrets(by.0, name).await
    }

    /// A new version of the newest one, with other secrets; it is not deployed.
    pub(super) async fn patch_latest(self: &Rc<Self>, call: Call<'_>, name: &str) -> Result<Value, Refusal> {
        let by = (call.account, call.caller.actor.as_str());
        let said = document(call.body).await?;
        let changes = changes_of(said.get("env"))?;
        let annotations = annotations(said.get("annotations"))?;
        self.change(by, name, changes, Then::Keep, annotations).await
    }

    async fn change(
        self: &Rc<Self>,
        (account, actor): (&str, &str),
        name: &str,
        changes: Changes,
        then: Then,
        annotations: Map<String, Value>,
    ) -> Result<Value, Refusal> {
        self.check_not_taken(name)?;
        let turn = self.changes.turn(account, name).await?;
        let version = self.latest(account, name).await?.ok_or_else(|| Refusal::no_worker(name))?;
        let (worker, id) = (name.to_owned(), version.id.clone());
        if then == Then::Deploy {
            // Again when it is written: a deployment waits for nobody.
            let before = id.clone();
            self.store(move |store| store.check_alone(&worker, &before)).await?;
        }
        let (mut config, mut secrets) = self.opened(&version)?;
        let changed = told(&changes);
        for (key, secret) in changes {
            if secret.is_none() && !secrets.contains_key(&key) {
                return Err(Refusal::invalid(format!("`{name}` has no secret `{key}`")));
            }
            config.set_secret(&mut secrets, &key, secret);
        }
        config.annotations = annotations;
        config.annotations.insert("workers/triggered_by".to_owned(), "secret".into());
        let hash = version.bundle;
        let bytes = self.store(move |store| store.bundle_bytes(hash)).await?;
        let _held = self.bodies.hold_bytes(account, bundle_memory(bytes)).await?;
        let encoded = self.store(move |store| store.bundle(hash)).await?;
        let bundle = Bundle::decode(encoded).map_err(Refusal::internal)?;
        let of = id.clone();
        let assets = self.store(move |store| store.asset_paths(&of)).await?;
        let (sound, _) = self.try_out(name, config, secrets, bundle).await?;
        let sound = Sound { assets, successor_of: Some(id), secrets_changed: Some(changed), ..sound };
        describe(&self.keep((account, actor), name, sound, then, turn).await?)
    }
}

/// Which secrets are changed, for the log: names, and never a text.
fn told(changes: &Changes) -> String {
    let mut told: Vec<String> = changes
        .iter()
        .take(NAMES_TOLD_MAX)
        .map(|(key, secret)| format!("{key} {}", if secret.is_some() { "set" } else { "deleted" }))
        .collect();
    if changes.len() > NAMES_TOLD_MAX {
        told.push(format!("and {} more", changes.len() - NAMES_TOLD_MAX));
    }
    told.join(", ")
}

fn changes_of(said: Option<&Value>) -> Result<Changes, Refusal> {
    let said = said.and_then(Value::as_object);
    let said = said.ok_or_else(|| Refusal::invalid("the body must name the secrets to change"))?;
    if said.len() > CHANGES_MAX {
        return Err(Refusal::too_much(format!("one call may change {CHANGES_MAX} secrets")));
    }
    let change = |(key, value): (&String, &Value)| match value {
        Value::Null => check_name(key).map(|()| (key.clone(), None)),
        value => secret_of(Some(&json!(key)), value).map(|(key, secret)| (key, Some(secret))),
    };
    said.iter().map(change).collect()
}

fn secret_of(name: Option<&Value>, said: &Value) -> Result<(String, String), Refusal> {
    let said = said.as_object().ok_or_else(|| Refusal::invalid("a secret is a JSON object"))?;
    let name = name.and_then(Value::as_str).ok_or_else(|| Refusal::invalid("a secret has a `name`"))?;
    check_name(name)?;
    let secret =
        text(said, "text").ok_or_else(|| Refusal::invalid(format!("the secret `{name}` has no `text`")))?;
    if text(said, "type").is_some_and(|kind| kind != "secret_text") {
        return Err(Refusal::not_yet("secrets other than text"));
    }
    if secret.len() > SECRET_BYTES_MAX {
        return Err(Refusal::too_much(format!("a secret may have {SECRET_BYTES_MAX} bytes")));
    }
    Ok((name.to_owned(), secret.to_owned()))
}
