//! Tokens: found by their hash alone, and good only while they are active.

use super::*;

const ME: (&str, i64) = ("me", 1_000);
const HASH: TokenHash = [7; TOKEN_HASH_BYTES];

pub(super) fn add_one(store: &Store, account: &str, id: &str, hash: TokenHash) -> Result<Token, StoreError> {
    add_until(store, account, id, hash, None)
}

fn add_until(
    store: &Store,
    account: &str,
    id: &str,
    hash: TokenHash,
    expires_ms: Option<i64>,
) -> Result<Token, StoreError> {
    let scopes = "workers:write tail:read".parse().unwrap();
    store.add_token(&NewToken { id, account, name: "ci", hash: &hash, scopes, expires_ms }, ME)
}

fn state(store: &Store, hash: TokenHash, now_ms: i64) -> Option<TokenState> {
    store.use_token(&hash, now_ms).unwrap().map(|token| token.state(now_ms))
}

fn acme() -> (tempfile::TempDir, Store) {
    let (folder, store) = store();
    store.add_account("acme", "Acme Inc.", ME).unwrap();
    (folder, store)
}

#[test]
fn a_token_is_found_by_the_hash_of_its_value_and_by_no_other() {
    let (folder, store) = acme();
    let made = add_one(&store, "acme", "t1", HASH).unwrap();
    drop(store);
    let store = Store::open(&folder.path().join("store")).unwrap();
    let found = store.use_token(&HASH, 1_500).unwrap().unwrap();
    assert_eq!(found, Token { used_ms: Some(1_500), ..made });
    assert_eq!(found.scopes.to_string(), "workers:write tail:read");
    assert_eq!(found.label(), "ci (t1)");
    let mut other = HASH;
    other[31] ^= 1;
    assert!(store.use_token(&other, 1_500).unwrap().is_none());
    assert!(store.use_token(&[0; 32], 1_500).unwrap().is_none());
    let same = add_one(&store, "acme", "t2", HASH);
    assert!(same.is_err(), "two tokens never have one value");
}

#[test]
fn a_token_opens_nothing_from_the_moment_of_its_expiry() {
    let (_folder, store) = acme();
    add_until(&store, "acme", "t1", HASH, Some(5_000)).unwrap();
    assert_eq!(state(&store, HASH, 4_999), Some(TokenState::Active));
    assert_eq!(state(&store, HASH, 5_000), Some(TokenState::Expired));
    assert_eq!(store.token("acme", "t1").unwrap().used_ms, Some(4_999), "a refusal is no use of it");
}

#[test]
fn a_revoked_token_stays_revoked() {
    let (_folder, store) = acme();
    add_one(&store, "acme", "t1", HASH).unwrap();
    store.revoke_token("acme", "t1", ("boss", 2_000)).unwrap();
    assert_eq!(state(&store, HASH, 2_001), Some(TokenState::Revoked));
    assert!(store.tokens("acme").unwrap().is_empty());
    for refused in [
        store.token("acme", "t1").map(drop),
        store.roll_token("acme", "t1", &[8; 32], ME).map(drop),
        store.revoke_token("acme", "t1", ME),
    ] {
        assert!(matches!(refused, Err(StoreError::NoToken { .. })), "{refused:?}");
    }
    assert_eq!(state(&store, [8; 32], 2_001), None, "a refused change changes nothing");
    let entry = &store.audit("acme", 1).unwrap()[0];
    assert_eq!((&*entry.who, &*entry.what, &*entry.worker), ("boss", "revoke token ci (t1)", ""));
}

#[test]
fn a_rolled_token_has_its_new_value_alone() {
    let (_folder, store) = acme();
    add_one(&store, "acme", "t1", HASH).unwrap();
    let rolled = store.roll_token("acme", "t1", &[8; 32], ("me", 3_000)).unwrap();
    assert_eq!((rolled.created_ms, rolled.modified_ms), (1_000, 3_000));
    assert_eq!(state(&store, HASH, 3_000), None);
    assert_eq!(state(&store, [8; 32], 3_000), Some(TokenState::Active));
}

#[test]
fn a_token_of_another_account_cannot_be_seen_or_changed() {
    let (_folder, store) = acme();
    store.add_account("evil", "Evil Inc.", ME).unwrap();
    add_one(&store, "acme", "t1", HASH).unwrap();
    assert!(store.tokens("evil").unwrap().is_empty());
    for (account, id) in [("evil", "t1"), ("acme", "t2"), ("acme", ""), ("acme", "t1' OR '1'='1")] {
        for refused in [
            store.token(account, id).map(drop),
            store.roll_token(account, id, &[8; 32], ME).map(drop),
            store.revoke_token(account, id, ME),
        ] {
            assert!(matches!(refused, Err(StoreError::NoToken { .. })), "{account} {id}: {refused:?}");
        }
    }
    assert_eq!(state(&store, HASH, 2_000), Some(TokenState::Active));
}

#[test]
fn a_token_needs_an_account_and_keeps_it_when_its_workers_go() {
    let (_folder, store) = store();
    let nobody = add_one(&store, "nobody", "t1", HASH).unwrap_err();
    assert!(matches!(nobody, StoreError::NoAccount { .. }), "{nobody}");
    add(&store, "acme", "shop", "v1", "a").unwrap();
    add_one(&store, "acme", "t1", HASH).unwrap();
    store.remove_worker("acme", "shop", "me", 9).unwrap();
    let account = store.account("acme").unwrap().unwrap();
    assert_eq!((account.name.as_str(), account.created_ms), ("acme", Some(1_000)));
}

#[test]
fn the_last_use_is_written_once_a_minute() {
    let (_folder, store) = acme();
    add_one(&store, "acme", "t1", HASH).unwrap();
    let writes = |store: &Store| store.lock().total_changes();
    let mut seen = Vec::new();
    for now in [10_000, 10_001, 69_999, 70_000, 70_001, 5_000, 5_001] {
        let before = writes(&store);
        let used = store.use_token(&HASH, now).unwrap().unwrap().used_ms.unwrap();
        seen.push((used, writes(&store) - before));
    }
    // The last two: a clock that was set back writes again, so that a time to come does not stay for ever.
    let expected = [(10_000, 1), (10_000, 0), (10_000, 0), (70_000, 1), (70_000, 0), (5_000, 1), (5_000, 0)];
    assert_eq!(seen, expected);
}

#[test]
fn a_full_disk_keeps_nobody_out() {
    let (_folder, store) = acme();
    add_one(&store, "acme", "t1", HASH).unwrap();
    store.lock().pragma_update(None, "query_only", true).unwrap();
    assert_eq!(state(&store, HASH, 90_000), Some(TokenState::Active));
}

#[test]
fn an_account_has_a_bounded_number_of_tokens() {
    let (_folder, store) = acme();
    let hash = |n: u32| {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&n.to_be_bytes());
        hash
    };
    for n in 0..TOKENS_MAX {
        add_one(&store, "acme", &format!("t{n}"), hash(n)).unwrap();
    }
    let one_more = add_one(&store, "acme", "more", hash(TOKENS_MAX)).unwrap_err();
    assert!(matches!(one_more, StoreError::TooManyTokens { .. }), "{one_more}");
    store.revoke_token("acme", "t0", ME).unwrap();
    add_one(&store, "acme", "more", hash(TOKENS_MAX)).unwrap();
    // Revoked ones do not pile up.
    store.revoke_token("acme", "more", ME).unwrap();
    for n in 0..300 {
        let id = format!("r{n}");
        add_one(&store, "acme", &id, hash(1_000 + n)).unwrap();
        store.revoke_token("acme", &id, ("me", 2_000 + i64::from(n))).unwrap();
    }
    assert_eq!(state(&store, hash(1_299), 9_000), Some(TokenState::Revoked), "the last ones are known");
    assert_eq!(state(&store, hash(1_000), 9_000), None);
    let rows: u32 = store.lock().query_row("SELECT count(*) FROM tokens", [], |row| row.get(0)).unwrap();
    assert!(rows <= 2 * TOKENS_MAX, "{rows}");
}

#[test]
fn a_file_from_before_tokens_is_brought_to_the_present_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(schema::STEPS[0]).unwrap();
    old.execute_batch(
        "INSERT INTO workers VALUES ('shop', 'acme', 'tag', 1, 1, 0, '{}'); PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.worker("acme", "shop").unwrap().tag, "tag");
    add_one(&store, "acme", "t1", HASH).unwrap();
    assert_eq!(state(&store, HASH, 2_000), Some(TokenState::Active));
}
