//! Whose things are: what one account may be told of a node that others use as well.

use super::Deployed;

impl Deployed {
    /// The account that has deployed what the supervisor knows under a name. `None` if nobody has: it is served from a
    /// project, or was deleted a moment ago.
    pub(crate) fn owner_of(&self, key: &str) -> Option<String> {
        let in_service = self.in_service.borrow();
        let table = self.table.borrow();
        Some(table.get(&in_service.get(key)?.worker)?.worker.account.clone())
    }

    /// Whether it is this account. It is asked of each worker of a node.
    pub(crate) fn is_owned_by(&self, key: &str, account: &str) -> bool {
        let in_service = self.in_service.borrow();
        let table = self.table.borrow();
        let live = in_service.get(key).and_then(|found| table.get(&found.worker));
        live.is_some_and(|live| live.worker.account == account)
    }
}
