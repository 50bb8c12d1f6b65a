//! The bundler library's diagnostics in Mote's shape, with what to do about them.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use rolldown_error::{BuildDiagnostic, DiagnosticOptions, EventKind};

use super::builtins;
use crate::config::{join, similar_file};
use crate::diagnostic::{Diagnostic, Location, Severity, shown};

/// Most errors that are told of; a missing bracket can make thousands.
const TOLD_MAX: usize = 20;

/// What a diagnostic needs to be told well.
pub(super) struct Report<'a> {
    /// The project's folder.
    pub(super) root: &'a Path,
    /// Files that were refused as modules, relative to it, and why.
    pub(super) refused: &'a HashMap<PathBuf, String>,
}

impl Report<'_> {
    pub(super) fn errors(&self, errors: &[BuildDiagnostic]) -> Vec<Diagnostic> {
        let mut told: Vec<_> =
            errors.iter().take(TOLD_MAX).map(|error| self.convert(error, Severity::Error)).collect();
        if errors.len() > TOLD_MAX {
            told.push(Diagnostic::error(format!("and {} more errors", errors.len() - TOLD_MAX)));
        }
        told
    }

    /// Sorts the library's warnings into those that a worker would fail on, and those worth telling.
    pub(super) fn warnings(&self, warnings: &[BuildDiagnostic]) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let fatal = |warning: &BuildDiagnostic| matches!(warning.kind(), EventKind::UnresolvedImport);
        let (fatal, others): (Vec<_>, Vec<_>) = warnings.iter().partition(|warning| fatal(warning));
        let mut errors: Vec<_> =
            fatal.iter().take(TOLD_MAX).map(|error| self.convert(error, Severity::Error)).collect();
        if fatal.len() > TOLD_MAX {
            errors.push(Diagnostic::error(format!("and {} more errors", fatal.len() - TOLD_MAX)));
        }
        // What is odd inside a package is not for this developer to mend.
        let of_package =
            |warning: &BuildDiagnostic| warning.id().is_some_and(|id| id.contains("node_modules"));
        let own = others.into_iter().filter(|warning| !of_package(warning)).take(TOLD_MAX);
        (errors, own.map(|warning| self.convert(warning, Severity::Warning)).collect())
    }

    fn convert(&self, diagnostic: &BuildDiagnostic, severity: Severity) -> Diagnostic {
        // Why a panic must be expected: for `import(name)` with a constant name, the library takes the name for a
        // string in quotes and cuts off its first and last character, also if there is only one.
        let converted =
            std::panic::catch_unwind(AssertUnwindSafe(|| self.convert_located(diagnostic, severity)));
        converted.unwrap_or_else(|_| {
            let importer = diagnostic.id().map(|id| shown(Path::new(&id), self.root).display().to_string());
            let message = format!("an import cannot be found from {}", importer.unwrap_or_default());
            let hint = "it is one by a constant, whose value leads nowhere";
            Diagnostic { severity, ..Diagnostic::error(message).with_hint(hint) }
        })
    }

    fn convert_located(&self, diagnostic: &BuildDiagnostic, severity: Severity) -> Diagnostic {
        let rendered = diagnostic.to_diagnostic_with(&DiagnosticOptions { cwd: self.root.to_owned() });
        let (title, frame) = split(&rendered.convert_to_string(false));
        let location = rendered.get_primary_location().map(|(file, line, column, _)| Location {
            file: shown(Path::new(&file), self.root),
            line,
            column: column + 1,
        });
        let whole = Diagnostic { severity, message: title, location, frame, hint: None };
        match diagnostic.kind() {
            EventKind::UnresolvedImport | EventKind::ResolveError => self.unresolved(diagnostic, whole),
            EventKind::UnloadableDependencyError => self.unloadable(whole),
            EventKind::Eval => eval(whole),
            _ => whole,
        }
    }

    fn unresolved(&self, diagnostic: &BuildDiagnostic, whole: Diagnostic) -> Diagnostic {
        let (Some(specifier), Some(importer)) = (diagnostic.exporter(), diagnostic.id().map(PathBuf::from))
        else {
            return whole;
        };
        let source = std::fs::read_to_string(&importer).unwrap_or_default();
        if !["'", "\"", "`"].iter().any(|quote| source.contains(&format!("{quote}{specifier}{quote}"))) {
            // It is not what the code says; see `convert`.
            let message = format!("an import cannot be found from {}", shown(&importer, self.root).display());
            return Diagnostic { message, ..whole };
        }
        let message = format!("`{specifier}` cannot be found from {}", shown(&importer, self.root).display());
        Diagnostic { message, hint: Some(hint(&specifier, &importer, self.root)), ..whole }
    }

    fn unloadable(&self, whole: Diagnostic) -> Diagnostic {
        let file = whole.message.strip_prefix("Could not load ").unwrap_or_default();
        let Some(reason) = self.refused.get(Path::new(file)) else { return whole };
        let frame = whole.frame.map(|frame| frame.replace("plugin `mote` threw an error", "imported here"));
        Diagnostic { message: format!("{file}: {reason}"), frame, ..whole }
    }
}

fn eval(whole: Diagnostic) -> Diagnostic {
    // The library's advice is to call `eval` in another way, which helps nobody here.
    let without_help =
        |frame: String| frame.lines().filter(|line| !line.contains("Help: ")).collect::<Vec<_>>().join("\n");
    Diagnostic {
        message: "`eval` throws in a worker".to_owned(),
        frame: whole.frame.map(without_help),
        hint: Some("code can only come with the bundle".to_owned()),
        ..whole
    }
}

/// The first line without its code in brackets, and the rest.
fn split(rendered: &str) -> (String, Option<String>) {
    let (first, rest) = rendered.split_once('\n').unwrap_or((rendered, ""));
    let title = match first.strip_prefix('[').and_then(|first| first.split_once("] ")) {
        Some((_, title)) => title,
        None => first,
    };
    let rest = rest.trim_matches('\n');
    (title.trim_end().to_owned(), (!rest.is_empty()).then(|| rest.to_owned()))
}

fn hint(specifier: &str, importer: &Path, root: &Path) -> String {
    let folder = importer.parent().unwrap_or(root);
    if specifier.starts_with('.') || specifier.starts_with('/') {
        return match similar_file(&join(folder, specifier), folder) {
            Some(similar) => format!("did you mean `./{}`?", similar.display()),
            None => "there is no such file; the path is relative to the file that imports it".to_owned(),
        };
    }
    if specifier.starts_with('#') {
        return "a name with `#` must be under `imports` in the nearest package.json".to_owned();
    }
    if specifier.starts_with("@/") || specifier.starts_with("~/") {
        return "if this is a short form for a folder, put it into `paths` of tsconfig.json or `alias` of the configuration".to_owned();
    }
    if builtins::find(specifier).is_some() {
        return format!("write `node:{specifier}`");
    }
    let package = package_of(specifier);
    let installed =
        folder.ancestors().map(|folder| folder.join("node_modules").join(package)).find(|path| path.is_dir());
    match installed {
        Some(path) if specifier == package => {
            format!(
                "{} is installed, but its package.json names no file that exists",
                shown(&path, root).display()
            )
        }
        Some(path) => format!(
            "{} is installed, but its package.json does not export this",
            shown(&path, root).display()
        ),
        None => format!("npm install {package}"),
    }
}

fn package_of(specifier: &str) -> &str {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    let end = specifier.match_indices('/').nth(parts - 1).map_or(specifier.len(), |(at, _)| at);
    specifier.get(..end).unwrap_or(specifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_of_a_path_into_it_is_its_name() {
        for (specifier, package) in
            [("hono", "hono"), ("hono/jsx", "hono"), ("@a/b", "@a/b"), ("@a/b/c/d", "@a/b"), ("@a", "@a")]
        {
            assert_eq!(package_of(specifier), package);
        }
    }
}
