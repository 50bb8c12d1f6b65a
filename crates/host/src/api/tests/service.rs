//! What is in service while workers change.

use std::{collections::BTreeSet, time::Duration};

use super::*;

fn known(node: &Node) -> BTreeSet<String> {
    node.deployed.supervisor.stats().workers.iter().map(|(name, _)| name.to_string()).collect()
}

#[test]
fn a_change_of_one_worker_leaves_another_with_a_similar_name_in_service() {
    run(async {
        let node = node_with(NODE, &[("acme", "shop"), ("other", "big-bike-shop")]);
        for name in ["shop", "big-bike-shop"] {
            assert_eq!(&*node.deployed.ready(name, &HeaderMap::new()).await.unwrap(), name);
        }
        let all = json!({"strategy": "percentage", "versions": [{"version_id": "version of shop", "percentage": 100}]});
        node.ask(NODE, "POST", "accounts/acme/workers/scripts/shop/deployments", &all).await.result();
        tokio::time::pause();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(known(&node), ["big-bike-shop", "shop"].map(str::to_owned).into());
    });
}

#[test]
fn a_version_that_takes_nothing_must_be_there_all_the_same() {
    run(async {
        let node = node(NODE);
        let versions = json!([{"version_id": "version of shop", "percentage": 100}, {"version_id": "none", "percentage": 0}]);
        let said = json!({"strategy": "percentage", "versions": versions});
        let refused = node.ask(NODE, "POST", "accounts/acme/workers/scripts/shop/deployments", &said).await;
        assert_eq!(refused.refused(), (404, 10_090));
    });
}

#[test]
fn nobody_takes_the_address_of_another_accounts_preview() {
    run(async {
        let node = node(NODE);
        assert!(node.deployed.is_of_other("version -shop", "other"));
        assert!(!node.deployed.is_of_other("version -shop", "acme"));
        assert!(!node.deployed.is_of_other("big-bike-shop", "acme"));
    });
}

#[test]
fn a_message_is_never_as_long_as_what_was_sent() {
    run(async {
        let node = node(NODE);
        let long = "é".repeat(100_000);
        let said = json!([{"cron": long}, {"cron": 1}]);
        let refused = node.ask(NODE, "PUT", "accounts/acme/workers/scripts/shop/schedules", &said).await;
        assert_eq!(refused.refused(), (400, 10_021));
        let said = json!([format!("{long}.example/*")]);
        let refused = node.ask(NODE, "PUT", "accounts/acme/workers/scripts/shop/routes", &said).await;
        assert_eq!(refused.refused(), (400, 10_021));
        assert!(refused.document["errors"][0]["message"].as_str().unwrap().len() < 5_000);
    });
}
