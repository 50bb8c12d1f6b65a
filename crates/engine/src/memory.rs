//! What an isolate's memory comes to: one account for all that is kept for it.
//!
//! Three things count together: V8's heap (as it was after the last full collection), buffers and Wasm memories outside
//! of it, and what natives hold for it ([`MemoryAccount::hold`]: bodies on their way, messages that wait to be sent). Past
//! the soft limit an isolate should take no new work; the hard limit is never passed by buffers and natives, which are
//! refused, and ends the isolate when its heap passes it (see [`crate::heap`]).

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// One isolate's account; clones share it. Any thread may charge it.
#[derive(Debug, Clone)]
pub struct MemoryAccount(Arc<Books>);

#[derive(Debug)]
struct Books {
    bytes_max: usize,
    soft_bytes_max: usize,
    /// `ArrayBuffer`s, wherever their memory came from.
    buffers: AtomicUsize,
    /// What natives hold.
    held: AtomicUsize,
    /// The heap, as it was seen last.
    heap: AtomicUsize,
    /// The Wasm memories, as they were seen last.
    wasm: AtomicUsize,
    peak: AtomicUsize,
    /// A full collection has found more than the soft limit.
    soft: AtomicBool,
}

impl MemoryAccount {
    pub(crate) fn new(bytes_max: usize, soft_bytes_max: usize) -> Self {
        Self(Arc::new(Books {
            bytes_max,
            soft_bytes_max,
            buffers: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            heap: AtomicUsize::new(0),
            wasm: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            soft: AtomicBool::new(false),
        }))
    }

    /// An account without an isolate, for tests of what charges one.
    #[must_use]
    pub fn alone(bytes_max: usize) -> Self {
        Self::new(bytes_max, bytes_max)
    }

    /// Bytes in all, as far as they are known.
    #[must_use]
    pub fn total(&self) -> usize {
        let wasm = self.0.wasm.load(Ordering::Relaxed);
        self.outside().saturating_add(wasm).saturating_add(self.0.heap.load(Ordering::Relaxed))
    }

    /// The most that [`Self::total`] has been seen to be since this was asked last.
    pub fn take_peak(&self) -> usize {
        self.0.peak.swap(self.total(), Ordering::Relaxed)
    }

    /// True once a full collection has left more than the soft limit allows.
    #[must_use]
    pub fn is_over_soft_limit(&self) -> bool {
        self.0.soft.load(Ordering::Relaxed)
    }

    /// Counts bytes that a native keeps for the isolate, until what it gives is dropped. `None` if the isolate may not
    /// have that many.
    #[must_use]
    pub fn hold(&self, bytes: usize) -> Option<Held> {
        self.charge(&self.0.held, bytes).then(|| Held { account: self.clone(), bytes })
    }

    /// Bytes of buffers and of natives.
    pub(crate) fn outside(&self) -> usize {
        self.0.buffers.load(Ordering::Relaxed).saturating_add(self.0.held.load(Ordering::Relaxed))
    }

    #[cfg(not(feature = "hardened"))]
    pub(crate) fn charge_buffer(&self, bytes: usize) -> bool {
        self.charge(&self.0.buffers, bytes)
    }

    #[cfg(not(feature = "hardened"))]
    pub(crate) fn refund_buffer(&self, bytes: usize) {
        self.0.buffers.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Takes note of the Wasm memories.
    pub(crate) fn set_wasm(&self, bytes: usize) {
        self.0.wasm.store(bytes, Ordering::Relaxed);
    }

    /// Takes note of the heap; `external` is V8's own number of what is outside of it, of which the buffers are counted
    /// here already. True if the hard limit is passed.
    pub(crate) fn saw_heap(&self, used: usize, external: usize) -> bool {
        let others = external.saturating_sub(self.0.buffers.load(Ordering::Relaxed));
        self.0.heap.store(used.saturating_add(others), Ordering::Relaxed);
        self.note_peak();
        self.total() > self.0.bytes_max
    }

    /// A full collection is over: what is left of the heap is needed. True if it passes the hard limit alone: buffers
    /// that are garbage may not be freed yet.
    pub(crate) fn saw_live_heap(&self, used: usize, external: usize) -> bool {
        self.saw_heap(used, external);
        if self.total() > self.0.soft_bytes_max {
            self.0.soft.store(true, Ordering::Relaxed);
        }
        self.total().saturating_sub(self.0.buffers.load(Ordering::Relaxed)) > self.0.bytes_max
    }

    /// True if all that is known of is more than a limit that was not seen passed yet; a collection would tell whether
    /// it is needed.
    pub(crate) fn may_be_over_a_limit(&self) -> bool {
        let limit = if self.is_over_soft_limit() { self.0.bytes_max } else { self.0.soft_bytes_max };
        self.total() > limit
    }

    fn note_peak(&self) {
        self.0.peak.fetch_max(self.total(), Ordering::Relaxed);
    }

    fn charge(&self, counter: &AtomicUsize, bytes: usize) -> bool {
        let others = self.total().saturating_sub(counter.load(Ordering::Relaxed));
        let charged = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            let total = used.checked_add(bytes)?;
            (total.saturating_add(others) <= self.0.bytes_max).then_some(total)
        });
        self.note_peak();
        charged.is_ok()
    }
}

/// Bytes that a native keeps for an isolate; they are given back when this is dropped.
#[derive(Debug)]
pub struct Held {
    account: MemoryAccount,
    bytes: usize,
}

impl Held {
    /// Holds more, or less. False, and nothing changed, if the isolate may not have that many.
    pub fn resize(&mut self, bytes: usize) -> bool {
        if bytes <= self.bytes {
            self.account.0.held.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        } else if !self.account.charge(&self.account.0.held, bytes - self.bytes) {
            return false;
        }
        self.bytes = bytes;
        true
    }

    /// How many bytes it holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.account.0.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_natives_and_heap_count_together() {
        let account = MemoryAccount::new(100, 80);
        assert!(account.charge_buffer(40));
        let mut held = account.hold(30).unwrap();
        assert!(!account.saw_heap(20, 40), "external memory holds the buffers, which count once");
        assert_eq!(account.total(), 90);
        assert!(account.hold(11).is_none() && !account.charge_buffer(11));
        assert!(!held.resize(41) && held.resize(40));
        assert!(account.saw_heap(21, 40), "a heap that grows past the limit is told");
        drop(held);
        account.refund_buffer(40);
        assert_eq!((account.total(), account.take_peak(), account.take_peak()), (21, 101, 21));
    }

    #[test]
    fn wasm_memories_count() {
        let account = MemoryAccount::new(100, 80);
        assert!(account.charge_buffer(10));
        account.set_wasm(80);
        assert!(!account.saw_heap(1, 10) && account.saw_heap(11, 10));
    }

    #[test]
    fn only_what_a_collection_leaves_is_over_the_soft_limit() {
        let account = MemoryAccount::new(100, 80);
        account.saw_heap(90, 0);
        assert!(account.may_be_over_a_limit() && !account.is_over_soft_limit());
        account.saw_live_heap(10, 0);
        assert!(!account.may_be_over_a_limit() && !account.is_over_soft_limit());
        account.saw_live_heap(90, 0);
        assert!(account.is_over_soft_limit());
    }
}
