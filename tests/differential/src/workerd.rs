//! The real workerd, from its npm package, with the same workers and bindings as Mote.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::TempDir;

use crate::folder;

/// A running workerd. Dropping it kills it.
#[derive(Debug)]
pub struct Workerd {
    child: Child,
    /// The port of `worker/`.
    pub modules: u16,
    /// The port of `classic/`.
    pub classic: u16,
    _config: TempDir,
}

impl Workerd {
    /// Starts it and waits until it listens.
    pub fn start(upstream: &str) -> Self {
        install_packages();
        let config =
            tempfile::Builder::new().prefix("mote-differential-").tempdir().expect("a temporary folder");
        let file = config.path().join("config.capnp");
        std::fs::write(&file, configuration(upstream)).expect("a temporary folder can be written");
        let binary = packages().join("node_modules/@cloudflare/workerd-linux-64/bin/workerd");
        let mut child = Command::new(&binary)
            .arg("serve")
            .arg(&file)
            .arg("--control-fd=1")
            .arg("--import-path=/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(File::create(config.path().join("stderr.txt")).expect("a file to write to")))
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", binary.display()));
        let told = ports(&mut child);
        let Some((modules, classic)) = told else {
            let _ = child.kill();
            let _ = child.wait();
            let said = std::fs::read_to_string(config.path().join("stderr.txt")).unwrap_or_default();
            panic!("workerd ended before it listened; it wrote:\n{said}");
        };
        Self { child, modules, classic, _config: config }
    }
}

/// Where it says that it listens: the ports of `modules` and of `classic`.
fn ports(child: &mut Child) -> Option<(u16, u16)> {
    let (mut modules, mut classic) = (None, None);
    for line in BufReader::new(child.stdout.take()?).lines().map_while(Result::ok) {
        let Ok(event) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
        let port = event["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        match event["socket"].as_str() {
            Some("modules") => modules = port,
            Some("classic") => classic = port,
            _ => {}
        }
        if let (Some(modules), Some(classic)) = (modules, classic) {
            return Some((modules, classic));
        }
    }
    None
}

impl Drop for Workerd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(upstream: &str) -> String {
    let worker = folder().join("worker");
    let mut modules = String::new();
    // The first one is the main module.
    for name in std::iter::once("main.js".to_owned()).chain(modules_of(&worker)) {
        let _ = writeln!(modules, "    (name = {name:?}, esModule = embed {:?}),", worker.join(&name));
    }
    let classic = folder().join("classic/index.js");
    format!(
        r#"using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "modules", worker = .modules),
    (name = "classic", worker = .classic),
    # The upstream is on loopback, which workerd's default network refuses.
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
    (name = "modules", address = "127.0.0.1:0", http = (), service = "modules"),
    (name = "classic", address = "127.0.0.1:0", http = (), service = "classic"),
  ],
);

const modules :Workerd.Worker = (
  modules = [
{modules}  ],
  compatibilityDate = "{DATE}",
  compatibilityFlags = ["nodejs_compat"],
  bindings = [
    (name = "UPSTREAM", text = {upstream:?}),
    (name = "TEXT", text = "a variable"),
    (name = "OBJECT", json = "{{\"deep\":[1,{{\"two\":true}}]}}"),
    (name = "SELF", service = "modules"),
    (name = "CALLED", service = (name = "modules", entrypoint = "Called")),
  ],
);

const classic :Workerd.Worker = (
  serviceWorkerScript = embed {classic:?},
  compatibilityDate = "{DATE}",
  bindings = [(name = "TEXT", text = "a global")],
);
"#
    )
}

/// As in the wrangler.toml of both workers.
const DATE: &str = "2026-08-01";

fn modules_of(worker: &Path) -> Vec<String> {
    let files = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("a folder of the suite");
        entries.map(|entry| entry.expect("a readable folder").path()).collect()
    };
    let mut names: Vec<String> = [worker.to_path_buf(), worker.join("cases")]
        .iter()
        .flat_map(|folder| files(folder))
        .filter(|path| path.extension().is_some_and(|ending| ending == "js"))
        .map(|path| path.strip_prefix(worker).expect("it lies in there").to_string_lossy().into_owned())
        .filter(|name| name != "main.js")
        .collect();
    names.sort();
    names
}

fn packages() -> PathBuf {
    folder().join("workerd")
}

// The lock keeps parallel tests from installing into the same folder at once.
fn install_packages() {
    let lockfile = File::open(packages().join("package-lock.json")).expect("workerd's lockfile");
    lockfile.lock().expect("a file can be locked");
    if packages().join("node_modules/.package-lock.json").exists() {
        return;
    }
    let installed = Command::new("npm").args(["ci", "--omit=dev"]).current_dir(packages()).status();
    assert!(
        installed.as_ref().is_ok_and(ExitStatus::success),
        "`npm ci --prefix tests/differential/workerd` failed: {installed:?}"
    );
}
