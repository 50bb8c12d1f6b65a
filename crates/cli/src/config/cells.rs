//! `[cordons.<name>]` and `[workers.<name>]`: where workers live, and what they reach.

use std::{collections::BTreeMap, path::PathBuf};

use mote_host::egress::{Policy, PolicyError};
use toml::{Table, Value};

use super::{nothing_left, number};

/// The cordons that every node has.
const BUILT_IN: [&str; 4] = ["trusted", "default", "untrusted", "dedicated"];

/// What an operator says about a cordon; what is `None` is as it is by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CordonConfig {
    /// The most cells that it has; by default one for each core.
    pub(crate) cells: Option<u64>,
    /// Memory of one of its cells.
    pub(crate) memory_mib: Option<u64>,
    /// After how many hours its cells are replaced.
    pub(crate) age_hours: Option<u64>,
    /// Whether its code is only interpreted.
    pub(crate) jitless: Option<bool>,
    /// Whether each tenant has a cell of its own.
    pub(crate) dedicated: Option<bool>,
}

/// What an operator says about a worker of `mote serve`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WorkerConfig {
    /// Its project, relative to where `mote` was started.
    pub(crate) path: Option<PathBuf>,
    /// Its account, over the one of its project.
    pub(crate) account: Option<String>,
    /// Where it lives.
    pub(crate) cordon: Option<String>,
    /// What it reaches.
    pub(crate) egress: EgressConfig,
}

/// What a worker's `fetch` reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EgressConfig {
    /// `public`, `none` or `any`.
    pub(crate) reach: Option<String>,
    /// What is open all the same.
    pub(crate) allow: Vec<String>,
    /// What is closed whatever else is said.
    pub(crate) deny: Vec<String>,
}

impl EgressConfig {
    /// The policy that it says.
    pub(crate) fn policy(&self) -> Result<Policy, PolicyError> {
        Policy::parse(self.reach.as_deref().unwrap_or("public"), &self.allow, &self.deny)
    }
}

pub(super) fn cordons(tables: Table) -> Result<BTreeMap<String, CordonConfig>, String> {
    each(tables, "cordons", |mut table, name| {
        let mut count = |key| table.remove(key).map(|value| number(&value, name, key)).transpose();
        let (cells, memory_mib, age_hours) = (count("cells")?, count("memory_mib")?, count("age_hours")?);
        let mut choice = |key: &str| match table.remove(key) {
            None => Ok(None),
            Some(Value::Boolean(value)) => Ok(Some(value)),
            Some(_) => Err(format!("{name} `{key}` must be true or false")),
        };
        let (jitless, dedicated) = (choice("jitless")?, choice("dedicated")?);
        nothing_left(&table, name, &["cells", "memory_mib", "age_hours", "jitless", "dedicated"])?;
        if cells == Some(0) {
            return Err(format!("{name} `cells` must be at least 1"));
        }
        Ok(CordonConfig { cells, memory_mib, age_hours, jitless, dedicated })
    })
}

pub(super) fn workers(tables: Table) -> Result<BTreeMap<String, WorkerConfig>, String> {
    each(tables, "workers", |mut table, name| {
        let mut text = |key| take_string(&mut table, key, name);
        let (path, account, cordon) = (text("path")?, text("account")?, text("cordon")?);
        let reach = text("egress")?;
        let allow = take_strings(&mut table, "egress_allow", name)?;
        let deny = take_strings(&mut table, "egress_deny", name)?;
        let known = ["path", "account", "cordon", "egress", "egress_allow", "egress_deny"];
        nothing_left(&table, name, &known)?;
        let egress = EgressConfig { reach, allow, deny };
        egress.policy().map_err(|error| format!("{name} {error}"))?;
        Ok(WorkerConfig { path: path.map(PathBuf::from), account, cordon, egress })
    })
}

/// A cordon that is named must be there.
pub(super) fn check_names(
    cordons: &BTreeMap<String, CordonConfig>,
    workers: &BTreeMap<String, WorkerConfig>,
    accounts: &BTreeMap<String, String>,
) -> Result<(), String> {
    let of_workers = workers
        .iter()
        .filter_map(|(name, worker)| Some((format!("[workers.{name}]"), worker.cordon.as_deref()?)));
    let of_accounts = accounts.iter().map(|(id, cordon)| (format!("[accounts.{id}]"), cordon.as_str()));
    for (who, cordon) in of_workers.chain(of_accounts) {
        if !BUILT_IN.contains(&cordon) && !cordons.contains_key(cordon) {
            let known: Vec<&str> = BUILT_IN.into_iter().chain(cordons.keys().map(String::as_str)).collect();
            return Err(format!("{who} there is no cordon `{cordon}`; there are {}", known.join(", ")));
        }
    }
    Ok(())
}

pub(super) fn take_string(table: &mut Table, key: &str, name: &str) -> Result<Option<String>, String> {
    match table.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{name} `{key}` must be a string")),
    }
}

pub(super) fn take_strings(table: &mut Table, key: &str, name: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("{name} `{key}` must be a list of strings");
    match table.remove(key) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => {
            items.into_iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

fn each<T>(
    tables: Table,
    kind: &str,
    read: impl Fn(Table, &str) -> Result<T, String>,
) -> Result<BTreeMap<String, T>, String> {
    tables
        .into_iter()
        .map(|(name, table)| {
            let title = format!("[{kind}.{name}]");
            let Value::Table(table) = table else { return Err(format!("{title} must be a table")) };
            Ok((name, read(table, &title)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        text.parse().unwrap()
    }

    #[test]
    fn an_operator_makes_cordons_and_puts_workers_into_them() {
        let cordons = cordons(table("[paranoid]\njitless = true\ncells = 1\n")).unwrap();
        assert_eq!((cordons["paranoid"].jitless, cordons["paranoid"].cells), (Some(true), Some(1)));
        let workers =
            workers(table("[a]\ncordon = 'paranoid'\negress = 'none'\negress_allow = ['b.example']\n"))
                .unwrap();
        assert_eq!(workers["a"].egress.allow, ["b.example"]);
        assert!(check_names(&cordons, &workers, &BTreeMap::new()).is_ok());
        let error = check_names(&BTreeMap::new(), &workers, &BTreeMap::new()).unwrap_err();
        assert!(error.contains("[workers.a] there is no cordon `paranoid`; there are trusted"), "{error}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("[a]\njit = true", "[cordons.a] has no key `jit`"),
            ("[a]\njitless = 1", "[cordons.a] `jitless` must be true or false"),
            ("[a]\ncells = 0", "[cordons.a] `cells` must be at least 1"),
            ("a = 1", "[cordons.a] must be a table"),
        ] {
            let error = cordons(table(text)).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        for (text, expected) in [
            ("[w]\negress = 'publik'", "[workers.w] egress is `publik`"),
            ("[w]\negress_deny = ['10.0.0.0/99']", "[workers.w] `10.0.0.0/99` is no rule"),
        ] {
            let error = workers(table(text)).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let error = workers(table("[w]\negress_allow = 'x'")).unwrap_err();
        assert!(error.contains("[workers.w] `egress_allow` must be a list of strings"), "{error}");
    }
}
