//! Promises that were rejected and that nobody handles.

use crate::v8;

/// In a slot of the isolate.
#[derive(Default)]
struct Unhandled(Vec<(v8::Global<v8::Promise>, v8::Global<v8::Value>)>);

/// Starts keeping track. Call it once per isolate.
pub(crate) fn track(isolate: &mut v8::Isolate) {
    isolate.set_slot(Unhandled::default());
    isolate.set_promise_reject_callback(rejected);
}

/// Takes the promises that are rejected and unhandled right now, with their reasons. After microtasks have run, nobody
/// has handled these in time.
pub fn take_unhandled<'s>(
    scope: &mut v8::PinScope<'s, '_>,
) -> Vec<(v8::Local<'s, v8::Promise>, v8::Local<'s, v8::Value>)> {
    let Some(unhandled) = scope.get_slot_mut::<Unhandled>() else { return Vec::new() };
    if unhandled.0.is_empty() {
        return Vec::new();
    }
    std::mem::take(&mut unhandled.0)
        .into_iter()
        .map(|(promise, reason)| (v8::Local::new(scope, promise), v8::Local::new(scope, reason)))
        .collect()
}

unsafe extern "C" fn rejected(message: v8::PromiseRejectMessage<'_>) {
    v8::callback_scope!(unsafe scope, &message);
    let promise = message.get_promise();
    match message.get_event() {
        v8::PromiseRejectEvent::PromiseRejectWithNoHandler => {
            let reason = message.get_value().unwrap_or_else(|| v8::undefined(scope).into());
            let entry = (v8::Global::new(scope, promise), v8::Global::new(scope, reason));
            if let Some(unhandled) = scope.get_slot_mut::<Unhandled>() {
                unhandled.0.push(entry);
            }
        }
        v8::PromiseRejectEvent::PromiseHandlerAddedAfterReject => {
            if let Some(unhandled) = scope.get_slot_mut::<Unhandled>() {
                unhandled.0.retain(|(rejected, _)| *rejected != promise);
            }
        }
        v8::PromiseRejectEvent::PromiseRejectAfterResolved
        | v8::PromiseRejectEvent::PromiseResolveAfterResolved => {}
    }
}
