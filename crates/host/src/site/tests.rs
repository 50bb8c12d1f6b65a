//! What a client gets of a file: which bytes, in which coding, under which name.

mod files;

use std::{
    future::Future,
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http_body_util::BodyExt;
use mote_store::{Asset, Kept, Store};

use super::*;
use crate::assets::encoding::Coding;

/// What all hashes end with.
const HASH: &str = "112233445566778899aabbccddeeff";
const PATHS: [(&str, &str); 9] = [
    ("/app.js", "text/javascript; charset=utf-8"),
    ("/404.html", "text/html"),
    ("/own.js", "text/javascript"),
    ("/plain.js", "text/javascript"),
    ("/tagged.js", "text/javascript"),
    ("/typed", "application/octet-stream"),
    ("/varied.js", "text/javascript"),
    ("/photo.png", "image/png"),
    ("/bare.js", "text/javascript"),
];
const RULES: &str = "/own.js\n  Content-Encoding: br\n/plain.js\n  Cache-Control: public, No-Transform\n\
    /tagged.js\n  ETag: \"mine\"\n/typed\n  Content-Type: text/css\n/varied.js\n  Vary: Origin\n  X-Site: yes\n\
    /bare.js\n  ! ETag\n  ! Vary\n  ! Content-Encoding\n";

fn content() -> Bytes {
    (0..4_000).map(|line| format!("export const line{line} = {line};\n")).collect::<String>().into()
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test)
}

fn hash_of(index: usize) -> String {
    format!("{index:02}{HASH}")
}

/// A site with the paths, each a file of the same content.
struct Fixture {
    _folder: tempfile::TempDir,
    store: Arc<Store>,
    site: Site,
    files: Rc<Files>,
    compressed: Arc<AtomicUsize>,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(&folder.path().join("store")).unwrap());
        let mut paths = Vec::new();
        for (index, (path, kind)) in PATHS.iter().enumerate() {
            let asset = Asset { hash: hash_of(index), kind: (*kind).to_owned(), bytes: content() };
            paths.push(AssetPath { path: (*path).to_owned(), hash: asset.hash.clone() });
            store.add_assets("acme", &[asset], Kept::default(), 0).unwrap();
        }
        let config = AssetsConfig {
            headers: Some(RULES.to_owned()),
            not_found_handling: Some("404-page".to_owned()),
            ..AssetsConfig::default()
        };
        let site = Site::new("acme".to_owned(), paths, &config, Code::None).unwrap();
        let compressed = Arc::new(AtomicUsize::new(0));
        let counted = compressed.clone();
        let compress = Arc::new(move |coding, bytes: &[u8]| {
            counted.fetch_add(1, Ordering::SeqCst);
            compressed::compress(coding, bytes)
        });
        let files = Files::with(store.clone(), 64 << 20, compress);
        Self { _folder: folder, store, site, files, compressed }
    }

    async fn send(&self, method: Method, path: &str, lines: &[(&str, &str)]) -> Answer {
        let headers = headers(lines);
        let url = format!("http://site.example{path}");
        let asked = Asked::new(&method, &url, &headers);
        Answer::of(self.site.answer(&self.files, asked).await.unwrap().unwrap()).await
    }

    async fn get(&self, path: &str, lines: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, lines).await
    }

    fn compressed(&self) -> usize {
        self.compressed.load(Ordering::SeqCst)
    }
}

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(header::HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    headers
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    bytes: Bytes,
}

impl Answer {
    async fn of(response: Response<Body>) -> Self {
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Self { status: head.status.as_u16(), headers: head.headers, bytes }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status, coding, tag and `Vary`.
    fn told(&self) -> (u16, &str, String, &str) {
        let etag = self.header("etag").replace(HASH, "").replace('"', "");
        (self.status, self.header("content-encoding"), etag, self.header("vary"))
    }

    fn decoded(&self) -> Vec<u8> {
        let mut decoded = Vec::new();
        match self.header("content-encoding") {
            "br" => drop(brotli::Decompressor::new(&*self.bytes, 4096).read_to_end(&mut decoded).unwrap()),
            "zstd" => decoded = zstd::decode_all(&*self.bytes).unwrap(),
            "gzip" => drop(flate2::read::GzDecoder::new(&*self.bytes).read_to_end(&mut decoded).unwrap()),
            other => {
                assert_eq!(other, "");
                decoded = self.bytes.to_vec();
            }
        }
        decoded
    }
}

const AE: &str = "accept-encoding";

#[test]
fn each_coding_is_the_same_file_in_fewer_bytes() {
    run(async {
        let site = Fixture::new();
        let plain = site.get("/app.js", &[]).await;
        assert_eq!(plain.told(), (200, "", "00".to_owned(), "accept-encoding"));
        assert_eq!((&plain.bytes, plain.header("accept-ranges")), (&content(), "bytes"));
        for coding in Coding::ALL {
            let token = coding.token();
            let answer = site.get("/app.js", &[(AE, token)]).await;
            assert_eq!(answer.told(), (200, token, format!("00-{token}"), "accept-encoding"));
            assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
            assert_eq!(answer.header("cache-control"), "public, max-age=0, must-revalidate");
            assert!(!answer.headers.contains_key("accept-ranges"));
            assert!(answer.bytes.len() < content().len() / 3, "{token}: {}", answer.bytes.len());
            assert_eq!(answer.decoded(), content(), "{token}");
            let again = site.get("/app.js", &[(AE, token)]).await;
            assert_eq!(again.bytes, answer.bytes, "{token}: a strong tag means the same bytes");
        }
        assert_eq!(site.compressed(), 3, "once for each coding");
    });
}

#[test]
fn a_404_page_is_compressed_and_stays_one() {
    run(async {
        let site = Fixture::new();
        let answer =
            site.get("/nowhere", &[(AE, "gzip"), ("range", "bytes=0-1"), ("if-none-match", "*")]).await;
        assert_eq!(answer.told(), (404, "gzip", "01-gzip".to_owned(), "accept-encoding"));
        assert_eq!(answer.decoded(), content());
    });
}

#[test]
fn head_tells_what_get_would_send() {
    run(async {
        let site = Fixture::new();
        for encoding in ["", "br", "zstd", "gzip", "identity"] {
            for path in ["/app.js", "/photo.png", "/nowhere", "/plain.js"] {
                let lines = [(AE, encoding)];
                let head = site.send(Method::HEAD, path, &lines).await;
                let get = site.get(path, &lines).await;
                assert_eq!(head.header("content-length"), get.bytes.len().to_string(), "{path} {encoding}");
                assert!(head.bytes.is_empty());
                let mut headers = head.headers.clone();
                headers.remove("content-length");
                assert_eq!((head.status, headers), (get.status, get.headers), "{path} {encoding}");
            }
        }
        let known = site.send(Method::HEAD, "/app.js", &[("if-none-match", "*")]).await;
        assert_eq!((known.status, known.headers.contains_key("content-length")), (304, false));
    });
}

#[test]
fn a_copy_in_any_coding_that_the_client_takes_is_good_enough() {
    run(async {
        let site = Fixture::new();
        let [plain, br, gzip] = ["", "-br", "-gzip"].map(|coding| format!("\"{}{coding}\"", hash_of(0)));
        let list = format!("\"x\", W/{gzip}");
        for (encoding, named, status, tag) in [
            ("br, gzip", &*br, 304, "00-br"),
            ("br, gzip", &gzip, 304, "00-gzip"),
            ("br, gzip", &list, 304, "00-gzip"),
            ("br, gzip", &plain, 304, "00"),
            ("br, gzip", "*", 304, "00"),
            ("", &plain, 304, "00"),
            ("identity, br;q=0.1", &br, 304, "00-br"),
            // A cache has it, and this client could not read it.
            ("gzip", &br, 200, "00-gzip"),
            ("", &br, 200, "00"),
            ("br;q=0", &br, 200, "00"),
            ("br", "\"00-br\"", 200, "00-br"),
        ] {
            let answer = site.get("/app.js", &[(AE, encoding), ("if-none-match", named)]).await;
            let told = answer.told();
            assert_eq!((told.0, &*told.2, told.3), (status, tag, "accept-encoding"), "{encoding} {named}");
            assert_eq!(answer.bytes.is_empty(), status == 304);
            assert!(status == 200 || told.1.is_empty());
        }
        let before = site.compressed();
        let lines = [(AE, "zstd"), ("if-none-match", &*plain)];
        assert_eq!(site.get("/app.js", &lines).await.status, 304);
        assert_eq!(site.compressed(), before, "nobody compresses what is not sent");
    });
}

#[test]
fn ranges_are_of_the_file_as_it_is() {
    run(async {
        let site = Fixture::new();
        let range = ("range", "bytes=7-11");
        let part = site.get("/app.js", &[(AE, "br"), range]).await;
        assert_eq!(part.told(), (206, "", "00".to_owned(), "accept-encoding"));
        assert_eq!((&*part.bytes, part.header("accept-ranges")), (&b"const"[..], "bytes"));
        assert_eq!(part.header("content-range"), format!("bytes 7-11/{}", content().len()));
        let plain = format!("\"{}\"", hash_of(0));
        assert_eq!(site.get("/app.js", &[(AE, "br"), range, ("if-range", &plain)]).await.status, 206);
        // A part must not be put to what a client has in another coding.
        let coded = format!("\"{}-br\"", hash_of(0));
        let whole = site.get("/app.js", &[(AE, "br"), range, ("if-range", &coded)]).await;
        assert_eq!(whole.told(), (200, "br", "00-br".to_owned(), "accept-encoding"));
        assert_eq!(whole.decoded(), content());
        let beyond = site.get("/app.js", &[(AE, "br"), ("range", "bytes=9999999-")]).await;
        assert_eq!(beyond.told(), (416, "", "00".to_owned(), "accept-encoding"));
        let known = site.get("/app.js", &[(AE, "br"), range, ("if-none-match", &coded)]).await;
        assert_eq!(known.told(), (304, "", "00-br".to_owned(), "accept-encoding"));
    });
}

#[test]
fn rules_of_a_site_say_what_is_sent_as_it_is() {
    run(async {
        let site = Fixture::new();
        for (path, coding, etag, vary) in [
            ("/photo.png", "", "07", ""),
            ("/own.js", "br", "02", ""),
            ("/plain.js", "", "03", ""),
            ("/tagged.js", "", "mine", ""),
        ] {
            let answer = site.get(path, &[(AE, "gzip, br, zstd")]).await;
            assert_eq!(answer.told(), (200, coding, etag.to_owned(), vary), "{path}");
            assert_eq!(answer.bytes, content(), "{path}");
        }
        assert_eq!(site.compressed(), 0);
        let typed = site.get("/typed", &[(AE, "gzip")]).await;
        assert_eq!(typed.told(), (200, "gzip", "05-gzip".to_owned(), "accept-encoding"));
        let varied = site.get("/varied.js", &[(AE, "gzip")]).await;
        let vary: Vec<_> =
            varied.headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!((vary, varied.header("x-site")), (vec!["Origin", "accept-encoding"], "yes"));
        // What describes the bytes cannot be taken away.
        let bare = site.get("/bare.js", &[(AE, "gzip")]).await;
        assert_eq!(bare.told(), (200, "gzip", String::new(), "accept-encoding"));
        assert_eq!(bare.decoded(), content());
    });
}

#[test]
fn code_of_a_worker_gets_files_as_they_are() {
    run(async {
        let site = Fixture::new();
        let headers = headers(&[(AE, "gzip, br")]);
        let asked = || Asked::new(&Method::GET, "http://site.example/app.js", &headers).by_code();
        let file = Answer::of(site.site.file(&site.files, asked()).await.unwrap()).await;
        let answer = Answer::of(site.site.answer(&site.files, asked()).await.unwrap().unwrap()).await;
        for answer in [file, answer] {
            assert_eq!(answer.told(), (200, "", "00".to_owned(), ""));
            assert_eq!(answer.bytes, content());
        }
        assert_eq!(site.compressed(), 0);
    });
}
