//! How a worker is called, and what it may use: routes, crons, limits.

use mote_wire::limits::{LIMITS, LimitsPatch};

use super::{
    Reader, Route,
    tree::{Node, Value},
};

const OBSERVABILITY_KEYS: [&str; 6] =
    ["enabled", "head_sampling_rate", "redact_query_string", "issues", "logs", "traces"];
const OBSERVABILITY_TABLES: [(&str, &[&str]); 3] = [
    ("logs", &["enabled", "head_sampling_rate", "invocation_logs", "persist", "destinations"]),
    ("traces", &["enabled", "head_sampling_rate", "persist", "destinations"]),
    ("issues", &["enabled"]),
];

impl<'a> Reader<'a> {
    pub(super) fn routes(&mut self) -> Vec<Route> {
        let one = self.find("route").into_iter().map(|entry| &entry.node);
        let many = self.find("routes").and_then(|entry| self.list(entry)).into_iter().flatten();
        one.chain(many).filter_map(|node| self.route(node)).collect()
    }

    fn route(&mut self, node: &'a Node) -> Option<Route> {
        match &node.value {
            Value::String(pattern) => Some(Route { pattern: pattern.clone(), custom_domain: false }),
            Value::Table(table) => {
                let known =
                    ["pattern", "zone_id", "zone_name", "custom_domain", "enabled", "previews_enabled"];
                self.check_nested("routes", table, &known);
                let Some(entry) = table.entry("pattern") else {
                    self.fail(node, "a route needs a `pattern`");
                    return None;
                };
                let custom_domain = table.entry("custom_domain").and_then(|entry| self.bool_of(entry));
                Some(Route {
                    pattern: self.text_of(entry)?.to_owned(),
                    custom_domain: custom_domain.unwrap_or(false),
                })
            }
            other => {
                self.fail(node, format!("a route must be a string or a table, not {}", other.noun()));
                None
            }
        }
    }

    /// What is kept of its events, as it is: the node reads it. A key that nobody knows would be passed over there.
    pub(super) fn observability(&mut self) -> Option<serde_json::Value> {
        if let Some(Value::Table(table)) = self.find("observability").map(|entry| &entry.node.value) {
            self.check_nested("observability", table, &OBSERVABILITY_KEYS);
            for (name, known) in OBSERVABILITY_TABLES {
                if let Some(Value::Table(inner)) = table.entry(name).map(|entry| &entry.node.value) {
                    self.check_nested(&format!("observability.{name}"), inner, known);
                }
            }
        }
        self.json("observability")
    }

    pub(super) fn crons(&mut self) -> Option<Vec<String>> {
        let table = self.find("triggers").and_then(|entry| self.table(entry))?;
        self.check_nested("triggers", table, &["crons", "events"]);
        let entry = table.entry("crons")?;
        matches!(entry.node.value, Value::Array(_) | Value::String(_)).then(|| self.strings_of(entry))
    }

    pub(super) fn limits(&mut self) -> LimitsPatch {
        let Some(table) = self.find("limits").and_then(|entry| self.table(entry)) else {
            return LimitsPatch::default();
        };
        let keys: Vec<&str> = LIMITS.iter().map(|limit| limit.key).collect();
        self.check_nested("limits", table, &keys);
        let mut limits = LimitsPatch::default();
        for key in keys {
            if let Some(count) = table.entry(key).and_then(|entry| self.count_of(entry)) {
                limits.set(key, count);
            }
        }
        limits
    }
}
