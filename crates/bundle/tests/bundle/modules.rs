//! Files that become modules of their own.

use mote_wire::bundle::ModuleKind;

use crate::support::{Folder, Inspect, place};

#[test]
fn text_data_and_wasm_are_modules_named_by_their_content() {
    let folder = Folder::of(
        "import page from './page.html'; import text from '../a.txt'; import sql from './a.sql';\n\
         import data from './a.bin'; import wasm from './a.wasm'; export default { page, text, sql, data, wasm }",
    );
    for (path, content) in [
        ("src/page.html", "<p>"),
        ("a.txt", "t"),
        ("src/a.sql", "select"),
        ("src/a.bin", "\0"),
        ("src/a.wasm", "w"),
    ] {
        folder.write(path, content.as_bytes());
    }
    let bundled = folder.bundle();
    assert_eq!(bundled.of_kind(ModuleKind::Text).len(), 3);
    assert_eq!(bundled.of_kind(ModuleKind::Data).len(), 1);
    assert_eq!(bundled.of_kind(ModuleKind::Wasm).len(), 1);
    for module in bundled.bundle.modules().iter().filter(|module| !module.kind.is_javascript()) {
        let (hash, file) = module.name.as_str().split_once('-').unwrap();
        assert!(
            hash.len() == 40 && ["page.html", "a.txt", "a.sql", "a.bin", "a.wasm"].contains(&file),
            "{:?}",
            module.name
        );
        assert!(bundled.main_code().contains(&format!("from \"./{}\"", module.name)));
    }
}

#[test]
fn one_file_imported_in_many_ways_is_one_module() {
    let folder = Folder::of(
        "import a from './a.wasm'; import b from './a.wasm?module'; import { c } from './lib/c';\n\
         export default { a, b, c, lazy: () => import('./a.wasm') }",
    );
    folder.write("src/a.wasm", b"w");
    folder.write("src/lib/c.ts", b"import a from '../a.wasm'; export const c = a;");
    let bundled = folder.bundle();
    assert_eq!(bundled.of_kind(ModuleKind::Wasm).len(), 1, "{:?}", bundled.names());
}

#[test]
fn names_can_be_kept() {
    let folder =
        Folder::of("import a from './lib/a.wasm'; import b from '../b.txt'; export default { a, b }");
    folder.write("wrangler.toml", b"main = 'src/index.ts'\npreserve_file_names = true");
    folder.write("src/lib/a.wasm", b"w");
    folder.write("b.txt", b"t");
    let bundled = folder.bundle();
    assert_eq!(bundled.names(), ["b.txt", "index.js", "lib/a.wasm"]);
    assert!(
        bundled.main_code().contains("from \"./lib/a.wasm\"")
            && bundled.main_code().contains("from \"./b.txt\"")
    );
}

#[test]
fn rules_make_other_files_modules() {
    let folder = Folder::of(
        "import a from './a.md'; import b from './b.txt'; import c from './c.css'; export default { a, b, c }",
    );
    for path in ["src/a.md", "src/b.txt", "src/c.css"] {
        folder.write(path, path.as_bytes());
    }
    let rule = |fallthrough: &str| {
        format!(
            "main = 'src/index.ts'\n[[rules]]\ntype = 'Text'\nglobs = ['**/*.md', '**/*.css']\n{fallthrough}"
        )
    };
    folder.write("wrangler.toml", rule("fallthrough = true").as_bytes());
    assert_eq!(folder.bundle().of_kind(ModuleKind::Text).len(), 3);

    folder.write("wrangler.toml", rule("").as_bytes());
    let errors = folder.errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    let text = errors[0].to_string();
    assert!(text.contains("`b.txt` matches") && text.contains("fallthrough = true"), "{text}");
    assert_eq!(place(&errors[0]), "src/index.ts:1:39");
}

#[test]
fn additional_modules_stay_modules_and_are_found_without_an_import() {
    let folder = Folder::of(
        "import en from './lang/en.mjs'; import { lib } from './lib';\n\
         export default { en, lib, get: (name) => import(`./lang/${name}.mjs`) }",
    );
    let config = "main = 'src/index.ts'\nfind_additional_modules = true\n[[rules]]\ntype = 'ESModule'\nglobs = ['**/*.mjs']\n";
    folder.write("wrangler.toml", config.as_bytes());
    folder.write("src/lang/en.mjs", b"export default 'hello'");
    folder.write("src/lang/de.mjs", b"export default 'hallo'");
    folder.write("src/deep/note.txt", b"note");
    folder.write("src/lib/index.ts", b"import en from '../lang/en.mjs'; export const lib = en;");
    folder.write("src/node_modules/pkg/a.mjs", b"export default 'no'");
    let bundled = folder.bundle();
    assert_eq!(bundled.names(), ["deep/note.txt", "index.js", "lang/de.mjs", "lang/en.mjs"]);
    assert!(bundled.main_code().contains("from \"./lang/en.mjs\""), "{}", bundled.main_code());
    assert!(!bundled.main_code().contains("hello"));
    assert!(bundled.watched.contains(&folder.path("src/lang")));
}

#[test]
fn additional_modules_are_named_from_the_base_folder() {
    let folder = Folder::of("import en from '../lang/en.mjs'; export default { en }");
    let config = "main = 'src/index.ts'\nbase_dir = '.'\nfind_additional_modules = true\nrules = [{ type = 'ESModule', globs = ['**/*.mjs'] }]";
    folder.write("wrangler.toml", config.as_bytes());
    folder.write("lang/en.mjs", b"export default 'hello'");
    let bundled = folder.bundle();
    assert_eq!(bundled.names(), ["lang/en.mjs", "src/index.js"]);
    assert_eq!(bundled.bundle.main().as_str(), "src/index.js");
    assert!(bundled.main_code().contains("from \"../lang/en.mjs\""), "{}", bundled.main_code());
}
