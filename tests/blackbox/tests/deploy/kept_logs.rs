//! What workers report is kept for whoever asks later, as docs/observability.md tells, and costs nobody anything else.

use std::{os::unix::fs::MetadataExt, path::Path};

use mote_blackbox::{
    Commands, DeployApi, Door, Launch, Mote, Project, Wrangler, eventually, form, mote as mote_command,
    signal,
};
use serde_json::{Value, json};

use super::{node, project_of, says};

const WORKER: &str = r#"export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    console.log("sold", { n: 1 }, pathname);
    if (pathname === "/fail") throw new TypeError("no such luck");
    return new Response("fine");
  },
};
"#;
/// Prints two hundred kilobytes each time.
const FLOOD: &str = r#"export default {
  fetch() {
    for (let n = 0; n < 100; n += 1) console.log("x".repeat(2_000));
    return new Response("fine");
  },
};
"#;

fn serve(data: &Path, config: &str) -> Launch {
    let file = data.join("mote.toml");
    std::fs::write(&file, config).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"];
    mote_command(serve).arg(data).arg("--config").arg(&file)
}

fn api_of(data: &Path, door: &Door) -> DeployApi {
    let token = std::fs::read_to_string(data.join("admin-token")).unwrap();
    DeployApi::at(door.port(), token.trim())
}

/// Of a node whose folder the test has chosen.
fn commands_of(data: &Path, door: &Door) -> Commands {
    let api = format!("http://127.0.0.1:{}", door.port());
    Commands::nobody()
        .with("MOTE_API", &api)
        .with("MOTE_DATA", data.to_str().unwrap())
        .with("MOTE_ACCOUNT", "acme")
}

/// Uploads a worker whose events are kept.
fn deploy_kept(api: &DeployApi, account: &str, name: &str, source: &str) {
    let metadata = json!({"main_module": "index.js", "compatibility_date": "2026-01-01",
                          "observability": {"enabled": true}});
    let form = form(&metadata, &[("index.js", "application/javascript+module", source.as_bytes())]);
    let (status, said) = api.send_form("PUT", &format!("accounts/{account}/workers/scripts/{name}"), &form);
    assert_eq!(status, 200, "{said}");
}

/// Asks until an event is kept that is like this: a cell is told a moment after the deploy that its worker is read.
fn kept(mote: &Mote, commands: &Commands, path: &str, arguments: &[&str]) -> Value {
    let arguments = [&["logs", "shop"][..], arguments].concat();
    let shown_path = path.split('?').next().unwrap();
    eventually(path, || {
        mote.get_from_host("shop.localhost", path);
        let shown = commands.json(&arguments);
        let is_like_this = |event: &&Value| {
            event["event"]["request"]["url"].as_str().is_some_and(|url| url.contains(shown_path))
        };
        shown.as_array().unwrap().iter().find(is_like_this).cloned()
    })
}

fn counted(door: &Door, metric: &str) -> u64 {
    let (_, text) = door.ask("GET", "/metrics", "");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{metric} ")));
    line.unwrap_or_else(|| panic!("{metric}: {text}")).parse().unwrap()
}

#[test]
fn events_of_a_worker_that_wants_it_are_kept_and_found_also_after_a_kill() {
    let (mote, door, _) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let commands = commands_of(mote.data(), &door);
    let project = project_of("shop", WORKER, "upload_source_maps = true\n[observability]\nenabled = true\n");
    wrangler.succeeds(&project, &["deploy"]);

    let fine = kept(&mote, &commands, "/buy?token=hush", &["--since", "1h"]);
    assert_eq!((&fine["outcome"], &fine["scriptName"]), (&json!("ok"), &json!("shop")), "{fine}");
    assert_eq!(fine["event"]["response"]["status"], 200, "{fine}");
    assert_eq!(fine["logs"][0]["message"], json!(["sold", {"n": 1}, "/buy"]), "{fine}");
    assert!(fine["cpuTime"].is_number() && fine["wallTime"].is_number(), "{fine}");
    assert!(fine["scriptVersion"]["id"].is_string() && fine["id"].is_string(), "{fine}");
    assert!(!fine.to_string().contains("hush"), "{fine}");
    let failed = kept(&mote, &commands, "/fail", &["--outcome", "exception"]);
    let exception = &failed["exceptions"][0];
    assert_eq!((&exception["name"], &exception["message"]), (&json!("TypeError"), &json!("no such luck")));
    assert!(exception["stack"].as_str().unwrap().contains("src/index.ts:5:"), "as it was written: {failed}");

    // What docs/observability.md shows.
    let shown = commands.says(&["logs", "shop", "--since", "1h", "--outcome", "exception"]);
    for part in ["GET ", "/fail", "exception", "(log) sold {\"n\":1} /fail", "TypeError: no such luck"] {
        assert!(shown.contains(part) && !shown.contains("/buy"), "{part}: {shown}");
    }
    let found = commands.json(&["logs", "shop", "--search", "such luck", "--limit", "1"]);
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    assert_eq!(commands.json(&["logs", "shop", "--search", "nobody said this"]), json!([]));
    assert!(commands.fails(1, &["logs", "shap"]).contains("shap"), "a name that was mistyped");
    assert!(commands.fails(1, &["logs", "shop", "--outcome", "fine"]).contains("exceededCpu"));

    let followed = std::thread::scope(|threads| {
        let following = threads.spawn(|| {
            commands.run_under(
                &["timeout", "-s", "INT", "10"],
                &["logs", "shop", "--follow", "--json", "--limit", "1"],
            )
        });
        let mut rounds = 0;
        while !following.is_finished() {
            rounds += 1;
            mote.get_from_host("shop.localhost", &format!("/round-{rounds}"));
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        following.join().unwrap()
    });
    let lines: Vec<Value> = followed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 1, "more than the last one: {} {}", followed.stdout, followed.stderr);
    let ids: Vec<u64> = lines.iter().map(|event| event["id"].as_str().unwrap().parse().unwrap()).collect();
    assert!(ids.is_sorted_by(|one, next| one < next), "each once, in their order: {ids:?}");

    let before = commands.json(&["logs", "shop", "--limit", "10000"]).as_array().unwrap().len();
    signal("KILL", u64::from(mote.pid()));
    let killed = mote;
    let mote = serve(killed.data(), "").start();
    let commands = commands_of(killed.data(), &Door::of(&mote));
    let after = commands.json(&["logs", "shop", "--limit", "10000"]).as_array().unwrap().len();
    assert!(after >= before, "{after}, not {before}");
    kept(&mote, &commands, "/later", &[]);
    assert!(!commands.json(&["logs", "shop", "--since", "0s"]).to_string().contains("/buy"));
}

#[test]
fn kept_logs_are_their_accounts_alone_and_a_worker_may_take_its_word_back() {
    let data = tempfile::tempdir().unwrap();
    let mote = serve(data.path(), "").start();
    let door = Door::of(&mote);
    let (api, commands) = (api_of(data.path(), &door), commands_of(data.path(), &door));
    deploy_kept(&api, "acme", "shop", WORKER);
    kept(&mote, &commands, "/first", &[]);
    let path = "accounts/acme/workers/scripts/shop/logs";
    let query = "accounts/acme/workers/observability/telemetry/query";
    let asks = json!({"queryId": "x", "view": "events", "timeframe": {"from": 0, "to": 9_999_999_999_999_i64},
        "parameters": {"filters": [{"key": "$metadata.service", "operation": "eq", "type": "string", "value": "shop"}],
                       "needle": {"value": "SOLD"}}});

    let token = |account: &str, scope: &str| {
        let made = api.ask("POST", "accounts", &json!({"id": account, "name": account})).0;
        assert!(matches!(made, 200 | 409), "{made}");
        let tokens = format!("accounts/{account}/tokens");
        let (status, made) = api.ask("POST", &tokens, &json!({"name": "ci", "scopes": [scope]}));
        assert_eq!(status, 200, "{made}");
        api.with_token(made["result"]["value"].as_str().unwrap())
    };
    for (who, status) in [
        (token("acme", "tail:read"), 200),
        (token("acme", "workers:write"), 403),
        (token("other", "tail:read"), 403),
        (api.with_token("wrong"), 401),
    ] {
        assert_eq!(who.ask("GET", path, &Value::Null).0, status);
        assert_eq!(who.ask("POST", query, &asks).0, status);
    }
    let elsewhere = api.ask("GET", "accounts/other/workers/scripts/shop/logs", &Value::Null);
    assert_eq!(elsewhere.0, 404, "{}", elsewhere.1);

    let (status, found) = api.ask("POST", query, &asks);
    assert_eq!(status, 200, "{found}");
    let events = found["result"]["events"]["events"].as_array().unwrap();
    let line = events.iter().find(|event| event["$metadata"]["type"] == "cf-worker").unwrap();
    assert_eq!(line["$metadata"]["message"], "sold {\"n\":1} /first", "{found}");
    assert_eq!((&line["$metadata"]["service"], &line["$workers"]["outcome"]), (&json!("shop"), &json!("ok")));
    // One by one, each is seen once.
    let (mut seen, mut offset) = (Vec::new(), Value::Null);
    loop {
        let mut asks = asks.clone();
        asks["limit"] = json!(1);
        if !offset.is_null() {
            asks["offset"] = offset;
        }
        let (_, page) = api.ask("POST", query, &asks);
        let Some(event) = page["result"]["events"]["events"].get(0) else { break };
        offset = event["$metadata"]["id"].clone();
        seen.push(offset.clone());
    }
    let all: Vec<Value> = events.iter().map(|event| event["$metadata"]["id"].clone()).collect();
    assert!(seen.ends_with(&all), "{seen:?}, not {all:?}");
    let mut counts = asks.clone();
    counts["view"] = json!("calculations");
    let (status, refused) = api.ask("POST", query, &counts);
    assert!(status == 400 && refused.to_string().contains("calculations"), "{refused}");

    assert!(commands.says(&["logs", "shop", "--search", "nobody said this"]).contains("observability"));
    let settings = json!({"observability": {"enabled": false}});
    assert_eq!(api.ask("PATCH", "accounts/acme/workers/scripts/shop/script-settings", &settings).0, 200);
    mote.get_from_host("shop.localhost", "/afterwards");
    assert_eq!(api.ask("DELETE", "accounts/acme/workers/scripts/shop", &Value::Null).0, 200);
    let shown = commands.json(&["logs", "shop"]).to_string();
    assert!(shown.contains("/first") && !shown.contains("/afterwards"), "they outlast their worker: {shown}");
}

#[test]
fn a_flood_of_logs_fills_its_own_quota_and_nobody_elses() {
    let data = tempfile::tempdir().unwrap();
    let mote = serve(data.path(), "[node]\nlogs_account_mib = 1\n").start();
    let door = Door::of(&mote);
    let (api, commands) = (api_of(data.path(), &door), commands_of(data.path(), &door));
    deploy_kept(&api, "acme", "shop", WORKER);
    deploy_kept(&api, "evil", "flood", FLOOD);
    kept(&mote, &commands, "/first", &[]);
    eventually("more is reported than may be kept", || {
        assert_eq!(mote.get_from_host("flood.localhost", "/").text, "fine");
        (counted(&door, "mote_logs_dropped_total") >= 20).then_some(())
    });
    assert_eq!(counted(&door, "mote_logs_failed_total"), 0);
    kept(&mote, &commands, "/last", &[]);
    let shown = commands.json(&["logs", "shop"]).to_string();
    assert!(shown.contains("/first"), "{shown}");
    let (_, floods) = api.ask("GET", "accounts/evil/workers/scripts/flood/logs", &Value::Null);
    let bytes: usize =
        floods["result"]["logs"].as_array().unwrap().iter().map(|event| event.to_string().len()).sum();
    assert!(bytes <= 1 << 20, "{bytes}");
}

#[test]
fn a_damaged_log_file_costs_the_logs_and_a_backup_has_none() {
    let data = tempfile::tempdir().unwrap();
    let mut mote = serve(data.path(), "").start();
    let door = Door::of(&mote);
    let (api, commands) = (api_of(data.path(), &door), commands_of(data.path(), &door));
    deploy_kept(&api, "acme", "shop", &says("one"));
    kept(&mote, &commands, "/first", &[]);
    let copy = data.path().join("copy.sqlite");
    let backup = mote_command(["backup"]).arg(&copy).arg("--data").arg(data.path()).refuse();
    assert_eq!(backup.code, Some(0), "{}", backup.stderr);
    let bytes = std::fs::read(&copy).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"/first"), "events are no part of it");
    mote.interrupt();
    let file = data.path().join("logs.sqlite");
    std::fs::write(&file, "no database at all, but some text that is long enough").unwrap();
    for beside in ["logs.sqlite-wal", "logs.sqlite-shm"] {
        // What is there has whole pages of the file.
        let _ = std::fs::remove_file(data.path().join(beside));
    }
    let mote = serve(data.path(), "").start();
    mote.says(&["logs.sqlite.damaged", "begin anew"]);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "one");
    let commands = commands_of(data.path(), &Door::of(&mote));
    let second = kept(&mote, &commands, "/second", &[]);
    assert_eq!(second["outcome"], "ok");
    assert!(!commands.json(&["logs", "shop"]).to_string().contains("/first"));
}

#[test]
fn a_node_keeps_nothing_where_nobody_asks_for_it() {
    let mote = Launch::serve_nothing().start();
    let door = Door::of(&mote);
    let commands = Commands::of(&mote, &door).with("MOTE_ACCOUNT", "acme");
    let project = Project::named("shop", WORKER);
    commands.says(&["deploy", project.path().to_str().unwrap()]);
    for _ in 0..20 {
        mote.get_from_host("shop.localhost", "/");
    }
    assert_eq!(commands.json(&["logs", "shop"]), json!([]));
    assert_eq!((counted(&door, "mote_logs_kept_total"), counted(&door, "mote_logs_dropped_total")), (0, 0));
}

/// Puts the file of kept logs onto a disk of its own of four mebibytes, three of which somebody else has.
fn on_a_small_disk(data: &Path) -> Vec<String> {
    let is_root = std::fs::metadata("/proc/self").expect("proc is mounted").uid() == 0;
    let namespaces = if is_root { "-m" } else { "-rm" };
    let small = data.join("small");
    std::fs::create_dir(&small).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=4m none '{0}' && head -c 3M /dev/zero > '{0}/others' && : > '{0}/logs.sqlite' && \
         ln -s small/logs.sqlite '{1}' && exec \"$@\"",
        small.display(),
        data.join("logs.sqlite").display(),
    );
    ["unshare", namespaces, "sh", "-c", &script, "sh"].map(str::to_owned).into()
}

#[test]
fn a_disk_without_room_for_logs_costs_logs_and_nothing_else() {
    let data = tempfile::tempdir().unwrap();
    let mote = serve(data.path(), "").under(on_a_small_disk(data.path())).start();
    let door = Door::of(&mote);
    let (api, commands) = (api_of(data.path(), &door), commands_of(data.path(), &door));
    deploy_kept(&api, "acme", "shop", WORKER);
    kept(&mote, &commands, "/first", &[]);
    deploy_kept(&api, "acme", "flood", FLOOD);
    eventually("the disk is full", || {
        assert_eq!(mote.get_from_host("flood.localhost", "/").text, "fine");
        (counted(&door, "mote_logs_failed_total") > 0).then_some(())
    });
    mote.says_in_a_line(&["events are lost that were to be kept", "full"]);
    // Nobody else notices, and what is there is found.
    assert_eq!(mote.get_from_host("shop.localhost", "/while-full").text, "fine");
    deploy_kept(&api, "acme", "blog", WORKER);
    assert_eq!(mote.get_from_host("blog.localhost", "/").text, "fine");
    assert!(commands.json(&["logs", "shop"]).to_string().contains("/first"));
    // Somebody makes room, in the node's own view of its disks.
    let root = format!("/proc/{}/root", mote.pid());
    let others = data.path().join("small/others");
    std::fs::remove_file(Path::new(&root).join(others.strip_prefix("/").unwrap())).unwrap();
    kept(&mote, &commands, "/with-room", &[]);
    mote.says_in_a_line(&["events are kept again"]);
    assert!(commands.json(&["logs", "shop"]).to_string().contains("/first"), "the file is the same");
}
