//! Workers KV: namespaces, keys and bulk calls of the real wrangler, and what is left after a kill.

use std::collections::BTreeMap;

use mote_blackbox::{Commands, DeployApi, Door, Project, Wrangler, form, mote as mote_command, signal};
use serde_json::{Value, json};

use super::{node, project_of, says};

fn names(keys: &Value) -> Vec<&str> {
    keys.as_array().unwrap().iter().filter_map(|key| key["name"].as_str()).collect()
}

/// Runs a command on the keys of one namespace.
struct Namespace<'a> {
    wrangler: &'a Wrangler,
    project: &'a Project,
    id: String,
}

impl Namespace<'_> {
    fn args<'s>(&'s self, args: &[&'s str]) -> Vec<&'s str> {
        let mut all = vec!["kv"];
        all.extend(args);
        all.extend(["--namespace-id", &self.id, "--remote"]);
        all
    }

    fn succeeds(&self, args: &[&str]) -> String {
        self.wrangler.succeeds(self.project, &self.args(args)).stdout
    }

    fn fails(&self, args: &[&str]) -> String {
        let said = self.wrangler.run(self.project, &self.args(args));
        assert_ne!(said.code, Some(0), "{args:?}: {}", said.text);
        said.text
    }

    fn json(&self, args: &[&str]) -> Value {
        self.wrangler.json(self.project, &self.args(args))
    }
}

#[test]
fn wrangler_makes_lists_renames_and_deletes_namespaces() {
    let (mote, door, _) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let project = project_of("shop", &says("one"), "");
    for title in ["things", "others"] {
        wrangler.succeeds(&project, &["kv", "namespace", "create", title]);
    }
    let again = wrangler.run(&project, &["kv", "namespace", "create", "things"]);
    assert!(again.code != Some(0) && again.text.contains("already exists"), "{}", again.text);
    let listed = wrangler.json(&project, &["kv", "namespace", "list"]);
    let titles: Vec<&str> =
        listed.as_array().unwrap().iter().filter_map(|namespace| namespace["title"].as_str()).collect();
    assert_eq!(titles, ["others", "things"]);
    wrangler.succeeds(&project, &["kv", "namespace", "rename", "things", "--new-name", "renamed"]);
    wrangler.succeeds(&project, &["kv", "namespace", "delete", "renamed", "-y"]);
    let id = listed[0]["id"].as_str().unwrap();
    wrangler.succeeds(&project, &["kv", "namespace", "delete", "--namespace-id", id, "-y"]);
    assert_eq!(wrangler.json(&project, &["kv", "namespace", "list"]), json!([]));
    let gone = wrangler.run(&project, &["kv", "namespace", "delete", "--namespace-id", id, "-y"]);
    assert!(gone.code != Some(0) && gone.text.contains("10013"), "{}", gone.text);
}

#[test]
fn wrangler_puts_gets_lists_and_deletes_keys() {
    let (mote, door, api) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let project = project_of("shop", &says("one"), "");
    let (_, made) = api.ask("POST", "accounts/acme/storage/kv/namespaces", &json!({"title": "things"}));
    let id = made["result"]["id"].as_str().unwrap().to_owned();
    let kv = Namespace { wrangler: &wrangler, project: &project, id };

    kv.succeeds(&["key", "put", "a/b c", "hello", "--ttl", "3600", "--metadata", "{\"m\":1}"]);
    std::fs::write(project.file("bytes.bin"), b"\0\x01\xff\n").unwrap();
    kv.succeeds(&["key", "put", "bytes", "--path", "bytes.bin"]);
    kv.succeeds(&["key", "put", "described", "--path", "bytes.bin", "--metadata", "{\"of\":\"bytes\"}"]);
    assert_eq!(kv.succeeds(&["key", "get", "a/b c"]), "hello");
    // Stdout is shown as text: what is no UTF-8 in it is one character.
    assert_eq!(kv.succeeds(&["key", "get", "bytes"]), "\0\u{1}\u{fffd}\n");
    assert_eq!(kv.succeeds(&["key", "get", "described"]), "\0\u{1}\u{fffd}\n");
    let listed = kv.json(&["key", "list"]);
    assert_eq!(names(&listed), ["a/b c", "bytes", "described"]);
    assert_eq!((&listed[0]["metadata"], &listed[2]["metadata"]), (&json!({"m": 1}), &json!({"of": "bytes"})));
    assert!(listed[0]["expiration"].is_u64() && listed[1]["expiration"].is_null(), "{listed}");
    assert_eq!(names(&kv.json(&["key", "list", "--prefix", "a"])), ["a/b c"]);
    assert!(kv.fails(&["key", "put", "short", "v", "--ttl", "5"]).contains("must be at least 60"));
    kv.succeeds(&["key", "delete", "a/b c"]);
    assert!(kv.fails(&["key", "get", "a/b c"]).contains("404"));

    project.write(
        "pairs.json",
        r#"[{"key": "one", "value": "1"}, {"key": "two", "value": "AAE=", "base64": true, "metadata": {"m": 2}}]"#,
    );
    kv.succeeds(&["bulk", "put", "pairs.json"]);
    project.write("keys.json", r#"["one", "two", "none"]"#);
    let found = kv.json(&["bulk", "get", "keys.json"]);
    assert_eq!(found, json!({"one": "1", "two": "\0\u{1}", "none": null}));
    kv.succeeds(&["bulk", "delete", "keys.json", "--force"]);
    assert_eq!(names(&kv.json(&["key", "list"])), ["bytes", "described"]);
}

#[test]
fn more_keys_than_one_answer_has_are_listed_whole() {
    let (mote, door, api) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let project = project_of("shop", &says("one"), "");
    let (_, made) = api.ask("POST", "accounts/acme/storage/kv/namespaces", &json!({"title": "many"}));
    let id = made["result"]["id"].as_str().unwrap().to_owned();
    let kv = Namespace { wrangler: &wrangler, project: &project, id };
    let pair = |number: usize| json!({"key": format!("{number:04}"), "value": "v"});
    let pairs: Vec<Value> = (0..2_500).map(pair).collect();
    project.write("pairs.json", &json!(pairs).to_string());
    kv.succeeds(&["bulk", "put", "pairs.json"]);
    let listed = kv.json(&["key", "list"]);
    let expected: Vec<String> = (0..2_500).map(|number| format!("{number:04}")).collect();
    assert_eq!(names(&listed), expected);
}

#[test]
fn a_deploy_makes_the_namespace_that_has_no_id_and_keeps_it() {
    let (mote, door, api) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let source = "export default { fetch: async (_, env) => new Response(await env.MY_KV.get('k')) };";
    let project = project_of("shop", source, "[[kv_namespaces]]\nbinding = \"MY_KV\"\n");
    wrangler.succeeds(&project, &["deploy"]);
    let bound = || {
        let (_, settings) = api.ask("GET", "accounts/acme/workers/scripts/shop/settings", &Value::Null);
        settings["result"]["bindings"][0].clone()
    };
    let first = bound();
    assert_eq!((&first["type"], &first["name"]), (&json!("kv_namespace"), &json!("MY_KV")));
    wrangler.succeeds(&project, &["deploy"]);
    assert_eq!(bound(), first, "the second deploy has the namespace of the first");
    let listed = wrangler.json(&project, &["kv", "namespace", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!((&listed[0]["id"], &listed[0]["title"]), (&first["namespace_id"], &json!("shop-my-kv")));
    // A binding without an id is looked up on the node, too.
    wrangler.succeeds(&project, &["kv", "key", "put", "k", "kept", "--binding", "MY_KV", "--remote"]);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "kept");
    let commands = Commands::of(&mote, &door).with("MOTE_ACCOUNT", "acme").in_folder(project.path());
    assert_eq!(commands.says(&["kv", "get", "k", "--binding", "MY_KV"]), "kept");
    wrangler.succeeds(&project, &["versions", "upload"]);
    assert_eq!(bound(), first, "and so has a version that is not deployed");
    // A second worker gets one of its own, a second binding too.
    let more = "[[kv_namespaces]]\nbinding = \"ONE\"\n[[kv_namespaces]]\nbinding = \"TWO\"\n";
    wrangler.succeeds(&project_of("blog", &says("blog"), more), &["deploy"]);
    let listed = wrangler.json(&project, &["kv", "namespace", "list"]);
    let titles: Vec<&str> =
        listed.as_array().unwrap().iter().filter_map(|one| one["title"].as_str()).collect();
    assert_eq!(titles, ["blog-one", "blog-two", "shop-my-kv"]);
}

#[test]
fn a_binding_to_no_namespace_of_the_account_is_refused() {
    let (mote, _door, api) = node();
    assert_eq!(api.deploy("shop", &says("good")).0, 200);
    let (_, made) = api.ask("POST", "accounts/evil/storage/kv/namespaces", &json!({"title": "mine"}));
    for (id, code, expected) in [
        ("00000000000000000000000000000000", 10_041, "wrangler kv namespace create"),
        (made["result"]["id"].as_str().unwrap(), 10_041, "not found"),
        ("", 10_021, "has no `namespace_id`"),
    ] {
        let metadata = json!({"main_module": "index.js", "compatibility_date": "2026-01-01",
                              "bindings": [{"type": "kv_namespace", "name": "KV", "namespace_id": id}]});
        let bad = says("bad");
        let form = form(&metadata, &[("index.js", "application/javascript+module", bad.as_bytes())]);
        let (status, answer) = api.send_form("PUT", "accounts/acme/workers/scripts/shop", &form);
        assert_eq!((status, &answer["errors"][0]["code"]), (400, &json!(code)), "{answer}");
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains(expected), "{answer}");
    }
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "good");
}

#[test]
fn a_node_that_is_killed_again_and_again_loses_no_pair_that_it_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    let (mut namespace, mut acknowledged) = (String::new(), BTreeMap::<String, u64>::new());
    for round in 0..4_u64 {
        let launch = mote_command(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"])
            .arg(data.path());
        let mote = launch.start();
        let door = Door::of(&mote);
        let token = std::fs::read_to_string(data.path().join("admin-token")).unwrap();
        let api = DeployApi::at(door.port(), token.trim());
        if round == 0 {
            let made = api.ask("POST", "accounts/acme/storage/kv/namespaces", &json!({"title": "kept"})).1;
            namespace = made["result"]["id"].as_str().unwrap().to_owned();
        }
        let values = format!("accounts/acme/storage/kv/namespaces/{namespace}/values");
        for (key, value) in &acknowledged {
            let found = api.ask("GET", &format!("{values}/{key}"), &Value::Null).1.as_u64().unwrap();
            // What was not acknowledged may be there, too: the answer was lost, not the write.
            assert!(found == *value || found == value + 1, "{key}: {found}, not {value}");
        }
        std::thread::scope(|threads| {
            let pid = u64::from(mote.pid());
            threads.spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(150 + 70 * round));
                signal("KILL", pid);
            });
            for number in 0..100_000_u64 {
                let key = format!("k{}", number % 5);
                let value = acknowledged.get(&key).map_or(1, |value| value + 1);
                let text = value.to_string();
                match api.try_ask("PUT", &format!("{values}/{key}"), "text/plain", text.as_bytes()) {
                    Some((200, _)) => drop(acknowledged.insert(key, value)),
                    Some((_, document)) => panic!("{document}"),
                    None => break,
                }
            }
        });
    }
    assert!(acknowledged.values().sum::<u64>() > 4, "{acknowledged:?}");
}
