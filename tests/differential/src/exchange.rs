//! One request and its answer, byte by byte: a client library would hide what is to be compared.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use mote_blackbox::PATIENCE;
use serde_json::{Value, json};

/// What is sent.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: &'a str,
}

/// Sends it to this machine's `port` and gives the answer: status, headers, body. No answer at all is one, too.
pub(crate) fn exchange(port: u16, asked: &Asked<'_>) -> Value {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server accepts connections");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a read timeout");
    let mut head =
        format!("{} {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", asked.method, asked.path, asked.host);
    for (name, value) in asked.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if !asked.body.is_empty() {
        let _ = write!(head, "content-length: {}\r\n", asked.body.len());
    }
    // A server that refuses early may have closed already: then there is an answer to read, or none.
    let _ = stream.write_all(format!("{head}\r\n{}", asked.body).as_bytes());
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes);
    if ended.is_err() && bytes.is_empty() {
        return json!({ "noAnswer": true });
    }
    answer(&bytes, asked.method)
}

fn answer(bytes: &[u8], method: &str) -> Value {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return json!({ "noAnswer": true });
    };
    let head = latin1(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default().trim_start_matches("HTTP/1.1 ").to_owned();
    let mut headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        // The clock, and what this client itself asked for.
        .filter(|(name, _)| name != "date" && name != "connection")
        .collect();
    headers.sort();
    let (body, is_whole) = body(&bytes[end + 4..], &headers, method);
    let mut answer = json!({ "status": status, "headers": headers, "body": text_or_json(&body) });
    if !is_whole {
        answer["cutShort"] = json!(true);
    }
    answer
}

fn body(rest: &[u8], headers: &[(String, String)], method: &str) -> (Vec<u8>, bool) {
    let header =
        |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    if method == "HEAD" {
        return (rest.to_vec(), true);
    }
    if header("transfer-encoding") == Some("chunked") {
        return chunks(rest);
    }
    let length = header("content-length").and_then(|length| length.parse::<usize>().ok());
    (rest.to_vec(), length.is_none_or(|length| length == rest.len()))
}

/// A chunked body's bytes, and whether it came to its end.
pub(crate) fn chunks(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(line_end) = rest.windows(2).position(|two| two == b"\r\n") else {
            return (body, false);
        };
        let size = usize::from_str_radix(latin1(&rest[..line_end]).trim(), 16).unwrap_or(0);
        let piece = &rest[line_end + 2..];
        if size == 0 {
            return (body, true);
        }
        if piece.len() < size + 2 {
            body.extend_from_slice(&piece[..size.min(piece.len())]);
            return (body, false);
        }
        body.extend_from_slice(&piece[..size]);
        rest = &piece[size + 2..];
    }
}

/// One character for each byte.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn text_or_json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!(latin1(bytes)),
    })
}
