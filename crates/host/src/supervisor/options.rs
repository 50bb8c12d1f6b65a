//! What the operator can set, with the reason of each default.

use std::{collections::BTreeMap, num::NonZeroUsize, time::Duration};

use super::{counting::CountingOptions, suspicion::SuspicionOptions};

/// Whether tenants share the cells of a cordon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tenancy {
    /// Many tenants live in one cell.
    Shared,
    /// A cell holds the workers of one account, or one worker if it has no account.
    Dedicated,
}

/// How V8 runs code in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// It makes machine code.
    Jit,
    /// It interprets, and the kernel refuses memory that is executable. Slower, without Wasm, and with far fewer ways to
    /// break V8.
    Jitless,
}

/// Whether the workers of a cordon are told apart by their turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lanes {
    /// Long turns and short ones have cells of their own, and so have versions of which nothing is known yet.
    ByTurns,
    /// All live together.
    One,
}

/// A trust level: workers of different cordons never share a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CordonOptions {
    /// Whether tenants share its cells.
    pub tenancy: Tenancy,
    /// How its code runs.
    pub profile: Profile,
    /// Cells at once: of each lane of the cordon if it is shared, of each tenant if it is dedicated.
    pub cells_max: usize,
    /// Whether it has lanes, if it is shared.
    pub lanes: Lanes,
    /// Bytes that a cell may have in memory. Past it the cell ends; from three quarters on it takes no new workers.
    pub memory_bytes_max: u64,
    /// A cell that is older is replaced by a fresh one.
    pub age_max: Duration,
}

impl CordonOptions {
    /// Shared cells, as many as there are cores.
    #[must_use]
    pub fn shared() -> Self {
        Self {
            tenancy: Tenancy::Shared,
            profile: Profile::Jit,
            // A cell runs turns on one thread, so more cells than cores only wait for each other.
            cells_max: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            lanes: Lanes::ByTurns,
            // All heaps of a process lie in one cage of 4 GiB, because V8's pointers have 32 bits.
            memory_bytes_max: 4 << 30,
            // What an attacker has learnt about a process's memory is worth nothing after a day.
            age_max: Duration::from_secs(24 * 3_600),
        }
    }

    /// One cell for each tenant.
    #[must_use]
    pub fn dedicated() -> Self {
        Self { tenancy: Tenancy::Dedicated, cells_max: 1, ..Self::shared() }
    }
}

/// When a worker is held to be the one that ends cells.
#[derive(Debug, Clone)]
pub struct BlameOptions {
    /// How long after its last crash a worker has a cell of its own.
    pub quarantine_for: Duration,
    /// Two losses of a cell, both with events of a worker under way, are its fault if no more than this lies between them.
    pub maybe_within: Duration,
    /// How long a worker waits after its second crash; the time doubles with each further one.
    pub wait_min: Duration,
    /// The longest that it waits.
    pub wait_max: Duration,
}

/// What is read from a cell's control link.
#[derive(Debug, Clone)]
pub struct ControlOptions {
    /// Lines of consoles and of ended events that are passed on each second. More are dropped and counted.
    pub lines_per_s_max: u32,
    /// Bytes of these a second. They go to a log, and a log to a disk.
    pub line_bytes_per_s_max: u64,
    /// Bytes a second. A cell bounds what its workers write, so one that sends more is no longer ours.
    pub bytes_per_s_max: u64,
}

/// All values of the supervisor.
#[derive(Debug, Clone)]
pub struct SupervisorOptions {
    /// The operator's cordons by name; also those that are built in, where the operator changes them.
    pub cordons: BTreeMap<String, CordonOptions>,
    /// The cordon of workers that name none.
    pub cordon_default: String,
    /// Cells of the node at once, all cordons together. Past it idle cells of single tenants end, then events are shed.
    pub cells_max: usize,
    /// Blank cells that are kept ready for each profile that a cordon uses.
    pub spares: usize,
    /// A blank cell that is older is replaced, so that a fresh one is fresh.
    pub spare_age_max: Duration,

    /// How often each cell is looked at. An end is noticed at once, without looking.
    pub look_every: Duration,
    /// How late a look may be before it is the host that was held up. The cells get that time on top.
    pub look_late_max: Duration,
    /// How often a cell is asked how it is.
    pub ping_every: Duration,
    /// The same for a cell without events.
    pub ping_idle_every: Duration,
    /// How long it may take to answer. A thread of its own answers, so no turn is in its way.
    pub ping_max: Duration,
    /// CPU time that a turn may go on past its limit before its cell counts as busy, so that nobody is sent there who could go
    /// elsewhere. With a look it is less than 100 ms.
    pub turn_past_max: Duration,
    /// CPU time that a turn may go on past its limit before its cell is ended, with the events that are under way there. The
    /// cell stops turns by itself; this is for when it does not. Some built-ins, and the collector of a full heap, take long and come
    /// to their end.
    pub turn_cpu_grace: Duration,
    /// How long the thread of a turn may sleep while all others of the cell sleep, too. With a look it is less than 100 ms.
    pub turn_asleep_max: Duration,
    /// How long one turn may stand still for another reason: a slow disk is one. A turn waits for nothing, so it is stuck.
    pub turn_still_max: Duration,
    /// Less CPU time than this in [`Self::turn_still_max`] is none: where only that of the process is known, its other
    /// threads, the watchdog above all, always use a little.
    pub turn_still_cpu: Duration,
    /// CPU time that the thread for turns may use with events under way, and neither show a turn nor send anything meanwhile.
    pub hidden_cpu_max: Duration,
    /// How much longer than its limits allow an event may be without an answer before its cell is believed to answer nothing.
    /// It may have waited there behind the turns of others.
    pub answer_grace: Duration,
    /// How long a process may live on after its links have ended, so that the reason of its end is known.
    pub end_grace: Duration,
    /// How long a cell may take from its start to `Ready`.
    pub start_max: Duration,
    /// How long a worker may take to load, its wait behind other turns included.
    pub deploy_max: Duration,

    /// From as many events under way on a cell is busy, and its workers spill to other cells.
    pub busy_events: u64,
    /// From as much CPU time on, in percent of a core over the last second, it is busy as well.
    pub busy_cpu_percent: u64,
    /// Workers that a cell holds at once. Past it the one that was idle longest leaves.
    pub workers_max: usize,
    /// Workers that a cell loads at once; the others wait.
    pub deploys_max: usize,
    /// Exchanges under way on one link, in each direction.
    pub streams_max: usize,
    /// Bytes that have come over one link and that nobody has read, of all its exchanges together.
    pub held_bytes_max: usize,

    /// How long events may go on in a cell that is being replaced (WebSockets; others end before).
    pub drain_max: Duration,
    /// How long events of other workers may go on in a cell that has become a suspect's own.
    pub suspect_grace: Duration,
    /// A tenant's own cell, or one more than a cordon needs, ends when it had no event for so long.
    pub idle_max: Duration,

    /// Who is blamed for lost cells.
    pub blame: BlameOptions,
    /// When a worker gets a cell of its own because of what it does.
    pub suspicion: SuspicionOptions,
    /// The same by what the processor counts.
    pub counting: CountingOptions,
    /// What is read from cells beside events.
    pub control: ControlOptions,
}

/// The cordons that are always there.
pub(super) const BUILT_IN: [(&str, Tenancy); 4] = [
    ("trusted", Tenancy::Shared),
    ("default", Tenancy::Shared),
    ("untrusted", Tenancy::Shared),
    ("dedicated", Tenancy::Dedicated),
];

impl Default for SupervisorOptions {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        let millis = Duration::from_millis;
        let cordons = BUILT_IN.map(|(name, tenancy)| {
            let options = match tenancy {
                Tenancy::Shared => CordonOptions::shared(),
                Tenancy::Dedicated => CordonOptions::dedicated(),
            };
            (name.to_owned(), options)
        });
        Self {
            cordons: cordons.into(),
            cordon_default: "default".to_owned(),
            cells_max: 256,
            spares: 1,
            spare_age_max: seconds(3_600),
            look_every: millis(25),
            look_late_max: millis(250),
            ping_every: millis(50),
            ping_idle_every: millis(250),
            ping_max: seconds(1),
            turn_past_max: millis(75),
            turn_cpu_grace: millis(1_500),
            turn_asleep_max: millis(75),
            turn_still_max: seconds(5),
            turn_still_cpu: millis(150),
            hidden_cpu_max: seconds(3),
            answer_grace: seconds(60),
            end_grace: millis(100),
            start_max: seconds(10),
            deploy_max: seconds(60),
            busy_events: 256,
            busy_cpu_percent: 80,
            workers_max: 16_384,
            deploys_max: 64,
            streams_max: 16_384,
            held_bytes_max: 1 << 30,
            drain_max: seconds(15 * 60),
            suspect_grace: seconds(30),
            idle_max: seconds(5 * 60),
            blame: BlameOptions {
                quarantine_for: seconds(3_600),
                maybe_within: seconds(60),
                wait_min: millis(100),
                wait_max: seconds(30),
            },
            suspicion: SuspicionOptions::default(),
            counting: CountingOptions::default(),
            control: ControlOptions {
                lines_per_s_max: 1_000,
                line_bytes_per_s_max: 4 << 20,
                bytes_per_s_max: 64 << 20,
            },
        }
    }
}

/// Why options or a worker are not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PutError {
    /// No such cordon.
    #[error("there is no cordon `{cordon}`; there are: {known}")]
    UnknownCordon {
        /// What was asked for.
        cordon: String,
        /// Those that there are.
        known: String,
    },
    /// The node ends.
    #[error("the node is shutting down and takes no workers")]
    Closing,
}

impl SupervisorOptions {
    /// The cordon of this name, with its canonical spelling.
    pub(super) fn cordon(&self, name: Option<&str>) -> Result<&CordonOptions, PutError> {
        let name = name.unwrap_or(&self.cordon_default);
        self.cordons.get(name).ok_or_else(|| PutError::UnknownCordon {
            cordon: name.to_owned(),
            known: self.cordons.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
        })
    }

    /// The most memory that a cell of this profile may get: a blank one belongs to no cordon yet. `None` if no cordon uses
    /// the profile.
    pub(super) fn memory_bytes_max(&self, profile: Profile) -> Option<u64> {
        let of_profile = self.cordons.values().filter(|cordon| cordon.profile == profile);
        of_profile.map(|cordon| cordon.memory_bytes_max).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cordon_that_nobody_defined_is_refused_by_name() {
        let options = SupervisorOptions::default();
        let error = options.cordon(Some("defualt")).unwrap_err();
        assert!(
            error.to_string().contains("`defualt`") && error.to_string().contains("untrusted"),
            "{error}"
        );
        assert_eq!(options.cordon(None).unwrap().tenancy, Tenancy::Shared);
        assert_eq!(options.cordon(Some("dedicated")).unwrap().tenancy, Tenancy::Dedicated);
    }

    #[test]
    fn no_spare_is_kept_for_a_profile_that_no_cordon_uses() {
        let mut options = SupervisorOptions::default();
        assert_eq!(options.memory_bytes_max(Profile::Jitless), None);
        let small =
            CordonOptions { profile: Profile::Jitless, memory_bytes_max: 7, ..CordonOptions::shared() };
        options.cordons.insert("paranoid".to_owned(), small);
        assert_eq!(options.memory_bytes_max(Profile::Jitless), Some(7));
    }
}
