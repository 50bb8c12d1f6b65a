//! What a client says it takes, and what it is sent for it.

use http::HeaderValue;

use super::*;

fn accepted(lines: &[&str]) -> Accepted {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header::ACCEPT_ENCODING, HeaderValue::from_bytes(line.as_bytes()).unwrap());
    }
    Accepted::of(&headers)
}

fn best(line: &str) -> Option<&'static str> {
    accepted(&[line]).best().map(Coding::token)
}

#[test]
fn the_best_coding_that_a_client_takes_is_chosen() {
    for (line, expected) in [
        ("gzip", Some("gzip")),
        ("GZip", Some("gzip")),
        ("x-gzip", Some("gzip")),
        ("br", Some("br")),
        ("zstd", Some("zstd")),
        ("gzip, deflate, br, zstd", Some("br")),
        ("gzip,zstd", Some("zstd")),
        ("gzip;q=1.0, br;q=0.9", Some("gzip")),
        ("gzip ; q=0.8 ,\tbr;Q=0.801", Some("br")),
        ("br;q=0.001", Some("br")),
        ("br;q=1.000, gzip;q=0.", Some("br")),
        ("*", Some("br")),
        ("*;q=0.1", Some("br")),
        ("br;q=0, *", Some("zstd")),
        ("*, br;q=0, zstd;q=0", Some("gzip")),
        ("gzip;q=0.2, *;q=0.1", Some("gzip")),
        ("gzip;q=0.1, *;q=0.2", Some("br")),
        (",, gzip ,,", Some("gzip")),
        ("snappy, gzip", Some("gzip")),
    ] {
        assert_eq!(best(line), expected, "{line}");
    }
}

#[test]
fn nobody_is_sent_a_coding_that_he_did_not_ask_for() {
    for line in [
        "",
        " ",
        ",",
        "identity",
        "deflate",
        "compress, snappy;q=1",
        "br;q=0",
        "br;q=0.0, gzip;q=0.000, zstd;q=0",
        "*;q=0",
        "identity;q=0",
        "identity;q=0, *;q=0",
        "br;q=0, br",
        "br, br;q=0",
        "gzip, x-gzip;q=0",
        "gzipped",
        "gz ip",
        "br\u{a0}",
        "\"br\"",
        "br/1",
        "é",
    ] {
        assert_eq!(best(line), None, "{line}");
    }
    assert_eq!(accepted(&[]).best(), None);
    assert_eq!(accepted(&[]).codings().count(), 0);
}

#[test]
fn a_weight_that_makes_no_sense_refuses_its_coding_and_nothing_else() {
    for weight in [
        "q",
        "q=",
        "q=x",
        "q=2",
        "q=-1",
        "q=1.001",
        "q=0.0001",
        "q=00.5",
        "q=.5",
        "q=+0.5",
        "q = 0.5",
        "q=0.5;",
        "q=0.5;q=1",
        "x=1",
        "x=1;q=1",
        "",
        "q=0,5",
        "q=1e0",
        "q=0.٣",
        "q=NaN",
    ] {
        let line = format!("br;{weight}, gzip;q=0.5");
        assert_eq!(best(&line), Some("gzip"), "{line}");
        // A sweeping one is as good as not said.
        assert_eq!(best(&format!("*;{weight}, gzip;q=0.5")), Some("gzip"), "{weight}");
        assert_eq!(best(&format!("*;{weight}")), None, "{weight}");
        assert_eq!(best(&format!("identity;{weight}, gzip;q=0.5")), Some("gzip"), "{weight}");
    }
}

#[test]
fn a_client_that_likes_the_file_as_it_is_better_gets_it_so() {
    for (line, expected) in [
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=0.5", Some("gzip")),
        ("identity;q=0.5, gzip;q=0.4, br;q=0.6", Some("br")),
        ("identity;q=0.5, *;q=0.4", None),
        ("identity;q=0, gzip;q=0.001", Some("gzip")),
        ("*;q=0, gzip", Some("gzip")),
    ] {
        assert_eq!(best(line), expected, "{line}");
    }
    // It still understands the coding, so that what it has of it is good enough.
    let codings: Vec<_> = accepted(&["identity, gzip;q=0.5"]).codings().collect();
    assert_eq!(codings, [Coding::Gzip]);
}

#[test]
fn several_lines_are_one_list() {
    assert_eq!(accepted(&["gzip;q=0.5", "br;q=0.9"]).best(), Some(Coding::Brotli));
    assert_eq!(accepted(&["br", "br;q=0"]).best(), None);
    assert_eq!(
        accepted(&["gzip", "*;q=0.5"]).codings().collect::<Vec<_>>(),
        [Coding::Gzip, Coding::Brotli, Coding::Zstd]
    );
    assert_eq!(accepted(&["\u{80}\u{ff}, gzip"]).best(), Some(Coding::Gzip));
}

#[test]
fn a_long_header_is_read_once() {
    let line = format!("{}gzip;q=0.3", "br;q=0.1,*;q=1,identity;q=0.2,".repeat(2_000));
    assert_eq!(best(&line), Some("zstd"), "`*` stands for it");
}

#[test]
fn tags_of_two_codings_differ() {
    let tags: Vec<_> = Coding::ALL.iter().map(|coding| coding.etag("abc")).collect();
    assert_eq!(tags, ["\"abc-br\"", "\"abc-zstd\"", "\"abc-gzip\""]);
}

#[test]
fn what_is_compressed_in_itself_does_not_gain() {
    for kind in [
        "text/html; charset=utf-8",
        "TEXT/CSS",
        "text/x-anything",
        "application/json",
        "application/manifest+json",
        "application/xhtml+xml ;q=1",
        "image/svg+xml",
        "application/wasm",
        "font/ttf",
        " image/bmp ",
        "model/gltf+json",
    ] {
        assert!(gains(kind), "{kind}");
    }
    for kind in [
        "",
        ";",
        "text",
        "image/png",
        "image/webp",
        "video/mp4",
        "font/woff",
        "font/woff2",
        "application/zip",
        "application/gzip",
        "application/pdf",
        "application/octet-stream",
        "x; text/html",
        "+jsonx",
    ] {
        assert!(!gains(kind), "{kind}");
    }
}
