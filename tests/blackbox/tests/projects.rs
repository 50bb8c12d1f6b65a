//! What a project folder may hold and how `mote dev` serves it.

use mote_blackbox::{Launch, Project, mote};
use serde_json::json;

#[test]
fn one_worker_answers_on_every_host_name() {
    let project = Project::handler("    return new Response(new URL(request.url).hostname);");
    let mote = project.dev();
    assert_eq!(mote.get_from_host("worker.localhost", "/").text, "worker.localhost");
    assert_eq!(mote.get_from_host("shop.example", "/").text, "shop.example");
    assert_eq!(mote.get_from_host("[::1]", "/").text, "[::1]");
}

#[test]
fn several_workers_answer_on_their_own_names() {
    let who = |name: &str| {
        let index = format!("export default {{ fetch() {{ return new Response(\"I am {name}\"); }} }};");
        Project::named(name, &index)
    };
    let (api, shop) = (who("api"), who("shop"));
    let mote = mote(["dev"]).arg(api.path()).arg(shop.path()).arg("--port").arg("0").start();
    let port = mote.port();
    mote.says(&[&format!("http://api.localhost:{port}"), &format!("http://shop.localhost:{port}")]);
    assert_eq!(mote.get_from_host("api.localhost", "/").text, "I am api");
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "I am shop");
    assert_eq!(mote.get_from_host("SHOP.localhost", "/").text, "I am shop");

    for host in ["localhost", "other.localhost", "api.example"] {
        let unknown = mote.get_from_host(host, "/");
        assert_eq!(unknown.status, 404, "{host}: {}", unknown.text);
        assert!(
            unknown.text.contains(&format!("http://api.localhost:{port}\n"))
                && unknown.text.contains(&format!("http://shop.localhost:{port}\n")),
            "{}",
            unknown.text
        );
    }
}

#[test]
fn a_broken_worker_does_not_take_its_neighbours_with_it() {
    let good = Project::named("good", "export default { fetch() { return new Response(\"fine\"); } };");
    let bad = Project::named("bad", "export default { fetch() { return new Response(\"unclosed); } };");
    let thrower =
        Project::named("thrower", "throw new Error(\"not today\");\nexport default { fetch() {} };");
    let mote =
        mote(["dev"]).arg(bad.path()).arg(thrower.path()).arg(good.path()).arg("--port").arg("0").start();
    assert_eq!(mote.get_from_host("good.localhost", "/").text, "fine");
    assert_eq!(mote.get_from_host("bad.localhost", "/").status, 500);
    assert!(mote.get_from_host("thrower.localhost", "/").text.contains("not today"));
    assert_eq!(mote.get_from_host("good.localhost", "/").text, "fine");
}

#[test]
fn vars_reach_the_worker_with_their_types() {
    let project = Project::handler("    return Response.json(env);").with_config(
        "[vars]\nTEXT = \"a\"\nNUMBER = 7\nFLAG = true\nNESTED = { list = [1, \"two\"], deep = { er = false } }",
    );
    let expected = json!({ "TEXT": "a", "NUMBER": 7, "FLAG": true, "NESTED": { "list": [1, "two"], "deep": { "er": false } } });
    assert_eq!(project.dev().get("/").json(), expected);
}

#[test]
fn an_environment_replaces_what_it_names() {
    let project = Project::handler("    return Response.json(env);").with_config(
        "[vars]\nWORD = \"default\"\nONLY_TOP = 1\n\n[env.staging]\nvars = { WORD = \"staging\" }\n\n[env.production.vars]\nWORD = \"production\"",
    );
    assert_eq!(project.dev().get("/").json(), json!({ "WORD": "default", "ONLY_TOP": 1 }));
    for name in ["staging", "production"] {
        let mote = Launch::dev(project.path()).arg("--env").arg(name).start();
        // `vars` is not inherited: an environment lists all of its own.
        assert_eq!(mote.get("/").json(), json!({ "WORD": name }));
    }
}

#[test]
fn a_single_file_is_a_project() {
    let project = Project::empty()
        .with(
            "one.ts",
            "const word: string = \"typescript\";\nexport default { fetch: () => new Response(word) };\n",
        )
        .with("two.js", "export default { fetch: () => new Response(\"javascript\") };\n")
        .with("three.mjs", "export default { fetch: () => new Response(\"module\") };\n");
    for (file, word) in [("one.ts", "typescript"), ("two.js", "javascript"), ("three.mjs", "module")] {
        assert_eq!(Launch::dev(project.file(file)).start().get("/").text, word);
    }
}

#[test]
fn a_service_worker_is_a_project_too() {
    let project = Project::new(
        "addEventListener(\"fetch\", (event: any) => {\n  event.respondWith(new Response(`hello from ${new URL(event.request.url).pathname}, ${(globalThis as any).WORD}`));\n});\n",
    )
    .with_config("[vars]\nWORD = \"global\"");
    assert_eq!(project.dev().get("/old").text, "hello from /old, global");
}

#[test]
fn every_kind_of_configuration_file_is_read() {
    let index = "export default { fetch: (request, env) => new Response(env.WORD) };\n";
    let config = r#"{ "name": "w", "main": "index.js", "compatibility_date": "2026-08-01", "vars": { "WORD": "read" } }"#;
    let json = Project::empty().with("index.js", index).with("wrangler.json", config);
    assert_eq!(json.dev().get("/").text, "read");
    let commented = config
        .replace("{ \"name\"", "{ // a comment\n /* another */ \"name\"")
        .replace("\"read\" } }", "\"read\", }, }");
    let jsonc = Project::empty().with("index.js", index).with("wrangler.jsonc", &commented);
    assert_eq!(jsonc.dev().get("/").text, "read");
}

#[test]
fn files_that_are_no_code_are_imported_as_wrangler_does() {
    let project = Project::new(
        r#"import text from "./note.txt";
import page from "./page.html";
import sql from "./schema.sql";
import data from "./raw.bin";
import json from "./data.json";
export default { fetch: () => Response.json({ text, page, sql, bytes: data.byteLength, json }) };
"#,
    )
    .with("src/note.txt", "just text")
    .with("src/page.html", "<p>page</p>")
    .with("src/schema.sql", "select 1")
    .with("src/raw.bin", "12345")
    .with("src/data.json", r#"{ "a": [1] }"#);
    let expected = json!({ "text": "just text", "page": "<p>page</p>", "sql": "select 1", "bytes": 5, "json": { "a": [1] } });
    assert_eq!(project.dev().get("/").json(), expected);
}

#[test]
fn packages_are_resolved_as_for_a_worker() {
    let project = Project::new("import which from \"conditional\";\nimport legacy from \"legacy\";\nexport default { fetch: () => Response.json([which, legacy.answer]) };\n")
        .with("node_modules/conditional/package.json", r#"{ "name": "conditional", "exports": { "node": "./node.js", "workerd": "./workerd.js", "default": "./other.js" } }"#)
        .with("node_modules/conditional/node.js", "export default \"node\";")
        .with("node_modules/conditional/workerd.js", "export default \"workerd\";")
        .with("node_modules/conditional/other.js", "export default \"other\";")
        .with("node_modules/legacy/package.json", r#"{ "name": "legacy", "main": "main.js" }"#)
        .with("node_modules/legacy/main.js", "exports.answer = 42;");
    assert_eq!(project.dev().get("/").json(), json!(["workerd", 42]));
}

#[test]
fn define_and_alias_change_the_code() {
    let project = Project::new("import who from \"somebody\";\ndeclare const VERSION: string;\nexport default { fetch: () => new Response(`${who} ${VERSION} ${process.env.NODE_ENV}`) };\n")
        .with("src/ada.ts", "export default \"ada\";")
        .with_config("define = { VERSION = '\"1.2.3\"' }\nalias = { somebody = \"./src/ada.ts\" }");
    assert_eq!(project.dev().get("/").text, "ada 1.2.3 development");
}

#[test]
fn console_output_and_requests_are_readable_in_the_terminal() {
    let project = Project::handler(
        r#"    console.log("plain", 1, { a: [1, 2], b: "text" });
    console.error(new Error("shown, not thrown"));
    return new Response("made", { status: 201 });"#,
    );
    let mote = project.dev();
    assert_eq!(mote.get("/orders?x=1").status, 201);
    mote.says_in_a_line(&["plain 1", "a: [", "b: 'text'"]);
    mote.says_in_a_line(&["GET", "/orders", "201"]);
    mote.says(&["shown, not thrown", "src/index.ts:4"]);
    assert!(!mote.output().contains('\u{1b}'), "colours went into a pipe:\n{}", mote.output());
}

#[test]
fn a_scheduled_handler_that_fails_is_told_to_whoever_triggered_it() {
    let project = Project::new(
        "export default {\n  fetch() { return new Response(\"fine\"); },\n  async scheduled(controller: any, env: any, ctx: any) {\n    throw new Error(`no luck at ${controller.cron}`);\n  },\n};\n",
    );
    let mut mote = project.dev();
    let run = mote.get("/cdn-cgi/handler/scheduled?cron=0+0+*+*+*");
    assert_eq!((run.status, &*run.text), (500, "exception"));
    mote.says(&["no luck at 0 0 * * *", "src/index.ts:4"]);
    mote.goes_on("/");
}
