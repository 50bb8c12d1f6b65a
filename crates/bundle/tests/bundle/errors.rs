//! What is said where there is no bundle.

use mote_bundle::Severity;

use crate::support::{Folder, Inspect, place};

#[test]
fn a_syntax_error_has_its_place_and_the_code() {
    let folder = Folder::of("const a = 1;\nconst b = ;\nexport default {};");
    let errors = folder.errors();
    assert_eq!(place(&errors[0]), "src/index.ts:2:11");
    assert!(errors[0].frame.as_ref().unwrap().contains("const b = ;"));
    assert!(errors[0].to_string().starts_with("Unexpected token"), "{}", errors[0]);
    assert_eq!(errors[0].severity, Severity::Error);
}

#[test]
fn an_error_in_another_file_names_that_file() {
    let folder = Folder::of("import { a } from './lib/a'; export default { a }");
    folder.write("src/lib/a.ts", b"export const a = {\n");
    assert!(place(&folder.errors()[0]).starts_with("src/lib/a.ts:2:"));
}

#[test]
fn an_import_that_leads_nowhere_has_its_place_and_a_hint() {
    for (specifier, hint) in [
        ("hono", "npm install hono"),
        ("hono/jsx", "npm install hono"),
        ("@scope/pkg/sub", "npm install @scope/pkg"),
        ("./libs", "did you mean `./lib.ts`?"),
        ("./nothing/here", "no such file"),
        ("@/components/x", "tsconfig.json"),
        ("#internal", "package.json"),
        ("installed/internal", "does not export this"),
        ("https://esm.sh/hono", "install the package"),
    ] {
        let folder = Folder::of(&format!("import x from '{specifier}';\nexport default {{ x }}"));
        folder.write("src/lib.ts", b"export default 1");
        folder.write(
            "node_modules/installed/package.json",
            br#"{"name": "installed", "exports": {".": "./i.js"}}"#,
        );
        folder.write("node_modules/installed/i.js", b"");
        let errors = folder.errors();
        assert_eq!(errors.len(), 1, "{errors:#?}");
        let text = errors[0].to_string();
        assert!(text.contains(hint) && text.contains(&format!("`{specifier}`")), "{text}");
        assert!(specifier.starts_with("https:") || place(&errors[0]) == "src/index.ts:1:15", "{text}");
    }
}

#[test]
fn an_import_by_a_constant_that_leads_nowhere_is_an_error_and_no_panic() {
    for code in [
        "const x = './zz'; await import(x); export default 1",
        "const path = './zz'; await import(path); export default 1",
    ] {
        let errors = Folder::of(code).errors();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(!errors[0].to_string().contains("`at`"), "{}", errors[0]);
    }
}

#[test]
fn a_name_that_is_not_exported_has_its_place() {
    let folder = Folder::of("import { missing } from './lib';\nexport default { missing }");
    folder.write("src/lib.ts", b"export const present = 1;");
    let errors = folder.errors();
    assert_eq!(place(&errors[0]), "src/index.ts:1:10");
    assert!(errors[0].message.contains("missing"), "{}", errors[0]);
}

#[test]
fn broken_json_has_its_place() {
    let folder = Folder::of("import data from './data.json'; export default { data }");
    folder.write("src/data.json", b"{\n  \"a\": ,\n}");
    let errors = folder.errors();
    assert!(place(&errors[0]).starts_with("src/data.json:2:"), "{}", errors[0]);
}

#[test]
fn style_sheets_and_wrong_text_are_refused_where_they_are_imported() {
    let folder = Folder::of("import './style.css';\nexport default {}");
    folder.write("src/style.css", b"a { color: red }");
    let errors = folder.errors();
    assert_eq!(place(&errors[0]), "src/index.ts:1:8", "{}", errors[0]);
    assert!(errors[0].to_string().contains("style sheets"), "{}", errors[0]);

    let folder = Folder::of("import './binary';\nexport default {}");
    folder.write("src/binary.js", b"\xff\xfe\x00");
    assert!(folder.errors()[0].to_string().contains("UTF-8"), "{}", folder.errors()[0]);
}

#[test]
fn eval_is_warned_of() {
    let bundled = Folder::of("export default { fetch() { return eval('1') } }").bundle();
    assert_eq!(bundled.warnings.len(), 1);
    assert!(bundled.warnings[0].to_string().contains("`eval` throws"), "{}", bundled.warnings[0]);
    assert_eq!(place(&bundled.warnings[0]), "src/index.ts:1:35");
}

#[test]
fn a_failed_bundle_says_what_to_watch() {
    let folder = Folder::of("import { a } from './a'; export default { a }");
    folder.write("src/a.ts", b"export const a = ;");
    let error = folder.try_bundle().unwrap_err();
    for path in ["wrangler.toml", "src/index.ts", "src/a.ts"] {
        assert!(error.watched().contains(&folder.path(path)), "{path}: {:?}", error.watched());
    }
}

#[test]
fn code_nested_thousands_deep_does_not_end_the_process() {
    for (open, close) in [("[", "]"), ("(", ")"), ("{a:", "}"), ("!", ""), ("(() => ", ")")] {
        let code = format!("export default {{ x: {}1{} }}", open.repeat(3_000), close.repeat(3_000));
        drop(Folder::of(&code).try_bundle());
    }
}

#[test]
fn a_thousand_errors_are_cut_short() {
    let code: String =
        (0..1_000).map(|number| format!("import x{number} from './missing{number}';\n")).collect();
    let uses: String = (0..1_000).map(|number| format!("x{number},")).collect();
    let errors = Folder::of(&format!("{code}export default [{uses}]")).errors();
    assert_eq!(errors.len(), 21);
    assert!(errors[20].message.contains("980 more"));
}

#[test]
fn a_file_of_any_content_gives_a_bundle_or_an_error() {
    for code in [
        "",
        "\u{feff}",
        "#!/usr/bin/env node\nexport default {}",
        "\0",
        "export default 1;;;",
        "import.meta.url",
        "await 1",
    ] {
        match Folder::of(code).try_bundle() {
            Ok(bundled) => assert!(!bundled.names().is_empty()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}
