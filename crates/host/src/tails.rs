//! Live tails: who watches which worker, and what each of them gets to see.
//!
//! A tail is made through the API and watched over a WebSocket whose address holds a token that nobody can guess; it is good
//! for one session. Whoever publishes never waits: a watcher that reads too slowly loses events, and is told how many.
//!
//! It belongs to one thread, that of the host. When it fails, events are not seen; they are not slower for it.

mod filter;
mod queue;
mod session;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};
use tokio::{sync::watch, time::Instant};
use tokio_tungstenite::tungstenite::Utf8Bytes;

pub use filter::{CHOICES_MAX, FILTERS_MAX, FilterError, Filters, WORD_BYTES_MAX};
use queue::{Queue, Taken};
pub use queue::{WAITING_BYTES_MAX, WAITING_MAX};
pub use session::{PREFIX, PROTOCOL};

use crate::{clock::now_ms, trace::Trace};

/// The most tails of one worker, as on Cloudflare.
pub const TAILS_OF_WORKER_MAX: usize = 10;
/// The most tails of the node.
pub const TAILS_MAX: usize = 128;
/// How long a tail waits for its watcher.
pub const UNCLAIMED_MAX: Duration = Duration::from_secs(60);
/// How long a tail lasts.
pub const TAIL_MAX: Duration = Duration::from_secs(6 * 60 * 60);
/// Bytes of a tail's id and of its token.
const ID_BYTES: usize = 16;
const TOKEN_BYTES: usize = 32;

/// The workers that somebody watches, by their names.
pub type Watched = Arc<BTreeSet<String>>;

/// All live tails of a node.
pub struct Tails {
    tails: RefCell<Vec<Rc<Tail>>>,
    watched: watch::Sender<Watched>,
    random: SystemRandom,
    lost: Cell<u64>,
}

/// A tail that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// By which it is deleted.
    pub id: String,
    /// By which it is watched. It is not kept, and given away this once.
    pub token: String,
    /// When it ends, in milliseconds since the epoch.
    pub expires_ms: i64,
}

/// A tail that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// By which it is deleted.
    pub id: String,
    /// When it ends, in milliseconds since the epoch.
    pub expires_ms: i64,
}

/// Why a tail is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TailError {
    /// The worker has as many as it may.
    #[error("a Worker may have {TAILS_OF_WORKER_MAX} tails at once; end one of them")]
    TooManyOfWorker,
    /// The node has as many as it may.
    #[error("this node may have {TAILS_MAX} tails at once; end one of them")]
    TooMany,
    /// The system gives no random bytes.
    #[error("no random bytes")]
    NoRandom,
}

/// Why a tail cannot be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClaimError {
    /// There is none with this token.
    Unknown,
    /// Somebody watches it.
    Taken,
}

struct Tail {
    id: String,
    /// Of the token, so that comparing takes the same time whatever was sent.
    token_hash: Vec<u8>,
    account: String,
    worker: String,
    filters: Filters,
    born: Instant,
    expires_ms: i64,
    claimed: Cell<bool>,
    queue: Queue,
    ended: watch::Sender<bool>,
}

impl Tail {
    /// When it ends: the sooner the less anybody watches it.
    fn ends_at(&self) -> Instant {
        self.born + if self.claimed.get() { TAIL_MAX } else { UNCLAIMED_MAX }
    }

    /// Settles when it was taken out.
    async fn ended(&self) {
        // It cannot fail: the sender is here.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }

    fn is_of(&self, account: &str, worker: &str) -> bool {
        self.worker == worker && self.account == account
    }
}

impl Tails {
    /// None so far.
    #[must_use]
    pub fn new() -> Rc<Self> {
        Rc::new(Self {
            tails: RefCell::default(),
            watched: watch::Sender::default(),
            random: SystemRandom::new(),
            lost: Cell::new(0),
        })
    }

    /// Makes a tail of a worker.
    ///
    /// # Errors
    /// If there are too many.
    pub fn create(&self, account: &str, worker: &str, filters: Filters) -> Result<Created, TailError> {
        self.forget();
        let (all, of_worker) = {
            let tails = self.tails.borrow();
            (tails.len(), tails.iter().filter(|tail| tail.worker == worker).count())
        };
        if of_worker >= TAILS_OF_WORKER_MAX {
            return Err(TailError::TooManyOfWorker);
        }
        if all >= TAILS_MAX {
            return Err(TailError::TooMany);
        }
        let (id, token) = (self.random_hex::<ID_BYTES>()?, self.random_hex::<TOKEN_BYTES>()?);
        let expires_ms = now_ms().saturating_add(i64::try_from(TAIL_MAX.as_millis()).unwrap_or(i64::MAX));
        self.tails.borrow_mut().push(Rc::new(Tail {
            id: id.clone(),
            token_hash: hash(&token),
            account: account.to_owned(),
            worker: worker.to_owned(),
            filters,
            born: Instant::now(),
            expires_ms,
            claimed: Cell::new(false),
            queue: Queue::default(),
            ended: watch::Sender::new(false),
        }));
        self.tell();
        Ok(Created { id, token, expires_ms })
    }

    /// The tails of a worker.
    #[must_use]
    pub fn list(&self, account: &str, worker: &str) -> Vec<Known> {
        self.forget();
        let known = |tail: &Rc<Tail>| Known { id: tail.id.clone(), expires_ms: tail.expires_ms };
        self.tails.borrow().iter().filter(|tail| tail.is_of(account, worker)).map(known).collect()
    }

    /// Ends a tail, and the session of whoever watches it; false if there is none.
    pub fn remove(&self, account: &str, worker: &str, id: &str) -> bool {
        self.take_out(|tail| tail.id == id && tail.is_of(account, worker)) > 0
    }

    /// Ends all tails of a worker that is gone.
    pub fn remove_worker(&self, account: &str, worker: &str) {
        self.take_out(|tail| tail.is_of(account, worker));
    }

    /// Whether anybody watches a worker. It is by the worker's own name, not by that of a version's preview.
    #[must_use]
    pub fn wants(&self, worker: &str) -> bool {
        self.watched.borrow().contains(worker)
    }

    /// The workers that are watched, now and whenever that changes.
    #[must_use]
    pub fn watched(&self) -> watch::Receiver<Watched> {
        self.watched.subscribe()
    }

    /// Events that watchers were too slow for, of all tails that there were.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.get()
    }

    /// Gives an event to whoever wants to see it. Never waits.
    pub fn publish(&self, trace: &Trace) {
        let of = trace.parts();
        if !self.wants(&of.worker) {
            return;
        }
        self.forget();
        let mut document: Option<Utf8Bytes> = None;
        // Names are taken again after a worker was deleted: the account has to be the same.
        for tail in self.tails.borrow().iter().filter(|tail| tail.is_of(&of.account, &of.worker)) {
            if tail.filters.want(trace, || self.draw()) {
                let document = document.get_or_insert_with(|| trace.to_json().into());
                if tail.queue.push(document) == Taken::Lost {
                    self.lost.set(self.lost.get() + 1);
                }
            }
        }
    }

    /// The tail of a token, for the one session that it is good for.
    fn claim(&self, token: &str) -> Result<Rc<Tail>, ClaimError> {
        self.forget();
        let hash = hash(token);
        let found = self.tails.borrow().iter().find(|tail| tail.token_hash == hash).cloned();
        let tail = found.ok_or(ClaimError::Unknown)?;
        if tail.claimed.replace(true) {
            return Err(ClaimError::Taken);
        }
        Ok(tail)
    }

    /// Takes out those whose time is over. Nothing is asked of a tail without this before it.
    fn forget(&self) {
        let now = Instant::now();
        self.take_out(|tail| tail.ends_at() <= now);
    }

    fn take_out(&self, which: impl Fn(&Tail) -> bool) -> usize {
        let out: Vec<_> = self.tails.borrow_mut().extract_if(.., |tail| which(tail)).collect();
        for tail in &out {
            tail.ended.send_replace(true);
        }
        if !out.is_empty() {
            self.tell();
        }
        out.len()
    }

    /// Tells who must know which workers are watched, if that has changed.
    fn tell(&self) {
        let watched: BTreeSet<String> = self.tails.borrow().iter().map(|tail| tail.worker.clone()).collect();
        self.watched.send_if_modified(|known| {
            let new = **known != watched;
            if new {
                *known = Arc::new(watched);
            }
            new
        });
    }

    fn draw(&self) -> u32 {
        let mut bytes = [0; 4];
        // Without random bytes everything is seen.
        let _ = self.random.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn random_hex<const BYTES: usize>(&self) -> Result<String, TailError> {
        let mut bytes = [0; BYTES];
        self.random.fill(&mut bytes).map_err(|_| TailError::NoRandom)?;
        Ok(data_encoding::HEXLOWER.encode(&bytes))
    }
}

fn hash(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests;
