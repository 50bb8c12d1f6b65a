//! Hostile code: it is stopped, and nobody else notices.

use mote_cell::LoadError;

use crate::{
    harness::{Harness, run},
    tests,
};

tests! {
    a_loop_that_never_yields_is_stopped_and_the_worker_serves_on,
    a_loop_in_microtasks_is_stopped,
    a_loop_inside_a_native_call_is_stopped,
    a_loop_at_top_level_is_refused,
    a_heap_that_never_stops_growing_spares_the_neighbours,
    buffers_that_natives_make_count_too,
    endless_recursion_is_an_exception,
    an_event_that_waits_for_nothing_is_answered,
    an_event_of_a_stopped_isolate_never_reaches_it_again,
}

const GOOD: &str = "let n = 0; export default { fetch() { return new Response('ok' + n++); } };";

async fn stopped(handler: &str, expected: &str) {
    let harness = Harness::new();
    let source = format!(
        "export default {{ fetch(request) {{ if (request.url.endsWith('/good')) return new Response('ok'); {handler} }} }};"
    );
    harness.serve("bad", &source).unwrap();
    harness.serve("good", GOOD).unwrap();
    let (status, body) = harness.get("bad.localhost", "/").await;
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("1102"), "{body}");
    assert!(body.contains(expected), "{body}");
    assert_eq!(harness.get("good.localhost", "/").await.1, "ok0");
    assert_eq!(harness.get("bad.localhost", "/good").await, (200, "ok".to_owned()));
}

fn a_loop_that_never_yields_is_stopped_and_the_worker_serves_on() {
    run(stopped("for (;;) {}", "CPU"));
}

fn a_loop_in_microtasks_is_stopped() {
    run(stopped(
        "const again = () => Promise.resolve().then(again); again(); return new Promise(() => {});",
        "CPU",
    ));
}

fn a_loop_inside_a_native_call_is_stopped() {
    run(stopped("return new Response(String(/^(a+)+$/.test('a'.repeat(40) + 'b')));", "CPU"));
}

fn a_loop_at_top_level_is_refused() {
    run(async {
        let harness = Harness::with(&[("startup_cpu_ms", 100)]);
        let error = harness.serve("w", "for (;;) {}").unwrap_err();
        assert!(matches!(error, LoadError::Stopped(_)), "{error}");
    });
}

fn a_heap_that_never_stops_growing_spares_the_neighbours() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 60_000), ("memory_mib", 32)]);
        let source = "const all = []; export default { fetch(request) { if (request.url.endsWith('/good')) return new Response('ok');
            for (;;) all.push(new Array(1000).fill(Math.random())); } };";
        harness.serve("bad", source).unwrap();
        harness.serve("good", GOOD).unwrap();
        let (status, body) = harness.get("bad.localhost", "/").await;
        assert_eq!(status, 503);
        assert!(body.contains("memory"), "{body}");
        assert_eq!(harness.get("good.localhost", "/").await.1, "ok0");
        assert_eq!(harness.get("bad.localhost", "/good").await.1, "ok");
    });
}

fn buffers_that_natives_make_count_too() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 60_000), ("memory_mib", 64)]);
        let source = "const kept = [], text = 'x'.repeat(1 << 20);
            export default { fetch() { try { for (;;) kept.push(new TextEncoder().encode(text)); }
                catch (e) { return new Response(e.name + (kept.length < 65)); } } };";
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "RangeErrortrue");
    });
}

fn endless_recursion_is_an_exception() {
    run(async {
        let harness = Harness::new();
        let source = "export default { fetch() { try { (function f() { f(); })(); } catch (e) { return new Response(e.name); } } };";
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "RangeError");
    });
}

fn an_event_that_waits_for_nothing_is_answered() {
    run(async {
        let harness = Harness::new();
        harness.serve("w", "export default { fetch() { return new Promise(() => {}); } };").unwrap();
        let (status, body) = harness.get("w", "/").await;
        assert_eq!(status, 500);
        assert!(body.contains("never give a response"), "{body}");
    });
}

fn an_event_of_a_stopped_isolate_never_reaches_it_again() {
    run(async {
        let harness = Harness::new();
        let source = "let n = 0; export default { fetch(request) { n++; if (request.url.endsWith('/loop')) for (;;) {} return new Response(String(n)); } };";
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "1");
        harness.get("w", "/loop").await;
        assert_eq!(harness.get("w", "/").await.1, "1", "a fresh isolate counts from the start");
    });
}
