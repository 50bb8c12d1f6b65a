//! A small server for workers to fetch from, which does exactly what the test tells it to.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;

use crate::PATIENCE;

/// A listening socket; every connection gets a thread of its own that runs the test's closure.
#[derive(Debug)]
pub struct Upstream {
    port: u16,
}

/// One request to the upstream, and the connection to answer it on. Dropping it closes the connection.
#[derive(Debug)]
pub struct Visitor {
    /// The request's first line and headers, as they came.
    pub head: String,
    stream: TcpStream,
}

impl Upstream {
    /// Starts one. It stops with the test's process.
    pub fn serve(answer: impl Fn(Visitor) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("a listening socket has an address").port();
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answer = Arc::clone(&answer);
                std::thread::spawn(move || {
                    if let Some(visitor) = Visitor::read(stream) {
                        answer(visitor);
                    }
                });
            }
        });
        Self { port }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Visitor {
    /// The request's path and query.
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The request's body, of either framing. It can be read once.
    pub fn body(&mut self) -> String {
        let head = self.head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = Vec::new();
        if let Some(length) = length {
            body = self.exactly(length.parse().expect("a length is a number"));
        } else if head.contains("transfer-encoding: chunked") {
            loop {
                let mut line = Vec::new();
                while !line.ends_with(b"\r\n") {
                    line.extend(self.exactly(1));
                }
                let size = String::from_utf8_lossy(&line);
                let size = usize::from_str_radix(size.trim(), 16).expect("a chunk begins with its size");
                let chunk = self.exactly(size + 2);
                if size == 0 {
                    break;
                }
                body.extend(&chunk[..size]);
            }
        }
        String::from_utf8_lossy(&body).into_owned()
    }

    /// A whole answer, after which the connection closes.
    pub fn answer(mut self, content_type: &str, body: &str) {
        self.send(&format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ));
    }

    /// The beginning of an answer whose chunks follow.
    pub fn begin(&mut self, content_type: &str) {
        self.send(&format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n"
        ));
    }

    /// One chunk.
    pub fn chunk(&mut self, text: &str) {
        self.send(&format!("{:x}\r\n{text}\r\n", text.len()));
    }

    /// The end after the last chunk.
    pub fn end(mut self) {
        self.send("0\r\n\r\n");
    }

    /// Any bytes. Whoever asked may have left: that is no error here.
    pub fn send(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes());
    }

    /// Waits until whoever asked has hung up.
    pub fn until_gone(&mut self) {
        while matches!(self.stream.read(&mut [0; 64]), Ok(read) if read > 0) {}
    }

    fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).expect("the whole request comes");
        bytes
    }

    fn read(mut stream: TcpStream) -> Option<Self> {
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_nodelay(true).ok()?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).ok()?;
            head.extend(byte);
        }
        Some(Self { head: String::from_utf8_lossy(&head).into_owned(), stream })
    }
}
