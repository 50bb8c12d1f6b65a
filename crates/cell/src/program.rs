//! From a bundle, as it travels, to a program, as the engine loads it.

use std::sync::Arc;

use mote_engine::program::{ModuleKind, Program, ProgramError, ProgramFormat, ProgramModule};
use mote_wire::bundle::{self, Bundle};

/// Whether debuggers get the source maps of what is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Debugging {
    /// They do; it costs memory.
    Possible,
    /// Nobody attaches.
    Off,
}

/// The program of a bundle.
///
/// # Errors
/// When the bundle's main module is missing; a checked bundle has one.
pub(crate) fn program_of(bundle: &Bundle, debugging: Debugging) -> Result<Arc<Program>, ProgramError> {
    let modules = bundle
        .modules()
        .iter()
        .map(|module| {
            let kind = match module.kind {
                bundle::ModuleKind::EsModule => ModuleKind::EsModule,
                bundle::ModuleKind::CommonJs => ModuleKind::CommonJs,
                bundle::ModuleKind::Text => ModuleKind::Text,
                bundle::ModuleKind::Data => ModuleKind::Data,
                bundle::ModuleKind::Json => ModuleKind::Json,
                bundle::ModuleKind::Wasm => ModuleKind::Wasm,
            };
            let name = module.name.as_str().to_owned();
            let mut program =
                ProgramModule::new(name, kind, module.content.clone(), module.source_map.clone());
            if let (Debugging::Possible, Some(map)) = (debugging, &module.source_map) {
                let map = data_encoding::BASE64.encode(map);
                program.source_map_url = Some(format!("data:application/json;base64,{map}"));
            }
            program
        })
        .collect();
    let format = match bundle.format() {
        bundle::Format::Modules => ProgramFormat::Modules,
        bundle::Format::ServiceWorker => ProgramFormat::ServiceWorker,
    };
    Program::new(modules, bundle.main().as_str(), format).map(Arc::new)
}
