use http::{HeaderName, HeaderValue};
use serde_json::json;

use super::{
    fixtures::{printed, request, scheduled},
    *,
};

fn parsed(trace: &Trace) -> Value {
    serde_json::from_str(&trace.to_json()).unwrap()
}

fn fetch(trace: &mut Draft) -> &mut Fetch {
    let Event::Fetch(fetch) = &mut trace.event else { panic!("it is a request") };
    fetch
}

#[test]
fn a_request_is_the_document_that_wrangler_prints() {
    let mut draft = request("shop", "https://shop.example.com/buy?token=abc");
    let headers = &mut fetch(&mut draft).headers;
    headers.append("accept", HeaderValue::from_static("text/html"));
    headers.append("accept", HeaderValue::from_static("*/*"));
    headers.append("cookie", HeaderValue::from_static("session=hush"));
    fetch(&mut draft).cf = Some(json!({"colo": "here"}));
    draft.outcome = Outcome::Exception;
    draft.logs.push(Log {
        level: Level::Warn,
        message: vec![json!("a"), json!({"b": [1]})],
        timestamp_ms: 7,
    });
    draft.exceptions.push(Exception {
        name: "TypeError".to_owned(),
        message: "no".to_owned(),
        stack: Some("at fetch".to_owned()),
        timestamp_ms: 8,
    });
    assert_eq!(
        parsed(&Trace::new(draft)),
        json!({
            "outcome": "exception",
            "scriptName": "shop",
            "scriptVersion": {"id": "11111111-2222-4333-8444-555555555555"},
            "event": {
                "request": {
                    "url": "https://shop.example.com/buy?token=REDACTED",
                    "method": "GET",
                    "headers": {"accept": "text/html, */*", "cookie": "REDACTED"},
                    "cf": {"colo": "here"},
                },
                "response": {"status": 200},
            },
            "eventTimestamp": 1_795_651_200_123_i64,
            "logs": [{"message": ["a", {"b": [1]}], "level": "warn", "timestamp": 7}],
            "exceptions": [{"name": "TypeError", "message": "no", "stack": "at fetch", "timestamp": 8}],
            "diagnosticsChannelEvents": [],
            "truncated": false,
            "executionModel": "stateless",
            "cpuTime": 1.5,
            "wallTime": 20.25,
        })
    );
}

#[test]
fn events_are_known_by_their_keys() {
    assert_eq!(
        parsed(&Trace::new(scheduled("shop")))["event"],
        json!({"cron": "* * * * *", "scheduledTime": 1_795_651_200_000_i64})
    );
    let event = Event::Rpc { method: "buy".to_owned() };
    let rpc = Draft { event, entrypoint: Some("Till".to_owned()), ..request("shop", "") };
    let rpc = parsed(&Trace::new(rpc));
    assert_eq!((&rpc["event"], &rpc["entrypoint"]), (&json!({"rpcMethod": "buy"}), &json!("Till")));
    let mut unanswered = request("shop", "https://a/");
    fetch(&mut unanswered).status = None;
    assert!(parsed(&Trace::new(unanswered))["event"].get("response").is_none());
}

#[test]
fn what_fits_is_kept_whole() {
    let mut draft = request("shop", &format!("https://a/{}", "x/".repeat(URL_BYTES_MAX / 2 - 5)));
    assert_eq!(fetch(&mut draft).url.len(), URL_BYTES_MAX);
    // With `["` and `"]`.
    let message = vec![json!("m".repeat(LOG_BYTES_MAX - 4))];
    draft.logs.push(Log { level: Level::Log, message, timestamp_ms: 0 });
    let trace = Trace::new(draft);
    assert!(!trace.parts().truncated);
    assert_eq!(trace.parts().logs.len(), 1);
}

#[test]
fn no_event_is_larger_than_it_may_be() {
    let mut draft = request(&"w".repeat(1 << 20), &format!("https://a/{}", "ä/".repeat(1 << 20)));
    for number in 0..1_000 {
        let name = HeaderName::from_bytes(format!("x-{number}").as_bytes()).unwrap();
        fetch(&mut draft).headers.append(name, HeaderValue::from_bytes(&[b'v'; 100]).unwrap());
    }
    fetch(&mut draft).cf = Some(json!("c".repeat(1 << 20)));
    fetch(&mut draft).method = Method::from_bytes(&[b'M'; 4_096]).unwrap();
    let log = Log { level: Level::Log, message: vec![json!("\u{1}".repeat(100))], timestamp_ms: 0 };
    draft.logs = vec![log; 10_000];
    let text = "e".repeat(1 << 20);
    let (name, message, stack) = (text.clone(), text.clone(), Some(text));
    draft.exceptions = vec![Exception { name, message, stack, timestamp_ms: 0 }; 40];
    let trace = Trace::new(draft);
    let of = trace.parts();
    assert!(of.truncated);
    assert!(of.logs.len() < LOGS_MAX && !of.logs.is_empty(), "control characters count as they are written");
    assert_eq!(of.exceptions.len(), EXCEPTIONS_MAX);
    assert!(trace.to_json().len() < 1 << 20, "{}", trace.to_json().len());
    assert_eq!(parsed(&trace)["truncated"], true);
}

#[test]
fn each_bound_is_told() {
    let many = Log { level: Level::Log, message: Vec::new(), timestamp_ms: 0 };
    let cut = |change: &dyn Fn(&mut Draft)| {
        let mut draft = request("shop", "https://a/");
        change(&mut draft);
        Trace::new(draft).parts().truncated
    };
    assert!(!cut(&|draft| draft.logs = vec![many.clone(); LOGS_MAX]));
    assert!(cut(&|draft| draft.logs = vec![many.clone(); LOGS_MAX + 1]));
    assert!(cut(&|draft| draft.entrypoint = Some("e".repeat(NAME_BYTES_MAX + 1))));
    assert!(cut(&|draft| draft.version = Some("e".repeat(NAME_BYTES_MAX + 1))));
    assert!(cut(&|draft| fetch(draft).cf = Some(json!("c".repeat(CF_BYTES_MAX)))));
    assert!(cut(&|draft| draft.truncated = true));
}

#[test]
fn a_secret_at_the_bound_is_not_cut_into_one_that_is_shown() {
    let url = format!("https://a/{}?token={}", "x/".repeat(URL_BYTES_MAX / 2 - 20), "hush".repeat(100));
    let trace = Trace::new(request("shop", &url));
    assert!(!trace.to_json().contains("hush"));
}

#[test]
fn text_of_hostile_workers_stays_json() {
    let trace = printed("shop", vec![json!("\u{0}\u{1b}[31m\u{2028}\"</script>"), json!(null)]);
    assert_eq!(parsed(&trace)["logs"][0]["message"], json!(["\u{0}\u{1b}[31m\u{2028}\"</script>", null]));
}

#[test]
fn words_of_cells_that_are_none_are_known_as_such() {
    assert_eq!(Outcome::of("exceededCpu"), Outcome::ExceededCpu);
    assert_eq!(Outcome::of("<b>"), Outcome::Unknown);
    assert_eq!(Level::of("warn"), Level::Warn);
    assert_eq!(Level::of("table"), Level::Log);
}
