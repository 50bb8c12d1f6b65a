//! The memory of `ArrayBuffer`s in the `hardened` build: it must lie in V8's own sandbox, where only V8's allocator can put
//! it. That one asks nobody, so an allocation is not refused at once; the account learns of it when the heap is looked at.

use crate::{memory::MemoryAccount, v8};

/// V8's own allocator, inside of its sandbox.
pub(crate) fn allocator(_account: MemoryAccount) -> v8::UniqueRef<v8::Allocator> {
    v8::new_default_allocator()
}

/// Copies bytes that Rust has made into an `ArrayBuffer`: V8's sandbox holds no pointer to what lies outside of it. Throws a
/// `RangeError` and gives `None` if there is no room.
pub fn adopt<'s>(scope: &mut v8::PinScope<'s, '_>, bytes: Vec<u8>) -> Option<v8::Local<'s, v8::ArrayBuffer>> {
    let account = scope.get_slot::<MemoryAccount>().cloned();
    // Held for a moment, to see whether there is room.
    let held = account.and_then(|account| account.hold(bytes.len()));
    if held.is_none() {
        if let Some(message) = v8::String::new(scope, "Array buffer allocation failed") {
            let error = v8::Exception::range_error(scope, message);
            scope.throw_exception(error);
        }
        return None;
    }
    let buffer = v8::ArrayBuffer::new(scope, bytes.len());
    for (to, from) in buffer.get_backing_store().iter().zip(&bytes) {
        to.set(*from);
    }
    Some(buffer)
}
