//! `no_bundle`.

use mote_bundle::BundleError;
use mote_wire::bundle::{Format, ModuleKind};

use crate::support::{Folder, Inspect, place};

fn project(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::with(&[("wrangler.toml", "main = 'dist/index.js'\nno_bundle = true\n")]);
    for (path, text) in files {
        folder.write(path, text.as_bytes());
    }
    folder
}

#[test]
fn files_are_taken_as_they_are_with_all_that_they_import() {
    let main = "import { a } from './lib/a.mjs';\nimport data from './data.json';\nimport 'node:path'; import 'cloudflare:sockets';\n\
                export default { fetch: () => import('./lazy.js') } // kept\n";
    let folder = project(&[
        ("dist/index.js", main),
        (
            "dist/lib/a.mjs",
            "import b from '../b.cjs'; import wasm from './x.wasm'; export const a = [b, wasm];",
        ),
        ("dist/b.cjs", "module.exports = 1"),
        ("dist/lib/x.wasm", "w"),
        ("dist/lazy.js", "export default 1"),
        ("dist/data.json", "{}"),
        ("dist/found.txt", "by the default rules"),
        ("dist/stranger.js", "nobody imports this"),
    ]);
    let bundled = folder.bundle();
    assert_eq!(bundled.main_code(), main);
    let kinds: Vec<_> =
        bundled.bundle.modules().iter().map(|module| (module.name.as_str(), module.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("b.cjs", ModuleKind::CommonJs),
            ("data.json", ModuleKind::Json),
            ("found.txt", ModuleKind::Text),
            ("index.js", ModuleKind::EsModule),
            ("lazy.js", ModuleKind::EsModule),
            ("lib/a.mjs", ModuleKind::EsModule),
            ("lib/x.wasm", ModuleKind::Wasm),
        ]
    );
    assert_eq!(bundled.bundle.format(), Format::Modules);
}

#[test]
fn a_classic_script_stays_one() {
    let bundled =
        project(&[("dist/index.js", "with (self) { addEventListener('fetch', (event) => {}); }\n")]).bundle();
    assert_eq!(bundled.bundle.format(), Format::ServiceWorker);
    assert_eq!(bundled.named("index.js").kind, ModuleKind::CommonJs);
}

#[test]
fn a_map_beside_the_file_comes_along() {
    let folder = project(&[
        ("dist/index.js", "export default {};\n//# sourceMappingURL=index.js.map\n"),
        ("dist/index.js.map", r#"{"version": 3}"#),
    ]);
    assert_eq!(folder.bundle().named("index.js").source_map.as_deref(), Some(&br#"{"version": 3}"#[..]));
}

#[test]
fn what_is_missing_is_shown_where_it_is_imported() {
    let folder = project(&[(
        "dist/index.js",
        "import a from './a';\nimport { Hono } from 'hono';\nimport x from './x.foo';\nimport y from '../y.js';\nexport default { a }",
    )]);
    folder.write("dist/x.foo", b"");
    folder.write("y.js", b"");
    let errors = folder.errors();
    let places: Vec<_> = errors.iter().map(place).collect();
    assert_eq!(
        places,
        ["dist/index.js:1:15", "dist/index.js:2:22", "dist/index.js:3:15", "dist/index.js:4:15"],
        "{errors:#?}"
    );
    assert!(errors[1].to_string().contains("`hono` is not in the bundle"));
    assert!(errors[3].to_string().contains("base_dir"));
}

#[test]
fn a_syntax_error_and_typescript_are_refused() {
    let errors = project(&[("dist/index.js", "export default {\n  fetch( {\n}")]).errors();
    assert!(place(&errors[0]).starts_with("dist/index.js:"), "{errors:?}");

    let folder = Folder::of("export default {}");
    folder.write("wrangler.toml", b"main = 'src/index.ts'\nno_bundle = true");
    assert!(folder.errors()[0].to_string().contains("is not JavaScript"));
}

#[test]
fn more_modules_than_a_bundle_may_have_are_refused() {
    let folder = project(&[("dist/index.js", "export default {}")]);
    for number in 0..1_000 {
        folder.write(&format!("dist/{number}.txt"), b"");
    }
    let error = folder.try_bundle().unwrap_err();
    assert!(matches!(error, BundleError::Limit { .. }), "{error:?}");
    folder.write("dist/one-more.txt", b"");
    assert!(folder.errors()[0].to_string().contains("match a module rule"));
}
