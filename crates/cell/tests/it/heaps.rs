//! Isolates that start from the heap that a worker's top-level code has left behind: each behaves as if it had run the code.

use bytes::Bytes;
use mote_cell::Deployment;
use mote_wire::{
    bundle::{Bundle, Format, ModuleKind},
    packed::Packed,
    prepared::{HEAP_BYTES_MAX, Prepared, PreparedHeap, PreparedReport},
};

use super::{
    harness::{Harness, bundle, run},
    tests,
};

tests! {
    a_start_from_the_heap_answers_as_one_from_the_code,
    what_must_happen_in_each_isolate_keeps_the_code,
    no_secret_is_in_the_heap,
    each_isolate_has_a_heap_of_its_own,
    the_clock_and_chance_go_on,
    a_heap_of_another_engine_is_not_used,
    a_heap_that_is_damaged_or_lies_of_its_size_is_not_used,
    isolates_go_on_when_others_start_from_other_heaps,
    limits_hold_as_ever,
    modules_that_are_imported_later_come,
    errors_are_found_in_the_source,
    the_page_about_starts_is_right,
}

const ENV: &str = r#"{"GREETING":"hi","SECRET":"swordfish-1234567890"}"#;

fn module(source: &str) -> Bundle {
    bundle(&[("index.js", ModuleKind::EsModule, source.as_bytes())], Format::Modules)
}

/// The heap of a bundle, as a cell gives it away.
fn heap_of(harness: &Harness, bundle: &Bundle) -> Result<PreparedHeap, String> {
    harness.cell.deploy("recorded", &Deployment { env_json: ENV, ..harness.deployment(bundle) }).unwrap();
    let heap = harness.cell.record_heap("recorded");
    harness.cell.remove("recorded");
    heap
}

fn deploy(harness: &Harness, name: &str, bundle: &Bundle, heap: Option<PreparedHeap>) -> Vec<String> {
    let prepared = Prepared { code_caches: Vec::new(), heap, report: PreparedReport::default() };
    let prepared = Prepared::decode(prepared.encode()).unwrap();
    let deployment = Deployment { env_json: ENV, prepared: Some(&prepared), ..harness.deployment(bundle) };
    harness.cell.deploy(name, &deployment).unwrap()
}

/// Workers with all kinds of things at their top level, and what they make of them.
const SAME: &[&str] = &[
    "const map = new Map([[1, {a: 1}]]), set = new Set(['x']), weak = new WeakMap([[map, 1]]);
     let calls = 0;
     export default { fetch: () => new Response([map.get(1).a, set.has('x'), weak.get(map), ++calls].join()) };",
    "class A { #x = 1; static #y = 2; static z = A.#y + 1; get x() { return this.#x++; } }
     const a = new A(); export default { fetch: () => new Response(`${a.x} ${A.z}`) };",
    "function* count() { let n = 0; for (;;) yield n++; } const it = count(); it.next();
     export default { fetch: () => new Response(String(it.next().value)) };",
    "let settle; const pending = new Promise((resolve) => { settle = resolve; });
     async function wait() { return 'got ' + await pending; } const waiting = wait();
     export default { async fetch() { settle(7); return new Response(await waiting); } };",
    "const value = await (async () => { await null; return [1n << 70n, Symbol.for('s').description, 0.1 + 0.2]; })();
     export default { fetch: () => new Response(value.join()) };",
    "const re = /(?<year>\\d{4})-(\\d\\d)/gu; re.exec('2020-01');
     export default { fetch: () => new Response(re.lastIndex + ' ' + '2021-02'.replace(re, '$<year>/$2')) };",
    "const url = new URL('http://a/b?c=d'), headers = new Headers({ a: 'b' }), encoder = new TextEncoder();
     const decoder = new TextDecoder(), params = new URLSearchParams('x=1');
     export default { fetch: () => new Response([url.search, headers.get('A'), encoder.encode('é').length,
        decoder.decode(new Uint8Array([65])), params.get('x'), atob(btoa('q'))].join()) };",
    "const target = new EventTarget(); const seen = []; target.addEventListener('a', (e) => seen.push(e.type));
     const controller = new AbortController();
     export default { fetch() { target.dispatchEvent(new Event('a')); controller.abort(new Error('no'));
        return new Response(seen.length + controller.signal.reason.message); } };",
    "const stream = new ReadableStream({ start(c) { c.enqueue('a'); c.close(); } });
     export default { async fetch() { return new Response(stream.locked ? 'locked' : await new Response(stream.pipeThrough(new TextEncoderStream())).text()); } };",
    "const bytes = new Uint8Array(70_000).fill(7), view = new DataView(bytes.buffer, 8, 4), shrinks = new ArrayBuffer(8, { maxByteLength: 64 });
     export default { fetch() { shrinks.resize(16); return new Response([bytes.length, view.getInt32(0), shrinks.byteLength].join()); } };",
    "const proxy = new Proxy({}, { get: (_, key) => key }), frozen = Object.freeze([1, { a: 2 }]), bound = Math.max.bind(null, 3);
     export default { fetch: () => new Response([proxy.hello, Object.isFrozen(frozen), bound(2)].join()) };",
    "export default { fetch: (request, env) => new Response([typeof WebAssembly, typeof WebAssembly.Module, typeof SharedArrayBuffer,
        typeof Atomics.wait, typeof FinalizationRegistry, Math.random.name, Object.keys(globalThis).join(' '), Object.keys(env).join()].join()) };",
    "import { env, WorkerEntrypoint } from 'cloudflare:workers';
     export class Other extends WorkerEntrypoint {}
     export default { fetch: (request, given) => new Response([env.GREETING, given.GREETING, 'GREETING' in env, Object.keys(env).length,
        Other.name, structuredClone({ ...env }).GREETING].join()) };",
    "import { WorkerEntrypoint } from 'cloudflare:workers';
     export default class extends WorkerEntrypoint { fetch() { return new Response(this.env.GREETING + typeof this.ctx.waitUntil); } }",
    "let error; try { null.x; } catch (caught) { error = caught; }
     export default { fetch: () => new Response(error instanceof TypeError && error.message) };",
    "function tag(strings) { return strings; } const one = () => tag`a${1}b`; const first = one();
     export default { fetch: () => new Response(String(one() === first) + first.raw) };",
    "globalThis.shared = { n: 1 }; Array.prototype.twice = function () { return this.concat(this); };
     export default { fetch: () => new Response([shared.n++, [1].twice()].join()) };",
    "export default { async fetch() { try { return new Response(eval('1')); } catch (error) { return new Response(error.name); } } };",
    "const hot = (n) => { let sum = 0; for (let i = 0; i < n; i++) sum = (sum + i * i) % 1_000_003; return sum; }; const result = hot(3_000_000);
     export default { fetch: () => new Response(String(result === hot(3_000_000))) };",
    "const { subtle } = crypto; const Key = CryptoKey;
     export default { async fetch() { const digest = await subtle.digest('SHA-256', new Uint8Array(3)), key = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
        return new Response([digest.byteLength, subtle === crypto.subtle, key.publicKey instanceof Key, typeof SubtleCrypto, typeof crypto.DigestStream].join()); } };",
    "// What is only spoken of is in the heap, too: console. performance. .subtle .body formData( structuredClone WebSocketPair WebSocket
     // ReadableStream TransformStream CompressionStream TextDecoderStream FormData CustomEvent PerformanceObserver KVNamespace Fetcher
     export default { async fetch(request) { const form = new FormData(); form.append('a', 'b');
        const stream = new Response(form).body.pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip'));
        const text = await new Response(stream).text(), [one, other] = Object.values(new WebSocketPair());
        console.log('said', new Map([[1, structuredClone({ a: [2] })]]), performance.mark('m').name);
        return new Response([text.includes('name=\"a\"'), one instanceof WebSocket, new CustomEvent('x').type, typeof performance.now()].join()); } };",
    "const rewriter = new HTMLRewriter().on('p[class]', { async element(p) { p.append(await p.getAttribute('class')); } });
     export default { async fetch() { return new Response([await rewriter.transform(new Response('<p class=x>y</p>')).text(), caches.default instanceof Cache].join()); } };",
    "let events = 0; addEventListener('unhandledrejection', (event) => { events++; event.preventDefault(); });
     export default { async fetch() { Promise.reject(1); await null; await new Promise((done) => setTimeout(done, 1)); return new Response(String(events)); } };",
];

fn a_start_from_the_heap_answers_as_one_from_the_code() {
    run(async {
        for source in SAME {
            let (plain, started) = (Harness::new(), Harness::new());
            let bundle = module(source);
            let heap = heap_of(&started, &bundle).unwrap_or_else(|reason| panic!("{reason}: {source}"));
            let handlers = deploy(&plain, "w", &bundle, None);
            assert_eq!(deploy(&started, "w", &bundle, Some(heap)), handlers, "{source}");
            for path in ["/", "/", "/other"] {
                let expected = plain.get("w", path).await;
                assert_eq!(expected.0, 200, "{source}: {}", expected.1);
                assert_eq!(started.get("w", path).await, expected, "{source}");
            }
            assert_eq!(started.log.lines(), plain.log.lines(), "{source}");
        }
    });
}

const SERVES: &str = "export default { fetch: () => new Response('x') };";

fn what_must_happen_in_each_isolate_keeps_the_code() {
    let cases = [
        ("const seed = Math.random();", "random"),
        ("const { random } = Math; const id = random();", "random"),
        ("const id = crypto.randomUUID();", "random"),
        ("const bytes = crypto.getRandomValues(new Uint8Array(4));", "random"),
        ("const born = Date.now();", "clock"),
        ("const born = new Date();", "clock"),
        ("const text = Date();", "clock"),
        ("const at = performance.now();", "clock"),
        ("const origin = performance.timeOrigin;", "clock"),
        ("const now = typeof Temporal === 'object' ? Temporal.Now.instant() : Date.now();", "clock"),
        ("console.log('starting');", "console"),
        ("Promise.reject(new Error('lost'));", "nobody catches"),
        ("const has = typeof WebAssembly;", "WebAssembly"),
        ("const format = new Intl.NumberFormat('de');", "Intl"),
        ("const registry = new FinalizationRegistry(() => {});", "FinalizationRegistry"),
        ("import { env } from 'cloudflare:workers'; const greeting = env.GREETING;", "`env`"),
        ("import { env } from 'cloudflare:workers'; const names = Object.keys(env);", "`env`"),
        ("import { env } from 'cloudflare:workers'; const has = 'GREETING' in env;", "`env`"),
    ];
    for (at_top, expected) in cases {
        let reason = heap_of(&Harness::new(), &module(&format!("{at_top} {SERVES}"))).unwrap_err();
        assert!(reason.contains(expected), "{at_top}: {reason}");
    }
    let listens = b"addEventListener('fetch', (event) => event.respondWith(new Response('x')));";
    let classic = bundle(&[("index.js", ModuleKind::CommonJs, listens)], Format::ServiceWorker);
    assert!(heap_of(&Harness::new(), &classic).unwrap_err().contains("service workers"));
}

fn no_secret_is_in_the_heap() {
    let source = "import { env } from 'cloudflare:workers'; globalThis.kept = env; export default { fetch: () => new Response(kept.SECRET) };";
    let bundle = module(source);
    let harness = Harness::new();
    let heap = heap_of(&harness, &bundle).unwrap();
    let bytes = heap.bytes.unpack(HEAP_BYTES_MAX).unwrap();
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(has(b"kept.SECRET"), "the source is there, so it would be seen");
    assert!(!has(b"swordfish"));
    run(async move {
        deploy(&harness, "w", &bundle, Some(heap));
        assert_eq!(harness.get("w", "/").await.1, "swordfish-1234567890");
    });
}

fn each_isolate_has_a_heap_of_its_own() {
    run(async {
        let harness = Harness::new();
        let bundle = module(
            "const seen = []; export default { fetch(r) { seen.push(1); return new Response(String(seen.length)); } };",
        );
        let heap = heap_of(&harness, &bundle).unwrap();
        for name in ["a", "b"] {
            deploy(&harness, name, &bundle, Some(heap.clone()));
        }
        for expected in ["1", "2", "3"] {
            assert_eq!(harness.get("a", "/").await.1, expected);
        }
        assert_eq!(harness.get("b", "/").await.1, "1");
    });
}

fn the_clock_and_chance_go_on() {
    run(async {
        let harness = Harness::new();
        let bundle = module(
            "const { random } = Math; export default { fetch: () => new Response([Math.random(), random(), Date.now() > 1.7e12, performance.now() < 60_000, crypto.randomUUID()].join()) };",
        );
        let heap = heap_of(&harness, &bundle).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for name in ["a", "b", "c"] {
            deploy(&harness, name, &bundle, Some(heap.clone()));
            let answer = harness.get(name, "/").await.1;
            let parts: Vec<_> = answer.split(',').map(str::to_owned).collect();
            assert_eq!(parts[2..4], ["true", "true"], "{answer}");
            seen.extend([parts[0].clone(), parts[1].clone(), parts[4].clone()]);
        }
        assert_eq!(seen.len(), 9, "{seen:?}");
    });
}

fn a_heap_of_another_engine_is_not_used() {
    run(async {
        let harness = Harness::new();
        let bundle = module("const n = 41; export default { fetch: () => new Response(String(n + 1)) };");
        let heap = heap_of(&harness, &bundle).unwrap();
        let bytes = heap.bytes.unpack(HEAP_BYTES_MAX).unwrap();
        let mut other = bytes.to_vec();
        // Somewhere in the read-only heap, which all isolates of a process must share.
        other[4_096] ^= 1;
        for bytes in [Bytes::from(other), bytes.slice(..90), Bytes::new(), Bytes::from(vec![0; 1 << 20])] {
            let bytes = Packed::pack(&bytes).unwrap();
            deploy(&harness, "w", &bundle, Some(PreparedHeap { bytes, ..heap.clone() }));
            assert_eq!(harness.get("w", "/").await.1, "42");
        }
    });
}

fn a_heap_that_is_damaged_or_lies_of_its_size_is_not_used() {
    run(async {
        let harness = Harness::new();
        let bundle = module("const n = 41; export default { fetch: () => new Response(String(n + 1)) };");
        let heap = heap_of(&harness, &bundle).unwrap();
        let (bytes, packed) = (heap.bytes.len(), heap.bytes.packed());
        let mut other = packed.to_vec();
        other.fill(0xff);
        let damaged = [
            Packed::claimed(bytes, packed.slice(..packed.len() / 2)),
            Packed::claimed(bytes, Bytes::from(other)),
            Packed::claimed(bytes, Bytes::new()),
            Packed::claimed(bytes - 1, packed.clone()),
            Packed::claimed(bytes + 1, packed.clone()),
            Packed::claimed(0, packed.clone()),
            Packed::claimed(HEAP_BYTES_MAX, packed.clone()),
        ];
        for bytes in damaged {
            deploy(&harness, "w", &bundle, Some(PreparedHeap { bytes, ..heap.clone() }));
            assert_eq!(harness.get("w", "/").await.1, "42");
            // The next heap in the same room is none the worse for it.
            deploy(&harness, "w", &bundle, Some(heap.clone()));
            assert_eq!(harness.get("w", "/").await.1, "42");
        }
    });
}

fn isolates_go_on_when_others_start_from_other_heaps() {
    run(async {
        let harness = Harness::new();
        let source = |n: u32| {
            format!(
                "const table = Array.from({{ length: {n} }}, (_, at) => ({{ at, text: 'text ' + at }})); let events = 0;
                 export default {{ async fetch() {{ const later = await import('./later.js'); events++;
                    return new Response([table.length, table.at(-1).text, events, later.twice({n})].join()); }} }};"
            )
        };
        let later = &b"export const twice = (n) => n * 2;"[..];
        let mut heaps = Vec::new();
        for n in [10_000, 10, 40_000] {
            let modules = [
                ("index.js", ModuleKind::EsModule, source(n).into_bytes()),
                ("later.js", ModuleKind::EsModule, later.to_vec()),
            ];
            let modules = modules.each_ref().map(|(name, kind, code)| (*name, *kind, &code[..]));
            let bundle = bundle(&modules, Format::Modules);
            let heap = heap_of(&harness, &bundle).unwrap();
            heaps.push((n, bundle, heap));
        }
        // Each has a pointer to where its heap was unpacked, and there is one room for that.
        for events in 1..=4 {
            for (n, bundle, heap) in &heaps {
                let name = format!("w{n}");
                if events == 1 {
                    deploy(&harness, &name, bundle, Some(heap.clone()));
                }
                let last = n - 1;
                let wanted = format!("{n},text {last},{events},{}", n * 2);
                assert_eq!(harness.get(&name, "/").await.1, wanted);
            }
        }
    });
}

fn limits_hold_as_ever() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 100), ("memory_mib", 24)]);
        let bundle = module(
            "const kept = []; export default { fetch(r) { if (r.url.endsWith('/spin')) for (;;); if (r.url.endsWith('/grow')) for (;;) kept.push([]); return new Response('x'); } };",
        );
        let heap = heap_of(&harness, &bundle).unwrap();
        deploy(&harness, "w", &bundle, Some(heap));
        for (path, status) in [("/", 200), ("/spin", 503), ("/", 200), ("/grow", 503), ("/", 200)] {
            assert_eq!(harness.get("w", path).await.0, status, "{path}: {:?}", harness.log.lines());
        }
    });
}

fn modules_that_are_imported_later_come() {
    run(async {
        let modules: &[(&str, ModuleKind, &[u8])] = &[
            ("index.js", ModuleKind::EsModule, b"import text from './a.txt'; import data from './d.bin'; import cjs from './c.cjs'; import { n, up } from './lib/n.js';
              export default { async fetch() { up(); const late = await import('./late.js'); const workers = await import('cloudflare:workers');
                return new Response([text, data.byteLength, cjs.a, n, late.seen(), typeof workers.RpcTarget, import.meta.url].join()); } };"),
            ("a.txt", ModuleKind::Text, b"text"),
            ("d.bin", ModuleKind::Data, b"12345"),
            ("c.cjs", ModuleKind::CommonJs, b"exports.a = 'cjs';"),
            ("lib/n.js", ModuleKind::EsModule, b"export let n = 1; export const up = () => { n++; };"),
            ("late.js", ModuleKind::EsModule, b"import { n } from './lib/n.js'; export const seen = () => 'late ' + n;"),
        ];
        let bundle = bundle(modules, Format::Modules);
        let harness = Harness::new();
        let heap = heap_of(&harness, &bundle).unwrap();
        deploy(&harness, "w", &bundle, Some(heap));
        assert_eq!(harness.get("w", "/").await.1, "text,5,cjs,2,late 2,function,file:///index.js");
        assert_eq!(harness.get("w", "/").await.1, "text,5,cjs,3,late 3,function,file:///index.js");
    });
}

fn errors_are_found_in_the_source() {
    run(async {
        let bundle = module(
            "function fails() {\n  throw new Error('on purpose');\n}\nexport default { fetch() { try { fails(); } catch (error) { return new Response(error.stack); } } };",
        );
        let (plain, started) = (Harness::new(), Harness::new());
        let heap = heap_of(&started, &bundle).unwrap();
        deploy(&plain, "w", &bundle, None);
        deploy(&started, "w", &bundle, Some(heap));
        let expected = plain.get("w", "/").await;
        assert!(expected.1.contains("index.js:2:9"), "{expected:?}");
        assert_eq!(started.get("w", "/").await, expected);
    });
}

fn the_page_about_starts_is_right() {
    let page = include_str!("../../../../docs/starts.md");
    let (_, block) = page.split_once("```js\n").unwrap();
    let (example, _) = block.split_once("```").unwrap();
    assert!(heap_of(&Harness::new(), &module(example)).is_ok());
    let before = example.replace("// const started", "const started").replace("let started;", "");
    let before = before.replace("started ??= Date.now();", "");
    assert!(heap_of(&Harness::new(), &module(&before)).unwrap_err().contains("clock"), "{before}");
}
