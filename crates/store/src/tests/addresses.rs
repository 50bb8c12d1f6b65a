//! Addresses and triggers are in the memory of the node: an account has its share of it.

use super::*;

fn routes(of: impl Iterator<Item = String>) -> Vec<Route> {
    of.map(|route| Route { normal: route.clone(), written: route }).collect()
}

#[test]
fn an_account_has_no_more_addresses_than_it_may_and_others_have_their_own() {
    let (_folder, store) = store();
    for number in 0..22 {
        add(&store, "acme", &format!("w{number}"), &format!("v{number}"), "code").unwrap();
    }
    add(&store, "other", "blog", "b1", "code").unwrap();
    let thousand = |number: usize| routes((0..1_000).map(move |n| format!("{n}.{number}.example/*")));
    let set = |worker: &str, routes: &[Route]| {
        store.set_routes("acme", worker, RouteKind::Route, routes, ("me", 5))
    };
    for number in 0..20 {
        set(&format!("w{number}"), &thousand(number)).unwrap();
    }
    let one = routes(std::iter::once("one.more.example/*".to_owned()));
    assert!(matches!(set("w20", &one), Err(StoreError::TooMany { max: 20_000, .. })));
    let domains = store.set_routes("acme", "w20", RouteKind::Domain, &one, ("me", 5));
    assert!(matches!(domains, Err(StoreError::TooMany { .. })), "domains count, too");
    assert!(store.live_one("w20").unwrap().unwrap().routes.is_empty(), "nothing was changed");
    store.set_routes("other", "blog", RouteKind::Route, &one, ("me", 5)).unwrap();
    set("w0", &[]).unwrap();
    set("w20", &routes(std::iter::once("two.example/*".to_owned()))).unwrap();
    let long = routes((0..10).map(|n| format!("{n}.long.example/{}", "x".repeat(900_000))));
    let refused = set("w21", &long).unwrap_err();
    assert!(refused.to_string().contains("bytes of routes"), "{refused}");
}

#[test]
fn an_account_has_no_more_triggers_than_it_may() {
    let (_folder, store) = store();
    let crons = |count: usize| (0..count).map(|n| format!("{n}")).collect::<Vec<_>>();
    for worker in ["one", "two", "three"] {
        add(&store, "acme", worker, worker, "code").unwrap();
    }
    let set = |worker: &str, count: usize| store.set_schedules("acme", worker, &crons(count), ("me", 5));
    set("one", 19_000).unwrap();
    set("two", 1_000).unwrap();
    assert!(matches!(set("three", 1), Err(StoreError::TooMany { .. })));
    assert!(store.live_one("three").unwrap().unwrap().schedules.is_empty());
    set("two", 0).unwrap();
    set("three", 1).unwrap();
}
