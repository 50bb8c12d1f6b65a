//! What becomes of an isolate of which a turn was left.

use std::mem::ManuallyDrop;

use super::Inner;

impl Inner {
    /// A turn of it was left: all that V8 may still have a pointer to stays for ever.
    pub(super) fn leave_behind(&mut self) {
        let Some(isolate) = self.isolate.take() else { return };
        // `Entered` has exited it once; V8 may have entered it again in what was left.
        while is_any_entered() {
            // SAFETY: it is the current isolate of this thread: turns do not nest, and no other is entered within one.
            unsafe { isolate.exit() };
        }
        let _stays = ManuallyDrop::new((isolate, self.context.take(), self.inspector.take()));
        let _stays = ManuallyDrop::new((self.guard.clone(), self.snapshot.clone()));
    }
}

/// Whether an isolate is entered on this thread.
fn is_any_entered() -> bool {
    unsafe extern "C" {
        // The `v8` crate has it and does not give it away.
        fn v8__Isolate__GetCurrent() -> *const std::ffi::c_void;
    }
    // SAFETY: it takes nothing, and reads a variable of the thread.
    !unsafe { v8__Isolate__GetCurrent() }.is_null()
}
