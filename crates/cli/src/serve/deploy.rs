//! What the node keeps in its folder, and the API through which workers get there.

use std::{fs, io, path::Path, rc::Rc, sync::Arc};

use mote_host::{
    api::{Api, ApiOptions},
    cache::{Cache, CacheOptions},
    clock::now_ms,
    deployed::{Deployed, Own},
    kv::{Kv, KvOptions},
    secrets::{Seal, write_private},
    supervisor::Supervisor,
    tails::Tails,
};
use mote_store::{Kept, KvStore, Store};
use mote_wire::prepared::ENCODING;

use super::{
    Options, ServeError,
    log::{Level, line},
    workers,
};
use crate::{backup::KEY, config::Config};

/// The store's file in the node's folder.
pub(crate) const STORE: &str = "mote.sqlite";
/// The file of the Cache API, which may be thrown away while the node rests.
const CACHE: &str = "cache.sqlite";
/// The token that opens the API.
const TOKEN: &str = "admin-token";
const TOKEN_BYTES: usize = 32;

/// Deployed workers, and the API that brings them.
pub(super) struct Deploy {
    pub(super) deployed: Rc<Deployed>,
    pub(super) api: Rc<Api>,
    pub(super) caches: Cache,
}

impl Deploy {
    /// Opens what the node keeps. `own` are the names of workers that it serves from projects.
    pub(super) fn open(
        options: &Options,
        config: &Config,
        supervisor: &Rc<Supervisor>,
        tails: Rc<Tails>,
        own: Vec<String>,
    ) -> Result<Self, ServeError> {
        let folder = &options.data;
        let store = Arc::new(Store::open(&folder.join(STORE))?);
        let kv = Arc::new(KvStore::open(&folder.join(STORE), Arc::new(now_ms))?);
        let kv = Kv::new(kv, kv_options(config));
        let caches = Cache::open(&folder.join(CACHE), cache_options(config))?;
        let seal = Arc::new(Seal::of(&store, &folder.join(KEY))?);
        // An empty variable is one that is not set.
        let token = match options.token.as_deref().map(str::trim).filter(|token| !token.is_empty()) {
            Some(token) => token.to_owned(),
            None => token(folder).map_err(|source| ServeError::Data { folder: folder.clone(), source })?,
        };
        let operators = Own {
            names: own.clone(),
            domain: config.domain.clone(),
            engine: format!("{} {ENCODING}", mote_cell::engine_id()),
        };
        let operator = config.clone();
        let make = Box::new(move |making| workers::make(&operator, making));
        let deployed = Deployed::new(supervisor.clone(), (store, kv), seal, make, operators)?;
        let known: Vec<String> = own.into_iter().chain(deployed.names()).collect();
        for name in workers::unknown_names(config, &known) {
            line(
                Level::Warn,
                format_args!("[workers.{name}] is no project here, and nothing is deployed under this name"),
            );
        }
        let api = Api::new(deployed.clone(), tails, &token, folder.clone(), api_options(config));
        Ok(Self { api, deployed, caches })
    }
}

pub(crate) fn api_options(config: &Config) -> ApiOptions {
    let default = ApiOptions::default();
    let bytes = |mib: u64| usize::try_from(mib.saturating_mul(1 << 20)).unwrap_or(usize::MAX);
    let count = |said: Option<u64>, default: u32| {
        said.map_or(default, |said| u32::try_from(said).unwrap_or(u32::MAX))
    };
    ApiOptions {
        upload_bytes_max: config.upload_memory_mib.map_or(default.upload_bytes_max, bytes),
        upload_disk_bytes_max: config.upload_disk_mib.map_or(default.upload_disk_bytes_max, bytes),
        kept: Kept {
            account_bytes_max: config
                .account_stored_mib
                .map_or(default.kept.account_bytes_max, |mib| mib.saturating_mul(1 << 20)),
            account_workers_max: count(config.account_workers, default.kept.account_workers_max),
            worker_versions_max: count(config.worker_versions, default.kept.worker_versions_max),
        },
        ..default
    }
}

pub(crate) fn cache_options(config: &Config) -> CacheOptions {
    let default = CacheOptions::default();
    let bytes = |said: Option<u64>, default| said.map_or(default, |mib: u64| mib.saturating_mul(1 << 20));
    CacheOptions {
        account_bytes_max: bytes(config.cache_account_mib, default.account_bytes_max),
        node_bytes_max: bytes(config.cache_mib, default.node_bytes_max),
    }
}

pub(crate) fn kv_options(config: &Config) -> KvOptions {
    let default = KvOptions::default();
    let said = config.kv_account_mib.map(|mib| mib.saturating_mul(1 << 20));
    KvOptions { account_bytes_max: said.unwrap_or(default.account_bytes_max) }
}

/// Why not a new one: the file was emptied by somebody, or by a disk that was full, and a token that nobody expects locks out those
/// who have the old one.
fn no_token(path: &Path) -> io::Error {
    let what = format!(
        "{} holds no token: write yours into it, or delete the file, and the node makes a new one",
        path.display()
    );
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// The token in the node's folder, which is made at the first start.
fn token(folder: &Path) -> io::Result<String> {
    let path = folder.join(TOKEN);
    match fs::read_to_string(&path) {
        Ok(token) if token.trim().is_empty() => return Err(no_token(&path)),
        Ok(token) => return Ok(token.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut random = [0; TOKEN_BYTES];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    write_private(&path, token.as_bytes())?;
    line(Level::Info, format_args!("the token for deploying is in {}", path.display()));
    Ok(token)
}
