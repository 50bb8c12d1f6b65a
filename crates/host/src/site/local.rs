//! Static assets that are read from a folder as it is at the moment: for `mote dev`, where files come, go and change under
//! the worker.

use std::{rc::Rc, sync::Arc};

use http::Response;
use mote_store::Asset;
use mote_wire::http::Body;
use serde_json::Value;

use super::{Asked, Code, Files, Listing, Site, files::Source};

/// A folder of static assets.
pub trait Folder: Send + Sync {
    /// How they are served, as an upload says it, with the text of `_headers` and `_redirects`.
    ///
    /// # Errors
    /// If the folder is none, or says what cannot be read.
    fn config(&self) -> Result<Value, String>;

    /// A word for the file at this path, another one for each of its contents; `None` if it is no asset.
    fn hash(&self, path: &str) -> Option<String>;

    /// The file that a word was given for; `None` if it was not.
    ///
    /// # Errors
    /// If it cannot be read.
    fn asset(&self, hash: &str) -> Result<Option<Asset>, String>;
}

/// The assets of a worker of `mote dev`.
pub struct LocalSite {
    folder: Arc<dyn Folder>,
    files: Rc<Files>,
    code: Code,
}

struct OfFolder(Arc<dyn Folder>);

impl Source for OfFolder {
    fn asset(&self, _account: &str, hash: &str) -> Result<Option<Asset>, String> {
        self.0.asset(hash)
    }
}

impl LocalSite {
    /// The assets in a folder.
    #[must_use]
    pub fn new(folder: Arc<dyn Folder>, code: Code) -> Self {
        Self { files: Files::new(Arc::new(OfFolder(folder.clone()))), folder, code }
    }

    /// The answer to a request; `None` if the worker's code gives it. It must be called inside a `LocalSet`.
    pub async fn answer(&self, asked: Asked<'_>) -> Option<Result<Response<Body>, String>> {
        match self.site() {
            Ok(site) => site.answer(&self.files, asked).await,
            Err(reason) => Some(Err(reason)),
        }
    }

    /// The answer of the files alone: what the code itself asks them for.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn file(&self, asked: Asked<'_>) -> Result<Response<Body>, String> {
        self.site()?.file(&self.files, asked).await
    }

    fn site(&self) -> Result<Site, String> {
        let config = serde_json::from_value(self.folder.config()?).map_err(|error| error.to_string())?;
        Site::with(String::new(), Listing::Folder(self.folder.clone()), &config, self.code)
    }
}
