//! The operator's door of a node.

use serde_json::Value;

use crate::{Mote, Wire};

/// Where an operator asks and orders.
#[derive(Debug)]
pub struct Door(u16);

impl Door {
    /// That of a `mote` that was started with `--admin`.
    pub fn of(mote: &Mote) -> Self {
        let said = mote.says(&["admin http://127.0.0.1:"]);
        let (_, rest) = said.split_once("admin http://127.0.0.1:").expect("it was just said");
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Self(digits.parse().expect("a port"))
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.0
    }

    /// Status and body of the answer. `headers` are whole lines.
    pub fn ask(&self, method: &str, path: &str, headers: &str) -> (u16, String) {
        let mut wire = Wire::to(self.0);
        let port = self.0;
        wire.send(format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n{headers}connection: close\r\n\r\n"
        ));
        let head = wire.head();
        (head.status, String::from_utf8_lossy(&wire.rest().unwrap_or_default()).into_owned())
    }

    /// A document.
    pub fn json(&self, path: &str) -> Value {
        let (_, text) = self.ask("GET", path, "");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    /// The cells of a node, and what became of those before them.
    pub fn cells(&self) -> Vec<Value> {
        self.json("/cells")["cells"].as_array().expect("a list of cells").clone()
    }

    /// The cells that have a worker.
    pub fn serving(&self) -> Vec<Value> {
        self.cells().into_iter().filter(|cell| cell["stage"] == "serving").collect()
    }

    /// How many cells were lost in this way.
    pub fn incidents(&self, kind: &str) -> u64 {
        self.json("/cells")["incidents"][kind].as_u64().unwrap_or(0)
    }
}
