//! Clients of other people's APIs.

use std::sync::atomic::{AtomicU32, Ordering};

use mote_blackbox::{Upstream, Visitor};
use mote_ecosystem_tests::{Worker, deployed};
use serde_json::{Value, json};

#[test]
fn openai_asks_streams_uploads_and_tries_again() {
    let tries = AtomicU32::new(0);
    let upstream = Upstream::serve(move |mut visitor| {
        let body = visitor.body();
        assert!(
            visitor.head.to_lowercase().contains("authorization: bearer sk-test\r\n"),
            "{}",
            visitor.head
        );
        match visitor.path() {
            "/v1/models/gone" => visitor.send(
                "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 38\r\n\r\n\
                 {\"error\":{\"message\":\"no such model\"}}\r\n",
            ),
            "/v1/models/busy" if tries.fetch_add(1, Ordering::Relaxed) == 0 => {
                visitor.send("HTTP/1.1 503 Busy\r\nretry-after-ms: 5\r\ncontent-length: 0\r\n\r\n");
            }
            "/v1/models/busy" => visitor.answer("application/json", r#"{"id":"busy"}"#),
            "/v1/files" => {
                let whole = body.contains("name=\"purpose\"")
                    && body.contains("filename=\"lines.jsonl\"")
                    && body.contains("{\"a\":1}");
                visitor.answer("application/json", &json!({ "id": "file-1", "whole": whole }).to_string());
            }
            "/v1/chat/completions" if body.contains("\"stream\":true") => {
                visitor.begin("text/event-stream");
                visitor.chunk(&format!("data: {}\n\n", chunk(&json!({ "role": "assistant" }), None)));
                for piece in ["fo", "ur"] {
                    visitor.chunk(&format!("data: {}\n\n", chunk(&json!({ "content": piece }), None)));
                }
                visitor.chunk(&format!("data: {}\n\ndata: [DONE]\n\n", chunk(&json!({}), Some("stop"))));
                visitor.end();
            }
            "/v1/chat/completions" => {
                let asked: Value = serde_json::from_str(&body).expect("the question is JSON");
                let text =
                    format!("{} is four", asked["messages"][0]["content"].as_str().unwrap_or_default());
                let answer = json!({ "id": "c1", "object": "chat.completion", "choices": [{ "index": 0, "message": { "role": "assistant", "content": text } }] }).to_string();
                visitor.send(&format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: r1\r\ncontent-length: {}\r\n\r\n{answer}", answer.len()));
            }
            path => panic!("{path}"),
        }
    });
    let base = format!("{}/v1", upstream.origin());
    let worker = Worker::named("openai").with_variable("https://api.openai.example/v1", &base).in_dev();
    assert_eq!(worker.get("/whole").json(), json!({ "text": "2 + 2? is four", "request_id": "r1" }));
    assert_eq!(
        worker.get("/failing").json(),
        json!({ "known": true, "status": 404, "message": "404 no such model" })
    );
    assert_eq!(worker.get("/again").json()["id"], "busy");
    assert_eq!(worker.get("/upload").json(), json!({ "id": "file-1", "whole": true }));
    assert_eq!(worker.get("/helper").json(), json!({ "pieces": ["fo", "ur"], "whole": "four" }));
    let lines: Vec<Value> = worker
        .get("/stream")
        .text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON lines"))
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[2]["choices"][0]["delta"]["content"], "ur");
    assert_eq!(lines[3]["choices"][0]["finish_reason"], "stop");
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    json!({ "id": "c1", "object": "chat.completion.chunk", "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] })
}

#[test]
fn axios_and_ky_send_try_again_and_report_failures() {
    let tries = AtomicU32::new(0);
    let upstream = Upstream::serve(move |mut visitor| match visitor.path() {
        "/echo?q=x+y" => {
            let body = visitor.body();
            let seen = json!({ "body": body, "from": header(&visitor, "x-from"), "type": header(&visitor, "content-type") });
            visitor.answer("application/json", &seen.to_string());
        }
        "/busy" if tries.fetch_add(1, Ordering::Relaxed) == 0 => {
            visitor.send("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
        }
        "/busy" => visitor.answer("text/plain", "done"),
        _ => visitor.send("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
    });
    let worker = Worker::named("clients").with_variable("https://api.example", &upstream.origin()).in_dev();
    assert_eq!(
        worker.get("/axios").json(),
        json!({
            "data": { "body": "{\"a\":[1,2]}", "from": "axios", "type": "application/json", "seen": true },
            "status": 200, "type": "application/json",
            "failure": { "known": true, "code": "ERR_BAD_REQUEST", "status": 404 },
        })
    );
    assert_eq!(
        worker.get("/ky").json(),
        json!({
            "data": { "body": "{\"b\":true}", "from": "ky", "type": "application/json" },
            "again": "done", "failure": { "known": true, "status": 404 },
        })
    );
}

#[test]
fn aws4fetch_signs_as_aws_does() {
    let signed = deployed("clients").get("/aws").json();
    // The case "get-vanilla" of AWS's tests for signatures of version 4.
    let vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    let scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date";
    assert_eq!(signed["authorization"], format!("AWS4-HMAC-SHA256 Credential={scope}, Signature={vanilla}"));
    assert_eq!(signed["link"], "4cc7e0b72616fa79700d250dd9bc4a21d2c0ca120d32f89121c3d0576adc3a46");
}

fn header(visitor: &Visitor, name: &str) -> String {
    let lines = visitor.head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).collect()
}
