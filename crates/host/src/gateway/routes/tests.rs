//! Precedence case by case, and against a matcher that looks at every route.

use mote_mutator::Mutator;

use super::*;

fn pattern(text: &str) -> RoutePattern {
    RoutePattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A router in which every route leads to its pattern.
fn router(patterns: &[&'static str]) -> Router<&'static str> {
    Router::build(patterns.iter().map(|text| (pattern(text), *text))).unwrap()
}

fn find<T: Copy>(router: &Router<T>, url: &str) -> Option<T> {
    let (scheme, rest) = url.split_once("://").unwrap();
    let scheme = if scheme == "http" { Scheme::Http } else { Scheme::Https };
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    router.find(scheme, host, path).copied()
}

#[test]
fn the_most_specific_route_wins() {
    let cases: &[(&[&'static str], &str, Option<&str>)] = &[
        // The host comes first: exact, then the longest wildcard.
        (&["*.a.com/*", "www.a.com/*", "*a.com/*"], "http://www.a.com/", Some("www.a.com/*")),
        (&["*.a.com/*", "www.a.com/*", "*a.com/*"], "http://x.a.com/", Some("*.a.com/*")),
        (&["*.a.com/*", "www.a.com/*", "*a.com/*"], "http://a.com/", Some("*a.com/*")),
        (&["*.a.com/x", "x.a.com/*"], "http://x.a.com/x", Some("x.a.com/*")),
        (&["https://*a.com/x", "x.a.com/*"], "https://x.a.com/x", Some("x.a.com/*")),
        (&["*.a.com/x/y", "*.b.a.com/*"], "http://c.b.a.com/x/y", Some("*.b.a.com/*")),
        (&["*a.com/*", "a.com/*"], "http://a.com/", Some("a.com/*")),
        (&["*.com/*", "*/*"], "http://a.com/", Some("*.com/*")),
        (&["*.com/*", "*/*"], "http://a.org/", Some("*/*")),
        // A host without a matching path is as if it were not there.
        (&["*.a.com/*", "www.a.com/x"], "http://www.a.com/y", Some("*.a.com/*")),
        (&["*.a.com/*", "*.b.a.com/x"], "http://c.b.a.com/y", Some("*.a.com/*")),
        (&["*/*", "https://a.com/*"], "http://a.com/y", Some("*/*")),
        // Then the path: exact, then the longest prefix.
        (&["a.com/*", "a.com/x/*", "a.com/x/y"], "http://a.com/x/y", Some("a.com/x/y")),
        (&["a.com/*", "a.com/x/*", "a.com/x/y"], "http://a.com/x/z", Some("a.com/x/*")),
        (&["a.com/*", "a.com/x/*", "a.com/x/y"], "http://a.com/x", Some("a.com/*")),
        (&["a.com/x*", "a.com/x"], "http://a.com/x", Some("a.com/x")),
        (&["a.com/x*", "a.com/x/*"], "http://a.com/x/y", Some("a.com/x/*")),
        (&["https://a.com/*", "a.com/x*"], "https://a.com/x", Some("a.com/x*")),
        // Then the scheme.
        (&["a.com/*", "https://a.com/*"], "https://a.com/", Some("https://a.com/*")),
        (&["a.com/*", "https://a.com/*"], "http://a.com/", Some("a.com/*")),
        (&["a.com/x", "https://a.com/x", "http://a.com/x"], "http://a.com/x", Some("http://a.com/x")),
        (&["https://a.com/x", "a.com/*"], "http://a.com/x", Some("a.com/*")),
        (&["https://a.com/x*", "a.com/*"], "http://a.com/x", Some("a.com/*")),
    ];
    for (patterns, url, expected) in cases {
        assert_eq!(find(&router(patterns), url), *expected, "{url} among {patterns:?}");
        let backwards: Vec<_> = patterns.iter().copied().rev().collect();
        assert_eq!(find(&router(&backwards), url), *expected, "{url} among {backwards:?}");
    }
}

#[test]
fn a_route_matches_no_more_and_no_less_than_cloudflare_says() {
    for (text, url, matches) in [
        ("a.com", "http://a.com/", true),
        ("a.com", "https://a.com/", true),
        ("a.com", "https://a.com/x", false),
        ("a.com", "https://a.com/?x", false),
        ("a.com/*", "https://a.com/?x", true),
        ("a.com/x", "https://a.com/x?y=z", false),
        ("a.com/x*", "https://a.com/x?y=z", true),
        ("a.com/path*", "https://a.com/path", true),
        ("a.com/path*", "https://a.com/path2", true),
        ("a.com/path*", "https://a.com/path/readme.txt", true),
        ("a.com/path/*", "https://a.com/path", false),
        ("a.com/Images/*", "https://a.com/images/x", false),
        ("a.com/x/", "https://a.com/x", false),
        ("A.com/*", "https://a.COM/", true),
        ("*.a.com/*", "https://www.A.com/", true),
        ("a.com/*", "https://a.com./", true),
        ("a.com/*", "https://a.com../", false),
        ("a.com/*", "https://www.a.com/", false),
        ("a.com/*", "https://a.co/", false),
        ("*example.com/*", "https://example.com/", true),
        ("*example.com/*", "https://www.example.com/path", true),
        ("*example.com/*", "https://myexample.com/", true),
        ("*example.com/*", "https://example.com.org/", false),
        ("*.example.com/*", "https://example.com/", false),
        ("*.example.com/*", "https://www.example.com/path", true),
        ("*.example.com/*", "https://a.b.example.com/path", true),
        ("*.example.com/*", "https://myexample.com/", false),
        ("https://*.example.com/", "https://www.example.com/", true),
        ("https://*.example.com/", "http://www.example.com/", false),
        ("*/*", "http://anything/at/all", true),
        ("*", "http://anything/at/all", false),
    ] {
        assert_eq!(find(&router(&[text]), url).is_some(), matches, "{text} {url}");
    }
}

#[test]
fn a_route_can_switch_workers_off() {
    let routes = [("*a.com/images/*", Some("worker")), ("*a.com/images/cat.png", None)];
    let router = Router::build(routes.map(|(text, worker)| (pattern(text), worker))).unwrap();
    assert_eq!(find(&router, "http://a.com/images/dog.png"), Some(Some("worker")));
    assert_eq!(find(&router, "http://a.com/images/cat.png"), Some(None));
    assert_eq!(find(&router, "http://a.com/images/cat.png?foo=bar"), Some(Some("worker")));
    assert_eq!(find(&router, "http://a.com/"), None);
}

#[test]
fn no_route_takes_the_place_of_another() {
    for (first, second) in
        [("a.com", "A.com/"), ("*.a.com/x*", "*.A.com/x*"), ("HTTPS://a.com/*", "https://a.com/*")]
    {
        let mut router = Router::build([(pattern(first), 1)]).unwrap();
        let error = router.insert(pattern(second), 2).unwrap_err();
        assert_eq!((&*error.existing, &*error.refused), (first, second));
        assert!(error.to_string().contains(first) && error.to_string().contains(second), "{error}");
        assert_eq!(router.target_of(&pattern(second)), Some(&1));
        assert_eq!(router.len(), 1);
        assert!(Router::build([(pattern(first), 1), (pattern(second), 2)]).is_err());
    }
}

#[test]
fn a_removed_route_leaves_nothing_behind() {
    let patterns =
        ["a.com", "a.com/*", "a.com/x*", "*.a.com/*", "*.a.com/x", "*a.com/*", "http://*a.com/*", "*/*"];
    let mut router = router(&patterns);
    for text in patterns {
        assert_eq!(router.remove(&pattern(text)), Some(text));
        assert_eq!(router.remove(&pattern(text)), None);
        assert_eq!(router.target_of(&pattern(text)), None);
    }
    assert!(router.is_empty() && router.exact.is_empty() && router.wildcard.is_empty());
    router.insert(pattern("a.com"), "again").unwrap();
    assert_eq!(find(&router, "http://a.com/"), Some("again"));
}

#[test]
fn nothing_that_a_client_sends_makes_a_lookup_panic() {
    let router = router(&["*/*", "a.com/*", "*.a.com/*", "a.com/x"]);
    let long = "a".repeat(1 << 20);
    for host in ["", ".", "..", "\0", "ü", "[::1]", "a.com:80", "*", &long] {
        for path in ["", "*", "/", "/\0", "/ü", "//", &long] {
            let _ = router.find(Scheme::Http, host, path);
        }
    }
    assert_eq!(router.find(Scheme::Http, "a.com", &format!("/{long}")), Some(&"a.com/*"));
    assert_eq!(router.find(Scheme::Http, &"a".repeat(253), "/"), Some(&"*/*"));
    assert_eq!(router.find(Scheme::Http, &"a".repeat(254), "/"), None, "no name is as long as this");
}

#[test]
fn no_nesting_of_routes_is_too_deep_for_a_small_stack() {
    std::thread::Builder::new().stack_size(64 << 10).spawn(nest).unwrap().join().unwrap();
}

fn nest() {
    let (host, path) = ("a".repeat(252), format!("/{}", "a".repeat(1_020)));
    let hosts = (0..=252).map(|end| format!("*{}/*", host.split_at(end).0));
    let paths = (1..=1_021).map(|end| format!("a{}*", path.split_at(end).0));
    let texts: Vec<_> = hosts.chain(paths).collect();
    let mut router = Router::build(texts.iter().map(|text| (pattern(text), text.as_str()))).unwrap();
    assert_eq!(find(&router, &format!("http://a{path}")), Some(format!("a{path}*").as_str()));
    assert_eq!(find(&router, &format!("http://b{host}{path}")), Some(format!("*{host}/*").as_str()));
    assert!(!format!("{router:?}").is_empty());
    for text in texts.iter().step_by(2) {
        assert!(router.remove(&pattern(text)).is_some());
    }
    drop(router);
}

#[test]
fn a_hundred_thousand_routes_are_told_apart() {
    let text = |n: u32| match n % 4 {
        0 => format!("w{n}.example.com/*"),
        1 => format!("*.w{n}.example.com/*"),
        2 => format!("shared.example.com/{n}/*"),
        _ => format!("*.example.com/{n}"),
    };
    let mut router = Router::build((0..100_000).map(|n| (pattern(&text(n)), n))).unwrap();
    let url = |n: u32| format!("http://{}", text(n).replacen("*.", "x.", 1).replace('*', "page"));
    for n in 0..100_000 {
        assert_eq!(find(&router, &url(n)), Some(n));
    }
    for n in 0..100_000 {
        assert_eq!(router.remove(&pattern(&text(n))), Some(n));
    }
    assert!(router.exact.is_empty() && router.wildcard.is_empty());
}

/// Numbers that are the same in every run (SplitMix64).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    /// A host that is likely to be the end of another, or to end with it.
    fn host(&mut self) -> String {
        let labels: Vec<_> = (0..=self.below(3)).map(|_| self.one_of(&["a", "b", "ab", "ba", "A"])).collect();
        labels.join(".")
    }

    /// A path that is likely to be the beginning of another.
    fn path(&mut self) -> String {
        let pieces = (0..self.below(5)).map(|_| self.one_of(&["a", "b", "/", "ab", "A"]));
        format!("/{}", pieces.collect::<String>())
    }

    fn pattern(&mut self) -> String {
        let scheme = self.one_of(&["", "", "http://", "https://"]);
        let (host_wildcard, path_wildcard) = (self.one_of(&["", "*", "*."]), self.one_of(&["", "*"]));
        let host = if host_wildcard == "*" && self.below(8) == 0 { String::new() } else { self.host() };
        let path = if path_wildcard.is_empty() && self.below(4) == 0 { String::new() } else { self.path() };
        format!("{scheme}{host_wildcard}{host}{path}{path_wildcard}")
    }
}

/// How specific a matching pattern is; the greater wins. It knows of patterns only what is written in them.
fn specificity(text: &str, scheme: &str, host: &str, path: &str) -> Option<(bool, usize, bool, usize, bool)> {
    let (wanted_scheme, rest) = text.split_once("://").map_or((None, text), |(s, rest)| (Some(s), rest));
    let (wanted_host, wanted_path) = rest.split_once('/').unwrap_or((rest, ""));
    let (wanted_host, host) = (wanted_host.to_lowercase(), host.to_lowercase());
    let wanted_path = format!("/{wanted_path}");
    let matches = wanted_scheme.is_none_or(|wanted| wanted == scheme)
        && match wanted_host.strip_prefix('*') {
            Some(end) => host.ends_with(end),
            None => host == wanted_host,
        }
        && match wanted_path.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == wanted_path,
        };
    let (exact_host, exact_path) = (!wanted_host.starts_with('*'), !wanted_path.ends_with('*'));
    matches.then_some((exact_host, wanted_host.len(), exact_path, wanted_path.len(), wanted_scheme.is_some()))
}

#[test]
fn no_routes_whatever_are_matched_otherwise_than_by_looking_at_each() {
    for seed in 0..300 {
        let mut random = Seeded(seed);
        let mut routes: Vec<(RoutePattern, usize)> = Vec::new();
        let mut router = Router::new();
        for round in 0..150 {
            if random.below(3) == 0 && !routes.is_empty() {
                let (pattern, target) = routes.swap_remove(random.below(routes.len()));
                assert_eq!(router.remove(&pattern), Some(target), "seed {seed}: {pattern}");
            } else {
                let pattern = pattern(&random.pattern());
                let known = routes.iter().any(|(other, _)| *other == pattern);
                let refused = router.insert(pattern.clone(), round).is_err();
                assert_eq!(refused, known, "seed {seed}: {pattern}");
                if !known {
                    routes.push((pattern, round));
                }
            }
            assert_eq!(router.len(), routes.len());
            let (scheme, host, path) = (random.one_of(&["http", "https"]), random.host(), random.path());
            let best = routes
                .iter()
                .filter_map(|(pattern, target)| {
                    Some((specificity(pattern.written(), scheme, &host, &path)?, *target))
                })
                .max();
            let url = format!("{scheme}://{host}{path}");
            assert_eq!(
                find(&router, &url),
                best.map(|(_, target)| target),
                "seed {seed}: {url} in {routes:?}"
            );
        }
    }
}

#[test]
fn no_text_whatever_makes_the_parser_panic_and_what_it_takes_it_takes_again() {
    let mut random = Seeded(7);
    let pieces = [
        "http", "s", "://", "*", ".", "/", "a", "B", "?", "#", ":", "%2e", "ü", "\0", " ", "\\", "xn--", "@",
    ];
    let mut taken = 0;
    for _ in 0..50_000 {
        let text: String = (0..random.below(9)).map(|_| random.one_of(&pieces)).collect();
        if let Ok(pattern) = RoutePattern::parse(&text) {
            taken += 1;
            assert_eq!(RoutePattern::parse(&pattern.to_string()), Ok(pattern), "{text}");
        }
    }
    assert!(taken > 500, "the pieces make patterns often enough to mean something: {taken}");
}

#[test]
fn a_spoilt_pattern_is_refused_or_means_what_it_shows() {
    let samples: [&[u8]; 4] =
        [b"example.com/*", b"*.example.com/images/*", b"https://Example.com/a%20b", b"*/"];
    let words = ["*", "http://", "https://", "..", "/", "%2f", "xn--", "\u{0}", "é", ":80", "@", "?"];
    let mut taken = 0;
    Mutator::new(&samples, &words).spoil_text(30_000, |text| {
        let Ok(pattern) = RoutePattern::parse(text) else { return };
        taken += 1;
        let shown = pattern.to_string();
        assert!(
            shown.len() <= text.len() + 1 && shown.is_ascii() && !shown.contains(['?', '#', ' ']),
            "{shown}"
        );
        assert_eq!(RoutePattern::parse(&shown).as_ref(), Ok(&pattern));
        assert_eq!(RoutePattern::parse(&shown).unwrap().to_string(), shown);
    });
    assert!(taken > 1_000, "{taken}");
}
