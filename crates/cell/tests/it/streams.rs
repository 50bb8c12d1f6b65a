//! Streams, where programs see in which turn of the microtask queue something happens.

use super::{
    harness::{Harness, run},
    tests,
};

tests! {
    what_ends_a_transform_before_it_has_started_ends_it_once,
    a_start_method_that_gave_a_promise_delays_what_comes_after,
}

async fn answer(source: &str) -> String {
    let harness = Harness::new();
    harness.serve("w", source).unwrap();
    harness.get("w.localhost", "/").await.1
}

/// The standard starts both sides three turns after the constructor, and a cancellation takes one.
fn what_ends_a_transform_before_it_has_started_ends_it_once() {
    run(async {
        let source = "const outcome = (promise) => promise.then(() => 'done', (error) => error.message);
            function made() {
              let controller;
              const stream = new TransformStream({ start(given) { controller = given; } });
              return { controller, stream };
            }
            async function aborted(stream) {
              const writer = stream.writable.getWriter();
              const all = [writer.abort(new Error('abort')), stream.readable.cancel(new Error('cancel')), writer.closed];
              return Promise.all(all.map(outcome));
            }
            async function cancelled({ controller, stream }, end) {
              const cancelled = stream.readable.cancel(new Error('cancel'));
              end(controller);
              const closed = await outcome(stream.writable.getWriter().closed);
              return [await outcome(cancelled), closed === 'cancel' ? 'cancel' : 'another'];
            }
            export default { fetch: async () => Response.json([
              await aborted(new TransformStream()),
              await aborted(made().stream),
              await aborted(new CompressionStream('gzip')),
              await cancelled(made(), (controller) => controller.error(new Error('error'))),
              await cancelled(made(), (controller) => controller.terminate()),
              await cancelled(made(), () => {}),
            ]) };";
        let aborted = r#"["done","done","abort"]"#;
        let expected = format!(
            r#"[{aborted},{aborted},{aborted},["done","another"],["done","another"],["done","cancel"]]"#
        );
        assert_eq!(answer(source).await, expected);
    });
}

fn a_start_method_that_gave_a_promise_delays_what_comes_after() {
    run(async {
        // Whoever replaces `then` learns nothing, and a promise that rejects makes the stream fail.
        let source = "const { then } = Promise.prototype;
            export default { async fetch() {
              new TransformStream();
              let calls = 0;
              Promise.prototype.then = function (...all) { calls++; return Reflect.apply(then, this, all); };
              new WritableStream({ start: () => Promise.resolve() });
              new ReadableStream({ start: () => Promise.resolve(), type: 'bytes' });
              new TransformStream();
              await undefined;
              Promise.prototype.then = then;
              const waits = async (start) => {
                let turn = 0, pulled;
                new ReadableStream({ start, pull() { pulled ??= turn; } });
                for (; turn < 8; turn++) await undefined;
                return pulled ?? 'never';
              };
              let failed;
              try { await new ReadableStream({ start: () => Promise.reject(new Error('no start')) }).getReader().read(); }
              catch (error) { failed = error.message; }
              const thenable = { then: (resolve) => resolve() };
              return Response.json([
                calls, await waits(() => {}), await waits(() => Promise.resolve(1)), await waits(() => thenable), failed,
              ]);
            } };";
        assert_eq!(answer(source).await, r#"[0,0,2,1,"no start"]"#);
    });
}
