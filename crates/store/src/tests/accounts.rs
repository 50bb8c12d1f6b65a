//! Accounts that are made, that come with their workers, and that go.

use super::*;

const ME: (&str, i64) = ("me", 50);

fn ids(store: &Store) -> Vec<String> {
    store.accounts().unwrap().into_iter().map(|account| account.id).collect()
}

#[test]
fn an_account_is_there_when_it_was_made_or_has_a_worker_and_is_listed_once() {
    let (_folder, store) = store();
    assert!(ids(&store).is_empty());
    add(&store, "acme", "shop", "v1", "a").unwrap();
    store.add_account("zoo", "The Zoo", ME).unwrap();
    assert_eq!(ids(&store), ["acme", "zoo"]);
    let implicit = store.account("acme").unwrap().unwrap();
    assert_eq!((implicit.name.as_str(), implicit.created_ms), ("acme", None));
    assert_eq!(store.account("nobody").unwrap(), None);

    store.add_account("acme", "Acme Inc.", ME).unwrap();
    assert_eq!(store.account("acme").unwrap().unwrap().name, "Acme Inc.");
    assert_eq!(ids(&store), ["acme", "zoo"], "it is one account still");
    let again = store.add_account("acme", "Evil Inc.", ME).unwrap_err();
    assert!(matches!(again, StoreError::AccountTaken { .. }), "{again}");
    assert_eq!(store.account("acme").unwrap().unwrap().name, "Acme Inc.");
}

#[test]
fn an_account_with_workers_is_not_removed_and_one_without_goes_with_all_that_it_has() {
    let (_folder, store) = store();
    add(&store, "acme", "shop", "v1", "a").unwrap();
    store.add_account("acme", "Acme Inc.", ME).unwrap();
    store.add_account("zoo", "The Zoo", ME).unwrap();
    for account in ["acme", "zoo"] {
        let asset = Asset { hash: "a".repeat(32), kind: String::new(), bytes: "a".into() };
        store.add_assets(account, &[asset], Kept::default(), 0).unwrap();
        tokens::add_one(&store, account, account, [u8::try_from(account.len()).unwrap(); 32]).unwrap();
    }
    assert!(matches!(store.remove_account("acme", ME), Err(StoreError::AccountInUse { .. })));
    assert!(matches!(store.remove_account("nobody", ME), Err(StoreError::NoAccount { .. })));
    assert_eq!(store.tokens("acme").unwrap().len(), 1);

    store.remove_worker("acme", "shop", "me", 9).unwrap();
    store.remove_account("acme", ME).unwrap();
    assert_eq!(ids(&store), ["zoo"]);
    assert!(store.tokens("acme").unwrap().is_empty());
    assert!(store.use_token(&[4; 32], 60).unwrap().is_none(), "its tokens are gone");
    assert!(store.asset("acme", &"a".repeat(32)).unwrap().is_none(), "its files are gone");
    assert!(store.asset("zoo", &"a".repeat(32)).unwrap().is_some());
    assert_eq!(store.tokens("zoo").unwrap().len(), 1);
    assert_eq!(store.audit("acme", 1).unwrap()[0].what, "delete account", "what was done is still known");
}

#[test]
fn a_route_of_another_account_is_refused_without_a_word_about_whose_it_is() {
    let (_folder, store) = store();
    add(&store, "acme", "shop", "v1", "a").unwrap();
    add(&store, "acme", "blog", "v2", "a").unwrap();
    add(&store, "evil", "spy", "v3", "a").unwrap();
    let route = [Route { normal: "example.com/*".to_owned(), written: "example.com/*".to_owned() }];
    let set = |account: &str, worker: &str| store.set_routes(account, worker, RouteKind::Route, &route, ME);
    set("acme", "shop").unwrap();
    assert!(matches!(set("acme", "blog"), Err(StoreError::RouteTaken { owner, .. }) if owner == "shop"));
    let refused = set("evil", "spy").unwrap_err();
    assert!(matches!(refused, StoreError::RouteOfOther { .. }), "{refused}");
    assert!(!refused.to_string().contains("shop"), "{refused}");
}
