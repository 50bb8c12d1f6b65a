//! Code that isolates load: the modules of one bundle, shared by all isolates of the process that run it.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;

use crate::{
    source_map::{MapRoom, SourceMap},
    v8,
};

/// What a module is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleKind {
    /// An ECMAScript module.
    EsModule,
    /// A CommonJS module; `module.exports` is its default export.
    CommonJs,
    /// Its text is its default export.
    Text,
    /// An `ArrayBuffer` with its bytes is its default export.
    Data,
    /// The parsed JSON is its default export.
    Json,
    /// A compiled `WebAssembly.Module` is its default export.
    Wasm,
}

/// How the main module is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramFormat {
    /// ES modules; the main module's exports are the handlers.
    Modules,
    /// One classic script that calls `addEventListener`.
    ServiceWorker,
}

/// One module of a program.
#[derive(Debug)]
pub struct ProgramModule {
    /// Its name, as specifiers resolve to it: `index.js`, `lib/a.js`.
    pub name: String,
    /// What it is.
    pub kind: ModuleKind,
    /// Source text in UTF-8, or bytes.
    pub content: Bytes,
    /// Where its code came from.
    pub source_map: Option<SourceMap>,
    /// Where a debugger finds the source map.
    pub source_map_url: Option<String>,
    code_cache: Mutex<Option<(Made, Bytes)>>,
}

impl ProgramModule {
    /// A module without a code cache yet.
    #[must_use]
    pub fn new(name: String, kind: ModuleKind, content: Bytes, source_map: Option<Bytes>) -> Self {
        Self {
            name,
            kind,
            source_map: source_map.map(|json| SourceMap::new(json, content.len())),
            content,
            source_map_url: None,
            code_cache: Mutex::default(),
        }
    }

    /// V8's code cache of it, once there is one.
    #[must_use]
    pub fn code_cache(&self) -> Option<Bytes> {
        self.lock().as_ref().map(|(_, cache)| cache.clone())
    }

    /// Whether there is a code cache that was made at this time, or later in an isolate's life.
    #[must_use]
    pub fn has_code_cache(&self, made: Made) -> bool {
        self.lock().as_ref().is_some_and(|(known, _)| *known >= made)
    }

    /// Keeps a code cache, unless there is one that was made as late in an isolate's life. V8 must have made it of this very
    /// module; it checks little of it.
    pub fn keep_code_cache(&self, made: Made, cache: Bytes) {
        let mut kept = self.lock();
        if kept.as_ref().is_none_or(|(known, _)| *known < made) {
            *kept = Some((made, cache));
        }
    }

    fn forget_code_cache(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Made, Bytes)>> {
        self.code_cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When in an isolate's life a code cache was made: it holds the functions that were compiled by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Made {
    /// After the top-level code had run.
    Loaded,
    /// After the first event.
    Served,
}

/// What came of the code caches of a program, counted over all isolates.
#[derive(Debug, Default)]
pub struct CacheCounts {
    accepted: AtomicU32,
    rejected: AtomicU32,
}

impl CacheCounts {
    pub(crate) fn count(&self, cache: &v8::script_compiler::CachedData<'_>) {
        let counter = if cache.rejected() { &self.rejected } else { &self.accepted };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// How many compilations used a code cache.
    #[must_use]
    pub fn accepted(&self) -> u32 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// How many code caches V8 refused; such a module is compiled from its source.
    #[must_use]
    pub fn rejected(&self) -> u32 {
        self.rejected.load(Ordering::Relaxed)
    }
}

/// The modules of one bundle. Immutable but for the code caches, which the first isolate adds.
#[derive(Debug)]
pub struct Program {
    modules: Vec<ProgramModule>,
    index: HashMap<String, usize>,
    main: usize,
    format: ProgramFormat,
    pub(crate) map_room: MapRoom,
    /// How the code caches fared.
    pub cache_counts: CacheCounts,
}

/// Why modules do not make a program.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// The main module is not among the modules.
    #[error("the main module `{main}` is not in the bundle")]
    NoMain {
        /// Its name.
        main: String,
    },
}

impl Program {
    /// Puts modules together; `main` names the one that is run first.
    ///
    /// # Errors
    /// When `main` is not among the modules.
    pub fn new(modules: Vec<ProgramModule>, main: &str, format: ProgramFormat) -> Result<Self, ProgramError> {
        let index: HashMap<String, usize> =
            modules.iter().enumerate().map(|(at, module)| (module.name.clone(), at)).collect();
        let main = *index.get(main).ok_or_else(|| ProgramError::NoMain { main: main.to_owned() })?;
        Ok(Self {
            modules,
            index,
            main,
            format,
            map_room: MapRoom::default(),
            cache_counts: CacheCounts::default(),
        })
    }

    /// All modules.
    #[must_use]
    pub fn modules(&self) -> &[ProgramModule] {
        &self.modules
    }

    /// Has the next isolate compile all of it again.
    pub fn forget_code_caches(&self) {
        for module in &self.modules {
            module.forget_code_cache();
        }
    }

    /// How it is run.
    #[must_use]
    pub fn format(&self) -> ProgramFormat {
        self.format
    }

    /// The module that is run first.
    #[must_use]
    pub fn main(&self) -> &ProgramModule {
        &self.modules[self.main]
    }

    /// A module by its exact name.
    #[must_use]
    pub fn module(&self, name: &str) -> Option<&ProgramModule> {
        self.index.get(name).and_then(|&at| self.modules.get(at))
    }

    /// The module that `specifier` means inside the module `referrer`.
    #[must_use]
    pub fn resolve(&self, specifier: &str, referrer: &str) -> Option<&ProgramModule> {
        let relative = specifier.starts_with("./") || specifier.starts_with("../");
        let folder = if relative { referrer.rsplit_once('/').map_or("", |(folder, _)| folder) } else { "" };
        let path = normalize(folder, specifier)?;
        self.module(&path).or_else(|| self.module(specifier))
    }
}

/// Joins a path to a folder and takes out `.` and `..`; `None` if it would leave the bundle.
fn normalize(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(names: &[&str]) -> Program {
        let modules = names
            .iter()
            .map(|name| ProgramModule::new((*name).to_owned(), ModuleKind::EsModule, Bytes::new(), None))
            .collect();
        Program::new(modules, names[0], ProgramFormat::Modules).expect("the first is the main one")
    }

    #[test]
    fn specifiers_resolve_from_the_folder_of_their_module() {
        let program = program(&["index.js", "lib/a.js", "lib/b.js"]);
        let resolve =
            |specifier, referrer| program.resolve(specifier, referrer).map(|module| module.name.as_str());
        assert_eq!(resolve("./lib/a.js", "index.js"), Some("lib/a.js"));
        assert_eq!(resolve("./b.js", "lib/a.js"), Some("lib/b.js"));
        assert_eq!(resolve("../index.js", "lib/a.js"), Some("index.js"));
        assert_eq!(resolve("lib/b.js", "lib/a.js"), Some("lib/b.js"));
    }

    #[test]
    fn a_specifier_never_leaves_the_bundle() {
        let program = program(&["index.js"]);
        assert!(program.resolve("../../etc/passwd", "index.js").is_none());
        assert!(program.resolve("./../index.js", "index.js").is_none());
    }
}
