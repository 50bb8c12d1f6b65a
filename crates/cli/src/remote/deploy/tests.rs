//! Deploys to a node that answers as the test wants.

use clap::Parser;

use super::*;
use crate::remote::testing::{Asked, Fake, bad, good};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

const CONFIG: &str = r#"
    name = "shop"
    main = "index.ts"
    compatibility_date = "2026-01-01"
    assets = { directory = "public", binding = "ASSETS" }
    routes = ["a.example/*", { pattern = "b.example", custom_domain = true }]
    triggers = { crons = ["* * * * *"] }
    limits = { cpu_ms = 50 }
    kv_namespaces = [{ binding = "KV", id = "abc" }]
    observability = { enabled = true }
    [vars]
    WORD = "hello"
    LIST = [1]
"#;

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
    std::fs::create_dir(folder.path().join("public")).unwrap();
    write("wrangler.toml", CONFIG);
    write(
        "index.ts",
        "import page from './page.txt'; export default { fetch: (): Response => new Response(page) };",
    );
    write("page.txt", "a page");
    write("public/a.txt", "a");
    write("public/b.txt", "b");
    write("public/_headers", "/*\n  X-A: b\n");
    folder
}

async fn deploy(fake: &Fake, project: &std::path::Path, args: &[&str]) -> Result<(), RemoteError> {
    let path = project.to_str().unwrap();
    let line = ["deploy", path, "--api", &fake.address, "--token", "t", "--account", "acme", "--json"];
    let line = Line::try_parse_from(line.iter().chain(args)).unwrap_or_else(|error| panic!("{error}"));
    run(&line.options, &Output::of(&line.options.connection)).await
}

/// Whether the node has the worker.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shop {
    Missing,
    There,
}

/// A node that wants the first of the files it is told of.
fn node(asked: &Asked, shop: Shop) -> (u16, String) {
    let path = asked.path.trim_start_matches("/client/v4/accounts/acme/workers/");
    match (&*asked.method, path) {
        ("GET", "services/shop") if shop == Shop::Missing => bad(404, 10_007, "no such worker"),
        ("POST", "scripts/shop/assets-upload-session") => {
            let manifest = asked.json()["manifest"].clone();
            good(&json!({"jwt": "begun", "buckets": [[manifest["/a.txt"]["hash"]]]}))
        }
        ("POST", "assets/upload?base64=true") => good(&json!({"jwt": "ended"})),
        ("POST", "scripts/shop/versions?bindings_inherit=strict") => {
            good(&json!({"id": "v2", "startup_time_ms": 3}))
        }
        ("POST", "scripts/shop/deployments") => good(&json!({"id": "d2", "versions": []})),
        ("GET", "scripts/shop/deployments") => good(
            &json!({"deployments": [{"id": "d1", "versions": [{"version_id": "v1", "percentage": 100}]}]}),
        ),
        ("PUT", "scripts/shop/schedules") if shop == Shop::There => bad(400, 10_021, "no such day"),
        _ => good(&json!({})),
    }
}

#[tokio::test]
async fn a_new_worker_is_uploaded_in_one_call_and_called_from_outside_afterwards() {
    let (fake, project) = (Fake::start(|asked| node(asked, Shop::Missing)).await, project());
    deploy(&fake, project.path(), &["--tag", "t1", "--message", "first", "--keep-vars"]).await.unwrap();
    let at = "accounts/acme/workers";
    assert_eq!(
        fake.lines(),
        [
            format!("GET {at}/services/shop"),
            format!("POST {at}/scripts/shop/assets-upload-session"),
            format!("POST {at}/assets/upload?base64=true"),
            format!("PUT {at}/scripts/shop?excludeScript=true&bindings_inherit=strict"),
            format!("GET {at}/scripts/shop/deployments"),
            format!("PUT {at}/scripts/shop/routes"),
            format!("POST {at}/scripts/shop/domains/changeset?replace_state=true"),
            format!("PUT {at}/scripts/shop/domains/records"),
            format!("PUT {at}/scripts/shop/schedules"),
            format!("GET {at}/scripts/shop/subdomain"),
        ]
    );
    let requests = fake.requests();
    let files = String::from_utf8_lossy(&requests[2].body).into_owned();
    assert_eq!(requests[2].authorization, "Bearer begun", "files go with the token of their list");
    assert!(files.contains("Content-Type: text/plain; charset=utf-8\r\n\r\nYQ==\r\n"), "{files}");
    let form = String::from_utf8_lossy(&requests[3].body).into_owned();
    let metadata = form.split("name=\"metadata\"\r\n\r\n").nth(1).unwrap().split("\r\n").next().unwrap();
    let metadata: Value = serde_json::from_str(metadata).unwrap();
    let expected = json!({
        "main_module": "index.js",
        "bindings": [
            {"name": "LIST", "type": "json", "json": [1]},
            {"name": "WORD", "type": "plain_text", "text": "hello"},
            {"name": "KV", "type": "kv_namespace", "namespace_id": "abc"},
            {"name": "ASSETS", "type": "assets"},
        ],
        "compatibility_date": "2026-01-01",
        "compatibility_flags": [],
        "keep_bindings": ["secret_text", "secret_key", "plain_text", "json"],
        "annotations": {"workers/message": "first", "workers/tag": "t1"},
        "limits": {"cpu_ms": 50},
        "observability": {"enabled": true},
        "assets": {"jwt": "ended", "config": {"_headers": "/*\n  X-A: b\n"}},
    });
    assert_eq!(metadata, expected);
    for part in [
        "name=\"index.js\"",
        "application/javascript+module",
        "application/source-map",
        "text/plain\r\n\r\na page",
    ] {
        assert!(form.contains(part), "{part}: {form}");
    }
    assert_eq!(requests[7].json()["origins"], json!([{"hostname": "b.example"}]));
}

#[tokio::test]
async fn a_worker_that_is_there_gets_a_version_and_a_failed_trigger_says_that_it_serves() {
    let (fake, project) = (Fake::start(|asked| node(asked, Shop::There)).await, project());
    let error = deploy(&fake, project.path(), &["--message", "second"]).await.unwrap_err();
    assert_eq!(error.to_string(), "version v2 of shop serves; then no such day (code 10021)");
    let at = "accounts/acme/workers/scripts/shop";
    let lines = fake.lines();
    assert_eq!(
        lines[3..6],
        [
            format!("POST {at}/versions?bindings_inherit=strict"),
            format!("POST {at}/deployments"),
            format!("PATCH {at}/script-settings"),
        ]
    );
    let expected = json!({"strategy": "percentage", "versions": [{"version_id": "v2", "percentage": 100.0}],
                          "annotations": {"workers/message": "second"}});
    assert_eq!(fake.requests()[4].json(), expected);
}

#[tokio::test]
async fn nothing_is_sent_by_a_dry_run_or_of_a_broken_project() {
    let (fake, project) = (Fake::start(|asked| node(asked, Shop::There)).await, project());
    deploy(&fake, project.path(), &["--dry-run"]).await.unwrap();
    std::fs::write(project.path().join("index.ts"), "export default {\n  fetch( {\n").unwrap();
    let error = deploy(&fake, project.path(), &[]).await.unwrap_err();
    assert!(error.to_string().contains("index.ts:"), "{error}");
    assert_eq!(fake.lines(), [""; 0]);
}

#[tokio::test]
async fn files_alone_are_a_worker_and_files_that_are_there_are_not_sent() {
    let fake = Fake::start(|asked| match asked.path.ends_with("assets-upload-session") {
        true => good(&json!({"jwt": "whole", "buckets": []})),
        false => node(asked, Shop::Missing),
    })
    .await;
    let project = project();
    std::fs::write(project.path().join("wrangler.toml"), "name = 'shop'\nassets = { directory = 'public' }")
        .unwrap();
    deploy(&fake, project.path(), &[]).await.unwrap();
    let requests = fake.requests();
    let form = String::from_utf8_lossy(&requests[2].body).into_owned();
    assert!(form.contains("\"jwt\":\"whole\"") && !form.contains("main_module"), "{form}");
}

#[tokio::test]
async fn a_refused_upload_is_told_in_the_words_of_the_node() {
    let fake = Fake::start(|asked| match asked.path.contains("versions") {
        true => bad(400, 7_003, "Mote does not support bindings of the type `kv_namespace` (`KV`) yet"),
        false => node(asked, Shop::There),
    })
    .await;
    let error = deploy(&fake, project().path(), &[]).await.unwrap_err();
    assert!(error.to_string().contains("`kv_namespace` (`KV`)"), "{error}");
    assert!(!fake.lines().iter().any(|line| line.contains("deployments")), "nothing goes on after it");
}
