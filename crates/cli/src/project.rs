//! A project that is served: where it is, what it was built from, what it depends on.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use mote_bundle::{AssetsSettings, Binding, BundleError, Bundled, Environment, Project, Settings, Var};
use mote_host::{
    bindings::{HostBinding, HostBindings},
    clock::{now_ms, rfc3339},
    site::Code,
};
use mote_wire::{
    bundle::{Bundle, Format, Module, ModuleKind, ModuleSpecifier},
    compatibility::Compatibility,
    limits::LimitsPatch,
};

/// One project of the command line.
pub(crate) struct Target {
    path: PathBuf,
    name: String,
    environment: Environment,
    vars: Vec<(String, String)>,
    watched: Vec<PathBuf>,
    built: bool,
    /// The last build failed: a file that it looked for in vain may appear in any of its folders.
    failed: bool,
}

/// What came of building a project.
pub(crate) enum Built {
    /// A worker, ready to be loaded.
    Worker(Box<BuiltWorker>),
    /// It cannot be built; the text says why and where.
    Failed {
        /// What to show.
        problem: String,
    },
}

/// What a project was built into.
pub(crate) struct BuiltWorker {
    /// Its code.
    pub(crate) bundle: Bundle,
    /// Its `env`, as a JSON object; under the empty name stand the kinds of its bindings.
    pub(crate) env_json: String,
    /// What stands behind the bindings.
    pub(crate) bindings: HostBindings,
    /// Its static assets.
    pub(crate) assets: Option<AssetsSettings>,
    /// Whether it has code besides.
    pub(crate) code: Code,
    /// Which behaviours of the platform it asks for.
    pub(crate) compatibility: Compatibility,
    /// The limits that its configuration asks for.
    pub(crate) limits: LimitsPatch,
    /// Its account's id; empty if its configuration names none.
    pub(crate) account: String,
    /// What is odd about it.
    pub(crate) warnings: Vec<String>,
}

/// Why projects cannot even be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    /// A project cannot be opened.
    #[error("{0}")]
    Project(#[from] mote_bundle::ProjectError),
    /// Two projects would answer on one host name.
    #[error("two projects are called `{name}`; change the `name` in one of their configurations")]
    SameName {
        /// The name.
        name: String,
    },
}

impl Target {
    /// The projects at these paths, with `vars` over those of their configurations.
    pub(crate) fn all(
        paths: &[PathBuf],
        environment: &Environment,
        vars: &[(String, String)],
    ) -> Result<Vec<Self>, TargetError> {
        let mut names = BTreeSet::new();
        let mut targets = Vec::new();
        for path in paths {
            let environment = environment.clone();
            let name = Project::open(path, &environment)?.name().to_owned();
            if !names.insert(name.clone()) {
                return Err(TargetError::SameName { name });
            }
            let vars = vars.to_vec();
            targets.push(Self {
                path: path.clone(),
                name,
                environment,
                vars,
                watched: Vec::new(),
                built: false,
                failed: false,
            });
        }
        Ok(targets)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// True once it has been built, with whatever result.
    pub(crate) fn was_built(&self) -> bool {
        self.built
    }

    /// The files whose change makes it be built again.
    pub(crate) fn watched(&self) -> &[PathBuf] {
        &self.watched
    }

    pub(crate) fn depends_on(&self, files: &BTreeSet<PathBuf>) -> bool {
        let folder_of = |file: &PathBuf| file.parent().map(Path::to_owned);
        self.watched.iter().any(|watched| {
            files.contains(watched)
                || (self.failed && files.iter().any(|file| folder_of(file) == folder_of(watched)))
        })
    }

    /// Builds it as its files are now.
    pub(crate) fn build(&mut self) -> Built {
        self.built = true;
        self.failed = true;
        let project = match Project::open(&self.path, &self.environment) {
            Ok(project) => project,
            Err(error) => {
                self.watch_also(error.watched());
                return Built::Failed { problem: error.to_string() };
            }
        };
        let (code, bundled) = match project.settings().main {
            Some(_) => (Code::Some, project.bundle()),
            None => (Code::None, no_code()),
        };
        match bundled {
            Ok(bundled) => {
                self.failed = false;
                self.watched.clear();
                self.watch_also(project.watched());
                self.watch_also(&bundled.watched);
                let warnings =
                    project.warnings().iter().chain(&bundled.warnings).map(ToString::to_string).collect();
                let limits = project.settings().limits;
                let account = project.settings().account_id.clone().unwrap_or_default();
                let assets = project.settings().assets.clone();
                let bindings = bindings_of(project.settings());
                let env_json = self.env_json(&project, &bindings, &bundled.bundle);
                let (bundle, compatibility) = (bundled.bundle, project.settings().compatibility);
                let worker = BuiltWorker {
                    bundle,
                    env_json,
                    bindings,
                    assets,
                    code,
                    compatibility,
                    limits,
                    account,
                    warnings,
                };
                Built::Worker(Box::new(worker))
            }
            Err(error) => {
                self.watch_also(project.watched());
                self.watch_also(error.watched());
                Built::Failed { problem: error.to_string() }
            }
        }
    }

    fn watch_also(&mut self, files: &[PathBuf]) {
        self.watched.extend(files.iter().cloned());
        self.watched.sort();
        self.watched.dedup();
    }

    fn env_json(&self, project: &Project, bindings: &HostBindings, bundle: &Bundle) -> String {
        let mut env = serde_json::Map::new();
        for binding in &project.settings().bindings {
            if binding.kind == "version_metadata" {
                env.insert(binding.name.clone(), version_metadata(bundle));
            }
        }
        for (name, var) in &project.settings().vars {
            let value = match var {
                Var::Text(text) | Var::Secret(text) => text.clone().into(),
                Var::Json(value) => value.clone(),
            };
            env.insert(name.clone(), value);
        }
        for (name, value) in &self.vars {
            env.insert(name.clone(), value.clone().into());
        }
        if !bindings.is_empty() {
            let kinds = bindings.iter().map(|(name, binding)| (name.clone(), binding.kind().into()));
            env.insert(String::new(), serde_json::Value::Object(kinds.collect()));
        }
        serde_json::Value::Object(env).to_string()
    }
}

/// What a worker is told of its version while it is developed: the same code has the same id, and was made just now.
fn version_metadata(bundle: &Bundle) -> serde_json::Value {
    let mut id = String::new();
    for (at, byte) in bundle.hash().as_bytes().iter().take(16).enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            id.push('-');
        }
        // As RFC 9562 has it: version 8, whose bits are the maker's.
        let byte = match at {
            6 => byte & 0x0f | 0x80,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        let _ = write!(id, "{byte:02x}");
    }
    serde_json::json!({ "id": id, "tag": "", "timestamp": rfc3339(now_ms()) })
}

/// The code of a project that is files alone.
fn no_code() -> Result<Bundled, BundleError> {
    const NO_CODE: &str = "export default { fetch: () => new Response(null, { status: 404 }) };";
    let internal = |reason: String| BundleError::Internal { reason };
    let main = ModuleSpecifier::parse("no-code.js").map_err(|error| internal(error.to_string()))?;
    let module = Module::new(main.clone(), ModuleKind::EsModule, NO_CODE);
    let bundle = Bundle::new(vec![module], main, Format::Modules);
    let bundle = bundle.map_err(|error| internal(error.to_string()))?;
    Ok(Bundled { bundle, warnings: Vec::new(), watched: Vec::new() })
}

/// The bindings of the configuration that are more than values.
fn bindings_of(settings: &Settings) -> HostBindings {
    let binding_of = |binding: &Binding| {
        let mut said = binding.fields.clone();
        said.insert("type".to_owned(), binding.kind.into());
        // While developing, a namespace without an id is known by the name of its binding.
        said.entry("namespace_id").or_insert_with(|| binding.name.as_str().into());
        Some((binding.name.clone(), HostBinding::of(&said)?))
    };
    let assets = settings.assets.as_ref().and_then(|assets| assets.binding.clone());
    let assets = assets.map(|name| (name, HostBinding::Assets));
    settings.bindings.iter().filter_map(binding_of).chain(assets).collect()
}
