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
}
