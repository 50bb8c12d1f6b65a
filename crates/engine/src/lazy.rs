//! Parts of the platform that an isolate gets when it first uses them.
//!
//! What few workers use would cost every isolate memory if it lay in the startup snapshot. Such a module is compiled in the
//! isolate that asks for it, from a text that all isolates share and with code that the first of them has left behind.
//!
//! What is loaded is kept in JavaScript, in the registry that the caller hands in, and nowhere else: a heap that is kept
//! ([`crate::Isolate::keep`]) holds all that was loaded before, and this room has nothing to write down.

use std::ffi::c_void;

use crate::{
    isolate::End,
    sources::{Linking, Source, fill_stand_in, load, registered, resolve},
    v8::{self, MapFnTo},
};

/// The namespace of a module of the platform: from `registry`, an object from names to namespaces, or else compiled,
/// evaluated and put there, with all that it imports. An exception is pending if that fails; the next call tries again.
pub fn module<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    sources: &'static [Source],
    name: &str,
    registry: v8::Local<'s, v8::Object>,
) -> Option<v8::Local<'s, v8::Object>> {
    // Evaluating one may, by way of what a tenant has patched, ask for another. That one belongs to the same load.
    if scope.get_slot::<Linking>().is_some() {
        return evaluated(scope, name);
    }
    let kept = v8::Global::new(scope, registry);
    scope.set_slot(Linking::new(sources, Some(kept)));
    let namespace = evaluated(scope, name);
    let linking = scope.remove_slot::<Linking>()?;
    namespace?;
    for (name, module) in linking.loaded {
        let module = v8::Local::new(scope, module);
        if module.get_status() != v8::ModuleStatus::Evaluated {
            continue;
        }
        let key = v8::String::new(scope, name)?;
        registry.create_data_property(scope, key.into(), module.get_module_namespace())?;
        keep_code(scope, sources, name, module);
    }
    namespace
}

fn evaluated<'s>(scope: &mut v8::PinScope<'s, '_>, name: &str) -> Option<v8::Local<'s, v8::Object>> {
    if let Some(namespace) = registered(scope, name) {
        return Some(namespace);
    }
    let module = load(scope, name)?;
    if module.get_status() == v8::ModuleStatus::Uninstantiated {
        module.instantiate_module(scope, resolve)?;
    }
    if module.get_status() == v8::ModuleStatus::Instantiated {
        let promise = module.evaluate(scope)?;
        if module.get_status() == v8::ModuleStatus::Errored {
            // The exception is thrown to the caller instead.
            if let Ok(promise) = promise.try_cast::<v8::Promise>() {
                promise.mark_as_handled();
            }
            let exception = module.get_exception();
            scope.throw_exception(exception);
            return None;
        }
    }
    module.get_module_namespace().try_cast().ok()
}

fn keep_code(
    scope: &v8::PinScope<'_, '_>,
    sources: &'static [Source],
    name: &str,
    module: v8::Local<'_, v8::Module>,
) {
    let Some(source) = sources.iter().find(|source| source.name == name) else { return };
    if source.code.get().is_none()
        && scope.get_slot::<End>() == Some(&End::Gone)
        && let Some(code) = module.get_unbound_module_script(scope).create_code_cache()
    {
        let _ = source.code.set(code.to_vec().into());
    }
}

/// The functions of this room that a heap points at.
pub(crate) fn references() -> Vec<v8::ExternalReference> {
    let steps: v8::SyntheticModuleEvaluationSteps<'static> = fill_stand_in.map_fn_to();
    vec![v8::ExternalReference { pointer: steps as *mut c_void }]
}
