//! What the operator has ordered.

use super::*;

fn ordered(account: &str, stopped: bool, alone: bool) -> Ordered {
    Ordered { account: account.to_owned(), worker: "shop".to_owned(), orders: Orders { stopped, alone } }
}

#[test]
fn an_order_outlives_the_node_new_versions_and_the_worker_itself() {
    let (folder, store) = store();
    add(&store, "acme", "shop", "v1", "a").unwrap();
    store.set_orders(&ordered("acme", true, false), "stop", ("operator", 1)).unwrap();
    store.set_orders(&ordered("acme", true, true), "isolate", ("operator", 2)).unwrap();
    assert_eq!(store.audit("acme", 1).unwrap()[0].what, "isolate");
    add(&store, "acme", "shop", "v2", "b").unwrap();
    store.remove_worker("acme", "shop", "me", 3).unwrap();
    add(&store, "acme", "shop", "v3", "c").unwrap();
    drop(store);
    let store = Store::open(&folder.path().join("store")).unwrap();
    assert_eq!(store.orders().unwrap(), [ordered("acme", true, true)]);
}

#[test]
fn an_order_that_is_taken_back_leaves_nothing_and_is_no_other_accounts() {
    let (_folder, store) = store();
    store.set_orders(&ordered("acme", true, false), "stop", ("operator", 1)).unwrap();
    store.set_orders(&ordered("other", true, false), "stop", ("operator", 1)).unwrap();
    store.set_orders(&ordered("acme", false, false), "start", ("operator", 2)).unwrap();
    assert_eq!(store.orders().unwrap(), [ordered("other", true, false)]);
}
