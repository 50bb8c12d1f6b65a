//! What strangers send that no decent client would, and clients that leave: each gets its status, and the server goes on.

use std::time::Duration;

use mote_blackbox::{Mote, Project};

/// Answers with the number and total length of the request's headers; logs how its events end.
const WORKER: &str = r#"    const path = new URL(request.url).pathname;
    if (path === "/endless") {
      request.signal.addEventListener("abort", () => console.log("signal: aborted"));
      let n = 0;
      return new Response(new ReadableStream({
        async pull(controller) {
          await scheduler.wait(20);
          controller.enqueue(new TextEncoder().encode(`piece ${++n};`));
        },
        cancel(reason) { console.log("stream: cancelled"); },
      }));
    }
    if (path === "/waits") {
      request.signal.addEventListener("abort", () => console.log("signal: aborted"));
      ctx.waitUntil(scheduler.wait(300).then(() => console.log("waitUntil: finished")));
      await scheduler.wait(20_000);
      console.log("handler: finished");
    }
    if (path === "/upload") {
      try {
        const body = await request.arrayBuffer();
        console.log(`upload: ${body.byteLength} bytes`);
      } catch (error) {
        console.log(`upload: failed with ${error.name}`);
      }
    }
    return new Response("fine");"#;

fn dev() -> (Project, Mote) {
    let project = Project::handler(WORKER).with_config("compatibility_flags = [\"enable_request_signal\"]");
    let mote = project.dev();
    (project, mote)
}

#[test]
fn a_malformed_request_gets_400_and_reaches_no_worker() {
    let (_project, mut mote) = dev();
    for request in [
        "GARBAGE\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\nhost: localhost\r\n\r\n",
        "GET / HTTP/1.1 extra\r\nhost: localhost\r\n\r\n",
        "G\u{1}T / HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon here\r\nhost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nbad name: x\r\nhost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: localhost\r\ncontent-length: many\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nnot a size\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}\r\n\r\n",
    ] {
        let mut wire = mote.wire();
        wire.send(request);
        // A body that turns out malformed may have got its answer before.
        let status = wire.head().status;
        let begun = request.starts_with("POST");
        assert!(status == 400 || begun && status == 200, "{request:?} got {status}");
    }
    mote.goes_on("/");
}

#[test]
fn a_request_without_a_host_or_with_a_bad_one_gets_400() {
    let (_project, mut mote) = dev();
    for request in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: one\r\nhost: two\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: not a host/\r\n\r\n",
    ] {
        let mut wire = mote.wire();
        wire.send(request);
        assert_eq!(wire.head().status, 400, "{request:?}");
    }
    mote.goes_on("/");
}

#[test]
fn a_length_that_contradicts_the_chunks_smuggles_nothing() {
    let (_project, mut mote) = dev();
    let mut wire = mote.wire();
    wire.send(
        "POST /upload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n\
         0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n",
    );
    let first = wire.head().status;
    // Refused, or taken as the chunks say and the connection closed after it (RFC 9112, section 6.1).
    assert!(first == 400 || first == 200, "{first}");
    let _ = wire.rest();
    assert!(wire.is_over(), "the connection was used again after a contradictory request");
    assert!(!mote.output().contains("/smuggled"), "{}", mote.output());
    mote.goes_on("/");
}

#[test]
fn headers_past_the_limit_get_431_and_headers_within_it_get_through() {
    let (_project, mut mote) = dev();
    let ask = |headers: String| {
        let mut wire = mote.wire();
        wire.send(format!("GET / HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n"));
        wire.head().status
    };
    assert_eq!(ask(format!("x: {}\r\n", "x".repeat(120 * 1024))), 200, "120 KiB in one header");
    assert_eq!(ask(format!("x: {}\r\n", "x".repeat(129 * 1024))), 431, "129 KiB in one header");
    assert_eq!(ask(format!("x: {}\r\n", "x".repeat(4 * 1024 * 1024))), 431, "4 MiB in one header");
    assert_eq!(ask("x: 1\r\n".repeat(990)), 200, "991 headers");
    assert_eq!(ask("x: 1\r\n".repeat(1001)), 431, "1,002 headers");
    mote.goes_on("/");
}

#[test]
fn headers_that_never_end_occupy_nothing_for_ever() {
    let (_project, mut mote) = dev();
    let mut dribblers: Vec<_> = (0..50).map(|_| mote.wire()).collect();
    for wire in &mut dribblers {
        wire.send("GET / HTTP/1.1\r\nhost: localhost\r\nx: ");
    }
    mote.goes_on("/");
    drop(dribblers);
    mote.goes_on("/");
}

#[test]
fn a_client_that_leaves_mid_stream_cancels_the_stream() {
    let (_project, mut mote) = dev();
    let mut wire = mote.wire_get("/endless");
    wire.head();
    wire.text_until("piece 3;");
    assert!(!mote.output().contains("cancelled"), "{}", mote.output());
    drop(wire);
    mote.says(&["stream: cancelled", "signal: aborted"]);
    mote.says_in_a_line(&["GET", "/endless", "canceled"]);
    mote.goes_on("/");
}

#[test]
fn a_client_that_leaves_before_the_answer_aborts_the_handler_but_not_wait_until() {
    let (_project, mut mote) = dev();
    let wire = mote.wire_get("/waits");
    std::thread::sleep(Duration::from_millis(100));
    drop(wire);
    mote.says(&["signal: aborted", "waitUntil: finished"]);
    mote.says_in_a_line(&["GET", "/waits", "canceled"]);
    mote.goes_on("/");
}

#[test]
fn a_client_that_leaves_in_the_middle_of_its_upload_fails_the_reading() {
    let (_project, mut mote) = dev();
    let mut wire = mote.wire();
    wire.send("POST /upload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\nonly this");
    std::thread::sleep(Duration::from_millis(200));
    drop(wire);
    mote.says_in_a_line(&["POST", "/upload", "canceled"]);
    assert!(
        !mote.output().contains("upload: 9 bytes"),
        "half a body passed for a whole one:\n{}",
        mote.output()
    );

    let mut wire = mote.wire();
    wire.send("POST /upload HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
    wire.send_chunk("only this");
    wire.finish_sending();
    std::thread::sleep(Duration::from_millis(200));
    drop(wire);
    mote.goes_on("/");
    assert!(
        !mote.output().contains("upload: 9 bytes"),
        "half a body passed for a whole one:\n{}",
        mote.output()
    );
}

#[test]
fn a_thousand_clients_that_leave_at_once_leave_nothing_behind() {
    let (_project, mut mote) = dev();
    for _ in 0..20 {
        let wires: Vec<_> = (0..50).map(|_| mote.wire_get("/endless")).collect();
        drop(wires);
    }
    mote.goes_on("/");
}
