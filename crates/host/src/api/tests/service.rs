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
fn a_list_of_versions_with_large_settings_is_no_larger_than_one_of_small_ones() {
    run(async {
        let node = node(NODE);
        let main = ModuleSpecifier::parse("index.js").unwrap();
        let module = Module::new(main.clone(), ModuleKind::EsModule, "export default {}".to_owned());
        let bundle = Bundle::new(vec![module], main, Format::Modules).unwrap();
        let large = json!({"name": "LARGE", "type": "json", "json": vec![0; 400_000]});
        let Value::Object(large) = large else { panic!("it is an object") };
        let config =
            VersionConfig { account: "acme".to_owned(), bindings: vec![large], ..VersionConfig::default() };
        let config_json = serde_json::to_string(&config).unwrap();
        for number in 0..20 {
            let id = format!("large {number}");
            let new = NewVersion {
                settings_json: None,
                kept: Kept::default(),
                id: &id,
                account: "acme",
                worker: "shop",
                tag: "tag",
                config_json: &config_json,
                secrets: b"sealed",
                bundle: &bundle,
                assets: &[],
                who: "me",
                now_ms: 1,
            };
            node.store.add_version(&new, &Takes::Nothing).unwrap();
        }
        let listed = node.get(NODE, "accounts/acme/workers/scripts/shop/versions").await;
        let items = listed.result()["items"].as_array().unwrap();
        assert_eq!((items.len(), &items[0]["id"]), (21, &json!("large 19")));
        let whole = items.iter().filter(|item| !item["resources"]["bindings"].is_null()).count();
        assert_eq!(whole, 2, "two have room, and nothing older is shown with more than it has");
        assert!(listed.document.to_string().len() < 4 << 20);
        assert!(
            items.iter().all(|item| item["number"].is_u64() && item["metadata"]["created_on"].is_string())
        );
        let oldest = node.store.version("acme", "shop", "large 0").unwrap();
        assert_eq!(oldest.config_json, config_json, "it is only not listed");
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
