//! `mote limits`: what workers may use on this node, and what happens past it.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use mote_wire::limits::{LIMITS, LimitInfo, LimitPolicy, LimitsPatch};

use crate::{
    config::Config,
    serve::{api_options, cache_options, kv_options, log_options},
};

/// Show what workers may use, and what happens past it.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The operator's configuration (mote.toml); without one, the defaults are shown.
    #[arg(long, value_name = "FILE", env = "MOTE_CONFIG")]
    config: Option<PathBuf>,

    /// Show what holds for this account.
    #[arg(long, value_name = "ID", default_value = "")]
    account: String,

    /// Write JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> ExitCode {
    let config = match Config::read(options.config.as_deref(), &LimitsPatch::default()) {
        Ok(config) => config,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (rows, kept) = (rows(&config.limits, &options.account), kept(&config));
    let text = if options.json { json(&rows, &kept) } else { table(&rows) + &kept_table(&kept) };
    // A closed pipe is no failure.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

struct Row {
    limit: &'static LimitInfo,
    default: u64,
    most: u64,
}

/// How much of an account is kept.
struct Kept {
    key: &'static str,
    value: u64,
    unit: &'static str,
    what: &'static str,
    past: &'static str,
}

fn kept(config: &Config) -> [Kept; 6] {
    const MIB: &str = "MiB";
    let (api, kv, cache) = (api_options(config).kept, kv_options(config), cache_options(config));
    let mib = |bytes: u64| bytes >> 20;
    [
        Kept {
            key: "account_workers",
            value: api.account_workers_max.into(),
            unit: "",
            what: "workers of an account",
            past: "a deploy of one more is refused; 403, code 10037",
        },
        Kept {
            key: "worker_versions",
            value: api.worker_versions_max.into(),
            unit: "",
            what: "versions of a worker",
            past: "the oldest is forgotten",
        },
        Kept {
            key: "account_stored_mib",
            value: mib(api.account_bytes_max),
            unit: MIB,
            what: "code and files of an account, with all that belongs to their versions",
            past: "old versions of the worker are forgotten; then 403, code 10048",
        },
        Kept {
            key: "kv_account_mib",
            value: mib(kv.account_bytes_max),
            unit: MIB,
            what: "keys, values and metadata of an account in KV",
            past: "a write is refused; 507, code 10048",
        },
        Kept {
            key: "cache_account_mib",
            value: mib(cache.account_bytes_max),
            unit: MIB,
            what: "responses of an account in caches",
            past: "what was used longest ago is forgotten",
        },
        Kept {
            key: "logs_account_mib",
            value: mib(log_options(config).account_bytes_max),
            unit: MIB,
            what: "events of an account whose workers have `observability`",
            past: "the oldest is forgotten",
        },
    ]
}

fn rows(policy: &LimitPolicy, account: &str) -> Vec<Row> {
    let default = policy.of(account, &LimitsPatch::default());
    // Whoever asks for everything gets the most that there is.
    let mut everything = LimitsPatch::default();
    for limit in LIMITS {
        everything.set(limit.key, u64::MAX);
    }
    let most = policy.of(account, &everything);
    let row = |limit: &'static LimitInfo| {
        Some(Row { limit, default: default.get(limit.key)?, most: most.get(limit.key)? })
    };
    LIMITS.iter().filter_map(row).collect()
}

fn value(number: u64, unit: &str) -> String {
    format!("{number} {unit}").trim_end().to_owned()
}

fn kept_table(kept: &[Kept]) -> String {
    let line = |Kept { key, value: number, unit, what, past }: &Kept| {
        let number = value(*number, unit);
        format!("{key:<26}{number:>15}{:>15}  {what}\n{:<58}past it: {past}\n", "", "")
    };
    let head = format!("\n{:<26}{:>15}{:>15}  {}\n", "kept on the node", "", "", "what it limits");
    std::iter::once(head).chain(kept.iter().map(line)).collect()
}

fn table(rows: &[Row]) -> String {
    let line = |Row { limit, default, most }: &Row| {
        let (default, most) = (value(*default, limit.unit), value(*most, limit.unit));
        let LimitInfo { key, what, past, .. } = limit;
        format!("{key:<26}{default:>15}{most:>15}  {what}\n{:<58}past it: {past}\n", "")
    };
    let head = format!("{:<26}{:>15}{:>15}  {}\n", "limit", "default", "at most", "what it limits");
    std::iter::once(head).chain(rows.iter().map(line)).collect()
}

fn json(rows: &[Row], kept: &[Kept]) -> String {
    let row = |Row { limit, default, most }: &Row| {
        serde_json::json!({
            "limit": limit.key, "unit": limit.unit, "default": default, "at_most": most,
            "what": limit.what, "past": limit.past,
        })
    };
    let kept_row = |Kept { key, value, unit, what, past }: &Kept| {
        serde_json::json!({
            "limit": key, "unit": unit, "default": value, "at_most": value, "what": what, "past": past,
        })
    };
    let rows: Vec<_> = rows.iter().map(row).chain(kept.iter().map(kept_row)).collect();
    format!("{:#}\n", serde_json::Value::from(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_shown_with_its_error() {
        let text = table(&rows(&LimitPolicy::default(), ""));
        for limit in LIMITS {
            assert!(text.contains(limit.key) && text.contains(limit.what) && text.contains(limit.past));
        }
    }

    #[test]
    fn the_documentation_has_the_same_table() {
        let documentation = include_str!("../../../docs/limits.md");
        let config = Config::read(None, &LimitsPatch::default()).unwrap();
        for Kept { key, value: number, unit, what, past } in kept(&config) {
            let row = format!("| `{key}` | {} | {what} | {past} |", value(number, unit));
            assert!(documentation.contains(&row), "docs/limits.md lacks this line:\n{row}");
        }
        for Row { limit, default, most } in rows(&LimitPolicy::default(), "") {
            let (default, most) = (value(default, limit.unit), value(most, limit.unit));
            let row = format!("| `{}` | {default} | {most} | {} | {} |", limit.key, limit.what, limit.past);
            assert!(documentation.contains(&row), "docs/limits.md lacks this line:\n{row}");
        }
    }

    #[test]
    fn the_documented_configuration_is_one() {
        let documentation = include_str!("../../../docs/limits.md");
        let (_, rest) = documentation.split_once("```toml\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let file = std::env::current_exe().unwrap().with_extension("limits-example.toml");
        std::fs::write(&file, example).unwrap();
        let config = Config::read(Some(&file), &LimitsPatch::default()).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(config.limits.of("free", &LimitsPatch::default()).cpu_ms, 10);
        assert_eq!((config.memory_mib, config.connections), (Some(6_000), 5_000));
    }

    #[test]
    fn an_account_sees_its_own() {
        let mut policy = LimitPolicy::default();
        policy.accounts.insert("a".into(), LimitsPatch { cpu_ms: Some(7), ..LimitsPatch::default() });
        let row = &rows(&policy, "a")[0];
        assert_eq!((row.limit.key, row.default, row.most), ("cpu_ms", 7, 7));
    }
}
