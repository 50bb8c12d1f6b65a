//! The Cache API on the built binary: what is kept, for whom, and across restarts.

use mote_blackbox::{Launch, Mote, Project, eventually, mote as command};
use serde_json::{Value, json};

/// Does what its path says, and answers with what came of it as JSON.
const WORKER: &str = r##"
const key = "https://example.com/thing?x=1#fragment";
const shown = async (response) => response && [response.status, await response.text(), response.headers.get("x-a"), response.headers.get("cf-cache-status")];
const actions = {
  async put(cache, init) { await cache.put(key, new Response("kept", init)); },
  async get(cache) { return await shown(await cache.match(key)); },
  async delete(cache) { return await cache.delete(key); },
};
const tests = {
  async round(cache) {
    const before = await actions.get(cache);
    const nothing = await cache.put(new Request(key), new Response("k\u00e9pt", { status: 404, headers: { "x-a": "b", "content-length": "999" } }));
    const found = await cache.match("https://example.com/thing?x=1");
    const length = found.headers.get("content-length"), age = found.headers.get("age");
    let immutable;
    try { found.headers.set("x", "y"); } catch (error) { immutable = error.name; }
    const text = await shown(found);
    const again = await shown(await cache.match(new Request(key)));
    return [before ?? null, nothing ?? null, text, length, age, immutable, again, await cache.delete(key), await cache.delete(key), (await actions.get(cache)) ?? null];
  },
  async methods(cache) {
    await cache.put(key, new Response("x"));
    const post = new Request(key, { method: "POST", body: "b" });
    return [(await cache.match(post)) ?? null, (await cache.match(post, { ignoreMethod: true })).status, await cache.delete(post), await cache.delete(post, { ignoreMethod: true })];
  },
  async conditions(cache) {
    await cache.put(key, new Response("0123456789", { headers: { etag: '"v"', "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT" } }));
    const ask = async (headers) => { const r = await cache.match(new Request(key, { headers })); return [r.status, await r.text(), r.headers.get("content-range")]; };
    return [await ask({ "if-none-match": '"v"' }), await ask({ "if-modified-since": "Fri, 02 Jan 2026 00:00:00 GMT" }), await ask({ range: "bytes=2-4" }), await ask({ range: "bytes=20-" }), await ask({})];
  },
  async refused(cache) {
    const errors = [];
    const tries = [
      () => cache.put(new Request(key, { method: "POST" }), new Response("x")),
      () => cache.put(key, new Response("x", { status: 206 })),
      () => cache.put(key, new Response("x", { headers: { vary: "Accept, *" } })),
      () => cache.put(key, Response.error()),
      () => cache.put("ftp://x/", new Response("x")),
      () => cache.put("nowhere", new Response("x")),
      () => cache.put(key, "x"),
      () => cache.put(key),
      async () => { const r = new Response("x"); await r.text(); await cache.put(key, r); },
      () => caches.open(),
      () => new Cache(),
      () => new CacheStorage(),
      () => Cache.prototype.match.call({}, key),
    ];
    for (const one of tries) { try { await one(); errors.push(null); } catch (error) { errors.push(error.name); } }
    for (const headers of [{ "cache-control": "no-store" }, { "cache-control": "private" }, { "set-cookie": "a=b" }, { "cache-control": "max-age=0" }, { expires: "0" }]) {
      await cache.put(key, new Response("x", { headers }));
      errors.push((await cache.match(key)) ?? null);
    }
    await cache.put(key, new Response(null, { status: 304 }));
    errors.push((await cache.match(key)) ?? null);
    await cache.put(key, new Response("x", { headers: { "cache-control": "private=Set-Cookie", "set-cookie": "a=b" } }));
    const found = await cache.match(key);
    errors.push(found.headers.get("set-cookie"), await found.text());
    return errors;
  },
  async names(cache) {
    const other = await caches.open("other/\u00e9");
    await cache.put(key, new Response("default"));
    await other.put(key, new Response("other"));
    const same = await caches.open("other/\u00e9");
    await (await caches.open("")).put(key, new Response("unnamed"));
    return [(await actions.get(await caches.open("")))[1], (await actions.get(cache))[1], (await actions.get(same))[1], ((await actions.get(await caches.open("third"))) ?? null), caches.default === cache, caches instanceof CacheStorage, cache instanceof Cache];
  },
  async streams(cache) {
    const part = new Uint8Array(100_000).fill(120);
    let left = 30;
    const body = new ReadableStream({ pull(controller) { if (left-- === 0) controller.close(); else controller.enqueue(part.slice()); } });
    await cache.put(key, new Response(body));
    let bytes = 0;
    for await (const chunk of (await cache.match(key)).body) bytes += chunk.length;
    // One that breaks off is not kept.
    let once = true;
    const broken = new ReadableStream({ pull(controller) { if (once) controller.enqueue(part.slice()); else controller.error(new Error("broken")); once = false; } });
    await cache.delete(key);
    await cache.put(key, new Response(broken)).catch(() => {});
    return [bytes, (await cache.match(key)) ?? null];
  },
  async encodings(cache) {
    const zip = async (text) => new Uint8Array(await new Response(new Response(text).body.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
    const headers = { "content-encoding": "gzip" };
    await cache.put(key, new Response(await zip("by hand"), { headers, encodeBody: "manual" }));
    const manual = await (await cache.match(key)).text();
    await cache.put(key, new Response("as text", { headers }));
    const text = await (await cache.match(key)).text();
    await cache.put(key, new Response(new Response("as stream").body.pipeThrough(new IdentityTransformStream()), { headers }));
    const stream = await cache.match(key);
    return [manual, text, stream.headers.get("content-encoding"), await stream.text()];
  },
};
export default {
  async fetch(request) {
    const url = new URL(request.url), name = url.pathname.slice(1);
    if (name === "pass") return caches.default.match(key);
    const cache = url.searchParams.has("name") ? await caches.open(url.searchParams.get("name")) : caches.default;
    const run = tests[name] ?? actions[name];
    return Response.json((await run(cache, { headers: { "x-a": "b" } })) ?? null);
  },
};
"##;

fn ask(mote: &Mote, path: &str) -> Value {
    let answer = mote.get(path);
    assert_eq!(answer.status, 200, "{path}: {}\n{}", answer.text, mote.output());
    answer.json()
}

/// What holds wherever the worker runs.
fn is_a_cache(mote: &Mote) {
    let kept = json!([404, "k\u{e9}pt", "b", "HIT"]);
    let round = json!([null, null, kept, "5", "0", "TypeError", kept, true, false, null]);
    assert_eq!(ask(mote, "/round"), round);
    assert_eq!(ask(mote, "/methods"), json!([null, 200, false, true]));
    let conditions = json!([
        [304, "", null],
        [304, "", null],
        [206, "234", "bytes 2-4/10"],
        [416, "", "bytes */10"],
        [200, "0123456789", null]
    ]);
    assert_eq!(ask(mote, "/conditions"), conditions);
    assert_eq!(ask(mote, "/delete"), true);
    let mut refused = vec![json!("TypeError"); 13];
    refused.extend(vec![Value::Null; 7]);
    refused.push(json!("x"));
    assert_eq!(ask(mote, "/refused"), Value::Array(refused));
    assert_eq!(ask(mote, "/names"), json!(["unnamed", "default", "other", null, true, true, true]));
    assert_eq!(ask(mote, "/streams"), json!([3_000_000, null]));
    assert_eq!(ask(mote, "/encodings"), json!(["by hand", "as text", "gzip", "as stream"]));
}

#[test]
fn a_node_keeps_responses_for_each_worker_apart_and_across_restarts() {
    let (one, two) = (Project::named("one", WORKER), Project::named("two", WORKER));
    let launch = || {
        let ports = ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"];
        command(ports).arg(one.file("data")).arg(one.path()).arg(two.path()).start()
    };
    let mut mote = launch();
    let from =
        |mote: &Mote, host: &str, path: &str| mote.get_from_host(&format!("{host}.localhost"), path).json();
    assert_eq!(from(&mote, "one", "/put"), Value::Null);
    assert_eq!(from(&mote, "one", "/get"), json!([200, "kept", "b", "HIT"]));
    assert_eq!(from(&mote, "two", "/get"), Value::Null, "each worker without an account is its own owner");
    assert_eq!(from(&mote, "one", "/get?name=other"), Value::Null);
    assert!(mote.interrupt().success());
    let mote = launch();
    assert_eq!(from(&mote, "one", "/get"), json!([200, "kept", "b", "HIT"]));
    let passed = mote.get_from_host("one.localhost", "/pass");
    assert_eq!((&*passed.text, passed.header("cf-cache-status"), passed.header("x-a")), ("kept", "HIT", "b"));
}

#[test]
fn the_cache_api_is_as_workers_know_it_in_a_cell() {
    let project = Project::named("cache", WORKER);
    is_a_cache(&Launch::serve(project.path()).start());
}

#[test]
fn the_cache_api_is_as_workers_know_it_in_development() {
    let project = Project::named("cache", WORKER);
    is_a_cache(&project.dev());
}

#[test]
fn the_example_of_the_documentation_works() {
    let docs = include_str!("../../../docs/cache.md");
    let (_, rest) = docs.split_once("```js\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let project = Project::named("example", example);
    let mote = project.dev();
    let first = mote.get("/a");
    assert!(first.text.starts_with("made at "), "{}", first.text);
    let hit = eventually("the response that was kept", || {
        let again = mote.get("/a");
        (again.header("cf-cache-status") == "HIT").then_some(again.text)
    });
    assert_eq!(hit, mote.get("/a").text);
    assert_ne!(mote.get("/b").header("cf-cache-status"), "HIT");
}
