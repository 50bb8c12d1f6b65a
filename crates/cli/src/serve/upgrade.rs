//! Zero-downtime upgrades: a node starts the program that is installed now, hands it the listening sockets, and leaves when
//! it has finished what it had.
//!
//! The new process serves before the old one stops: both wait at the same sockets. If the new one does not come up, the old
//! one goes on.

use std::{
    ffi::OsString,
    fs,
    io::{self, Read, Write},
    os::fd::{AsFd, AsRawFd, OwnedFd},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use rustix::{
    io::{FdFlags, fcntl_setfd},
    pipe::pipe,
    process::{Pid, Signal, kill_process, test_kill_process},
};

use super::options::UpgradeOptions;

/// The option by which a new process learns of what it is handed.
const HANDOVER: &str = "--handover";
/// How long a new process may take until it serves.
const READY_MAX: Duration = Duration::from_secs(60);
/// How often `mote upgrade` looks.
const LOOK_PERIOD: Duration = Duration::from_millis(50);

/// The file in the node's folder with the number of the process that serves.
fn pid_file(data: &Path) -> PathBuf {
    data.join("mote.pid")
}

/// Notes that this process serves now.
pub(super) fn write_pid(data: &Path) -> io::Result<()> {
    let (file, new) = (pid_file(data), data.join("mote.pid.new"));
    fs::write(&new, format!("{}\n", std::process::id()))?;
    fs::rename(new, file)
}

/// Removes the note, unless another process has written it since.
pub(super) fn remove_pid(data: &Path) {
    if read_pid(data).is_ok_and(|pid| Pid::as_raw(Some(pid)).cast_unsigned() == std::process::id()) {
        let _ = fs::remove_file(pid_file(data));
    }
}

/// The file in which a node says what became of an upgrade that it was asked for.
fn outcome_file(data: &Path) -> PathBuf {
    data.join("mote.upgrade")
}

/// Says what became of an upgrade, for the `mote upgrade` that waits for it.
pub(super) fn say_outcome(data: &Path, outcome: &io::Result<u32>) {
    let text = match outcome {
        Ok(pid) => format!("serves {pid}\n"),
        Err(error) => format!("failed {error}\n"),
    };
    // Without the file the command waits in vain and says so.
    let _ = fs::write(data.join("mote.upgrade.new"), text)
        .and_then(|()| fs::rename(data.join("mote.upgrade.new"), outcome_file(data)));
}

/// The process that serves from a folder, as far as it says so.
pub(super) fn serving(data: &Path) -> Option<i32> {
    read_pid(data).ok().map(|pid| Pid::as_raw(Some(pid)))
}

fn read_pid(data: &Path) -> io::Result<Pid> {
    let text = fs::read_to_string(pid_file(data))?;
    let number = text.trim().parse().ok().and_then(Pid::from_raw);
    number.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the file has no process number in it"))
}

/// What a node hands over: the sockets where clients and operators come in, and the lock of its folder.
#[derive(Debug)]
pub(super) struct Handed {
    pub(super) listener: OwnedFd,
    pub(super) admin: OwnedFd,
    pub(super) lock: OwnedFd,
}

impl Handed {
    /// The same once more, to be given away.
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        let Self { listener, admin, lock } = self;
        Ok(Self { listener: listener.try_clone()?, admin: admin.try_clone()?, lock: lock.try_clone()? })
    }
}

/// Starts `program` with the arguments of this process and hands it what it needs to serve here;
/// returns its process's number when it serves.
pub(super) fn hand_over(program: &Path, handed: Handed) -> io::Result<u32> {
    let (ready, said) = pipe()?;
    let Handed { listener, admin, lock } = handed;
    let passed = [listener, admin, said, lock];
    for descriptor in &passed {
        fcntl_setfd(descriptor, FdFlags::empty())?;
    }
    let numbers: Vec<String> = passed.iter().map(|descriptor| descriptor.as_raw_fd().to_string()).collect();
    let arguments = without_handover(std::env::args_os().skip(1));
    let child = Command::new(program).args(arguments).arg(HANDOVER).arg(numbers.join(",")).spawn()?;
    // Only the child may hold the writing end: its death must end the pipe.
    drop(passed);
    let number = child.id();
    wait_until_ready(ready)?;
    Ok(number)
}

/// A command line without what an earlier upgrade has put into it.
fn without_handover(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut skip = false;
    arguments
        .filter(|argument| {
            let here = skip || argument == HANDOVER;
            skip = argument == HANDOVER;
            !here
        })
        .collect()
}

fn wait_until_ready(ready: OwnedFd) -> io::Result<()> {
    let mut event = [rustix::event::PollFd::from_borrowed_fd(ready.as_fd(), rustix::event::PollFlags::IN)];
    let wait = rustix::event::Timespec { tv_sec: READY_MAX.as_secs().cast_signed(), tv_nsec: 0 };
    if rustix::event::poll(&mut event, Some(&wait))? == 0 {
        return Err(io::Error::new(io::ErrorKind::TimedOut, "the new process did not come up in time"));
    }
    let mut word = [0];
    match fs::File::from(ready).read(&mut word)? {
        0 => Err(io::Error::other("the new process ended before it served; it has said why")),
        _ => Ok(()),
    }
}

/// Tells the old process that this one serves.
pub(super) fn say_ready(said: OwnedFd) -> io::Result<()> {
    fs::File::from(said).write_all(b"1")
}

/// `mote upgrade`.
pub(crate) fn run(options: &UpgradeOptions) -> ExitCode {
    match upgrade(&options.data) {
        Ok(text) => {
            report(&text);
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the command's answer")]
fn report(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "the command's error")]
fn complain(text: &str) {
    eprintln!("error: {text}");
}

#[expect(clippy::disallowed_methods, reason = "this process does nothing but wait")]
fn upgrade(data: &Path) -> Result<String, UpgradeError> {
    let file = pid_file(data);
    let old = read_pid(data).map_err(|source| UpgradeError::NoNode { file: file.clone(), source })?;
    let outcome = outcome_file(data);
    match fs::remove_file(&outcome) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(UpgradeError::NoNode { file: outcome, source: error });
        }
        Ok(()) | Err(_) => {}
    }
    kill_process(old, Signal::USR2).map_err(|_| UpgradeError::Gone { file: file.clone(), old })?;
    let started = Instant::now();
    while started.elapsed() < READY_MAX + Duration::from_secs(5) {
        let said = fs::read_to_string(&outcome).unwrap_or_default();
        match said.trim_end().split_once(' ') {
            Some(("serves", new)) => {
                return Ok(format!("process {old} has handed over to {new}, and leaves when it is done"));
            }
            Some((_, reason)) => return Err(UpgradeError::Refused { old, reason: reason.to_owned() }),
            None => {}
        }
        if test_kill_process(old).is_err() {
            return Err(UpgradeError::Gone { file, old });
        }
        std::thread::sleep(LOOK_PERIOD);
    }
    Err(UpgradeError::Refused { old, reason: "it did not say anything in time".to_owned() })
}

/// Why a node was not upgraded.
#[derive(Debug, thiserror::Error)]
enum UpgradeError {
    #[error("no node serves from here: {}: {source}\n  help: `--data` names the node's folder", file.display())]
    NoNode { file: PathBuf, source: io::Error },
    #[error("process {old}, which {} names, is gone or belongs to somebody else", file.display())]
    Gone { file: PathBuf, old: Pid },
    #[error("process {old} goes on by itself: {reason}; the node's log says more")]
    Refused { old: Pid, reason: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_upgrade_does_not_hand_over_what_the_first_did() {
        let line = ["serve", "--handover", "3,4,5", "--listen", "x"].map(OsString::from);
        assert_eq!(without_handover(line.into_iter()), ["serve", "--listen", "x"]);
    }
}
