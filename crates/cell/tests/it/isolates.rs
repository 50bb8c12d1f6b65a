//! Isolates: many on a thread, in any order, without leaks.

use crate::{
    harness::{Harness, answer, run},
    tests,
};

tests! {
    a_worker_answers,
    isolates_of_one_thread_are_dropped_in_any_order,
    a_replaced_isolate_leaves_no_memory_behind,
    an_isolate_that_uses_nothing_of_it_pays_for_the_core_of_the_platform_alone,
    code_from_strings_never_runs,
    wasm_from_bytes_never_compiles,
    the_clock_stands_still_during_a_turn,
    the_clock_moves_between_turns,
    globals_of_one_worker_are_never_seen_by_another,
    natives_cannot_be_reached,
    an_isolate_that_gives_itself_up_takes_no_new_events,
    an_event_that_aborts_itself_has_failed,
}

fn a_worker_answers() {
    run(async {
        let got = answer("export default { fetch() { return new Response('hello'); } };").await;
        assert_eq!(got, (200, "hello".to_owned()));
    });
}

fn isolates_of_one_thread_are_dropped_in_any_order() {
    run(async {
        let harness = Harness::new();
        for round in 0..3 {
            for name in ["a", "b", "c", "d"] {
                let source =
                    format!("export default {{ fetch() {{ return new Response('{name}{round}'); }} }};");
                harness.serve(name, &source).unwrap();
            }
            for name in ["c", "a", "d", "b"] {
                let (_, body) = harness.get(&format!("{name}.localhost"), "/").await;
                assert_eq!(body, format!("{name}{round}"));
            }
            for name in ["b", "d"] {
                harness.cell.remove(name);
            }
            assert_eq!(harness.get("a.localhost", "/").await.1, format!("a{round}"));
        }
    });
}

/// What an idle isolate's heap held when the platform was fetch, streams, URLs, encodings, events and timers, and nothing else
/// (docs/performance.md). All that has come since is loaded when it is first used.
const CORE_HEAP_KIB: usize = 598;

fn an_isolate_that_uses_nothing_of_it_pays_for_the_core_of_the_platform_alone() {
    run(async {
        let harness = Harness::new();
        harness.serve("w", "export default { fetch() { return new Response('hello'); } };").unwrap();
        assert_eq!(harness.get("w.localhost", "/").await.1, "hello");
        let runtime = harness.cell.runtime("w").unwrap();
        let heap = runtime.with_isolate(|isolate| {
            isolate.collect_garbage();
            isolate.heap_use()
        });
        let kib = heap.unwrap().used_bytes >> 10;
        assert!((1..=CORE_HEAP_KIB).contains(&kib), "{kib} KiB");
    });
}

fn a_replaced_isolate_leaves_no_memory_behind() {
    run(async {
        let harness = Harness::new();
        let source = "globalThis.x = new Array(1000000).fill('y'); export default { fetch() { return new Response('z'); } };";
        let resident = || {
            let text = std::fs::read_to_string("/proc/self/statm").unwrap();
            text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
        };
        for _ in 0..5 {
            harness.serve("w", source).unwrap();
            harness.get("w", "/").await;
        }
        let before = resident();
        for _ in 0..100 {
            harness.serve("w", source).unwrap();
            harness.get("w", "/").await;
        }
        let grown = resident().saturating_sub(before);
        // 100 isolates that stayed would hold over 400 MiB. (Other tests may run beside this one.)
        assert!(grown < 200 << 20, "grew by {} MiB", grown >> 20);
    });
}

fn code_from_strings_never_runs() {
    run(async {
        let source = "const tries = [() => eval('1+1'), () => new Function('return 1')(), () => (async () => {}).constructor('return 1')(),
            () => setTimeout('globalThis.ran = 1', 0)];
            let top = ''; try { eval('1'); top = 'ran'; } catch { top = 'refused'; }
            export default { fetch() { return new Response([top, ...tries.map((f) => { try { f(); return 'ran'; } catch (e) { return e.name; } })].join()); } };";
        assert_eq!(answer(source).await.1, "refused,EvalError,EvalError,EvalError,TypeError");
    });
}

fn wasm_from_bytes_never_compiles() {
    run(async {
        let source = "const bytes = new Uint8Array([0,97,115,109,1,0,0,0]);
            export default { async fetch() {
                const out = [];
                try { new WebAssembly.Module(bytes); out.push('ran'); } catch (e) { out.push(e.name); }
                await WebAssembly.compile(bytes).then(() => out.push('ran'), (e) => out.push(e.name));
                await WebAssembly.instantiate(bytes).then(() => out.push('ran'), (e) => out.push(e.name));
                return new Response(out.join()); } };";
        assert_eq!(answer(source).await.1, "CompileError,CompileError,CompileError");
    });
}

const CLOCKS: &str = "const f = new Intl.DateTimeFormat('en', { timeStyle: 'long', fractionalSecondDigits: undefined });
    const exact = new Intl.DateTimeFormat('en', { minute: 'numeric', second: 'numeric', fractionalSecondDigits: 3 });
    const clocks = () => JSON.stringify([Date.now(), +new Date(), Date(), performance.now(), f.format(), exact.format(undefined),
        exact.formatToParts(), +new (class extends Date {})(), +new (new Date().constructor)(), Reflect.construct(Date, []).getTime(),
        typeof Temporal === 'undefined' ? 0 : Temporal.Now.instant().epochMilliseconds]);";

fn the_clock_stands_still_during_a_turn() {
    run(async {
        let source = format!(
            "{CLOCKS} export default {{ async fetch() {{
                const first = clocks();
                for (let i = 0; i < 3e6; i++) Math.sqrt(i);
                await null;
                const second = clocks();
                return new Response(first === second ? 'still' : first + second); }} }};"
        );
        assert_eq!(answer(&source).await.1, "still");
    });
}

fn the_clock_moves_between_turns() {
    run(async {
        let source = format!(
            "{CLOCKS} export default {{ async fetch() {{
                const before = Date.now(), a = exact.format();
                await new Promise((done) => setTimeout(done, 25));
                return new Response(String(Date.now() - before >= 20 && exact.format() !== a)); }} }};"
        );
        assert_eq!(answer(&source).await.1, "true");
    });
}

fn globals_of_one_worker_are_never_seen_by_another() {
    run(async {
        let harness = Harness::new();
        let poison =
            "Array.prototype.push = () => 'poisoned'; globalThis.secret = 1; Response.prototype.evil = 1;
            export default { fetch() { return new Response('p'); } };";
        harness.serve("a", poison).unwrap();
        let source = "export default { fetch() { const a = []; a.push(1); return new Response(`${a.length}${typeof secret}${'evil' in Response.prototype}`); } };";
        harness.serve("b", source).unwrap();
        harness.get("a.localhost", "/").await;
        assert_eq!(harness.get("b.localhost", "/").await.1, "1undefinedfalse");
    });
}

fn natives_cannot_be_reached() {
    run(async {
        let harness = Harness::with(&[]);
        let source = "export default { fetch() {
            const names = Object.getOwnPropertyNames(globalThis).filter((name) => name.startsWith('__') || name.includes('native'));
            return new Response(names.join()); } };";
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "");
    });
}

fn an_isolate_that_gives_itself_up_takes_no_new_events() {
    run(async {
        let harness = Harness::new();
        let source = "import { abortIsolate } from 'cloudflare:workers'; let count = 0;
            export default { fetch(request) {
                count++;
                try { if (request.url.endsWith('/give-up')) abortIsolate('enough'); } catch (error) { return new Response(`${count} ${error.message}`); }
                return new Response(`${count}`); } };";
        harness.serve("w", source).unwrap();
        let mut answers = Vec::new();
        for path in ["/", "/", "/give-up", "/", "/"] {
            answers.push(harness.get("w", path).await.1);
        }
        assert_eq!(answers, ["1", "2", "3 enough", "1", "2"]);
    });
}

fn an_event_that_aborts_itself_has_failed() {
    run(async {
        let source = "export default { async fetch(request, env, ctx) {
            if (request.url.endsWith('/later')) await scheduler.wait(1);
            ctx.abort(new RangeError('no more'));
            return new Response('still here'); } };";
        let harness = Harness::new();
        harness.serve("w", source).unwrap();
        for path in ["/", "/later"] {
            let (status, body) = harness.get("w", path).await;
            assert!(status == 500 && body.contains("RangeError: no more"), "{status} {body}");
        }
    });
}
