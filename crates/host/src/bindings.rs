//! Bindings that the host answers for: what a worker calls through them leaves its cell, and comes here.

use serde_json::{Map, Value};

/// The type of a binding to a KV namespace, as uploads say it.
pub(crate) const KV_NAMESPACE: &str = "kv_namespace";

/// What a binding leads to. A worker reaches it by the binding's name and can name nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostBinding {
    /// A KV namespace: [`crate::kv::Kv::answer`] takes its calls.
    Kv {
        /// The namespace's id.
        namespace: String,
    },
}

impl HostBinding {
    /// What a binding of a version's settings leads to; `None` if it is a value in `env`.
    #[must_use]
    pub(crate) fn of(binding: &Map<String, Value>) -> Option<Self> {
        let text = |key: &str| binding.get(key).and_then(Value::as_str);
        match text("type")? {
            KV_NAMESPACE => Some(Self::Kv { namespace: text("namespace_id")?.to_owned() }),
            _ => None,
        }
    }
}
