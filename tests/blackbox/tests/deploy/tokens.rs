//! Tokens of one account: what they open, what they do not, and when they end.

use mote_blackbox::{DeployApi, Wrangler};
use serde_json::{Value, json};

use super::{node, project_of, says};

const SCRIPTS: &str = "accounts/acme/workers/scripts";

/// Makes the account `acme`, and a token of it: its id and its value.
fn token(api: &DeployApi, name: &str, scopes: &[&str]) -> (String, String) {
    let (status, made) = api.ask("POST", "accounts", &json!({"id": "acme", "name": "Acme Inc."}));
    assert!(matches!(status, 200 | 409), "{made}");
    let (status, made) = api.ask("POST", "accounts/acme/tokens", &json!({"name": name, "scopes": scopes}));
    assert_eq!(status, 200, "{made}");
    let text = |key: &str| made["result"][key].as_str().unwrap().to_owned();
    (text("id"), text("value"))
}

#[test]
fn wrangler_deploys_with_a_token_of_the_account_and_to_no_other() {
    let (mote, door, api) = node();
    let (id, value) = token(&api, "ci", &["workers:write"]);
    let wrangler = Wrangler::of(&mote, &door, "acme").with_token("acme", &value);
    let project = project_of("shop", &says("one"), "");
    let who = wrangler.succeeds(&project, &["whoami"]).text;
    assert!(who.contains(&format!("ci ({id})")) && who.contains("Acme Inc."), "{who}");
    wrangler.succeeds(&project, &["deploy"]);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "one");
    project.edit("src/index.ts", "one", "two");
    wrangler.succeeds(&project, &["deploy", "--message", "again"]);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "two");
    let listed = wrangler.json(&project, &["deployments", "status", "--json"]);
    assert_eq!(listed["author_email"], format!("ci ({id})"));

    let (_, log) = api.ask("GET", "accounts/acme/audit_logs", &Value::Null);
    assert_eq!(log["result"][0]["actor"]["email"], format!("ci ({id})"), "{log}");

    let elsewhere = wrangler.with_token("other", &value).run(&project, &["deploy"]);
    assert_ne!(elsewhere.code, Some(0), "{}", elsewhere.text);
    assert!(elsewhere.text.contains("the token is of another account"), "{}", elsewhere.text);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "two");

    let (_, reads) = token(&api, "looks", &["workers:read"]);
    project.edit("src/index.ts", "two", "three");
    let refused = wrangler.with_token("acme", &reads).run(&project, &["deploy"]);
    assert_ne!(refused.code, Some(0), "{}", refused.text);
    assert!(refused.text.contains("`workers:write`"), "{}", refused.text);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "two");

    let (status, _) = api.ask("DELETE", &format!("accounts/acme/tokens/{id}"), &Value::Null);
    assert_eq!(status, 200);
    let revoked = wrangler.run(&project, &["deploy"]);
    assert!(revoked.code != Some(0) && revoked.text.contains("was revoked"), "{}", revoked.text);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "two", "what it has deployed goes on");
}

#[test]
fn a_tokens_value_is_in_one_answer_and_in_no_file() {
    let (mote, _door, api) = node();
    let (id, value) = token(&api, "ci", &["workers:write", "account:write"]);
    let holder = api.with_token(&value);
    let (status, rolled) = holder.ask("PUT", &format!("accounts/acme/tokens/{id}/value"), &json!({}));
    assert_eq!(status, 200, "{rolled}");
    let second = rolled["result"].as_str().unwrap().to_owned();
    assert_eq!(holder.ask("GET", SCRIPTS, &Value::Null).0, 401, "the old value is good for nothing");
    let holder = api.with_token(&second);
    for path in ["tokens", &format!("tokens/{id}"), "audit_logs", "tokens/verify"] {
        let (status, shown) = holder.ask("GET", &format!("accounts/acme/{path}"), &Value::Null);
        assert_eq!(status, 200, "{path}: {shown}");
        assert!(!shown.to_string().contains(&second[5..]), "{path}");
    }
    for entry in std::fs::read_dir(mote.data()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        for value in [&value, &second] {
            let random = &value.as_bytes()[5..];
            assert!(!bytes.windows(random.len()).any(|window| window == random), "{}", path.display());
        }
    }
    assert!(!mote.output().contains(&second));
}

#[test]
fn who_guesses_is_stopped_and_who_knows_is_not() {
    let (_mote, _door, api) = node();
    let (_, value) = token(&api, "ci", &["workers:read"]);
    let guess = |n: u32| api.with_token(&format!("guess {n}")).ask("GET", SCRIPTS, &Value::Null);
    for n in 0..10 {
        assert_eq!(guess(n).0, 401);
    }
    // A slow machine forgives a guess every six seconds.
    let stopped = (10..100).map(guess).find(|(status, _)| *status != 401);
    let (status, document) = stopped.expect("nobody guesses a hundred times");
    assert_eq!((status, &document["errors"][0]["code"]), (429, &json!(971)));
    assert_eq!(api.with_token(&value).ask("GET", SCRIPTS, &Value::Null).0, 200);
    assert_eq!(api.ask("GET", SCRIPTS, &Value::Null).0, 200, "nor is the operator");
}
