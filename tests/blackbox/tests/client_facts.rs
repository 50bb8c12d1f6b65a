//! `request.cf`: what a node knows of who asks, and what workers tell one another.

use mote_blackbox::{Launch, Project, mote as command};
use serde_json::{Value, json};

const SHOWS: &str = r#"export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const shown = (value) => Response.json(value ?? null);
    if (pathname === "/copy") return shown(new Request(request, { cf: { mine: 1 } }).cf);
    if (pathname === "/clone") return shown(request.clone().cf);
    if (pathname === "/passed") return env.OTHER.fetch(request);
    if (pathname === "/own") return env.OTHER.fetch("http://other/", { cf: { mine: "ü\u{1f600}" } });
    if (pathname === "/none") return env.OTHER.fetch("http://other/");
    if (pathname === "/forged") return env.OTHER.fetch("http://other/", { headers: { "mote-cf": "{not json" }, cf: { mine: 2 } });
    if (pathname === "/headers") return shown([...request.headers.keys()].filter((name) => name.startsWith("mote")));
    return shown(request.cf);
  },
};
"#;
const OTHER: &str = "export default { fetch: (request) => Response.json(request.cf ?? null) };";

fn project(name: &str, source: &str, more: &str) -> Project {
    let config =
        format!("name = \"{name}\"\nmain = \"index.js\"\ncompatibility_date = \"2026-08-01\"\n{more}");
    Project::empty().with("index.js", source).with("wrangler.toml", &config)
}

#[test]
fn a_worker_is_told_what_is_known_and_passes_it_on() {
    let shop = project("shop", SHOWS, "services = [{ binding = \"OTHER\", service = \"other\" }]\n");
    let other = project("other", OTHER, "");
    let operator = Project::empty().with("mote.toml", "[cf]\ncolo = \"MÜC\"\nasn = 64500\n");
    let launch = Launch::arg(Launch::arg(command(["dev", "--port", "0"]), shop.path()), other.path());
    let mote = launch.arg("--config").arg(operator.file("mote.toml")).start();
    let asked = |path: &str| -> Value {
        let mut wire = mote.wire();
        wire.send(format!(
            "GET {path} HTTP/1.1\r\nhost: shop.localhost\r\naccept-encoding: br, gzip\r\nmote-cf: {{\"colo\":\"forged\"}}\r\nconnection: close\r\n\r\n"
        ));
        let body = wire.whole();
        serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let known =
        json!({"clientAcceptEncoding": "br, gzip", "asn": 64500, "colo": "MÜC", "httpProtocol": "HTTP/1.1"});
    for path in ["/", "/clone", "/passed"] {
        assert_eq!(asked(path), known, "{path}");
    }
    assert_eq!(asked("/copy"), json!({"mine": 1}));
    assert_eq!(asked("/own"), json!({"mine": "ü\u{1f600}"}));
    assert_eq!(asked("/forged"), json!({"mine": 2}));
    assert_eq!(asked("/none"), Value::Null);
    assert_eq!(asked("/headers"), json!([]));
}

#[test]
fn an_older_protocol_is_named_and_words_that_are_no_facts_are_refused() {
    let plain = project("plain", OTHER, "");
    let mote = plain.dev();
    let mut wire = mote.wire();
    wire.send("GET / HTTP/1.0\r\nhost: localhost\r\n\r\n");
    let seen: Value = serde_json::from_slice(&wire.whole()).unwrap();
    assert_eq!(seen, json!({"httpProtocol": "HTTP/1.0"}));
    drop(mote);
    let operator = Project::empty().with("mote.toml", "[cf]\nhttpProtocol = \"HTTP/3\"\n");
    let refused = Launch::dev(plain.path()).arg("--config").arg(operator.file("mote.toml")).refuse();
    assert!(refused.stderr.contains("[cf]: `httpProtocol` is the node's own to say"), "{}", refused.stderr);
}
