//! `mote limits`: what workers may use on this node, and what happens past it.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use mote_wire::limits::{LIMITS, LimitInfo, LimitPolicy, LimitsPatch};

use crate::config::Config;

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
    let policy = match Config::read(options.config.as_deref(), &LimitsPatch::default()) {
        Ok(config) => config.limits,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let rows = rows(&policy, &options.account);
    let text = if options.json { json(&rows) } else { table(&rows) };
    // A closed pipe is no failure.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

struct Row {
    limit: &'static LimitInfo,
    default: u64,
    most: u64,
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

fn table(rows: &[Row]) -> String {
    let value = |number: u64, unit: &str| format!("{number} {unit}").trim_end().to_owned();
    let line = |Row { limit, default, most }: &Row| {
        let (default, most) = (value(*default, limit.unit), value(*most, limit.unit));
        let LimitInfo { key, what, past, .. } = limit;
        format!("{key:<26}{default:>15}{most:>15}  {what}\n{:<58}past it: {past}\n", "")
    };
    let head = format!("{:<26}{:>15}{:>15}  {}\n", "limit", "default", "at most", "what it limits");
    std::iter::once(head).chain(rows.iter().map(line)).collect()
}

fn json(rows: &[Row]) -> String {
    let row = |Row { limit, default, most }: &Row| {
        serde_json::json!({
            "limit": limit.key, "unit": limit.unit, "default": default, "at_most": most,
            "what": limit.what, "past": limit.past,
        })
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
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
        let value = |number: u64, unit: &str| format!("{number} {unit}").trim_end().to_owned();
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
