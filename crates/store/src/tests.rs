//! What is kept, and what becomes of it when something goes wrong.

mod accounts;
mod addresses;
mod damage;
mod kept;
mod orders;
mod prepared;
mod stored;
mod tokens;

use std::path::Path;

use mote_wire::bundle::{Bundle, Format, Module, ModuleKind, ModuleSpecifier};

use super::*;

fn bundle(source: &str) -> Bundle {
    let main = ModuleSpecifier::parse("index.js").unwrap();
    let module = Module::new(main.clone(), ModuleKind::EsModule, source.to_owned());
    Bundle::new(vec![module], main, Format::Modules).unwrap()
}

fn all_to(version: &str) -> NewDeployment {
    NewDeployment {
        id: format!("deployment of {version}"),
        now_ms: 7,
        author: "me".to_owned(),
        annotations_json: "{}".to_owned(),
        shares: vec![Share { version: version.to_owned(), per_mille: 1_000 }],
    }
}

fn add(store: &Store, account: &str, worker: &str, id: &str, source: &str) -> Result<Version, StoreError> {
    add_within(store, Kept::default(), (account, worker), id, source)
}

fn add_within(
    store: &Store,
    kept: Kept,
    (account, worker): (&str, &str),
    id: &str,
    source: &str,
) -> Result<Version, StoreError> {
    let bundle = bundle(source);
    let new = NewVersion {
        settings_json: None,
        kept,
        id,
        account,
        worker,
        tag: "tag",
        config_json: "{}",
        secrets: b"sealed",
        bundle: &bundle,
        assets: &[],
        who: "me",
        now_ms: 5,
    };
    store.add_version(&new, &Takes::All(&all_to(id)))
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store")).unwrap();
    (folder, store)
}

fn bundles(store: &Store) -> i64 {
    store.lock().query_row("SELECT count(*) FROM bundles", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_version_is_there_after_a_restart_as_it_was_written() {
    let (folder, store) = store();
    let written = add(&store, "acme", "shop", "v1", "export default {}").unwrap();
    drop(store);
    let store = Store::open(&folder.path().join("store")).unwrap();
    assert_eq!(store.version("acme", "shop", "v1").unwrap(), written);
    assert_eq!(store.bundle(written.bundle).unwrap(), bundle("export default {}").encode());
    let live = store.live().unwrap();
    assert_eq!(live[0].shares, [Share { version: "v1".to_owned(), per_mille: 1_000 }]);
    assert_eq!(live[0].versions, ["v1"]);
}

#[test]
fn the_same_code_is_kept_once_and_goes_with_its_last_version() {
    let (_folder, store) = store();
    add(&store, "acme", "one", "v1", "same").unwrap();
    add(&store, "acme", "two", "v2", "same").unwrap();
    add(&store, "acme", "two", "v3", "other").unwrap();
    assert_eq!(bundles(&store), 2);
    store.remove_worker("acme", "two", "me", 9).unwrap();
    assert_eq!(bundles(&store), 1);
    store.remove_worker("acme", "one", "me", 9).unwrap();
    assert_eq!(bundles(&store), 0);
    let whats: Vec<String> = store.audit("acme", 2).unwrap().into_iter().map(|entry| entry.what).collect();
    assert_eq!(whats, ["delete", "delete"]);
}

#[test]
fn an_account_sees_and_changes_nothing_of_another() {
    let (_folder, store) = store();
    add(&store, "acme", "shop", "v1", "a").unwrap();
    assert!(matches!(add(&store, "evil", "shop", "v2", "b"), Err(StoreError::NameTaken { .. })));
    assert!(matches!(store.version("evil", "shop", "v1"), Err(StoreError::NoWorker { .. })));
    assert!(matches!(store.deploy("evil", "shop", &all_to("v1")), Err(StoreError::NoWorker { .. })));
    assert!(matches!(store.remove_worker("evil", "shop", "me", 9), Err(StoreError::NoWorker { .. })));
    assert_eq!(store.versions("acme", "shop", 9).unwrap().len(), 1, "the refused upload left nothing behind");
    assert_eq!(bundles(&store), 1);
}

#[test]
fn a_deployment_of_a_version_that_is_not_there_changes_nothing() {
    let (_folder, store) = store();
    add(&store, "acme", "shop", "v1", "a").unwrap();
    add(&store, "acme", "other", "v2", "b").unwrap();
    for version in ["v2", "v9"] {
        assert!(matches!(store.deploy("acme", "shop", &all_to(version)), Err(StoreError::NoVersion { .. })));
    }
    assert_eq!(store.deployments("acme", "shop", 9).unwrap().len(), 1);
    assert_eq!(store.live_one("shop").unwrap().unwrap().shares[0].version, "v1");
}

#[test]
fn numbers_of_versions_go_on_and_the_newest_deployment_counts() {
    let (_folder, store) = store();
    for id in ["v1", "v2", "v3"] {
        add(&store, "acme", "shop", id, id).unwrap();
    }
    let numbers: Vec<i64> =
        store.versions("acme", "shop", 9).unwrap().iter().map(|version| version.number).collect();
    assert_eq!(numbers, [3, 2, 1]);
    let back = NewDeployment { id: "back".to_owned(), ..all_to("v1") };
    store.deploy("acme", "shop", &back).unwrap();
    assert_eq!(store.live_one("shop").unwrap().unwrap().shares[0].version, "v1");
}

#[test]
fn a_time_of_a_trigger_is_claimed_once_also_after_it_was_set_again() {
    let (folder, store) = store();
    add(&store, "acme", "clock", "v1", "a").unwrap();
    let set = |store: &Store, now| {
        store.set_schedules("acme", "clock", &["* * * * *".to_owned()], ("me", now)).unwrap();
    };
    set(&store, 10);
    let claim = |store: &Store, cron: &str, due_ms: i64| {
        store.claim_schedules(&[("clock", cron, due_ms)]).unwrap() == [true]
    };
    assert!(claim(&store, "* * * * *", 60));
    let other = Store::open(&folder.path().join("store")).unwrap();
    assert!(!claim(&other, "* * * * *", 60), "another process");
    set(&store, 70);
    assert!(!claim(&store, "* * * * *", 60));
    assert!(claim(&other, "* * * * *", 120));
    assert!(!claim(&store, "0 0 * * *", 120), "one that is not there");
    let several = [("clock", "* * * * *", 120), ("none", "* * * * *", 180), ("clock", "* * * * *", 180)];
    assert_eq!(store.claim_schedules(&several).unwrap(), [false, false, true], "each for itself");
}

#[test]
fn a_damaged_file_is_refused_and_left_as_it_is() {
    let (folder, store) = store();
    let path = folder.path().join("store");
    add(&store, "acme", "shop", "v1", &"code ".repeat(20_000)).unwrap();
    drop(store);
    std::fs::write(folder.path().join("none"), "this is no database, and long enough to be told from one")
        .unwrap();
    assert!(matches!(Store::open(&folder.path().join("none")), Err(StoreError::Corrupt { .. })));
    let mut bytes = std::fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes.truncate(half);
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(Store::open(&path), Err(StoreError::Corrupt { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_bundle_takes_no_more_memory_than_it_has_bytes() {
    let (_folder, store) = store();
    let version = add(&store, "acme", "shop", "v1", "code").unwrap();
    let bundle = store.bundle(version.bundle).unwrap();
    let (length, room) = (bundle.len(), Vec::from(bundle).capacity());
    assert!(room < length + 1_024, "{length} bytes in {room}");
}

#[test]
fn a_damaged_bundle_is_not_handed_out() {
    let (_folder, store) = store();
    let version = add(&store, "acme", "shop", "v1", "good").unwrap();
    let other = zstd::bulk::compress(&bundle("evil").encode(), 3).unwrap();
    store.lock().execute("UPDATE bundles SET packed = ?1", [other]).unwrap();
    assert!(matches!(store.bundle(version.bundle), Err(StoreError::Bundle { .. })));
    store.lock().execute("UPDATE bundles SET packed = x'00'", []).unwrap();
    assert!(matches!(store.bundle(version.bundle), Err(StoreError::Unpack { .. })));
}

#[test]
fn the_file_of_a_newer_mote_is_left_alone() {
    let (folder, store) = store();
    store.lock().pragma_update(None, "user_version", 99).unwrap();
    drop(store);
    let error = Store::open(&folder.path().join("store")).unwrap_err();
    assert!(error.to_string().contains("a newer Mote"), "{error}");
}

#[test]
fn a_write_that_finds_the_disk_full_changes_nothing() {
    let (_folder, store) = store();
    add(&store, "acme", "shop", "v1", "a").unwrap();
    let pages: i64 = store.lock().pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    // SQLite's own word for a disk without room: no page more than there are.
    store.lock().pragma_update(None, "max_page_count", pages).unwrap();
    let mut code = String::new();
    let mut state = 1_u64;
    while code.len() < 200_000 {
        // Digits that do not compress.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        code += &state.to_string();
    }
    assert!(matches!(add(&store, "acme", "shop", "v2", &code), Err(StoreError::Full)));
    assert_eq!(store.versions("acme", "shop", 9).unwrap().len(), 1);
    store.lock().pragma_update(None, "max_page_count", 1_000_000).unwrap();
    assert_eq!(add(&store, "acme", "shop", "v2", &code).unwrap().number, 2);
}

#[test]
fn a_backup_is_whole_while_the_node_goes_on_writing() {
    let (folder, store) = store();
    let (from, to) = (folder.path().join("store"), folder.path().join("copy"));
    add(&store, "acme", "shop", "v1", "a").unwrap();
    backup(&from, &to);
    add(&store, "acme", "shop", "v2", "b").unwrap();
    let copy = Store::open(&to).unwrap();
    assert_eq!(copy.versions("acme", "shop", 9).unwrap().len(), 1);
    assert!(Store::backup(&from, &to).is_err(), "what is there is not written over");
}

fn backup(from: &Path, to: &Path) {
    Store::backup(from, to).unwrap();
}

#[test]
fn files_belong_to_their_account_and_go_with_their_last_version() {
    let (_folder, store) = store();
    let hash = "00112233445566778899aabbccddeeff".to_owned();
    let file =
        |text: &'static str| Asset { hash: hash.clone(), kind: "text/plain".to_owned(), bytes: text.into() };
    store.add_assets("acme", &[file("one")], Kept::default(), 0).unwrap();
    assert_eq!(
        store.missing_assets("evil", std::slice::from_ref(&hash)).unwrap(),
        std::slice::from_ref(&hash)
    );
    store.add_assets("evil", &[file("other")], Kept::default(), 0).unwrap();
    assert_eq!(store.asset("acme", &hash).unwrap().unwrap().bytes, "one");
    let bundle = bundle("code");
    let paths = [AssetPath { path: "/a.txt".to_owned(), hash: hash.clone() }];
    let new = NewVersion {
        settings_json: None,
        kept: Kept::default(),
        id: "v1",
        account: "acme",
        worker: "shop",
        tag: "tag",
        config_json: "{}",
        secrets: b"",
        bundle: &bundle,
        assets: &paths,
        who: "me",
        now_ms: 5,
    };
    store.add_version(&new, &Takes::Nothing).unwrap();
    assert_eq!(store.asset_paths("v1").unwrap(), paths);
    add(&store, "acme", "other", "v2", "b").unwrap();
    let much_later = 100 * 24 * 3_600_000;
    store.remove_worker("acme", "other", "me", much_later).unwrap();
    assert!(store.asset("acme", &hash).unwrap().is_some(), "a version has it");
    store.remove_worker("acme", "shop", "me", much_later).unwrap();
    assert!(store.asset("acme", &hash).unwrap().is_none());
    assert!(matches!(store.add_version(&new, &Takes::Nothing), Err(StoreError::NoAsset)));
    assert!(store.live_one("shop").unwrap().is_none(), "nothing of it was written");
    assert!(store.asset("evil", &hash).unwrap().is_some(), "another account's is none of its business");
}
