//! The `mote` command.
//!
//! What this room does: it reads the command line and puts the other rooms together: `mote dev` is a project's bundler,
//! a cell and a host in one process. `mote limits` shows what an operator's configuration comes to.
//!
//! What happens when it fails: errors go to stderr and say what, where, and what to do about it. Exit codes: 0 done,
//! 1 it failed, 2 wrong usage.
#![forbid(unsafe_code)]

mod config;
mod dev;
mod limits;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs other people's code: Cloudflare Workers, on your own machines.
#[derive(Parser)]
#[command(name = "mote", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run project folders or single files, and reload them when they change.
    Dev(dev::Options),
    /// Show what workers may use, and what happens past it.
    Limits(limits::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Dev(options) => {
            // Before any other thread exists: V8 protects its code with memory keys that older threads do not hold.
            mote_cell::initialize(&[]);
            dev::run(&options)
        }
        Command::Limits(options) => limits::run(&options),
    }
}
