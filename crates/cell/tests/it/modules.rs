//! Modules of every kind, and the code cache.

use std::time::Duration;

use mote_cell::LoadError;
use mote_wire::bundle::{Format, ModuleKind};

use crate::{
    harness::{Harness, bundle, run},
    tests,
};

tests! {
    modules_of_every_kind_are_imported,
    modules_in_a_cycle_load,
    top_level_await_is_waited_for,
    top_level_await_of_nothing_is_refused,
    dynamic_import_stays_inside_the_bundle,
    import_meta_names_the_module,
    a_syntax_error_names_its_place,
    a_throw_at_top_level_is_reported_with_its_stack,
    a_missing_import_names_both_ends,
    a_service_worker_answers,
    the_code_cache_is_made_once_and_used,
    common_js_modules_require_each_other,
}

/// `(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))`
const WASM: &[u8] = &[
    0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3, 97, 100, 100, 0,
    0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11,
];

fn modules_of_every_kind_are_imported() {
    run(async {
        let harness = Harness::new();
        let main = "import text from './a.txt'; import data from './b.bin'; import json from './c.json'; import wasm from './d.wasm';
            import { e } from './lib/e.js'; import cjs from './f.cjs';
            const { exports } = new WebAssembly.Instance(wasm);
            export default { async fetch(_, env) {
                const later = await WebAssembly.instantiate(wasm);
                return new Response([text, data.byteLength, json.x, exports.add(40, 2), later.exports.add(1, 2), e, cjs.y, env.GREETING].join()); } };";
        harness
            .deploy(
                "w",
                &[
                    ("index.js", ModuleKind::EsModule, main.as_bytes()),
                    ("a.txt", ModuleKind::Text, "grüße".as_bytes()),
                    ("b.bin", ModuleKind::Data, &[1, 2, 3]),
                    ("c.json", ModuleKind::Json, br#"{"x":7}"#),
                    ("d.wasm", ModuleKind::Wasm, WASM),
                    ("lib/e.js", ModuleKind::EsModule, b"export { e } from './deep/e.js';"),
                    ("lib/deep/e.js", ModuleKind::EsModule, b"export const e = 'E';"),
                    (
                        "f.cjs",
                        ModuleKind::CommonJs,
                        b"module.exports = { y: typeof require + typeof exports };",
                    ),
                ],
            )
            .unwrap();
        assert_eq!(harness.get("w", "/").await.1, "grüße,3,7,42,3,E,functionobject,hi");
    });
}

fn modules_in_a_cycle_load() {
    run(async {
        let harness = Harness::new();
        harness
            .deploy(
                "w",
                &[
                    ("index.js", ModuleKind::EsModule, b"import { odd } from './odd.js'; export const even = (n) => n === 0 || odd(n - 1);
                        export default { fetch: () => new Response(String(even(10))) };"),
                    ("odd.js", ModuleKind::EsModule, b"import { even } from './index.js'; export const odd = (n) => n !== 0 && even(n - 1);"),
                ],
            )
            .unwrap();
        assert_eq!(harness.get("w", "/").await.1, "true");
    });
}

fn top_level_await_is_waited_for() {
    run(async {
        let harness = Harness::new();
        harness.serve("w", "const x = await Promise.resolve(5); export default { fetch: () => new Response(String(x)) };").unwrap();
        assert_eq!(harness.get("w", "/").await.1, "5");
    });
}

fn top_level_await_of_nothing_is_refused() {
    run(async {
        let error = Harness::new().serve("w", "await new Promise(() => {});").unwrap_err();
        assert!(matches!(error, LoadError::NeverSettles { .. }), "{error}");
    });
}

fn dynamic_import_stays_inside_the_bundle() {
    run(async {
        let harness = Harness::new();
        let main = b"export default { async fetch() { const { x } = await import('./x.js');
            const gone = await import('../../etc/passwd').catch((e) => e.message); return new Response(x + gone); } };";
        harness
            .deploy(
                "w",
                &[
                    ("index.js", ModuleKind::EsModule, main),
                    ("x.js", ModuleKind::EsModule, b"export const x = 'X';"),
                ],
            )
            .unwrap();
        assert_eq!(
            harness.get("w", "/").await.1,
            "XNo such module `../../etc/passwd`, imported from `index.js`"
        );
    });
}

fn import_meta_names_the_module() {
    run(async {
        let harness = Harness::new();
        harness
            .serve("w", "export default { fetch: () => new Response(import.meta.url + import.meta.main) };")
            .unwrap();
        assert_eq!(harness.get("w", "/").await.1, "file:///index.jstrue");
    });
}

fn a_syntax_error_names_its_place() {
    run(async {
        let LoadError::Threw(error) = Harness::new().serve("w", "const a = 1;\nconst = 2;").unwrap_err()
        else {
            panic!("it threw")
        };
        assert!(
            error.stack.starts_with("SyntaxError") && error.stack.contains("index.js:2:7"),
            "{}",
            error.stack
        );
    });
}

fn a_throw_at_top_level_is_reported_with_its_stack() {
    run(async {
        let source = "function boom() { throw new TypeError('bang'); }\nboom();";
        let LoadError::Threw(error) = Harness::new().serve("w", source).unwrap_err() else {
            panic!("it threw")
        };
        assert!(error.stack.starts_with("TypeError: bang\n    at boom (index.js:1:"), "{}", error.stack);
    });
}

fn a_missing_import_names_both_ends() {
    run(async {
        let LoadError::Threw(error) = Harness::new().serve("w", "import './gone.js';").unwrap_err() else {
            panic!("it threw")
        };
        assert!(error.message.contains("`./gone.js`, imported from `index.js`"), "{}", error.message);
    });
}

fn a_service_worker_answers() {
    run(async {
        let harness = Harness::new();
        let source = b"const at_top = GREETING;
            addEventListener('fetch', (event) => event.respondWith(new Response(at_top + GREETING + typeof event.request.url)));";
        for kind in [ModuleKind::EsModule, ModuleKind::CommonJs] {
            harness
                .deploy_bundle("w", &bundle(&[("index.js", kind, source)], Format::ServiceWorker))
                .unwrap();
            assert_eq!(harness.get("w", "/").await.1, "hihistring");
        }
    });
}

fn the_code_cache_is_made_once_and_used() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 10_000), ("memory_mib", 16)]);
        harness
            .serve("w", "function f() { return 'x'; } export default { fetch(r) { if (r.url.endsWith('/grow')) for (const a = [];;) a.push([]); return new Response(f()); } };")
            .unwrap();
        harness.get("w", "/").await;
        let before = harness.cell.code_cache_counts("w").unwrap();
        assert_eq!(before, (0, 0), "the first isolate compiles");
        // It is made some time after the first answer, of an isolate that is still there: whoever starts at once is too early for it.
        let mut counts = before;
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            harness.get("w", "/grow").await;
            harness.get("w", "/").await;
            counts = harness.cell.code_cache_counts("w").unwrap();
            if counts != before {
                break;
            }
        }
        assert_eq!(counts, (1, 0), "a later one uses the first one's cache");
    });
}

fn common_js_modules_require_each_other() {
    run(async {
        let harness = Harness::new();
        harness
            .deploy(
                "w",
                &[
                    (
                        "index.js",
                        ModuleKind::EsModule,
                        b"import a from './a.cjs'; export default { fetch: () => new Response(a) };",
                    ),
                    ("a.cjs", ModuleKind::CommonJs, b"module.exports = 'a' + require('./b.cjs').b;"),
                    ("b.cjs", ModuleKind::CommonJs, b"exports.b = 'b';"),
                ],
            )
            .unwrap();
        assert_eq!(harness.get("w", "/").await.1, "ab");
    });
}
