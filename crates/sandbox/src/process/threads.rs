//! What the kernel knows of a process's threads. The process has no say in it, so it holds also of one that was taken over.

use std::{fs, path::PathBuf, time::Duration};

/// What a thread does at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// It runs, or would run if there were a processor for it.
    Runs,
    /// It sleeps until somebody wakes it.
    Sleeps,
    /// It waits for a disk or for memory, is held by a debugger, or has ended.
    Else,
}

/// A thread at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadView {
    /// CPU time that it has used so far.
    pub cpu: Duration,
    /// What it does.
    pub does: Does,
}

/// Looks into the threads of one process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Threads {
    pub(super) pid: u32,
}

impl Threads {
    /// The first thread of this name, the process's first thread aside. A thread gives itself its name, so this is to be asked
    /// while nobody hostile is there.
    pub(super) fn named(self, name: &str) -> Option<u32> {
        let is_it = |number: &u32| {
            // Not below the process's `task`: when the process has ended, the kernel would spend a millisecond or more on
            // forgetting what was looked up there.
            let comm = fs::read_to_string(format!("/proc/{number}/comm")).unwrap_or_default();
            *number != self.pid && comm.trim_end() == name
        };
        self.numbers()?.into_iter().find(is_it)
    }

    pub(super) fn view(self, number: u32) -> Option<ThreadView> {
        let (does, ticks) = parse_stat(&fs::read_to_string(self.file(number, "stat")).ok()?)?;
        // In nanoseconds where the kernel keeps them.
        let exact = fs::read_to_string(self.file(number, "schedstat")).ok();
        let exact = exact.and_then(|text| text.split(' ').next()?.parse().ok()).map(Duration::from_nanos);
        Some(ThreadView { cpu: exact.unwrap_or_else(|| of_ticks(ticks)), does })
    }

    /// Whether all threads but this one sleep. False if that cannot be seen.
    pub(super) fn sleep(self, but: u32) -> bool {
        let sleeps = |number: u32| {
            let text = fs::read_to_string(self.file(number, "stat")).unwrap_or_default();
            parse_stat(&text).is_some_and(|(does, _)| does == Does::Sleeps)
        };
        let numbers = self.numbers().unwrap_or_default();
        !numbers.is_empty() && numbers.into_iter().filter(|number| *number != but).all(sleeps)
    }

    fn numbers(self) -> Option<Vec<u32>> {
        let entries = fs::read_dir(format!("/proc/{}/task", self.pid)).ok()?;
        Some(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect())
    }

    fn file(self, number: u32, name: &str) -> PathBuf {
        format!("/proc/{}/task/{number}/{name}", self.pid).into()
    }
}

/// State, and CPU time in the kernel's ticks, of a `stat` file (proc(5)).
fn parse_stat(text: &str) -> Option<(Does, u64)> {
    // The state stands behind the name, which may hold anything.
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    let does = match fields.next()? {
        "R" => Does::Runs,
        "S" => Does::Sleeps,
        _ => Does::Else,
    };
    // Fields 14 and 15 of all, the state being the third: in user mode, and in the kernel.
    let mut times = fields.skip(10).map(str::parse::<u64>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some((does, user.checked_add(system)?))
}

fn of_ticks(ticks: u64) -> Duration {
    // SAFETY: it asks for a number.
    let per_second = u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).unwrap_or(0).max(1);
    Duration::from_millis(ticks.saturating_mul(1_000) / per_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_file_is_read_whatever_the_thread_calls_itself() {
        let rest = "1 2 3 0 -1 4194304 129 0 0 0 17 25 0 0 20 0 1 0 3445281 3";
        for name in ["cell", "", "a b", ") S 1 (", "(((", ")) R"] {
            assert_eq!(parse_stat(&format!("77 ({name}) S {rest}\n")), Some((Does::Sleeps, 42)), "{name}");
        }
        assert_eq!(parse_stat(&format!("77 (a) R {rest}")).unwrap().0, Does::Runs);
        for state in ["D", "T", "t", "Z", "X", "I", ""] {
            assert_eq!(parse_stat(&format!("77 (a) {state} {rest}")).unwrap().0, Does::Else, "{state}");
        }
    }

    #[test]
    fn what_is_no_stat_file_is_nothing() {
        for text in ["", "77", "77 (a)", "77 (a) ", "77 (a) S 1 2 3", "77 (a) S 1 2 3 0 -1 4 1 0 0 0 x y 0"] {
            assert_eq!(parse_stat(text), None, "{text}");
        }
        let huge = u64::MAX;
        assert_eq!(parse_stat(&format!("77 (a) S 1 2 3 0 -1 4 1 0 0 0 {huge} {huge} 0")), None);
    }

    #[test]
    fn a_thread_that_sleeps_is_told_from_one_that_runs() {
        let (wake, woken) = std::sync::mpsc::sync_channel::<()>(1);
        let sleeper = std::thread::Builder::new().name("a sleeper".into());
        let sleeper = sleeper.spawn(move || woken.recv().is_err()).unwrap();
        let threads = Threads { pid: std::process::id() };
        let number = loop {
            match threads.named("a sleeper") {
                Some(number) => break number,
                None => std::thread::yield_now(),
            }
        };
        while threads.view(number).unwrap().does != Does::Sleeps {
            std::thread::yield_now();
        }
        let before = threads.view(number).unwrap().cpu;
        assert_eq!(threads.view(number).unwrap().cpu, before, "who sleeps uses nothing");
        // This thread runs, and it looks.
        assert!(!threads.sleep(number));
        drop(wake);
        sleeper.join().unwrap();
        assert_eq!(threads.named("no such thread"), None);
    }
}
