use super::{ARCHITECTURE, JUMP_IF_ANY_BIT, JUMP_IF_EQUAL, LOAD, RETURN, Recording, compile};
use crate::{
    seal::Profile,
    syscalls::{Answer, Condition, Keys, RULES, Reports, Sealing, Verdict, verdict},
};

const SEALINGS: [Sealing; 4] = [
    Sealing { profile: Profile::Jit, keys: Keys::Available, reports: Reports::Told, process: 1 },
    Sealing { profile: Profile::Jit, keys: Keys::Missing, reports: Reports::Told, process: 70_000 },
    Sealing { profile: Profile::Jitless, keys: Keys::Available, reports: Reports::Silent, process: 1 },
    Sealing { profile: Profile::Jit, keys: Keys::Missing, reports: Reports::Silent, process: 1 },
];

/// What the kernel would make of a call: it runs the program as its documentation says.
fn run(program: &[libc::sock_filter], architecture: u32, number: i64, arguments: &[u64; 6]) -> u32 {
    let mut data = Vec::new();
    data.extend(i32::try_from(number).unwrap().to_le_bytes());
    data.extend(architecture.to_le_bytes());
    data.extend(0_u64.to_le_bytes());
    arguments.iter().for_each(|argument| data.extend(argument.to_le_bytes()));
    let (mut at, mut accumulator) = (0, 0);
    loop {
        let step = program[at];
        at += 1;
        match step.code {
            LOAD => {
                let from = usize::try_from(step.k).unwrap();
                accumulator = u32::from_le_bytes(data[from..from + 4].try_into().unwrap());
            }
            JUMP_IF_EQUAL => at += usize::from(if accumulator == step.k { step.jt } else { step.jf }),
            JUMP_IF_ANY_BIT => at += usize::from(if accumulator & step.k != 0 { step.jt } else { step.jf }),
            RETURN => return step.k,
            other => panic!("instruction {other:#x}"),
        }
    }
}

/// Arguments close to what the rules ask for, and far from it.
fn arguments() -> Vec<[u64; 6]> {
    let mut values =
        vec![0, 1, 2, 3, 4, 5, 7, 8, 0xb, 0x22, 0x4022, 0x1_0000_0000, u64::MAX, u64::from(u32::MAX), 70_000];
    for condition in RULES.iter().flat_map(|rule| rule.when) {
        match *condition {
            Condition::Int { value, .. } | Condition::NotInt { value, .. } => {
                values.extend([value.into(), u64::from(value) | 1 << 40]);
            }
            Condition::Clear { bits, .. } => values.extend([bits, !bits, bits & bits.wrapping_neg()]),
            Condition::OwnProcess { .. } => {}
        }
    }
    values.sort_unstable();
    values.dedup();
    let mut seed = 1_u64;
    let mut any = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        values[usize::try_from(seed >> 33).unwrap() % values.len()]
    };
    let mut all: Vec<_> = (0..3_000).map(|_| [any(), any(), any(), any(), any(), any()]).collect();
    all.extend(values.iter().map(|value| [*value; 6]));
    all
}

#[test]
fn the_kernels_program_never_says_other_than_the_rules() {
    for sealing in SEALINGS {
        let program = compile(sealing, Recording::Off).unwrap();
        for number in 0..500 {
            for arguments in arguments().iter().step_by(if number % 7 == 0 { 3 } else { 11 }) {
                let expected = match verdict(sealing, number, arguments) {
                    Verdict::Forbidden if sealing.reports == Reports::Told => libc::SECCOMP_RET_USER_NOTIF,
                    Verdict::Forbidden => libc::SECCOMP_RET_KILL_PROCESS,
                    Verdict::Fits(index) => match RULES[index].answer {
                        Answer::Allow => libc::SECCOMP_RET_ALLOW,
                        Answer::Errno(error) => libc::SECCOMP_RET_ERRNO | u32::from(error),
                    },
                };
                let found = run(&program, ARCHITECTURE, number, arguments);
                assert_eq!(found, expected, "{sealing:?}: call {number} with {arguments:x?}");
            }
        }
    }
}

#[test]
fn calls_of_another_set_never_pass() {
    let program = compile(SEALINGS[0], Recording::Off).unwrap();
    assert_eq!(run(&program, 0x4000_0003, 4, &[0; 6]), libc::SECCOMP_RET_KILL_PROCESS, "the 32-bit set");
    let with_small_pointers = 0x4000_0000 + libc::SYS_read;
    assert_eq!(run(&program, ARCHITECTURE, with_small_pointers, &[0; 6]), libc::SECCOMP_RET_USER_NOTIF);
}

#[test]
fn no_cell_without_a_compiler_ever_gets_memory_that_runs() {
    let program = compile(SEALINGS[2], Recording::Off).unwrap();
    for call in [libc::SYS_mmap, libc::SYS_mprotect, libc::SYS_pkey_mprotect] {
        for protection in [4, 5, 7, 4 | 1 << 24, 1 << 32 | 4] {
            let arguments = [0, 4096, protection, 0x22, u64::MAX, 0];
            assert_eq!(run(&program, ARCHITECTURE, call, &arguments), libc::SECCOMP_RET_KILL_PROCESS);
        }
    }
}

#[test]
fn a_recording_tells_of_every_call_that_runs() {
    let program = compile(SEALINGS[0], Recording::On).unwrap();
    assert!(program.iter().all(|step| step.code != RETURN || step.k != libc::SECCOMP_RET_ALLOW));
}

#[test]
fn every_rule_says_why_and_none_is_hidden_by_one_before_it() {
    for (index, rule) in RULES.iter().enumerate() {
        assert!(!rule.why.is_empty(), "{}", rule.name);
        let hidden = RULES[..index].iter().any(|earlier| {
            earlier.number == rule.number
                && earlier.place == rule.place
                && earlier.when.iter().all(|c| rule.when.contains(c))
        });
        assert!(!hidden, "{} stands behind a rule that takes all of its calls", rule.name);
    }
}

#[test]
fn the_calls_that_pass_descriptors_or_make_sockets_files_and_processes_never_run() {
    let never = [
        libc::SYS_sendmsg,
        libc::SYS_recvmsg,
        libc::SYS_sendmmsg,
        libc::SYS_recvmmsg,
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_openat,
        libc::SYS_openat2,
        libc::SYS_clone,
        libc::SYS_clone3,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_io_uring_setup,
        libc::SYS_bpf,
        libc::SYS_ioctl,
        libc::SYS_pidfd_getfd,
        libc::SYS_memfd_create,
        libc::SYS_userfaultfd,
        libc::SYS_perf_event_open,
    ];
    assert!(RULES.iter().all(|rule| rule.answer != Answer::Allow || !never.contains(&rule.number)));
}
