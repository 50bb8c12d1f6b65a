//! Mote and workerd, side by side.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on panics, and reads its surroundings to be told to update"
)]

use mote_differential_tests::{Case, Differences, Mote, Workerd, answers, chosen, serve_upstream};

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

#[test]
fn web_sockets_are_compressed_when_they_are_on_workerd() {
    let upstream = serve_upstream();
    let workerd = Workerd::start(&upstream);
    let mote = Mote::start(&upstream);
    let offers = [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; client_max_window_bits=8; server_max_window_bits=12",
        " permessage-deflate ;server_max_window_bits = 10 ",
        "x-other, permessage-deflate; server_max_window_bits=16, permessage-deflate; server_max_window_bits=9",
        "permessage-deflate; unknown",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; client_max_window_bits=",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=\"10\"",
        "PERMESSAGE-DEFLATE",
        "x-other",
        "",
    ];
    // What the worker says itself; it must be something that suits every client, or none. Nothing at all, `?own=`, is to mean
    // that nothing is compressed, as Cloudflare writes; workerd does not see such a header.
    let own = [
        "",
        "?own=x-other",
        "?own=permessage-deflate;unknown",
        "?own=permessage-deflate;server_no_context_takeover;server_max_window_bits=11;client_max_window_bits=10",
    ];
    for own in own {
        let path = format!("/answers/web%20socket{own}");
        for offered in offers {
            let theirs = chosen(workerd.modules, "localhost", &path, offered);
            let ours = chosen(mote.port(), &mote.host("differential"), &path, offered);
            assert_eq!(ours, theirs, "{own} {offered}");
        }
    }
}
