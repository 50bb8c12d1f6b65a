//! The bundler library's diagnostics in Mote's shape, with what to do about them.

use std::path::{Path, PathBuf};

use rolldown_error::{BuildDiagnostic, DiagnosticOptions, EventKind};

use super::builtins;
use crate::config::{join, similar_file};
use crate::diagnostic::{Diagnostic, Location, Severity, shown};

/// Most errors that are told of; a missing bracket can make thousands.
const TOLD_MAX: usize = 20;

pub(super) fn errors(errors: &[BuildDiagnostic], root: &Path) -> Vec<Diagnostic> {
    let mut told: Vec<_> = errors.iter().take(TOLD_MAX).map(|error| convert(error, root, Severity::Error)).collect();
    if errors.len() > TOLD_MAX {
        told.push(Diagnostic::error(format!("and {} more errors", errors.len() - TOLD_MAX)));
    }
    told
}

/// Sorts the library's warnings into those that a worker would fail on, and those worth telling.
pub(super) fn warnings(warnings: &[BuildDiagnostic], root: &Path) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let (unresolved, others): (Vec<_>, Vec<_>) =
        warnings.iter().partition(|warning| matches!(warning.kind(), EventKind::UnresolvedImport));
    let errors = unresolved.into_iter().take(TOLD_MAX).map(|error| convert(error, root, Severity::Error)).collect();
    // What is odd inside a package is not for this developer to mend.
    let of_package = |warning: &BuildDiagnostic| warning.id().is_some_and(|id| id.contains("node_modules"));
    let own = others.into_iter().filter(|warning| !of_package(warning)).take(TOLD_MAX);
    (errors, own.map(|warning| convert(warning, root, Severity::Warning)).collect())
}

fn convert(diagnostic: &BuildDiagnostic, root: &Path, severity: Severity) -> Diagnostic {
    let options = DiagnosticOptions { cwd: root.to_owned() };
    let rendered = diagnostic.to_diagnostic_with(&options);
    let (title, frame) = split(&rendered.convert_to_string(false));
    let location = rendered.get_primary_location().map(|(file, line, column, _)| Location {
        file: shown(Path::new(&file), root),
        line,
        column: column + 1,
    });
    let (message, hint) = match diagnostic.kind() {
        EventKind::UnresolvedImport | EventKind::ResolveError => unresolved(diagnostic, root).unwrap_or((title, None)),
        EventKind::Eval => (title, Some("a worker cannot make code out of text at run time: `eval` throws".to_owned())),
        _ => (title, None),
    };
    Diagnostic { severity, message, location, frame, hint }
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

fn unresolved(diagnostic: &BuildDiagnostic, root: &Path) -> Option<(String, Option<String>)> {
    let (specifier, importer) = (diagnostic.exporter()?, PathBuf::from(diagnostic.id()?));
    let message = format!("`{specifier}` cannot be found from {}", shown(&importer, root).display());
    Some((message, Some(hint(&specifier, &importer, root))))
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
    let installed = folder.ancestors().map(|folder| folder.join("node_modules").join(package)).find(|path| path.is_dir());
    match installed {
        Some(path) if specifier == package => {
            format!("{} is installed, but its package.json names no file that exists", shown(&path, root).display())
        }
        Some(path) => format!("{} is installed, but its package.json does not export this", shown(&path, root).display()),
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
        for (specifier, package) in [("hono", "hono"), ("hono/jsx", "hono"), ("@a/b", "@a/b"), ("@a/b/c/d", "@a/b"), ("@a", "@a")] {
            assert_eq!(package_of(specifier), package);
        }
    }
}
