//! Events that wait for the disk. No account has more of the waiting, nor of the disk's time, than its share.

use std::collections::{HashMap, VecDeque};

use mote_store::NewLog;
use tokio::time::Instant;

/// The most events that wait.
pub const WAITING_MAX: usize = 8_192;
/// The most bytes of them.
pub const WAITING_BYTES_MAX: usize = 16 << 20;
/// The part of both that one account may have.
const ACCOUNT_PART: usize = 4;
/// The most events that are written at once, and bytes from which on a batch is full.
const BATCH_MAX: usize = 1_024;
const BATCH_BYTES_MAX: usize = 1 << 20;
/// An account may report an eighth of what is kept of it at once, and all of it within two minutes: more would only be written to
/// leave again.
const BURST_PART: u64 = 8;
const RATE_PART: u64 = 120;
/// Accounts after whose number those that have their whole share are forgotten.
const SHARES_KEPT: usize = 4_096;

/// Events that wait, oldest first, and what each account has of the waiting.
pub(super) struct Queue {
    waiting: VecDeque<NewLog>,
    /// What waits or is being written.
    held: Held,
    of_accounts: HashMap<String, Held>,
    shares: HashMap<String, Share>,
    burst: f64,
    bytes_per_s: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Held {
    events: usize,
    bytes: usize,
}

/// What an account may still report.
#[derive(Clone, Copy)]
struct Share {
    bytes: f64,
    at: Instant,
}

impl Queue {
    #[expect(clippy::cast_precision_loss, reason = "a share need not be exact to a byte")]
    pub(super) fn new(account_bytes_max: u64) -> Self {
        Self {
            waiting: VecDeque::new(),
            held: Held::default(),
            of_accounts: HashMap::new(),
            shares: HashMap::new(),
            burst: (account_bytes_max / BURST_PART) as f64,
            bytes_per_s: (account_bytes_max / RATE_PART) as f64,
        }
    }

    /// Takes an event; false if there is no room for it.
    pub(super) fn push(&mut self, log: NewLog) -> bool {
        let bytes = log.bytes();
        let own = self.of_accounts.get(&log.account).copied().unwrap_or_default();
        let fits = self.held.has_room(bytes, 1) && own.has_room(bytes, ACCOUNT_PART);
        if !fits || !self.spend(&log.account, bytes) {
            return false;
        }
        self.held.add(bytes);
        self.of_accounts.entry(log.account.clone()).or_default().add(bytes);
        self.waiting.push_back(log);
        true
    }

    /// Whether there is enough for a batch.
    pub(super) fn has_batch(&self) -> bool {
        self.waiting.len() >= BATCH_MAX || self.held.bytes >= BATCH_BYTES_MAX
    }

    /// The events to write next; empty if none wait. Their place is taken until they are [`Self::done`].
    pub(super) fn batch(&mut self) -> Vec<NewLog> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < BATCH_MAX && bytes < BATCH_BYTES_MAX {
            let Some(log) = self.waiting.pop_front() else { break };
            bytes += log.bytes();
            batch.push(log);
        }
        batch
    }

    /// Frees the place of events that were written.
    pub(super) fn done(&mut self, batch: &[NewLog]) {
        for log in batch {
            self.held.take(log.bytes());
            if let Some(own) = self.of_accounts.get_mut(&log.account) {
                own.take(log.bytes());
                if own.events == 0 {
                    self.of_accounts.remove(&log.account);
                }
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "an event has far less than 2^52 bytes")]
    fn spend(&mut self, account: &str, bytes: usize) -> bool {
        let now = Instant::now();
        let (burst, bytes_per_s) = (self.burst, self.bytes_per_s);
        let has = |share: &Share| {
            let since = now.saturating_duration_since(share.at).as_secs_f64();
            (share.bytes + since * bytes_per_s).min(burst)
        };
        if self.shares.len() >= SHARES_KEPT && !self.shares.contains_key(account) {
            self.shares.retain(|_, share| has(share) < burst);
        }
        let left = self.shares.get(account).map_or(burst, has);
        let fits = left >= bytes as f64;
        let left = if fits { left - bytes as f64 } else { left };
        self.shares.insert(account.to_owned(), Share { bytes: left, at: now });
        fits
    }
}

impl Held {
    fn has_room(self, bytes: usize, part: usize) -> bool {
        self.events < WAITING_MAX / part && self.bytes + bytes <= WAITING_BYTES_MAX / part
    }

    fn add(&mut self, bytes: usize) {
        self.events += 1;
        self.bytes += bytes;
    }

    fn take(&mut self, bytes: usize) {
        self.events = self.events.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn log(account: &str, bytes: usize) -> NewLog {
        let document = "x".repeat(bytes);
        NewLog { account: account.to_owned(), worker: "shop".to_owned(), at_ms: 0, document }
    }

    #[tokio::test]
    async fn an_account_that_floods_leaves_room_for_others() {
        let mut queue = Queue::new(u64::MAX);
        let taken = (0..WAITING_MAX).filter(|_| queue.push(log("evil", 1))).count();
        assert_eq!(taken, WAITING_MAX / ACCOUNT_PART);
        assert!(queue.push(log("acme", 100_000)));
        let mut large = Queue::new(u64::MAX);
        let taken = (0..1_000).filter(|_| large.push(log("evil", 100_000))).count();
        assert!(taken * 100_000 <= WAITING_BYTES_MAX / ACCOUNT_PART && taken > 0, "{taken}");
        assert!(large.push(log("acme", 100_000)));
    }

    #[tokio::test]
    async fn what_is_being_written_keeps_its_place_until_it_is_done() {
        let mut queue = Queue::new(u64::MAX);
        while queue.push(log("evil", 100_000)) {}
        let batch = queue.batch();
        assert!(!batch.is_empty() && !queue.push(log("evil", 100_000)));
        queue.done(&batch);
        assert!(queue.push(log("evil", 100_000)));
        loop {
            let batch = queue.batch();
            if batch.is_empty() {
                break;
            }
            queue.done(&batch);
        }
        assert_eq!(queue.held, Held::default());
        assert!(queue.of_accounts.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_has_its_share_of_the_disks_time_and_gets_it_back() {
        let mut queue = Queue::new(8 << 20);
        let push = |queue: &mut Queue, account: &str| {
            let taken = queue.push(log(account, 100_000));
            let batch = queue.batch();
            queue.done(&batch);
            taken
        };
        let taken = (0..100).filter(|_| push(&mut queue, "evil")).count();
        assert_eq!(taken, 10, "a mebibyte at once");
        assert!(push(&mut queue, "acme"));
        tokio::time::advance(Duration::from_secs(2)).await;
        let taken = (0..100).filter(|_| push(&mut queue, "evil")).count();
        assert_eq!(taken, 1, "an eighth of a mebibyte in two seconds, about");
    }
}
