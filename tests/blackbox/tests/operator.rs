//! What an operator sees of a node, sets, and stops.

use mote_blackbox::{Door, Launch, Mote, Project, eventually, mote};
use serde_json::Value;

const WORKER: &str = r#"    const path = new URL(request.url).pathname;
    if (path === "/loop") for (;;) {}
    if (path === "/wait") await scheduler.wait(60_000);
    return new Response("fine");"#;

fn administered(project: &Project) -> (Mote, Door) {
    let mote = Launch::dev(project.path()).arg("--admin").arg("127.0.0.1:0").start();
    let door = Door::of(&mote);
    (mote, door)
}

#[test]
fn the_books_say_what_events_used() {
    let project = Project::handler(WORKER).with_config("[limits]\ncpu_ms = 50");
    let (mote, door) = administered(&project);
    assert_eq!(door.ask("GET", "/healthz", ""), (200, "ok\n".to_owned()));
    assert_eq!(door.ask("GET", "/readyz", ""), (200, "ok\n".to_owned()));
    assert_eq!(mote.get("/").text, "fine");
    assert_eq!(mote.get("/loop").status, 503);
    let stats = eventually("both events in the books", || {
        let stats = door.json("/stats");
        (stats[0]["events"]["ok"] == 1 && stats[0]["events"]["exceededCpu"] == 1).then_some(stats)
    });
    assert!(stats[0]["cpu_us"].as_u64() >= Some(50_000), "{stats}");
    let name = stats[0]["worker"].as_str().unwrap();
    let events = door.json(&format!("/workers/{name}/events"));
    assert_eq!(events[0]["outcome"], "ok");
    assert_eq!(
        (&events[0]["response_body_bytes"], &events[1]["outcome"]),
        (&4.into(), &"exceededCpu".into())
    );
    assert!(
        events[1]["cpu_us"].as_u64() >= Some(50_000) && events[1]["wall_us"].as_u64() >= Some(50_000),
        "{events}"
    );
    assert!(events[1]["memory_peak_bytes"].as_u64() >= Some(100_000), "{events}");
    let (status, metrics) = door.ask("GET", "/metrics", "");
    assert_eq!(status, 200);
    assert!(
        metrics.contains("mote_events_total{") && metrics.contains("outcome=\"exceededCpu\"} 1"),
        "{metrics}"
    );
    assert!(metrics.trim_end().ends_with("# EOF"), "{metrics}");
}

#[test]
fn the_kill_switch_stops_a_worker_at_once_and_lets_it_go_on() {
    let project = Project::handler(WORKER);
    let (mote, door) = administered(&project);
    assert_eq!(mote.get("/").text, "fine");
    let name = door.json("/stats")[0]["worker"].as_str().unwrap().to_owned();
    std::thread::scope(|threads| {
        let waiting = threads.spawn(|| mote.get("/wait"));
        eventually("the event under way", || (door.json("/stats")[0]["events_under_way"] == 1).then_some(()));
        assert_eq!(door.ask("POST", &format!("/workers/{name}/stop"), "").0, 200);
        let answer = waiting.join().unwrap();
        assert_eq!((answer.status, answer.header("mote-error")), (503, "worker-stopped"));
    });
    assert_eq!(mote.get("/").header("mote-error"), "worker-stopped");
    assert_eq!(door.ask("POST", &format!("/workers/{name}/start"), "").0, 200);
    assert_eq!(mote.get("/").text, "fine");
    assert_eq!(door.ask("POST", "/workers/nobody/stop", "").0, 404);
}

#[test]
fn a_web_page_never_reaches_the_door() {
    let project = Project::handler(WORKER);
    let (_mote, door) = administered(&project);
    assert_eq!(door.ask("GET", "/stats", "origin: http://evil.example\r\n").0, 403);
    assert_eq!(door.ask("GET", "/nothing", "").0, 404);
}

#[test]
fn limits_are_shown_as_the_configuration_makes_them() {
    let project = Project::handler(WORKER);
    project.write("mote.toml", "[limits]\ncpu_ms = 70\n[accounts.free.limits]\ncpu_ms = 7\n");
    let limits = |account: &str| {
        let file = project.file("mote.toml");
        let shown = mote(["limits", "--json", "--account", account]).arg("--config").arg(file).refuse();
        assert_eq!(shown.code, Some(0), "{}", shown.stderr);
        let rows: Value = serde_json::from_str(&shown.stdout).unwrap();
        rows[0]["default"].as_u64()
    };
    assert_eq!((limits(""), limits("free")), (Some(70), Some(7)));
    let table = mote(["limits"]).refuse().stdout;
    assert!(table.contains("cpu_ms") && table.contains("exceeded-cpu"), "{table}");
    project.write("mote.toml", "[limits]\ncpu = 1\n");
    let refusal = Launch::dev(project.path()).arg("--config").arg(project.file("mote.toml")).refuse();
    assert_eq!(refusal.code, Some(1));
    assert!(refusal.stderr.contains("has no key `cpu`"), "{}", refusal.stderr);
}

#[test]
fn a_version_asks_for_less_and_never_gets_more() {
    let project = Project::handler(WORKER).with_config("[limits]\ncpu_ms = 20000");
    project.write("mote.toml", "[ceilings]\ncpu_ms = 100\n[limits]\ncpu_ms = 100\n");
    let mote = Launch::dev(project.path()).arg("--config").arg(project.file("mote.toml")).start();
    let start = std::time::Instant::now();
    assert_eq!(mote.get("/loop").header("mote-error"), "exceeded-cpu");
    assert!(start.elapsed() < std::time::Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn the_log_of_a_node_is_json_for_programs_that_ask() {
    let project = Project::new(
        "export default { fetch() { console.warn(\"two\\nlines\"); throw new Error(\"broken\"); } };",
    );
    let mote = Launch::serve(project.path()).arg("--log-format=json").start();
    assert_eq!(mote.get("/").status, 500);
    mote.says_in_a_line(&["exception"]);
    let output = mote.output();
    let lines: Vec<Value> = output
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of =
        |kind: &str| lines.iter().find(|line| line["kind"] == kind).unwrap_or_else(|| panic!("{output}"));
    assert!(of("console")["message"].as_str().unwrap().ends_with("two\nlines"), "{output}");
    let event = of("event");
    assert_eq!((&event["outcome"], &event["status"]), (&"exception".into(), &500.into()), "{output}");
    assert!(event["message"].as_str().unwrap().contains("Error: broken"), "{output}");
}
