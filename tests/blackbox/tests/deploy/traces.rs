//! A trace goes on from worker to worker, and nobody learns of it who should not.

use mote_blackbox::{DeployApi, Door, Launch, Mote, Upstream, form};
use serde_json::{Value, json};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const OWN: &str = "00-11111111111111111111111111111111-2222222222222222-00";

const CALLEE: &str = r#"export default {
  fetch: (request) => Response.json(Object.fromEntries(request.headers)),
};"#;
const CALLER: &str = r#"export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const headers = searchParams.has("own") ? { traceparent: searchParams.get("own"), "mote-ticket": "forged" } : {};
    if (pathname === "/me") return Response.json(Object.fromEntries(request.headers));
    if (pathname === "/call") return env.B.fetch("http://callee/", { headers });
    if (pathname === "/hand-on") return env.B.fetch(request);
    return fetch(env.OUTSIDE, { headers });
  },
};"#;

/// A node that sends spans to nobody who listens, with these further options.
fn node(options: &[&str]) -> (Mote, Upstream, tempfile::TempDir) {
    let outside = Upstream::serve(|visitor| {
        let lines = visitor.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let headers: serde_json::Map<String, Value> =
            lines.map(|(name, value)| (name.to_ascii_lowercase(), value.into())).collect();
        visitor.answer("application/json", &Value::Object(headers).to_string());
    });
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("mote.toml");
    let address = outside.origin();
    let address = address.trim_start_matches("http://");
    std::fs::write(&config, format!("[workers.caller]\negress_allow = ['{address}']\n")).unwrap();
    let launch = Launch::serve_nothing().arg("--config").arg(&config);
    let mote = options.iter().fold(launch, Launch::arg).start();
    let door = Door::of(&mote);
    let api = DeployApi::of(&mote, &door);
    assert_eq!(api.deploy("callee", CALLEE).0, 200);
    let bindings = json!([{"type": "service", "name": "B", "service": "callee"},
                          {"type": "plain_text", "name": "OUTSIDE", "text": outside.origin()}]);
    let metadata =
        json!({"main_module": "index.js", "compatibility_date": "2026-01-01", "bindings": bindings});
    let form = form(&metadata, &[("index.js", "application/javascript+module", CALLER.as_bytes())]);
    let (status, said) = api.send_form("PUT", "accounts/acme/workers/scripts/caller", &form);
    assert_eq!(status, 200, "{said}");
    (mote, outside, folder)
}

/// The headers that arrived where `path` leads.
fn arrived(mote: &Mote, path: &str, headers: &[(&str, &str)]) -> Value {
    let host = [("host", "caller.localhost")];
    let answer = mote.get_with(path, &[&host, headers].concat());
    let headers: Value = serde_json::from_str(&answer.text)
        .unwrap_or_else(|error| panic!("{path}: {error}: {}\n{}", answer.text, mote.output()));
    assert!(headers.get("mote-ticket").is_none(), "{path}: nobody sees it: {headers}");
    headers
}

/// Whether this goes on with the trace, from another span than the client's.
fn goes_on(said: &Value, flags: &str) -> bool {
    let said = said["traceparent"].as_str().unwrap_or_default();
    said.starts_with(&format!("00-{TRACE}-")) && said.ends_with(flags) && !said.contains("00f067aa0ba902b7")
}

#[test]
fn a_trace_goes_on_within_the_node_and_not_outside_of_it() {
    let (mote, _outside, _folder) = node(&["--otlp", "http://127.0.0.1:9"]);
    let parent = [("traceparent", PARENT)];
    assert_eq!(arrived(&mote, "/me", &parent)["traceparent"], PARENT, "it sees what its client has sent");
    for path in ["/call", "/hand-on"] {
        let (one, other) = (arrived(&mote, path, &parent), arrived(&mote, path, &parent));
        assert!(goes_on(&one, "-01") && goes_on(&other, "-01"), "{path}: {one}");
        assert_ne!(one["traceparent"], other["traceparent"], "each event has a span of its own");
        let left_out = PARENT.replace("-01", "-00");
        let left_out = arrived(&mote, path, &[("traceparent", &left_out)]);
        assert!(goes_on(&left_out, "-00"), "nobody begins a trace that its caller does not keep: {left_out}");
    }
    assert!(arrived(&mote, "/call", &[])["traceparent"].is_string(), "a trace begins");
    assert_eq!(arrived(&mote, &format!("/call?own={OWN}"), &parent)["traceparent"], OWN);
    assert!(arrived(&mote, "/outside", &parent).get("traceparent").is_none());
    assert_eq!(arrived(&mote, &format!("/outside?own={OWN}"), &parent)["traceparent"], OWN);
    let forged = [("mote-ticket", "forged"), ("traceparent", PARENT)];
    assert!(goes_on(&arrived(&mote, "/call", &forged), "-01"));
}

#[test]
fn whoever_is_outside_is_told_of_a_trace_if_the_operator_says_so() {
    let (mote, _outside, _folder) = node(&["--otlp", "http://127.0.0.1:9", "--otlp-propagate"]);
    let parent = [("traceparent", PARENT)];
    assert!(goes_on(&arrived(&mote, "/outside", &parent), "-01"));
    assert_eq!(arrived(&mote, &format!("/outside?own={OWN}"), &parent)["traceparent"], OWN);
}

#[test]
fn without_spans_nothing_is_said_of_traces() {
    let (mote, _outside, _folder) = node(&[]);
    assert!(arrived(&mote, "/call", &[("traceparent", PARENT)]).get("traceparent").is_none());
    assert_eq!(arrived(&mote, "/hand-on", &[("traceparent", PARENT)])["traceparent"], PARENT);
    assert!(arrived(&mote, "/me", &[("mote-ticket", "forged")]).get("traceparent").is_none());
}
