//! Which files of an assets folder are no assets, for `mote deploy` and `mote dev` alike.
//!
//! `directory = "."` is one line, and everybody reads what comes of it. So the developer's secrets, a node's own folder and the
//! project's history never leave by this door, whatever `.assetsignore` says; it can only leave out more.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Component, Path, PathBuf},
};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::super::RemoteError;
use crate::printable::printable;

/// Says which files stay here, in the words of a `.gitignore`.
const IGNORE: &str = ".assetsignore";
/// What a node keeps in its folder, whatever the folder is called: two of them are no chance.
const OF_A_NODE: [&str; 3] = ["mote.sqlite", "secrets.key", "admin-token"];
/// Names that are told of each kind.
const NAMES_MAX: usize = 3;

/// Why a file is no asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// A node keeps its tokens, keys and data there.
    Node,
    /// It has the developer's own variables, or the password of a registry.
    Secrets,
    /// The history of the code.
    History,
    /// Packages, which were installed and not written.
    Packages,
    /// What a tool keeps for itself.
    Tool,
    /// The configuration of the project.
    Configuration,
    /// Code that Pages would run.
    PagesCode,
    /// It says how files are served.
    Rules,
    /// The developer says so.
    Ignored,
}

impl Why {
    /// In a word, for people and programs; none for what its author left out.
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Node => Some("a node's own"),
            Self::Secrets => Some("secrets"),
            Self::History => Some("version control"),
            Self::Packages => Some("packages"),
            Self::Tool => Some("a tool's own"),
            Self::Configuration => Some("configuration"),
            Self::PagesCode => Some("code for Pages"),
            Self::Rules | Self::Ignored => None,
        }
    }

    /// What a name says, wherever it stands. Some disks do not tell `.GIT` from `.git`.
    fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            ".mote" => Some(Self::Node),
            ".npmrc" | ".netrc" => Some(Self::Secrets),
            name if name.starts_with(".dev.vars") || name.starts_with(".env") => Some(Self::Secrets),
            ".git" | ".hg" | ".svn" => Some(Self::History),
            "node_modules" => Some(Self::Packages),
            ".wrangler" => Some(Self::Tool),
            _ => None,
        }
    }
}

/// The rule for one folder, as it is now.
#[derive(Debug)]
pub(crate) struct LeftOut {
    folder: PathBuf,
    /// Where it is, without links on the way.
    real: PathBuf,
    ignored: Gitignore,
    /// Wrangler takes a `_worker.js` along only if somebody wrote this file.
    has_ignore_file: bool,
}

impl LeftOut {
    /// Reads what a folder says of itself.
    pub(crate) fn of(folder: &Path) -> Result<Self, RemoteError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            |source| RemoteError::File { path, source }
        };
        let real = folder.canonicalize().map_err(failed(folder))?;
        if is_a_node_s(&real) {
            return Err(RemoteError::wrong(
                format!(
                    "the folder of `assets.directory` is the one in which a node keeps its keys and data: {}",
                    folder.display()
                ),
                "put the files into a folder of their own, like `public`, and name that",
            ));
        }
        let file = folder.join(IGNORE);
        let text = match fs::read_to_string(&file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(failed(&file)(source)),
        };
        let wrong = |error: ignore::Error| {
            RemoteError::wrong(format!("{}: {error}", file.display()), "its lines are those of a .gitignore")
        };
        let mut builder = GitignoreBuilder::new(folder);
        for line in text.iter().flat_map(|text| text.lines()) {
            builder.add_line(None, line).map_err(wrong)?;
        }
        let ignored = builder.build().map_err(wrong)?;
        Ok(Self { folder: folder.to_owned(), real, ignored, has_ignore_file: text.is_some() })
    }

    /// Why this file or folder below the assets' folder is no asset. The folders above it count: whoever asks for a file by its
    /// path has asked nothing else.
    pub(crate) fn why(&self, at: &Path) -> Option<Why> {
        let below = at.strip_prefix(&self.folder).ok()?;
        let found = fs::symlink_metadata(at).ok();
        let is = |of: fn(&fs::Metadata) -> bool| found.as_ref().is_some_and(of);
        self.at_the_top(below)
            .or_else(|| names_say(&self.folder, below))
            .or_else(|| is(fs::Metadata::is_symlink).then(|| self.behind_a_link(at)).flatten())
            .or_else(|| {
                let matched = self.ignored.matched_path_or_any_parents(at, is(fs::Metadata::is_dir));
                matched.is_ignore().then_some(Why::Ignored)
            })
    }

    fn at_the_top(&self, below: &Path) -> Option<Why> {
        let mut parts = below.iter().filter_map(|part| part.to_str());
        let (first, is_deep) = (parts.next()?.to_ascii_lowercase(), parts.next().is_some());
        match first.as_str() {
            "_worker.js" if !self.has_ignore_file => Some(Why::PagesCode),
            _ if is_deep => None,
            IGNORE | "_redirects" | "_headers" => Some(Why::Rules),
            "wrangler.toml" | "wrangler.json" | "wrangler.jsonc" => Some(Why::Configuration),
            _ => None,
        }
    }

    /// A harmless name may lead to what has none. Packages may be meant: a link to a file of one is a way to serve it.
    fn behind_a_link(&self, at: &Path) -> Option<Why> {
        let target = at.canonicalize().ok()?;
        let both = |(a, b): &(Component<'_>, Component<'_>)| a == b;
        let shared: PathBuf =
            self.real.components().zip(target.components()).take_while(both).map(|(a, _)| a).collect();
        let below = target.strip_prefix(&shared).ok()?;
        if shared != self.real && shared.ancestors().any(is_a_node_s) {
            return Some(Why::Node);
        }
        let why = names_say(&shared, below).filter(|why| *why != Why::Packages || shared == self.real);
        why.or_else(|| if shared == self.real { self.at_the_top(below) } else { None })
    }
}

/// What the names on the way to a file say.
fn names_say(folder: &Path, below: &Path) -> Option<Why> {
    let mut at = folder.to_owned();
    below.iter().find_map(|part| {
        at.push(part);
        part.to_str().and_then(Why::of_name).or_else(|| is_a_node_s(&at).then_some(Why::Node))
    })
}

fn is_a_node_s(folder: &Path) -> bool {
    OF_A_NODE.iter().filter(|name| folder.join(name).is_file()).count() >= 2
}

/// What was left out of a folder, to be told.
#[derive(Debug, Default)]
pub(crate) struct Told(BTreeMap<Why, Vec<String>>);

impl Told {
    pub(super) fn add(&mut self, why: Why, below: &Path) {
        self.0.entry(why).or_default().push(below.display().to_string());
    }

    /// How many files and folders, in each kind; without those that their author left out or that say how others are served.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.0.iter().filter_map(|(why, names)| Some((why.word()?, names.len())))
    }

    /// In a sentence; none if there is nothing to tell.
    pub(crate) fn in_words(&self) -> Option<String> {
        let number: usize = self.kinds().map(|(_, number)| number).sum();
        if number == 0 {
            return None;
        }
        let kind = |(why, names): (&Why, &Vec<String>)| {
            let mut names = names.clone();
            // A folder is read in no order.
            names.sort();
            let more = names.len().saturating_sub(NAMES_MAX);
            let mut shown: Vec<String> = names.into_iter().take(NAMES_MAX).collect();
            shown.extend((more > 0).then(|| format!("{more} more")));
            Some(printable(&format!("{} ({})", shown.join(", "), why.word()?)).replace(['\n', '\t'], " "))
        };
        let kinds: Vec<String> = self.0.iter().filter_map(kind).collect();
        Some(format!(
            "{} of `assets.directory` {} never served: {}",
            if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") },
            if number == 1 { "is" } else { "are" },
            kinds.join("; ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        folder
    }

    #[test]
    fn what_is_nobody_else_s_business_is_no_asset_at_any_depth() {
        let folder = folder(&["site/data/mote.sqlite", "site/data/secrets.key", "half/mote.sqlite"]);
        let rule = LeftOut::of(folder.path()).unwrap();
        let why = |path: &str| rule.why(&folder.path().join(path));
        for (path, expected) in [
            (".mote/admin-token", Why::Node),
            ("a/b/.mote/secrets.key", Why::Node),
            ("site/data", Why::Node),
            ("site/data/mote.sqlite-wal", Why::Node),
            (".dev.vars", Why::Secrets),
            ("a/.dev.vars.staging", Why::Secrets),
            ("a/.ENV.local", Why::Secrets),
            (".envrc", Why::Secrets),
            ("a/.npmrc", Why::Secrets),
            (".git", Why::History),
            ("a/.Git/config", Why::History),
            ("a/node_modules/b/index.js", Why::Packages),
            (".wrangler/state/v3/x", Why::Tool),
            ("wrangler.toml", Why::Configuration),
            ("Wrangler.jsonc", Why::Configuration),
            ("_worker.js", Why::PagesCode),
            ("_worker.js/index.js", Why::PagesCode),
            ("_headers", Why::Rules),
        ] {
            assert_eq!(why(path), Some(expected), "{path}");
        }
        for path in [
            "index.html",
            ".well-known/security.txt",
            "docs/wrangler.toml",
            "a/_headers",
            "environment.js",
            ".gitignore",
            "half/mote.sqlite",
            "git/config",
        ] {
            assert_eq!(why(path), None, "{path}");
        }
    }

    #[test]
    fn a_developer_may_leave_out_more_and_not_less() {
        let folder = folder(&[]);
        fs::write(folder.path().join(IGNORE), "*.map\n!.env\n!node_modules\n").unwrap();
        let rule = LeftOut::of(folder.path()).unwrap();
        let why = |path: &str| rule.why(&folder.path().join(path));
        assert_eq!(why("a.js.map"), Some(Why::Ignored));
        assert_eq!((why(".env"), why("node_modules/a.js")), (Some(Why::Secrets), Some(Why::Packages)));
        assert_eq!(why("_worker.js"), None, "as with wrangler, who writes this file knows what goes out");
    }

    #[test]
    fn a_link_does_not_give_a_secret_another_name() {
        let outer = folder(&[
            "site/index.html",
            "site/.git/config",
            "site/wrangler.toml",
            ".dev.vars",
            "data/mote.sqlite",
            "data/secrets.key",
            "node_modules/a/a.js",
            "site/node_modules/b/b.js",
            "pages/a.html",
        ]);
        let site = outer.path().join("site");
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(outer.path().join(to), site.join(name)).unwrap();
        };
        for (to, name, expected) in [
            (".dev.vars", "vars.txt", Some(Why::Secrets)),
            ("data/secrets.key", "key.txt", Some(Why::Node)),
            ("site/.git/config", "config.txt", Some(Why::History)),
            ("site/wrangler.toml", "project.txt", Some(Why::Configuration)),
            ("site/node_modules/b/b.js", "b.js", Some(Why::Packages)),
            ("node_modules/a/a.js", "a.js", None),
            ("pages/a.html", "a.html", None),
            ("nowhere", "nowhere", None),
        ] {
            link(to, name);
            assert_eq!(LeftOut::of(&site).unwrap().why(&site.join(name)), expected, "{name}");
        }
    }

    #[test]
    fn a_node_s_own_folder_is_no_folder_of_assets() {
        let folder = folder(&["admin-token", "secrets.key", "index.html"]);
        let refused = LeftOut::of(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("keeps its keys and data"), "{refused}");
    }

    #[test]
    fn what_was_left_out_is_told_by_its_kinds_and_not_without_end() {
        let mut told = Told::default();
        assert_eq!(told.in_words(), None);
        told.add(Why::Ignored, Path::new("a.map"));
        assert_eq!(told.in_words(), None, "its author knows");
        told.add(Why::History, Path::new(".git"));
        assert_eq!(
            told.in_words().unwrap(),
            "1 entry of `assets.directory` is never served: .git (version control)"
        );
        for number in 0..100 {
            told.add(Why::Secrets, Path::new(&format!("{number}/.env\u{1b}")));
        }
        assert_eq!(
            told.in_words().unwrap(),
            "101 entries of `assets.directory` are never served: 0/.env\u{fffd}, 1/.env\u{fffd}, 10/.env\u{fffd}, 97 more (secrets); .git (version control)"
        );
    }
}
