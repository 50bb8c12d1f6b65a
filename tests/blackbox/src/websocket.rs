//! A WebSocket client that waits for what it is told to expect.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpStream};

use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Bytes, Message, WebSocket};

use crate::PATIENCE;

/// An open WebSocket.
#[derive(Debug)]
pub struct Socket {
    inner: WebSocket<TcpStream>,
}

impl Socket {
    /// Opens `ws://localhost:PORT` and the path.
    pub fn open(port: u16, path: &str) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server accepts connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a read timeout");
        let url = format!("ws://localhost:{port}{path}");
        let mut config = WebSocketConfig::default();
        // What a worker may send in one frame.
        config.max_frame_size = Some(32 << 20);
        let opened = tungstenite::client::client_with_config(&*url, stream, Some(config));
        let (inner, _) = opened.unwrap_or_else(|error| panic!("{url} is no WebSocket: {error}"));
        Self { inner }
    }

    /// Sends text.
    pub fn send(&mut self, text: &str) {
        self.inner.send(Message::text(text)).expect("the socket is open");
    }

    /// Sends a message, or a sign.
    pub fn send_message(&mut self, message: Message) {
        self.inner.send(message).expect("the socket is open");
    }

    /// Sends bytes that need not be what the protocol asks for.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.inner.get_mut().write_all(bytes).expect("the connection is open");
    }

    /// Sends bytes.
    pub fn send_bytes(&mut self, bytes: &'static [u8]) {
        self.inner.send(Message::binary(Bytes::from_static(bytes))).expect("the socket is open");
    }

    /// The next message as JSON.
    pub fn json(&mut self) -> serde_json::Value {
        let message = self.message();
        let text = message.to_text().expect("a text message");
        serde_json::from_str(text).unwrap_or_else(|error| panic!("no JSON ({error}): {text}"))
    }

    /// What comes next, whatever it is.
    pub fn anything(&mut self) -> Message {
        self.inner.read().unwrap_or_else(|error| panic!("nothing comes: {error}"))
    }

    /// The next message that carries data.
    pub fn message(&mut self) -> Message {
        loop {
            match self.inner.read() {
                Ok(message @ (Message::Text(_) | Message::Binary(_))) => return message,
                Ok(Message::Close(frame)) => panic!("closed where a message was due: {frame:?}"),
                Ok(_) => {}
                Err(error) => panic!("no message: {error}"),
            }
        }
    }

    /// Reads on until the peer closes: its code and reason, if it gave any.
    pub fn closed(&mut self) -> Option<(u16, String)> {
        loop {
            match self.inner.read() {
                Ok(Message::Close(frame)) => {
                    return frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                }
                Ok(_) => {}
                Err(error) => panic!("no close: {error}"),
            }
        }
    }

    /// Closes this side. The other one may speak on.
    pub fn begin_close(&mut self, code: u16, reason: &'static str) {
        self.inner
            .close(Some(CloseFrame { code: code.into(), reason: reason.into() }))
            .expect("the socket is open");
    }

    /// Closes from this side and waits for the peer's answer.
    pub fn close(mut self, code: u16, reason: &'static str) {
        self.begin_close(code, reason);
        while self.inner.read().is_ok() {}
    }
}
