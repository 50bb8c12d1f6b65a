//! `mote completions`: what shells need to complete command lines.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, Command};
use clap_complete::{Shell, generate};

/// Print what a shell needs to complete `mote`'s command lines.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    /// The shell.
    pub(crate) shell: Shell,
}

/// Runs it over the whole command line.
pub(crate) fn run(options: &Options, mut command: Command) -> ExitCode {
    let mut script = Vec::new();
    generate(options.shell, &mut command, "mote", &mut script);
    match io::stdout().lock().write_all(&script) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
