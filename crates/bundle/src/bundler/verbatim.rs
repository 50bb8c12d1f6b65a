//! `no_bundle`: the main file as it is, what it imports by relative paths, and what the rules find.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use mote_wire::bundle::{Format, Module, ModuleKind, ModuleSpecifier};
use oxc::allocator::Allocator;
use oxc::parser::Parser;
use oxc::span::SourceType;

use super::{BundleError, Made, builtins, files};
use crate::config::join;
use crate::diagnostic::{Diagnostic, SourceText, shown};
use crate::project::{Project, Purpose};
use crate::rules::{Matching, Rules, Verdict};

pub(super) fn collect(project: &Project, main: &Path) -> Result<Made, BundleError> {
    let settings = project.settings();
    let mut collector = Collector {
        root: project.root(),
        base: &settings.build.base_dir,
        rules: Rules::new(&settings.build.rules),
        modules: BTreeMap::new(),
        queue: VecDeque::new(),
        watched: Vec::new(),
        errors: Vec::new(),
    };
    let made = collector.collect(project, main);
    let Collector { modules, errors, watched, .. } = collector;
    match made {
        Some((main, format)) if errors.is_empty() => {
            let maps =
                project.purpose() == Purpose::Development || settings.build.upload_source_maps != Some(false);
            let modules =
                modules.into_iter().map(|(path, module)| if maps { with_map(&path, module) } else { module });
            Ok(Made { modules: modules.collect(), main, format, warnings: Vec::new(), watched })
        }
        _ => Err(BundleError::Code { diagnostics: errors, watched }),
    }
}

struct Collector<'a> {
    root: &'a Path,
    base: &'a Path,
    rules: Rules,
    modules: BTreeMap<PathBuf, Module>,
    /// Modules whose imports are still to be followed.
    queue: VecDeque<PathBuf>,
    watched: Vec<PathBuf>,
    errors: Vec<Diagnostic>,
}

/// What matters of a parsed file.
struct Script {
    kind: ModuleKind,
    exports: bool,
    imports: Vec<Import>,
}

struct Import {
    specifier: String,
    span: std::ops::Range<usize>,
}

impl Collector<'_> {
    fn collect(&mut self, project: &Project, file: &Path) -> Option<(ModuleSpecifier, Format)> {
        self.watched.push(file.to_owned());
        if !file.extension().is_some_and(|ending| ending == "js" || ending == "mjs") {
            let message = format!(
                "`no_bundle` takes files as they are, and {} is not JavaScript",
                shown(file, self.root).display()
            );
            self.errors.push(
                Diagnostic::error(message)
                    .with_hint("remove `no_bundle`, or let `main` be a .js or .mjs file"),
            );
            return None;
        }
        let name = self.name(file)?;
        let script = self.parse(file)?;
        let format = if script.exports { Format::Modules } else { Format::ServiceWorker };
        self.add(file, name.clone(), script.kind);

        let except: Vec<&Path> =
            std::iter::once(file).chain(project.watched().iter().map(PathBuf::as_path)).collect();
        match files::walk(self.base, &self.rules, &except) {
            Err(errors) => self.errors.extend(errors),
            Ok(walk) => {
                self.watched.extend(walk.folders);
                for found in walk.found {
                    self.watched.push(found.path.clone());
                    self.queue
                        .extend((found.module.kind == ModuleKind::EsModule).then(|| found.path.clone()));
                    self.modules.insert(found.path, found.module);
                }
            }
        }
        while let Some(path) = self.queue.pop_front() {
            self.follow(&path);
        }
        Some((name, format))
    }

    /// Adds the modules that this one imports.
    fn follow(&mut self, path: &Path) {
        let Some(script) = self.parse(path) else { return };
        let Some(text) = self.text(path) else { return };
        for import in script.imports {
            if import.specifier.starts_with('.') {
                self.add_import(path, &text, &import);
            } else if !self.is_known(&import.specifier) {
                let message = format!("`{}` is not in the bundle", import.specifier);
                let hint = "`no_bundle` takes files as they are: bundle first, or remove `no_bundle`";
                self.errors.push(text.error(import.span, message).with_hint(hint));
            }
        }
    }

    fn add_import(&mut self, importer: &Path, text: &SourceText, import: &Import) {
        let path = join(importer.parent().unwrap_or(self.base), &import.specifier);
        if self.modules.contains_key(&path) {
            return;
        }
        let kind = kind_of(&path, self.base, &self.rules);
        match (path.is_file(), kind, files::name_below(&path, self.base)) {
            (true, Some(kind), Some(name)) => self.add(&path, name, kind),
            (false, ..) => {
                let message = format!("`{}` does not exist", import.specifier);
                let hint = "without bundling, an import needs the whole name of the file";
                self.errors.push(text.error(import.span.clone(), message).with_hint(hint));
            }
            (true, None, _) => {
                let message = format!("no rule says what kind of module `{}` is", import.specifier);
                self.errors.push(text.error(import.span.clone(), message).with_hint("add one to `rules`"));
            }
            (true, Some(_), None) => {
                let message =
                    format!("`{}` is outside {}", import.specifier, shown(self.base, self.root).display());
                self.errors.push(
                    text.error(import.span.clone(), message)
                        .with_hint("set `base_dir` to a folder that holds both"),
                );
            }
        }
    }

    fn add(&mut self, path: &Path, name: ModuleSpecifier, kind: ModuleKind) {
        self.watched.push(path.to_owned());
        match files::read(path) {
            Ok(content) => drop(self.modules.insert(path.to_owned(), Module::new(name, kind, content))),
            Err(error) => self.errors.push(files::unreadable(path, self.root, &error)),
        }
        self.queue.extend((kind == ModuleKind::EsModule).then(|| path.to_owned()));
    }

    fn is_known(&self, specifier: &str) -> bool {
        builtins::find(specifier).is_some()
            || self.modules.values().any(|module| module.name.as_str() == specifier)
    }

    fn name(&mut self, path: &Path) -> Option<ModuleSpecifier> {
        let name = files::name_below(path, self.base);
        if name.is_none() {
            let (file, base) = (shown(path, self.root), shown(self.base, self.root));
            let message = format!("{} is not inside {}", file.display(), base.display());
            self.errors
                .push(Diagnostic::error(message).with_hint("set `base_dir` to a folder that holds `main`"));
        }
        name
    }

    fn text(&mut self, path: &Path) -> Option<SourceText> {
        let error = match files::read(path).map(|content| String::from_utf8(content.into())) {
            Ok(Ok(text)) => return Some(SourceText::new(shown(path, self.root), text)),
            Ok(Err(_)) => Diagnostic::error(format!("{} is not UTF-8", shown(path, self.root).display())),
            Err(error) => files::unreadable(path, self.root, &error),
        };
        self.errors.push(error);
        None
    }

    fn parse(&mut self, path: &Path) -> Option<Script> {
        let text = self.text(path)?;
        match parse(&text) {
            Ok(script) => Some(script),
            Err(diagnostics) => {
                self.errors.extend(diagnostics);
                None
            }
        }
    }
}

/// Parses an ES module, or else a classic script: one without `import` and `export`, where older syntax is allowed.
fn parse(text: &SourceText) -> Result<Script, Vec<Diagnostic>> {
    parse_as(text, SourceType::mjs()).or_else(|errors| match parse_as(text, SourceType::script()) {
        Ok(script) => Ok(Script { kind: ModuleKind::CommonJs, ..script }),
        Err(_) => Err(errors),
    })
}

fn parse_as(text: &SourceText, source_type: SourceType) -> Result<Script, Vec<Diagnostic>> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text.text(), source_type).parse();
    if !parsed.diagnostics.is_empty() || parsed.panicked {
        return Err(parsed.diagnostics.iter().map(|diagnostic| syntax_error(text, diagnostic)).collect());
    }
    let record = &parsed.module_record;
    let exports = !record.local_export_entries.is_empty()
        || !record.indirect_export_entries.is_empty()
        || !record.star_export_entries.is_empty();
    let span = |span: oxc::span::Span| span.start as usize..span.end as usize;
    let fixed = record.requested_modules.iter().flat_map(|(specifier, requests)| {
        requests
            .first()
            .map(|request| Import { specifier: specifier.as_str().to_owned(), span: span(request.span) })
    });
    let dynamic = record.dynamic_imports.iter().filter_map(|import| {
        let span = span(import.module_request);
        let specifier = serde_json::from_str(&text.text().get(span.clone())?.replace('\'', "\"")).ok()?;
        Some(Import { specifier, span })
    });
    let mut imports: Vec<Import> = fixed.chain(dynamic).collect();
    imports.sort_by_key(|import| import.span.start);
    let kind = if record.has_module_syntax { ModuleKind::EsModule } else { ModuleKind::CommonJs };
    Ok(Script { kind, exports, imports })
}

fn syntax_error(text: &SourceText, diagnostic: &oxc::diagnostics::OxcDiagnostic) -> Diagnostic {
    let label = diagnostic.labels.first().map(|label| (label.offset() as usize, label.len() as usize));
    let (start, length) = label.unwrap_or_default();
    let error = text.error(start..start + length, diagnostic.message.to_string());
    Diagnostic { hint: diagnostic.help.as_ref().map(ToString::to_string), ..error }
}

/// What kind of module a file is: as the rules say, or else by its ending.
fn kind_of(path: &Path, base: &Path, rules: &Rules) -> Option<ModuleKind> {
    let name = files::name_below(path, base);
    if let Some(Verdict::Module(kind)) = name.as_ref().map(|name| rules.judge(name.as_str(), Matching::Walk))
    {
        return Some(kind);
    }
    match path.extension()?.to_str()? {
        "js" | "mjs" => Some(ModuleKind::EsModule),
        "cjs" => Some(ModuleKind::CommonJs),
        "json" => Some(ModuleKind::Json),
        _ => None,
    }
}

/// The map that lies beside a file which says that it has one.
fn with_map(path: &Path, module: Module) -> Module {
    let tail = module.content.len().saturating_sub(1024);
    let says = module
        .content
        .get(tail..)
        .is_some_and(|tail| String::from_utf8_lossy(tail).contains("//# sourceMappingURL="));
    if !module.kind.is_javascript() || !says {
        return module;
    }
    let mut map = path.as_os_str().to_owned();
    map.push(".map");
    Module { source_map: files::read(Path::new(&map)).ok(), ..module }
}
