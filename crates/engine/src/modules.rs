//! Loading a program into an isolate: linking, evaluation, dynamic import, the code cache.

use std::{collections::HashMap, sync::Arc};

use crate::{
    error::{JsError, throw},
    isolate::{Stop, drain_microtasks},
    leave,
    program::{Made, ModuleKind, Program, ProgramFormat, ProgramModule},
    source_map::SourceMaps,
    sources::{fill, keys_of},
    v8,
};

mod kept;
mod synthetic;

pub(crate) use kept::references;
pub use kept::{cannot_keep, keep, resume};
use synthetic::evaluate_default;

/// Why a program did not load.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Its code does not compile or link, or threw while it was evaluated.
    #[error("{0}")]
    Threw(JsError),
    /// Its top-level code awaits something that never comes.
    #[error(
        "the top-level code of `{module}` awaits something that never happens: no I/O is done outside of events"
    )]
    NeverSettles {
        /// The main module.
        module: String,
    },
    /// The turn was stopped on the way.
    #[error("the worker's top-level code {0}")]
    Stopped(Stop),
}

/// The modules that an isolate has loaded.
struct ModuleMap {
    program: Arc<Program>,
    /// By name; also those of the platform (`cloudflare:workers`).
    modules: HashMap<String, v8::Global<v8::Module>>,
    names: Vec<(v8::Global<v8::Module>, String)>,
    /// Gives the exports of a module of the platform by its name.
    builtins: v8::Global<v8::Function>,
    /// Wasm is compiled only for modules of the program, while this is set.
    compiling_wasm: bool,
}

/// Prepares an isolate for programs. Call it once, in its first turn.
pub fn prepare(scope: &mut v8::PinScope<'_, '_>) {
    scope.set_host_import_module_dynamically_callback(import_dynamically);
    scope.set_host_initialize_import_meta_object_callback(initialize_import_meta);
    scope.set_allow_wasm_code_generation_callback(allow_wasm);
}

/// Loads a program and evaluates it; gives the main module's namespace (for a service worker an empty object).
///
/// `builtins` gives the modules of the platform by name: an object whose keys are the exports, or undefined.
///
/// # Errors
/// When the program's code is wrong.
pub fn load<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    program: &Arc<Program>,
    builtins: v8::Local<'s, v8::Function>,
) -> Result<v8::Local<'s, v8::Object>, LoadError> {
    let builtins = v8::Global::new(scope, builtins);
    scope.set_slot(SourceMaps::new(program.clone()));
    scope.set_slot(ModuleMap {
        program: program.clone(),
        modules: HashMap::new(),
        names: Vec::new(),
        builtins,
        compiling_wasm: false,
    });
    v8::tc_scope!(let scope, scope);
    // A bundler leaves a service worker as a module without exports; one that was not bundled is a classic script.
    let loaded = match (program.format(), program.main().kind) {
        (ProgramFormat::ServiceWorker, ModuleKind::CommonJs) => run_script(scope, program.main()),
        (ProgramFormat::Modules | ProgramFormat::ServiceWorker, _) => load_modules(scope, program.main()),
    };
    match loaded {
        Some(namespace) => Ok(namespace),
        None if scope.has_terminated() || scope.is_execution_terminating() => {
            Err(LoadError::Stopped(Stop::Asked))
        }
        None => match scope.exception() {
            Some(exception) => Err(LoadError::Threw(JsError::from_value_openly(scope, exception))),
            None => Err(settled(scope, program.main())),
        },
    }
}

/// Makes the code caches of the modules that have none of this time.
pub fn make_code_cache(scope: &mut v8::PinScope<'_, '_>, made: Made) {
    let Some(map) = scope.get_slot::<ModuleMap>() else { return };
    let program = map.program.clone();
    let loaded: Vec<_> = map.modules.iter().map(|(name, module)| (name.clone(), module.clone())).collect();
    for (name, module) in loaded {
        let Some(source) = program.module(&name).filter(|source| !source.has_code_cache(made)) else {
            continue;
        };
        let module = v8::Local::new(scope, module);
        if !module.is_source_text_module() {
            continue;
        }
        let script = module.get_unbound_module_script(scope);
        if let Some(cache) = script.create_code_cache() {
            source.keep_code_cache(made, cache.to_vec().into());
        }
    }
}

fn load_modules<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    main: &ProgramModule,
) -> Option<v8::Local<'s, v8::Object>> {
    let module = module_named(scope, main)?;
    module.instantiate_module(scope, resolve)?;
    let promise = {
        let _ground = leave::open();
        module.evaluate(scope)?
    };
    drain_microtasks(scope);
    if let Ok(promise) = promise.try_cast::<v8::Promise>() {
        match promise.state() {
            v8::PromiseState::Fulfilled => {}
            v8::PromiseState::Pending => return None,
            v8::PromiseState::Rejected => {
                promise.mark_as_handled();
                let reason = promise.result(scope);
                scope.throw_exception(reason);
                return None;
            }
        }
    }
    module.get_module_namespace().try_cast::<v8::Object>().ok()
}

fn run_script<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    main: &ProgramModule,
) -> Option<v8::Local<'s, v8::Object>> {
    // V8 reads it until the script is compiled.
    let cache = main.code_cache();
    let mut source = script_source(scope, main, Goal::Script, cache.as_deref())?;
    let options = compile_options(&source);
    let script = v8::script_compiler::compile(
        scope,
        &mut source,
        options,
        v8::script_compiler::NoCacheReason::NoReason,
    )?;
    count_cache(scope, &source);
    {
        let _ground = leave::open();
        script.run(scope)?;
    }
    if main.code_cache().is_none() {
        let unbound = script.get_unbound_script(scope);
        if let Some(cache) = unbound.create_code_cache() {
            main.keep_code_cache(Made::Loaded, cache.to_vec().into());
        }
    }
    drain_microtasks(scope);
    Some(v8::Object::new(scope))
}

/// What is wrong with a main module that threw nothing.
fn settled(scope: &mut v8::PinScope<'_, '_>, main: &ProgramModule) -> LoadError {
    let module = scope.get_slot::<ModuleMap>().and_then(|map| map.modules.get(&main.name)).cloned();
    if let Some(module) = module {
        let module = v8::Local::new(scope, module);
        if module.get_status() == v8::ModuleStatus::Errored {
            let exception = module.get_exception();
            return LoadError::Threw(JsError::from_value_openly(scope, exception));
        }
    }
    LoadError::NeverSettles { module: main.name.clone() }
}

/// The loaded module of the program with this name; loads it if need be.
fn module_named<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    source: &ProgramModule,
) -> Option<v8::Local<'s, v8::Module>> {
    if let Some(module) = scope.get_slot::<ModuleMap>()?.modules.get(&source.name).cloned() {
        return Some(v8::Local::new(scope, module));
    }
    let module = match source.kind {
        ModuleKind::EsModule => compile(scope, source)?,
        ModuleKind::CommonJs | ModuleKind::Text | ModuleKind::Data | ModuleKind::Json | ModuleKind::Wasm => {
            let name = v8::String::new(scope, &source.name)?;
            let default = v8::String::new(scope, "default")?;
            v8::Module::create_synthetic_module(scope, name, &[default], evaluate_default)
        }
    };
    remember(scope, &source.name, module);
    Some(module)
}

fn remember(scope: &mut v8::PinScope<'_, '_>, name: &str, module: v8::Local<'_, v8::Module>) {
    let module = v8::Global::new(scope, module);
    if let Some(map) = scope.get_slot_mut::<ModuleMap>() {
        map.modules.insert(name.to_owned(), module.clone());
        map.names.push((module, name.to_owned()));
    }
}

fn compile<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    module: &ProgramModule,
) -> Option<v8::Local<'s, v8::Module>> {
    // V8 reads it until the module is compiled.
    let cache = module.code_cache();
    let mut source = script_source(scope, module, Goal::Module, cache.as_deref())?;
    let options = compile_options(&source);
    let compiled = v8::script_compiler::compile_module2(
        scope,
        &mut source,
        options,
        v8::script_compiler::NoCacheReason::NoReason,
    );
    count_cache(scope, &source);
    compiled
}

/// How a source text is parsed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goal {
    Module,
    Script,
}

fn script_source(
    scope: &mut v8::PinScope<'_, '_>,
    module: &ProgramModule,
    goal: Goal,
    cache: Option<&[u8]>,
) -> Option<v8::script_compiler::Source> {
    let text = text_of(scope, module)?;
    let name = v8::String::new(scope, &module.name)?;
    let map = module
        .source_map_url
        .as_ref()
        .and_then(|url| v8::String::new(scope, url))
        .map(v8::Local::<v8::Value>::from);
    let origin = v8::ScriptOrigin::new(
        scope,
        name.into(),
        0,
        0,
        false,
        -1,
        map,
        false,
        false,
        goal == Goal::Module,
        None,
    );
    Some(match cache {
        Some(cache) => {
            let cache = v8::script_compiler::CachedData::new(cache);
            v8::script_compiler::Source::new_with_cached_data(text, Some(&origin), cache)
        }
        None => v8::script_compiler::Source::new(text, Some(&origin)),
    })
}

fn compile_options(source: &v8::script_compiler::Source) -> v8::script_compiler::CompileOptions {
    if source.get_cached_data().is_some() {
        v8::script_compiler::CompileOptions::ConsumeCodeCache
    } else {
        v8::script_compiler::CompileOptions::NoCompileOptions
    }
}

fn count_cache(scope: &mut v8::PinScope<'_, '_>, source: &v8::script_compiler::Source) {
    if let (Some(map), Some(cache)) = (scope.get_slot::<ModuleMap>(), source.get_cached_data()) {
        map.program.cache_counts.count(cache);
    }
}

/// A module's text as a string; throws if it is not UTF-8 or too long.
fn text_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    module: &ProgramModule,
) -> Option<v8::Local<'s, v8::String>> {
    let text = if module.content.is_ascii() {
        v8::String::new_from_one_byte(scope, &module.content, v8::NewStringType::Normal)
    } else {
        std::str::from_utf8(&module.content).ok().and_then(|text| v8::String::new(scope, text))
    };
    if text.is_none() {
        throw(scope, &format!("the module `{}` is not valid UTF-8 text", module.name));
    }
    text
}

fn resolve<'s>(
    context: v8::Local<'s, v8::Context>,
    specifier: v8::Local<'s, v8::String>,
    _attributes: v8::Local<'s, v8::FixedArray>,
    referrer: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Module>> {
    let _ground = leave::closed();
    v8::callback_scope!(unsafe scope, context);
    let specifier = specifier.to_rust_string_lossy(scope);
    let referrer = scope
        .get_slot::<ModuleMap>()
        .and_then(|map| map.names.iter().find(|(module, _)| *module == referrer))
        .map(|(_, name)| name.clone())
        .unwrap_or_default();
    resolve_name(scope, &specifier, &referrer)
}

fn resolve_name<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    specifier: &str,
    referrer: &str,
) -> Option<v8::Local<'s, v8::Module>> {
    let program = scope.get_slot::<ModuleMap>()?.program.clone();
    if let Some(source) = program.resolve(specifier, referrer) {
        return module_named(scope, source);
    }
    v8::tc_scope!(let scope, scope);
    let module = builtin(scope, specifier);
    if module.is_none() && !scope.has_caught() {
        throw(scope, &format!("No such module `{specifier}`, imported from `{referrer}`"));
    }
    if scope.has_caught() {
        scope.rethrow();
    }
    module
}

/// A module of the platform. An exception may be pending if there is none.
fn builtin<'s>(scope: &mut v8::PinScope<'s, '_>, name: &str) -> Option<v8::Local<'s, v8::Module>> {
    if let Some(module) = scope.get_slot::<ModuleMap>()?.modules.get(name).cloned() {
        return Some(v8::Local::new(scope, module));
    }
    let exports = exports_of(scope, name)?;
    let keys = keys_of(scope, exports)?;
    let module_name = v8::String::new(scope, name)?;
    let module = v8::Module::create_synthetic_module(scope, module_name, &keys, evaluate_builtin);
    remember(scope, name, module);
    Some(module)
}

fn exports_of<'s>(scope: &mut v8::PinScope<'s, '_>, name: &str) -> Option<v8::Local<'s, v8::Object>> {
    let builtins = scope.get_slot::<ModuleMap>()?.builtins.clone();
    let builtins = v8::Local::new(scope, builtins);
    let (receiver, name) = (v8::undefined(scope), v8::String::new(scope, name)?);
    builtins.call(scope, receiver.into(), &[name.into()])?.try_cast().ok()
}

fn name_of(scope: &v8::PinScope<'_, '_>, module: v8::Local<'_, v8::Module>) -> Option<String> {
    let map = scope.get_slot::<ModuleMap>()?;
    map.names.iter().find(|(known, _)| *known == module).map(|(_, name)| name.clone())
}

fn evaluate_builtin<'s>(
    context: v8::Local<'s, v8::Context>,
    module: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Value>> {
    let _ground = leave::closed();
    v8::callback_scope!(unsafe scope, context);
    let name = name_of(scope, module)?;
    let exports = exports_of(scope, &name)?;
    fill(scope, module, exports)
}

fn import_dynamically<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    _options: v8::Local<'s, v8::Data>,
    resource: v8::Local<'s, v8::Value>,
    specifier: v8::Local<'s, v8::String>,
    _attributes: v8::Local<'s, v8::FixedArray>,
) -> Option<v8::Local<'s, v8::Promise>> {
    let _ground = leave::closed();
    let resolver = v8::PromiseResolver::new(scope)?;
    let promise = resolver.get_promise(scope);
    v8::tc_scope!(let scope, scope);
    let specifier = specifier.to_rust_string_lossy(scope);
    let referrer = resource.to_rust_string_lossy(scope);
    match import(scope, &specifier, &referrer) {
        Some((evaluated, namespace)) => {
            // The import's promise waits for the module's own, which may be pending on a top-level await.
            let namespace_of = v8::Function::builder(give_data).data(namespace).build(scope)?;
            let chained = evaluated.then(scope, namespace_of)?;
            resolver.resolve(scope, chained.into());
        }
        None if scope.has_terminated() => return None,
        None => {
            let reason = scope.exception().unwrap_or_else(|| v8::undefined(scope).into());
            scope.reset();
            resolver.reject(scope, reason);
        }
    }
    Some(promise)
}

fn import<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    specifier: &str,
    referrer: &str,
) -> Option<(v8::Local<'s, v8::Promise>, v8::Local<'s, v8::Value>)> {
    let module = resolve_name(scope, specifier, referrer)?;
    if module.get_status() == v8::ModuleStatus::Uninstantiated {
        module.instantiate_module(scope, resolve)?;
    }
    let evaluated = {
        let _ground = leave::open();
        module.evaluate(scope)?
    };
    Some((evaluated.try_cast().ok()?, module.get_module_namespace()))
}

fn give_data<'s>(
    _scope: &mut v8::PinScope<'s, '_>,
    arguments: v8::FunctionCallbackArguments<'s>,
    mut result: v8::ReturnValue<'_>,
) {
    result.set(arguments.data());
}

unsafe extern "C" fn initialize_import_meta(
    context: v8::Local<'_, v8::Context>,
    module: v8::Local<'_, v8::Module>,
    meta: v8::Local<'_, v8::Object>,
) {
    let _ground = leave::closed();
    v8::callback_scope!(unsafe scope, context);
    let Some(name) = name_of(scope, module) else { return };
    let main = scope.get_slot::<ModuleMap>().is_some_and(|map| map.program.main().name == name);
    if let (Some(url), Some(is_main)) = (v8::String::new(scope, "url"), v8::String::new(scope, "main"))
        && let Some(value) = v8::String::new(scope, &format!("file:///{name}"))
    {
        meta.create_data_property(scope, url.into(), value.into());
        let main = v8::Boolean::new(scope, main);
        meta.create_data_property(scope, is_main.into(), main.into());
    }
}

unsafe extern "C" fn allow_wasm(
    context: v8::Local<'_, v8::Context>,
    _source: v8::Local<'_, v8::String>,
) -> bool {
    let _ground = leave::closed();
    v8::callback_scope!(unsafe scope, context);
    scope.get_slot::<ModuleMap>().is_some_and(|map| map.compiling_wasm)
}
