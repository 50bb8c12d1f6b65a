//! Opening a project.

use mote_bundle::{Environment, Project, ProjectError, Purpose, Var};

use crate::support::{Folder, Inspect};

#[test]
fn a_folder_a_configuration_and_a_script_are_projects() {
    for (files, path, name) in [
        (&[("wrangler.toml", "name = 'a'\nmain = 'm.js'")][..], "", "a"),
        (&[("wrangler.json", r#"{"name": "b", "main": "m.js"}"#)], "", "b"),
        (&[("wrangler.jsonc", "{ /* why */ \"name\": \"c\", \"main\": \"m.js\", }")], "", "c"),
        (&[("other.jsonc", r#"{"name": "d", "main": "m.js"}"#)], "other.jsonc", "d"),
        (&[("other.toml", "name = 'e'\nmain = './m.js'")], "other.toml", "e"),
        (&[], "m.js", "m"),
        (&[("Hello World.tsx", "export default {}")], "Hello World.tsx", "hello-world"),
        (&[("shop/index.ts", "export default {}")], "shop/index.ts", "shop"),
        (&[("shop/wrangler.toml", "main = '../m.js'")], "shop", "shop"),
    ] {
        let folder = Folder::with(files);
        folder.write("m.js", b"export default {}");
        let project = Project::open(&folder.path(path), &Environment::production())
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(project.name(), name, "{path}");
        assert_eq!(project.warnings(), []);
        let bundled = project.bundle().unwrap();
        assert!(bundled.main_code().contains("export"));
    }
}

#[test]
fn the_first_of_several_configurations_counts_and_the_others_are_named() {
    let folder = Folder::with(&[
        ("wrangler.toml", "name = 'from-toml'\nmain = 'm.js'"),
        ("wrangler.jsonc", r#"{"name": "from-json", "main": "m.js"}"#),
        ("m.js", "export default {}"),
    ]);
    let project = folder.open().unwrap();
    assert_eq!(project.name(), "from-json");
    assert_eq!(project.warnings().len(), 1);
    assert!(project.warnings()[0].message.contains("wrangler.toml is not read"));
}

#[test]
fn what_a_framework_has_built_goes_live_and_its_source_does_not() {
    let folder = Folder::with(&[
        ("wrangler.jsonc", r#"{"name": "source", "main": "m.ts"}"#),
        ("m.ts", "export default 'source'"),
        (".wrangler/deploy/config.json", r#"{"configPath": "../../build/server/wrangler.json"}"#),
        (
            "build/server/wrangler.json",
            r#"{"topLevelName": "built", "name": "built", "main": "m.js", "no_bundle": true, "ratelimits": []}"#,
        ),
        ("build/server/m.js", "export default 'built'"),
    ]);
    for environment in [Environment::production(), Environment::deployment()] {
        let project = Project::open(&folder.path(""), &environment).unwrap();
        assert_eq!((project.name(), project.warnings().len()), ("built", 1));
        assert!(project.warnings()[0].message.contains(".wrangler/deploy/config.json names it"));
        assert!(project.bundle().unwrap().main_code().contains("built"));
    }
    let developed = Project::open(&folder.path(""), &Environment::development()).unwrap();
    assert_eq!(developed.name(), "source");

    for (note, wrong) in [
        ("{}", "names no configuration"),
        ("[", "names no configuration"),
        (r#"{"configPath": "gone.json"}"#, "that is not there: gone.json"),
    ] {
        folder.write(".wrangler/deploy/config.json", note.as_bytes());
        let error = folder.open().unwrap_err().to_string();
        assert!(error.contains(wrong) && error.contains("build the project again"), "{error}");
    }
}

#[test]
fn what_is_no_project_is_said_plainly() {
    let folder = Folder::with(&[("readme.md", ""), ("sub/m.js", "")]);
    let open = |path: &str| Project::open(&folder.path(path), &Environment::production()).unwrap_err();
    assert!(matches!(open("missing"), ProjectError::Missing { .. }));
    assert!(matches!(open("readme.md"), ProjectError::UnknownKind { .. }));
    assert!(open("sub").to_string().contains("no wrangler.toml, wrangler.json or wrangler.jsonc"));
    assert!(open("sub").to_string().contains("help: "));
}

#[test]
fn a_wrong_configuration_shows_the_line_and_what_to_watch() {
    let folder = Folder::with(&[("wrangler.jsonc", "{\n  \"main\": 3\n}")]);
    let error = folder.open().unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("wrangler.jsonc:2:11") && text.contains("2 |   \"main\": 3") && text.contains("^"),
        "{text}"
    );
    assert_eq!(error.watched(), [folder.path("wrangler.jsonc")]);
}

#[test]
fn local_variables_are_read_for_development_only() {
    let folder = Folder::of("export default {}");
    folder.write(
        "wrangler.toml",
        b"main = 'src/index.ts'\nvars = { COLOR = 'red', SIZE = 3 }\n[env.staging.vars]\nCOLOR = 'blue'",
    );
    folder.write(".dev.vars", b"TOKEN=secret\nCOLOR=green\noops");
    folder.write(".dev.vars.staging", b"TOKEN=other");
    folder.write(".env", b"IGNORED=1");
    let vars = |environment: Environment| {
        Project::open(&folder.path(""), &environment).unwrap().settings().vars.clone()
    };

    let development = vars(Environment::development());
    assert_eq!(development["TOKEN"], Var::Secret("secret".into()));
    assert_eq!(development["COLOR"], Var::Secret("green".into()));
    assert_eq!(development["SIZE"], Var::Json(3.into()));
    assert!(!development.contains_key("IGNORED"));

    let staging = vars(Environment::development().named("staging"));
    assert_eq!(staging["TOKEN"], Var::Secret("other".into()));
    assert_eq!(staging["COLOR"], Var::Text("blue".into()));

    let production = vars(Environment::production());
    assert!(!production.contains_key("TOKEN"));
    assert_eq!(production["COLOR"], Var::Text("red".into()));
}

#[test]
fn without_dev_vars_the_env_files_count_in_their_order() {
    let folder = Folder::of("export default {}");
    folder.write(".env", b"A=1\nB=1\nC=1");
    folder.write(".env.local", b"B=2\nC=2");
    folder.write("wrangler.toml", b"main = 'src/index.ts'\n[env.dev]\n");
    folder.write(".env.dev", b"C=3");
    let project = Project::open(&folder.path(""), &Environment::development().named("dev")).unwrap();
    let value = |name: &str| project.settings().vars[name].clone();
    assert_eq!([value("A"), value("B"), value("C")], ["1", "2", "3"].map(|text| Var::Secret(text.into())));
    assert!(project.watched().contains(&folder.path(".dev.vars")));
    assert_eq!(project.purpose(), Purpose::Development);
}

#[test]
fn a_broken_line_of_secrets_is_named_by_its_number_only() {
    let folder = Folder::of("export default {}");
    folder.write(".dev.vars", b"A=1\nhunter2\n");
    let project = Project::open(&folder.path(""), &Environment::development()).unwrap();
    assert_eq!(project.warnings().len(), 1);
    let text = project.warnings()[0].to_string();
    assert!(text.contains(".dev.vars:2") && !text.contains("hunter2"));
    assert!(!format!("{project:?}").contains("hunter2"));
}

#[test]
fn a_project_behind_a_link_is_the_same_project() {
    let folder = Folder::of("import text from './a.txt'; export default { text }");
    folder.write("src/a.txt", b"x");
    let other = Folder::with(&[]);
    let link = other.path("link");
    std::os::unix::fs::symlink(folder.path(""), &link).unwrap();
    let bundled = Project::open(&link, &Environment::production()).unwrap().bundle().unwrap();
    assert_eq!(bundled.bundle, folder.bundle().bundle);
}
