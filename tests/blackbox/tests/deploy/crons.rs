//! Cron triggers that many workers have for the same moment.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mote_blackbox::{DeployApi, Door, Mote, form, mote as mote_command, signal};
use serde_json::{Value, json};

const WORKERS: usize = 40;
/// Writes what it was called for where it outlives the node; each call leaves a key of its own.
const SOURCE: &str = "export default { async scheduled(event, env) {
    await env.SEEN.put(`${env.NAME} ${event.scheduledTime} ${crypto.randomUUID()}`, event.cron);
} };";

fn serve(data: &std::path::Path) -> (Mote, DeployApi) {
    let serve = ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"];
    let mote = mote_command(serve).arg(data).start();
    let token = std::fs::read_to_string(data.join("admin-token")).unwrap();
    let api = DeployApi::at(Door::of(&mote).port(), token.trim());
    (mote, api)
}

/// How often each worker was called for each time.
fn calls(api: &DeployApi, namespace: &str) -> BTreeMap<(u64, String), usize> {
    let (status, keys) = api.ask(
        "GET",
        &format!("accounts/acme/storage/kv/namespaces/{namespace}/keys?limit=1000"),
        &Value::Null,
    );
    assert_eq!(status, 200, "{keys}");
    let mut calls = BTreeMap::new();
    for key in keys["result"].as_array().unwrap() {
        let mut words = key["name"].as_str().unwrap().split(' ');
        let (worker, time) = (words.next().unwrap(), words.next().unwrap());
        *calls.entry((time.parse().unwrap(), worker.to_owned())).or_insert(0) += 1;
    }
    calls
}

#[test]
fn triggers_of_many_workers_fire_once_each_also_across_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let (mut mote, api) = serve(data.path());
    let (_, made) = api.ask("POST", "accounts/acme/storage/kv/namespaces", &json!({"title": "seen"}));
    let namespace = made["result"]["id"].as_str().unwrap().to_owned();
    for number in 0..WORKERS {
        let name = format!("w{number}");
        let metadata = json!({"main_module": "index.js", "compatibility_date": "2026-01-01", "bindings": [
            {"type": "kv_namespace", "name": "SEEN", "namespace_id": namespace},
            {"type": "plain_text", "name": "NAME", "text": name}]});
        let form = form(&metadata, &[("index.js", "application/javascript+module", SOURCE.as_bytes())]);
        let script = format!("accounts/acme/workers/scripts/{name}");
        assert_eq!(api.send_form("PUT", &script, &form).0, 200);
        let (status, said) = api.ask("PUT", &format!("{script}/schedules"), &json!([{"cron": "* * * * *"}]));
        assert_eq!(status, 200, "{said}");
    }
    // Until the first are called for some minute: then most are still to come, or under way.
    let begun = Instant::now();
    while calls(&api, &namespace).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(150), "{}", mote.output());
        std::thread::sleep(Duration::from_millis(20));
    }
    signal("KILL", u64::from(mote.pid()));
    mote.ended();
    let (mote, api) = serve(data.path());
    // All are called for a later one.
    let begun = Instant::now();
    let calls = loop {
        let calls = calls(&api, &namespace);
        let first = calls.keys().next().unwrap().0;
        let later = calls.keys().filter(|(time, _)| *time == first + 60_000).count();
        if later == WORKERS {
            break calls;
        }
        assert!(begun.elapsed() < Duration::from_secs(150), "{later}: {calls:?}\n{}", mote.output());
        std::thread::sleep(Duration::from_millis(200));
    };
    assert!(calls.values().all(|times| *times == 1), "{calls:?}");
}
