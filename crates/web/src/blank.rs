//! Isolates with the platform in them and nobody's worker: they can be made before somebody waits for one.

use std::time::Duration;

use mote_engine::{Isolate, IsolateOptions, NotADescendant, PackedHeap, Ready, Snapshot, Turn, modules};
use mote_wire::limits::Limits;

use crate::runtime::Hooks;

/// CPU time that the platform has to get ready; it needs a small part of it.
const READY_CPU_MAX: Duration = Duration::from_secs(1);

/// A blank isolate. No code of a tenant has run in it.
pub struct Blank {
    pub(crate) isolate: Isolate<Ready>,
    /// Always there.
    pub(crate) hooks: Option<Hooks>,
    memory_mib: u64,
    memory_soft_mib: u64,
}

impl Blank {
    /// Makes one, for workers with these limits of memory. V8 must be initialised.
    ///
    /// # Panics
    /// When `snapshot` was not made from this very platform; a build cannot produce that.
    #[must_use]
    pub fn new(snapshot: &Snapshot, limits: &Limits) -> Self {
        Self::of(Isolate::from_snapshot(snapshot, options_of(limits)), limits)
    }

    /// Makes one that leaves its heap behind ([`Isolate::recording`]).
    pub(crate) fn recording(snapshot: &Snapshot, limits: &Limits) -> Self {
        Self::of(Isolate::recording(snapshot, options_of(limits)), limits)
    }

    /// Makes one from the heap of a worker, which is the only one that it is for.
    ///
    /// # Errors
    /// When the heap is damaged, or was made by another build.
    ///
    /// # Panics
    /// When the heap was not left by this very platform.
    pub fn of_heap(heap: &PackedHeap, limits: &Limits) -> Result<Self, NotADescendant> {
        Ok(Self::of(Isolate::from_heap(heap, options_of(limits))?, limits))
    }

    fn of(mut isolate: Isolate<Ready>, limits: &Limits) -> Self {
        let prepared = isolate.turn(READY_CPU_MAX, |scope| {
            modules::prepare(scope);
            Hooks::take(scope)
        });
        let hooks = match prepared.turn {
            Turn::Done(hooks) => hooks,
            Turn::Stopped(_) => None,
        };
        assert!(hooks.is_some(), "the startup snapshot has all hooks");
        Self { isolate, hooks, memory_mib: limits.memory_mib, memory_soft_mib: limits.memory_soft_mib }
    }

    /// Whether a worker with these limits can have it: V8 wants to know how large a heap may become when it makes it.
    #[must_use]
    pub fn fits(&self, limits: &Limits) -> bool {
        (self.memory_mib, self.memory_soft_mib) == (limits.memory_mib, limits.memory_soft_mib)
    }
}

fn options_of(limits: &Limits) -> IsolateOptions {
    IsolateOptions {
        memory_bytes_max: bytes_of_mib(limits.memory_mib),
        memory_soft_bytes_max: bytes_of_mib(limits.memory_soft_mib),
        label: 0,
    }
}

fn bytes_of_mib(mib: u64) -> usize {
    usize::try_from(mib).unwrap_or(usize::MAX).saturating_mul(1 << 20)
}
