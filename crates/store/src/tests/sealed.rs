//! What was sealed with a key that may be lost.

use super::*;

fn add_with(store: &Store, worker: &str, id: &str, secrets: &[u8]) {
    let bundle = bundle("export default {}");
    let new = NewVersion {
        settings_json: None,
        kept: Kept::default(),
        id,
        account: "acme",
        worker,
        tag: "tag",
        config_json: "{}",
        secrets,
        bundle: &bundle,
        assets: &[],
        who: "me",
        now_ms: 5,
    };
    store.add_version(&new, &Takes::All(&all_to(id))).unwrap();
}

#[test]
fn versions_without_secrets_are_none_of_the_keys() {
    let (_folder, store) = store();
    add_with(&store, "shop", "v1", b"");
    add_with(&store, "shop", "v2", &[7; 30]);
    assert_eq!(store.sealed(9).unwrap(), []);
    add_with(&store, "blog", "v3", &[7; 31]);
    let sealed = Sealed { worker: "blog".to_owned(), version: "v3".to_owned(), secrets: vec![7; 31] };
    assert_eq!(store.sealed(9).unwrap(), [sealed]);
}

#[test]
fn secrets_that_are_given_up_are_gone_and_count_no_more() {
    let (_folder, store) = store();
    add_with(&store, "shop", "v1", b"");
    let without = store.stored_bytes("acme").unwrap();
    add_with(&store, "blog", "v2", &[7; 1_000]);
    let with = store.stored_bytes("acme").unwrap();
    store.set_seal_sample(b"one").unwrap();
    store.set_seal_sample(b"other").unwrap();
    assert_eq!(store.seal_sample().unwrap().as_deref(), Some(&b"other"[..]));
    let had = store.forget_secrets(("operator", 9)).unwrap();
    assert_eq!(had, [("acme".to_owned(), "blog".to_owned())]);
    assert_eq!((store.sealed(9).unwrap(), store.seal_sample().unwrap()), (Vec::new(), None));
    assert_eq!(store.version("acme", "blog", "v2").unwrap().secrets, b"");
    let after = store.stored_bytes("acme").unwrap();
    assert!(after == with - 1_000 && after > without, "{without} {with} {after}");
    assert_eq!(store.audit("acme", 1).unwrap()[0].what, "give up secrets");
}
