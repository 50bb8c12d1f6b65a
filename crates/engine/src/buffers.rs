//! The memory of `ArrayBuffer`s: charged to their isolate's account, and refused past its limit.
//!
//! A refused allocation is a `RangeError` in the tenant's code, after V8 has tried to collect what is garbage.

use std::{ffi::c_void, sync::Arc};

use crate::{memory::MemoryAccount, v8};

/// The allocator that charges an isolate's account.
pub(crate) fn allocator(account: MemoryAccount) -> v8::UniqueRef<v8::Allocator> {
    let account = Arc::into_raw(Arc::new(account));
    // SAFETY: the vtable's functions take the account that this handle points at, and `drop` gives back the reference
    // which `into_raw` took; V8 calls it once, when the last buffer and the isolate are gone.
    unsafe { v8::new_rust_allocator(account, &VTABLE) }
}

/// Makes bytes that Rust has made the memory of an `ArrayBuffer`, without copying them. Throws a `RangeError` and gives
/// `None` if the isolate may not hold that many.
pub fn adopt<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    mut bytes: Vec<u8>,
) -> Option<v8::Local<'s, v8::ArrayBuffer>> {
    let account = scope.get_slot::<MemoryAccount>().cloned();
    let length = bytes.len();
    let Some(account) = account.filter(|account| account.charge_buffer(length)) else {
        if let Some(message) = v8::String::new(scope, "Array buffer allocation failed") {
            let error = v8::Exception::range_error(scope, message);
            scope.throw_exception(error);
        }
        return None;
    };
    // What was gathered piece by piece may have room for twice as much, which nobody would count.
    if bytes.capacity() - length > length / 8 {
        bytes.shrink_to_fit();
    }
    let adopted = Box::new(Adopted { bytes, account });
    let data = adopted.bytes.as_ptr().cast_mut().cast::<c_void>();
    let owner = Box::into_raw(adopted).cast::<c_void>();
    // SAFETY: `data` and `length` are those of the bytes that `owner` keeps, at an address that does not change, until V8
    // calls `drop_adopted`, once, when the last buffer over them is gone.
    let store = unsafe { v8::ArrayBuffer::new_backing_store_from_ptr(data, length, drop_adopted, owner) };
    Some(v8::ArrayBuffer::with_backing_store(scope, &store.make_shared()))
}

/// Adopted bytes, charged to an account.
struct Adopted {
    bytes: Vec<u8>,
    account: MemoryAccount,
}

impl Drop for Adopted {
    fn drop(&mut self) {
        self.account.refund_buffer(self.bytes.len());
    }
}

unsafe extern "C" fn drop_adopted(_data: *mut c_void, _length: usize, owner: *mut c_void) {
    // SAFETY: `owner` is what `adopt` made of a box, and V8 gives it back once.
    drop(unsafe { Box::from_raw(owner.cast::<Adopted>()) });
}

static VTABLE: v8::RustAllocatorVtable<MemoryAccount> =
    v8::RustAllocatorVtable { allocate, allocate_uninitialized, free, drop: drop_account };

unsafe extern "C" fn allocate(account: &MemoryAccount, bytes: usize) -> *mut c_void {
    if !account.charge_buffer(bytes) {
        return std::ptr::null_mut();
    }
    // SAFETY: any size may be asked for; null means that there is no memory.
    let memory = unsafe { libc::calloc(bytes.max(1), 1) };
    if memory.is_null() {
        account.refund_buffer(bytes);
    }
    memory
}

unsafe extern "C" fn allocate_uninitialized(account: &MemoryAccount, bytes: usize) -> *mut c_void {
    if !account.charge_buffer(bytes) {
        return std::ptr::null_mut();
    }
    // SAFETY: any size may be asked for; null means that there is no memory.
    let memory = unsafe { libc::malloc(bytes.max(1)) };
    if memory.is_null() {
        account.refund_buffer(bytes);
    }
    memory
}

unsafe extern "C" fn free(account: &MemoryAccount, memory: *mut c_void, bytes: usize) {
    // SAFETY: V8 gives back what `allocate` or `allocate_uninitialized` gave it, once.
    unsafe { libc::free(memory) };
    account.refund_buffer(bytes);
}

unsafe extern "C" fn drop_account(account: *const MemoryAccount) {
    // SAFETY: `allocator` made it with `into_raw`, and V8 gives it back once.
    drop(unsafe { Arc::from_raw(account) });
}
