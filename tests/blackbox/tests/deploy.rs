//! Code comes to a node: through the real wrangler, and through whoever speaks the API without being it.

mod abuse;
mod addresses;
pub(crate) mod assets;
mod codes;
mod crons;
mod durability;
mod kept_logs;
mod kv;
mod log;
mod model;
mod orders;
mod quota;
mod refusals;
pub(crate) mod services;
mod slow;
mod starts;
mod tail;
mod tokens;
mod traces;

use std::collections::BTreeMap;

use mote_blackbox::{DeployApi, Door, Launch, Mote, Project, Wrangler, eventually};
use serde_json::{Value, json};

const WORKER: &str = r#"import page from "./page.txt";
import add from "./add.wasm";
const { exports } = new WebAssembly.Instance(add);
export default {
  async fetch(request: Request, env: any) {
    return Response.json({ version: 1, word: env.WORD, list: env.LIST, key: env.KEY ?? null, page, sum: (exports as any).add(2, 3) });
  },
};
"#;

// (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
const WASM: &[u8] = b"\0asm\x01\0\0\0\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f\x03\x02\x01\0\x07\x07\x01\x03add\0\0\x0a\x09\x01\x07\0\x20\0\x20\x01\x6a\x0b";

fn node() -> (Mote, Door, DeployApi) {
    let mote = Launch::serve_nothing().start();
    let door = Door::of(&mote);
    let api = DeployApi::of(&mote, &door);
    (mote, door, api)
}

fn shop() -> Project {
    let project = project_of("shop", WORKER, "[vars]\nWORD = \"hello\"\nLIST = [1, 2]\n")
        .with("src/page.txt", "a page");
    std::fs::write(project.file("src/add.wasm"), WASM).unwrap();
    project
}

fn answer(mote: &Mote, host: &str) -> Value {
    let answer = mote.get_from_host(host, "/");
    assert_eq!(answer.status, 200, "{host}: {}\n{}", answer.text, mote.output());
    answer.json()
}

fn project_of(name: &str, source: &str, more: &str) -> Project {
    let project = Project::named(name, source);
    let config = std::fs::read_to_string(project.file("wrangler.toml")).unwrap();
    project.write("wrangler.toml", &format!("{config}\n{more}"));
    project
}

fn says(text: &str) -> String {
    format!("export default {{ fetch() {{ return new Response(\"{text}\"); }} }};")
}

#[test]
fn wrangler_deploys_changes_splits_and_rolls_back() {
    let (mote, door, api) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let project = shop();
    wrangler.succeeds(&project, &["whoami"]);
    wrangler.succeeds(&project, &["deploy"]);
    let first = answer(&mote, "shop.localhost");
    assert_eq!(
        first,
        json!({"version": 1, "word": "hello", "list": [1, 2], "key": null, "page": "a page", "sum": 5})
    );

    project.edit("src/index.ts", "version: 1", "version: 2");
    wrangler.succeeds(&project, &["deploy", "--message", "second", "--tag", "t2"]);
    assert_eq!(answer(&mote, "shop.localhost")["version"], 2);

    let put = wrangler.run_with(&project, &["secret", "put", "KEY"], "hush");
    assert_eq!(put.code, Some(0), "{}", put.text);
    assert_eq!(answer(&mote, "shop.localhost")["key"], "hush");
    project.write("bulk.json", r#"{"ONE": "1", "TWO": "2"}"#);
    wrangler.succeeds(&project, &["secret", "bulk", "bulk.json"]);
    wrangler.succeeds(&project, &["secret", "delete", "ONE"]);
    let names = wrangler.json(&project, &["secret", "list"]);
    let names: Vec<&str> =
        names.as_array().unwrap().iter().filter_map(|secret| secret["name"].as_str()).collect();
    assert_eq!(names, ["KEY", "TWO"]);
    wrangler.succeeds(&project, &["deploy"]);
    assert_eq!(answer(&mote, "shop.localhost")["key"], "hush", "a deploy keeps the secrets");

    project.edit("src/index.ts", "version: 2", "version: 3");
    wrangler.succeeds(&project, &["versions", "upload", "--message", "third"]);
    let newest = wrangler.json(&project, &["versions", "list", "--json"]);
    let versions: Vec<&str> =
        newest.as_array().unwrap().iter().filter_map(|version| version["id"].as_str()).collect();
    let (oldest, third) = (versions[0], *versions.last().unwrap());
    assert_eq!(answer(&mote, "shop.localhost")["version"], 2, "an upload takes no events");
    assert_eq!(
        answer(&mote, &format!("{}-shop.localhost", &third[..8]))["version"],
        3,
        "but it has a preview"
    );
    wrangler.succeeds(&project, &["versions", "view", third]);
    let split = [format!("{third}@50"), format!("{oldest}@50")];
    wrangler.succeeds(&project, &["versions", "deploy", &split[0], &split[1], "-y"]);
    let mut seen = BTreeMap::new();
    for _ in 0..60 {
        *seen.entry(answer(&mote, "shop.localhost")["version"].as_u64().unwrap()).or_insert(0) += 1;
    }
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), [1, 3], "{seen:?}");
    let sticky: std::collections::BTreeSet<String> = (0..20)
        .map(|_| {
            mote.get_with("/", &[("host", "shop.localhost"), ("cloudflare-workers-version-key", "ann")]).text
        })
        .collect();
    assert_eq!(sticky.len(), 1, "one key, one version");

    wrangler.succeeds(&project, &["rollback", oldest, "-y", "--message", "back"]);
    assert_eq!(answer(&mote, "shop.localhost")["version"], 1);
    let status = wrangler.json(&project, &["deployments", "status", "--json"]);
    assert_eq!(status["versions"][0]["version_id"], oldest);
    assert!(wrangler.succeeds(&project, &["deployments", "list"]).text.contains("back"));

    let (_, log) = api.ask("GET", "accounts/acme/audit_logs", &Value::Null);
    let newest = &log["result"][0];
    assert_eq!((&newest["resource"]["id"], &newest["actor"]["email"]), (&json!("shop"), &json!("operator")));
    assert_eq!(newest["action"]["type"], format!("deploy {oldest} at 100 %"));

    wrangler.succeeds(&project, &["delete", "--force"]);
    eventually("nobody answers", || (mote.get_from_host("shop.localhost", "/").status == 404).then_some(()));
}

#[test]
fn environments_service_workers_metadata_and_limits_come_along() {
    let (mote, door, _) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let source = "export default { fetch(request, env) { if (env.LOOP) for (;;) {} \
                  return Response.json({ word: env.WORD, id: env.META.id, tag: env.META.tag }); } };";
    let more = "[version_metadata]\nbinding = \"META\"\n[vars]\nWORD = \"live\"\n\
                [env.staging.vars]\nWORD = \"staged\"\nLOOP = \"\"\n[env.staging.version_metadata]\nbinding = \"META\"\n\
                [env.loop.vars]\nLOOP = \"yes\"\n[env.loop.limits]\ncpu_ms = 20\n[env.loop]\n";
    let project = project_of("shop", source, more.trim_end_matches("[env.loop]\n"));
    wrangler.succeeds(&project, &["deploy", "--tag", "t1"]);
    wrangler.succeeds(&project, &["deploy", "--env", "staging"]);
    wrangler.succeeds(&project, &["deploy", "--env", "loop"]);
    let (live, staged) = (answer(&mote, "shop.localhost"), answer(&mote, "shop-staging.localhost"));
    assert_eq!((&live["word"], &live["tag"]), (&json!("live"), &json!("t1")));
    assert_eq!(live["id"].as_str().unwrap().len(), 36);
    assert_eq!(staged["word"], "staged");
    let looped = mote.get_from_host("shop-loop.localhost", "/");
    assert_eq!((looped.status, looped.header("mote-error")), (503, "exceeded-cpu"), "{}", looped.text);

    let old = "addEventListener(\"fetch\", event => event.respondWith(new Response(WORD)));";
    let old = project_of("old", old, "[vars]\nWORD = \"global\"\n");
    wrangler.succeeds(&old, &["deploy"]);
    assert_eq!(mote.get_from_host("old.localhost", "/").text, "global");
    old.edit("wrangler.toml", "[vars]", "routes = [\"old.example.com/*\"]\n[vars]");
    wrangler.succeeds(&old, &["triggers", "deploy"]);
    assert_eq!(mote.get_from_host("old.example.com", "/").text, "global");
}
