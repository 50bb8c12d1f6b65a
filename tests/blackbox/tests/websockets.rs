//! WebSockets: workers as servers, and as clients of others.

use mote_blackbox::{Mote, Project, Socket};
use tungstenite::Message;

fn dev() -> (Project, Mote) {
    let project = Project::handler(
        r#"    const path = new URL(request.url).pathname;
    if (request.headers.get("upgrade") !== "websocket") return new Response("fine");
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    server.accept();
    // Without it, bytes come as a `Blob` from the compatibility date on that made the standard's default the default.
    server.binaryType = "arraybuffer";
    server.addEventListener("message", (event) => {
      if (event.data === "throw") throw new Error("thrown in a listener");
      if (event.data === "loop") for (;;) {}
      if (event.data === "bye") server.close(4001, "as you wish");
      else server.send(event.data);
    });
    server.addEventListener("close", (event) => console.log(`closed: ${event.code} ${event.reason} ${event.wasClean}`));
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
    mote.says(&["closed: 3000 enough true"]);
    drop(Socket::open(mote.port(), "/echo"));
    mote.says(&["closed: 1006"]);
    mote.goes_on("/");
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
