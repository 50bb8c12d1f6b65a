//! What is acknowledged is there, what is over is not, and nobody gets more than his share.

mod lists;
mod model;
mod room;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use bytes::Bytes;
use tempfile::TempDir;

use super::*;
use crate::Store;

const NOW_MS: i64 = 1_800_000_000_000;
const MUCH: u64 = 1 << 40;

/// A store whose time a test sets.
struct Fixture {
    folder: TempDir,
    now_ms: Arc<AtomicI64>,
    kv: KvStore,
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("store")
}

fn open(folder: &TempDir, now_ms: &Arc<AtomicI64>) -> KvStore {
    let now_ms = now_ms.clone();
    KvStore::open(&path(folder), Arc::new(move || now_ms.load(Ordering::SeqCst))).unwrap()
}

fn fixture() -> Fixture {
    let (folder, now_ms) = (tempfile::tempdir().unwrap(), Arc::new(AtomicI64::new(NOW_MS)));
    let kv = open(&folder, &now_ms);
    let fixture = Fixture { folder, now_ms, kv };
    fixture.create("acme", "n1", "one").unwrap();
    fixture
}

impl Fixture {
    fn create(&self, account: &str, id: &str, title: &str) -> Result<(), KvError> {
        let (id, account, title) = (id.to_owned(), account.to_owned(), title.to_owned());
        self.kv.apply(KvChange::CreateNamespace { id, account, title, who: "me".to_owned() })
    }

    fn put(&self, namespace: &str, pairs: Vec<KvPair>) -> Result<(), KvError> {
        self.put_at_most(namespace, pairs, MUCH)
    }

    fn put_at_most(
        &self,
        namespace: &str,
        pairs: Vec<KvPair>,
        account_bytes_max: u64,
    ) -> Result<(), KvError> {
        self.kv.apply(KvChange::Put { namespace: namespace.to_owned(), pairs, account_bytes_max })
    }

    fn delete(&self, namespace: &str, key: &str) -> Result<(), KvError> {
        self.kv.apply(KvChange::Delete { namespace: namespace.to_owned(), keys: vec![key_of(key)] })
    }

    fn delete_namespace(&self, account: &str, id: &str) -> Result<(), KvError> {
        let (id, account) = (id.to_owned(), account.to_owned());
        self.kv.apply(KvChange::DeleteNamespace { id, account, who: "me".to_owned() })
    }

    fn text(&self, key: &str) -> Option<String> {
        let found = self.kv.get("n1", &key_of(key), 1 << 20).unwrap();
        found.map(|entry| String::from_utf8(entry.value).unwrap())
    }

    fn later(&self, seconds: i64) {
        self.now_ms.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    /// Sweeps until nothing is left to sweep.
    fn sweep(&self) {
        let now_ms = self.now_ms.load(Ordering::SeqCst);
        let sweep = move |connection: &mut rusqlite::Connection| {
            while sweep::step(connection, now_ms)? == sweep::Left::Something {}
            Ok(())
        };
        self.kv.wait_for(Work::Test(Box::new(sweep))).unwrap();
    }

    fn on_the_writer(
        &self,
        work: impl Fn(&mut rusqlite::Connection) -> rusqlite::Result<()> + Send + 'static,
    ) {
        self.kv.wait_for(Work::Test(Box::new(move |connection| Ok(work(connection)?)))).unwrap();
    }

    fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.kv.readers.take().query_row(&sql, [], |row| row.get(0)).unwrap()
    }
}

fn key_of(key: &str) -> KvKey {
    KvKey::parse(key).unwrap()
}

fn pair(key: &str, value: impl Into<Bytes>) -> KvPair {
    KvPair::new(key_of(key), value.into(), None, KvExpiry::Never, NOW_MS).unwrap()
}

fn fading(key: &str, ttl_s: i64) -> KvPair {
    KvPair::new(key_of(key), Bytes::from("fading"), None, KvExpiry::After(ttl_s), NOW_MS).unwrap()
}

#[test]
fn a_pair_is_there_after_a_restart_as_it_was_written() {
    let fixture = fixture();
    let value: Vec<u8> = (0..=255).collect();
    let metadata = Some("{\"a\":[1]}".to_owned());
    let written =
        KvPair::new(key_of("ä/\0"), value.clone().into(), metadata.clone(), KvExpiry::After(60), NOW_MS);
    fixture.put("n1", vec![written.unwrap(), pair("empty", "")]).unwrap();
    let Fixture { folder, now_ms, kv } = fixture;
    drop(kv);
    let kv = open(&folder, &now_ms);
    let expected = KvEntry { value, metadata, expires_s: Some(NOW_MS / 1_000 + 60) };
    assert_eq!(kv.get("n1", &key_of("ä/\0"), 256).unwrap(), Some(expected));
    assert!(matches!(kv.get("n1", &key_of("ä/\0"), 255), Err(KvError::TooLarge { bytes: 256 })));
    assert_eq!(kv.get("n1", &key_of("empty"), 0).unwrap().unwrap().value, b"");
    assert_eq!(kv.get("n1", &key_of("Ä/\0"), 256).unwrap(), None);
}

#[test]
fn a_later_write_takes_the_place_of_value_metadata_and_end() {
    let fixture = fixture();
    let first = KvPair::new(key_of("k"), "1".into(), Some("1".to_owned()), KvExpiry::After(60), NOW_MS);
    fixture.put("n1", vec![first.unwrap(), pair("k", "2"), pair("other", "o"), pair("k", "3")]).unwrap();
    let found = fixture.kv.get("n1", &key_of("k"), 9).unwrap().unwrap();
    assert_eq!(found, KvEntry { value: b"3".to_vec(), metadata: None, expires_s: None });
    fixture.delete("n1", "k").unwrap();
    fixture.delete("n1", "k").unwrap();
    assert_eq!((fixture.text("k"), fixture.text("other").as_deref()), (None, Some("o")));
}

#[test]
fn limits_hold_at_the_bound_and_one_past_it() {
    let of = |key: &str| KvKey::parse(key).map(drop).map_err(|invalid| invalid.to_string());
    assert_eq!(of(&"k".repeat(512)), Ok(()));
    let long = "UTF-8 encoded length of 514 exceeds key length limit of 512.".to_owned();
    assert_eq!(of(&"ä".repeat(257)), Err(long));
    for (key, expected) in [("", "Key name cannot be empty."), (".", "\".\" is not"), ("..", "\"..\" is")] {
        assert!(of(key).unwrap_err().starts_with(expected), "{key}");
    }
    assert_eq!(of("..."), Ok(()));
    let make = |value: usize, metadata: Option<String>, expiry| {
        let made = KvPair::new(key_of("k"), vec![0; value].into(), metadata, expiry, NOW_MS);
        made.map(drop).map_err(|invalid| (invalid.is_size(), invalid.to_string()))
    };
    let now_s = NOW_MS / 1_000;
    let words = |length: usize| Some(format!("\"{}\"", "x".repeat(length - 2)));
    assert_eq!(make(VALUE_BYTES_MAX, words(1_024), KvExpiry::After(60)), Ok(()));
    assert_eq!(make(1, Some("null".to_owned()), KvExpiry::At(now_s + 60)), Ok(()));
    for (value, metadata, expiry, is_size, expected) in [
        (
            VALUE_BYTES_MAX + 1,
            None,
            KvExpiry::Never,
            true,
            "Value length of 26214401 exceeds limit of 26214400.",
        ),
        (1, words(1_025), KvExpiry::Never, true, "Metadata length of 1025 exceeds limit of 1024."),
        (1, Some("{".to_owned()), KvExpiry::Never, false, "Metadata is not valid JSON."),
        (
            1,
            None,
            KvExpiry::After(59),
            false,
            "Invalid expiration_ttl of 59. Expiration TTL must be at least 60.",
        ),
        (1, None, KvExpiry::At(now_s + 59), false, "at least 60 seconds in the future."),
        (1, None, KvExpiry::At(i64::MIN), false, "at least 60 seconds in the future."),
        (1, None, KvExpiry::After(i64::MAX), false, "at most 8640000000000."),
    ] {
        let error = make(value, metadata, expiry).unwrap_err();
        assert!(error.0 == is_size && error.1.ends_with(expected), "{error:?}");
    }
}

#[test]
fn many_threads_write_at_once_and_each_reads_what_it_wrote() {
    let fixture = fixture();
    std::thread::scope(|threads| {
        for thread in 0..8 {
            let fixture = &fixture;
            threads.spawn(move || {
                for number in 0..50 {
                    let key = format!("{thread}-{number}");
                    fixture.put("n1", vec![pair(&key, key.clone())]).unwrap();
                    assert_eq!(fixture.text(&key), Some(key));
                }
            });
        }
    });
    assert_eq!(fixture.count("kv_pairs"), 400);
    let each = |thread: usize, number: usize| 2 * format!("{thread}-{number}").len() as u64 + 64;
    let all: u64 =
        (0..8).flat_map(|thread| (0..50).map(move |number| (thread, number))).map(|(t, n)| each(t, n)).sum();
    assert_eq!(fixture.kv.account_bytes("acme").unwrap(), all);
}

#[test]
fn what_was_submitted_is_written_before_the_store_closes_and_a_full_queue_says_so() {
    let fixture = fixture();
    let (gate, opened) = sync_channel::<()>(0);
    let opened = std::sync::Mutex::new(opened);
    let (begun, has_begun) = sync_channel::<()>(0);
    // While the thread is held up here, the queue fills.
    let hold = move |_: &mut rusqlite::Connection| {
        begun.send(()).unwrap();
        opened.lock().unwrap().recv().unwrap();
        Ok(())
    };
    let held = Waiting { work: Work::Test(Box::new(hold)), done: Box::new(drop) };
    fixture.kv.queue.as_ref().unwrap().send(held).unwrap_or_else(|_| panic!("the thread is there"));
    has_begun.recv().unwrap();
    let answered = Arc::new(AtomicI64::new(0));
    let submit = |number: usize| {
        let put = KvChange::Put {
            namespace: "n1".to_owned(),
            pairs: vec![pair(&number.to_string(), "v")],
            account_bytes_max: MUCH,
        };
        let answered = answered.clone();
        let done = move |result: Result<(), KvError>| {
            result.unwrap();
            answered.fetch_add(1, Ordering::SeqCst);
        };
        fixture.kv.submit(put, Box::new(done))
    };
    for number in 0..WRITES_WAITING_MAX {
        submit(number).unwrap();
    }
    assert!(matches!(submit(WRITES_WAITING_MAX), Err(KvError::Busy)));
    gate.send(()).unwrap();
    let Fixture { folder, now_ms, kv } = fixture;
    drop(kv);
    assert_eq!(answered.load(Ordering::SeqCst), i64::try_from(WRITES_WAITING_MAX).unwrap());
    let kv = open(&folder, &now_ms);
    assert_eq!(kv.list("n1", "", 1_000, None).unwrap().keys.len(), 1_000);
    assert!(kv.get("n1", &key_of("1023"), 9).unwrap().is_some());
}

#[test]
fn namespaces_belong_to_their_account_and_titles_are_unique_in_it() {
    let fixture = fixture();
    assert!(matches!(fixture.create("acme", "n2", "one"), Err(KvError::TitleTaken)));
    fixture.create("evil", "e1", "one").unwrap();
    fixture.create("acme", "n2", "another").unwrap();
    let rename = |account: &str, id: &str, title: &str| {
        let (account, id, title) = (account.to_owned(), id.to_owned(), title.to_owned());
        fixture.kv.apply(KvChange::RenameNamespace { account, id, title, who: "me".to_owned() })
    };
    assert!(matches!(rename("evil", "n1", "mine"), Err(KvError::NoNamespace)));
    assert!(matches!(rename("acme", "n1", "another"), Err(KvError::TitleTaken)));
    rename("acme", "n1", "zebra").unwrap();
    rename("acme", "n1", "zebra").unwrap();
    assert!(matches!(fixture.delete_namespace("evil", "n1"), Err(KvError::NoNamespace)));
    assert!(matches!(fixture.kv.namespace("evil", "n1"), Err(KvError::NoNamespace)));
    let titles = |order, part| {
        let (found, total) = fixture.kv.namespaces("acme", order, part).unwrap();
        (found.into_iter().map(|found| found.title).collect::<Vec<_>>(), total)
    };
    assert_eq!(titles(KvNamespaceOrder::Title, (0, 10)), (vec!["another".to_owned(), "zebra".to_owned()], 2));
    assert_eq!(titles(KvNamespaceOrder::TitleDescending, (0, 1)), (vec!["zebra".to_owned()], 2));
    assert_eq!(titles(KvNamespaceOrder::IdDescending, (1, 1)), (vec!["zebra".to_owned()], 2));
    assert_eq!(titles(KvNamespaceOrder::Id, (2, 10)), (Vec::new(), 2));
    let store = Store::open(&path(&fixture.folder)).unwrap();
    let whats: Vec<String> = store.audit("acme", 9).unwrap().into_iter().map(|entry| entry.what).collect();
    assert_eq!(whats.last().unwrap(), "create the KV namespace n1");
}

#[test]
fn a_deleted_namespace_is_gone_at_once_and_its_room_soon() {
    let fixture = fixture();
    let pairs = (0..1_200).map(|number| pair(&number.to_string(), "v")).collect();
    fixture.put("n1", pairs).unwrap();
    fixture.create("acme", "n2", "two").unwrap();
    fixture.put("n2", vec![pair("stays", "v")]).unwrap();
    fixture.delete_namespace("acme", "n1").unwrap();
    assert!(matches!(fixture.kv.get("n1", &key_of("1"), 9), Err(KvError::NoNamespace)));
    assert!(matches!(fixture.kv.list("n1", "", 9, None), Err(KvError::NoNamespace)));
    assert!(matches!(fixture.kv.get_many("n1", &[], 9), Err(KvError::NoNamespace)));
    assert!(matches!(fixture.put("n1", vec![pair("k", "v")]), Err(KvError::NoNamespace)));
    assert!(matches!(fixture.delete("n1", "1"), Err(KvError::NoNamespace)));
    // A new one of the same title is empty.
    fixture.create("acme", "n3", "one").unwrap();
    assert_eq!(fixture.kv.list("n3", "", 9, None).unwrap(), KvPage { keys: Vec::new(), cursor: None });
    fixture.sweep();
    assert_eq!((fixture.count("kv_pairs"), fixture.count("kv_leavings")), (1, 0));
    assert_eq!(fixture.kv.account_bytes("acme").unwrap(), 64 + 6);
}

#[test]
fn a_backup_has_the_pairs_and_a_store_with_many_is_still_opened() {
    let fixture = fixture();
    let store = Store::open(&path(&fixture.folder)).unwrap();
    fixture.put("n1", vec![pair("k", vec![7; 3 << 20])]).unwrap();
    let copy = fixture.folder.path().join("copy");
    Store::backup(&path(&fixture.folder), &copy).unwrap();
    fixture.put("n1", vec![pair("later", "v")]).unwrap();
    drop(Store::open(&copy).unwrap());
    let kv = KvStore::open(&copy, Arc::new(|| NOW_MS)).unwrap();
    assert_eq!(kv.get("n1", &key_of("k"), 3 << 20).unwrap().unwrap().value, vec![7; 3 << 20]);
    assert_eq!(kv.get("n1", &key_of("later"), 9).unwrap(), None);
    drop(store);
}
