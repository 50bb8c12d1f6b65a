//! Folders that are no project, or a wrong one: what is missing is said before anything is served.

use mote_blackbox::{Launch, Project, Refusal};

fn refused(refusal: &Refusal, wanted: &[&str]) {
    assert_eq!(refusal.code, Some(1), "stdout: {}\nstderr: {}", refusal.stdout, refusal.stderr);
    for part in wanted {
        assert!(refusal.stderr.contains(part), "stderr does not say {part:?}:\n{}", refusal.stderr);
    }
    assert!(!refusal.stderr.contains("panicked"), "{}", refusal.stderr);
    for twice in ["error: error", "error error", "warning: warning"] {
        assert!(!refusal.stderr.contains(twice), "{}", refusal.stderr);
    }
}

#[test]
fn a_path_that_does_not_exist_is_named() {
    refused(&Launch::dev("/nowhere/at/all").refuse(), &["/nowhere/at/all"]);
}

#[test]
fn a_folder_without_configuration_is_told_what_it_lacks() {
    let project = Project::empty();
    refused(&Launch::dev(project.path()).refuse(), &["wrangler.toml", "wrangler.jsonc"]);
}

#[test]
fn a_node_says_once_that_a_mistake_is_one() {
    let project = Project::new("const b = ;").with_config("x_y_z = 1");
    refused(&Launch::serve(project.path()).refuse(), &["error `worker` cannot be built: Unexpected token"]);
    let project = Project::new("").with("wrangler.toml", "name = \"w\"\n");
    refused(&Launch::serve(project.path()).refuse(), &["error the configuration has no `main`"]);
}

#[test]
fn a_configuration_without_main_is_told_what_it_lacks() {
    let project =
        Project::empty().with("wrangler.toml", "name = \"w\"\ncompatibility_date = \"2026-08-01\"\n");
    refused(&Launch::dev(project.path()).refuse(), &["wrangler.toml", "main"]);
}

#[test]
fn a_main_that_is_not_there_is_named() {
    let project = Project::new("");
    project.edit("wrangler.toml", "src/index.ts", "src/other.ts");
    refused(&Launch::dev(project.path()).refuse(), &["wrangler.toml", "main", "src/other.ts"]);
}

#[test]
fn a_configuration_that_is_no_toml_or_json_shows_the_line() {
    let toml = Project::new("").with("wrangler.toml", "name = \"w\"\nmain = \n");
    refused(&Launch::dev(toml.path()).refuse(), &["wrangler.toml:2"]);
    let json = Project::empty().with("wrangler.jsonc", "{\n  \"name\": \"w\",\n  \"main\": index.js\n}\n");
    refused(&Launch::dev(json.path()).refuse(), &["wrangler.jsonc:3"]);
}

#[test]
fn a_value_of_the_wrong_type_names_its_key() {
    let project = Project::new("").with("wrangler.toml", "name = \"w\"\nmain = 7\n");
    refused(&Launch::dev(project.path()).refuse(), &["wrangler.toml", "main"]);
    let project = Project::new("").with("wrangler.toml", "name = \"No Name!\"\nmain = \"src/index.ts\"\n");
    refused(&Launch::dev(project.path()).refuse(), &["wrangler.toml", "No Name!"]);
}

#[test]
fn an_unknown_key_warns_and_names_itself() {
    let project = Project::handler("    return new Response(\"fine\");")
        .with_config("compatability_flags = []\n[limits]\ncpu_mss = 5");
    let mut mote = project.dev();
    mote.says(&["warning: unknown key `compatability_flags`", "limits.cpu_mss"]);
    mote.goes_on("/");
}

#[test]
fn an_unknown_environment_names_those_there_are() {
    let project = Project::handler("    return new Response(\"fine\");")
        .with_config("[env.staging.vars]\nA = 1\n[env.live.vars]\nA = 2");
    refused(&Launch::dev(project.path()).arg("--env").arg("stagin").refuse(), &["stagin", "staging", "live"]);
}

#[test]
fn two_workers_of_one_name_are_refused() {
    let one = Project::named("twin", "export default {};");
    let two = Project::named("twin", "export default {};");
    let refusal = Launch::dev(one.path()).arg(two.path()).refuse();
    refused(&refusal, &["twin"]);
}
