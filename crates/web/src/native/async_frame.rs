//! Natives of `AsyncLocalStorage`: what belongs to the code that runs, and follows it through every `await`.
//!
//! V8 keeps one value for that. It is the event's number, or, where code has stored something, an array of that number
//! and of the frame: what was stored, as `js/node/async_hooks.js` lays it out. No code of a tenant's ever sees the array.

use mote_engine::v8;

use super::natives;

natives! {
    asyncFrame => async_frame,
    setAsyncFrame => set_async_frame,
}

const EVENT: u32 = 0;
const FRAME: u32 = 1;

/// The number of the event that the running code belongs to.
pub(crate) fn event_of_running(scope: &v8::PinScope<'_, '_>) -> Option<u32> {
    let value = scope.get_continuation_preserved_embedder_data();
    let id = match value.try_cast::<v8::Array>() {
        Ok(array) => array.get_index(scope, EVENT)?,
        Err(_) => value,
    };
    id.try_cast::<v8::Uint32>().ok().map(|id| id.value())
}

/// What the running code has stored, for code that a native calls later on its behalf; `None` if that is nothing.
pub(crate) fn captured(scope: &mut v8::PinScope<'_, '_>) -> Option<v8::Global<v8::Value>> {
    let value = scope.get_continuation_preserved_embedder_data();
    value.is_array().then(|| v8::Global::new(scope, value))
}

/// Makes what [`captured`] gave that of the code from here on, until the turn ends.
pub(crate) fn restore(scope: &mut v8::PinScope<'_, '_>, captured: Option<&v8::Global<v8::Value>>) {
    if let Some(captured) = captured {
        let value = v8::Local::new(scope, captured);
        scope.set_continuation_preserved_embedder_data(value);
    }
}

/// `asyncFrame() -> frame | undefined`
fn async_frame<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    _args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let value = scope.get_continuation_preserved_embedder_data();
    if let Ok(array) = value.try_cast::<v8::Array>()
        && let Some(frame) = array.get_index(scope, FRAME)
    {
        rv.set(frame);
    }
}

/// `setAsyncFrame(frame | undefined)`: of the code from here on. The event stays what it is, also where the frame comes
/// from another one.
fn set_async_frame<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let event = event_of_running(scope).unwrap_or(0);
    let event: v8::Local<'_, v8::Value> = v8::Integer::new_from_unsigned(scope, event).into();
    let frame = args.get(0);
    let value = if frame.is_undefined() {
        event
    } else {
        v8::Array::new_with_elements(scope, &[event, frame]).into()
    };
    scope.set_continuation_preserved_embedder_data(value);
}
