//! Tests of engine, platform and cell together, in one binary: linking V8 takes longer than running them.
//!
//! Not libtest's own harness: V8 must be initialised on the main thread before any other exists.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must stop")]

mod compatibility;
mod crypto;
mod fairness;
mod files;
mod globals;
mod harness;
mod heaps;
mod html_rewriter;
mod io_limits;
mod isolates;
mod lazy;
mod leave;
mod limits;
mod modules;
mod names;
mod natives;
mod node;
mod node_events;
mod node_keys;
mod rehearsal;
mod side_channels;
mod sockets;
mod streams;
mod uncaught;
mod warmth;

use std::process::ExitCode;

fn main() -> ExitCode {
    mote_cell::initialize(&[]);
    let arguments = libtest_mimic::Arguments::from_args();
    let tests = [
        compatibility::tests(),
        crypto::tests(),
        fairness::tests(),
        files::tests(),
        globals::tests(),
        heaps::tests(),
        html_rewriter::tests(),
        io_limits::tests(),
        isolates::tests(),
        lazy::tests(),
        leave::tests(),
        limits::tests(),
        modules::tests(),
        names::tests(),
        natives::tests(),
        node::tests(),
        node_events::tests(),
        node_keys::tests(),
        rehearsal::tests(),
        side_channels::tests(),
        sockets::tests(),
        streams::tests(),
        uncaught::tests(),
        warmth::tests(),
    ]
    .concat();
    let trials = tests
        .into_iter()
        .map(|(name, test)| {
            libtest_mimic::Trial::test(name, move || {
                test();
                Ok(())
            })
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Lists a file's tests: each name is a sentence about what must hold. Those `of` a worker are functions of the JavaScript
/// that it was deployed with, which answers with what was wrong.
macro_rules! tests {
    (of $worker:ident { $($of:ident),* $(,)? } $($name:ident),* $(,)?) => {
        tests! { $($of,)* $($name,)* }

        $(fn $of() {
            crate::harness::run(async {
                let harness = $worker();
                let (status, wrong) = harness.get("w.localhost", concat!("/", stringify!($of))).await;
                assert_eq!((status, wrong.as_str()), (200, "[]"), "{:?}", harness.log.lines());
            });
        })*
    };
    ($($name:ident),* $(,)?) => {
        pub(crate) fn tests() -> Vec<(&'static str, fn())> {
            vec![$((concat!(module_path!(), "::", stringify!($name)), $name as fn())),*]
        }
    };
}
pub(crate) use tests;
