//! Who has bodies under way, and how much of the disk they may take. Nobody waits for a place: where there is none, the account
//! that has most under way loses its oldest body if the newcomer has less, and else the newcomer is turned away. So no account
//! keeps another one out, however slowly its clients send.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::Refusal;

/// Bodies that arrive at once. The operator's door has more connections than this, so that something is left for requests without
/// a body.
const BODIES_MAX: usize = 192;

/// Those that are taken.
pub(super) struct Places {
    disk_bytes_max: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    /// By their age.
    bodies: BTreeMap<u64, Entry>,
    next: u64,
}

struct Entry {
    account: String,
    disk_bytes: usize,
    /// Dropped when the body has to go; `None` once it is there as a whole, when it is soon done with and stays.
    goes_on: Option<oneshot::Sender<()>>,
}

/// What an account, or all of them, have under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Load {
    bodies: usize,
    disk_bytes: usize,
}

impl Load {
    fn add(&mut self, entry: &Entry) {
        self.bodies += 1;
        self.disk_bytes = self.disk_bytes.saturating_add(entry.disk_bytes);
    }
}

/// A place, until it is dropped.
pub(in crate::api) struct Place {
    places: Arc<Places>,
    number: u64,
    evicted: Option<oneshot::Receiver<()>>,
}

impl Places {
    pub(super) fn new(disk_bytes_max: usize) -> Arc<Self> {
        Arc::new(Self { disk_bytes_max, taken: Mutex::default() })
    }

    /// Takes a place for a body of this account that may take so much of the disk.
    pub(super) fn enter(self: &Arc<Self>, account: &str, disk_bytes: usize) -> Result<Place, Refusal> {
        if disk_bytes > self.disk_bytes_max {
            return Err(Refusal::too_large(format!(
                "the body may come to {} MiB, and the node has {} MiB of disk for all uploads: send `Content-Length`, or ask the \
                 operator for more ([node] upload_disk_mib)",
                disk_bytes.div_ceil(1 << 20),
                self.disk_bytes_max >> 20
            )));
        }
        let (goes_on, evicted) = oneshot::channel();
        let entry = Entry { account: account.to_owned(), disk_bytes, goes_on: Some(goes_on) };
        let mut taken = self.taken();
        while let Some(full) = self.lacks(&taken, &entry) {
            let victim = taken.victim(&entry, full).ok_or_else(|| full.refusal())?;
            taken.bodies.remove(&victim);
        }
        let number = taken.next;
        taken.next += 1;
        taken.bodies.insert(number, entry);
        Ok(Place { places: self.clone(), number, evicted: Some(evicted) })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is too little of for one more.
    fn lacks(&self, taken: &Taken, newcomer: &Entry) -> Option<Full> {
        let mut all = Load::default();
        taken.bodies.values().for_each(|entry| all.add(entry));
        if all.bodies >= BODIES_MAX {
            return Some(Full::Bodies);
        }
        let disk_bytes = all.disk_bytes.saturating_add(newcomer.disk_bytes);
        (disk_bytes > self.disk_bytes_max).then_some(Full::Disk)
    }
}

/// What there is too little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Full {
    Bodies,
    Disk,
}

impl Full {
    fn of(self, load: Load) -> usize {
        match self {
            Self::Bodies => load.bodies,
            Self::Disk => load.disk_bytes,
        }
    }

    fn refusal(self) -> Refusal {
        Refusal::busy(match self {
            Self::Bodies => "as many uploads are under way as the node takes at once; try again in a moment",
            Self::Disk => {
                "the uploads that are under way fill the disk that the node has for them; try again in a moment"
            }
        })
    }
}

impl Taken {
    /// The oldest body of the account that has most of what there is too little of; `None` if the newcomer's would then have as much.
    fn victim(&self, newcomer: &Entry, full: Full) -> Option<u64> {
        let mut loads: HashMap<&str, Load> = HashMap::new();
        for entry in self.bodies.values() {
            loads.entry(&entry.account).or_default().add(entry);
        }
        let mut own = loads.get(&*newcomer.account).copied().unwrap_or_default();
        own.add(newcomer);
        let (largest, load) = loads.into_iter().max_by_key(|(account, load)| (full.of(*load), *account))?;
        if largest == newcomer.account || full.of(load) <= full.of(own) {
            return None;
        }
        let has = |entry: &Entry| {
            let gives = full == Full::Bodies || entry.disk_bytes > 0;
            entry.account == largest && entry.goes_on.is_some() && gives
        };
        self.bodies.iter().find(|(_, entry)| has(entry)).map(|(number, _)| *number)
    }
}

impl Place {
    /// The body is there as a whole: it keeps its place.
    pub(super) fn arrived(&self) {
        if let Some(entry) = self.places.taken().bodies.get_mut(&self.number) {
            entry.goes_on = None;
        }
    }

    /// Settles when the body has to go; only once, and never for whoever asks again.
    pub(super) fn evicted(&mut self) -> impl Future<Output = ()> + use<> {
        let evicted = self.evicted.take();
        async move {
            match evicted {
                // Nobody sends anything: the sender is dropped.
                Some(evicted) => drop(evicted.await),
                None => std::future::pending().await,
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().bodies.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const MIB: usize = 1 << 20;

    fn is_evicted(place: &Place) -> bool {
        !place.places.taken().bodies.contains_key(&place.number)
    }

    #[test]
    fn whoever_fills_all_places_gives_way_to_others_and_to_nobody_of_his_own() {
        let places = Places::new(MIB);
        let mut slow: Vec<Place> = (0..BODIES_MAX).map(|_| places.enter("evil", 0).unwrap()).collect();
        assert_eq!(places.enter("evil", 0).err().unwrap().status, http::StatusCode::SERVICE_UNAVAILABLE);
        let mut first = Box::pin(slow[0].evicted());
        assert!(first.as_mut().now_or_never().is_none());
        let others: Vec<Place> = (0..BODIES_MAX / 2).map(|_| places.enter("acme", 0).unwrap()).collect();
        assert!(first.now_or_never().is_some(), "it is told");
        assert_eq!(slow.iter().filter(|place| is_evicted(place)).count(), BODIES_MAX / 2);
        assert!(others.iter().all(|place| !is_evicted(place)));
        assert!(places.enter("acme", 0).is_err(), "half is half");
        let third = places.enter("third", 0).unwrap();
        drop((slow, others, third));
        assert!(places.taken().bodies.is_empty(), "all are given back, also those that had to go");
    }

    #[test]
    fn the_disk_is_shared_likewise() {
        let places = Places::new(100 * MIB);
        assert_eq!(
            places.enter("acme", 101 * MIB).err().unwrap().status,
            http::StatusCode::PAYLOAD_TOO_LARGE
        );
        let small = places.enter("evil", 0).unwrap();
        let slow: Vec<Place> = (0..4).map(|_| places.enter("evil", 25 * MIB).unwrap()).collect();
        assert!(places.enter("evil", MIB).is_err());
        slow[0].arrived();
        let one = places.enter("acme", 40 * MIB).unwrap();
        assert!(slow[1..3].iter().all(is_evicted), "the oldest");
        assert!(!is_evicted(&slow[0]) && !is_evicted(&slow[3]), "but not what is there as a whole");
        assert!(!is_evicted(&small), "it has nothing of the disk to give");
        assert!(places.enter("acme", 25 * MIB).is_err(), "it would have more than the other");
        drop(one);
        let _again = places.enter("acme", 50 * MIB).unwrap();
    }
}
