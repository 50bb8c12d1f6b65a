//! Heaps that are kept packed. Their bytes are there only while an isolate is made from one: V8 copies all that it wants out of
//! them when it makes the isolate and its context, and an isolate here has one context.
//!
//! Each thread has one room for them, which is used again and again. So a start touches no memory for the first time for them,
//! and a worker whose isolate is warm holds the packed bytes alone.

use std::{cell::Cell, fmt, ptr::NonNull, sync::Arc};

use crate::snapshot::{HEADER_BYTES, NotADescendant, Snapshot};

/// The most bytes of a heap, unpacked.
pub const UNPACKED_BYTES_MAX: usize = 16 << 20;

/// Unpacks a heap into room of exactly its size; false if that cannot be done.
pub type Unpack = dyn Fn(&mut [u8]) -> bool + Send + Sync;

/// A heap that an isolate has left behind ([`crate::Isolate::keep`]), packed. Cheap to clone.
#[derive(Clone)]
pub struct PackedHeap {
    ancestor: Snapshot,
    bytes: usize,
    unpack: Arc<Unpack>,
}

impl fmt::Debug for PackedHeap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PackedHeap").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl PackedHeap {
    /// A heap of so many bytes, left by an isolate that had started from `ancestor`, in this process or in another of the same
    /// build. Whether its bytes are the ones that were left, the caller has checked: V8 does not.
    #[must_use]
    pub fn new(ancestor: Snapshot, bytes: usize, unpack: Arc<Unpack>) -> Self {
        Self { ancestor, bytes, unpack }
    }

    /// What it was made from.
    pub(crate) fn ancestor(&self) -> &Snapshot {
        &self.ancestor
    }

    /// Lets `work` have the heap, unpacked.
    pub(crate) fn with_snapshot<R>(&self, work: impl FnOnce(&Snapshot) -> R) -> Result<R, NotADescendant> {
        let room = Room::take();
        let unpacked = room.fill(self.bytes, &*self.unpack).ok_or(NotADescendant);
        let made = unpacked.and_then(|blob| self.ancestor.descendant(blob)).map(|snapshot| work(&snapshot));
        // V8 looks at this part also later, when it makes a code cache or reads one: it says to which read-only heap they belong,
        // and that is the ancestor's.
        room.head_with(self.ancestor.header());
        made
    }
}

thread_local! {
    /// The thread's room, unless somebody has it.
    static ROOM: Cell<Option<NonNull<u8>>> = const { Cell::new(None) };
}

/// Room for a heap of the largest size. It is never freed, since V8 keeps a pointer to it for as long as isolates live. What was
/// never used of it takes no memory.
struct Room(NonNull<u8>);

impl Room {
    /// The thread's. Whoever takes it while it is taken gets another one; that happens only if an isolate is made while one is
    /// being made.
    fn take() -> Self {
        Self(ROOM.take().unwrap_or_else(|| {
            let room = Box::leak(vec![0_u8; UNPACKED_BYTES_MAX].into_boxed_slice());
            NonNull::from(room).cast()
        }))
    }

    /// Fills its beginning. The bytes are there until it is filled again.
    fn fill(&self, bytes: usize, unpack: &Unpack) -> Option<&'static [u8]> {
        if bytes > UNPACKED_BYTES_MAX {
            return None;
        }
        // SAFETY: the room has that many bytes, all written once, and belongs to this value alone: V8 reads it only inside of
        // calls that this thread makes, and none is under way. Slices of before are gone: `with_snapshot` drops the
        // snapshot that had them.
        let room = unsafe { std::slice::from_raw_parts_mut(self.0.as_ptr(), bytes) };
        unpack(room).then_some(&*room)
    }

    /// Writes its first bytes.
    fn head_with(&self, header: &[u8]) {
        let bytes = header.len().min(UNPACKED_BYTES_MAX);
        // SAFETY: as in `fill`; nobody reads it now.
        let room = unsafe { std::slice::from_raw_parts_mut(self.0.as_ptr(), bytes) };
        room.copy_from_slice(header.get(..bytes).unwrap_or_default());
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        ROOM.set(Some(self.0));
    }
}

const _: () = assert!(HEADER_BYTES < UNPACKED_BYTES_MAX, "the header is a small part of a heap");
