//! A project in a folder that lives as long as the test.

use std::path::PathBuf;

use mote_bundle::{BundleError, Bundled, Diagnostic, Environment, Project, ProjectError};
use mote_wire::bundle::{Module, ModuleKind, ModuleSpecifier};

pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    /// Writes the files, each with its path.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            folder.write(path, text.as_bytes());
        }
        folder
    }

    /// A project of one module, `src/index.ts`.
    pub(crate) fn of(code: &str) -> Self {
        Self::with(&[
            ("wrangler.toml", "name = 'test'\nmain = 'src/index.ts'\ncompatibility_date = '2026-01-01'\n"),
            ("src/index.ts", code),
        ])
    }

    pub(crate) fn write(&self, path: &str, content: &[u8]) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// The path as the project sees it, without links.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(path)
    }

    pub(crate) fn open(&self) -> Result<Project, ProjectError> {
        Project::open(&self.path(""), &Environment::production())
    }

    pub(crate) fn bundle(&self) -> Bundled {
        self.try_bundle().unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn try_bundle(&self) -> Result<Bundled, BundleError> {
        self.open().unwrap().bundle()
    }

    /// What is wrong with the code.
    pub(crate) fn errors(&self) -> Vec<Diagnostic> {
        match self.try_bundle() {
            Err(BundleError::Code { diagnostics, .. }) => diagnostics,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) trait Inspect {
    fn main_code(&self) -> &str;
    fn of_kind(&self, kind: ModuleKind) -> Vec<&Module>;
    fn names(&self) -> Vec<&str>;
    fn named(&self, name: &str) -> &Module;
}

impl Inspect for Bundled {
    fn main_code(&self) -> &str {
        let main = self.bundle.module(self.bundle.main()).unwrap();
        std::str::from_utf8(&main.content).unwrap()
    }

    fn of_kind(&self, kind: ModuleKind) -> Vec<&Module> {
        self.bundle.modules().iter().filter(|module| module.kind == kind).collect()
    }

    fn names(&self) -> Vec<&str> {
        self.bundle.modules().iter().map(|module| module.name.as_str()).collect()
    }

    fn named(&self, name: &str) -> &Module {
        self.bundle
            .module(&ModuleSpecifier::parse(name).unwrap())
            .unwrap_or_else(|| panic!("{:?}", self.names()))
    }
}

/// `file:line:column` of a diagnostic.
pub(crate) fn place(diagnostic: &Diagnostic) -> String {
    diagnostic.location.as_ref().map(ToString::to_string).unwrap_or_default()
}
