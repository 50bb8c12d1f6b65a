//! Static assets on their way in: a list of files first, then those that are not here yet, then a deploy that names the list.

mod sessions;

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    rc::Rc,
};

use data_encoding::{BASE64, BASE64URL_NOPAD};
use http::{HeaderMap, header};
use hyper::body::{Body, Bytes};
use mote_store::{Asset, AssetPath, Store};
use multer::{Constraints, SizeLimit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) use sessions::Sessions;
use sessions::{File, Session};

use super::{Api, Call, Refusal, arriving::form, new_id, now, upload::malformed, weight::Weight, whole};
use crate::{
    assets::{
        resolve::{ASSET_PATH_BYTES_MAX, Handling, HtmlHandling, NotFoundHandling},
        rules::{Headers, Redirects},
        run_worker_first::RunWorkerFirst,
    },
    linger::Lingering,
};

/// Files of one version, as on Cloudflare.
const FILES_MAX: usize = 20_000;
/// The most bytes of one file, as on Cloudflare.
const FILE_BYTES_MAX: usize = 25 << 20;
/// The most bytes of a file as base64, which is what the form has.
const TEXT_BYTES_MAX: u64 = (FILE_BYTES_MAX.div_ceil(3) * 4) as u64;
/// The most bytes of one upload.
pub(super) const UPLOAD_BYTES_MAX: usize = 100 << 20;
/// Files that a client sends in one upload, at most.
const BUCKET_FILES: usize = 50;
/// The most bytes of a list: every file that there may be, with a path of ordinary length.
pub(super) const MANIFEST_BYTES_MAX: usize = 8 << 20;

/// A list of files, as it is sent.
#[derive(Debug, Deserialize)]
struct List {
    manifest: BTreeMap<String, File>,
}

/// How a version's assets are served.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct AssetsConfig {
    #[serde(default)]
    pub(crate) html_handling: Option<String>,
    #[serde(default)]
    pub(crate) not_found_handling: Option<String>,
    #[serde(default)]
    pub(crate) run_worker_first: Value,
    #[serde(default, rename = "_redirects")]
    pub(crate) redirects: Option<String>,
    #[serde(default, rename = "_headers")]
    pub(crate) headers: Option<String>,
}

impl AssetsConfig {
    /// Who is asked first, and how paths lead to files.
    pub(crate) fn handling(&self) -> Result<(Handling, RunWorkerFirst), String> {
        let html = match self.html_handling.as_deref() {
            Some(word) => HtmlHandling::parse(word).map_err(|error| error.to_string())?,
            None => HtmlHandling::default(),
        };
        let not_found = match self.not_found_handling.as_deref() {
            Some(word) => NotFoundHandling::parse(word).map_err(|error| error.to_string())?,
            None => NotFoundHandling::default(),
        };
        let first = match &self.run_worker_first {
            Value::Null => RunWorkerFirst::default(),
            said => RunWorkerFirst::parse(said).map_err(|error| error.to_string())?,
        };
        Ok((Handling { html, not_found }, first))
    }

    /// What `_redirects` and `_headers` say. Lines that mean nothing are left out.
    pub(crate) fn rules(&self, html: HtmlHandling) -> (Redirects, Headers) {
        let redirects = self.redirects.as_deref().map(|text| Redirects::parse(text, html).rules);
        let headers = self.headers.as_deref().map(|text| Headers::parse(text).rules);
        (redirects.unwrap_or_default(), headers.unwrap_or_default())
    }
}

/// What an upload says about assets.
#[derive(Debug, Deserialize)]
struct Said {
    jwt: Option<String>,
    #[serde(default)]
    config: AssetsConfig,
}

impl Api {
    /// Takes a list of files; answers which of them are not here.
    pub(super) async fn begin_assets(&self, call: Call<'_>) -> Result<Value, Refusal> {
        let account = call.account.to_owned();
        let files = files_of(&whole(call.body, MANIFEST_BYTES_MAX).await?)?;
        let hashes: Vec<String> =
            files.values().map(|file| file.hash.clone()).collect::<BTreeSet<_>>().into_iter().collect();
        let sizes: BTreeMap<String, u64> =
            files.values().map(|file| (file.hash.clone(), to_u64(file.size))).collect();
        let (owner, kept) = (account.clone(), self.kept);
        let missing = move |store: &Store| {
            let missing = store.missing_assets(&owner, &hashes)?;
            // Before they are sent, not after.
            let sizes: Vec<u64> = missing.iter().filter_map(|hash| sizes.get(hash).copied()).collect();
            store.check_room(&owner, &sizes, kept, now())?;
            Ok(missing)
        };
        let missing = self.store(missing).await?;
        let id = new_id()?;
        let buckets: Vec<Vec<String>> = missing.chunks(BUCKET_FILES).map(<[String]>::to_vec).collect();
        let session = Session::new(account, files, missing);
        self.sessions.borrow_mut().insert(id.clone(), session);
        Ok(json!({"jwt": token(&id), "buckets": buckets}))
    }

    /// Takes files of a list. Who has the list's token may send its files and nothing else.
    pub(super) async fn upload_assets(
        self: &Rc<Self>,
        headers: &HeaderMap,
        account: &str,
        body: Lingering,
    ) -> Result<Value, Refusal> {
        let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let id = sent.and_then(|sent| session_of(sent.strip_prefix("Bearer ")?)).unwrap_or_default();
        let expected: BTreeMap<String, usize> = match self.sessions.borrow().of(account, &id) {
            Some(session) => session.files.values().map(|file| (file.hash.clone(), file.size)).collect(),
            None => return Err(Refusal::unauthorized()),
        };
        let (body, _held) = self.arrived(account, body, Weight::Files).await?;
        let assets = read_assets(headers, body, &expected).await?;
        let sent: BTreeSet<String> = assets.iter().map(|asset| asset.hash.clone()).collect();
        let (owner, kept) = (account.to_owned(), self.kept);
        self.store(move |store| store.add_assets(&owner, &assets, kept, now())).await?;
        let mut sessions = self.sessions.borrow_mut();
        let session = sessions.of_mut(account, &id).ok_or_else(Refusal::unauthorized)?;
        session.missing.retain(|hash| !sent.contains(hash));
        Ok(json!({"jwt": session.missing.is_empty().then(|| token(&id))}))
    }

    /// The files that a version's upload names by their list's token, and how they are served.
    pub(super) fn named_assets(
        &self,
        account: &str,
        said: &Value,
    ) -> Result<(Option<Vec<AssetPath>>, AssetsConfig), Refusal> {
        let said: Said = serde_json::from_value(said.clone())
            .map_err(|error| Refusal::invalid(format!("`assets` cannot be read: {error}")))?;
        said.config.handling().map_err(Refusal::invalid)?;
        let Some(jwt) = said.jwt else { return Ok((None, said.config)) };
        let sessions = self.sessions.borrow();
        let session = session_of(&jwt).and_then(|id| sessions.of(account, &id)).ok_or_else(|| {
            Refusal::invalid("the upload of the assets is not known here any more: deploy again")
        })?;
        if !session.missing.is_empty() {
            return Err(Refusal::invalid("not all assets were uploaded"));
        }
        let path = |(path, file): (&String, &File)| AssetPath { path: path.clone(), hash: file.hash.clone() };
        Ok((Some(session.files.iter().map(path).collect()), said.config))
    }
}

/// A list's token in the form that clients want: a JSON Web Token, of which they read the time of its end. It is its random id
/// that makes it good.
fn token(id: &str) -> String {
    let until = now() / 1_000 + 3_600;
    let part = |value: Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}.", part(json!({"alg": "none"})), part(json!({"exp": until, "session": id})))
}

fn to_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn session_of(token: &str) -> Option<String> {
    let mut parts = token.split('.');
    // A payload with nothing signed after it, as it was given out.
    let (Some(_), Some(payload), Some(""), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let payload = BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?;
    let payload: Value = serde_json::from_slice(&payload).ok()?;
    Some(payload.get("session")?.as_str()?.to_owned())
}

/// The files of a list that are sent to begin with. Read straight into what is kept: as a document it would be many times as large.
fn files_of(bytes: &[u8]) -> Result<BTreeMap<String, File>, Refusal> {
    let list: List = serde_json::from_slice(bytes)
        .map_err(|error| Refusal::invalid(format!("the list of files cannot be read: {error}")))?;
    check_files(&list.manifest).map(|()| list.manifest)
}

fn check_files(files: &BTreeMap<String, File>) -> Result<(), Refusal> {
    if files.len() > FILES_MAX {
        return Err(Refusal::too_large(format!("a version may have {FILES_MAX} assets")));
    }
    let mut sizes = BTreeMap::new();
    for (path, file) in files {
        let shown: String = path.chars().take(100).collect();
        if !path.starts_with('/') || path.len() > ASSET_PATH_BYTES_MAX || path.contains('\0') {
            return Err(Refusal::invalid(format!(
                "`{shown}` is no path of an asset: it begins with `/` and has up to {ASSET_PATH_BYTES_MAX} bytes"
            )));
        }
        if file.hash.len() != 32 || !file.hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Refusal::invalid(format!("the hash of `{shown}` is not 32 hexadecimal digits")));
        }
        if file.size > FILE_BYTES_MAX {
            return Err(Refusal::too_large(format!("`{shown}` is larger than {} MiB", FILE_BYTES_MAX >> 20)));
        }
        // One of the two would be promised what it does not get.
        if *sizes.entry(&file.hash).or_insert(file.size) != file.size {
            return Err(Refusal::invalid(format!("the hash of `{shown}` is on the list with two sizes")));
        }
    }
    Ok(())
}

async fn read_assets<B>(
    headers: &HeaderMap,
    body: B,
    expected: &BTreeMap<String, usize>,
) -> Result<Vec<Asset>, Refusal>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind)
        .map_err(|_| Refusal::invalid("the body must be multipart/form-data with a boundary"))?;
    let constraints = Constraints::new()
        .size_limit(SizeLimit::new().whole_stream(UPLOAD_BYTES_MAX as u64).per_field(TEXT_BYTES_MAX));
    let mut form = form(body, boundary, constraints).await;
    let mut assets = Vec::new();
    let mut seen = BTreeSet::new();
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        let hash = field.name().unwrap_or_default().to_owned();
        let Some(size) = expected.get(&hash) else {
            return Err(Refusal::invalid("the form has a file that is not on the list"));
        };
        // It holds the number of files, too: those of the list, once each.
        if !seen.insert(hash.clone()) {
            return Err(Refusal::invalid(format!("the form has the file {hash} twice")));
        }
        let kind = field.content_type().map(ToString::to_string).unwrap_or_default();
        let text = field.bytes().await.map_err(malformed)?;
        let bytes =
            BASE64.decode(&text).map_err(|_| Refusal::invalid(format!("the file {hash} is no base64")))?;
        if bytes.len() != *size {
            let message = format!("the file {hash} has {} bytes, and {size} on the list", bytes.len());
            return Err(Refusal::invalid(message));
        }
        // What clients send for a file of a type that they do not know.
        let kind = if kind == "application/null" { String::new() } else { kind };
        assets.push(Asset { hash, kind, bytes: bytes.into() });
    }
    Ok(assets)
}

#[cfg(test)]
mod tests;
