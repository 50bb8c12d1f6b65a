//! Files that become modules as they are: reading them within the limits, and finding those that match a rule.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use mote_wire::bundle::{CONTENT_BYTES_MAX, MODULES_MAX, Module, ModuleSpecifier};

use crate::diagnostic::{Diagnostic, shown};
use crate::rules::{Matching, Rules, Verdict, ignored_message};

/// Most files that a walk looks at. More than that is no folder of modules but a whole disk.
const FILES_MAX: usize = 100_000;
/// Folders with nothing that belongs to a worker: dependencies, histories, and what wrangler leaves behind.
const SKIPPED_FOLDERS: [&str; 4] = ["node_modules", ".git", ".wrangler", ".mote"];

/// A file that is to be a module.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) module: Module,
}

/// What a walk finds, and the folders it went through.
pub(super) struct Walk {
    pub(super) found: Vec<Found>,
    pub(super) folders: Vec<PathBuf>,
}

/// Reads a file that a bundle can hold.
pub(super) fn read(path: &Path) -> io::Result<Bytes> {
    let bytes = std::fs::metadata(path)?.len();
    if bytes > CONTENT_BYTES_MAX as u64 {
        let message = format!("{bytes} bytes are more than the {CONTENT_BYTES_MAX} that a bundle may have");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    std::fs::read(path).map(Bytes::from)
}

/// The files below `base` that match a rule, except `main` and those in `except`, named by their path.
pub(super) fn walk(base: &Path, rules: &Rules, except: &[&Path]) -> Result<Walk, Vec<Diagnostic>> {
    let mut walk = Walk { found: Vec::new(), folders: vec![base.to_owned()] };
    let (mut looked_at, mut next) = (0_usize, 0);
    let mut errors = Vec::new();
    while let Some(folder) = walk.folders.get(next).cloned() {
        next += 1;
        let (folders, files) = list(&folder).map_err(|error| vec![unreadable(&folder, base, &error)])?;
        walk.folders.extend(folders);
        looked_at += files.len();
        if looked_at > FILES_MAX {
            let message = format!("{} has more than {FILES_MAX} files", base.display());
            return Err(vec![
                Diagnostic::error(message).with_hint("set `base_dir` to the folder of the worker's modules"),
            ]);
        }
        for path in files.into_iter().filter(|path| !except.contains(&path.as_path())) {
            match find(&path, base, rules) {
                Ok(found) => walk.found.extend(found),
                Err(diagnostic) => errors.push(diagnostic),
            }
        }
        if walk.found.len() > MODULES_MAX {
            let message =
                format!("more than {MODULES_MAX} files below {} match a module rule", base.display());
            return Err(vec![
                Diagnostic::error(message).with_hint("narrow the `globs` of `rules`, or set `base_dir`"),
            ]);
        }
    }
    if errors.is_empty() { Ok(walk) } else { Err(errors) }
}

/// The name of a file below `base`.
pub(super) fn name_below(path: &Path, base: &Path) -> Option<ModuleSpecifier> {
    let parts = path.strip_prefix(base).ok()?.components().map(|part| part.as_os_str().to_str());
    ModuleSpecifier::parse(&parts.collect::<Option<Vec<_>>>()?.join("/")).ok()
}

/// An error about a file that cannot be read.
pub(super) fn unreadable(path: &Path, root: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(format!("{} cannot be read: {error}", shown(path, root).display()))
}

fn find(path: &Path, base: &Path, rules: &Rules) -> Result<Option<Found>, Diagnostic> {
    // A file whose name no module can have matches no rule: there is no way to import it.
    let Some(name) = name_below(path, base) else { return Ok(None) };
    match rules.judge(name.as_str(), Matching::Walk) {
        Verdict::Unmatched => Ok(None),
        Verdict::Ignored(rule) => Err(Diagnostic::error(ignored_message(name.as_str(), rule))),
        Verdict::Module(kind) => {
            let content = read(path).map_err(|error| unreadable(path, base, &error))?;
            Ok(Some(Found { path: path.to_owned(), module: Module::new(name, kind, content) }))
        }
    }
}

/// The folders and the files in a folder, sorted. Links to folders are left alone, since they can go round in circles.
fn list(folder: &Path) -> io::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let skipped = entry.file_name().to_str().is_some_and(|name| SKIPPED_FOLDERS.contains(&name));
            folders.extend((!skipped).then(|| entry.path()));
        } else if kind.is_file() || entry.path().is_file() {
            files.push(entry.path());
        }
    }
    folders.sort();
    files.sort();
    Ok((folders, files))
}
