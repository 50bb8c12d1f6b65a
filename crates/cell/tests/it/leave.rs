//! Turns that V8 does not stop: they are left, their isolates stay behind, and everybody else goes on.

use std::time::Duration;

use mote_cell::{LoadError, Outcome};
use mote_engine::{
    Stop, Turn, drain_microtasks,
    leave::{self, LeftBehind},
    v8,
};

use crate::{
    harness::{Harness, run},
    tests,
};

tests! {
    what_the_engine_does_not_stop_is_left_again_and_again_and_its_neighbours_go_on,
    what_grows_where_the_engine_does_not_stop_it_is_left_for_its_memory,
    a_turn_is_left_wherever_code_of_the_worker_runs,
    all_events_of_an_isolate_that_is_left_end_and_the_next_ones_get_a_fresh_one,
    top_level_code_is_left_and_refused,
    a_turn_in_closed_ground_is_not_left,
    an_isolate_that_was_left_runs_nothing_any_more,
    a_turn_that_stops_when_it_is_told_to_keeps_its_isolate,
}

/// V8 looks at nothing in all of these, for as long as it takes to go through twenty million keys.
const SPREAD: &str = "({ ...new Uint8Array(2e7) })";
const FOR_IN: &str = "for (const key in new Uint8Array(2e7)) {}";
const FOR_IN_TEXT: &str = "for (const key in 'x'.repeat(2e7)) {}";

/// It makes garbage of all kinds, so that collections of its own heap are part of what is tested.
const NEIGHBOUR: &str = "
let n = 0;
const kept = new Map();
export default {
  async fetch() {
    for (let i = 0; i < 20000; i++) kept.set(i % 5000, { text: 'x' + i, list: [i, { i }], buffer: i % 100 ? null : new Uint8Array(1000) });
    await Promise.resolve();
    return new Response('ok' + n++);
  },
};";

fn left() -> u64 {
    leave::left_behind().isolates
}

/// A worker that does this, unless it is asked for `/good`.
fn worker(does: &str) -> String {
    format!(
        "export default {{ async fetch(request) {{ if (request.url.endsWith('/good')) return new Response('ok'); {does}; return new Response('done'); }} }};"
    )
}

fn what_the_engine_does_not_stop_is_left_again_and_again_and_its_neighbours_go_on() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 20), ("startup_cpu_ms", 20_000), ("memory_mib", 128)]);
        harness.serve("good", &NEIGHBOUR.replace("20000", "2000")).unwrap();
        for (name, does) in [("spread", SPREAD), ("for-in", FOR_IN), ("text", FOR_IN_TEXT)] {
            harness.serve(name, &worker(does)).unwrap();
        }
        for round in 0..5 {
            for (index, name) in ["spread", "for-in", "text"].into_iter().enumerate() {
                let before = left();
                let (status, body) = harness.get(&format!("{name}.localhost"), "/").await;
                assert_eq!(status, 503, "{name}: {body}");
                assert!(body.contains("1102"), "{name}: {body}");
                assert_eq!(left(), before + 1, "{name}");
                let good = format!("ok{}", round * 3 + index);
                assert_eq!(harness.get("good.localhost", "/").await, (200, good));
                assert_eq!(harness.get(&format!("{name}.localhost"), "/good").await, (200, "ok".to_owned()));
            }
        }
        let told = harness.log.lines().iter().filter(|line| line.starts_with("left behind")).count();
        assert_eq!(told, 15);
        let LeftBehind { isolates, bytes } = leave::left_behind();
        // Each holds its typed array, or the text that it went through.
        assert!(isolates == 15 && bytes > 15 * (2 << 20), "{bytes}");
    });
}

fn what_grows_where_the_engine_does_not_stop_it_is_left_for_its_memory() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 600_000), ("memory_mib", 16)]);
        harness.serve("good", NEIGHBOUR).unwrap();
        let replace = "'x'.repeat(16e6).replace(/x/g, () => 'y')";
        for (name, does) in [("for-in", "for (const key in new Uint8Array(1e7)) {}"), ("replace", replace)] {
            harness.serve(name, &worker(does)).unwrap();
            let (status, body) = harness.get(&format!("{name}.localhost"), "/").await;
            assert_eq!(status, 503, "{name}: {body}");
            assert!(body.contains("more memory than it may"), "{name}: {body}");
            assert_eq!(harness.get("good.localhost", "/").await.0, 200);
        }
        assert_eq!(harness.stats("replace").ended(Outcome::ExceededMemory), 1);
        assert_eq!(left(), 2);
    });
}

fn a_turn_is_left_wherever_code_of_the_worker_runs() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 20), ("memory_mib", 128)]);
        for does in [
            format!("await null; {SPREAD}"),
            format!("await new Promise((done) => setTimeout(done, 1)); {SPREAD}"),
            format!("setTimeout(() => {SPREAD}, 1); await new Promise((done) => setTimeout(done, 60000))"),
            format!("[1].map(() => {SPREAD})"),
            format!("'x'.replace(/x/, () => {SPREAD})"),
            format!("structuredClone({{ get x() {{ return {SPREAD} }} }})"),
            format!("throw {{ get stack() {{ return {SPREAD} }} }}"),
            format!("throw new Proxy({{}}, {{ get: () => {SPREAD} }})"),
            format!("JSON.stringify({{ toJSON() {{ return {SPREAD} }} }})"),
            format!("new Headers({{ get x() {{ return {SPREAD} }} }})"),
            format!(
                "Promise.reject(1); addEventListener('unhandledrejection', () => {SPREAD}); await new Promise((done) => setTimeout(done, 60000))"
            ),
            format!(
                "const reader = new ReadableStream({{ pull() {{ {SPREAD} }} }}).getReader(); await reader.read()"
            ),
            format!(
                "request.signal.addEventListener('abort', () => {{}}); queueMicrotask(() => {SPREAD}); await new Promise((done) => setTimeout(done, 60000))"
            ),
        ] {
            harness.serve("bad", &worker(&does)).unwrap();
            let before = left();
            let (status, body) = harness.get("bad.localhost", "/").await;
            assert!(status == 503 && body.contains("1102"), "{does}: {status} {body}");
            assert_eq!(left(), before + 1, "{does}");
            assert_eq!(harness.get("bad.localhost", "/good").await, (200, "ok".to_owned()), "{does}");
        }
    });
}

fn all_events_of_an_isolate_that_is_left_end_and_the_next_ones_get_a_fresh_one() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 20), ("memory_mib", 128)]);
        let source = format!(
            "let n = 0;
            export default {{ async fetch(request) {{
                if (request.url.endsWith('/waits')) await new Promise((done) => setTimeout(done, 600000));
                if (request.url.endsWith('/spreads')) {{ await new Promise((done) => setTimeout(done, 50)); {SPREAD} }}
                return new Response('ok' + n++);
            }} }};"
        );
        harness.serve("w", &source).unwrap();
        assert_eq!(harness.get("w.localhost", "/").await.1, "ok0");
        let (waits, spreads) =
            tokio::join!(harness.get("w.localhost", "/waits"), harness.get("w.localhost", "/spreads"));
        for (status, body) in [waits, spreads] {
            assert!(status == 503 && body.contains("1102"), "{body}");
        }
        assert_eq!((left(), harness.stats("w").ended(Outcome::ExceededCpu)), (1, 2));
        assert_eq!(harness.stats("w").under_way(), 0);
        assert_eq!(harness.get("w.localhost", "/").await.1, "ok0");
        assert_eq!(harness.stats("w").isolates_started(), 2);
    });
}

fn top_level_code_is_left_and_refused() {
    run(async {
        let harness = Harness::with(&[("startup_cpu_ms", 50), ("memory_mib", 128)]);
        harness.serve("good", NEIGHBOUR).unwrap();
        for source in [
            format!("{SPREAD}; export default {{ fetch() {{}} }};"),
            format!("await null; {FOR_IN}; export default {{ fetch() {{}} }};"),
        ] {
            let before = left();
            let error = harness.serve("bad", &source).unwrap_err();
            assert!(matches!(error, LoadError::Stopped(Stop::Cpu)), "{error}");
            assert_eq!(left(), before + 1, "{source}");
        }
        assert_eq!(harness.get("good.localhost", "/").await.1, "ok0");
    });
}

/// Runs a script in a turn of its own, in ground that is open or closed.
fn script(harness: &Harness, code: &str, ground: fn() -> leave::Ground) -> (Turn<()>, bool) {
    let runtime = harness.cell.runtime("w").unwrap();
    runtime
        .with_isolate(|isolate| {
            let ran = isolate.turn(Duration::from_millis(20), |scope| {
                v8::tc_scope!(let scope, scope);
                let code = v8::String::new(scope, code).unwrap();
                let script = v8::Script::compile(scope, code, None).unwrap();
                let _ground = ground();
                script.run(scope);
            });
            (ran.turn, isolate.is_left())
        })
        .unwrap()
}

fn a_turn_in_closed_ground_is_not_left() {
    run(async {
        let harness = Harness::with(&[("memory_mib", 128)]);
        harness.serve("w", NEIGHBOUR).unwrap();
        // Short enough to come to its end.
        let code = "({ ...new Uint8Array(2e6) })";
        let (turn, is_left) = script(&harness, code, leave::closed);
        assert!(matches!(turn, Turn::Stopped(Stop::Cpu)) && !is_left, "{turn:?}");
        let inside = || {
            drop(leave::open());
            leave::closed()
        };
        let (turn, is_left) = script(&harness, code, inside);
        assert!(matches!(turn, Turn::Stopped(Stop::Cpu)) && !is_left, "{turn:?}");
        assert_eq!(left(), 0);
    });
}

fn an_isolate_that_was_left_runs_nothing_any_more() {
    run(async {
        let harness = Harness::with(&[("memory_mib", 128)]);
        harness.serve("w", NEIGHBOUR).unwrap();
        let runtime = harness.cell.runtime("w").unwrap();
        let (turn, is_left) = script(&harness, SPREAD, leave::open);
        assert!(matches!(turn, Turn::Stopped(Stop::Cpu)) && is_left, "{turn:?}");
        runtime
            .with_isolate(|isolate| {
                let ran = isolate.turn(Duration::from_secs(1), drain_microtasks);
                assert!(matches!(ran.turn, Turn::Stopped(_)));
                isolate.collect_garbage();
                assert_eq!(isolate.heap_use().used_bytes, 0);
                assert!(isolate.terminator().is_none() && !isolate.has_background_work());
            })
            .unwrap();
    });
}

fn a_turn_that_stops_when_it_is_told_to_keeps_its_isolate() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 50), ("memory_mib", 128)]);
        for does in [
            "for (;;) {}",
            "for (;;) ({ a: [] })",
            "const kept = []; for (;;) { kept.push({}); if (kept.length > 1e5) kept.length = 0; }",
            "for (;;) await null",
        ] {
            harness.serve("w", &worker(does)).unwrap();
            let (status, body) = harness.get("w.localhost", "/").await;
            assert!(status == 503 && body.contains("CPU"), "{does}: {body}");
        }
        assert_eq!(left(), 0);
    });
}
