//! A program whose top-level code has run already, in another isolate that has left its heap behind.

use std::{collections::HashMap, ffi::c_void, sync::Arc};

use super::{ModuleMap, evaluate_builtin, synthetic};
use crate::{
    program::{ModuleKind, Program},
    source_map::SourceMaps,
    v8::{self, MapFnTo},
};

/// Whether a program's heap can be kept at all; the reason if not.
#[must_use]
pub fn cannot_keep(program: &Program) -> Option<&'static str> {
    // V8 writes no Wasm down.
    program.modules().iter().any(|module| module.kind == ModuleKind::Wasm).then_some("it has Wasm modules")
}

/// Names the loaded modules as roots of the heap that is about to be kept, after those that are named already; gives their
/// own names in that order. `None` if nothing is loaded.
pub fn keep(scope: &mut v8::PinScope<'_, '_>, context: v8::Local<'_, v8::Context>) -> Option<Vec<String>> {
    // Taken: what holds a module from outside must be gone when the heap is written down.
    let map = scope.remove_slot::<ModuleMap>()?;
    let mut modules: Vec<_> = map.modules.into_iter().collect();
    modules.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut names = Vec::with_capacity(modules.len());
    for (name, module) in modules {
        let module = v8::Local::new(scope, module);
        scope.add_context_data(context, module);
        names.push(name);
    }
    Some(names)
}

/// Takes a program up where [`keep`] has left it, in an isolate that started from that heap. `names` are what `keep` gave,
/// `first` the index of the first module among the roots. `None` if the heap is not the one.
pub fn resume(
    scope: &mut v8::PinScope<'_, '_>,
    program: &Arc<Program>,
    builtins: v8::Local<'_, v8::Function>,
    names: &[String],
    first: usize,
) -> Option<()> {
    let mut modules = HashMap::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        let module = scope.get_context_data_from_snapshot_once::<v8::Module>(first + at).ok()?;
        modules.insert(name.clone(), v8::Global::new(scope, module));
    }
    let by_module = modules.iter().map(|(name, module)| (module.clone(), name.clone())).collect();
    let builtins = v8::Global::new(scope, builtins);
    scope.set_slot(SourceMaps::new(program.clone()));
    scope.set_slot(ModuleMap {
        program: program.clone(),
        modules,
        names: by_module,
        builtins,
        compiling_wasm: false,
    });
    Some(())
}

/// The functions of this room that a heap with a program in it points at.
pub(crate) fn references() -> Vec<v8::ExternalReference> {
    let steps = |steps: v8::SyntheticModuleEvaluationSteps<'static>| v8::ExternalReference {
        pointer: steps as *mut c_void,
    };
    vec![
        steps(synthetic::evaluate_default.map_fn_to()),
        steps(evaluate_builtin.map_fn_to()),
        v8::ExternalReference { function: synthetic::require.map_fn_to() },
        v8::ExternalReference { function: super::give_data.map_fn_to() },
    ]
}
