//! The memory of `ArrayBuffer`s: counted for each isolate, and refused past its limit.
//!
//! A refused allocation is a `RangeError` in the tenant's code, after V8 has tried to collect what is garbage.

use std::{
    ffi::c_void,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::v8;

/// One isolate's buffers.
#[derive(Debug)]
struct Account {
    used_bytes: AtomicUsize,
    bytes_max: usize,
}

impl Account {
    fn charge(&self, bytes: usize) -> bool {
        let charged = self.used_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(bytes).filter(|total| *total <= self.bytes_max)
        });
        charged.is_ok()
    }

    fn refund(&self, bytes: usize) {
        self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// An allocator that gives at most `bytes_max` at a time.
pub(crate) fn allocator(bytes_max: usize) -> v8::UniqueRef<v8::Allocator> {
    let account = Arc::into_raw(Arc::new(Account { used_bytes: AtomicUsize::new(0), bytes_max }));
    // SAFETY: the vtable's functions take the account that this handle points at, and `drop` gives back the reference
    // which `into_raw` took; V8 calls it once, when the last buffer and the isolate are gone.
    unsafe { v8::new_rust_allocator(account, &VTABLE) }
}

static VTABLE: v8::RustAllocatorVtable<Account> =
    v8::RustAllocatorVtable { allocate, allocate_uninitialized, free, drop: drop_account };

unsafe extern "C" fn allocate(account: &Account, bytes: usize) -> *mut c_void {
    if !account.charge(bytes) {
        return std::ptr::null_mut();
    }
    // SAFETY: any size may be asked for; null means that there is no memory.
    let memory = unsafe { libc::calloc(bytes.max(1), 1) };
    if memory.is_null() {
        account.refund(bytes);
    }
    memory
}

unsafe extern "C" fn allocate_uninitialized(account: &Account, bytes: usize) -> *mut c_void {
    if !account.charge(bytes) {
        return std::ptr::null_mut();
    }
    // SAFETY: any size may be asked for; null means that there is no memory.
    let memory = unsafe { libc::malloc(bytes.max(1)) };
    if memory.is_null() {
        account.refund(bytes);
    }
    memory
}

unsafe extern "C" fn free(account: &Account, memory: *mut c_void, bytes: usize) {
    // SAFETY: V8 gives back what `allocate` or `allocate_uninitialized` gave it, once.
    unsafe { libc::free(memory) };
    account.refund(bytes);
}

unsafe extern "C" fn drop_account(account: *const Account) {
    // SAFETY: `allocator` made it with `into_raw`, and V8 gives it back once.
    drop(unsafe { Arc::from_raw(account) });
}
