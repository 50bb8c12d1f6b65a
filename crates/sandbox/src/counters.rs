//! The processor's counters of one thread of another process: what the thread did to caches and to the predictor of branches.
//!
//! The thread has no say in it, and cannot tell that it is counted: the counters belong to who opened them, and the call that
//! makes them is in no list of a cell's ([`crate::syscalls`]). Only what it does in user mode is counted, which is what an
//! ordinary user may ask for (`kernel.perf_event_paranoid` of 2).

use std::{
    fmt, fs, io,
    os::fd::{AsRawFd, OwnedFd},
};

use crate::raw;

/// One kind of event that the kernel counts (`perf_event_open(2)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// `perf_event_attr.type`.
    pub family: u32,
    /// `perf_event_attr.config`.
    pub number: u64,
}

impl Kind {
    /// CPU time in nanoseconds, and page faults: the kernel counts these itself, also where the processor counts nothing.
    pub const CPU_TIME: Self = Self { family: 1, number: 1 };
    /// See [`Self::CPU_TIME`].
    pub const PAGE_FAULTS: Self = Self { family: 1, number: 2 };
}

const HARDWARE: u32 = 0;
const CACHES: u32 = 3;

/// What is judged by. It leads the group: where it cannot be had there is nothing to set the others in relation to.
const INSTRUCTIONS: Kind = Kind { family: HARDWARE, number: 1 };
/// Branches that went another way than the processor had guessed.
const BRANCH_MISSES: Kind = Kind { family: HARDWARE, number: 5 };
/// Accesses that found their memory in no cache.
const FAR_MISSES: Kind = Kind { family: HARDWARE, number: 3 };
/// Reads that did not find it in the first: of cache 0, operation 0, result 1.
const NEAR_MISSES: Kind = Kind { family: CACHES, number: 1 << 16 };
/// Four: as many as any processor of today counts at once beside what its operator may have running.
const JUDGED: [Kind; 4] = [INSTRUCTIONS, BRANCH_MISSES, FAR_MISSES, NEAR_MISSES];

/// What a thread did, since it is counted or between two looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Instructions that it has run.
    pub instructions: u64,
    /// Branches of it that were guessed wrong.
    pub branch_misses: u64,
    /// Accesses to memory that was in no cache.
    pub far_misses: u64,
    /// Reads of memory that was not in the first cache.
    pub near_misses: u64,
}

impl Counted {
    /// What came since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        self.with(before, u64::saturating_sub)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, more: Self) -> Self {
        self.with(more, u64::saturating_add)
    }

    fn with(self, other: Self, of: fn(u64, u64) -> u64) -> Self {
        Self {
            instructions: of(self.instructions, other.instructions),
            branch_misses: of(self.branch_misses, other.branch_misses),
            far_misses: of(self.far_misses, other.far_misses),
            near_misses: of(self.near_misses, other.near_misses),
        }
    }
}

/// Why a machine counts nothing.
#[derive(Debug)]
pub enum NoCounters {
    /// There are none: the processor has none, or the hypervisor keeps them for itself.
    NotThere,
    /// The kernel's policy keeps them from this user.
    NotAllowed {
        /// `kernel.perf_event_paranoid`, if it can be read.
        paranoid: Option<String>,
    },
    /// They are there and stand still: somebody else uses all of them.
    StandStill,
    /// Something else.
    Failed(io::Error),
}

impl fmt::Display for NoCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere => f.write_str(
                "the processor shows none; a virtual machine has those that its hypervisor passes on",
            ),
            Self::NotAllowed { paranoid: Some(level) } => {
                write!(f, "they are kept from this user: kernel.perf_event_paranoid is {level}")
            }
            Self::NotAllowed { paranoid: None } => {
                f.write_str("they are kept from this user, as a container's system-call filter does")
            }
            Self::StandStill => {
                f.write_str("they are opened and count nothing: another program holds all of them")
            }
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NoCounters {}

impl NoCounters {
    fn of(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENODEV | libc::EOPNOTSUPP | libc::ENOSYS) => Self::NotThere,
            Some(libc::EACCES | libc::EPERM) => {
                let level = fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").ok();
                let paranoid = level.map(|level| level.trim().to_owned());
                // A level that allows it is not the reason.
                let forbids = |level: &String| level.parse::<i32>().map_or(true, |level| level > 2);
                Self::NotAllowed { paranoid: paranoid.filter(forbids) }
            }
            _ => Self::Failed(error),
        }
    }
}

/// Counters of one thread. Dropping them ends the counting.
#[derive(Debug)]
pub struct Counters {
    group: Group,
    /// Which place in the group has which of [`JUDGED`].
    places: [Option<usize>; 4],
}

impl Counters {
    /// Counts what this thread does from now on. A processor that lacks one kind of miss counts the others.
    ///
    /// # Errors
    /// When there is nothing to judge by.
    pub fn of_thread(thread: u32) -> Result<Self, NoCounters> {
        let mut group = Group::lead(thread, INSTRUCTIONS).map_err(NoCounters::of)?;
        let mut places = [Some(0), None, None, None];
        for (place, kind) in places.iter_mut().zip(JUDGED).skip(1) {
            *place = group.add(thread, kind).ok();
        }
        if places.iter().skip(1).all(Option::is_none) {
            return Err(NoCounters::NotThere);
        }
        Ok(Self { group, places })
    }

    /// What was counted so far. `None` if the kernel does not say.
    #[must_use]
    pub fn read(&self) -> Option<Counted> {
        let values = self.group.read()?;
        let [instructions, branch_misses, far_misses, near_misses] =
            self.places.map(|place| place.and_then(|place| values.get(place).copied()).unwrap_or(0));
        Some(Counted { instructions, branch_misses, far_misses, near_misses })
    }
}

/// Whether this machine counts for us. It tries it on the thread that asks.
///
/// # Errors
/// Why it does not.
pub fn available() -> Result<(), NoCounters> {
    // Zero is whoever asks.
    let counters = Counters::of_thread(0)?;
    for round in 0..100_000_u64 {
        std::hint::black_box(round);
    }
    match counters.read() {
        Some(counted) if counted.instructions > 0 => Ok(()),
        Some(_) | None => Err(NoCounters::StandStill),
    }
}

/// Counters that the kernel lets run together or not at all, so that their values can be compared.
#[derive(Debug)]
pub struct Group {
    leader: OwnedFd,
    members: Vec<OwnedFd>,
}

/// The values of a group, its leader's first, are read in one go: how many there are, for how long they were wanted and for how
/// long they ran, then each.
const READ_WORDS: usize = 3 + JUDGED.len();

impl Group {
    /// A group of one, for this thread; zero is whoever asks.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn lead(thread: u32, kind: Kind) -> io::Result<Self> {
        Ok(Self { leader: open(thread, kind, None)?, members: Vec::new() })
    }

    /// Adds one of the same thread; gives its place among the values.
    ///
    /// # Errors
    /// What the kernel says; the group is as it was then.
    pub fn add(&mut self, thread: u32, kind: Kind) -> io::Result<usize> {
        self.members.push(open(thread, kind, Some(&self.leader))?);
        Ok(self.members.len())
    }

    /// The values, the first one's first. `None` if the kernel does not say.
    #[must_use]
    pub fn read(&self) -> Option<Vec<u64>> {
        let mut words = [0_u64; READ_WORDS];
        let bytes = size_of_val(&words);
        // SAFETY: `words` has as many bytes as it says, and any bits are numbers.
        let got = unsafe { libc::read(self.leader.as_raw_fd(), words.as_mut_ptr().cast(), bytes) };
        let got = usize::try_from(got).ok()? / size_of::<u64>();
        let values = words.get(3..got)?;
        // The kernel says how many it has; less was read only if that is not this group.
        (words.first().copied() == u64::try_from(values.len()).ok()).then(|| values.to_vec())
    }
}

/// `struct perf_event_attr` in its first version.
#[repr(C)]
struct Attributes {
    family: u32,
    bytes: u32,
    number: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup: u32,
    breakpoint: u32,
    more: u64,
}

/// The time that was wanted, the time that it ran, and the whole group at once.
const READ_FORMAT: u64 = 1 | 1 << 1 | 1 << 3;
/// Neither what the kernel does is counted nor what a hypervisor does.
const USER_ONLY: u64 = 1 << 5 | 1 << 6;
/// `PERF_FLAG_FD_CLOEXEC`: no cell inherits it.
const CLOSE_ON_EXEC: u32 = 8;

fn open(thread: u32, kind: Kind, group: Option<&OwnedFd>) -> io::Result<OwnedFd> {
    let attributes = Attributes {
        family: kind.family,
        bytes: u32::try_from(size_of::<Attributes>()).map_err(io::Error::other)?,
        number: kind.number,
        sample_period: 0,
        sample_type: 0,
        read_format: READ_FORMAT,
        flags: USER_ONLY,
        wakeup: 0,
        breakpoint: 0,
        more: 0,
    };
    let thread = i32::try_from(thread).map_err(io::Error::other)?;
    let (any_processor, group) = (-1, group.map_or(-1, AsRawFd::as_raw_fd));
    let attributes = &raw const attributes;
    // SAFETY: the attributes are as long as they say; it makes a counter and changes nothing.
    let opened = unsafe {
        libc::syscall(libc::SYS_perf_event_open, attributes, thread, any_processor, group, CLOSE_ON_EXEC)
    };
    // SAFETY: the call makes a new descriptor, and it is nobody's yet.
    unsafe { raw::owned(opened) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Why this machine lets nobody count, so that a test is skipped aloud and not in silence.
    fn skipped(error: &io::Error) {
        println!("SKIPPED: this machine refuses even software counters: {error}");
    }

    fn touch_pages(count: usize) {
        for _ in 0..count {
            // A mapping of its own each: no allocator keeps pages that were touched already.
            std::hint::black_box(
                crate::page::SharedPage::create()
                    .unwrap()
                    .0
                    .slot(0)
                    .load(std::sync::atomic::Ordering::Relaxed),
            );
        }
    }

    #[test]
    fn what_a_thread_does_is_counted_and_its_neighbours_work_is_not() {
        let mut group = match Group::lead(0, Kind::PAGE_FAULTS) {
            Ok(group) => group,
            Err(error) => return skipped(&error),
        };
        assert_eq!(group.add(0, Kind::CPU_TIME).unwrap(), 1);
        let before = group.read().unwrap();
        assert_eq!(before.len(), 2);
        std::thread::spawn(|| touch_pages(10_000)).join().unwrap();
        let between = group.read().unwrap();
        assert!(
            between[0] - before[0] < 10_000,
            "a neighbour's faults are not ours: {before:?}, {between:?}"
        );
        touch_pages(1_000);
        let after = group.read().unwrap();
        assert!(after[0] - between[0] >= 1_000, "{between:?}, {after:?}");
        assert!(after[1] > between[1]);
    }

    #[test]
    fn a_thread_that_has_ended_never_becomes_another_ones_count() {
        let (told, number) = std::sync::mpsc::sync_channel(1);
        let (go, wait) = std::sync::mpsc::sync_channel::<()>(1);
        let thread = std::thread::spawn(move || {
            // SAFETY: it asks for a number.
            told.send(unsafe { libc::gettid() }).unwrap();
            let _ = wait.recv();
            touch_pages(100);
        });
        let number = u32::try_from(number.recv().unwrap()).unwrap();
        let group = match Group::lead(number, Kind::PAGE_FAULTS) {
            Ok(group) => group,
            Err(error) => return skipped(&error),
        };
        drop(go);
        thread.join().unwrap();
        let last = group.read().unwrap();
        assert!(last[0] >= 100, "{last:?}");
        touch_pages(1_000);
        assert_eq!(group.read().unwrap(), last);
    }

    #[test]
    fn a_machine_either_counts_or_says_why_not() {
        match available() {
            Ok(()) => {
                let counters = Counters::of_thread(0).unwrap();
                let before = counters.read().unwrap();
                touch_pages(1_000);
                assert!(counters.read().unwrap().since(before).instructions > 1_000);
            }
            Err(reason) => {
                println!("SKIPPED: no counters of the processor here: {reason}");
                assert!(!reason.to_string().is_empty());
            }
        }
    }

    #[test]
    fn a_refusal_is_told_from_a_processor_without_counters() {
        let of = |number| NoCounters::of(io::Error::from_raw_os_error(number)).to_string();
        assert!(of(libc::ENOENT).contains("virtual machine"), "{}", of(libc::ENOENT));
        assert!(of(libc::EACCES).contains("kept from this user"), "{}", of(libc::EACCES));
        assert!(!of(libc::EMFILE).is_empty());
    }
}
