//! The deploy API, asked without a client in between.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use serde_json::{Value, json};

use crate::{Door, Mote, PATIENCE};

/// The API of a node, with its token.
#[derive(Debug)]
pub struct DeployApi {
    port: u16,
    token: String,
}

const BOUNDARY: &str = "a-boundary-of-the-tests";

impl DeployApi {
    /// With the node's own token.
    pub fn of(mote: &Mote, door: &Door) -> Self {
        let token =
            std::fs::read_to_string(mote.data().join("admin-token")).expect("the node has made a token");
        Self { port: door.port(), token: token.trim().to_owned() }
    }

    /// At a port, with a token.
    pub fn at(port: u16, token: &str) -> Self {
        Self { port, token: token.to_owned() }
    }

    /// The same, as somebody who has another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { port: self.port, token: token.to_owned() }
    }

    /// Status and document of an answer; `None` if the node is gone.
    pub fn try_ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Option<(u16, Value)> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a read timeout");
        let (port, token, length) = (self.port, &self.token, body.len());
        let head = format!(
            "{method} /client/v4/{path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n\
             content-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        // A node that refuses a form hangs up before it has read all of it: its answer counts.
        let _ = stream.write_all(&[head.as_bytes(), body].concat());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, serde_json::from_str(body).ok()?))
    }

    /// Status and document of an answer.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.try_ask(method, path, "application/json", text.as_bytes()).expect("the node answers")
    }

    /// The same with a form, whole as it is sent.
    pub fn send_form(&self, method: &str, path: &str, form: &[u8]) -> (u16, Value) {
        self.try_form(method, path, form).expect("the node answers")
    }

    /// The same; `None` if the node is gone.
    pub fn try_form(&self, method: &str, path: &str, form: &[u8]) -> Option<(u16, Value)> {
        self.try_ask(method, path, &format!("multipart/form-data; boundary={BOUNDARY}"), form)
    }

    /// Uploads a worker of one module and deploys it; `None` if the node is gone.
    pub fn try_deploy(&self, name: &str, source: &str) -> Option<(u16, Value)> {
        let metadata = json!({"main_module": "index.js", "compatibility_date": "2026-01-01"});
        let form = form(&metadata, &[("index.js", "application/javascript+module", source.as_bytes())]);
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.try_ask("PUT", &format!("accounts/acme/workers/scripts/{name}"), &kind, &form)
    }

    /// Uploads a worker of one module and deploys it.
    pub fn deploy(&self, name: &str, source: &str) -> (u16, Value) {
        self.try_deploy(name, source).expect("the node answers")
    }
}

/// A form as wrangler sends it: metadata, and modules with their names and types.
pub fn form(metadata: &Value, modules: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut form = Vec::new();
    let metadata = metadata.to_string();
    let mut part = |name: &str, kind: &str, content: &[u8]| {
        let head = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\
             content-type: {kind}\r\n\r\n"
        );
        form.extend_from_slice(head.as_bytes());
        form.extend_from_slice(content);
        form.extend_from_slice(b"\r\n");
    };
    part("metadata", "application/json", metadata.as_bytes());
    for (name, kind, content) in modules {
        part(name, kind, content);
    }
    form.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    form
}
