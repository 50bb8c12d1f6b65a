//! Configurations that were spoilt on the way: whoever reads them says what is wrong, and where, and goes on living.

use mote_mutator::Mutator;

use super::*;

const TOML: &str = r#"
name = "shop"
main = "index.ts"
compatibility_date = 2026-01-01
compatibility_flags = ["nodejs_compat"]
kv_namespaces = [{ binding = "KV", id = "abc" }]
services = [{ binding = "API", service = "api", entrypoint = "Main", props = { a = [1, 2.5, true] } }]
routes = ["a.example/*", { pattern = "b.example", custom_domain = true }]
triggers = { crons = ["* * * * *"] }
limits = { cpu_ms = 50 }
rules = [{ type = "Text", globs = ["**/*.md"], fallthrough = true }]
[vars]
COLOR = "red"
[env.staging.vars]
COLOR = "é \U0001f4a5"
[assets]
directory = "public"
run_worker_first = ["/api/*", "!/api/docs"]
"#;

const JSONC: &str = r#"{
  // A comment.
  "name": "shop", "main": "index.ts", "compatibility_date": "2026-01-01",
  "vars": { "LIST": [1, "two", null], "DEEP": { "a": { "b": [] } } },
  /* Another one. */
  "env": { "staging": { "name": "other", "d1_databases": [] } },
  "migrations": [{ "tag": "v1", "new_classes": ["A"] }],
  "alias": { "a": "./b" }, "define": { "X": "1" },
}"#;

const WORDS: [&str; 14] = [
    "[env.staging]",
    "name",
    "binding",
    "= [",
    "{",
    "}}}}",
    "\"",
    "'''",
    "//",
    "/*",
    "\\u{d800}",
    "1979-05-27",
    "inf",
    "\0",
];

fn read_any(text: &str, language: Language, environment: &Environment, folder: &Path) -> Option<bool> {
    let source = SourceText::new("wrangler", text);
    let table = match tree::parse(&source, language) {
        Ok(table) => table,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return None;
        }
    };
    match read(&source, &table, environment, folder, "folder") {
        Ok((settings, warnings)) => {
            let name = &settings.name;
            assert!(!name.is_empty() && name.chars().count() <= NAME_CHARS_MAX, "{name}");
            warnings.iter().for_each(|warning| assert!(!warning.to_string().is_empty()));
            Some(true)
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            errors.iter().for_each(|error| assert!(!error.to_string().is_empty()));
            Some(false)
        }
    }
}

#[test]
fn a_spoilt_configuration_is_refused_with_its_reasons_or_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.ts"), "").unwrap();
    let environments = [
        Environment::development(),
        Environment::deployment(),
        Environment::deployment().named("staging".to_owned()),
    ];
    for (sample, language) in [(TOML, Language::Toml), (JSONC, Language::Jsonc)] {
        let (mut read, mut refused, mut unreadable, mut round) = (0, 0, 0, 0);
        Mutator::new(&[sample.as_bytes()], &WORDS).spoil_text(3_000, |text| {
            round += 1;
            match read_any(text, language, &environments[round % 3], folder.path()) {
                Some(true) => read += 1,
                Some(false) => refused += 1,
                None => unreadable += 1,
            }
        });
        assert!(read > 50 && refused > 50 && unreadable > 50, "{read} {refused} {unreadable}");
    }
}

#[test]
fn a_spoilt_file_of_variables_gives_names_or_the_numbers_of_its_lines() {
    let sample = "A=1\nexport B='two\nlines' # why\nC=\"\\n${A}\"\n\n# D=4\nE = `x`\n";
    let words = ["=", "'", "\"", "`", "\\", "export ", "#", "\r\n", "\u{feff}", "é"];
    Mutator::new(&[sample.as_bytes()], &words).spoil_text(20_000, |text| {
        let found = crate::dotenv::parse(text);
        let lines = text.lines().count() + text.matches('\r').count() + 1;
        assert!(found.unreadable_lines.iter().all(|line| (1..=lines).contains(line)), "{found:?}");
        assert!(found.vars.iter().all(|(name, _)| !name.is_empty()), "{found:?}");
    });
}
