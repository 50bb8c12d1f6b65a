//! Which version a name leads to, and what a client gets where none does.

use std::{collections::BTreeMap, sync::Arc};

use mote_store::Live;
use mote_wire::event::EventError;

/// Digits of a version's id in the name of its preview.
const PREVIEW_DIGITS: usize = 8;

/// The version that an event goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) key: Arc<str>,
    pub(super) worker: String,
    pub(super) account: String,
    pub(super) version: String,
}

pub(super) fn target(live: &Live, version: &str) -> Target {
    let (worker, account) = (live.worker.name.clone(), live.worker.account.clone());
    let main = live.shares.first().is_some_and(|share| share.version == version);
    let key = if main { Arc::from(worker.as_str()) } else { second_key(version, &worker).into() };
    Target { key, worker, account, version: version.to_owned() }
}

/// The name of a version that is not its worker's main one. Why not the label of its preview: somebody may call a worker so,
/// and one of them would get the other's events.
pub(super) fn second_key(version: &str, worker: &str) -> String {
    format!("{worker}@{}", version.get(..PREVIEW_DIGITS).unwrap_or(version))
}

/// The worker and the version whose preview has this host label.
pub(super) fn preview<'a>(table: &'a BTreeMap<String, Live>, label: &str) -> Option<(&'a Live, &'a str)> {
    let digits = label.get(..PREVIEW_DIGITS)?;
    let live = table.get(label.get(PREVIEW_DIGITS..)?.strip_prefix('-')?)?;
    let version = live.versions.iter().rev().find(|version| version.get(..PREVIEW_DIGITS) == Some(digits))?;
    Some((live, version))
}

pub(super) fn nothing_deployed(label: &str) -> EventError {
    EventError::new(
        404,
        1042,
        "no-worker",
        "No worker answers here",
        format!("Nothing is deployed as `{label}`."),
    )
}

pub(super) fn unreadable(key: &str, reason: &str) -> EventError {
    EventError::new(
        500,
        1105,
        "internal-error",
        "The worker cannot be read",
        format!("The version of `{key}` cannot be put into service: {reason}"),
    )
}
