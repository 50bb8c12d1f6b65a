//! A version's settings: what is kept of an upload, and the `env` that its code gets.

mod sealed;

use mote_store::{PreparedFor, Version};
use mote_wire::{compatibility::Compatibility, limits::LimitsPatch};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    annotations::annotations,
    assets::AssetsConfig,
    envelope::{NOTHING_TO_INHERIT, Refusal, time},
    upload::Metadata,
};
use crate::{
    bindings::{HostBinding, HostBindings, KV_NAMESPACE},
    clock::today,
};

pub(crate) use sealed::open_secrets;
pub(super) use sealed::{Secrets, seal_secrets};

/// Most bindings of one version.
const BINDINGS_MAX: usize = 1_000;
/// So many mistakes are told at once.
const ERRORS_SHOWN: usize = 10;
/// The type of a binding whose text is sealed and never given back.
const SECRET: &str = "secret_text";

/// What is kept of a version beside its code.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct VersionConfig {
    pub(crate) account: String,
    pub(crate) bindings: Vec<Map<String, Value>>,
    pub(crate) compatibility_date: Option<String>,
    pub(crate) compatibility_flags: Vec<String>,
    pub(crate) limits: Map<String, Value>,
    pub(crate) annotations: Map<String, Value>,
    pub(crate) usage_model: String,
    pub(crate) handlers: Vec<String>,
    pub(crate) source: String,
    /// Who made it, as the books name him; empty if it is of a time when that was not kept.
    #[serde(default)]
    pub(crate) author: String,
    /// How its static assets are served; `None` if it has none.
    #[serde(default)]
    pub(crate) assets: Option<AssetsConfig>,
    /// Whether it is files alone, without code of its own.
    #[serde(default)]
    pub(crate) files_alone: bool,
}

impl VersionConfig {
    pub(crate) fn of(version: &Version) -> Result<Self, serde_json::Error> {
        serde_json::from_str(&version.config_json)
    }

    /// The limits that the version asks for.
    pub(crate) fn limits_patch(&self) -> LimitsPatch {
        let mut patch = LimitsPatch::default();
        for (key, value) in &self.limits {
            if let Some(value) = value.as_u64() {
                patch.set(key, value);
            }
        }
        patch
    }

    /// Which behaviours of the platform the version has asked for.
    pub(crate) fn compatibility(&self) -> Compatibility {
        let flags = self.compatibility_flags.iter().map(String::as_str);
        Compatibility::kept(self.compatibility_date.as_deref(), flags)
    }

    /// What is prepared for the version is prepared for this.
    pub(crate) fn prepared_for(&self, version: &Version) -> PreparedFor {
        PreparedFor { bundle: version.bundle, compatibility: self.compatibility() }
    }

    /// The bindings that are more than values, by their names.
    pub(crate) fn host_bindings(&self) -> HostBindings {
        let named = |binding| Some((text(binding, "name")?.to_owned(), HostBinding::of(binding)?));
        self.bindings.iter().filter_map(named).collect()
    }

    /// The `env` of the version, as a JSON object; under the empty name stand the kinds of the bindings that are more than
    /// values.
    pub(crate) fn env_json(&self, secrets: &Secrets, id: &str, created_ms: i64) -> String {
        let mut env = Map::new();
        for binding in self.bindings.iter().filter(|binding| HostBinding::of(binding).is_none()) {
            let Some(name) = text(binding, "name") else { continue };
            let value = match text(binding, "type") {
                Some("plain_text") => binding.get("text").cloned(),
                Some("json") => binding.get("json").cloned(),
                Some(SECRET) => secrets.get(name).cloned().map(Value::String),
                Some("version_metadata") => {
                    let tag = self.annotations.get("workers/tag").cloned().unwrap_or_else(|| "".into());
                    Some(json!({"id": id, "tag": tag, "timestamp": time(created_ms)}))
                }
                _ => None,
            };
            env.insert(name.to_owned(), value.unwrap_or(Value::Null));
        }
        let kinds: Map<_, _> = self
            .host_bindings()
            .iter()
            .map(|(name, binding)| (name.clone(), binding.kind().into()))
            .collect();
        if !kinds.is_empty() {
            env.insert(String::new(), kinds.into());
        }
        Value::Object(env).to_string()
    }
}

/// The settings that an upload asks for, with what it inherits from the version before it.
pub(super) fn settle(
    metadata: &Metadata,
    account: &str,
    before: Option<(VersionConfig, Secrets)>,
) -> Result<(VersionConfig, Secrets), Refusal> {
    refuse_unsupported(metadata)?;
    let compatibility_date = compatibility_date(metadata)?;
    let (before, secrets_before) = before.unwrap_or_default();
    let (mut bindings, mut secrets) = (Vec::new(), Secrets::new());
    let inherit = |name: &str, from: &str, bindings: &mut Vec<_>, secrets: &mut Secrets| {
        let found = before.bindings.iter().find(|binding| text(binding, "name") == Some(from))?;
        let mut binding = found.clone();
        binding.insert("name".to_owned(), name.into());
        bindings.push(binding);
        if let Some(secret) = secrets_before.get(from) {
            secrets.insert(name.to_owned(), secret.clone());
        }
        Some(())
    };
    for binding in &metadata.bindings {
        let name = text(binding, "name").ok_or_else(|| Refusal::invalid("a binding has no `name`"))?;
        check_name(name)?;
        if bindings.iter().any(|known| text(known, "name") == Some(name)) {
            return Err(Refusal::invalid(format!("two bindings are called `{name}`")));
        }
        match text(binding, "type") {
            Some("inherit") => {
                let from = text(binding, "old_name").unwrap_or(name);
                inherit(name, from, &mut bindings, &mut secrets).ok_or_else(|| Refusal {
                    code: NOTHING_TO_INHERIT,
                    // The beginning is what wrangler looks for to say which required secrets lack.
                    ..Refusal::invalid(format!(
                        "inherit binding '{name}' is invalid: the version before has no binding `{from}`"
                    ))
                })?;
            }
            _ => bindings.push(said_anew_binding(name, binding, account, &mut secrets)?),
        }
    }
    for kept in &before.bindings {
        let (Some(name), Some(kind)) = (text(kept, "name"), text(kept, "type")) else { continue };
        let said_anew = bindings.iter().any(|known| text(known, "name") == Some(name));
        if metadata.keep_bindings.iter().any(|keep| keep == kind) && !said_anew {
            let _ = inherit(name, name, &mut bindings, &mut secrets);
        }
    }
    if bindings.len() > BINDINGS_MAX {
        return Err(Refusal::too_much(format!("a version may have {BINDINGS_MAX} bindings")));
    }
    let config = VersionConfig {
        account: account.to_owned(),
        bindings,
        compatibility_date: Some(compatibility_date),
        compatibility_flags: metadata.compatibility_flags.clone(),
        limits: metadata.limits.clone().unwrap_or_default(),
        annotations: annotations(metadata.annotations.as_ref())?,
        usage_model: metadata.usage_model.clone().unwrap_or_else(|| "standard".to_owned()),
        handlers: Vec::new(),
        source: "api".to_owned(),
        author: String::new(),
        assets: None,
        files_alone: metadata.is_files_alone(),
    };
    Ok((config, secrets))
}

/// The date that a version asks for, and today's if it asks for none: what it does must not change later. Refuses flags that
/// are none.
fn compatibility_date(metadata: &Metadata) -> Result<String, Refusal> {
    let today = today();
    let date = metadata.compatibility_date.as_deref().filter(|date| !date.is_empty());
    let flags = metadata.compatibility_flags.iter().map(String::as_str);
    match Compatibility::settle(date, flags, today) {
        Ok(_) => Ok(date.map_or_else(|| today.to_string(), str::to_owned)),
        Err(errors) => {
            let shown = errors.iter().take(ERRORS_SHOWN).map(ToString::to_string);
            Err(Refusal::invalid(shown.collect::<Vec<_>>().join("; ")))
        }
    }
}

fn kv_binding(name: &str, said: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    let id = text(said, "namespace_id").filter(|id| !id.is_empty()).ok_or_else(|| {
        Refusal::invalid(format!(
            "the KV binding `{name}` has no `namespace_id`: make a namespace (`wrangler kv namespace create <title>`) and \
             name its id, or inherit the binding of the version before"
        ))
    })?;
    Ok(object(json!({"name": name, "type": KV_NAMESPACE, "namespace_id": id})))
}

/// A binding as it is kept, if an upload says what it is; its secret is put to the others.
fn said_anew_binding(
    name: &str,
    binding: &Map<String, Value>,
    account: &str,
    secrets: &mut Secrets,
) -> Result<Map<String, Value>, Refusal> {
    match text(binding, "type") {
        Some(SECRET) => {
            let secret = text(binding, "text")
                .ok_or_else(|| Refusal::invalid(format!("the secret `{name}` has no `text`")))?;
            secrets.insert(name.to_owned(), secret.to_owned());
            Ok(object(json!({"name": name, "type": SECRET})))
        }
        Some("plain_text") if text(binding, "text").is_none() => {
            Err(Refusal::invalid(format!("the variable `{name}` has no `text`")))
        }
        Some("service") => {
            check_service(name, binding, account)?;
            Ok(binding.clone())
        }
        Some("plain_text" | "json" | "version_metadata" | "assets") => Ok(binding.clone()),
        Some(KV_NAMESPACE) => kv_binding(name, binding),
        Some(other) => Err(Refusal::not_yet(&format!("bindings of the type `{other}` (`{name}`)"))),
        None => Err(Refusal::invalid(format!("the binding `{name}` has no `type`"))),
    }
}

/// What would change how the worker runs, and does not, is refused: nobody should find out later.
fn refuse_unsupported(metadata: &Metadata) -> Result<(), Refusal> {
    let said = |value: &Option<Value>| value.as_ref().is_some_and(|value| !is_nothing(value));
    for (value, what) in [(&metadata.migrations, "Durable Objects"), (&metadata.containers, "containers")] {
        if said(value) {
            return Err(Refusal::not_yet(what));
        }
    }
    let tails = [&metadata.tail_consumers, &metadata.streaming_tail_consumers];
    if tails.iter().any(|tails| tails.as_ref().is_some_and(|tails| !tails.is_empty())) {
        return Err(Refusal::not_yet("tail consumers"));
    }
    Ok(())
}

/// Bytes of `props` as JSON, and characters of an entrypoint's name: they go with each event.
const PROPS_BYTES_MAX: usize = 64 << 10;
const ENTRYPOINT_CHARS_MAX: usize = 255;

/// What a binding to a worker says; whether there is such a worker is looked up later.
fn check_service(name: &str, binding: &Map<String, Value>, account: &str) -> Result<(), Refusal> {
    let service = text(binding, "service")
        .ok_or_else(|| Refusal::invalid(format!("the service binding `{name}` has no `service`")))?;
    super::check_worker(service)?;
    let environment = text(binding, "environment").unwrap_or("production");
    if environment != "production" {
        return Err(Refusal::invalid(format!(
            "the service binding `{name}` asks for the environment `{environment}`: here an environment is a worker of its own, \
             `{service}-{environment}`"
        )));
    }
    if let Some(other) = text(binding, "account_id").filter(|other| *other != account) {
        return Err(Refusal::invalid(format!(
            "the service binding `{name}` asks for a worker of the account `{other}`; only workers of one account may be bound"
        )));
    }
    if text(binding, "entrypoint").is_some_and(|entrypoint| entrypoint.chars().count() > ENTRYPOINT_CHARS_MAX)
    {
        return Err(Refusal::invalid(format!(
            "the entrypoint of the service binding `{name}` has too long a name"
        )));
    }
    match binding.get("props") {
        None | Some(Value::Null) => Ok(()),
        Some(props @ Value::Object(_)) if props.to_string().len() <= PROPS_BYTES_MAX => Ok(()),
        Some(Value::Object(_)) => Err(Refusal::too_much(format!(
            "the `props` of the service binding `{name}` have more than {PROPS_BYTES_MAX} bytes as JSON"
        ))),
        Some(_) => {
            Err(Refusal::invalid(format!("the `props` of the service binding `{name}` are no JSON object")))
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A binding's name is a property of `env` and, in a service worker, a global variable.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    let mut characters = name.chars();
    let first = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || "_$".contains(first));
    let rest = characters.all(|other| other.is_ascii_alphanumeric() || "_$-".contains(other));
    if first && rest && name.len() <= 255 {
        return Ok(());
    }
    let shown: String = name.chars().take(100).collect();
    Err(Refusal::invalid(format!(
        "`{shown}` is no name for a binding: use letters, digits, `_` and `-`, and begin with a letter or `_`"
    )))
}

pub(super) fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn metadata(value: Value) -> Metadata {
        serde_json::from_value(value).unwrap()
    }

    fn first() -> (VersionConfig, Secrets) {
        let said = metadata(json!({"bindings": [
            {"name": "WORD", "type": "plain_text", "text": "hello"},
            {"name": "LIST", "type": "json", "json": [1, 2]},
            {"name": "KEY", "type": "secret_text", "text": "hush"},
            {"name": "SELF", "type": "version_metadata"},
        ]}));
        settle(&said, "acme", None).unwrap()
    }

    #[test]
    fn env_has_what_the_bindings_say_and_the_config_no_secret() {
        let (config, secrets) = first();
        assert!(!serde_json::to_string(&config).unwrap().contains("hush"));
        let env: Value = serde_json::from_str(&config.env_json(&secrets, "id", 0)).unwrap();
        let own = json!({"id": "id", "tag": "", "timestamp": "1970-01-01T00:00:00.000Z"});
        assert_eq!(env, json!({"WORD": "hello", "LIST": [1, 2], "KEY": "hush", "SELF": own}));
    }

    #[test]
    fn a_version_has_a_date_that_is_not_to_come_and_only_flags_that_there_are() {
        let (config, _) = first();
        assert_eq!(config.compatibility_date, Some(today().to_string()));
        let asked = |date: &str, flags: &[&str]| {
            let said = json!({"compatibility_date": date, "compatibility_flags": flags});
            settle(&metadata(said), "acme", None)
        };
        let (config, _) = asked("2022-03-20", &["nodejs_compat"]).unwrap();
        assert!(
            config.compatibility().is_on("nodejs_compat")
                && !config.compatibility().is_on("global_navigator")
        );
        let refused = asked("2999-01-01", &["nodejs_compta", "x"]).unwrap_err();
        assert_eq!(refused.status, http::StatusCode::BAD_REQUEST);
        for text in
            ["in the future: 2999-01-01", "did you mean nodejs_compat?", "No such compatibility flag: x"]
        {
            assert!(refused.message.contains(text), "{}", refused.message);
        }
        let many = asked("2022-03-20", &vec!["x"; 10_000]).unwrap_err();
        assert!(many.message.len() < 1_000, "{}", many.message);
    }

    #[test]
    fn a_new_version_keeps_what_it_asks_to_keep_and_nothing_else() {
        let next = metadata(json!({"bindings": [{"name": "WORD", "type": "plain_text", "text": "hi"}],
                                   "keep_bindings": ["secret_text", "plain_text"]}));
        let (config, secrets) = settle(&next, "acme", Some(first())).unwrap();
        let env: Value = serde_json::from_str(&config.env_json(&secrets, "id", 0)).unwrap();
        assert_eq!(env, json!({"WORD": "hi", "KEY": "hush"}));
        let (config, secrets) = settle(&metadata(json!({})), "acme", Some(first())).unwrap();
        assert_eq!(config.env_json(&secrets, "id", 0), "{}");
        let inherits = json!({"bindings": [{"name": "MINE", "old_name": "KEY", "type": "inherit"}]});
        let (_, secrets) = settle(&metadata(inherits), "acme", Some(first())).unwrap();
        assert_eq!(secrets.get("MINE").map(String::as_str), Some("hush"));
    }

    #[test]
    fn a_kv_binding_is_kept_and_inherited_and_env_has_its_kind() {
        let said = metadata(json!({"bindings": [
            {"name": "KV", "type": "kv_namespace", "namespace_id": "abc", "raw": true},
            {"name": "WORD", "type": "plain_text", "text": "hi"},
        ]}));
        let first = settle(&said, "acme", None).unwrap();
        let kv = HostBinding::Kv { namespace: "abc".to_owned() };
        assert_eq!(
            first.0.bindings[0],
            object(json!({"name": "KV", "type": "kv_namespace", "namespace_id": "abc"}))
        );
        assert_eq!(first.0.host_bindings(), BTreeMap::from([("KV".to_owned(), kv.clone())]));
        let env: Value = serde_json::from_str(&first.0.env_json(&first.1, "id", 0)).unwrap();
        assert_eq!(env, json!({"": {"KV": "kv_namespace"}, "WORD": "hi"}));
        for next in [
            json!({"keep_bindings": ["kv_namespace"]}),
            json!({"bindings": [{"name": "KV", "type": "inherit"}]}),
        ] {
            let (config, _) = settle(&metadata(next), "acme", Some(first.clone())).unwrap();
            assert_eq!(config.host_bindings(), BTreeMap::from([("KV".to_owned(), kv.clone())]));
        }
    }

    #[test]
    fn what_is_wrong_or_not_supported_is_refused_by_name() {
        for (said, code, expected) in [
            (json!({"bindings": [{"type": "json", "json": 1}]}), 10_021, "has no `name`"),
            (json!({"bindings": [{"name": "A", "type": "plain_text"}]}), 10_021, "`A` has no `text`"),
            (json!({"bindings": [{"name": "a b", "type": "json"}]}), 10_021, "no name for a binding"),
            (json!({"bindings": [{"name": "A"}]}), 10_021, "has no `type`"),
            (
                json!({"bindings": [{"name": "A", "type": "kv_namespace"}]}),
                10_021,
                "`A` has no `namespace_id`",
            ),
            (
                json!({"bindings": [{"name": "A", "type": "kv_namespace", "namespace_id": ""}]}),
                10_021,
                "wrangler kv namespace create",
            ),
            (json!({"bindings": [{"name": "A", "type": "inherit"}]}), 10_057, "inherit binding"),
            (json!({"bindings": [{"name": "DB", "type": "d1"}]}), 7_003, "`d1` (`DB`)"),
            (json!({"bindings": [{"name": "S", "type": "service"}]}), 10_021, "has no `service`"),
            (
                json!({"bindings": [{"name": "S", "type": "service", "service": "a", "environment": "b"}]}),
                10_021,
                "`a-b`",
            ),
            (
                json!({"bindings": [{"name": "S", "type": "service", "service": "a", "props": 1}]}),
                10_021,
                "no JSON object",
            ),
            (json!({"migrations": {"new_tag": "v1"}}), 7_003, "Durable Objects"),
            (
                json!({"bindings": [{"name": "A", "type": "json"}, {"name": "A", "type": "json"}]}),
                10_021,
                "two bindings",
            ),
        ] {
            let refusal = settle(&metadata(said.clone()), "acme", None).unwrap_err();
            assert!(refusal.code == code && refusal.message.contains(expected), "{said}: {refusal:?}");
        }
    }
}
