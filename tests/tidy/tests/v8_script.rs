//! `scripts/v8` takes V8's library from the right place, and never puts a wrong one where cargo looks.
//!
//! Each test has a checkout, a cargo home and a cache of its own under cargo's folder for tests; the libraries are a few
//! bytes large, and upstream is a socket on this machine.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]
#![allow(clippy::disallowed_types, reason = "a blocking socket is what a test of a script needs")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

const FILE: &str = "librusty_v8_ptrcomp_release_x86_64-unknown-linux-gnu.a.gz";
const PLACE: &str = "v9_8_7_librusty_v8_ptrcomp_release_x86_64_unknown_linux_gnu_a_gz";
/// An address that answers nobody.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A checkout with the real script, and everything around it made up.
struct Place {
    root: PathBuf,
}

impl Place {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&root);
        let place = Self { root };
        let script =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/v8")).unwrap();
        place.write("main/scripts/v8", script.as_bytes());
        place.write(
            "main/Cargo.toml",
            b"[workspace.dependencies]\nv8 = { version = \"=9.8.7\", features = [\"v8_enable_pointer_compression\"] }\n",
        );
        place.build_script("echo 'no compiler here' >&2; exit 1");
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn build_script(&self, commands: &str) {
        let path = "main/scripts/build-v8.sh";
        self.write(path, format!("#!/bin/sh\nset -e\n{commands}\n").as_bytes());
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Puts a library and its sum into the folder beside the checkout.
    fn share(&self, library: &[u8], sum_of: &[u8]) {
        self.write(&format!("shared/v8/{FILE}"), library);
        self.write("shared/v8/SHA256SUMS", format!("{}  {FILE}\n", sha256(sum_of)).as_bytes());
    }

    fn command(&self) -> Command {
        let mut command = Command::new("python3");
        command
            .arg(self.path("main/scripts/v8"))
            .env("CARGO_HOME", self.path("cargo"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("CARGO_BUILD_TARGET", "x86_64-unknown-linux-gnu")
            .env("MOTE_V8_UPSTREAM", NOWHERE);
        for name in
            ["MOTE_V8", "RUSTY_V8_ARCHIVE", "RUSTY_V8_MIRROR", "V8_FROM_SOURCE", "RUSTY_V8_SKIP_DOWNLOAD"]
        {
            command.env_remove(name);
        }
        command
    }

    fn run(&self) -> Output {
        self.command().output().unwrap()
    }

    /// What lies where cargo looks.
    fn installed(&self) -> Option<Vec<u8>> {
        fs::read(self.path("cargo/.rusty_v8").join(PLACE)).ok()
    }

    /// The names of all files left in cargo's folder and in the cache.
    fn left_over_parts(&self) -> Vec<String> {
        ["cargo/.rusty_v8", "cache/mote/v8"]
            .iter()
            .filter_map(|folder| fs::read_dir(self.path(folder)).ok())
            .flat_map(|entries| {
                entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            })
            .filter(|name| name.ends_with(".part"))
            .collect()
    }
}

fn piped(mut command: Command, input: &[u8]) -> Vec<u8> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap().stdout
}

/// A packed static library whose content says where it is from.
fn library(from: &str) -> Vec<u8> {
    let mut gzip = Command::new("gzip");
    gzip.arg("-nc");
    piped(gzip, format!("!<arch>\n{from}\n").as_bytes())
}

fn sha256(bytes: &[u8]) -> String {
    String::from_utf8(piped(Command::new("sha256sum"), bytes)).unwrap().split(' ').next().unwrap().to_owned()
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Upstream's release page: answers each request with `body`, cut to `sent` bytes on a GET.
fn upstream(body: Vec<u8>, sent: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let first = lines.next().unwrap().unwrap();
            assert!(first.contains(&format!("/v9.8.7/{FILE}")), "asked for {first}");
            while !lines.next().unwrap().unwrap().is_empty() {}
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).unwrap();
            if first.starts_with("GET") {
                stream.write_all(&body[..sent]).unwrap();
            }
        }
    });
    address
}

#[test]
fn what_the_user_points_to_comes_first() {
    let place = Place::new("pointed");
    place.share(&library("shared"), &library("shared"));
    place.write("mine.gz", &library("mine"));
    let run = place.command().env("MOTE_V8", place.path("mine.gz")).output().unwrap();
    assert!(run.status.success(), "{}", words(&run));
    assert_eq!(place.installed(), Some(library("mine")));
    assert!(place.run().status.success());
    assert_eq!(place.installed(), Some(library("mine")), "and stays, once it is in place");
}

#[test]
fn a_wrong_pointer_never_leads_on_to_another_library() {
    let place = Place::new("wrong-pointer");
    place.share(&library("shared"), &library("shared"));
    place.write("text.gz", b"this is no library");
    for (name, value) in [("MOTE_V8", "gone.gz"), ("MOTE_V8", "text.gz"), ("RUSTY_V8_ARCHIVE", "gone.gz")] {
        let run = place.command().env(name, place.path(value)).output().unwrap();
        assert_eq!(run.status.code(), Some(1), "{name}={value}");
        assert!(words(&run).contains(name), "{}", words(&run));
        assert_eq!(place.installed(), None);
    }
}

#[test]
fn what_cargo_reads_by_itself_is_left_to_cargo() {
    let place = Place::new("left-to-cargo");
    place.share(&library("shared"), &library("shared"));
    place.write("mine.gz", &library("mine"));
    let mine = place.path("mine.gz").to_string_lossy().into_owned();
    for (name, value) in
        [("RUSTY_V8_ARCHIVE", mine.as_str()), ("RUSTY_V8_MIRROR", "http://x"), ("V8_FROM_SOURCE", "1")]
    {
        let run = place.command().env(name, value).output().unwrap();
        assert!(run.status.success() && words(&run).contains(name), "{}", words(&run));
        assert_eq!(place.installed(), None, "{name}");
    }
}

#[test]
fn a_library_that_is_in_place_is_taken_as_it_is() {
    let place = Place::new("in-place");
    place.share(&library("shared"), &library("shared"));
    place.write(&format!("cargo/.rusty_v8/{PLACE}"), &library("mine"));
    assert!(place.run().status.success());
    assert_eq!(place.installed(), Some(library("mine")));
}

#[test]
fn a_damaged_library_is_never_left_in_place() {
    let place = Place::new("damaged");
    place.share(&library("shared"), &library("shared"));
    let whole = library("mine");
    place.write(&format!("cargo/.rusty_v8/{PLACE}"), &whole[..whole.len() - 5]);
    assert!(place.run().status.success());
    assert_eq!(place.installed(), Some(library("shared")), "cut off, its sum unknown");

    place.write(&format!("cargo/.rusty_v8/{PLACE}"), &library("other"));
    assert!(place.run().status.success());
    assert_eq!(place.installed(), Some(library("shared")), "whole, but not the one remembered");
}

#[test]
fn a_shared_library_with_a_wrong_sum_is_passed_by() {
    let place = Place::new("wrong-sum");
    place.share(&library("shared"), &library("what it should be"));
    let run = place.run();
    assert_eq!(run.status.code(), Some(1), "there is no other source");
    assert!(words(&run).contains("SHA256SUMS"), "{}", words(&run));
    assert_eq!(place.installed(), None);
}

#[test]
fn a_download_is_kept_for_the_next_cargo_home() {
    let place = Place::new("download");
    let body = library("upstream");
    let address = upstream(body.clone(), body.len());
    let run = place.command().env("MOTE_V8_UPSTREAM", address).output().unwrap();
    assert!(run.status.success(), "{}", words(&run));
    assert_eq!(place.installed(), Some(body.clone()));

    fs::remove_dir_all(place.path("cargo")).unwrap();
    assert!(place.run().status.success(), "upstream is out of reach now");
    assert_eq!(place.installed(), Some(body));
}

#[test]
fn a_download_that_breaks_off_never_arrives() {
    let place = Place::new("broken-download");
    let body = library("upstream");
    let run =
        place.command().env("MOTE_V8_UPSTREAM", upstream(body.clone(), body.len() / 2)).output().unwrap();
    assert_eq!(run.status.code(), Some(1));
    assert!(words(&run).contains("broke off"), "{}", words(&run));
    assert_eq!((place.installed(), place.left_over_parts()), (None, vec![]));
}

#[test]
fn the_last_resort_is_a_build_and_it_happens_once() {
    let place = Place::new("build");
    place.write("built.gz", &library("built"));
    let built = place.path("built.gz");
    place.build_script(&format!(
        "mkdir -p \"$1\"; cp '{}' \"$1/{FILE}\"; echo built $V8_VERSION >&2",
        built.display()
    ));
    let run = place.run();
    assert!(run.status.success() && words(&run).contains("built 9.8.7"), "{}", words(&run));
    assert_eq!(place.installed(), Some(library("built")));

    fs::remove_dir_all(place.path("cargo")).unwrap();
    place.build_script("echo 'a second build' >&2; exit 1");
    assert!(place.run().status.success());
    assert_eq!(place.installed(), Some(library("built")));
}

#[test]
fn a_build_that_fails_says_so_and_leaves_nothing_in_place() {
    let place = Place::new("failed-build");
    let run = place.run();
    assert_eq!(run.status.code(), Some(1));
    assert!(words(&run).contains("no compiler here") && words(&run).contains("MOTE_V8"), "{}", words(&run));
    assert_eq!(place.installed(), None);
}

#[test]
fn a_target_without_a_recipe_is_left_to_cargo_with_a_word() {
    let place = Place::new("other-target");
    let run = place.command().env("CARGO_BUILD_TARGET", "riscv64gc-unknown-linux-gnu").output().unwrap();
    assert!(run.status.success() && words(&run).contains("riscv64gc"), "{}", words(&run));
}

#[test]
fn a_full_disk_leaves_no_half_file() {
    let place = Place::new("full-disk");
    let large: String = (0..20_000).map(|n| format!("{:x}", n * 2_654_435_761_u64)).collect();
    place.share(&library(&large), &library(&large));
    let script = place.command();
    let mut limited = Command::new("bash");
    // A limit on the size of a file is what a test can have of a full disk: the write fails half-way.
    limited.args(["-c", "ulimit -f 16; exec python3 \"$0\""]).arg(place.path("main/scripts/v8"));
    for (name, value) in script.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let run = limited.output().unwrap();
    assert_eq!(run.status.code(), Some(1), "{}", words(&run));
    assert!(words(&run).contains("no room on the disk"), "{}", words(&run));
    assert_eq!((place.installed(), place.left_over_parts()), (None, vec![]));
}

#[test]
fn of_two_runs_at_once_only_one_builds() {
    let place = Place::new("two-at-once");
    place.write("built.gz", &library("built"));
    let (built, count) = (place.path("built.gz"), place.path("builds"));
    place.build_script(&format!(
        "echo x >> '{}'; sleep 1; mkdir -p \"$1\"; cp '{}' \"$1/{FILE}\"",
        count.display(),
        built.display()
    ));
    let runs: Vec<_> = (0..2).map(|_| place.command().stderr(Stdio::piped()).spawn().unwrap()).collect();
    for run in runs {
        assert!(run.wait_with_output().unwrap().status.success());
    }
    assert_eq!(fs::read_to_string(count).unwrap().lines().count(), 1);
    assert_eq!(place.installed(), Some(library("built")));
}
