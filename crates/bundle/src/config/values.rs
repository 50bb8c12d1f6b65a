//! Reading single values of the configuration; what is wrong with one is noted, and it counts as absent.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{
    Reader,
    keys::{self, Scope},
    tree::{Entry, Node, Table, Value},
};
use crate::diagnostic::Diagnostic;

impl<'a> Reader<'a> {
    pub(super) fn strings(&mut self, key: &str) -> Vec<String> {
        self.find(key).map(|entry| self.strings_of(entry)).unwrap_or_default()
    }

    pub(super) fn string_table(&mut self, key: &str) -> BTreeMap<String, String> {
        let Some(table) = self.find(key).and_then(|entry| self.table(entry)) else { return BTreeMap::new() };
        table
            .0
            .iter()
            .filter_map(|entry| Some((entry.key.clone(), self.text_of(entry)?.to_owned())))
            .collect()
    }

    pub(super) fn text(&mut self, key: &str) -> Option<&'a str> {
        self.find(key).and_then(|entry| self.text_of(entry))
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        self.find(key).and_then(|entry| self.bool_of(entry))
    }

    pub(super) fn json(&mut self, key: &str) -> Option<serde_json::Value> {
        let entry = self.find(key)?;
        let json = entry.node.value.to_json();
        if json.is_none() {
            self.fail_type(entry, "something that JSON can say");
        }
        json
    }

    /// The entry that counts for the chosen environment.
    pub(super) fn find(&self, key: &str) -> Option<&'a Entry> {
        let own = self.environment.and_then(|(_, table)| table.entry(key));
        let top = self.top.entry(key);
        match (keys::find(key).map(|(scope, _)| scope), self.environment) {
            (Some(Scope::TopLevel), _) => top,
            (Some(Scope::PerEnvironment), Some(_)) => own,
            (Some(Scope::PerEnvironment | Scope::Inherited) | None, _) => own.or(top),
        }
    }

    pub(super) fn strings_of(&mut self, entry: &'a Entry) -> Vec<String> {
        let Some(nodes) = self.list(entry) else { return Vec::new() };
        let mut strings = Vec::new();
        for node in nodes {
            match &node.value {
                Value::String(text) => strings.push(text.clone()),
                other => self.fail(
                    node,
                    format!("`{}` must be a list of strings; this is {}", entry.key, other.noun()),
                ),
            }
        }
        strings
    }

    pub(super) fn text_of(&mut self, entry: &'a Entry) -> Option<&'a str> {
        if let Value::String(text) = &entry.node.value {
            return Some(text);
        }
        self.fail_type(entry, "a string");
        None
    }

    pub(super) fn bool_of(&mut self, entry: &Entry) -> Option<bool> {
        if let Value::Bool(value) = entry.node.value {
            return Some(value);
        }
        self.fail_type(entry, "true or false");
        None
    }

    pub(super) fn count_of(&mut self, entry: &Entry) -> Option<u64> {
        if let Value::Integer(value) = entry.node.value
            && value > 0
        {
            return u64::try_from(value).ok();
        }
        self.fail(&entry.node, format!("`{}` must be a whole number above 0", entry.key));
        None
    }

    pub(super) fn list(&mut self, entry: &'a Entry) -> Option<&'a [Node]> {
        if let Value::Array(nodes) = &entry.node.value {
            return Some(nodes);
        }
        self.fail_type(entry, "a list");
        None
    }

    pub(super) fn table(&mut self, entry: &'a Entry) -> Option<&'a Table> {
        if let Value::Table(table) = &entry.node.value {
            return Some(table);
        }
        self.fail_type(entry, "a table");
        None
    }

    pub(super) fn check_nested(&mut self, name: &str, table: &Table, known: &[&str]) {
        for entry in &table.0 {
            if !known.contains(&entry.key.as_str()) {
                self.warn_unknown(entry, Some(name), keys::closest(&entry.key, known.iter().copied()));
            }
        }
    }

    /// The same for each table of a list, whose content somebody else reads.
    pub(super) fn check_entries(&mut self, key: &str, known: &[&str]) {
        let Some(Value::Array(nodes)) = self.find(key).map(|entry| &entry.node.value) else { return };
        for node in nodes {
            if let Value::Table(table) = &node.value {
                self.check_nested(key, table, known);
            }
        }
    }

    /// An error about a key that is not there. If one that is there was probably meant to be it, that is the place and the hint.
    pub(super) fn missing(
        &self,
        message: impl Into<String>,
        wanted: &str,
        table: &Table,
        known: &[&str],
        place: Range<usize>,
    ) -> Diagnostic {
        let is_slip = |entry: &&Entry| {
            let key = entry.key.as_str();
            !known.contains(&key) && keys::closest(key, known.iter().copied()) == Some(wanted)
        };
        match table.0.iter().find(is_slip) {
            Some(slip) => {
                let hint = format!("`{}` is no key: did you mean `{wanted}`?", slip.key);
                self.source.error(slip.key_span.clone(), message).with_hint(hint)
            }
            None => self.source.error(place, message),
        }
    }

    pub(super) fn fail_type(&mut self, entry: &Entry, wanted: &str) {
        self.fail(&entry.node, format!("`{}` must be {wanted}, not {}", entry.key, entry.node.value.noun()));
    }

    pub(super) fn fail(&mut self, node: &Node, message: impl Into<String>) {
        self.errors.push(self.source.error(node.span.clone(), message));
    }

    pub(super) fn warn(&mut self, span: Range<usize>, message: String, hint: Option<String>) {
        let diagnostic = self.source.warning(span, message);
        self.warnings.push(Diagnostic { hint, ..diagnostic });
    }
}
