//! The deploy API: Cloudflare's v4 API under `/client/v4/`, as far as its clients need it to bring workers here.
//!
//! What this room does: it finds out who calls and whether he may ([`access`]), bounds and checks what it is sent, has a worker's code tried out in a cell that
//! is thrown away, writes the store, and lets the new version take events before it answers.
//!
//! What it refuses: whatever it cannot do yet, by name - a client that is told "done" believes it. No answer ever holds a
//! secret.
//!
//! What happens when it fails: the store was changed as a whole or not at all, and what is in service goes on.

mod access;
mod accounts;
mod annotations;
mod arriving;
mod assets;
mod auth;
mod changes;
mod config;
mod deployments;
mod envelope;
mod guesses;
mod kv;
mod logs;
mod options;
mod orders;
mod permissions;
mod products;
mod routes;
mod schedules;
mod scripts;
mod secrets;
mod tails;
mod telemetry;
#[cfg(test)]
mod tests;
mod tokens;
mod top;
mod upload;
mod versions;
mod weight;

use std::{cell::RefCell, net::IpAddr, path::PathBuf, rc::Rc, sync::Arc};

use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use mote_store::{AuditEntry, Kept, Store, StoreError};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use arriving::{Arrivals, Received};
pub(crate) use assets::AssetsConfig;
use changes::Changes;
pub(crate) use config::{VersionConfig, open_secrets};
pub use envelope::Answer;
use envelope::{NOT_ALLOWED, Refusal, Reply};
pub use options::ApiOptions;
use weight::{Bodies, Weight};

use crate::{budget::Reserved, clock::now_ms, deployed::Deployed, linger::Lingering, tails::Tails};

/// The path under which it answers.
pub const PREFIX: &str = "/client/v4/";
/// The most bytes of a JSON document that is sent here.
const DOCUMENT_BYTES_MAX: usize = 2 << 20;
/// Characters of a worker's name: it is a label of a host name.
const NAME_CHARS_MAX: usize = 63;
/// Characters of an account's id.
const ACCOUNT_CHARS_MAX: usize = 64;
/// Entries of the audit log that one answer has.
const AUDIT_ENTRIES_MAX: u32 = 1_000;

/// The API of one node.
pub struct Api {
    deployed: Rc<Deployed>,
    tails: Rc<Tails>,
    door: auth::Door,
    arrivals: Arrivals,
    bodies: Bodies,
    kept: Kept,
    changes: Changes,
    /// Lists of files whose deploys are still to come.
    sessions: RefCell<assets::Sessions>,
}

/// What has arrived of a request's body.
type Arrived = Received<Lingering>;

/// A request whose sender is known, and may send it.
struct Call<'a, B = Arrived> {
    /// The account that it is about; empty if it is about none.
    account: &'a str,
    caller: &'a auth::Caller,
    headers: HeaderMap,
    peer: Option<IpAddr>,
    body: B,
    /// The memory of its body, and of what is made of it.
    _held: Option<Reserved>,
}

impl Api {
    /// The API that this token, the node's own, opens for all accounts. Others are in the store, and open one account each. What is
    /// uploaded waits in the node's folder until it is whole.
    #[must_use]
    pub fn new(
        deployed: Rc<Deployed>,
        tails: Rc<Tails>,
        token: &str,
        folder: PathBuf,
        options: ApiOptions,
    ) -> Rc<Self> {
        Rc::new(Self {
            deployed,
            tails,
            door: auth::Door::new(token),
            arrivals: Arrivals::new(folder, options.upload_disk_bytes_max),
            bodies: Bodies::new(options.upload_bytes_max),
            kept: options.kept,
            changes: Changes::new(options.trials_at_once),
            sessions: RefCell::default(),
        })
    }

    /// Answers a request whose path begins with [`PREFIX`], and that came from this address.
    pub async fn answer(self: &Rc<Self>, request: Request<Incoming>, from: IpAddr) -> Answer {
        let reply = self.handle(request, from).await;
        if reply.as_ref().is_err_and(Refusal::is_disk_full) {
            self.deployed.tell_disk_full();
        }
        envelope::answer(reply)
    }

    async fn handle(self: &Rc<Self>, request: Request<Incoming>, from: IpAddr) -> Result<Reply, Refusal> {
        // Whatever is answered, also without a look at the body: the client is to see it.
        let request = request.map(Lingering::new);
        if let Some(account) = assets_account(request.method(), request.uri().path()) {
            check_account(account)?;
            let (account, (parts, body)) = (account.to_owned(), request.into_parts());
            // It has a token of its own, for these files alone.
            return self.upload_assets(&parts.headers, &account, body).await.map(Reply::from);
        }
        // Nothing of the request is looked at before its sender is known.
        let caller = self.authenticate(request.headers(), from).await?;
        // Nor is its body before it is known that he may send it.
        let path = segments(request.uri().path());
        let allowed = access::check(&caller, request.method(), &path);
        if let Some(product) = products::not_yet(&path)
            && allowed.as_ref().map_or_else(|refusal| refusal.code == NOT_ALLOWED, |()| true)
        {
            return Err(Refusal::not_yet(product));
        }
        allowed?;
        if let Some((account, path)) = kv_account(request.uri().path()) {
            check_account(account)?;
            let (account, path) = (account.to_owned(), path.to_owned());
            let (parts, body) = request.into_parts();
            let (method, headers) = (&parts.method, &parts.headers);
            let query = parts.uri.query().unwrap_or_default();
            let body = self.arrivals.receive(&account, body, kv::BODY_BYTES_MAX).await?;
            let call = kv::KvCall { method, path: &path, query, headers, body };
            return kv::answer(&self.deployed.kv, (&account, &caller.actor), call).await;
        }
        self.described(request, &caller, from).await.map(Reply::from)
    }

    /// What is answered with a document.
    async fn described(
        self: &Rc<Self>,
        request: Request<Lingering>,
        caller: &auth::Caller,
        from: IpAddr,
    ) -> Result<Value, Refusal> {
        let (parts, body) = request.into_parts();
        let (path, method) = (segments(parts.uri.path()), &parts.method);
        match (method, path.as_slice()) {
            (&Method::GET, ["user", "tokens", "verify"]) => Ok(tokens::verified(caller)),
            (&Method::GET, ["user"]) => Ok(json!({"id": caller.id, "email": caller.email()})),
            (&Method::GET, ["accounts"]) => Ok(self.accounts(caller).await?.into()),
            (&Method::POST, ["accounts"]) => {
                let call =
                    Call { account: "", caller, headers: parts.headers, peer: Some(from), body, _held: None };
                self.create_account(self.weighed(call, Weight::Document).await?).await
            }
            (&Method::GET, ["memberships"]) => self.memberships(caller).await,
            // There are no zones here: a name is its own.
            (&Method::GET, ["zones"]) => Ok(routes::zones(parts.uri.query().unwrap_or_default())),
            (&Method::GET, ["zones", _, "workers", "routes"]) => Ok(self.all_routes(caller)),
            (&Method::GET, ["mote", "top"]) => self.top(caller, parts.uri.query().unwrap_or_default()),
            (&Method::GET, ["accounts", account, "workers", "scripts", name, "logs"]) => {
                check_account(account)?;
                self.kept_logs(account, name, parts.uri.query().unwrap_or_default()).await
            }
            (_, ["accounts", account, rest @ ..]) => {
                check_account(account)?;
                let headers = parts.headers.clone();
                let call = Call { account, caller, headers, peer: Some(from), body, _held: None };
                let call = self.weighed(call, Weight::of(method, rest)).await?;
                self.in_account(method, rest, call).await
            }
            _ => Err(unknown(method, parts.uri.path())),
        }
    }

    /// A call, once there is memory for what it sends.
    async fn weighed<'a>(&self, call: Call<'a, Lingering>, weight: Weight) -> Result<Call<'a>, Refusal> {
        let (body, held) = self.arrived(call.account, call.body, weight).await?;
        let Call { account, caller, headers, peer, .. } = call;
        Ok(Call { account, caller, headers, peer, body, _held: held })
    }

    /// A body, once it is there as a whole and there is memory for what will be made of it.
    async fn arrived(
        &self,
        account: &str,
        body: Lingering,
        weight: Weight,
    ) -> Result<(Arrived, Option<Reserved>), Refusal> {
        let body = body.up_to(weight.bytes_max());
        // Before it is sent.
        self.bodies.check(weight, body.size_hint().exact())?;
        let body = self.arrivals.receive(account, body, weight.bytes_max()).await?;
        let held = match body.bytes() {
            Some(0) | None => None,
            Some(bytes) => Some(self.bodies.hold(account, weight, bytes).await?),
        };
        Ok((body, held))
    }

    async fn in_account(
        self: &Rc<Self>,
        method: &Method,
        path: &[&str],
        call: Call<'_>,
    ) -> Result<Value, Refusal> {
        match (method, path) {
            (&Method::GET, []) => self.account(call.account).await,
            (&Method::DELETE, []) => self.remove_account(call.caller, call.account).await,
            (_, ["tokens", rest @ ..]) => self.in_tokens(method, rest, call).await,
            (&Method::GET, ["audit_logs"]) => self.audit_log(call.account).await,
            (&Method::GET, ["workers", "scripts"]) => self.list(call.account).await,
            (&Method::GET, ["workers", "services", name]) => self.service(call.account, name).await,
            (&Method::DELETE, ["workers", "services" | "scripts", name]) => {
                self.delete((call.account, &call.caller.actor), name).await
            }
            (&Method::GET, ["workers", "subdomain"]) => Ok(json!({"subdomain": self.deployed.domain()})),
            (&Method::GET, ["workers", "tails", "by-consumer", _]) => Ok(json!([])),
            (_, ["workers", "scripts", name, rest @ ..]) => {
                check_worker(name)?;
                self.in_script(method, name, rest, call).await
            }
            (&Method::GET, ["workers", "workers", name]) => self.worker(call.account, name).await,
            (_, ["workers", "workers", name, "versions", "latest"]) if method == Method::PATCH => {
                check_worker(name)?;
                self.patch_latest(call, name).await
            }
            (&Method::POST, ["workers", "observability", "telemetry", "query"]) => self.telemetry(call).await,
            // There is nothing of these kinds, and whoever asks what there is may know.
            (&Method::GET, ["workers", "durable_objects", "namespaces"]) => Ok(json!([])),
            (_, path) => Err(unknown(method, &path.join("/"))),
        }
    }

    async fn in_script(
        self: &Rc<Self>,
        method: &Method,
        name: &str,
        path: &[&str],
        call: Call<'_>,
    ) -> Result<Value, Refusal> {
        match (method.as_str(), path) {
            ("PUT", []) => self.upload(call, name, scripts::Then::Deploy).await,
            ("POST", ["versions"]) => self.upload(call, name, scripts::Then::Keep).await,
            ("GET", ["versions"]) => self.versions(call.account, name).await,
            ("GET", ["versions", id]) => self.version(call.account, name, id).await,
            ("GET", ["deployments"]) => self.deployments(call.account, name).await,
            ("POST", ["deployments"]) => self.deploy(call, name).await,
            ("GET", ["settings"]) => self.settings(call.account, name).await,
            ("GET", ["script-settings"]) => self.script_settings(call.account, name).await,
            ("PATCH", ["script-settings"]) => self.patch_script_settings(call, name).await,
            ("GET", ["secrets"]) => self.secrets(call.account, name).await,
            ("PUT", ["secrets"]) => self.put_secret(call, name).await,
            ("DELETE", ["secrets", key]) => self.delete_secret(&call, name, key).await,
            ("PATCH", ["secrets-bulk"]) => self.patch_secrets(call, name).await,
            // Every worker answers under its name, and every version under its own: there is nothing to switch.
            ("GET" | "POST", ["subdomain"]) => Ok(self.subdomain(name)),
            ("GET", ["references"]) => Ok(
                json!({"services": {"incoming": [], "outgoing": [], "pages_function": false}, "durable_objects": [],
                          "dispatch_outbounds": []}),
            ),
            ("PUT", ["routes"]) => self.put_routes(call, name).await,
            ("POST", ["domains", "changeset"]) => self.domain_changes(call).await,
            ("PUT", ["domains", "records"]) => self.put_domains(call, name).await,
            ("PUT", ["schedules"]) => self.put_schedules(call, name).await,
            ("GET", ["schedules"]) => self.schedules(call.account, name).await,
            ("POST", ["tails"]) => self.create_tail(call, name).await,
            ("GET", ["tails"]) => self.tails(call.account, name).await,
            ("GET", ["tails", id]) => self.tail(call.account, name, id).await,
            ("DELETE", ["tails", id]) => self.delete_tail(call.account, name, id),
            ("POST", ["assets-upload-session"]) => self.begin_assets(call).await,
            (_, path) => Err(unknown(method, &format!("workers/scripts/{name}/{}", path.join("/")))),
        }
    }

    async fn in_tokens(&self, method: &Method, path: &[&str], call: Call<'_>) -> Result<Value, Refusal> {
        let (account, caller) = (call.account, call.caller);
        match (method.as_str(), path) {
            ("GET", ["verify"]) => Ok(tokens::verified(caller)),
            ("GET", ["permission_groups"]) => Ok(permissions::groups()),
            ("GET", []) => self.tokens(account).await,
            ("POST", []) => self.create_token(call).await,
            ("GET", [id]) => self.token(account, id).await,
            ("DELETE", [id]) => self.revoke_token(caller, account, id).await,
            ("PUT", [id, "value"]) => self.roll_token(caller, account, id).await,
            (_, path) => Err(unknown(method, &format!("tokens/{}", path.join("/")))),
        }
    }

    /// Who did what, newest first.
    async fn audit_log(&self, account: &str) -> Result<Value, Refusal> {
        let (of, account) = (account, account.to_owned());
        let entries = self.store(move |store| store.audit(&account, AUDIT_ENTRIES_MAX)).await?;
        let entry = |entry: &AuditEntry| {
            let resource = match entry.worker.as_str() {
                "" => json!({"type": "account", "id": of}),
                worker => json!({"type": "worker", "id": worker}),
            };
            json!({"when": envelope::time(entry.at_ms), "actor": {"type": "user", "email": entry.who},
                   "action": {"type": entry.what, "result": true}, "resource": resource})
        };
        Ok(entries.iter().map(entry).collect())
    }

    /// Does something with the store where it may wait for the disk.
    async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store: Arc<Store> = self.deployed.store.clone();
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        Ok(done.map_err(Refusal::internal)??)
    }
}

/// The account, if this is the path under which files are uploaded.
fn assets_account<'a>(method: &Method, path: &'a str) -> Option<&'a str> {
    let account =
        path.strip_prefix(PREFIX)?.strip_prefix("accounts/")?.strip_suffix("/workers/assets/upload")?;
    (method == Method::POST).then_some(account)
}

/// The account, and what follows `namespaces`, if this is a path of KV. It is left as it came: keys may end with a slash.
fn kv_account(path: &str) -> Option<(&str, &str)> {
    let (account, path) = path.strip_prefix(PREFIX)?.strip_prefix("accounts/")?.split_once('/')?;
    let path = path.strip_prefix("storage/kv/namespaces")?;
    (path.is_empty() || path.starts_with('/')).then_some((account, path))
}

/// The parts of a path below [`PREFIX`].
fn segments(path: &str) -> Vec<&str> {
    path.strip_prefix(PREFIX).unwrap_or_default().trim_end_matches('/').split('/').collect()
}

fn unknown(method: &Method, path: &str) -> Refusal {
    let path: String = path.chars().take(200).collect();
    let message = format!("Mote has no {method} {path}; docs/deploy.md lists what it has");
    Refusal { status: StatusCode::NOT_FOUND, code: 7_003, message }
}

/// Reads a JSON document of bounded size.
async fn document(body: Arrived) -> Result<Value, Refusal> {
    parsed(&whole(body, DOCUMENT_BYTES_MAX).await?)
}

/// Reads a body of bounded size.
async fn whole(body: Arrived, bytes_max: usize) -> Result<Bytes, Refusal> {
    let read = Limited::new(body, bytes_max).collect().await;
    let bytes = read.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return Refusal::too_large(format!("the body has more than {bytes_max} bytes"));
        }
        arriving::broken(&*error)
    })?;
    Ok(bytes.to_bytes())
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| {
        // What is JSON and something else than was asked for is told apart.
        let what = if error.is_data() { "cannot be read" } else { "is no JSON" };
        Refusal::invalid(format!("the body {what}: {error}"))
    })
}

fn check_account(id: &str) -> Result<(), Refusal> {
    let sound = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if (1..=ACCOUNT_CHARS_MAX).contains(&id.len()) && id.chars().all(sound) {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "an account's id is up to {ACCOUNT_CHARS_MAX} letters, digits, `-` and `_` (CLOUDFLARE_ACCOUNT_ID)"
    )))
}

fn check_worker(name: &str) -> Result<(), Refusal> {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    if (1..=NAME_CHARS_MAX).contains(&name.len()) && name.chars().all(sound) && !name.starts_with('-') {
        return Ok(());
    }
    let shown: String = name.chars().take(100).collect();
    Err(Refusal::invalid(format!(
        "`{shown}` is no name for a worker: use up to {NAME_CHARS_MAX} lower-case letters, digits, `-` and `_`, not \
         starting with `-`"
    )))
}

/// A new id: a UUID of random bits (version 4). Versions are told apart by their first eight digits, which must not be
/// those of a time.
fn new_id() -> Result<String, Refusal> {
    use ring::rand::SecureRandom;
    let mut bytes = [0; 16];
    ring::rand::SystemRandom::new().fill(&mut bytes).map_err(|_| Refusal::internal("no random bytes"))?;
    let bits = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    Ok([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}

fn now() -> i64 {
    now_ms()
}
