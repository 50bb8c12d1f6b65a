//! A debugger: the Chrome DevTools Protocol over a WebSocket.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::http::Wire;
use crate::server::Mote;
use crate::websocket::Socket;

/// A debugger attached to a worker.
#[derive(Debug)]
pub struct Inspector {
    socket: Socket,
    calls: u64,
    events: VecDeque<Value>,
}

impl Inspector {
    /// Attaches to the first target of a `mote dev --inspect`, found the way DevTools finds it.
    pub fn attach(mote: &Mote) -> Self {
        let port = Self::port(mote);
        let mut wire = Wire::to(port);
        wire.send(format!("GET /json/list HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n"));
        assert_eq!(wire.head().status, 200, "/json/list of the inspector");
        let list = wire.rest().expect("the whole list of targets");
        let list: Value = serde_json::from_slice(&list).expect("the list of targets is JSON");
        let url = list[0]["webSocketDebuggerUrl"].as_str();
        let url = url.unwrap_or_else(|| panic!("no webSocketDebuggerUrl in {list}"));
        let path = url.splitn(4, '/').nth(3).unwrap_or_default();
        Self { socket: Socket::open(port, &format!("/{path}")), calls: 0, events: VecDeque::new() }
    }

    /// The inspector's port, from the printed `ws://127.0.0.1:PORT/…`.
    pub fn port(mote: &Mote) -> u16 {
        let output = mote.says(&["ws://127.0.0.1:"]);
        let (_, rest) = output.split_once("ws://127.0.0.1:").expect("it was just said");
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_else(|_| panic!("no inspector port in:\n{output}"))
    }

    /// Calls a method and gives its result; events that come first are kept for `event`.
    pub fn call(&mut self, method: &str, params: &Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        self.socket.send(&json!({ "id": id, "method": method, "params": params }).to_string());
        loop {
            let mut message = self.socket.json();
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
            self.events.push_back(message);
        }
    }

    /// Waits for the next event of this name for which `wanted` holds, and gives its parameters.
    pub fn event(&mut self, method: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let fits = |event: &Value| event["method"] == method && wanted(&event["params"]);
            if let Some(at) = self.events.iter().position(fits) {
                let mut event = self.events.remove(at).expect("it was just found");
                return event["params"].take();
            }
            let next = self.socket.json();
            self.events.push_back(next);
        }
    }
}
