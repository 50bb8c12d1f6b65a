//! PostgreSQL itself, as `postgresql.mjs` starts it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::{folder, install_packages};

/// A server that runs. It ends with this.
#[derive(Debug)]
pub struct Postgresql {
    process: Child,
    port: u16,
}

impl Postgresql {
    /// Starts one, and waits until it listens.
    pub fn start() -> Self {
        install_packages();
        let mut process = Command::new("node")
            .arg("postgresql.mjs")
            .current_dir(folder())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node 20, which the tests need");
        let output = process.stdout.take().expect("its output is piped");
        let mut line = String::new();
        let read = BufReader::new(output).read_line(&mut line);
        let port = line.trim().parse().unwrap_or_else(|_| panic!("no port but {line:?} ({read:?})"));
        Self { process, port }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Postgresql {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
