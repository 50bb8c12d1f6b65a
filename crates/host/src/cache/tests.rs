use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use mote_wire::{
    http::{BodyError, empty},
    link::Kind,
};
use tempfile::TempDir;

use super::*;

struct Fixture {
    cache: Cache,
    _folder: TempDir,
}

fn fixture_of(options: CacheOptions) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&folder.path().join("cache"), options).unwrap();
    Fixture { cache, _folder: folder }
}

fn fixture() -> Fixture {
    fixture_of(CacheOptions::default())
}

static PART: [u8; 64 << 10] = [7; 64 << 10];

type Headers<'a> = &'a [(&'static str, &'a str)];

impl Fixture {
    async fn send(
        &self,
        (owner, method): (&str, Method),
        url: &str,
        headers: Headers<'_>,
        body: Body,
    ) -> Response<Body> {
        let mut all = HeaderMap::new();
        all.insert(URL, HeaderValue::from_str(url).unwrap());
        for (name, value) in headers {
            all.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let request = Request {
            worker: 1,
            kind: Kind::Fetch,
            method,
            url: "http://cache/".to_owned(),
            headers: all,
            body,
            upgrade: false,
            target: "caches/".to_owned(),
        };
        self.cache.answer(owner, request).await
    }

    async fn put(&self, url: &str, headers: Headers<'_>, body: impl Into<Bytes>) -> u16 {
        let mut all = vec![("cache-response-status", "200")];
        all.extend_from_slice(headers);
        self.send(("a", Method::PUT), url, &all, full(body)).await.status().as_u16()
    }

    /// Status and body of what is found; status 0 for nothing.
    async fn get(&self, owner: &str, url: &str, headers: Headers<'_>) -> (u16, HeaderMap, Vec<u8>) {
        let (parts, body) = self.send((owner, Method::GET), url, headers, empty()).await.into_parts();
        assert_eq!(parts.status, 200);
        let status = parts.headers.get(STATUS).map_or(0, |status| status.to_str().unwrap().parse().unwrap());
        (status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
    }
}

fn parts_of(parts: Vec<Result<&'static [u8], BodyError>>) -> Body {
    let frames = parts.into_iter().map(|part| part.map(|part| Frame::data(Bytes::from_static(part))));
    Body::stream(StreamBody::new(futures_util::stream::iter(frames)))
}

#[tokio::test]
async fn a_response_comes_back_as_it_was_kept_and_to_its_account_alone() {
    let fixture = fixture();
    let body: Vec<u8> = (0..600_000_u32).map(|number| number.to_le_bytes()[1]).collect();
    let headers =
        [("cached-x-a", "1"), ("cached-x-a", "\u{e9}"), ("cached-connection", "close"), ("other", "no")];
    assert_eq!(fixture.put("http%3A%2F%2Fx%2F", &headers, body.clone()).await, 204);
    let (status, headers, got) = fixture.get("a", "http%3A%2F%2Fx%2F", &[]).await;
    assert_eq!((status, got == body), (200, true));
    let all: Vec<_> = headers.get_all("cached-x-a").iter().map(HeaderValue::as_bytes).collect();
    assert_eq!(all, [b"1".as_slice(), "\u{e9}".as_bytes()]);
    assert_eq!(headers["cached-content-length"], "600000");
    assert!(headers.contains_key("cached-age") && !headers.contains_key("cached-connection"));
    assert!(!headers.contains_key("cached-other") && !headers.contains_key("other"));
    assert_eq!(fixture.get("b", "http%3A%2F%2Fx%2F", &[]).await.0, 0);
    assert_eq!(fixture.get("a", "http%3A%2F%2Fx%2F", &[("cache-name", "other")]).await.0, 0);
    assert_eq!(fixture.get("a", "http%3A%2F%2Fx%2Fy", &[]).await.0, 0);
    let delete =
        |owner: &'static str| fixture.send((owner, Method::DELETE), "http%3A%2F%2Fx%2F", &[], empty());
    assert_eq!(delete("b").await.status(), 404);
    assert_eq!(
        (delete("a").await.status(), delete("a").await.status()),
        (StatusCode::OK, StatusCode::NOT_FOUND)
    );
    assert_eq!(fixture.get("a", "http%3A%2F%2Fx%2F", &[]).await.0, 0);
}

#[tokio::test]
async fn names_and_urls_do_not_run_together() {
    let fixture = fixture();
    assert_eq!(fixture.put("bc", &[("cache-name", "a")], "1").await, 204);
    assert_eq!(fixture.get("a", "c", &[("cache-name", "ab")]).await.0, 0);
    assert_eq!(fixture.get("a", "abc", &[]).await.0, 0);
    assert_eq!(fixture.get("a", "bc", &[("cache-name", "a")]).await.0, 200);
    // The default cache is not the one whose name is empty.
    assert_eq!(fixture.put("d", &[("cache-name", "")], "1").await, 204);
    assert_eq!(fixture.get("a", "d", &[]).await.0, 0);
    assert_eq!(fixture.get("a", "d", &[("cache-name", "")]).await.0, 200);
}

#[tokio::test]
async fn conditions_and_ranges_are_answered() {
    let fixture = fixture();
    let modified = "Thu, 01 Jan 2026 00:00:00 GMT";
    let body: Vec<u8> = (0..700_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let headers = [("cached-etag", "\"v1\""), ("cached-last-modified", modified)];
    assert_eq!(fixture.put("u", &headers, body.clone()).await, 204);
    for (asked, expected) in [
        (vec![("if-none-match", "\"v0\", W/\"v1\"")], 304),
        (vec![("if-none-match", "\"v0\"")], 200),
        (vec![("if-modified-since", modified)], 304),
        (vec![("if-modified-since", "Wed, 31 Dec 2025 23:59:59 GMT")], 200),
        (vec![("if-none-match", "\"v0\""), ("if-modified-since", modified)], 200),
        (vec![("if-modified-since", "soon")], 200),
        (vec![("range", "bytes=800000-")], 416),
        (vec![("range", "bytes=1-2,4-5")], 200),
        (vec![("range", "bytes=0-1"), ("if-range", "\"v0\"")], 200),
    ] {
        let (status, headers, got) = fixture.get("a", "u", &asked).await;
        assert_eq!(status, expected, "{asked:?}");
        let length = if expected == 200 { body.len() } else { 0 };
        assert_eq!(got.len(), length, "{asked:?}");
        assert_eq!(headers["cached-etag"], "\"v1\"");
    }
    for (range, start, end) in [
        ("bytes=0-0", 0, 1),
        ("bytes=262143-262144", 262_143, 262_145),
        ("bytes=262144-", 262_144, 700_000),
        ("bytes=-5", 699_995, 700_000),
        ("bytes=5-999999", 5, 700_000),
    ] {
        let (status, headers, got) = fixture.get("a", "u", &[("range", range)]).await;
        assert_eq!((status, got.as_slice() == &body[start..end]), (206, true), "{range}");
        let said = format!("bytes {start}-{}/700000", end - 1);
        assert_eq!(headers["cached-content-range"], said.as_str());
        assert_eq!(headers["cached-content-length"], (end - start).to_string().as_str());
    }
}

#[tokio::test]
async fn what_may_not_be_kept_is_refused_and_leaves_nothing() {
    let fixture = fixture();
    for headers in [
        vec![("cached-cache-control", "no-store")],
        vec![("cached-set-cookie", "a=b")],
        vec![("cached-vary", "*")],
        vec![("cache-response-status", "206")],
    ] {
        let status = if headers[0].0 == "cache-response-status" {
            fixture.send(("a", Method::PUT), "u", &headers, full("x")).await.status().as_u16()
        } else {
            fixture.put("u", &headers, "x").await
        };
        assert_eq!(status, 413, "{headers:?}");
    }
    for status in ["", "x", "99", "100", "600", "-1"] {
        let wrong =
            fixture.send(("a", Method::PUT), "u", &[("cache-response-status", status)], full("x")).await;
        assert_eq!(wrong.status(), 400, "{status}");
    }
    let status = [("cache-response-status", "200")];
    let lost = BodyError::Lost { reason: "gone".to_owned() };
    let broken = parts_of(vec![Ok(b"half"), Err(lost)]);
    assert_eq!(fixture.send(("a", Method::PUT), "u", &status, broken).await.status(), 400);
    assert_eq!(fixture.get("a", "u", &[]).await.0, 0);
    assert_eq!(fixture.send(("a", Method::POST), "u", &[], empty()).await.status(), 400);
    assert_eq!(fixture.send(("a", Method::GET), "%ff", &[], empty()).await.status(), 400);
    let long = "u".repeat(URL_BYTES_MAX + 1);
    assert_eq!(fixture.put(&long, &[], "x").await, 413);
    assert_eq!(fixture.put("u", &[], "").await, 204);
    assert_eq!(fixture.get("a", "u", &[]).await.2, b"");
}

#[tokio::test]
async fn a_body_past_the_limit_is_given_up_as_soon_as_it_is_seen() {
    let fixture = fixture_of(CacheOptions { account_bytes_max: 1 << 20, node_bytes_max: 8 << 20 });
    assert_eq!(fixture.put("small", &[], vec![1; 1000]).await, 204);
    assert_eq!(fixture.put("large", &[], vec![1; 2 << 20]).await, 413);
    let endless = parts_of((0..1_000).map(|_| Ok(PART.as_slice())).collect());
    let status = [("cache-response-status", "200")];
    assert_eq!(fixture.send(("a", Method::PUT), "large", &status, endless).await.status(), 413);
    assert_eq!((fixture.get("a", "small", &[]).await.0, fixture.get("a", "large", &[]).await.0), (200, 0));
    for number in 0..5 {
        assert_eq!(fixture.put(&number.to_string(), &[], vec![1; 400 << 10]).await, 204);
    }
    assert!(fixture.cache.0.store.bytes_of("a").unwrap() <= 1 << 20);
}

#[tokio::test(start_paused = true)]
async fn who_reads_nothing_keeps_memory_only_for_a_while() {
    let fixture = fixture();
    assert_eq!(fixture.put("u", &[], vec![1; 2 << 20]).await, 204);
    let unread = fixture.send(("a", Method::GET), "u", &[], empty()).await;
    let whole = async { unread.into_body().collect().await };
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(whole.await.unwrap_err().to_string().contains("not read in time"));
    assert_eq!(fixture.get("a", "u", &[]).await.2.len(), 2 << 20);
}
