//! What clients of the API are answered, as wrangler and others ask it.

use http::{HeaderValue, header};
use http_body_util::{BodyExt, Full};

use super::*;
use crate::{
    api::envelope,
    clock::now_ms,
    kv::{
        KvOptions,
        tests::{Fixture, fixture_of},
    },
};

struct Client {
    fixture: Fixture,
    account: &'static str,
}

fn client() -> Client {
    Client { fixture: fixture_of(KvOptions::default()), account: "acme" }
}

impl Client {
    async fn raw(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: impl Into<Bytes>,
    ) -> (u16, HeaderMap, Bytes) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
        let method: Method = method.parse().unwrap();
        let body = Full::new(body.into());
        let call = KvCall { method: &method, path, query, headers: &headers, body };
        let answered = envelope::answer(answer(&self.fixture.kv, (self.account, "operator"), call).await);
        let (parts, body) = answered.into_parts();
        (parts.status.as_u16(), parts.headers, body.collect().await.unwrap().to_bytes())
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, _, bytes) = self.raw(method, path, "application/json", body).await;
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn result(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer["result"].clone()
    }

    async fn refused(&self, method: &str, path: &str, body: &Value) -> (u16, u64) {
        let (status, answer) = self.ask(method, path, body).await;
        (status, answer["errors"][0]["code"].as_u64().unwrap())
    }

    async fn value(&self, path: &str) -> Bytes {
        let (status, _, value) = self.raw("GET", path, "", "").await;
        assert_eq!(status, 200, "{path}");
        value
    }
}

#[tokio::test]
async fn namespaces_are_made_listed_in_pages_renamed_and_deleted() {
    let client = client();
    let made = client.result("POST", "", &json!({"title": "two"})).await;
    let id = made["id"].as_str().unwrap().to_owned();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
    assert_eq!((&made["title"], &made["supports_url_encoding"]), (&json!("two"), &json!(true)));
    let (_, listed) = client.ask("GET", "?per_page=1&page=2&order=title&direction=asc", &Value::Null).await;
    assert_eq!(listed["result"], json!([made]));
    let info = json!({"page": 2, "per_page": 1, "count": 1, "total_count": 2, "total_pages": 2});
    assert_eq!(listed["result_info"], info);
    // Clients ask until a page is empty.
    assert_eq!(client.result("GET", "?per_page=1000&page=2", &Value::Null).await, json!([]));
    assert_eq!(client.result("GET", &format!("?page={}", usize::MAX), &Value::Null).await, json!([]));
    assert_eq!(client.refused("POST", "", &json!({"title": "two"})).await, (400, 10_014));
    let path = format!("/{id}");
    assert_eq!(client.refused("PUT", &path, &json!({"title": "one"})).await, (400, 10_014));
    assert_eq!(client.result("PUT", &path, &json!({"title": "deux"})).await["title"], "deux");
    assert_eq!(client.result("GET", &path, &Value::Null).await["title"], "deux");
    assert_eq!(client.result("DELETE", &path, &Value::Null).await, Value::Null);
    assert_eq!(client.refused("GET", &path, &Value::Null).await, (404, 10_013));
    assert_eq!(client.refused("DELETE", &path, &Value::Null).await, (404, 10_013));
}

#[tokio::test]
async fn what_describes_no_namespace_is_refused() {
    let client = client();
    for title in [json!(null), json!(""), json!(1), json!("t".repeat(513))] {
        assert_eq!(client.refused("POST", "", &json!({"title": title})).await, (400, 10_033));
    }
    client.result("POST", "", &json!({"title": "ä".repeat(512), "jurisdiction": null})).await;
    assert_eq!(client.refused("POST", "", &json!({"title": "x", "jurisdiction": "eu"})).await.0, 400);
    assert_eq!(client.refused("POST", "", &json!({"title": "t".repeat(70_000)})).await, (413, 10_047));
    for query in ["?page=0", "?page=x", "?per_page=1001", "?order=age", "?direction=up"] {
        assert_eq!(client.refused("GET", query, &Value::Null).await, (400, 10_033), "{query}");
    }
    assert_eq!(client.refused("PATCH", "/n1", &Value::Null).await, (404, 7_003));
    assert_eq!(client.refused("GET", "/n1/values/k/", &Value::Null).await, (404, 10_009));
}

#[tokio::test]
async fn an_account_reaches_none_of_anothers_namespaces() {
    let client = client();
    client.raw("PUT", "/n1/values/k", "", "acme's").await;
    let evil = Client { account: "evil", ..client };
    for (method, path) in [
        ("GET", "/n1"),
        ("DELETE", "/n1"),
        ("GET", "/n1/keys"),
        ("GET", "/n1/values/k"),
        ("PUT", "/n1/values/k"),
        ("DELETE", "/n1/values/k"),
        ("GET", "/n1/metadata/k"),
        ("PUT", "/n1/bulk"),
        ("POST", "/n1/bulk/get"),
        ("POST", "/n1/bulk/delete"),
    ] {
        assert_eq!(evil.refused(method, path, &json!({})).await, (404, 10_013), "{method} {path}");
    }
    let acme = Client { account: "acme", ..evil };
    assert_eq!(acme.value("/n1/values/k").await, "acme's");
}

#[tokio::test]
async fn values_are_written_raw_or_as_a_form_and_read_as_they_are() {
    let client = client();
    let bytes: Vec<u8> = (0..=255).collect();
    let at_s = now_ms() / 1_000 + 100;
    let (status, _, _) =
        client.raw("PUT", &format!("/n1/values/a%2Fb?expiration={at_s}"), "", bytes.clone()).await;
    assert_eq!(status, 200);
    for path in ["/n1/values/a%2Fb", "/n1/values/a/b"] {
        let (_, headers, value) = client.raw("GET", path, "", "").await;
        assert_eq!(value, bytes);
        assert_eq!(headers["expiration"], at_s.to_string());
        assert_eq!(headers["content-type"], "application/octet-stream");
    }
    let form = "--b\r\ncontent-disposition: form-data; name=\"value\"; filename=\"blob\"\r\n\
                content-type: application/octet-stream\r\n\r\n\0\r\n--x\r\n--b\r\n\
                content-disposition: form-data; name=\"metadata\"\r\n\r\n{\"a\":1}\r\n--b--\r\n";
    let kind = "multipart/form-data; boundary=b";
    let (status, _, _) = client.raw("PUT", "/n1/values/form?expiration_ttl=60", kind, form).await;
    assert_eq!(status, 200);
    assert_eq!(client.value("/n1/values/form").await, "\0\r\n--x");
    assert_eq!(client.result("GET", "/n1/metadata/form", &Value::Null).await, json!({"a": 1}));
    assert_eq!(client.result("GET", "/n1/metadata/a%2Fb", &Value::Null).await, Value::Null);
    assert_eq!(client.refused("GET", "/n1/metadata/none", &Value::Null).await, (404, 10_009));
    for form in [
        "--b--\r\n",
        "--b\r\ncontent-disposition: form-data; name=\"other\"\r\n\r\nv\r\n--b--\r\n",
        "--b\r\ncontent-disposition: form-data; name=\"metadata\"\r\n\r\n1\r\n--b--\r\n",
        "no form",
    ] {
        assert_eq!(client.raw("PUT", "/n1/values/bad", kind, form).await.0, 400, "{form}");
    }
    assert_eq!(client.result("DELETE", "/n1/values/form", &Value::Null).await, Value::Null);
    assert_eq!(client.refused("GET", "/n1/values/form", &Value::Null).await, (404, 10_009));
    assert_eq!(client.refused("PUT", "/n1/values/k?expiration_ttl=59", &json!(1)).await, (400, 10_033));
    let long = vec![0; mote_store::VALUE_BYTES_MAX + 1];
    assert_eq!(client.raw("PUT", "/n1/values/k", "", long).await.0, 413);
    assert_eq!(client.refused("GET", "/n1/values/k", &Value::Null).await, (404, 10_009));
}

#[tokio::test]
async fn keys_are_listed_with_cursors() {
    let client = client();
    let pairs: Vec<Value> = (0..5).map(|number| json!({"key": format!("k{number}"), "value": "v"})).collect();
    client.result("PUT", "/n1/bulk", &json!(pairs)).await;
    let (_, first) = client.ask("GET", "/n1/keys?limit=3&prefix=k", &Value::Null).await;
    assert_eq!(first["result"], json!([{"name": "k0"}, {"name": "k1"}, {"name": "k2"}]));
    let cursor = first["result_info"]["cursor"].as_str().unwrap();
    assert_eq!(first["result_info"]["count"], 3);
    let (_, second) = client.ask("GET", &format!("/n1/keys?cursor={cursor}"), &Value::Null).await;
    assert_eq!(second["result"], json!([{"name": "k3"}, {"name": "k4"}]));
    assert_eq!(second["result_info"], json!({"count": 2, "cursor": "", "cursors": {"after": ""}}));
    assert_eq!(client.refused("GET", "/n1/keys?limit=1001", &Value::Null).await, (400, 10_033));
    assert_eq!(client.refused("GET", "/n1/keys?cursor=!", &Value::Null).await, (400, 10_033));
}

#[tokio::test]
async fn many_pairs_are_written_read_and_deleted() {
    let client = client();
    let pairs = json!([
        {"key": "text", "value": "a\n\"ä\"", "metadata": {"m": [1]}, "expiration_ttl": 60},
        {"key": "data", "value": "AAEC/w==", "base64": true},
        {"key": "json", "value": "{\"n\":1}", "metadata": null, "base64": false},
    ]);
    let done = client.result("PUT", "/n1/bulk", &pairs).await;
    assert_eq!(done, json!({"successful_key_count": 3, "unsuccessful_keys": []}));
    assert_eq!(client.value("/n1/values/data").await, [0, 1, 2, 255].as_slice());
    assert_eq!(client.value("/n1/values/text").await, "a\n\"ä\"");
    let found = client.result("POST", "/n1/bulk/get", &json!({"keys": ["text", "json", "none"]})).await;
    assert_eq!(found, json!({"values": {"text": "a\n\"ä\"", "json": "{\"n\":1}", "none": null}}));
    let asked = json!({"keys": ["json"], "type": "json", "withMetadata": true});
    let found = client.result("POST", "/n1/bulk/get", &asked).await;
    assert_eq!(found, json!({"values": {"json": {"value": {"n": 1}, "metadata": null}}}));
    let asked = json!({"keys": ["text"], "type": "json"});
    assert_eq!(client.refused("POST", "/n1/bulk/get", &asked).await, (400, 10_033));
    client.result("DELETE", "/n1/bulk", &json!(["text"])).await;
    client.result("POST", "/n1/bulk/delete", &json!(["data", "none"])).await;
    assert_eq!(client.result("GET", "/n1/keys", &Value::Null).await, json!([{"name": "json"}]));
}

#[tokio::test]
async fn a_bulk_write_with_one_bad_pair_writes_nothing() {
    let client = client();
    let good = json!({"key": "good", "value": "v"});
    for bad in [
        json!({"key": "", "value": "v"}),
        json!({"key": "k"}),
        json!({"key": "k", "value": 1}),
        json!({"key": "k", "value": "v", "expiration_ttl": 59}),
        json!({"key": "k", "value": "v", "expiration": 1.5}),
        json!({"key": "k", "value": "*", "base64": true}),
    ] {
        let refused = client.refused("PUT", "/n1/bulk", &json!([good, bad])).await;
        assert_eq!(refused, (400, 10_033), "{bad}");
    }
    let large = json!({"key": "k", "value": "v", "metadata": "m".repeat(1_023)});
    assert_eq!(client.refused("PUT", "/n1/bulk", &json!([good, large])).await, (413, 10_047));
    let many = |count: usize| -> Value {
        (0..count).map(|number| json!({"key": number.to_string(), "value": ""})).collect()
    };
    assert_eq!(client.refused("PUT", "/n1/bulk", &many(10_001)).await, (400, 10_033));
    assert_eq!(client.result("GET", "/n1/keys", &Value::Null).await, json!([]));
    client.result("PUT", "/n1/bulk", &many(10_000)).await;
}
