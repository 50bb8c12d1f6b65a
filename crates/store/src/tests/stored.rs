//! What accounts have in the file: the sums are those of what is there, and nobody comes past what he may have.

use std::collections::BTreeMap;

use mote_mutator::Random;
use mote_wire::compatibility::Compatibility;

use super::*;
use crate::schema::STEPS;

const DAY_MS: i64 = 24 * 3_600_000;

/// The sums, looked up one by one.
pub(super) fn counted(store: &Store) -> BTreeMap<String, i64> {
    let connection = store.lock();
    let mut sums = BTreeMap::new();
    for sql in [
        "SELECT account, 128 + length(CAST(config_json AS BLOB)) + length(secrets) FROM versions JOIN workers ON name = worker",
        "SELECT account, 128 + length(CAST(path AS BLOB)) FROM version_assets JOIN versions ON id = version
         JOIN workers ON name = worker",
        "SELECT account, length(packed) FROM bundles JOIN (SELECT DISTINCT account, bundle FROM versions
         JOIN workers ON name = worker) ON bundle = hash",
        "SELECT account, length(packed) FROM prepared JOIN (SELECT DISTINCT account, bundle FROM versions
         JOIN workers ON name = worker) USING (bundle)",
        "SELECT account, 128 + length(bytes) FROM assets",
    ] {
        let mut statement = connection.prepare(sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            *sums.entry(row.get(0).unwrap()).or_insert(0) += row.get::<_, i64>(1).unwrap();
        }
    }
    sums
}

pub(super) fn kept_sums(store: &Store) -> BTreeMap<String, i64> {
    let connection = store.lock();
    let mut statement =
        connection.prepare("SELECT account, bytes FROM stored_accounts WHERE bytes <> 0").unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap()
}

fn holders(store: &Store) -> i64 {
    store.lock().query_row("SELECT count(*) FROM account_bundles", [], |row| row.get(0)).unwrap()
}

struct Upload<'a> {
    account: &'a str,
    worker: &'a str,
    id: &'a str,
    source: &'a str,
    files: &'a [String],
    kept: Kept,
    now_ms: i64,
}

impl Upload<'_> {
    fn send(&self, store: &Store, takes: &Takes<'_>) -> Result<Version, StoreError> {
        let path = |hash: &String| AssetPath { path: format!("/é/{hash}"), hash: hash.clone() };
        store.add_version(
            &NewVersion {
                id: self.id,
                account: self.account,
                worker: self.worker,
                tag: "tag",
                config_json: "{\"ä\":1}",
                secrets: b"sealed",
                bundle: &bundle(self.source),
                assets: &self.files.iter().map(path).collect::<Vec<_>>(),
                settings_json: None,
                kept: self.kept,
                who: "me",
                now_ms: self.now_ms,
            },
            takes,
        )
    }
}

fn asset(number: usize, bytes: usize) -> Asset {
    Asset { hash: format!("{number:032x}"), kind: String::new(), bytes: vec![7; bytes].into() }
}

#[test]
fn the_sums_are_those_of_what_is_there_whatever_was_done() {
    let (folder, mut store) = store();
    let (mut random, mut refused, mut now) = (Random::new(5), 0, 0);
    let kept = Kept { worker_versions_max: 4, account_bytes_max: 9_000, ..Kept::default() };
    for round in 0..3_000 {
        now += DAY_MS / 3;
        let account = ["acme", "other"][random.below(2)];
        let worker = format!("{account}-{}", random.below(3));
        let numbers: Vec<usize> = (0..random.below(4)).map(|_| random.below(6)).collect();
        let files: Vec<Asset> = numbers.iter().map(|number| asset(*number, 100 + 40 * number)).collect();
        let done = match random.below(12) {
            0..=5 => {
                let mut files: Vec<String> = files.into_iter().map(|file| file.hash).collect();
                files.sort();
                files.dedup();
                let (id, source) = (format!("v{round}"), format!("code {}", random.below(5)));
                let upload = Upload {
                    account,
                    worker: &worker,
                    id: &id,
                    source: &source,
                    files: &files,
                    kept,
                    now_ms: now,
                };
                let takes = all_to(&id);
                let takes = if random.below(3) == 0 { Takes::Nothing } else { Takes::All(&takes) };
                upload.send(&store, &takes).map(drop)
            }
            6 | 7 => store.add_assets(account, &files, kept, now),
            8 => store.remove_worker(account, &worker, "me", now),
            9 => {
                let of = bundle(&format!("code {}", random.below(6))).hash();
                let compatibility = Compatibility::kept(Some("2026-01-01"), []);
                let bytes: Vec<u8> = (0..random.below(900)).map(|_| random.byte()).collect();
                let of = PreparedFor { bundle: of, compatibility };
                store.keep_prepared(&of, ["one", "two"][random.below(2)], "{}", &bytes)
            }
            10 if random.below(4) == 0 => store.forget_prepared(["one", "two"][random.below(2)]),
            10 => store.check_room(account, &[u64::try_from(random.below(9_000)).unwrap()], kept, now),
            _ => {
                drop(store);
                store = Store::open(&folder.path().join("store")).unwrap();
                Ok(())
            }
        };
        match done {
            Ok(()) | Err(StoreError::NoWorker { .. } | StoreError::NoAsset) => {}
            Err(StoreError::OverQuota { .. }) => refused += 1,
            Err(error) => panic!("{error}"),
        }
        assert_eq!(kept_sums(&store), counted(&store), "round {round}");
    }
    assert!(refused > 20, "{refused}");
    for account in ["acme", "other"] {
        for number in 0..3 {
            let _ = store.remove_worker(account, &format!("{account}-{number}"), "me", now + 9 * DAY_MS);
        }
        assert_eq!(store.stored_bytes(account).unwrap(), 0, "nothing is left of it");
    }
    assert_eq!((holders(&store), bundles(&store)), (0, 0));
}

#[test]
fn a_store_of_a_time_without_sums_gets_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let old = rusqlite::Connection::open(&path).unwrap();
    let before = STEPS.iter().position(|step| step.contains("stored_accounts")).unwrap();
    for step in &STEPS[..before] {
        old.execute_batch(step).unwrap();
    }
    old.pragma_update(None, "user_version", i64::try_from(before).unwrap()).unwrap();
    old.execute_batch(
        "INSERT INTO workers VALUES ('shop', 'acme', 't', 0, 0, 2, '{}'), ('blog', 'acme', 't', 0, 0, 1, '{}'),
             ('other', 'other', 't', 0, 0, 1, '{}');
         INSERT INTO bundles VALUES ('b1', 9, zeroblob(1000)), ('b2', 9, zeroblob(50));
         INSERT INTO versions VALUES ('v1', 'shop', 1, 0, 'b1', '{\"ä\":1}', x'0102'), ('v2', 'shop', 2, 0, 'b2', '{}', x''),
             ('v3', 'blog', 1, 0, 'b1', '{}', x''), ('v4', 'other', 1, 0, 'b1', '{}', x'');
         INSERT INTO prepared VALUES ('b1', 'c', 'e', '{}', x'', 9, zeroblob(300)), ('gone', 'c', 'e', '{}', x'', 9, zeroblob(7));
         INSERT INTO assets VALUES ('acme', 'h1', '', 0, zeroblob(400)), ('third', 'h1', '', 0, zeroblob(5));
         INSERT INTO version_assets VALUES ('v1', '/ä.txt', 'h1'), ('v1', '/b.txt', 'h1');",
    )
    .unwrap();
    drop(old);
    let store = Store::open(&path).unwrap();
    let acme = (3 * 128 + 8 + 2 + 2 + 2) + (1_000 + 50) + 300 + (128 + 400) + (2 * 128 + 7 + 6);
    assert_eq!(store.stored_bytes("acme").unwrap(), acme);
    assert_eq!(store.stored_bytes("other").unwrap(), 128 + 2 + 1_000 + 300);
    assert_eq!(store.stored_bytes("third").unwrap(), 128 + 5);
    assert_eq!(kept_sums(&store), counted(&store));
    // What is done from now on goes by them.
    store.remove_worker("acme", "shop", "me", 9 * DAY_MS).unwrap();
    assert_eq!(store.stored_bytes("acme").unwrap(), 128 + 2 + 1_000 + 300);
    assert_eq!(kept_sums(&store), counted(&store));
}

#[test]
fn an_account_comes_to_what_it_may_have_and_not_past_it() {
    let (_folder, store) = store();
    let add = |account, id: &str, kept| {
        Upload { account, worker: account, id, source: "code", files: &[], kept, now_ms: 5 }
            .send(&store, &Takes::All(&all_to(id)))
    };
    add("acme", "v1", Kept::default()).unwrap();
    let bytes_max = store.stored_bytes("acme").unwrap();
    let exactly = Kept { account_bytes_max: bytes_max, ..Kept::default() };
    add("other", "v2", exactly).unwrap();
    assert_eq!(store.stored_bytes("other").unwrap(), bytes_max, "the same code counts for each who has it");
    let less = Kept { account_bytes_max: bytes_max - 1, ..Kept::default() };
    let refused = add("third", "v3", less).unwrap_err();
    assert!(
        matches!(refused, StoreError::OverQuota { bytes, bytes_max: max } if bytes == bytes_max && max == bytes_max - 1),
        "{refused}"
    );
    assert!(refused.to_string().contains("account_stored_mib"), "{refused}");
    assert!(store.live_one("third").unwrap().is_none() && store.stored_bytes("third").unwrap() == 0);
    let file = asset(1, 10);
    assert!(matches!(
        store.add_assets("other", std::slice::from_ref(&file), exactly, 5),
        Err(StoreError::OverQuota { .. })
    ));
    assert!(store.asset("other", &file.hash).unwrap().is_none());
    assert!(matches!(store.check_room("other", &[10], exactly, 5), Err(StoreError::OverQuota { .. })));
    assert!(matches!(
        store.check_room("other", &[u64::MAX; 3], exactly, 5),
        Err(StoreError::OverQuota { .. })
    ));
    store.check_room("other", &[], exactly, 5).unwrap();
    assert_eq!(store.stored_bytes("other").unwrap(), bytes_max);
}

#[test]
fn old_versions_give_way_before_a_deploy_is_refused() {
    let (_folder, store) = store();
    let kept = Kept { account_bytes_max: 14_000, ..Kept::default() };
    // Code that does not get smaller when it is packed.
    let mut random = Random::new(3);
    let mut code = |bytes: usize| -> String {
        (0..bytes).map(|_| char::from(b'0' + u8::try_from(random.below(75)).unwrap())).collect()
    };
    let mut send = |id: &str, bytes: usize, takes: &Takes<'_>| {
        let source = code(bytes);
        Upload { account: "acme", worker: "shop", id, source: &source, files: &[], kept, now_ms: 5 }
            .send(&store, takes)
    };
    for number in 0..60 {
        send(&format!("v{number}"), 1_000, &Takes::Nothing).unwrap();
        assert!(store.stored_bytes("acme").unwrap() <= 14_000);
    }
    let ids = || -> Vec<String> {
        store.versions("acme", "shop", 99).unwrap().into_iter().map(|version| version.id).collect()
    };
    assert!(ids().len() > 5 && ids().contains(&"v59".to_owned()), "{:?}", ids());
    send("deployed", 3_000, &Takes::All(&all_to("deployed"))).unwrap();
    send("large", 9_000, &Takes::Nothing).unwrap();
    assert_eq!(ids()[..2], ["large", "deployed"], "what is deployed stays");
    let kept_ids = ids();
    let before = store.stored_bytes("acme").unwrap();
    assert!(matches!(send("too large", 20_000, &Takes::Nothing), Err(StoreError::OverQuota { .. })));
    assert_eq!(
        (ids(), store.stored_bytes("acme").unwrap()),
        (kept_ids, before),
        "nothing was forgotten in vain"
    );
    assert_eq!(kept_sums(&store), counted(&store));
}

#[test]
fn files_that_nobody_deployed_give_way_after_a_day() {
    let (_folder, store) = store();
    let kept = Kept { account_bytes_max: 1_000, ..Kept::default() };
    store.add_assets("acme", &[asset(1, 600)], kept, 0).unwrap();
    let second = [asset(2, 600)];
    assert!(matches!(store.add_assets("acme", &second, kept, DAY_MS - 1), Err(StoreError::OverQuota { .. })));
    store.check_room("acme", &[600], kept, DAY_MS + 1).unwrap();
    assert!(store.asset("acme", &asset(1, 0).hash).unwrap().is_some(), "to ask changes nothing");
    store.add_assets("acme", &second, kept, DAY_MS + 1).unwrap();
    assert!(store.asset("acme", &asset(1, 0).hash).unwrap().is_none());
    assert_eq!(store.stored_bytes("acme").unwrap(), 728);
}

#[test]
fn who_has_more_than_he_may_now_goes_on_and_can_come_down() {
    let (_folder, store) = store();
    for id in ["v1", "v2", "v3"] {
        add(&store, "acme", "shop", id, "code").unwrap();
    }
    let none = Kept { account_bytes_max: 1, ..Kept::default() };
    store.deploy("acme", "shop", &NewDeployment { id: "back".to_owned(), ..all_to("v1") }).unwrap();
    assert!(matches!(
        add_within(&store, none, ("acme", "shop"), "v4", "other"),
        Err(StoreError::OverQuota { .. })
    ));
    // One that is no larger than what it pushes out is taken, though all of it is still too much.
    for number in 0..12 {
        let id = format!("w{number}");
        Upload {
            account: "acme",
            worker: "shop",
            id: &id,
            source: "code",
            files: &[],
            kept: Kept::default(),
            now_ms: 5,
        }
        .send(&store, &Takes::All(&all_to(&id)))
        .unwrap();
    }
    let before = store.stored_bytes("acme").unwrap();
    let small = Upload {
        account: "acme",
        worker: "shop",
        id: "small",
        source: "code",
        files: &[],
        kept: none,
        now_ms: 5,
    };
    small.send(&store, &Takes::Nothing).unwrap();
    assert!(store.stored_bytes("acme").unwrap() <= before);
    store.remove_worker("acme", "shop", "me", 9).unwrap();
    assert_eq!(store.stored_bytes("acme").unwrap(), 0);
}
