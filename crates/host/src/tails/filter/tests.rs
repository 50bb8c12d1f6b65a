use http::HeaderValue;
use mote_mutator::Mutator;
use serde_json::json;

use super::*;
use crate::trace::fixtures::{printed, request, scheduled};

fn filters(list: &Value) -> Filters {
    Filters::parse(&json!({ "filters": list }), Some([192, 0, 2, 1].into())).unwrap()
}

fn wants(list: &Value, trace: &Trace) -> bool {
    filters(list).want(trace, || panic!("no random number is needed"))
}

fn asked(change: impl FnOnce(&mut Fetch)) -> Trace {
    let mut draft = request("shop", "https://shop.example.com/");
    let Event::Fetch(fetch) = &mut draft.event else { panic!("it is a request") };
    change(fetch);
    Trace::new(draft)
}

#[test]
fn no_filter_wants_everything() {
    for said in [json!({}), json!(null), json!({"filters": null}), json!({"filters": []})] {
        let filters = Filters::parse(&said, None).unwrap();
        assert!(filters.want(&printed("shop", vec![]), || 0), "{said}");
        assert!(filters.want(&Trace::new(scheduled("shop")), || 0), "{said}");
    }
}

#[test]
fn each_filter_wants_what_it_says() {
    let get = asked(|fetch| {
        fetch.headers.append("x-a", HeaderValue::from_static("one"));
        fetch.headers.append("x-a", HeaderValue::from_static("two"));
        fetch.headers.append("cookie", HeaderValue::from_static("hush"));
    });
    for (filter, wanted) in [
        (json!({"outcome": ["ok"]}), true),
        (json!({"outcome": ["exception", "exceededCpu"]}), false),
        (json!({"method": ["POST", "get"]}), true),
        (json!({"method": "GET"}), true),
        (json!({"method": ["POST"]}), false),
        (json!({"header": {"key": "X-A"}}), true),
        (json!({"header": {"key": "x-a", "query": ""}}), true),
        (json!({"header": {"key": "x-a", "query": "tw"}}), true),
        (json!({"header": {"key": "x-a", "query": "three"}}), false),
        (json!({"header": {"key": "x-b"}}), false),
        (json!({"header": {"key": "cookie", "query": "hush"}}), false),
        (json!({"client_ip": ["203.0.113.9", "192.0.2.1"]}), true),
        (json!({"client_ip": ["::ffff:192.0.2.1"]}), true),
        (json!({"client_ip": ["self"]}), true),
        (json!({"client_ip": ["2001:db8::1"]}), false),
        (json!({"scriptVersion": "11111111-2222-4333-8444-555555555555"}), true),
        (json!({"scriptVersion": "11111111"}), false),
    ] {
        assert_eq!(wants(&json!([filter]), &get), wanted, "{filter}");
    }
    assert!(!wants(&json!([{"outcome": ["ok"]}, {"method": ["POST"]}]), &get), "all of them must hold");
}

#[test]
fn text_is_looked_for_in_what_was_printed() {
    let trace = printed("shop", vec![json!("paid by ann"), json!({"total": [12, true]})]);
    for (text, wanted) in [("by ann", true), ("\"total\":[12", true), ("shop", false), ("Paid", false)] {
        assert_eq!(wants(&json!([{"query": text}]), &trace), wanted, "{text}");
    }
}

#[test]
fn what_is_no_request_passes_no_filter_of_requests() {
    let cron = Trace::new(scheduled("shop"));
    for filter in
        [json!({"method": ["GET"]}), json!({"header": {"key": "a"}}), json!({"client_ip": ["192.0.2.1"]})]
    {
        assert!(!wants(&json!([filter]), &cron), "{filter}");
    }
    assert!(wants(&json!([{"outcome": ["ok"]}]), &cron));
}

#[test]
fn who_asks_for_errors_sees_those_that_wrangler_has_no_word_for() {
    let errors = json!([{"outcome": ["exception", "exceededCpu", "exceededMemory", "unknown"]}]);
    for outcome in Outcome::ALL {
        let trace = Trace::new(Draft { outcome, ..request("shop", "https://a/") });
        assert_eq!(wants(&errors, &trace), outcome.is_failure(), "{outcome:?}");
    }
}

#[test]
fn a_rate_is_a_part_of_all_events() {
    let half = filters(&json!([{"sampling_rate": 0.5}]));
    let trace = printed("shop", vec![]);
    for (draw, wanted) in [(0, true), ((1 << 31) - 1, true), (1 << 31, false), (u32::MAX, false)] {
        assert_eq!(half.want(&trace, || draw), wanted, "{draw}");
    }
    assert!(filters(&json!([{"sampling_rate": 1}])).want(&trace, || u32::MAX));
}

#[test]
fn what_is_no_filter_is_refused() {
    let long = "x".repeat(WORD_BYTES_MAX + 1);
    for filter in [
        json!(3),
        json!({}),
        json!({"outcome": ["ok"], "method": ["GET"]}),
        json!({"outcome": []}),
        json!({"outcome": ["fine"]}),
        json!({"outcome": vec!["ok"; CHOICES_MAX + 1]}),
        json!({"method": ["G T"]}),
        json!({"method": [1]}),
        json!({"method": [long]}),
        json!({"header": "x"}),
        json!({"header": {"key": "a b"}}),
        json!({"header": {"key": ""}}),
        json!({"header": {"key": "a", "query": 3}}),
        json!({"header": {"key": "a", "query": long}}),
        json!({"client_ip": ["everybody"]}),
        json!({"client_ip": [null]}),
        json!({"sampling_rate": 0}),
        json!({"sampling_rate": 1.01}),
        json!({"sampling_rate": -1}),
        json!({"sampling_rate": "half"}),
        json!({"query": ""}),
        json!({"query": long}),
        json!({"scriptVersion": ["a"]}),
        json!({"constructor": 1}),
    ] {
        let said = json!({"filters": [filter]});
        assert!(Filters::parse(&said, Some([1, 1, 1, 1].into())).is_err(), "{said}");
    }
    for said in [json!({"filters": {}}), json!({"filters": vec![json!({"query": "a"}); FILTERS_MAX + 1]})] {
        assert!(Filters::parse(&said, None).is_err());
    }
    let own = json!({"filters": [{"client_ip": ["self"]}]});
    assert_eq!(Filters::parse(&own, None), Err(FilterError::NoSelf));
    let many = json!({"filters": vec![json!({"query": "a".repeat(WORD_BYTES_MAX)}); FILTERS_MAX]});
    assert!(Filters::parse(&many, None).is_ok());
}

#[test]
fn spoilt_filters_are_refused_or_can_be_asked() {
    let sample = json!({"filters": [
        {"sampling_rate": 0.5}, {"outcome": ["ok", "unknown"]}, {"method": ["GET", "POST"]},
        {"header": {"key": "x-a", "query": "one"}}, {"client_ip": ["self", "2001:db8::1"]}, {"query": "text"},
        {"scriptVersion": "3f1c"},
    ]})
    .to_string();
    let words =
        ["filters", "header", "query", "key", "self", "GET", "a b", "::ffff:192.0.2.1", "sampling_rate"];
    let events = [Trace::new(scheduled("shop")), printed("shop", vec![json!("text")]), asked(|_| ())];
    let (mut taken, mut refused) = (0, 0);
    Mutator::new(&[sample.as_bytes()], &words).spoil_json(10_000, |said| {
        match Filters::parse(said, Some([192, 0, 2, 1].into())) {
            Ok(filters) => {
                taken += 1;
                assert!(filters.0.len() <= FILTERS_MAX);
                events.iter().for_each(|event| assert!(filters.want(event, || 7) || !filters.0.is_empty()));
            }
            Err(error) => {
                refused += 1;
                assert!(error.to_string().len() < 1_000, "{error}");
            }
        }
    });
    assert!(taken > 500 && refused > 500, "{taken} {refused}");
}
