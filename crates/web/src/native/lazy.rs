//! Parts of the platform that an isolate gets when it first uses them.

use mote_engine::{lazy, v8};

use super::natives;

natives! { lazyModule => lazy_module }

/// `lazyModule(name, registry)`: the namespace of the platform's module with that name.
fn lazy_module<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'s>,
) {
    let name = args.get(0).to_rust_string_lossy(scope);
    let Ok(registry) = args.get(1).try_cast::<v8::Object>() else { return };
    if let Some(namespace) = lazy::module(scope, crate::SOURCES, &name, registry) {
        rv.set(namespace.into());
    }
}
