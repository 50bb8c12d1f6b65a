//! The heap limit of an isolate: reaching it stops the turn, it does not abort the process.

use std::{
    ffi::c_void,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::{
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
    ) -> Box<Self> {
        // SAFETY: only used in V8's callbacks, which come while the isolate is alive.
        let raw = unsafe { isolate.as_raw_isolate_ptr() };
        let handle = isolate.thread_safe_handle();
        let tripped = AtomicBool::new(false);
        let thread = watchdog::this_thread();
        let guard = Box::new(Self { handle, isolate: raw, bytes_max, account, tripped, id, thread });
        let data = std::ptr::from_ref::<Self>(&guard).cast_mut().cast::<c_void>();
        isolate.add_near_heap_limit_callback(near_heap_limit, data);
        isolate.add_gc_epilogue_callback(after_collection, data, v8::GCType::kGCTypeMarkSweepCompact);
        guard
    }

    /// True once the heap has reached its limit.
    pub(crate) fn tripped(&self) -> bool {
        self.tripped.load(Ordering::Acquire)
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
    // SAFETY: V8 calls back on the isolate's thread while the isolate is alive.
    let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(guard.isolate) };
    if isolate.get_heap_statistics().used_heap_size() >= guard.bytes_max / 4 * 3 {
        guard.trip();
    }
    current.max(guard.bytes_max.saturating_add(HEADROOM_BYTES))
}

/// With the head-room given, V8 itself would not stop at the limit any more; and what is outside of the heap counts, too.
unsafe extern "C" fn after_collection(
    _isolate: v8::UnsafeRawIsolatePtr,
    _kind: v8::GCType,
    _flags: v8::GCCallbackFlags,
    data: *mut c_void,
) {
    // SAFETY: as in `near_heap_limit`.
    let guard = unsafe { &*data.cast::<HeapGuard>() };
    // SAFETY: V8 calls back on the isolate's thread while the isolate is alive.
    let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(guard.isolate) };
    let statistics = isolate.get_heap_statistics();
    if guard.account.saw_live_heap(statistics.used_heap_size(), statistics.external_memory()) {
        guard.trip();
    }
}
