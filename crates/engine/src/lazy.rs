//! Parts of the platform that an isolate gets when it first uses them.
//!
//! What few workers use would cost every isolate memory if it lay in the startup snapshot. Such a module is compiled in the
//! isolate that asks for it, from a text and with code that all isolates share. The code is made together with the snapshot.
//!
//! What is loaded is kept in JavaScript, in the registry that the caller hands in, and nowhere else: a heap that is kept
//! ([`crate::Isolate::keep`]) holds all that was loaded before, and this room has nothing to write down.

use std::ffi::c_void;

use crate::{
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
        if scope.get_slot::<Collected>().is_some() {
            let script = module.get_unbound_module_script(scope);
            let script = v8::Global::new(scope, script);
            scope.get_slot_mut::<Collected>()?.0.push((name, script));
        }
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

/// The modules that an isolate has loaded.
struct Collected(Vec<(&'static str, v8::Global<v8::UnboundModuleScript>)>);

/// V8's code for the modules that are loaded while `work` runs: of all functions that it calls. By the names of the modules.
pub fn code<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    work: impl FnOnce(&mut v8::PinScope<'s, '_>),
) -> Vec<(&'static str, Vec<u8>)> {
    scope.set_slot(Collected(Vec::new()));
    work(scope);
    let collected = scope.remove_slot::<Collected>().map(|collected| collected.0).unwrap_or_default();
    let code_of = |(name, script): (&'static str, v8::Global<v8::UnboundModuleScript>)| {
        let script = v8::Local::new(scope, script);
        script.create_code_cache().map(|code| (name, code.to_vec()))
    };
    collected.into_iter().filter_map(code_of).collect()
}

/// The functions of this room that a heap points at.
pub(crate) fn references() -> Vec<v8::ExternalReference> {
    let steps: v8::SyntheticModuleEvaluationSteps<'static> = fill_stand_in.map_fn_to();
    vec![v8::ExternalReference { pointer: steps as *mut c_void }]
}
