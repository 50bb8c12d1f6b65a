//! The ordinary way: one ES module out of the main file and all that it imports.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use mote_wire::bundle::{Format, Module, ModuleKind, ModuleSpecifier};
use rolldown::{
    AttachDebugInfo, BundleOutput, Bundler, BundlerOptions, BundlerTransformOptions, ChecksOptions,
    CodeSplittingMode, Either, ExperimentalOptions, InputItem, JsxOptions, ModuleType, OutputFormat,
    Platform, RawMinifyOptions, ResolveOptions, SourceMapType, TsConfig,
};
use rolldown_common::{Output, OutputChunk};

use super::plugin::{Found, WorkerModules};
use super::report::Report;
use super::{BundleError, Made, files};
use crate::config::{BuildSettings, join};
use crate::diagnostic::{Diagnostic, shown};
use crate::project::{Project, Purpose};
use crate::rules::Rules;

/// Stack of the threads that parse; see `STACK_BYTES`.
const PARSER_STACK_BYTES: usize = 64 << 20;
/// Why a limit on time: if a task of the bundler library panics, the library waits for its answer for ever.
const TIME_MAX: Duration = Duration::from_secs(180);

pub(super) fn compile(project: &Project, entry: &Path) -> Result<Made, BundleError> {
    let build = &project.settings().build;
    let rules = Rules::new(&build.rules);
    let main = main_name(project, entry)?;
    let additional = find_additional(project, entry, &rules)?;
    let found = Arc::new(Mutex::new(Found::default()));
    let plugin = WorkerModules {
        rules,
        aliases: build.alias.clone(),
        root: project.root().to_owned(),
        main_folder: entry.parent().unwrap_or(project.root()).to_owned(),
        preserve_file_names: build.preserve_file_names,
        node_compat: node_compat(project),
        additional: additional.specifiers(&main),
        found: Arc::clone(&found),
    };
    let (result, mut watched) = run(options(project, entry), plugin)?;
    watched.extend(additional.folders);
    let found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    let output = check(project, result, &found)
        .map_err(|diagnostics| BundleError::Code { diagnostics, watched: watched.clone() })?;

    let (chunk, format) = (output.chunk, output.format);
    let mut code = Module::new(main.clone(), ModuleKind::EsModule, chunk.code.clone());
    code.source_map = chunk.map.as_ref().map(|map| map.to_json_string().into());
    let mut modules = vec![code];
    modules.extend(found.modules.into_values());
    modules.extend(additional.found.into_iter().map(|found| found.module));
    Ok(Made { modules, main, format, warnings: output.warnings, watched })
}

/// Files that are modules of their own because a rule says so, whether or not anything imports them.
#[derive(Default)]
struct Additional {
    found: Vec<files::Found>,
    folders: Vec<PathBuf>,
}

impl Additional {
    fn specifiers(&self, main: &ModuleSpecifier) -> HashMap<PathBuf, String> {
        let specifier = |found: &files::Found| (found.path.clone(), specifier_from(main, &found.module.name));
        self.found.iter().map(specifier).collect()
    }
}

fn find_additional(project: &Project, entry: &Path, rules: &Rules) -> Result<Additional, BundleError> {
    let settings = project.settings();
    if !settings.build.find_additional_modules {
        return Ok(Additional::default());
    }
    let except =
        [&[entry], project.watched().iter().map(PathBuf::as_path).collect::<Vec<_>>().as_slice()].concat();
    let walk = files::walk(&settings.build.base_dir, rules, &except).map_err(BundleError::code)?;
    Ok(Additional { found: walk.found, folders: walk.folders })
}

/// The main module's name: where its file is below the folder of the modules if others have their places there too.
fn main_name(project: &Project, entry: &Path) -> Result<ModuleSpecifier, BundleError> {
    let settings = project.settings();
    let file = entry.with_extension("js");
    let below = settings
        .build
        .find_additional_modules
        .then(|| files::name_below(&file, &settings.build.base_dir))
        .flatten();
    let plain = || ModuleSpecifier::parse(&file.file_name().unwrap_or_default().to_string_lossy());
    below
        .map_or_else(plain, Ok)
        .map_err(|error| BundleError::code(vec![Diagnostic::error(format!("the main file's name: {error}"))]))
}

/// How `from` imports `to`.
fn specifier_from(from: &ModuleSpecifier, to: &ModuleSpecifier) -> String {
    let folders: Vec<&str> = from.as_str().split('/').collect();
    let folders = folders.split_last().map_or(&[][..], |(_, folders)| folders);
    let target: Vec<&str> = to.as_str().split('/').collect();
    let shared = folders.iter().zip(&target).take_while(|(a, b)| a == b).count();
    let up = folders.len() - shared;
    let start = if up == 0 { "./".to_owned() } else { "../".repeat(up) };
    start + &target.get(shared..).unwrap_or_default().join("/")
}

fn node_compat(project: &Project) -> bool {
    let compatibility = &project.settings().compatibility;
    compatibility.is_on("nodejs_compat") || compatibility.is_on("nodejs_compat_v2")
}

type Ran = (Result<BundleOutput, Vec<rolldown_error::BuildDiagnostic>>, Vec<PathBuf>);

/// The bundler library walks through the parsed code on rayon's threads, whose ordinary stack of 2 MiB code can exhaust.
fn deepen_rayon() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let pool = rayon::ThreadPoolBuilder::new().stack_size(PARSER_STACK_BYTES);
        // It fails if somebody in this process has started rayon before; then its stack is what they chose.
        drop(pool.thread_name(|_| "mote-bundle".to_owned()).build_global());
    });
}

/// Runs the bundler library. Gives its result and the files that it read, whichever way it ended.
fn run(options: BundlerOptions, plugin: WorkerModules) -> Result<Ran, BundleError> {
    deepen_rayon();
    let internal = |reason: String| BundleError::Internal { reason };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8)))
        .thread_name("mote-bundle")
        .thread_stack_size(PARSER_STACK_BYTES)
        .enable_time()
        .build()
        .map_err(|error| internal(error.to_string()))?;
    let result = runtime.block_on(async {
        let mut bundler = match Bundler::with_plugins(options, vec![Arc::new(plugin)]) {
            Ok(bundler) => bundler,
            Err(errors) => return Ok((Err(errors.into_vec()), Vec::new())),
        };
        let output = tokio::time::timeout(TIME_MAX, bundler.generate()).await;
        let output =
            output.map_err(|_| internal(format!("it did not end within {} s", TIME_MAX.as_secs())))?;
        let watched = bundler.watch_files().iter().map(|file| PathBuf::from(file.as_str())).collect();
        Ok((output.map_err(rolldown_error::BatchedBuildDiagnostic::into_vec), watched))
    });
    runtime.shutdown_background();
    result
}

struct Checked {
    chunk: Arc<OutputChunk>,
    format: Format,
    warnings: Vec<Diagnostic>,
}

/// Takes the library's output apart, and makes errors of what it lets through but a worker cannot run.
fn check(
    project: &Project,
    result: Result<BundleOutput, Vec<rolldown_error::BuildDiagnostic>>,
    found: &Found,
) -> Result<Checked, Vec<Diagnostic>> {
    let report = Report { root: project.root(), refused: &found.refused };
    let output = result.map_err(|errors| report.errors(&errors))?;
    let (mut errors, mut warnings) = report.warnings(&output.warnings);
    errors.extend(found.remote.iter().map(|(address, importer)| {
        let message = format!("{} imports `{address}`", shown(Path::new(importer), project.root()).display());
        Diagnostic::error(message).with_hint(
            "a worker's modules come with it: install the package, or save the file beside the code",
        )
    }));
    if !node_compat(project) {
        warnings.extend(found.node_modules.iter().map(|(name, importer)| {
            let importer = shown(Path::new(importer), project.root());
            Diagnostic::warning(format!(
                "`{name}` is a module of Node.js, imported by {}",
                importer.display()
            ))
            .with_hint("add \"nodejs_compat\" to `compatibility_flags`")
        }));
    }
    let mut chunks = output.assets.iter().filter_map(|asset| match asset {
        Output::Chunk(chunk) => Some(Arc::clone(chunk)),
        Output::Asset(_) => None,
    });
    let (Some(chunk), None) = (chunks.next(), chunks.next()) else {
        errors.push(Diagnostic::error("the bundler did not give one module"));
        return Err(errors);
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    let format = if chunk.exports.is_empty() { Format::ServiceWorker } else { Format::Modules };
    Ok(Checked { chunk, format, warnings })
}

fn options(project: &Project, entry: &Path) -> BundlerOptions {
    let settings = project.settings();
    let build = &settings.build;
    let root = project.root();
    let keeps_map = project.purpose() == Purpose::Development || build.upload_source_maps != Some(false);
    BundlerOptions {
        input: Some(vec![InputItem {
            name: Some("main".to_owned()),
            import: entry.to_string_lossy().into_owned(),
        }]),
        cwd: Some(root.to_owned()),
        // Nothing is written there; source maps name their files relative to it.
        dir: Some(root.to_string_lossy().into_owned()),
        entry_filenames: Some("[name].js".to_owned().into()),
        platform: Some(Platform::Browser),
        format: Some(OutputFormat::Esm),
        code_splitting: Some(CodeSplittingMode::Bool(false)),
        sourcemap: keeps_map.then_some(SourceMapType::Hidden),
        // As wrangler has it: JSX in every JavaScript file.
        module_types: Some(
            [".js", ".mjs", ".cjs"].map(|ending| (ending.to_owned(), ModuleType::Jsx)).into_iter().collect(),
        ),
        resolve: Some(ResolveOptions {
            alias: Some(aliases(build, root)),
            condition_names: Some(["workerd", "worker", "browser"].map(str::to_owned).to_vec()),
            main_fields: Some(["browser", "module", "main"].map(str::to_owned).to_vec()),
            ..ResolveOptions::default()
        }),
        define: Some(defines(project).into_iter().collect()),
        minify: Some(if build.minify {
            RawMinifyOptions::Bool(true)
        } else {
            RawMinifyOptions::DeadCodeEliminationOnly
        }),
        keep_names: Some(build.keep_names),
        transform: Some(transform(build)),
        tsconfig: Some(build.tsconfig.clone().map_or(TsConfig::Auto(true), TsConfig::Manual)),
        checks: Some(ChecksOptions {
            ineffective_dynamic_import: Some(false),
            invalid_annotation: Some(false),
            large_barrel_modules: Some(false),
            plugin_timings: Some(false),
            prefer_builtin_feature: Some(false),
            sourcemap_broken: Some(false),
            ..ChecksOptions::default()
        }),
        experimental: Some(ExperimentalOptions {
            attach_debug_info: Some(AttachDebugInfo::None),
            ..ExperimentalOptions::default()
        }),
        ..BundlerOptions::default()
    }
}

/// Aliases to files are relative to the project; those to packages and to the runtime stay as they are.
fn aliases(build: &BuildSettings, root: &Path) -> Vec<(String, Vec<Option<String>>)> {
    let target = |target: &str| match target.starts_with('.') {
        true => join(root, target).to_string_lossy().into_owned(),
        false => target.to_owned(),
    };
    build.alias.iter().map(|(name, to)| (name.clone(), vec![Some(target(to))])).collect()
}

/// The project's own definitions, and the one that libraries choose between their two builds by.
fn defines(project: &Project) -> Vec<(String, String)> {
    let mode = match project.purpose() {
        Purpose::Development => "\"development\"",
        Purpose::Production | Purpose::Deployment | Purpose::Description => "\"production\"",
    };
    let own = &project.settings().build.define;
    let names = ["process.env.NODE_ENV", "global.process.env.NODE_ENV", "globalThis.process.env.NODE_ENV"];
    let defaults = names
        .into_iter()
        .filter(|name| !own.contains_key(*name))
        .map(|name| (name.to_owned(), mode.to_owned()));
    defaults.chain(own.iter().map(|(name, value)| (name.clone(), value.clone()))).collect()
}

/// The JSX of the configuration, if it speaks of it; else that of the nearest `tsconfig.json`, as the library reads it.
fn transform(build: &BuildSettings) -> BundlerTransformOptions {
    let given = build.jsx_factory.is_some() || build.jsx_fragment.is_some();
    let jsx = given.then(|| {
        Either::Right(JsxOptions {
            runtime: Some("classic".to_owned()),
            pragma: build.jsx_factory.clone(),
            pragma_frag: build.jsx_fragment.clone(),
            ..JsxOptions::default()
        })
    });
    BundlerTransformOptions { jsx, ..BundlerTransformOptions::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_imported_relative_to_the_one_that_imports_it() {
        for (from, to, specifier) in [
            ("index.js", "a.wasm", "./a.wasm"),
            ("index.js", "lang/en.js", "./lang/en.js"),
            ("src/index.js", "lang/en.js", "../lang/en.js"),
            ("src/a/index.js", "src/b/en.js", "../b/en.js"),
            ("src/index.js", "src/en.js", "./en.js"),
        ] {
            let parse = |name| ModuleSpecifier::parse(name).unwrap();
            assert_eq!(specifier_from(&parse(from), &parse(to)), specifier);
        }
    }
}
