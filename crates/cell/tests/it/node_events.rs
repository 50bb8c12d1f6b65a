//! What a worker gets of Node: by its flags, in its events, and in a heap that is kept.

use mote_cell::{Deployment, LoadError};
use mote_wire::{
    bundle::{Format, ModuleKind},
    compatibility::{Compatibility, Date},
    prepared::{Prepared, PreparedReport},
};

use crate::{
    harness::{Canned, Harness, bundle, run},
    sockets::Servers,
    tests,
};

tests! {
    without_the_flag_a_module_of_node_is_refused_with_a_hint,
    storage_alone_comes_with_a_flag_of_its_own,
    globals_come_with_the_second_version_of_the_flag,
    modules_are_found_without_their_prefix,
    an_event_never_sees_what_another_has_stored,
    what_is_stored_at_top_level_is_in_no_event,
    a_snapshot_of_one_event_runs_as_part_of_another,
    the_environment_is_the_text_among_the_bindings,
    a_heap_with_modules_of_node_in_it_goes_on,
    what_is_not_carried_out_says_so,
    the_examples_of_the_documentation_work,
    a_server_of_node_answers_in_all_the_ways_that_it_can,
    a_client_of_node_sends_by_fetch,
    sockets_of_node_connect_as_those_of_workers_do,
    great_numbers_take_no_longer_than_the_limit_allows,
}

pub(crate) const LATE: &str = "2026-01-01";

fn settled(date: &str, flags: &[&str]) -> Compatibility {
    Compatibility::settle(Some(date), flags.iter().copied(), Date::MAX).unwrap()
}

fn deploy(
    harness: &Harness,
    compatibility: Compatibility,
    modules: &[(&str, ModuleKind, &[u8])],
) -> Result<Vec<String>, LoadError> {
    let bundle = bundle(modules, Format::Modules);
    let env_json = r#"{"GREETING":"hi","SETTINGS":{"a":[1]},"":{"KV":"kv_namespace"}}"#;
    harness.cell.deploy("w", &Deployment { compatibility, env_json, ..harness.deployment(&bundle) })
}

pub(crate) fn serve(
    harness: &Harness,
    date: &str,
    flags: &[&str],
    source: &str,
) -> Result<Vec<String>, LoadError> {
    deploy(harness, settled(date, flags), &[("index.js", ModuleKind::EsModule, source.as_bytes())])
}

fn with_node() -> Harness {
    Harness::with(&[("cpu_ms", 5_000), ("startup_cpu_ms", 5_000)])
}

/// What a worker with `nodejs_compat` answers.
pub(crate) async fn answer(source: &str) -> String {
    let harness = with_node();
    serve(&harness, LATE, &["nodejs_compat"], source).unwrap();
    harness.get("w", "/").await.1
}

fn without_the_flag_a_module_of_node_is_refused_with_a_hint() {
    run(async {
        for name in ["node:fs", "node:async_hooks", "node:nothing"] {
            let source = format!("import '{name}'; export default {{ fetch: () => new Response('x') }};");
            let LoadError::Threw(error) = serve(&with_node(), LATE, &[], &source).unwrap_err() else {
                panic!("it threw")
            };
            assert!(error.message.contains(name) && error.message.contains("nodejs_compat"), "{error}");
        }
        let unknown = "import 'node:nothing';";
        let LoadError::Threw(error) = serve(&with_node(), LATE, &["nodejs_compat"], unknown).unwrap_err()
        else {
            panic!("it threw")
        };
        assert!(
            error.message.ends_with("No such module `node:nothing`, imported from `index.js`"),
            "{error}"
        );
    });
}

fn storage_alone_comes_with_a_flag_of_its_own() {
    run(async {
        let source = "import { AsyncLocalStorage } from 'node:async_hooks';
            const other = await import('node:buffer').then(() => 'there', () => 'not there');
            export default { fetch: () => new Response(new AsyncLocalStorage().run(1, () => other)) };";
        let harness = with_node();
        serve(&harness, LATE, &["nodejs_als"], source).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "not there");
    });
}

fn globals_come_with_the_second_version_of_the_flag() {
    run(async {
        let source = "export default { fetch: () => new Response([typeof Buffer, typeof process, typeof global,
            typeof setImmediate, typeof clearImmediate, Object.keys(globalThis).includes('Buffer')].join()) };";
        let none = "undefined,undefined,undefined,undefined,undefined,false";
        for (date, flags, wanted) in [
            (LATE, &["nodejs_compat"][..], "function,object,object,function,function,false"),
            (LATE, &[], none),
            ("2024-01-01", &["nodejs_compat"], none),
            (
                "2024-01-01",
                &["nodejs_compat", "nodejs_compat_v2"],
                "function,object,object,function,function,false",
            ),
        ] {
            let harness = with_node();
            serve(&harness, date, flags, source).unwrap();
            assert_eq!(harness.get("w", "/").await.1, wanted, "{date} {flags:?}");
        }
        let same = "import { Buffer as B } from 'node:buffer'; import p from 'node:process';
            export default { fetch: () => new Response([B === Buffer, p === process, global === globalThis].join()) };";
        assert_eq!(answer(same).await, "true,true,true");
    });
}

fn modules_are_found_without_their_prefix() {
    run(async {
        let harness = with_node();
        let main = b"import path from 'path'; import cjs from './a.cjs';
            export default { fetch: () => new Response([path.join('a', 'b'), cjs].join()) };";
        let cjs = b"const { Buffer } = require('buffer'); const EventEmitter = require('node:events');
            module.exports = Buffer.from('x').toString('hex') + typeof EventEmitter + require('fs/promises').readFile.name;";
        deploy(
            &harness,
            settled(LATE, &["nodejs_compat"]),
            &[("index.js", ModuleKind::EsModule, main), ("a.cjs", ModuleKind::CommonJs, cjs)],
        )
        .unwrap();
        assert_eq!(harness.get("w", "/").await.1, "a/b,78functionreadFile");
    });
}

fn an_event_never_sees_what_another_has_stored() {
    run(async {
        let source = "import { AsyncLocalStorage } from 'node:async_hooks';
            const storage = new AsyncLocalStorage(), entered = new AsyncLocalStorage();
            const tick = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
            export default { async fetch(request) {
                const { pathname } = new URL(request.url);
                if (entered.getStore() !== undefined || storage.getStore() !== undefined) return new Response('leaked');
                entered.enterWith(pathname);
                await storage.run(pathname, async () => {
                    for (let i = 0; i < 20; i++) {
                        await tick(i % 3);
                        if (storage.getStore() !== pathname || entered.getStore() !== pathname) throw new Error(`${storage.getStore()} in ${pathname}`);
                    }
                });
                return new Response(`${storage.getStore()} ${entered.getStore()}`);
            } };";
        let harness = with_node();
        serve(&harness, LATE, &["nodejs_compat"], source).unwrap();
        let paths: Vec<_> = (0..20).map(|number| format!("/{number}")).collect();
        let answers = futures_util::future::join_all(paths.iter().map(|path| harness.get("w", path))).await;
        for (path, (_, answer)) in paths.iter().zip(answers) {
            assert_eq!(answer, format!("undefined {path}"), "{:?}", harness.log.lines());
        }
    });
}

fn what_is_stored_at_top_level_is_in_no_event() {
    run(async {
        let source = "import { AsyncLocalStorage } from 'node:async_hooks';
            const storage = new AsyncLocalStorage();
            storage.enterWith('top');
            const here = storage.getStore();
            await null;
            export default { fetch: () => new Response([here, storage.getStore()].join()) };";
        assert_eq!(answer(source).await, "top,");
    });
}

fn a_snapshot_of_one_event_runs_as_part_of_another() {
    run(async {
        let source = "import { AsyncLocalStorage } from 'node:async_hooks';
            const storage = new AsyncLocalStorage();
            let snapshot;
            export default { async fetch(request) {
                if (snapshot === undefined) {
                    storage.run('first', () => { snapshot = AsyncLocalStorage.snapshot(); });
                    return new Response('made');
                }
                // The timer is the second event's: the first one is over, and could set none.
                return snapshot(async () => {
                    await new Promise((resolve) => setTimeout(resolve, 1));
                    return new Response(storage.getStore());
                });
            } };";
        let harness = with_node();
        serve(&harness, LATE, &["nodejs_compat"], source).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "made");
        assert_eq!(harness.get("w", "/").await.1, "first");
    });
}

fn the_environment_is_the_text_among_the_bindings() {
    run(async {
        let source = "import process, { env } from 'node:process';
            const { GREETING } = process.env;
            export default { fetch() { process.env.MINE = 'own';
                return Response.json([GREETING, process.env, { ...env }, Object.keys(env)]); } };";
        assert_eq!(
            answer(source).await,
            r#"["hi",{"GREETING":"hi","SETTINGS":"{\"a\":[1]}","MINE":"own"},{"GREETING":"hi","SETTINGS":"{\"a\":[1]}","MINE":"own"},["GREETING","SETTINGS","MINE"]]"#
        );
    });
}

fn a_heap_with_modules_of_node_in_it_goes_on() {
    run(async {
        let source = "import { AsyncLocalStorage } from 'node:async_hooks'; import { Buffer } from 'node:buffer';
            import { EventEmitter } from 'node:events'; import { Transform } from 'node:stream'; import { inspect } from 'node:util';
            import { createHash } from 'node:crypto'; import 'node:fs'; import process from 'node:process';
            const storage = new AsyncLocalStorage(), bytes = Buffer.from('top'), emitter = new EventEmitter();
            emitter.on('x', (value) => value.push(bytes.toString()));
            class Upper extends Transform { _transform(chunk, _, done) { done(null, String(chunk).toUpperCase()); } }
            export default { async fetch() {
                const seen = []; emitter.emit('x', seen);
                const upper = new Upper(); upper.end('a');
                for await (const chunk of upper) seen.push(String(chunk));
                seen.push(storage.run('s', () => storage.getStore()), inspect(bytes), createHash('md5').update('').digest('hex').slice(0, 4));
                const later = await import('node:zlib');
                return new Response([...seen, later.gunzipSync(later.gzipSync('z')), process.env.GREETING].join()); } };";
        let wanted = "top,A,s,<Buffer 74 6f 70>,d41d,z,hi";
        assert_eq!(answer(source).await, wanted);

        let harness = with_node();
        let bundle = bundle(&[("index.js", ModuleKind::EsModule, source.as_bytes())], Format::Modules);
        let compatibility = settled(LATE, &["nodejs_compat"]);
        let env_json = r#"{"GREETING":"hi"}"#;
        let deployment = || Deployment { compatibility, env_json, ..harness.deployment(&bundle) };
        harness.cell.deploy("recorded", &deployment()).unwrap();
        let heap = harness.cell.record_heap("recorded").unwrap();
        harness.cell.remove("recorded");
        let report = PreparedReport::default();
        let prepared = Prepared { code_caches: Vec::new(), heap: Some(heap), report };
        harness.cell.deploy("w", &Deployment { prepared: Some(&prepared), ..deployment() }).unwrap();
        assert_eq!(harness.get("w", "/").await.1, wanted);
        assert_eq!(harness.get("w", "/").await.1, wanted, "a second time");
    });
}

fn what_is_not_carried_out_says_so() {
    run(async {
        let source = "import fs from 'node:fs'; import { createServer } from 'node:net'; import * as promises from 'node:fs/promises';
            import { Worker } from 'node:worker_threads'; import { exec } from 'node:child_process'; import { Interface } from 'node:readline';
            class Mine extends Interface {}
            const attempt = (work) => { try { return String(work()); } catch (error) { return `${error.code} ${error.message}`; } };
            export default { async fetch() { return Response.json([attempt(() => fs.watch('/tmp')), attempt(() => createServer()),
                attempt(() => new Worker('x')), attempt(() => exec('ls')), attempt(() => promises.watch('/tmp')),
                attempt(() => new Mine()), fs.existsSync('/etc/passwd'), attempt(() => process.exit(1)).slice(0, 24)]); } };";
        let says = |module: &str, name: &str| format!("node:{module}: {name} is not implemented by Mote");
        let with_code = |module, name| format!("ERR_METHOD_NOT_IMPLEMENTED {}", says(module, name));
        let wanted = serde_json::json!([
            with_code("fs", "watch"),
            with_code("net", "createServer"),
            with_code("worker_threads", "Worker"),
            with_code("child_process", "exec"),
            with_code("fs/promises", "watch"),
            with_code("readline", "Interface"),
            false,
            "ERR_WORKER_PROCESS_EXIT ",
        ]);
        assert_eq!(answer(source).await, wanted.to_string());
    });
}

/// The examples of the page, in their order.
fn examples() -> Vec<&'static str> {
    let page = include_str!("../../../../docs/node.md");
    page.split("```js\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect()
}

fn the_examples_of_the_documentation_work() {
    run(async {
        let [storage, server] = examples()[..] else { panic!("two examples") };
        let wanted = r#"["7: hello, world","HYxMhnR0ch98NAMHnDBoIiUD1x0ftMZiHmyE6quZLvQ"]"#;
        assert_eq!(answer(storage).await, wanted);
        assert_eq!(answer(server).await, "GET /");
    });
}

fn a_server_of_node_answers_in_all_the_ways_that_it_can() {
    run(async {
        let source = "import http, { createServer } from 'node:http'; import { httpServerHandler, handleAsNodeRequest } from 'cloudflare:node';
            const server = createServer(async (req, res) => {
                res.setHeader('X-Made-By', 'node'); res.appendHeader('Set-Cookie', 'a=1'); res.appendHeader('Set-Cookie', 'b=2');
                if (req.url === '/none') { res.statusCode = 204; return res.end(); }
                if (req.url === '/pieces') { res.write('one '); await new Promise((done) => setTimeout(done, 1)); res.write('two '); return res.end('three'); }
                if (req.url === '/late') { res.end('x'); try { res.setHeader('a', 'b'); } catch (error) { console.log(error.code); } return; }
                if (req.url === '/broken') return res.destroy(new Error('broken'));
                if (req.url === '/pipe') return req.pipe(res);
                let body = ''; for await (const chunk of req) body += chunk;
                res.writeHead(201, 'Made', { 'content-type': 'text/x' });
                res.end(JSON.stringify([req.method, req.url, req.headers.host, req.headers['x-sent'], body, res.headersSent, http.STATUS_CODES[404]]));
            });
            export default httpServerHandler(server);";
        let harness = with_node();
        serve(&harness, LATE, &["nodejs_compat"], source).unwrap();
        let post = |path: &str| {
            format!(
                "POST {path} HTTP/1.1\r\nHost: w.localhost\r\nX-Sent: yes\r\nContent-Length: 4\r\n\r\nbody"
            )
        };
        let made = harness.ask(&post("/a?b=c")).await;
        assert!(made.starts_with("HTTP/1.1 201"), "{made}");
        for part in
            ["x-made-by: node\r\n", "set-cookie: a=1\r\nset-cookie: b=2\r\n", "content-type: text/x\r\n"]
        {
            assert!(made.contains(part), "{part} in {made}");
        }
        let json = r#"["POST","/a?b=c","w.localhost","yes","body",true,"Not Found"]"#;
        assert!(made.ends_with(json), "{made}");
        assert_eq!(harness.get("w.localhost", "/none").await, (204, String::new()));
        assert_eq!(harness.get("w.localhost", "/pieces").await, (200, "one two three".to_owned()));
        assert_eq!(harness.get("w.localhost", "/late").await, (200, "x".to_owned()));
        assert!(harness.ask(&post("/pipe")).await.ends_with("\r\n\r\nbody"));
        assert_eq!(harness.get("w.localhost", "/broken").await.0, 500);
        assert!(harness.log.lines().iter().any(|line| line == "ERR_HTTP_HEADERS_SENT"));
    });
}

fn a_client_of_node_sends_by_fetch() {
    run(async {
        let source = "import http from 'node:http'; import https from 'node:https';
            const read = async (response) => { let text = ''; for await (const chunk of response) text += chunk; return text; };
            const answer = (request) => new Promise((resolve, reject) => request.on('response', resolve).on('error', reject));
            export default { async fetch() {
                const got = await answer(http.get('http://upstream.test/path?q', { headers: { 'X-A': ['1', '2'] } }));
                const request = https.request({ hostname: 'upstream.test', port: 8443, path: '/up', method: 'post', auth: 'u:p' });
                request.write('first '); request.end('second');
                const posted = await answer(request);
                const aborted = http.get('http://upstream.test/'); aborted.destroy();
                const failed = await answer(aborted).catch((error) => error.code);
                let wrong; try { http.request('https://upstream.test/'); } catch (error) { wrong = error.code; }
                return Response.json([got.statusCode, got.headers['x-up'], await read(got), await read(posted), failed, wrong]);
            } };";
        let egress = std::sync::Arc::new(Canned::text("from upstream"));
        let harness = Harness::with_egress(&[("cpu_ms", 5_000), ("startup_cpu_ms", 5_000)], egress.clone());
        serve(&harness, LATE, &["nodejs_compat"], source).unwrap();
        let wanted = r#"[200,null,"from upstream","from upstream","ECONNRESET","ERR_INVALID_PROTOCOL"]"#;
        assert_eq!(harness.get("w", "/").await.1, wanted, "{:?}", harness.log.lines());
        let requests = egress.requests.lock().unwrap();
        let seen: Vec<_> = requests.iter().map(|parts| format!("{} {}", parts.method, parts.uri)).collect();
        assert_eq!(seen, ["GET http://upstream.test/path?q", "POST https://upstream.test:8443/up"]);
        assert_eq!(requests[0].headers.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(requests[1].headers["authorization"], "Basic dTpw");
    });
}

fn sockets_of_node_connect_as_those_of_workers_do() {
    run(async {
        let source = "import net from 'node:net'; import tls from 'node:tls'; import { once } from 'node:events'; import { text } from 'node:stream/consumers';
            export default { async fetch() {
                const seen = [];
                const echo = net.connect(7, 'echo.example', () => seen.push('connected'));
                seen.push(echo.readyState, echo.connecting);
                echo.write('one ');
                const [first] = await once(echo, 'data');
                echo.end('two');
                seen.push(String(first), await text(echo), echo.bytesWritten, echo.bytesRead, echo.remotePort);
                const greets = net.createConnection({ host: 'greets.example', port: 1 });
                const [greeting] = await once(greets, 'data');
                greets.destroy();
                await once(greets, 'close');
                seen.push(String(greeting), greets.destroyed);
                // As databases do it: some words, then TLS on the same connection.
                const plain = new net.Socket().connect({ port: 5432, host: 'echo.example' });
                plain.write('S');
                await once(plain, 'data');
                const secure = tls.connect({ socket: plain, servername: 'db.example' });
                await once(secure, 'secureConnect');
                seen.push(await text(secure), secure.authorized);
                const refused = net.connect(1, 'refused.example');
                seen.push(await once(refused, 'data').catch((error) => error.code));
                const silent = net.connect(1, 'echo.example').setTimeout(5);
                await once(silent, 'timeout');
                silent.destroy();
                try { net.connect(70000, 'x'); } catch (error) { seen.push(error.code); }
                return Response.json(seen);
            } };";
        let servers = std::sync::Arc::new(Servers::default());
        let limits = &[("cpu_ms", 5_000), ("startup_cpu_ms", 5_000)];
        let harness = Harness::with_egress(limits, servers.clone());
        serve(&harness, LATE, &["nodejs_compat"], source).unwrap();
        let wanted = r#"["opening",true,"connected","one ","two",7,7,7,"hello",true,"secret",true,"ECONNREFUSED","ERR_SOCKET_BAD_PORT"]"#;
        assert_eq!(harness.get("w", "/").await.1, wanted, "{:?}", harness.log.lines());
        let asked = servers.asked();
        assert!(asked.contains(&"echo.example:5432 token Some(\"db.example\")".to_owned()), "{asked:?}");
    });
}

fn great_numbers_take_no_longer_than_the_limit_allows() {
    run(async {
        let group = "createDiffieHellman(getDiffieHellman('modp18').getPrime())";
        let works = [
            "generatePrimeSync(4096, { safe: true })".to_owned(),
            // There is none.
            "generatePrimeSync(64, { add: 6n, rem: 3n })".to_owned(),
            "checkPrimeSync(getDiffieHellman('modp18').getPrime(), { checks: 2 ** 31 - 1 })".to_owned(),
            "createDiffieHellman(8192)".to_owned(),
            format!(
                "for (const group = {group}.setPrivateKey('7f'.repeat(1024), 'hex');;) group.generateKeys()"
            ),
        ];
        for work in works {
            let harness = Harness::with(&[("cpu_ms", 300), ("startup_cpu_ms", 10_000)]);
            let source = format!(
                "import {{ checkPrimeSync, createDiffieHellman, generatePrimeSync, getDiffieHellman }} from 'node:crypto';
                export default {{ fetch() {{ {work}; return new Response('it ended'); }} }};"
            );
            serve(&harness, LATE, &["nodejs_compat"], &source).unwrap();
            let (status, answer) = harness.get("w", "/").await;
            assert_eq!(status, 503, "{work}: {answer}");
        }
        for work in [
            "checkPrimeSync(1n << 8192n)",
            "generatePrimeSync(8193)",
            "createDiffieHellman(Buffer.alloc(1025, 7))",
        ] {
            let source = format!(
                "import {{ checkPrimeSync, createDiffieHellman, generatePrimeSync }} from 'node:crypto';
                export default {{ fetch() {{ try {{ {work}; }} catch (error) {{ return new Response(error.code); }} }} }};"
            );
            let code = answer(&source).await;
            assert!(
                ["ERR_METHOD_NOT_IMPLEMENTED", "ERR_OSSL_DH_MODULUS_TOO_LARGE"].contains(&&*code),
                "{work}: {code}"
            );
        }
    });
}
