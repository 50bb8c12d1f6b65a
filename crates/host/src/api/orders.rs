//! The operator's orders about workers. They come through his own door, and need no token.

use crate::{
    deployed::{Holds, Order},
    supervisor::UnknownWorker,
};

use super::Api;

impl Api {
    /// Stops a worker, starts it, gives it cells of its own or lets it share again: at once, and whether an event of its has come
    /// or not.
    ///
    /// # Errors
    /// If there is no such worker.
    pub async fn order(&self, worker: &str, order: Order) -> Result<Holds, UnknownWorker> {
        self.deployed.order(worker, order).await
    }
}
