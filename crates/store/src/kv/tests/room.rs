//! Room: each account has its own, and the disk has an end.

use super::*;

#[test]
fn an_account_keeps_no_more_than_its_cap() {
    let fixture = fixture();
    let cap = 2 * (64 + 1 + 100);
    let put = |key: &str, bytes: usize| fixture.put_at_most("n1", vec![pair(key, vec![0; bytes])], cap);
    put("a", 100).unwrap();
    put("b", 100).unwrap();
    let refused = put("b", 101).unwrap_err();
    assert!(matches!(refused, KvError::OverQuota { bytes_max } if bytes_max == cap), "{refused}");
    assert_eq!(fixture.kv.get("n1", &key_of("b"), 100).unwrap().unwrap().value.len(), 100, "nothing changed");
    assert!(matches!(put("c", 0), Err(KvError::OverQuota { .. })), "an empty one takes room, too");
    put("a", 99).unwrap();
    put("b", 101).unwrap();
    // Another account is none of its business.
    fixture.create("other", "o1", "one").unwrap();
    fixture.put_at_most("o1", vec![pair("a", vec![0; 200])], cap).unwrap();
    fixture.delete("n1", "a").unwrap();
    put("c", 99).unwrap();
    assert_eq!(fixture.kv.account_bytes("acme").unwrap(), cap);
    // An account whose cap was lowered may write what takes less.
    fixture.put_at_most("n1", vec![pair("b", vec![0; 50])], 10).unwrap();
    assert!(matches!(
        fixture.put_at_most("n1", vec![pair("b", vec![0; 51])], 10),
        Err(KvError::OverQuota { .. })
    ));
}

#[test]
fn many_pairs_are_written_all_or_none() {
    let fixture = fixture();
    let pairs = || (0..10).map(|number| pair(&number.to_string(), "v")).collect::<Vec<_>>();
    assert!(matches!(fixture.put_at_most("n1", pairs(), 10 * 66 - 1), Err(KvError::OverQuota { .. })));
    assert_eq!((fixture.count("kv_pairs"), fixture.kv.account_bytes("acme").unwrap()), (0, 0));
    fixture.put_at_most("n1", pairs(), 10 * 66).unwrap();
    // The same key again and again takes the room of one.
    let same = (0..10).map(|number| pair("0", vec![0; number])).collect();
    fixture.put_at_most("n1", same, 10 * 66 + 8).unwrap();
    assert_eq!(fixture.kv.account_bytes("acme").unwrap(), 10 * 66 + 8);
}

#[test]
fn refusals_in_a_shared_transaction_spare_the_others() {
    let fixture = fixture();
    std::thread::scope(|threads| {
        for thread in 0..6 {
            let fixture = &fixture;
            threads.spawn(move || {
                for number in 0..40 {
                    let key = format!("{thread}-{number}");
                    match number % 4 {
                        0 => assert!(matches!(
                            fixture.put("gone", vec![pair(&key, "v")]),
                            Err(KvError::NoNamespace)
                        )),
                        1 => assert!(matches!(
                            fixture.put_at_most("n1", vec![pair(&key, "v")], 1),
                            Err(KvError::OverQuota { .. })
                        )),
                        _ => fixture.put("n1", vec![pair(&key, "v")]).unwrap(),
                    }
                }
            });
        }
    });
    assert_eq!(fixture.count("kv_pairs"), 6 * 20);
}

#[test]
fn a_write_that_finds_the_disk_full_changes_nothing_and_takes_nobody_along() {
    let fixture = fixture();
    fixture.put("n1", vec![pair("a", "before")]).unwrap();
    fixture.on_the_writer(|connection| {
        let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
        // SQLite's own word for a disk without room. A few pages more: small writes still fit.
        connection.pragma_update(None, "max_page_count", pages + 20)
    });
    let large = || vec![pair("small", "v"), pair("large", vec![1; 200_000])];
    assert!(matches!(fixture.put("n1", large()), Err(KvError::Store(StoreError::Full))));
    assert_eq!((fixture.text("small"), fixture.count("kv_pairs")), (None, 1));
    std::thread::scope(|threads| {
        for thread in 0..4 {
            let fixture = &fixture;
            threads.spawn(move || {
                for number in 0..10 {
                    if thread == 0 {
                        let full = fixture.put("n1", large());
                        assert!(matches!(full, Err(KvError::Store(StoreError::Full))), "{full:?}");
                    } else {
                        fixture.put("n1", vec![pair(&format!("{thread}-{number}"), "v")]).unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(fixture.count("kv_pairs"), 31);
    fixture.on_the_writer(|connection| connection.pragma_update(None, "max_page_count", 1_000_000));
    fixture.put("n1", large()).unwrap();
    assert_eq!(fixture.text("a").as_deref(), Some("before"));
}

#[test]
fn deploys_get_their_turn_while_kv_writes_without_a_pause() {
    let fixture = fixture();
    let store = Store::open(&path(&fixture.folder)).unwrap();
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        for thread in 0..4 {
            let (fixture, over) = (&fixture, &over);
            threads.spawn(move || {
                let mut written = 0;
                while !over.load(Ordering::SeqCst) {
                    fixture
                        .put("n1", vec![pair(&format!("{thread}-{}", written % 50), vec![0; 2_000])])
                        .unwrap();
                    written += 1;
                }
                assert!(written > 0);
            });
        }
        // A busy file would be an error after five seconds, and a read that was overtaken one at once.
        for number in 0..30 {
            let hash = format!("{number:032x}");
            let asset = crate::Asset { hash, kind: String::new(), bytes: vec![1; 10_000].into() };
            store.add_assets("acme", &[asset], crate::Kept::default(), 0).unwrap();
        }
        over.store(true, Ordering::SeqCst);
    });
}
