//! What the operator has ordered.

use super::*;

const NONE: Orders = Orders { stopped: false, alone: false };
const STOPPED: Orders = Orders { stopped: true, ..NONE };
const BOTH: Orders = Orders { stopped: true, alone: true };

fn ordered(account: &str, orders: Orders) -> Ordered {
    Ordered { account: account.to_owned(), worker: "shop".to_owned(), orders }
}

#[test]
fn an_order_outlives_the_node_new_versions_and_the_worker_itself() {
    let (folder, store) = store();
    add(&store, "acme", "shop", "v1", "a").unwrap();
    store.set_orders(&ordered("acme", STOPPED), "stop", ("operator", 1)).unwrap();
    store.set_orders(&ordered("acme", BOTH), "isolate", ("operator", 2)).unwrap();
    assert_eq!(store.audit("acme", 1).unwrap()[0].what, "isolate");
    add(&store, "acme", "shop", "v2", "b").unwrap();
    store.remove_worker("acme", "shop", "me", 3).unwrap();
    add(&store, "acme", "shop", "v3", "c").unwrap();
    drop(store);
    let store = Store::open(&folder.path().join("store")).unwrap();
    assert_eq!(store.orders().unwrap(), [ordered("acme", BOTH)]);
}

#[test]
fn an_order_that_is_taken_back_leaves_nothing_and_is_no_other_accounts() {
    let (_folder, store) = store();
    store.set_orders(&ordered("acme", STOPPED), "stop", ("operator", 1)).unwrap();
    store.set_orders(&ordered("other", STOPPED), "stop", ("operator", 1)).unwrap();
    store.set_orders(&ordered("acme", NONE), "start", ("operator", 2)).unwrap();
    assert_eq!(store.orders().unwrap(), [ordered("other", STOPPED)]);
}
