//! Programs that start others and leave some of them behind: all of them end together.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

// Twice this is less than what `.config/nextest.toml` gives a test: whoever ends a test does not know of its groups.
const PATIENCE: Duration = Duration::from_secs(240);

/// Everything that a program has started, but for what went away on purpose. Dropping it kills them.
#[derive(Debug)]
pub(crate) struct Group {
    leader: u32,
}

impl Group {
    /// The group of a process that made one of its own.
    pub(crate) fn led_by(leader: u32) -> Self {
        Self { leader }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.leader);
        // Nobody may be left in it.
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    }
}

/// Runs it to its end and gives what it wrote. It must succeed, and what it has left running ends with it.
pub(crate) fn succeeds(command: &mut Command) -> String {
    // A pipe would not end before those that are left behind.
    let mut written = tempfile::tempfile().expect("a temporary file");
    let writes = |file: &File| Stdio::from(file.try_clone().expect("an open file"));
    command.stdin(Stdio::null()).stdout(writes(&written)).stderr(writes(&written)).process_group(0);
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let group = Group::led_by(child.id());
    let status = ended(&mut child);
    drop(group);
    // Where it was killed just now: it has been our child for as long.
    let _ = child.wait();
    let mut text = Vec::new();
    written.rewind().and_then(|()| written.read_to_end(&mut text)).expect("a temporary file can be read");
    let text = String::from_utf8_lossy(&text).into_owned();
    match status {
        Some(status) => assert!(status.success(), "{command:?}: {status}\n{text}"),
        None => panic!("{command:?}: not ready after {PATIENCE:?}\n{text}"),
    }
    text
}

fn ended(child: &mut Child) -> Option<ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().expect("a child can be asked whether it has ended") {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;
    use std::process::Command;

    use mote_blackbox::eventually;

    use super::succeeds;

    #[test]
    fn nothing_that_a_build_has_started_outlives_it() {
        let left = succeeds(Command::new("sh").args(["-c", "sleep 1000 & echo $!"]));
        is_gone(left.trim());
    }

    #[test]
    fn nothing_outlives_a_build_that_fails() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let script = "sleep 1000 & echo $! > left; exit 1";
        let failed = catch_unwind(|| succeeds(Command::new("sh").args(["-c", script]).current_dir(&folder)));
        assert!(failed.is_err());
        is_gone(std::fs::read_to_string(folder.path().join("left")).expect("what it wrote").trim());
    }

    fn is_gone(pid: &str) {
        assert!(pid.parse::<u32>().is_ok(), "no process: {pid}");
        eventually("it is gone, or dead and not yet buried by its new parent", || {
            let about = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let state = about.rsplit(") ").next().unwrap_or_default();
            (state.is_empty() || state.starts_with(['Z', 'X'])).then_some(())
        });
    }
}
