//! The platform's own modules: how they find each other.
//!
//! They are linked in two places: all that the main module needs while the startup snapshot is made
//! ([`crate::snapshot::make`]), and what few workers use in the isolate that uses it ([`crate::lazy`]).

use std::sync::OnceLock;

use crate::{error::throw, v8};

/// A module of the platform. Its text stays in the binary's read-only data, shared by all isolates: a snapshot and every
/// heap that starts from it hold a pointer.
#[derive(Clone, Copy)]
pub struct Source {
    /// Its name, as others import it.
    pub name: &'static str,
    /// Its text, in ASCII.
    pub text: &'static v8::OneByteConst,
    /// V8's code for it, if it is not in the snapshot ([`crate::lazy::code`]).
    pub code: &'static OnceLock<&'static [u8]>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Source").field(&self.name).finish()
    }
}

/// The platform's modules while they are linked and evaluated.
pub(crate) struct Linking {
    pub(crate) sources: &'static [Source],
    /// Those that were loaded earlier: an object from a name to the module's namespace.
    pub(crate) registry: Option<v8::Global<v8::Object>>,
    pub(crate) loaded: Vec<(&'static str, v8::Global<v8::Module>)>,
    /// Stand-ins for what is in the registry.
    stand_ins: Vec<(String, v8::Global<v8::Module>)>,
}

impl Linking {
    pub(crate) fn new(sources: &'static [Source], registry: Option<v8::Global<v8::Object>>) -> Self {
        Self { sources, registry, loaded: Vec::new(), stand_ins: Vec::new() }
    }

    /// The module with this name, of those that are being loaded.
    pub(crate) fn module(&self, name: &str) -> Option<v8::Global<v8::Module>> {
        self.loaded.iter().find(|(loaded, _)| *loaded == name).map(|(_, module)| module.clone())
    }
}

/// Compiles a module, unless it is being loaded already. An exception is pending if it does not compile; there is none if
/// there is no such module.
pub(crate) fn load<'s>(scope: &mut v8::PinScope<'s, '_>, name: &str) -> Option<v8::Local<'s, v8::Module>> {
    let linking = scope.get_slot::<Linking>()?;
    if let Some(module) = linking.module(name) {
        return Some(v8::Local::new(scope, module));
    }
    let &Source { name, text, code } = linking.sources.iter().find(|source| source.name == name)?;
    let text = v8::String::new_from_onebyte_const(scope, text)?;
    // The name shows in stacks: `mote:streams/readable.js`.
    let resource = v8::String::new(scope, &format!("mote:{name}"))?;
    let origin =
        v8::ScriptOrigin::new(scope, resource.into(), 0, 0, false, -1, None, false, false, true, None);
    let (mut source, options) = match code.get() {
        Some(code) => (
            v8::script_compiler::Source::new_with_cached_data(
                text,
                Some(&origin),
                v8::script_compiler::CachedData::new(code),
            ),
            v8::script_compiler::CompileOptions::ConsumeCodeCache,
        ),
        None => (
            v8::script_compiler::Source::new(text, Some(&origin)),
            v8::script_compiler::CompileOptions::NoCompileOptions,
        ),
    };
    let reason = v8::script_compiler::NoCacheReason::NoReason;
    let module = v8::script_compiler::compile_module2(scope, &mut source, options, reason)?;
    let kept = v8::Global::new(scope, module);
    scope.get_slot_mut::<Linking>()?.loaded.push((name, kept));
    Some(module)
}

/// V8's way to ask for what a module imports.
pub(crate) fn resolve<'s>(
    context: v8::Local<'s, v8::Context>,
    specifier: v8::Local<'s, v8::String>,
    _attributes: v8::Local<'s, v8::FixedArray>,
    referrer: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Module>> {
    let _ground = crate::leave::closed();
    v8::callback_scope!(unsafe scope, context);
    let specifier = specifier.to_rust_string_lossy(scope);
    let linking = scope.get_slot::<Linking>()?;
    let from = linking.loaded.iter().find(|(_, module)| *module == referrer).map_or("", |(name, _)| name);
    let path = join(from, &specifier);
    if let Some(module) = stand_in(scope, &path) {
        return Some(module);
    }
    let module = load(scope, &path);
    if module.is_none() {
        throw(scope, &format!("the platform has no module `{path}`, which `{from}` imports"));
    }
    module
}

/// A module with the exports of one that was loaded earlier.
fn stand_in<'s>(scope: &mut v8::PinScope<'s, '_>, name: &str) -> Option<v8::Local<'s, v8::Module>> {
    let linking = scope.get_slot::<Linking>()?;
    if let Some((_, module)) = linking.stand_ins.iter().find(|(known, _)| known == name) {
        let module = module.clone();
        return Some(v8::Local::new(scope, module));
    }
    let exports = registered(scope, name)?;
    let keys = keys_of(scope, exports)?;
    let module_name = v8::String::new(scope, name)?;
    let module = v8::Module::create_synthetic_module(scope, module_name, &keys, fill_stand_in);
    let kept = v8::Global::new(scope, module);
    scope.get_slot_mut::<Linking>()?.stand_ins.push((name.to_owned(), kept));
    Some(module)
}

/// The exports of a module that was loaded earlier.
pub(crate) fn registered<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    name: &str,
) -> Option<v8::Local<'s, v8::Object>> {
    let registry = scope.get_slot::<Linking>()?.registry.clone()?;
    let registry = v8::Local::new(scope, registry);
    let key = v8::String::new(scope, name)?;
    registry.get(scope, key.into())?.try_cast().ok()
}

/// What a namespace exports.
pub(crate) fn keys_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    namespace: v8::Local<'s, v8::Object>,
) -> Option<Vec<v8::Local<'s, v8::String>>> {
    let keys = namespace.get_own_property_names(scope, v8::GetPropertyNamesArgs::default())?;
    (0..keys.length()).map(|index| keys.get_index(scope, index)?.try_cast().ok()).collect()
}

/// Gives a module that is no ES module the exports of a namespace.
pub(crate) fn fill<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    module: v8::Local<'s, v8::Module>,
    namespace: v8::Local<'s, v8::Object>,
) -> Option<v8::Local<'s, v8::Value>> {
    for key in keys_of(scope, namespace)? {
        let value = namespace.get(scope, key.into())?;
        module.set_synthetic_module_export(scope, key, value)?;
    }
    resolved(scope)
}

/// What the evaluation of a module that is no ES module returns: a promise of nothing.
pub(crate) fn resolved<'s>(scope: &mut v8::PinScope<'s, '_>) -> Option<v8::Local<'s, v8::Value>> {
    let resolver = v8::PromiseResolver::new(scope)?;
    let undefined = v8::undefined(scope);
    resolver.resolve(scope, undefined.into());
    Some(resolver.get_promise(scope).into())
}

pub(crate) fn fill_stand_in<'s>(
    context: v8::Local<'s, v8::Context>,
    module: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Value>> {
    let _ground = crate::leave::closed();
    v8::callback_scope!(unsafe scope, context);
    let linking = scope.get_slot::<Linking>()?;
    let name = linking.stand_ins.iter().find(|(_, known)| *known == module)?.0.clone();
    let namespace = registered(scope, &name)?;
    fill(scope, module, namespace)
}

fn join(from: &str, specifier: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
