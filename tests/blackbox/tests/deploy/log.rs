//! What an operator finds in the log of what clients do.

use std::os::unix::fs::MetadataExt;

use mote_blackbox::{DeployApi, Door, Launch, Mote, eventually};
use serde_json::{Value, json};

use super::{node, says};

const SHOP: &str = "accounts/acme/workers/scripts/shop";

/// Deploys, changes a secret, rolls back, sets addresses and triggers, and deletes; gives the id of the first version.
fn changes(api: &DeployApi) -> String {
    let (_, first) = api.deploy("shop", &says("1"));
    let first = first["result"]["deployment_id"].as_str().unwrap().to_owned();
    let secret = json!({"name": "KEY", "text": "hush-hush"});
    let back = json!({"strategy": "percentage", "versions": [{"version_id": first, "percentage": 100}]});
    for (method, path, body) in [
        ("PUT", format!("{SHOP}/secrets"), secret),
        ("POST", format!("{SHOP}/deployments"), back),
        ("PUT", format!("{SHOP}/routes"), json!([{"pattern": "shop.example/*"}])),
        ("PUT", format!("{SHOP}/schedules"), json!([{"cron": "0 0 1 1 *"}])),
        ("DELETE", SHOP.to_owned(), Value::Null),
    ] {
        let (status, answer) = api.ask(method, &path, &body);
        assert_eq!(status, 200, "{method} {path}: {answer}");
    }
    first
}

#[test]
fn each_change_of_a_worker_is_a_line_with_who_and_which_version_and_never_with_a_secret() {
    let (mote, _door, api) = node();
    let first = changes(&api);
    for (change, more) in [
        ("deploy", &*first),
        ("secret", "KEY set"),
        ("rollback", &*first),
        ("routes", "1 of them"),
        ("crons", "1 of them"),
        ("delete", ""),
    ] {
        mote.says_in_a_line(&["info", &format!("`shop` of `acme`: {change}"), more, "by operator"]);
    }
    assert!(!mote.output().contains("hush-hush"), "{}", mote.output());
}

#[test]
fn programs_read_the_same_from_fields() {
    let mote = Launch::serve_nothing().arg("--log-format=json").start();
    // The address of the door is in a JSON line, too.
    let door = Door::of(&mote);
    let api = DeployApi::of(&mote, &door);
    let first = changes(&api);
    assert_eq!(api.deploy("blog", &says("blog")).0, 200);
    assert_eq!(door.ask("POST", "/workers/blog/stop", "").0, 200);
    mote.says_in_a_line(&["`blog` is stopped"]);
    let of = |name: &str| -> Vec<Value> {
        let lines = mote.output();
        let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["kind"] == "change" && line["worker"] == name).collect()
    };
    let shop = of("shop");
    let words: Vec<_> = shop.iter().map(|line| line["change"].as_str().unwrap()).collect();
    assert_eq!(words, ["deploy", "secret", "rollback", "routes", "crons", "delete"]);
    for line in &shop {
        let (level, account, by) = (&line["level"], &line["account"], &line["by"]);
        assert_eq!((level, account, by), (&"info".into(), &"acme".into(), &"operator".into()), "{line}");
    }
    assert_eq!((&shop[0]["version"], &shop[2]["version"]), (&first.clone().into(), &first.into()));
    assert!(of("blog").iter().any(|line| line["change"] == "stop"));
}

#[test]
fn code_that_is_refused_is_told_to_whoever_brings_it_and_to_nobody_else() {
    let (mote, _door, api) = node();
    let (status, refused) = api.deploy("bad", "throw new Error('bad from the start');");
    assert_eq!(status, 400, "{refused}");
    assert_eq!(api.deploy("shop", &says("1")).0, 200);
    let output = mote.says(&["`shop` of `acme`: deploy"]);
    assert!(!output.contains("bad from the start") && !output.contains("`bad`"), "{output}");
}

/// The node's folder is a disk of its own of so many mebibytes.
fn on_a_small_disk(mib: u32) -> (tempfile::TempDir, Mote, Door) {
    let data = tempfile::tempdir().unwrap();
    let is_root = std::fs::metadata("/proc/self").expect("proc is mounted").uid() == 0;
    let namespaces = if is_root { "-m" } else { "-rm" };
    let script = format!("mount -t tmpfs -o size={mib}m none '{}' && exec \"$@\"", data.path().display());
    let ports =
        ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--token", "of-the-test", "--data"];
    let mote = mote_blackbox::mote(ports)
        .arg(data.path())
        .under(["unshare", namespaces, "sh", "-c", &script, "sh"])
        .start();
    let door = Door::of(&mote);
    (data, mote, door)
}

/// Text that does not get smaller, another one for each number.
fn dense(number: u64, bytes: usize) -> String {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        format!("{state:016x}")
    };
    std::iter::repeat_with(next).take(bytes / 16).collect()
}

#[test]
fn a_full_disk_is_an_error_in_the_log_once() {
    let (_data, mote, door) = on_a_small_disk(12);
    let api = DeployApi::at(door.port(), "of-the-test");
    assert_eq!(api.deploy("shop", &says("fine")).0, 200);
    let mut number = 0;
    let refused = eventually("the disk is full", || {
        number += 1;
        let source = format!("// {}\n{}", dense(number, 1 << 20), says("large"));
        let (status, answer) = api.deploy(&format!("large-{number}"), &source);
        (status != 200).then_some((status, answer))
    });
    assert_eq!(refused.0, 507, "{}", refused.1);
    mote.says_in_a_line(&["error", "the disk of the node's folder is full"]);
    let source = format!("// {}\n{}", dense(0, 1 << 20), says("large"));
    assert_eq!(api.deploy("larger", &source).0, 507);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "fine", "what is in service goes on");
    assert_eq!(mote.output().matches("disk of the node's folder").count(), 1, "{}", mote.output());
    // The kill switch works, and says what it could not do.
    let (status, said) = door.ask("POST", "/workers/shop/stop", "");
    assert!(
        (status, said.contains("is stopped")) == (200, true) || said.contains("could not be written"),
        "{said}"
    );
    assert_eq!(mote.get_from_host("shop.localhost", "/").header("mote-error"), "worker-stopped");
}
