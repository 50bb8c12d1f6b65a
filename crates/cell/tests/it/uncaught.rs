//! What nobody caught: it is told in the log, and spares everything else.

use std::time::Duration;

use crate::{
    harness::{Harness, run},
    tests,
};

tests! {
    a_rejection_that_nobody_handles_is_told_and_fails_nothing,
    a_listener_may_take_a_rejection,
    a_rejection_that_is_handled_after_all_is_told,
    a_throw_in_a_timer_is_told_with_its_place,
    a_wait_until_that_rejects_is_told,
}

async fn log_of(source: &str) -> (String, Vec<String>) {
    let harness = Harness::new();
    harness.serve("w", source).unwrap();
    let (_, body) = harness.get("w", "/").await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    (body, harness.log.lines())
}

fn a_rejection_that_nobody_handles_is_told_and_fails_nothing() {
    run(async {
        let source =
            "export default { fetch() { Promise.reject(new Error('lost')); return new Response('ok'); } };";
        let (body, log) = log_of(source).await;
        assert_eq!(body, "ok");
        assert!(
            log.iter().any(|line| line.starts_with("Unhandled promise rejection: Error: lost\n    at ")),
            "{log:?}"
        );
    });
}

fn a_listener_may_take_a_rejection() {
    run(async {
        let source = "let seen = ''; addEventListener('unhandledrejection', (event) => { seen = event.reason; event.preventDefault(); });
            export default { async fetch() { Promise.reject('mine'); await new Promise((done) => setTimeout(done, 1)); return new Response(seen); } };";
        let (body, log) = log_of(source).await;
        assert_eq!(body, "mine");
        assert!(log.is_empty(), "{log:?}");
    });
}

fn a_rejection_that_is_handled_after_all_is_told() {
    run(async {
        let source = "const seen = [];
            addEventListener('unhandledrejection', (event) => { seen.push(`un ${event.reason}`); event.preventDefault(); });
            addEventListener('rejectionhandled', (event) => seen.push(`${event.type} ${event.reason} ${event.promise === lost} ${event.cancelable}`));
            let lost;
            export default { async fetch() {
                Promise.reject('soon').catch(() => {});
                lost = Promise.reject('late');
                await new Promise((done) => setTimeout(done, 1));
                lost.catch(() => {});
                lost.catch(() => {});
                await new Promise((done) => setTimeout(done, 1));
                return Response.json(seen);
            } };";
        let (body, log) = log_of(source).await;
        assert_eq!(body, r#"["un late","rejectionhandled late true false"]"#);
        assert!(log.is_empty(), "{log:?}");
    });
}

fn a_throw_in_a_timer_is_told_with_its_place() {
    run(async {
        let source = "export default { async fetch() { setTimeout(() => { throw new TypeError('late'); }, 1);
            await new Promise((done) => setTimeout(done, 10)); return new Response('ok'); } };";
        let (body, log) = log_of(source).await;
        assert_eq!(body, "ok");
        assert!(
            log.iter().any(|line| line.starts_with("TypeError: late") && line.contains("index.js:1:")),
            "{log:?}"
        );
    });
}

fn a_wait_until_that_rejects_is_told() {
    run(async {
        let source = "export default { fetch(_, __, ctx) { ctx.waitUntil(Promise.reject(new Error('after'))); return new Response('ok'); } };";
        let (body, log) = log_of(source).await;
        assert_eq!(body, "ok");
        assert!(log.iter().any(|line| line.contains("Error: after")), "{log:?}");
    });
}
