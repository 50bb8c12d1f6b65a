//! What a node keeps of files in memory: those that were asked for last, and their compressed forms, within one budget.

use bytes::Bytes;
use lru::LruCache;
use mote_store::Asset;

use crate::assets::encoding::Coding;

/// What a thing counts beside its bytes. It bounds how many empty ones there are, too.
const THING_BYTES: usize = 512;

/// The name of a thing that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) account: String,
    pub(super) hash: String,
    /// `None` for the file as it is.
    pub(super) coding: Option<Coding>,
}

/// What has become of an attempt to compress a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Coded {
    Smaller(Bytes),
    /// It is no smaller so, and is not tried again.
    NotWorthIt,
}

#[derive(Debug, Clone)]
pub(super) enum Thing {
    File(Asset),
    Coded(Coded),
}

impl Thing {
    fn bytes(&self) -> usize {
        let content = match self {
            Self::File(asset) => asset.bytes.len(),
            Self::Coded(Coded::Smaller(bytes)) => bytes.len(),
            Self::Coded(Coded::NotWorthIt) => 0,
        };
        content + THING_BYTES
    }
}

/// Bounded by bytes. What was asked for longest ago goes first.
pub(super) struct Kept {
    things: LruCache<Key, Thing>,
    bytes: usize,
    bytes_max: usize,
}

impl Kept {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { things: LruCache::unbounded(), bytes: 0, bytes_max }
    }

    pub(super) fn file(&mut self, key: &Key) -> Option<Asset> {
        match self.things.get(key)? {
            Thing::File(asset) => Some(asset.clone()),
            Thing::Coded(_) => None,
        }
    }

    pub(super) fn coded(&mut self, key: &Key) -> Option<Coded> {
        match self.things.get(key)? {
            Thing::File(_) => None,
            Thing::Coded(coded) => Some(coded.clone()),
        }
    }

    pub(super) fn put(&mut self, key: Key, thing: Thing) {
        self.bytes += thing.bytes();
        let replaced = self.things.put(key, thing);
        self.bytes -= replaced.map_or(0, |replaced| replaced.bytes());
        while self.bytes > self.bytes_max {
            let Some((_, oldest)) = self.things.pop_lru() else { break };
            self.bytes -= oldest.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(hash: &str, coding: Option<Coding>) -> Key {
        Key { account: "acme".to_owned(), hash: hash.to_owned(), coding }
    }

    fn smaller(bytes: usize) -> Thing {
        Thing::Coded(Coded::Smaller(vec![0; bytes].into()))
    }

    fn file(bytes: usize) -> Thing {
        let asset = Asset { hash: "x".to_owned(), kind: String::new(), bytes: vec![0; bytes].into() };
        Thing::File(asset)
    }

    #[test]
    fn files_and_their_compressed_forms_never_hold_more_than_the_budget() {
        let mut kept = Kept::new(10 * THING_BYTES);
        for index in 0..100 {
            let hash = index.to_string();
            kept.put(key(&hash, None), file(THING_BYTES));
            kept.put(key(&hash, Some(Coding::Gzip)), smaller(THING_BYTES / 2));
            kept.put(key(&hash, Some(Coding::Brotli)), Thing::Coded(Coded::NotWorthIt));
            assert!(kept.bytes <= kept.bytes_max);
            let counted: usize = kept.things.iter().map(|(_, thing)| thing.bytes()).sum();
            assert_eq!(counted, kept.bytes);
        }
        assert!(kept.coded(&key("99", Some(Coding::Brotli))) == Some(Coded::NotWorthIt));
        assert!(kept.file(&key("99", None)).is_some());
        assert!(kept.file(&key("0", None)).is_none());
        kept.put(key("large", None), file(100 * THING_BYTES));
        assert!(kept.bytes <= kept.bytes_max && kept.file(&key("large", None)).is_none());
    }

    #[test]
    fn things_without_bytes_are_bounded_too() {
        let mut kept = Kept::new(10 * THING_BYTES);
        for index in 0..1_000 {
            let coding = Some(Coding::Zstd);
            kept.put(key(&index.to_string(), coding), Thing::Coded(Coded::NotWorthIt));
        }
        assert_eq!(kept.things.len(), 10);
    }

    #[test]
    fn what_is_replaced_counts_no_more() {
        let mut kept = Kept::new(10 * THING_BYTES);
        for _ in 0..100 {
            kept.put(key("a", Some(Coding::Zstd)), smaller(THING_BYTES));
        }
        assert_eq!(kept.bytes, 2 * THING_BYTES);
    }

    #[test]
    fn what_was_asked_for_last_stays() {
        let mut kept = Kept::new(2 * THING_BYTES);
        kept.put(key("a", None), file(0));
        kept.put(key("b", None), file(0));
        assert!(kept.file(&key("a", None)).is_some());
        kept.put(key("c", None), file(0));
        assert!(kept.file(&key("a", None)).is_some() && kept.file(&key("b", None)).is_none());
    }

    #[test]
    fn forms_of_a_file_and_files_of_accounts_are_never_mixed_up() {
        let mut kept = Kept::new(100 * THING_BYTES);
        kept.put(key("a", Some(Coding::Gzip)), smaller(1));
        assert!(kept.file(&key("a", None)).is_none());
        assert!(kept.coded(&key("a", Some(Coding::Brotli))).is_none());
        let other = Key { account: "evil".to_owned(), ..key("a", Some(Coding::Gzip)) };
        assert!(kept.coded(&other).is_none());
    }
}
