//! The documentation's examples, its limits, and what a file may try.

use super::*;

fn parse(text: &str) -> Parsed<Redirects> {
    Redirects::parse(text, HtmlHandling::default())
}

/// The redirects of a file without a fault.
fn sound(text: &str) -> Redirects {
    let parsed = parse(text);
    assert_eq!(parsed.warnings, [], "{text}");
    parsed.rules
}

fn found(rules: &Redirects, path: &str) -> Option<String> {
    let redirect = rules.find("a.example", path)?;
    Some(format!("{} {}", redirect.status.as_u16(), redirect.location))
}

fn problem(line: &str) -> Option<Problem> {
    parse(line).warnings.first().map(|warning| warning.problem)
}

#[test]
fn the_documentations_example_means_what_it_says() {
    let rules = sound(
        "/home301 / 301\n/home302 / 302\n/querystrings /?query=string 301\n/twitch https://twitch.tv\n\
         /trailing /trailing/ 301\n/notrailing/ /nottrailing 301\n/page/ /page2/#fragment 301\n\
         /blog/* https://blog.my.domain/:splat\n/products/:code/:name /products?code=:code&name=:name\n",
    );
    for (path, expected) in [
        ("/home301", Some("301 /")),
        ("/home302", Some("302 /")),
        ("/querystrings", Some("301 /?query=string")),
        ("/twitch", Some("302 https://twitch.tv/")),
        ("/trailing", Some("301 /trailing/")),
        ("/trailing/", None),
        ("/notrailing/", Some("301 /nottrailing")),
        ("/page/", Some("301 /page2/#fragment")),
        ("/blog/2026/x", Some("302 https://blog.my.domain/2026/x")),
        ("/blog/", Some("302 https://blog.my.domain/")),
        ("/blog", None),
        ("/products/1/two", Some("302 /products?code=1&name=two")),
        ("/products/1", None),
        ("/HOME301", None),
    ] {
        assert_eq!(found(&rules, path).as_deref(), expected, "{path}");
    }
}

#[test]
fn every_status_is_kept_and_302_is_what_is_meant_without_one() {
    let rules = sound("/1 /x 301\n/2 /x 302\n/3 /x 303\n/7 /x 307\n/8 /x 308\n/0 /x 200\n/d /x\n");
    for (path, status) in
        [("/1", 301), ("/2", 302), ("/3", 303), ("/7", 307), ("/8", 308), ("/0", 200), ("/d", 302)]
    {
        assert_eq!(found(&rules, path), Some(format!("{status} /x")));
    }
    for status in ["404", "300", "0", "-1", "301!", "99999", "x"] {
        assert_eq!(problem(&format!("/a /b {status}")), Some(Problem::Status), "{status}");
    }
}

#[test]
fn comments_are_left_out_and_fragments_are_not() {
    let rules = sound(
        "\u{feff}# all\r\n/a /b#x 301 # this\r\n  # that\n/c /d #e\n/f https://x.example/##y # z\n\n/g /h #",
    );
    assert_eq!(found(&rules, "/a").as_deref(), Some("301 /b#x"));
    assert_eq!(found(&rules, "/c").as_deref(), Some("302 /d"));
    assert_eq!(found(&rules, "/f").as_deref(), Some("302 https://x.example/##y"));
    assert_eq!(found(&rules, "/g").as_deref(), Some("302 /h"));
}

#[test]
fn a_line_that_does_not_hold_has_its_number_and_the_others_hold() {
    let parsed = parse("/a /b\n/c\n\n# x\n/d /e 302 !important\n/a /f\n/g /h\n");
    let lines: Vec<_> = parsed.warnings.iter().map(|warning| (warning.line, warning.problem)).collect();
    assert_eq!(lines, [(2, Problem::Words), (5, Problem::Words), (6, Problem::Twice)]);
    assert_eq!(found(&parsed.rules, "/a").as_deref(), Some("302 /b"));
    assert_eq!(found(&parsed.rules, "/g").as_deref(), Some("302 /h"));
}

#[test]
fn what_is_no_redirect_is_refused() {
    for (line, expected) in [
        ("http://a.example/ /b", Problem::Source),
        ("https://a.example:8080/ /b", Problem::Port),
        ("/*/* /b", Problem::SplatTwice),
        ("/:a/:a /b", Problem::NameTwice),
        ("/a b", Problem::Destination),
        ("/a http://b.example/", Problem::Destination),
        ("/a https://", Problem::Destination),
        ("/a https://[", Problem::Destination),
        ("/a/* https://[:splat", Problem::Destination),
        ("/a https://b.example/ 200", Problem::RewriteAway),
        ("/a/* https://b.example/:splat 200", Problem::RewriteAway),
    ] {
        assert_eq!(problem(line), Some(expected), "{line}");
    }
}

#[test]
fn a_redirect_that_leads_back_to_itself_is_refused() {
    for line in [
        "/* /index.html 200",
        "/* /index 200",
        "/ /index.html",
        "/ /index",
        "/a/* /b/index.html",
        "/a/ /b/index",
    ] {
        assert_eq!(problem(line), Some(Problem::Circle), "{line}");
    }
    for line in ["/* /foo 200", "/a /index.html", "/* https://b.example/index.html"] {
        assert_eq!(problem(line), None, "{line}");
    }
    let plain = |line| Redirects::parse(line, HtmlHandling::None).warnings.len();
    assert_eq!((plain("/ /index.html"), plain("/* /index.html 200")), (0, 1));
}

#[test]
fn the_topmost_line_wins() {
    let rules = sound(
        "/both /here\nhttps://a.example/both /host\nhttps://a.example/other /host\n/other /here\n\
         /s/* /first\n/s/x /never\n/s/x/* /never\n/but/this/* /this/:splat\n/but/* /but\n",
    );
    assert_eq!(found(&rules, "/both").as_deref(), Some("302 /here"));
    assert_eq!(found(&rules, "/other").as_deref(), Some("302 /host"));
    assert_eq!(found(&rules, "/s/x").as_deref(), Some("302 /first"));
    assert_eq!(found(&rules, "/s/x/y").as_deref(), Some("302 /first"));
    assert_eq!(found(&rules, "/but/this/x").as_deref(), Some("302 /this/x"));
    assert_eq!(found(&rules, "/but/x").as_deref(), Some("302 /but"));
    let late = sound("/a/* /x\n/b /y\n/late /z\n");
    assert_eq!(found(&late, "/late").as_deref(), Some("302 /z"));
    assert_eq!(problem("/a/* /x\n/a/* /y"), Some(Problem::Twice));
    assert_eq!(problem("/b /x\n/a/* /y\n/b /z"), Some(Problem::Twice));
}

#[test]
fn a_source_may_name_its_host() {
    let rules = sound(
        "https://old.example/x https://new.example/x 301\nhttps://:shop.old.example/* https://new.example/:shop/:splat 301\n",
    );
    let at = |host, path| rules.find(host, path).map(|redirect| redirect.location);
    assert_eq!(at("old.example", "/x").as_deref(), Some("https://new.example/x"));
    assert_eq!(at("OLD.example:8787", "/x").as_deref(), Some("https://new.example/x"));
    assert_eq!(at("toys.old.example", "/a/b").as_deref(), Some("https://new.example/toys/a/b"));
    assert_eq!(at("new.example", "/x"), None);
    assert_eq!(at("", "old.example/x"), None);
    assert_eq!(at("old.example/x", ""), None);
}

#[test]
fn limits_hold_at_the_bound_and_not_one_past_it() {
    let statics: String = (0..=STATIC_MAX).map(|index| format!("/s/{index} /t\n")).collect();
    let dynamics: String = (0..=DYNAMIC_MAX).map(|index| format!("/d/{index}/* /t/:splat\n")).collect();
    let parsed = parse(&format!("{statics}{dynamics}/after /x\n"));
    let lines: Vec<_> = parsed.warnings.iter().map(|warning| (warning.line, warning.problem)).collect();
    assert_eq!(
        lines,
        [
            (STATIC_MAX + 1, Problem::TooManyStatic { max: STATIC_MAX }),
            (STATIC_MAX + DYNAMIC_MAX + 2, Problem::TooManyDynamic { max: DYNAMIC_MAX }),
        ]
    );
    assert!(found(&parsed.rules, "/s/1999").is_some() && found(&parsed.rules, "/s/2000").is_none());
    assert!(found(&parsed.rules, "/d/99/x").is_some() && found(&parsed.rules, "/d/100/x").is_none());
    assert!(found(&parsed.rules, "/after").is_none());

    let line = |length: usize| format!("/a /{}", "b".repeat(length - 4));
    assert_eq!(problem(&line(1_000)), None);
    assert_eq!(problem(&line(1_001)), Some(Problem::LineTooLong { chars_max: 1_000 }));
}

#[test]
fn a_redirect_within_the_site_never_leads_to_another() {
    let rules = sound(
        "/foo/* /:splat\n/bar/* /x/:splat 200\n/:a/go /:a/:a\n//b //evil.example/x\n/c /\\evil.example\n",
    );
    for (path, location) in [
        ("/foo//evil.example", "/evil.example"),
        ("/foo/\\evil.example", "/evil.example"),
        ("/foo/\\/evil.example/%2F/", "/evil.example/%2F/"),
        ("/foo/", "/"),
        ("/foo/%2e%2e/..//evil.example", "/evil.example"),
        ("/bar/../..//y", "/y"),
        ("//b", "/evil.example/x"),
        ("/c", "/evil.example"),
    ] {
        assert_eq!(rules.find("a.example", path).unwrap().location, location, "{path}");
    }
}

#[test]
fn a_location_is_fit_for_a_header_whatever_the_path_is() {
    let rules = sound("/x/* /:splat?q=:splat#:splat\n/é /ü#ö\n/y/* https://b.example/:splat\n");
    for path in ["/x/a\r\nset-cookie: b\0", "/x/é \"<>", "/y/a\r\nb é\0", "/y/?#"] {
        let location = rules.find("a.example", path).unwrap().location;
        assert!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{location}");
    }
    assert_eq!(found(&rules, "/%C3%A9").as_deref(), Some("302 /%C3%BC#%C3%B6"));
}

#[test]
fn a_value_never_changes_the_destinations_host() {
    let rules = sound("/x/* https://b.example/:splat\n");
    for path in
        ["/x//evil.example", "/x/@evil.example", "/x/\\evil.example", "/x/:splat", "/x/../../evil.example"]
    {
        let location = rules.find("a.example", path).unwrap().location;
        assert!(location.starts_with("https://b.example/"), "{path}: {location}");
    }
}

#[test]
fn dots_lead_up_from_what_the_file_says_and_from_no_value() {
    let rules = sound("/a/* /x/../:splat\n/b/* /:splat/../y\n/c/* /x/:splat/y#\n");
    assert_eq!(found(&rules, "/a/z").as_deref(), Some("302 /z"));
    assert_eq!(found(&rules, "/b/1/2").as_deref(), Some("302 /y"));
    assert_eq!(found(&rules, "/c/../..").as_deref(), Some("302 /y"));
}

#[test]
fn a_location_never_grows_past_its_bound() {
    let rules = sound(&format!("/x/* /{}\n", ":splat".repeat(100)));
    assert!(rules.find("a.example", &format!("/x/{}", "a".repeat(300))).is_some());
    assert!(rules.find("a.example", &format!("/x/{}", "a".repeat(1_000))).is_none());
}

#[test]
fn the_requests_query_goes_along_unless_the_destination_has_its_own() {
    let with = |location: &str, query| {
        Redirect { location: location.to_owned(), status: StatusCode::FOUND }.location_with(query)
    };
    assert_eq!(with("/a", Some("b=c")), "/a?b=c");
    assert_eq!(with("/a#d", Some("b=c")), "/a?b=c#d");
    assert_eq!(with("/a?e#d", Some("b=c")), "/a?e#d");
    assert_eq!(with("/a#d?e", Some("b=c")), "/a?b=c#d?e");
    assert_eq!(with("/a#d", None), "/a#d");
    assert_eq!(with("https://b.example/", Some("")), "https://b.example/");
}

#[test]
fn a_rewrite_says_which_path_to_serve() {
    let rules = sound("/a /b?c#d 200\n/e /f 302\n");
    assert_eq!(rules.find("", "/a").unwrap().rewritten_path(), Some("/b"));
    assert_eq!(rules.find("", "/e").unwrap().rewritten_path(), None);
}
