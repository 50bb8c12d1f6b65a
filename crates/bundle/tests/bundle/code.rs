//! What becomes of the code: TypeScript, JSX, formats, definitions, source maps.

use mote_bundle::{Environment, Project};
use mote_wire::bundle::{Format, ModuleKind};

use crate::support::{Folder, Inspect};

#[test]
fn typescript_becomes_one_es_module() {
    let folder = Folder::of(
        "import { double } from './lib';\nenum Level { High = 3 }\ninterface Env { A: string }\n\
         export default { fetch(request: Request, env: Env): Response { return new Response(String(double(Level.High)) as string) } };",
    );
    folder.write(
        "src/lib.ts",
        b"export const double = (n: number): number => n * 2; export const unused = 'dropped';",
    );
    let bundled = folder.bundle();
    assert_eq!(bundled.names(), ["index.js"]);
    assert_eq!(bundled.bundle.format(), Format::Modules);
    assert_eq!(bundled.of_kind(ModuleKind::EsModule).len(), 1);
    assert!(bundled.main_code().contains("n * 2"));
    for gone in ["interface", ": number", "enum", "dropped", "import "] {
        assert!(!bundled.main_code().contains(gone), "{gone}: {}", bundled.main_code());
    }
    assert_eq!(bundled.warnings, []);
}

#[test]
fn the_same_project_gives_the_same_bundle_wherever_it_lies() {
    let code = "import text from './a.txt'; export default { fetch: () => new Response(text) }";
    let make = || {
        let folder = Folder::of(code);
        folder.write("src/a.txt", b"text");
        folder.bundle().bundle
    };
    let (first, second) = (make(), make());
    assert_eq!(first.hash(), second.hash());
    assert_eq!(first, second);
}

#[test]
fn a_worker_without_exports_is_a_service_worker() {
    let bundled =
        Folder::of("addEventListener('fetch', (event) => event.respondWith(new Response('hi')));").bundle();
    assert_eq!(bundled.bundle.format(), Format::ServiceWorker);
    assert_eq!(bundled.named("index.js").kind, ModuleKind::EsModule);
    for code in ["export default {}", "export class Counter {}", "export * from './lib'"] {
        let folder = Folder::of(code);
        folder.write("src/lib.ts", b"export const a = 1;");
        assert_eq!(folder.bundle().bundle.format(), Format::Modules, "{code}");
    }
}

#[test]
fn a_commonjs_worker_exports_its_exports() {
    let folder = Folder::with(&[
        ("wrangler.toml", "main = 'index.js'"),
        (
            "index.js",
            "const lib = require('./lib'); module.exports = { fetch() { return new Response(lib.text) } };",
        ),
        ("lib.js", "exports.text = 'from commonjs';"),
    ]);
    let bundled = folder.bundle();
    assert_eq!(bundled.bundle.format(), Format::Modules);
    assert!(bundled.main_code().contains("from commonjs"));
    assert!(bundled.main_code().contains("export default") || bundled.main_code().contains("as default"));
}

#[test]
fn a_dynamic_import_of_a_known_file_is_part_of_the_module() {
    let folder =
        Folder::of("export default { async fetch() { return new Response((await import('./lazy')).text) } }");
    folder.write("src/lazy.ts", b"export const text = 'lazily';");
    let bundled = folder.bundle();
    assert_eq!(bundled.names(), ["index.js"]);
    assert!(bundled.main_code().contains("lazily") && !bundled.main_code().contains("import("));
}

#[test]
fn json_is_part_of_the_module() {
    let folder = Folder::of("import data, { name } from './data.json'; export default { data, name }");
    folder.write("src/data.json", br#"{"name": "in json", "list": [1, 2]}"#);
    assert!(folder.bundle().main_code().contains("in json"));
}

#[test]
fn jsx_goes_by_tsconfig_and_by_the_configuration() {
    let project = |tsconfig: &str, keys: &str| {
        let folder = Folder::with(&[
            ("wrangler.toml", &format!("main = 'index.tsx'\n{keys}")),
            ("tsconfig.json", tsconfig),
            (
                "index.tsx",
                "import { h } from './h'; export default { fetch: () => <><p id=\"x\">{h}</p></> }",
            ),
            ("h.ts", "export const h = 1; export const Fragment = 2;"),
            (
                "node_modules/react/package.json",
                r#"{"name": "react", "exports": {"./jsx-runtime": "./r.js"}}"#,
            ),
            ("node_modules/react/r.js", "export const jsx = 'react jsx', Fragment = 0;"),
            (
                "node_modules/preact/package.json",
                r#"{"name": "preact", "exports": {"./jsx-runtime": "./r.js"}}"#,
            ),
            ("node_modules/preact/r.js", "export const jsx = 'preact jsx', Fragment = 0;"),
        ]);
        folder.bundle().main_code().to_owned()
    };
    let preact = r#"{"compilerOptions": {"jsx": "react-jsx", "jsxImportSource": "preact"}}"#;
    assert!(project("{}", "").contains("react jsx"));
    assert!(project(preact, "").contains("preact jsx"));
    let by_configuration = project("{}", "jsx_factory = 'h'\njsx_fragment = 'F'");
    assert!(by_configuration.contains("(F, null"), "{by_configuration}");
    let classic = r#"{"compilerOptions": {"jsx": "react", "jsxFactory": "h", "jsxFragmentFactory": "F"}}"#;
    assert!(project(classic, "").contains("(F, null"));
}

#[test]
fn jsx_is_understood_in_plain_javascript() {
    let folder = Folder::with(&[
        ("wrangler.toml", "main = 'index.js'\njsx_factory = 'h'"),
        ("index.js", "const h = (tag) => tag; export default { fetch: () => <p/> }"),
    ]);
    assert!(folder.bundle().main_code().contains("h(\"p\""));
}

#[test]
fn paths_of_tsconfig_lead_to_files() {
    let folder = Folder::of("import { a } from '@lib/a'; export default { a }");
    folder.write("tsconfig.json", br#"{"compilerOptions": {"paths": {"@lib/*": ["./lib/*"]}}}"#);
    folder.write("lib/a.ts", b"export const a = 'by path';");
    let bundled = folder.bundle();
    assert!(bundled.main_code().contains("by path"));
    assert!(bundled.watched.contains(&folder.path("tsconfig.json")));
}

#[test]
fn libraries_see_development_or_production() {
    let folder = Folder::of(
        "export default { mode: process.env.NODE_ENV, more: process.env.NODE_ENV === 'production' ? 'short' : 'chatty' }",
    );
    let code = |environment| {
        let bundled = Project::open(&folder.path(""), &environment).unwrap().bundle().unwrap();
        bundled.main_code().to_owned()
    };
    let (development, production) = (code(Environment::development()), code(Environment::production()));
    assert!(development.contains("mode: \"development\"") && development.contains("chatty"));
    assert!(production.contains("mode: \"production\"") && !production.contains("chatty"), "{production}");
}

#[test]
fn definitions_and_aliases_replace() {
    let folder = Folder::with(&[
        (
            "wrangler.toml",
            "main = 'src/index.ts'\ndefine = { VERSION = \"'1.2.3'\", 'process.env.NODE_ENV' = \"'staging'\" }\n\
             [alias]\nlodash = './src/mini.ts'\nnet = 'node:http'\n'old-sockets' = 'cloudflare:sockets'\n",
        ),
        (
            "src/index.ts",
            "import { pick } from 'lodash'; import net from 'net'; import { connect } from 'old-sockets';\n\
             export default { pick, net, connect, version: VERSION, mode: process.env.NODE_ENV }",
        ),
        ("src/mini.ts", "export const pick = 'mini lodash';"),
    ]);
    let bundled = folder.bundle();
    for text in ["mini lodash", "1.2.3", "staging", "from \"node:http\"", "from \"cloudflare:sockets\""] {
        assert!(bundled.main_code().contains(text), "{text}: {}", bundled.main_code());
    }
}

#[test]
fn minify_makes_it_short_and_keeps_names() {
    let code = "export class Counter { veryLongMethod(parameterName: number) { return parameterName + 1 } }\n\
                function veryLongFunction(argument) { return argument.name }\n\
                export default { fetch() { return veryLongFunction(Counter) + veryLongFunction({}) } }";
    let folder = Folder::of(code);
    let long = folder.bundle().main_code().to_owned();
    folder.write("wrangler.toml", b"main = 'src/index.ts'\nminify = true");
    let short = folder.bundle().main_code().to_owned();
    assert!(short.len() < long.len() && !short.contains("parameterName"), "{short}");
    assert!(short.contains("veryLongFunction(") && short.contains("Counter=class"), "{short}");
}

#[test]
fn the_source_map_leads_back_to_the_project() {
    let folder = Folder::of("import { fail } from './deep/lib';\nexport default { fetch() { fail() } };");
    folder.write("src/deep/lib.ts", b"export function fail(): never {\n  throw new Error('x');\n}\n");
    let bundled = folder.bundle();
    let module = bundled.named("index.js");
    assert!(!bundled.main_code().contains("sourceMappingURL"));
    let map: serde_json::Value = serde_json::from_slice(module.source_map.as_ref().unwrap()).unwrap();
    let sources: Vec<_> =
        map["sources"].as_array().unwrap().iter().filter_map(|source| source.as_str()).collect();
    assert_eq!(sources, ["src/deep/lib.ts", "src/index.ts"]);
    assert!(map["sourcesContent"][0].as_str().unwrap().contains("never"));
    assert_eq!(map["version"], 3);
    let root = folder.path("").to_string_lossy().into_owned();
    assert!(!map.to_string().contains(root.trim_end_matches('/')));
}

#[test]
fn source_maps_stay_out_of_a_deployment_that_does_not_want_them() {
    let folder = Folder::of("export default {}");
    folder.write("wrangler.toml", b"main = 'src/index.ts'\nupload_source_maps = false");
    let map = |environment| {
        let bundled = Project::open(&folder.path(""), &environment).unwrap().bundle().unwrap();
        bundled.named("index.js").source_map.is_some()
    };
    assert!(map(Environment::development()));
    assert!(!map(Environment::production()));
}

#[test]
fn everything_that_the_bundle_depends_on_is_watched() {
    let folder =
        Folder::of("import { a } from './a'; import text from './t.txt'; export default { a, text }");
    folder.write("src/a.ts", b"export const a = 1;");
    folder.write("src/t.txt", b"t");
    let watched = folder.bundle().watched;
    for path in ["wrangler.toml", "src/index.ts", "src/a.ts", "src/t.txt"] {
        assert!(watched.contains(&folder.path(path)), "{path}: {watched:?}");
    }
}

#[test]
fn a_bundle_can_be_made_inside_a_runtime() {
    let folder = Folder::of("export default {}");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(async { folder.try_bundle() }).is_ok());
}
