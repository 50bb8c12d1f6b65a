//! Whether there is room for what a single call of a built-in would make (`js/bounded/room.js` says why it asks).

use mote_engine::v8;

use super::{
    args::{id_arg, throw_range_error},
    natives,
};
use crate::state::State;

natives! {
    roomFor => room_for,
    holdFor => hold_for,
}

/// What a heap may grow past its limit within one call, at most. The engine survives a gigabyte; the rest is for what
/// the call makes on its way.
const PAST_LIMIT_BYTES: f64 = 640.0 * 1024.0 * 1024.0;

/// `roomFor(least, most) -> boolean`: whether the isolate may have `least` bytes more, and the engine survives `most`.
fn room_for<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    // Without a state there is no worker yet: the platform itself is being made.
    let Some(state) = State::of(scope) else { return rv.set_bool(true) };
    let least = args.get(0).number_value(scope).unwrap_or(f64::INFINITY);
    let most = args.get(1).number_value(scope).unwrap_or(f64::INFINITY);
    if most > PAST_LIMIT_BYTES {
        return rv.set_bool(false);
    }
    if fits(&state, least) {
        return rv.set_bool(true);
    }
    // What is known may be garbage for the most part.
    scope.low_memory_notification();
    rv.set_bool(fits(&state, least));
}

/// `holdFor(object, bytes)`: counts what the object keeps outside of V8's heap; throws if there is no room for it.
fn hold_for<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Ok(object) = args.get(0).try_cast::<v8::Object>() else { return };
    let bytes = usize::try_from(id_arg(&args, 1)).unwrap_or(usize::MAX);
    if !mote_engine::attached::hold_for(scope, object, bytes) {
        throw_range_error(scope, "This is more than the worker's memory limit allows.");
    }
}

fn fits(state: &State, bytes: f64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "a few bytes more or less are none")]
    let left = (state.limits.memory_mib << 20) as f64 - state.memory.total() as f64;
    bytes <= left
}
