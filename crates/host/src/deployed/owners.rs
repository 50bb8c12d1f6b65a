//! Whose things are: what one account may be told of a node that others use as well.

use mote_store::Live;

use super::{Deployed, preview};

impl Deployed {
    /// The account that has deployed what the supervisor knows under a name. `None` if nobody has: it is served from a
    /// project, or was deleted a moment ago.
    pub(crate) fn owner_of(&self, key: &str) -> Option<String> {
        let table = self.table.borrow();
        self.service.look(key, |found| Some(table.get(&found.worker)?.worker.account.clone())).flatten()
    }

    /// Whether it is this account. It is asked of each worker of a node.
    pub(crate) fn is_owned_by(&self, key: &str, account: &str) -> bool {
        let table = self.table.borrow();
        let is_its_own = |live: &Live| live.worker.account == account;
        self.service.look(key, |found| table.get(&found.worker).is_some_and(is_its_own)).unwrap_or(false)
    }

    /// The routes of an account, or of all, as their owners have written them, with their workers.
    pub(crate) fn routes(&self, account: Option<&str>) -> Vec<(String, String)> {
        let table = self.table.borrow();
        let of = |live: &Live| {
            let name = live.worker.name.clone();
            live.routes.iter().map(move |route| (route.written.clone(), name.clone())).collect::<Vec<_>>()
        };
        let wanted = |live: &&Live| account.is_none_or(|account| live.worker.account == account);
        table.values().filter(wanted).flat_map(of).collect()
    }

    /// Whether a name is that of another account's worker, or of a preview of one: whoever was given the address of a preview would
    /// come to somebody else's code.
    pub(crate) fn is_of_other(&self, name: &str, account: &str) -> bool {
        let table = self.table.borrow();
        let named = table.get(name).or_else(|| preview(&table, name).map(|(live, _)| live));
        named.is_some_and(|live| live.worker.account != account)
    }

    /// The account of a worker that takes events.
    pub(crate) fn account_of(&self, worker: &str) -> Option<String> {
        let table = self.table.borrow();
        let live = table.get(worker).filter(|live| !live.shares.is_empty())?;
        Some(live.worker.account.clone())
    }
}
