//! The rooms (crates): who may know whom, and what each says at its door.

use crate::manifest::{Dependency, Kind, Manifest};
use crate::{Finding, Tree};

use super::ending_of;

/// A room, and the rooms it may know. `cli` may know all.
const ARROWS: [(&str, &[&str]); 10] = [
    ("mote-crypto", &[]),
    ("mote-engine", &[]),
    ("mote-wire", &[]),
    ("mote-sandbox", &[]),
    ("mote-schedule", &[]),
    ("mote-store", &["mote-wire"]),
    ("mote-bundle", &["mote-wire"]),
    ("mote-web", &["mote-crypto", "mote-engine", "mote-wire"]),
    ("mote-cell", &["mote-engine", "mote-web", "mote-wire", "mote-sandbox", "mote-schedule"]),
    ("mote-host", &["mote-wire", "mote-store", "mote-sandbox", "mote-schedule"]),
];

/// What a room must not stand on, with the reason. A name that ends with `*` stands for all that begin so.
const REFUSED: [(&str, &str, &str); 11] = [
    ("mote-engine", "http*", "the engine knows nothing of HTTP"),
    ("mote-engine", "hyper*", "the engine knows nothing of HTTP"),
    ("mote-engine", "tokio*", "the engine is driven by whoever holds it"),
    ("mote-wire", "tokio*", "types only"),
    ("mote-wire", "hyper*", "types only"),
    ("mote-schedule", "tokio*", "policies have no clock and wait for nothing"),
    ("mote-host", "v8", "the host never links the engine"),
    ("mote-store", "v8", "stored data knows nothing of isolates"),
    ("*", "lazy_static", "std::sync::LazyLock"),
    ("*", "once_cell", "std::sync::{LazyLock, OnceLock}"),
    ("*", "anyhow", "a library's errors are enums that say whose fault it is"),
];

/// Where a refusal does not hold, and why.
const LET_PASS: [(&str, &str, &str); 2] = [
    ("mote-bundle", "anyhow", "Rolldown's plug-ins answer with it"),
    ("mote-wire", "tokio", "its traits say what a stream of bytes is; wire starts nothing"),
];

/// The rooms where unsafe code lives: V8, the kernel, and AWS-LC.
const MAY_BE_UNSAFE: [&str; 3] = ["crates/crypto", "crates/engine", "crates/sandbox"];
/// The rooms that parse a stranger's bytes.
const PARSE_STRANGERS_BYTES: [&str; 4] = ["crates/crypto", "crates/wire", "crates/web", "crates/host"];
/// The rooms whose code runs beside a tenant's, in a process that may open nothing.
const JAILED: [&str; 6] =
    ["crates/crypto", "crates/engine", "crates/web", "crates/cell", "crates/wire", "crates/schedule"];
/// What the jailed rooms leave alone.
const OUTSIDE: [&str; 8] = [
    "std::fs",
    "tokio::fs",
    "File::open(",
    "std::process::Command",
    "tokio::process",
    "TcpStream::connect(",
    "TcpListener::bind(",
    "UdpSocket",
];

/// Finds dependencies that point against the arrows, or at what a room refuses.
#[must_use]
pub fn arrows(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, manifest) in manifests(tree) {
        for dependency in manifest.dependencies.iter().filter(|dependency| dependency.kind != Kind::Dev) {
            if let Some(what) = refusal(&manifest.name, dependency) {
                findings.push(Finding::at(path.clone(), dependency.line, what));
            }
        }
    }
    findings
}

fn refusal(room: &str, dependency: &Dependency) -> Option<String> {
    let package = dependency.package.as_str();
    if package.starts_with("mote-") && room != "mote-cli" {
        let (_, known) = ARROWS.iter().find(|(name, _)| *name == room)?;
        let allowed = known.contains(&package);
        return (!allowed).then(|| format!("{room} may not know {package}; it may know {known:?}"));
    }
    if LET_PASS.iter().any(|(name, what, _)| *name == room && *what == package) {
        return None;
    }
    REFUSED
        .iter()
        .find(|(name, refused, _)| (*name == room || *name == "*") && matches(refused, package))
        .map(|(_, _, reason)| format!("{room} does not stand on {package}: {reason}"))
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

/// Finds rooms that the arrows above do not mention: a new room decides first whom it may know.
#[must_use]
pub fn unknown_rooms(tree: &Tree) -> Vec<Finding> {
    manifests(tree)
        .filter(|(path, manifest)| {
            path.starts_with("crates/")
                && manifest.name != "mote-cli"
                && !ARROWS.iter().any(|(name, _)| *name == manifest.name)
        })
        .map(|(path, manifest)| {
            Finding::about(
                path,
                format!(
                    "{} is in nobody's map: add it to ARROWS in tests/tidy and to deny.toml",
                    manifest.name
                ),
            )
        })
        .collect()
}

/// Finds dependencies that the crate's sources never name, less those that hold another's version still.
#[must_use]
pub fn unused_dependencies(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, manifest) in manifests(tree) {
        let folder = path.trim_end_matches("Cargo.toml");
        for dependency in manifest.dependencies.iter().filter(|dependency| !dependency.pinned) {
            let named = tree
                .texts()
                .filter(|(source, _)| source.starts_with(folder) && ending_of(source) == "rs")
                .any(|(_, text)| names(text, &dependency.ident));
            if !named {
                findings.push(Finding::at(
                    path.clone(),
                    dependency.line,
                    format!("{} is not used", dependency.package),
                ));
            }
        }
    }
    findings
}

/// Whether `text` has `ident` as a whole word.
fn names(text: &str, ident: &str) -> bool {
    let of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(ident).any(|(start, _)| {
        let (before, rest) = text.split_at(start);
        !before.chars().next_back().is_some_and(of_word)
            && !rest.chars().nth(ident.len()).is_some_and(of_word)
    })
}

/// Finds crates whose door does not say what the room is for, or that do not keep unsafe code and panics out.
#[must_use]
pub fn doors(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, manifest) in manifests(tree) {
        if !manifest.takes_workspace_lints {
            findings.push(Finding::about(path.clone(), "lacks `[lints] workspace = true`"));
        }
        let folder = path.trim_end_matches("/Cargo.toml");
        let doors: Vec<_> = ["src/lib.rs", "src/main.rs"]
            .iter()
            .map(|file| format!("{folder}/{file}"))
            .filter_map(|file| tree.text(&file).map(|text| (file.clone(), text)))
            .collect();
        if doors.is_empty() && folder.starts_with("crates/") {
            findings.push(Finding::about(path.clone(), "has neither src/lib.rs nor src/main.rs"));
        }
        for (file, text) in doors {
            findings.extend(flaws_of_door(folder, text).map(|what| Finding::about(file.clone(), what)));
        }
    }
    findings
}

fn flaws_of_door(folder: &str, text: &str) -> impl Iterator<Item = &'static str> {
    let untold = !text.starts_with("//!");
    let unsafe_open = !MAY_BE_UNSAFE.contains(&folder) && !text.contains("#![forbid(unsafe_code)]");
    let may_panic = PARSE_STRANGERS_BYTES.contains(&folder)
        && !["deny", "forbid", "warn"]
            .iter()
            .any(|level| text.contains(&format!("#![{level}(clippy::indexing_slicing")));
    [
        (untold, "does not open with `//!`: what the room does, refuses, relies on, and what happens when it fails"),
        (unsafe_open, "lacks `#![forbid(unsafe_code)]`; only crypto, engine and sandbox go without"),
        (may_panic, "parses a stranger's bytes and lacks `#![deny(clippy::indexing_slicing, clippy::string_slice)]`"),
    ]
    .into_iter()
    .filter_map(|(found, what)| found.then_some(what))
}

/// Finds crates that the root README, the map, does not name.
#[must_use]
pub fn off_the_map(tree: &Tree) -> Vec<Finding> {
    let map = tree.text("README.md").unwrap_or_default();
    tree.folders_with("crates", "Cargo.toml")
        .filter(|folder| {
            let name = folder.trim_start_matches("crates/");
            ![format!("crates/{name}"), format!("mote-{name}"), format!("{name}/"), format!("`{name}`")]
                .iter()
                .any(|spelling| map.contains(spelling))
        })
        .map(|folder| Finding::about("README.md", format!("does not name {folder}: one sentence per room")))
        .collect()
}

/// Finds jailed rooms reaching for files, processes or sockets.
#[must_use]
pub fn out_of_jail(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let jailed = |path: &str| {
        JAILED.iter().any(|room| path.starts_with(&format!("{room}/src/"))) && ending_of(path) == "rs"
    };
    for (path, text) in tree.texts().filter(|(path, _)| jailed(path) && !path.ends_with("tests.rs")) {
        // Tests stand last in a file; they may read what they like.
        for (index, line) in text.lines().enumerate().take_while(|(_, line)| !line.contains("#[cfg(test)]")) {
            for word in
                OUTSIDE.iter().filter(|word| line.contains(**word) && !line.trim_start().starts_with("//"))
            {
                findings.push(Finding::at(
                    path,
                    index + 1,
                    format!("`{word}`: what runs beside a tenant opens nothing; the host does"),
                ));
            }
        }
    }
    findings
}

/// Every crate's manifest with its path.
fn manifests(tree: &Tree) -> impl Iterator<Item = (String, Manifest)> {
    ["crates", "tests"].into_iter().flat_map(|top| tree.folders_with(top, "Cargo.toml")).filter_map(
        |folder| {
            let path = format!("{folder}/Cargo.toml");
            let manifest = Manifest::read(tree.text(&path)?);
            Some((path, manifest))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::{arrows, doors, off_the_map, out_of_jail, unknown_rooms, unused_dependencies};
    use crate::Tree;

    fn room(name: &str, dependencies: &str) -> Tree {
        let text = format!("[package]\nname = \"mote-{name}\"\n[dependencies]\n{dependencies}");
        Tree::of(&[(format!("crates/{name}/Cargo.toml").as_str(), text.as_str())])
    }

    #[test]
    fn the_host_never_knows_the_engine() {
        assert_eq!(arrows(&room("host", "mote-engine.workspace = true")).len(), 1);
        assert_eq!(arrows(&room("host", "e = { package = \"mote-engine\" }")).len(), 1);
        assert_eq!(arrows(&room("host", "mote-wire.workspace = true")).len(), 0);
    }

    #[test]
    fn the_engine_never_stands_on_http_or_a_runtime() {
        assert_eq!(
            arrows(&room("engine", "hyper-util = \"1\"\ntokio = \"1\"\nhttp = \"1\"\nv8 = \"1\"")).len(),
            3
        );
    }

    #[test]
    fn a_library_never_takes_anyhow() {
        assert_eq!(arrows(&room("cell", "anyhow = \"1\"")).len(), 1);
        assert_eq!(arrows(&room("bundle", "anyhow = \"1\"")).len(), 0, "let pass, with a reason");
    }

    #[test]
    fn a_new_room_is_put_on_the_map_first() {
        assert_eq!(unknown_rooms(&room("attic", "")).len(), 1);
        assert_eq!(off_the_map(&room("wire", "")).len(), 1);
    }

    #[test]
    fn a_dependency_that_no_source_names_is_found() {
        let tree = Tree::of(&[
            (
                "crates/a/Cargo.toml",
                "[package]\nname = \"mote-a\"\n[dependencies]\nurl = \"1\"\nhttp-body = \"1\"\n",
            ),
            ("crates/a/src/lib.rs", "use http_body::Body; // a curl"),
        ]);
        assert_eq!(unused_dependencies(&tree).len(), 1);
    }

    #[test]
    fn a_door_that_lets_unsafe_code_or_panics_in_is_found() {
        let tree = Tree::of(&[
            ("crates/wire/Cargo.toml", "[lints]\nworkspace = true\n"),
            ("crates/wire/src/lib.rs", "use x;"),
            ("crates/engine/Cargo.toml", "lints.workspace = true\n"),
            ("crates/engine/src/lib.rs", "//! V8 itself."),
        ]);
        assert_eq!(doors(&tree).len(), 3, "all of them the wire's");
    }

    #[test]
    fn a_jailed_room_that_opens_a_file_is_found() {
        let tree = Tree::of(&[
            ("crates/cell/src/a.rs", "use std::fs;\n// std::fs\n#[cfg(test)]\nmod tests { use std::fs; }\n"),
            ("crates/host/src/a.rs", "use std::fs;\n"),
        ]);
        assert_eq!(out_of_jail(&tree).len(), 1);
    }
}
