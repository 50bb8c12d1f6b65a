//! Uploads that somebody has changed on the way.

use http_body_util::Full;
use mote_mutator::Mutator;
use mote_wire::bundle::MODULES_MAX;

use super::{super::upload, *};

const BOUNDARY: &str = "multipart/form-data; boundary=b";
const FORM: &[u8] = b"--b\r\ncontent-disposition: form-data; name=\"metadata\"\r\ncontent-type: application/json\r\n\r\n\
{\"main_module\":\"index.js\",\"bindings\":[{\"name\":\"A\",\"type\":\"plain_text\",\"text\":\"x\"}]}\r\n\
--b\r\ncontent-disposition: form-data; name=\"index.js\"; filename=\"index.js\"\r\n\
content-type: application/javascript+module\r\n\r\nexport default {}\r\n\
--b\r\ncontent-disposition: form-data; name=\"lib/a.txt\"\r\ncontent-type: text/plain\r\n\r\ntext\r\n\
--b\r\ncontent-disposition: form-data; name=\"index.js.map\"\r\ncontent-type: application/source-map\r\n\r\n{}\r\n--b--\r\n";

fn read(kind: &str, form: impl Into<Bytes>) -> Result<upload::Upload, Refusal> {
    let mut headers = HeaderMap::new();
    if let Ok(kind) = http::HeaderValue::from_bytes(kind.as_bytes()) {
        headers.insert(http::header::CONTENT_TYPE, kind);
    }
    run_for(upload::read(&headers, Full::new(form.into())))
}

#[test]
fn a_spoilt_form_is_refused_or_makes_a_sound_bundle() {
    assert_eq!(read(BOUNDARY, FORM).unwrap().bundle.modules().len(), 2);
    let words = [
        "--b",
        "--b--",
        "\r\n",
        "\r\n\r\n",
        "name=\"",
        "metadata",
        "index.js",
        "./",
        "../",
        "filename*=utf-8''x",
        "content-type: application/wasm\r\n",
        "content-transfer-encoding: base64\r\n",
        "multipart/mixed",
        "\0",
    ];
    let (mut taken, mut refused) = (0, 0);
    Mutator::new(&[FORM], &words).spoil(5_000, |input| match read(BOUNDARY, input.to_vec()) {
        Ok(upload) => {
            taken += 1;
            let bundle = &upload.bundle;
            assert!(bundle.content_bytes() <= input.len() && bundle.modules().len() <= MODULES_MAX);
            assert_eq!(Bundle::decode(bundle.encode()).as_ref(), Ok(bundle));
        }
        Err(refusal) => {
            refused += 1;
            assert!(refusal.status.is_client_error(), "{refusal:?}");
        }
    });
    assert!(taken > 300 && refused > 1_000, "{taken} {refused}");
}

#[test]
fn a_spoilt_content_type_is_refused_or_has_a_boundary() {
    let words = ["boundary=", "\"", ";", "multipart/", "=", "\0", "é", "b"];
    Mutator::new(&[BOUNDARY.as_bytes()], &words).spoil_text(3_000, |kind| drop(read(kind, FORM)));
}

#[test]
fn spoilt_metadata_is_refused_or_keeps_its_secrets_to_itself() {
    let sample = json!({
        "main_module": "index.js", "compatibility_date": "2026-01-01", "compatibility_flags": ["nodejs_compat"],
        "bindings": [
            {"name": "A", "type": "plain_text", "text": "x"}, {"name": "B", "type": "json", "json": {"a": [1]}},
            {"name": "C", "type": "secret_text", "text": "very-hush"}, {"name": "D", "type": "inherit", "old_name": "KEY"},
            {"name": "E", "type": "service", "service": "shop", "entrypoint": "X", "props": {"a": 1}},
            {"name": "F", "type": "version_metadata"}, {"name": "G", "type": "assets"},
            {"name": "H", "type": "kv_namespace", "namespace_id": "0123456789abcdef0123456789abcdef"},
        ],
        "keep_bindings": ["secret_text"], "annotations": {"workers/message": "m"}, "limits": {"cpu_ms": 50},
        "usage_model": "standard", "tags": ["a"], "assets": {"config": {"html_handling": "none"}},
    })
    .to_string();
    let words =
        ["name", "type", "text", "secret_text", "inherit", "KEY", "A", "service", "props", "cpu_ms", "json"];
    let before = || {
        let mut config = VersionConfig::default();
        let mut secrets = Secrets::new();
        config.set_secret(&mut secrets, "KEY", Some("very-hush".to_owned()));
        (config, secrets)
    };
    let (mut taken, mut refused) = (0, 0);
    Mutator::new(&[sample.as_bytes()], &words).spoil_json(6_000, |said| {
        let Ok(metadata) = serde_json::from_value::<upload::Metadata>(said.clone()) else {
            return refused += 1;
        };
        let Ok((config, secrets)) = config::settle(&metadata, "acme", Some(before())) else {
            return refused += 1;
        };
        taken += 1;
        let text = serde_json::to_string(&config).unwrap();
        assert!(!text.contains("very-hush"), "{text}");
        let again: VersionConfig = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
        let env: Value = serde_json::from_str(&config.env_json(&secrets, "id", 0)).unwrap();
        let named =
            config.bindings.iter().filter(|binding| !env[binding["name"].as_str().unwrap()].is_null());
        assert!(named.count() <= env.as_object().unwrap().len());
        let _ = (config.limits_patch(), config.host_bindings());
    });
    assert!(taken > 500 && refused > 500, "{taken} {refused}");
}
