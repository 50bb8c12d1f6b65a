//! A process of `examples/jailed.rs`, held as the host holds a cell.

use std::{
    ffi::CString,
    fs,
    io::{BufRead, BufReader, Write},
    os::{
        fd::{AsFd, AsRawFd},
        unix::net::UnixStream,
    },
    path::PathBuf,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use mote_sandbox::{
    attempts::{Attempt, Attempts},
    page::SharedPage,
    process::{CellProcess, Ended, Namespaces, Spawn},
};

/// Anything that takes longer has gone wrong.
const PATIENCE_MS: i32 = 20_000;

pub(crate) struct Jailed {
    pub(crate) process: CellProcess,
    pub(crate) page: SharedPage,
    pub(crate) link: BufReader<UnixStream>,
    pub(crate) parts: Vec<String>,
    pub(crate) open: Vec<i32>,
    pub(crate) attempts: Option<Attempts>,
}

/// What came of an order: what the kernel reported meanwhile, and what the call returned, if the process lives.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) reported: Vec<Attempt>,
    pub(crate) returned: Option<i64>,
}

pub(crate) fn spawn(mode: &str, link: UnixStream, page: std::os::fd::OwnedFd) -> Spawn {
    Spawn {
        program: program(),
        arguments: ["mote-jailed", mode].map(|text| CString::new(text).unwrap()).into(),
        descriptors: vec![link.into(), page],
        stderr: Some(std::io::stderr().as_fd().try_clone_to_owned().unwrap()),
        name: "test".into(),
        memory_bytes_max: 1 << 30,
    }
}

/// Tests stand in `deps`, examples beside it.
pub(crate) fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().parent().unwrap().join("examples/jailed");
    assert!(program.exists(), "cargo builds examples with tests: {}", program.display());
    program
}

impl Jailed {
    pub(crate) fn start(mode: &str, namespaces: Namespaces) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (page, descriptor) = SharedPage::create().unwrap();
        let process = CellProcess::start_in(spawn(mode, theirs, descriptor), namespaces).unwrap();
        ours.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut jailed = Self {
            process,
            page,
            link: BufReader::new(ours),
            parts: Vec::new(),
            open: Vec::new(),
            attempts: None,
        };
        jailed.greet(mode);
        jailed
    }

    fn greet(&mut self, mode: &str) {
        loop {
            let mut line = String::new();
            self.link.read_line(&mut line).unwrap();
            let (word, rest) =
                line.trim().split_once(' ').expect("the process says how it is before it is served");
            match word {
                "open" => {
                    self.open = rest.split(' ').map(|number| number.parse().unwrap()).collect();
                    if mode == "open" {
                        return;
                    }
                }
                "part" => self.parts.push(rest.to_owned()),
                "sealed" => {
                    if let Ok(number) = rest.parse() {
                        let listener = self.process.descriptor_of(number).unwrap();
                        self.attempts = Some(Attempts::new(listener).unwrap());
                    }
                    return;
                }
                _ => panic!("{line}"),
            }
        }
    }

    /// Orders something, denies what is reported, and waits for the result or the end.
    pub(crate) fn order(&mut self, what: &str) -> Outcome {
        writeln!(self.link.get_ref(), "{what}").unwrap();
        let mut reported = Vec::new();
        let end = Instant::now() + Duration::from_millis(PATIENCE_MS.cast_unsigned().into());
        loop {
            assert!(Instant::now() < end, "{what}: nothing happened but {:?}", reported.first());
            let listener = self.attempts.as_ref().map_or(-1, AsRawFd::as_raw_fd);
            wait(&[self.link.get_ref().as_raw_fd(), listener]);
            while let Some(attempt) = self.attempts.as_ref().and_then(|a| a.next().unwrap_or_default()) {
                self.attempts.as_ref().unwrap().deny(&attempt).unwrap();
                reported.push(attempt);
            }
            if !readable(self.link.get_ref().as_raw_fd()) {
                continue;
            }
            let mut line = String::new();
            let returned = match self.link.read_line(&mut line) {
                Ok(0) | Err(_) => None,
                Ok(_) => Some(line.trim().strip_prefix("result ").unwrap().parse().unwrap()),
            };
            return Outcome { reported, returned };
        }
    }

    pub(crate) fn ended(&mut self) -> Ended {
        wait(&[self.process.as_fd().as_raw_fd()]);
        self.process.try_wait().unwrap().expect("its descriptor says that it has ended")
    }

    pub(crate) fn slot(&self, index: usize) -> u64 {
        self.page.slot(index).load(Ordering::Relaxed)
    }

    /// A file of the kernel's about the process.
    pub(crate) fn about(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.process.pid())).unwrap()
    }

    /// A line of its status.
    pub(crate) fn status(&self, field: &str) -> String {
        let text = self.about("status");
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{field}:"))).unwrap();
        line.trim().to_owned()
    }

    pub(crate) fn holds(&self, part: &str) -> bool {
        self.parts.iter().any(|line| *line == format!("{part}: holds"))
    }
}

/// Waits until one of them can be read, or has ended.
pub(crate) fn wait(descriptors: &[i32]) {
    let mut waiting: Vec<_> =
        descriptors.iter().map(|fd| libc::pollfd { fd: *fd, events: libc::POLLIN, revents: 0 }).collect();
    // SAFETY: it is a list of that length.
    let ready = unsafe { libc::poll(waiting.as_mut_ptr(), waiting.len() as libc::nfds_t, PATIENCE_MS) };
    assert!(ready > 0, "nothing happened in time");
}

fn readable(descriptor: i32) -> bool {
    let mut waiting = libc::pollfd { fd: descriptor, events: libc::POLLIN, revents: 0 };
    // SAFETY: it is one `pollfd`.
    unsafe { libc::poll(&raw mut waiting, 1, 0) > 0 }
}
