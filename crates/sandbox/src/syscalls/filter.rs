//! Turns the rules into the program that the kernel runs at every system call.
//!
//! Why by ourselves: there are three answers here (run, fail, tell the host), and the crates for this know two for each
//! program. It is a list of comparisons that only ever jump forward.

use libc::sock_filter;

use super::{Answer, Condition, RULES, Reports, Rule, Sealing};

/// Whether calls that run are told to the host too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recording {
    /// All are.
    On,
    /// None is.
    Off,
}

// The parts of `struct seccomp_data`, in bytes. Both architectures that we run on are little-endian.
const NUMBER_AT: u32 = 0;
const ARCHITECTURE_AT: u32 = 4;
const ARGUMENTS_AT: u32 = 16;

const LOAD: u16 = 0x20;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;

/// The calls that the program is for: those of another set, such as the 32-bit ones, have other numbers.
#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xc000_00b7;

/// What a comparison must find so that the rule goes on.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    True,
    False,
}

/// The program for a cell. None if the rules do not fit the kernel's program: a mistake in them that a test finds.
pub(crate) fn compile(sealing: Sealing, recording: Recording) -> Option<Vec<sock_filter>> {
    let tell = libc::SECCOMP_RET_USER_NOTIF;
    let last = match sealing.reports {
        Reports::Told => tell,
        Reports::Silent => libc::SECCOMP_RET_KILL_PROCESS,
    };
    let mut program = vec![
        statement(LOAD, ARCHITECTURE_AT),
        jump(JUMP_IF_EQUAL, ARCHITECTURE, 1, 0),
        statement(RETURN, libc::SECCOMP_RET_KILL_PROCESS),
        statement(LOAD, NUMBER_AT),
    ];
    let rules: Vec<&Rule> = RULES.iter().filter(|rule| sealing.has(rule.place)).collect();
    let mut rest = rules.as_slice();
    while let Some(first) = rest.first() {
        let of_this_call = rest.iter().take_while(|rule| rule.number == first.number).count();
        let (alternatives, later) = rest.split_at(of_this_call);
        if later.iter().any(|rule| rule.number == first.number) {
            return None;
        }
        let mut block = Vec::new();
        for rule in alternatives {
            let answer = match rule.answer {
                Answer::Allow if recording == Recording::On => tell,
                Answer::Allow => libc::SECCOMP_RET_ALLOW,
                Answer::Errno(error) => libc::SECCOMP_RET_ERRNO | u32::from(error),
            };
            block.extend(alternative(rule.when, sealing.process, answer)?);
        }
        block.push(statement(RETURN, last));
        program.push(jump(
            JUMP_IF_EQUAL,
            u32::try_from(first.number).ok()?,
            0,
            u8::try_from(block.len()).ok()?,
        ));
        program.extend(block);
        rest = later;
    }
    program.push(statement(RETURN, last));
    Some(program)
}

/// One rule: its comparisons, each of which jumps past the answer if it fails, and the answer.
fn alternative(when: &[Condition], process: u32, answer: u32) -> Option<Vec<sock_filter>> {
    let comparisons: Vec<_> = when.iter().flat_map(|condition| comparisons(*condition, process)).collect();
    let mut block = Vec::new();
    for (index, (at, kind, value, wanted)) in comparisons.iter().enumerate() {
        // Each comparison that follows is two instructions, and so is the way past the answer: one.
        let past_the_answer = u8::try_from((comparisons.len() - index - 1) * 2 + 1).ok()?;
        let (if_true, if_false) = match wanted {
            Wanted::True => (0, past_the_answer),
            Wanted::False => (past_the_answer, 0),
        };
        block.push(statement(LOAD, *at));
        block.push(jump(*kind, *value, if_true, if_false));
    }
    block.push(statement(RETURN, answer));
    Some(block)
}

/// Where to load from, how to compare, with what, and what must come of it. Arguments are compared by halves.
fn comparisons(condition: Condition, process: u32) -> Vec<(u32, u16, u32, Wanted)> {
    let low = |argument: u8| ARGUMENTS_AT + u32::from(argument) * 8;
    match condition {
        Condition::Int { argument, value } => vec![(low(argument), JUMP_IF_EQUAL, value, Wanted::True)],
        Condition::NotInt { argument, value } => vec![(low(argument), JUMP_IF_EQUAL, value, Wanted::False)],
        Condition::OwnProcess { argument } => vec![(low(argument), JUMP_IF_EQUAL, process, Wanted::True)],
        Condition::Clear { argument, bits } => {
            let (lower, upper) = (bits & u64::from(u32::MAX), bits >> 32);
            [(low(argument), lower), (low(argument) + 4, upper)]
                .into_iter()
                .filter_map(|(at, half)| Some((at, u32::try_from(half).ok().filter(|half| *half != 0)?)))
                .map(|(at, half)| (at, JUMP_IF_ANY_BIT, half, Wanted::False))
                .collect()
        }
    }
}

fn statement(code: u16, k: u32) -> sock_filter {
    jump(code, k, 0, 0)
}

fn jump(code: u16, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
