//! A file that the disk has changed: the store refuses it, or hands out what was written, or says what is damaged. It never
//! hands out other code, and never stops the node.

use mote_mutator::Random;

use super::*;

#[test]
fn a_file_with_other_bytes_in_it_is_refused_or_gives_the_right_code_or_none() {
    let (folder, store) = store();
    let path = folder.path().join("store");
    let mut random = Random::new(7);
    let source = |number: usize| format!("export default {number}; // {}", "code ".repeat(3_000 + number));
    for number in 0..8 {
        add(&store, "acme", &format!("w{number}"), &format!("v{number}"), &source(number)).unwrap();
    }
    // All of it in the file, and nothing in its log.
    store.lock().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(store);
    let sound = std::fs::read(&path).unwrap();
    let (mut refused, mut opened, mut missing) = (0, 0, 0);
    for round in 0..300 {
        let mut bytes = sound.clone();
        for _ in 0..=random.below(3) {
            let (at, length) = (random.below(bytes.len()), [1, 2, 16, 4_096][random.below(4)]);
            bytes.iter_mut().skip(at).take(length).for_each(|byte| *byte = random.byte());
        }
        if random.below(10) == 0 {
            bytes.truncate(random.below(bytes.len()));
        }
        let spoilt = folder.path().join(format!("spoilt{round}"));
        std::fs::write(&spoilt, &bytes).unwrap();
        let Ok(store) = Store::open(&spoilt) else {
            refused += 1;
            continue;
        };
        opened += 1;
        for number in 0..8 {
            let version = store.version("acme", &format!("w{number}"), &format!("v{number}"));
            match version.and_then(|version| Ok((store.bundle(version.bundle)?, version.bundle))) {
                Ok((found, hash)) => {
                    assert_eq!(
                        Bundle::decode(found).unwrap().hash(),
                        hash,
                        "round {round}: it is what it is called"
                    );
                }
                Err(_) => missing += 1,
            }
        }
        // Whatever they say, they end.
        let _ = (store.live(), store.audit("acme", 10), store.workers("acme"), store.accounts());
        let _ = store.remove_worker("acme", "w1", "me", 9);
        let _ = add(&store, "acme", "new", "v99", "new");
    }
    assert!(refused > 50 && opened > 20, "{refused} {opened} {missing}");
}

#[test]
fn the_same_code_deployed_again_mends_what_the_disk_has_changed() {
    let (_folder, store) = store();
    // The last ones change the row beside its content, lengths included, of which the sums know nothing.
    for (round, damage) in [
        "packed = zeroblob(length(packed))",
        "packed = CAST(substr(packed, 1, length(packed) - 1) || x'00' AS BLOB)",
        "bytes = 1",
        "bytes = -1",
        "packed = x'28b52ffd'",
        "packed = x''",
        "packed = zeroblob(100000)",
    ]
    .into_iter()
    .enumerate()
    {
        let version = add(&store, "acme", "shop", &format!("before{round}"), "the code").unwrap();
        let sound = store.bundle(version.bundle).unwrap();
        store.lock().execute(&format!("UPDATE bundles SET {damage}"), []).unwrap();
        assert!(store.bundle(version.bundle).is_err(), "{damage}");
        let again = add(&store, "acme", "shop", &format!("after{round}"), "the code").unwrap();
        assert_eq!(again.bundle, version.bundle);
        assert_eq!(store.bundle(version.bundle).unwrap(), sound, "{damage}");
        assert_eq!(bundles(&store), 1);
        if round < 4 {
            assert_eq!(stored::kept_sums(&store), stored::counted(&store), "{damage}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_named_with_what_the_system_says() {
    let (folder, store) = store();
    let nowhere = folder.path().join("no such folder/store");
    let refused = [
        Store::open(&nowhere).map(drop).unwrap_err(),
        Store::backup(&folder.path().join("store"), &nowhere).unwrap_err(),
    ];
    for error in refused {
        let StoreError::Unusable { path, source } = error else { panic!("{error}") };
        assert_eq!((path, source.kind()), (nowhere.clone(), std::io::ErrorKind::NotFound));
    }
    drop(store);
}
