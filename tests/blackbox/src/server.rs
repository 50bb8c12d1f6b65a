//! A running `mote`, or one that refused to run.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::PATIENCE;
use crate::http::{Answer, Wire};

/// A command line that has not run yet.
#[derive(Debug)]
pub struct Launch {
    /// A program that runs the binary, with its own arguments; empty if there is none.
    under: Vec<OsString>,
    args: Vec<OsString>,
    /// The node's folder, which must be there for as long as the node.
    data: Option<TempDir>,
}

/// A `mote dev` or `mote serve` that answers. Dropping it kills the process.
#[derive(Debug)]
pub struct Mote {
    child: Child,
    port: u16,
    terminal: Terminal,
    agent: ureq::Agent,
    data: Option<TempDir>,
}

/// How a `mote` ended that was not to go on.
#[derive(Debug)]
pub struct Refusal {
    /// The exit code; none when a signal ended the process.
    pub code: Option<i32>,
    /// All that it wrote to stdout.
    pub stdout: String,
    /// All that it wrote to stderr.
    pub stderr: String,
}

/// `mote` with these arguments: `mote(["dev", "--port", "0"])`.
pub fn mote<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Launch {
    let args = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
    Launch { under: Vec::new(), args, data: None }
}

impl Launch {
    /// `mote dev PATH --port 0`.
    pub fn dev(path: impl AsRef<Path>) -> Self {
        mote(["dev"]).arg(path.as_ref()).arg("--port").arg("0")
    }

    /// `mote serve PATH`, with ports and a folder of its own.
    pub fn serve(path: impl AsRef<Path>) -> Self {
        Self::serve_nothing().arg(path.as_ref())
    }

    /// The same without a path so far.
    pub fn serve_nothing() -> Self {
        let data = tempfile::Builder::new().prefix("mote-data-").tempdir().expect("a temporary folder");
        let ports = ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
        let launch = mote(ports).arg("--data").arg(data.path());
        Self { data: Some(data), ..launch }
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Has another program run it, which must become it in the end.
    #[must_use]
    pub fn under<S: AsRef<OsStr>>(mut self, program: impl IntoIterator<Item = S>) -> Self {
        self.under = program.into_iter().map(|word| word.as_ref().to_owned()).collect();
        self
    }

    /// Starts it and waits until it says where it listens.
    pub fn start(self) -> Mote {
        let (mut child, terminal) = self.spawn();
        let start = Instant::now();
        let port = loop {
            if let Some(port) = port_in(&terminal.stdout()) {
                break port;
            }
            let ended = child.try_wait().expect("a child can be asked whether it has ended");
            if ended.is_some() || start.elapsed() > PATIENCE {
                let _ = child.kill();
                panic!(
                    "`mote {:?}` printed no `http://localhost:PORT` ({ended:?}); it wrote:\n{}",
                    self.args,
                    terminal.all()
                );
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        Mote { child, port, terminal, agent, data: self.data }
    }

    /// Starts it, expecting that it ends by itself.
    pub fn refuse(self) -> Refusal {
        let (mut child, terminal) = self.spawn();
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child can be asked whether it has ended") {
                break status;
            }
            if start.elapsed() > PATIENCE {
                let _ = child.kill();
                panic!(
                    "`mote {:?}` goes on where it should refuse; it wrote:\n{}",
                    self.args,
                    terminal.all()
                );
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        terminal.finish();
        Refusal { code: status.code(), stdout: terminal.stdout(), stderr: terminal.stderr() }
    }

    fn spawn(&self) -> (Child, Terminal) {
        let binary = mote_binary();
        let mut words = self.under.iter().map(OsString::as_os_str).chain([binary.as_os_str()]);
        let mut child = Command::new(words.next().expect("the binary at least"))
            .args(words)
            .args(&self.args)
            // What surrounds the tests must not change what Mote says or where it connects.
            .env_remove("http_proxy")
            .env_remove("HTTP_PROXY")
            .env_remove("https_proxy")
            .env_remove("HTTPS_PROXY")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", binary.display()));
        let terminal = Terminal::of(&mut child);
        (child, terminal)
    }
}

impl Mote {
    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The folder of a `mote serve`.
    pub fn data(&self) -> &Path {
        self.data.as_ref().expect("a node has a folder").path()
    }

    /// `http://localhost:PORT` and the path, as the visitor's browser would show it.
    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// GET, as curl asks: any content type will do.
    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[("accept", "*/*")])
    }

    /// GET, as a browser asks that wants a page.
    pub fn browse(&self, path: &str) -> Answer {
        self.get_with(path, &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")])
    }

    /// GET with these headers.
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.get(self.loopback(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.call(), || self.explain(path))
    }

    /// GET from another host name that leads here.
    pub fn get_from_host(&self, host: &str, path: &str) -> Answer {
        self.get_with(path, &[("host", &format!("{host}:{}", self.port)), ("accept", "*/*")])
    }

    /// Any method, with a body.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(self.loopback(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.as_ref().to_vec()).expect("a well-formed request");
        Answer::of(self.agent.run(request), || self.explain(path))
    }

    /// A bare connection, for what no client library would send.
    pub fn wire(&self) -> Wire {
        Wire::to(self.port)
    }

    /// A bare connection on which a GET has been sent.
    pub fn wire_get(&self, path: &str) -> Wire {
        let mut wire = self.wire();
        wire.send(format!("GET {path} HTTP/1.1\r\nhost: localhost:{}\r\naccept: */*\r\n\r\n", self.port));
        wire
    }

    /// All that Mote wrote so far, stdout and stderr.
    pub fn output(&self) -> String {
        self.terminal.all()
    }

    /// What Mote wrote to stdout so far.
    pub fn stdout(&self) -> String {
        self.terminal.stdout()
    }

    /// Waits until the terminal holds every one of these, in any order.
    pub fn says(&self, wanted: &[&str]) -> String {
        self.await_output(wanted, |output| {
            wanted.iter().all(|part| output.contains(part)).then(|| output.to_owned())
        })
    }

    /// Waits until some line of the terminal holds all of these.
    pub fn says_in_a_line(&self, wanted: &[&str]) -> String {
        self.await_output(wanted, |output| {
            let line = output.lines().find(|line| wanted.iter().all(|part| line.contains(part)));
            line.map(str::to_owned)
        })
    }

    /// The process lives and the worker answers 200 at `path`.
    pub fn goes_on(&mut self, path: &str) {
        let ended = self.child.try_wait().expect("a child can be asked whether it has ended");
        assert!(ended.is_none(), "mote ended ({ended:?}); it wrote:\n{}", self.output());
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path} no longer answers: {}\n{}", answer.text, self.output());
    }

    /// What Ctrl-C does, and how the process ends then.
    pub fn interrupt(&mut self) -> ExitStatus {
        signal("INT", u64::from(self.pid()));
        self.ended()
    }

    /// How the process ends, which it must.
    pub fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be asked whether it has ended") {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    // Why not `localhost`: it may resolve to an IPv6 address first, which costs a failed attempt for each request.
    fn loopback(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn await_output(&self, wanted: &[&str], find: impl Fn(&str) -> Option<String>) -> String {
        let start = Instant::now();
        loop {
            let output = self.output();
            if let Some(found) = find(&output) {
                return found;
            }
            assert!(start.elapsed() < PATIENCE, "the terminal never says {wanted:?}; it says:\n{output}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn explain(&self, path: &str) -> String {
        format!("no answer to {path}; mote wrote:\n{}", self.output())
    }
}

impl Drop for Mote {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug)]
pub(crate) struct Terminal {
    stdout: Arc<Mutex<Vec<u8>>>,
    stderr: Arc<Mutex<Vec<u8>>>,
    readers: Mutex<Vec<std::thread::JoinHandle<()>>>,
}

impl Terminal {
    pub(crate) fn of(child: &mut Child) -> Self {
        let (stdout, out_reader) = collect(child.stdout.take().expect("stdout is a pipe"));
        let (stderr, err_reader) = collect(child.stderr.take().expect("stderr is a pipe"));
        Self { stdout, stderr, readers: Mutex::new(vec![out_reader, err_reader]) }
    }

    pub(crate) fn stdout(&self) -> String {
        text_of(&self.stdout)
    }

    fn stderr(&self) -> String {
        text_of(&self.stderr)
    }

    pub(crate) fn all(&self) -> String {
        format!("{}\n{}", self.stdout(), self.stderr())
    }

    /// Waits for the last bytes of a process that has ended.
    fn finish(&self) {
        for reader in self.readers.lock().expect("no reader panics").drain(..) {
            let _ = reader.join();
        }
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> (Arc<Mutex<Vec<u8>>>, std::thread::JoinHandle<()>) {
    let collected = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&collected);
    let reader = std::thread::spawn(move || {
        let mut piece = [0; 8192];
        while let Ok(read @ 1..) = pipe.read(&mut piece) {
            into.lock().expect("no reader panics").extend_from_slice(&piece[..read]);
        }
    });
    (collected, reader)
}

fn text_of(collected: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&collected.lock().expect("no reader panics")).into_owned()
}

/// Sends a signal to a process.
pub fn signal(name: &str, pid: u64) {
    let sent = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "process {pid} gets no SIG{name}");
}

/// The port in the first `http://localhost:PORT` or `http://NAME.localhost:PORT` of a line that has ended.
fn port_in(stdout: &str) -> Option<u16> {
    let complete = &stdout[..stdout.rfind('\n')?];
    let (_, rest) = complete.split_once("localhost:")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

pub(crate) fn mote_binary() -> PathBuf {
    if let Some(named) = std::env::var_os("MOTE_BIN") {
        return PathBuf::from(named);
    }
    let own = std::env::current_exe().expect("a test knows its own path");
    // target/PROFILE/deps/blackbox-HASH
    let profile = own.parent().and_then(Path::parent).expect("a test lies in target/PROFILE/deps");
    let target = profile.parent().expect("a profile's folder lies in the target folder");
    let candidates = [profile.join("mote"), target.join("debug/mote"), target.join("release/mote")];
    candidates.iter().find(|path| path.is_file()).cloned().unwrap_or_else(|| {
        panic!("no `mote` in {}: run `cargo build -p mote-cli` first, or set MOTE_BIN", profile.display())
    })
}

#[cfg(test)]
mod tests {
    use super::port_in;

    #[test]
    fn a_port_is_read_only_from_a_line_that_has_ended() {
        assert_eq!(port_in("Ready on http://localhost:87"), None);
        assert_eq!(port_in("Ready on http://localhost:8787\n"), Some(8787));
        assert_eq!(port_in("api  http://api.localhost:9000/\n"), Some(9000));
    }
}
