//! A client of WebSockets that offers compression, and hears what the server makes of that.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use mote_blackbox::PATIENCE;

use crate::exchange::latin1;

/// What the worker's server chooses of `offers`, without what Mote adds of its own accord: that every message is compressed by
/// itself. `None` if there is no such header.
///
/// # Panics
/// If it is no WebSocket.
pub fn chosen(port: u16, host: &str, path: &str, offers: &str) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server accepts connections");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a read timeout");
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-extensions: {offers}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("the server reads requests");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the server answers");
        answer.extend(byte);
    }
    let answer = latin1(&answer);
    assert!(answer.starts_with("HTTP/1.1 101 "), "{path} {offers}: {answer}");
    let headers = answer.lines().filter_map(|line| line.split_once(':'));
    let mut values = headers.filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-extensions"));
    let value = values.next()?.1.trim().to_owned();
    Some(value.replace("; client_no_context_takeover", "").replace("; server_no_context_takeover", ""))
}
