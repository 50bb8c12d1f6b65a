//! Versions, described. They are made by uploads and by changes of secrets, and never change.

use mote_store::{Store, StoreError, Version};
use serde_json::{Value, json};

use super::{Api, Refusal, auth::email_of, config::VersionConfig, envelope::time};

/// As many as clients show.
const LISTED_MAX: u32 = 100;
/// Bytes of settings that one list has: those of a hundred versions may come to a hundred mebibytes, and many times that while they
/// are described. Older versions are listed without theirs then; each is shown whole to whoever asks for it.
const LISTED_BYTES_MAX: u32 = 2 << 20;

impl Api {
    pub(super) async fn versions(&self, account: &str, name: &str) -> Result<Value, Refusal> {
        let (account, worker) = (account.to_owned(), name.to_owned());
        let engine = self.deployed.engine().to_owned();
        let versions = self.store(move |store| {
            let versions = store.versions_within(&account, &worker, (LISTED_MAX, LISTED_BYTES_MAX))?;
            versions
                .into_iter()
                .map(|version| with_start(store, version, &engine))
                .collect::<Result<Vec<_>, _>>()
        });
        let item = |found: &WithStart| match found {
            (version, _) if version.config_json.is_empty() => Ok(describe_briefly(version)),
            found => describe_with_start(found),
        };
        let items = versions.await?.iter().map(item).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({"items": items}))
    }

    pub(super) async fn version(&self, account: &str, name: &str, id: &str) -> Result<Value, Refusal> {
        let (account, worker, id) = (account.to_owned(), name.to_owned(), id.to_owned());
        let engine = self.deployed.engine().to_owned();
        let found =
            self.store(move |store| with_start(store, store.version(&account, &worker, &id)?, &engine));
        describe_with_start(&found.await?)
    }
}

/// A version, and what was found out about its start, as JSON.
type WithStart = (Version, Option<String>);

fn with_start(store: &Store, version: Version, engine: &str) -> Result<WithStart, StoreError> {
    let start = match VersionConfig::of(&version) {
        Ok(config) => store.prepared_report(&config.prepared_for(&version), engine)?,
        // Whoever describes it says what is wrong with it.
        Err(_) => None,
    };
    Ok((version, start))
}

/// What is known of a version without its settings.
fn describe_briefly(version: &Version) -> Value {
    let created = time(version.created_ms);
    json!({
        "id": version.id,
        "number": version.number,
        "metadata": {"created_on": created, "modified_on": created, "has_preview": true},
        "annotations": {},
    })
}

fn describe_with_start((version, start): &WithStart) -> Result<Value, Refusal> {
    let mut described = describe(version)?;
    let start = start.as_ref().and_then(|report| serde_json::from_str::<Value>(report).ok());
    if let (Value::Object(fields), Some(start)) = (&mut described, start) {
        fields.insert("start".to_owned(), start);
    }
    Ok(described)
}

/// A version as the API shows it: never with the text of a secret, because its settings hold none.
pub(super) fn describe(version: &Version) -> Result<Value, Refusal> {
    let config = VersionConfig::of(version).map_err(Refusal::internal)?;
    Ok(json!({
        "id": version.id,
        "number": version.number,
        "metadata": {
            "created_on": time(version.created_ms),
            "modified_on": time(version.created_ms),
            "source": config.source,
            "author_id": email_of(&config.author),
            "author_email": email_of(&config.author),
            "has_preview": true,
        },
        "annotations": config.annotations,
        "resources": {
            "bindings": config.bindings,
            "script": {
                "etag": version.bundle.to_string(),
                "handlers": config.handlers,
                "last_deployed_from": config.source,
            },
            "script_runtime": {
                "compatibility_date": config.compatibility_date,
                "compatibility_flags": config.compatibility_flags,
                "usage_model": config.usage_model,
                "limits": config.limits,
            },
        },
    }))
}
