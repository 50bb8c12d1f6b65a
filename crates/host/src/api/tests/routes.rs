//! Every route with every scope, over HTTP. The list is written down once more here, so that a door that opens by mistake is
//! seen.

use mote_store::{Scope, Scopes};

use super::*;

/// What each request needs, of the account `acme`.
const ROUTES: &[(&str, &[&str])] = &[
    (
        "workers:read",
        &[
            "GET workers/scripts",
            "GET workers/services/none",
            "GET workers/subdomain",
            "GET workers/tails/by-consumer/none",
            "GET workers/durable_objects/namespaces",
            "GET workers/workers/none",
            "GET workers/scripts/none/versions",
            "GET workers/scripts/none/versions/v1",
            "GET workers/scripts/none/deployments",
            "GET workers/scripts/none/settings",
            "GET workers/scripts/none/script-settings",
            "GET workers/scripts/none/secrets",
            "GET workers/scripts/none/subdomain",
            "GET workers/scripts/none/references",
            "GET workers/scripts/none/schedules",
        ],
    ),
    (
        "workers:write",
        &[
            "PUT workers/scripts/none",
            "DELETE workers/scripts/none",
            "DELETE workers/services/none?force=true",
            "PATCH workers/workers/none/versions/latest",
            "POST workers/scripts/none/versions?bindings_inherit=strict",
            "POST workers/scripts/none/deployments",
            "PATCH workers/scripts/none/script-settings",
            "PUT workers/scripts/none/secrets",
            "DELETE workers/scripts/none/secrets/KEY",
            "PATCH workers/scripts/none/secrets-bulk",
            "POST workers/scripts/none/subdomain",
            "PUT workers/scripts/none/routes",
            "POST workers/scripts/none/domains/changeset",
            "PUT workers/scripts/none/domains/records",
            "PUT workers/scripts/none/schedules",
            "POST workers/scripts/none/assets-upload-session",
        ],
    ),
    (
        "kv:read",
        &[
            "GET storage/kv/namespaces?per_page=100",
            "GET storage/kv/namespaces/none",
            "GET storage/kv/namespaces/none/keys",
            "GET storage/kv/namespaces/none/values/a%2Fb",
            "GET storage/kv/namespaces/none/values/a/b",
            "GET storage/kv/namespaces/none/metadata/key",
            "POST storage/kv/namespaces/none/bulk/get",
        ],
    ),
    (
        "kv:write",
        &[
            "POST storage/kv/namespaces",
            "PUT storage/kv/namespaces/none",
            "DELETE storage/kv/namespaces/none",
            "PUT storage/kv/namespaces/none/values/key",
            "DELETE storage/kv/namespaces/none/values/key",
            "PUT storage/kv/namespaces/none/bulk",
            "DELETE storage/kv/namespaces/none/bulk",
            "POST storage/kv/namespaces/none/bulk/delete",
        ],
    ),
    (
        "tail:read",
        &[
            "GET workers/scripts/none/tails",
            "POST workers/scripts/none/tails",
            "GET workers/scripts/none/tails/t1",
            "DELETE workers/scripts/none/tails/t1",
        ],
    ),
    (
        "account:write",
        &[
            "GET audit_logs",
            "GET tokens",
            "POST tokens",
            "GET tokens/none",
            "DELETE tokens/none",
            "PUT tokens/none/value",
        ],
    ),
];

/// What no token of an account opens, whatever its scopes.
const NODES: &[&str] = &[
    "POST accounts",
    "DELETE accounts/acme",
    "GET accounts/acme/nonsense",
    "GET accounts/acme/workers/scripts/shop/nonsense",
    "POST zones/example.com/workers/routes",
    "GET nonsense",
    "GET accounts/acme/workers/scripts//versions",
    "POST user/tokens",
];

/// A node, and for each scope a token that has it alone.
fn holders() -> (Node, Vec<(Scope, String)>) {
    let node = node(NODE);
    let holder = |scope: Scope| (scope, node.token(scope.as_str(), scope.as_str(), None).1);
    let holders = Scope::ALL.into_iter().map(holder).collect();
    (node, holders)
}

#[test]
fn each_route_is_open_to_its_scope_and_shut_to_every_other() {
    run(async {
        let (node, holders) = holders();
        for (needed, routes) in ROUTES {
            let needed: Scope = needed.parse().unwrap();
            for route in *routes {
                let (method, path) = route.split_once(' ').unwrap();
                let path = format!("accounts/acme/{path}");
                for (held, token) in &holders {
                    let answered = node.ask(token, method, &path, &Value::Null).await;
                    let scopes: Scopes = [*held].into_iter().collect();
                    if scopes.allow(needed) {
                        // It is refused for what it asks, if at all: there is no worker `none`, and no body.
                        assert!(
                            !matches!(answered.status, 401 | 403),
                            "{held}: {route}: {}",
                            answered.document
                        );
                    } else {
                        assert_eq!(answered.refused(), (403, 9_109), "{held}: {route}");
                        let message = answered.document["errors"][0]["message"].as_str().unwrap();
                        assert!(message.contains(&format!("`{needed}`")), "{message}");
                    }
                }
                let answered = node.ask(NODE, method, &path, &Value::Null).await;
                assert!(!matches!(answered.status, 401 | 403), "{route}: {}", answered.document);
            }
        }
    });
}

#[test]
fn what_is_not_on_the_list_is_for_the_nodes_token_alone() {
    run(async {
        let (node, _) = holders();
        let (_, all) = node.token("all", &Scopes::ALL.to_string(), None);
        for route in NODES {
            let (method, path) = route.split_once(' ').unwrap();
            let answered = node.ask(&all, method, path, &Value::Null).await;
            assert_eq!(answered.refused(), (403, 9_109), "{route}");
            let answered = node.ask(NODE, method, path, &Value::Null).await;
            assert!(!matches!(answered.status, 401 | 403), "{route}: {}", answered.document);
        }
        assert_eq!(node.get(NODE, "accounts/acme/workers/scripts").await.result()[0]["id"], "shop");
    });
}

#[test]
fn another_accounts_things_look_all_alike() {
    run(async {
        let (node, _) = holders();
        let (_, all) = node.token("all", &Scopes::ALL.to_string(), None);
        let mut seen: Option<Value> = None;
        for account in ["other", "nobody", "a.b", "%61cme", "acme2", ""] {
            for (_, routes) in ROUTES {
                for route in *routes {
                    let (method, path) = route.split_once(' ').unwrap();
                    for path in [path.to_owned(), path.replace("none", "blog")] {
                        let path = format!("accounts/{account}/{path}");
                        let answered = node.ask(&all, method, &path, &Value::Null).await;
                        assert_eq!(answered.refused(), (403, 10_000), "{method} {path}");
                        let first = seen.get_or_insert_with(|| answered.document.clone());
                        assert_eq!(*first, answered.document, "{method} {path}");
                    }
                }
            }
        }
        // Within the own account, another account's worker is one that is not there.
        let paths = ["versions", "settings", "deployments"];
        for path in paths.map(|path| format!("accounts/acme/workers/scripts/blog/{path}")) {
            let there = node.get(&all, &path).await;
            let not = node.get(&all, &path.replace("blog", "none")).await;
            assert_eq!((there.refused(), there.code), (not.refused(), 10_007));
        }
    });
}

#[test]
fn nothing_of_a_body_is_read_before_the_sender_may_send_it() {
    run(async {
        let (node, holders) = holders();
        let (_, reads) = holders.iter().find(|(scope, _)| *scope == Scope::WorkersRead).unwrap();
        for (authorization, status) in [("Bearer wrong", 401), (&*format!("Bearer {reads}"), 403)] {
            // The body never comes. Whoever waits for it waits for ever.
            let lines = format!("authorization: {authorization}\r\ncontent-length: 100000\r\n");
            let path = "accounts/acme/workers/scripts/shop/secrets";
            assert_eq!(node.send(HOME, "PUT", path, &lines, "").await.status, status);
        }
    });
}

#[test]
fn a_token_sees_the_routes_of_its_account_alone() {
    run(async {
        let (node, _) = holders();
        let (_, reads) = node.token("all", "workers:read", None);
        let path = "zones/example.com/workers/routes";
        let own = node.get(&reads, path).await;
        assert_eq!(own.result().as_array().unwrap().len(), 1);
        assert_eq!(own.result()[0]["script"], "shop");
        assert_eq!(node.get(NODE, path).await.result().as_array().unwrap().len(), 2);
        let (_, kv) = node.token("kv", "kv:write", None);
        assert_eq!(node.get(&kv, path).await.refused(), (403, 9_109));
    });
}
