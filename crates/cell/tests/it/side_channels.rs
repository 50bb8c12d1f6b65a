//! What code could build a clock from, or learn of the processor and the memory by: it finds nothing within a turn.

use crate::harness::{Harness, run};

crate::tests! {
    no_function_that_code_can_reach_tells_the_time_within_a_turn,
    clocks_that_take_arguments_stand_still_too,
    nothing_counts_while_a_turn_runs,
    no_memory_is_shared_and_nobody_waits,
    garbage_collection_shows_nothing_within_a_turn,
    a_turn_learns_of_its_length_only_when_it_is_over,
}

/// The answer of a worker that may take its time: the work is what is looked at.
async fn answer(source: &str) -> (u16, String) {
    let harness = Harness::with(&[("cpu_ms", 20_000)]);
    harness.serve("w", source).unwrap();
    harness.get("w.localhost", "/").await
}

/// Some tens of milliseconds of work.
const SPIN: &str = "const spin = () => { let sum = 0; for (let n = 0; n < 2e7; n++) sum = (sum + Math.imul(n, 7)) | 0; return sum; };";

/// Calls every function that can be reached from the global object, without arguments, and shows what it gives.
const SWEEP: &str = "const sweep = () => {
    const seen = new Set(), results = new Map();
    const show = (value) => {
        try {
            if (value instanceof Date) return 'date ' + value.getTime();
            if (value && typeof value === 'object') return Object.prototype.toString.call(value) + JSON.stringify(value);
            return String(value);
        } catch { return 'unshowable'; }
    };
    const visit = (owner, path, depth) => {
        if (owner === null || !['object', 'function'].includes(typeof owner) || seen.has(owner) || depth > 4) return;
        seen.add(owner);
        for (const key of Reflect.ownKeys(owner)) {
            const name = path + '.' + String(key);
            let value;
            try { value = owner[key]; } catch { continue; }
            if (typeof value !== 'function') {
                if (typeof value === 'number' || typeof value === 'string') results.set(name, show(value));
            } else {
                for (const way of [() => value.call(owner), () => new value()]) {
                    try {
                        const result = way();
                        if (typeof result?.then === 'function') result.then(() => {}, () => {});
                        results.set(name + (way.length ? '' : '') + results.has(name), show(result));
                        // What an instance tells without being asked: timestamps, for one.
                        for (const field of ['timeStamp', 'lastModified', 'startTime', 'duration', 'timeOrigin'])
                            if (result && field in Object(result)) results.set(name + ' ' + field, show(result[field]));
                    } catch {}
                }
            }
            visit(value, name, depth + 1);
        }
    };
    visit(globalThis, 'globalThis', 0);
    return results;
};";

fn no_function_that_code_can_reach_tells_the_time_within_a_turn() {
    run(async {
        let source = format!(
            "{SPIN}{SWEEP} export default {{ async fetch() {{
                const first = sweep();
                spin();
                const second = sweep();
                const random = /random|subtle|DigestStream|generateKey/i;
                const moved = [...second].filter(([name, value]) => first.has(name) && first.get(name) !== value && !random.test(name));
                // Counters of how often something was made are no clock: a third sweep moves them as far, without a spin.
                const third = sweep();
                const clocks = moved.filter(([name, value]) => {{
                    const [a, b, c] = [first.get(name), value, third.get(name)].map(Number);
                    return !(b - a === c - b);
                }});
                return Response.json({{ swept: second.size, clocks }}); }} }};"
        );
        let (status, body) = answer(&source).await;
        let found: serde_json::Value =
            serde_json::from_str(&body).unwrap_or_else(|_| panic!("{status} {body}"));
        assert!(found["swept"].as_u64() > Some(500), "the sweep sees little: {body}");
        assert_eq!(found["clocks"], serde_json::json!([]), "{body}");
    });
}

fn clocks_that_take_arguments_stand_still_too() {
    run(async {
        let source = format!(
            "{SPIN} export default {{ async fetch() {{
                const read = () => JSON.stringify([
                    new Event('x').timeStamp, new File([], 'x').lastModified, performance.now(), performance.timeOrigin,
                    performance.mark?.('m')?.startTime, performance.measure?.('d', {{ start: 0 }})?.duration,
                    new Intl.DateTimeFormat('en', {{ second: 'numeric', fractionalSecondDigits: 3 }}).formatToParts(),
                    new Date().toLocaleString('en', {{ fractionalSecondDigits: 3 }}), structuredClone(new Date()).getTime(),
                    new Date(new Date()).getTime(), Reflect.construct(Date, [], Object).valueOf?.call(new Date()),
                    AbortSignal.timeout(1).aborted, new Intl.RelativeTimeFormat('en').format(0, 'second'),
                    new Date(undefined ?? Date.now()).toISOString(), Date.prototype.constructor.now(),
                ]);
                const first = read();
                spin(); await null; spin(); await Promise.resolve();
                const second = read();
                return new Response(first === second ? 'still' : first + '\\n' + second); }} }};"
        );
        assert_eq!(answer(&source).await, (200, "still".to_owned()));
    });
}

fn nothing_counts_while_a_turn_runs() {
    run(async {
        let source = format!(
            "{SPIN} export default {{ async fetch() {{
                const counts = {{ timers: 0, intervals: 0, messages: 0, pulls: 0, digests: 0, packed: 0, aborted: 0, waits: 0, wakes: 0 }};
                setTimeout(() => counts.timers++, 0);
                setInterval(() => counts.intervals++, 1);
                scheduler.wait(0).then(() => counts.waits++);
                AbortSignal.timeout(0).onabort = () => counts.aborted++;
                crypto.subtle.digest('SHA-256', new Uint8Array(1000)).then(() => counts.digests++);
                new Response(new Blob(['x']).stream().pipeThrough(new CompressionStream('gzip'))).text().then(() => counts.packed++);
                if (globalThis.MessageChannel) {{
                    const {{ port1, port2 }} = new MessageChannel();
                    port2.onmessage = () => counts.messages++;
                    for (let n = 0; n < 10; n++) port1.postMessage(n);
                }}
                new ReadableStream({{ pull() {{ counts.pulls++; }} }}, {{ highWaterMark: 0 }});
                if (Atomics.waitAsync && globalThis.SharedArrayBuffer) {{
                    const waiting = Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
                    waiting.value?.then?.(() => counts.wakes++);
                }}
                const before = JSON.stringify(counts);
                // No microtask in between: those are the turn's own, and count nothing but themselves.
                spin(); spin(); spin();
                const after = JSON.stringify(counts);
                return new Response(before === after ? 'nothing' : after); }} }};"
        );
        assert_eq!(answer(&source).await, (200, "nothing".to_owned()));
    });
}

fn no_memory_is_shared_and_nobody_waits() {
    run(async {
        let source = "export default { async fetch() {
            const found = [];
            for (const name of ['Worker', 'SharedWorker', 'ServiceWorker', 'gc', 'PerformanceObserver', 'requestAnimationFrame'])
                if (typeof globalThis[name] === 'function') {
                    try { new globalThis[name]('data:text/javascript,'); found.push(name); } catch {}
                }
            try { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); found.push('Atomics.wait'); } catch {}
            try { structuredClone(new SharedArrayBuffer(4)); new MessageChannel().port1.postMessage(new SharedArrayBuffer(4)); } catch {}
            if (performance.memory) found.push('performance.memory');
            if (performance.measureUserAgentSpecificMemory) found.push('measureUserAgentSpecificMemory');
            return Response.json(found); } };";
        assert_eq!(answer(source).await, (200, "[]".to_owned()));
    });
}

fn garbage_collection_shows_nothing_within_a_turn() {
    run(async {
        let source = "let finalized = 0;
            const registry = new FinalizationRegistry(() => finalized++);
            export default { async fetch() {
                const refs = Array.from({ length: 200 }, () => { const target = {}; registry.register(target); return new WeakRef(target); });
                // Enough garbage for many collections, of the young and of the old.
                let kept;
                for (let round = 0; round < 400; round++) { kept = new Array(50_000).fill(round); if (round % 50 === 0) await null; }
                const gone = refs.filter((ref) => ref.deref() === undefined).length;
                return new Response(`${gone} gone, ${finalized} finalized`); } };";
        assert_eq!(answer(source).await, (200, "0 gone, 0 finalized".to_owned()));
    });
}

fn a_turn_learns_of_its_length_only_when_it_is_over() {
    run(async {
        let source = format!(
            "{SPIN} export default {{ async fetch() {{
                const before = Date.now();
                spin(); spin(); spin();
                const within = Date.now() - before;
                await scheduler.wait(1);
                return new Response(`${{within}} ${{Date.now() - before > 0}}`); }} }};"
        );
        assert_eq!(answer(&source).await, (200, "0 true".to_owned()));
    });
}
