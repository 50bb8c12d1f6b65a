//! KV against a node that answers as the test wants.

use clap::Parser;
use serde_json::json;

use super::*;
use crate::remote::testing::{Fake, bad, good};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

async fn run_line(fake: &Fake, args: &[&str]) -> Result<(), RemoteError> {
    let line = ["kv", "--api", &fake.address, "--token", "t", "--account", "acme"];
    let line = Line::try_parse_from(line.iter().chain(args)).unwrap_or_else(|error| panic!("{error}"));
    run(&line.options, &Output::of(&line.options.connection)).await
}

#[tokio::test]
async fn values_are_written_read_listed_and_deleted_under_their_whole_keys() {
    let fake = Fake::start(|asked| match asked.path.split_once("/keys") {
        Some((_, "?prefix=a%26")) => (
            200,
            json!({"success": true, "result": [{"name": "a&1"}], "result_info": {"cursor": "c="}})
                .to_string(),
        ),
        Some(_) => good(&json!([{"name": "a&2"}])),
        None if asked.method == "GET" => (200, "raw".to_owned()),
        None => good(&json!(null)),
    })
    .await;
    for args in [
        &["put", "a/b?c", "v", "--namespace-id", "n", "--ttl", "60"][..],
        &["put", "k", "v", "--namespace-id", "n", "--expiration", "99", "--metadata", "{\"a\": 1}"],
        &["get", "a/b?c", "--namespace-id", "n"],
        &["list", "--prefix", "a&", "--namespace-id", "n"],
        &["delete", "..", "--namespace-id", "n"],
    ] {
        run_line(&fake, args).await.unwrap_or_else(|error| panic!("{args:?}: {error}"));
    }
    let at = "accounts/acme/storage/kv/namespaces/n";
    assert_eq!(
        fake.lines(),
        [
            format!("PUT {at}/values/a%2Fb%3Fc?expiration_ttl=60"),
            format!("PUT {at}/values/k?expiration=99"),
            format!("GET {at}/values/a%2Fb%3Fc"),
            format!("GET {at}/keys?prefix=a%26"),
            format!("GET {at}/keys?prefix=a%26&cursor=c%3D"),
            format!("DELETE {at}/values/.."),
        ]
    );
    let requests = fake.requests();
    assert_eq!(&requests[0].body[..], b"v");
    assert!(requests[1].kind.starts_with("multipart/form-data"), "{}", requests[1].kind);
    let form = String::from_utf8_lossy(&requests[1].body).into_owned();
    assert!(form.contains("name=\"metadata\"\r\n\r\n{\"a\":1}\r\n"), "{form}");
}

#[tokio::test]
async fn a_namespace_is_found_by_its_title_through_all_pages() {
    let fake = Fake::start(|asked| {
        let of = |n: usize| json!({"id": format!("id{n}"), "title": format!("title{n}")});
        match (asked.path.ends_with("&page=1"), asked.path.ends_with("&page=2")) {
            (true, _) => good(&(0..100).map(of).collect()),
            (_, true) => good(&json!([of(100)])),
            _ if asked.path.contains("id100") => good(&json!([])),
            _ => bad(404, 10_009, "no such namespace"),
        }
    })
    .await;
    run_line(&fake, &["list", "--namespace", "title100"]).await.unwrap();
    let error = run_line(&fake, &["list", "--namespace", "other"]).await.unwrap_err();
    assert!(error.to_string().contains("`other`"), "{error}");
    let error = run_line(&fake, &["get", "k", "--namespace-id", "x"]).await.unwrap_err();
    assert_eq!(error.to_string(), "no such namespace (code 10009)");
}

#[tokio::test]
async fn a_node_that_knows_no_pages_is_asked_no_more_than_twice() {
    let fake = Fake::start(|_| {
        good(&(0..150).map(|n| json!({"id": n.to_string(), "title": n.to_string()})).collect())
    })
    .await;
    assert_eq!(namespaces::all(&fake.client(), "acme").await.unwrap().len(), 150);
    assert_eq!(fake.lines().len(), 2);
}

#[test]
fn one_namespace_is_named_in_one_way() {
    for args in [&["kv", "get", "k"][..], &["kv", "get", "k", "--namespace", "a", "--binding", "b"]] {
        assert!(Line::try_parse_from(args).is_err(), "{args:?}");
    }
}
