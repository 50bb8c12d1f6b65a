//! What a project's configuration file says, for one environment.
//!
//! Wrangler's words and rules: a top-level key is either inherited by the environments, or said anew by each
//! (`vars`, `define`, bindings), or not allowed in them. Everything that is wrong is reported, not only the first.

mod assets;
mod bindings;
mod compatibility;
pub(crate) mod keys;
mod service;
pub(crate) mod tree;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use mote_wire::{compatibility::Compatibility, limits::LimitsPatch};

use crate::diagnostic::{Diagnostic, SourceText};
use crate::project::{Environment, Purpose};
use crate::rules::{Rule, RuleKind};
pub use assets::AssetsSettings;
pub use bindings::Binding;
use compatibility::Asked;
use keys::{Scope, Support};
use tree::{Entry, Node, Table, Value};

/// Most characters of a worker's name: it is a label of a host name, `<name>.localhost`.
pub(crate) const NAME_CHARS_MAX: usize = 63;

/// What one of the `migrations` may say.
const MIGRATION_KEYS: [&str; 6] =
    ["tag", "new_classes", "new_sqlite_classes", "renamed_classes", "transferred_classes", "deleted_classes"];

/// The settings of one worker in one environment. Paths are absolute.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The worker's name.
    pub name: String,
    /// The file that is bundled. A worker that goes to a node may do without one: then it is its assets alone.
    pub main: Option<PathBuf>,
    /// `YYYY-MM-DD`, if there is one.
    pub compatibility_date: Option<String>,
    /// Names of behaviours to switch on or off.
    pub compatibility_flags: Vec<String>,
    /// What comes of the two.
    pub compatibility: Compatibility,
    /// The environment variables; those of `.dev.vars` or `.env` win while developing.
    pub vars: BTreeMap<String, Var>,
    /// The worker's routes.
    pub routes: Vec<Route>,
    /// `triggers.crons`, or nothing if the file does not speak of them (then a deployment leaves them as they are).
    pub crons: Option<Vec<String>>,
    /// The account that the worker belongs to, if the file says so.
    pub account_id: Option<String>,
    /// The limits that the worker asks for.
    pub limits: LimitsPatch,
    /// What its `env` has from outside, beside variables: all of it where it is opened to go to a node, and what `mote dev` has
    /// where it is opened for that.
    pub bindings: Vec<Binding>,
    /// Its static assets. Read where it is opened to go to a node, and for `mote dev`.
    pub assets: Option<AssetsSettings>,
    /// `migrations`, as they are.
    pub migrations: Option<serde_json::Value>,
    /// `tail_consumers`, as they are.
    pub tail_consumers: Option<serde_json::Value>,
    /// `observability`, as it is.
    pub observability: Option<serde_json::Value>,
    /// Whether variables that the file does not name stay as they are on the node.
    pub keep_vars: bool,
    /// How it is bundled.
    pub build: BuildSettings,
}

/// How a worker is bundled.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BuildSettings {
    /// Take the files as they are.
    pub no_bundle: bool,
    /// Add files under `base_dir` that match a rule.
    pub find_additional_modules: bool,
    /// Keep the names of text, data and Wasm files instead of naming them by content.
    pub preserve_file_names: bool,
    /// Where names of additional modules start; the folder of `main` if not given.
    pub base_dir: PathBuf,
    /// Write short code.
    pub minify: bool,
    /// Keep functions' and classes' `name`.
    pub keep_names: bool,
    /// Whether source maps go into the bundle; they do unless this says no.
    pub upload_source_maps: Option<bool>,
    /// Names to replace by JavaScript expressions.
    pub define: BTreeMap<String, String>,
    /// Modules to replace by others.
    pub alias: BTreeMap<String, String>,
    /// A `tsconfig.json` other than the nearest.
    pub tsconfig: Option<PathBuf>,
    /// The function that JSX elements become calls of; the JSX of `tsconfig.json` if not given.
    pub jsx_factory: Option<String>,
    /// The component that JSX fragments become.
    pub jsx_fragment: Option<String>,
    pub(crate) rules: Vec<Rule>,
}

/// The value of an environment variable.
#[derive(Clone, PartialEq)]
pub enum Var {
    /// A string.
    Text(String),
    /// Anything else that JSON can say.
    Json(serde_json::Value),
    /// A string from `.dev.vars` or `.env`, not to be shown.
    Secret(String),
}

/// A host and path pattern that leads to the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The pattern, like `example.com/api/*`.
    pub pattern: String,
    /// Whether the pattern is a whole host name.
    pub custom_domain: bool,
}

impl fmt::Debug for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::Json(value) => value.fmt(f),
            Self::Secret(_) => f.write_str("<secret>"),
        }
    }
}

impl Settings {
    /// What a single file without configuration gets.
    pub(crate) fn of_file(main: &Path, name: String) -> Self {
        Self::of_main(Some(main.to_owned()), main.parent().unwrap_or(main), name)
    }

    fn of_main(main: Option<PathBuf>, base_dir: &Path, name: String) -> Self {
        let base_dir = base_dir.to_owned();
        let build = BuildSettings {
            no_bundle: false,
            find_additional_modules: false,
            preserve_file_names: false,
            base_dir,
            minify: false,
            keep_names: true,
            upload_source_maps: None,
            define: BTreeMap::new(),
            alias: BTreeMap::new(),
            tsconfig: None,
            jsx_factory: None,
            jsx_fragment: None,
            rules: Vec::new(),
        };
        Self {
            name,
            main,
            compatibility_date: None,
            compatibility_flags: Vec::new(),
            compatibility: Compatibility::default(),
            vars: BTreeMap::new(),
            routes: Vec::new(),
            crons: None,
            account_id: None,
            limits: LimitsPatch::default(),
            bindings: Vec::new(),
            assets: None,
            migrations: None,
            tail_consumers: None,
            observability: None,
            keep_vars: false,
            build,
        }
    }
}

/// Reads the settings of an environment out of a file. Gives the warnings, or every error there is.
pub(crate) fn read(
    source: &SourceText,
    top: &Table,
    environment: &Environment,
    root: &Path,
    default_name: &str,
) -> Result<(Settings, Vec<Diagnostic>), Vec<Diagnostic>> {
    let purpose = environment.purpose();
    let mut reader =
        Reader { source, top, purpose, environment: None, warnings: Vec::new(), errors: Vec::new() };
    reader.choose_environment(environment.name());
    reader.check_keys();
    let settings = reader.settings(environment, root, default_name);
    match settings {
        Some(settings) if reader.errors.is_empty() => Ok((settings, reader.warnings)),
        _ => Err(reader.errors),
    }
}

/// Reads values and notes what is wrong with them; a wrong value counts as absent, so that the reading goes on.
struct Reader<'a> {
    source: &'a SourceText,
    top: &'a Table,
    purpose: Purpose,
    environment: Option<(&'a str, &'a Table)>,
    warnings: Vec<Diagnostic>,
    errors: Vec<Diagnostic>,
}

/// The names of the environments of a configuration.
pub(crate) fn environments(top: &Table) -> Vec<String> {
    match top.entry("env").map(|entry| &entry.node.value) {
        Some(Value::Table(table)) => table.0.iter().map(|entry| entry.key.clone()).collect(),
        Some(_) | None => Vec::new(),
    }
}

impl<'a> Reader<'a> {
    /// Whether what a node gives a worker under a key is read.
    fn reads(&self, key: &str) -> bool {
        match self.purpose {
            Purpose::Deployment | Purpose::Description => true,
            Purpose::Development => matches!(keys::find(key), Some((_, Support::Developed))),
            Purpose::Production => false,
        }
    }

    fn choose_environment(&mut self, wanted: Option<&str>) {
        let Some(wanted) = wanted else { return };
        let environments = self.top.entry("env").and_then(|entry| self.table(entry));
        let known: Vec<&str> =
            environments.into_iter().flat_map(|table| &table.0).map(|entry| entry.key.as_str()).collect();
        match environments.and_then(|table| table.entry(wanted)) {
            Some(entry) => self.environment = self.table(entry).map(|table| (entry.key.as_str(), table)),
            None => {
                let hint = match known.as_slice() {
                    [] => "it has none; add one, or leave the environment out".to_owned(),
                    known => format!("it has {}", known.join(", ")),
                };
                let message = format!("the configuration has no environment called `{wanted}`");
                self.errors.push(Diagnostic::error(message).with_hint(hint));
            }
        }
    }

    fn check_keys(&mut self) {
        for entry in &self.top.0 {
            self.check_key(entry, None);
        }
        let Some((environment, table)) = self.environment else { return };
        for entry in &table.0 {
            self.check_key(entry, Some(environment));
        }
        for entry in &self.top.0 {
            let not_inherited = matches!(keys::find(&entry.key), Some((Scope::PerEnvironment, _)));
            if not_inherited && table.entry(&entry.key).is_none() {
                let message = format!("`{}` is not inherited: `{environment}` does not have it", entry.key);
                let hint = format!("repeat it under `env.{environment}` if it is wanted there");
                self.warn(entry.key_span.clone(), message, Some(hint));
            }
        }
    }

    fn check_key(&mut self, entry: &Entry, environment: Option<&str>) {
        let (key, span) = (&entry.key, entry.key_span.clone());
        let found = keys::find(key);
        // What a framework's build writes has every key that there is, most of them empty. A slip of the pen is told all the same.
        if entry.node.value.says_nothing() && (found.is_some() || keys::similar(key).is_none()) {
            return;
        }
        match found {
            None => self.warn_unknown(entry, None, keys::similar(key)),
            Some((Scope::TopLevel, _)) if environment.is_some() => {
                self.warn(
                    span,
                    format!("`{key}` has no effect inside an environment"),
                    Some("move it to the top level".to_owned()),
                );
            }
            Some((_, Support::Deployed | Support::Developed)) if !self.reads(key) => {
                let hint = "what it would put into `env` is missing here; whether a node has it, the node says at a deploy";
                let who = if self.purpose == Purpose::Development { "`mote dev`" } else { "`mote serve`" };
                self.warn(span, format!("`{key}` is not supported by {who} yet"), Some(hint.to_owned()));
            }
            Some((_, Support::Left)) => {
                let hint =
                    if key == "build" { "run the command yourself first" } else { "nothing checks it" };
                self.warn(span, format!("`{key}` is not looked at by Mote"), Some(hint.to_owned()));
            }
            // Whoever is told that it is deployed believes that all of it is.
            Some((_, Support::NotYet)) if self.purpose == Purpose::Deployment => {
                let diagnostic = self.source.error(span, format!("`{key}` is not supported by Mote yet"));
                self.errors.push(diagnostic.with_hint("take it out, and deploy without it"));
            }
            // Nothing comes of it here, and nobody is told otherwise.
            Some((_, Support::NotYet)) if self.purpose == Purpose::Description => {}
            Some((_, Support::NotYet)) => {
                let hint = "the worker is bundled without it, and what it would put into `env` is missing";
                self.warn(span, format!("`{key}` is not supported by Mote yet"), Some(hint.to_owned()));
            }
            Some((_, Support::Read | Support::NoEffect | Support::Deployed | Support::Developed)) => {}
        }
    }

    fn warn_unknown(&mut self, entry: &Entry, inside: Option<&str>, similar: Option<&str>) {
        let hint = similar.map(|similar| format!("did you mean `{similar}`?"));
        let key = inside.map_or_else(|| entry.key.clone(), |table| format!("{table}.{}", entry.key));
        self.warn(entry.key_span.clone(), format!("unknown key `{key}`"), hint);
    }

    fn settings(&mut self, environment: &Environment, root: &Path, default_name: &str) -> Option<Settings> {
        let (environment, today) = (environment.name(), environment.today());
        let name = self.name(environment, default_name);
        let assets = if self.reads("assets") { self.assets(root) } else { None };
        let main = match (self.find("main"), &assets) {
            (None, Some(_)) => None,
            _ => Some(self.main(root)?),
        };
        let base_dir = main.as_deref().and_then(Path::parent).unwrap_or(root);
        let mut settings = Settings::of_main(main.clone(), base_dir, name);
        let Asked { date, flags, settled } = self.compatibility(today);
        settings.compatibility_date = date;
        settings.compatibility_flags = flags;
        settings.compatibility = settled;
        settings.vars = self.vars();
        settings.routes = self.routes();
        settings.crons = self.crons();
        settings.account_id = self.text("account_id").map(str::to_owned);
        settings.limits = self.limits();
        settings.assets = assets;
        settings.observability = self.observability();
        settings.keep_vars = self.flag("keep_vars").unwrap_or(false);
        settings.bindings = self.bindings();
        if self.reads("migrations") {
            settings.migrations = self.json("migrations");
            self.check_entries("migrations", &MIGRATION_KEYS);
        }
        if self.reads("tail_consumers") {
            settings.tail_consumers = self.json("tail_consumers");
            self.check_entries("tail_consumers", &["service", "environment"]);
        }
        settings.build.no_bundle = self.flag("no_bundle").unwrap_or(false);
        settings.build.find_additional_modules = self.flag("find_additional_modules").unwrap_or(false);
        settings.build.preserve_file_names = self.flag("preserve_file_names").unwrap_or(false);
        settings.build.minify = self.flag("minify").unwrap_or(false);
        settings.build.keep_names = self.flag("keep_names").unwrap_or(true);
        settings.build.upload_source_maps = self.flag("upload_source_maps");
        settings.build.define = self.string_table("define");
        settings.build.alias = self.string_table("alias");
        settings.build.tsconfig = self.text("tsconfig").map(|path| join(root, path));
        settings.build.jsx_factory = self.text("jsx_factory").map(str::to_owned);
        settings.build.jsx_fragment = self.text("jsx_fragment").map(str::to_owned);
        settings.build.rules = self.rules();
        if let Some(base) = self.text("base_dir") {
            settings.build.base_dir = join(root, base);
        }
        Some(settings)
    }

    fn name(&mut self, environment: Option<&str>, default_name: &str) -> String {
        let own = self.environment.and_then(|(_, table)| table.entry("name"));
        let name = match (own, self.text("name"), environment) {
            (None, name, Some(environment)) => format!("{}-{environment}", name.unwrap_or(default_name)),
            (_, name, _) => name.unwrap_or(default_name).to_owned(),
        };
        if !is_name(&name) {
            let message = format!("`{name}` is no name for a worker");
            let hint = format!(
                "use up to {NAME_CHARS_MAX} lower-case letters, digits, `-` and `_`, not starting with `-`"
            );
            let span = self.find("name").map(|entry| entry.node.span.clone());
            let diagnostic =
                span.map_or_else(|| Diagnostic::error(&message), |span| self.source.error(span, &message));
            self.errors.push(diagnostic.with_hint(hint));
        }
        name
    }

    fn main(&mut self, root: &Path) -> Option<PathBuf> {
        let Some(entry) = self.find("main") else {
            let hint = "add `main` with the path of the worker's first file, like `main = \"src/index.ts\"`";
            let known = keys::all();
            let table = self.environment.map_or(self.top, |(_, table)| table);
            let own = self.missing("the configuration has no `main`", "main", table, &known, 0..0);
            let missing = match own.hint {
                Some(_) => own,
                None => self.missing("the configuration has no `main`", "main", self.top, &known, 0..0),
            };
            self.errors.push(match missing.hint {
                Some(_) => missing,
                None => missing.with_hint(hint),
            });
            return None;
        };
        let main = join(root, self.text_of(entry)?);
        if main.is_file() {
            return Some(main);
        }
        let message = match main.is_dir() {
            true => format!("`main` is a folder: {}", main.display()),
            false => format!("the file of `main` does not exist: {}", main.display()),
        };
        let diagnostic = self.source.error(entry.node.span.clone(), message);
        self.errors.push(diagnostic.with_hint(match similar_file(&main, root) {
            Some(similar) => format!("did you mean `{}`?", similar.display()),
            None => "create it, or correct the path (it is relative to the configuration file)".to_owned(),
        }));
        None
    }

    fn vars(&mut self) -> BTreeMap<String, Var> {
        let Some(table) = self.find("vars").and_then(|entry| self.table(entry)) else {
            return BTreeMap::new();
        };
        let mut vars = BTreeMap::new();
        for entry in &table.0 {
            let var = match &entry.node.value {
                Value::String(text) => Some(Var::Text(text.clone())),
                value => value.to_json().map(Var::Json),
            };
            match var {
                Some(var) => drop(vars.insert(entry.key.clone(), var)),
                None => self
                    .fail(&entry.node, "a variable's value must be a string or something that JSON can say"),
            }
        }
        vars
    }

    fn rules(&mut self) -> Vec<Rule> {
        let Some(nodes) = self.find("rules").and_then(|entry| self.list(entry)) else { return Vec::new() };
        nodes.iter().filter_map(|node| self.rule(node)).collect()
    }

    fn rule(&mut self, node: &'a Node) -> Option<Rule> {
        let Value::Table(table) = &node.value else {
            self.fail(node, format!("a rule must be a table, not {}", node.value.noun()));
            return None;
        };
        self.check_nested("rules", table, &["type", "globs", "fallthrough"]);
        let (Some(kind), Some(globs)) = (table.entry("type"), table.entry("globs")) else {
            self.fail(node, "a rule needs `type` and `globs`");
            return None;
        };
        let name = self.text_of(kind)?;
        let Some(kind_of) = RuleKind::parse(name) else {
            let hint = format!("the types are {}", RuleKind::NAMES.join(", "));
            let diagnostic =
                self.source.error(kind.node.span.clone(), format!("`{name}` is no type of module"));
            self.errors.push(diagnostic.with_hint(hint));
            return None;
        };
        let fallthrough = table.entry("fallthrough").and_then(|entry| self.bool_of(entry));
        Some(Rule { kind: kind_of, globs: self.strings_of(globs), fallthrough })
    }
}

pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=NAME_CHARS_MAX).contains(&name.len()) && name.chars().all(allowed) && !name.starts_with('-')
}

/// `path` below `root`, without `.` and `..`, so that one file has one name everywhere.
pub(crate) fn join(root: &Path, path: &str) -> PathBuf {
    let mut joined = PathBuf::new();
    for part in root.join(path).components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(joined.pop()),
            part => joined.push(part),
        }
    }
    joined
}

/// A file that exists and has nearly this path: another ending, or a slip in the last part.
pub(crate) fn similar_file(missing: &Path, root: &Path) -> Option<PathBuf> {
    let (folder, wanted) = (missing.parent()?, missing.file_name()?.to_str()?);
    let script = |path: &Path| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| ["js", "mjs", "cjs", "ts", "mts", "tsx", "jsx"].contains(&ending))
    };
    let files = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| script(path));
    let mut names: Vec<String> =
        files.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
    names.sort();
    let stem = |name: &str| Path::new(name).file_stem().map(ToOwned::to_owned);
    let same_stem = names.iter().find(|name| stem(name) == stem(wanted)).map(String::as_str);
    let name = same_stem.or_else(|| keys::closest(wanted, names.iter().map(String::as_str)))?;
    Some(crate::diagnostic::shown(&folder.join(name), root))
}

#[cfg(test)]
mod tests;
