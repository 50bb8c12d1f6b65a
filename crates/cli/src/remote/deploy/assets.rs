//! Static assets on their way to a node: the list of all of them first, then those that the node does not have.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use data_encoding::BASE64;
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    super::{
        Output, RemoteError,
        client::{Payload, in_account},
        form::Form,
        output::count,
        progress::Progress,
    },
    Worker,
    left_out::{LeftOut, Told},
    size,
};

/// Files of one version, as on Cloudflare.
const FILES_MAX: usize = 20_000;
/// The most bytes of one file, as on Cloudflare.
pub(crate) const FILE_BYTES_MAX: u64 = 25 << 20;
/// What one call sends before the next one begins; a node takes 100 MiB, and base64 makes four bytes of three.
const CALL_BYTES_MAX: u64 = 40 << 20;
/// Hexadecimal digits of a file's name.
pub(crate) const HASH_CHARS: usize = 32;
/// What clients say of a file whose type they do not know.
const UNKNOWN: &str = "application/null";

/// The files of a folder.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// By their paths as a URL has them.
    files: BTreeMap<String, File>,
    left_out: Told,
}

#[derive(Debug)]
struct File {
    at: PathBuf,
    hash: String,
    bytes: u64,
}

#[derive(Deserialize)]
struct Session {
    jwt: Option<String>,
    #[serde(default)]
    buckets: Vec<Vec<String>>,
}

#[derive(Deserialize)]
struct Uploaded {
    jwt: Option<String>,
}

impl Files {
    /// Reads and names every file of a folder.
    pub(super) fn of(folder: &Path) -> Result<Self, RemoteError> {
        if !folder.is_dir() {
            return Err(RemoteError::wrong(
                format!("the folder of `assets.directory` does not exist: {}", folder.display()),
                "build the files first, or correct the path (it is relative to the configuration file)",
            ));
        }
        let mut files = Self::default();
        files.left_out = walk(folder, |at| files.add(folder, at))?;
        Ok(files)
    }

    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Their paths and sizes.
    pub(super) fn each(&self) -> impl Iterator<Item = (&str, u64)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file.bytes))
    }

    /// What is in the folder and never an asset.
    pub(super) fn left_out(&self) -> &Told {
        &self.left_out
    }

    pub(super) fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }

    fn add(&mut self, folder: &Path, at: PathBuf) -> Result<(), RemoteError> {
        let failed = |source| RemoteError::File { path: at.clone(), source };
        let below = at.strip_prefix(folder).unwrap_or(&at);
        let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
        let Some(parts) = parts else {
            return Err(RemoteError::wrong(
                format!("the name of {} is not UTF-8", at.display()),
                "rename it",
            ));
        };
        // Through a link: what it leads to counts. A folder behind a link is no part of this one.
        let found = fs::metadata(&at).map_err(failed)?;
        if found.is_dir() {
            return Ok(());
        }
        if found.len() > FILE_BYTES_MAX {
            return Err(RemoteError::wrong(
                format!(
                    "{} has {}; a file may have {}",
                    at.display(),
                    size(found.len()),
                    size(FILE_BYTES_MAX)
                ),
                "name it in the folder's .assetsignore, or make it smaller",
            ));
        }
        if self.files.len() == FILES_MAX {
            return Err(RemoteError::wrong(
                format!("{} has more than {FILES_MAX} files", folder.display()),
                "name those that are not needed in its .assetsignore",
            ));
        }
        let content = fs::read(&at).map_err(failed)?;
        let (hash, bytes) = (hash(&content, &at), content.len() as u64);
        let path = format!("/{}", parts.join("/"));
        self.files.insert(path, File { at, hash, bytes });
        Ok(())
    }

    fn manifest(&self) -> Value {
        let entry =
            |(path, file): (&String, &File)| (path.clone(), json!({"hash": file.hash, "size": file.bytes}));
        Value::Object(self.files.iter().map(entry).collect::<Map<_, _>>())
    }
}

/// What is in a folder and never an asset, in a sentence; none if there is nothing to tell.
pub(crate) fn never_served(folder: &Path) -> Option<String> {
    walk(folder, |_| Ok(())).ok()?.in_words()
}

/// Takes every file of a folder that may be an asset. Gives what is left out.
fn walk(
    folder: &Path,
    mut take: impl FnMut(PathBuf) -> Result<(), RemoteError>,
) -> Result<Told, RemoteError> {
    let rule = LeftOut::of(folder)?;
    let mut left_out = Told::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(inside) = folders.pop() {
        let failed = |source| RemoteError::File { path: inside.clone(), source };
        for entry in fs::read_dir(&inside).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (at, kind) = (entry.path(), entry.file_type().map_err(failed)?);
            if let Some(why) = rule.why(&at) {
                left_out.add(why, at.strip_prefix(folder).unwrap_or(&at));
            } else if kind.is_dir() {
                folders.push(at);
            } else {
                take(at)?;
            }
        }
    }
    Ok(left_out)
}

/// Sends what the node does not have. Gives the token that stands for the whole list, and how many files were sent.
pub(super) async fn send(
    worker: &Worker,
    files: &Files,
    output: &Output,
) -> Result<(String, usize), RemoteError> {
    let path = worker.path("/assets-upload-session");
    let body = Payload::Json(json!({"manifest": files.manifest()}));
    let session: Session = worker.client.call(Method::POST, &path, body).await?;
    let no_token = || worker.client.strange(&path, "it has no `jwt`");
    let begun = session.jwt.ok_or_else(no_token)?;
    let by_hash: BTreeMap<&str, &File> =
        files.files.values().map(|file| (file.hash.as_str(), file)).collect();
    let mut wanted = Vec::new();
    for hash in session.buckets.iter().flatten() {
        let file = by_hash.get(hash.as_str());
        wanted.push(
            *file.ok_or_else(|| worker.client.strange(&path, "it wants a file that is not on the list"))?,
        );
    }
    if wanted.is_empty() {
        // All of them are there already: the token of the list is the one of its end.
        return Ok((begun, 0));
    }
    let sent = wanted.len();
    let bytes: u64 = wanted.iter().map(|file| file.bytes.div_ceil(3) * 4).sum();
    if !output.is_json() {
        output.note(&format!("sending {} of {}", sent, count(files.len(), "file")));
    }
    let progress = Progress::of(output, "files", bytes);
    let ended = send_calls(worker, &begun, &wanted, &progress).await;
    progress.done();
    ended?.map(|jwt| (jwt, sent)).ok_or_else(no_token)
}

/// Sends the files, a few at a time. Gives the token that the last of them is answered with.
async fn send_calls(
    worker: &Worker,
    begun: &str,
    wanted: &[&File],
    progress: &Progress,
) -> Result<Option<String>, RemoteError> {
    let path = in_account(&worker.account, "workers/assets/upload?base64=true");
    let mut ended = None;
    for some in calls(wanted) {
        let mut form = Form::new();
        for file in some {
            let content =
                fs::read(&file.at).map_err(|source| RemoteError::File { path: file.at.clone(), source })?;
            if hash(&content, &file.at) != file.hash {
                return Err(RemoteError::wrong(
                    format!("{} changed while it was being sent", file.at.display()),
                    "deploy again when nothing writes there",
                ));
            }
            form.file(&file.hash, &content_type(&file.at), BASE64.encode(&content).into());
        }
        let form = Payload::Form(form.shown_by(progress.clone()));
        let uploaded: Option<Uploaded> = worker.client.call_as(begun, &path, form).await?;
        ended = uploaded.and_then(|uploaded| uploaded.jwt).or(ended);
    }
    Ok(ended)
}

/// Divides files so that each call is of a bearable size.
fn calls<'a>(wanted: &'a [&'a File]) -> Vec<&'a [&'a File]> {
    let (mut calls, mut rest) = (Vec::new(), wanted);
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |file: &&&File| {
            bytes += file.bytes;
            bytes <= CALL_BYTES_MAX
        };
        // One at least: no file is larger than a call.
        let many = rest.iter().take_while(fits).count().max(1);
        let (some, left) = rest.split_at(many.min(rest.len()));
        calls.push(some);
        rest = left;
    }
    calls
}

/// The name of a file: wrangler's, so that a file that either of them sent is known to both.
fn hash(content: &[u8], at: &Path) -> String {
    let ending = at.extension().map(|ending| ending.to_string_lossy()).unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    hasher.update(BASE64.encode(content).as_bytes()).update(ending.as_bytes());
    hasher.finalize().to_hex().chars().take(HASH_CHARS).collect()
}

/// A file's media type; empty if it is not known.
pub(crate) fn known_type(at: &Path) -> String {
    let kind = content_type(at);
    if kind == UNKNOWN { String::new() } else { kind }
}

fn content_type(at: &Path) -> String {
    let Some(kind) = mime_guess::from_path(at).first() else { return UNKNOWN.to_owned() };
    let text = kind.type_() == mime_guess::mime::TEXT && kind.get_param("charset").is_none();
    if text { format!("{kind}; charset=utf-8") } else { kind.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn a_file_has_the_name_that_wrangler_gives_it() {
        // blake3("aGVsbG8=" + "txt") and blake3("aGVsbG8="), as the reference implementation says.
        let with_ending = blake3::hash(b"aGVsbG8=txt").to_hex();
        assert_eq!(hash(b"hello", Path::new("a.txt")), with_ending.as_str()[..32]);
        assert_eq!(hash(b"hello", Path::new("LICENSE")), blake3::hash(b"aGVsbG8=").to_hex().as_str()[..32]);
    }

    #[test]
    fn rules_ignored_files_and_folders_behind_links_are_no_assets() {
        let folder = folder(&[
            ("index.html", "home"),
            ("a b/ü.txt", "x"),
            ("_redirects", "/a /b"),
            ("_headers", ""),
            (".assetsignore", "*.map\n/private\n"),
            ("app.js.map", "{}"),
            ("private/key.txt", "hush"),
            ("deep/_redirects", "an asset"),
            (".well-known/x", ""),
        ]);
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc", folder.path().join("etc")).unwrap();
        let files = Files::of(folder.path()).unwrap();
        let paths: Vec<&str> = files.files.keys().map(String::as_str).collect();
        assert_eq!(paths, ["/.well-known/x", "/a b/ü.txt", "/deep/_redirects", "/index.html"]);
        assert_eq!(files.manifest()["/index.html"]["size"], 4);
        assert_eq!(files.bytes(), 13);
        assert_eq!(files.left_out().in_words(), None, "their author knows");
    }

    #[test]
    fn no_secret_of_the_project_is_an_asset() {
        let folder = folder(&[
            ("index.html", "home"),
            ("wrangler.toml", ""),
            (".dev.vars", "KEY=hush"),
            (".mote/admin-token", "hush"),
            (".git/config", "hush"),
            ("deep/node_modules/a/b.js", ""),
            ("data/mote.sqlite", "hush"),
            ("data/secrets.key", "hush"),
            ("data/kept/deep.txt", "hush"),
        ]);
        let files = Files::of(folder.path()).unwrap();
        assert_eq!(files.each().collect::<Vec<_>>(), [("/index.html", 4)]);
        assert_eq!(
            files.left_out().kinds().collect::<Vec<_>>(),
            [
                ("a node's own", 2),
                ("secrets", 1),
                ("version control", 1),
                ("packages", 1),
                ("configuration", 1)
            ]
        );
    }

    #[test]
    fn what_cannot_be_sent_is_said_before_anything_is() {
        let folder = folder(&[("a.txt", "x")]);
        let missing = Files::of(&folder.path().join("nowhere")).unwrap_err();
        assert!(missing.to_string().contains("does not exist"), "{missing}");
        let large = fs::File::create(folder.path().join("large.bin")).unwrap();
        large.set_len(FILE_BYTES_MAX + 1).unwrap();
        let error = Files::of(folder.path()).unwrap_err().to_string();
        assert!(error.contains("large.bin") && error.contains("25.0 MiB"), "{error}");
        large.set_len(FILE_BYTES_MAX).unwrap();
        assert_eq!(Files::of(folder.path()).unwrap().len(), 2);
    }

    #[test]
    fn calls_are_of_a_bearable_size_and_lose_no_file() {
        let of = |bytes| File { at: PathBuf::new(), hash: String::new(), bytes };
        let files = [of(25 << 20), of(20 << 20), of(1), of(25 << 20), of(25 << 20)];
        let wanted: Vec<&File> = files.iter().collect();
        let sizes: Vec<usize> = calls(&wanted).iter().map(|some| some.len()).collect();
        assert_eq!(sizes, [1, 2, 1, 1]);
        assert!(calls(&[]).is_empty());
    }

    #[test]
    fn types_are_those_of_the_web() {
        for (name, kind) in [
            ("a.html", "text/html; charset=utf-8"),
            ("a.png", "image/png"),
            ("a.json", "application/json"),
            ("LICENSE", UNKNOWN),
        ] {
            assert_eq!(content_type(Path::new(name)), kind, "{name}");
        }
    }
}
