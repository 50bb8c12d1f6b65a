//! What JavaScript asks about the compatibility flags of the worker.

use mote_engine::v8;

use super::{
    args::{new_string, string_arg},
    natives,
};
use crate::state::State;

natives! { isCompatible => is_compatible, compatibilityFlags => compatibility_flags }

/// `isCompatible(flag)`: whether a behaviour is on, by the name of the flag that switches it on.
fn is_compatible<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(flag) = string_arg(scope, &args, 0) else { return };
    let compatibility = State::of(scope).map(|state| state.compatibility.get()).unwrap_or_default();
    rv.set_bool(compatibility.is_on(&flag));
}

/// `compatibilityFlags()`: every behaviour as a flat list, [name, is on, name, is on, ...].
fn compatibility_flags<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    _args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let compatibility = State::of(scope).map(|state| state.compatibility.get()).unwrap_or_default();
    let mut elements: Vec<v8::Local<'_, v8::Value>> = Vec::new();
    for (name, is_on) in compatibility.all() {
        let Some(name) = new_string(scope, name) else { return };
        elements.push(name.into());
        elements.push(v8::Boolean::new(scope, is_on).into());
    }
    rv.set(v8::Array::new_with_elements(scope, &elements).into());
}
