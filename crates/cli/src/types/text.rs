//! The text of the types, in the shape that wrangler gives it.

use std::{fmt::Write as _, path::Path};

use mote_wire::bundle::ModuleKind;
use serde_json::{Map, Value};

use super::Described;

/// How the type of a variable is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vars {
    /// By its value: `"red"`.
    Literal,
    /// By what kind of value it is: `string`.
    Loose,
}

/// The whole file.
pub(super) fn of(described: &Described, interface: &str) -> String {
    let mut text = String::from(
        "/* eslint-disable */\n// Written by `mote types` from the project's configuration: run it again after a change of that.\n\
         declare namespace Cloudflare {\n\tinterface Env {\n",
    );
    for (name, member) in &described.members {
        let types: Vec<&str> = member.types.iter().map(String::as_str).collect();
        let optional = if member.is_everywhere { "" } else { "?" };
        let _ = writeln!(text, "\t\t{}{optional}: {};", key(name), types.join(" | "));
    }
    let _ = writeln!(text, "\t}}\n}}\ninterface {interface} extends Cloudflare.Env {{}}");
    for (pattern, export) in &described.modules {
        let _ = write!(
            text,
            "declare module {} {{\n\tconst value: {export};\n\texport default value;\n}}\n",
            quoted(pattern)
        );
    }
    text
}

/// The type of a binding. `main` is the file that exports its classes, relative to the project.
pub(super) fn binding(kind: &str, fields: &Map<String, Value>, main: Option<&Path>) -> String {
    let field = |name: &str| fields.get(name).and_then(Value::as_str);
    let class = || {
        let own = field("script_name").is_none();
        let (main, class) = (main.filter(|_| own)?, field("class_name").filter(|name| is_identifier(name))?);
        // An import goes without the ending of a TypeScript file.
        let path = main.with_extension("").to_string_lossy().replace('\\', "/");
        Some(format!("import({}).{class}", quoted(&format!("./{path}"))))
    };
    match kind {
        "kv_namespace" => "KVNamespace".to_owned(),
        "service" => match (field("service"), field("entrypoint")) {
            (Some(service), Some(entrypoint)) => {
                format!("Fetcher /* {} of {} */", said(entrypoint), said(service))
            }
            (Some(service), None) => format!("Fetcher /* {} */", said(service)),
            (None, _) => "Fetcher".to_owned(),
        },
        "d1" => "D1Database".to_owned(),
        "r2_bucket" => "R2Bucket".to_owned(),
        "durable_object_namespace" => match class() {
            Some(class) => format!("DurableObjectNamespace<{class}>"),
            None => "DurableObjectNamespace".to_owned(),
        },
        "queue" => "Queue".to_owned(),
        "workflow" => "Workflow".to_owned(),
        "dispatch_namespace" => "DispatchNamespace".to_owned(),
        "hyperdrive" => "Hyperdrive".to_owned(),
        "vectorize" => "VectorizeIndex".to_owned(),
        "analytics_engine" => "AnalyticsEngineDataset".to_owned(),
        "version_metadata" => "WorkerVersionMetadata".to_owned(),
        "ai" => "Ai".to_owned(),
        "browser" => "Fetcher".to_owned(),
        "images" => "ImagesBinding".to_owned(),
        other => format!("unknown /* {} */", said(other)),
    }
}

/// The type of a variable with this value.
pub(super) fn value(value: &Value, vars: Vars) -> String {
    match (vars, value) {
        (Vars::Literal, Value::String(text)) => quoted(text),
        (Vars::Literal, Value::Null | Value::Bool(_) | Value::Number(_)) => value.to_string(),
        (_, Value::Null) => "null".to_owned(),
        (Vars::Loose, Value::Bool(_)) => "boolean".to_owned(),
        (Vars::Loose, Value::Number(_)) => "number".to_owned(),
        (Vars::Loose, Value::String(_)) => "string".to_owned(),
        (Vars::Literal, Value::Array(items)) => {
            let items: Vec<_> = items.iter().map(|item| self::value(item, vars)).collect();
            format!("[{}]", items.join(", "))
        }
        (Vars::Loose, Value::Array(items)) => {
            let mut kinds: Vec<_> = items.iter().map(|item| self::value(item, vars)).collect();
            kinds.sort();
            kinds.dedup();
            if kinds.is_empty() { "unknown[]".to_owned() } else { format!("({})[]", kinds.join(" | ")) }
        }
        (_, Value::Object(members)) => {
            let members: Vec<_> = members
                .iter()
                .map(|(name, member)| format!("{}: {}", key(name), self::value(member, vars)))
                .collect();
            if members.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", members.join("; ")) }
        }
    }
}

/// What a module of this kind exports as default; `None` if TypeScript reads it itself.
pub(super) fn default_export(kind: ModuleKind) -> Option<&'static str> {
    match kind {
        ModuleKind::Text => Some("string"),
        ModuleKind::Data => Some("ArrayBuffer"),
        ModuleKind::Wasm => Some("WebAssembly.Module"),
        ModuleKind::EsModule | ModuleKind::CommonJs | ModuleKind::Json => None,
    }
}

/// The pattern by which TypeScript knows what a rule's glob matches; `None` if it has none: it takes one star.
pub(super) fn pattern(glob: &str) -> Option<String> {
    let last = glob.rsplit('/').next().unwrap_or(glob);
    let pattern = if last.contains('*') { last.to_owned() } else { format!("*/{last}") };
    (pattern.matches('*').count() == 1 && last != "*").then_some(pattern)
}

/// A name of a member, in quotes if it needs them.
fn key(name: &str) -> String {
    if is_identifier(name) { name.to_owned() } else { quoted(name) }
}

pub(super) fn is_identifier(name: &str) -> bool {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    name.starts_with(is_first) && name.chars().all(|c| is_first(c) || c.is_ascii_digit())
}

/// A string of TypeScript. JSON's are, but for two ends of lines that JavaScript once took for its own.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Part of a comment, which it cannot end.
fn said(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || "-_ ".contains(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_a_type() {
        let some = json!({"a": [1, "two", null], "b-c": {}, "quote": "\"\n*/"});
        let literal = r#"{ a: [1, "two", null]; "b-c": {}; quote: "\"\n*/" }"#;
        assert_eq!(value(&some, Vars::Literal), literal);
        let loose = r#"{ a: (null | number | string)[]; "b-c": {}; quote: string }"#;
        assert_eq!(value(&some, Vars::Loose), loose);
    }

    #[test]
    fn a_glob_is_a_pattern_with_one_star() {
        for (glob, wanted) in [
            ("**/*.txt", Some("*.txt")),
            ("docs/page.md", Some("*/page.md")),
            ("**/*.min.*", None),
            ("**", None),
        ] {
            assert_eq!(pattern(glob).as_deref(), wanted, "{glob}");
        }
    }

    #[test]
    fn no_name_ends_a_comment() {
        let fields = json!({"service": "a*/ evil", "entrypoint": "B\n"});
        let Value::Object(fields) = fields else { panic!() };
        assert_eq!(binding("service", &fields, None), "Fetcher /* B of a evil */");
    }
}
