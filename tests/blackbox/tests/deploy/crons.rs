//! Cron triggers that many workers have for the same moment.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mote_blackbox::{Commands, DeployApi, Door, Mote, form, mote as mote_command, signal};
use serde_json::{Value, json};

use super::{node, project_of, says};

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
fn a_deploy_refuses_what_the_node_would_refuse_before_anything_is_sent() {
    let (mote, door, api) = node();
    let commands = Commands::of(&mote, &door);
    let configured = |triggers: &str| project_of("shop", &says("hello"), triggers);
    let before = configured("");
    commands.says(&["deploy", before.path().to_str().unwrap(), "--account", "acme"]);
    let script = "accounts/acme/workers/scripts/shop";
    let agrees = |kind: &str, body: &Value, triggers: &str| {
        let project = configured(triggers);
        let planned = commands.run(&["deploy", project.path().to_str().unwrap(), "--dry-run"]);
        let (status, said) = api.ask("PUT", &format!("{script}/{kind}"), body);
        assert_eq!(planned.code == Some(0), status == 200, "{triggers}: {}{said}", planned.stderr);
        status == 200
    };
    let crons = [
        ("* * * * *", true),
        ("0 0 L * SUN", true),
        ("* * *", false),
        ("* * * * * *", false),
        ("61 * * * *", false),
        ("0 0 31 2 *", false),
        ("* * * * 8", false),
        ("@daily", true),
    ];
    for (cron, right) in crons {
        let triggers = format!("[triggers]\ncrons = {}", json!([cron]));
        assert_eq!(agrees("schedules", &json!([{"cron": cron}]), &triggers), right, "{cron}");
    }
    for (route, right) in [("a.example/*", true), ("exa mple/*", false), ("a*.example", false)] {
        let triggers = format!("routes = {}", json!([route]));
        assert_eq!(agrees("routes", &json!([{"pattern": route}]), &triggers), right, "{route}");
    }
    for (name, right) in [("b.example", true), ("*.example", false), ("b.example/a", false)] {
        let triggers = format!("routes = [{{ pattern = \"{name}\", custom_domain = true }}]");
        let body = json!({"origins": [{"hostname": name}]});
        assert_eq!(agrees("domains/records", &body, &triggers), right, "{name}");
    }
    let wrong = configured("route = \"exa mple/*\"\n[triggers]\ncrons = [\"* * *\"]");
    let said = commands.fails(1, &["deploy", wrong.path().to_str().unwrap(), "--account", "acme"]);
    for part in ["`* * *` is no cron expression", "the route `exa mple/*`", "nothing was sent"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let versions = commands.json(&["versions", "shop", "--account", "acme"]);
    assert_eq!(versions.as_array().unwrap().len(), 1, "{versions}");
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
