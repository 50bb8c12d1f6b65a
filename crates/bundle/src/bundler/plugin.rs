//! What the bundler library does not know of a worker: modules of the runtime, and files that stay modules.
//!
//! A file of text, data or Wasm is collected under a name made of its content, and the code gets a module in its place
//! that re-exports the collected one, which is external. So every way to import it works, from any package.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use mote_wire::bundle::{Module, ModuleKind, ModuleSpecifier};
use rolldown::plugin::{
    HookLoadArgs, HookLoadOutput, HookLoadReturn, HookResolveIdArgs, HookResolveIdOutput,
    HookResolveIdReturn, HookUsage, Plugin, PluginContext, PluginContextResolveOptions,
    SharedLoadPluginContext,
};
use rolldown_common::{ImportKind, ModuleType, ResolvedId};
use sha2::{Digest, Sha256};

use super::builtins::{self, Builtin};
use super::files;
use crate::rules::{Matching, Rules, Verdict, ignored_message};

/// Marks the specifier of a collected module; the code cannot write it.
const COLLECTED: &str = "\0mote-collected:";
/// Marks a stand-in for a runtime module that CommonJS code requires.
const REQUIRED: &str = "\0mote-required:";
/// Bytes of the content's hash that a name shows: as many as wrangler's SHA-1 has.
const NAME_HASH_BYTES: usize = 20;

/// The plugin's settings, and what it finds. The rest is in the bundler library's hands.
#[derive(Debug)]
pub(super) struct WorkerModules {
    pub(super) rules: Rules,
    pub(super) aliases: BTreeMap<String, String>,
    /// The project's folder, which a rule's path starts at.
    pub(super) root: PathBuf,
    /// The main module's folder; names that are kept start there.
    pub(super) main_folder: PathBuf,
    pub(super) preserve_file_names: bool,
    pub(super) node_compat: bool,
    /// Files that are modules already, and how the main module imports them.
    pub(super) additional: HashMap<PathBuf, String>,
    pub(super) found: Arc<Mutex<Found>>,
}

/// What the plugin finds.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) modules: BTreeMap<ModuleSpecifier, Module>,
    /// Names of Node.js modules that are imported, and who does it first.
    pub(super) node_modules: BTreeMap<String, String>,
    /// Files that an import's specifier, not their own path, makes modules.
    matched: HashMap<String, ModuleKind>,
    /// Modules of addresses that no bundle can hold.
    pub(super) remote: BTreeSet<(String, String)>,
    /// Why files are no modules. The library keeps only that there was an error.
    pub(super) refused: HashMap<PathBuf, String>,
}

impl WorkerModules {
    async fn resolve(&self, context: &PluginContext, args: &HookResolveIdArgs<'_>) -> HookResolveIdReturn {
        let Some(importer) = args.importer else { return Ok(None) };
        let specifier = args.specifier;
        if let Some(name) = specifier.strip_prefix(COLLECTED) {
            return Ok(Some(external(name.to_owned())));
        }
        if let Some(target) = self.alias(specifier) {
            // The bundler library follows aliases to files and packages, but not to modules of the runtime.
            return Ok(builtins::find(target).map(|_| runtime_module(target.to_owned(), args.kind)));
        }
        if is_address(specifier) {
            self.found(|found| found.remote.insert((specifier.to_owned(), importer.to_owned())));
            return Ok(Some(external(specifier.to_owned())));
        }
        if let Some(builtin) = builtins::find(specifier) {
            return self.resolve_builtin(context, args, importer, &builtin).await;
        }
        if let Verdict::Module(kind) = self.rules.judge(specifier, Matching::Import)
            && !kind.is_javascript()
            && let Some(resolved) = self.resolve_further(context, args).await?
        {
            self.found(|found| found.matched.insert(resolved.id.as_str().to_owned(), kind));
            return Ok(Some(HookResolveIdOutput::from_resolved_id(resolved)));
        }
        self.resolve_additional(context, args).await
    }

    async fn resolve_builtin(
        &self,
        context: &PluginContext,
        args: &HookResolveIdArgs<'_>,
        importer: &str,
        builtin: &Builtin,
    ) -> HookResolveIdReturn {
        let name = match builtin {
            Builtin::Platform => return Ok(Some(runtime_module(args.specifier.to_owned(), args.kind))),
            Builtin::Node => args.specifier.to_owned(),
            Builtin::BareNode(name) => {
                // With Node's own modules at hand, wrangler takes them before packages of the same name.
                if !self.node_compat
                    && let Some(resolved) = self.resolve_further(context, args).await?
                {
                    return Ok(Some(HookResolveIdOutput::from_resolved_id(resolved)));
                }
                format!("node:{name}")
            }
        };
        self.found(|found| {
            found.node_modules.entry(name.clone()).or_insert_with(|| importer.to_owned()).len()
        });
        Ok(Some(runtime_module(name, args.kind)))
    }

    async fn resolve_additional(
        &self,
        context: &PluginContext,
        args: &HookResolveIdArgs<'_>,
    ) -> HookResolveIdReturn {
        if self.additional.is_empty() {
            return Ok(None);
        }
        let resolved = self.resolve_further(context, args).await?;
        let specifier = resolved.and_then(|resolved| self.additional.get(Path::new(resolved.id.as_str())));
        Ok(specifier.map(|specifier| external(specifier.clone())))
    }

    /// What the other plugins and the library itself make of it; nothing if they do not find it.
    async fn resolve_further(
        &self,
        context: &PluginContext,
        args: &HookResolveIdArgs<'_>,
    ) -> anyhow::Result<Option<ResolvedId>> {
        let options = PluginContextResolveOptions {
            import_kind: args.kind,
            is_entry: false,
            skip_self: true,
            custom: Arc::clone(&args.custom),
        };
        Ok(context.resolve(args.specifier, args.importer, Some(options)).await?.ok())
    }

    fn load_file(&self, id: &str) -> anyhow::Result<Option<(String, PathBuf)>> {
        let path = Path::new(id.split('?').next().unwrap_or(id));
        let Some(kind) = self.kind_of(id)? else {
            anyhow::ensure!(
                path.extension().is_none_or(|ending| ending != "css"),
                "a worker has no style sheets; remove the import, or get it as text with a rule for `**/*.css`"
            );
            return Ok(None);
        };
        let content = files::read(path)?;
        let name = self.name_of(path, &content)?;
        let import = relative_import(&name);
        self.found(|found| found.modules.insert(name.clone(), Module::new(name, kind, content)));
        let specifier = serde_json::to_string(&format!("{COLLECTED}{import}"))?;
        Ok(Some((format!("export {{ default }} from {specifier};\n"), path.to_owned())))
    }

    fn refuse(&self, id: &str, error: &anyhow::Error) {
        self.found(|found| {
            found.refused.insert(crate::diagnostic::shown(Path::new(id), &self.root), error.to_string())
        });
    }

    fn kind_of(&self, id: &str) -> anyhow::Result<Option<ModuleKind>> {
        if let Some(kind) = self.found(|found| found.matched.get(id).copied()) {
            return Ok(Some(kind));
        }
        if !Path::new(id).is_absolute() {
            return Ok(None);
        }
        let below_root = Path::new(id).strip_prefix(&self.root).ok().and_then(Path::to_str);
        match self.rules.judge(below_root.unwrap_or(id), Matching::Import) {
            Verdict::Module(kind) => Ok(Some(kind).filter(|kind| !kind.is_javascript())),
            Verdict::Unmatched => Ok(None),
            Verdict::Ignored(rule) => {
                let file = Path::new(id).file_name().unwrap_or_default().to_string_lossy();
                anyhow::bail!(ignored_message(&file, rule))
            }
        }
    }

    fn name_of(&self, path: &Path, content: &[u8]) -> anyhow::Result<ModuleSpecifier> {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        if self.preserve_file_names {
            let kept = files::name_below(path, &self.main_folder);
            return kept.map_or_else(|| Ok(ModuleSpecifier::parse(&file)?), Ok);
        }
        let hash: String =
            Sha256::digest(content).iter().take(NAME_HASH_BYTES).map(|byte| format!("{byte:02x}")).collect();
        Ok(ModuleSpecifier::parse(&format!("{hash}-{file}"))?)
    }

    fn alias(&self, specifier: &str) -> Option<&str> {
        let covers = |name: &str| {
            specifier.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.aliases.iter().find(|(name, _)| covers(name)).map(|(_, target)| target.as_str())
    }

    fn found<T>(&self, change: impl FnOnce(&mut Found) -> T) -> T {
        change(&mut self.found.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Plugin for WorkerModules {
    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("mote")
    }

    async fn resolve_id(&self, context: &PluginContext, args: &HookResolveIdArgs<'_>) -> HookResolveIdReturn {
        self.resolve(context, args).await
    }

    async fn load(&self, context: SharedLoadPluginContext, args: &HookLoadArgs<'_>) -> HookLoadReturn {
        let code = match args.id.strip_prefix(REQUIRED) {
            Some(name) => stand_in(name)?,
            None => match self.load_file(args.id).inspect_err(|error| self.refuse(args.id, error))? {
                None => return Ok(None),
                Some((code, path)) => {
                    context.add_watch_file(&path.to_string_lossy());
                    code
                }
            },
        };
        Ok(Some(HookLoadOutput {
            code: code.into(),
            module_type: Some(ModuleType::Js),
            ..HookLoadOutput::default()
        }))
    }

    fn register_hook_usage(&self) -> HookUsage {
        HookUsage::ResolveId | HookUsage::Load
    }
}

/// How a module at the root of the bundle imports another.
fn relative_import(name: &ModuleSpecifier) -> String {
    format!("./{name}")
}

fn external(id: String) -> HookResolveIdOutput {
    HookResolveIdOutput { id: id.into(), external: Some(true.into()), ..HookResolveIdOutput::default() }
}

/// An `import` of it stays; a `require` goes through a stand-in, because an ES module has no `require`.
fn runtime_module(name: String, kind: ImportKind) -> HookResolveIdOutput {
    match kind {
        ImportKind::Require => HookResolveIdOutput::from_id(format!("{REQUIRED}{name}")),
        _ => external(name),
    }
}

/// CommonJS whose `exports` are what Node.js has there: the default export, or else the namespace.
fn stand_in(name: &str) -> anyhow::Result<String> {
    let name = serde_json::to_string(name)?;
    Ok(format!("import * as namespace from {name};\nmodule.exports = namespace.default ?? namespace;\n"))
}

fn is_address(specifier: &str) -> bool {
    ["http://", "https://", "//"].iter().any(|start| specifier.starts_with(start))
}
