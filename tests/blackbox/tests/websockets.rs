//! WebSockets: workers as servers, and as clients of others.

use mote_blackbox::{Launch, Mote, Project, Socket};
use tungstenite::Message;

fn dev() -> (Project, Mote) {
    let project = Project::handler(
        r#"    const path = new URL(request.url).pathname;
    if (request.headers.get("upgrade") !== "websocket") return new Response("fine");
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    server.accept({ allowHalfOpen: path.startsWith("/half-open") });
    // Without it, bytes come as a `Blob` from the compatibility date on that made the standard's default the default.
    server.binaryType = "arraybuffer";
    server.addEventListener("message", (event) => {
      if (event.data === "throw") throw new Error("thrown in a listener");
      if (event.data === "loop") for (;;) {}
      if (event.data === "bye") server.close(4001, "as you wish");
      else server.send(event.data);
    });
    server.addEventListener("close", (event) => {
      console.log(`closed: ${event.code} ${event.reason} ${event.wasClean} ${server.readyState}`);
      if (path !== "/half-open") return;
      server.send("one more");
      scheduler.wait(1).then(() => {
        server.send("and the last");
        server.close(4002, "now");
      });
    });
    if (path === "/far") {
      // What the other worker's half has to say, and whether it speaks on after this side has closed.
      const far = (await fetch(new URL("/half-open", request.url), { headers: { upgrade: "websocket" } })).webSocket!;
      far.accept();
      far.addEventListener("message", (event) => server.send(`far: ${event.data}`));
      far.addEventListener("close", (event) => server.close(event.code, `far: ${event.reason}`));
      far.close(3007, "enough");
    }
    if (path === "/passed-on") return fetch(new URL("/half-open", request.url), request);
    if (path === "/relay") {
      const upstream = await fetch(new URL("/echo", request.url), { headers: { upgrade: "websocket" } });
      const far = upstream.webSocket!;
      far.accept();
      far.addEventListener("message", (event) => server.send(`relayed ${event.data}`));
      far.send("through the worker itself");
    }
    if (path === "/greeting") server.send("before the 101 is out");
    return new Response(null, { status: 101, webSocket: client });"#,
    );
    let mote = project.dev();
    (project, mote)
}

#[test]
fn text_and_bytes_come_back_in_order() {
    let (_project, mote) = dev();
    let mut socket = Socket::open(mote.port(), "/echo");
    socket.send("text");
    socket.send_bytes(&[0, 255, 1]);
    socket.send("");
    assert_eq!(socket.message(), Message::text("text"));
    assert_eq!(socket.message(), Message::binary(vec![0, 255, 1]));
    assert_eq!(socket.message(), Message::text(""));
    let long = "ü".repeat(500_000);
    socket.send(&long);
    assert_eq!(socket.message(), Message::text(long));
}

#[test]
fn either_side_closes_with_its_code_and_reason() {
    let (_project, mut mote) = dev();
    let mut socket = Socket::open(mote.port(), "/echo");
    socket.send("bye");
    assert_eq!(socket.closed(), Some((4001, "as you wish".to_owned())));
    Socket::open(mote.port(), "/echo").close(3000, "enough");
    mote.says(&["closed: 3000 enough true 3"]);
    drop(Socket::open(mote.port(), "/echo"));
    mote.says(&["closed: 1006"]);
    mote.goes_on("/");
}

#[test]
fn a_client_that_closes_hears_the_same_from_the_worker() {
    let (project, mote) = dev();
    for mote in [mote, Launch::serve(project.path()).start()] {
        for _ in 0..5 {
            let mut socket = Socket::open(mote.port(), "/echo");
            socket.begin_close(3000, "enough");
            assert_eq!(socket.closed(), Some((3000, "enough".to_owned())));
        }
    }
}

#[test]
fn what_is_sent_before_the_upgrade_arrives_after_it() {
    let (_project, mote) = dev();
    assert_eq!(Socket::open(mote.port(), "/greeting").message(), Message::text("before the 101 is out"));
}

#[test]
fn a_worker_is_a_websocket_client_too() {
    let (_project, mote) = dev();
    let mut socket = Socket::open(mote.port(), "/relay");
    assert_eq!(socket.message(), Message::text("relayed through the worker itself"));
}

#[test]
fn a_listener_that_fails_or_never_returns_harms_nobody_else() {
    let (_project, mut mote) = dev();
    let mut socket = Socket::open(mote.port(), "/echo");
    socket.send("throw");
    mote.says(&["thrown in a listener", "src/index.ts:10"]);
    socket.send("loop");
    mote.says(&["CPU"]);
    mote.goes_on("/");
    let mut other = Socket::open(mote.port(), "/echo");
    other.send("still here");
    assert_eq!(other.message(), Message::text("still here"));
}

#[test]
fn a_worker_that_wants_half_of_it_speaks_on_after_its_client_has_closed() {
    let (_project, mut mote) = dev();
    for path in ["/half-open", "/passed-on"] {
        let mut socket = Socket::open(mote.port(), path);
        socket.begin_close(3000, "enough");
        assert_eq!(socket.message(), Message::text("one more"));
        assert_eq!(socket.message(), Message::text("and the last"));
        assert_eq!(socket.closed(), Some((4002, "now".to_owned())));
        mote.says(&["closed: 3000 enough true 2"]);
    }
    let mut socket = Socket::open(mote.port(), "/far");
    assert_eq!(socket.message(), Message::text("far: one more"));
    assert_eq!(socket.message(), Message::text("far: and the last"));
    assert_eq!(socket.closed(), Some((4002, "far: now".to_owned())));
    // Who does not wait for the worker's close is gone: nothing stays open for it.
    let mut socket = Socket::open(mote.port(), "/half-open-for-ever");
    socket.begin_close(3000, "gone");
    drop(socket);
    mote.says(&["closed: 3000 gone true 2"]);
    mote.goes_on("/");
}

#[test]
fn messages_of_32_mib_go_both_ways_and_one_byte_more_is_code_1009() {
    const MOST: usize = 32 << 20;
    let (_project, mut mote) = dev();
    let mut socket = Socket::open(mote.port(), "/echo");
    let bytes: Vec<u8> = (0..MOST).map(|at| u8::try_from(at % 251).expect("below 251")).collect();
    socket.send_message(Message::binary(bytes.clone()));
    assert!(socket.message() == Message::binary(bytes), "the bytes come back as they were");
    let text = "x".repeat(MOST);
    socket.send_message(Message::text(text.clone()));
    assert!(socket.message() == Message::text(text), "the text comes back as it was");
    socket.send_message(Message::binary(vec![0; MOST + 1]));
    assert_eq!(socket.closed(), Some((1009, "the message is too large".to_owned())));
    mote.says(&["closed: 1009 the message is too large false"]);
    mote.goes_on("/");
}

#[test]
fn a_client_that_breaks_the_protocol_is_told_so() {
    let (_project, mote) = dev();
    let broken: [(&[u8], u16); 3] = [
        (&[0xc1, 0x80, 0, 0, 0, 0], 1002),
        (&[0x81, 0x81, 0, 0, 0, 0, 0xff], 1007),
        (&[0x88, 0x82, 0, 0, 0, 0, 0, 1], 1002),
    ];
    for (bytes, code) in broken {
        let mut socket = Socket::open(mote.port(), "/echo");
        socket.send_raw(bytes);
        assert_eq!(socket.closed().map(|(code, _)| code), Some(code), "{bytes:x?}");
        mote.says(&[&format!("closed: {code}")]);
    }
}

#[test]
fn a_ping_is_answered_with_what_it_brought() {
    let (_project, mote) = dev();
    let mut socket = Socket::open(mote.port(), "/echo");
    socket.send_message(Message::Ping("still there?".into()));
    assert_eq!(socket.anything(), Message::Pong("still there?".into()));
}
