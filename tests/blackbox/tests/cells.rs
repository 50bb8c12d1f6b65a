//! Workers in cells: what clients and operators see when processes end, hang, and are replaced.

use std::time::{Duration, Instant};

use mote_blackbox::{Answer, Door, Launch, Mote, Project, Socket, eventually, example_in_cells, signal};
use serde_json::Value;

const WORKER: &str = r#"let visits = 0;
const port = { waiting: [] as (() => void)[] };
export default {
  async fetch(request: Request, env: any, ctx: ExecutionContext) {
    const path = new URL(request.url).pathname;
    if (path === "/wait") {
      console.log("has begun to wait");
      await scheduler.wait(60_000);
    }
    if (path === "/loop") for (;;) {}
    if (path === "/slow") {
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      ctx.waitUntil((async () => {
        for (let n = 1; n <= 10; n++) {
          await writer.write(new TextEncoder().encode(`${n};`));
          await scheduler.wait(150);
        }
        await writer.close();
      })());
      return new Response(readable);
    }
    return new Response(`visit ${++visits}`);
  },
};
"#;

/// One cell, so that every visit is counted in one place.
const ONE_CELL: &str = "[cordons.default]\ncells = 1\n";

fn worker(name: &str) -> Project {
    Project::named(name, WORKER)
}

fn node(projects: &[&Project], config: &str) -> (Mote, Door) {
    projects[0].write("mote.toml", config);
    let mut launch = Launch::serve(projects[0].path()).arg("--config").arg(projects[0].file("mote.toml"));
    for project in &projects[1..] {
        launch = launch.arg(project.path());
    }
    let mote = launch.start();
    let door = Door::of(&mote);
    (mote, door)
}

/// Whether all threads of a process were stopped by a signal.
fn stands_still(pid: u64) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("the process is there");
    threads.flatten().all(|thread| {
        let status = std::fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        status.lines().any(|line| line.starts_with("State:\tT"))
    })
}

fn pid(cell: &Value) -> u64 {
    cell["pid"].as_u64().expect("a cell has a process")
}

fn lost(answer: &Answer) {
    assert_eq!((answer.status, answer.header("mote-error")), (503, "cell-lost"), "{}", answer.text);
    assert!(answer.text.contains("error code: 1105"), "{}", answer.text);
}

#[test]
fn examples_run_in_cells_as_they_do_without() {
    assert_eq!(example_in_cells("hello").get("/?name=Ada").text, "Hello, Ada!\n");
    let hono = example_in_cells("hono-api");
    assert_eq!(hono.get("/books?genre=fantasy").json()["total"], 2);
    let answer = example_in_cells("wasm-npm").get("/avatars/ada.png?size=70");
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"));
    let page =
        example_in_cells("react-ssr").get_with("/products/desk", &[("user-agent", "Googlebot/2.1")]).text;
    assert!(page.contains("Sold out"), "{page}");
    let chat = example_in_cells("websocket-chat");
    let mut ada = Socket::open(chat.port(), "/rooms/lobby?name=ada");
    assert_eq!(ada.json()["kind"], "joined");
    ada.send("hello");
    assert_eq!(ada.json()["text"], "hello");
}

#[test]
fn html_is_rewritten_in_a_cell() {
    let code = "const rewriter = new HTMLRewriter().on('b', { element: async (b) => { await scheduler.wait(1); b.append('!'); } });
        export default { fetch: () => rewriter.transform(new Response('<b>x</b>'.repeat(3))) };";
    let mote = Launch::serve(Project::named("rewriter", code).path()).start();
    for _ in 0..5 {
        assert_eq!(mote.get("/").text, "<b>x!</b><b>x!</b><b>x!</b>");
    }
}

#[test]
fn a_killed_cell_takes_its_own_events_with_it_and_nothing_else() {
    let (here, there) = (worker("here"), worker("there"));
    let (mut mote, door) = node(&[&here, &there], "[workers.there]\ncordon = 'untrusted'\n");
    assert_eq!(mote.get_from_host("here.localhost", "/").text, "visit 1");
    assert_eq!(mote.get_from_host("there.localhost", "/").text, "visit 1");
    let cells = door.serving();
    assert_eq!(cells.len(), 2, "two cordons are two cells: {cells:?}");
    let of_here = cells.iter().find(|cell| cell["cordon"] == "default").expect("the default cordon").clone();
    std::thread::scope(|threads| {
        let waiting = threads.spawn(|| mote.get_from_host("here.localhost", "/wait"));
        eventually("the event under way", || {
            door.serving().iter().any(|cell| cell["events_under_way"] == 1).then_some(())
        });
        // One that the code has not seen would be given to another cell.
        mote.says(&["has begun to wait"]);
        signal("KILL", pid(&of_here));
        lost(&waiting.join().unwrap());
    });
    assert_eq!(mote.get_from_host("here.localhost", "/").text, "visit 1", "a fresh isolate");
    assert_eq!(
        mote.get_from_host("there.localhost", "/").text,
        "visit 2",
        "the other cell has noticed nothing"
    );
    assert_eq!(door.incidents("killed"), 1);
    mote.says_in_a_line(&["was lost: killed", "1 events under way", "its workers: here"]);
    mote.says(&["has taken the place of cell"]);
    assert!(mote.interrupt().success());
}

#[test]
fn a_storm_of_kills_loses_only_what_was_under_way() {
    let (mote, door) = node(&[&worker("worker")], ONE_CELL);
    let mut killed = Vec::new();
    for _ in 0..10 {
        let answer = mote.get("/");
        assert_eq!((answer.status, &*answer.text), (200, "visit 1"), "{:?}\n{}", door.cells(), mote.output());
        let cell = eventually("a cell that was not killed yet", || {
            door.serving()
                .iter()
                .filter(|cell| cell["workers"] == 1)
                .map(pid)
                .find(|pid| !killed.contains(pid))
        });
        signal("KILL", cell);
        killed.push(cell);
    }
    assert_eq!(mote.get("/").status, 200);
    eventually("all kills in the books", || (door.incidents("killed") == 10).then_some(()));
    // Somebody else's kills are no worker's fault.
    assert!(!mote.output().contains("blamed on"), "{}", mote.output());
}

#[test]
fn a_cell_that_stands_still_is_replaced() {
    let (mote, door) = node(&[&worker("worker")], ONE_CELL);
    assert_eq!(mote.get("/").text, "visit 1");
    let cell = door.serving()[0].clone();
    signal("STOP", pid(&cell));
    let start = Instant::now();
    // Not a GET: that would be sent again to another cell, for it has not begun.
    lost(&mote.send("POST", "/", &[], ""));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(mote.get("/").text, "visit 1");
    mote.says_in_a_line(&["was lost: silent", "somebody has stopped its process"]);
}

#[test]
fn a_request_that_had_not_reached_code_is_sent_again_and_answered() {
    let (mote, door) = node(&[&worker("worker")], ONE_CELL);
    assert_eq!(mote.get("/").text, "visit 1");
    let cell = pid(&door.serving()[0]);
    signal("STOP", cell);
    // The signal is sent when `kill` returns; the threads of the cell stand still a moment later.
    eventually("a cell that stands still", || stands_still(cell).then_some(()));
    let answer = mote.get("/");
    assert_eq!((answer.status, &*answer.text), (200, "visit 1"), "{}", mote.output());
    assert_eq!(door.json("/cells")["retries"], 1);
}

/// Each of these needs something of the kernel when it is done for the first time, if nobody has thought of it before the cell
/// was sealed: randomness, threads, files that tell of the processor.
#[test]
fn cryptography_asks_a_sealed_cell_for_nothing_that_it_may_not() {
    let worker = Project::named(
        "worker",
        r#"export default {
  async fetch() {
    const { subtle } = crypto;
    const data = crypto.getRandomValues(new Uint8Array(100_000 / 2));
    const scheme = { name: "RSA-PSS", saltLength: 32 };
    const rsa = await subtle.generateKey({ name: "RSA-PSS", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }, true, ["sign", "verify"]);
    const signed = await subtle.verify(scheme, rsa.publicKey, await subtle.sign(scheme, rsa.privateKey, data), data);
    const [ours, theirs] = [await subtle.generateKey("X25519", false, ["deriveKey"]), await subtle.generateKey("X25519", false, ["deriveKey"])];
    const agree = (own, other) => subtle.deriveKey({ name: "X25519", public: other.publicKey }, own.privateKey, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const gcm = { name: "AES-GCM", iv: new Uint8Array(12) };
    const sealed = await subtle.encrypt(gcm, await agree(ours, theirs), data);
    const opened = await subtle.decrypt(gcm, await agree(theirs, ours), sealed);
    const same = subtle.timingSafeEqual(opened, data);
    const made = [];
    for (let n = 0; n < 200; n++) made.push(await subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, false, ["sign"]));
    return Response.json({ signed, same, made: made.length });
  },
};
"#,
    );
    let (mote, door) = node(&[&worker], "[cordons.default]\ncells = 1\n[limits]\ncpu_ms = 30_000\n");
    let mut cells = Vec::new();
    for _ in 0..3 {
        let answer = mote.get("/");
        assert_eq!(
            (answer.status, &*answer.text),
            (200, r#"{"signed":true,"same":true,"made":200}"#),
            "{}",
            mote.output()
        );
        cells.push(pid(&door.serving()[0]));
    }
    assert!(cells.iter().all(|cell| *cell == cells[0]), "the cell was ended for what it asked: {cells:?}");
}

#[test]
fn a_loop_costs_its_own_event_and_the_cell_goes_on() {
    let (mote, door) = node(&[&worker("worker")], "[cordons.default]\ncells = 1\n[limits]\ncpu_ms = 50\n");
    assert_eq!(mote.get("/").text, "visit 1");
    let before = pid(&door.serving()[0]);
    assert_eq!(mote.get("/loop").header("mote-error"), "exceeded-cpu");
    assert_eq!(mote.get("/").status, 200);
    assert_eq!(pid(&door.serving()[0]), before);
    let stats = eventually("the books", || {
        let stats = door.json("/stats");
        (stats[0]["events"]["exceededCpu"] == 1 && stats[0]["events"]["ok"] == 2).then_some(stats)
    });
    assert!(stats[0]["cpu_us"].as_u64() >= Some(50_000), "{stats}");
    let (_, metrics) = door.ask("GET", "/metrics", "");
    assert!(metrics.contains("mote_events_total{worker=\"worker\",outcome=\"exceededCpu\"} 1"), "{metrics}");
    for name in
        ["cpu_seconds_total", "wall_seconds_total", "isolates_started_total", "isolate_memory_peak_bytes"]
    {
        let line = format!("mote_{name}{{worker=\"worker\"}} ");
        let value = metrics.split(&line).nth(1).and_then(|rest| rest.lines().next()?.parse::<f64>().ok());
        assert!(value > Some(0.0), "{name}: {metrics}");
    }
    assert!(
        metrics.contains("mote_cell_resident_bytes{") && metrics.trim_end().ends_with("# EOF"),
        "{metrics}"
    );
}

#[test]
fn cordons_never_share_a_cell_and_the_dedicated_one_has_a_cell_for_each_tenant() {
    let names = ["a", "b", "c", "d", "e"];
    let projects = names.map(worker);
    let config = "[workers.b]\ncordon = 'trusted'\n[workers.c]\ncordon = 'dedicated'\naccount = 'one'\n\
                  [workers.d]\ncordon = 'dedicated'\naccount = 'two'\n[workers.e]\naccount = 'three'\n\
                  [accounts.three]\ncordon = 'paranoid'\n[cordons.paranoid]\njitless = true\n";
    let (mote, door) = node(&projects.each_ref(), config);
    for name in names {
        assert_eq!(
            mote.get_from_host(&format!("{name}.localhost"), "/").text,
            "visit 1",
            "{}",
            mote.output()
        );
    }
    let mut cordons: Vec<String> =
        door.serving().iter().map(|cell| cell["cordon"].as_str().unwrap().to_owned()).collect();
    cordons.sort();
    assert_eq!(cordons, ["dedicated", "dedicated", "default", "paranoid", "trusted"]);
    assert!(door.serving().iter().all(|cell| cell["workers"] == 1), "{:?}", door.serving());
}

#[test]
fn a_suspect_moves_out_in_the_middle_of_an_event_and_comes_back() {
    let (suspect, neighbour) = (worker("suspect"), worker("neighbour"));
    let (mote, door) = node(&[&suspect, &neighbour], ONE_CELL);
    assert_eq!(mote.get_from_host("neighbour.localhost", "/").text, "visit 1");
    assert_eq!(mote.get_from_host("suspect.localhost", "/").text, "visit 1");
    assert_eq!(door.serving().len(), 1);
    let mut slow = mote.wire();
    slow.send("GET /slow HTTP/1.1\r\nhost: suspect.localhost\r\n\r\n");
    assert_eq!(slow.head().status, 200);
    slow.text_until("1;");
    assert_eq!(
        door.ask("POST", "/workers/suspect/isolate", ""),
        (200, "suspect has a cell of its own until the node ends\n".to_owned())
    );
    assert_eq!(
        mote.get_from_host("neighbour.localhost", "/").text,
        "visit 1",
        "it has left for a fresh cell"
    );
    assert!(String::from_utf8_lossy(&slow.rest().unwrap()).ends_with("10;"), "the suspect's event goes on");
    let cells = door.serving();
    let alone = cells.iter().find(|cell| cell["suspect"] == "suspect").expect("a cell of its own");
    assert_eq!(alone["workers"], 1);
    assert_eq!(mote.get_from_host("suspect.localhost", "/").text, "visit 2", "its isolate is still there");
    assert_eq!(door.ask("POST", "/workers/suspect/release", "").0, 200);
    assert_eq!(mote.get_from_host("suspect.localhost", "/").status, 200);
}

#[test]
fn the_kill_switch_reaches_into_cells() {
    let (mote, door) = node(&[&worker("worker")], ONE_CELL);
    assert_eq!(mote.get("/").text, "visit 1");
    std::thread::scope(|threads| {
        let waiting = threads.spawn(|| mote.get("/wait"));
        eventually("the event under way", || (door.serving()[0]["events_under_way"] == 1).then_some(()));
        assert_eq!(door.ask("POST", "/workers/worker/stop", "").0, 200);
        assert_eq!(waiting.join().unwrap().header("mote-error"), "worker-stopped");
    });
    assert_eq!(mote.get("/").header("mote-error"), "worker-stopped");
    assert_eq!(door.ask("POST", "/workers/worker/start", "").0, 200);
    assert_eq!(mote.get("/").status, 200);
    assert_eq!(door.ask("POST", "/workers/nobody/stop", "").0, 404);
    assert_eq!(door.ask("GET", "/cells", "origin: http://evil.example\r\n").0, 403);
}

#[test]
fn each_metric_of_a_node_is_in_the_documentation() {
    let (mote, door) = node(&[&worker("worker")], "");
    assert_eq!(mote.get("/").status, 200);
    let (_, metrics) = door.ask("GET", "/metrics", "");
    let described = include_str!("../../../docs/observability.md");
    let told = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let names: Vec<String> = told
        .map(|(name, kind)| if kind == "counter" { format!("{name}_total") } else { name.to_owned() })
        .collect();
    assert!(names.len() > 30, "{metrics}");
    let missing: Vec<_> = names
        .iter()
        .filter(|name| ["`", "{"].iter().all(|end| !described.contains(&format!("`{name}{end}"))))
        .collect();
    assert!(missing.is_empty(), "docs/observability.md does not tell of {missing:?}");
}

#[test]
fn a_worker_that_does_not_load_is_told_to_its_owner_and_not_to_strangers() {
    let bad = Project::new("throw new Error('secret of the owner');\nexport default {};\n");
    let (mote, door) = node(&[&bad], "");
    let answer = mote.get("/");
    assert_eq!((answer.status, answer.header("mote-error")), (500, "worker-does-not-load"));
    assert!(!answer.text.contains("secret"), "{}", answer.text);
    mote.says_in_a_line(&[" error ", "does not load", "secret of the owner"]);
    assert_eq!(door.json("/stats")[0]["events"]["exception"], 1);
}

#[test]
fn what_ends_a_node_lets_its_events_finish() {
    let (mut mote, _door) = node(&[&worker("worker")], ONE_CELL);
    let mut slow = mote.wire_get("/slow");
    assert_eq!(slow.head().status, 200);
    slow.text_until("1;");
    signal("TERM", u64::from(mote.pid()));
    assert!(String::from_utf8_lossy(&slow.rest().unwrap()).ends_with("10;"));
    assert!(mote.ended().success(), "{}", mote.output());
}

#[test]
fn no_cell_outlives_its_host() {
    let (mote, door) = node(&[&worker("worker")], ONE_CELL);
    assert_eq!(mote.get("/").status, 200);
    let cells: Vec<u64> = door.cells().iter().map(pid).collect();
    signal("KILL", u64::from(mote.pid()));
    for cell in cells {
        eventually("the end of a cell", || {
            let status = std::fs::read_to_string(format!("/proc/{cell}/status")).unwrap_or_default();
            (status.is_empty() || status.contains("State:\tZ")).then_some(())
        });
    }
}

/// What an attack looks like that reads its neighbours' memory: it computes, asks for the time outside, and again.
const MEASURES: &str = r#"export default {
  async fetch(request: Request) {
    if (new URL(request.url).pathname !== "/attack") return new Response("here");
    let sum = 0;
    for (let round = 0; round < 40_000; round++) {
      for (let n = 0; n < 3_000_000; n++) sum = (sum + Math.imul(n, round)) | 0;
      await scheduler.wait(1);
    }
    return new Response(`${sum}`);
  },
};
"#;

#[test]
fn a_worker_that_behaves_like_an_attack_is_moved_out_in_the_middle_of_its_event() {
    let (suspect, neighbour) = (Project::named("suspect", MEASURES), worker("neighbour"));
    let (mote, door) = node(
        &[&neighbour, &suspect],
        "[cordons.default]\ncells = 1\n[limits]\ncpu_ms = 30000\n[ceilings]\ncpu_ms = 30000\n",
    );
    assert_eq!(mote.get_from_host("neighbour.localhost", "/").text, "visit 1");
    let mut attack = mote.wire();
    attack.send("GET /attack HTTP/1.1\r\nhost: suspect.localhost\r\n\r\n");
    mote.says_in_a_line(&["`suspect` gets a cell of its own", "computes and does I/O in turns"]);
    assert_eq!(
        mote.get_from_host("neighbour.localhost", "/").text,
        "visit 1",
        "the neighbour has left for a fresh cell"
    );
    let cells = door.serving();
    let alone = cells.iter().find(|cell| cell["suspect"] == "suspect").expect("a cell of its own");
    assert!(alone["events_under_way"].as_u64() >= Some(1), "its event goes on: {cells:?}");
    assert_eq!(door.json("/cells")["suspects"], 1);
}

/// One built-in that V8 does not look into, and from which there is no way out: it takes no memory (docs/natives.md).
const DEAF: &str =
    "export default { fetch() { new Uint8Array({ length: 1.2e8 }); return new Response('never'); } };";

/// One that V8 does not look into either, and that takes memory while it works.
const SPREADS: &str = "export default { fetch(request) {
    if (request.url.endsWith('/good')) return new Response('good');
    return Response.json({ ...new Uint8Array(5e7) });
} };";

#[test]
fn a_turn_that_does_not_stop_is_left_and_costs_its_neighbours_no_event() {
    let (spreads, neighbour) = (Project::named("spreads", SPREADS), worker("neighbour"));
    let (mote, door) = node(&[&neighbour, &spreads], "[cordons.default]\ncells = 1\n[limits]\ncpu_ms = 50\n");
    assert_eq!(mote.get_from_host("neighbour.localhost", "/").text, "visit 1");
    assert_eq!(mote.get_from_host("spreads.localhost", "/good").text, "good");
    let before = pid(&door.serving()[0]);
    std::thread::scope(|threads| {
        let slow = threads.spawn(|| mote.get_from_host("neighbour.localhost", "/slow"));
        eventually("the neighbour's event", || {
            door.serving().iter().any(|cell| cell["events_under_way"] == 1).then_some(())
        });
        let answer = mote.get_from_host("spreads.localhost", "/");
        assert_eq!((answer.status, answer.header("mote-error")), (503, "exceeded-cpu"), "{}", answer.text);
        let slow = slow.join().unwrap();
        assert_eq!((slow.status, &*slow.text), (200, "1;2;3;4;5;6;7;8;9;10;"));
    });
    mote.says_in_a_line(&["a turn of `spreads` used more CPU time than it may", "has left it"]);
    mote.says_in_a_line(&["`spreads` gets a cell of its own"]);
    assert_eq!(mote.get_from_host("neighbour.localhost", "/").text, "visit 1", "from a fresh cell");
    assert_eq!(mote.get_from_host("spreads.localhost", "/good").text, "good");
    eventually("the end of the old cell", || {
        door.cells().iter().all(|cell| pid(cell) != before).then_some(())
    });
    let cells = door.json("/cells");
    assert_eq!((&cells["isolates_left"], &cells["incidents"]), (&1.into(), &serde_json::json!({})));
}

#[test]
fn a_turn_that_nobody_can_stop_is_ended_with_its_cell_and_its_worker_goes_on_alone() {
    let (deaf, neighbour) = (Project::named("deaf", DEAF), worker("neighbour"));
    let (mote, door) = node(&[&neighbour, &deaf], "[cordons.default]\ncells = 1\n[limits]\ncpu_ms = 50\n");
    assert_eq!(mote.get_from_host("neighbour.localhost", "/").text, "visit 1");
    let before = pid(&door.serving()[0]);
    lost(&mote.get_from_host("deaf.localhost", "/"));
    mote.says_in_a_line(&["`deaf` gets a cell of its own", "goes on past its CPU limit"]);
    mote.says_in_a_line(&["was lost: turn-too-long", "in a turn of `deaf`", "blamed on `deaf`"]);
    assert_eq!(mote.get_from_host("neighbour.localhost", "/").text, "visit 1", "from a fresh cell");
    assert!(door.serving().iter().all(|cell| pid(cell) != before));
    assert_eq!(door.incidents("turn-too-long"), 1);
}
