//! `[cf]`: what a node says in every `request.cf`.

use mote_host::gateway::OperatorFacts;
use serde_json::Value as Json;
use toml::{Table, Value};

/// Reads the table.
pub(super) fn read(table: Table) -> Result<OperatorFacts, String> {
    let facts = table.into_iter().map(|(key, value)| {
        let json = json_of(value);
        let wrong = || format!("[cf] `{key}` must be a text, a number, a boolean, or made of these");
        json.ok_or_else(wrong).map(|json| (key, json))
    });
    let facts = facts.collect::<Result<_, _>>()?;
    OperatorFacts::new(facts).map_err(|error| format!("[cf]: {error}"))
}

fn json_of(value: Value) -> Option<Json> {
    Some(match value {
        Value::String(text) => Json::from(text),
        Value::Integer(number) => Json::from(number),
        Value::Float(number) => Json::Number(serde_json::Number::from_f64(number)?),
        Value::Boolean(is) => Json::from(is),
        Value::Datetime(_) => return None,
        Value::Array(items) => Json::Array(items.into_iter().map(json_of).collect::<Option<_>>()?),
        Value::Table(table) => {
            let members = table.into_iter().map(|(key, value)| Some((key, json_of(value)?)));
            Json::Object(members.collect::<Option<_>>()?)
        }
    })
}
