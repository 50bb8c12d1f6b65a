//! The rules themselves. A call that is not here, or not with these arguments, is an attack or a bug of ours.

use super::{
    Answer::{self, Allow, Errno},
    Condition::{self, Clear, Int, NotInt, OwnProcess},
    Rule,
    Where::{self, Always, JitWithKeys, JitWithoutKeys, Unreported},
};

/// One line of the table.
macro_rules! rule {
    ($call:ident, $when:expr, $why:literal) => {
        rule!($call, $when, Always, Allow, $why)
    };
    ($call:ident, $when:expr, $place:expr, $answer:expr, $why:literal) => {
        Rule {
            name: stringify!($call),
            number: libc::$call,
            when: {
                const WHEN: &[Condition] = $when;
                WHEN
            },
            place: {
                const PLACE: Where = $place;
                PLACE
            },
            answer: {
                const ANSWER: Answer = $answer;
                ANSWER
            },
            why: $why,
        }
    };
}

const ANY: &[Condition] = &[];
/// All bits: the argument is zero.
const NULL: u64 = u64::MAX;
/// Memory that can be run.
const EXEC: u64 = 4;
/// All but read, write and run: no growing downwards, nothing that a later kernel knows.
const UNUSUAL: u64 = !7;
/// All but read and write.
const NOT_DATA: u64 = !3;
/// All flags of `mmap` but `MAP_PRIVATE`, `MAP_FIXED`, `MAP_ANONYMOUS`, `MAP_NORESERVE`, `MAP_STACK` and
/// `MAP_FIXED_NOREPLACE`.
const UNUSUAL_MAP: u64 = !0x12_4032;
/// `MAP_ANONYMOUS`'s file.
const NO_FILE: Condition = Int { argument: 4, value: u32::MAX };

/// Every rule. Those of a call stand together, those called most stand first: the kernel reads from the top.
pub const RULES: &[Rule] = &[
    rule!(SYS_read, ANY, "the control link, and wake-ups of the runtime"),
    rule!(SYS_write, ANY, "the control link, wake-ups of the runtime, and a last word on standard error"),
    rule!(
        SYS_recvfrom,
        &[Clear { argument: 4, bits: NULL }],
        "the data link; no address, and no descriptor can come this way"
    ),
    rule!(
        SYS_sendto,
        &[Clear { argument: 4, bits: NULL }],
        "the data link; a connected socket only, and no descriptor can go this way"
    ),
    #[cfg(target_arch = "x86_64")]
    rule!(SYS_epoll_wait, ANY, "the runtime waits for its links"),
    #[cfg(not(target_arch = "x86_64"))]
    rule!(
        SYS_epoll_pwait,
        &[Clear { argument: 4, bits: NULL }],
        "the runtime waits for its links, where the older call is gone"
    ),
    rule!(SYS_epoll_ctl, ANY, "the runtime says which links it waits for"),
    // Waiting and waking only: the calls that lend priorities have had most of the holes.
    rule!(SYS_futex, &[Int { argument: 1, value: 129 }], "locks: wake (FUTEX_WAKE_PRIVATE)"),
    rule!(
        SYS_futex,
        &[Int { argument: 1, value: 137 }],
        "locks: wait, with a deadline (FUTEX_WAIT_BITSET_PRIVATE)"
    ),
    rule!(SYS_futex, &[Int { argument: 1, value: 128 }], "locks: wait (FUTEX_WAIT_PRIVATE)"),
    rule!(SYS_futex, &[Int { argument: 1, value: 393 }], "locks: wait, with a deadline by the wall clock"),
    // The C++ library's guard of a variable that is made on first use waits without FUTEX_PRIVATE_FLAG.
    rule!(
        SYS_futex,
        &[Int { argument: 1, value: 0 }, Clear { argument: 3, bits: NULL }],
        "two threads of V8 use a variable for the first time at once: one waits (FUTEX_WAIT)"
    ),
    rule!(
        SYS_futex,
        &[Int { argument: 1, value: 1 }],
        "two threads of V8 use a variable for the first time at once: one wakes the other (FUTEX_WAKE)"
    ),
    // Memory. New memory is for data; no file is ever mapped.
    rule!(SYS_madvise, &[Int { argument: 2, value: 4 }], "V8 and the allocator give pages back"),
    rule!(
        SYS_madvise,
        &[Int { argument: 2, value: 8 }],
        "the allocator gives pages back when somebody needs them"
    ),
    rule!(SYS_madvise, &[Int { argument: 2, value: 16 }], "V8 keeps reserved pages out of core files"),
    rule!(SYS_madvise, &[Int { argument: 2, value: 17 }], "V8 takes pages into use"),
    rule!(
        SYS_madvise,
        &[Int { argument: 2, value: 10 }],
        "V8 reserves address space that no child would need"
    ),
    rule!(
        SYS_madvise,
        &[Int { argument: 2, value: 14 }],
        Always,
        Errno(22),
        "the allocator may ask for large pages, and does without (MADV_HUGEPAGE)"
    ),
    rule!(
        SYS_mprotect,
        &[Clear { argument: 2, bits: NOT_DATA }],
        "V8 takes reserved pages into use and gives them back"
    ),
    rule!(
        SYS_mprotect,
        &[Clear { argument: 2, bits: UNUSUAL }],
        JitWithoutKeys,
        Allow,
        "V8 makes room for code, where nothing but this call can"
    ),
    rule!(
        SYS_pkey_mprotect,
        &[Clear { argument: 2, bits: NOT_DATA }],
        JitWithKeys,
        Allow,
        "V8 reserves room for code and for what describes it"
    ),
    // Key 0 is every page's: code under it could be written to by anybody.
    rule!(
        SYS_pkey_mprotect,
        &[
            Clear { argument: 2, bits: UNUSUAL },
            NotInt { argument: 3, value: 0 },
            Clear { argument: 3, bits: 0xffff_fff0 }
        ],
        JitWithKeys,
        Allow,
        "V8 makes room for code that only holders of its key write to"
    ),
    rule!(
        SYS_mmap,
        &[Clear { argument: 2, bits: EXEC | UNUSUAL }, Clear { argument: 3, bits: UNUSUAL_MAP }, NO_FILE],
        "V8 and the allocators reserve memory"
    ),
    rule!(SYS_munmap, ANY, "V8 and the allocators give memory back"),
    rule!(
        SYS_mremap,
        ANY,
        Always,
        Errno(12),
        "the C library makes a large block larger, and copies it where that fails (ENOMEM)"
    ),
    // It returns no error but the heap's end, and the C library compares that with what it asked for, as addresses: an error's
    // number would be an address beyond all others, and memory that is not there would be used. Zero is below all.
    rule!(
        SYS_brk,
        ANY,
        Always,
        Errno(0),
        "the allocator of the C library, which has another way (an end of 0)"
    ),
    // Time. Most of it is read without a system call.
    rule!(SYS_clock_gettime, ANY, "CPU clocks of threads: budgets"),
    rule!(SYS_clock_nanosleep, ANY, "the watchdog waits"),
    // Threads. None is made after the seal.
    rule!(SYS_sched_yield, ANY, "V8's locks step back"),
    rule!(SYS_gettid, ANY, "which thread is to be nudged"),
    rule!(SYS_getpid, ANY, "a nudge goes to a thread of this process"),
    rule!(SYS_sched_getaffinity, ANY, "where a thread's stack ends: the C library asks this along with it"),
    rule!(SYS_sched_getparam, ANY, "where a thread's stack ends: the C library asks this along with it"),
    rule!(SYS_sched_getscheduler, ANY, "where a thread's stack ends: the C library asks this along with it"),
    rule!(SYS_rseq, ANY, "a thread that was made before the seal and begins after it"),
    rule!(SYS_set_robust_list, ANY, "a thread that was made before the seal and begins after it"),
    rule!(
        SYS_prctl,
        &[Int { argument: 0, value: 15 }],
        "a thread that was made before the seal gives itself a name (PR_SET_NAME)"
    ),
    rule!(
        SYS_prctl,
        &[Int { argument: 0, value: 0x5356_4d41 }],
        Always,
        Errno(22),
        "V8 and the allocator try to give names to memory (PR_SET_VMA)"
    ),
    rule!(SYS_exit_group, ANY, "the process ends"),
    // Signals: the watchdog's nudge, and a process that ends itself.
    rule!(SYS_rt_sigreturn, ANY, "the end of a nudge"),
    rule!(SYS_rt_sigprocmask, ANY, "a thread that ends, and a process that ends itself"),
    rule!(SYS_sigaltstack, ANY, "a thread that ends gives its signal stack back"),
    rule!(
        SYS_tgkill,
        &[OwnProcess { argument: 0 }, Int { argument: 2, value: 23 }],
        "the watchdog nudges a thread of this process (SIGURG)"
    ),
    rule!(
        SYS_tgkill,
        &[OwnProcess { argument: 0 }, Int { argument: 2, value: 6 }],
        "a process that ends itself (SIGABRT): a crash is to look like one"
    ),
    rule!(SYS_rt_sigaction, &[Int { argument: 0, value: 6 }], "a process that ends itself (SIGABRT)"),
    rule!(
        SYS_rt_sigaction,
        &[Int { argument: 0, value: 11 }],
        "the runtime's handler takes itself away, so that a crash is one (SIGSEGV)"
    ),
    rule!(
        SYS_rt_sigaction,
        &[Int { argument: 0, value: 7 }],
        "the runtime's handler takes itself away, so that a crash is one (SIGBUS)"
    ),
    rule!(
        SYS_process_vm_readv,
        &[OwnProcess { argument: 0 }],
        "a nudge reads its thread's stack without trusting what it finds"
    ),
    rule!(SYS_process_vm_writev, &[OwnProcess { argument: 0 }], "a nudge empties V8's interrupt budgets"),
    rule!(SYS_restart_syscall, ANY, "a wait that a nudge has interrupted goes on"),
    // The rest.
    rule!(SYS_getrandom, ANY, "randomness: cryptography, and seeds of hash tables"),
    rule!(SYS_close, ANY, "the links when the cell ends"),
    #[cfg(debug_assertions)]
    rule!(
        SYS_fcntl,
        &[Int { argument: 1, value: 1 }],
        "the standard library makes sure of a descriptor that it closes (F_GETFD)"
    ),
    // Flags of a plain look: O_RDONLY and O_CLOEXEC. Where the host can be asked, it knows which looks are meant (`PROBES`).
    rule!(
        SYS_openat,
        &[Int { argument: 2, value: 0x8_0000 }],
        Unreported,
        Errno(2),
        "libraries look for files that they can do without"
    ),
];
