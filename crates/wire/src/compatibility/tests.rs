use super::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn settled(date: &str, flags: &[&str]) -> Result<Compatibility, Vec<InvalidCompatibility>> {
    Compatibility::settle(Some(date), flags.iter().copied(), day("2026-11-27"))
}

#[test]
fn a_date_switches_on_what_was_the_default_on_that_day_and_nothing_later() {
    let before = settled("2022-03-20", &[]).unwrap();
    let after = settled("2022-03-21", &[]).unwrap();
    assert!(!before.is_on("global_navigator") && after.is_on("global_navigator"));
    assert!(!after.is_on("websocket_standard_binary_type") && !after.is_on("nodejs_compat"));
    assert!(settled("2026-08-04", &[]).unwrap().is_on("nodejs_compat"));
}

#[test]
fn a_flag_wins_over_the_date() {
    let off = settled("2026-01-01", &["no_global_navigator"]).unwrap();
    assert!(!off.is_on("global_navigator"));
    let on = settled("2021-01-01", &["global_navigator"]).unwrap();
    assert!(on.is_on("global_navigator"));
}

#[test]
fn a_flag_implies_others_from_a_date_unless_they_are_switched_off() {
    let early = settled("2024-09-22", &["nodejs_compat"]).unwrap();
    let late = settled("2024-09-23", &["nodejs_compat"]).unwrap();
    assert!(!early.is_on("nodejs_compat_v2") && late.is_on("nodejs_compat_v2") && late.is_on("nodejs_zlib"));
    let without = settled("2024-09-23", &["nodejs_compat", "no_nodejs_compat_v2"]).unwrap();
    assert!(without.is_on("nodejs_compat") && !without.is_on("nodejs_compat_v2"));
    assert!(without.is_on("nodejs_zlib"));
    // What is implied implies what stands below it.
    let http = settled("2025-09-01", &["nodejs_compat"]).unwrap();
    assert!(http.is_on("enable_nodejs_http_server_modules"));
}

#[test]
fn what_is_always_on_cannot_be_switched_off_and_a_remark_says_so() {
    let old = settled("2021-11-02", &["url_original"]).unwrap();
    assert!(old.is_on("url_standard"));
    let said = remarks(["url_original", "no_global_navigator", "rtti_api", "python_workers", "unknown"]);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("`url_original`") && said[0].contains("`url_standard`"));
    assert!(said[1].contains("`rtti_api`") && said[1].contains("experimental"));
}

#[test]
fn unknown_flags_are_refused_with_the_nearest_one() {
    let errors = settled("2026-01-01", &["nodejs_compat_v3", "frobnicate", "nodejs-compat"]).unwrap_err();
    let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(texts[0], "No such compatibility flag: nodejs_compat_v3 (did you mean nodejs_compat_v2?)");
    assert_eq!(texts[1], "No such compatibility flag: frobnicate");
    assert_eq!(texts[2], "No such compatibility flag: nodejs-compat (did you mean nodejs_compat?)");
}

#[test]
fn contradictions_and_repetitions_are_refused() {
    let errors =
        settled("2026-01-01", &["global_navigator", "no_global_navigator", "url_standard", "url_standard"]);
    let texts: Vec<_> = errors.unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("multiple times: url_standard"));
    assert!(texts[1].contains("contradictory: global_navigator vs no_global_navigator"));
}

#[test]
fn a_date_that_is_none_or_still_to_come_is_refused() {
    let future = settled("2026-11-28", &[]).unwrap_err();
    assert!(future[0].to_string().contains("in the future: 2026-11-28"), "{future:?}");
    assert!(settled("2026-11-27", &[]).is_ok());
    assert!(matches!(settled("soon", &[]).unwrap_err()[0], InvalidCompatibility::NoDate { .. }));
}

#[test]
fn no_list_of_flags_is_too_long_to_be_refused() {
    let many = Compatibility::settle(None, std::iter::repeat_n("url_standard", 1_000_000), Date::MAX);
    assert!(matches!(many.unwrap_err().last(), Some(InvalidCompatibility::TooMany { count: 1_000_000 })));
    let long = "x".repeat(1 << 20);
    let errors = Compatibility::settle(None, [long.as_str()], Date::MAX).unwrap_err();
    assert!(errors[0].to_string().len() < 200);
}

#[test]
fn what_was_kept_starts_whatever_has_become_of_its_flags() {
    let kept = Compatibility::kept(Some("2023-01-01"), ["gone_since", "no_global_navigator"]);
    assert!(!kept.is_on("global_navigator") && !kept.is_on("nodejs_compat"));
    assert!(Compatibility::kept(Some("nonsense"), []).is_on("nodejs_compat"));
}

#[test]
fn the_set_travels_as_digits() {
    let some = settled("2024-09-23", &["nodejs_compat", "no_global_navigator"]).unwrap();
    let json = serde_json::to_string(&some).unwrap();
    assert_eq!(serde_json::from_str::<Compatibility>(&json).unwrap(), some);
    assert_ne!(some.to_string(), settled("2024-09-23", &[]).unwrap().to_string());
    for wrong in ["\"\"", "\"00\"", "1", "\"zzzzzzzzzzzzzzzz\"", &format!("\"{}\"", "é".repeat(32))] {
        assert!(serde_json::from_str::<Compatibility>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn every_behaviour_has_one_name_and_one_state() {
    let all: Vec<_> = settled("2021-01-01", &[]).unwrap().all().collect();
    assert_eq!(all.len(), Flag::all().len());
    assert!(all.contains(&("url_standard", true)) && all.contains(&("nodejs_compat", false)));
    assert!(!all.iter().any(|(name, _)| *name == "url_original"));
}
