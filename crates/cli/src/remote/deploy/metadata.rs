//! A worker in the words of an upload.

use std::{fs, io};

use mote_bundle::{AssetsSettings, Settings, Var};
use mote_wire::{
    bundle::{Bundle, Format, Module, ModuleKind},
    limits::LIMITS,
};
use serde_json::{Map, Value, json};

use super::{
    super::{RemoteError, form::Form},
    Options, Plan,
};

/// What a new version keeps of the one before it: whoever deploys does not know the secrets.
const SECRETS: [&str; 2] = ["secret_text", "secret_key"];
/// What it keeps besides, where that is asked for.
const VARS: [&str; 2] = ["plain_text", "json"];

/// The `metadata` of an upload.
pub(super) fn of_the_version(
    plan: &Plan,
    options: &Options,
    jwt: Option<String>,
) -> Result<Value, RemoteError> {
    let settings = plan.project.settings();
    let mut metadata = Map::new();
    let mut put = |key: &str, value: Value| drop(metadata.insert(key.to_owned(), value));
    if let Some(bundle) = &plan.bundle {
        let key = match bundle.format() {
            Format::Modules => "main_module",
            Format::ServiceWorker => "body_part",
        };
        put(key, bundle.main().as_str().into());
    }
    put("bindings", bindings(settings).into());
    if let Some(date) = &settings.compatibility_date {
        put("compatibility_date", date.as_str().into());
    }
    put("compatibility_flags", json!(settings.compatibility_flags));
    let keeps_vars = options.keep_vars || settings.keep_vars;
    let kept: Vec<&str> = SECRETS.into_iter().chain(VARS.into_iter().filter(|_| keeps_vars)).collect();
    put("keep_bindings", json!(kept));
    let mut annotations = Map::new();
    let said = [("workers/message", &options.message), ("workers/tag", &options.tag)];
    for (key, text) in said {
        annotations.extend(text.as_ref().map(|text| (key.to_owned(), text.as_str().into())));
    }
    put("annotations", annotations.into());
    let limits: Map<String, Value> = LIMITS
        .iter()
        .filter_map(|limit| Some((limit.key.to_owned(), settings.limits.get(limit.key)?.into())))
        .collect();
    if !limits.is_empty() {
        put("limits", limits.into());
    }
    let whole = [
        ("observability", &settings.observability),
        ("migrations", &settings.migrations),
        ("tail_consumers", &settings.tail_consumers),
    ];
    for (key, value) in whole {
        value.iter().for_each(|value| put(key, value.clone()));
    }
    if let (Some(assets), Some(jwt)) = (&settings.assets, jwt) {
        put("assets", json!({"jwt": jwt, "config": assets_config(assets)?}));
    }
    Ok(metadata.into())
}

/// What belongs to the worker and to none of its versions.
pub(super) fn of_the_worker(settings: &Settings) -> Value {
    let mut said = Map::new();
    let whole = [("observability", &settings.observability), ("tail_consumers", &settings.tail_consumers)];
    for (key, value) in whole {
        said.extend(value.as_ref().map(|value| (key.to_owned(), value.clone())));
    }
    said.into()
}

/// The bindings that the configuration names: variables, what the node gives, and the assets.
pub(super) fn bindings(settings: &Settings) -> Vec<Value> {
    let vars = settings.vars.iter().map(|(name, var)| match var {
        Var::Text(text) => json!({"name": name, "type": "plain_text", "text": text}),
        Var::Json(value) => json!({"name": name, "type": "json", "json": value}),
        Var::Secret(text) => json!({"name": name, "type": "secret_text", "text": text}),
    });
    let given = settings.bindings.iter().map(|binding| {
        let mut all = Map::new();
        all.insert("name".to_owned(), binding.name.as_str().into());
        all.insert("type".to_owned(), binding.kind.into());
        all.extend(binding.fields.clone());
        all.into()
    });
    let assets = settings.assets.as_ref().and_then(|assets| assets.binding.as_ref());
    let assets = assets.map(|name| json!({"name": name, "type": "assets"}));
    vars.chain(given).chain(assets).collect()
}

/// How the assets are served, in the words of an upload.
pub(crate) fn assets_config(assets: &AssetsSettings) -> Result<Value, RemoteError> {
    let mut config = Map::new();
    let words =
        [("html_handling", &assets.html_handling), ("not_found_handling", &assets.not_found_handling)];
    for (key, word) in words {
        config.extend(word.as_ref().map(|word| (key.to_owned(), word.as_str().into())));
    }
    config
        .extend(assets.run_worker_first.as_ref().map(|first| ("run_worker_first".to_owned(), first.clone())));
    for name in ["_redirects", "_headers"] {
        let path = assets.directory.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => drop(config.insert(name.to_owned(), text.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(RemoteError::File { path, source }),
        }
    }
    Ok(config.into())
}

/// The whole upload: the metadata, then each module under its name.
pub(super) fn form(metadata: &Value, bundle: Option<&Bundle>) -> Form {
    let mut form = Form::new();
    form.text("metadata", metadata.to_string());
    for module in bundle.into_iter().flat_map(Bundle::modules) {
        let name = module.name.as_str();
        form.file(name, content_type(module), module.content.clone());
        if let Some(map) = &module.source_map {
            form.file(&format!("{name}.map"), "application/source-map", map.clone());
        }
    }
    form
}

fn content_type(module: &Module) -> &'static str {
    match module.kind {
        ModuleKind::EsModule => "application/javascript+module",
        ModuleKind::CommonJs => "application/javascript",
        ModuleKind::Wasm => "application/wasm",
        ModuleKind::Text => "text/plain",
        ModuleKind::Data => "application/octet-stream",
        ModuleKind::Json => "application/json",
    }
}
