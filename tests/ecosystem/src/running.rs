//! A worker that runs, under `mote dev` or on a node, and what is asked of it.

use std::path::Path;

use mote_blackbox::{Answer, Commands, Door, Launch, Mote, Wire, eventually, mote};
use tempfile::TempDir;

use crate::Worker;

/// A worker that runs. Its folder is there for as long.
#[derive(Debug)]
pub struct Running {
    mote: Mote,
    worker: Worker,
    /// What the node keeps; none under `mote dev`.
    data: Option<TempDir>,
}

/// The worker of that name, deployed to a node.
pub fn deployed(name: &str) -> Running {
    Worker::named(name).in_a_cell()
}

impl Worker {
    /// Under `mote dev`, which lets it reach this machine.
    pub fn in_dev(self) -> Running {
        let mote = Launch::dev(self.path()).start();
        Running { mote, worker: self, data: None }
    }

    /// Deployed to a node, in a sandboxed cell.
    pub fn in_a_cell(self) -> Running {
        let data = tempfile::Builder::new().prefix("mote-data-").tempdir().expect("a temporary folder");
        let mote = node(data.path());
        commands(&mote, data.path()).says(&["deploy", text(self.path())]);
        Running { mote, worker: self, data: Some(data) }
    }
}

impl Running {
    /// The same on a node that has started anew, in an isolate from what was prepared behind the deploy.
    #[must_use]
    pub fn started_again(mut self) -> Self {
        let data = self.data.as_ref().expect("a deployed worker");
        let commands = commands(&self.mote, data.path());
        eventually("the version is prepared", || {
            let versions = commands.json(&["versions", &self.worker.name]);
            versions[0].get("start").map(|_| ())
        });
        self.mote.interrupt();
        self.mote = node(data.path());
        self
    }

    /// GET.
    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[("accept", "*/*")])
    }

    /// GET with these headers.
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let host = self.host();
        self.mote.get_with(path, &[&[("host", &*host)], headers].concat())
    }

    /// Any method, with a body.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let host = self.host();
        self.mote.send(method, path, &[&[("host", &*host)], headers].concat(), body)
    }

    /// A bare connection on which a GET has been sent.
    pub fn wire_get(&self, path: &str) -> Wire {
        let mut wire = self.mote.wire();
        wire.send(format!("GET {path} HTTP/1.1\r\nhost: {}\r\naccept: */*\r\n\r\n", self.host()));
        wire
    }

    fn host(&self) -> String {
        format!("{}.localhost:{}", self.worker.name, self.mote.port())
    }
}

fn node(data: &Path) -> Mote {
    mote(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", text(data)]).start()
}

fn commands(node: &Mote, data: &Path) -> Commands {
    let api = format!("http://127.0.0.1:{}", Door::of(node).port());
    Commands::nobody().with("MOTE_API", &api).with("MOTE_DATA", text(data))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary folder's path is UTF-8")
}
