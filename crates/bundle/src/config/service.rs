//! How a worker is called, and what it may use: routes, crons, limits.

use mote_wire::limits::{LIMITS, LimitsPatch};

use super::{
    Reader, Route,
    tree::{Node, Value},
};

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
