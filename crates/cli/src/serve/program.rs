//! A cell's program: this one, started again.

use std::{
    ffi::CString,
    io,
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
    process::ExitCode,
};

use mote_cell::process::ProcessOptions;
use mote_host::supervisor::Profile;
use mote_sandbox::doctor;

use super::{
    CellOptions, Options, ServeError,
    log::{Level, line},
    options::Sandbox,
};

/// `mote cell`: what the host starts.
pub(crate) fn run_cell(options: &CellOptions) -> ExitCode {
    let jitless = options.jitless.then(|| "--jitless".to_owned());
    let log_events = options.log_events.then(|| "--log-events".to_owned());
    mote_cell::process::run(ProcessOptions::from_arguments(jitless.into_iter().chain(log_events)))
}

/// The programs that a node starts.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// Where this program is installed: an upgrade starts what lies there then.
    pub(super) path: PathBuf,
    /// What a cell is started from: the very file that runs here, also when another lies in its place by now.
    pub(super) cell: PathBuf,
    log_events: bool,
    cell_stderr: bool,
}

impl Program {
    pub(super) fn of(options: &Options) -> io::Result<Self> {
        Ok(Self {
            path: std::env::current_exe()?,
            cell: options.cell_program.clone().unwrap_or_else(|| "/proc/self/exe".into()),
            log_events: options.log_events,
            cell_stderr: options.cell_stderr,
        })
    }

    /// The arguments of a cell, the first being its name.
    pub(super) fn cell_arguments(&self, profile: Profile) -> Vec<CString> {
        let jitless = (profile == Profile::Jitless).then_some(c"--jitless");
        let log_events = self.log_events.then_some(c"--log-events");
        [Some(c"mote"), Some(c"cell"), jitless, log_events].into_iter().flatten().map(CString::from).collect()
    }

    /// Where cells may write a last word; nowhere unless whoever looks for a bug of ours asked for it.
    pub(super) fn cell_stderr(&self) -> io::Result<Option<OwnedFd>> {
        self.cell_stderr.then(|| io::stderr().as_fd().try_clone_to_owned()).transpose()
    }
}

/// Says what this machine cannot hold; an error if the operator does not want to serve so.
pub(super) fn check_sandbox(wanted: Sandbox) -> Result<(), ServeError> {
    let missing: Vec<_> = doctor::examine().into_iter().filter(|finding| !finding.is_enough()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|finding| finding.part).collect();
    let names = names.join(", ");
    match wanted {
        Sandbox::Required => Err(ServeError::Sandbox { missing: names }),
        Sandbox::Best => {
            line(
                Level::Warn,
                format_args!(
                    "CELLS ARE NOT BEHIND A WHOLE WALL: this machine lacks {names}. `mote doctor` says how to get it; \
                     --sandbox required refuses to serve so"
                ),
            );
            Ok(())
        }
    }
}
