//! npm packages, the runtime's own modules and those of Node.js.

use mote_wire::bundle::ModuleKind;

use crate::support::{Folder, Inspect};

fn with_package(code: &str, files: &[(&str, &str)]) -> Folder {
    let folder = Folder::of(code);
    for (path, text) in files {
        folder.write(&format!("node_modules/{path}"), text.as_bytes());
    }
    folder
}

#[test]
fn the_conditions_of_workers_choose_the_file() {
    let choose = |conditions: &str| {
        let manifest = format!(r#"{{"name": "pkg", "exports": {{".": {{{conditions}}}}}}}"#);
        let mut files = vec![("pkg/package.json".to_owned(), manifest)];
        for name in [
            "workerd",
            "worker",
            "browser",
            "import",
            "require",
            "node",
            "development",
            "production",
            "default",
        ] {
            files.push((format!("pkg/{name}.js"), format!("export const chosen = 'chosen {name}';")));
        }
        let folder = Folder::of("import { chosen } from 'pkg'; export default { chosen }");
        for (path, text) in files {
            folder.write(&format!("node_modules/{path}"), text.as_bytes());
        }
        let code = folder.bundle().main_code().to_owned();
        code.split("chosen ").nth(1).unwrap().split(['\'', '"']).next().unwrap().to_owned()
    };
    let all = |names: &[&str]| {
        names.iter().map(|name| format!(r#""{name}": "./{name}.js""#)).collect::<Vec<_>>().join(",")
    };
    assert_eq!(choose(&all(&["node", "workerd", "worker", "default"])), "workerd");
    assert_eq!(choose(&all(&["node", "worker", "browser", "default"])), "worker");
    assert_eq!(choose(&all(&["node", "development", "browser", "import", "default"])), "browser");
    assert_eq!(choose(&all(&["node", "require", "import", "default"])), "import");
    assert_eq!(choose(&all(&["node", "require", "development", "default"])), "default");
}

#[test]
fn without_exports_the_main_fields_choose_the_file() {
    let choose = |fields: &str| {
        let folder = with_package(
            "import { chosen } from 'pkg'; export default { chosen }",
            &[
                ("pkg/package.json", &format!(r#"{{"name": "pkg", {fields}}}"#)),
                ("pkg/browser.js", "export const chosen = 'browser field';"),
                ("pkg/module.js", "export const chosen = 'module field';"),
                ("pkg/main.js", "exports.chosen = 'main field';"),
            ],
        );
        folder.bundle().main_code().to_owned()
    };
    let (browser, module, main) =
        (r#""browser": "./browser.js""#, r#""module": "./module.js""#, r#""main": "./main.js""#);
    assert!(choose(&[main, module, browser].join(",")).contains("browser field"));
    assert!(choose(&[main, module].join(",")).contains("module field"));
    assert!(choose(main).contains("main field"));
}

#[test]
fn wasm_of_a_package_is_a_module_of_the_bundle() {
    for import in ["pkg/add.wasm", "pkg/add.wasm?module", "pkg/wasm", "pkg"] {
        let code = format!("import add from '{import}'; export default {{ add }}");
        let folder = with_package(
            &code,
            &[
                (
                    "pkg/package.json",
                    r#"{"name": "pkg", "exports": {".": "./index.js", "./add.wasm": "./dist/add.wasm", "./wasm": "./dist/add.wasm"}}"#,
                ),
                ("pkg/index.js", "import add from './dist/add.wasm'; export default add;"),
                ("pkg/dist/add.wasm", "\0asm\u{1}\0\0\0"),
            ],
        );
        let bundled = folder.bundle();
        let wasm = bundled.of_kind(ModuleKind::Wasm);
        assert_eq!(wasm.len(), 1, "{import}: {:?}", bundled.names());
        assert_eq!(&wasm[0].content[..4], b"\0asm");
        assert!(wasm[0].name.as_str().ends_with("-add.wasm"));
        assert!(
            bundled.main_code().contains(&format!("from \"./{}\"", wasm[0].name)),
            "{import}: {}",
            bundled.main_code()
        );
        assert!(bundled.watched.contains(&folder.path("node_modules/pkg/dist/add.wasm")));
    }
}

#[test]
fn modules_of_the_runtime_stay_imports() {
    let bundled = Folder::of(
        "import { WorkerEntrypoint } from 'cloudflare:workers'; import { Buffer } from 'node:buffer';\n\
         export default class extends WorkerEntrypoint { b = Buffer; fetch() { return import('cloudflare:sockets') } }",
    )
    .bundle();
    for text in ["from \"cloudflare:workers\"", "from \"node:buffer\"", "import(\"cloudflare:sockets\")"] {
        assert!(bundled.main_code().contains(text), "{text}: {}", bundled.main_code());
    }
}

#[test]
fn bare_names_of_node_get_their_prefix_and_a_warning_without_the_flag() {
    let folder =
        Folder::of("import { join } from 'path'; import fs from 'fs/promises'; export default { join, fs }");
    let bundled = folder.bundle();
    assert!(
        bundled.main_code().contains("from \"node:path\"")
            && bundled.main_code().contains("from \"node:fs/promises\"")
    );
    assert_eq!(bundled.warnings.len(), 2);
    let text = bundled.warnings[0].to_string();
    assert!(
        text.contains("`node:fs/promises`")
            && text.contains("src/index.ts")
            && text.contains("nodejs_compat"),
        "{text}"
    );

    folder.write("wrangler.toml", b"main = 'src/index.ts'\ncompatibility_flags = ['nodejs_compat']");
    assert_eq!(folder.bundle().warnings, []);
}

#[test]
fn a_package_called_like_a_module_of_node_is_taken_unless_the_flag_is_set() {
    let folder = with_package(
        "import { EventEmitter } from 'events'; export default { EventEmitter }",
        &[
            ("events/package.json", r#"{"name": "events", "main": "./events.js"}"#),
            ("events/events.js", "exports.EventEmitter = 'the package';"),
        ],
    );
    assert!(folder.bundle().main_code().contains("the package"));
    folder.write("wrangler.toml", b"main = 'src/index.ts'\ncompatibility_flags = ['nodejs_compat']");
    assert!(folder.bundle().main_code().contains("from \"node:events\""));
}

#[test]
fn a_package_may_replace_modules_of_node_by_nothing() {
    let folder = with_package(
        "import pkg from 'pkg'; export default { pkg }",
        &[
            (
                "pkg/package.json",
                r#"{"name": "pkg", "main": "./i.js", "browser": {"fs": false, "./node.js": "./web.js"}}"#,
            ),
            ("pkg/i.js", "const fs = require('fs'); module.exports = [fs, require('./node.js')];"),
            ("pkg/node.js", "module.exports = 'for node';"),
            ("pkg/web.js", "module.exports = 'for the web';"),
        ],
    );
    let bundled = folder.bundle();
    assert!(bundled.main_code().contains("for the web") && !bundled.main_code().contains("for node"));
    assert!(!bundled.main_code().contains("node:fs"), "{}", bundled.main_code());
    assert_eq!(bundled.warnings, []);
}

#[test]
fn commonjs_that_requires_a_module_of_the_runtime_gets_an_import() {
    let folder = with_package(
        "import pkg from 'pkg'; export default { pkg }",
        &[
            ("pkg/package.json", r#"{"name": "pkg", "main": "./i.js"}"#),
            (
                "pkg/i.js",
                "const { Buffer } = require('buffer'); const os = require('node:os'); module.exports = [Buffer, os];",
            ),
        ],
    );
    let bundled = folder.bundle();
    assert!(
        bundled.main_code().contains("from \"node:buffer\"")
            && bundled.main_code().contains("from \"node:os\"")
    );
    assert!(!bundled.main_code().contains("require("), "{}", bundled.main_code());
}

#[test]
fn an_optional_package_that_is_not_there_is_no_error() {
    let folder = with_package(
        "import pkg from 'pkg'; export default { pkg }",
        &[
            ("pkg/package.json", r#"{"name": "pkg", "main": "./i.js"}"#),
            (
                "pkg/i.js",
                "let fast; try { fast = require('fast-but-native') } catch {} module.exports = fast ?? 'slow but sure';",
            ),
        ],
    );
    assert!(folder.bundle().main_code().contains("slow but sure"));
}
