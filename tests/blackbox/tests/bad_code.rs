//! Code that fails while it handles an event, or cannot start: the message names the line, browsers see a page, scripts see
//! `error code: …`, and the server goes on.

use mote_blackbox::{Mote, Project};

#[test]
fn an_exception_in_the_handler_shows_where_it_was_thrown() {
    let project = Project::handler(
        r#"    if (new URL(request.url).pathname === "/fine") return new Response("fine");
    interface Order { id: number }
    const order: Order | null = null;
    return new Response(helper(order));"#,
    );
    let source = std::fs::read_to_string(project.file("src/index.ts")).expect("it was written");
    project.write(
        "src/index.ts",
        &format!(
            "{source}\nfunction helper(order: any): string {{\n  throw new RangeError(\"no <order>\");\n}}\n"
        ),
    );
    let mut mote = project.dev();
    worker_exception(&mote, "/", "no <order>", "src/index.ts:11");
    mote.goes_on("/fine");
}

#[test]
fn an_exception_in_an_imported_module_names_that_module() {
    let project = Project::new("import { load } from \"./deep/load\";\nexport default { async fetch() { return load(); } };\n")
        .with(
            "src/deep/load.ts",
            "type Row = { id: string };\n\nexport async function load(): Promise<Response> {\n  await Promise.resolve();\n  const rows: Row[] = [];\n  return new Response(rows[0]!.id);\n}\n",
        );
    let mote = project.dev();
    worker_exception(&mote, "/", "undefined", "src/deep/load.ts:6");
}

#[test]
fn an_error_page_is_no_place_for_foreign_markup() {
    let project = Project::handler(
        r#"    throw new Error("<script>alert(1)</script> & <b>" + decodeURIComponent(new URL(request.url).search));"#,
    );
    let mote = project.dev();
    let page = mote.browse("/?%3Cimg%20src=x%3E");
    assert!(page.text.contains("&lt;script&gt;alert(1)"), "{}", page.text);
    assert!(!page.text.contains("<script>alert(1)") && !page.text.contains("<img src=x>"), "{}", page.text);
}

#[test]
fn whatever_is_thrown_is_an_answer() {
    let thrown = [
        "\"just text\"",
        "null",
        "undefined",
        "42n",
        "Symbol(\"sign\")",
        "{ a: { b: 1 } }",
        "Object.create(null)",
        "{ toString() { throw new Error(\"worse\"); } }",
        "{ get message() { throw new Error(\"worse\"); }, get stack() { for (;;) throw 1; } }",
        "new Proxy({}, { get() { throw new Error(\"trap\"); }, getPrototypeOf() { throw 1; } })",
        "Object.assign(new Error(\"fooled\"), { stack: 7, name: {}, cause: globalThis })",
        "new AggregateError([new Error(\"one\"), new TypeError(\"two\")], \"many\")",
        "new DOMException(\"gone\", \"AbortError\")",
    ];
    let cases: String =
        thrown.iter().enumerate().map(|(n, what)| format!("    if (n === {n}) throw {what};\n")).collect();
    let project = Project::handler(&format!(
        "    const n = Number(new URL(request.url).pathname.slice(1));\n{cases}    return new Response(\"fine\");"
    ));
    let mut mote = project.dev();
    for (n, what) in thrown.iter().enumerate() {
        let answer = mote.get(&format!("/{n}"));
        assert_eq!(answer.status, 500, "throw {what}: {}", answer.text);
        assert!(answer.text.lines().any(|line| line == "error code: 1101"), "throw {what}: {}", answer.text);
        assert_eq!(answer.header("mote-error"), "worker-exception", "throw {what}");
        assert_eq!(mote.browse(&format!("/{n}")).status, 500, "throw {what}");
    }
    mote.goes_on("/1000");
}

#[test]
fn a_response_that_is_no_response_is_an_exception_that_says_so() {
    let project = Project::handler(
        r#"    const path = new URL(request.url).pathname;
    if (path === "/text") return "text" as any;
    if (path === "/nothing") return undefined as any;
    if (path === "/like") return { status: 200, body: null, headers: new Headers() } as any;
    return new Response("fine");"#,
    );
    let mut mote = project.dev();
    for path in ["/text", "/nothing", "/like"] {
        let answer = mote.get(path);
        assert_eq!(
            (answer.status, answer.header("mote-error")),
            (500, "worker-exception"),
            "{path}: {}",
            answer.text
        );
        assert!(answer.text.contains("Response"), "{path}: {}", answer.text);
    }
    mote.goes_on("/");
}

#[test]
fn a_body_read_twice_is_an_exception_at_the_second_reading() {
    let project = Project::handler(
        r#"    if (request.method === "GET") return new Response("fine");
    const once = await request.text();
    const twice = await request.text();
    return new Response(once + twice);"#,
    );
    let mut mote = project.dev();
    let answer = mote.send("POST", "/", &[("accept", "*/*")], "body");
    assert_eq!((answer.status, answer.header("mote-error")), (500, "worker-exception"), "{}", answer.text);
    assert!(
        answer.text.contains("TypeError") && answer.text.to_lowercase().contains("body"),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("src/index.ts:5"), "{}", answer.text);
    mote.goes_on("/");
}

#[test]
fn a_response_given_twice_is_refused_the_second_time() {
    let project = Project::new(
        r#"let kept: Response | undefined;
export default {
  fetch(request: Request) {
    if (new URL(request.url).pathname === "/fine") return new Response("fine");
    return (kept ??= new Response("once"));
  },
};
"#,
    );
    let mut mote = project.dev();
    assert_eq!(mote.get("/").text, "once");
    let second = mote.get("/");
    assert_eq!((second.status, second.header("mote-error")), (500, "worker-exception"), "{}", second.text);
    mote.goes_on("/fine");
}

#[test]
fn a_rejection_that_nobody_handles_is_told_and_harms_nothing() {
    let project = Project::handler(
        r#"    const path = new URL(request.url).pathname;
    if (path === "/rejected") Promise.reject(new Error("nobody minds me"));
    if (path === "/wait-until") ctx.waitUntil(Promise.reject(new Error("failed afterwards")));
    if (path === "/timer") setTimeout(() => { throw new Error("late and loud"); }, 20);
    if (path === "/timer") ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 100)));
    if (path === "/handled") { const p = Promise.reject(new Error("minded after all")); await null; p.catch(() => {}); }
    return new Response("fine");"#,
    );
    let mut mote = project.dev();
    for (path, message, place) in [
        ("/rejected", "nobody minds me", "src/index.ts:4"),
        ("/wait-until", "failed afterwards", "src/index.ts:5"),
        ("/timer", "late and loud", "src/index.ts:6"),
    ] {
        assert_eq!(mote.get(path).text, "fine");
        mote.says(&[message, place]);
    }
    assert!(mote.output().to_lowercase().contains("unhandled"), "{}", mote.output());
    mote.goes_on("/handled");
}

#[test]
fn an_exception_after_the_response_began_breaks_it_off_instead_of_ending_it_well() {
    let project = Project::handler(
        r#"    if (new URL(request.url).pathname === "/fine") return new Response("fine");
    let pulled = 0;
    return new Response(new ReadableStream({
      async pull(controller) {
        if (++pulled === 3) { await scheduler.wait(100); throw new Error("lost the thread"); }
        controller.enqueue(new TextEncoder().encode(`piece ${pulled};`));
      },
    }, { highWaterMark: 0 }));"#,
    );
    let mut mote = project.dev();
    let mut wire = mote.wire_get("/");
    assert_eq!(wire.head().status, 200);
    wire.text_until("piece 2;");
    assert!(wire.rest().is_err(), "a response that failed looks complete");
    mote.says(&["lost the thread", "src/index.ts:7"]);
    mote.goes_on("/fine");
}

#[test]
fn a_worker_without_a_fetch_handler_says_so() {
    for index in ["export default {};", "export default { scheduled() {} };", "export const answer = 42;"] {
        let project = Project::new(index);
        let mote = project.dev();
        let answer = mote.get("/");
        assert_eq!(answer.status, 500, "{index}: {}", answer.text);
        assert!(answer.text.contains("fetch"), "{index}: {}", answer.text);
        assert_ne!(answer.header("mote-error"), "", "{index}");
        mote.says(&["fetch"]);
        repaired(&project, &mote);
    }
}

#[test]
fn an_exception_at_top_level_is_told_until_it_is_repaired() {
    let project = Project::new(
        "interface A { a: number }\n\nconst missing: any = undefined;\nconst value = missing.field;\nexport default { fetch() { return new Response(value); } };\n",
    );
    let mote = project.dev();
    mote.says(&["field", "src/index.ts:4"]);
    broken(&mote, "field", "src/index.ts:4");
    repaired(&project, &mote);
}

#[test]
fn a_rejected_top_level_await_is_told_until_it_is_repaired() {
    let project = Project::new(
        "const x: number = 1;\nawait Promise.reject(new Error(\"no database\" + x));\nexport default { fetch() { return new Response(\"?\"); } };\n",
    );
    let mote = project.dev();
    broken(&mote, "no database1", "src/index.ts:2");
    repaired(&project, &mote);
}

#[test]
fn a_top_level_await_that_never_settles_is_told_and_not_waited_for() {
    let project = Project::new(
        "await new Promise(() => {});\nexport default { fetch() { return new Response(\"?\"); } };\n",
    );
    let mote = project.dev();
    let answer = mote.get("/");
    assert_eq!(answer.status, 500, "{}", answer.text);
    repaired(&project, &mote);
}

#[test]
fn a_syntax_error_shows_file_line_and_code() {
    let project = Project::new(
        "const fine = 1;\n\nexport default {\n  fetch() { return new Response(\"unclosed); },\n};\n",
    );
    let mote = project.dev();
    mote.says(&["src/index.ts:4", "return new Response(\"unclosed);"]);
    broken(&mote, "unclosed", "src/index.ts:4");
    repaired(&project, &mote);
}

#[test]
fn an_import_that_leads_nowhere_names_both_ends() {
    let project = Project::new(
        "import { x } from \"./nowhere\";\nexport default { fetch() { return new Response(x); } };\n",
    );
    let mote = project.dev();
    broken(&mote, "./nowhere", "src/index.ts");
    project.write("src/nowhere.ts", "export const x = \"found\";\n");
    mote_blackbox::eventually("the missing module to be picked up", || {
        (mote.get("/").text == "found").then_some(())
    });
}

#[test]
fn a_package_that_is_not_installed_is_named() {
    let project = Project::new(
        "import leftPad from \"left-pad-that-is-not-there\";\nexport default { fetch() { return new Response(leftPad(\"x\")); } };\n",
    );
    let mote = project.dev();
    broken(&mote, "left-pad-that-is-not-there", "src/index.ts");
}

#[test]
fn code_made_from_text_is_refused_where_it_is_made() {
    let project = Project::handler(
        r#"    const path = new URL(request.url).pathname;
    if (path === "/eval") return new Response(String((0, eval)("1 + 1")));
    if (path === "/function") return new Response(String(new Function("return 1")()));
    if (path === "/indirect") return new Response(String((async () => {}).constructor("return 1")()));
    if (path === "/timer") { (setTimeout as any)("globalThis.made = 1", 0); return new Response("made"); }
    if (path === "/wasm") { await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); return new Response("made"); }
    if (path === "/wasm-sync") { new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); return new Response("made"); }
    return new Response("fine");"#,
    );
    let mut mote = project.dev();
    for path in ["/eval", "/function", "/indirect", "/timer", "/wasm", "/wasm-sync"] {
        let answer = mote.get(path);
        assert_eq!(
            (answer.status, answer.header("mote-error")),
            (500, "worker-exception"),
            "{path}: {}",
            answer.text
        );
    }
    mote.goes_on("/");
}

/// The three places where an exception shows: to scripts, to browsers, in the terminal.
fn worker_exception(mote: &Mote, path: &str, message: &str, place: &str) {
    let plain = mote.get(path);
    assert_eq!(plain.status, 500, "{}", plain.text);
    assert_eq!(plain.header("mote-error"), "worker-exception");
    assert!(plain.header("content-type").starts_with("text/plain"), "{}", plain.header("content-type"));
    assert!(plain.text.lines().any(|line| line == "error code: 1101"), "{}", plain.text);
    assert!(plain.text.contains(message) && plain.text.contains(place), "{}", plain.text);

    let page = mote.browse(path);
    assert_eq!(page.status, 500);
    assert_eq!(page.header("mote-error"), "worker-exception");
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.header("content-type"));
    let escaped = message.replace('<', "&lt;").replace('>', "&gt;");
    assert!(page.text.contains(&escaped) && page.text.contains(place), "{}", page.text);

    mote.says(&[message, place]);
}

/// What a worker that cannot start shows.
fn broken(mote: &Mote, message: &str, place: &str) {
    let plain = mote.get("/");
    assert_eq!(plain.status, 500, "{}", plain.text);
    assert_ne!(plain.header("mote-error"), "");
    assert!(plain.text.contains(message) && plain.text.contains(place), "{}", plain.text);
    let page = mote.browse("/");
    assert_eq!(page.status, 500);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.header("content-type"));
    assert!(page.text.contains(message) && page.text.contains(place), "{}", page.text);
    mote.says(&[message, place]);
}

/// Saving good code is all that it takes.
fn repaired(project: &Project, mote: &Mote) {
    project.write("src/index.ts", "export default { fetch() { return new Response(\"repaired\"); } };\n");
    mote_blackbox::eventually("the repaired worker", || (mote.get("/").text == "repaired").then_some(()));
}
