//! Code that wants everything for itself: it is stopped, and only it.
use mote_blackbox::{Answer, Mote, Project, mote};

const GREEDY: &str = r#"    const path = new URL(request.url).pathname;
    const kept: any[] = [];
    switch (path) {
      case "/loop": for (;;) {}
      case "/stubborn": for (;;) { try { for (;;) {} } catch {} finally { for (;;) {} } }
      case "/microtasks": { const again = () => { Promise.resolve().then(again); }; again(); await new Promise(() => {}); break; }
      case "/regexp": /^(a+)+$/.test("a".repeat(60) + "b"); break;
      case "/sort": { for (;;) new Array(10000).fill(0).map((_, n) => n ^ 5).sort(() => 1); }
      case "/objects": for (;;) kept.push({ n: kept.length, text: "x" + kept.length });
      case "/arrays": for (;;) kept.push(new Array(100000).fill(kept.length));
      case "/buffers": for (;;) kept.push(new Uint8Array(1024 * 1024).fill(1));
      case "/strings": { let text = "xyz"; for (;;) { text += text + kept.length; kept.push(text.replaceAll("x", "yx")); } }
      case "/wasm-memory": { const memory = new WebAssembly.Memory({ initial: 1 }); for (;;) memory.grow(64); }
      case "/map": { const map = new Map(); for (let n = 0; ; n++) map.set({}, new Map([[n, n]])); }
      case "/recursion": { const down = (n: number): number => down(n + 1) + 1; down(0); break; }
      case "/deep-clone": { let deep: any = {}; for (let n = 0; n < 200000; n++) deep = { deep }; structuredClone(deep); break; }
      case "/deep-json": JSON.parse("[".repeat(2_000_000)); break;
      case "/one-huge": new Uint8Array(2 ** 40); break;
      case "/huge-string": "x".repeat(2 ** 29 - 25).repeat(4); break;
      case "/later": {
        let n = 0;
        return new Response(new ReadableStream({ async pull(c) {
          await scheduler.wait(100);
          if (++n > 2) for (;;) {}
          c.enqueue(new TextEncoder().encode(`piece ${n};`));
        } }));
      }
      case "/afterwards": ctx.waitUntil(scheduler.wait(10).then(() => { for (;;) {} }));
    }
    return new Response("fine");"#;

fn stopped(answer: &Answer, path: &str) {
    assert_eq!(answer.status, 503, "{path}: {}", answer.text);
    assert!(answer.text.lines().any(|line| line == "error code: 1102"), "{path}: {}", answer.text);
}

#[test]
fn a_loop_that_never_yields_is_stopped_within_its_budget() {
    let project = Project::handler(GREEDY);
    let mut mote = project.dev();
    for path in ["/loop", "/stubborn", "/microtasks", "/regexp", "/sort"] {
        let answer = mote.get(path);
        stopped(&answer, path);
        assert_eq!(answer.header("mote-error"), "exceeded-cpu", "{path}");
        mote.goes_on("/");
    }
    mote.says_in_a_line(&["GET", "/loop", "503"]);
    mote.says(&["CPU"]);
}

#[test]
fn a_smaller_budget_stops_sooner() {
    let project = Project::handler(GREEDY).with_config("[limits]\ncpu_ms = 50");
    let mut mote = project.dev();
    mote.goes_on("/");
    stopped(&mote.get("/loop"), "/loop");
    // `GET /loop 503 61.3 ms (CPU 50.4 ms)`: without the smaller budget it were a second.
    let line = mote.says_in_a_line(&["GET", "/loop", "503"]);
    let cpu_ms = line.split("(CPU ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(cpu_ms.parse::<f64>().unwrap() < 900.0, "{line}");
    mote.goes_on("/");
}

#[test]
fn waiting_costs_no_cpu_budget() {
    let project = Project::handler("    await scheduler.wait(1500);\n    return new Response(\"rested\");")
        .with_config("[limits]\ncpu_ms = 50");
    assert_eq!(project.dev().get("/").text, "rested");
}

#[test]
fn a_loop_spares_the_requests_beside_it() {
    let greedy = Project::named("greedy", "export default { fetch() { for (;;) {} } };");
    let modest = Project::named("modest", "export default { fetch() { return new Response(\"fine\"); } };");
    let mote = mote(["dev"]).arg(greedy.path()).arg(modest.path()).arg("--port").arg("0").start();
    assert_eq!(mote.get_from_host("modest.localhost", "/").text, "fine");
    std::thread::scope(|threads| {
        let loops: Vec<_> =
            (0..3).map(|_| threads.spawn(|| mote.get_from_host("greedy.localhost", "/"))).collect();
        for _ in 0..10 {
            assert_eq!(mote.get_from_host("modest.localhost", "/").text, "fine");
        }
        for answer in loops {
            stopped(&answer.join().expect("an answer"), "greedy");
        }
    });
}

#[test]
fn a_loop_after_the_response_began_breaks_it_off() {
    let project = Project::handler(GREEDY);
    let mut mote = project.dev();
    let mut wire = mote.wire_get("/later");
    assert_eq!(wire.head().status, 200);
    wire.text_until("piece 2;");
    assert!(wire.rest().is_err(), "a response that was stopped looks complete");
    mote.goes_on("/");
}

#[test]
fn a_loop_in_wait_until_is_stopped_after_a_good_answer() {
    let project = Project::handler(GREEDY);
    let mut mote = project.dev();
    assert_eq!(mote.get("/afterwards").text, "fine");
    mote.says(&["CPU"]);
    mote.goes_on("/");
}

#[test]
fn a_loop_at_top_level_is_told_and_can_be_repaired() {
    let project = Project::new("for (;;) {}\nexport default { fetch() {} };\n");
    let mote = project.dev();
    let answer = mote.get("/");
    assert!(answer.status == 500 || answer.status == 503, "{}: {}", answer.status, answer.text);
    mote.says(&["CPU"]);
    project.write("src/index.ts", "export default { fetch() { return new Response(\"repaired\"); } };\n");
    mote_blackbox::eventually("the repaired worker", || (mote.get("/").text == "repaired").then_some(()));
}

#[test]
fn a_hog_of_small_objects_is_stopped_and_the_server_goes_on() {
    hog("/objects");
}

#[test]
fn a_hog_of_large_arrays_is_stopped_and_the_server_goes_on() {
    hog("/arrays");
}

#[test]
fn a_hog_of_array_buffers_is_stopped_and_the_server_goes_on() {
    hog("/buffers");
}

#[test]
fn a_hog_of_strings_is_stopped_and_the_server_goes_on() {
    hog("/strings");
}

#[test]
fn a_wasm_memory_that_never_stops_growing_is_refused_and_the_server_goes_on() {
    hog("/wasm-memory");
}

#[test]
fn a_hog_of_hash_tables_is_stopped_and_the_server_goes_on() {
    hog("/map");
}

fn hog(path: &str) {
    let project = Project::handler(GREEDY).with_config("[limits]\ncpu_ms = 30000");
    let mut mote = project.dev();
    mote.goes_on("/");
    let answer = mote.get(path);
    // Some allocations fail with an exception that the worker could have handled; the rest has no way back.
    let refused = answer.status == 500 && answer.text.contains("RangeError");
    if !refused {
        stopped(&answer, path);
        assert_eq!(answer.header("mote-error"), "exceeded-memory", "{path}: {}", answer.text);
    }
    mote.goes_on("/");
    mote.goes_on("/");
    let resident = resident_mib(&mote);
    assert!(resident < 1024, "{path} left {resident} MiB behind");
}

#[test]
fn a_hog_does_not_take_its_neighbours_answer_with_it() {
    let hog = Project::named(
        "hog",
        "export default { fetch() { const kept = []; for (;;) kept.push(new Array(100000).fill(kept.length)); } };",
    );
    let calm = Project::named(
        "calm",
        "export default { async fetch() { await scheduler.wait(1000); return new Response(\"fine\"); } };",
    );
    let mote = mote(["dev"]).arg(hog.path()).arg(calm.path()).arg("--port").arg("0").start();
    std::thread::scope(|threads| {
        let waiting = threads.spawn(|| mote.get_from_host("calm.localhost", "/"));
        stopped(&mote.get_from_host("hog.localhost", "/"), "hog");
        assert_eq!(waiting.join().expect("an answer").text, "fine");
    });
}

#[test]
fn too_deep_and_too_large_are_ordinary_exceptions() {
    let project = Project::handler(GREEDY).with_config("[limits]\ncpu_ms = 10000");
    let mut mote = project.dev();
    for path in ["/recursion", "/deep-clone", "/deep-json", "/one-huge", "/huge-string"] {
        let answer = mote.get(path);
        assert_eq!(
            (answer.status, answer.header("mote-error")),
            (500, "worker-exception"),
            "{path}: {}",
            answer.text
        );
        mote.goes_on("/");
    }
}

#[test]
fn the_clock_stands_still_while_code_runs() {
    let project = Project::handler(
        r#"    const [date, performanceNow] = [Date.now(), performance.now()];
    for (let n = 0; n < 5e6; n++) Math.sqrt(n);
    const still = Date.now() === date && performance.now() === performanceNow && new Date().getTime() === date;
    await scheduler.wait(50);
    return Response.json({ still, moves: Date.now() - date >= 45 });"#,
    );
    assert_eq!(project.dev().get("/").json(), serde_json::json!({ "still": true, "moves": true }));
}

fn resident_mib(mote: &Mote) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", mote.pid())).expect("mote lives");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or_default() / 1024
}
