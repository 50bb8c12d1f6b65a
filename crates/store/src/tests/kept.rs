//! How much is kept of what has no end.

use std::collections::BTreeSet;

use super::*;
use crate::kept::forget_audit;

fn few(versions: u32) -> Kept {
    Kept { worker_versions_max: versions, ..Kept::default() }
}

fn ids(store: &Store) -> Vec<String> {
    store.versions("acme", "shop", 1_000).unwrap().into_iter().map(|version| version.id).collect()
}

fn back_to(store: &Store, version: &str, number: usize) -> Result<(), StoreError> {
    store.deploy("acme", "shop", &NewDeployment { id: format!("back {number}"), ..all_to(version) })
}

#[test]
fn whoever_deploys_without_end_keeps_the_newest_and_what_he_may_roll_back_to() {
    let (_folder, store) = store();
    let mut random = 1_u64;
    let mut below = |bound: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(random >> 33).unwrap() % bound
    };
    for round in 0..400 {
        let known = if round == 0 { Vec::new() } else { ids(&store) };
        if known.is_empty() || below(3) > 0 {
            // Code comes again and again.
            let source = format!("code {}", below(20));
            add_within(&store, few(5), ("acme", "shop"), &format!("v{round}"), &source).unwrap();
        } else {
            back_to(&store, &known[below(known.len())], round).unwrap();
        }
        let kept = ids(&store);
        assert!(kept.len() <= 5 + 10, "{kept:?}");
        let newest: Vec<&String> = known.iter().take(4).collect();
        assert!(newest.iter().all(|id| kept.contains(id)), "{newest:?} of {kept:?}");
        let deployments = store.deployments("acme", "shop", 1_000).unwrap();
        assert!(deployments.len() <= 100);
        for deployment in &deployments {
            assert_eq!(deployment.shares.iter().map(|share| share.per_mille).sum::<u32>(), 1_000);
            assert!(deployment.shares.iter().all(|share| kept.contains(&share.version)));
        }
        assert_eq!(store.live_one("shop").unwrap().unwrap().shares, deployments[0].shares);
        let hashes: BTreeSet<String> = store
            .versions("acme", "shop", 1_000)
            .unwrap()
            .iter()
            .map(|version| version.bundle.to_string())
            .collect();
        assert_eq!(
            usize::try_from(bundles(&store)).unwrap(),
            hashes.len(),
            "no bundle is left over or lacks"
        );
    }
}

#[test]
fn a_bundle_that_another_account_has_too_outlives_the_version() {
    let (_folder, store) = store();
    let other = add(&store, "other", "blog", "b1", "same").unwrap();
    add_within(&store, few(1), ("acme", "shop"), "v0", "same").unwrap();
    for number in 1..30 {
        add_within(&store, few(1), ("acme", "shop"), &format!("v{number}"), &format!("code {number}"))
            .unwrap();
    }
    assert!(!ids(&store).contains(&"v0".to_owned()));
    assert!(store.bundle(other.bundle).is_ok());
    assert_eq!(store.versions("other", "blog", 9).unwrap().len(), 1);
}

#[test]
fn files_go_with_the_last_version_that_has_them() {
    let (_folder, store) = store();
    let file = |hash: &str| Asset { hash: hash.to_owned(), kind: String::new(), bytes: "x".into() };
    store.add_assets("acme", &[file("old"), file("shared")], Kept::default(), 0).unwrap();
    let late = 100 * 24 * 3_600_000;
    let add_with = |id: &str, hashes: &[&str]| {
        let paths: Vec<AssetPath> = hashes
            .iter()
            .map(|hash| AssetPath { path: format!("/{hash}"), hash: (*hash).to_owned() })
            .collect();
        let bundle = bundle(id);
        let new = NewVersion {
            settings_json: None,
            kept: few(1),
            id,
            account: "acme",
            worker: "shop",
            tag: "tag",
            config_json: "{}",
            secrets: b"",
            bundle: &bundle,
            assets: &paths,
            who: "me",
            now_ms: late,
        };
        store.add_version(&new, &Takes::Nothing).unwrap();
    };
    add_with("v1", &["old", "shared"]);
    add_with("v2", &["shared"]);
    assert_eq!(ids(&store), ["v2"], "nothing was deployed");
    assert!(store.asset("acme", "old").unwrap().is_none());
    assert!(store.asset("acme", "shared").unwrap().is_some());
}

#[test]
fn one_worker_more_than_there_may_be_is_refused_and_old_ones_go_on() {
    let (_folder, store) = store();
    let kept = Kept { account_workers_max: 2, ..Kept::default() };
    let add = |account: &str, worker: &str, id: &str| add_within(&store, kept, (account, worker), id, id);
    add("acme", "one", "v1").unwrap();
    add("acme", "two", "v2").unwrap();
    let refused = add("acme", "three", "v3").unwrap_err();
    assert!(matches!(refused, StoreError::TooManyWorkers { workers_max: 2 }), "{refused}");
    assert!(store.live_one("three").unwrap().is_none() && bundles(&store) == 2, "nothing of it is left");
    add("acme", "two", "v4").unwrap();
    add("other", "three", "v5").unwrap();
    store.remove_worker("acme", "one", "me", 9).unwrap();
    add("acme", "four", "v6").unwrap();
}

#[test]
fn the_audit_log_of_one_account_is_cut_and_no_others() {
    let (_folder, store) = store();
    add(&store, "other", "blog", "b1", "a").unwrap();
    for number in 0..10 {
        add(&store, "acme", "shop", &format!("v{number}"), "a").unwrap();
    }
    let before = store.audit("acme", 100).unwrap();
    forget_audit(&store.lock(), "acme", 5).unwrap();
    assert_eq!(store.audit("acme", 100).unwrap(), before[..5]);
    assert_eq!(store.audit("other", 100).unwrap().len(), 2);
    forget_audit(&store.lock(), "acme", 5).unwrap();
    assert_eq!(store.audit("acme", 100).unwrap().len(), 5);
}
