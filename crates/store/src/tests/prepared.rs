//! What was prepared for versions goes to those that it was prepared for.

use mote_wire::compatibility::Compatibility;

use super::*;

#[test]
fn what_was_prepared_for_other_flags_or_another_engine_is_not_given_out() {
    let (_folder, store) = store();
    let version = add(&store, "acme", "shop", "1", "a").unwrap();
    let asks = |flag: &str| Compatibility::kept(Some("2026-01-01"), [flag]);
    let of = |flag: &str| PreparedFor { bundle: version.bundle, compatibility: asks(flag) };
    let (plain, other) = (of("nodejs_als"), of("no_global_navigator"));
    store.keep_prepared(&plain, "engine", "\"plain\"", b"plain heap").unwrap();
    assert_eq!(store.prepared(&plain, "engine").unwrap().as_deref(), Some(&b"plain heap"[..]));
    assert_eq!(store.prepared(&other, "engine").unwrap(), None);
    assert_eq!(store.prepared(&plain, "another engine").unwrap(), None);
    assert_eq!(store.prepared_report(&other, "engine").unwrap(), None);

    store.keep_prepared(&other, "engine", "\"other\"", b"other heap").unwrap();
    assert_eq!(store.prepared(&plain, "engine").unwrap().as_deref(), Some(&b"plain heap"[..]));
    assert_eq!(store.prepared(&other, "engine").unwrap().as_deref(), Some(&b"other heap"[..]));
    assert_eq!(store.prepared_report(&plain, "engine").unwrap().as_deref(), Some("\"plain\""));

    store.forget_prepared("another engine").unwrap();
    assert_eq!(store.prepared(&plain, "engine").unwrap(), None);
}

#[test]
fn what_the_disk_has_damaged_is_not_given_out() {
    let (_folder, store) = store();
    let version = add(&store, "acme", "shop", "1", "a").unwrap();
    let compatibility = Compatibility::kept(Some("2026-01-01"), [""]);
    let of = PreparedFor { bundle: version.bundle, compatibility };
    let heap: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let damage = [
        "UPDATE prepared SET packed = CAST(x'00' || substr(packed, 2) AS BLOB)",
        "UPDATE prepared SET packed = CAST(substr(packed, 1, 399999) || x'42' AS BLOB)",
        "UPDATE prepared SET packed = substr(packed, 1, 399999)",
        "UPDATE prepared SET packed = x''",
        "UPDATE prepared SET packed = zeroblob(70000000)",
        "UPDATE prepared SET hash = x'01020304'",
        "UPDATE prepared SET hash = x''",
    ];
    for statement in damage {
        // It begins with a byte that is not zero.
        store.keep_prepared(&of, "engine", "{}", &[&[7], &heap[1..]].concat()).unwrap();
        assert!(store.prepared(&of, "engine").unwrap().is_some());
        assert_eq!(store.lock().execute(statement, []).unwrap(), 1, "{statement}");
        assert_eq!(store.prepared(&of, "engine").unwrap(), None, "{statement}");
    }
}
