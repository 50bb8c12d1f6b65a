//! Natives of `structuredClone`, which is JavaScript (`js/structured-clone.js` says why V8's serializer is not used).

use mote_engine::v8;

use super::natives;

natives! {
    isDetachable => is_detachable,
}

/// `isDetachable(buffer) -> boolean`; the memory of a Wasm instance is not.
fn is_detachable<'s>(
    _scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let buffer = args.get(0).try_cast::<v8::ArrayBuffer>();
    rv.set_bool(buffer.is_ok_and(|buffer| buffer.is_detachable()));
}
