//! What a deploy says.

use mote_wire::bundle::{Bundle, Module};
use serde_json::{Value, json};

use super::{
    super::output::{Colours, Paint, count, size},
    Done, Plan, Worker,
    assets::Files,
    metadata, triggers,
};
use crate::printable::printable;

/// Modules that are shown by name.
const SHOWN_MODULES_MAX: usize = 12;
/// Files that are shown by name.
const SHOWN_FILES_MAX: usize = 50;

/// What would be sent, for programs.
pub(super) fn planned(plan: &Plan) -> Value {
    let settings = plan.project.settings();
    let module = |module: &Module| json!({"name": module.name.as_str(), "kind": module.kind.to_string(), "bytes": module.content.len()});
    let modules: Vec<Value> = modules(plan).map(module).collect();
    let bindings: Vec<Value> = metadata::bindings(settings)
        .iter()
        .map(|binding| json!({"name": binding.get("name"), "type": binding.get("type")}))
        .collect();
    let assets = plan.files.as_ref().map(|files| {
        let left_out: Vec<Value> =
            files.left_out().kinds().map(|(kind, number)| json!({"kind": kind, "entries": number})).collect();
        let paths: Vec<&str> = files.each().map(|(path, _)| path).take(SHOWN_FILES_MAX).collect();
        json!({"files": files.len(), "bytes": files.bytes(), "paths": paths, "left_out": left_out})
    });
    json!({
        "name": plan.name,
        "dry_run": true,
        "modules": modules,
        "bindings": bindings,
        "assets": assets,
        "routes": triggers::patterns(settings),
        "domains": triggers::domains(settings),
        "crons": settings.crons,
        "warnings": plan.warnings,
    })
}

/// The same in words.
pub(super) fn plan_in_words(plan: &Plan, colours: Colours) -> String {
    let settings = plan.project.settings();
    let mut lines = vec![format!("{}: {}", colours.paint(Paint::Bold, &plan.name), contents(plan))];
    let mut row = |what: &str, text: String| {
        lines.push(format!("  {} {text}", colours.paint(Paint::Dim, &format!("{what:<8}"))));
    };
    for module in modules(plan).take(SHOWN_MODULES_MAX) {
        let text = format!("{} ({}, {})", module.name, module.kind, size(module.content.len() as u64));
        row("module", text);
    }
    let more = modules(plan).count().saturating_sub(SHOWN_MODULES_MAX);
    if more > 0 {
        row("module", format!("and {more} more"));
    }
    for (path, bytes) in plan.files.iter().flat_map(Files::each).take(SHOWN_FILES_MAX) {
        row("asset", format!("{} ({})", printable(path).replace(['\n', '\t'], " "), size(bytes)));
    }
    let more = plan.files.as_ref().map_or(0, Files::len).saturating_sub(SHOWN_FILES_MAX);
    if more > 0 {
        row("asset", format!("and {more} more"));
    }
    for binding in metadata::bindings(settings) {
        let of = |key: &str| binding.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        row("binding", printable(&format!("{} ({})", of("name"), of("type"))));
    }
    triggers::patterns(settings).iter().for_each(|route| row("route", printable(route)));
    triggers::domains(settings).iter().for_each(|domain| row("domain", printable(domain)));
    settings.crons.iter().flatten().for_each(|cron| row("cron", printable(cron)));
    lines.push("nothing was sent (--dry-run)".to_owned());
    lines.join("\n")
}

/// What has been done, for programs.
pub(super) fn document(plan: &Plan, worker: &Worker, done: &Done) -> Value {
    let mut document = planned(plan);
    if let Value::Object(fields) = &mut document {
        fields.insert("dry_run".to_owned(), false.into());
        fields.insert("account".to_owned(), worker.account.as_str().into());
        fields.insert("version_id".to_owned(), done.version_id.as_str().into());
        fields.insert("deployment_id".to_owned(), done.deployment_id.as_str().into());
        fields.insert("startup_time_ms".to_owned(), done.startup_ms.into());
        fields.insert("assets_sent".to_owned(), done.files_sent.into());
        fields.insert("host".to_owned(), done.host.as_str().into());
    }
    document
}

/// The same in words.
pub(super) fn in_words(plan: &Plan, done: &Done, colours: Colours) -> String {
    let settings = plan.project.settings();
    let started = done.startup_ms.map(|ms| format!(", starts in {ms} ms")).unwrap_or_default();
    let green = colours.paint(Paint::Green, "deployed");
    let mut lines = vec![
        format!("{green} {}: {}{started}", plan.name, contents(plan)),
        format!("  version {}", printable(&done.version_id)),
    ];
    let host = printable(&done.host);
    lines.push(format!("  on the node's address as {}", colours.paint(Paint::Bold, &host)));
    let routes = triggers::patterns(settings);
    let domains = triggers::domains(settings);
    lines.extend(routes.iter().chain(&domains).map(|pattern| format!("  on {}", printable(pattern))));
    lines.extend(settings.crons.iter().flatten().map(|cron| format!("  at {} (UTC)", printable(cron))));
    lines.join("\n")
}

fn contents(plan: &Plan) -> String {
    let code = plan.bundle.as_ref().map(|bundle| {
        format!("{}, {}", count(bundle.modules().len(), "module"), size(bundle.content_bytes() as u64))
    });
    let files =
        plan.files.as_ref().map(|files| format!("{}, {}", count(files.len(), "file"), size(files.bytes())));
    code.into_iter().chain(files).collect::<Vec<_>>().join("; ")
}

/// Bytes of its modules and their source maps.
pub(super) fn code_bytes(plan: &Plan) -> u64 {
    let of = |module: &Module| module.content.len() + module.source_map.as_ref().map_or(0, bytes::Bytes::len);
    modules(plan).map(|module| of(module) as u64).sum()
}

fn modules(plan: &Plan) -> impl Iterator<Item = &Module> {
    plan.bundle.iter().flat_map(Bundle::modules)
}
