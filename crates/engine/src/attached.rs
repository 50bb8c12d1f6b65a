//! Memory outside of V8's heap that hangs on an object: it counts until the object is collected.

use std::{cell::RefCell, rc::Rc};

use crate::{memory::MemoryAccount, v8};

/// In a slot of the isolate: what waits for objects to be collected.
#[derive(Clone, Default)]
struct Waiting(Rc<RefCell<Vec<v8::Weak<v8::Object>>>>);

/// How many more may wait until those are forgotten whose objects are gone.
const SPARE: usize = 64;

/// Counts bytes for as long as `object` lives. False, and nothing is counted, if the isolate may not have that many.
pub fn hold_for(scope: &mut v8::PinScope<'_, '_>, object: v8::Local<'_, v8::Object>, bytes: usize) -> bool {
    let Some(account) = scope.get_slot::<MemoryAccount>().cloned() else { return true };
    let mut held = account.hold(bytes);
    if held.is_none() {
        // Objects that nobody holds any more may still be waiting for the collector.
        scope.low_memory_notification();
        held = account.hold(bytes);
    }
    let Some(held) = held else { return false };
    let weak = v8::Weak::with_guaranteed_finalizer(scope, object, Box::new(move || drop(held)));
    if scope.get_slot::<Waiting>().is_none() {
        scope.set_slot(Waiting::default());
    }
    // A weak handle must live as long as its object, to be told of its end.
    if let Some(waiting) = scope.get_slot::<Waiting>() {
        let mut waiting = waiting.0.borrow_mut();
        if waiting.len() == waiting.capacity() {
            waiting.retain(|weak| !weak.is_empty());
            let spare = SPARE.max(waiting.len());
            waiting.reserve(spare);
        }
        waiting.push(weak);
    }
    true
}
