//! Modules that are no ES modules: each has one export, the default one.

use super::{ModuleMap, name_of, resolve, resolve_name, text_of};
use crate::{
    leave,
    program::{ModuleKind, ProgramModule},
    sources::resolved,
    v8,
};

/// Evaluates a module whose only export is its default one.
pub(super) fn evaluate_default<'s>(
    context: v8::Local<'s, v8::Context>,
    module: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Value>> {
    let _ground = leave::closed();
    v8::callback_scope!(unsafe scope, context);
    let name = name_of(scope, module)?;
    let program = scope.get_slot::<ModuleMap>()?.program.clone();
    let source = program.module(&name)?;
    let value: v8::Local<'_, v8::Value> = match source.kind {
        ModuleKind::Text => text_of(scope, source)?.into(),
        ModuleKind::Data => crate::buffers::adopt(scope, source.content.to_vec())?.into(),
        ModuleKind::Json => {
            let text = text_of(scope, source)?;
            v8::json::parse(scope, text)?
        }
        ModuleKind::Wasm => {
            scope.get_slot_mut::<ModuleMap>()?.compiling_wasm = true;
            let compiled = v8::WasmModuleObject::compile(scope, &source.content);
            scope.get_slot_mut::<ModuleMap>()?.compiling_wasm = false;
            let compiled = compiled?;
            crate::wasm_memory::remember_hidden(scope, compiled, &source.content);
            compiled.into()
        }
        ModuleKind::CommonJs => common_js(scope, source)?,
        ModuleKind::EsModule => return None,
    };
    let default = v8::String::new(scope, "default")?;
    module.set_synthetic_module_export(scope, default, value)?;
    resolved(scope)
}

/// Runs a CommonJS module; gives its `module.exports`.
fn common_js<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    source: &ProgramModule,
) -> Option<v8::Local<'s, v8::Value>> {
    let text = text_of(scope, source)?;
    let name = v8::String::new(scope, &source.name)?;
    let origin = v8::ScriptOrigin::new(scope, name.into(), 0, 0, false, -1, None, false, false, false, None);
    let mut code = v8::script_compiler::Source::new(text, Some(&origin));
    let parameters = [
        v8::String::new(scope, "module")?,
        v8::String::new(scope, "exports")?,
        v8::String::new(scope, "require")?,
    ];
    let function = v8::script_compiler::compile_function(
        scope,
        &mut code,
        &parameters,
        &[],
        v8::script_compiler::CompileOptions::NoCompileOptions,
        v8::script_compiler::NoCacheReason::NoReason,
    )?;
    let module = v8::Object::new(scope);
    let exports = v8::Object::new(scope);
    let key = v8::String::new(scope, "exports")?;
    module.set(scope, key.into(), exports.into())?;
    let require = v8::Function::builder(require).data(name.into()).build(scope)?;
    let receiver = exports.into();
    {
        let _ground = leave::open();
        function.call(scope, receiver, &[module.into(), exports.into(), require.into()])?;
    }
    module.get(scope, key.into())
}

/// `require` inside a CommonJS module of the bundle.
pub(super) fn require<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    arguments: v8::FunctionCallbackArguments<'s>,
    mut result: v8::ReturnValue<'_>,
) {
    let _ground = leave::closed();
    let specifier = arguments.get(0).to_rust_string_lossy(scope);
    let referrer = arguments.data().to_rust_string_lossy(scope);
    let Some(module) = resolve_name(scope, &specifier, &referrer) else { return };
    if module.get_status() == v8::ModuleStatus::Uninstantiated
        && module.instantiate_module(scope, resolve).is_none()
    {
        return;
    }
    if module.get_status() == v8::ModuleStatus::Instantiated {
        let _ground = leave::open();
        if module.evaluate(scope).is_none() {
            return;
        }
    }
    let Ok(namespace) = module.get_module_namespace().try_cast::<v8::Object>() else { return };
    if module.is_source_text_module() {
        result.set(namespace.into());
    } else if let Some(default) = v8::String::new(scope, "default")
        && let Some(value) = namespace.get(scope, default.into())
    {
        result.set(value);
    }
}
