//! What is made behind a deploy, so that a worker's isolates start sooner.

use mote_blackbox::{Commands, Door, Mote, Project, eventually, mote as mote_command, signal};
use serde_json::{Value, json};

struct Node {
    data: tempfile::TempDir,
    mote: Mote,
    commands: Commands,
}

impl Node {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let (mote, commands) = Self::launch(data.path());
        Self { data, mote, commands }
    }

    fn launch(data: &std::path::Path) -> (Mote, Commands) {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"];
        let mote = mote_command(serve).arg(data).start();
        let api = format!("http://127.0.0.1:{}", Door::of(&mote).port());
        let commands = Commands::nobody().with("MOTE_API", &api).with("MOTE_DATA", data.to_str().unwrap());
        (mote, commands)
    }

    /// What is done in earnest too: nothing of it may be needed at the end.
    fn kill_and_start_again(&mut self) {
        signal("KILL", u64::from(self.mote.pid()));
        self.mote.ended();
        (self.mote, self.commands) = Self::launch(self.data.path());
    }

    fn deploy(&self, project: &Project) {
        self.commands.says(&["deploy", project.path().to_str().unwrap()]);
    }

    /// How the newest version of a worker starts, once that was found out.
    fn start_of(&self, worker: &str) -> Value {
        eventually("the version is prepared", || {
            let versions = self.commands.json(&["versions", worker]);
            let newest = versions.as_array()?.iter().max_by_key(|version| version["number"].as_u64())?;
            newest.get("start").cloned()
        })
    }

    /// Asks the store's file; gives the first value.
    fn sql(&self, statement: &str) -> String {
        let script = "import sqlite3, sys\n\
            with sqlite3.connect(sys.argv[1]) as store:\n \
            print(*(store.execute(sys.argv[2]).fetchone() or ['']), end='')";
        let file = self.data.path().join("mote.sqlite");
        let output =
            std::process::Command::new("python3").args(["-c", script]).arg(file).arg(statement).output();
        let output = output.expect("Python is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn answer(&self, worker: &str) -> Value {
        let answer = self.mote.get_from_host(&format!("{worker}.localhost"), "/");
        assert_eq!(answer.status, 200, "{}\n{}", answer.text, self.mote.output());
        answer.json()
    }
}

/// A worker whose top-level code takes a while, and does this besides.
fn heavy(name: &str, besides: &str) -> Project {
    let source = format!(
        "const table = new Map<string, object>();\n\
         let sum = 0;\n\
         for (let i = 0; i < 2_000_000; i++) sum = (sum * 31 + String(i & 1023).length) % 1_000_003;\n\
         for (let i = 0; i < 500; i++) table.set('key' + i, {{ i, sum }});\n\
         {besides}\n\
         let events = 0;\n\
         export default {{ fetch: (request: Request, env: any) =>\n\
         Response.json({{ size: table.size, events: ++events, key: env.KEY ?? null, now: Date.now() > 1e12 }}) }};\n"
    );
    Project::named(name, &source)
}

#[test]
fn a_worker_with_much_to_do_at_its_start_does_it_once() {
    let mut node = Node::start();
    node.deploy(&heavy("heavy", ""));
    let secret = node.commands.run_with(&["secret", "put", "KEY", "--name", "heavy"], "hush");
    assert_eq!(secret.code, Some(0), "{}", secret.stderr);
    let start = node.start_of("heavy");
    assert_eq!(start["without_heap"], Value::Null, "{start}");
    let (cached, heap) = (start["cached_us"].as_u64().unwrap(), start["heap_us"].as_u64().unwrap());
    assert!(heap < cached, "or it would not be used: {start}");
    let expected = json!({"size": 500, "events": 1, "key": "hush", "now": true});
    assert_eq!(node.answer("heavy")["key"], "hush");
    for _ in 0..2 {
        node.kill_and_start_again();
        assert_eq!(node.answer("heavy"), expected, "each isolate begins anew");
    }
    assert_eq!(node.start_of("heavy"), start, "it is not made twice");
    let shown = node.commands.says(&["versions", "heavy"]);
    assert!(shown.contains("ms heap"), "{shown}");
}

#[test]
fn a_worker_that_would_notice_runs_its_code_and_is_told_why() {
    let mut node = Node::start();
    node.deploy(&heavy("lucky", "(globalThis as any).seed = Math.random();"));
    let start = node.start_of("lucky");
    assert_eq!(
        (&start["heap_us"], &start["without_heap"]),
        (&Value::Null, &json!("it draws random numbers"))
    );
    node.kill_and_start_again();
    assert_eq!(node.answer("lucky")["events"], 1);
    let versions = node.commands.json(&["versions", "lucky"]);
    let id = versions[0]["id"].as_str().unwrap();
    let shown = node.commands.says(&["versions", "lucky", "view", id]);
    assert!(shown.contains("no heap: it draws random numbers"), "{shown}");
}

#[test]
fn what_was_prepared_is_forgotten_with_its_version_and_damage_is_noticed() {
    let mut node = Node::start();
    node.deploy(&heavy("heavy", ""));
    node.start_of("heavy");
    signal("KILL", u64::from(node.mote.pid()));
    node.mote.ended();
    assert_eq!(node.sql("SELECT count(*) FROM prepared"), "1");
    // An engine that believed other bytes than those that it has made would do anything.
    node.sql("UPDATE prepared SET hash = zeroblob(32)");
    (node.mote, node.commands) = Node::launch(node.data.path());
    assert_eq!(node.answer("heavy")["events"], 1, "it starts from its code");
    node.commands.says(&["delete", "heavy"]);
    assert_eq!(node.sql("SELECT count(*) FROM prepared"), "0");
}

#[test]
fn a_heap_or_code_that_the_disk_has_damaged_is_never_run() {
    let mut node = Node::start();
    node.deploy(&heavy("heavy", ""));
    node.start_of("heavy");
    signal("KILL", u64::from(node.mote.pid()));
    node.mote.ended();
    let spoil = "packed = CAST(substr(packed, 1, length(packed) - 40) || zeroblob(40) AS BLOB)";
    node.sql(&format!("UPDATE prepared SET {spoil}"));
    (node.mote, node.commands) = Node::launch(node.data.path());
    assert_eq!(node.answer("heavy")["events"], 1, "it starts from its code");
    signal("KILL", u64::from(node.mote.pid()));
    node.mote.ended();
    node.sql(&format!("UPDATE bundles SET {spoil}"));
    (node.mote, node.commands) = Node::launch(node.data.path());
    let answer = node.mote.get_from_host("heavy.localhost", "/");
    assert!(answer.status >= 500, "{} {}", answer.status, answer.text);
    node.deploy(&Project::named("other", "export default { fetch: () => Response.json({ events: 7 }) };"));
    assert_eq!(node.answer("other")["events"], 7, "the others go on");
}

#[test]
fn what_was_kept_in_the_form_of_before_is_not_given_out_and_makes_room() {
    let mut node = Node::start();
    node.deploy(&heavy("heavy", ""));
    node.start_of("heavy");
    signal("KILL", u64::from(node.mote.pid()));
    node.mote.ended();
    // As long as nothing was said of the form, the engine's name was its number alone.
    node.sql(
        "UPDATE prepared SET engine = substr(engine, 1, instr(engine, ' ') - 1), hash = zeroblob(32), packed = x'28b52ffd'",
    );
    (node.mote, node.commands) = Node::launch(node.data.path());
    assert_eq!(node.answer("heavy")["events"], 1, "it starts from its code");
    eventually("the old form is forgotten", || {
        let old = node.sql("SELECT count(*) FROM prepared WHERE packed = x'28b52ffd'");
        (old == "0").then_some(())
    });
    // Twenty seconds after that event, with nobody deploying anything, it is prepared again; then it may take its time.
    std::thread::sleep(std::time::Duration::from_secs(20));
    let start = node.start_of("heavy");
    assert_eq!(start["without_heap"], Value::Null, "{start}");
}

#[test]
fn the_same_code_deployed_again_and_again_keeps_its_heap() {
    let node = Node::start();
    for name in ["one", "two", "three", "one", "two"] {
        node.deploy(&heavy(name, ""));
    }
    let start = node.start_of("one");
    assert_eq!(start["without_heap"], Value::Null, "{start}");
    assert!(start["heap_us"].as_u64().unwrap() < start["cached_us"].as_u64().unwrap(), "{start}");
    for name in ["one", "two", "three"] {
        assert_eq!(node.answer(name)["size"], 500);
        node.deploy(&heavy(name, ""));
    }
    assert_eq!(node.start_of("three"), start, "it was found out once");
}
