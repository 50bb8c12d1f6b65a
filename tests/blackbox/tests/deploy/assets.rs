//! Static assets: files that come along with a worker, or without any.

use mote_blackbox::{Commands, Mote, Project, Wrangler, form};
use serde_json::{Value, json};

use super::{node, project_of};

/// A project that is files alone, called `site`.
pub(crate) fn site() -> Project {
    let config = "name = \"site\"\ncompatibility_date = \"2026-01-01\"\n[assets]\ndirectory = \"public\"\nnot_found_handling = \"404-page\"\n";
    Project::empty()
        .with("wrangler.toml", config)
        .with("public/index.html", "<h1>home</h1>")
        .with("public/about.html", "about")
        .with("public/404.html", "lost")
        .with("public/_redirects", "/old/* /about?from=:splat 301\n")
        .with("public/_headers", "/*\n  X-Site: yes\n")
}

/// It is served as it should be.
pub(crate) fn the_site_answers(mote: &Mote) {
    let get = |path: &str| mote.get_from_host("site.localhost", path);
    let home = get("/");
    assert_eq!(
        (home.status, &*home.text, home.header("content-type")),
        (200, "<h1>home</h1>", "text/html; charset=utf-8")
    );
    assert_eq!(home.header("x-site"), "yes");
    let etag = home.header("etag").to_owned();
    let again = mote.get_with("/", &[("host", "site.localhost"), ("if-none-match", &etag)]);
    assert_eq!((again.status, &*again.text), (304, ""));
    let part = mote.get_with("/about", &[("host", "site.localhost"), ("range", "bytes=1-2")]);
    assert_eq!((part.status, &*part.text, part.header("content-range")), (206, "bo", "bytes 1-2/5"));
    let moved = get("/about.html?q=1");
    assert_eq!((moved.status, moved.header("location")), (307, "/about?q=1"));
    let old = get("/old/a/b");
    assert_eq!((old.status, old.header("location")), (301, "/about?from=a/b"));
    let lost = get("/nowhere");
    assert_eq!((lost.status, &*lost.text), (404, "lost"));
    for path in ["/_headers", "/..%2f..%2fsecrets.key", "/%2e%2e/secrets.key"] {
        let answer = get(path);
        // It may be led to the canonical spelling of the same path, where nothing is.
        assert!(
            [307, 404].contains(&answer.status) && (answer.text.is_empty() || answer.text == "lost"),
            "{path}: {}",
            answer.text
        );
    }
    assert_eq!(mote.send("POST", "/", &[("host", "site.localhost")], "x").status, 405);
}

/// A project whose whole folder is its assets, with all that lies about in such a folder.
pub(crate) fn whole_folder() -> Project {
    let config = "name = \"site\"\ncompatibility_date = \"2026-01-01\"\n[assets]\ndirectory = \".\"\n";
    let project = SECRETS.iter().fold(Project::empty(), |project, path| project.with(path, "hush hush"));
    let project = project.with("wrangler.toml", config).with("index.html", "home").with("a/b.txt", "b");
    for (target, link) in [(".dev.vars", "vars.txt"), (".git/config", "a/config.txt"), (".mote", "node")] {
        std::os::unix::fs::symlink(project.file(target), project.file(link)).unwrap();
    }
    project
}

const SECRETS: [&str; 15] = [
    ".mote/admin-token",
    ".mote/secrets.key",
    ".mote/mote.sqlite",
    "a/.mote/mote.sqlite-wal",
    "data/secrets.key",
    "data/mote.sqlite",
    "data/logs.sqlite",
    ".dev.vars",
    "a/.dev.vars.staging",
    ".env",
    "a/.env.local",
    ".git/config",
    "node_modules/a/index.js",
    ".wrangler/state/kv.sqlite",
    "_worker.js",
];

/// However a stranger asks for them, the developer's secrets are not there; the page beside them is.
pub(crate) fn secrets_stay_at_home(mote: &Mote) {
    let get = |path: &str| mote.get_from_host("site.localhost", path);
    assert_eq!((get("/").text, get("/a/b.txt").text), ("home".to_owned(), "b".to_owned()));
    let links = ["vars.txt", "a/config.txt", "node/admin-token", "wrangler.toml"];
    for path in SECRETS.iter().chain(&links) {
        let first = path.bytes().next().unwrap();
        for path in [
            format!("/{path}"),
            format!("//{path}"),
            format!("/./{path}"),
            format!("/a/../{path}"),
            format!("/%{first:02x}{}", &path[1..]),
            format!("/{}", path.replace('/', "%2f")),
            format!("/{path}/"),
            format!("/{path}?x=1"),
            format!("/{}", path.to_uppercase()),
        ] {
            let answer = get(&path);
            // It may be led to the canonical spelling of the same path, where nothing is.
            assert!([307, 404].contains(&answer.status), "{path}: {} {}", answer.status, answer.text);
            assert!(!answer.text.contains("hush") && !answer.text.contains("directory"), "{path}");
        }
    }
}

#[test]
fn a_deploy_of_a_whole_folder_gives_no_secret_away() {
    let (mote, door, _api) = node();
    let project = whole_folder();
    let commands = Commands::of(&mote, &door).in_folder(project.path());
    let planned = commands.json(&["deploy", "--dry-run"]);
    assert_eq!(planned["assets"]["paths"], json!(["/a/b.txt", "/index.html"]));
    let said = commands.run(&["deploy", "--dry-run"]);
    assert!(said.stdout.contains("asset    /a/b.txt (1 B)"), "{}", said.stdout);
    for part in [".git", ".dev.vars", "(secrets)", "never served"] {
        assert!(said.stderr.contains(part), "{part}: {}", said.stderr);
    }
    commands.says(&["deploy"]);
    secrets_stay_at_home(&mote);
    // Nor does a folder go out that is a node's own under another name.
    project.edit("wrangler.toml", "\".\"", "\"data\"");
    assert!(commands.fails(1, &["deploy"]).contains("keeps its keys"));
}

#[test]
fn static_assets_are_served_with_their_rules_and_without_code() {
    let (mote, door, api) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let site = site();
    wrangler.succeeds(&site, &["deploy"]);
    the_site_answers(&mote);
    assert_eq!(
        door.json("/stats").as_array().unwrap().iter().filter(|worker| worker["cpu_us"] != 0).count(),
        0,
        "no code ran"
    );

    let code = "export default { fetch: request => new Response(`code ${new URL(request.url).pathname}`) };";
    let app = project_of("app", code, "[assets]\ndirectory = \"public\"\nrun_worker_first = [\"/api/*\"]\n")
        .with("public/index.html", "page")
        .with("public/api/doc.html", "never");
    wrangler.succeeds(&app, &["deploy"]);
    for (path, expected) in [("/", "page"), ("/api/doc", "code /api/doc"), ("/other", "code /other")] {
        assert_eq!(mote.get_from_host("app.localhost", path).text, expected, "{path}");
    }
    app.write("public/index.html", "new page");
    let said = wrangler.succeeds(&app, &["deploy"]);
    assert!(said.text.contains("Found 1 new or modified"), "{}", said.text);
    assert_eq!(mote.get_from_host("app.localhost", "/").text, "new page");
    assert_eq!(
        api.ask("PUT", "accounts/acme/workers/scripts/app/secrets", &json!({"name": "A", "text": "b"})).0,
        200
    );
    assert_eq!(
        mote.get_from_host("app.localhost", "/").text,
        "new page",
        "a secret's version keeps the files"
    );
}

#[test]
fn files_are_compressed_for_clients_that_say_so() {
    let (mote, door, _api) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let config = "name = \"site\"\ncompatibility_date = \"2026-01-01\"\n[assets]\ndirectory = \"public\"\n";
    let text = "All work and no play makes Jack a dull boy.\n".repeat(100);
    let site = Project::empty()
        .with("wrangler.toml", config)
        .with("public/book.txt", &text)
        .with("public/plain.txt", &text.replace("Jack", "John"))
        .with("public/_headers", "/plain.txt\n  Cache-Control: no-transform\n");
    wrangler.succeeds(&site, &["deploy"]);
    let get = |path: &str, name: &str, value: &str, encoding: &str| {
        mote.get_with(path, &[("host", "site.localhost"), (name, value), ("accept-encoding", encoding)])
    };
    let whole = get("/book.txt", "accept", "*/*", "identity");
    assert_eq!((whole.status, &*whole.text, whole.header("content-encoding")), (200, &*text, ""));
    assert_eq!(whole.header("vary"), "accept-encoding");
    let etag = whole.header("etag").trim_matches('"').to_owned();
    for coding in ["br", "zstd", "gzip"] {
        let coded = get("/book.txt", "accept", "*/*", &format!("identity;q=0.5, {coding}"));
        assert_eq!((coded.status, coded.header("content-encoding")), (200, coding));
        assert_eq!(coded.header("vary"), "accept-encoding");
        assert_eq!(coded.header("content-length"), coded.bytes.len().to_string());
        assert!(coded.bytes.len() < text.len() / 10, "{coding}: {}", coded.bytes.len());
        let tag = format!("\"{etag}-{coding}\"");
        assert_eq!(coded.header("etag"), tag);
        let again = get("/book.txt", "if-none-match", &tag, coding);
        assert_eq!((again.status, again.header("etag"), again.bytes.len()), (304, &*tag, 0));
        let part = get("/book.txt", "range", "bytes=4-7", coding);
        assert_eq!((part.status, &*part.text, part.header("content-encoding")), (206, "work", ""));
    }
    let plain = get("/plain.txt", "accept", "*/*", "br, zstd, gzip");
    assert_eq!((plain.status, plain.header("content-encoding"), plain.header("vary")), (200, "", ""));
    assert_eq!(plain.bytes.len(), text.len());
}

#[test]
fn files_are_taken_for_their_list_alone() {
    let (_mote, _door, api) = node();
    let hash = "00112233445566778899aabbccddeeff";
    let session = "accounts/acme/workers/scripts/site/assets-upload-session";
    let upload = "accounts/acme/workers/assets/upload?base64=true";
    let list = |path: &str, size: u64| json!({"manifest": {path: {"hash": hash, "size": size}}});
    for (body, expected) in [
        (list("no-slash", 1), "no path of an asset"),
        (list(&format!("/{}", "a".repeat(2_000)), 1), "no path of an asset"),
        (list("/a", 1 << 40), "larger than"),
        (json!({"manifest": {"/a": {"hash": "../../x", "size": 1}}}), "32 hexadecimal"),
        (json!({"manifest": 3}), "cannot be read"),
    ] {
        let (status, document) = api.ask("POST", session, &body);
        assert!((400..500).contains(&status), "{document}");
        assert!(document["errors"][0]["message"].as_str().unwrap().contains(expected), "{document}");
    }
    let (_, begun) = api.ask("POST", session, &list("/a", 3));
    assert_eq!(begun["result"]["buckets"], json!([[hash]]));
    let token = begun["result"]["jwt"].as_str().unwrap();
    let file = |name: &str, text: &[u8]| {
        let form = form(&Value::Null, &[(name, "text/plain", text)]);
        // A form of files has no metadata.
        let at =
            form.windows(BOUNDARY_LINE.len()).skip(1).position(|bytes| bytes == BOUNDARY_LINE).unwrap() + 1;
        form[at..].to_vec()
    };
    let (sender, other) = (api.with_token(token), "accounts/evil/workers/assets/upload?base64=true");
    assert_eq!(
        api.send_form("POST", upload, &file(hash, b"YWJj")).0,
        401,
        "the node's token is none of a list"
    );
    assert_eq!(sender.send_form("POST", other, &file(hash, b"YWJj")).0, 401);
    for (name, text, expected) in [
        (hash, &b"YWJjZA=="[..], "4 bytes, and 3 on the list"),
        (hash, b"!!!", "no base64"),
        ("ffffffffffffffffffffffffffffffff", b"YWJj", "not on the list"),
    ] {
        let (status, document) = sender.send_form("POST", upload, &file(name, text));
        assert_eq!(status, 400, "{document}");
        assert!(document["errors"][0]["message"].as_str().unwrap().contains(expected), "{document}");
    }
    let site = form(&json!({"assets": {"jwt": token}}), &[]);
    let (status, early) = api.send_form("PUT", "accounts/acme/workers/scripts/site", &site);
    assert_eq!(status, 400);
    assert!(early["errors"][0]["message"].as_str().unwrap().contains("not all assets"), "{early}");
    let (status, done) = sender.send_form("POST", upload, &file(hash, b"YWJj"));
    assert!(status == 200 && done["result"]["jwt"].is_string(), "{done}");
    assert_eq!(sender.ask("GET", "accounts", &Value::Null).0, 401, "a list's token opens nothing else");
    assert_eq!(
        api.send_form("PUT", "accounts/evil/workers/scripts/site", &site).0,
        400,
        "nor another account's deploy"
    );
    assert_eq!(api.send_form("PUT", "accounts/acme/workers/scripts/site", &site).0, 200);
}

const BOUNDARY_LINE: &[u8] = b"--a-boundary-of-the-tests";
