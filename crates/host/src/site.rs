//! A version's static assets, served without entering JavaScript.

use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use lru::LruCache;
use mote_store::{Asset, AssetPath, Store};
use mote_wire::http::{Body, empty, full};

use crate::{
    api::AssetsConfig,
    assets::{
        conditional::{Conditional, Representation},
        resolve::{Handling, NotFoundHandling, Resolved},
        rules::{Headers, Redirects},
        run_worker_first::{First, RunWorkerFirst},
    },
};

/// Bytes of files that a node keeps in memory.
const CACHE_BYTES_MAX: usize = 64 << 20;
/// Larger files are read whenever they are asked for.
const CACHED_BYTES_MAX: usize = 1 << 20;
/// As on Cloudflare: clients ask again each time, and are told that nothing has changed.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");

/// Whether a version has code that answers what no file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// It has.
    Some,
    /// It is files alone.
    None,
}

/// The files of a version, and how they are served.
pub(crate) struct Site {
    account: String,
    hashes: HashMap<String, String>,
    handling: Handling,
    first: RunWorkerFirst,
    redirects: Redirects,
    headers: Headers,
    code: Code,
}

/// A request, as far as files are concerned.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
    /// The host, which may have a port.
    pub(crate) host: &'a str,
    /// The path of the URL, as its parser left it.
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// `url` is the request's, in normal form.
    pub(crate) fn new(method: &'a Method, url: &'a str, headers: &'a HeaderMap) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        Self { method, headers, host, path: if path.is_empty() { "/" } else { path }, query }
    }
}

/// What becomes of a request.
enum Verdict {
    /// It is the code's.
    Worker,
    /// A file, by its hash.
    File {
        hash: String,
        status: StatusCode,
    },
    Redirect {
        location: String,
        status: StatusCode,
    },
    NotFound,
    NotAllowed,
}

impl Site {
    pub(crate) fn new(
        account: String,
        paths: Vec<AssetPath>,
        config: &AssetsConfig,
        code: Code,
    ) -> Result<Self, String> {
        let (handling, first) = config.handling()?;
        let (redirects, headers) = config.rules(handling.html);
        let hashes = paths.into_iter().map(|asset| (asset.path, asset.hash)).collect();
        Ok(Self { account, hashes, handling, first, redirects, headers, code })
    }

    /// The answer to a request; `None` if the worker's code gives it.
    pub(crate) async fn answer(
        &self,
        files: &Rc<Files>,
        asked: Asked<'_>,
    ) -> Option<Result<Response<Body>, String>> {
        self.answer_with(files, asked, self.code).await
    }

    /// The answer of the files alone: what the code itself asks them for.
    pub(crate) async fn file(&self, files: &Rc<Files>, asked: Asked<'_>) -> Result<Response<Body>, String> {
        let answer = self.answer_with(files, asked, Code::None).await;
        answer.unwrap_or_else(|| Ok(bare(StatusCode::NOT_FOUND)))
    }

    async fn answer_with(
        &self,
        files: &Rc<Files>,
        asked: Asked<'_>,
        code: Code,
    ) -> Option<Result<Response<Body>, String>> {
        let mut response = match self.judge(&asked, code) {
            Verdict::Worker => return None,
            Verdict::Redirect { location, status } => redirect(&location, status),
            Verdict::NotFound => bare(StatusCode::NOT_FOUND),
            Verdict::NotAllowed => {
                let mut response = bare(StatusCode::METHOD_NOT_ALLOWED);
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
                response
            }
            Verdict::File { hash, status } => match files.read(&self.account, &hash).await {
                Ok(asset) => serve(&asset, status, &asked),
                Err(reason) => return Some(Err(reason)),
            },
        };
        for op in self.headers.of(asked.host, asked.path) {
            op.apply(response.headers_mut());
        }
        Some(Ok(response))
    }

    fn judge(&self, asked: &Asked<'_>, code: Code) -> Verdict {
        let first = self.first.first(asked.path);
        if code == Code::Some && first == First::Worker {
            return Verdict::Worker;
        }
        if !matches!(*asked.method, Method::GET | Method::HEAD) {
            return if code == Code::Some { Verdict::Worker } else { Verdict::NotAllowed };
        }
        let redirect = self.redirects.find(asked.host, asked.path);
        let rewritten = match &redirect {
            Some(redirect) => match redirect.rewritten_path() {
                Some(path) => Some(path),
                None => {
                    let location = redirect.location_with(asked.query);
                    return Verdict::Redirect { location, status: redirect.status };
                }
            },
            None => None,
        };
        let path = rewritten.unwrap_or(asked.path);
        let exists = |path: &str| self.hashes.contains_key(path);
        // A page that a browser goes to is the site's to answer; what its scripts ask for is the code's.
        let navigates = asked.headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
        let files_answer = code == Code::None || first == First::Assets || navigates;
        let not_found = if files_answer { self.handling.not_found } else { NotFoundHandling::None };
        match (Handling { html: self.handling.html, not_found }).resolve_url(path, exists) {
            Resolved::Serve { path, status } => match self.hashes.get(&path) {
                Some(hash) => Verdict::File { hash: hash.clone(), status },
                None => Verdict::NotFound,
            },
            Resolved::Redirect { location, status } => {
                let query = asked.query.map(|query| format!("?{query}")).unwrap_or_default();
                Verdict::Redirect { location: location + &query, status }
            }
            Resolved::NotFound if code == Code::Some && first != First::Assets => Verdict::Worker,
            Resolved::NotFound => Verdict::NotFound,
        }
    }
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = status;
    response
}

fn redirect(location: &str, status: StatusCode) -> Response<Body> {
    let Ok(location) = HeaderValue::from_str(location) else { return bare(StatusCode::NOT_FOUND) };
    let mut response = bare(status);
    response.headers_mut().insert(header::LOCATION, location);
    response
}

fn serve(asset: &Asset, status: StatusCode, asked: &Asked<'_>) -> Response<Body> {
    let etag = format!("\"{}\"", asset.hash);
    let length = u64::try_from(asset.bytes.len()).unwrap_or(u64::MAX);
    let representation = Representation { etag: &etag, bytes: length };
    let wanted = match status {
        StatusCode::OK => representation.wanted(asked.method, asked.headers),
        _ => Conditional::Whole,
    };
    let mut response = Response::new(empty());
    *response.status_mut() = status;
    let (mut content, mut range) = (asset.bytes.clone(), None);
    match wanted {
        Conditional::Whole => {}
        Conditional::NotModified => {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            content = Bytes::new();
        }
        Conditional::Part { start, end } => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            range = Some(format!("bytes {start}-{end}/{length}"));
            content = part(&asset.bytes, start, end);
        }
        Conditional::Unsatisfiable => {
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            range = Some(format!("bytes */{length}"));
            content = Bytes::new();
        }
    }
    let headers = response.headers_mut();
    let mut set =
        |name, value: &str| drop(HeaderValue::from_str(value).map(|value| headers.insert(name, value)));
    set(header::ETAG, &etag);
    if !asset.kind.is_empty() {
        set(header::CONTENT_TYPE, &asset.kind);
    }
    if let Some(range) = &range {
        set(header::CONTENT_RANGE, range);
    }
    headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if *asked.method == Method::HEAD {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(content.len()));
        return response;
    }
    response.map(|_| full(content))
}

/// The bytes from `start` to `end`, that one included.
fn part(bytes: &Bytes, start: u64, end: u64) -> Bytes {
    let at = |index: u64| usize::try_from(index).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(at(start)..at(end.saturating_add(1)).max(at(start)))
}

/// The files of all accounts; small ones stay in memory for a while.
pub(crate) struct Files {
    store: Arc<Store>,
    cache: RefCell<Cache>,
}

struct Cache {
    files: LruCache<(String, String), Asset>,
    bytes: usize,
}

impl Files {
    pub(crate) fn new(store: Arc<Store>) -> Rc<Self> {
        // Bounded by bytes, not by their number.
        let cache = Cache { files: LruCache::unbounded(), bytes: 0 };
        Rc::new(Self { store, cache: RefCell::new(cache) })
    }

    async fn read(&self, account: &str, hash: &str) -> Result<Asset, String> {
        let key = (account.to_owned(), hash.to_owned());
        if let Some(asset) = self.cache.borrow_mut().files.get(&key) {
            return Ok(asset.clone());
        }
        let (store, wanted) = (self.store.clone(), key.clone());
        let read = tokio::task::spawn_blocking(move || store.asset(&wanted.0, &wanted.1)).await;
        let read = read.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let asset = read.ok_or_else(|| format!("the file {hash} is missing in the store"))?;
        if asset.bytes.len() <= CACHED_BYTES_MAX {
            let mut cache = self.cache.borrow_mut();
            cache.bytes += asset.bytes.len();
            let replaced = cache.files.put(key, asset.clone());
            cache.bytes -= replaced.map_or(0, |replaced| replaced.bytes.len());
            while cache.bytes > CACHE_BYTES_MAX {
                let Some((_, oldest)) = cache.files.pop_lru() else { break };
                cache.bytes -= oldest.bytes.len();
            }
        }
        Ok(asset)
    }
}
