//! Isolates that begin with what was prepared behind a deploy: with compiled code, or with a heap.

use mote_ecosystem_tests::deployed;

/// Of the ones that are loaded from a heap, and of one from compiled code.
const ASKED: [(&str, &[&str]); 5] = [
    ("zod", &["/schema"]),
    ("vue", &["/?cents=1299", "/stream?cents=5"]),
    ("graphql-yoga", &["/graphql?query=%7Bbooks%7Btitle%7Dtenant%7D"]),
    ("hono", &["/api/orders/7", "/tagged", "/events"]),
    ("date-fns", &["/", "/intl"]),
];

#[test]
fn libraries_answer_the_same_from_what_was_prepared() {
    for (name, paths) in ASKED {
        let worker = deployed(name);
        let answers = |worker: &mote_ecosystem_tests::Running| -> Vec<(u16, String)> {
            paths.iter().map(|path| worker.get(path)).map(|answer| (answer.status, answer.text)).collect()
        };
        let before = answers(&worker);
        assert!(before.iter().all(|(status, _)| *status == 200), "{name}: {before:?}");
        assert_eq!(answers(&worker.started_again()), before, "{name}");
    }
}
