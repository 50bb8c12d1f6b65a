//! Bindings under `mote dev`: what a project's configuration puts into `env` is there without a node.

use mote_blackbox::{Commands, Launch, Mote, Project, eventually, mote as command};
use serde_json::{Value, json};

use crate::deploy::{assets, services};

/// Does with KV what its path says: `/put/NAMESPACE/KEY/VALUE`, `/get/NAMESPACE/KEY`.
const PAIRS: &str = r#"export default {
  async fetch(request, env) {
    const [, action, namespace, key, value] = new URL(request.url).pathname.split("/");
    if (action === "put") {
      await env[namespace].put(key, value, { metadata: { by: "test" }, expirationTtl: 3600 });
      return new Response("put");
    }
    return Response.json(await env[namespace].getWithMetadata(key));
  },
};
"#;

fn project(name: &str, index: &str, more: &str) -> Project {
    let config =
        format!("name = \"{name}\"\nmain = \"src/index.ts\"\ncompatibility_date = \"2026-08-01\"\n{more}");
    Project::named(name, index).with("wrangler.toml", &config)
}

fn bound(name: &str, namespaces: &str) -> Project {
    project(name, PAIRS, &format!("kv_namespaces = [{namespaces}]\n"))
}

fn serve(projects: &[&Project]) -> Mote {
    let paths = projects.iter().map(|project| project.path());
    paths.fold(command(["dev", "--port", "0"]), Launch::arg).start()
}

fn value(mote: &Mote, path: &str) -> Value {
    mote.get(path).json()["value"].clone()
}

#[test]
fn what_kv_was_given_is_there_after_a_reload_and_after_a_restart() {
    let project = bound("worker", "{ binding = \"KV\", id = \"0f2ac74b\" }");
    let mote = project.dev();
    assert_eq!(mote.get("/get/KV/a").json()["value"], Value::Null);
    assert!(!mote.output().contains("kv_namespaces"), "there is nothing to warn of:\n{}", mote.output());
    assert_eq!(mote.get("/put/KV/a/one").text, "put");
    let kept = mote.get("/get/KV/a").json();
    assert_eq!((&kept["value"], &kept["metadata"]), (&json!("one"), &json!({"by": "test"})));

    project.write("src/index.ts", &PAIRS.replace("\"put\");", "\"put again\");"));
    eventually("the worker to be reloaded", || (mote.get("/put/KV/b/two").text == "put again").then_some(()));
    assert_eq!(value(&mote, "/get/KV/a"), "one");
    drop(mote);
    let again = project.dev();
    assert_eq!((value(&again, "/get/KV/a"), value(&again, "/get/KV/b")), (json!("one"), json!("two")));
}

#[test]
fn a_version_says_what_it_is_while_it_is_developed() {
    let source = "export default { fetch: (_, env) => Response.json(env.META) };";
    let project = project("worker", source, "[version_metadata]\nbinding = \"META\"\n");
    let mote = project.dev();
    assert!(!mote.output().contains("version_metadata"), "there is nothing to warn of:\n{}", mote.output());
    let first = mote.get("/").json();
    let id = first["id"].as_str().unwrap();
    assert!(id.len() == 36 && id.split('-').map(str::len).eq([8, 4, 4, 4, 12]), "{first}");
    assert_eq!(first["tag"], "");
    assert!(first["timestamp"].as_str().unwrap().ends_with('Z'), "{first}");
    project.write("src/index.ts", &source.replace("env.META", "{ ...env.META, changed: true }"));
    let second = eventually("the worker to be reloaded", || {
        let answer = mote.get("/").json();
        (answer["changed"] == true).then_some(answer)
    });
    assert_ne!(first["id"], second["id"], "other code is another version");
}

#[test]
fn mote_kv_reaches_what_dev_keeps_whether_it_runs_or_not() {
    let project = bound("worker", "{ binding = \"KV\", id = \"0f2ac74b\" }, { binding = \"BARE\" }");
    let kv = |args: &[&str]| {
        let commands = Commands::nobody().in_folder(project.path());
        commands.says(&[&["kv", "--local"], args].concat())
    };
    kv(&["put", "a", "before", "--binding", "KV"]);
    let mote = project.dev();
    assert_eq!(value(&mote, "/get/KV/a"), "before");
    assert_eq!(mote.get("/put/BARE/b/of-the-worker").text, "put");
    assert_eq!(kv(&["get", "b", "--binding", "BARE"]), "of-the-worker");
    kv(&["put", "a", "after", "--namespace-id", "0f2ac74b", "--ttl", "3600"]);
    assert_eq!(value(&mote, "/get/KV/a"), "after");
    project.write("pairs.json", r#"[{"key": "x", "value": "1"}, {"key": "y", "value": "2"}]"#);
    kv(&["bulk", "put", "pairs.json", "--namespace", "BARE"]);
    assert_eq!(value(&mote, "/get/BARE/y"), "2");
    kv(&["delete", "x", "--binding", "BARE"]);
    drop(mote);
    let elsewhere = Commands::nobody();
    let folder = format!("--local={}", project.path().display());
    let listed = elsewhere.json(&["kv", &folder, "list", "--namespace", "BARE"]);
    let names: Vec<&str> = listed.as_array().unwrap().iter().filter_map(|key| key["name"].as_str()).collect();
    assert_eq!(names, ["b", "y"]);
    let bound = elsewhere.json(&["kv", &folder, "list", "--binding", "KV"]);
    assert_eq!(bound[0]["name"], "a", "the binding is one of the project in that folder: {bound}");
    let said = elsewhere.fails(2, &["kv", &folder, "put", "c", "--binding", "KV"]);
    assert!(said.contains("there is no value for `c`"), "{said}");
    elsewhere.says(&["kv", &folder, "put", "c", "", "--binding", "KV"]);
    let namespaces = elsewhere.json(&["kv", &folder, "namespace", "list"]);
    assert_eq!(namespaces.as_array().unwrap().len(), 2, "{namespaces}");
    let none = elsewhere.fails(1, &["kv", &folder, "get", "none", "--namespace-id", "0f2ac74b"]);
    assert!(none.contains("key not found"), "{none}");
}

#[test]
fn a_namespace_is_known_by_its_id_and_by_its_bindings_name_without_one() {
    let first = bound(
        "first",
        "{ binding = \"ONE\", id = \"shared\" }, { binding = \"SAME\", id = \"shared\" }, { binding = \"OTHER\", id = \"other\" }, { binding = \"BARE\" }",
    );
    let second =
        bound("second", "{ binding = \"MINE\", id = \"shared\" }, { binding = \"THIRD\", id = \"third\" }");
    let mote = serve(&[&first, &second]);
    let of = |worker: &str, path: &str| mote.get_from_host(&format!("{worker}.localhost"), path);
    assert_eq!(of("first", "/put/ONE/a/one").text, "put");
    assert_eq!(of("first", "/put/BARE/a/bare").text, "put");
    let read = |worker: &str, path: &str| of(worker, path).json()["value"].clone();
    assert_eq!(read("first", "/get/SAME/a"), "one");
    assert_eq!(read("second", "/get/MINE/a"), "one");
    assert_eq!(read("first", "/get/BARE/a"), "bare");
    for (worker, other) in [("first", "OTHER"), ("second", "THIRD")] {
        assert_eq!(read(worker, &format!("/get/{other}/a")), Value::Null, "{other}");
    }
    // What another project binds is not there.
    assert_eq!(of("second", "/get/BARE/a").status, 500);
}

#[test]
fn kv_without_a_file_says_which_one_it_cannot_use() {
    let project = bound("worker", "{ binding = \"KV\" }").with(".mote", "a file where a folder has to be");
    let mut mote = project.dev();
    let failed = mote.get("/get/KV/a");
    assert_eq!(failed.status, 500);
    assert!(failed.text.contains("kv.sqlite"), "{}", failed.text);
    // As soon as there can be one, it is used.
    project.remove(".mote");
    assert_eq!(mote.get("/put/KV/a/one").text, "put");
    mote.goes_on("/get/KV/a");
}

#[test]
fn a_whole_folder_as_assets_gives_no_secret_away_while_developing() {
    let project = assets::whole_folder();
    let mote = project.dev();
    assets::secrets_stay_at_home(&mote);
    assert!(mote.output().contains("never served"), "{}", mote.output());
}

#[test]
fn projects_that_are_served_together_call_each_other() {
    let callee = project("callee", services::CALLEE, "");
    let caller = project("caller", services::CALLER, services::BINDINGS);
    let mote = serve(&[&caller, &callee]);
    assert!(!mote.output().contains("`services`"), "there is nothing to warn of:\n{}", mote.output());
    services::calls_arrive(&mote);

    // A call goes to what the other project is by then.
    let call = || mote.get_from_host("caller.localhost", "/call").text;
    callee.edit("src/index.ts", "return a + b;", "return a * b + 40;");
    eventually("the other worker to be reloaded", || (call() == "42").then_some(()));
    callee.edit("src/index.ts", "return a * b + 40;", "return a + b + ;");
    mote.says(&["callee", "does not load"]);
    assert_eq!(mote.get_from_host("caller.localhost", "/call").status, 500);
}

#[test]
fn a_call_of_a_project_that_is_not_served_says_that_it_is_to_be_served_too() {
    let index = "export default { fetch: (request, env) => env.PRICES.fetch(request) };";
    let alone = project("shop", index, "services = [{ binding = \"PRICES\", service = \"prices\" }]\n");
    let answer = alone.dev().get("/");
    assert_eq!(answer.status, 500);
    for part in ["`PRICES`", "serves no worker called `prices`", "on the command line"] {
        assert!(answer.text.contains(part), "{part}: {}", answer.text);
    }
}

#[test]
fn workers_that_call_each_other_without_end_are_stopped() {
    let index = "export default { fetch: (request, env) => env.OTHER.fetch(request) };";
    let of = |name: &str, other: &str| {
        project(name, index, &format!("services = [{{ binding = \"OTHER\", service = \"{other}\" }}]\n"))
    };
    let own = project("own", "export default { fetch: () => new Response('still here') };", "");
    let (ping, pong) = (of("ping", "pong"), of("pong", "ping"));
    let mote = serve(&[&ping, &pong, &own]);
    let answer = mote.get_from_host("ping.localhost", "/");
    assert_eq!(answer.status, 500);
    assert!(answer.text.contains("one after the other"), "{}", answer.text);
    assert_eq!(mote.get_from_host("own.localhost", "/").text, "still here");
}

#[test]
fn static_assets_are_served_as_on_a_node_and_as_they_are_at_the_moment() {
    let site = assets::site();
    let mote = site.dev();
    assert!(!mote.output().contains("`assets`"), "there is nothing to warn of:\n{}", mote.output());
    assets::the_site_answers(&mote);

    // No reload: what the disk has is what the next request gets.
    let first = mote.get("/about").header("etag").to_owned();
    site.write("public/about.html", "changed");
    let changed = mote.get_with("/about", &[("if-none-match", &first)]);
    assert_eq!((changed.status, &*changed.text), (200, "changed"));
    site.write("public/deep/new.txt", "new");
    assert_eq!(mote.get("/deep/new.txt").text, "new");
    site.write("public/_headers", "/about\n  X-Site: other\n");
    assert_eq!(mote.get("/about").header("x-site"), "other");
    site.remove("public/about.html");
    assert_eq!((mote.get("/about").status, &*mote.get("/about").text), (404, "lost"));
    site.write("public/.assetsignore", "*.txt\n");
    assert_eq!(mote.get("/deep/new.txt").status, 404);
    site.write("public/404.html", "nothing here");
    assert_eq!(mote.get("/deep/new.txt").text, "nothing here");
}

#[test]
fn code_comes_before_behind_and_through_its_files() {
    let index = "export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === \"/api/page\") return new Response(`code with ${await (await env.FILES.fetch(\"http://any/\")).text()}`);
    return new Response(`code ${pathname}`);
  },
};
";
    let app = project(
        "app",
        index,
        "[assets]\ndirectory = \"public\"\nbinding = \"FILES\"\nrun_worker_first = [\"/api/*\"]\n",
    )
    .with("public/index.html", "page")
    .with("public/api/doc.html", "never");
    let caller = project(
        "caller",
        "export default { fetch: (request, env) => env.APP.fetch(request) };",
        "services = [{ binding = \"APP\", service = \"app\" }]\n",
    );
    let mote = serve(&[&app, &caller]);
    for host in ["app.localhost", "caller.localhost"] {
        for (path, expected) in [
            ("/", "page"),
            ("/api/doc", "code /api/doc"),
            ("/other", "code /other"),
            ("/api/page", "code with page"),
        ] {
            assert_eq!(mote.get_from_host(host, path).text, expected, "{host}{path}");
        }
    }
    assert_eq!(mote.send("POST", "/", &[("host", "app.localhost")], "x").text, "code /");

    // What does not load is said to everybody, and not hidden behind the files.
    app.edit("src/index.ts", "export default {", "export default {{");
    mote.says(&["app", "does not load"]);
    assert_eq!(mote.get_from_host("app.localhost", "/").status, 500);
    app.edit("src/index.ts", "export default {{", "export default {");
    eventually("the files to be there again", || {
        (mote.get_from_host("app.localhost", "/").text == "page").then_some(())
    });
}

#[test]
fn assets_that_cannot_be_served_say_why() {
    let config = "[assets]\ndirectory = \"dist\"\n";
    let project = project("worker", "export default { fetch: () => new Response('code') };", config);
    let mote = project.dev();
    let missing = mote.get("/");
    assert_eq!(missing.status, 500);
    assert!(missing.text.contains("`assets.directory` does not exist"), "{}", missing.text);
    // A build may make it later.
    project.write("dist/index.html", "built");
    assert_eq!(mote.get("/").text, "built");
    assert_eq!(mote.get("/api").text, "code");
}
