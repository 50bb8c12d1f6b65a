//! Bindings: what a worker's `env` has from outside. A node is asked for them in the words of Cloudflare's API; whether it
//! has them is for it to say.

use serde_json::{Map, Value as Json};

use super::{
    Purpose, Reader,
    tree::{Entry, Node, Table, Value},
};

/// One binding, as an upload names it: `name`, `type`, and what belongs to the type.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The name in `env`.
    pub name: String,
    /// The type, in the API's word.
    pub kind: &'static str,
    /// What else an upload says of it.
    pub fields: Map<String, Json>,
}

/// How bindings of a type stand in the file.
struct Kind {
    key: &'static str,
    /// The list inside of the key's table; empty if the key itself holds the list, or one table.
    inside: &'static str,
    kind: &'static str,
    /// The key of the name in `env`.
    name: &'static str,
    /// A key in the file, its name in an upload, and whether the binding is nothing without it.
    fields: &'static [(&'static str, &'static str, Need)],
    /// What wrangler has a use for, and an upload has not.
    others: &'static [&'static str],
}

impl Kind {
    /// Every key that an entry may have.
    fn keys(&self) -> Vec<&'static str> {
        let fields = self.fields.iter().map(|(key, _, _)| *key);
        [self.name].into_iter().chain(fields).chain(self.others.iter().copied()).collect()
    }
}

/// What stands beside the lists of bindings in the tables that hold them.
const BESIDE: [(&str, &[&str]); 2] =
    [("durable_objects", &["bindings", "code_update_strategy"]), ("queues", &["producers", "consumers"])];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Must,
    /// Not while developing: there the name in `env` is good enough.
    Deployed,
    May,
}

use Need::{Deployed, May, Must};

const KINDS: &[Kind] = &[
    Kind {
        key: "kv_namespaces",
        inside: "",
        kind: "kv_namespace",
        name: "binding",
        fields: &[("id", "namespace_id", Deployed)],
        others: &["preview_id", "remote"],
    },
    Kind {
        key: "services",
        inside: "",
        kind: "service",
        name: "binding",
        fields: &[
            ("service", "service", Must),
            ("environment", "environment", May),
            ("entrypoint", "entrypoint", May),
            ("props", "props", May),
        ],
        others: &["remote"],
    },
    Kind {
        key: "d1_databases",
        inside: "",
        kind: "d1",
        name: "binding",
        fields: &[("database_id", "id", Must)],
        others: &[
            "database_name",
            "jurisdiction",
            "preview_database_id",
            "migrations_table",
            "migrations_dir",
            "migrations_pattern",
            "database_internal_env",
            "remote",
        ],
    },
    Kind {
        key: "r2_buckets",
        inside: "",
        kind: "r2_bucket",
        name: "binding",
        fields: &[("bucket_name", "bucket_name", Must), ("jurisdiction", "jurisdiction", May)],
        others: &["preview_bucket_name", "remote", "local_dev"],
    },
    Kind {
        key: "durable_objects",
        inside: "bindings",
        kind: "durable_object_namespace",
        name: "name",
        fields: &[
            ("class_name", "class_name", Must),
            ("script_name", "script_name", May),
            ("environment", "environment", May),
        ],
        others: &[],
    },
    Kind {
        key: "queues",
        inside: "producers",
        kind: "queue",
        name: "binding",
        fields: &[("queue", "queue_name", Must), ("delivery_delay", "delivery_delay", May)],
        others: &["remote"],
    },
    Kind {
        key: "workflows",
        inside: "",
        kind: "workflow",
        name: "binding",
        fields: &[
            ("name", "workflow_name", Must),
            ("class_name", "class_name", Must),
            ("script_name", "script_name", May),
        ],
        others: &["limits", "concurrency", "schedules", "default_retention", "jurisdiction"],
    },
    Kind {
        key: "dispatch_namespaces",
        inside: "",
        kind: "dispatch_namespace",
        name: "binding",
        fields: &[("namespace", "namespace", Must), ("outbound", "outbound", May)],
        others: &["remote"],
    },
    Kind {
        key: "hyperdrive",
        inside: "",
        kind: "hyperdrive",
        name: "binding",
        fields: &[("id", "id", Must)],
        others: &["localConnectionString", "remote"],
    },
    Kind {
        key: "vectorize",
        inside: "",
        kind: "vectorize",
        name: "binding",
        fields: &[("index_name", "index_name", Must)],
        others: &["remote"],
    },
    Kind {
        key: "analytics_engine_datasets",
        inside: "",
        kind: "analytics_engine",
        name: "binding",
        fields: &[("dataset", "dataset", May)],
        others: &["remote"],
    },
    Kind {
        key: "version_metadata",
        inside: "",
        kind: "version_metadata",
        name: "binding",
        fields: &[],
        others: &[],
    },
    Kind { key: "ai", inside: "", kind: "ai", name: "binding", fields: &[], others: &["staging", "remote"] },
    Kind { key: "browser", inside: "", kind: "browser", name: "binding", fields: &[], others: &["remote"] },
    Kind { key: "images", inside: "", kind: "images", name: "binding", fields: &[], others: &["remote"] },
];

impl<'a> Reader<'a> {
    pub(super) fn bindings(&mut self) -> Vec<Binding> {
        let mut bindings = Vec::new();
        for kind in KINDS.iter().filter(|kind| self.reads(kind.key)).collect::<Vec<_>>() {
            let Some(entry) = self.find(kind.key) else { continue };
            for node in self.nodes_of(kind, entry) {
                bindings.extend(self.binding(kind, node));
            }
        }
        bindings
    }

    fn nodes_of(&mut self, kind: &Kind, entry: &'a Entry) -> Vec<&'a Node> {
        match (&entry.node.value, kind.inside) {
            (Value::Table(_), "") => vec![&entry.node],
            (Value::Array(nodes), "") => nodes.iter().collect(),
            (Value::Table(table), inside) => {
                if let Some((key, known)) = BESIDE.iter().find(|(key, _)| *key == kind.key) {
                    self.check_nested(key, table, known);
                }
                let list = table.entry(inside).and_then(|entry| self.list(entry));
                list.map(|nodes| nodes.iter().collect()).unwrap_or_default()
            }
            _ => {
                self.fail_type(entry, if kind.inside.is_empty() { "a list" } else { "a table" });
                Vec::new()
            }
        }
    }

    fn binding(&mut self, kind: &Kind, node: &'a Node) -> Option<Binding> {
        let Value::Table(table) = &node.value else {
            self.fail(node, format!("an entry of `{}` must be a table, not {}", kind.key, node.value.noun()));
            return None;
        };
        self.check_nested(kind.key, table, &kind.keys());
        let name = self.needed(kind, kind.name, table, node).and_then(|entry| self.text_of(entry));
        let mut fields = Map::new();
        for (key, field, need) in kind.fields {
            let entry = match need {
                Deployed if self.purpose != Purpose::Development => self.needed(kind, key, table, node),
                Deployed => table.entry(key),
                Must => self.needed(kind, key, table, node),
                May => table.entry(key),
            };
            if let Some(json) = entry.and_then(|entry| entry.node.value.to_json()) {
                fields.insert((*field).to_owned(), json);
            }
        }
        Some(Binding { name: name?.to_owned(), kind: kind.kind, fields })
    }

    fn needed(&mut self, kind: &Kind, key: &str, table: &'a Table, node: &Node) -> Option<&'a Entry> {
        let entry = table.entry(key);
        if entry.is_none() {
            let message = format!("an entry of `{}` needs `{key}`", kind.key);
            let missing = self.missing(message, key, table, &kind.keys(), node.span.clone());
            self.errors.push(if missing.hint.is_none() && kind.key == "kv_namespaces" && key == "id" {
                missing.with_hint("`mote kv namespace create TITLE` makes a namespace and says its id")
            } else {
                missing
            });
        }
        entry
    }
}
