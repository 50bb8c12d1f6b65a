//! The file in which events are kept that their workers want kept.

use std::{path::Path, rc::Rc, sync::Arc, time::Duration};

use mote_host::{
    clock::now_ms,
    logs::{LogOptions, Logs},
};
use mote_store::{LogStore, LogsKept};

use super::log::{Level, line};
use crate::config::Config;

/// The file in the node's folder. It may be thrown away while the node rests.
const LOGS: &str = "logs.sqlite";

/// Begins to keep events; `None` if that cannot be, and then the node serves without.
pub(super) fn start(folder: &Path, config: &Config) -> Option<Rc<Logs>> {
    let path = folder.join(LOGS);
    let store = match LogStore::open(&path, Arc::new(now_ms)) {
        Ok((store, LogsKept::Whole)) => store,
        Ok((store, LogsKept::BegunAnew)) => {
            line(
                Level::Warn,
                format_args!(
                    "{} could not be used; it was renamed to {LOGS}.damaged, and logs begin anew",
                    path.display()
                ),
            );
            store
        }
        Err(error) => {
            line(
                Level::Error,
                format_args!("no logs are kept: {} cannot be opened: {error}", path.display()),
            );
            return None;
        }
    };
    let told = |problem: Option<&str>| match problem {
        Some(problem) => line(Level::Error, format_args!("events are lost that were to be kept: {problem}")),
        None => line(Level::Info, "events are kept again"),
    };
    Some(Logs::start(Arc::new(store), log_options(config), Box::new(told)))
}

/// What the operator allows.
pub(crate) fn log_options(config: &Config) -> LogOptions {
    const DAY_S: u64 = 24 * 60 * 60;
    let default = LogOptions::default();
    let bytes = |said: Option<u64>, default| said.map_or(default, |mib: u64| mib.saturating_mul(1 << 20));
    LogOptions {
        account_bytes_max: bytes(config.logs_account_mib, default.account_bytes_max),
        node_bytes_max: bytes(config.logs_mib, default.node_bytes_max),
        age_max: config
            .logs_days
            .map_or(default.age_max, |days| Duration::from_secs(days.saturating_mul(DAY_S))),
    }
}
