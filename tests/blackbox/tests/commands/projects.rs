//! What a project may have, and what comes of it on a node.

use mote_blackbox::{Commands, Project, Wrangler, eventually};
use serde_json::{Value, json};

use super::node;

const WASM: &[u8] = b"\0asm\x01\0\0\0\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f\x03\x02\x01\0\x07\x07\x01\x03add\0\0\x0a\x09\x01\x07\0\x20\0\x20\x01\x6a\x0b";

#[test]
fn modules_files_routes_domains_and_environments_come_along() {
    let (mote, _door, commands) = node();
    let source = "import page from \"./page.txt\";\nimport data from \"./data.bin\";\n\
                  export default { fetch: (request: Request, env: any) =>\n\
                  Response.json({ page, bytes: data.byteLength, word: env.WORD, id: env.SELF.id }) };\n";
    let config = r#"{
        // Comments are fine here.
        "name": "site", "main": "src/index.ts", "compatibility_date": "2026-08-01",
        "routes": ["site.example.com/api/*", { "pattern": "www.example.com", "custom_domain": true }],
        "triggers": { "crons": ["0 0 1 1 *"] },
        "assets": { "directory": "public", "run_worker_first": ["/api/*"] },
        "version_metadata": { "binding": "SELF" },
        "limits": { "cpu_ms": 100 },
        "vars": { "WORD": "live" },
        "env": { "staging": { "vars": { "WORD": "staged" }, "routes": [], "triggers": { "crons": [] },
                              "version_metadata": { "binding": "SELF" } } },
    }"#;
    let project = Project::empty()
        .with("wrangler.jsonc", config)
        .with("src/index.ts", source)
        .with("src/page.txt", "a page")
        .with("public/index.html", "<h1>home</h1>")
        .with("public/.assetsignore", "*.map\n")
        .with("public/app.js.map", "{}")
        .with("public/_headers", "/*\n  X-Site: yes\n");
    std::fs::write(project.file("src/data.bin"), [0xff, 0, 0xfe]).unwrap();
    let path = project.path().to_str().unwrap();

    let planned = commands.json(&["deploy", path, "--dry-run"]);
    assert_eq!((&planned["dry_run"], &planned["assets"]["files"]), (&json!(true), &json!(1)));
    assert_eq!(planned["modules"].as_array().unwrap().len(), 3);
    assert_eq!(mote.get_from_host("site.localhost", "/").status, 404, "a dry run sends nothing");

    let done = commands.json(&["deploy", path]);
    assert_eq!(done["crons"], json!(["0 0 1 1 *"]));
    let api = |host: &str| mote.get_from_host(host, "/api/x").json();
    let live = api("site.localhost");
    assert_eq!((&live["page"], &live["bytes"], &live["word"]), (&json!("a page"), &json!(3), &json!("live")));
    assert_eq!(live["id"], done["version_id"]);
    assert_eq!(api("site.example.com")["word"], "live");
    let home = mote.get_from_host("www.example.com", "/");
    assert_eq!((&*home.text, home.header("x-site")), ("<h1>home</h1>", "yes"));
    assert_eq!(mote.get_from_host("site.localhost", "/app.js.map").json()["word"], "live", "no asset");

    let staged = commands.json(&["deploy", path, "--env", "staging"]);
    assert_eq!(staged["name"], "site-staging");
    assert_eq!(api("site-staging.localhost")["word"], "staged");
    let other = commands.json(&["deploy", path, "--name", "renamed", "--env", "staging"]);
    assert_eq!((&other["name"], &api("renamed.localhost")["word"]), (&json!("renamed"), &json!("staged")));
}

#[test]
fn webassembly_comes_along_as_a_module_of_its_own() {
    let (mote, _door, commands) = node();
    let source = "import add from \"./add.wasm\";\n\
                  const { exports } = new WebAssembly.Instance(add) as any;\n\
                  export default { fetch: () => new Response(String(exports.add(2, 3))) };\n";
    let project = Project::named("sum", source);
    std::fs::write(project.file("src/add.wasm"), WASM).unwrap();
    let done = commands.json(&["deploy", project.path().to_str().unwrap()]);
    let kinds: Vec<&Value> = done["modules"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert!(kinds.contains(&&json!("WebAssembly")), "{kinds:?}");
    assert_eq!(mote.get_from_host("sum.localhost", "/").text, "5");
}

#[test]
fn a_single_file_and_files_alone_are_workers() {
    let (mote, _door, commands) = node();
    let one = Project::empty()
        .with("hello.ts", "export default { fetch: (): Response => new Response(\"one file\") };");
    commands.says(&["deploy", one.file("hello.ts").to_str().unwrap()]);
    assert_eq!(mote.get_from_host("hello.localhost", "/").text, "one file");
    let old = Project::empty().with(
        "old.js",
        "addEventListener(\"fetch\", event => event.respondWith(new Response(\"classic\")));",
    );
    commands.says(&["deploy", old.file("old.js").to_str().unwrap()]);
    assert_eq!(mote.get_from_host("old.localhost", "/").text, "classic");
    let files = Project::empty()
        .with("wrangler.toml", "name = \"files\"\n[assets]\ndirectory = \"public\"\n")
        .with("public/index.html", "only files");
    let said = commands.says(&["deploy", files.path().to_str().unwrap()]);
    assert!(said.contains("deployed files: 1 file"), "{said}");
    assert_eq!(mote.get_from_host("files.localhost", "/").text, "only files");
}

#[test]
fn wrangler_and_mote_see_the_same_worker_and_the_same_files() {
    let (mote, door, commands) = node();
    let wrangler = Wrangler::of(&mote, &door, "mote");
    let config = "name = \"site\"\ncompatibility_date = \"2026-08-01\"\n[assets]\ndirectory = \"public\"\n";
    let site = Project::empty()
        .with("wrangler.toml", config)
        .with("public/index.html", "home")
        .with("public/a b/\u{fc}.txt", "odd")
        .with("public/style.css", "b { color: red }");
    wrangler.succeeds(&site, &["deploy"]);
    let path = site.path().to_str().unwrap();
    assert_eq!(commands.json(&["deploy", path])["assets_sent"], 0, "the node has what wrangler sent");
    site.write("public/new.txt", "new");
    assert_eq!(commands.json(&["deploy", path])["assets_sent"], 1);
    let said = wrangler.succeeds(&site, &["deploy"]);
    assert!(said.text.contains("No updated asset files to upload"), "{}", said.text);
    for (file, kind) in
        [("/", "text/html; charset=utf-8"), ("/style.css", "text/css; charset=utf-8"), ("/new", "")]
    {
        let answer = mote.get_from_host("site.localhost", file);
        if !kind.is_empty() {
            assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{file}");
        }
    }
    let ours: Vec<Value> = commands
        .json(&["versions", "site"])
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    let theirs = wrangler.json(&site, &["versions", "list", "--json"]);
    assert_eq!(ours.len(), 4);
    assert!(theirs.as_array().unwrap().iter().all(|one| ours.contains(&one["id"])), "{theirs}");
}

#[test]
fn a_deploy_that_is_refused_changes_nothing_and_says_why() {
    let (mote, door, _) = node();
    let project = Project::named("shop", "export default { fetch: () => new Response(\"good\") };");
    let here = Commands::of(&mote, &door).in_folder(project.path());
    here.says(&["deploy"]);
    project.write("src/index.ts", "throw new Error(\"too early\");\nexport default { fetch() {} };");
    let said = here.fails(1, &["deploy"]);
    assert!(said.contains("too early") && said.contains("code 10021"), "{said}");
    project.write("src/index.ts", "export default {\n  fetch() {\n");
    let said = here.fails(1, &["deploy"]);
    assert!(said.contains("src/index.ts:"), "{said}");
    project.write("wrangler.toml", "name = \"shop\"\nmain = 3\n");
    assert!(here.fails(1, &["deploy"]).contains("wrangler.toml:2:8"));
    project.write(
        "wrangler.toml",
        "name = \"shop\"\nmain = \"src/index.ts\"\n[[ratelimits]]\nname = \"LIMIT\"\n",
    );
    assert!(here.fails(1, &["deploy"]).contains("`ratelimits` is not supported by Mote yet"));
    assert!(here.fails(1, &["deploy", "nowhere"]).contains("does not exist"));
    eventually("what was good goes on", || {
        (mote.get_from_host("shop.localhost", "/").text == "good").then_some(())
    });
}
