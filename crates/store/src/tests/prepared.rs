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
