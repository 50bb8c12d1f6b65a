//! The files of all accounts, as they are and compressed; what was asked for last stays in memory for a while.

use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::Arc, time::Duration};

use mote_store::{Asset, Store};
use tokio::sync::{Mutex, Semaphore, watch};

use super::{
    compressed::{self, Compress},
    flow::Flow,
    kept::{Coded, Kept, Key, Thing},
};
use crate::{assets::encoding::Coding, budget::Memory};

/// Bytes of files that a node keeps in memory, compressed ones included.
const KEPT_BYTES_MAX: usize = 64 << 20;
/// Larger files are not kept: they are read when they are asked for, and shared by all who ask while somebody still has them.
const FILE_BYTES_MAX: usize = 1 << 20;
/// Bytes of files that are being read, or on their way to clients, of all accounts together.
const FLOWING_BYTES_MAX: usize = 512 << 20;
/// The same of one account.
const SHARE_BYTES_MAX: usize = 128 << 20;
/// What a file takes until it is known how long it is: as much as an upload may have.
const UNREAD_BYTES: usize = 25 << 20;
/// How long a file waits for its turn, where many clients read slowly.
const TURN_MAX: Duration = Duration::from_secs(10);
/// Files after whose number those that nobody has any more are forgotten.
const FLOWS_KEPT: usize = 1_024;
/// Files that are compressed at once, on threads of their own. More would take the processors from those who serve.
pub(super) const COMPRESSIONS_MAX: usize = 2;

/// Where files are read. Its calls wait for the disk.
pub(crate) trait Source: Send + Sync {
    /// A file of an account, if there is one with this hash.
    fn asset(&self, account: &str, hash: &str) -> Result<Option<Asset>, String>;
}

impl Source for Store {
    fn asset(&self, account: &str, hash: &str) -> Result<Option<Asset>, String> {
        Self::asset(self, account, hash).map_err(|error| error.to_string())
    }
}

/// The files of all accounts.
pub(crate) struct Files {
    source: Arc<dyn Source>,
    kept: RefCell<Kept>,
    compress: Compress,
    compressions: Arc<Semaphore>,
    /// What is being compressed; at most `COMPRESSIONS_MAX`.
    under_way: RefCell<HashMap<Key, watch::Receiver<Option<Coded>>>>,
    /// What they may take together.
    memory: Memory,
    /// Files that are being read, or on their way to clients.
    flows: RefCell<HashMap<Key, Rc<Mutex<Flow>>>>,
}

impl Files {
    pub(crate) fn new(source: Arc<dyn Source>) -> Rc<Self> {
        Self::with(source, KEPT_BYTES_MAX, Arc::new(compressed::compress))
    }

    pub(super) fn with(source: Arc<dyn Source>, kept_bytes_max: usize, compress: Compress) -> Rc<Self> {
        Rc::new(Self {
            source,
            kept: RefCell::new(Kept::new(kept_bytes_max)),
            compress,
            compressions: Arc::new(Semaphore::new(COMPRESSIONS_MAX)),
            under_way: RefCell::default(),
            memory: Memory::new(FLOWING_BYTES_MAX, SHARE_BYTES_MAX),
            flows: RefCell::default(),
        })
    }

    pub(super) async fn read(&self, account: &str, hash: &str) -> Result<Asset, String> {
        let key = Key { account: account.to_owned(), hash: hash.to_owned(), coding: None };
        if let Some(asset) = self.kept.borrow_mut().file(&key) {
            return Ok(asset);
        }
        // Whoever asks for the same file meanwhile waits for this reading, and shares what it finds.
        let flow = self.flow(&key);
        let mut flowing = flow.lock().await;
        if let Some(asset) = flowing.asset() {
            return Ok(asset);
        }
        let held = self.memory.reserve_within(account, UNREAD_BYTES, TURN_MAX).await;
        let mut held =
            held.ok_or("too many files are on their way to clients who read slowly; try again later")?;
        let (source, wanted) = (self.source.clone(), key.clone());
        let read = tokio::task::spawn_blocking(move || source.asset(&wanted.account, &wanted.hash)).await;
        let read = read.map_err(|error| error.to_string())??;
        let asset = read.ok_or_else(|| format!("the file {hash} is missing in the store"))?;
        if asset.bytes.len() <= FILE_BYTES_MAX {
            self.kept.borrow_mut().put(key, Thing::File(asset.clone()));
        }
        held.shrink(asset.bytes.len());
        Ok(flowing.share(asset, held))
    }

    /// What is on its way of a file.
    fn flow(&self, key: &Key) -> Rc<Mutex<Flow>> {
        let mut flows = self.flows.borrow_mut();
        if let Some(flow) = flows.get(key) {
            return flow.clone();
        }
        if flows.len() >= FLOWS_KEPT {
            flows.retain(|_, flow| {
                Rc::strong_count(flow) > 1 || flow.try_lock().is_ok_and(|flow| flow.flows())
            });
        }
        let flow = Rc::new(Mutex::new(Flow::default()));
        flows.insert(key.clone(), flow.clone());
        flow
    }

    /// A file in a coding; `None` if it is to go out as it is, because it is no smaller in the coding, or because too many
    /// others are being compressed. It must be called inside a `LocalSet`.
    pub(super) async fn coded(
        self: &Rc<Self>,
        account: &str,
        asset: &Asset,
        coding: Coding,
    ) -> Option<bytes::Bytes> {
        let key = Key { account: account.to_owned(), hash: asset.hash.clone(), coding: Some(coding) };
        let kept = self.kept.borrow_mut().coded(&key);
        let coded = match kept {
            Some(coded) => coded,
            None => {
                let mut coming = self.compressed(key, asset, coding)?;
                let coded = coming.wait_for(Option::is_some).await.ok()?;
                coded.clone()?
            }
        };
        match coded {
            Coded::Smaller(bytes) => Some(bytes),
            Coded::NotWorthIt => None,
        }
    }

    /// Begins to compress a file, unless somebody has done so already.
    fn compressed(
        self: &Rc<Self>,
        key: Key,
        asset: &Asset,
        coding: Coding,
    ) -> Option<watch::Receiver<Option<Coded>>> {
        if let Some(coming) = self.under_way.borrow().get(&key) {
            return Some(coming.clone());
        }
        let permit = self.compressions.clone().try_acquire_owned().ok()?;
        let (tell, coming) = watch::channel(None);
        self.under_way.borrow_mut().insert(key.clone(), coming.clone());
        let (this, compress, bytes) = (self.clone(), self.compress.clone(), asset.bytes.clone());
        // A task of its own: a client that goes away neither takes the result from the others, nor may begin another one at once.
        tokio::task::spawn_local(async move {
            let length = bytes.len();
            let work = tokio::task::spawn_blocking(move || compress(coding, &bytes));
            let coded = match work.await {
                Ok(Ok(bytes)) if bytes.len() < length => {
                    // Without the room that it grew into: what is kept is what is counted.
                    Coded::Smaller(bytes.into_boxed_slice().into())
                }
                // What fails would fail again.
                Ok(Ok(_) | Err(_)) | Err(_) => Coded::NotWorthIt,
            };
            this.kept.borrow_mut().put(key.clone(), Thing::Coded(coded.clone()));
            this.under_way.borrow_mut().remove(&key);
            tell.send_replace(Some(coded));
            drop(permit);
        });
        Some(coming)
    }
}
