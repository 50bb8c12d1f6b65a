//! A version's static assets, served without entering JavaScript.

mod compressed;
mod files;
mod flow;
mod kept;
mod local;
mod serve;

use std::{collections::HashMap, rc::Rc, sync::Arc};

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use mote_store::AssetPath;
use mote_wire::http::{Body, empty};

use crate::{
    api::AssetsConfig,
    assets::{
        resolve::{Handling, NotFoundHandling, Resolved},
        rules::{Headers, Redirects},
        run_worker_first::{First, RunWorkerFirst},
    },
};

pub(crate) use files::Files;
pub use local::{Folder, LocalSite};

/// Whether a version has code that answers what no file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// It has.
    Some,
    /// It is files alone.
    None,
}

/// The files of a version, and how they are served.
pub(crate) struct Site {
    account: String,
    listing: Listing,
    handling: Handling,
    first: RunWorkerFirst,
    redirects: Redirects,
    headers: Headers,
    code: Code,
}

/// Which files there are.
enum Listing {
    /// Those that came with the version: hashes by their paths.
    Kept(HashMap<String, String>),
    /// Those that a folder has at the moment.
    Folder(Arc<dyn Folder>),
}

impl Listing {
    fn hash(&self, path: &str) -> Option<String> {
        match self {
            Self::Kept(hashes) => hashes.get(path).cloned(),
            Self::Folder(folder) => folder.hash(path),
        }
    }

    fn has(&self, path: &str) -> bool {
        match self {
            Self::Kept(hashes) => hashes.contains_key(path),
            Self::Folder(folder) => folder.hash(path).is_some(),
        }
    }
}

/// A request, as far as files are concerned.
pub struct Asked<'a> {
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
    /// The host, which may have a port.
    pub(crate) host: &'a str,
    /// The path of the URL, as its parser left it.
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    reader: Reader,
}

/// Who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// A client, over a network.
    Client,
    /// Code of a worker, on this machine. It gets files as they are: to compress them for it would only cost.
    Code,
}

impl<'a> Asked<'a> {
    /// `url` is the request's, in normal form.
    #[must_use]
    pub fn new(method: &'a Method, url: &'a str, headers: &'a HeaderMap) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        Self {
            method,
            headers,
            host,
            path: if path.is_empty() { "/" } else { path },
            query,
            reader: Reader::Client,
        }
    }

    /// The same request, from the code of a worker.
    #[must_use]
    pub fn by_code(self) -> Self {
        Self { reader: Reader::Code, ..self }
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
        let hashes = paths.into_iter().map(|asset| (asset.path, asset.hash)).collect();
        Self::with(account, Listing::Kept(hashes), config, code)
    }

    fn with(account: String, listing: Listing, config: &AssetsConfig, code: Code) -> Result<Self, String> {
        let (handling, first) = config.handling()?;
        let (redirects, headers) = config.rules(handling.html);
        Ok(Self { account, listing, handling, first, redirects, headers, code })
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
        let ops = || self.headers.of(asked.host, asked.path);
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
                Ok(asset) => {
                    let page = serve::Page { account: &self.account, asset: &asset, status, ops: ops() };
                    return Some(Ok(page.serve(files, &asked).await));
                }
                Err(reason) => return Some(Err(reason)),
            },
        };
        ops().into_iter().for_each(|op| op.apply(response.headers_mut()));
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
        let exists = |path: &str| self.listing.has(path);
        // A page that a browser goes to is the site's to answer; what its scripts ask for is the code's.
        let navigates = asked.headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
        let files_answer = code == Code::None || first == First::Assets || navigates;
        let not_found = if files_answer { self.handling.not_found } else { NotFoundHandling::None };
        match (Handling { html: self.handling.html, not_found }).resolve_url(path, exists) {
            Resolved::Serve { path, status } => match self.listing.hash(&path) {
                Some(hash) => Verdict::File { hash, status },
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

#[cfg(test)]
mod tests;
