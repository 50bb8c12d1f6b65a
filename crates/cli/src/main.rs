//! The `mote` command.
//!
//! What this room does: it reads the command line and puts the other rooms together: `mote dev` is a project's bundler,
//! a cell and a host in one process; `mote serve` is a host, and each of its cells is a process of its own, this program
//! started again as `mote cell`. What speaks with a node from outside - `mote deploy` and its kin - is in `remote`. `mote types` writes a project's types, `mote limits` shows what an operator's configuration comes to, `mote doctor` what the
//! machine can hold of the sandbox.
//!
//! What happens when it fails: errors go to stderr and say what, where, and what to do about it. Exit codes: 0 done,
//! 1 it failed, 2 wrong usage.
#![forbid(unsafe_code)]

mod backup;
mod config;
mod dev;
mod doctor;
mod limits;
mod local;
mod printable;
mod project;
mod remote;
mod serve;
mod types;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

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
    /// Serve workers to everybody, each in a sandboxed process.
    Serve(serve::Options),
    #[command(flatten)]
    Remote(Box<remote::RemoteCommand>),
    /// Write the types of a project's `env` and modules for TypeScript.
    Types(types::Options),
    /// Let a running node hand over to the program that is installed now.
    Upgrade(serve::UpgradeOptions),
    /// Copy what a node keeps into a file, also while it runs.
    Backup(backup::BackupOptions),
    /// Put a backup into an empty folder, for a node to start from.
    Restore(backup::RestoreOptions),
    /// Say which parts of the sandbox this machine holds, and how to get those that are missing.
    Doctor(doctor::Options),
    /// Show what workers may use, and what happens past it.
    Limits(limits::Options),
    /// Print what a shell needs to complete command lines.
    Completions(remote::CompletionsOptions),
    #[command(hide = true)]
    Cell(serve::CellOptions),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Dev(options) => {
            // Before any other thread exists: V8 protects its code with memory keys that older threads do not hold.
            mote_cell::initialize(&[]);
            dev::run(&options)
        }
        // The host never has V8 in it: code that it does not trust runs elsewhere.
        Command::Serve(options) => serve::run(&options),
        Command::Remote(command) => remote::run(&command),
        Command::Types(options) => types::run(&options),
        Command::Upgrade(options) => serve::run_upgrade(&options),
        Command::Backup(options) => backup::back_up(&options),
        Command::Restore(options) => backup::restore(&options),
        Command::Doctor(options) => doctor::run(&options),
        Command::Limits(options) => limits::run(&options),
        Command::Completions(options) => remote::run_completions(&options, Arguments::command()),
        Command::Cell(options) => serve::run_cell(&options),
    }
}
