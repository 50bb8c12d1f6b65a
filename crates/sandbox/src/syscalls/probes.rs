//! What libraries look for once, at a time that nobody can foresee, and do without.
//!
//! A cell has no files, so none of this is there. It cannot be told from an attack by the filter, which sees no text behind
//! a pointer. The host can look: it answers these with "no such file" and reports everything else. The call never runs, so
//! it does not matter what the cell makes of the text after the look.

use std::ffi::CStr;

/// A file that a library looks for.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// The call.
    pub number: libc::c_long,
    /// Which of its arguments points at the path, counted from 0.
    pub argument: u8,
    /// The path.
    pub path: &'static CStr,
    /// Who looks.
    pub why: &'static str,
}

/// The most that is let pass of one cell; each library looks once. Whoever looks more often is reported.
pub const PROBES_MAX: u32 = 64;

/// All of them.
pub const PROBES: &[Probe] = &[
    opened(
        c"/sys/devices/system/cpu/online",
        "V8's locks, when two threads first want the same: how many processors there are",
    ),
    opened(c"/sys/devices/system/cpu/possible", "the C library: how many processors there may be"),
    opened(c"/proc/stat", "the C library, when the other file is not there: how many processors there are"),
    opened(
        c"/sys/devices/system/cpu/cpu0/tsc_freq_khz",
        "V8's locks, when two threads first want the same: how fast the clock ticks",
    ),
    opened(
        c"/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq",
        "V8's locks, when the other file is not there",
    ),
];

const fn opened(path: &'static CStr, why: &'static str) -> Probe {
    Probe { number: libc::SYS_openat, argument: 1, path, why }
}
