//! Bytes of what people send that are in memory at once. Who wants more than there is waits; who holds some waits for no more.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is counted.
const UNIT_BYTES: usize = 1 << 10;
/// Owners after whose number those without calls are forgotten.
const OWNERS_KEPT: usize = 1_024;

/// Memory for what is sent.
pub(crate) struct Memory {
    all: Arc<Semaphore>,
    /// Of each owner, so that one who reads slowly keeps nobody else waiting.
    shares: Mutex<HashMap<String, Weak<Semaphore>>>,
    share_units: usize,
}

/// Some of it, until it is dropped.
#[derive(Debug)]
pub(crate) struct Reserved {
    /// Of the owner's share and of the whole; `None` only if the semaphores were closed, which nobody does.
    permits: Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
}

impl Memory {
    pub(crate) fn new(bytes: usize, share_bytes: usize) -> Self {
        let share_units = units(share_bytes.min(bytes));
        Self { all: Arc::new(Semaphore::new(units(bytes))), shares: Mutex::default(), share_units }
    }

    /// Waits for its turn. Nobody gets more than his share, also if he asks for it.
    pub(crate) async fn reserve(&self, owner: &str, bytes: usize) -> Reserved {
        let wanted = u32::try_from(units(bytes).min(self.share_units)).unwrap_or(u32::MAX);
        let share = self.share(owner);
        // Always in this order, so that nobody holds the whole while he waits for his own.
        let own = share.acquire_many_owned(wanted).await;
        let all = self.all.clone().acquire_many_owned(wanted).await;
        Reserved { permits: own.ok().zip(all.ok()) }
    }

    /// The same, but not for longer than this; `None` if it was not its turn by then.
    pub(crate) async fn reserve_within(
        &self,
        owner: &str,
        bytes: usize,
        wait_max: Duration,
    ) -> Option<Reserved> {
        tokio::time::timeout(wait_max, self.reserve(owner, bytes)).await.ok()
    }

    /// The most that one owner holds at once.
    pub(crate) fn share_bytes(&self) -> usize {
        self.share_units.saturating_mul(UNIT_BYTES)
    }

    fn share(&self, owner: &str) -> Arc<Semaphore> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = shares.get(owner).and_then(Weak::upgrade) {
            return share;
        }
        if shares.len() >= OWNERS_KEPT {
            shares.retain(|_, share| share.strong_count() > 0);
        }
        let share = Arc::new(Semaphore::new(self.share_units));
        shares.insert(owner.to_owned(), Arc::downgrade(&share));
        share
    }

    #[cfg(test)]
    pub(crate) fn free_bytes(&self) -> usize {
        self.all.available_permits() * UNIT_BYTES
    }
}

impl Reserved {
    /// Gives back what turned out not to be needed.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let Some((own, all)) = &mut self.permits else { return };
        let surplus = all.num_permits().saturating_sub(units(bytes));
        drop((own.split(surplus), all.split(surplus)));
    }
}

fn units(bytes: usize) -> usize {
    bytes.div_ceil(UNIT_BYTES).max(1)
}
