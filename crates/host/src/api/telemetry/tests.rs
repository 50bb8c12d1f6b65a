use super::*;
use crate::{
    logs::Text,
    trace::{Draft, Exception, Outcome, Trace, fixtures},
};

fn settled(more: &Value) -> Result<Wanted, Refusal> {
    let mut query = json!({"queryId": "x", "timeframe": {"from": 5, "to": 9}, "view": "events"});
    if let (Value::Object(query), Value::Object(more)) = (&mut query, more) {
        query.extend(more.clone());
    }
    serde_json::from_value::<Query>(query).unwrap().settle()
}

#[test]
fn a_query_of_events_is_understood() {
    let wanted = settled(&json!({"limit": 7, "offset": "12-3", "offsetDirection": "next", "parameters": {
        "datasets": ["cloudflare-workers"], "filterCombination": "and",
        "filters": [
            {"key": "$metadata.service", "operation": "eq", "type": "string", "value": "shop"},
            {"key": "$workers.outcome", "operation": "eq", "type": "string", "value": "exception"},
        ],
        "needle": {"value": "No Stock", "isRegex": false, "matchCase": false}, "calculations": [],
    }}));
    let asked = Asked {
        outcomes: vec![Outcome::Exception],
        text: Some(Text::new("no stock", Letters::SmallAndCapital)),
    };
    let expected = Wanted {
        worker: Some("shop".to_owned()),
        asked,
        from_ms: 5,
        to_ms: 9,
        events_max: 7,
        after: Some(Place { id: 12, part: 3 }),
    };
    assert_eq!(wanted, Ok(expected));
    let least = settled(&json!({})).unwrap();
    assert_eq!((least.worker, least.asked, least.events_max), (None, Asked::default(), EVENTS_DEFAULT));
}

#[test]
fn what_cannot_be_computed_is_refused_by_name() {
    let filter = |key: &str, operation: &str, value: Value| json!({"parameters": {"filters": [{"key": key, "operation": operation, "value": value}]}});
    for (more, named) in [
        (json!({"view": "calculations"}), "`calculations`"),
        (json!({"view": null}), "queries that are saved"),
        (json!({"limit": 0}), "`limit`"),
        (json!({"limit": 2_001}), "`limit`"),
        (json!({"offset": "x"}), "`offset`"),
        (json!({"offset": "-1-2"}), "`offset`"),
        (json!({"offsetDirection": "prev"}), "direction"),
        (json!({"parameters": {"calculations": [{"operator": "count"}]}}), "calculations"),
        (json!({"parameters": {"groupBys": [{"value": "x"}]}}), "groups"),
        (json!({"parameters": {"datasets": ["other"]}}), "datasets"),
        (json!({"parameters": {"needle": {"value": "a+", "isRegex": true}}}), "regular expressions"),
        (json!({"parameters": {"needle": {"value": "x".repeat(2_000)}}}), "1024 bytes"),
        (filter("$workers.cpuTimeMs", "gt", json!(5)), "`$workers.cpuTimeMs`"),
        (filter("$metadata.service", "regex", json!("a.*")), "`regex`"),
        (filter("$metadata.service", "eq", json!(5)), "wants a text"),
        (filter("$metadata.service", "eq", json!("../x")), "no name for a worker"),
        (filter("$workers.outcome", "eq", json!("fine")), "exceededCpu"),
    ] {
        let message = settled(&more).unwrap_err().message;
        assert!(message.contains(named), "{more}: {message}");
    }
    let two = json!({"key": "$metadata.service", "operation": "eq", "value": "a"});
    let or = json!({"parameters": {"filters": [two, two], "filterCombination": "or"}});
    assert!(settled(&or).unwrap_err().message.contains("one is enough"));
}

#[test]
fn an_event_is_a_line_each_an_exception_each_and_itself() {
    let mut draft: Draft = fixtures::printed("shop", vec![json!("paid"), json!({"n": 1})]).parts().clone();
    let (name, message) = ("TypeError".to_owned(), "no".to_owned());
    draft.exceptions.push(Exception { name, message, stack: None, timestamp_ms: 8 });
    draft.outcome = Outcome::Exception;
    let document = Trace::new(draft).to_json();
    let log = KeptLog { id: 12, worker: "shop".to_owned(), at_ms: 9, document };
    let parts = parts(&log);
    let of = |pointer: &str| parts.iter().map(|part| part.pointer(pointer).cloned()).collect::<Vec<_>>();
    let all = |values: [&str; 3]| values.map(|value| Some(json!(value))).to_vec();
    assert_eq!(of("/$metadata/message"), all(["paid {\"n\":1}", "TypeError: no", "GET /"]));
    assert_eq!(of("/$metadata/id"), all(["12-0", "12-1", "12-2"]));
    assert_eq!(of("/$metadata/level"), all(["log", "error", "error"]));
    assert_eq!(of("/$metadata/type"), all(["cf-worker", "cf-worker", "cf-worker-event"]));
    assert_eq!(of("/$workers/outcome"), all(["exception"; 3]));
    assert_eq!(parts[2].pointer("/$workers/event/response/status"), Some(&json!(200)));
    assert_eq!(parts[0].pointer("/$workers/event"), None);
    let strange = KeptLog { id: 1, worker: "shop".to_owned(), at_ms: 0, document: "no JSON".to_owned() };
    assert_eq!(super::parts(&strange).len(), 1);
}
