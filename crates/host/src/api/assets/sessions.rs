//! Lists of files whose deploys are still to come. They are in memory, so there is an end to them: where there are too many, the
//! oldest one of the account that has most in memory gives way.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use serde::Deserialize;
use tokio::time::Instant;

/// The most bytes that lists may have in memory.
const BYTES_MAX: usize = 64 << 20;
/// Lists that wait at once.
const SESSIONS_MAX: usize = 1_024;
/// How long a list waits.
const WAIT_MAX: Duration = Duration::from_secs(3_600);
/// About what a list takes beside its files, and a file beside its path: its hash twice, and its places in the maps.
const ENTRY_BYTES: usize = 256;

/// A file of a list.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct File {
    pub(super) hash: String,
    pub(super) size: usize,
}

/// A list of files whose deploy is still to come.
pub(in crate::api) struct Session {
    account: String,
    until: Instant,
    bytes: usize,
    pub(super) files: BTreeMap<String, File>,
    pub(super) missing: BTreeSet<String>,
}

impl Session {
    pub(super) fn new(account: String, files: BTreeMap<String, File>, missing: Vec<String>) -> Self {
        let bytes = ENTRY_BYTES + files.keys().map(|path| path.len() + ENTRY_BYTES).sum::<usize>();
        let until = Instant::now() + WAIT_MAX;
        Self { account, until, bytes, files, missing: missing.into_iter().collect() }
    }

    fn is_of(&self, account: &str) -> bool {
        self.account == account && self.until > Instant::now()
    }
}

/// All lists.
#[derive(Default)]
pub(in crate::api) struct Sessions(HashMap<String, Session>);

impl Sessions {
    pub(super) fn insert(&mut self, id: String, session: Session) {
        let now = Instant::now();
        self.0.retain(|_, known| known.until > now);
        self.0.insert(id.clone(), session);
        while self.0.len() > SESSIONS_MAX || self.bytes() > BYTES_MAX {
            let Some(oldest) = self.oldest_of_the_largest(&id) else { return };
            self.0.remove(&oldest);
        }
    }

    /// A list of this account that has not ended.
    pub(super) fn of(&self, account: &str, id: &str) -> Option<&Session> {
        self.0.get(id).filter(|session| session.is_of(account))
    }

    pub(super) fn of_mut(&mut self, account: &str, id: &str) -> Option<&mut Session> {
        self.0.get_mut(id).filter(|session| session.is_of(account))
    }

    fn bytes(&self) -> usize {
        self.0.values().map(|session| session.bytes).sum()
    }

    /// What gives way; never the one that has just come.
    fn oldest_of_the_largest(&self, newest: &str) -> Option<String> {
        let mut bytes: HashMap<&str, usize> = HashMap::new();
        let others = || self.0.iter().filter(|(id, _)| *id != newest);
        for session in self.0.values() {
            *bytes.entry(&session.account).or_default() += session.bytes;
        }
        let largest = others().max_by_key(|(_, session)| bytes.get(&*session.account))?.1;
        let own = others().filter(|(_, session)| session.account == largest.account);
        own.min_by_key(|(_, session)| session.until).map(|(id, _)| id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(account: &str, files: usize) -> Session {
        let file = |n: usize| (format!("/{n}"), File { hash: String::new(), size: 1 });
        Session::new(account.to_owned(), (0..files).map(file).collect(), Vec::new())
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_begins_without_end_pushes_out_his_own_lists_and_nobody_elses() {
        let mut sessions = Sessions::default();
        sessions.insert("victim".to_owned(), session("victim", 100));
        for n in 0..3 * SESSIONS_MAX {
            tokio::time::advance(Duration::from_millis(1)).await;
            sessions.insert(format!("evil {n}"), session("evil", n % 3 * 1_000));
            assert!(sessions.bytes() <= BYTES_MAX && sessions.0.len() <= SESSIONS_MAX);
            assert!(sessions.of("evil", &format!("evil {n}")).is_some());
        }
        assert!(sessions.of("victim", "victim").is_some());
        assert!(sessions.of("evil", "evil 0").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_is_its_accounts_alone_and_ends() {
        let mut sessions = Sessions::default();
        sessions.insert("id".to_owned(), session("acme", 1));
        assert!(sessions.of("acme", "id").is_some());
        assert!(sessions.of("other", "id").is_none() && sessions.of_mut("other", "id").is_none());
        tokio::time::advance(WAIT_MAX).await;
        assert!(sessions.of("acme", "id").is_none());
    }
}
