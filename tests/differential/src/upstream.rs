//! The server that the cases of `fetch` ask: the same for Mote and for workerd.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use mote_blackbox::PATIENCE;
use serde_json::json;

use crate::exchange::{chunks, latin1};

/// "hello", as Python's gzip packs it.
const GZIP: &[u8] = &[
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0,
    0, 0,
];

struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Starts it and gives its origin. It ends with the test's process.
pub fn serve() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("a listening socket has an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                if let Some(request) = read(&mut stream) {
                    answer(&mut stream, &request);
                }
            });
        }
    });
    format!("http://127.0.0.1:{port}")
}

fn answer(stream: &mut TcpStream, request: &Request) {
    let path = request.path.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let plain = "content-type: text/plain\r\n";
    match parts.as_slice() {
        ["echo", ..] => {
            send(stream, request, "200 OK", "content-type: application/json\r\n", echo(request).as_bytes());
        }
        ["text"] => send(stream, request, "200 OK", plain, b"hello"),
        ["headers"] => {
            let headers =
                "X-One: 1\r\nx-two: a\r\nX-Two: b\r\nset-cookie: c=1\r\nset-cookie: d=2\r\nx-latin: \r\n";
            send(stream, request, "200 OK", headers, b"with headers");
        }
        ["status", status @ ("204" | "304")] => head(stream, &format!("{status} Some Words"), ""),
        ["status", status] => send(stream, request, &format!("{status} Some Words"), plain, b""),
        ["reason"] => send(stream, request, "299 Gone Fishing", plain, b""),
        ["redirect", status, to] => {
            send(stream, request, &format!("{status} Elsewhere"), &format!("location: /{to}\r\n"), b"");
        }
        ["loop"] => send(stream, request, "302 Elsewhere", "location: /loop\r\n", b""),
        ["redirect-bad"] => send(stream, request, "302 Elsewhere", "location: http://\r\n", b""),
        ["gzip"] => {
            send(stream, request, "200 OK", "content-type: text/plain\r\ncontent-encoding: gzip\r\n", GZIP);
        }
        ["chunked"] => {
            head(stream, "200 OK", "transfer-encoding: chunked\r\n");
            write(stream, b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        }
        ["events"] => {
            let events = b": a comment\nid: 7\ndata: one\ndata: more\n\nevent: own\ndata: two\n\n";
            head(stream, "200 OK", "content-type: text/event-stream\r\n");
            write(stream, events);
            wait_for_end(stream);
        }
        ["cut"] => {
            head(stream, "200 OK", "content-length: 10\r\n");
            write(stream, b"abc");
        }
        ["never"] => wait_for_end(stream),
        ["endless"] => {
            head(stream, "200 OK", "transfer-encoding: chunked\r\n");
            write(stream, b"3\r\nabc\r\n");
            wait_for_end(stream);
        }
        _ => send(stream, request, "404 Not Found", plain, b"no such path"),
    }
}

fn echo(request: &Request) -> String {
    let Request { method, path, headers, body } = request;
    json!({ "method": method, "path": path, "headers": headers, "body": String::from_utf8_lossy(body) })
        .to_string()
}

fn send(stream: &mut TcpStream, request: &Request, status: &str, headers: &str, body: &[u8]) {
    head(stream, status, &format!("{headers}content-length: {}\r\n", body.len()));
    if request.method != "HEAD" {
        write(stream, body);
    }
}

fn head(stream: &mut TcpStream, status: &str, headers: &str) {
    write(stream, format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\n\r\n").as_bytes());
}

// Whoever asked may have left: that is no error here.
fn write(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}

fn wait_for_end(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0]);
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut bytes = Vec::new();
    let end = until(stream, &mut bytes, |bytes| bytes.windows(4).position(|four| four == b"\r\n\r\n"))?;
    let head = latin1(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let (method, rest) = lines.next()?.split_once(' ')?;
    let path = rest.rsplit_once(' ')?.0;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let header =
        |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let mut rest = bytes.split_off(end + 4);
    let body = if header("transfer-encoding").is_some() {
        until(stream, &mut rest, |bytes| chunks(bytes).1.then_some(0))?;
        chunks(&rest).0
    } else {
        let length: usize = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        until(stream, &mut rest, |bytes| (bytes.len() >= length).then_some(0))?;
        rest
    };
    Some(Request { method: method.to_owned(), path: path.to_owned(), headers, body })
}

fn until(
    stream: &mut TcpStream,
    bytes: &mut Vec<u8>,
    found: impl Fn(&[u8]) -> Option<usize>,
) -> Option<usize> {
    loop {
        if let Some(at) = found(bytes) {
            return Some(at);
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece) {
            Ok(read @ 1..) => bytes.extend_from_slice(&piece[..read]),
            _ => return None,
        }
    }
}
