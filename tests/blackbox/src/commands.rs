//! `mote`'s own commands, as their users run them: in a project's folder, with a node's token.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::server::mote_binary;
use crate::{Door, Mote, Refusal, Tailing};

/// What would change whom a command speaks with, and as whom.
const SURROUNDINGS: [&str; 10] = [
    "MOTE_API",
    "MOTE_TOKEN",
    "MOTE_DATA",
    "MOTE_ACCOUNT",
    "CLOUDFLARE_API_BASE_URL",
    "CLOUDFLARE_API_TOKEN",
    "CLOUDFLARE_ACCOUNT_ID",
    "NO_COLOR",
    "HTTP_PROXY",
    "http_proxy",
];

/// A user who has a node, and stands in a folder.
#[derive(Debug)]
pub struct Commands {
    variables: Vec<(String, String)>,
    folder: PathBuf,
    _nowhere: TempDir,
}

impl Commands {
    /// Of a node, with its own token, in an empty folder.
    pub fn of(mote: &Mote, door: &Door) -> Self {
        let data = mote.data().to_str().expect("a temporary folder's path is UTF-8").to_owned();
        let api = format!("http://127.0.0.1:{}", door.port());
        Self::nobody().with("MOTE_API", &api).with("MOTE_DATA", &data)
    }

    /// Of no node.
    pub fn nobody() -> Self {
        let nowhere =
            tempfile::Builder::new().prefix("mote-blackbox-").tempdir().expect("a temporary folder");
        Self { variables: Vec::new(), folder: nowhere.path().to_owned(), _nowhere: nowhere }
    }

    /// With one more variable of the environment.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// In another folder.
    #[must_use]
    pub fn in_folder(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.folder);
        self
    }

    /// Runs `mote` with these arguments.
    pub fn run(&self, args: &[&str]) -> Refusal {
        self.run_with(args, "")
    }

    /// The same, with something on its stdin.
    pub fn run_with(&self, args: &[&str], stdin: &str) -> Refusal {
        self.finish(Command::new(mote_binary()), args, stdin)
    }

    /// Begins a command that goes on, such as `mote tail`.
    pub fn begin(&self, args: &[&str]) -> Tailing {
        Tailing::begin(self.prepared(Command::new(mote_binary()), args, ""))
    }

    fn finish(&self, command: Command, args: &[&str], stdin: &str) -> Refusal {
        let output = self.prepared(command, args, stdin).output().expect("it starts");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Refusal { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    fn prepared(&self, mut command: Command, args: &[&str], stdin: &str) -> Command {
        let input = self._nowhere.path().join("stdin.txt");
        std::fs::write(&input, stdin).expect("a temporary file can be written");
        for name in SURROUNDINGS {
            command.env_remove(name);
        }
        command
            .args(args)
            .envs(self.variables.iter().cloned())
            .current_dir(&self.folder)
            .stdin(Stdio::from(File::open(&input).expect("it was just written")));
        command
    }

    /// Runs another program on `mote` with these arguments.
    pub fn run_under(&self, program: &[&str], args: &[&str]) -> Refusal {
        let (program, before) = program.split_first().expect("a program");
        let mut command = Command::new(program);
        command.args(before).arg(mote_binary());
        self.finish(command, args, "")
    }

    /// What it says on stdout; it must succeed.
    pub fn says(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert_eq!(done.code, Some(0), "mote {args:?}: {}{}", done.stdout, done.stderr);
        done.stdout
    }

    /// The one document that is on stdout with `--json`; it must succeed.
    pub fn json(&self, args: &[&str]) -> Value {
        let text = self.says(&[args, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("mote {args:?}: {error}: {text}"))
    }

    /// What it says on stderr; it must fail with this code.
    pub fn fails(&self, code: i32, args: &[&str]) -> String {
        let done = self.run(args);
        assert_eq!(done.code, Some(code), "mote {args:?}: {}{}", done.stdout, done.stderr);
        done.stderr
    }
}
