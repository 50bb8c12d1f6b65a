//! Promises that were rejected and that nobody handles.

use crate::v8;

/// In a slot of the isolate.
#[derive(Default)]
struct Unhandled(Vec<(v8::Global<v8::Promise>, v8::Global<v8::Value>)>);

/// In a slot of the isolate: promises that were handled after they had been taken as unhandled.
#[derive(Default)]
struct Handled(Vec<v8::Global<v8::Promise>>);

/// The most of these that are kept until somebody takes them. They are news and nothing else; nobody may fill memory with them.
const HANDLED_MAX: usize = 1_000;

/// Starts keeping track. Call it once per isolate.
pub(crate) fn track(isolate: &mut v8::Isolate) {
    isolate.set_slot(Unhandled::default());
    isolate.set_slot(Handled::default());
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

/// Takes the promises that somebody handles by now, after [`take_unhandled`] gave them.
pub fn take_handled<'s>(scope: &mut v8::PinScope<'s, '_>) -> Vec<v8::Local<'s, v8::Promise>> {
    let Some(handled) = scope.get_slot_mut::<Handled>() else { return Vec::new() };
    if handled.0.is_empty() {
        return Vec::new();
    }
    std::mem::take(&mut handled.0).into_iter().map(|promise| v8::Local::new(scope, promise)).collect()
}

unsafe extern "C" fn rejected(message: v8::PromiseRejectMessage<'_>) {
    let _ground = crate::leave::closed();
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
            let Some(unhandled) = scope.get_slot_mut::<Unhandled>() else { return };
            let before = unhandled.0.len();
            unhandled.0.retain(|(rejected, _)| *rejected != promise);
            if unhandled.0.len() < before {
                return;
            }
            let promise = v8::Global::new(scope, promise);
            if let Some(handled) = scope.get_slot_mut::<Handled>()
                && handled.0.len() < HANDLED_MAX
            {
                handled.0.push(promise);
            }
        }
        v8::PromiseRejectEvent::PromiseRejectAfterResolved
        | v8::PromiseRejectEvent::PromiseResolveAfterResolved => {}
    }
}
