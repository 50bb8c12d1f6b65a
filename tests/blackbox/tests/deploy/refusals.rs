//! What is refused, with which words, and that nothing changes then.

use mote_blackbox::{Wrangler, eventually, form};
use serde_json::{Value, json};

use super::{node, project_of, says};

#[test]
fn what_does_not_work_yet_says_so_and_what_serves_goes_on() {
    let (mote, door, _) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let project = project_of("shop", &says("one"), "");
    wrangler.succeeds(&project, &["deploy"]);
    let more = "[[d1_databases]]\nbinding = \"DB\"\ndatabase_id = \"x\"\n";
    let said = wrangler.run(&project_of("shop", &says("two"), more), &["deploy"]);
    assert_ne!(said.code, Some(0), "{}", said.text);
    assert!(said.text.contains("does not support") && said.text.contains("`d1` (`DB`)"), "{}", said.text);
    let queue = wrangler.run(&project, &["queues", "create", "things"]);
    assert!(queue.code != Some(0) && queue.text.contains("does not support Queues"), "{}", queue.text);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "one");
}

#[test]
fn every_kind_of_binding_and_every_product_that_is_not_there_yet_is_refused_by_name() {
    let (mote, _door, api) = node();
    assert_eq!(api.deploy("shop", &says("good")).0, 200);
    let source = says("bad");
    for kind in [
        "ai",
        "analytics_engine",
        "browser",
        "d1",
        "dispatch_namespace",
        "durable_object_namespace",
        "hyperdrive",
        "images",
        "mtls_certificate",
        "pipelines",
        "queue",
        "r2_bucket",
        "ratelimit",
        "secrets_store_secret",
        "send_email",
        "vectorize",
        "workflow",
        "__proto__",
        "",
    ] {
        let metadata = json!({"main_module": "index.js", "compatibility_date": "2026-01-01",
                              "bindings": [{"type": kind, "name": "THING"}]});
        let form = form(&metadata, &[("index.js", "application/javascript+module", source.as_bytes())]);
        let (status, said) = api.send_form("PUT", "accounts/acme/workers/scripts/shop", &form);
        assert_eq!((status, &said["errors"][0]["code"]), (400, &json!(7_003)), "{kind}: {said}");
        let message = said["errors"][0]["message"].as_str().unwrap();
        assert!(
            message.contains(&format!("does not support bindings of the type `{kind}` (`THING`)")),
            "{message}"
        );
    }
    api.ask("POST", "accounts", &json!({"id": "acme", "name": "Acme"}));
    let scopes = json!({"name": "ci", "scopes": ["workers:read"]});
    let (_, made) = api.ask("POST", "accounts/acme/tokens", &scopes);
    let member = api.with_token(made["result"]["value"].as_str().unwrap());
    for (path, product) in [
        ("d1/database", "D1"),
        ("r2/buckets", "R2"),
        ("queues", "Queues"),
        ("workflows/one", "Workflows"),
        ("pages/projects", "Pages"),
        ("vectorize/v2/indexes", "Vectorize"),
        ("hyperdrive/configs", "Hyperdrive"),
        ("workers/dispatch/namespaces", "Workers for Platforms"),
        ("secrets_store/stores", "the Secrets Store"),
    ] {
        for api in [&api, &member] {
            let (status, said) = api.ask("GET", &format!("accounts/acme/{path}"), &Value::Null);
            let message = said["errors"][0]["message"].as_str().unwrap().to_owned();
            assert_eq!((status, message), (400, format!("Mote does not support {product} yet")), "{path}");
        }
    }
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "good");
}

#[test]
fn code_that_does_not_load_is_refused_with_its_reason() {
    let (mote, door, api) = node();
    assert_eq!(api.deploy("shop", &says("good")).0, 200);
    for (source, expected) in [
        ("export default {", "SyntaxError"),
        ("import \"./missing.js\"; export default { fetch() {} }", "missing.js"),
        ("throw new Error(\"too early\")", "too early"),
        ("for (;;) {}\nexport default { fetch() {} }", "CPU"),
        ("export default {}", "No event handlers"),
        (
            "const all = []; for (;;) all.push(new Array(1e6).fill(1)); export default { fetch() {} }",
            "memory",
        ),
    ] {
        let (status, document) = api.deploy("shop", source);
        assert_eq!(status, 400, "{source}: {document}");
        let message = document["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{source}: {message}");
        assert_eq!(mote.get_from_host("shop.localhost", "/").text, "good");
    }
    let (_, versions) = api.ask("GET", "accounts/acme/workers/scripts/shop/versions", &Value::Null);
    assert_eq!(
        versions["result"]["items"].as_array().unwrap().len(),
        1,
        "what was refused left nothing behind"
    );
    eventually("cells that code was tried in are gone", || {
        (!door.cells().iter().any(|cell| cell["suspect"].is_string())).then_some(())
    });
}

#[test]
fn nobody_gets_in_without_the_token() {
    let (mote, _door, api) = node();
    for token in ["", "wrong", &"0".repeat(64)] {
        let stranger = api.with_token(token);
        for (method, path) in [
            ("GET", "user"),
            ("GET", "accounts"),
            ("GET", "accounts/acme/workers/scripts"),
            ("PUT", "accounts/acme/workers/scripts/shop"),
            ("DELETE", "accounts/acme/workers/scripts/shop"),
            ("GET", "nonsense"),
        ] {
            let (status, document) = stranger.ask(method, path, &Value::Null);
            assert_eq!(status, 401, "{method} {path}: {document}");
            assert_eq!(document["errors"][0]["code"], 10_000);
        }
    }
    for entry in std::fs::read_dir(mote.data()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() == "mote.pid" {
            continue;
        }
        let mode = std::os::unix::fs::PermissionsExt::mode(&entry.metadata().unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "others on the machine may not read {:?}", entry.file_name());
    }
}

#[test]
fn a_secret_is_in_no_answer_and_in_no_file() {
    let (mote, _door, api) = node();
    api.deploy("shop", "export default { fetch: (request, env) => new Response(env.KEY) }");
    let secret = "the-very-secret-text";
    let body = json!({"name": "KEY", "text": secret, "type": "secret_text"});
    assert_eq!(api.ask("PUT", "accounts/acme/workers/scripts/shop/secrets", &body).0, 200);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, secret);
    let (_, versions) = api.ask("GET", "accounts/acme/workers/scripts/shop/versions", &Value::Null);
    let newest = versions["result"]["items"][0]["id"].as_str().unwrap().to_owned();
    for path in ["secrets", "settings", "versions", &format!("versions/{newest}"), "deployments"] {
        let (status, document) =
            api.ask("GET", &format!("accounts/acme/workers/scripts/shop/{path}"), &Value::Null);
        assert_eq!(status, 200, "{path}: {document}");
        assert!(!document.to_string().contains(secret), "{path}");
    }
    for entry in std::fs::read_dir(mote.data()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{}", path.display());
    }
    assert!(!mote.output().contains(secret));
}

#[test]
fn bad_input_gets_its_reason_and_changes_nothing() {
    let (mote, _door, api) = node();
    assert_eq!(api.deploy("shop", &says("good")).0, 200);
    let scripts = "accounts/acme/workers/scripts";
    let main: &[(&str, &str, &[u8])] =
        &[("index.js", "application/javascript+module", b"export default {fetch(){}}")];
    let meta = json!({"main_module": "index.js"});
    let many: Vec<(String, Vec<u8>)> = (0..1_001).map(|n| (format!("m{n}.js"), b"1".to_vec())).collect();
    let many: Vec<(&str, &str, &[u8])> = many
        .iter()
        .map(|(name, code)| (name.as_str(), "application/javascript+module", code.as_slice()))
        .collect();
    let large = json!({"main_module": "index.js", "annotations": {"workers/message": "x".repeat(2 << 20)}});
    for (name, form, expected) in [
        ("no form", b"nonsense".to_vec(), "form"),
        ("no metadata", form(&json!(null), main), "metadata"),
        ("no main", form(&json!({}), main), "main_module"),
        ("main is missing", form(&json!({"main_module": "other.js"}), main), "other.js"),
        ("a path upwards", form(&meta, &[("../../etc/passwd", "text/plain", b"x"), main[0]]), "segment"),
        ("the same twice", form(&meta, &[main[0], main[0]]), "two modules"),
        ("an unknown type", form(&meta, &[("index.js", "image/png", b"x")]), "image/png"),
        ("a thousand and one modules", form(&meta, &many), "1001"),
        ("huge metadata", form(&large, main), "larger than"),
        (
            "a broken binding",
            form(&json!({"main_module": "index.js", "bindings": [{"name": "A"}]}), main),
            "`type`",
        ),
        (
            "broken Wasm",
            form(
                &meta,
                &[
                    ("a.wasm", "application/wasm", b"nonsense"),
                    ("index.js", main[0].1, b"import a from './a.wasm'; export default {fetch(){}}"),
                ],
            ),
            "magic word",
        ),
    ] {
        let (status, document) = api.send_form("PUT", &format!("{scripts}/shop"), &form);
        assert!((400..500).contains(&status), "{name}: {status} {document}");
        let message = document["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{name}: {message}");
    }
    for (method, path, body) in [
        ("PUT", format!("{scripts}/-shop/secrets"), json!({"name": "A", "text": "b"})),
        ("PUT", format!("{scripts}/..%2f/secrets"), json!({"name": "A", "text": "b"})),
        ("PUT", format!("{scripts}/shop/secrets"), json!({"name": "A B", "text": "b"})),
        ("PUT", format!("{scripts}/shop/secrets"), json!({"name": "A", "text": "b".repeat(6 << 10)})),
        ("PUT", format!("{scripts}/shop/routes"), json!([{"pattern": "ex*mple.com/"}])),
        ("PUT", format!("{scripts}/shop/routes"), json!([{"pattern": "example.com/*"}, "EXAMPLE.com/*"])),
        ("PUT", format!("{scripts}/nobody/routes"), json!(["example.com/*"])),
        ("POST", format!("{scripts}/shop/deployments"), json!({"strategy": "percentage", "versions": []})),
        ("DELETE", format!("{scripts}/nobody"), Value::Null),
        ("DELETE", "accounts/other/workers/scripts/shop".to_owned(), Value::Null),
        ("GET", "accounts/a.b/workers/scripts".to_owned(), Value::Null),
    ] {
        let (status, document) = api.ask(method, &path, &body);
        assert!((400..500).contains(&status), "{method} {path}: {status} {document}");
        assert_eq!(document["success"], false);
    }
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "good");
}
