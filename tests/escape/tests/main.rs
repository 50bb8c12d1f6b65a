//! One trial for each thing that an attacker tries who has taken a cell over, each against a node of its own.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test blocks its own thread only, and reads its surroundings to find the binary"
)]

mod attacks;
mod node;
mod rules;
mod table;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = attacks::all()
        .into_iter()
        .map(|attack| Trial::test(attack.slug(), move || Ok(node::hold(&attack)?)))
        .collect();
    trials.push(Trial::test("what-a-cell-holds", || Ok(node::nothing_is_held()?)));
    trials.push(Trial::test("no-release-has-the-hook", || Ok(node::no_hook()?)));
    trials.push(Trial::test("a-crash-loop-backs-off", || Ok(node::crash_loop()?)));
    trials.push(Trial::test("two-cells-share-no-addresses", || Ok(node::addresses_differ()?)));
    trials.push(Trial::test("every-rule-is-needed", || Ok(rules::each_is_needed()?)));
    libtest_mimic::run(&arguments, trials).exit_code()
}
