//! Every target reads its samples, and spoilt copies of them. `MOTE_ROUNDS=100` spoils a hundred times as many.
//!
//! Not libtest's own harness: V8 must be initialised on the main thread before any other exists.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must stop")]

use std::{fs, path::Path, process::ExitCode};

use mote_fuzz::{TARGETS, Target};
use mote_mutator::Mutator;

fn main() -> ExitCode {
    mote_fuzz::initialize();
    let arguments = libtest_mimic::Arguments::from_args();
    let trial = |name: String, test: Box<dyn FnOnce() + Send>| {
        libtest_mimic::Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let mut trials: Vec<_> = TARGETS
        .iter()
        .map(|target| trial(format!("{}_reads_whatever_comes", target.name), Box::new(|| read(target))))
        .collect();
    trials
        .push(trial("every_target_has_samples_and_all_samples_a_target".to_owned(), Box::new(all_are_there)));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn read(target: &Target) {
    let samples = samples(target.name);
    for (name, bytes) in &samples {
        let shown = Shown(name);
        target.read(bytes);
        drop(shown);
    }
    let bytes: Vec<&[u8]> = samples.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    Mutator::new(&bytes, target.words).spoil(target.rounds, |input| target.read(input));
}

/// Says which sample was read when the target panics.
struct Shown<'a>(&'a str);

impl Drop for Shown<'_> {
    #[expect(clippy::print_stderr, reason = "it is for the reader of a failed test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the sample {}", self.0);
        }
    }
}

/// The samples of a target, by name; in the same order in every run.
fn samples(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut found: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    found.sort();
    found
}

fn all_are_there() {
    for target in TARGETS {
        assert!(!samples(target.name).is_empty(), "{} has no samples", target.name);
    }
    let folders = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")).unwrap();
    assert_eq!(folders.count(), TARGETS.len(), "a folder of corpus/ has no target");
}
