//! The documentation's examples, its limits, and what a file may try.

use super::*;

/// The headers of a file without a fault.
fn sound(text: &str) -> Headers {
    let parsed = Headers::parse(text);
    assert_eq!(parsed.warnings, [], "{text}");
    parsed.rules
}

/// A response's headers, one line each, after all changes.
fn applied(rules: &Headers, url: &str, before: &[(&'static str, &'static str)]) -> Vec<String> {
    let (host, path) = url.split_at(url.find('/').unwrap());
    let mut headers = HeaderMap::new();
    for (name, value) in before {
        headers.append(*name, HeaderValue::from_static(value));
    }
    rules.of(host, path).into_iter().for_each(|op| op.apply(&mut headers));
    let mut lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    lines.sort();
    lines
}

fn problems(text: &str) -> Vec<(usize, Problem)> {
    Headers::parse(text).warnings.iter().map(|warning| (warning.line, warning.problem)).collect()
}

#[test]
fn the_documentations_example_means_what_it_says() {
    let rules = sound(
        "# This is a comment\n/secure/page\n\tX-Frame-Options: DENY\n\tX-Content-Type-Options: nosniff\n\
         \tReferrer-Policy: no-referrer\n\n/static/*\n\tAccess-Control-Allow-Origin: *\n\tX-Robots-Tag: nosnippet\n\n\
         https://myworker.mysubdomain.workers.dev/*\n\tX-Robots-Tag: noindex\n",
    );
    let secure = ["referrer-policy: no-referrer", "x-content-type-options: nosniff", "x-frame-options: DENY"];
    assert_eq!(applied(&rules, "custom.domain/secure/page", &[]), secure);
    assert_eq!(
        applied(&rules, "custom.domain/static/image.jpg", &[]),
        ["access-control-allow-origin: *", "x-robots-tag: nosnippet"]
    );
    let workers = "myworker.mysubdomain.workers.dev";
    assert_eq!(applied(&rules, &format!("{workers}/home"), &[]), ["x-robots-tag: noindex"]);
    assert_eq!(applied(&rules, &format!("{workers}:8787/secure/page"), &[]).len(), 4);
    assert_eq!(
        applied(&rules, &format!("{workers}/static/styles.css"), &[]),
        ["access-control-allow-origin: *", "x-robots-tag: nosnippet, noindex"]
    );
    assert_eq!(applied(&rules, "custom.domain/", &[]), Vec::<String>::new());
}

#[test]
fn a_header_replaces_the_responses_own_and_adds_to_the_files() {
    let rules = sound(
        "/*\n  ETag: mine\n  X-A: 1\n  X-A: 2\n  Set-Cookie: a=1\n/b/*\n  x-a: 3\n  Set-Cookie: b=2\n  Set-Cookie: c=3\n",
    );
    let before = &[("etag", "\"x\""), ("x-a", "0"), ("x-a", "00"), ("server", "mote")];
    assert_eq!(
        applied(&rules, "h/b/", before),
        [
            "etag: mine",
            "server: mote",
            "set-cookie: a=1",
            "set-cookie: b=2",
            "set-cookie: c=3",
            "x-a: 1, 2, 3"
        ]
    );
}

#[test]
fn a_header_is_taken_away_by_a_later_rule_and_may_be_set_again() {
    let rules = sound(
        "/*\n  Content-Security-Policy: default-src 'self';\n/*.jpg\n  ! Content-Security-Policy\n/plain/*\n  ! ETag\n\
         /again/*\n  Content-Security-Policy: x\n  ! content-security-policy\n",
    );
    let before = &[("etag", "\"x\"")];
    let policy = "content-security-policy: default-src 'self';";
    assert_eq!(applied(&rules, "h/a", before), [policy, "etag: \"x\""]);
    assert_eq!(applied(&rules, "h/a.jpg", before), ["etag: \"x\""]);
    assert_eq!(applied(&rules, "h/plain/", before), [policy]);
    // Within a rule, what is taken away goes first, wherever it stands.
    assert_eq!(applied(&rules, "h/again/", before), ["content-security-policy: x", "etag: \"x\""]);
}

#[test]
fn values_of_the_path_and_host_are_put_in() {
    let rules = sound(
        "/movies/:title\n  x-movie-name: You are watching \":title\"\n/art/*\n  Link: </:splat>, </:splat.css>\n\
         https://:project.pages.dev/*\n  Access-Control-Allow-Origin: https://staging.:project.pages.dev/\n",
    );
    assert_eq!(
        applied(&rules, "h/movies/Am%C3%A9lie", &[]),
        ["x-movie-name: You are watching \"Am%C3%A9lie\""]
    );
    assert_eq!(applied(&rules, "h/art/a/b", &[]), ["link: </a/b>, </a/b.css>"]);
    assert_eq!(
        applied(&rules, "Mine.pages.dev/", &[]),
        ["access-control-allow-origin: https://staging.mine.pages.dev/"]
    );
}

#[test]
fn a_line_that_does_not_hold_has_its_number_and_the_others_hold() {
    let text = "c\nName: before\n/a\n  I'm invalid!\n  !x-content-type\n  But: I'm okay!\n  ! Content-Type: json\n  :\n  x:\n\
                  x y: z\n/b\n/c\n  ok: 1\n/d";
    assert_eq!(
        problems(text),
        [
            (1, Problem::NoPath),
            (2, Problem::NoPath),
            (4, Problem::NotAHeader),
            (5, Problem::NotAHeader),
            (7, Problem::HeaderName),
            (8, Problem::HeaderName),
            (9, Problem::NoValue),
            (10, Problem::HeaderName),
            (11, Problem::NoHeader),
            (14, Problem::NoHeader),
        ]
    );
    let rules = Headers::parse(text).rules;
    assert_eq!(applied(&rules, "h/a", &[]), ["but: I'm okay!"]);
    assert_eq!(applied(&rules, "h/c", &[]), ["ok: 1"]);
}

#[test]
fn the_headers_of_a_path_that_cannot_be_read_are_no_others() {
    for (path, problem) in [
        ("http://nah.example/blog", Problem::Source),
        ("https://nah.example:8080", Problem::Port),
        ("https://*.pages.dev/*", Problem::SplatTwice),
        ("/blog/*/posts/*", Problem::SplatTwice),
        ("/blog/*/:splat", Problem::NameTwice),
    ] {
        let text = format!("/a\n  x: 1\n{path}\n  x: 2\n  nonsense\n/b\n  x: 3\n");
        assert_eq!(problems(&text), [(3, problem)], "{path}");
        assert_eq!(applied(&Headers::parse(&text).rules, "h/a", &[]), ["x: 1"], "{path}");
    }
}

#[test]
fn a_header_whose_value_is_a_url_is_no_path() {
    let rules = sound("/*\n  Access-Control-Allow-Origin:https://x.example\n  Location : /y\n  !odd: 1\n");
    assert_eq!(
        applied(&rules, "h/", &[]),
        ["!odd: 1", "access-control-allow-origin: https://x.example", "location: /y"]
    );
}

#[test]
fn a_file_never_says_how_a_response_is_sent() {
    for line in [
        "Content-Length: 0",
        "TRANSFER-ENCODING: chunked",
        "Connection: close",
        "! Content-Length",
        "Upgrade: h2c",
    ] {
        assert_eq!(problems(&format!("/*\n  {line}\n  x: 1"))[0], (2, Problem::Framing), "{line}");
    }
}

#[test]
fn a_value_never_breaks_out_of_its_header() {
    let bad = |line| (line, Problem::HeaderValue);
    assert_eq!(problems("/*\n  x: a\rb: c\n  y: \u{1}\n  z: a\0\n  ok: 1"), [bad(2), bad(3), bad(4)]);
    let rules = sound("/*\n  x: :splat\n  y: é\n");
    assert_eq!(applied(&rules, "h/a\r\nset-cookie: b", &[]), ["y: é"]);
}

#[test]
fn limits_hold_at_the_bound_and_not_one_past_it() {
    let text: String = (0..=RULES_MAX).map(|index| format!("/a/{index}\n  x: {index}\n")).collect();
    assert_eq!(problems(&text), [(2 * RULES_MAX + 1, Problem::TooManyRules { max: RULES_MAX })]);
    let rules = Headers::parse(&text).rules;
    assert_eq!(applied(&rules, "h/a/99", &[]), ["x: 99"]);
    assert_eq!(applied(&rules, "h/a/100", &[]), Vec::<String>::new());

    let line = |length: usize| format!("/*\n  x: {}\n", "y".repeat(length - 5));
    assert_eq!(problems(&line(2_000)), []);
    let long = (2, Problem::LineTooLong { chars_max: 2_000 });
    assert_eq!(problems(&line(2_001)), [long, (1, Problem::NoHeader)].into_iter().rev().collect::<Vec<_>>());
}

#[test]
fn a_long_path_never_takes_away_a_header_that_does_not_name_it() {
    let text = format!("/*\n  x: {}\n  Content-Security-Policy: y\n", ":splat".repeat(300));
    let rules = sound(&text);
    let path = format!("h/{}", "a".repeat(100 << 10));
    assert_eq!(applied(&rules, &path, &[]), ["content-security-policy: y"]);
    assert_eq!(applied(&rules, "h/a", &[]).len(), 2);
}

#[test]
fn what_a_request_adds_never_grows_past_its_bound() {
    let lines: String = (0..500).map(|index| format!("  x-{index}: {}\n", ":splat".repeat(100))).collect();
    let rules = sound(&format!("/*\n{lines}"));
    let added: usize = rules
        .of("h", &format!("/{}", "a".repeat(100)))
        .iter()
        .map(|op| match op {
            HeaderOp::Set { value, .. } | HeaderOp::Append { value, .. } => value.len(),
            HeaderOp::Remove { .. } => 0,
        })
        .sum();
    assert!((1..=FILLED_BYTES_MAX).contains(&added), "{added}");
}

#[test]
fn a_response_with_more_headers_than_a_map_holds_is_no_panic() {
    let mut headers = HeaderMap::new();
    for index in 0..40_000 {
        let name = HeaderName::try_from(format!("x-{index}")).unwrap();
        let value = HeaderValue::from_static("y");
        HeaderOp::Set { name: name.clone(), value: value.clone() }.apply(&mut headers);
        HeaderOp::Append { name, value }.apply(&mut headers);
    }
    assert!(headers.len() > 10_000);
}

#[test]
fn a_header_that_is_set_again_and_again_is_put_together_once() {
    let lines = format!("  x: {}\n", "y".repeat(90)).repeat(10_000);
    let rules = sound(&format!("/*\n{lines}").chars().take(1 << 19).collect::<String>());
    let ops = rules.of("h", "/");
    assert!(matches!(ops.as_slice(), [HeaderOp::Set { value, .. }] if value.len() > 400_000));
}
