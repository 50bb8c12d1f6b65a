//! Natives that count the memories of Wasm (`js/wasm.js` calls them).

use mote_engine::{
    v8,
    wasm_memory::{self, Counted},
};

use super::{
    args::{id_arg, throw_range_error, throw_type_error},
    natives,
};

natives! {
    wasmCountMemory => wasm_count_memory,
    wasmCountInstance => wasm_count_instance,
}

/// `wasmCountMemory(memory, pages)`: throws if it is one memory too many, if it may not grow by so many pages, or if it is
/// shared.
fn wasm_count_memory<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let counted = wasm_memory::count(scope, args.get(0), id_arg(&args, 1));
    check(scope, counted);
}

/// `wasmCountInstance(instance, module, exports)`: throws if its memories are too much, or shared.
fn wasm_count_instance<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let (Ok(instance), Ok(exports)) =
        (args.get(0).try_cast::<v8::Object>(), args.get(2).try_cast::<v8::Object>())
    else {
        return;
    };
    let counted = wasm_memory::count_hidden(scope, args.get(1), instance);
    if !check(scope, counted) {
        return;
    }
    let Some(keys) = exports.get_own_property_names(scope, v8::GetPropertyNamesArgs::default()) else {
        return;
    };
    for index in 0..keys.length() {
        let Some(key) = keys.get_index(scope, index) else { return };
        let Some(value) = exports.get(scope, key) else { return };
        if value.is_wasm_memory_object() {
            let counted = wasm_memory::count(scope, value, 0);
            if !check(scope, counted) {
                return;
            }
        }
    }
}

fn check(scope: &mut v8::PinScope<'_, '_>, counted: Counted) -> bool {
    match counted {
        Counted::Fits => return true,
        Counted::TooMuch => throw_range_error(
            scope,
            "WebAssembly: the memory is more than the worker's memory limit allows. (One that a module does not export \
             counts with its maximum.)",
        ),
        Counted::Shared => {
            throw_type_error(scope, "WebAssembly: memory that is shared between threads is not offered");
        }
    }
    false
}
