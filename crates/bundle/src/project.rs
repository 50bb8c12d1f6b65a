//! A project: a folder with a wrangler configuration, such a file itself, or one JavaScript or TypeScript file.

use std::io;
use std::path::{Path, PathBuf};

use crate::config::{self, Settings, Var, tree};
use crate::diagnostic::{Diagnostic, Listed, SourceText, shown};
use crate::rules::Rules;
use crate::{dotenv, redirect};
use mote_wire::{
    bundle::ModuleKind,
    compatibility::{Compatibility, Date},
};

/// Most bytes that a configuration file or a file of variables may have.
const CONFIG_BYTES_MAX: u64 = 4 << 20;
/// In wrangler's order: the first that exists counts.
const CONFIG_NAMES: [(&str, tree::Language); 3] = [
    ("wrangler.json", tree::Language::Jsonc),
    ("wrangler.jsonc", tree::Language::Jsonc),
    ("wrangler.toml", tree::Language::Toml),
];
const SCRIPT_ENDINGS: [&str; 6] = ["js", "mjs", "ts", "mts", "tsx", "jsx"];

/// What a project is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    purpose: Purpose,
    name: Option<String>,
    today: Date,
}

/// Whether the worker is being written or goes live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `mote dev`: `NODE_ENV` is `development`; `.dev.vars` or `.env` are read.
    Development,
    /// `mote serve` with the project: `NODE_ENV` is `production`.
    Production,
    /// `mote deploy`: the same, and what a node gives a worker - assets, bindings - is read, too.
    Deployment,
    /// `mote types`: all that the others read, to tell what `env` has.
    Description,
}

/// An opened project: its settings are read and checked, its code is not yet.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
    settings: Settings,
    purpose: Purpose,
    environments: Vec<String>,
    warnings: Vec<Diagnostic>,
    watched: Vec<PathBuf>,
}

/// Why a project cannot be opened. All of these are for its developer to mend.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// Nothing is there.
    #[error("{} does not exist", path.display())]
    Missing {
        /// What was asked for.
        path: PathBuf,
    },
    /// A folder without a configuration.
    #[error("{} has no wrangler.toml, wrangler.json or wrangler.jsonc\n  help: {hint}", folder.display())]
    NoConfiguration {
        /// The folder.
        folder: PathBuf,
        /// What to do.
        hint: &'static str,
    },
    /// A file that is neither a configuration nor a script.
    #[error(
        "{} is neither a configuration (.toml, .json, .jsonc) nor a script (.js, .mjs, .ts, .mts, .tsx, .jsx)",
        path.display()
    )]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The configuration is wrong.
    #[error("{}", Listed(diagnostics))]
    Configuration {
        /// Everything that is wrong with it.
        diagnostics: Vec<Diagnostic>,
        /// The files to watch for a correction.
        watched: Vec<PathBuf>,
    },
}

impl Environment {
    /// The top level of the configuration, for `mote dev`.
    pub fn development() -> Self {
        Self::of(Purpose::Development)
    }

    /// The top level of the configuration, for `mote serve`.
    pub fn production() -> Self {
        Self::of(Purpose::Production)
    }

    /// The top level of the configuration, for `mote deploy`.
    pub fn deployment() -> Self {
        Self::of(Purpose::Deployment)
    }

    /// The top level of the configuration, for `mote types`.
    pub fn description() -> Self {
        Self::of(Purpose::Description)
    }

    fn of(purpose: Purpose) -> Self {
        Self { purpose, name: None, today: Date::MAX }
    }

    pub(crate) fn purpose(&self) -> Purpose {
        self.purpose
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(crate) fn today(&self) -> Date {
        self.today
    }

    /// The same on this day: no compatibility date may be later, and it is that of a project that has none. Without this no
    /// date is too late.
    #[must_use]
    pub fn on(self, today: Date) -> Self {
        Self { today, ..self }
    }

    /// The same for `env.<name>`.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }
}

impl ProjectError {
    /// The files to watch for a correction.
    pub fn watched(&self) -> &[PathBuf] {
        match self {
            Self::Configuration { watched, .. } => watched,
            Self::Missing { path } | Self::UnknownKind { path } | Self::Unreadable { path, .. } => {
                std::slice::from_ref(path)
            }
            Self::NoConfiguration { folder, .. } => std::slice::from_ref(folder),
        }
    }
}

impl Project {
    /// Opens a folder, a configuration file or a script.
    ///
    /// # Errors
    /// If there is no project or its configuration is wrong; see [`ProjectError`].
    pub fn open(path: &Path, environment: &Environment) -> Result<Self, ProjectError> {
        let path = match path.canonicalize() {
            Ok(path) => path,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ProjectError::Missing { path: path.to_owned() });
            }
            Err(source) => return Err(ProjectError::Unreadable { path: path.to_owned(), source }),
        };
        if path.is_dir() {
            return Self::open_folder(&path, environment);
        }
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending {
            "toml" => Self::open_config(&path, tree::Language::Toml, environment),
            "json" | "jsonc" => Self::open_config(&path, tree::Language::Jsonc, environment),
            ending if SCRIPT_ENDINGS.contains(&ending) => Self::open_script(&path, environment),
            _ => Err(ProjectError::UnknownKind { path }),
        }
    }

    /// The worker's name.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What the configuration says.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What it was opened for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The names of its environments, whichever it was opened for.
    pub fn environments(&self) -> &[String] {
        &self.environments
    }

    /// Which files become modules of their own, by the kind of module.
    pub fn module_globs(&self) -> Vec<(ModuleKind, Vec<String>)> {
        Rules::new(&self.settings.build.rules).globs()
    }

    /// What is odd about the configuration.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The configuration files: those that were read, and those that would count if they were there.
    pub fn watched(&self) -> &[PathBuf] {
        &self.watched
    }

    fn open_folder(folder: &Path, environment: &Environment) -> Result<Self, ProjectError> {
        let goes_live = matches!(environment.purpose, Purpose::Production | Purpose::Deployment);
        if goes_live && folder.join(redirect::FILE).is_file() {
            return Self::open_built(folder, environment);
        }
        let mut present = CONFIG_NAMES.iter().filter(|(name, _)| folder.join(name).is_file());
        let Some((name, language)) = present.next() else {
            let hint =
                "write one with `main` and `name`, or give the path of the worker's first file instead";
            return Err(ProjectError::NoConfiguration { folder: folder.to_owned(), hint });
        };
        let mut project = Self::open_config(&folder.join(name), *language, environment)?;
        for (other, _) in present {
            project
                .warnings
                .push(Diagnostic::warning(format!("{other} is not read, because there is {name}")));
        }
        Ok(project)
    }

    /// What the project's own build has made of it.
    fn open_built(folder: &Path, environment: &Environment) -> Result<Self, ProjectError> {
        let note = folder.join(redirect::FILE);
        let target = redirect::target(folder, read_text(&note)?).map_err(|diagnostic| {
            ProjectError::Configuration { diagnostics: vec![diagnostic], watched: vec![note.clone()] }
        })?;
        let language = match target.extension() {
            Some(ending) if ending == "toml" => tree::Language::Toml,
            Some(_) | None => tree::Language::Jsonc,
        };
        let mut project = Self::open_config(&target, language, environment)?;
        project.watched.push(note);
        let message = format!("{} is read, because {} names it", target.display(), redirect::FILE);
        project.warnings.push(Diagnostic::warning(message));
        Ok(project)
    }

    fn open_config(
        path: &Path,
        language: tree::Language,
        environment: &Environment,
    ) -> Result<Self, ProjectError> {
        let root = path.parent().unwrap_or(path);
        let source = SourceText::new(shown(path, root), read_text(path)?);
        let watched = vec![path.to_owned()];
        let wrong = |diagnostics| ProjectError::Configuration { diagnostics, watched: watched.clone() };
        let table = tree::parse(&source, language).map_err(|diagnostic| wrong(vec![diagnostic]))?;
        let name = environment.name.as_deref();
        let (settings, warnings) =
            config::read(&source, &table, environment, root, &default_name(root)).map_err(wrong)?;
        let project = Self {
            root: root.to_owned(),
            settings,
            purpose: environment.purpose,
            environments: config::environments(&table),
            warnings,
            watched,
        };
        project.with_local_vars(name)
    }

    fn open_script(path: &Path, environment: &Environment) -> Result<Self, ProjectError> {
        let root = path.parent().unwrap_or(path).to_owned();
        let stem = path.file_stem().unwrap_or_default();
        let name = if stem == "index" { default_name(&root) } else { default_name(Path::new(stem)) };
        if let Some(name) = &environment.name {
            let message = format!("one file has no environment called `{name}`");
            let hint = "give the folder of its configuration, or leave the environment out";
            let diagnostics = vec![Diagnostic::error(message).with_hint(hint)];
            return Err(ProjectError::Configuration { diagnostics, watched: Vec::new() });
        }
        let mut settings = Settings::of_file(path, name);
        settings.compatibility = Compatibility::on(environment.today);
        let project = Self {
            root,
            settings,
            purpose: environment.purpose,
            environments: Vec::new(),
            warnings: Vec::new(),
            watched: Vec::new(),
        };
        project.with_local_vars(None)
    }

    /// Adds the developer's own variables: `.dev.vars`, of the environment if there is one; without it, `.env` and its
    /// kin, the later over the earlier.
    fn with_local_vars(mut self, environment: Option<&str>) -> Result<Self, ProjectError> {
        if !matches!(self.purpose, Purpose::Development | Purpose::Description) {
            return Ok(self);
        }
        let of = |base: &str| environment.map(|name| format!("{base}.{name}"));
        let dev_vars: Vec<_> = of(".dev.vars").into_iter().chain([".dev.vars".to_owned()]).collect();
        let mut dot_env = vec![".env".to_owned(), ".env.local".to_owned()];
        dot_env.extend(of(".env"));
        dot_env.extend(of(".env").map(|name| format!("{name}.local")));
        self.watched.extend(dev_vars.iter().chain(&dot_env).map(|name| self.root.join(name)));

        match dev_vars.iter().find(|name| self.root.join(name).is_file()) {
            Some(name) => self.add_vars(name)?,
            None => {
                for name in
                    dot_env.iter().filter(|name| self.root.join(name).is_file()).cloned().collect::<Vec<_>>()
                {
                    self.add_vars(&name)?;
                }
            }
        }
        Ok(self)
    }

    fn add_vars(&mut self, name: &str) -> Result<(), ProjectError> {
        let found = dotenv::parse(&read_text(&self.root.join(name))?);
        for line in found.unreadable_lines {
            let warning = Diagnostic::warning(format!("{name}:{line} is not `NAME=value` and is skipped"));
            self.warnings.push(warning);
        }
        self.settings.vars.extend(found.vars.into_iter().map(|(name, value)| (name, Var::Secret(value))));
        Ok(())
    }
}

/// A name for a worker out of the name of a folder or a file.
fn default_name(path: &Path) -> String {
    let stem = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .take(config::NAME_CHARS_MAX)
        .collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "worker".to_owned() } else { name.to_owned() }
}

fn read_text(path: &Path) -> Result<String, ProjectError> {
    let read = || {
        let bytes = std::fs::metadata(path)?.len();
        if bytes > CONFIG_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("{bytes} bytes are more than {CONFIG_BYTES_MAX}"),
            ));
        }
        std::fs::read_to_string(path)
    };
    read().map_err(|source| ProjectError::Unreadable { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_gives_a_name_that_a_worker_may_have() {
        for (folder, name) in [
            ("/a/My Shop", "my-shop"),
            ("/a/shop.v2", "shop-v2"),
            ("/", "worker"),
            ("/a/--", "worker"),
            ("/a/Ünïcode", "n-code"),
            ("/a/w_1", "w_1"),
        ] {
            assert_eq!(default_name(Path::new(folder)), name, "{folder}");
            assert!(config::is_name(name));
        }
        assert!(config::is_name(&default_name(Path::new(&"x".repeat(200)))));
        assert!(config::is_name(&default_name(Path::new(&("x".repeat(62) + " y")))));
    }
}
