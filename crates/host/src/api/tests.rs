//! The API as its clients see it: over HTTP, with a store on the disk, and without cells.

mod busy;
mod changes;
mod orders;
mod routes;
mod service;
mod spoilt;
mod tokens;
mod told;
mod top;

use std::net::Ipv4Addr;

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use mote_store::{Kept, KvStore, NewDeployment, NewToken, NewVersion, Route, RouteKind, Share, Takes, Token};
use mote_wire::{
    bundle::{Bundle, Format, Module, ModuleKind, ModuleSpecifier},
    limits::Limits,
    link::{Reply, Request as Outgoing},
};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::{
    auth::new_value,
    config::{Secrets, seal_secrets},
    *,
};
use crate::{
    deployed::Own,
    kv::{Kv, KvOptions},
    secrets::Seal,
    supervisor::{
        Attempts, Incident, Launcher, Launching, Order, Outbound, Supervisor, SupervisorOptions, Watcher,
        WorkerSpec,
    },
};

/// A node's token as Mote makes them.
const NODE: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Nothing is started, nothing goes out, and nobody watches.
struct Nobody;

impl Launcher for Nobody {
    fn launch(&self, _: &Order) -> Launching {
        Box::pin(std::future::ready(Err(std::io::Error::other("there are no cells here"))))
    }
}

impl Outbound for Nobody {
    fn fetch(&self, _: &Rc<WorkerSpec>, _: Outgoing, reply: Reply, _: Attempts) {
        drop(reply);
    }
}

impl Watcher for Nobody {
    fn incident(&self, _: &Incident) {}
}

struct Node {
    api: Rc<Api>,
    deployed: Rc<Deployed>,
    store: Arc<Store>,
    _folder: tempfile::TempDir,
}

/// An answer: its status, the number of its first error, its head, and its document.
struct Answered {
    status: u16,
    code: u64,
    head: String,
    document: Value,
}

impl Answered {
    fn result(&self) -> &Value {
        assert_eq!(self.status, 200, "{}", self.document);
        &self.document["result"]
    }

    fn refused(&self) -> (u16, u64) {
        assert!(self.status >= 400 && self.document["success"] == false, "{}", self.document);
        (self.status, self.code)
    }
}

/// A node with a worker `shop` of the account `acme` and a worker `blog` of `other`, each on a route.
fn node(token: &str) -> Node {
    node_with(token, &[("acme", "shop"), ("other", "blog")])
}

/// A node with these accounts' workers, and without cells.
fn node_with(token: &str, workers: &[(&str, &str)]) -> Node {
    node_on(Rc::new(Nobody), token, workers, ApiOptions::default())
}

fn node_on(cells: Rc<dyn Launcher>, token: &str, workers: &[(&str, &str)], options: ApiOptions) -> Node {
    node_watched(Rc::new(Nobody), cells, token, workers, options)
}

fn node_watched(
    watcher: Rc<dyn Watcher>,
    cells: Rc<dyn Launcher>,
    token: &str,
    workers: &[(&str, &str)],
    options: ApiOptions,
) -> Node {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(&folder.path().join("store")).unwrap());
    let seal = Arc::new(Seal::at(&folder.path().join("key")).unwrap());
    for (account, worker) in workers {
        add_worker(&store, &seal, account, worker);
    }
    let supervisor = Supervisor::new(SupervisorOptions::default(), cells, Rc::new(Nobody), watcher);
    let make = Box::new(|making: crate::deployed::Making| {
        Ok(WorkerSpec {
            name: making.name,
            account: None,
            cordon: None,
            limits: Limits::DEFAULT,
            env_json: making.env_json,
            compatibility: making.compatibility,
            bundle: making.bundle,
            prepared: making.prepared.into(),
            egress: Rc::new(()),
        })
    });
    let kv = KvStore::open(&folder.path().join("store"), Arc::new(now_ms)).unwrap();
    let both = (store.clone(), Kv::new(Arc::new(kv), KvOptions::default()));
    let own = Own { names: Vec::new(), domain: "localhost".to_owned(), engine: "test".to_owned() };
    let deployed = Deployed::new(supervisor, both, seal, make, own).unwrap();
    let uploads = folder.path().to_owned();
    Node {
        api: Api::new(deployed.clone(), Tails::new(), token, uploads, options),
        deployed,
        store,
        _folder: folder,
    }
}

fn add_worker(store: &Store, seal: &Seal, account: &str, worker: &str) {
    let main = ModuleSpecifier::parse("index.js").unwrap();
    let module = Module::new(main.clone(), ModuleKind::EsModule, "export default {}".to_owned());
    let bundle = Bundle::new(vec![module], main, Format::Modules).unwrap();
    let id = format!("version of {worker}");
    let config = VersionConfig { account: account.to_owned(), ..VersionConfig::default() };
    let new = NewVersion {
        settings_json: None,
        kept: Kept::default(),
        id: &id,
        account,
        worker,
        tag: "tag",
        config_json: &serde_json::to_string(&config).unwrap(),
        secrets: &seal_secrets(seal, &id, &Secrets::new()).unwrap(),
        bundle: &bundle,
        assets: &[],
        who: "me",
        now_ms: 1,
    };
    let deployment = NewDeployment {
        id: format!("deployment of {worker}"),
        now_ms: 1,
        author: "me".to_owned(),
        annotations_json: "{}".to_owned(),
        shares: vec![Share { version: id.clone(), per_mille: 1_000 }],
    };
    store.add_version(&new, &Takes::All(&deployment)).unwrap();
    let route = format!("{worker}.example/*");
    let routes = [Route { normal: route.clone(), written: route }];
    store.set_routes(account, worker, RouteKind::Route, &routes, ("me", 1)).unwrap();
}

impl Node {
    /// A token of `acme`, and its value.
    fn token(&self, id: &str, scopes: &str, expires_ms: Option<i64>) -> (Token, String) {
        let (value, hash) = new_value().unwrap();
        let scopes = scopes.parse().unwrap();
        let new = NewToken { id, account: "acme", name: "ci", hash: &hash, scopes, expires_ms };
        (self.store.add_token(&new, ("me", 1)).unwrap(), value)
    }

    async fn ask(&self, token: &str, method: &str, path: &str, body: &Value) -> Answered {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!("authorization: Bearer {token}\r\ncontent-length: {}\r\n", body.len());
        self.send(HOME, method, path, &head, &body).await
    }

    async fn get(&self, token: &str, path: &str) -> Answered {
        self.ask(token, "GET", path, &Value::Null).await
    }

    /// Sends a request whose head has these lines, and no more of its body than this.
    async fn send(&self, from: IpAddr, method: &str, path: &str, lines: &str, body: &str) -> Answered {
        let (mut client, server) = duplex(1 << 20);
        let api = self.api.clone();
        let service = service_fn(move |request| {
            let api = api.clone();
            async move { Ok::<_, std::convert::Infallible>(api.answer(request, from).await) }
        });
        let served = tokio::task::spawn_local(async move {
            let _ = http1::Builder::new().serve_connection(TokioIo::new(server), service).await;
        });
        let head = format!("{method} {PREFIX}{path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{lines}\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        client.write_all(body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        served.await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let document: Value = serde_json::from_str(body).unwrap();
        Answered {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            code: document["errors"][0]["code"].as_u64().unwrap_or_default(),
            head: head.to_ascii_lowercase(),
            document,
        }
    }
}

/// What a future comes to.
pub(super) fn run_for<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

#[test]
fn ids_are_uuids_of_random_bits() {
    let (one, other) = (new_id().unwrap(), new_id().unwrap());
    assert!(one != other && one.len() == 36, "{one} {other}");
    assert_eq!(one.as_bytes()[14], b'4');
    assert!(b"89ab".contains(&one.as_bytes()[19]), "{one}");
}

#[test]
fn names_that_are_no_host_labels_or_paths_are_refused() {
    for name in ["shop", "a", "my-shop_2", &"a".repeat(63)] {
        assert!(check_worker(name).is_ok(), "{name}");
    }
    for name in ["", "-a", "Shop", "a.b", "..", "%2e%2e", "a/b", "ä", &"a".repeat(64)] {
        assert!(check_worker(name).is_err(), "{name}");
    }
    for id in ["", "..", "a/b", "%00", &"a".repeat(65)] {
        assert!(check_account(id).is_err(), "{id}");
    }
}
