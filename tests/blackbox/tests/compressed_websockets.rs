//! WebSockets whose messages are compressed (`permessage-deflate`): with clients and servers that others have written, and
//! with clients that mean harm.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use flate2::{Compress, Compression, FlushCompress};
use mote_blackbox::{Launch, Mote, PATIENCE, Project, node};
use serde_json::json;

const BOTH: &str = "permessage-deflate; client_no_context_takeover; server_no_context_takeover";
const CHROME: &str = "permessage-deflate; client_max_window_bits";

/// Answers with what comes; with its length, if that is long enough to be a bomb. `/own?...` has a header of its own.
const ECHO: &str = r#"    const url = new URL(request.url);
    if (request.headers.get("upgrade") !== "websocket") return new Response("fine");
    if (url.pathname === "/passed-on") return fetch(url.searchParams.get("to")!, request);
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    server.accept();
    server.binaryType = "arraybuffer";
    server.addEventListener("message", ({ data }) => {
      const length = typeof data === "string" ? data.length : data.byteLength;
      server.send(length > 8 << 20 ? `${length}` : data);
    });
    server.addEventListener("close", ({ code, reason }) => console.log(`closed: ${code} ${reason}`));
    const headers = url.pathname === "/own" ? { "sec-websocket-extensions": url.searchParams.get("as")! } : undefined;
    return new Response(null, { status: 101, webSocket: client, headers });"#;

/// A client, by hand.
struct Client(TcpStream);

impl Client {
    /// Opens a WebSocket; gives what the server says of extensions.
    fn open(port: u16, path: &str, offers: &[&str]) -> (Self, Option<String>) {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let offers: String =
            offers.iter().map(|offer| format!("sec-websocket-extensions: {offer}\r\n")).collect();
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{offers}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.push(byte[0]);
        }
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        let named = answer.lines().filter_map(|line| line.split_once(": "));
        let chosen = named.filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-extensions"));
        let chosen: Vec<_> = chosen.map(|(_, value)| value.to_owned()).collect();
        assert!(chosen.len() <= 1, "{answer}");
        (Self(stream), chosen.into_iter().next())
    }

    /// Sends a frame, masked with nothing.
    fn send(&mut self, first: u8, content: &[u8]) {
        let length = u64::try_from(content.len()).unwrap().to_be_bytes();
        let frame = [&[first, 0xff][..], &length, &[0; 4], content].concat();
        // Whoever was closed may find nobody who reads.
        let _ = self.0.write_all(&frame);
    }

    /// The next frame: its first byte, and what is in it.
    fn frame(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).unwrap();
        let mut length = [0; 8];
        match head[1] {
            126 => self.0.read_exact(&mut length[6..]).unwrap(),
            127 => self.0.read_exact(&mut length).unwrap(),
            short => length[7] = short,
        }
        let mut content = vec![0; usize::try_from(u64::from_be_bytes(length)).unwrap()];
        self.0.read_exact(&mut content).unwrap();
        (head[0], content)
    }

    /// The code that it is closed with.
    fn closed(&mut self) -> u16 {
        loop {
            if let (0x88, content) = self.frame() {
                return u16::from_be_bytes(content[..2].try_into().unwrap());
            }
        }
    }
}

fn squeezed(content: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(content.len() / 2 + 1_000);
    let mut compressor = Compress::new(Compression::best(), false);
    compressor.compress_vec(content, &mut packed, FlushCompress::Sync).unwrap();
    packed.truncate(packed.len() - 4);
    packed
}

/// What is agreed on for each offer.
fn agreed(mote: &Mote, path: &str, offers: &[&str]) -> Option<String> {
    Client::open(mote.port(), path, offers).1
}

#[test]
fn whoever_offers_compression_gets_it_and_nobody_else() {
    let project = Project::handler(ECHO);
    let mote = project.dev();
    let both = |more: &str| Some(format!("{BOTH}{more}"));
    assert_eq!(agreed(&mote, "/", &[]), None);
    assert_eq!(agreed(&mote, "/", &["x-webkit-deflate-frame"]), None);
    assert_eq!(agreed(&mote, "/", &["permessage-deflate"]), both(""));
    assert_eq!(agreed(&mote, "/", &[CHROME]), both("; client_max_window_bits=15"));
    let listed = [
        "x-other, permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=9",
    ];
    assert_eq!(agreed(&mote, "/", &listed), both("; server_max_window_bits=9"));
    // What the worker says itself counts; nothing is what an empty header says.
    assert_eq!(agreed(&mote, "/own?as=", &[CHROME]), None);
    assert_eq!(agreed(&mote, "/own?as=permessage-deflate", &[]), None);
    assert_eq!(agreed(&mote, "/own?as=permessage-deflate", &[CHROME]), both(""));
    let narrow = "/own?as=permessage-deflate;client_max_window_bits=10;server_max_window_bits=11";
    assert_eq!(
        agreed(&mote, narrow, &[CHROME]),
        both("; client_max_window_bits=10; server_max_window_bits=11")
    );
}

#[test]
fn a_worker_of_before_gets_no_compression() {
    let asks = "compatibility_date = \"2026-08-01\"";
    for instead in [
        "compatibility_date = \"2023-08-14\"".to_owned(),
        format!("compatibility_flags = [\"no_web_socket_compression\"]\n{asks}"),
    ] {
        let project = Project::handler(ECHO);
        project.edit("wrangler.toml", asks, &instead);
        let mote = project.dev();
        assert_eq!(agreed(&mote, "/", &[CHROME]), None, "{instead}");
        assert_eq!(agreed(&mote, "/own?as=permessage-deflate", &[CHROME]), None, "{instead}");
        let (mut client, _) = Client::open(mote.port(), "/", &[CHROME]);
        client.send(0xc1, &squeezed(b"Hello"));
        assert_eq!(client.closed(), 1002, "{instead}");
    }
}

#[test]
fn a_bomb_ends_its_own_connection_only() {
    let project = Project::handler(ECHO);
    let mut mote = Launch::serve(project.path()).start();
    let (mut bystander, _) = Client::open(mote.port(), "/", &[CHROME]);
    let (mut client, _) = Client::open(mote.port(), "/", &[CHROME]);
    // As long as a message may be, it is one.
    client.send(0xc2, &squeezed(&vec![0; 32 << 20]));
    assert_eq!(client.frame(), (0x81, b"33554432".to_vec()));
    let bombs: [&[u8]; 2] = [&squeezed(&vec![0; (32 << 20) + 1]), &squeezed(&vec![0; 256 << 20])];
    for bomb in bombs {
        let (mut client, _) = Client::open(mote.port(), "/", &[CHROME]);
        client.send(0xc2, bomb);
        assert_eq!(client.closed(), 1009);
        let (mut client, _) = Client::open(mote.port(), "/", &[CHROME]);
        for (at, piece) in bomb.chunks(5_000).enumerate() {
            client.send(if at == 0 { 0x42 } else { 0 }, piece);
        }
        assert_eq!(client.closed(), 1009);
    }
    bystander.send(0xc1, &squeezed(b"still here"));
    assert_eq!(bystander.frame(), (0x81, b"still here".to_vec()));
    mote.goes_on("/");
}

#[test]
fn a_client_that_breaks_what_was_agreed_on_is_told_so() {
    let project = Project::handler(ECHO);
    let mut mote = project.dev();
    let broken: [(u8, &[u8], u16); 6] = [
        (0xc2, &[0xff; 20], 1007),
        (0xc1, &squeezed(b"\xff"), 1007),
        (0xa1, b"", 1002),
        (0x91, b"", 1002),
        (0xc9, b"", 1002),
        (0xc0, b"", 1002),
    ];
    for (first, content, code) in broken {
        let (mut client, _) = Client::open(mote.port(), "/", &[CHROME]);
        client.send(first, content);
        assert_eq!(client.closed(), code, "{first:x} {content:x?}");
    }
    mote.goes_on("/");
}

/// A client that sends messages of all kinds and checks what comes back.
const CLIENTS: &str = r#"
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import Ws from "ws";

const url = `ws://127.0.0.1:${process.argv[1]}/`;
const words = (length) => "Über allen Gipfeln ist Ruh. ".repeat(length / 28 + 1).slice(0, length);
const messages = ["", "x", words(1_023), words(1_024), words(65_536), words(1 << 20), words(3_000_001),
  Buffer.alloc(0), Buffer.from([0]), Buffer.alloc(65_536), randomBytes(65_536), randomBytes(1 << 20), Buffer.alloc(8 << 20, "abc")];
const isSame = (data, message) => (typeof message === "string" ? `${data}` === message : message.equals(Buffer.from(data)));
const said = {};

async function talk(name, options) {
  const socket = new Ws(url, { perMessageDeflate: options });
  let wire;
  socket.on("upgrade", ({ headers, socket: raw }) => { said[name] = headers["sec-websocket-extensions"] ?? null; wire = raw; });
  await once(socket, "open");
  const before = wire.bytesRead;
  for (const message of messages) {
    socket.send(message);
    const [data] = await once(socket, "message");
    if (!isSame(data, message)) throw new Error(`${name}: ${message.length} became ${data.length}`);
  }
  // In pieces, with a ping between them.
  const answered = once(socket, "message");
  const pong = once(socket, "pong");
  for (let at = 0; at < 300; at++) {
    socket.send(words(500), { fin: false });
    if (at === 150) socket.ping("there?");
  }
  socket.send("the end");
  const [whole] = await answered;
  if (`${whole}` !== words(500).repeat(300) + "the end") throw new Error(`${name}: pieces`);
  await pong;
  // All at once, in their order.
  const sent = Array.from({ length: 200 }, (_, at) => words(at * 37) + at);
  const all = new Promise((resolve) => {
    const seen = [];
    socket.on("message", (data) => void (seen.push(`${data}`) === sent.length && resolve(seen)));
  });
  for (const text of sent) socket.send(text);
  if ((await all).join() !== sent.join()) throw new Error(`${name}: order`);
  // What was sent has 17 megabytes, of which 1.2 are noise.
  if (said[name] !== null && wire.bytesRead - before > 3e6) throw new Error(`${name}: it got ${wire.bytesRead - before} bytes`);
  socket.close(3000, "enough");
  const [code] = await once(socket, "close");
  if (code !== 3000) throw new Error(`${name}: closed with ${code}`);
}

async function standard() {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  await once(socket, "open");
  said.standard = socket.extensions;
  for (const message of messages) {
    socket.send(message);
    const [{ data }] = await once(socket, "message");
    if (!isSame(data, message)) throw new Error(`standard: ${message.length}`);
  }
  socket.close();
}

await talk("plain", false);
await talk("default", true);
await talk("narrow", { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 10 });
await talk("alone", { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true });
await standard();
console.log(JSON.stringify(said));
process.exit();
"#;

#[test]
fn clients_of_others_are_understood_and_understand() {
    let project = Project::handler(ECHO).with_config("[limits]\ncpu_ms = 30_000\n");
    for mote in [project.dev(), Launch::serve(project.path()).start()] {
        let said = node(CLIENTS, &[&mote.port().to_string()]);
        let expected = json!({
            "plain": null,
            "default": format!("{BOTH}; client_max_window_bits=15"),
            "narrow": format!("{BOTH}; client_max_window_bits=10; server_max_window_bits=9"),
            "alone": format!("{BOTH}; client_max_window_bits=15"),
            "standard": format!("{BOTH}; client_max_window_bits=15"),
        });
        assert_eq!(said, expected);
    }
}

/// Connects to `?to=`, as a client of the standard or with a header of its own; says what it was told, and what came back.
const ASKS: &str = r#"    const url = new URL(request.url);
    const to = url.searchParams.get("to")!;
    if (request.headers.get("upgrade") === "websocket") return fetch(to, request);
    const as = url.searchParams.get("as");
    try {
      let socket: WebSocket, extensions: string | null;
      if (as === null) {
        socket = new WebSocket(to.replace("http", "ws"));
        await new Promise((resolve, reject) => (socket.onopen = resolve, socket.onerror = ({ message }: any) => reject(new Error(message))));
        extensions = socket.extensions;
      } else {
        const response = await fetch(to, { headers: { upgrade: "websocket", "sec-websocket-extensions": as } });
        extensions = response.headers.get("sec-websocket-extensions");
        socket = response.webSocket!;
        socket.accept();
      }
      const words = "Warte nur, balde ruhest du auch. ".repeat(5_000);
      const messages = ["", words, words, "x", words.slice(7)];
      let same = true;
      for (const message of messages) {
        const answered = new Promise<any>((resolve) => (socket.onmessage = resolve));
        socket.send(message);
        same &&= (await answered).data === message;
      }
      socket.close(1000);
      return Response.json({ extensions, same });
    } catch (error: any) {
      return Response.json(error.message);
    }"#;

/// Servers of all kinds, to which the worker is sent; and a client that it passes on.
const SERVERS: &str = r#"
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";
import Ws, { WebSocketServer } from "ws";

const asked = {};
async function serve(upgrade) {
  const server = createServer();
  server.on("upgrade", (request, socket, head) => {
    asked.last = request.headers["sec-websocket-extensions"] ?? null;
    upgrade(request, socket, head);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}/`;
}
const echoing = (perMessageDeflate, change = () => {}) => {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate });
  sockets.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
  return serve((request, socket, head) => {
    change(request.headers);
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit("connection", opened));
  });
};
const saying = (extensions) => serve((request, socket) => {
  const key = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.on("error", () => {});
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${key}\r\nsec-websocket-extensions: ${extensions}\r\n\r\n`);
});
const mote = `127.0.0.1:${process.argv[1]}`;
const said = {};
async function send(name, to, as) {
  const query = new URLSearchParams(as === undefined ? { to } : { to, as });
  const response = await fetch(`http://${mote}/?${query}`);
  said[name] = [asked.last, await response.json()];
}
async function pass(name, to) {
  const socket = new Ws(`ws://${mote}/?${new URLSearchParams({ to })}`);
  let agreed;
  socket.on("upgrade", ({ headers }) => void (agreed = headers["sec-websocket-extensions"] ?? null));
  await once(socket, "open");
  const text = "Die Voegelein schweigen im Walde. ".repeat(3_000);
  socket.send(text);
  const [data] = await once(socket, "message");
  said[name] = [asked.last, agreed, `${data}` === text];
  socket.close();
}

const willing = await echoing({ threshold: 0 });
const plain = await echoing(false);
// It remembers, whatever it is asked for.
const stubborn = await echoing({ threshold: 0 }, (headers) => (headers["sec-websocket-extensions"] = "permessage-deflate"));
await send("willing", willing);
await send("willing, asked by fetch", willing, "permessage-deflate; client_max_window_bits=9");
await send("willing, asked for nothing", willing, "");
await send("plain", plain);
await send("stubborn", stubborn);
await send("unoffered", await saying("permessage-deflate"), "");
await send("strange", await saying("x-other"));
await send("wrong", await saying("permessage-deflate; server_max_window_bits=20"));
await pass("passed on to a willing one", willing);
await pass("passed on to a plain one", plain);
console.log(JSON.stringify(said));
process.exit();
"#;

#[test]
fn a_worker_offers_compression_to_servers_and_takes_their_answer() {
    let project = Project::handler(ASKS).with("mote.toml", "[workers.worker]\negress = 'any'\n");
    let nodes = [Launch::dev(project.path()), Launch::serve(project.path())];
    for launch in nodes {
        let mote = launch.arg("--config").arg(project.file("mote.toml")).start();
        let said = node(SERVERS, &[&mote.port().to_string()]);
        let browser = format!("{BOTH}; client_max_window_bits=15");
        let strange = "WebSocket: the server chose an extension that was not offered, or chose parameters that it does not have";
        let agreed = |extensions: &str| json!({ "extensions": extensions, "same": true });
        let expected = json!({
            "willing": [BOTH, agreed(BOTH)],
            "willing, asked by fetch":
                [format!("{BOTH}; client_max_window_bits=9"), agreed(&format!("{BOTH}; client_max_window_bits=9"))],
            "willing, asked for nothing": [null, { "extensions": null, "same": true }],
            "plain": [BOTH, agreed("")],
            "stubborn": [BOTH, agreed("permessage-deflate")],
            "unoffered": [null, "WebSocket: the server chose an extension, and none was offered"],
            "strange": [BOTH, strange],
            "wrong": [BOTH, strange],
            "passed on to a willing one": [browser, browser, true],
            "passed on to a plain one": [browser, null, true],
        });
        assert_eq!(said, expected);
    }
}
