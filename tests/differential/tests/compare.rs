//! Mote and workerd, side by side.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on panics, and reads its surroundings to be told to update"
)]

use mote_differential_tests::{Case, Differences, Mote, Workerd, answers, serve_upstream};

#[test]
fn nothing_differs_from_workerd_but_what_is_listed_with_its_reason() {
    let upstream = serve_upstream();
    let workerd = Workerd::start(&upstream);
    let mote = Mote::start(&upstream);
    let on_mote =
        |area: &str| (mote.port(), mote.host(if area == "classic" { "classic" } else { "differential" }));
    let on_workerd = |area: &str| {
        let port = if area == "classic" { workerd.classic } else { workerd.modules };
        (port, format!("{area}.localhost:{port}"))
    };
    let cases = Case::all(mote.port(), &mote.host("differential"));
    assert_eq!(cases, Case::all(workerd.modules, "localhost"), "both run the same cases");
    let (ours, theirs) = std::thread::scope(|scope| {
        let theirs = scope.spawn(|| answers(&cases, &upstream, on_workerd));
        let ours = answers(&cases, &upstream, on_mote);
        (ours, theirs.join().expect("every case has an answer"))
    });
    let found = Differences::between(&ours, &theirs);
    let listed = Differences::read();
    if std::env::var("MOTE_DIFFERENCES").is_ok_and(|word| word == "update") {
        listed.update(&found);
    }
    let complaints = Differences::read().complaints(&found);
    assert!(
        complaints.is_empty(),
        "{} of {} cases; tests/differential/README.md says what to do:\n{}",
        complaints.len(),
        cases.len(),
        complaints.join("\n")
    );
}
