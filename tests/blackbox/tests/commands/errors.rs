//! What commands say when they fail, and what programs can rely on.

use mote_blackbox::{Commands, DeployApi, Project};
use serde_json::Value;

use super::{node, shop};

#[test]
fn a_node_that_is_not_there_is_said_with_what_to_do() {
    let nobody = Commands::nobody().with("MOTE_TOKEN", "t").with("MOTE_ACCOUNT", "acme");
    for args in [
        &["list"][..],
        &["versions", "shop"],
        &["rollback", "--name", "shop"],
        &["delete", "shop"],
        &["secret", "list", "--name", "shop"],
        &["kv", "namespace", "list"],
        &["tail", "shop"],
        &["token", "list"],
    ] {
        let args = [args, &["--api", "http://127.0.0.1:1"]].concat();
        let said = nobody.fails(1, &args);
        assert!(
            said.contains("http://127.0.0.1:1") && said.contains("is `mote serve` running?"),
            "{args:?}: {said}"
        );
        let done = nobody.run(&[args.as_slice(), &["--json"]].concat());
        let document: Value =
            serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}"));
        assert!(document["error"]["help"].as_str().unwrap().contains("mote serve"), "{document}");
    }
}

#[test]
fn a_wrong_token_says_which_one_was_sent_and_where_the_right_one_is() {
    let (mote, door, commands) = node();
    let said = commands.fails(1, &["list", "--token", "wrong", "--account", "acme"]);
    for part in ["code 10000", "--token or MOTE_TOKEN was sent", "admin-token"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("wrong"), "no token is shown: {said}");
    let none = Commands::nobody().with("MOTE_API", &format!("http://127.0.0.1:{}", door.port()));
    let said = none.fails(1, &["list"]);
    assert!(said.contains(".mote/admin-token does not exist") && said.contains("--data"), "{said}");
    let far = none.fails(1, &["list", "--api", "http://192.0.2.1:8786"]);
    assert!(far.contains("not sent elsewhere unasked"), "{far}");
    // Where workers answer is no API.
    let door = format!("http://127.0.0.1:{}", mote.port());
    let said = commands.fails(1, &["list", "--api", &door, "--account", "acme"]);
    assert!(said.contains("does not answer as a deploy API") && said.contains("admin address"), "{said}");
}

#[test]
fn variables_of_wrangler_lead_to_the_node_too() {
    let (mote, door, _) = node();
    let token = std::fs::read_to_string(mote.data().join("admin-token")).unwrap();
    let commands = Commands::nobody()
        .with("CLOUDFLARE_API_BASE_URL", &format!("http://127.0.0.1:{}/client/v4", door.port()))
        .with("CLOUDFLARE_API_TOKEN", token.trim())
        .with("CLOUDFLARE_ACCOUNT_ID", "acme");
    let done = commands.json(&["deploy", shop(1).path().to_str().unwrap()]);
    assert_eq!(done["account"], "acme");
}

#[test]
fn several_accounts_are_asked_about_and_the_project_may_name_one() {
    let (mote, door, commands) = node();
    let project = shop(1);
    let path = project.path().to_str().unwrap();
    commands.says(&["deploy", path, "--account", "one"]);
    commands.says(&["deploy", path, "--account", "two", "--name", "other"]);
    let said = commands.fails(2, &["list"]);
    assert!(said.contains("one, two") && said.contains("--account"), "{said}");
    let config = std::fs::read_to_string(project.file("wrangler.toml")).unwrap();
    project.write("wrangler.toml", &format!("account_id = \"one\"\n{config}"));
    let here = Commands::of(&mote, &door).in_folder(project.path());
    assert_eq!(here.json(&["list"])[0]["id"], "shop");
    assert!(here.fails(1, &["deploy", "--account", "two"]).contains("code 10031"), "the name is the other's");
}

#[test]
fn wrong_usage_ends_with_2() {
    let nobody = Commands::nobody().with("MOTE_TOKEN", "t").with("MOTE_ACCOUNT", "acme");
    for args in [
        &["deploy", "--nonsense"][..],
        &["delete"],
        &["secret"],
        &["kv", "get", "key"],
        &["kv", "put", "key", "value", "--namespace-id", "n", "--path", "file"],
        &["tail", "shop", "--status", "bad"],
        &["tail", "shop", "--sampling-rate", "2"],
        &["token", "create", "ci"],
        &["completions", "cmd.exe"],
        &["list", "--api", "ftp://node"],
        &["versions", "deploy", "--name", "shop", "aaaa@60", "bbbb@60", "--api", "http://127.0.0.1:1"],
        &["rollback"],
    ] {
        let done = nobody.run(args);
        assert_eq!(done.code, Some(2), "{args:?}: {}", done.stderr);
        assert!(done.stdout.is_empty() && done.stderr.contains("--"), "{args:?}: {}", done.stderr);
    }
}

#[test]
fn nothing_is_painted_where_there_is_no_terminal_and_programs_get_one_document() {
    let (mote, door, commands) = node();
    let project = Project::named("shop", "export default { fetch: () => new Response(\"x\".repeat(9)) };");
    project.write("wrangler.toml", "name = \"shop\"\nmain = \"src/index.ts\"\nodd_key = 1\n");
    let here = Commands::of(&mote, &door).in_folder(project.path());
    let api = DeployApi::of(&mote, &door);
    let path = "accounts/mote/workers/scripts/shop/versions";
    for args in [
        &["deploy"][..],
        &["deploy", "--dry-run"],
        &["list"],
        &["versions"],
        &["secret", "list"],
        &["rollback"],
    ] {
        let plain = here.run(args);
        let painted = [&plain.stdout, &plain.stderr].iter().any(|text| text.contains('\u{1b}'));
        assert!(!painted, "{args:?}: {plain:?}");
        let json = here.run(&[args, &["--json"]].concat());
        let document: Result<Value, _> = serde_json::from_str(&json.stdout);
        assert!(document.is_ok(), "{args:?}: {}", json.stdout);
    }
    let (_, versions) = api.ask("GET", path, &Value::Null);
    let id = versions["result"]["items"][0]["id"].as_str().unwrap();
    assert_eq!(commands.json(&["versions", "shop", "view", id])["id"], id);
    let warned = here.run(&["deploy", "--json"]);
    assert!(warned.stderr.contains("unknown key `odd_key`"), "{}", warned.stderr);
}

#[test]
fn shells_get_completions_of_every_command() {
    let nobody = Commands::nobody();
    for shell in ["bash", "zsh", "fish"] {
        let script = nobody.says(&["completions", shell]);
        for word in ["deploy", "rollback", "keep-vars", "namespace"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
        assert!(!script.contains("cell_program") || shell != "fish", "hidden things stay hidden");
    }
}
