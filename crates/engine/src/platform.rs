//! V8's process-wide state.

use std::sync::OnceLock;

use crate::{leave, v8, watchdog};

static PLATFORM: OnceLock<v8::SharedRef<v8::Platform>> = OnceLock::new();

/// Flags that hold for the making of snapshots and for every process that uses them: V8 refuses a snapshot that was made
/// under others.
const FLAGS: &[&str] = &[
    // A tenant's stack ends well before the thread's does (threads of a cell have 4 MiB; V8 counts in KiB).
    "--stack-size=900",
    // Many small heaps: collecting them on the thread that serves costs less than waking others.
    "--single-threaded-gc",
    // Pages that a large heap leaves behind are kept for the next one, but not for long.
    "--memory-pool-timeout=1",
    // Together with unrolling goes the look for a termination in loops that V8 takes for short ones, whatever they do at
    // each round, and in the loops around them: a tenant could not be stopped there.
    "--no-turboshaft-loop-unrolling",
    "--no-wasm-loop-unrolling",
    // With it, loops of Wasm look for a termination only when they have run for long enough to be compiled better.
    "--no-wasm-dynamic-tiering",
    // One Wasm memory holds at most 128 MiB (in pages of 64 KiB).
    "--wasm-max-mem-pages=2048",
];

/// Initialises V8. Call it on the main thread before any other thread is started; later calls do nothing.
///
/// `extra_flags` are V8 flags for diagnosis; they must not change what a snapshot depends on.
pub fn initialize(extra_flags: &[&str]) {
    PLATFORM.get_or_init(|| {
        for flag in FLAGS.iter().chain(extra_flags) {
            v8::V8::set_flags_from_string(flag);
        }
        // Why so few: these threads compile and collect in the background for all isolates; more would compete with
        // the threads that serve.
        let platform = v8::new_default_platform(2, false).make_shared();
        v8::V8::initialize_platform(platform.clone());
        v8::V8::initialize();
        platform
    });
}

/// From now on V8 gets its randomness from a system call. Otherwise it opens `/dev/urandom`, and where there is none it
/// takes the time of day: hash seeds and the addresses of code could be guessed. Call it before [`initialize`].
pub fn draw_randomness_from_the_system() {
    v8::V8::set_entropy_source(random_bytes);
}

fn random_bytes(buffer: &mut [u8]) -> bool {
    // SAFETY: the pointer and the length are those of a slice that is ours to write.
    let got = unsafe { libc::getrandom(buffer.as_mut_ptr().cast(), buffer.len(), 0) };
    usize::try_from(got) == Ok(buffer.len())
}

/// Runs what V8 has posted to this isolate's thread (finished background compilations, collections); true if there was
/// something.
pub(crate) fn pump(isolate: &v8::Isolate) -> bool {
    let mut any = false;
    let _ground = leave::open();
    if let Some(platform) = PLATFORM.get() {
        // Finalisers are the tenant's code; each may have to be stopped anew.
        while !watchdog::is_stop_due() && v8::Platform::pump_message_loop(platform, isolate, false) {
            any = true;
        }
    }
    any
}

/// V8's version, such as `15.2.124`.
#[must_use]
pub fn v8_version() -> &'static str {
    v8::V8::get_version()
}
