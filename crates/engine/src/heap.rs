//! The heap limit of an isolate: reaching it stops the turn, it does not abort the process.

use std::{
    ffi::c_void,
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::{
    leave,
    memory::MemoryAccount,
    nudge, v8, wasm_memory,
    watchdog::{self, StoppedFromOutside},
};

/// How much an isolate may grow past its limit so that V8 gets to the next interrupt check alive.
///
/// Why give V8 more room before terminating: termination is seen only at the next interrupt check, and V8 out of
/// head-room aborts the process - with every tenant in it. Why so much: a single native may allocate hundreds of
/// megabytes before that check (a huge array), and room that is not used costs nothing.
const HEADROOM_BYTES: usize = 1 << 30;
/// What a heap may grow past its limit while its turn goes on: then there is no time left to wait for V8.
const FAR_PAST_BYTES: usize = HEADROOM_BYTES / 2;

/// Watches one isolate's heap. It must live as long as the isolate: V8 holds its address.
pub(crate) struct HeapGuard {
    handle: v8::IsolateHandle,
    isolate: v8::UnsafeRawIsolatePtr,
    bytes_max: usize,
    account: MemoryAccount,
    tripped: AtomicBool,
    id: u64,
    thread: StoppedFromOutside,
}

impl HeapGuard {
    /// `id` is the isolate's number, which its turns are watched by.
    pub(crate) fn install(
        isolate: &mut v8::Isolate,
        id: u64,
        bytes_max: usize,
        account: MemoryAccount,
    ) -> Rc<Self> {
        // SAFETY: only used in V8's callbacks, which come while the isolate is alive.
        let raw = unsafe { isolate.as_raw_isolate_ptr() };
        let handle = isolate.thread_safe_handle();
        let tripped = AtomicBool::new(false);
        let thread = watchdog::this_thread();
        let guard = Rc::new(Self { handle, isolate: raw, bytes_max, account, tripped, id, thread });
        let data = std::ptr::from_ref::<Self>(&guard).cast_mut().cast::<c_void>();
        isolate.add_near_heap_limit_callback(near_heap_limit, data);
        let any = v8::GCType::kGCTypeMarkSweepCompact
            | v8::GCType::kGCTypeScavenge
            | v8::GCType::kGCTypeIncrementalMarking;
        isolate.add_gc_prologue_callback(before_collection, data, any);
        isolate.add_gc_epilogue_callback(after_collection, data, any);
        isolate.set_oom_error_handler(leave::out_of_memory);
        guard
    }

    /// True once the heap has reached its limit.
    pub(crate) fn tripped(&self) -> bool {
        self.tripped.load(Ordering::Acquire)
    }

    /// True where the heap has grown so far past its limit that V8 may soon have none left.
    pub(crate) fn is_far_past(&self) -> bool {
        self.tripped() && self.statistics().used_heap_size() > self.bytes_max.saturating_add(FAR_PAST_BYTES)
    }

    /// What the heap and its buffers take of the process's memory.
    pub(crate) fn bytes_held(&self) -> u64 {
        let statistics = self.statistics();
        statistics.total_heap_size().saturating_add(statistics.external_memory()) as u64
    }

    /// Has V8 begin to collect with the next large piece of memory that is taken, on a thread that runs a turn of the isolate
    /// now and does not end it as long as this takes: there it can be left.
    pub(crate) fn press(&self) {
        // SAFETY: the caller's promise keeps the isolate alive, and V8 lets other threads call this.
        let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(self.isolate) };
        isolate.memory_pressure_notification(v8::MemoryPressureLevel::Moderate);
    }

    fn statistics(&self) -> v8::HeapStatistics {
        // SAFETY: whoever asks is in one of V8's callbacks, which come while the isolate is alive.
        let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(self.isolate) };
        isolate.get_heap_statistics()
    }

    /// Takes note of what is used, garbage included; true if that is more than the hard limit.
    pub(crate) fn look(&self, isolate: &mut v8::Isolate) -> bool {
        self.account.set_wasm(wasm_memory::bytes(isolate));
        let statistics = isolate.get_heap_statistics();
        self.account.saw_heap(statistics.used_heap_size(), statistics.external_memory())
    }

    /// Collects if all that is known of is more than a limit; only what is left then counts.
    pub(crate) fn collect_if_over(&self, isolate: &mut v8::Isolate) {
        if self.account.may_be_over_a_limit() {
            self.collect(isolate);
        }
    }

    /// Collects; what is left counts.
    fn collect(&self, isolate: &mut v8::Isolate) {
        isolate.memory_pressure_notification(v8::MemoryPressureLevel::Critical);
        isolate.memory_pressure_notification(v8::MemoryPressureLevel::None);
        if self.look(isolate) {
            self.trip();
        }
    }

    /// Looks in the middle of a turn: V8 looks only when it collects, and once it was given head-room, or where memory is
    /// taken outside of its heap, that may be long after.
    ///
    /// # Safety
    /// `data` is the address of the isolate's guard, and V8 calls this back on the isolate's thread.
    pub(crate) unsafe extern "C" fn look_while_running(_isolate: v8::UnsafeRawIsolatePtr, data: *mut c_void) {
        let _ground = leave::closed();
        // SAFETY: the caller's promise; the isolate's owner drops the guard after V8's isolate.
        let guard = unsafe { &*data.cast::<Self>() };
        // SAFETY: V8 calls back while the isolate is alive.
        let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(guard.isolate) };
        if guard.look(&mut isolate) {
            guard.collect(&mut isolate);
        }
    }

    fn trip(&self) {
        self.tripped.store(true, Ordering::Release);
        self.handle.terminate_execution();
        // Every further round of a loop may allocate again, and the head-room has an end.
        nudge::nudge_this_thread();
        self.thread.see_to(self.id);
    }
}

/// V8 asks before it gives up on an allocation. That may also be a huge `ArrayBuffer` which is refused anyway, with the
/// heap almost empty; so what is in use decides.
unsafe extern "C" fn near_heap_limit(data: *mut c_void, current: usize, _initial: usize) -> usize {
    // SAFETY: `data` is the guard that `install` made; the isolate owns it and drops it after V8's isolate.
    let guard = unsafe { &*data.cast::<HeapGuard>() };
    if guard.statistics().used_heap_size() >= guard.bytes_max / 4 * 3 {
        guard.trip();
    }
    current.max(guard.bytes_max.saturating_add(HEADROOM_BYTES))
}

/// A turn that V8 does not stop is left before V8 goes to work again.
unsafe extern "C" fn before_collection(
    _isolate: v8::UnsafeRawIsolatePtr,
    _kind: v8::GCType,
    flags: v8::GCCallbackFlags,
    data: *mut c_void,
) {
    // SAFETY: as in `near_heap_limit`.
    let guard = unsafe { &*data.cast::<HeapGuard>() };
    leave::collection_begins(guard, flags);
}

/// With the head-room given, V8 itself would not stop at the limit any more; and what is outside of the heap counts, too.
unsafe extern "C" fn after_collection(
    _isolate: v8::UnsafeRawIsolatePtr,
    kind: v8::GCType,
    _flags: v8::GCCallbackFlags,
    data: *mut c_void,
) {
    // SAFETY: as in `near_heap_limit`.
    let guard = unsafe { &*data.cast::<HeapGuard>() };
    // The other kinds look at what is young alone, or have only begun.
    if kind == v8::GCType::kGCTypeMarkSweepCompact {
        let statistics = guard.statistics();
        if guard.account.saw_live_heap(statistics.used_heap_size(), statistics.external_memory()) {
            guard.trip();
        }
    }
    leave::collection_ends();
}
