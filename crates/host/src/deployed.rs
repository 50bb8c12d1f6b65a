//! The workers of the store, in service: which version an event goes to, and that it is loaded when the event comes.
//!
//! Routing is in memory, whole; code is not: a version is read from the store when its first event comes, and put into the
//! supervisor's care. The version with the largest share lives under its worker's name, any other under
//! `<name>@<first eight digits of its id>`, which no worker can be called. The host name of its preview,
//! `<eight digits>-<name>`, can be a worker's name, too; then the worker answers there.

mod failures;
mod kept_logs;
mod orders;
mod owners;
mod service;
mod shares;
mod target;

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use http::HeaderMap;
use mote_store::{AssetPath, Live, Schedule, Store, Version};
use mote_wire::{
    compatibility::Compatibility, event::EventError, http::Body, limits::LimitsPatch, named::NamedBundle,
};
use ring::rand::SystemRandom;
use tokio::time::Instant;

use orders::Standing;
pub use orders::{Holds, Order};
use service::{InService, NoRoom, Service};
use target::{Target, nothing_deployed, preview, target};

use crate::{
    addresses::Addresses,
    api::{VersionConfig, open_secrets},
    bindings::HostBindings,
    cache::Cache,
    clock::now_ms,
    cron::{Firing, Timetable},
    kv::Kv,
    logs::Logs,
    notices::Notices,
    preparations::Preparations,
    secrets::Seal,
    site::{Asked, Code, Files, Site},
    supervisor::{Supervisor, WorkerSpec, load_shed, stopped},
};

/// How long a version that takes no new events stays known, for those that are on their way to it.
const LINGER: Duration = Duration::from_secs(30);
/// Of a version that is younger nothing is known, in milliseconds: its first events are among those of other new ones.
const NEW_MS: i64 = 60_000;
/// The header by whose value events stick to a version while shares change, as on Cloudflare.
const VERSION_KEY: &str = "cloudflare-workers-version-key";

/// What a spec is made of.
pub struct Making {
    /// The name under which the supervisor knows it.
    pub name: Arc<str>,
    /// Its worker, by which the operator's configuration knows it.
    pub worker: String,
    /// The version's id; `None` if it has none.
    pub version: Option<String>,
    /// Its account.
    pub account: String,
    /// Its `env`, as a JSON object.
    pub env_json: String,
    /// Which behaviours of the platform it has asked for.
    pub compatibility: Compatibility,
    /// The bindings in it that are more than values.
    pub bindings: HostBindings,
    /// Its code.
    pub bundle: NamedBundle,
    /// What was prepared for the code; empty if nothing was.
    pub prepared: bytes::Bytes,
    /// The limits that it asks for.
    pub limits: LimitsPatch,
}

/// Makes a spec under the operator's configuration, which may have no place for it.
pub type MakeSpec = Box<dyn Fn(Making) -> Result<WorkerSpec, String>>;

/// What the operator says of a node's names.
#[derive(Debug, Clone)]
pub struct Own {
    /// Names that are not the store's to give: workers that the operator serves from projects.
    pub names: Vec<String>,
    /// The domain below which workers answer under their names, beside `localhost`; in lower case.
    pub domain: String,
    /// The engine of this node's cells, of all builds of Mote this one's.
    pub engine: String,
}

/// The workers of the store.
pub struct Deployed {
    pub(crate) supervisor: Rc<Supervisor>,
    pub(crate) store: Arc<Store>,
    pub(crate) kv: Arc<Kv>,
    /// There once workers can ask for anything.
    pub(crate) caches: OnceCell<Cache>,
    /// There if workers' events are kept.
    logs: OnceCell<Rc<Logs>>,
    preparations: Rc<Preparations>,
    pub(crate) seal: Arc<Seal>,
    pub(crate) make: MakeSpec,
    own: Own,
    standing: Standing,
    notices: Notices,
    table: RefCell<BTreeMap<String, Live>>,
    addresses: RefCell<Addresses>,
    timetable: RefCell<Timetable>,
    files: Rc<Files>,
    service: Service,
    random: SystemRandom,
}

/// What answers an event.
pub enum Answerer {
    /// A worker, by the name under which the supervisor knows it.
    Worker(Arc<str>),
    /// A file of its.
    File(http::Response<Body>),
}

/// The version that is a worker's main one now, if it has any.
pub(crate) struct Main(Option<Target>);

impl Deployed {
    /// Reads what is deployed.
    ///
    /// # Errors
    /// If the store fails.
    pub fn new(
        supervisor: Rc<Supervisor>,
        (store, kv): (Arc<Store>, Arc<Kv>),
        seal: Arc<Seal>,
        make: MakeSpec,
        own: Own,
    ) -> Result<Rc<Self>, mote_store::StoreError> {
        let table: BTreeMap<_, _> =
            store.live()?.into_iter().map(|live| (live.worker.name.clone(), live)).collect();
        let standing = Standing::new(store.orders()?);
        let mut addresses = Addresses::default();
        table.values().for_each(|live| addresses.add(live));
        let mut timetable = Timetable::default();
        table.values().for_each(|live| timetable.set(&live.worker.name, schedules(live), now_ms()));
        let kv_disk_full = kv.disk_full.clone();
        let this = Rc::new(Self {
            files: Files::new(store.clone()),
            preparations: Preparations::new(store.clone(), own.engine.clone(), &supervisor),
            supervisor,
            store,
            kv,
            caches: OnceCell::new(),
            logs: OnceCell::new(),
            seal,
            make,
            own,
            standing,
            notices: Notices::default(),
            table: RefCell::new(table),
            addresses: RefCell::new(addresses),
            timetable: RefCell::new(timetable),
            service: Service::new(),
            random: SystemRandom::new(),
        });
        tokio::task::spawn_local(Self::watch_disk(Rc::downgrade(&this), kv_disk_full));
        Ok(this)
    }

    /// Whether a worker, or a version's preview, has this host label.
    #[must_use]
    pub fn knows(&self, label: &str) -> bool {
        let table = self.table.borrow();
        table.get(label).is_some_and(|live| !live.shares.is_empty()) || preview(&table, label).is_some()
    }

    /// The worker to which a route or a custom domain leads. `host` may have a port; `url` is in normal form.
    #[must_use]
    pub fn routed(&self, host: &str, url: &str) -> Option<Arc<str>> {
        let name = self.addresses.borrow().find(host, url)?;
        self.knows(&name).then_some(name)
    }

    /// The names of all workers that take events.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let table = self.table.borrow();
        table.values().filter(|live| !live.shares.is_empty()).map(|live| live.worker.name.clone()).collect()
    }

    /// The cron triggers that have come due since this was asked last.
    pub(crate) fn due(&self, now_ms: i64) -> Vec<Firing> {
        self.timetable.borrow_mut().take_due(now_ms)
    }

    /// Runs a scheduled event; gives its outcome.
    pub(crate) async fn scheduled(
        self: &Rc<Self>,
        worker: &str,
        cron: String,
        time_ms: i64,
    ) -> Result<String, EventError> {
        let key = self.ready(worker, &HeaderMap::new()).await?;
        #[expect(clippy::cast_precision_loss, reason = "JavaScript's times are such numbers")]
        self.supervisor.scheduled(&key, cron, time_ms as f64).await
    }

    /// The domain below which workers answer under their names.
    pub(crate) fn domain(&self) -> &str {
        &self.own.domain
    }

    /// Whether a name belongs to a worker that is served from a project.
    pub(crate) fn is_taken(&self, name: &str) -> bool {
        self.own.names.iter().any(|own| own == name)
    }

    /// Chooses a version, and finds out who answers a request to it. `url` is the request's, in normal form.
    ///
    /// # Errors
    /// If there is no version, or it cannot be read.
    pub async fn answerer(
        self: &Rc<Self>,
        label: &str,
        method: &http::Method,
        url: &str,
        headers: &HeaderMap,
    ) -> Result<Answerer, EventError> {
        self.answerer_of(label, Asked::new(method, url, headers)).await
    }

    /// The same, whoever asks.
    pub(crate) async fn answerer_of(
        self: &Rc<Self>,
        label: &str,
        asked: Asked<'_>,
    ) -> Result<Answerer, EventError> {
        let key = self.ready(label, asked.headers).await?;
        let Some(site) = self.service.site(&key) else { return Ok(Answerer::Worker(key)) };
        match site.answer(&self.files, asked).await {
            Some(Ok(response)) => Ok(Answerer::File(response)),
            Some(Err(reason)) => Err(self.unreadable(&key, &reason)),
            None => Ok(Answerer::Worker(key)),
        }
    }

    /// The answer of the files of a version that is in service, without its code.
    pub(crate) async fn file(
        &self,
        key: &str,
        method: &http::Method,
        url: &str,
        headers: &HeaderMap,
    ) -> Result<http::Response<Body>, String> {
        let site = self.service.site(key).ok_or("the version has no static assets, or is out of service")?;
        site.file(&self.files, Asked::new(method, url, headers).by_code()).await
    }

    /// Chooses a version and sees that it is in service; gives the name under which the supervisor knows it.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub async fn ready(self: &Rc<Self>, label: &str, headers: &HeaderMap) -> Result<Arc<str>, EventError> {
        let target = self.choose(label, headers).ok_or_else(|| nothing_deployed(label))?;
        self.ensure(target).await
    }

    fn choose(&self, label: &str, headers: &HeaderMap) -> Option<Target> {
        let table = self.table.borrow();
        let Some(live) = table.get(label).filter(|live| !live.shares.is_empty()) else {
            let (live, version) = preview(&table, label)?;
            return Some(target(live, version));
        };
        let version = match live.shares.as_slice() {
            [only] => &only.version,
            shares => match headers.get(VERSION_KEY) {
                Some(key) => shares::of_key(shares, &live.worker.tag, key.as_bytes())?,
                None => shares::by_chance(shares, &self.random)?,
            },
        };
        Some(target(live, version))
    }

    async fn ensure(self: &Rc<Self>, target: Target) -> Result<Arc<str>, EventError> {
        // Before its code is read: what is stopped answers so whatever is wrong with it.
        if self.standing.of(&target.account, &target.worker).stopped {
            return Err(stopped());
        }
        if self.serves(&target) {
            return Ok(target.key);
        }
        let _reading = self.service.reading(target.key.clone()).await;
        // Whoever was first has read it for all.
        if self.serves(&target) {
            return Ok(target.key);
        }
        self.make_room()?;
        self.put(&target).await.map_err(|reason| self.unreadable(&target.key, &reason))?;
        Ok(target.key)
    }

    fn serves(&self, target: &Target) -> bool {
        self.service.uses(&target.key, &target.version)
    }

    /// Sees that there is room for one more version.
    fn make_room(&self) -> Result<(), EventError> {
        let is_idle = |name: &str| self.supervisor.is_idle(name);
        match self.service.make_room(is_idle) {
            Ok(gone) => {
                for name in gone {
                    self.supervisor.remove(&name);
                }
                Ok(())
            }
            Err(NoRoom) => {
                Err(load_shed("the code of those that are in use takes all memory that there is for code"))
            }
        }
    }

    /// Reads a version and puts it into service, unless another one has taken its place meanwhile.
    async fn put(self: &Rc<Self>, target: &Target) -> Result<(), String> {
        let (store, wanted) = (self.store.clone(), target.clone());
        let engine = self.preparations.engine().to_owned();
        let read = move || {
            let version = store.version(&wanted.account, &wanted.worker, &wanted.version)?;
            let bundle = store.packed_bundle(version.bundle)?;
            let paths = store.asset_paths(&version.id)?;
            let prepared = match VersionConfig::of(&version) {
                Ok(config) => store.prepared(&config.prepared_for(&version), &engine)?,
                // Whoever makes its spec says what is wrong with it.
                Err(_) => None,
            };
            Ok::<_, mote_store::StoreError>((version, bundle, paths, prepared))
        };
        let read = tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string())?;
        let (version, bundle, paths, prepared) = read.map_err(|error| error.to_string())?;
        let site = site_of(&version, paths)?;
        let prepared = match prepared {
            Some(prepared) => prepared,
            None => self.prepare_later(&version, bundle.clone()),
        };
        let bytes = bundle.bytes().len() + prepared.len();
        let spec = self.spec(&target.key, &version, bundle, prepared)?;
        let current = {
            let table = self.table.borrow();
            table.get(&target.worker).is_some_and(|live| live.versions.contains(&target.version))
        };
        if current && !self.serves(target) {
            self.supervisor.put(spec).map_err(|error| error.to_string())?;
            self.follow_orders(target);
            if now_ms().saturating_sub(version.created_ms) < NEW_MS {
                self.supervisor.mark_new(&target.key);
            }
            let (worker, version) = (target.worker.clone(), target.version.clone());
            let used_at = Cell::new(Instant::now());
            self.service.insert(target.key.clone(), InService { worker, version, site, bytes, used_at });
        }
        Ok(())
    }

    /// The engine that versions are prepared for here.
    pub(crate) fn engine(&self) -> &str {
        self.preparations.engine()
    }

    /// Sees that a version is prepared some time; gives what there is to start from until then.
    fn prepare_later(self: &Rc<Self>, version: &Version, bundle: NamedBundle) -> bytes::Bytes {
        let Ok(config) = VersionConfig::of(version) else { return bytes::Bytes::new() };
        let of = config.prepared_for(version);
        let compiled = self.preparations.compiled(&of);
        let (this, version_of) = (Rc::downgrade(self), version.clone());
        self.preparations.misses(
            of,
            Box::new(move |name| {
                let this = this.upgrade().ok_or("the node is shutting down")?;
                this.spec(&name.into(), &version_of, bundle, bytes::Bytes::new())
            }),
        );
        compiled
    }

    fn spec(
        &self,
        key: &Arc<str>,
        version: &Version,
        bundle: NamedBundle,
        prepared: bytes::Bytes,
    ) -> Result<WorkerSpec, String> {
        let config = VersionConfig::of(version).map_err(|error| error.to_string())?;
        let secrets = open_secrets(&self.seal, version, &config)?;
        (self.make)(Making {
            name: key.clone(),
            worker: version.worker.clone(),
            version: Some(version.id.clone()),
            env_json: config.env_json(&secrets, &version.id, version.created_ms),
            bindings: config.host_bindings(),
            limits: config.limits_patch(),
            compatibility: config.compatibility(),
            account: config.account,
            bundle,
            prepared,
        })
    }

    /// Takes over what the store says of a worker now; gives what [`Self::serve`] is to put into service. One at a time: a route goes
    /// from worker to worker.
    ///
    /// # Errors
    /// If the store fails; what was there goes on.
    pub(crate) async fn take_over(self: &Rc<Self>, worker: &str) -> Result<Main, String> {
        let (store, name) = (self.store.clone(), worker.to_owned());
        let live = tokio::task::spawn_blocking(move || store.live_one(&name)).await;
        let live = live.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let old = match &live {
            Some(live) => self.table.borrow_mut().insert(worker.to_owned(), live.clone()),
            None => self.table.borrow_mut().remove(worker),
        };
        self.addresses.borrow_mut().replace(old.as_ref(), live.as_ref());
        self.keep_logs_of(worker, live.as_ref());
        self.timetable.borrow_mut().set(worker, live.as_ref().map_or(&[], schedules), now_ms());
        self.retire(worker);
        Ok(Main(live.as_ref().and_then(|live| Some(target(live, &live.shares.first()?.version)))))
    }

    /// Puts a worker's main version into service. New events go there when this returns; those under way finish where they are.
    ///
    /// # Errors
    /// If it cannot be put into service.
    pub(crate) async fn serve(self: &Rc<Self>, Main(main): Main) -> Result<(), String> {
        match main {
            // Before the first event comes, so that none waits for it.
            Some(main) => {
                // A deploy is not refused for what others have in use.
                let _ = self.make_room();
                self.put(&main).await.inspect_err(|reason| self.tell_unserved(&main.key, reason))?;
                // What is stopped runs nothing, also not the code at the top of its modules.
                if !self.standing.of(&main.account, &main.worker).stopped {
                    self.supervisor.warm(&main.key);
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Forgets names of a worker that lead nowhere any more, after a while.
    fn retire(self: &Rc<Self>, worker: &str) {
        let names = self.service.names_of(worker);
        // A worker that was deleted takes no event more; a version that was replaced takes those that are on their way.
        let linger = if self.table.borrow().contains_key(worker) { LINGER } else { Duration::ZERO };
        for name in names.into_iter().filter(|name| !self.leads(worker, name)) {
            let (this, worker) = (self.clone(), worker.to_owned());
            tokio::task::spawn_local(async move {
                tokio::time::sleep(linger).await;
                if !this.leads(&worker, &name) {
                    this.service.remove(&name);
                    this.supervisor.remove(&name);
                }
            });
        }
    }

    /// Whether events of a worker go to this name.
    fn leads(&self, worker: &str, name: &str) -> bool {
        let table = self.table.borrow();
        let shares = table.get(worker).map(|live| (live, live.shares.as_slice()));
        shares.is_some_and(|(live, shares)| {
            shares.iter().any(|share| *target(live, &share.version).key == *name)
        })
    }
}

/// The cron triggers of a worker; none if it takes no events.
fn schedules(live: &Live) -> &[Schedule] {
    if live.shares.is_empty() { &[] } else { &live.schedules }
}

/// The static assets of a version, if it has any.
fn site_of(version: &Version, paths: Vec<AssetPath>) -> Result<Option<Rc<Site>>, String> {
    let config = VersionConfig::of(version).map_err(|error| error.to_string())?;
    let Some(assets) = &config.assets else { return Ok(None) };
    let code = if config.files_alone { Code::None } else { Code::Some };
    Ok(Some(Rc::new(Site::new(config.account.clone(), paths, assets, code)?)))
}
