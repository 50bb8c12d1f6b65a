use super::*;
use tree::Language;

mod spoilt;

struct Read {
    settings: Result<Settings, Vec<String>>,
    warnings: Vec<String>,
}

fn read_in(toml: &str, environment: Option<&str>) -> Read {
    let purpose = Environment::development();
    let environment = environment.map_or(purpose.clone(), |name| purpose.named(name));
    read_for(toml, &environment)
}

fn read_for(toml: &str, environment: &Environment) -> Read {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.ts"), "").unwrap();
    let source = SourceText::new("wrangler.toml", toml);
    let table = tree::parse(&source, Language::Toml).unwrap();
    let text = |all: Vec<Diagnostic>| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    match read(&source, &table, environment, folder.path(), "folder") {
        Ok((settings, warnings)) => Read { settings: Ok(settings), warnings: text(warnings) },
        Err(errors) => Read { settings: Err(text(errors)), warnings: Vec::new() },
    }
}

const ENVIRONMENTS: &str = r#"
    name = "shop"
    main = "index.ts"
    compatibility_date = 2026-01-01
    minify = true
    alias = { a = "b" }
    vars = { COLOR = "red", DEPTH = 3, LIST = [1, "two"] }
    define = { VERSION = "'1'" }
    routes = ["a.example/*", { pattern = "b.example", custom_domain = true }]
    triggers = { crons = ["* * * * *"] }
    limits = { cpu_ms = 50 }
    [env.staging]
    minify = false
    alias = { c = "d" }
    vars = { COLOR = "blue" }
    [env.named]
    name = "other"
"#;

#[test]
fn the_top_level_counts_without_an_environment() {
    let Read { settings: Ok(settings), warnings } = read_in(ENVIRONMENTS, None) else { panic!() };
    assert_eq!(settings.name, "shop");
    assert_eq!(settings.compatibility_date.as_deref(), Some("2026-01-01"));
    assert_eq!(settings.vars["COLOR"], Var::Text("red".into()));
    assert_eq!(settings.vars["LIST"], Var::Json(serde_json::json!([1, "two"])));
    assert_eq!(settings.crons, Some(vec!["* * * * *".to_owned()]));
    assert_eq!(settings.limits, LimitsPatch { cpu_ms: Some(50), ..LimitsPatch::default() });
    assert_eq!(settings.routes[1], Route { pattern: "b.example".into(), custom_domain: true });
    assert_eq!(warnings, Vec::<String>::new());
}

#[test]
fn an_environment_inherits_all_but_variables_and_definitions() {
    let Read { settings: Ok(settings), warnings } = read_in(ENVIRONMENTS, Some("staging")) else { panic!() };
    assert_eq!(settings.name, "shop-staging");
    assert!(!settings.build.minify);
    assert_eq!(settings.vars.len(), 1);
    assert_eq!(settings.vars["COLOR"], Var::Text("blue".into()));
    assert!(settings.build.define.is_empty());
    assert_eq!(settings.build.alias["a"], "b");
    assert_eq!(settings.limits.cpu_ms, Some(50));
    assert!(warnings.iter().any(|text| text.contains("`define` is not inherited")), "{warnings:?}");
    assert!(warnings.iter().any(|text| text.contains("`alias` has no effect inside")), "{warnings:?}");
    assert_eq!(warnings.len(), 2);

    let Read { settings: Ok(settings), .. } = read_in(ENVIRONMENTS, Some("named")) else { panic!() };
    assert_eq!(settings.name, "other");
    assert!(settings.vars.is_empty());
}

#[test]
fn an_environment_that_does_not_exist_is_an_error_that_names_those_that_do() {
    let errors = read_in(ENVIRONMENTS, Some("production")).settings.unwrap_err();
    assert!(errors[0].contains("`production`") && errors[0].contains("staging, named"), "{errors:?}");
}

#[test]
fn unknown_and_unsupported_keys_warn_and_name_themselves() {
    let toml = "main = 'index.ts'\ncompatability_date = '2026-01-01'\nfrobnicate = 1\n[[d1_databases]]\nbinding = 'DB'\n[limits]\ncpu = 3\n";
    let warnings = read_in(toml, None).warnings;
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    assert!(
        warnings[0].contains("unknown key `compatability_date`") && warnings[0].contains("wrangler.toml:2:1")
    );
    assert!(warnings[0].contains("did you mean `compatibility_date`?"));
    assert!(warnings[1].contains("unknown key `frobnicate`") && !warnings[1].contains("mean"));
    assert!(warnings[2].contains("`d1_databases` is not supported by `mote dev` yet"));
    assert!(warnings[3].contains("unknown key `limits.cpu`") && warnings[3].contains("wrangler.toml:7:1"));
}

#[test]
fn a_slip_inside_of_a_table_is_named_with_the_key_that_was_meant() {
    let toml = "main = 'index.ts'\n[observability]\nenabld = true\nlogs = { invocationlogs = false }\n[[kv_namespaces]]\nbinding = 'KV'\nidd = 'a'\npreview_id = 'b'\n";
    let warnings = read_in(toml, None).warnings;
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    for (warning, (key, meant)) in warnings.iter().zip([
        ("observability.enabld", "enabled"),
        ("observability.logs.invocationlogs", "invocation_logs"),
        ("kv_namespaces.idd", "id"),
    ]) {
        assert!(
            warning.contains(&format!("`{key}`")) && warning.contains(&format!("mean `{meant}`")),
            "{warning}"
        );
    }
}

#[test]
fn a_key_that_is_missing_because_of_a_slip_is_found_where_the_slip_is() {
    let deployment = Environment::deployment();
    for (toml, place, slip, meant) in [
        ("mian = 'index.ts'", "1:1", "mian", "main"),
        ("main = 'index.ts'\n[assets]\ndirctory = '.'", "3:1", "dirctory", "directory"),
        ("main = 'index.ts'\n[[kv_namespaces]]\nbindng = 'KV'\nid = 'a'", "3:1", "bindng", "binding"),
        (
            "main = 'index.ts'\nqueues = { producers = [{ binding = 'Q', queu = 'q' }] }",
            "2:42",
            "queu",
            "queue",
        ),
    ] {
        let errors = read_for(toml, &deployment).settings.unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        for part in [format!("wrangler.toml:{place}"), format!("`{slip}` is no key: did you mean `{meant}`?")]
        {
            assert!(errors[0].contains(&part), "{part}: {errors:?}");
        }
    }
    let toml = "name = 'a'\n[env.staging]\nmain_ = 'index.ts'\n";
    let errors = read_for(toml, &deployment.named("staging")).settings.unwrap_err();
    assert!(errors[0].contains("`main_` is no key"), "{errors:?}");
}

#[test]
fn every_wrong_value_is_reported_with_its_line() {
    let toml = "main = 'index.ts'\nname = 'No Name'\ncompatibility_date = 'soon'\nminify = 'yes'\ncompatibility_flags = ['url_standard', 1]\nroutes = [1]\n[limits]\ncpu_ms = 0\n[[rules]]\ntype = 'Html'\nglobs = []\n[[rules]]\ntype = 'Text'\n[vars]\nN = nan\n";
    let errors = read_in(toml, None).settings.unwrap_err();
    for line in [2, 3, 4, 5, 6, 8, 10, 12, 15] {
        assert!(
            errors.iter().any(|text| text.contains(&format!("wrangler.toml:{line}:"))),
            "line {line}: {errors:#?}"
        );
    }
    assert_eq!(errors.len(), 9);
}

#[test]
fn compatibility_flags_that_are_none_are_refused_where_they_stand() {
    let toml = "main = 'index.ts'\ncompatibility_date = '2026-11-28'\ncompatibility_flags = [\n'nodejs_compta',\n'url_original',\n'no_nodejs_als',\n'nodejs_als']\n";
    let today = Environment::development().on("2026-11-27".parse().unwrap());
    let errors = read_for(toml, &today).settings.unwrap_err();
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors[0].contains("wrangler.toml:2:22") && errors[0].contains("in the future"), "{errors:?}");
    assert!(
        errors[1].contains("wrangler.toml:4:1") && errors[1].contains("mean nodejs_compat?"),
        "{errors:?}"
    );
    assert!(errors[2].contains("wrangler.toml:6:1") && errors[2].contains("contradictory"), "{errors:?}");
}

#[test]
fn what_is_asked_for_is_settled_and_what_cannot_be_had_is_warned_about() {
    let toml = "main = 'index.ts'\ncompatibility_date = '2022-03-20'\ncompatibility_flags = ['url_original', 'nodejs_compat']\n";
    let Read { settings: Ok(settings), warnings } = read_in(toml, None) else { panic!() };
    let on = |flag| settings.compatibility.is_on(flag);
    assert!(on("nodejs_compat") && on("url_standard") && !on("global_navigator"));
    assert!(warnings[0].contains("`url_original` has no effect") && warnings.len() == 1, "{warnings:?}");
    let today = Environment::development().on("2026-11-27".parse().unwrap());
    let bare = read_for("main = 'index.ts'\n", &today).settings.unwrap();
    assert!(bare.compatibility.is_on("nodejs_compat") && bare.compatibility_date.is_none());
}

#[test]
fn a_missing_main_file_is_shown_with_the_one_that_was_meant() {
    for (main, hint) in
        [("index.js", "did you mean `index.ts`?"), ("indx.ts", "`index.ts`?"), ("other.py", "create it")]
    {
        let errors = read_in(&format!("name = 'a'\nmain = '{main}'"), None).settings.unwrap_err();
        assert!(errors[0].contains("wrangler.toml:2:8") && errors[0].contains(hint), "{errors:?}");
    }
    let errors = read_in("name = 'a'", None).settings.unwrap_err();
    assert!(errors[0].contains("no `main`"), "{errors:?}");
}

#[test]
fn a_secret_is_never_printed() {
    assert!(!format!("{:?}", Var::Secret("hunter2".into())).contains("hunter2"));
}

#[test]
fn a_worker_gets_no_name_that_cannot_be_a_host() {
    for good in ["a", "my-worker", "w_1", &"a".repeat(63)] {
        assert!(is_name(good), "{good}");
    }
    for bad in ["", "-a", "A", "a.b", "a b", "ü", &"a".repeat(64)] {
        assert!(!is_name(bad), "{bad}");
    }
}

const DEPLOYED: &str = r#"
    name = "shop"
    assets = { directory = ".", binding = "FILES", run_worker_first = ["/api/*"] }
    kv_namespaces = [{ binding = "KV", id = "abc" }]
    services = [{ binding = "API", service = "api", entrypoint = "Admin" }]
    version_metadata = { binding = "SELF" }
    keep_vars = true
    [observability]
    enabled = true
    [durable_objects]
    bindings = [{ name = "ROOM", class_name = "Room" }]
    [env.bare]
"#;

#[test]
fn what_a_node_gives_is_read_where_the_worker_goes_to_one() {
    let Read { settings: Ok(settings), warnings } = read_for(DEPLOYED, &Environment::deployment()) else {
        panic!()
    };
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(settings.main, None, "it may be files alone");
    let assets = settings.assets.unwrap();
    assert_eq!(assets.binding.as_deref(), Some("FILES"));
    assert_eq!(assets.run_worker_first, Some(serde_json::json!(["/api/*"])));
    let shown: Vec<_> = settings
        .bindings
        .iter()
        .map(|binding| (binding.kind, &*binding.name, serde_json::Value::from(binding.fields.clone())))
        .collect();
    assert_eq!(
        shown,
        [
            ("kv_namespace", "KV", serde_json::json!({"namespace_id": "abc"})),
            ("service", "API", serde_json::json!({"service": "api", "entrypoint": "Admin"})),
            ("durable_object_namespace", "ROOM", serde_json::json!({"class_name": "Room"})),
            ("version_metadata", "SELF", serde_json::json!({})),
        ]
    );
    assert!(settings.keep_vars);
    assert_eq!(settings.observability, Some(serde_json::json!({"enabled": true})));
}

#[test]
fn an_environment_that_goes_to_a_node_has_no_bindings_of_the_top_level() {
    let bare = Environment::deployment().named("bare");
    let Read { settings: Ok(settings), warnings } = read_for(DEPLOYED, &bare) else { panic!() };
    assert_eq!(settings.bindings, []);
    assert!(settings.assets.is_some(), "assets are inherited");
    assert!(warnings.iter().any(|text| text.contains("`kv_namespaces` is not inherited")), "{warnings:?}");
}

#[test]
fn a_namespace_needs_no_id_while_developing() {
    let toml = "main = 'index.ts'\nkv_namespaces = [{ binding = 'KV' }, { binding = 'OTHER', id = 'o' }]\n";
    let Read { settings: Ok(settings), warnings } = read_in(toml, None) else { panic!() };
    assert_eq!(warnings, [""; 0]);
    let ids = settings.bindings.iter().map(|binding| (&*binding.name, binding.fields.get("namespace_id")));
    assert_eq!(ids.collect::<Vec<_>>(), [("KV", None), ("OTHER", Some(&"o".into()))]);
}

#[test]
fn what_cannot_be_deployed_is_an_error_and_not_left_out() {
    let toml = "main = 'index.ts'\nkv_namespaces = [{ binding = 'KV' }, 3]\nservices = 1\n\
                ratelimits = [{ name = 'R' }]\nassets = { binding = 'A' }\n[queues]\nproducers = [{ queue = 'q' }]\n[build]\ncommand = 'make'\n";
    let errors = read_for(toml, &Environment::deployment()).settings.unwrap_err();
    for expected in [
        "needs `id`",
        "mote kv namespace create",
        "must be a table, not a number",
        "`services` must be a list",
        "`ratelimits` is not supported by Mote yet",
        "`assets` has no `directory`",
        "`queues` needs `binding`",
    ] {
        assert!(errors.iter().any(|text| text.contains(expected)), "{expected}: {errors:#?}");
    }
    let built = read_for("main = 'index.ts'\n[build]\ncommand = 'make'\n", &Environment::deployment());
    assert!(built.warnings[0].contains("run the command yourself"), "{:?}", built.warnings);
}

#[test]
fn nothing_is_made_of_keys_that_say_nothing() {
    let toml = "main = 'index.ts'\nratelimits = []\nconnect = []\npython_modules = { exclude = ['*.pyc'] }\n\
                topLevelName = 'shop'\ndefinedEnvironments = []\n[logfwdr]\nbindings = []\n[exports]\n";
    for environment in [Environment::deployment(), Environment::development()] {
        let Read { settings: Ok(_), warnings } = read_for(toml, &environment) else { panic!() };
        assert_eq!(warnings, [""; 0]);
    }
    let slip = read_for("main = 'index.ts'\nkv_namespace = []\n", &Environment::deployment()).warnings;
    assert!(slip[0].contains("did you mean `kv_namespaces`?"), "{slip:?}");
}
