//! Frameworks for HTTP APIs.

use mote_ecosystem_tests::deployed;
use serde_json::json;

const JSON: (&str, &str) = ("content-type", "application/json");
const SHOP: (&str, &str) = ("origin", "https://shop.example");

#[test]
fn hono_routes_validates_and_allows_origins() {
    let worker = deployed("hono");
    let order = worker.get_with("/api/orders/7?tag=a&tag=b", &[SHOP]);
    assert_eq!(order.json(), json!({ "id": 7, "tags": ["a", "b"] }));
    assert_eq!(order.header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(order.header("vary"), "Origin");
    assert_eq!(order.header("content-security-policy"), "default-src 'self'");
    assert_eq!(order.header("x-frame-options"), "SAMEORIGIN");
    let stranger = worker.get_with("/api/orders/7", &[("origin", "https://evil.example")]);
    assert_eq!(stranger.header("access-control-allow-origin"), "");
    assert_eq!(worker.get("/api/orders/seven").json(), json!({ "missing": "/api/orders/seven" }));

    let preflight =
        worker.send("OPTIONS", "/api/orders", &[SHOP, ("access-control-request-method", "POST")], "");
    assert_eq!((preflight.status, &*preflight.text), (204, ""));
    assert_eq!(preflight.header("access-control-allow-methods"), "GET,POST");
    assert_eq!(preflight.header("access-control-max-age"), "600");

    let added = worker.send("POST", "/api/orders", &[JSON], r#"{"item":"tea","count":"3"}"#);
    assert_eq!((added.status, added.json()), (201, json!({ "item": "tea", "count": 3 })));
    let refused = worker.send("POST", "/api/orders", &[JSON], r#"{"item":"t","count":3}"#);
    assert_eq!((refused.status, &refused.json()["success"]), (400, &json!(false)));
    assert!(refused.text.contains("Too small: expected string to have >=2 characters"), "{}", refused.text);
    let huge = worker.send("POST", "/api/orders", &[JSON], format!("{{\"item\":\"{}\"}}", "x".repeat(1100)));
    assert_eq!((huge.status, huge.json()), (413, json!({ "error": "too much" })));

    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(
        worker.send("POST", "/api/forms", &form, "item=green+tea&count=4").json(),
        json!({ "item": "green tea", "count": 4 })
    );
    let upload = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\ncontent-type: text/x-a\r\n\r\nhi\r\n--b--\r\n";
    let uploaded =
        worker.send("POST", "/api/upload", &[("content-type", "multipart/form-data; boundary=b")], upload);
    assert_eq!(uploaded.json(), json!({ "name": "a.txt", "type": "text/x-a", "text": "hi" }));
    assert_eq!(worker.get("/broken").json(), json!({ "error": "on purpose" }));
}

#[test]
fn hono_signs_tags_and_streams() {
    let worker = deployed("hono");
    let login = worker.get("/login");
    let token = login.json()["token"].as_str().expect("a token").to_owned();
    assert_eq!(worker.get("/me").status, 401);
    let me = worker.get_with("/me", &[("authorization", &format!("Bearer {token}"))]);
    assert_eq!(me.json(), json!({ "sub": "ada", "exp": 4_102_444_800_u64 }));
    let forged = worker.get_with("/me", &[("authorization", &format!("Bearer {token}x"))]);
    assert_eq!(forged.status, 401);

    let cookie = login.header("set-cookie").split(';').next().unwrap_or_default();
    assert!(login.header("set-cookie").ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    assert_eq!(worker.get_with("/visits", &[("cookie", cookie)]).json(), json!({ "visits": "1" }));
    let other = cookie.replace("visits=1.", "visits=2.");
    assert_eq!(worker.get_with("/visits", &[("cookie", &other)]).json(), json!({ "visits": false }));

    let tag = worker.get("/tagged").header("etag").to_owned();
    assert_eq!(tag, "\"9d427d4cd0a3c905c6fbdac716e6163210dc1e84\"");
    let known = worker.get_with("/tagged", &[("if-none-match", &tag)]);
    assert_eq!((known.status, &*known.text), (304, ""));

    assert_eq!(worker.get("/page?name=%3Cb%3E").text, "<p>&lt;b&gt;</p>");
    assert_eq!(worker.get("/text").text, "one\ntwo\nthree\n");
    assert_eq!(worker.get("/bytes").bytes, [1, 2, 3, 4, 5]);
    let events = worker.get("/events");
    assert_eq!(events.header("content-type"), "text/event-stream");
    let event = |id| format!("event: tick\ndata: number {id}\ndata: and more\nid: {id}\n\n");
    assert_eq!(events.text, event(1) + &event(2));
}

#[test]
fn hono_compresses_only_for_who_asks() {
    let worker = deployed("hono");
    let plain = worker.get("/packed");
    assert_eq!((plain.header("content-encoding"), plain.text.len()), ("", 5000));
    assert_eq!(plain.header("vary"), "Accept-Encoding");
    let packed = worker.get_with("/packed", &[("accept-encoding", "gzip")]);
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert!(packed.bytes.starts_with(&[0x1f, 0x8b]) && packed.bytes.len() < 200, "{:?}", packed.bytes);
}

#[test]
fn itty_router_goes_through_its_stages() {
    let worker = deployed("itty-router");
    let notes = worker.get_with("/api/notes", &[SHOP]);
    assert_eq!(notes.json(), json!([{ "id": "1", "text": "milk" }]));
    assert_eq!(notes.header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(worker.get("/api/notes?q=bread").json(), json!([]));
    assert_eq!(worker.get("/api/notes/9").json(), json!({ "status": 404, "error": "no note 9" }));
    assert_eq!(worker.get("/api/files/a/b/c.txt").json(), json!({ "path": "a/b/c.txt" }));
    assert_eq!(worker.get("/api/pages/x.md").text, "<h1>x</h1><p>md</p>");
    assert_eq!(worker.get("/api/broken").json(), json!({ "status": 500, "error": "on purpose" }));
    assert_eq!(worker.get("/api/else").json()["waits"], "function");

    let token = ("authorization", "Bearer letmein");
    assert_eq!(worker.send("POST", "/api/notes", &[JSON], r#"{"text":"tea"}"#).status, 401);
    let added = worker.send("POST", "/api/notes", &[JSON, token], r#"{"text":"tea"}"#);
    assert_eq!((added.status, added.json()), (201, json!({ "id": "2", "text": "tea", "by": "ada" })));
    let refused = worker.send("POST", "/api/notes", &[JSON, token], "{}");
    assert_eq!((refused.status, &refused.json()["missing"]), (422, &json!("text")));
    let preflight = worker.send("OPTIONS", "/api/notes", &[SHOP], "");
    assert_eq!((preflight.status, preflight.header("access-control-max-age")), (204, "600"));
}

#[test]
fn graphql_yoga_answers_queries_mutations_and_subscriptions() {
    let worker = deployed("graphql-yoga");
    let ask =
        |query: &str| worker.send("POST", "/graphql", &[JSON], json!({ "query": query }).to_string()).json();
    assert_eq!(
        ask("{ books(order: AUTHOR) { title shout(times: 2) } tenant }"),
        json!({ "data": { "tenant": "acme", "books": [
            { "title": "Piranesi", "shout": "PIRANESI!!" }, { "title": "Small Gods", "shout": "SMALL GODS!!" },
        ] } })
    );
    let secret = ask("{ secret }");
    assert_eq!(secret["data"], json!({ "secret": null }));
    assert_eq!(secret["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(
        ask("{ nothing }")["errors"][0]["message"],
        "Cannot query field \"nothing\" on type \"Query\"."
    );
    assert_eq!(
        ask("mutation { add(title: \"Emma\", author: \"Austen\") { id } }"),
        json!({ "data": { "add": { "id": "3" } } })
    );

    let countdown = worker
        .get_with("/graphql?query=subscription%7Bcountdown(from:2)%7D", &[("accept", "text/event-stream")]);
    let counts: Vec<_> = countdown.text.lines().filter_map(|line| line.strip_prefix("data: {")).collect();
    assert_eq!(counts, [2, 1, 0].map(|count| format!("\"data\":{{\"countdown\":{count}}}}}")));
    assert!(countdown.text.contains("event: complete"), "{}", countdown.text);

    let upload = "--b\r\ncontent-disposition: form-data; name=\"operations\"\r\n\r\n\
        {\"query\":\"mutation($file: File!) { upload(file: $file) }\",\"variables\":{\"file\":null}}\r\n\
        --b\r\ncontent-disposition: form-data; name=\"map\"\r\n\r\n{\"0\":[\"variables.file\"]}\r\n\
        --b\r\ncontent-disposition: form-data; name=\"0\"; filename=\"a.txt\"\r\n\r\nhi\r\n--b--\r\n";
    let headers = [("content-type", "multipart/form-data; boundary=b"), ("x-graphql-yoga-csrf", "1")];
    assert_eq!(
        worker.send("POST", "/graphql", &headers, upload).json(),
        json!({ "data": { "upload": "a.txt: hi" } })
    );
    assert!(worker.get_with("/graphql", &[("accept", "text/html")]).text.contains("Yoga GraphiQL"));
}

#[test]
fn h3_routes_counts_and_streams() {
    let worker = deployed("h3");
    let hello = worker.get("/hello/Ada?a=1&a=2&b=x");
    assert_eq!(hello.json(), json!({ "hello": "Ada", "query": { "a": ["1", "2"], "b": "x" } }));
    assert_eq!(hello.header("x-powered-by"), "h3");
    assert_eq!(worker.send("POST", "/echo", &[JSON], r#"{"a":[1]}"#).json(), json!({ "body": { "a": [1] } }));
    let visits = worker.get_with("/visits", &[("cookie", "a=b; visits=4")]);
    assert_eq!((&*visits.text, visits.header("set-cookie")), ("5", "visits=5; Path=/; HttpOnly"));
    let old = worker.get("/old");
    assert_eq!((old.status, old.header("location")), (301, "/hello/new"));
    let secret = worker.get("/secret");
    assert_eq!((secret.status, secret.json()), (403, json!({ "status": 403, "why": "not for you" })));
    assert_eq!(worker.get("/events").text, "data: one\n\ndata: two\n\n");
    assert_eq!(worker.get("/nowhere").status, 404);
}

#[test]
fn trpc_calls_batches_and_subscribes() {
    let worker = deployed("trpc");
    let greeted = worker.get("/trpc/greet?input=%7B%22json%22:%7B%22name%22:%22Ada%22%7D%7D");
    assert_eq!(greeted.json()["result"]["data"]["json"], "Hello, Ada!");
    let refused = worker.get("/trpc/greet?input=%7B%22json%22:%7B%7D%7D");
    assert_eq!(
        (refused.status, &refused.json()["error"]["json"]["data"]["code"]),
        (400, &json!("BAD_REQUEST"))
    );
    let values = &worker.get("/trpc/values").json()["result"]["data"];
    assert_eq!(
        values["json"],
        json!({ "at": "1970-01-01T00:00:00.000Z", "set": [1, 2], "big": "100000000000000000000", "none": null })
    );
    assert_eq!(values["meta"]["values"]["set"], json!(["set"]));
    let both = worker
        .get("/trpc/greet,values?batch=1&input=%7B%220%22:%7B%22json%22:%7B%22name%22:%22B%22%7D%7D%7D");
    assert_eq!(both.json()[0]["result"]["data"]["json"], "Hello, B!");
    assert_eq!(both.json().as_array().map(Vec::len), Some(2));

    let rename =
        |headers: &[(&str, &str)]| worker.send("POST", "/trpc/account.rename", headers, r#"{"json":"x"}"#);
    assert_eq!(rename(&[JSON]).status, 401);
    let renamed = rename(&[JSON, ("x-user", "ada")]);
    assert_eq!(renamed.json()["result"]["data"]["json"], json!({ "from": "ada", "to": "x" }));
    let ticks = worker.get_with("/trpc/ticks", &[("accept", "text/event-stream")]);
    assert_eq!(ticks.header("content-type"), "text/event-stream");
    for id in [1, 2] {
        let tick = format!("data: {{\"json\":{{\"tick\":{id}}}}}\nid: {id}\n");
        assert!(ticks.text.contains(&tick), "{}", ticks.text);
    }
}
