//! A cell is hostile: it gets what is its own, and words that say what is wrong.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use mote_store::{KvExpiry, KvPair};
use mote_wire::{
    http::{Body, BodyError, empty, full},
    link::{Kind, Request},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::clock::now_ms;

const N1: At<'_> = At { account: "acme", namespace: "n1" };
const E1: At<'_> = At { account: "evil", namespace: "e1" };

pub(crate) struct Fixture {
    pub(crate) kv: Arc<Kv>,
    _folder: TempDir,
}

pub(crate) fn fixture_of(options: KvOptions) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let store = KvStore::open(&folder.path().join("store"), Arc::new(now_ms)).unwrap();
    for (id, account) in [("n1", "acme"), ("e1", "evil")] {
        let (id, account, title) = (id.to_owned(), account.to_owned(), "one".to_owned());
        store.apply(KvChange::CreateNamespace { id, account, title, who: "me".to_owned() }).unwrap();
    }
    Fixture { kv: Kv::new(Arc::new(store), options), _folder: folder }
}

fn fixture() -> Fixture {
    fixture_of(KvOptions::default())
}

impl Fixture {
    async fn send(
        &self,
        method: Method,
        target: &str,
        headers: &[(&'static str, &str)],
        body: Body,
    ) -> Response<Body> {
        let header = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        let headers: HeaderMap = headers.iter().map(header).collect();
        let url = format!("http://kv{target}");
        let request = Request {
            worker: 1,
            kind: Kind::Fetch,
            method,
            url,
            headers,
            body,
            upgrade: false,
            target: String::new(),
        };
        self.kv.answer(N1, request).await
    }

    async fn ask(
        &self,
        method: Method,
        target: &str,
        headers: &[(&'static str, &str)],
        body: impl Into<Bytes>,
    ) -> (u16, String) {
        let answer = self.send(method, target, headers, full(body)).await;
        (answer.status().as_u16(), text(answer).await)
    }

    async fn get(&self, target: &str) -> (u16, String) {
        self.ask(Method::GET, target, &[], "").await
    }

    async fn put(&self, target: &str, value: &str) {
        let answer = self.ask(Method::PUT, target, &[], value.to_owned()).await;
        assert_eq!(answer, (204, String::new()), "{target}");
    }
}

async fn text(answer: Response<Body>) -> String {
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A body of unknown length, which comes in parts.
struct Parts(Vec<Bytes>);

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Ready(self.0.pop().map(|part| Ok(Frame::data(part))))
    }
}

/// A body that announces bytes and never sends them.
struct Silent;

impl http_body::Body for Silent {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(25 << 20)
    }
}

#[tokio::test]
async fn a_value_comes_back_as_it_was_put_with_metadata_and_end() {
    let fixture = fixture();
    let at_s = (now_ms() / 1_000 + 100).to_string();
    let headers = [("kv-metadata", "%7B%22a%22%3A%22%C3%A4%22%7D"), ("kv-expiration", at_s.as_str())];
    let key = "/values/a%2Fb%20%00%C3%A4";
    let put = fixture.send(Method::PUT, key, &headers, full(vec![0_u8, 255, 10])).await;
    assert_eq!(put.status(), 204);
    let got = fixture.send(Method::GET, key, &[], empty()).await;
    assert_eq!(got.headers()["kv-metadata"], "%7B%22a%22%3A%22%C3%A4%22%7D");
    assert_eq!(got.headers()["kv-expiration"], at_s);
    assert_eq!(got.into_body().collect().await.unwrap().to_bytes(), [0, 255, 10].as_slice());
    let (status, listed) = fixture.get("/keys?prefix=a%2F").await;
    let expected = json!({"keys": [{"name": "a/b \0ä", "expiration": at_s.parse::<i64>().unwrap(),
                                    "metadata": {"a": "ä"}}], "list_complete": true});
    assert_eq!((status, serde_json::from_str::<Value>(&listed).unwrap()), (200, expected));
    assert_eq!(fixture.ask(Method::DELETE, key, &[], "").await.0, 204);
    assert_eq!(fixture.get(key).await, (404, "key not found".to_owned()));
    fixture.put("/values/%2e%2e%2e?x=1", "dots").await;
    assert_eq!(fixture.get("/values/...").await, (200, "dots".to_owned()));
}

#[tokio::test]
async fn what_is_wrong_is_said_in_cloudflares_words_and_changes_nothing() {
    let fixture = fixture();
    let long = format!("/values/{}", "k".repeat(513));
    let soon = (now_ms() / 1_000 + 30).to_string();
    let much = format!("%22{}%22", "m".repeat(1_023));
    for (target, headers, status, expected) in [
        ("/values/", vec![], 400, "Key name cannot be empty."),
        ("/values/.", vec![], 400, "\".\" is not allowed as a key name."),
        ("/values/%2E%2e", vec![], 400, "\"..\" is not allowed as a key name."),
        (long.as_str(), vec![], 400, "UTF-8 encoded length of 513 exceeds key length limit of 512."),
        ("/values/%FF", vec![], 400, "it is not percent-encoded UTF-8"),
        (
            "/values/k",
            vec![("kv-expiration-ttl", "5")],
            400,
            "Invalid expiration_ttl of 5. Expiration TTL must be at least 60.",
        ),
        (
            "/values/k",
            vec![("kv-expiration-ttl", "soon")],
            400,
            "Invalid expiration_ttl of soon. Please specify integer greater than 0.",
        ),
        ("/values/k", vec![("kv-expiration", soon.as_str())], 400, "at least 60 seconds in the future."),
        ("/values/k", vec![("kv-expiration", "1e99")], 400, "since the UNIX epoch."),
        ("/values/k", vec![("kv-metadata", "%7B")], 400, "Metadata is not valid JSON."),
        (
            "/values/k",
            vec![("kv-metadata", much.as_str())],
            413,
            "Metadata length of 1025 exceeds limit of 1024.",
        ),
    ] {
        let (got, message) = fixture.ask(Method::PUT, target, &headers, "v").await;
        assert!(got == status && message.contains(expected), "{target:.40} {headers:?}: {got} {message}");
    }
    for (target, expected) in [
        ("/keys?limit=0", "Invalid key_count_limit of 0. Please specify an integer greater than 0."),
        ("/keys?limit=1001", "Invalid key_count_limit of 1001. Please specify an integer of at most 1000."),
        ("/keys?limit=x", "Invalid key_count_limit of x."),
        ("/keys?cursor=x", "Invalid cursor"),
        ("/../e1/keys", "KV has no GET /../e1/keys"),
        ("", "KV has no GET /"),
    ] {
        let (status, message) = fixture.get(target).await;
        assert!(status == 400 && message.contains(expected), "{target}: {status} {message}");
    }
    let long_prefix = format!("/keys?prefix={}", "p".repeat(513));
    assert!(fixture.get(&long_prefix).await.1.contains("length of 513"));
    assert_eq!(fixture.get("/keys").await.1, "{\"keys\":[],\"list_complete\":true}");
}

#[tokio::test]
async fn a_value_may_have_its_whole_limit_and_not_one_byte_more() {
    let fixture = fixture();
    let exact = vec![7; VALUE_BYTES_MAX];
    assert_eq!(fixture.send(Method::PUT, "/values/k", &[], full(exact.clone())).await.status(), 204);
    let more = fixture.ask(Method::PUT, "/values/k", &[], vec![7; VALUE_BYTES_MAX + 1]).await;
    assert_eq!(more, (413, "Value length of 26214401 exceeds limit of 26214400.".to_owned()));
    // The same when nobody said before how much would come.
    let parts = Body::stream(Parts(vec![Bytes::from(vec![8; 1 << 20]); 26]));
    let streamed = fixture.send(Method::PUT, "/values/k", &[], parts).await;
    assert_eq!((streamed.status().as_u16(), text(streamed).await.contains("exceeds limit")), (413, true));
    let parts = Body::stream(Parts(vec![Bytes::from("b"), Bytes::from("a")]));
    assert_eq!(fixture.send(Method::PUT, "/values/streamed", &[], parts).await.status(), 204);
    assert_eq!(fixture.get("/values/streamed").await.1, "ab");
    let got = fixture.send(Method::GET, "/values/k", &[], empty()).await;
    assert_eq!(got.body().size_hint().exact(), Some(VALUE_BYTES_MAX as u64));
    assert!(fixture.kv.workers.free_bytes() <= WORKERS_BYTES_MAX - VALUE_BYTES_MAX);
    assert_eq!(got.into_body().collect().await.unwrap().to_bytes(), exact);
    assert_eq!(fixture.kv.workers.free_bytes(), WORKERS_BYTES_MAX, "all memory was given back");
}

#[tokio::test]
async fn many_keys_are_read_and_deleted_at_once() {
    let fixture = fixture();
    fixture.ask(Method::PUT, "/values/a", &[("kv-metadata", "[1]")], vec![b'x', 0xff]).await;
    fixture.put("/values/b", "\"b\"").await;
    let asked = json!({"keys": ["b", "a", "none", "a"]}).to_string();
    let (status, found) = fixture.ask(Method::POST, "/get", &[], asked).await;
    let expected = json!({"a": {"value": "x\u{fffd}", "metadata": [1]},
                          "b": {"value": "\"b\"", "metadata": null}, "none": null});
    assert_eq!((status, serde_json::from_str::<Value>(&found).unwrap()), (200, expected));
    let keys = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
    let get = |count| json!({"keys": keys(count)}).to_string();
    assert_eq!(fixture.ask(Method::POST, "/get", &[], get(100)).await.0, 200);
    let (status, message) = fixture.ask(Method::POST, "/get", &[], get(101)).await;
    assert!(status == 400 && message.contains("a maximum of 100 keys"), "{message}");
    for wrong in ["", "{}", "[]", "{\"keys\": [1]}", "{\"keys\": [\"\"]}"] {
        assert_eq!(fixture.ask(Method::POST, "/get", &[], wrong).await.0, 400, "{wrong}");
    }
    let delete = json!(["a", "none"]).to_string();
    assert_eq!(fixture.ask(Method::POST, "/delete", &[], delete).await.0, 204);
    assert_eq!((fixture.get("/values/a").await.0, fixture.get("/values/b").await.0), (404, 200));
    let all = json!(keys(10_000)).to_string();
    assert_eq!(fixture.ask(Method::POST, "/delete", &[], all).await.0, 204);
    let (status, message) = fixture.ask(Method::POST, "/delete", &[], json!(keys(10_001)).to_string()).await;
    assert!(status == 400 && message.contains("more than 10000 items"), "{message}");
    let large = vec![b' '; BULK_KEYS_BYTES_MAX + 1];
    assert_eq!(fixture.ask(Method::POST, "/delete", &[], large).await.0, 413);
}

#[tokio::test]
async fn a_bulk_read_is_bounded_also_where_json_makes_it_larger() {
    let fixture = fixture();
    for key in ["a", "b"] {
        let value = vec![b'v'; 13 << 20];
        assert_eq!(fixture.ask(Method::PUT, &format!("/values/{key}"), &[], value).await.0, 204);
    }
    let get = |keys: &[&str]| json!({"keys": keys}).to_string();
    assert_eq!(fixture.ask(Method::POST, "/get", &[], get(&["a"])).await.0, 200);
    let refused = (413, "Total size of request exceeds the limit of 25MB".to_owned());
    assert_eq!(fixture.ask(Method::POST, "/get", &[], get(&["a", "b"])).await, refused);
    // Each zero has six characters in JSON.
    assert_eq!(fixture.ask(Method::PUT, "/values/z", &[], vec![0; 5 << 20]).await.0, 204);
    assert_eq!(fixture.ask(Method::POST, "/get", &[], get(&["z"])).await, refused);
    assert_eq!(fixture.kv.workers.free_bytes(), WORKERS_BYTES_MAX);
}

#[tokio::test]
async fn a_namespace_is_its_own_and_gone_when_it_is_deleted() {
    let fixture = fixture();
    fixture.put("/values/k", "acme's").await;
    let request = |method, target: &str| Request {
        worker: 1,
        kind: Kind::Fetch,
        method,
        url: format!("http://kv{target}"),
        headers: HeaderMap::new(),
        body: full("v"),
        upgrade: false,
        target: String::new(),
    };
    for target in ["/values/k", "/values/..%2Fn1%2Fk"] {
        assert_eq!(fixture.kv.answer(E1, request(Method::GET, target)).await.status(), 404);
    }
    let (account, id) = ("acme".to_owned(), "n1".to_owned());
    let delete = KvChange::DeleteNamespace { account, id, who: "me".to_owned() };
    fixture.kv.change(delete, None).await.unwrap();
    for (method, target) in [(Method::GET, "/values/k"), (Method::PUT, "/values/k"), (Method::GET, "/keys")] {
        let answer = fixture.kv.answer(N1, request(method, target)).await;
        assert_eq!((answer.status().as_u16(), text(answer).await), (404, "namespace not found".to_owned()));
    }
}

#[tokio::test]
async fn an_account_that_keeps_too_much_is_told_so() {
    let fixture = fixture_of(KvOptions { account_bytes_max: 1_000 });
    fixture.put("/values/k", "v").await;
    let (status, message) = fixture.ask(Method::PUT, "/values/l", &[], vec![0; 900]).await;
    assert!(status == 507 && message.contains("may keep 1000 bytes"), "{status} {message}");
    fixture.put("/values/k", "w").await;
}

#[tokio::test(start_paused = true)]
async fn who_sends_or_reads_nothing_keeps_memory_from_others_only_for_a_while() {
    let fixture = fixture();
    let (id, account, title) = ("n2".to_owned(), "acme".to_owned(), "two".to_owned());
    let create = KvChange::CreateNamespace { id, account, title, who: "me".to_owned() };
    fixture.kv.store.apply(create).unwrap();
    for namespace in ["n1", "n2"] {
        let (key, value) = (KvKey::parse("k").unwrap(), vec![1; 20 << 20].into());
        let pairs = vec![KvPair::new(key, value, None, KvExpiry::Never, now_ms()).unwrap()];
        let namespace = namespace.to_owned();
        fixture.kv.store.apply(KvChange::Put { namespace, pairs, account_bytes_max: 1 << 40 }).unwrap();
    }
    let unread = [(); 3].map(|()| fixture.send(Method::GET, "/values/k", &[], empty()));
    let unread = futures_util::future::join_all(unread).await;
    // A fourth one finds no room in the share of its account, in any of its namespaces; another account has its own.
    let request = |method, body| Request {
        worker: 2,
        kind: Kind::Fetch,
        method,
        url: "http://kv/values/k".to_owned(),
        headers: HeaderMap::new(),
        body,
        upgrade: false,
        target: String::new(),
    };
    let second = At { namespace: "n2", ..N1 };
    let fourth = fixture.kv.answer(second, request(Method::GET, empty()));
    let fourth = tokio::time::timeout(Duration::from_secs(1), fourth).await;
    assert!(fourth.is_err(), "it waits for its turn");
    assert_eq!(fixture.kv.answer(E1, request(Method::PUT, full("v"))).await.status(), 204);
    let silent = fixture.send(Method::PUT, "/values/s", &[], Body::stream(Silent)).await;
    assert_eq!((silent.status().as_u16(), text(silent).await), (400, "the body came too slowly".to_owned()));
    for answer in unread {
        let error = answer.into_body().collect().await.unwrap_err();
        assert!(error.to_string().contains("not read in time"), "{error}");
    }
    assert_eq!(fixture.kv.workers.free_bytes(), WORKERS_BYTES_MAX);
}

#[tokio::test]
async fn many_calls_at_once_are_all_answered() {
    let fixture = fixture();
    let puts = (0..3_000).map(|number| {
        let (target, fixture) = (format!("/values/{number}"), &fixture);
        async move { fixture.ask(Method::PUT, &target, &[], number.to_string()).await.0 }
    });
    let statuses = futures_util::future::join_all(puts).await;
    assert!(statuses.iter().all(|status| *status == 204));
    let gets = (0..3_000).map(|number| {
        let (target, fixture) = (format!("/values/{number}"), &fixture);
        async move { fixture.get(&target).await.1 == number.to_string() }
    });
    assert!(futures_util::future::join_all(gets).await.iter().all(|same| *same));
}
