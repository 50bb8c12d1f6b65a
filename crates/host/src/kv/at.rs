//! KV whose file is made when somebody first asks for it, and whose namespaces are there as soon as they are named: for
//! `mote dev`, where the configuration of a project is all that there is to say which ones there are.

use std::{fs, path::PathBuf, sync::Arc};

use http::{Response, StatusCode};
use mote_store::{KvChange, KvError, KvStore};
use mote_wire::{http::Body, link::Request};
use tokio::sync::OnceCell;

use super::{At, Kv, KvOptions, Problem};
use crate::clock::now_ms;

/// KV in a file that is not opened yet.
pub struct KvAt {
    path: PathBuf,
    options: KvOptions,
    opened: OnceCell<Arc<Kv>>,
}

impl KvAt {
    /// KV in this file.
    #[must_use]
    pub fn new(path: PathBuf, options: KvOptions) -> Self {
        Self { path, options, opened: OnceCell::new() }
    }

    /// As [`Kv::answer`]; the namespace is made if it is not there.
    pub async fn answer(&self, namespace: &str, request: Request) -> Response<Body> {
        match self.with(namespace).await {
            Ok(kv) => kv.answer(At { account: Self::ACCOUNT, namespace }, request).await,
            Err(problem) => problem.into_response(),
        }
    }

    /// Who owns all of its namespaces.
    pub(crate) const ACCOUNT: &str = "dev";

    /// It, without a look at its namespaces.
    pub(crate) async fn opened(&self) -> Result<&Arc<Kv>, Problem> {
        self.opened.get_or_try_init(|| self.open()).await
    }

    /// It, with this namespace.
    pub(crate) async fn with(&self, namespace: &str) -> Result<&Arc<Kv>, Problem> {
        let kv = self.opened().await?;
        let id = namespace.to_owned();
        match kv.read(move |store| store.namespace(Self::ACCOUNT, &id)).await {
            Ok(_) => return Ok(kv),
            Err(KvError::NoNamespace) => {}
            Err(error) => return Err(error.into()),
        }
        let (id, title) = (namespace.to_owned(), namespace.to_owned());
        let create = KvChange::CreateNamespace {
            id,
            account: Self::ACCOUNT.to_owned(),
            title,
            who: "mote dev".to_owned(),
        };
        match kv.change(create, None).await {
            // Another call was faster.
            Ok(()) | Err(KvError::TitleTaken) => Ok(kv),
            Err(error) => Err(error.into()),
        }
    }

    async fn open(&self) -> Result<Arc<Kv>, Problem> {
        let path = self.path.clone();
        let open = move || {
            if let Some(folder) = path.parent() {
                // If it cannot be made, the file cannot be opened, and that is said.
                let _ = fs::create_dir_all(folder);
            }
            KvStore::open(&path, Arc::new(now_ms)).map_err(|error| error.to_string())
        };
        let opened = tokio::task::spawn_blocking(open).await.map_err(|error| error.to_string());
        let store = opened.and_then(|opened| opened).map_err(|reason| Problem {
            status: StatusCode::SERVICE_UNAVAILABLE,
            message: format!("KV cannot use its file {}: {reason}", self.path.display()),
        })?;
        Ok(Kv::new(Arc::new(store), self.options))
    }
}

impl std::fmt::Debug for KvAt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("KvAt").field("path", &self.path).finish_non_exhaustive()
    }
}
