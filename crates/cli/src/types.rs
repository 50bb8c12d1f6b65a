//! `mote types`: what a project's `env` and its modules are, for TypeScript. It reads the configuration, and runs nothing.

mod text;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use mote_bundle::{Environment, Project, ProjectError, Var};
use mote_host::clock::today;

use text::Vars;

/// The file that TypeScript finds by itself where the project's folder is included.
const OUTPUT: &str = "worker-configuration.d.ts";

/// Write the types of a project's `env` and modules for TypeScript.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The project's folder, its configuration, or one script.
    #[arg(default_value = ".")]
    path: PathBuf,

    /// The environment of the configuration; without one, `env` has what any of them has.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,

    /// The file to write, `-` for the standard output; `worker-configuration.d.ts` in the project's folder if not given.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The name of the interface.
    #[arg(long, value_name = "NAME", default_value = "Env", value_parser = identifier)]
    env_interface: String,

    /// Say `string` instead of what a variable's value is now.
    #[arg(long)]
    loose_vars: bool,

    /// Write nothing; fail if the file is not as it would be written.
    #[arg(long)]
    check: bool,
}

/// What goes wrong.
#[derive(Debug, thiserror::Error)]
enum TypesError {
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error("cannot write {}: {source}", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("{} is not what `mote types` would write\n  help: run `mote types`", path.display())]
    Stale { path: PathBuf },
}

pub(crate) fn run(options: &Options) -> ExitCode {
    match types(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn types(options: &Options) -> Result<(), TypesError> {
    let environment = || Environment::description().on(today());
    let first = match &options.env {
        Some(name) => Project::open(&options.path, &environment().named(name.clone()))?,
        None => Project::open(&options.path, &environment())?,
    };
    for warning in first.warnings() {
        let _ = writeln!(io::stderr(), "warning: {warning}");
    }
    let mut projects = Vec::new();
    if options.env.is_none() {
        for name in first.environments() {
            projects.push(Project::open(&options.path, &environment().named(name.clone()))?);
        }
    }
    let path = options.output.clone().unwrap_or_else(|| first.root().join(OUTPUT));
    projects.insert(0, first);
    let vars = if options.loose_vars { Vars::Loose } else { Vars::Literal };
    let text = text::of(&described(&projects, vars), &options.env_interface);
    if options.check {
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        return if found == text { Ok(()) } else { Err(TypesError::Stale { path }) };
    }
    if path == Path::new("-") {
        // A closed pipe is no failure.
        let _ = io::stdout().write_all(text.as_bytes());
        return Ok(());
    }
    std::fs::write(&path, text).map_err(|source| TypesError::Unwritable { path: path.clone(), source })?;
    let _ = writeln!(io::stderr(), "wrote {}", path.display());
    Ok(())
}

/// What is told of a project.
#[derive(Default)]
struct Described {
    /// Each name in `env`.
    members: BTreeMap<String, Member>,
    /// Patterns of imports, and what their default export is.
    modules: BTreeMap<String, &'static str>,
}

/// One name in `env`.
#[derive(Default)]
struct Member {
    /// What it may be, in one environment or another.
    types: BTreeSet<String>,
    /// In how many environments it is there.
    environments: usize,
    /// Whether it is there in all of them.
    is_everywhere: bool,
}

fn described(projects: &[Project], vars: Vars) -> Described {
    let mut described = Described::default();
    for project in projects {
        for (name, kind) in env_of(project, vars) {
            let member = described.members.entry(name).or_default();
            member.types.insert(kind);
            member.environments += 1;
        }
        for (kind, globs) in project.module_globs() {
            let Some(export) = text::default_export(kind) else { continue };
            described.modules.extend(globs.iter().filter_map(|glob| Some((text::pattern(glob)?, export))));
        }
    }
    for member in described.members.values_mut() {
        member.is_everywhere = member.environments == projects.len();
    }
    described
}

/// The names in one environment's `env`, each with its type.
fn env_of(project: &Project, vars: Vars) -> BTreeMap<String, String> {
    let settings = project.settings();
    let main = settings.main.as_deref().and_then(|main| main.strip_prefix(project.root()).ok());
    let mut env = BTreeMap::new();
    for binding in &settings.bindings {
        env.insert(binding.name.clone(), text::binding(binding.kind, &binding.fields, main));
    }
    let assets = settings.assets.as_ref().and_then(|assets| assets.binding.clone());
    env.extend(assets.map(|name| (name, "Fetcher".to_owned())));
    for (name, var) in &settings.vars {
        let kind = match var {
            Var::Secret(_) => "string".to_owned(),
            Var::Text(text) => text::value(&text.as_str().into(), vars),
            Var::Json(value) => text::value(value, vars),
        };
        env.insert(name.clone(), kind);
    }
    env
}

fn identifier(name: &str) -> Result<String, String> {
    if text::is_identifier(name) {
        Ok(name.to_owned())
    } else {
        Err("it is no name for an interface".to_owned())
    }
}
