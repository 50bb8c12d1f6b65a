//! Worker projects that a test writes for itself.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::server::{Launch, Mote};

/// A project folder that is gone when the test is over.
#[derive(Debug)]
pub struct Project {
    folder: TempDir,
}

impl Project {
    /// A project named `worker` with `src/index.ts` as its only module.
    pub fn new(index: &str) -> Self {
        Self::named("worker", index)
    }

    /// A project of this name with `src/index.ts` as its only module.
    pub fn named(name: &str, index: &str) -> Self {
        Self::empty().with("wrangler.toml", &config(name, "")).with("src/index.ts", index)
    }

    /// A project named `worker` whose `fetch` handler has this body, which may use `request`, `env` and `ctx`. The
    /// body's first line is line 3 of `src/index.ts`.
    pub fn handler(body: &str) -> Self {
        Self::new(&format!(
            "export default {{\n  async fetch(request: Request, env: any, ctx: any) {{\n{body}\n  }},\n}};\n"
        ))
    }

    /// A folder with nothing in it.
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("mote-blackbox-").tempdir();
        Self { folder: folder.expect("a temporary folder") }
    }

    /// A copy of a folder, without what was installed into it.
    pub fn copy_of(source: &Path) -> Self {
        let project = Self::empty();
        copy(source, project.path());
        project
    }

    /// Adds or replaces a file.
    #[must_use]
    pub fn with(self, file: &str, text: &str) -> Self {
        self.write(file, text);
        self
    }

    /// Adds lines to `wrangler.toml`.
    #[must_use]
    pub fn with_config(self, more: &str) -> Self {
        self.write("wrangler.toml", &config("worker", more));
        self
    }

    /// Adds or replaces a file at once, as editors save: nobody sees it half written.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.file(file);
        let folder = path.parent().expect("a file lies in a folder");
        std::fs::create_dir_all(folder).expect("a project folder can be written");
        let half = folder.join(".half-written~");
        std::fs::write(&half, text).expect("a project file can be written");
        std::fs::rename(&half, &path).expect("a project file can be replaced");
    }

    /// Removes a file.
    pub fn remove(&self, file: &str) {
        std::fs::remove_file(self.file(file)).expect("the file was there");
    }

    /// Replaces text in a file.
    pub fn edit(&self, file: &str, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.file(file)).expect("the file is there");
        assert!(text.contains(old), "{file} does not hold {old:?}");
        self.write(file, &text.replace(old, new));
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The path of one file.
    pub fn file(&self, file: &str) -> PathBuf {
        self.path().join(file)
    }

    /// `mote dev` over this folder, started.
    pub fn dev(&self) -> Mote {
        Launch::dev(self.path()).start()
    }
}

fn config(name: &str, more: &str) -> String {
    format!("name = \"{name}\"\nmain = \"src/index.ts\"\ncompatibility_date = \"2026-08-01\"\n{more}\n")
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder to copy") {
        let entry = entry.expect("a readable folder");
        let name = entry.file_name();
        if name == "node_modules" || name == ".wrangler" {
            continue;
        }
        let target = to.join(&name);
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).expect("a folder can be made");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("a file can be copied");
        }
    }
}
