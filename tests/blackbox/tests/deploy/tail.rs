//! Who deploys a worker can watch it: through the real wrangler, and through the API.

use mote_blackbox::{Mote, Wrangler, eventually};
use serde_json::{Value, json};

use super::{node, project_of, says};

const WORKER: &str = r#"export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    console.log("hello", { n: 1 });
    if (pathname === "/fail") throw new TypeError("no such luck");
    return new Response("fine");
  },
};
"#;
const TAILS: &str = "accounts/acme/workers/scripts/shop/tails";

/// Asks as often as it takes until an event is seen: a cell is told a moment later that somebody watches.
fn seen(mote: &Mote, path: &str, look: impl Fn() -> Option<Value>) -> Value {
    eventually(path, || {
        mote.get_from_host("shop.localhost", path);
        look()
    })
}

#[test]
fn wrangler_tail_prints_events_as_documents() {
    let (mote, door, api) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let project = project_of("shop", WORKER, "upload_source_maps = true\n");
    wrangler.succeeds(&project, &["deploy"]);
    let tail = wrangler.tail(&project, &["shop", "--format", "json"]);
    eventually("a tail", || {
        let (_, tails) = api.ask("GET", TAILS, &Value::Null);
        (!tails["result"].as_array().unwrap().is_empty()).then_some(())
    });
    let first = |outcome: &str| tail.events().into_iter().find(|event| event["outcome"] == outcome);
    let fine = seen(&mote, "/buy?n=1&token=hush", || first("ok"));
    let request = &fine["event"]["request"];
    assert_eq!((&fine["scriptName"], &request["method"]), (&json!("shop"), &json!("GET")), "{fine}");
    assert!(request["url"].as_str().unwrap().ends_with("/buy?n=1&token=REDACTED"), "{fine}");
    assert_eq!(fine["event"]["response"]["status"], 200, "{fine}");
    assert_eq!(fine["logs"][0]["message"], json!(["hello", {"n": 1}]), "{fine}");
    assert_eq!((&fine["logs"][0]["level"], &fine["exceptions"]), (&json!("log"), &json!([])), "{fine}");
    let failed = seen(&mote, "/fail", || first("exception"));
    let exception = &failed["exceptions"][0];
    let expected = (&json!("TypeError"), &json!("no such luck"));
    assert_eq!((&exception["name"], &exception["message"]), expected, "{failed}");
    let stack = exception["stack"].as_str().unwrap();
    assert!(stack.contains("fetch") && stack.contains("src/index.ts:5:"), "as it was written: {failed}");
    assert!(!tail.text().contains("hush"));
    assert_eq!(tail.end(), Some(0));
    eventually("no tail is left", || {
        let (_, tails) = api.ask("GET", TAILS, &Value::Null);
        tails["result"].as_array().unwrap().is_empty().then_some(())
    });
}

#[test]
fn wrangler_tail_prints_what_its_filters_want_and_nothing_else() {
    let (mote, door, _) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let project = project_of("shop", WORKER, "");
    wrangler.succeeds(&project, &["deploy"]);
    let filters =
        ["--status", "error", "--method", "GET", "--search", "hello", "--header", "accept:text/html"];
    let tail = wrangler.tail(&project, &[&["shop", "--format", "pretty"][..], &filters[..]].concat());
    eventually("wrangler is connected", || tail.text().contains("waiting for logs").then_some(()));
    eventually("an error of a browser", || {
        mote.get_from_host("shop.localhost", "/fine");
        mote.get_from_host("shop.localhost", "/fail?of=nobody");
        mote.get_with("/fail?of=browser", &[("host", "shop.localhost"), ("accept", "text/html")]);
        tail.text().contains("/fail?of=browser - Exception Thrown").then_some(())
    });
    eventually("its message and its exception", || {
        let text = tail.text();
        (text.contains("(log) hello { n: 1 }") && text.contains("TypeError: no such luck")).then_some(())
    });
    let text = tail.text();
    assert!(!text.contains("/fine") && !text.contains("of=nobody"), "{text}");
    assert_eq!(tail.end(), Some(0));
}

#[test]
fn wrangler_tail_shows_the_events_of_an_address() {
    let (mote, door, api) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let headers =
        "export default { fetch: (request) => Response.json(Object.fromEntries(request.headers)) };";
    let project = project_of("shop", headers, "");
    wrangler.succeeds(&project, &["deploy"]);
    let own = wrangler.tail(&project, &["shop", "--format", "json", "--ip", "self"]);
    let other = wrangler.tail(&project, &["shop", "--format", "json", "--ip", "192.0.2.1"]);
    let all = wrangler.tail(&project, &["shop", "--format", "json"]);
    // The other one will show nothing by which it is known that it listens.
    eventually("three tails", || {
        let (_, tails) = api.ask("GET", TAILS, &Value::Null);
        (tails["result"].as_array().unwrap().len() == 3).then_some(())
    });
    for tail in [&own, &all] {
        let seen = seen(&mote, "/", || tail.events().into_iter().next());
        assert_eq!(seen["outcome"], "ok", "{seen}");
    }
    let last = seen(&mote, "/last", || {
        let is_last = |event: &Value| event["event"]["request"]["url"].as_str().unwrap().ends_with("/last");
        own.events().into_iter().find(is_last)
    });
    assert!(!last.to_string().contains("mote-ticket"), "{last}");
    assert!(other.events().is_empty(), "{}", other.text());
    let answer = mote.get_from_host("shop.localhost", "/").text;
    assert!(
        !answer.contains("127.0.0.1") && !answer.contains("mote-ticket"),
        "the worker is not told: {answer}"
    );
    for tail in [own, other, all] {
        assert_eq!(tail.end(), Some(0));
    }
}

#[test]
fn a_tail_is_made_and_ended_by_those_who_may_alone() {
    let (_mote, door, api) = node();
    assert_eq!(api.deploy("shop", &says("one")).0, 200);
    let (status, made) = api.ask("POST", TAILS, &json!({"filters": [{"outcome": ["ok"]}]}));
    assert_eq!(status, 200, "{made}");
    let (id, url) = (made["result"]["id"].as_str().unwrap(), made["result"]["url"].as_str().unwrap());
    assert!(url.starts_with(&format!("ws://127.0.0.1:{}/tails/", door.port())), "{made}");
    assert!(made["result"]["expires_at"].as_str().unwrap().ends_with('Z'), "{made}");
    let (_, list) = api.ask("GET", TAILS, &Value::Null);
    assert_eq!(list["result"][0]["id"], id);
    assert!(!list.to_string().contains("/tails/"), "its address stays with whoever made it: {list}");
    // It is no page, and nobody guesses it.
    let path = url.split_once("/tails/").map(|(_, token)| format!("/tails/{token}")).unwrap();
    assert_eq!(door.ask("GET", &path, "").0, 426);
    let upgrade = "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-protocol: trace-v1\r\n\
                   sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nconnection: upgrade\r\n";
    assert_eq!(door.ask("GET", "/tails/guessed", upgrade).0, 404);
    for (method, path, status) in [
        ("GET", format!("{TAILS}/{id}"), 200),
        ("GET", "accounts/evil/workers/scripts/shop/tails".to_owned(), 404),
        ("POST", "accounts/evil/workers/scripts/shop/tails".to_owned(), 404),
        ("POST", "accounts/acme/workers/scripts/nobody/tails".to_owned(), 404),
        ("DELETE", format!("accounts/evil/workers/scripts/shop/tails/{id}"), 404),
        ("DELETE", format!("{TAILS}/{id}"), 200),
        ("DELETE", format!("{TAILS}/{id}"), 404),
        ("GET", format!("{TAILS}/{id}"), 404),
    ] {
        let (found, document) = api.ask(method, &path, &json!({"filters": []}));
        assert_eq!(found, status, "{method} {path}: {document}");
    }
    for filter in
        [json!({"sampling_rate": 2}), json!({"outcome": ["fine"]}), json!({"nonsense": 1}), json!(3)]
    {
        let (status, refused) = api.ask("POST", TAILS, &json!({"filters": [filter]}));
        assert_eq!((status, &refused["success"]), (400, &json!(false)), "{refused}");
    }
    assert_eq!(api.with_token("wrong").ask("POST", TAILS, &json!({})).0, 401);
    for _ in 0..10 {
        assert_eq!(api.ask("POST", TAILS, &json!({})).0, 200);
    }
    let (status, refused) = api.ask("POST", TAILS, &json!({}));
    assert_eq!(status, 429, "{refused}");
}
