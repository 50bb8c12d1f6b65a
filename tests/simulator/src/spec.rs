//! What is simulated.

use clap::{Args, ValueEnum};
use serde::Serialize;

/// Which isolates leave when memory is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// Greedy-Dual-Size-Frequency: ours.
    Gdsf,
    /// The one that was not used for longest.
    Lru,
    /// The one that was used least often.
    Lfu,
    /// Everything for ten minutes after its last use; before that, the one that was not used for longest.
    Alive,
}

/// How an event finds its cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Its home by rendezvous hashing, and the next best ones when that is busy or full; but where it is warm it stays,
    /// unless it is what makes the cell busy.
    Stay,
    /// Its home, and the next best ones when that is busy or full, warm or not.
    Spill,
    /// Its home, whatever happens there.
    Home,
    /// Any.
    Random,
}

/// Whether starts are held to their share of the CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Admitting {
    /// They are: ours.
    On,
    /// Every start goes on.
    Off,
}

/// Who gets events when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TraceKind {
    /// By Zipf's law, and who is popular changes over time.
    Zipf,
    /// Everybody as often.
    Uniform,
    /// Two days that are squeezed into the trace; workers live in three time zones.
    Daily,
    /// For a fifth of the time an unknown worker gets as many events as all others together.
    Flash,
    /// At half time every worker gets a new version, within a twentieth of the trace.
    Deploy,
    /// Somebody touches every worker once, in order, while the others go on.
    Scan,
}

/// The size of a fleet and of its trace.
#[derive(Debug, Clone, Args, Serialize)]
pub struct Spec {
    /// Nodes.
    #[arg(long, default_value_t = 1)]
    pub nodes: usize,
    /// Cells on each node.
    #[arg(long, default_value_t = 2)]
    pub cells: usize,
    /// Threads in each cell.
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// Memory for the isolates of a cell.
    #[arg(long, default_value_t = 2_048)]
    pub memory_mib: u64,
    /// Workers.
    #[arg(long, default_value_t = 10_000)]
    pub tenants: usize,
    /// Events, more or less.
    #[arg(long, default_value_t = 450_000)]
    pub events: usize,
    /// How long they take, on the virtual clock.
    #[arg(long, default_value_t = 1_800)]
    pub seconds: u64,
    /// What all chance comes from.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}
