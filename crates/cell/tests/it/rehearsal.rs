//! What is done for a version before anybody asks for it: one event, of which nothing is seen anywhere.

use std::sync::Arc;

use mote_cell::Deployment;
use mote_wire::prepared::{PREPARED_BYTES_MAX, Prepared};

use super::{
    harness::{Canned, Harness, bundle, run},
    tests,
};
use mote_wire::bundle::{Bundle, Format, ModuleKind};

tests! {
    what_a_first_event_needs_is_compiled_before,
    redirects_of_its_own_are_followed_and_others_are_not,
    nothing_of_a_rehearsal_leaves_the_cell,
    a_rehearsal_that_does_not_end_is_left,
    a_rehearsal_that_fails_costs_nothing,
}

fn module(source: &str) -> Bundle {
    bundle(&[("index.js", ModuleKind::EsModule, source.as_bytes())], Format::Modules)
}

async fn prepared(harness: &Harness, bundle: &Bundle) -> Prepared {
    let env_json = r#"{"SECRET":"swordfish-1234567890"}"#;
    harness.cell.deploy("w", &Deployment { env_json, ..harness.deployment(bundle) }).unwrap();
    let prepared = harness.cell.prepare("w").await.unwrap();
    harness.cell.remove("w");
    prepared
}

/// Whether a text stands in the compiled code. The source does not, so it is there only if its function was compiled.
fn compiled(prepared: &Prepared, text: &str) -> bool {
    let code = prepared.code_caches.iter().map(|(_, cache)| cache.unpack(PREPARED_BYTES_MAX).unwrap());
    code.into_iter().any(|code| code.windows(text.len()).any(|window| window == text.as_bytes()))
}

fn what_a_first_event_needs_is_compiled_before() {
    run(async {
        let harness = Harness::new();
        let source = "const page = (path) => path === '/' ? home() : other();
            const home = () => 'the text at home'; const other = () => 'the text elsewhere';
            const streamed = function* () { yield 'the text behind'; };
            export default { fetch(request, env) {
                let parts = streamed();
                return new Response(new ReadableStream({ pull(controller) {
                    const { done, value } = parts.next();
                    if (done) controller.close();
                    else controller.enqueue(new TextEncoder().encode(value + page(new URL(request.url).pathname) + env.SECRET));
                } }));
            } };";
        let bundle = module(source);
        let prepared = prepared(&harness, &bundle).await;
        assert!(compiled(&prepared, "the text at home") && compiled(&prepared, "the text behind"));
        assert!(!compiled(&prepared, "the text elsewhere"), "nobody has called it");
        assert!(!compiled(&prepared, "swordfish"), "what a worker is told is not in its code");
        let deployment = Deployment { prepared: Some(&prepared), ..harness.deployment(&bundle) };
        harness.cell.deploy("w", &deployment).unwrap();
        assert_eq!(harness.get("w", "/").await, (200, "the text behindthe text at homeundefined".to_owned()));
        let (_, body) = harness.get("w", "/x").await;
        assert_eq!(body, "the text behindthe text elsewhereundefined");
    });
}

fn redirects_of_its_own_are_followed_and_others_are_not() {
    for (location, followed) in [
        ("/home?a=b", true),
        ("http://worker.invalid/home", true),
        ("http://worker.invalid.example/home", false),
        ("//other.example/home", false),
        ("https://other.example/home", false),
        ("home", false),
        ("/", false),
    ] {
        run(async {
            let source = format!(
                "const home = () => 'the text at home';
                 export default {{ fetch(request) {{
                    if (request.url.includes('/home')) return new Response(home());
                    return new Response(null, {{ status: 302, headers: {{ location: '{location}' }} }});
                 }} }};"
            );
            let prepared = prepared(&Harness::new(), &module(&source)).await;
            assert_eq!(compiled(&prepared, "the text at home"), followed, "{location}");
        });
    }
}

fn nothing_of_a_rehearsal_leaves_the_cell() {
    run(async {
        let egress = Arc::new(Canned::text("out"));
        let harness = Harness::with_egress(&[("cpu_ms", 200)], egress.clone());
        let source = "console.log('top');
            export default { async fetch(request, env, ctx) {
                console.log('asked');
                ctx.waitUntil(fetch('http://a.example/late').catch((error) => console.log(String(error))));
                try { await fetch('http://a.example/'); } catch (error) { return new Response('the answer without'); }
                throw new Error('it has been let out');
            } };";
        harness.cell.deploy("w", &harness.deployment(&module(source))).unwrap();
        let before = harness.log.lines();
        let prepared = harness.cell.prepare("w").await.unwrap();
        assert_eq!(harness.log.lines(), before);
        assert!(egress.requests.lock().unwrap().is_empty());
        assert!(compiled(&prepared, "the answer without"));
    });
}

fn a_rehearsal_that_does_not_end_is_left() {
    for body in [
        "for (;;);",
        "return new Promise(() => setTimeout(() => {}, 1e6));",
        "return new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1 << 20)); } }));",
        "return new Response(new ReadableStream({ pull: () => new Promise((done) => setTimeout(done, 1e6)) }));",
        "ctx.waitUntil(new Promise((done) => setTimeout(done, 1e6))); return new Response('x');",
        "const held = []; for (;;) held.push(new Array(1e5).fill(held.length));",
    ] {
        run(async {
            let source = format!("export default {{ fetch(request, env, ctx) {{ {body} }} }};");
            let harness = Harness::with(&[("cpu_ms", 100), ("memory_mib", 64), ("memory_soft_mib", 48)]);
            let prepared = prepared(&harness, &module(&source)).await;
            assert_eq!(prepared.code_caches.len(), 1, "{body}");
        });
    }
}

fn a_rehearsal_that_fails_costs_nothing() {
    for source in [
        "export default { fetch() { throw new Error('not without its bindings'); } };",
        "export default { scheduled() {} };",
        "export default { fetch: () => null };",
        "export default { fetch() { return new Response(null, { status: 101, webSocket: new WebSocketPair()[0] }); } };",
    ] {
        run(async {
            let prepared = prepared(&Harness::new(), &module(source)).await;
            assert_eq!(prepared.code_caches.len(), 1, "{source}");
        });
    }
}
