//! What a developer reads: requests, console lines, errors.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use mote_cell::{EventLog, Failure, LogLevel, Observer, Stop};

use super::Options;
use crate::printable::printable;

/// Writes to the terminal; colours only where there is one.
#[derive(Clone)]
pub(crate) struct Terminal {
    quiet: bool,
    colours: bool,
    several: bool,
}

const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BOLD: &str = "1";
const DIM: &str = "2";

impl Terminal {
    pub(crate) fn new(options: &Options) -> Self {
        let colours = io::stdout().is_terminal() && io::stderr().is_terminal();
        Self { quiet: options.quiet, colours, several: options.paths.len() > 1 }
    }

    /// The server answers from now on.
    pub(crate) fn serving(&self, port: u16, names: &[String]) {
        if self.several {
            for name in names {
                self.out(&format!("{} http://{name}.localhost:{port}", self.paint(GREEN, "serving")));
            }
        } else {
            self.out(&format!("{} http://localhost:{port}", self.paint(GREEN, "serving")));
        }
        self.out(&self.paint(DIM, "Press Ctrl-C to stop."));
    }

    pub(crate) fn inspecting(&self, port: u16) {
        self.err(&format!("{} chrome://inspect, or ws://127.0.0.1:{port}", self.paint(GREEN, "inspect")));
    }

    pub(crate) fn administered(&self, address: std::net::SocketAddr) {
        self.err(&format!("{} http://{address}", self.paint(GREEN, "admin")));
    }

    pub(crate) fn reloaded(&self, name: &str, duration: Duration) {
        if !self.quiet {
            let time = self.paint(DIM, &format!("in {}", milliseconds(duration)));
            self.out(&format!("{} {name} {time}", self.paint(GREEN, "reloaded")));
        }
    }

    pub(crate) fn stopped(&self) {
        if !self.quiet {
            self.out("stopped");
        }
    }

    pub(crate) fn warning(&self, text: &str) {
        self.err(&format!("{} {text}", self.paint(YELLOW, "warning:")));
    }

    pub(crate) fn error(&self, text: &str) {
        self.err(&format!("{}: {text}", self.paint(RED, "error")));
    }

    /// A response broke off in its middle.
    pub(crate) fn broke_off(&self, reason: &dyn std::fmt::Display) {
        self.error(&printable(&format!("a response broke off: {reason}")));
    }

    /// A worker cannot be served, or not as its files are now.
    pub(crate) fn problem(&self, name: &str, text: &str) {
        self.err(&format!("{} {name} does not load: {text}", self.paint(RED, "error:")));
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn prefix(&self, worker: &str) -> String {
        if self.several { format!("{} ", self.paint(DIM, worker)) } else { String::new() }
    }

    // A closed pipe is no reason to stop serving.
    fn out(&self, line: &str) {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{line}");
        let _ = out.flush();
    }

    fn err(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}

impl Observer for Terminal {
    fn console(&self, worker: &str, level: LogLevel, text: &str) {
        let text = printable(text);
        let prefix = self.prefix(worker);
        match level {
            LogLevel::Debug => self.out(&format!("{prefix}{}", self.paint(DIM, &text))),
            LogLevel::Info | LogLevel::Log => self.out(&format!("{prefix}{text}")),
            LogLevel::Warn => self.err(&format!("{prefix}{}", self.paint(YELLOW, &text))),
            LogLevel::Error => self.err(&format!("{prefix}{}", self.paint(RED, &text))),
        }
    }

    fn uncaught(&self, worker: &str, error: &mote_cell::JsError) {
        self.err(&format!("{}{}", self.prefix(worker), self.paint(RED, &printable(&error.stack))));
    }

    fn left(&self, worker: &str, stop: Stop) {
        let text = format!(
            "it {stop} in code of the engine that cannot be stopped: its isolate was given up, and its memory stays taken"
        );
        self.err(&format!("{}{}", self.prefix(worker), self.paint(RED, &text)));
    }

    fn event(&self, event: &EventLog<'_>) {
        if let Some(failure) = event.failure {
            let text = match failure {
                Failure::Exception(error) => format!("Uncaught {}", error.stack),
                Failure::Gone => String::new(),
                Failure::ExceededCpu
                | Failure::ExceededMemory
                | Failure::ExceededWallTime
                | Failure::Stopped
                | Failure::Hung
                | Failure::NoHandler(_) => failure.to_string(),
            };
            if !text.is_empty() {
                self.err(&format!("{}{}", self.prefix(event.worker), self.paint(RED, &printable(&text))));
            }
        }
        if self.quiet {
            return;
        }
        let status = match event.status {
            None => format!(" {}", event.outcome.as_str()),
            Some(status) if status >= 500 => self.paint(RED, &format!(" {status}")),
            Some(status) if status >= 400 => self.paint(YELLOW, &format!(" {status}")),
            Some(status) => self.paint(GREEN, &format!(" {status}")),
        };
        let cpu = milliseconds(event.cpu);
        let time = self.paint(DIM, &format!("{} (CPU {cpu})", milliseconds(event.duration)));
        let prefix = self.prefix(event.worker);
        let (method, url) = (self.paint(BOLD, event.method), printable(path_of(event.url)));
        self.out(&format!("{prefix}{method} {url}{status} {time}"));
    }

    fn wants_events(&self) -> bool {
        !self.quiet
    }
}

/// The path and query of a URL; a cron expression stays as it is.
fn path_of(url: &str) -> &str {
    let Some(rest) = url.strip_prefix("http://") else { return url };
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_shown_by_its_path() {
        assert_eq!(path_of("http://localhost:8787/a?b"), "/a?b");
        assert_eq!(path_of("*/5 * * * *"), "*/5 * * * *");
    }
}
