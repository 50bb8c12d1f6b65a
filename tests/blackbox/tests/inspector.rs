//! `mote dev --inspect`: a debugger attaches, looks and stops; strangers do not.

use mote_blackbox::{Inspector, Launch, Mote, Project, Wire};
use serde_json::json;

fn dev() -> (Project, Mote) {
    let project = Project::new(
        r#"export default {
  async fetch(request: Request): Promise<Response> {
    const path: string = new URL(request.url).pathname;
    if (path === "/stop") debugger;
    const doubled = path.length * 2; // the breakpoint
    console.log("seen", path);
    return new Response(`doubled: ${doubled}`);
  },
};
"#,
    );
    let mote = Launch::dev(project.path()).arg("--inspect=0").start();
    assert_eq!(mote.get("/").status, 200);
    (project, mote)
}

#[test]
fn a_debugger_evaluates_in_the_worker() {
    let (_project, mote) = dev();
    let mut inspector = Inspector::attach(&mote);
    inspector.call("Runtime.enable", &json!({}));
    let sum = inspector.call(
        "Runtime.evaluate",
        &json!({ "expression": "[1, 2].map((n) => n + 40)", "returnByValue": true }),
    );
    assert_eq!(sum["result"]["value"], json!([41, 42]));
    let agent = inspector.call("Runtime.evaluate", &json!({ "expression": "typeof Response" }));
    assert_eq!(agent["result"]["value"], "function");
    let thrown = inspector.call("Runtime.evaluate", &json!({ "expression": "nothing.here" }));
    assert_eq!(thrown["result"]["className"], "ReferenceError");
}

#[test]
fn a_debugger_stops_at_a_breakpoint_looks_and_goes_on() {
    let (_project, mote) = dev();
    let mut inspector = Inspector::attach(&mote);
    inspector.call("Runtime.enable", &json!({}));
    inspector.call("Debugger.enable", &json!({}));
    let script = inspector.event("Debugger.scriptParsed", |script| {
        script["sourceMapURL"].as_str().is_some_and(|url| !url.is_empty())
    });
    let source = inspector.call("Debugger.getScriptSource", &json!({ "scriptId": script["scriptId"] }));
    let source = source["scriptSource"].as_str().expect("a script has a source");
    let line = source.lines().position(|line| line.contains("const doubled")).expect("the worker's code");
    inspector.call(
        "Debugger.setBreakpoint",
        &json!({ "location": { "scriptId": script["scriptId"], "lineNumber": line } }),
    );

    std::thread::scope(|threads| {
        let answer = threads.spawn(|| mote.get("/four"));
        let paused = inspector.event("Debugger.paused", |_| true);
        let frame = &paused["callFrames"][0];
        assert_eq!(frame["functionName"], "fetch");
        let path = inspector.call(
            "Debugger.evaluateOnCallFrame",
            &json!({ "callFrameId": frame["callFrameId"], "expression": "path" }),
        );
        assert_eq!(path["result"]["value"], "/four");
        // A human looks for longer than any CPU budget.
        std::thread::sleep(std::time::Duration::from_millis(2500));
        inspector.call("Debugger.resume", &json!({}));
        let answer = answer.join().expect("an answer");
        assert_eq!((answer.status, &*answer.text), (200, "doubled: 10"));
    });
}

#[test]
fn a_debugger_statement_stops_only_while_a_debugger_is_attached() {
    let (_project, mote) = dev();
    assert_eq!(mote.get("/stop").text, "doubled: 10");
    let mut inspector = Inspector::attach(&mote);
    inspector.call("Debugger.enable", &json!({}));
    std::thread::scope(|threads| {
        let answer = threads.spawn(|| mote.get("/stop"));
        inspector.event("Debugger.paused", |_| true);
        // Closing the debugger's window lets the worker go on.
        drop(inspector);
        assert_eq!(answer.join().expect("an answer").text, "doubled: 10");
    });
}

#[test]
fn a_debugger_sees_the_console() {
    let (_project, mote) = dev();
    let mut inspector = Inspector::attach(&mote);
    inspector.call("Runtime.enable", &json!({}));
    assert_eq!(mote.get("/console").status, 200);
    let logged = inspector.event("Runtime.consoleAPICalled", |event| event["args"][1]["value"] == "/console");
    assert_eq!((&logged["type"], &logged["args"][0]["value"]), (&json!("log"), &json!("seen")));
    mote.says_in_a_line(&["seen", "/console"]);
}

#[test]
fn a_debugger_may_come_and_go_and_the_worker_be_saved_meanwhile() {
    let (project, mote) = dev();
    for _ in 0..3 {
        let mut inspector = Inspector::attach(&mote);
        inspector.call("Runtime.enable", &json!({}));
    }
    let _attached = Inspector::attach(&mote);
    project.edit("src/index.ts", "doubled: ", "twice: ");
    mote_blackbox::eventually("the saved worker", || (mote.get("/four").text == "twice: 10").then_some(()));
    let mut inspector = Inspector::attach(&mote);
    inspector.call("Runtime.evaluate", &json!({ "expression": "1" }));
}

#[test]
fn a_web_page_cannot_reach_the_debugger() {
    let (_project, mote) = dev();
    let port = Inspector::port(&mote);
    // A page of a site whose name was made to point at this machine.
    let mut rebound = Wire::to(port);
    rebound.send("GET /json/list HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n");
    let status = rebound.head().status;
    assert!((400..500).contains(&status), "{status}");
    // A page of any site, which may open WebSockets wherever it likes.
    let mut page = Wire::to(port);
    page.send(format!(
        "GET / HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\norigin: https://evil.example\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ));
    let status = page.head().status;
    assert!((400..500).contains(&status), "{status}");
}
