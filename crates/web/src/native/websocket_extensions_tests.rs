use super::*;

const BOTH: &str = "permessage-deflate; client_no_context_takeover; server_no_context_takeover";

/// What a server answers that has no wishes of its own.
fn answered(offered: &str) -> Option<String> {
    answered_to(offered, offered)
}

fn answered_to(offered: &str, wanted: &str) -> Option<String> {
    answer(offered, wanted).map(|(value, _)| value.to_str().unwrap().to_owned())
}

#[test]
fn whatever_is_offered_every_message_is_compressed_by_itself() {
    for offered in [
        "permessage-deflate",
        " permessage-deflate ",
        "permessage-deflate ; ",
        "permessage-deflate;server_no_context_takeover",
        BOTH,
    ] {
        assert_eq!(answered(offered).as_deref(), Some(BOTH), "{offered}");
    }
    // As browsers offer it.
    assert_eq!(
        answered("permessage-deflate; client_max_window_bits").as_deref(),
        Some(&*format!("{BOTH}; client_max_window_bits=15"))
    );
    assert_eq!(
        answered("permessage-deflate; server_max_window_bits = 10;\tclient_max_window_bits=8").as_deref(),
        Some(&*format!("{BOTH}; client_max_window_bits=8; server_max_window_bits=10"))
    );
}

#[test]
fn an_offer_with_anything_wrong_in_it_is_passed_over() {
    let wrong = [
        "",
        ",",
        ";",
        "permessage-deflate;;",
        "permessage-deflate; ; server_no_context_takeover",
        "x-webkit-deflate-frame",
        "permessage-deflate2",
        "Permessage-Deflate",
        "permessage-deflate; unknown",
        "permessage-deflate; unknown=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=9; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=",
        "permessage-deflate; client_max_window_bits=",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=09",
        "permessage-deflate; server_max_window_bits=+9",
        "permessage-deflate; server_max_window_bits=1e1",
        "permessage-deflate; server_max_window_bits=\"9\"",
        "permessage-deflate; server_max_window_bits=99999999999999999999",
        "permessage-deflate; client_max_window_bits=-9",
        "permessage-deflate; client_max_window_bits=0",
        "permessage-deflate; SERVER_NO_CONTEXT_TAKEOVER",
    ];
    for offered in wrong {
        assert_eq!(answered(offered), None, "{offered}");
        assert!(offer(offered).is_none(), "{offered}");
        let next = format!("{offered}, permessage-deflate; server_max_window_bits=12");
        let expected = format!("{BOTH}; server_max_window_bits=12");
        assert_eq!(answered(&next), Some(expected), "{next}");
    }
}

#[test]
fn a_worker_that_wants_something_gets_what_its_client_can_do_too() {
    let chrome = "permessage-deflate; client_max_window_bits";
    assert_eq!(answered_to(chrome, ""), None);
    assert_eq!(answered_to(chrome, "x-other"), None);
    assert_eq!(answered_to("", "permessage-deflate"), None);
    assert_eq!(answered_to(chrome, "permessage-deflate").as_deref(), Some(BOTH));
    let narrow = "permessage-deflate; client_max_window_bits=10; server_max_window_bits=11";
    assert_eq!(
        answered_to(chrome, narrow),
        Some(format!("{BOTH}; client_max_window_bits=10; server_max_window_bits=11"))
    );
    // A client that names no window of its own cannot be told one.
    assert_eq!(answered_to("permessage-deflate", narrow), Some(format!("{BOTH}; server_max_window_bits=11")));
    let narrower = "permessage-deflate; client_max_window_bits=9; server_max_window_bits=9";
    assert_eq!(
        answered_to(narrower, narrow),
        Some(format!("{BOTH}; client_max_window_bits=9; server_max_window_bits=9"))
    );
    let (_, deflate) = answer(narrower, narrow).unwrap();
    assert_eq!(deflate, Deflate { window_bits: 9, history: History::Forgotten });
    assert_eq!(answer(chrome, chrome).unwrap().1.window_bits, 15);
}

#[test]
fn a_client_offers_what_is_wanted_of_it_and_nothing_that_cannot_be_done() {
    let text = |wanted| offer(wanted).map(|offer| offer.text.to_str().unwrap().to_owned());
    assert_eq!(text("permessage-deflate").as_deref(), Some(BOTH));
    assert_eq!(
        text(
            "x-other, permessage-deflate; client_max_window_bits, permessage-deflate; server_max_window_bits=9"
        ),
        Some(format!("{BOTH}; client_max_window_bits=15, {BOTH}; server_max_window_bits=9"))
    );
    assert_eq!(text("x-other"), None);
}

#[test]
fn a_client_does_as_the_server_says_and_no_more_than_it_offered_itself() {
    let plain = offer("permessage-deflate");
    let narrow = offer("permessage-deflate; client_max_window_bits=10");
    let forgotten = |window_bits| Ok(Some(Deflate { window_bits, history: History::Forgotten }));
    assert_eq!(agreed(plain.as_ref(), None), Ok(None));
    assert_eq!(agreed(None, None), Ok(None));
    assert_eq!(agreed(None, Some(" ")), Ok(None));
    assert_eq!(agreed(plain.as_ref(), Some(BOTH)), forgotten(15));
    assert_eq!(agreed(plain.as_ref(), Some(&format!("{BOTH}; ,"))), forgotten(15));
    let told = format!("{BOTH}; client_max_window_bits=12; server_max_window_bits=8");
    assert_eq!(agreed(plain.as_ref(), Some(&told)), forgotten(12));
    assert_eq!(agreed(narrow.as_ref(), Some(&told)), forgotten(10));
    assert_eq!(agreed(narrow.as_ref(), Some(BOTH)), forgotten(10));
    let kept = Ok(Some(Deflate { window_bits: 15, history: History::Kept }));
    assert_eq!(agreed(plain.as_ref(), Some("permessage-deflate")), kept);
}

#[test]
fn an_answer_with_anything_wrong_in_it_is_none() {
    let offer = offer("permessage-deflate; client_max_window_bits");
    let wrong = [
        "x-other",
        "permessage-deflate, permessage-deflate",
        "permessage-deflate, x-other",
        "permessage-deflate; unknown",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    ];
    for answer in wrong {
        assert!(agreed(offer.as_ref(), Some(answer)).is_err(), "{answer}");
    }
    assert!(agreed(None, Some("permessage-deflate")).is_err());
}

#[test]
fn headers_that_are_there_more_than_once_are_one_list() {
    let mut headers = HeaderMap::new();
    assert_eq!(named_in(&headers), None);
    headers.append(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(""));
    assert_eq!(named_in(&headers).as_deref(), Some(""));
    headers.append(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static("permessage-deflate"));
    headers.append(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_bytes(b"\xff").unwrap());
    assert_eq!(named_in(&headers).as_deref(), Some(", permessage-deflate, "));
    assert_eq!(offers(&named_in(&headers).unwrap()).count(), 1);
}
