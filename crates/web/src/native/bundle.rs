//! The modules of the worker's own bundle, as files.

use std::{rc::Rc, sync::Arc};

use mote_engine::{program::Program, v8};

use super::{
    args::{hold, new_string, new_uint8_array, string_arg},
    natives,
};
use crate::state::State;

natives! {
    bundleFiles => bundle_files,
    bundleFile => bundle_file,
}

fn program_of(scope: &v8::PinScope<'_, '_>) -> Option<Arc<Program>> {
    let state: Rc<State> = State::of(scope)?;
    let runtime = state.runtime.borrow().upgrade()?;
    let program = runtime.program.borrow();
    program.clone()
}

/// `bundleFiles() -> [name, bytes, name, bytes, ...]`: the names of all modules, and how long each is.
fn bundle_files<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    _args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'s>,
) {
    let mut list = Vec::new();
    if let Some(program) = program_of(scope) {
        for module in program.modules() {
            let Some(name) = new_string(scope, &module.name) else { return };
            #[expect(clippy::cast_precision_loss, reason = "a bundle has 64 MiB at most")]
            let bytes = v8::Number::new(scope, module.content.len() as f64);
            list.extend([v8::Local::<v8::Value>::from(name), bytes.into()]);
        }
    }
    rv.set(v8::Array::new_with_elements(scope, &list).into());
}

/// `bundleFile(name) -> Uint8Array | undefined`: a copy of a module's content.
fn bundle_file<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'s>,
) {
    let Some(name) = string_arg(scope, &args, 0) else { return };
    let Some(program) = program_of(scope) else { return };
    let Some(module) = program.modules().iter().find(|module| module.name == name) else { return };
    // It is counted as the worker's when it is its own; what has no room is not copied before.
    let Some(room) = hold(scope, module.content.len()) else { return };
    drop(room);
    if let Some(bytes) = new_uint8_array(scope, module.content.to_vec()) {
        rv.set(bytes.into());
    }
}
