//! Clients that do not take what they have asked for: they keep no worker busy, and who is sent nothing is left in peace.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
};

use mote_blackbox::{Launch, Mote, PATIENCE, Project, Socket};

/// The deadline of these tests' nodes.
const SEND_TIMEOUT_S: u64 = 1;

const WORKER: &str = r#"    const path = new URL(request.url).pathname;
    if (path === "/endless") {
      const piece = new Uint8Array(64 * 1024);
      return new Response(new ReadableStream({
        async pull(controller) {
          await scheduler.wait(1);
          controller.enqueue(piece);
        },
        cancel() { console.log("stream: cancelled"); },
      }));
    }
    if (path === "/quiet") {
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      const text = new TextEncoder();
      ctx.waitUntil((async () => {
        await writer.write(text.encode("data: first\n\n"));
        await scheduler.wait(3_500);
        await writer.write(text.encode("data: last\n\n"));
        await writer.close();
      })());
      return new Response(readable, { headers: { "content-type": "text/event-stream" } });
    }
    if (path === "/socket") {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", async ({ data }) => {
        if (data === "wait") await scheduler.wait(3_500);
        if (data === "flood") {
          server.addEventListener("close", () => console.log("socket: closed"));
          const piece = "x".repeat(1 << 20);
          for (let n = 0; n < 24; n += 1) server.send(piece);
          return;
        }
        server.send(JSON.stringify(data));
      });
      return new Response(null, { status: 101, webSocket: client });
    }
    return new Response("fine");"#;

fn serve() -> (Vec<Project>, Mote) {
    let project = Project::handler(WORKER);
    let config = format!("[node]\nsend_timeout_s = {SEND_TIMEOUT_S}\n");
    let operator = Project::empty().with("mote.toml", &config);
    let mote =
        Launch::serve(project.path()).arg("--config").arg(operator.file("mote.toml")).arg("--log-events");
    let mote = mote.start();
    (vec![project, operator], mote)
}

#[test]
fn a_client_that_takes_nothing_of_an_answer_is_hung_up_on_and_its_event_is_over() {
    let (_projects, mut mote) = serve();
    let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, mote.port())).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client.write_all(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    // He reads the beginning, and then no more.
    let mut head = [0; 15];
    client.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    mote.says(&["stream: cancelled"]);
    mote.says_in_a_line(&["GET", "/endless", "canceled"]);
    // What the system has taken for him comes, and then the end. An answer without an end would go on.
    let mut rest = vec![0; 64 << 10];
    while client.read(&mut rest).is_ok_and(|read| read > 0) {}
    mote.goes_on("/");
}

#[test]
fn an_answer_that_has_nothing_to_say_for_a_while_is_not_cut_off() {
    let (_projects, mote) = serve();
    let mut wire = mote.wire_get("/quiet");
    let text = String::from_utf8(wire.whole()).unwrap();
    assert_eq!(text, "data: first\n\ndata: last\n\n");
}

#[test]
fn a_websocket_that_says_nothing_stays_and_one_that_is_not_read_goes() {
    let (_projects, mut mote) = serve();
    let mut quiet = Socket::open(mote.port(), "/socket");
    let mut deaf = Socket::open(mote.port(), "/socket");
    deaf.send("flood");
    quiet.send("wait");
    assert_eq!(quiet.json(), "wait");
    mote.says(&["socket: closed"]);
    drop(deaf);
    mote.goes_on("/");
}
