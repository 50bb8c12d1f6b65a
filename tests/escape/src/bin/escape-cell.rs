//! A cell whose tenants hold the process: the program of the escape tests, in place of `mote cell`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

// The same as `mote` has: it makes system calls.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mote_cell::process::run(mote_cell::process::ProcessOptions::from_arguments(std::env::args()))
}
