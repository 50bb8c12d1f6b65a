//! `mote.toml`: what an operator allows.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use mote_host::{gateway::OperatorFacts, patience::CLIENT_IDLE_MAX, supervisor::CountingOptions};
use mote_wire::limits::{LIMITS, LimitPolicy, LimitsPatch};
use toml::{Table, Value};

mod cells;
mod connection_facts;
mod detector;

pub(crate) use cells::{CordonConfig, WorkerConfig};

/// Below it workers answer where the operator says nothing.
const LOCALHOST: &str = "localhost";
/// Connections that a node serves at once, if its operator says nothing else.
const CONNECTIONS: u64 = 10_000;

/// Nobody waits longer for a client.
const DAY_S: u64 = 24 * 60 * 60;
/// Less is no room for a worker of ordinary size.
const UPLOAD_MEMORY_MIB_MIN: u64 = 32;
/// Less is no room for the largest upload of one account beside another's.
const UPLOAD_DISK_MIB_MIN: u64 = 512;
/// The keys of `[node]`.
const NODE_KEYS: &[&str] = &[
    "memory_mib",
    "connections",
    "send_timeout_s",
    "addresses",
    "domain",
    "kv_account_mib",
    "cache_account_mib",
    "cache_mib",
    "logs_account_mib",
    "logs_mib",
    "logs_days",
    "upload_memory_mib",
    "upload_disk_mib",
    "account_stored_mib",
    "account_workers",
    "worker_versions",
];

/// What an operator says about a node.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// `[limits]`, `[ceilings]` and `[accounts.<id>.limits]`.
    pub(crate) limits: LimitPolicy,
    /// `node.memory_mib`: memory of the process past which new events are turned away; by default three quarters of the
    /// machine's.
    pub(crate) memory_mib: Option<u64>,
    /// `node.connections`: connections that are served at once; further ones wait.
    pub(crate) connections: u64,
    /// `node.send_timeout_s`: how long a client may take nothing of what waits for him.
    pub(crate) send_timeout: Duration,
    /// `node.addresses`: ranges of addresses that are the node's own, which no worker of the public sort reaches.
    pub(crate) addresses: Vec<String>,
    /// `node.domain`: below it workers answer under their names, beside `localhost`; in lower case.
    pub(crate) domain: String,
    /// `node.kv_account_mib`: what an account may keep in KV; `None` for the default.
    pub(crate) kv_account_mib: Option<u64>,
    /// `node.cache_account_mib` and `node.cache_mib`: what an account, and all of them, keep in caches; `None` for the defaults.
    pub(crate) cache_account_mib: Option<u64>,
    pub(crate) cache_mib: Option<u64>,
    /// `node.logs_account_mib`, `node.logs_mib` and `node.logs_days`: how much of an account's events, and of all, is kept, and how
    /// long; `None` for the defaults.
    pub(crate) logs_account_mib: Option<u64>,
    pub(crate) logs_mib: Option<u64>,
    pub(crate) logs_days: Option<u64>,
    /// `node.upload_memory_mib` and `node.upload_disk_mib`: memory for all uploads at once, and disk for those that still arrive;
    /// `None` for the defaults.
    pub(crate) upload_memory_mib: Option<u64>,
    pub(crate) upload_disk_mib: Option<u64>,
    /// `node.account_stored_mib`: what an account's code and files may take in the store; `None` for the default.
    pub(crate) account_stored_mib: Option<u64>,
    /// `node.account_workers` and `node.worker_versions`: how many there may be; `None` for the defaults.
    pub(crate) account_workers: Option<u64>,
    pub(crate) worker_versions: Option<u64>,
    /// `[cordons.<name>]`: what is different from the built-in ones, and the operator's own.
    pub(crate) cordons: BTreeMap<String, CordonConfig>,
    /// `[workers.<name>]`, for `mote serve`.
    pub(crate) workers: BTreeMap<String, WorkerConfig>,
    /// `accounts.<id>.cordon`: where an account's workers live that name no cordon.
    pub(crate) account_cordons: BTreeMap<String, String>,
    /// `[detector]`: when what the processor counts makes a worker suspicious.
    pub(crate) counting: CountingOptions,
    /// `[cf]`: what every `request.cf` says beside what the node knows itself.
    pub(crate) facts: OperatorFacts,
}

/// What is wrong with the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is no TOML.
    #[error("{path}: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why not.
        reason: String,
    },
    /// It says something that Mote does not know.
    #[error("{path}: {reason}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What, and what it could be.
        reason: String,
    },
}

impl Config {
    /// What the file says, with `over` over its `[limits]`; without a file, the defaults.
    pub(crate) fn read(path: Option<&Path>, over: &LimitsPatch) -> Result<Self, ConfigError> {
        let Some(path) = path else {
            return Ok(Self::of(&LimitsPatch::default(), &LimitsPatch::default(), over));
        };
        let text = fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let table = text.parse::<Table>().map_err(|error| ConfigError::Malformed {
            path: path.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        })?;
        Self::parse(table, over).map_err(|reason| ConfigError::Wrong { path: path.to_owned(), reason })
    }

    fn of(defaults: &LimitsPatch, ceilings: &LimitsPatch, over: &LimitsPatch) -> Self {
        let limits = LimitPolicy::new(&defaults.with(over), ceilings);
        Self {
            limits,
            memory_mib: None,
            connections: CONNECTIONS,
            send_timeout: CLIENT_IDLE_MAX,
            addresses: Vec::new(),
            domain: LOCALHOST.to_owned(),
            kv_account_mib: None,
            cache_account_mib: None,
            cache_mib: None,
            logs_account_mib: None,
            logs_mib: None,
            logs_days: None,
            upload_memory_mib: None,
            upload_disk_mib: None,
            account_stored_mib: None,
            account_workers: None,
            worker_versions: None,
            cordons: BTreeMap::new(),
            workers: BTreeMap::new(),
            account_cordons: BTreeMap::new(),
            counting: CountingOptions::default(),
            facts: OperatorFacts::default(),
        }
    }

    fn parse(mut table: Table, over: &LimitsPatch) -> Result<Self, String> {
        let defaults = limits(take_table(&mut table, "limits", "")?, "[limits]")?;
        let ceilings = limits(take_table(&mut table, "ceilings", "")?, "[ceilings]")?;
        none_above(&defaults, &ceilings)?;
        let mut config = Self::of(&defaults, &ceilings, over);
        for (id, account) in take_table(&mut table, "accounts", "")? {
            let name = format!("[accounts.{id}]");
            let Value::Table(mut account) = account else { return Err(format!("{name} must be a table")) };
            let patch =
                limits(take_table(&mut account, "limits", &name)?, &format!("[accounts.{id}.limits]"))?;
            if let Some(cordon) = cells::take_string(&mut account, "cordon", &name)? {
                config.account_cordons.insert(id.clone(), cordon);
            }
            nothing_left(&account, &name, &["limits", "cordon"])?;
            config.limits.accounts.insert(id, patch);
        }
        let mut node = take_table(&mut table, "node", "")?;
        let mut count = |key: &str| node.remove(key).map(|value| number(&value, "[node]", key)).transpose();
        config.memory_mib = count("memory_mib")?;
        config.connections = count("connections")?.unwrap_or(CONNECTIONS);
        let send_timeout_s = count("send_timeout_s")?;
        config.kv_account_mib = count("kv_account_mib")?;
        config.cache_account_mib = count("cache_account_mib")?;
        config.cache_mib = count("cache_mib")?;
        config.logs_account_mib = count("logs_account_mib")?;
        config.logs_mib = count("logs_mib")?;
        config.logs_days = count("logs_days")?;
        config.upload_memory_mib = count("upload_memory_mib")?;
        config.upload_disk_mib = count("upload_disk_mib")?;
        config.account_stored_mib = count("account_stored_mib")?;
        config.account_workers = count("account_workers")?;
        config.worker_versions = count("worker_versions")?;
        at_least(1, send_timeout_s, "send_timeout_s")?;
        config.send_timeout =
            send_timeout_s.map_or(CLIENT_IDLE_MAX, |seconds| Duration::from_secs(seconds.min(DAY_S)));
        at_least(1, config.worker_versions, "worker_versions")?;
        at_least(UPLOAD_MEMORY_MIB_MIN, config.upload_memory_mib, "upload_memory_mib")?;
        at_least(UPLOAD_DISK_MIB_MIN, config.upload_disk_mib, "upload_disk_mib")?;
        config.addresses = cells::take_strings(&mut node, "addresses", "[node]")?;
        if let Some(domain) = cells::take_string(&mut node, "domain", "[node]")? {
            config.domain = checked_domain(&domain)?;
        }
        nothing_left(&node, "[node]", NODE_KEYS)?;
        config.cordons = cells::cordons(take_table(&mut table, "cordons", "")?)?;
        config.workers = cells::workers(take_table(&mut table, "workers", "")?)?;
        config.counting = detector::read(take_table(&mut table, "detector", "")?)?;
        config.facts = connection_facts::read(take_table(&mut table, "cf", "")?)?;
        cells::check_names(&config.cordons, &config.workers, &config.account_cordons)?;
        nothing_left(
            &table,
            "the file",
            &["limits", "ceilings", "accounts", "node", "cf", "cordons", "workers", "detector"],
        )?;
        Ok(config)
    }
}

/// What everybody gets is not more than anybody may have.
fn none_above(defaults: &LimitsPatch, ceilings: &LimitsPatch) -> Result<(), String> {
    for limit in LIMITS {
        if let (Some(default), Some(ceiling)) = (defaults.get(limit.key), ceilings.get(limit.key))
            && default > ceiling
        {
            let key = limit.key;
            return Err(format!(
                "[limits] `{key}` is {default}, and [ceilings] `{key}` allows {ceiling} only"
            ));
        }
    }
    Ok(())
}

fn at_least(min: u64, said: Option<u64>, key: &str) -> Result<(), String> {
    match said {
        Some(said) if said < min => Err(format!("[node] `{key}` must be at least {min}, not {said}")),
        Some(_) | None => Ok(()),
    }
}

/// A domain name in lower case.
fn checked_domain(said: &str) -> Result<String, String> {
    let domain = said.to_ascii_lowercase();
    let sound = |label: &str| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (1..=63).contains(&label.len())
            && label.chars().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if domain.len() <= 189 && domain.split('.').all(sound) {
        return Ok(domain);
    }
    Err(format!("[node] `domain` must be a domain name such as `apps.example.com`, not `{said}`"))
}

fn take_table(table: &mut Table, key: &str, inside: &str) -> Result<Table, String> {
    match table.remove(key) {
        None => Ok(Table::new()),
        Some(Value::Table(found)) => Ok(found),
        Some(_) => Err(format!("{inside} `{key}` must be a table").trim_start().to_owned()),
    }
}

fn nothing_left(table: &Table, name: &str, known: &[&str]) -> Result<(), String> {
    match table.keys().next() {
        None => Ok(()),
        Some(key) => Err(format!("{name} has no key `{key}`; its keys are {}", known.join(", "))),
    }
}

fn limits(table: Table, name: &str) -> Result<LimitsPatch, String> {
    let mut patch = LimitsPatch::default();
    for (key, value) in &table {
        if !patch.set(key, number(value, name, key)?) {
            let keys: Vec<_> = LIMITS.iter().map(|limit| limit.key).collect();
            return Err(format!("{name} has no key `{key}`; its keys are {}", keys.join(", ")));
        }
    }
    Ok(patch)
}

fn number(value: &Value, name: &str, key: &str) -> Result<u64, String> {
    let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
    let found =
        || value.as_integer().map_or_else(|| value.type_str().to_owned(), |number| number.to_string());
    number
        .ok_or_else(|| format!("{name} `{key}` must be a whole number that is not negative, not {}", found()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text.parse().unwrap(), &LimitsPatch::default())
    }

    #[test]
    fn an_operator_sets_defaults_ceilings_and_accounts() {
        let config = parse(
            "[limits]\ncpu_ms = 50\n[ceilings]\ncpu_ms = 500\n[accounts.free.limits]\nevents = 3\n[node]\nmemory_mib = 7\n",
        )
        .unwrap();
        let asked = LimitsPatch { cpu_ms: Some(9_000), ..LimitsPatch::default() };
        assert_eq!(config.limits.of("", &LimitsPatch::default()).cpu_ms, 50);
        assert_eq!(config.limits.of("", &asked).cpu_ms, 500);
        assert_eq!(config.limits.of("free", &asked).events, 3);
        assert_eq!((config.memory_mib, config.connections), (Some(7), CONNECTIONS));
    }

    #[test]
    fn nobody_is_given_more_than_anybody_may_have() {
        let error = parse("[limits]\ncpu_ms = 5000\n[ceilings]\ncpu_ms = 100\n").unwrap_err();
        assert_eq!(error, "[limits] `cpu_ms` is 5000, and [ceilings] `cpu_ms` allows 100 only");
        let config = parse("[ceilings]\ncpu_ms = 5\n").unwrap();
        assert_eq!(config.limits.of("", &LimitsPatch::default()).cpu_ms, 5);
    }

    #[test]
    fn every_key_of_the_node_is_heard() {
        let numbers = NODE_KEYS.iter().filter(|key| !["addresses", "domain"].contains(key));
        let text: String = numbers.clone().map(|key| format!("{key} = 600\n")).collect();
        let config =
            parse(&format!("[node]\n{text}addresses = [\"10.0.0.0/8\"]\ndomain = \"a.example\"\n")).unwrap();
        let heard = [
            config.memory_mib,
            Some(config.connections),
            Some(config.send_timeout.as_secs()),
            config.kv_account_mib,
            config.cache_account_mib,
            config.cache_mib,
            config.logs_account_mib,
            config.logs_mib,
            config.logs_days,
            config.upload_memory_mib,
            config.upload_disk_mib,
            config.account_stored_mib,
            config.account_workers,
            config.worker_versions,
        ];
        assert_eq!(heard, [Some(600); 14]);
        assert_eq!(numbers.count(), heard.len(), "a key that is known and not looked at here");
        assert_eq!((config.addresses.len(), &*config.domain), (1, "a.example"));
    }

    #[test]
    fn a_spoilt_file_is_refused_with_a_reason_or_means_something() {
        let sample = "[limits]\ncpu_ms = 50\n[ceilings]\nmemory_mib = 64\n[accounts.free]\ncordon = \"low\"\n\
            [accounts.free.limits]\nevents = 3\n[node]\nmemory_mib = 700\ndomain = \"a.example\"\n\
            addresses = [\"10.0.0.0/8\"]\n[cordons.low]\nlanes = 2\n[workers.shop]\ncordon = \"low\"\n";
        let words = [
            "cpu_ms",
            "[node]",
            "= -1",
            "9223372036854775807",
            "\"\"\"",
            "[[workers]]",
            "nan",
            "inf",
            "é",
            "\0",
        ];
        let (mut taken, mut refused) = (0, 0);
        mote_mutator::Mutator::new(&[sample.as_bytes()], &words).spoil_text(6_000, |text| {
            let Ok(table) = text.parse::<Table>() else { return };
            match Config::parse(table, &LimitsPatch::default()) {
                Ok(config) => {
                    taken += 1;
                    assert!(!config.domain.is_empty() && config.worker_versions != Some(0), "{text}");
                }
                Err(reason) => {
                    refused += 1;
                    assert!(!reason.is_empty(), "{text}");
                }
            }
        });
        assert!(taken + refused > 1_000 && refused > 100, "{taken} {refused}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("[limits]\ncpu = 1", "[limits] has no key `cpu`"),
            ("[limits]\ncpu_ms = -1", "[limits] `cpu_ms` must be a whole number"),
            ("[ceilings]\ncpu_ms = \"1\"", "[ceilings] `cpu_ms` must be"),
            ("limits = 3", "`limits` must be a table"),
            ("[accounts]\na = 1", "[accounts.a] must be a table"),
            ("[accounts.a]\nlimit = {}", "[accounts.a] has no key `limit`"),
            ("[node]\ncpus = 2", "[node] has no key `cpus`"),
            ("[node]\nworker_versions = 0", "[node] `worker_versions` must be at least 1, not 0"),
            ("[cf]\nhttpProtocol = \"h2\"", "[cf]: `httpProtocol` is the node's own to say"),
            ("[cf]\nseen = 2026-01-01", "[cf] `seen` must be a text, a number, a boolean, or made of these"),
            ("[node]\nupload_memory_mib = 1", "[node] `upload_memory_mib` must be at least 32"),
            ("[node]\nupload_disk_mib = 1", "[node] `upload_disk_mib` must be at least 512"),
            (
                "[nodes]",
                "the file has no key `nodes`; its keys are limits, ceilings, accounts, node, cf, cordons, workers",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
