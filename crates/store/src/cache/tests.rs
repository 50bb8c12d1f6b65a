use std::sync::atomic::{AtomicI64, Ordering};

use tempfile::TempDir;

use super::*;

struct Fixture {
    store: Arc<CacheStore>,
    now_ms: Arc<AtomicI64>,
    folder: TempDir,
}

fn opened(folder: &TempDir, now_ms: &Arc<AtomicI64>) -> Arc<CacheStore> {
    let clock = now_ms.clone();
    let clock = Arc::new(move || clock.load(Ordering::Relaxed));
    Arc::new(CacheStore::open(&folder.path().join("cache"), clock).unwrap())
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let now_ms = Arc::new(AtomicI64::new(1_000));
    Fixture { store: opened(&folder, &now_ms), now_ms, folder }
}

const CAPS: CacheCaps = CacheCaps { owner_bytes_max: 1 << 20, node_bytes_max: 2 << 20 };

fn key(owner: &str, number: u8) -> CacheKey {
    CacheKey { owner: owner.to_owned(), hash: [number; 32] }
}

impl Fixture {
    fn put(&self, key: &CacheKey, body: &[u8], lives_ms: i64) -> bool {
        let draft = self.store.begin().unwrap();
        for (number, chunk) in (0..).zip(body.chunks(CACHE_CHUNK_BYTES)) {
            assert!(self.store.append(draft, number, chunk).unwrap());
        }
        let stored_ms = self.now_ms.load(Ordering::Relaxed);
        let head = CacheHead { head: b"head".to_vec(), stored_ms, expires_ms: stored_ms + lives_ms };
        let bytes = u64::try_from(body.len()).unwrap();
        self.store.finish(draft, key, &head, bytes, CAPS).unwrap()
    }

    fn body(&self, key: &CacheKey) -> Option<Vec<u8>> {
        self.store.find(key).unwrap().map(|reading| whole(&reading))
    }

    fn count(&self, table: &str) -> i64 {
        lock(&self.store.writer)
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .unwrap()
    }

    fn pass(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::Relaxed);
    }
}

fn whole(reading: &CacheReading) -> Vec<u8> {
    let mut body = Vec::new();
    for number in 0.. {
        let chunk = reading.chunk(number).unwrap();
        if chunk.is_empty() {
            break;
        }
        body.extend(chunk);
    }
    body
}

#[test]
fn a_body_comes_back_whole_to_its_owner_alone() {
    let fixture = fixture();
    let body: Vec<u8> = (0..700_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    assert!(fixture.put(&key("a", 1), &body, 100));
    assert_eq!(fixture.body(&key("a", 1)), Some(body.clone()));
    assert_eq!((fixture.body(&key("b", 1)), fixture.body(&key("a", 2))), (None, None));
    assert!(fixture.put(&key("a", 1), b"new", 100));
    assert_eq!(fixture.body(&key("a", 1)).as_deref(), Some(&b"new"[..]));
    assert_eq!((fixture.count("chunks"), fixture.count("leavings"), fixture.count("drafts")), (1, 0, 0));
    assert!(fixture.store.delete(&key("a", 1)).unwrap() && !fixture.store.delete(&key("a", 1)).unwrap());
    assert_eq!((fixture.body(&key("a", 1)), fixture.count("chunks"), fixture.count("owners")), (None, 0, 0));
}

#[test]
fn what_is_over_is_not_found_and_swept() {
    let fixture = fixture();
    fixture.put(&key("a", 1), b"short", 10);
    fixture.put(&key("a", 2), b"long", 1_000);
    fixture.pass(10);
    assert_eq!(fixture.body(&key("a", 1)), None);
    assert!(!fixture.store.delete(&key("a", 1)).unwrap(), "it is over already");
    fixture.store.sweep().unwrap();
    assert_eq!((fixture.count("entries"), fixture.count("chunks")), (1, 1));
}

#[test]
fn what_was_used_longest_ago_makes_room() {
    let fixture = fixture();
    let body = vec![7; 300 << 10];
    for number in 1..=3 {
        assert!(fixture.put(&key("a", number), &body, 1_000_000));
        fixture.pass(20_000);
    }
    assert!(fixture.body(&key("a", 1)).is_some(), "used again");
    fixture.pass(20_000);
    assert!(fixture.put(&key("a", 4), &body, 1_000_000));
    let there: Vec<_> = (1..=4).map(|number| fixture.body(&key("a", number)).is_some()).collect();
    assert_eq!(there, [true, false, true, true]);
    assert!(fixture.store.bytes_of("a").unwrap() <= CAPS.owner_bytes_max);
    // Others have room of their own, until all of it is taken.
    for owner in ["b", "c"] {
        for number in 1..=3 {
            assert!(fixture.put(&key(owner, number), &body, 1_000_000));
            fixture.pass(20_000);
        }
    }
    let all: u64 = ["a", "b", "c"].iter().map(|owner| fixture.store.bytes_of(owner).unwrap()).sum();
    assert!(all <= CAPS.node_bytes_max, "{all}");
    assert!((1..=3).all(|number| fixture.body(&key("c", number)).is_some()));
}

#[test]
fn what_is_too_large_for_its_owner_is_not_kept() {
    let fixture = fixture();
    fixture.put(&key("a", 1), b"small", 100);
    assert!(!fixture.put(&key("a", 2), &vec![0; 1 << 20], 100));
    assert_eq!(fixture.body(&key("a", 1)).as_deref(), Some(&b"small"[..]));
    assert_eq!((fixture.count("chunks"), fixture.count("drafts"), fixture.count("leavings")), (1, 0, 0));
}

#[test]
fn who_reads_a_body_reads_it_to_its_end() {
    let fixture = fixture();
    let body = vec![1; 600 << 10];
    fixture.put(&key("a", 1), &body, 100);
    let reading = fixture.store.find(&key("a", 1)).unwrap().unwrap();
    fixture.put(&key("a", 1), b"new", 100);
    fixture.store.delete(&key("a", 1)).unwrap();
    fixture.store.sweep().unwrap();
    assert_eq!(whole(&reading), body);
    drop(reading);
    fixture.store.sweep().unwrap();
    assert_eq!((fixture.count("chunks"), fixture.count("leavings")), (0, 0));
}

#[test]
fn it_outlives_the_process_but_what_was_half_written_does_not() {
    let fixture = fixture();
    fixture.put(&key("a", 1), b"kept", 100);
    let draft = fixture.store.begin().unwrap();
    fixture.store.append(draft, 0, b"half").unwrap();
    let again = opened(&fixture.folder, &fixture.now_ms);
    let reading = again.find(&key("a", 1)).unwrap().unwrap();
    assert_eq!((whole(&reading), reading.body_bytes), (b"kept".to_vec(), 4));
    again.sweep().unwrap();
    assert_eq!((fixture.count("chunks"), fixture.count("drafts"), fixture.count("leavings")), (1, 0, 0));
    assert!(!fixture.store.append(draft, 1, b"more").unwrap(), "the other process has it now");
    let head = CacheHead { head: Vec::new(), stored_ms: 0, expires_ms: 1 << 40 };
    assert!(!fixture.store.finish(draft, &key("a", 9), &head, 8, CAPS).unwrap());
    assert_eq!(fixture.body(&key("a", 9)), None);
    // A number is never given twice: chunks of two bodies never mix.
    assert!(again.begin().unwrap() > draft);
}

#[test]
fn an_owner_is_forgotten_and_nobody_else() {
    let fixture = fixture();
    for number in 0..=255 {
        fixture.put(&key("a", number), b"a", 100);
    }
    fixture.put(&key("b", 1), b"b", 100);
    fixture.store.forget("a").unwrap();
    assert_eq!((fixture.count("entries"), fixture.count("chunks"), fixture.count("owners")), (1, 1, 1));
    assert_eq!(fixture.body(&key("b", 1)).as_deref(), Some(&b"b"[..]));
}

#[test]
fn a_damaged_file_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cache"), vec![b'x'; 10_000]).unwrap();
    let now_ms = Arc::new(AtomicI64::new(0));
    let fixture = Fixture { store: opened(&folder, &now_ms), now_ms, folder };
    assert!(fixture.put(&key("a", 1), b"new", 100));
    assert!(fixture.body(&key("a", 1)).is_some());
}
