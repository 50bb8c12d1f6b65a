//! Bindings of a worker that are more than values: what stands behind their names.
//!
//! A cell names a binding of the worker that asks; what that is, and whether there is one, is looked up here. So a cell
//! reaches nothing that its workers were not given.

use std::collections::BTreeMap;

use mote_wire::link::Callee;
use serde_json::{Map, Value};

/// The type of a binding to a KV namespace, as uploads say it.
pub(crate) const KV_NAMESPACE: &str = "kv_namespace";

/// What stands behind a binding's name.
#[derive(Debug, Clone, PartialEq)]
pub enum HostBinding {
    /// A namespace of KV, by its id.
    Kv {
        /// The id.
        namespace: String,
    },
    /// Another worker of the same account, or itself.
    Service {
        /// Its name.
        worker: String,
        /// Which entrypoint is called.
        callee: Callee,
    },
    /// The worker's own static assets.
    Assets,
}

/// The bindings of a version by their names.
pub type HostBindings = BTreeMap<String, HostBinding>;

impl HostBinding {
    /// What a binding of the API says; `None` if it is a value, or nothing that there is.
    #[must_use]
    pub fn of(binding: &Map<String, Value>) -> Option<Self> {
        let text = |key: &str| binding.get(key).and_then(Value::as_str).map(str::to_owned);
        match binding.get("type").and_then(Value::as_str)? {
            KV_NAMESPACE => Some(Self::Kv { namespace: text("namespace_id")? }),
            "service" => {
                let props = binding.get("props").cloned().unwrap_or_default();
                let callee = Callee { entrypoint: text("entrypoint"), props };
                Some(Self::Service { worker: text("service")?, callee })
            }
            "assets" => Some(Self::Assets),
            _ => None,
        }
    }

    /// Its type in Cloudflare's words, by which the platform's JavaScript knows what to make of it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Kv { .. } => KV_NAMESPACE,
            Self::Service { .. } => "service",
            Self::Assets => "assets",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(binding: Value) -> Option<HostBinding> {
        HostBinding::of(binding.as_object().unwrap())
    }

    #[test]
    fn a_binding_is_what_the_api_says() {
        let kv = json!({"type": "kv_namespace", "name": "KV", "namespace_id": "abc"});
        assert_eq!(of(kv), Some(HostBinding::Kv { namespace: "abc".to_owned() }));
        let service =
            json!({"type": "service", "service": "shop", "entrypoint": "Admin", "props": {"role": 1}});
        let callee = Callee { entrypoint: Some("Admin".to_owned()), props: json!({"role": 1}) };
        assert_eq!(of(service), Some(HostBinding::Service { worker: "shop".to_owned(), callee }));
        assert_eq!(of(json!({"type": "assets"})), Some(HostBinding::Assets));
        assert_eq!(of(json!({"type": "service"})), None);
        assert_eq!(of(json!({"type": "plain_text", "text": "hi"})), None);
    }
}
