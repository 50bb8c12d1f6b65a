//! As much of a `Cargo.toml` as the rules ask for, read line by line.
//!
//! Refuses nothing: what it does not understand it passes by, and cargo itself is the one to complain.

/// What a dependency is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The crate itself.
    Normal,
    /// Its build script.
    Build,
    /// Its tests.
    Dev,
}

/// One line of a dependency table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The package's name, also where the manifest gives it another one.
    pub package: String,
    /// The name that the sources use.
    pub ident: String,
    /// What it is needed for.
    pub kind: Kind,
    /// Whether it asks for one version and no other; such a line may stand only to hold that version still.
    pub pinned: bool,
    /// Where it stands, counted from 1.
    pub line: usize,
}

/// A crate's manifest.
#[derive(Debug, Default)]
pub struct Manifest {
    /// `package.name`.
    pub name: String,
    /// Every dependency of every kind and target.
    pub dependencies: Vec<Dependency>,
    /// Whether it says `[lints] workspace = true`.
    pub takes_workspace_lints: bool,
}

impl Manifest {
    /// Reads a manifest's text.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut manifest = Self::default();
        let mut table = "";
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                table = name.trim();
                manifest.take_table_of_one(table, index + 1);
            } else if let Some((key, value)) = line.split_once('=') {
                manifest.take(table, key.trim(), value.trim(), index + 1);
            }
        }
        manifest
    }

    fn take(&mut self, table: &str, key: &str, value: &str, line: usize) {
        match (table, key) {
            ("package", "name") => self.name = unquoted(value).to_owned(),
            ("lints", "workspace") | ("", "lints.workspace") => self.takes_workspace_lints = value == "true",
            _ => {
                if let Some(kind) = kind_of(table) {
                    let ident = key.split('.').next().unwrap_or(key);
                    self.depend(ident, value, kind, line);
                }
            }
        }
    }

    /// `[dependencies.name]`: a table for one dependency.
    fn take_table_of_one(&mut self, table: &str, line: usize) {
        if let Some((kind, name)) =
            table.rsplit_once('.').and_then(|(table, name)| Some((kind_of(table)?, name)))
        {
            self.depend(name, "", kind, line);
        }
    }

    fn depend(&mut self, ident: &str, value: &str, kind: Kind, line: usize) {
        let package = unquoted(renamed(value).unwrap_or(ident)).to_owned();
        let ident = unquoted(ident).replace('-', "_");
        self.dependencies.push(Dependency { package, ident, kind, pinned: value.contains("\"="), line });
    }
}

fn kind_of(table: &str) -> Option<Kind> {
    match table.rsplit('.').next()? {
        _ if table.starts_with("workspace.") => None,
        "dependencies" => Some(Kind::Normal),
        "build-dependencies" => Some(Kind::Build),
        "dev-dependencies" => Some(Kind::Dev),
        _ => None,
    }
}

/// The value of `package = "..."` inside an inline table.
fn renamed(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("package")?;
    rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?.split('"').next()
}

fn unquoted(value: &str) -> &str {
    value.split('#').next().unwrap_or(value).trim().trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::{Kind, Manifest};

    #[test]
    fn every_way_to_name_a_dependency_is_read() {
        let manifest = Manifest::read(
            "[package]\nname = \"mote-x\" # the x\n[lints]\nworkspace = true\n[dependencies]\nbytes.workspace = true\n\
             web = { package = \"mote-web\", path = \"../web\" }\n[dependencies.url]\nversion = \"2\"\n\
             [target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n[dev-dependencies]\ntempfile = \"3\"\n\
             [workspace.dependencies]\nserde = \"1\"\n",
        );
        let pinned = Manifest::read("[dependencies]\na = { version = \"=1.2.3\" }\nb = \"1\"\n");
        assert_eq!(pinned.dependencies.iter().map(|d| d.pinned).collect::<Vec<_>>(), [true, false]);
        let found: Vec<_> =
            manifest.dependencies.iter().map(|d| (d.package.as_str(), d.ident.as_str(), d.kind)).collect();
        assert_eq!(manifest.name, "mote-x");
        assert!(manifest.takes_workspace_lints);
        assert_eq!(
            found,
            [
                ("bytes", "bytes", Kind::Normal),
                ("mote-web", "web", Kind::Normal),
                ("url", "url", Kind::Normal),
                ("libc", "libc", Kind::Normal),
                ("tempfile", "tempfile", Kind::Dev),
            ]
        );
    }
}
