use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use tempfile::TempDir;

use super::*;

const CAPS: LogCaps = LogCaps { account_bytes_max: 100_000, node_bytes_max: 150_000, age_ms_max: 1_000 };

struct Fixture {
    store: LogStore,
    now_ms: Arc<AtomicI64>,
    folder: TempDir,
}

fn opened(folder: &TempDir, now_ms: &Arc<AtomicI64>) -> (LogStore, LogsKept) {
    let clock = now_ms.clone();
    let clock = Arc::new(move || clock.load(Ordering::Relaxed));
    LogStore::open(&folder.path().join("logs"), clock).unwrap()
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let now_ms = Arc::new(AtomicI64::new(5_000));
    let (store, kept) = opened(&folder, &now_ms);
    assert_eq!(kept, LogsKept::Whole);
    Fixture { store, now_ms, folder }
}

fn log(account: &str, worker: &str, at_ms: i64, document: &str) -> NewLog {
    NewLog { account: account.to_owned(), worker: worker.to_owned(), at_ms, document: document.to_owned() }
}

fn all_of(account: &str) -> LogQuery {
    LogQuery {
        account: account.to_owned(),
        worker: None,
        from_ms: 0,
        to_ms: i64::MAX,
        between: (0, i64::MAX),
        order: LogOrder::Newest,
        events_max: 1_000,
        bytes_max: 1 << 20,
    }
}

impl Fixture {
    fn add(&self, batch: &[NewLog]) {
        assert_eq!(self.store.append(batch, CAPS).unwrap(), LogsKept::Whole);
    }

    fn found(&self, query: &LogQuery) -> Vec<String> {
        let page = self.store.find(query, &|_| true).unwrap();
        page.logs.into_iter().map(|log| log.document).collect()
    }
}

#[test]
fn an_account_finds_its_own_events_and_no_others() {
    let fixture = fixture();
    fixture.add(&[log("acme", "shop", 5_000, "1"), log("evil", "shop", 5_000, "2")]);
    fixture.add(&[log("acme", "blog", 5_001, "3"), log("acme", "shop", 5_002, "4")]);
    assert_eq!(fixture.found(&all_of("acme")), ["4", "3", "1"]);
    assert_eq!(fixture.found(&all_of("evil")), ["2"]);
    assert!(fixture.found(&all_of("nobody")).is_empty());
    let shop = LogQuery { worker: Some("shop".to_owned()), order: LogOrder::Oldest, ..all_of("acme") };
    assert_eq!(fixture.found(&shop), ["1", "4"]);
    assert_eq!(fixture.found(&LogQuery { from_ms: 5_001, ..all_of("acme") }), ["4", "3"]);
    assert_eq!(fixture.found(&LogQuery { to_ms: 5_001, ..all_of("acme") }), ["1"]);
    let odd = |log: &KeptLog| log.document != "3";
    assert_eq!(fixture.store.find(&all_of("acme"), &odd).unwrap().logs.len(), 2);
}

#[test]
fn whoever_reads_in_pages_sees_each_event_once() {
    let fixture = fixture();
    for number in 0..50 {
        fixture.add(&[log("acme", "shop", 5_000, &format!("{number:02}"))]);
    }
    for (events_max, bytes_max) in [(7, 1 << 20), (1_000, 11), (1_000, 1), (50, 1 << 20)] {
        let mut query = LogQuery { events_max, bytes_max, ..all_of("acme") };
        let mut seen = Vec::new();
        loop {
            let page = fixture.store.find(&query, &|_| true).unwrap();
            seen.extend(page.logs.into_iter().map(|log| log.document));
            let Some(behind) = page.rest_behind else { break };
            query.between.1 = behind;
        }
        let expected: Vec<String> = (0..50).rev().map(|number| format!("{number:02}")).collect();
        assert_eq!(seen, expected, "{events_max} {bytes_max}");
    }
}

#[test]
fn the_oldest_leave_when_an_account_keeps_too_much_and_nobody_elses() {
    let fixture = fixture();
    fixture.add(&[log("acme", "shop", 5_000, "small")]);
    let large = "x".repeat(10_000);
    for number in 0..40 {
        fixture.add(&[log("evil", "flood", 5_000, &format!("{number} {large}"))]);
        assert!(fixture.store.bytes_of("evil").unwrap() <= CAPS.account_bytes_max);
    }
    let kept = fixture.found(&all_of("evil"));
    assert!(kept[0].starts_with("39 ") && kept.len() == 9, "{}", kept.len());
    assert_eq!(fixture.found(&all_of("acme")), ["small"]);
    // The node as a whole: who keeps most gives way.
    for number in 0..20 {
        fixture.add(&[log("more", "flood", 5_000, &format!("{number} {large}"))]);
    }
    let both = fixture.store.bytes_of("evil").unwrap() + fixture.store.bytes_of("more").unwrap();
    assert!(both <= CAPS.node_bytes_max && fixture.store.bytes_of("more").unwrap() > 0, "{both}");
    assert_eq!(fixture.found(&all_of("acme")), ["small"]);
    // One event alone that is more than there may be.
    fixture.add(&[log("evil", "flood", 5_000, &"x".repeat(200_000))]);
    assert_eq!(fixture.store.bytes_of("evil").unwrap(), 0);
}

#[test]
fn an_event_leaves_when_its_time_is_over() {
    let fixture = fixture();
    for number in 0..500 {
        fixture.add(&[log("acme", "shop", 5_000, &number.to_string())]);
    }
    fixture.now_ms.store(6_001, Ordering::Relaxed);
    fixture.add(&[log("acme", "shop", 6_001, "new")]);
    assert_eq!(fixture.found(&all_of("acme")), ["new"]);
    fixture.now_ms.store(9_000, Ordering::Relaxed);
    fixture.store.sweep(CAPS).unwrap();
    assert!(fixture.found(&all_of("acme")).is_empty());
    assert_eq!(fixture.store.bytes_of("acme").unwrap(), 0);
}

#[test]
fn an_account_that_leaves_takes_its_events_along() {
    let fixture = fixture();
    for number in 0..500 {
        fixture.add(&[log("acme", "shop", 5_000, &number.to_string())]);
    }
    fixture.add(&[log("other", "blog", 5_000, "stays")]);
    fixture.store.forget("acme").unwrap();
    assert!(fixture.found(&all_of("acme")).is_empty());
    assert_eq!(fixture.found(&all_of("other")), ["stays"]);
}

#[test]
fn ids_are_never_given_twice_also_after_a_restart() {
    let fixture = fixture();
    fixture.add(&[log("acme", "shop", 5_000, "1")]);
    let first = fixture.store.find(&all_of("acme"), &|_| true).unwrap().logs[0].id;
    fixture.store.forget("acme").unwrap();
    let Fixture { store, now_ms, folder } = fixture;
    drop(store);
    let (store, kept) = opened(&folder, &now_ms);
    assert_eq!(kept, LogsKept::Whole);
    store.append(&[log("acme", "shop", 5_000, "2")], CAPS).unwrap();
    assert!(store.find(&all_of("acme"), &|_| true).unwrap().logs[0].id > first);
}

#[test]
fn a_damaged_file_is_moved_aside_and_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let now_ms = Arc::new(AtomicI64::new(5_000));
    fs::write(folder.path().join("logs"), "no database at all, but a text that is long enough").unwrap();
    let (store, kept) = opened(&folder, &now_ms);
    assert_eq!(kept, LogsKept::BegunAnew);
    assert!(folder.path().join("logs.damaged").is_file());
    store.append(&[log("acme", "shop", 5_000, "1")], CAPS).unwrap();
    // Of a Mote to come.
    lock(&store.writer).execute_batch("PRAGMA user_version = 7").unwrap();
    drop(store);
    let (store, kept) = opened(&folder, &now_ms);
    assert_eq!(kept, LogsKept::BegunAnew);
    assert!(store.find(&all_of("acme"), &|_| true).unwrap().logs.is_empty());
}

#[test]
fn damage_that_is_found_while_the_node_runs_costs_the_events_that_were_there_and_no_more() {
    let fixture = fixture();
    let long = "x".repeat(2_000);
    for _ in 0..20 {
        fixture.add(&[log("acme", "shop", 5_000, &long)]);
    }
    lock(&fixture.store.writer).execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let path = fixture.folder.path().join("logs");
    let length = usize::try_from(fs::metadata(&path).unwrap().len()).unwrap();
    fs::write(&path, vec![7_u8; length]).unwrap();
    // What it has in memory is sound.
    lock(&fixture.store.writer).execute_batch("PRAGMA shrink_memory").unwrap();
    let kept = fixture.store.append(&[log("acme", "shop", 5_000, "new")], CAPS).unwrap();
    assert_eq!(kept, LogsKept::BegunAnew);
    assert_eq!(fixture.found(&all_of("acme")), ["new"]);
}
