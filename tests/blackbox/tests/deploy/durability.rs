//! What is acknowledged stays, and nobody notices that it came.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use mote_blackbox::{DeployApi, Door, mote as mote_command, signal};
use serde_json::json;

use super::{node, says};

#[test]
fn a_deploy_drops_no_request() {
    let (mote, _door, api) = node();
    assert_eq!(api.deploy("shop", &says("0")).0, 200);
    let over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let asking: Vec<_> = (0..2)
            .map(|_| {
                threads.spawn(|| {
                    let (mut newest, mut answers) = (0, 0);
                    while !over.load(Ordering::Relaxed) {
                        let answer = mote.get_from_host("shop.localhost", "/");
                        assert_eq!(answer.status, 200, "{}", answer.text);
                        let version: u32 = answer.text.parse().unwrap();
                        assert!(version >= newest, "{version} after {newest}");
                        newest = version;
                        answers += 1;
                    }
                    answers
                })
            })
            .collect();
        for version in 1..=20 {
            assert_eq!(api.deploy("shop", &says(&version.to_string())).0, 200);
            assert_eq!(
                mote.get_from_host("shop.localhost", "/").text,
                version.to_string(),
                "live when it is answered"
            );
        }
        over.store(true, Ordering::Relaxed);
        for asking in asking {
            assert!(asking.join().unwrap() > 0);
        }
    });
}

#[test]
fn a_backup_of_a_running_node_serves_where_it_is_restored() {
    let (mote, _door, api) = node();
    assert_eq!(
        api.deploy("shop", "export default { fetch: (request, env) => new Response(env.KEY) }").0,
        200
    );
    let secret = json!({"name": "KEY", "text": "hush"});
    assert_eq!(api.ask("PUT", "accounts/acme/workers/scripts/shop/secrets", &secret).0, 200);
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.sqlite");
    let backup = || mote_command(["backup"]).arg(&copy).arg("--data").arg(mote.data()).refuse();
    assert_eq!(backup().code, Some(0));
    assert!(backup().stderr.contains("is there already"), "nothing is written over");
    let other = folder.path().join("data");
    let restore = || mote_command(["restore"]).arg(&copy).arg("--data").arg(&other).refuse();
    assert_eq!(restore().code, Some(0));
    assert!(restore().stderr.contains("is there already"));
    std::fs::copy(mote.data().join("secrets.key"), other.join("secrets.key")).unwrap();
    let node = mote_command(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"])
        .arg(&other)
        .start();
    assert_eq!(node.get_from_host("shop.localhost", "/").text, "hush");
    std::fs::write(folder.path().join("none"), "no backup at all, but some text that is long enough")
        .unwrap();
    let wrong =
        mote_command(["restore"]).arg(folder.path().join("none")).arg("--data").arg(folder.path().join("d2"));
    assert_eq!(wrong.refuse().code, Some(1));
}

/// Numbers that a writer was told are kept.
#[derive(Default)]
struct Acknowledged {
    version: AtomicU32,
    value: AtomicU32,
}

#[test]
fn a_backup_of_a_node_that_is_written_to_all_the_time_has_what_was_acknowledged_before() {
    let (mote, _door, api) = node();
    assert_eq!(api.deploy("shop", &says("0")).0, 200);
    let (_, made) = api.ask("POST", "accounts/acme/storage/kv/namespaces", &json!({"title": "kept"}));
    let key =
        format!("accounts/acme/storage/kv/namespaces/{}/values/k", made["result"]["id"].as_str().unwrap());
    assert_eq!(api.try_ask("PUT", &key, "text/plain", b"0").unwrap().0, 200);
    let folder = tempfile::tempdir().unwrap();
    let (over, acknowledged) = (AtomicBool::new(false), Acknowledged::default());
    let backups: Vec<_> = std::thread::scope(|threads| {
        threads.spawn(|| {
            for version in 1.. {
                assert_eq!(api.deploy("shop", &says(&version.to_string())).0, 200);
                acknowledged.version.store(version, Ordering::SeqCst);
                if over.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        threads.spawn(|| {
            for value in 1_u32.. {
                let text = value.to_string();
                assert_eq!(api.try_ask("PUT", &key, "text/plain", text.as_bytes()).unwrap().0, 200);
                acknowledged.value.store(value, Ordering::SeqCst);
                if over.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        let backups = (0..3).map(|number| {
            let (version, value) =
                (acknowledged.version.load(Ordering::SeqCst), acknowledged.value.load(Ordering::SeqCst));
            let copy = folder.path().join(format!("copy{number}.sqlite"));
            let done = mote_command(["backup"]).arg(&copy).arg("--data").arg(mote.data()).refuse();
            assert_eq!(done.code, Some(0), "{}", done.stderr);
            (copy, version, value)
        });
        let backups = backups.collect();
        over.store(true, Ordering::SeqCst);
        backups
    });
    for (copy, version, value) in backups {
        let data = copy.with_extension("data");
        let restored = mote_command(["restore"]).arg(&copy).arg("--data").arg(&data).refuse();
        assert_eq!(restored.code, Some(0), "{}", restored.stderr);
        std::fs::copy(mote.data().join("secrets.key"), data.join("secrets.key")).unwrap();
        let node = mote_command(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"])
            .arg(&data)
            .start();
        let found: u32 = node.get_from_host("shop.localhost", "/").text.parse().unwrap();
        assert!(found >= version, "{found}, not {version}");
        let token = std::fs::read_to_string(data.join("admin-token")).unwrap();
        let api = DeployApi::at(Door::of(&node).port(), token.trim());
        let kept = api.ask("GET", &key, &serde_json::Value::Null).1.as_u64().unwrap();
        assert!(kept >= u64::from(value), "{kept}, not {value}");
    }
}

#[test]
fn a_store_that_cannot_be_used_keeps_the_node_from_serving() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("mote.sqlite"), "this is no store, and the node must not write over it")
        .unwrap();
    let refused = mote_command(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .refuse();
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("is damaged") && refused.stderr.contains("restore a backup"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_node_that_is_killed_again_and_again_loses_nothing_that_it_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    let mut acknowledged: BTreeMap<String, u32> = BTreeMap::new();
    for round in 0..6_u64 {
        let launch = mote_command(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"])
            .arg(data.path());
        let mote = launch.start();
        let door = Door::of(&mote);
        let token = std::fs::read_to_string(data.path().join("admin-token")).unwrap();
        let api = DeployApi::at(door.port(), token.trim());
        for (name, version) in &acknowledged {
            let answer = mote.get_from_host(&format!("{name}.localhost"), "/");
            let found: u32 = answer.text.parse().unwrap_or_else(|_| panic!("{name}: {}", answer.text));
            // What was not acknowledged may be there, too: the answer was lost, not the deploy.
            assert!(found == *version || found == version + 1, "{name}: {found}, not {version}");
        }
        std::thread::scope(|threads| {
            let pid = u64::from(mote.pid());
            threads.spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(150 + 70 * round));
                signal("KILL", pid);
            });
            for number in 0..10_000_u32 {
                let name = format!("w{}", number % 3);
                let version = acknowledged.get(&name).map_or(1, |version| version + 1);
                match api.try_deploy(&name, &says(&version.to_string())) {
                    Some((200, _)) => drop(acknowledged.insert(name, version)),
                    Some((_, document)) => panic!("{document}"),
                    None => break,
                }
            }
        });
    }
    assert!(acknowledged.values().sum::<u32>() > 6, "{acknowledged:?}");
}
