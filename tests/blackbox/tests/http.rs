//! HTTP as the worker's visitors see it.

use mote_blackbox::{Mote, Project};

fn dev() -> (Project, Mote) {
    let project = Project::handler(
        r#"    const url = new URL(request.url);
    switch (url.pathname) {
      case "/echo": return new Response(request.body, { headers: { "content-type": "application/octet-stream" } });
      case "/upper": {
        const upper = new TransformStream({ transform(text, controller) { controller.enqueue(text.toUpperCase()); } });
        return new Response(request.body!.pipeThrough(new TextDecoderStream()).pipeThrough(upper).pipeThrough(new TextEncoderStream()));
      }
      case "/describe": return Response.json({ method: request.method, url: request.url, headers: [...request.headers] });
      case "/cookies": {
        const headers = new Headers();
        headers.append("set-cookie", "a=1; Path=/");
        headers.append("set-cookie", "b=2, with a comma");
        return new Response(null, { status: 204, headers });
      }
      case "/status": return new Response("x", { status: Number(url.searchParams.get("code")), statusText: "Odd" });
      case "/mebibytes": {
        const piece = new Uint8Array(1024 * 1024).fill(120);
        let left = 32;
        return new Response(new ReadableStream({ pull(c) { left-- ? c.enqueue(piece) : c.close(); } }));
      }
      default: return new Response(`hello ${url.pathname}`);
    }"#,
    );
    let mote = project.dev();
    (project, mote)
}

#[test]
fn bodies_stream_both_ways_at_once() {
    let (_project, mote) = dev();
    for (path, change) in [("/echo", str::to_owned as fn(&str) -> String), ("/upper", str::to_uppercase)] {
        let mut wire = mote.wire();
        wire.send(format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"));
        wire.send_chunk("piece 0;");
        assert_eq!(wire.head().status, 200);
        assert_eq!(wire.text_until(";"), change("piece 0;"));
        for n in 1..5 {
            wire.send_chunk(format!("piece {n};"));
            assert_eq!(wire.text_until(";"), change(&format!("piece {n};")));
        }
        wire.send("0\r\n\r\n");
        assert_eq!(wire.rest(), Ok(Vec::new()));
    }
}

#[test]
fn one_connection_carries_many_requests_also_when_they_come_in_a_heap() {
    let (_project, mote) = dev();
    let mut wire = mote.wire();
    for n in 0..3 {
        wire.send(format!("GET /{n} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
        assert_eq!(wire.head().status, 200);
        assert_eq!(wire.rest(), Ok(format!("hello /{n}").into_bytes()));
    }
    wire.send("GET /a HTTP/1.1\r\nhost: localhost\r\n\r\nGET /b HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    for path in ["/a", "/b"] {
        wire.head();
        assert_eq!(wire.rest(), Ok(format!("hello {path}").into_bytes()));
    }
    assert!(wire.is_over());
}

#[test]
fn a_head_request_gets_the_headers_and_no_body() {
    let (_project, mote) = dev();
    let mut wire = mote.wire();
    wire.send("HEAD /x HTTP/1.1\r\nhost: localhost\r\n\r\nGET /y HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let head = wire.head();
    assert_eq!((head.status, head.header("content-type")), (200, "text/plain;charset=UTF-8"));
    assert_eq!(head.header("content-length"), "8", "as a GET would have had");
    // The next answer begins right after the empty line.
    assert_eq!(wire.head().status, 200);
    assert_eq!(wire.rest(), Ok(b"hello /y".to_vec()));
}

#[test]
fn a_client_that_asks_before_it_sends_is_told_to_go_on() {
    let (_project, mote) = dev();
    let mut wire = mote.wire();
    wire.send("POST /echo HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n");
    assert_eq!(wire.any_head().status, 100);
    wire.send("body");
    assert_eq!(wire.head().status, 200);
    assert_eq!(wire.rest(), Ok(b"body".to_vec()));
}

#[test]
fn a_connection_outlives_an_answer_that_came_before_the_body() {
    let (_project, mote) = dev();
    let mut wire = mote.wire();
    // The worker looks at nothing of it; nor does Mote itself when it refuses.
    for (more, status) in [("", 200), ("host: another\r\n", 400), ("", 200)] {
        wire.send(format!("POST /x HTTP/1.1\r\nhost: localhost\r\n{more}content-length: 4\r\n\r\n"));
        let head = wire.head();
        assert_eq!((head.status, head.header("connection")), (status, ""));
        wire.rest().expect("a whole answer");
        wire.send("body");
    }
    wire.send("GET /last HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert_eq!(wire.head().status, 200);
    assert_eq!(wire.rest(), Ok(b"hello /last".to_vec()));
}

#[test]
fn the_worker_sees_the_request_as_it_was_sent() {
    let (_project, mote) = dev();
    let mut wire = mote.wire();
    wire.send(
        "PROPFIND /describe?q=a%20b&c HTTP/1.1\r\nhost: shop.example:81\r\nx-mixed-Case:  Value \r\n\r\n",
    );
    let seen: serde_json::Value = serde_json::from_slice(&wire.whole()).expect("JSON");
    assert_eq!(seen["method"], "PROPFIND");
    assert_eq!(seen["url"], "http://shop.example:81/describe?q=a%20b&c");
    let headers = seen["headers"].as_array().expect("a list of headers");
    assert!(headers.contains(&serde_json::json!(["x-mixed-case", "Value"])), "{headers:?}");
}

#[test]
fn cookies_stay_apart_and_odd_statuses_get_through() {
    let (_project, mote) = dev();
    let cookies = mote.get("/cookies");
    assert_eq!(cookies.status, 204);
    assert_eq!(cookies.headers("set-cookie"), ["a=1; Path=/", "b=2, with a comma"]);
    for code in [200, 299, 404, 418, 599] {
        assert_eq!(mote.get(&format!("/status?code={code}")).status, code);
    }
    for code in [0, 99, 600, 1000] {
        assert_eq!(mote.get(&format!("/status?code={code}")).status, 500, "{code} passed for a status");
    }
}

#[test]
fn large_bodies_arrive_whole_in_both_directions() {
    let (_project, mote) = dev();
    let answer = mote.wire_get("/mebibytes").whole();
    assert_eq!(answer.len(), 32 * 1024 * 1024);
    assert!(answer.iter().all(|byte| *byte == b'x'));
    let sent: Vec<u8> = (0..8_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let mut wire = mote.wire();
    wire.send(format!("POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", sent.len()));
    let received = wire.send_while_reading(sent.clone());
    assert!(received == sent, "{} of {} bytes came back, or others", received.len(), sent.len());
}
