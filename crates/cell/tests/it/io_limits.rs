//! Limits of what an event sends, receives and keeps open.

use std::sync::{Arc, atomic::Ordering};

use mote_cell::{Deployment, Outcome};
use mote_wire::bundle::{Format, ModuleKind};

use crate::{
    harness::{Canned, Harness, bundle, run},
    tests,
};

tests! {
    subrequests_are_counted,
    only_so_many_subrequests_wait_at_once,
    subrequests_that_wait_for_each_other_are_told_apart,
    requests_that_cause_one_another_come_to_an_end,
    a_worker_cannot_hide_how_deep_it_is,
    a_request_body_that_says_its_length_is_refused_at_once,
    a_request_body_that_does_not_say_its_length_fails_in_the_worker,
    a_response_has_only_so_many_headers,
    a_response_body_breaks_off,
    a_log_is_cut,
    timers_are_counted,
    timers_count_as_memory,
    streams_count_as_memory,
    a_version_has_only_so_many_modules_and_bindings,
    a_memory_limit_that_no_isolate_fits_into_is_refused,
    heads_that_wait_for_their_turn_count_as_memory,
    bytes_are_counted,
}

/// Deploys a handler that answers with what `code` gives, or with the exception's message.
async fn attempt(harness: &Harness, code: &str) -> String {
    let source = format!(
        "export default {{ async fetch(request, env, ctx) {{ try {{ return new Response(String(await (async () => {{ {code} }})())); }} catch (e) {{ return new Response(`${{e.name}}: ${{e.message}}`); }} }} }};"
    );
    harness.serve("w", &source).unwrap();
    harness.get("w", "/").await.1
}

fn subrequests_are_counted() {
    run(async {
        let egress = Arc::new(Canned::text("x"));
        let harness = Harness::with_egress(&[("subrequests", 3)], egress.clone());
        let code = "let n = 0; try { for (;;) { await (await fetch('http://a/')).text(); n++; } } catch (e) { return n + e.message; }";
        assert_eq!(
            attempt(&harness, code).await,
            "3Too many subrequests: one event may begin 3, redirects included."
        );
        assert_eq!(egress.requests.lock().unwrap().len(), 3);
        assert_eq!(
            attempt(&harness, "return (await fetch('http://a/')).text()").await,
            "x",
            "the next event has its own"
        );
    });
}

fn only_so_many_subrequests_wait_at_once() {
    run(async {
        let egress = Arc::new(Canned::text("x"));
        let harness = Harness::with_egress(&[("cpu_ms", 1_000)], egress.clone());
        let code = "const all = await Promise.all(Array.from({ length: 20 }, () => fetch('http://a/').then((r) => r.text()))); return all.length;";
        assert_eq!(attempt(&harness, code).await, "20");
        assert_eq!(egress.waiting_most.load(Ordering::Relaxed), 6);
    });
}

fn subrequests_that_wait_for_each_other_are_told_apart() {
    run(async {
        let harness = Harness::with_egress(&[("connections", 2)], Arc::new(Canned::text("x")));
        // Both connections wait for bodies that are written only after a third subrequest is answered.
        let code = "const uploads = [1, 2].map(() => { const { readable, writable } = new TransformStream();
                return { writable, answer: fetch('http://a/', { method: 'POST', body: readable }).then(() => 'sent', (e) => e.message) }; });
            const third = await (await fetch('http://a/')).text();
            for (const { writable } of uploads) writable.close().catch(() => {});
            return third + (await Promise.all(uploads.map((one) => one.answer)));";
        let answer = attempt(&harness, code).await;
        assert!(
            answer.starts_with("xfetch failed: it was given up") && answer.ends_with(",sent"),
            "{answer}"
        );
    });
}

fn requests_that_cause_one_another_come_to_an_end() {
    run(async {
        let harness = Harness::with(&[("subrequest_depth", 2)]);
        harness.serve("w", "export default { fetch: () => new Response('ok') };").unwrap();
        let ask = async |hops: &str| {
            harness
                .ask(&format!("GET / HTTP/1.1\r\nHost: w\r\nCDN-Loop: {hops}\r\nConnection: close\r\n\r\n"))
                .await
        };
        assert!(ask("mote, other;a=b, mote").await.starts_with("HTTP/1.1 200"));
        let answer = ask("mote, mote, mote").await;
        assert!(
            answer.starts_with("HTTP/1.1 508") && answer.contains("mote-error: loop-detected"),
            "{answer}"
        );
        assert!(answer.contains("1019"), "{answer}");
    });
}

fn a_worker_cannot_hide_how_deep_it_is() {
    run(async {
        let egress = Arc::new(Canned::text("x"));
        let harness = Harness::with_egress(&[], egress.clone());
        let code = "return (await fetch('http://a/', { headers: { 'CDN-Loop': 'none' } })).text()";
        assert_eq!(attempt(&harness, code).await, "x");
        let hops = egress.requests.lock().unwrap()[0].headers.get("cdn-loop").cloned().unwrap();
        assert_eq!(hops, "mote");
    });
}

const READS: &str = "export default { async fetch(request) { try { return new Response(String((await request.arrayBuffer()).byteLength)); } catch (e) { return new Response(e.message); } } };";

fn a_request_body_that_says_its_length_is_refused_at_once() {
    run(async {
        let harness = Harness::with(&[("request_body_mib", 1)]);
        harness.serve("w", READS).unwrap();
        let answer = harness
            .ask("POST / HTTP/1.1\r\nHost: w\r\nContent-Length: 1048577\r\nConnection: close\r\n\r\n")
            .await;
        assert!(
            answer.starts_with("HTTP/1.1 413") && answer.contains("mote-error: request-too-large"),
            "{answer}"
        );
    });
}

fn a_request_body_that_does_not_say_its_length_fails_in_the_worker() {
    run(async {
        let harness = Harness::with(&[("request_body_mib", 1)]);
        harness.serve("w", READS).unwrap();
        let chunk = format!("80000\r\n{}\r\n", "x".repeat(0x80000));
        let head = "POST / HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
        let answer = harness.ask(&format!("{head}{chunk}{chunk}0\r\n\r\n")).await;
        assert!(answer.ends_with("1048576"), "{answer}");
        let answer = harness.ask(&format!("{head}{chunk}{chunk}1\r\nx\r\n0\r\n\r\n")).await;
        assert!(answer.contains("larger than 1 MiB"), "{answer}");
    });
}

fn a_response_has_only_so_many_headers() {
    run(async {
        let harness = Harness::with(&[("response_head_kib", 4), ("cpu_ms", 5_000)]);
        harness.serve("w", "export default { fetch(request) {
            const headers = new Headers(); const count = Number(new URL(request.url).pathname.slice(1));
            for (let i = 0; i < count; i++) headers.set(`x-${i}`, 'y'.repeat(50)); return new Response('ok', { headers }); } };").unwrap();
        assert_eq!(harness.get("w", "/10").await.0, 200);
        for count in [100, 5_000] {
            let (status, body) = harness.get("w", &format!("/{count}")).await;
            assert_eq!(status, 500);
            assert!(body.contains("headers are too large"), "{body}");
        }
    });
}

fn a_response_body_breaks_off() {
    run(async {
        let harness = Harness::with(&[("response_body_mib", 1), ("cpu_ms", 5_000)]);
        harness.serve("w", "export default { fetch() { return new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1 << 18)); } })); } };").unwrap();
        let answer = harness.ask("GET / HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n").await;
        assert!(answer.len() < 2 << 20 && !answer.ends_with("0\r\n\r\n"), "{}", answer.len());
        let stats = harness.stats("w");
        harness.until(|| stats.ended(Outcome::StreamDisconnected) == 1).await;
    });
}

fn a_log_is_cut() {
    run(async {
        let harness = Harness::with(&[("log_kib", 1)]);
        let code = "for (let i = 0; i < 100; i++) console.log('x'.repeat(99)); Promise.reject(new Error('unseen')); return 'done';";
        assert_eq!(attempt(&harness, code).await, "done");
        let lines = harness.log.lines();
        assert!(lines.len() <= 12, "{lines:?}");
        assert!(lines.last().unwrap().contains("the log is cut"), "{lines:?}");
        assert_eq!(attempt(&harness, "console.log('again'); return 1").await, "1");
        assert_eq!(harness.log.lines().last().unwrap(), "again", "the next event has its own");
    });
}

fn timers_are_counted() {
    run(async {
        let harness = Harness::with(&[("timers", 5)]);
        let code = "const ids = []; try { for (;;) ids.push(setTimeout(() => {}, 50_000)); } catch (e) {
                const message = e.message; for (const id of ids) clearTimeout(id);
                await new Promise((resolve) => setTimeout(resolve, 1)); return ids.length + message; }";
        assert_eq!(attempt(&harness, code).await, "5Too many timers: an event may have 5 set at once.");
    });
}

fn timers_count_as_memory() {
    run(holds("for (let n = 0; n < 10_000; n++) setTimeout(() => {}, 1e9); await null;", 6_000_000));
}

fn heads_that_wait_for_their_turn_count_as_memory() {
    // They share one text, which is the worker's own.
    let code = "const headers = { a: 'x'.repeat(200 << 10) };
        for (let n = 0; n < 100; n++) fetch('http://a/', { headers }).catch(() => {}); await null;";
    run(holds(code, 18_000_000));
}

/// An event that runs this code is seen to hold at least so many bytes.
async fn holds(code: &str, bytes: u64) {
    let harness = Harness::with_egress(&[("cpu_ms", 60_000)], Arc::new(Canned::text("x")));
    let peak = || harness.stats("w").memory_bytes_peak();
    assert_eq!(attempt(&harness, "return 'nothing'").await, "nothing");
    harness.until(|| peak() > 0).await;
    let before = peak();
    assert!(before < bytes, "{before} bytes");
    assert_eq!(attempt(&harness, &format!("{code}; return 'done'")).await, "done");
    harness.until(|| peak() >= bytes).await;
}

fn streams_count_as_memory() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 10_000), ("memory_mib", 32)]);
        // Nobody reads what is written into them, and JavaScript keeps nothing of it.
        let code = "const kept = []; for (;;) {
                const request = new Request('http://a/', { method: 'POST', body: new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1 << 16)); } }) });
                kept.push(fetch(request).catch(() => {})); if (kept.length % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1)); }";
        harness.serve("other", "export default { fetch: () => new Response('fine') };").unwrap();
        attempt(&harness, code).await;
        assert_eq!(harness.get("other.localhost", "/").await.1, "fine");
    });
}

fn a_version_has_only_so_many_modules_and_bindings() {
    run(async {
        let harness = Harness::with(&[("modules", 1), ("env_kib", 1)]);
        let main: (&str, ModuleKind, &[u8]) =
            ("index.js", ModuleKind::EsModule, b"export default { fetch: () => new Response('ok') };");
        let text: (&str, ModuleKind, &[u8]) = ("a.txt", ModuleKind::Text, b"a");
        let error = harness.deploy("w", &[main, text]).unwrap_err().to_string();
        assert!(error.contains("2 modules, 1 are the most"), "{error}");
        let bundle = bundle(&[main], Format::Modules);
        let env_json = format!("{{\"A\":\"{}\"}}", "x".repeat(2_000));
        let deployment = Deployment { env_json: &env_json, ..harness.deployment(&bundle) };
        let error = harness.cell.deploy("w", &deployment).unwrap_err().to_string();
        assert!(error.contains("2 KiB as JSON, 1 are the most"), "{error}");
    });
}

fn a_memory_limit_that_no_isolate_fits_into_is_refused() {
    run(async {
        let source = "export default { fetch: () => new Response('ok') };";
        for memory_mib in [0, 1, 7] {
            let error =
                Harness::with(&[("memory_mib", memory_mib)]).serve("w", source).unwrap_err().to_string();
            assert!(error.contains("8 are the least"), "{error}");
        }
        let harness = Harness::with(&[("memory_mib", 8)]);
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "ok");
        // What else a version may set to nothing makes it useless, and harms nobody.
        for limit in mote_wire::limits::LIMITS {
            if matches!(limit.key, "memory_mib" | "wall_ms") {
                continue;
            }
            let harness = Harness::with(&[(limit.key, 0)]);
            if harness.serve("w", source).is_ok() {
                harness.get("w", "/").await;
            }
        }
    });
}

fn bytes_are_counted() {
    run(async {
        let harness = Harness::with_egress(&[], Arc::new(Canned::text("x")));
        harness.serve("w", "export default { async fetch(request) { await fetch('http://a/'); return new Response((await request.text()).repeat(2)); } };").unwrap();
        let answer = harness
            .ask("POST / HTTP/1.1\r\nHost: w\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
            .await;
        assert!(answer.ends_with("hellohello"), "{answer}");
        let stats = harness.stats("w");
        assert_eq!((stats.bytes_in(), stats.bytes_out(), stats.subrequests()), (5, 10, 1));
        assert_eq!((stats.ended(Outcome::Ok), stats.under_way()), (1, 0));
        assert!(!stats.cpu().is_zero(), "CPU time was counted");
        assert!(stats.memory_bytes_peak() > 100_000, "{} bytes", stats.memory_bytes_peak());
    });
}
