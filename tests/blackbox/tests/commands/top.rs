//! `mote top`: a node at a glance, for people and for programs.

use std::path::Path;

use mote_blackbox::{Commands, DeployApi, Door, Mote, eventually};
use serde_json::{Value, json};

use super::{answer, node, shop};

/// The worker of this name in a document of `mote top`.
fn worker<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document["workers"].as_array().unwrap().iter().find(|worker| worker["name"] == name)
}

/// A node with a worker that has answered five times.
fn busy() -> (Mote, Door, Commands) {
    let (mote, door, commands) = node();
    let project = shop(1);
    commands.says(&["deploy", project.path().to_str().unwrap()]);
    for _ in 0..5 {
        answer(&mote, "shop.localhost");
    }
    (mote, door, commands)
}

#[test]
fn a_worker_is_shown_with_its_events_its_cell_and_its_isolate() {
    let (_mote, door, commands) = busy();
    let document = eventually("all events in the books", || {
        let document = commands.json(&["top", "--interval", "0.3"]);
        let shop = worker(&document, "shop")?;
        // After its first events a new version moves to the others.
        let counted = shop["events"] == json!({"ok": 5}) && shop["cells"].as_array()?.len() == 1;
        // Cells learn of their budgets about once a second.
        let cells = document["cells"].as_array()?;
        let told = cells.iter().any(|cell| cell["stage"] == "serving" && cell["budget_bytes"].is_u64());
        (counted && told).then_some(document)
    });
    let shop = worker(&document, "shop").unwrap();
    assert_eq!((&shop["account"], &shop["state"]), (&json!("mote"), &json!("serving")));
    assert!(shop["isolates_started"].as_u64() >= Some(1), "{shop}");
    assert!(shop["memory_bytes_peak"].as_u64() > Some(1 << 18), "{shop}");
    for rate in ["cpu_percent", "events_per_s", "starts_per_s"] {
        assert!(shop[rate].as_f64() >= Some(0.0), "{rate}: {shop}");
    }
    assert_eq!(document["workers_total"], 1);
    let node = &document["node"];
    assert!(node["host_bytes"].as_u64() > Some(1 << 20) && node["pressure"] == "low", "{node}");
    assert!(node["memory_bytes_max"].as_u64() > node["cells_bytes"].as_u64(), "{node}");

    let cells = document["cells"].as_array().unwrap();
    let cell = cells.iter().find(|cell| shop["cells"] == json!([cell["cell"]])).expect("its cell");
    assert_eq!(
        (&cell["stage"], &cell["cordon"], &cell["workers"]),
        (&json!("serving"), &json!("default"), &json!(1))
    );
    assert!(cell["pid"].as_u64() > Some(1) && cell["budget_bytes"].as_u64() > Some(1 << 20), "{cell}");
    let isolates = &cell["isolates"];
    assert!(isolates["warm"].as_u64() >= Some(1) && isolates["held_bytes"].as_u64() > Some(0), "{isolates}");

    let (_, metrics) = door.ask("GET", "/metrics", "");
    for name in ["isolates_warm", "isolates_held_bytes", "budget_bytes"] {
        // One cell in service is the newcomers', who have moved on.
        let mut lines = metrics.lines().filter(|line| {
            line.starts_with(&format!("mote_cell_{name}{{")) && line.contains("stage=\"serving\"")
        });
        let value = |line: &str| line.rsplit(' ').next()?.parse::<f64>().ok();
        assert!(lines.any(|line| value(line) > Some(0.0)), "{name}: {metrics}");
    }
    for name in ["starts", "start_seconds", "evictions", "shed"] {
        let line = format!("mote_isolate_{name}_total{{cordon=\"default\"}}");
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
}

#[test]
fn a_stopped_worker_says_so() {
    let (_mote, door, commands) = busy();
    assert_eq!(door.ask("POST", "/workers/shop/stop", "").0, 200);
    let document = commands.json(&["top", "--interval", "0.2"]);
    assert_eq!(worker(&document, "shop").unwrap()["state"], "stopped");
    let said = commands.says(&["top", "--once", "--interval", "0.2"]);
    assert!(said.lines().any(|line| line.starts_with("shop ") && line.contains("stopped")), "{said}");
}

#[test]
fn an_account_sees_its_own_workers_and_nothing_of_the_node() {
    let (mote, door, commands) = node();
    let api = DeployApi::of(&mote, &door);
    assert_eq!(api.deploy("shop", "export default { fetch: () => new Response(\"hi\") };").0, 200);
    let other = shop(1);
    commands.says(&["deploy", other.path().to_str().unwrap(), "--name", "blog", "--account", "other"]);
    answer(&mote, "blog.localhost");
    let token = |scope: &str| {
        let args = ["token", "create", "looks", "--scope", scope, "--account", "acme"];
        commands.says(&args).trim().to_owned()
    };
    let both = commands.json(&["top", "--interval", "0.2"]);
    assert!(worker(&both, "shop").is_some() && worker(&both, "blog").is_some(), "{both}");

    let holder = Commands::of(&mote, &door).with("MOTE_TOKEN", &token("workers:read"));
    let document = holder.json(&["top", "--interval", "0.2"]);
    assert!(worker(&document, "shop").is_some(), "{document}");
    let text = document.to_string();
    for hidden in ["blog", "other", "cells", "pid", "memory_bytes_max", "cordon"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    let said = holder.says(&["top", "--once", "--interval", "0.2", "--account", "other"]);
    assert!(said.contains("shop") && !said.contains("blog") && !said.contains("CORDON"), "{said}");
    let without = Commands::of(&mote, &door).with("MOTE_TOKEN", &token("kv:read"));
    assert!(without.fails(1, &["top"]).contains("workers:read"));
}

#[test]
fn what_the_documentation_says_can_be_typed() {
    let (_mote, _door, commands) = busy();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/top.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut lines = 0;
    for line in page.lines().filter(|line| line.starts_with("mote top")) {
        let command = line.split(['#', '|']).next().unwrap();
        let args: Vec<&str> = command.split_whitespace().skip(1).collect();
        // There is no terminal, so one screen is all that comes.
        let said = commands.says(&args);
        assert!(said.contains("shop"), "{line}: {said}");
        let is_document = serde_json::from_str::<Value>(&said).is_ok();
        assert_eq!(is_document, args.contains(&"--json"), "{line}: {said}");
        lines += 1;
    }
    assert!(lines >= 4, "the page has examples");
    for wrong in [&["--interval", "0"][..], &["--limit", "0"], &["--limit", "1001"], &["--sort", "luck"]] {
        commands.fails(2, &[&["top"][..], wrong].concat());
    }
}

#[test]
fn the_live_view_gives_the_terminal_back_however_it_ends() {
    let (mote, door, _) = busy();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands/terminal.py");
    for ends in ["q", "\u{3}", "SIGINT", "SIGTERM", "SIGHUP"] {
        let commands =
            Commands::of(&mote, &door).with("SAYS", "shop").with("ENDS", ends).with("TERM", "xterm");
        let done = commands.run_under(&["python3", script.to_str().unwrap()], &["top", "--interval", "0.2"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        let seen: Value = serde_json::from_str(&done.stdout).unwrap();
        let text = |key: &str| seen[key].as_str().unwrap().to_owned();
        assert!(text("first").contains("\u{1b}[?1049h") && text("first").contains("WORKER"), "{seen}");
        assert!(text("sorted").contains("sorted by memory"), "an arrow is no key of ours: {seen}");
        let small = text("small");
        let lines: Vec<&str> = small.split("\r\n").collect();
        assert!(lines.iter().any(|line| line.starts_with("shop")), "{lines:#?}");
        assert!(lines.len() <= 10 && lines.iter().all(|line| line.chars().count() <= 30), "{lines:#?}");
        assert!(lines.last().is_some_and(|line| line.starts_with("sorted by memory")), "{lines:#?}");
        assert!(text("last").contains("\u{1b}[?25h") && text("last").contains("\u{1b}[?1049l"), "{seen}");
        let states = (&seen["waited_for_lines"], &seen["restored"], &seen["code"]);
        assert_eq!(states, (&json!(false), &json!(true), &json!(0)), "{ends:?}: {seen}");
    }
}
