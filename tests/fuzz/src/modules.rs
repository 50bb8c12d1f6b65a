//! Modules, as an upload brings them: the first byte says of which kind, the rest is the text. A worker of it is deployed and asked once.

use mote_wire::bundle::{Bundle, Format, Module, ModuleKind, ModuleSpecifier};

use crate::{Target, worker::with};

/// Imports what the bytes are, so that they are read also if they are no module of their own.
const MAIN: &[u8] = b"import * as other from './other'; export default { fetch() { return new Response(Object.keys(other).join()); } };";
/// Of a worker with a source map: what it throws has a stack that somebody will want to read.
const THROWS: &[u8] = b"export default {\n  fetch() {\n    throw new Error('here');\n  },\n};\n";

pub(crate) fn read(_target: &Target, bytes: &[u8]) {
    let (first, content) = bytes.split_first().unwrap_or((&b'0', &[]));
    let name = |text: &str| ModuleSpecifier::parse(text).unwrap();
    let main = |content: &[u8]| Module::new(name("index.js"), ModuleKind::EsModule, content.to_vec());
    let (modules, format) = match first % 9 {
        0 => (vec![main(content)], Format::Modules),
        1 => (
            vec![Module::new(name("index.js"), ModuleKind::EsModule, content.to_vec())],
            Format::ServiceWorker,
        ),
        2 => (vec![Module { source_map: Some(content.to_vec().into()), ..main(THROWS) }], Format::Modules),
        kind => {
            let kind = match kind {
                3 => ModuleKind::EsModule,
                4 => ModuleKind::CommonJs,
                5 => ModuleKind::Json,
                6 => ModuleKind::Text,
                7 => ModuleKind::Data,
                _ => ModuleKind::Wasm,
            };
            (vec![main(MAIN), Module::new(name("other"), kind, content.to_vec())], Format::Modules)
        }
    };
    // A bundle that cannot be is refused before anybody reads its modules.
    let Ok(bundle) = Bundle::new(modules, name("index.js"), format) else { return };
    with(|worker| worker.try_out(&bundle));
}
