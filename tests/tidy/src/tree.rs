//! The text files of a checkout.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::{fs, io};

/// Folders that hold what somebody else wrote or what a build left. Tools keep theirs in hidden ones.
const PASSED_BY: [&str; 4] = ["target", "node_modules", "__pycache__", "vendor"];
/// The hidden folders that are ours.
const HIDDEN_AND_OURS: [&str; 4] = [".cargo", ".ci", ".config", ".github"];
/// Files that a tool writes; nobody keeps them tidy.
const WRITTEN_BY_TOOLS: [&str; 2] = ["Cargo.lock", "package-lock.json"];
/// A larger file is data, not something that people read.
const TEXT_BYTES_MAX: u64 = 1 << 20;

/// A checkout: every path in it, and the text of those that are text. Paths are relative, with `/`.
#[derive(Debug, Default)]
pub struct Tree {
    texts: BTreeMap<String, String>,
    paths: BTreeSet<String>,
}

impl Tree {
    /// Reads the checkout at `root`.
    ///
    /// # Errors
    /// When a folder or a file in it cannot be read.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.read_folder(root, "")?;
        Ok(tree)
    }

    /// A tree made up for a test: pairs of path and text.
    #[must_use]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.add((*path).to_owned(), Some((*text).to_owned()));
        }
        tree
    }

    /// Every text file: path and text.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of one file.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Every file's and folder's path.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    /// Whether a file or a folder of this path is there.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        path.is_empty() || self.paths.contains(path)
    }

    /// The folders right under `folder` that hold a file called `file`.
    pub fn folders_with<'t>(&'t self, folder: &'t str, file: &'t str) -> impl Iterator<Item = &'t str> {
        self.paths().filter(move |path| {
            path.strip_prefix(folder)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|name| !name.contains('/'))
                && self.has(&format!("{path}/{file}"))
        })
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                let theirs = name.starts_with('.') && !HIDDEN_AND_OURS.contains(&name.as_str());
                if !theirs && !PASSED_BY.contains(&name.as_str()) {
                    self.paths.insert(path.clone());
                    self.read_folder(&entry.path(), &path)?;
                }
            } else if kind.is_file() {
                self.read_file(&entry.path(), path)?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, file: &Path, path: String) -> io::Result<()> {
        let name = path.rsplit('/').next().unwrap_or_default();
        let readable = !WRITTEN_BY_TOOLS.contains(&name)
            && file.metadata().is_ok_and(|about| about.len() <= TEXT_BYTES_MAX);
        let bytes = match fs::read(file) {
            _ if !readable => None,
            // Somebody else's editor or build may remove a file between the listing and the reading.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            read => Some(read?),
        };
        let text = bytes.filter(|bytes| !bytes.contains(&0)).and_then(|bytes| String::from_utf8(bytes).ok());
        self.add(path, text);
        Ok(())
    }

    fn add(&mut self, path: String, text: Option<String>) {
        let folders = path.match_indices('/').map(|(end, _)| path.chars().take(end).collect::<String>());
        self.paths.extend(folders.filter(|folder| !folder.is_empty()).collect::<Vec<_>>());
        if let Some(text) = text {
            self.texts.insert(path.clone(), text);
        }
        self.paths.insert(path);
    }
}

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    path: String,
    line: Option<usize>,
    what: String,
}

impl Finding {
    /// About a whole file or folder.
    pub fn about(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { path: path.into(), line: None, what: what.into() }
    }

    /// About one line, counted from 1.
    pub fn at(path: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.into(), line: Some(line), what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.what),
            None => write!(f, "{}: {}", self.path, self.what),
        }
    }
}
