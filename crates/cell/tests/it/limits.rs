//! Hostile code: it is stopped, and nobody else notices.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, StreamBody};
use mote_cell::{LoadError, Outcome};
use mote_wire::http::Body;

use crate::{
    harness::{Canned, Harness, run},
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
    thousands_of_events_that_hang_together_end_one_after_the_other,
    a_sound_isolate_serves_on_after_a_stop,
    an_isolate_whose_microtasks_were_lost_is_replaced,
    an_isolate_that_is_stopped_again_and_again_is_replaced,
    cpu_time_is_summed_over_turns,
    cpu_time_of_waiting_until_is_the_events,
    past_the_soft_memory_limit_a_fresh_isolate_takes_over,
    strings_that_natives_would_unfold_are_refused,
    a_compressed_bomb_is_an_exception,
    an_event_ends_when_its_time_is_up,
    what_waits_after_the_answer_ends_when_its_time_is_up,
    an_upload_that_stalls_behind_the_answer_ends_when_its_time_is_up,
    an_upload_that_goes_on_has_all_the_time_that_it_takes,
    a_loop_around_a_slow_native_is_stopped,
    a_loop_that_allocates_in_natives_is_stopped_before_the_process_is_out_of_memory,
    a_native_that_works_for_long_is_stopped,
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

fn thousands_of_events_that_hang_together_end_one_after_the_other() {
    run(async {
        const EVENTS: usize = 4_000;
        let harness = Harness::with(&[("cpu_ms", 60_000)]);
        // Each has something that JavaScript drops at its end. The last timer is that of the event that counts the others.
        let source = format!(
            "let hung = 0; export default {{ async fetch(request) {{ request.signal;
                if (!request.url.endsWith('/counts')) {{ hung++; return new Promise(() => {{}}); }}
                while (hung < {EVENTS}) await new Promise((resolve) => setTimeout(resolve, 1));
                return new Response('all hang'); }} }};"
        );
        harness.serve("w", &source).unwrap();
        let counts = harness.get("w", "/counts");
        let others = futures_util::future::join_all((0..EVENTS).map(|_| harness.get("w", "/")));
        let (counts, others) = futures_util::future::join(counts, others).await;
        assert_eq!(counts.1, "all hang");
        for (status, body) in others {
            assert_eq!(status, 500, "{body}");
            assert!(body.contains("never give a response"), "{body}");
        }
        assert_eq!(harness.get("w", "/counts").await.1, "all hang", "the isolate serves on");
    });
}

fn a_sound_isolate_serves_on_after_a_stop() {
    run(async {
        let harness = Harness::new();
        let source = "let n = 0; export default { fetch(request) { n++; if (request.url.endsWith('/loop')) for (;;) {} return new Response(String(n)); } };";
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "1");
        assert_eq!(harness.get("w", "/loop").await.0, 503);
        assert_eq!(harness.get("w", "/").await.1, "3", "it is the same isolate");
        assert_eq!(harness.stats("w").isolates_started(), 1);
    });
}

fn an_isolate_whose_microtasks_were_lost_is_replaced() {
    run(async {
        let harness = Harness::new();
        // The stop drops the job that would have settled `shared`: who waits for it later would wait for ever.
        let source = "let resolve; const shared = new Promise((r) => { resolve = r; }); let n = 0;
            export default { async fetch(request) {
                if (request.url.endsWith('/loop')) {
                    queueMicrotask(() => { for (;;) {} }); queueMicrotask(resolve); await new Promise(() => {}); }
                await shared; return new Response(String(n++)); } };";
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/loop").await.0, 503);
        assert_eq!(harness.get("w", "/").await.0, 500, "it waits for what cannot happen any more");
        assert_eq!(harness.stats("w").isolates_started(), 1);
        harness.get("w", "/").await;
        assert_eq!(harness.stats("w").isolates_started(), 2, "which shows that the isolate was not sound");
    });
}

fn an_isolate_that_is_stopped_again_and_again_is_replaced() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 10)]);
        harness.serve("w", "export default { fetch(request) { for (;;) {} } };").unwrap();
        for _ in 0..12 {
            assert_eq!(harness.get("w", "/").await.0, 503);
        }
        assert_eq!(harness.stats("w").isolates_started(), 2);
    });
}

fn cpu_time_is_summed_over_turns() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 100)]);
        // No turn lasts longer than a few milliseconds, and there is no end of them.
        let source = "export default { async fetch() {
            for (let n = 0; ; n++) {
                for (let i = 0; i < 1e6; i++);
                await new Promise((resolve) => setTimeout(resolve, 0));
            } } };";
        harness.serve("w", source).unwrap();
        let (status, body) = harness.get("w", "/").await;
        assert_eq!(status, 503, "{body}");
        assert!(body.contains("CPU"), "{body}");
        let used = harness.stats("w").cpu();
        assert!(used >= Duration::from_millis(100) && used < Duration::from_millis(300), "{used:?}");
    });
}

fn cpu_time_of_waiting_until_is_the_events() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 50)]);
        let source = "export default { fetch(request, env, ctx) {
            ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 1)).then(() => { for (;;) {} }));
            return new Response('early'); } };";
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/").await, (200, "early".to_owned()));
        let stats = harness.stats("w");
        harness.until(|| stats.ended(Outcome::ExceededCpu) == 1).await;
        assert!(
            harness.log.lines().iter().any(|line| line.contains("after the response")),
            "{:?}",
            harness.log.lines()
        );
    });
}

fn past_the_soft_memory_limit_a_fresh_isolate_takes_over() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 10_000), ("memory_mib", 64), ("memory_soft_mib", 24)]);
        let source = "const kept = []; export default { async fetch(request) {
            if (request.url.endsWith('/slow')) { await new Promise((resolve) => setTimeout(resolve, 200)); }
            if (request.url.endsWith('/grow')) { for (let i = 0; i < 40; i++) kept.push(new Uint8Array(1 << 20).fill(1)); }
            return new Response(String(kept.length)); } };";
        harness.serve("w", source).unwrap();
        let (slow, _) = tokio::join!(harness.get("w", "/slow"), async {
            assert_eq!(harness.get("w", "/grow").await.1, "40", "the event itself goes on");
            assert_eq!(harness.get("w", "/").await.1, "0", "the next one gets a fresh isolate");
        });
        assert_eq!(slow.1, "40", "an event under way finishes where it is");
        assert_eq!(harness.stats("w").isolates_started(), 2);
    });
}

fn strings_that_natives_would_unfold_are_refused() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 10_000), ("memory_mib", 64)]);
        // Half a gigabyte of text, in a few kilobytes of memory.
        let source = "export default { fetch() {
            let text = 'x'.repeat(1 << 20); while (text.length < 2 ** 28) text += text;
            const tries = [() => new TextEncoder().encode(text), () => btoa(text), () => new Response(text)];
            return new Response(tries.map((one) => { try { one(); return 'made'; } catch (e) { return e.name; } }).join()); } };";
        harness.serve("w", source).unwrap();
        let (status, body) = harness.get("w", "/").await;
        assert_eq!((status, body.contains("RangeError")), (200, true), "{body}");
    });
}

fn a_compressed_bomb_is_an_exception() {
    run(async {
        let bomb = Arc::new(Canned::gzip_of_zeros(512 << 20));
        let harness = Harness::with_egress(&[("cpu_ms", 30_000), ("memory_mib", 64)], bomb);
        let source = "export default { async fetch() {
            const response = await fetch('http://bomb/');
            try { return new Response(String((await response.arrayBuffer()).byteLength)); } catch (e) { return new Response(e.message); } } };";
        harness.serve("w", source).unwrap();
        let (status, body) = harness.get("w", "/").await;
        assert_eq!(status, 200, "{body}");
        assert!(body.contains("memory limit"), "{body}");
    });
}

fn an_event_ends_when_its_time_is_up() {
    run(async {
        let harness = Harness::with(&[("wall_ms", 100)]);
        let source = "export default { async fetch() { await new Promise((resolve) => setTimeout(resolve, 60_000)); } };";
        harness.serve("w", source).unwrap();
        let answer = harness.ask("GET / HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n").await;
        assert!(
            answer.starts_with("HTTP/1.1 503") && answer.contains("mote-error: exceeded-wall-time"),
            "{answer}"
        );
        assert_eq!(harness.stats("w").ended(Outcome::ExceededWallTime), 1);
    });
}

fn what_waits_after_the_answer_ends_when_its_time_is_up() {
    run(async {
        let harness = Harness::with(&[("wait_until_ms", 100)]);
        let source = "export default { fetch(request, env, ctx) {
            ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 60_000)));
            return new Response('early'); } };";
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "early");
        let stats = harness.stats("w");
        assert_eq!(stats.under_way(), 1);
        harness.until(|| stats.under_way() == 0).await;
        assert!(
            harness.log.lines().iter().any(|line| line.contains("within 0.1 s")),
            "{:?}",
            harness.log.lines()
        );
    });
}

/// Echoes, by way of JavaScript and without.
const ECHOES: [&str; 2] = [
    "export default { fetch(request) { return new Response(request.body.pipeThrough(new TransformStream())); } };",
    "export default { fetch(request) { return new Response(request.body); } };",
];

/// An upload of these pieces, each after so long; it has no end.
fn upload(pieces: usize, pause: Duration) -> http::Request<Body> {
    let pieces = stream::iter(0..pieces).then(move |_| async move {
        tokio::time::sleep(pause).await;
        Ok(http_body::Frame::data(Bytes::from_static(b"x")))
    });
    let body = Body::stream(StreamBody::new(pieces.chain(stream::pending())));
    http::Request::post("/").body(body).unwrap()
}

fn an_upload_that_stalls_behind_the_answer_ends_when_its_time_is_up() {
    run(async {
        for source in ECHOES {
            let harness = Harness::with(&[("wall_ms", 100)]);
            harness.serve("w", source).unwrap();
            let request = upload(1, Duration::ZERO);
            let response = harness.cell.fetch("w", request, "http://w/".to_owned(), None).await.unwrap();
            let mut body = response.into_body();
            let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(first, "x");
            let end = body.frame().await;
            assert!(matches!(end, Some(Err(_))), "{end:?}");
            drop(body);
            let stats = harness.stats("w");
            harness.until(|| stats.under_way() == 0).await;
            assert_eq!(stats.ended(Outcome::ExceededWallTime), 1, "{source}");
        }
    });
}

fn an_upload_that_goes_on_has_all_the_time_that_it_takes() {
    run(async {
        // Longer in all than a client may be silent.
        let harness = Harness::with(&[("wall_ms", 1_000)]);
        harness.serve("w", ECHOES[0]).unwrap();
        let request = upload(45, Duration::from_millis(100));
        let response = harness.cell.fetch("w", request, "http://w/".to_owned(), None).await.unwrap();
        let mut body = response.into_body();
        for _ in 0..45 {
            assert!(matches!(body.frame().await, Some(Ok(_))));
        }
    });
}

/// A function that V8 would not look into for a thousand million rounds: it has too much code to be compiled.
fn long_function(loop_: &str) -> String {
    let padding: String = (0..8_000).map(|n| format!("globalThis.x{n} = globalThis.y{n} + {n};")).collect();
    format!("function work() {{ if (globalThis.never) {{ {padding} }} {loop_} }}")
}

fn a_loop_around_a_slow_native_is_stopped() {
    run(async {
        // A comparison is no function, so nothing looks at its entry either. It takes a millisecond or so.
        let long = "const a = 'x'.repeat(1e7) + 'a', b = 'x'.repeat(1e7) + 'b';";
        let work = long_function("for (;;) a < b;");
        let harness = Harness::with(&[("cpu_ms", 100)]);
        harness.serve("w", &format!("{long} {work} export default {{ fetch() {{ work(); }} }};")).unwrap();
        assert_eq!(harness.get("w", "/").await.0, 503);
        let used = harness.stats("w").cpu();
        assert!(used < Duration::from_millis(200), "{used:?}");
    });
}

fn a_loop_that_allocates_in_natives_is_stopped_before_the_process_is_out_of_memory() {
    run(async {
        let work = long_function("const kept = []; for (;;) kept.push([...many]);");
        let harness = Harness::with(&[("cpu_ms", 30_000), ("memory_mib", 64)]);
        let source = format!(
            "const many = new Array(1e6).fill(1); {work} export default {{ fetch(request) {{ if (request.url.endsWith('/grow')) work(); return new Response('ok'); }} }};"
        );
        harness.serve("w", &source).unwrap();
        let (status, body) = harness.get("w", "/grow").await;
        assert_eq!((status, body.contains("memory")), (503, true), "{body}");
        assert_eq!(harness.get("w", "/").await.1, "ok");
        let peak = harness.stats("w").memory_bytes_peak();
        assert!(peak < 200 << 20, "{peak}");
    });
}

fn a_native_that_works_for_long_is_stopped() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 50)]);
        let source = "export default { async fetch() { await crypto.subtle.digest('SHA-512', new Uint8Array(100 << 20)); } };";
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/").await.0, 503);
        let used = harness.stats("w").cpu();
        assert!(used < Duration::from_millis(200), "{used:?}");
    });
}
