//! Exit codes, ports and signals: what scripts build on.

use std::net::{Ipv4Addr, TcpListener};

use mote_blackbox::{Launch, Project, mote};

#[test]
fn wrong_usage_ends_with_2_and_says_how_it_is_used() {
    for args in
        [&["dev", "--nonsense"][..], &["nonsense"], &["dev", "--port", "70000"], &["dev", "--port", "x"]]
    {
        let refusal = mote(args).refuse();
        assert_eq!(refusal.code, Some(2), "{args:?}: {}", refusal.stderr);
        assert!(
            refusal.stderr.contains("Usage") || refusal.stderr.contains("--help"),
            "{args:?}: {}",
            refusal.stderr
        );
    }
}

#[test]
fn help_and_version_go_to_stdout_and_end_with_0() {
    for args in [&["--help"][..], &["dev", "--help"], &["--version"]] {
        let done = mote(args).refuse();
        assert_eq!((done.code, &*done.stderr), (Some(0), ""), "{args:?}");
        assert!(done.stdout.contains("mote"), "{args:?}: {}", done.stdout);
    }
    assert!(mote(["dev", "--help"]).refuse().stdout.contains("--port"));
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = taken.local_addr().expect("a listening socket has an address").port().to_string();
    let project = Project::handler("    return new Response(\"fine\");");
    let refusal = mote(["dev"]).arg(project.path()).arg("--port").arg(&port).refuse();
    assert_eq!(refusal.code, Some(1), "{}", refusal.stderr);
    assert!(refusal.stderr.contains(&port), "{}", refusal.stderr);
}

#[test]
fn ctrl_c_ends_it_at_once_even_with_a_response_open() {
    let project = Project::handler(
        "    return new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array([46])); } }));",
    );
    let mut mote = Launch::dev(project.path()).start();
    let mut wire = mote.wire_get("/");
    assert_eq!(wire.head().status, 200);
    assert_eq!(mote.interrupt().code(), Some(0), "{}", mote.output());
    assert!(!mote.output().contains("panicked"), "{}", mote.output());
}

#[test]
fn the_address_is_printed_only_once_it_answers() {
    let project = Project::handler("    return new Response(\"fine\");");
    for _ in 0..5 {
        assert_eq!(project.dev().get("/").text, "fine");
    }
}
