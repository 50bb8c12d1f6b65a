//! Tokens from their making to their end, and what becomes of those that are none.

use super::{super::guesses::GUESSES_AT_ONCE, *};

const TOKENS: &str = "accounts/acme/tokens";

#[test]
fn a_token_is_made_used_rolled_and_revoked() {
    run(async {
        let node = node(NODE);
        let asked = json!({"name": "ci", "scopes": ["workers:write"], "expires_on": "2999-01-01T00:00:00Z"});
        let made = node.ask(NODE, "POST", TOKENS, &asked).await;
        assert!(made.head.contains("cache-control: no-store"), "{}", made.head);
        let made = made.result();
        let (id, first) = (made["id"].as_str().unwrap(), made["value"].as_str().unwrap());
        assert!(id.len() == 32 && first.len() >= 40, "{made}");
        assert_eq!((&made["status"], &made["scopes"]), (&json!("active"), &json!(["workers:write"])));
        assert_eq!(made["policies"][0]["permission_groups"][0]["name"], "Workers Scripts Write");

        for path in ["user/tokens/verify", "accounts/acme/tokens/verify"] {
            let verified = node.get(first, path).await;
            assert_eq!(
                (&verified.result()["id"], &verified.result()["status"]),
                (&json!(id), &json!("active"))
            );
        }
        assert_eq!(node.get(NODE, "accounts/acme/tokens/verify").await.result()["id"], "operator");
        assert_eq!(node.get(first, "accounts/acme/workers/scripts").await.result()[0]["id"], "shop");

        let one = format!("{TOKENS}/{id}");
        for path in [TOKENS, &one] {
            let shown = node.get(NODE, path).await.document.to_string();
            assert!(shown.contains(id) && !shown.contains(first), "{shown}");
            assert!(shown.contains("\"expires_on\":\"2999-01-01T00:00:00.000Z\""), "{shown}");
            assert!(!shown.contains("\"last_used_on\":null"), "{shown}");
        }

        let rolled = node.ask(NODE, "PUT", &format!("{one}/value"), &json!({})).await;
        let second = rolled.result().as_str().unwrap();
        assert_eq!(node.get(first, "accounts").await.refused(), (401, 10_000));
        assert_eq!(node.get(second, "accounts").await.status, 200);

        assert_eq!(node.ask(NODE, "DELETE", &one, &Value::Null).await.result()["id"], id);
        let revoked = node.get(second, "accounts").await;
        assert_eq!(revoked.refused(), (401, 10_000));
        assert!(revoked.document.to_string().contains("was revoked"), "{}", revoked.document);
        for (method, path) in [("GET", &one), ("DELETE", &one), ("PUT", &format!("{one}/value"))] {
            assert_eq!(node.ask(NODE, method, path, &Value::Null).await.refused(), (404, 7_003), "{method}");
        }
        assert_eq!(node.get(NODE, TOKENS).await.result(), &json!([]));
    });
}

#[test]
fn a_token_that_has_ended_opens_nothing() {
    run(async {
        let node = node(NODE);
        let (_, old) = node.token("old", "workers:read account:write", Some(2));
        let refused = node.get(&old, "user/tokens/verify").await;
        assert_eq!(refused.refused(), (401, 10_000));
        let message = refused.document["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("ci (old)") && message.contains("expired"), "{message}");
        assert_eq!(node.get(&old, TOKENS).await.refused(), (401, 10_000));
        assert_eq!(node.get(NODE, TOKENS).await.result()[0]["status"], "expired");
    });
}

#[test]
fn the_books_name_the_token() {
    run(async {
        let node = node(NODE);
        let (token, value) = node.token("t1", "workers:write account:write", None);
        let path = "accounts/acme/workers/scripts/shop";
        let shares = json!({"strategy": "percentage", "versions": [{"version_id": "version of shop", "percentage": 100}]});
        let deployed = node.ask(&value, "POST", &format!("{path}/deployments"), &shares).await;
        assert_eq!(deployed.result()["author_email"], token.label());
        let newest = node.get(NODE, &format!("{path}/deployments")).await;
        assert_eq!(newest.result()["deployments"][0]["author_email"], "ci (t1)");
        node.ask(NODE, "POST", &format!("{path}/deployments"), &shares).await.result();
        let made =
            node.ask(&value, "POST", TOKENS, &json!({"name": "two", "scopes": ["workers:read"]})).await;
        node.ask(&value, "DELETE", path, &Value::Null).await.result();

        let log = node.get(&value, "accounts/acme/audit_logs").await;
        let entries: Vec<String> = (0..4)
            .map(|n| {
                let entry = &log.result()[n];
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let (who, what) = (text(&entry["actor"]["email"]), text(&entry["action"]["type"]));
                format!(
                    "{who}: {what}: {} {}",
                    text(&entry["resource"]["type"]),
                    text(&entry["resource"]["id"])
                )
            })
            .collect();
        let id = made.result()["id"].as_str().unwrap();
        assert_eq!(
            entries,
            [
                "ci (t1): delete: worker shop".to_owned(),
                format!("ci (t1): create token two ({id}) for workers:read: account acme"),
                "operator: deploy version of shop at 100 %: worker shop".to_owned(),
                "ci (t1): deploy version of shop at 100 %: worker shop".to_owned(),
            ]
        );
    });
}

#[test]
fn who_manages_tokens_cannot_raise_himself() {
    run(async {
        let node = node(NODE);
        let (_, boss) = node.token("boss", "account:write kv:read", None);
        node.token("deployer", "workers:write", None);
        let make = |scopes: &[&str]| json!({"name": "mine", "scopes": scopes});
        for scopes in [&["workers:write"][..], &["kv:write"], &["kv:read", "tail:read"]] {
            let refused = node.ask(&boss, "POST", TOKENS, &make(scopes)).await;
            assert_eq!(refused.refused(), (403, 9_109), "{scopes:?}");
        }
        let rolled = node.ask(&boss, "PUT", &format!("{TOKENS}/deployer/value"), &json!({})).await;
        assert_eq!(rolled.refused(), (403, 9_109), "rolling a token gives its value away");
        node.ask(&boss, "POST", TOKENS, &make(&["kv:read", "account:write"])).await.result();
        node.ask(&boss, "DELETE", &format!("{TOKENS}/deployer"), &Value::Null).await.result();

        let (_, brief) = node.token("brief", "account:write", Some(i64::MAX / 1_000_000));
        let refused = node.ask(&brief, "POST", TOKENS, &make(&["account:write"])).await;
        assert_eq!(refused.refused(), (403, 9_109), "it would outlive its maker");
        let rolled = node.ask(&brief, "PUT", &format!("{TOKENS}/brief/value"), &json!({})).await;
        assert!(rolled.result().is_string(), "it may renew itself, until its end");
    });
}

#[test]
fn tokens_that_cannot_be_made_are_refused_with_the_reason() {
    run(async {
        let node = node(NODE);
        for (path, asked, status, expected) in [
            (TOKENS, json!({"scopes": ["kv:read"]}), 400, "`name`"),
            (TOKENS, json!({"name": "a\nb", "scopes": ["kv:read"]}), 400, "control character"),
            (TOKENS, json!({"name": "ci"}), 400, "`scopes`"),
            (TOKENS, json!({"name": "ci", "scopes": ["root"]}), 400, "`root` is no scope"),
            (
                TOKENS,
                json!({"name": "ci", "scopes": ["kv:read"], "expires_on": "2000-01-01T00:00:00Z"}),
                400,
                "is over",
            ),
            (TOKENS, json!([]), 400, "JSON object"),
            (
                "accounts/nobody/tokens",
                json!({"name": "ci", "scopes": ["kv:read"]}),
                404,
                "no account `nobody`",
            ),
        ] {
            let refused = node.ask(NODE, "POST", path, &asked).await;
            let message = refused.document["errors"][0]["message"].as_str().unwrap().to_owned();
            assert!(refused.status == status && message.contains(expected), "{asked}: {message}");
        }
        assert_eq!(node.get(NODE, TOKENS).await.result(), &json!([]));
        let groups = node.get(NODE, "accounts/acme/tokens/permission_groups").await;
        assert_eq!(groups.result().as_array().unwrap().len(), 6);
    });
}

#[test]
fn everybody_sees_the_accounts_that_are_his() {
    run(async {
        let node = node(NODE);
        let made = node.ask(NODE, "POST", "accounts", &json!({"id": "zoo", "name": "The Zoo"})).await;
        assert_eq!((&made.result()["id"], &made.result()["name"]), (&json!("zoo"), &json!("The Zoo")));
        let by_chance = node.ask(NODE, "POST", "accounts", &json!({"name": "Anybody"})).await;
        assert_eq!(by_chance.result()["id"].as_str().unwrap().len(), 32);
        for (asked, status) in [
            (json!({"id": "zoo", "name": "Again"}), 409),
            (json!({"id": "a/b", "name": "x"}), 400),
            (json!({"id": 7, "name": "x"}), 400),
            (json!({"id": "x"}), 400),
        ] {
            assert_eq!(node.ask(NODE, "POST", "accounts", &asked).await.status, status, "{asked}");
        }
        assert_eq!(node.get(NODE, "accounts").await.result().as_array().unwrap().len(), 4);

        let (_, value) = node.token("t1", "kv:read", None);
        for path in ["accounts", "memberships"] {
            let shown = node.get(&value, path).await;
            let shown = shown.result().as_array().unwrap();
            assert!(shown.len() == 1 && shown[0].to_string().contains("\"acme\""), "{shown:?}");
        }
        assert_eq!(node.get(&value, "user").await.result()["email"], "ci (t1)");
        assert_eq!(node.get(&value, "accounts/acme").await.result()["id"], "acme");

        let delete = |id: &str| format!("accounts/{id}");
        assert_eq!(node.ask(NODE, "DELETE", &delete("acme"), &Value::Null).await.status, 409);
        assert_eq!(node.ask(NODE, "DELETE", &delete("nobody"), &Value::Null).await.status, 404);
        node.ask(NODE, "DELETE", &delete("zoo"), &Value::Null).await.result();
        node.ask(NODE, "DELETE", "accounts/acme/workers/scripts/shop", &Value::Null).await.result();
        node.ask(NODE, "DELETE", &delete("acme"), &Value::Null).await.result();
        assert_eq!(node.get(&value, "user").await.refused(), (401, 10_000), "its tokens went with it");
    });
}

#[test]
fn guessing_is_stopped_and_nobody_else_is_kept_out() {
    run(async {
        // A token that an operator has chosen, and that can be guessed.
        let node = node("hunter2");
        let (_, good) = node.token("t1", "workers:read", None);
        let elsewhere: IpAddr = "192.0.2.9".parse().unwrap();
        let from = |address, token: &str| {
            let lines = format!("authorization: Bearer {token}\r\n");
            let node = &node;
            async move { node.send(address, "GET", "user", &lines, "").await }
        };
        assert_eq!(from(HOME, "hunter2").await.status, 200);
        for _ in 0..3 * GUESSES_AT_ONCE {
            assert_eq!(from(HOME, "an old token, sent again and again").await.status, 401);
        }
        for n in 1..GUESSES_AT_ONCE {
            assert_eq!(from(HOME, &format!("hunter{}", n + 2)).await.status, 401, "{n}");
        }
        let stopped = from(HOME, "hunter1").await;
        assert_eq!(stopped.refused(), (429, 971));
        assert!(stopped.head.contains("retry-after: 6"), "{}", stopped.head);
        let right = from(HOME, "hunter2").await;
        assert_eq!(right.document, stopped.document, "a right guess is not told from a wrong one");
        assert_eq!(from(HOME, &format!("mote_{}", "0".repeat(64))).await.status, 429);

        assert_eq!(from(HOME, &good).await.status, 200, "what nobody can guess is let in");
        assert_eq!(from(elsewhere, "hunter2").await.status, 200);
        // A request without a token guesses nothing.
        for _ in 0..2 * GUESSES_AT_ONCE {
            assert_eq!(from(elsewhere, "").await.status, 401);
        }
        assert_eq!(from(elsewhere, "hunter2").await.status, 200);
    });
}

#[test]
fn keys_of_cloudflare_users_are_refused_by_name() {
    run(async {
        let node = node(NODE);
        let lines = "x-auth-key: 0123\r\nx-auth-email: a@example.com\r\n";
        let refused = node.send(HOME, "GET", "user", lines, "").await;
        assert_eq!(refused.refused(), (401, 10_000));
        assert!(refused.document.to_string().contains("CLOUDFLARE_API_TOKEN"), "{}", refused.document);
    });
}
