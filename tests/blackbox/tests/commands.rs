//! `mote`'s own commands over the deploy API, against a node.

mod errors;
mod projects;
mod top;

use std::collections::BTreeSet;

use mote_blackbox::{Commands, Door, Launch, Mote, Project, eventually};
use serde_json::{Value, json};

fn node() -> (Mote, Door, Commands) {
    let mote = Launch::serve_nothing().start();
    let door = Door::of(&mote);
    let commands = Commands::of(&mote, &door);
    (mote, door, commands)
}

/// A worker that says which version it is, and one of its secrets.
fn shop(version: u32) -> Project {
    let source = format!(
        "export default {{ fetch: (request: Request, env: any) =>\n\
         Response.json({{ version: {version}, word: env.WORD ?? null, key: env.KEY ?? null }}) }};\n"
    );
    let project = Project::named("shop", &source);
    let config = std::fs::read_to_string(project.file("wrangler.toml")).unwrap();
    project.write("wrangler.toml", &format!("{config}\n[vars]\nWORD = \"hello\"\n"));
    project
}

fn answer(mote: &Mote, host: &str) -> Value {
    let answer = mote.get_from_host(host, "/");
    assert_eq!(answer.status, 200, "{host}: {}\n{}", answer.text, mote.output());
    answer.json()
}

#[test]
fn a_worker_is_deployed_changed_rolled_back_and_deleted() {
    let (mote, _door, commands) = node();
    assert!(commands.says(&["list"]).contains("has no workers"));
    let project = shop(1);
    let path = project.path().to_str().unwrap();
    let said = commands.says(&["deploy", path, "--message", "first", "--tag", "t1"]);
    assert!(said.contains("deployed shop: 1 module") && said.contains("shop.localhost"), "{said}");
    assert_eq!(answer(&mote, "shop.localhost"), json!({"version": 1, "word": "hello", "key": null}));

    project.edit("src/index.ts", "version: 1", "version: 2");
    let second = commands.json(&["deploy", path, "--message", "second"]);
    assert_eq!((&second["name"], &second["account"]), (&json!("shop"), &json!("mote")));
    assert_eq!(answer(&mote, "shop.localhost")["version"], 2);

    let listed = commands.json(&["list"]);
    assert_eq!(listed[0]["id"], "shop");
    let versions = commands.json(&["versions", "shop"]);
    assert_eq!(versions.as_array().unwrap().len(), 2);
    let newest = versions.as_array().unwrap().iter().find(|version| version["id"] == second["version_id"]);
    assert_eq!(newest.unwrap()["percentage"], 100.0);
    let shown = commands.says(&["versions", "shop"]);
    for part in ["first", "t1", "second", "100 %"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }

    // In the project's folder nobody has to say which worker is meant.
    let here = Commands::of(&mote, &_door).in_folder(project.path());
    let viewed = here.says(&["versions", "view", &second["version_id"].as_str().unwrap()[..8]]);
    assert!(viewed.contains("second") && viewed.contains("WORD (plain_text)"), "{viewed}");
    assert_eq!(here.json(&["versions", "view", "2"])["id"], second["version_id"], "by its number");
    let said = commands.fails(2, &["rollback", "shop"]);
    assert!(said.contains("taken for a version") && !said.contains("`main`"), "{said}");
    let back = here.json(&["rollback", "--message", "oh no"]);
    assert_eq!(back["from_version_id"], second["version_id"]);
    assert_eq!(answer(&mote, "shop.localhost")["version"], 1);
    here.says(&["rollback", second["version_id"].as_str().unwrap()]);
    assert_eq!(answer(&mote, "shop.localhost")["version"], 2);

    let deleted = commands.json(&["delete", "shop"]);
    assert_eq!(deleted["deleted"], true);
    eventually("nobody answers", || (mote.get_from_host("shop.localhost", "/").status == 404).then_some(()));
    assert!(commands.fails(1, &["delete", "shop"]).contains("code 10007"));
    assert!(commands.fails(1, &["rollback", "--name", "shop"]).contains("mote list"));
}

#[test]
fn a_namespace_is_deleted_by_its_title() {
    let (_mote, _door, commands) = node();
    commands.says(&["deploy", shop(1).path().to_str().unwrap()]);
    commands.says(&["kv", "namespace", "create", "sessions"]);
    commands.says(&["kv", "put", "a", "b", "--namespace", "sessions"]);
    let said = commands.fails(1, &["kv", "namespace", "delete", "session"]);
    assert!(said.contains("the id or the title `session`"), "{said}");
    assert_eq!(commands.json(&["kv", "namespace", "delete", "sessions"])["deleted"], true);
    assert_eq!(commands.json(&["kv", "namespace", "list"]), json!([]));
}

#[test]
fn events_are_split_between_two_versions() {
    let (mote, _door, commands) = node();
    let mut ids = Vec::new();
    for version in [1, 2] {
        let project = shop(version);
        let done = commands.json(&["deploy", project.path().to_str().unwrap()]);
        ids.push(done["version_id"].as_str().unwrap().to_owned());
    }
    let (half, rest) = (format!("{}@50", &ids[0][..12]), ids[1].clone());
    let split = commands.json(&["versions", "deploy", &half, &rest, "--name", "shop", "-m", "half"]);
    let shares: BTreeSet<(&str, String)> = split["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["version_id"].as_str().unwrap(), one["percentage"].to_string()))
        .collect();
    assert_eq!(shares, BTreeSet::from([(&*ids[0], "50.0".to_owned()), (&*ids[1], "50.0".to_owned())]));
    let seen: BTreeSet<u64> =
        (0..60).map(|_| answer(&mote, "shop.localhost")["version"].as_u64().unwrap()).collect();
    assert_eq!(seen, BTreeSet::from([1, 2]));
    for wrong in [&["0000@100"][..], &["abc@100"], &["@1"], &["a@200"]] {
        let said = commands.run(&[&["versions", "deploy", "--name", "shop"][..], wrong].concat());
        assert!([Some(1), Some(2)].contains(&said.code), "{wrong:?}: {}", said.stderr);
    }
}

#[test]
fn secrets_are_set_kept_and_shown_to_nobody_but_the_worker() {
    let (mote, door, commands) = node();
    let project = shop(1);
    let here = Commands::of(&mote, &door).in_folder(project.path());
    assert!(here.fails(1, &["secret", "list"]).contains("mote deploy"), "there is no worker yet");
    here.says(&["deploy"]);
    let put = here.run_with(&["secret", "put", "KEY"], "hush\n");
    assert_eq!(put.code, Some(0), "{}", put.stderr);
    assert_eq!(answer(&mote, "shop.localhost")["key"], "hush", "without the line's end");
    here.says(&["deploy"]);
    assert_eq!(answer(&mote, "shop.localhost")["key"], "hush", "a deploy keeps the secrets");

    let bulk = commands.run_with(&["secret", "bulk", "--name", "shop"], "{\"ONE\": \"1\", \"TWO\": \"2\"}");
    assert_eq!(bulk.code, Some(0), "{}", bulk.stderr);
    project.write("more.env", "THREE='3'\n");
    here.says(&["secret", "bulk", "more.env"]);
    here.says(&["secret", "delete", "ONE"]);
    let listed = here.json(&["secret", "list"]);
    let names: BTreeSet<&str> =
        listed.as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, BTreeSet::from(["KEY", "THREE", "TWO"]));
    assert!(here.fails(1, &["secret", "delete", "ONE"]).contains("no secret `ONE`"));
    let empty = here.run_with(&["secret", "put", "KEY"], "");
    assert!(empty.code == Some(1) && empty.stderr.contains("is empty"), "{}", empty.stderr);
    assert!(!here.says(&["secret", "list"]).contains("hush"));
}

#[test]
fn variables_go_unless_they_are_kept() {
    let (mote, door, _) = node();
    let project = shop(1);
    let here = Commands::of(&mote, &door).in_folder(project.path());
    here.says(&["deploy"]);
    project.edit("wrangler.toml", "WORD = \"hello\"", "OTHER = 1");
    here.says(&["deploy", "--keep-vars"]);
    assert_eq!(answer(&mote, "shop.localhost")["word"], "hello");
    here.says(&["deploy"]);
    assert_eq!(answer(&mote, "shop.localhost")["word"], Value::Null);
}
