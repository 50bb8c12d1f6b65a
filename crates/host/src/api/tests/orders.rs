//! The operator's orders about workers that no event has come for yet.

use mote_store::Ordered;

use super::*;
use crate::{
    deployed::{Holds, Order},
    supervisor::UnknownWorker,
};

async fn refused(node: &Node, worker: &str) -> String {
    let refused = node.deployed.ready(worker, &HeaderMap::new()).await.unwrap_err();
    refused.slug
}

#[test]
fn a_worker_that_was_stopped_before_its_first_event_gets_none_until_it_is_started() {
    run(async {
        let node = node(NODE);
        assert!(matches!(node.api.order("shop", Order::Stop).await, Ok(Holds::Kept)));
        assert_eq!(refused(&node, "shop").await, "worker-stopped");
        assert_eq!(&*node.deployed.ready("blog", &HeaderMap::new()).await.unwrap(), "blog");
        let kept = node.store.orders().unwrap();
        assert!(
            matches!(kept.as_slice(), [Ordered { account, worker, orders }]
                if account == "acme" && worker == "shop" && orders.stopped && !orders.alone),
            "{kept:?}"
        );
        assert_eq!(node.store.audit("acme", 1).unwrap()[0].what, "stop");
        assert!(matches!(node.api.order("shop", Order::Start).await, Ok(Holds::Kept)));
        assert_eq!(&*node.deployed.ready("shop", &HeaderMap::new()).await.unwrap(), "shop");
        assert_eq!(node.store.orders().unwrap(), []);
    });
}

#[test]
fn an_order_for_nobody_is_refused() {
    run(async {
        let node = node(NODE);
        for order in [Order::Stop, Order::Start, Order::Isolate, Order::Release] {
            let unknown = UnknownWorker { name: "nobody".to_owned() };
            assert_eq!(node.api.order("nobody", order).await.unwrap_err(), unknown);
            assert_eq!(Order::named(order.as_str()), Some(order));
        }
    });
}

#[test]
fn orders_that_cross_each_other_are_written_as_they_are_followed() {
    run(async {
        let node = node(NODE);
        let orders = [Order::Stop, Order::Isolate, Order::Start, Order::Stop, Order::Release, Order::Start];
        let give = |order| {
            let api = node.api.clone();
            tokio::task::spawn_local(async move { api.order("shop", order).await })
        };
        let given: Vec<_> = orders.into_iter().map(give).collect();
        for given in given {
            assert!(matches!(given.await.unwrap(), Ok(Holds::Kept)));
        }
        assert_eq!(node.store.orders().unwrap(), []);
        assert!(node.deployed.ready("shop", &HeaderMap::new()).await.is_ok());
    });
}
