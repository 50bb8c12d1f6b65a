//! `compatibility_date` and `compatibility_flags`.

use mote_wire::compatibility::{Compatibility, Date, InvalidCompatibility, remarks};

use super::{Reader, tree::Value};

/// What a configuration asks for, and what comes of it.
pub(super) struct Asked {
    pub(super) date: Option<String>,
    pub(super) flags: Vec<String>,
    pub(super) settled: Compatibility,
}

impl Reader<'_> {
    pub(super) fn compatibility(&mut self, today: Date) -> Asked {
        let date = self.text("compatibility_date").map(str::to_owned);
        let flags = self.strings("compatibility_flags");
        let words = || flags.iter().map(String::as_str);
        let settled = match Compatibility::settle(date.as_deref(), words(), today) {
            Ok(settled) => settled,
            Err(errors) => {
                errors.iter().for_each(|error| self.refuse_compatibility(error));
                Compatibility::on(today)
            }
        };
        for remark in remarks(words()) {
            if let Some(entry) = self.find("compatibility_flags") {
                self.warn(entry.node.span.clone(), remark, None);
            }
        }
        Asked { date, flags, settled }
    }

    /// Points at the word that is wrong.
    fn refuse_compatibility(&mut self, error: &InvalidCompatibility) {
        let (key, word) = match error {
            InvalidCompatibility::NoDate { .. } | InvalidCompatibility::Future { .. } => {
                ("compatibility_date", None)
            }
            InvalidCompatibility::Unknown { flag, .. } => ("compatibility_flags", Some(flag.as_str())),
            InvalidCompatibility::Twice { flag } => ("compatibility_flags", Some(*flag)),
            InvalidCompatibility::Contradictory { off, .. } => ("compatibility_flags", Some(*off)),
            InvalidCompatibility::TooMany { .. } => ("compatibility_flags", None),
        };
        let Some(entry) = self.find(key) else { return };
        let node = match (&entry.node.value, word) {
            (Value::Array(nodes), Some(word)) => {
                let is_it = |value: &Value| matches!(value, Value::String(text) if text == word);
                nodes.iter().rfind(|node| is_it(&node.value)).unwrap_or(&entry.node)
            }
            _ => &entry.node,
        };
        self.fail(node, error.to_string());
    }
}
