//! Natives that look at a value without running any code of the tenant: no getter, no trap of a proxy.

use mote_engine::v8;

use super::natives;

natives! {
    kindOf => kind_of,
    isBufferSource => is_buffer_source,
    promiseState => promise_state,
    proxyTarget => proxy_target,
    namedKeys => named_keys,
}

/// What a value is to V8. `js/kinds.js` knows the same numbers.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain = 0,
    Primitive = 1,
    Function = 2,
    Array = 3,
    Proxy = 4,
    Error = 5,
    Date = 6,
    RegExp = 7,
    Map = 8,
    Set = 9,
    Promise = 10,
    ArrayBuffer = 11,
    SharedArrayBuffer = 12,
    TypedArray = 13,
    DataView = 14,
    BooleanObject = 15,
    NumberObject = 16,
    StringObject = 17,
    BigIntObject = 18,
    SymbolObject = 19,
    WeakMap = 20,
    WeakSet = 21,
    MapIterator = 22,
    SetIterator = 23,
    Generator = 24,
    ModuleNamespace = 25,
    Arguments = 26,
    Wasm = 27,
    Other = 28,
}

/// A test of V8's and the kind that it finds.
type Test = (fn(&v8::Value) -> bool, Kind);

/// The commonest first: a plain object fails them all.
const TESTS: &[Test] = &[
    (v8::Value::is_array, Kind::Array),
    (v8::Value::is_function, Kind::Function),
    (v8::Value::is_typed_array, Kind::TypedArray),
    (v8::Value::is_native_error, Kind::Error),
    (v8::Value::is_map, Kind::Map),
    (v8::Value::is_set, Kind::Set),
    (v8::Value::is_date, Kind::Date),
    (v8::Value::is_promise, Kind::Promise),
    (v8::Value::is_array_buffer, Kind::ArrayBuffer),
    (v8::Value::is_reg_exp, Kind::RegExp),
    (v8::Value::is_data_view, Kind::DataView),
    (v8::Value::is_shared_array_buffer, Kind::SharedArrayBuffer),
    (v8::Value::is_boolean_object, Kind::BooleanObject),
    (v8::Value::is_number_object, Kind::NumberObject),
    (v8::Value::is_string_object, Kind::StringObject),
    (v8::Value::is_big_int_object, Kind::BigIntObject),
    (v8::Value::is_symbol_object, Kind::SymbolObject),
    (v8::Value::is_weak_map, Kind::WeakMap),
    (v8::Value::is_weak_set, Kind::WeakSet),
    (v8::Value::is_map_iterator, Kind::MapIterator),
    (v8::Value::is_set_iterator, Kind::SetIterator),
    (v8::Value::is_generator_object, Kind::Generator),
    (v8::Value::is_module_namespace_object, Kind::ModuleNamespace),
    (v8::Value::is_arguments_object, Kind::Arguments),
    (v8::Value::is_wasm_memory_object, Kind::Wasm),
    (v8::Value::is_wasm_module_object, Kind::Wasm),
    (v8::Value::is_external, Kind::Other),
];

fn kind_of<'s>(
    _scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    rv.set_int32(kind(args.get(0)) as i32);
}

fn kind(value: v8::Local<'_, v8::Value>) -> Kind {
    if !value.is_object() {
        return Kind::Primitive;
    }
    // Before all others: a proxy of a function is a function to V8, too.
    if value.is_proxy() {
        return Kind::Proxy;
    }
    TESTS.iter().find(|(test, _)| test(&value)).map_or(Kind::Plain, |(_, kind)| *kind)
}

/// `isBufferSource(value) -> boolean`: an `ArrayBuffer` or a view of one, not of shared memory.
fn is_buffer_source<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let value = args.get(0);
    let Ok(view) = value.try_cast::<v8::ArrayBufferView>() else {
        rv.set_bool(value.is_array_buffer());
        return;
    };
    // A view that has no buffer so far keeps its few bytes in V8's heap: they are not shared.
    let shared =
        view.has_buffer() && view.buffer(scope).is_some_and(|buffer| buffer.get_backing_store().is_shared());
    rv.set_bool(!shared);
}

/// `promiseState(promise) -> undefined | [fulfilled: boolean, value]`; undefined while it is pending.
fn promise_state<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Ok(promise) = args.get(0).try_cast::<v8::Promise>() else { return };
    let fulfilled = match promise.state() {
        v8::PromiseState::Pending => return,
        v8::PromiseState::Fulfilled => true,
        v8::PromiseState::Rejected => false,
    };
    let pair = [v8::Boolean::new(scope, fulfilled).into(), promise.result(scope)];
    rv.set(v8::Array::new_with_elements(scope, &pair).into());
}

/// `proxyTarget(value) -> object | undefined`; undefined also for a proxy that was revoked.
fn proxy_target<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Ok(proxy) = args.get(0).try_cast::<v8::Proxy>() else { return };
    if !proxy.is_revoked() {
        rv.set(proxy.get_target(scope));
    }
}

/// `namedKeys(object) -> string[]`: its own enumerable properties that are no indices. A proxy has none.
fn named_keys<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let value = args.get(0);
    let keys = match value.try_cast::<v8::Object>() {
        // Not `get_own_property_names`: that one has no filter for indices.
        Ok(object) if !value.is_proxy() => object.get_property_names(
            scope,
            v8::GetPropertyNamesArgsBuilder::new()
                .mode(v8::KeyCollectionMode::OwnOnly)
                .property_filter(v8::PropertyFilter::ONLY_ENUMERABLE | v8::PropertyFilter::SKIP_SYMBOLS)
                .index_filter(v8::IndexFilter::SkipIndices)
                .build(),
        ),
        _ => Some(v8::Array::new(scope, 0)),
    };
    let Some(keys) = keys else { return };
    // V8 gives indices as numbers, and for arrays it does so in spite of the filter.
    let named: Vec<_> =
        (0..keys.length()).filter_map(|at| keys.get_index(scope, at)).filter(|key| key.is_string()).collect();
    rv.set(v8::Array::new_with_elements(scope, &named).into());
}
