//! A node at a glance: who sees what of it.

use mote_wire::named::NamedBundle;

use super::*;

fn names(answered: &Answered) -> Vec<&str> {
    answered.result()["workers"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

/// A node whose workers are in service, and a worker of the operator's own that uses `acme`'s limits.
async fn in_service() -> Node {
    let node = node(NODE);
    for name in ["shop", "blog"] {
        node.deployed.ready(name, &HeaderMap::new()).await.unwrap();
    }
    let own = WorkerSpec {
        name: "own".into(),
        account: Some("acme".into()),
        cordon: None,
        limits: Limits::DEFAULT,
        env_json: "{}".to_owned(),
        compatibility: mote_wire::compatibility::Compatibility::default(),
        bundle: NamedBundle::packed([0; 32].into(), 0, Bytes::new()),
        prepared: RefCell::default(),
        egress: Rc::new(()),
    };
    node.deployed.supervisor.put(own).unwrap();
    node
}

#[test]
fn the_operator_sees_the_node_and_all_workers() {
    run(async {
        let node = in_service().await;
        let answered = node.get(NODE, "mote/top").await;
        let mut seen = names(&answered);
        seen.sort_unstable();
        assert_eq!(seen, ["blog", "own", "shop"]);
        let result = answered.result();
        assert_eq!(result["workers_total"], 3);
        assert_eq!(result["node"]["pressure"], "low");
        assert!(result["cells"].is_array() && result["uptime_s"].is_f64(), "{result}");
        let shop = result["workers"].as_array().unwrap().iter().find(|one| one["name"] == "shop").unwrap();
        assert_eq!((&shop["account"], &shop["state"]), (&json!("acme"), &json!("serving")));
        let one = node.get(NODE, "mote/top?limit=1&sort=memory").await;
        assert_eq!((names(&one).len(), &one.result()["workers_total"]), (1, &json!(3)));
        assert_eq!(node.get(NODE, "mote/top?limit=0").await.refused(), (400, 10_021));
    });
}

#[test]
fn an_account_sees_what_it_has_deployed_and_nothing_of_the_node() {
    run(async {
        let node = in_service().await;
        let (_, value) = node.token("looks", "workers:read", None);
        for name in ["shop", "blog"] {
            node.deployed.supervisor.isolate_suspect(name).unwrap();
        }
        for query in ["", "?limit=1000", "?sort=memory", "?account=other"] {
            let answered = node.get(&value, &format!("mote/top{query}")).await;
            // Not even the operator's own worker, which has the account's limits.
            assert_eq!(names(&answered), ["shop"], "{query}");
            let result = answered.result();
            assert_eq!(result["workers_total"], 1, "others are not counted either");
            assert!(result.get("node").is_none() && result.get("cells").is_none(), "{result}");
            let shop = &result["workers"][0];
            assert!(shop.get("cells").is_none(), "who shares a cell with whom is nobody's business: {shop}");
            assert_eq!(shop["state"], "serving", "a suspect is not told that it is one");
        }
        node.deployed.supervisor.stop("shop").unwrap();
        assert_eq!(node.get(&value, "mote/top").await.result()["workers"][0]["state"], "stopped");
        assert_eq!(node.get(NODE, "mote/top?sort=cpu").await.result()["workers_total"], 3);
    });
}

#[test]
fn nobody_sees_anything_without_the_scope_to_read_workers() {
    run(async {
        let node = in_service().await;
        for scopes in ["kv:write", "tail:read", "account:write"] {
            let (_, value) = node.token(scopes, scopes, None);
            assert_eq!(node.get(&value, "mote/top").await.refused(), (403, 9_109), "{scopes}");
        }
        assert_eq!(node.get("guess", "mote/top").await.refused(), (401, 10_000));
        let (_, value) = node.token("writes", "workers:write", None);
        assert_eq!(names(&node.get(&value, "mote/top").await), ["shop"]);
        for path in ["mote", "mote/", "mote/top/x", "mote/cells"] {
            assert_eq!(node.get(&value, path).await.refused(), (403, 9_109), "{path}");
        }
        assert_eq!(node.ask(NODE, "POST", "mote/top", &json!({})).await.refused(), (404, 7_003));
    });
}
