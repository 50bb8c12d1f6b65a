//! Static assets of the projects that are served, read from their folders when somebody asks: an edit needs no reload.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
    time::UNIX_EPOCH,
};

use http::Response;
use mote_bundle::AssetsSettings;
use mote_host::site::{Asked, Code, Folder, LocalSite};
use mote_store::Asset;
use mote_wire::http::Body;
use serde_json::Value;

use crate::remote::deploy::{assets, left_out::LeftOut, metadata};

/// Names of files that are remembered, after which all are forgotten: each edit gives a file a new one.
const NAMES_MAX: usize = 50_000;

/// The assets of all workers, by their names.
#[derive(Default)]
pub(super) struct Sites(RefCell<BTreeMap<String, Rc<LocalSite>>>);

impl Sites {
    /// What a worker has from now on.
    pub(super) fn put(&self, worker: &str, assets: Option<&AssetsSettings>, code: Code) {
        let site = |settings: &AssetsSettings| {
            let folder = AssetsFolder { settings: settings.clone(), names: Mutex::default() };
            Rc::new(LocalSite::new(Arc::new(folder), code))
        };
        match assets.map(site) {
            Some(site) => self.0.borrow_mut().insert(worker.to_owned(), site),
            None => self.0.borrow_mut().remove(worker),
        };
    }

    /// The answer of a worker's assets; `None` if its code gives it.
    pub(super) async fn answer(
        &self,
        worker: &str,
        asked: Asked<'_>,
    ) -> Option<Result<Response<Body>, String>> {
        self.of(worker)?.answer(asked).await
    }

    /// What a worker's own code gets of its assets.
    pub(super) async fn file(&self, worker: &str, asked: Asked<'_>) -> Result<Response<Body>, String> {
        let site = self.of(worker).ok_or("the project has no `assets` any more")?;
        site.file(asked).await
    }

    fn of(&self, worker: &str) -> Option<Rc<LocalSite>> {
        self.0.borrow().get(worker).cloned()
    }
}

struct AssetsFolder {
    settings: AssetsSettings,
    /// Which file a word was given for.
    names: Mutex<HashMap<String, PathBuf>>,
}

impl Folder for AssetsFolder {
    fn config(&self) -> Result<Value, String> {
        let folder = &self.settings.directory;
        if !folder.is_dir() {
            return Err(format!("the folder of `assets.directory` does not exist: {}", folder.display()));
        }
        LeftOut::of(folder).map_err(|error| error.to_string())?;
        metadata::assets_config(&self.settings).map_err(|error| error.to_string())
    }

    fn hash(&self, path: &str) -> Option<String> {
        let folder = &self.settings.directory;
        let at = place(folder, path)?;
        let found = fs::metadata(&at).ok().filter(fs::Metadata::is_file)?;
        if LeftOut::of(folder).ok()?.why(&at).is_some() {
            return None;
        }
        let modified = found.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&found.len().to_le_bytes()).update(&modified.as_nanos().to_le_bytes());
        // Two edits may fall into one tick of the disk's clock; an editor that replaces files makes a new one each time.
        hasher.update(&found.ino().to_le_bytes()).update(path.as_bytes());
        let hash: String = hasher.finalize().to_hex().chars().take(assets::HASH_CHARS).collect();
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= NAMES_MAX {
            names.clear();
        }
        names.insert(hash.clone(), at);
        Some(hash)
    }

    fn asset(&self, hash: &str) -> Result<Option<Asset>, String> {
        let at = self.names.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned();
        let Some(at) = at else { return Ok(None) };
        let failed = |error: std::io::Error| format!("cannot read {}: {error}", at.display());
        let bytes = fs::metadata(&at).map_err(failed)?.len();
        if bytes > assets::FILE_BYTES_MAX {
            return Err(format!("{} is larger than the 25 MiB that a file may have", at.display()));
        }
        let bytes = fs::read(&at).map_err(failed)?.into();
        Ok(Some(Asset { hash: hash.to_owned(), kind: assets::known_type(&at), bytes }))
    }
}

/// Where an asset's file would be; `None` if there is none by this path. A folder behind a link is no part of this one, and
/// nothing leads out of it.
fn place(folder: &Path, path: &str) -> Option<PathBuf> {
    let below = path.strip_prefix('/')?;
    let mut at = folder.to_owned();
    let mut parts = below.split('/').peekable();
    while let Some(part) = parts.next() {
        if matches!(part, "" | "." | "..") || part.contains('\0') {
            return None;
        }
        at.push(part);
        if parts.peek().is_some() && !fs::symlink_metadata(&at).ok()?.is_dir() {
            return None;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("public");
        fs::create_dir_all(folder.join("deep")).unwrap();
        fs::write(folder.join("deep/a.txt"), "a").unwrap();
        fs::write(outer.path().join("secret"), "s").unwrap();
        std::os::unix::fs::symlink(outer.path(), folder.join("link")).unwrap();
        assert_eq!(place(&folder, "/deep/a.txt"), Some(folder.join("deep/a.txt")));
        for path in [
            "/../secret",
            "/deep/../../secret",
            "/link/secret",
            "//secret",
            "/./deep/a.txt",
            "secret",
            "/deep/a.txt/",
            "/a\0b",
        ] {
            assert_eq!(place(&folder, path), None, "{path}");
        }
    }

    #[test]
    fn what_is_never_deployed_is_never_served_either() {
        let folder = tempfile::tempdir().unwrap();
        let hidden = ["_headers", "_redirects", ".assetsignore", ".dev.vars", ".git/config", "wrangler.toml"];
        for path in hidden.iter().chain(&["a.txt", "deep/_headers"]) {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink(".dev.vars", folder.path().join("link.txt")).unwrap();
        let settings = AssetsSettings::of_folder(folder.path());
        let folder = AssetsFolder { settings, names: Mutex::default() };
        for path in hidden.iter().chain(&["link.txt"]) {
            assert_eq!(folder.hash(&format!("/{path}")), None, "{path}");
        }
        for path in ["/a.txt", "/deep/_headers"] {
            assert!(folder.hash(path).is_some(), "{path}");
        }
    }
}
