//! Workers that call one another: service bindings, their entrypoints, remote calls, and static assets as a binding.

use mote_blackbox::{DeployApi, Mote, Project, Wrangler, eventually, form};
use serde_json::{Value, json};

use super::{node, project_of};

pub(crate) const CALLEE: &str = r#"import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
class Counter extends RpcTarget {
  #count;
  secret = "own property";
  constructor(count: number) { super(); this.#count = count; }
  increase(by = 1) { return (this.#count += by); }
  get value() { return this.#count; }
  [Symbol.dispose]() { console.log("a counter is let go"); }
}
export default class extends WorkerEntrypoint {
  async fetch(request: Request) {
    if (request.headers.get("upgrade") === "websocket") {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", ({ data }) => server.send(`callee: ${data}`));
      return new Response(null, { status: 101, webSocket: client });
    }
    return new Response(`${request.method} ${request.url} ${await request.text()}`, { status: 203 });
  }
  add(a: number, b: number) { return a + b; }
  counter(count: number) { return new Counter(count); }
  echo(value: unknown) { return value; }
  async twice(f: (n: number) => Promise<number>) { return (await f(1)) + (await f(2)); }
  fails() { throw new RangeError("out of range"); }
  nested() { return { deep: { shout: (text: string) => `${text}!` }, counter: new Counter(7) }; }
  numbers() { return new ReadableStream({ start(c) { for (const n of [1, 2, 3]) c.enqueue(n); c.close(); } }); }
  page() { return new Response("a page", { status: 201, headers: { a: "b" } }); }
  read(stream: ReadableStream) { return new Response(stream).text(); }
}
export class Admin extends WorkerEntrypoint<{}, { role: string }> {
  who() { return this.ctx.props.role; }
  fetch() { return new Response(`admin as ${this.ctx.props.role}`); }
}
export const plain = { greet(name: string, env: object, ctx: object) { return `hi ${name}, ${typeof env}, ${"waitUntil" in ctx}`; } };
export const notForCalls = 5;
"#;

pub(crate) const CALLER: &str = r#"import { env as imported } from "cloudflare:workers";
let kept: any;
const told = (error: any) => `${error.name}: ${error.message}`;
const tests: Record<string, (env: any) => unknown> = {
  fetch: async (env) => { const r = await env.B.fetch("http://some.test/p?q", { method: "POST", body: "hello" }); return `${r.status} ${await r.text()}`; },
  call: (env) => env.B.add(1, 2),
  chain: (env) => env.B.counter(5).increase(2),
  property: async (env) => { using c = await env.B.counter(5); await c.increase(); return await c.value; },
  hidden: async (env) => { using c = await env.B.counter(5); return await c.secret.then(String, told); },
  clone: async (env) => {
    const value: any = { date: new Date(5), map: new Map([[1, [1, , 3]]]), set: new Set([1n]), nothing: undefined, odd: [NaN, -0], bytes: new Uint8Array([1, 2, 3]).subarray(1), error: new TypeError("t"), text: "ä\u{1f600}", pattern: /a/gi, ["__proto__"]: null };
    value.self = value;
    const echo = await env.B.echo(value);
    return [echo.self === echo, echo.date.getTime(), echo.map.get(1).length, echo.set.has(1n), "nothing" in echo, Object.is(echo.odd[1], -0), [...echo.bytes], echo.error.name, echo.text, echo.pattern.flags].join(" ");
  },
  callBack: (env) => env.B.twice((n: number) => n * 10),
  fails: (env) => env.B.fails().then(String, (error: any) => `${told(error)} ${error instanceof RangeError} ${error.remote}`),
  nested: async (env) => { using result = await env.B.nested(); return `${await result.deep.shout("oh")} ${await result.counter.increase()}`; },
  nestedChain: (env) => env.B.nested().deep.shout("at once"),
  streamed: async (env) => { const all = []; for await (const n of await env.B.numbers()) all.push(n); return all.join(); },
  upload: (env) => env.B.read(new Blob(["sent ", "over"]).stream()),
  response: async (env) => { const r = await env.B.page(); return `${r.status} ${r.headers.get("a")} ${await r.text()}`; },
  entrypoint: (env) => env.ADMIN.who(),
  entrypointFetch: async (env) => (await env.ADMIN.fetch("http://x/")).text(),
  plain: (env) => env.PLAIN.greet("you"),
  noMethod: (env) => env.B.nothing(1).then(String, told),
  noEntrypoint: (env) => env.NONE.anything().then(String, told),
  noClass: async (env) => { class Own {} return env.B.echo(new Own()).then(String, told); },
  tooLarge: async (env) => { try { return await env.B.echo("x".repeat(33 << 20)); } catch (error) { return told(error); } },
  imported: () => (imported as any).B.add(3, 4),
  constructorName: (env) => env.B.constructor.name,
  socket: async (env) => {
    const { webSocket } = await env.B.fetch("http://x/", { headers: { upgrade: "websocket" } });
    webSocket.accept();
    const answer = new Promise((resolve) => webSocket.addEventListener("message", (event: any) => resolve(event.data)));
    webSocket.send("hello");
    const text = await answer;
    webSocket.close();
    return text;
  },
};
export default {
  async fetch(request: Request, env: any) {
    const name = new URL(request.url).pathname.slice(1);
    if (name === "keep") { kept = await env.B.counter(1); return new Response("kept"); }
    if (name === "kept") { try { return new Response(`${await kept.increase()}`); } catch (error) { return new Response(told(error)); } }
    return new Response(`${await tests[name](env)}`);
  },
};
"#;

pub(crate) const BINDINGS: &str = r#"
services = [
  { binding = "B", service = "callee" },
  { binding = "ADMIN", service = "callee", entrypoint = "Admin", props = { role = "root" } },
  { binding = "PLAIN", service = "callee", entrypoint = "plain" },
  { binding = "NONE", service = "callee", entrypoint = "notForCalls" },
]
"#;

fn text(mote: &Mote, host: &str, path: &str) -> String {
    let answer = mote.get_from_host(host, path);
    assert_eq!(answer.status, 200, "{host}{path}: {}\n{}", answer.text, mote.output());
    answer.text
}

/// The worker `caller` reaches `callee`, in all ways that there are.
pub(crate) fn calls_arrive(mote: &Mote) {
    for (path, expected) in [
        ("fetch", "203 POST http://some.test/p?q hello"),
        ("call", "3"),
        ("chain", "7"),
        ("property", "6"),
        ("hidden", "TypeError: The RPC receiver does not implement the method \"secret\"."),
        ("clone", "true 5 3 true true true 2,3 TypeError ä\u{1f600} gi"),
        ("callBack", "30"),
        ("fails", "RangeError: out of range true true"),
        ("nested", "oh! 8"),
        ("nestedChain", "at once!"),
        ("streamed", "1,2,3"),
        ("upload", "sent over"),
        ("response", "201 b a page"),
        ("entrypoint", "root"),
        ("entrypointFetch", "admin as root"),
        ("plain", "hi you, object, true"),
        ("noMethod", "TypeError: The RPC receiver does not implement the method \"nothing\"."),
        ("constructorName", "Fetcher"),
        ("imported", "7"),
        ("socket", "callee: hello"),
    ] {
        assert_eq!(text(mote, "caller.localhost", &format!("/{path}")), expected, "{path}");
    }
    for (path, part) in [
        ("noEntrypoint", "The worker has no entrypoint 'notForCalls'"),
        ("noClass", "DataCloneError: Could not serialize object of type \"Own\""),
        ("tooLarge", "limited to 32 MiB"),
    ] {
        let said = text(mote, "caller.localhost", &format!("/{path}"));
        assert!(said.contains(part), "{path}: {said}");
    }
    mote.says_in_a_line(&["callee", "a counter is let go"]);
    // A stub belongs to the request that it was given to.
    assert_eq!(text(mote, "caller.localhost", "/keep"), "kept");
    let said = text(mote, "caller.localhost", "/kept");
    assert!(said.contains("on behalf of a different request"), "{said}");
}

#[test]
fn workers_call_each_other_through_service_bindings() {
    let (mote, door, _) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let callee = project_of("callee", CALLEE, "");
    let caller = project_of("caller", CALLER, BINDINGS);
    let early = wrangler.run(&caller, &["deploy"]);
    assert!(
        early.code != Some(0) && early.text.contains("Target script 'callee' not found"),
        "{}",
        early.text
    );
    wrangler.succeeds(&callee, &["deploy"]);
    let said = wrangler.succeeds(&caller, &["deploy"]);
    assert!(said.text.contains("env.ADMIN (callee#Admin)"), "{}", said.text);
    calls_arrive(&mote);

    // What it leads to may go away, and come back as something else.
    wrangler.succeeds(&callee, &["delete", "--force"]);
    let answer = mote.get_from_host("caller.localhost", "/call");
    assert_eq!(answer.status, 500, "{}", answer.text);
    mote.says_in_a_line(&["caller", "there is no worker `callee` in this account any more"]);
    wrangler.succeeds(&callee, &["deploy"]);
    assert_eq!(text(&mote, "caller.localhost", "/call"), "3");
}

fn deploy(api: &DeployApi, account: &str, name: &str, source: &str, bindings: &Value) -> (u16, Value) {
    let metadata =
        json!({"main_module": "index.js", "compatibility_date": "2026-01-01", "bindings": bindings});
    let form = form(&metadata, &[("index.js", "application/javascript+module", source.as_bytes())]);
    api.send_form("PUT", &format!("accounts/{account}/workers/scripts/{name}"), &form)
}

fn service(name: &str, service: &str) -> Value {
    json!([{"type": "service", "name": name, "service": service}])
}

const HELLO: &str = "export default { fetch: () => new Response('hello') };";

#[test]
fn a_binding_leads_to_workers_of_its_own_account_alone() {
    let (mote, _door, api) = node();
    assert_eq!(deploy(&api, "acme", "vault", HELLO, &json!([])).0, 200);
    let ask = "export default { fetch: (request, env) => env.VAULT.fetch(request) };";
    let (status, said) = deploy(&api, "evil", "thief", ask, &service("VAULT", "vault"));
    assert_eq!((status, said["errors"][0]["code"].as_i64()), (400, Some(10_021)), "{said}");
    // Its name becomes another account's after the deploy.
    assert_eq!(deploy(&api, "evil", "bait", HELLO, &json!([])).0, 200);
    assert_eq!(deploy(&api, "evil", "thief", ask, &service("VAULT", "bait")).0, 200);
    assert_eq!(text(&mote, "thief.localhost", "/"), "hello");
    assert_eq!(api.ask("DELETE", "accounts/evil/workers/scripts/bait", &Value::Null).0, 200);
    assert_eq!(deploy(&api, "acme", "bait", HELLO, &json!([])).0, 200);
    assert_eq!(mote.get_from_host("thief.localhost", "/").status, 500);
}

#[test]
fn workers_that_call_each_other_for_ever_come_to_an_end() {
    let (mote, door, api) = node();
    let fetches = "export default { fetch: (request, env) => env.NEXT.fetch(request) };";
    assert_eq!(deploy(&api, "acme", "mirror", fetches, &service("NEXT", "mirror")).0, 200);
    let answer = mote.get_from_host("mirror.localhost", "/");
    assert_eq!(answer.status, 500, "{}", answer.text);
    let calls = r#"import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  fetch() { return this.env.NEXT.go(1).then((depth) => new Response(`${depth}`), (error) => new Response(error.message)); }
  go(depth) { return this.env.NEXT.go(depth + 1); }
}"#;
    assert_eq!(deploy(&api, "acme", "echo", calls, &service("NEXT", "echo")).0, 200);
    let said = text(&mote, "echo.localhost", "/");
    assert!(said.contains("gave no response"), "{said}");
    // Calls that never answer end with the event that waits for them, and the client that leaves ends both.
    let waits = r#"import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  fetch() { return this.env.NEXT.sleep().then(() => new Response("never")); }
  sleep() { this.ctx.waitUntil(new Promise((done) => setTimeout(done, 1))); console.log("asleep"); return new Promise((done) => setTimeout(done, 3e6)); }
}"#;
    assert_eq!(deploy(&api, "acme", "sleeper", waits, &service("NEXT", "sleeper")).0, 200);
    let mut client = mote.wire();
    client.send("GET / HTTP/1.1\r\nhost: sleeper.localhost\r\n\r\n");
    mote.says_in_a_line(&["sleeper", "asleep"]);
    drop(client);
    eventually("both events are over", || {
        door.cells().iter().all(|cell| cell["events_under_way"] == 0).then_some(())
    });
    assert_eq!(deploy(&api, "acme", "plain", HELLO, &json!([])).0, 200);
    assert_eq!(text(&mote, "plain.localhost", "/"), "hello");
}

#[test]
fn a_worker_calls_its_own_exports_as_another_would() {
    let (mote, _door, api) = node();
    let code = r#"import { DurableObject, WorkerEntrypoint, exports } from "cloudflare:workers";
let seen = 0;
export class Part extends WorkerEntrypoint {
  add(a, b) { return a + b; }
  who() { return this.ctx.props.role ?? "nobody"; }
  again(depth) { return this.ctx.exports.Part.again(depth + 1); }
  fetch(request) { return Response.json([request.url, this.ctx.props]); }
}
export class Stored extends DurableObject {}
export const handlers = { fetch: () => new Response("handlers") };
export const helper = () => 1;
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/inner") return new Response(`inner ${++seen}`);
    if (pathname === "/loop") return ctx.exports.Part.again(1).then(String, (error) => new Response(error.message));
    if (pathname === "/large") return new Response(await ctx.exports.Part.add("x".repeat(3e6), "y").then((text) => `${text.length}`));
    const { Part } = ctx.exports;
    return Response.json([
      Object.keys(exports).sort(), await Part.add(1, 2), await Part.who(), await Part({ props: { role: "admin" } }).who(),
      await (await Part({ props: { a: [1] } }).fetch("http://any/")).json(), await (await exports.handlers.fetch("http://any/")).text(),
      await (await exports.default.fetch("http://any/inner")).text(), await Part.missing().catch((error) => error.message),
    ]);
  },
};"#;
    assert_eq!(deploy(&api, "acme", "own", code, &json!([])).0, 200);
    let said: Value = serde_json::from_str(&text(&mote, "own.localhost", "/")).unwrap();
    assert_eq!(said[0], json!(["Part", "default", "handlers"]));
    assert_eq!((&said[1], &said[2], &said[3]), (&json!(3), &json!("nobody"), &json!("admin")));
    assert_eq!(said[4], json!(["http://any/", {"a": [1]}]));
    assert_eq!((&said[5], &said[6]), (&json!("handlers"), &json!("inner 1")));
    assert!(said[7].as_str().unwrap().contains("\"missing\""), "{said}");
    assert_eq!(text(&mote, "own.localhost", "/large"), "3000001");
    let looped = text(&mote, "own.localhost", "/loop");
    assert!(looped.contains("exports.Part") && looped.contains("gave no response"), "{looped}");
}

#[test]
fn code_asks_for_its_static_assets_by_a_binding() {
    let (mote, door, _) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let code = r#"export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/wrapped") return new Response(`<<${await (await env.FILES.fetch(new URL("/page", request.url))).text()}>>`);
    if (pathname === "/none") return new Response(`${(await env.FILES.fetch("http://any.host/nothing")).status}`);
    return env.FILES.fetch(request);
  },
};"#;
    let assets = "[assets]\ndirectory = \"public\"\nbinding = \"FILES\"\nrun_worker_first = true\n";
    let project: Project = project_of("framed", code, assets).with("public/page.html", "a page");
    wrangler.succeeds(&project, &["deploy"]);
    assert_eq!(text(&mote, "framed.localhost", "/wrapped"), "<<a page>>");
    assert_eq!(text(&mote, "framed.localhost", "/none"), "404");
    let page = mote.get_from_host("framed.localhost", "/page");
    assert_eq!(
        (page.status, &*page.text, page.header("content-type")),
        (200, "a page", "text/html; charset=utf-8")
    );
}
