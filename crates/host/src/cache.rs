//! The Cache API, as workers reach it: responses that are kept on this node under the rules of HTTP.
//!
//! What this room does: it decides what may be kept and for how long, answers conditions and ranges, and lets bodies flow
//! between cells and the disk. Whoever asks sees what workers of his own account have put there, and nothing else.
//!
//! What it refuses: all that a cell sends is a claim; what is no response that may be kept is not kept. What it holds in
//! memory is bounded, for all and for each account.
//!
//! What happens when it fails: a response is not found, or not kept, which it never promised. Nothing else notices.

mod answer;
mod freshness;
mod keep;

#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use mote_store::{CacheCaps, CacheKey, CacheReading, CacheStore, StoreError};
use mote_wire::{
    http::{Body, full},
    link::Request,
};
use percent_encoding::percent_decode_str;
use ring::digest;
use tokio::sync::{OnceCell, Semaphore};

use crate::{budget::Memory, clock::now_ms};

/// The URL of the request that a response is for, percent-encoded.
const URL: HeaderName = HeaderName::from_static("cache-url");
/// The cache's name, percent-encoded; none for the default one.
const NAME: HeaderName = HeaderName::from_static("cache-name");
/// A response's status: that of the answer is 200, whatever was kept.
const STATUS: HeaderName = HeaderName::from_static("cache-response-status");
/// What the headers of a kept response begin with, so that none of them means anything on the way.
const PREFIX: &str = "cached-";

/// The body of one response.
const BODY_BYTES_MAX: u64 = 512 << 20;
/// The longest URL, and name of a cache.
const URL_BYTES_MAX: usize = 16 << 10;
const NAME_BYTES_MAX: usize = 1 << 10;
/// Bytes of bodies that are in memory at once, and of one account.
const MEMORY_BYTES: usize = 64 << 20;
const OWNER_BYTES: usize = 8 << 20;
/// How long a call waits for some of it.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Calls that are at the file at once.
const CALLS_MAX: usize = 8;
/// How often what is over is swept.
const SWEEP_PERIOD: Duration = Duration::from_secs(60);

/// What the operator allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheOptions {
    /// Bytes that one account may keep.
    pub account_bytes_max: u64,
    /// Bytes that all may keep.
    pub node_bytes_max: u64,
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self { account_bytes_max: 1 << 30, node_bytes_max: 10 << 30 }
    }
}

/// The caches of a node.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    store: Arc<CacheStore>,
    options: CacheOptions,
    memory: Memory,
    calls: Semaphore,
}

/// Why a call is not carried out, for the one who called.
#[derive(Debug)]
struct Problem {
    status: StatusCode,
    message: &'static str,
}

impl Problem {
    const fn invalid(message: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message }
    }

    /// It may not be kept.
    const fn not_kept(message: &'static str) -> Self {
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, message }
    }
}

impl From<StoreError> for Problem {
    fn from(_: StoreError) -> Self {
        // What SQLite says of its file is not for tenants.
        Self { status: StatusCode::SERVICE_UNAVAILABLE, message: "the cache cannot be used at the moment" }
    }
}

impl Cache {
    /// Opens the file of the caches. Within a tokio runtime, it is swept now and then.
    ///
    /// # Errors
    /// If there can be no such file.
    pub fn open(path: &Path, options: CacheOptions) -> Result<Self, StoreError> {
        let store = Arc::new(CacheStore::open(path, Arc::new(now_ms))?);
        let memory = Memory::new(MEMORY_BYTES, OWNER_BYTES);
        let cache = Self(Arc::new(Inner { store, options, memory, calls: Semaphore::new(CALLS_MAX) }));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(sweep_now_and_then(Arc::downgrade(&cache.0)));
        }
        Ok(cache)
    }

    /// Answers a call in the name of an owner: `GET`, `PUT` or `DELETE` of what the headers name. The one who calls is not
    /// trusted.
    pub async fn answer(&self, owner: &str, request: Request) -> Response<Body> {
        self.handle(owner, request).await.unwrap_or_else(|Problem { status, message }| {
            let mut response = Response::new(full(message));
            *response.status_mut() = status;
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            response
        })
    }

    /// Forgets what an owner keeps. What fails is over by itself some day.
    pub async fn forget(&self, owner: &str) {
        let owner = owner.to_owned();
        let _ = self.at_store(move |store| store.forget(&owner)).await;
    }

    async fn handle(&self, owner: &str, request: Request) -> Result<Response<Body>, Problem> {
        let Request { method, headers, body, .. } = request;
        let key = key_of(owner, &headers)?;
        match method {
            Method::GET => self.find(key, &headers).await,
            Method::PUT => self.keep(key, &headers, body).await,
            Method::DELETE => {
                let gone = self.at_store(move |store| store.delete(&key)).await?;
                let mut response = Response::new(full(""));
                *response.status_mut() = if gone { StatusCode::OK } else { StatusCode::NOT_FOUND };
                Ok(response)
            }
            _ => Err(Problem::invalid("a cache takes GET, PUT and DELETE")),
        }
    }

    /// Works at the file, where that may wait for the disk.
    async fn at_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<CacheStore>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        const GONE: Problem =
            Problem { status: StatusCode::SERVICE_UNAVAILABLE, message: "the cache has stopped" };
        let _permit = self.0.calls.acquire().await.map_err(|_| GONE)?;
        let store = self.0.store.clone();
        Ok(tokio::task::spawn_blocking(move || work(&store)).await.map_err(|_| GONE)??)
    }

    /// A chunk of a body, which has the length that it should have.
    async fn chunk(&self, reading: Arc<CacheReading>, number: u64) -> Result<Vec<u8>, Problem> {
        self.at_store(move |_| reading.chunk(number)).await
    }

    fn caps(&self) -> CacheCaps {
        let CacheOptions { account_bytes_max, node_bytes_max } = self.0.options;
        CacheCaps { owner_bytes_max: account_bytes_max, node_bytes_max }
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Cache").field(&self.0.store).finish()
    }
}

/// Caches whose file is made when somebody first asks for one.
#[derive(Debug)]
pub struct CacheAt {
    path: PathBuf,
    options: CacheOptions,
    opened: OnceCell<Option<Cache>>,
}

impl CacheAt {
    /// Caches in a file that is not opened yet.
    #[must_use]
    pub fn new(path: PathBuf, options: CacheOptions) -> Self {
        Self { path, options, opened: OnceCell::new() }
    }

    /// As [`Cache::answer`].
    pub async fn answer(&self, owner: &str, request: Request) -> Response<Body> {
        let open = || async {
            let (path, options) = (self.path.clone(), self.options);
            tokio::task::spawn_blocking(move || Cache::open(&path, options).ok()).await.ok().flatten()
        };
        match self.opened.get_or_init(open).await {
            Some(cache) => cache.answer(owner, request).await,
            None => {
                let mut response = Response::new(full("there can be no file for caches"));
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                response
            }
        }
    }
}

async fn sweep_now_and_then(inner: std::sync::Weak<Inner>) {
    loop {
        tokio::time::sleep(SWEEP_PERIOD).await;
        let Some(store) = inner.upgrade().map(|inner| inner.store.clone()) else { return };
        // What fails now is tried again: it frees room, and nobody waits for it.
        let _ = tokio::task::spawn_blocking(move || store.sweep()).await;
    }
}

fn key_of(owner: &str, headers: &HeaderMap) -> Result<CacheKey, Problem> {
    let url = text(headers, &URL)?.ok_or(Problem::invalid("a cache is asked for a URL"))?;
    let named = text(headers, &NAME)?;
    // The cache whose name is empty is another one than that without a name.
    let is_unnamed = named.as_ref().is_some_and(String::is_empty);
    let name = named.unwrap_or_default();
    if url.len() > URL_BYTES_MAX || name.len() > NAME_BYTES_MAX {
        return Err(Problem::not_kept("the URL, or the name of the cache, is too long"));
    }
    let mut hash = digest::Context::new(&digest::SHA256);
    // Lengths first, so that no name and URL are another name and URL.
    let length = if is_unnamed { u64::MAX } else { u64::try_from(name.len()).unwrap_or_default() };
    hash.update(&length.to_le_bytes());
    hash.update(name.as_bytes());
    hash.update(url.as_bytes());
    let hash = hash.finish().as_ref().try_into().unwrap_or_default();
    Ok(CacheKey { owner: owner.to_owned(), hash })
}

/// A header that was percent-encoded, as text.
fn text(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Problem> {
    const WRONG: Problem = Problem::invalid("the URL, or the name of the cache, is no text");
    let Some(value) = headers.get(name) else { return Ok(None) };
    let decoded = percent_decode_str(value.to_str().map_err(|_| WRONG)?).decode_utf8();
    decoded.map(|text| Some(text.into_owned())).map_err(|_| WRONG)
}
