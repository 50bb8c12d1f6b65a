//! Static assets of a worker.

use std::path::{Path, PathBuf};

use super::{Reader, join, tree::Value};

/// Static assets: where they are, and how they are served.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AssetsSettings {
    /// The folder. It need not be there yet: a build may make it.
    pub directory: PathBuf,
    /// The name in `env` under which the worker's code asks for them.
    pub binding: Option<String>,
    /// How paths lead to HTML files; the node checks the word.
    pub html_handling: Option<String>,
    /// What is served where nothing is; the node checks the word.
    pub not_found_handling: Option<String>,
    /// For which paths the code is asked first: a boolean or a list of patterns.
    pub run_worker_first: Option<serde_json::Value>,
}

impl AssetsSettings {
    /// A folder of which nothing else is said.
    #[must_use]
    pub fn of_folder(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            binding: None,
            html_handling: None,
            not_found_handling: None,
            run_worker_first: None,
        }
    }
}

const KEYS: [&str; 5] = ["directory", "binding", "html_handling", "not_found_handling", "run_worker_first"];

impl Reader<'_> {
    pub(super) fn assets(&mut self, root: &Path) -> Option<AssetsSettings> {
        let entry = self.find("assets")?;
        let table = self.table(entry)?;
        self.check_nested("assets", table, &KEYS);
        let text = |reader: &mut Self, key: &str| {
            table.entry(key).and_then(|entry| reader.text_of(entry)).map(str::to_owned)
        };
        let Some(directory) = table.entry("directory") else {
            let missing = "`assets` has no `directory`";
            let missing = self.missing(missing, "directory", table, &KEYS, entry.key_span.clone());
            self.errors.push(match missing.hint {
                Some(_) => missing,
                None => missing.with_hint("name the folder of the files, like `directory = \"public\"`"),
            });
            return None;
        };
        let folder = join(root, self.text_of(directory)?);
        let first = table.entry("run_worker_first");
        let first = first.and_then(|entry| match &entry.node.value {
            value @ Value::Bool(_) => value.to_json(),
            _ => Some(self.strings_of(entry).into()),
        });
        Some(AssetsSettings {
            directory: folder,
            binding: text(self, "binding"),
            html_handling: text(self, "html_handling"),
            not_found_handling: text(self, "not_found_handling"),
            run_worker_first: first,
        })
    }
}
