//! The heap limit of an isolate: reaching it stops the turn, it does not abort the process.

use std::{
    ffi::c_void,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::v8;

/// How much an isolate may grow past its limit so that V8 gets to the next interrupt check alive.
///
/// Why give V8 more room before terminating: termination is seen only at the next interrupt check, and V8 out of
/// head-room aborts the process - with every tenant in it.
const HEADROOM_BYTES: usize = 32 << 20;

/// Watches one isolate's heap. It must live as long as the isolate: V8 holds its address.
pub(crate) struct HeapGuard {
    handle: v8::IsolateHandle,
    tripped: AtomicBool,
}

impl HeapGuard {
    pub(crate) fn install(isolate: &mut v8::Isolate) -> Box<Self> {
        let guard = Box::new(Self { handle: isolate.thread_safe_handle(), tripped: AtomicBool::new(false) });
        let data = std::ptr::from_ref::<Self>(&guard).cast_mut().cast::<c_void>();
        isolate.add_near_heap_limit_callback(near_heap_limit, data);
        guard
    }

    /// True once the heap has reached its limit.
    pub(crate) fn tripped(&self) -> bool {
        self.tripped.load(Ordering::Acquire)
    }
}

unsafe extern "C" fn near_heap_limit(data: *mut c_void, current: usize, _initial: usize) -> usize {
    // SAFETY: `data` is the guard that `install` made; the isolate owns it and drops it after V8's isolate.
    let guard = unsafe { &*data.cast::<HeapGuard>() };
    guard.tripped.store(true, Ordering::Release);
    guard.handle.terminate_execution();
    current.saturating_add(HEADROOM_BYTES)
}
