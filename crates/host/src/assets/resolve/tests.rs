//! Cloudflare's tables, row by row, and what they do not say.

use std::{cell::Cell, collections::HashSet};

use super::*;

const FILE: &[&str] = &["/file.html"];
const FOLDER: &[&str] = &["/folder/index.html"];
const BOTH: &[&str] = &["/both.html", "/both/index.html"];
const ROOT: &[&str] = &["/index.html"];
/// A file without an ending next to an HTML file.
const BIN: &[&str] = &["/bin", "/bin.html"];

fn shown(resolved: Resolved) -> String {
    match resolved {
        Resolved::Serve { path, status } => format!("{} {path}", status.as_u16()),
        Resolved::Redirect { location, status } => format!("{} to {location}", status.as_u16()),
        Resolved::NotFound => "nothing".to_owned(),
    }
}

fn resolve(handling: Handling, files: &[&str], path: &str) -> String {
    shown(handling.resolve(path, |path| files.contains(&path)))
}

fn check(html: HtmlHandling, files: &[&str], rows: &[(&str, &str)]) {
    let handling = Handling { html, not_found: NotFoundHandling::None };
    for (path, expected) in rows {
        assert_eq!(resolve(handling, files, path), *expected, "{html:?} {files:?} {path}");
    }
}

#[test]
fn a_file_is_at_home_without_a_slash_and_a_folder_with_one_by_default() {
    let html = HtmlHandling::default();
    check(
        html,
        FILE,
        &[
            ("/file", "200 /file.html"),
            ("/file.html", "307 to /file"),
            ("/file/", "307 to /file"),
            ("/file/index", "307 to /file"),
            ("/file/index.html", "307 to /file"),
        ],
    );
    // The documentation has `/folder` in three of these rows; what answers at Cloudflare's is this.
    check(
        html,
        FOLDER,
        &[
            ("/folder", "307 to /folder/"),
            ("/folder.html", "307 to /folder/"),
            ("/folder/", "200 /folder/index.html"),
            ("/folder/index", "307 to /folder/"),
            ("/folder/index.html", "307 to /folder/"),
        ],
    );
    check(
        html,
        BOTH,
        &[
            ("/both", "200 /both.html"),
            ("/both.html", "307 to /both"),
            ("/both/", "200 /both/index.html"),
            ("/both/index", "307 to /both/"),
            ("/both/index.html", "307 to /both/"),
        ],
    );
    check(html, ROOT, &[("/", "200 /index.html"), ("/index", "307 to /"), ("/index.html", "307 to /")]);
    check(
        html,
        BIN,
        &[
            ("/bin", "200 /bin"),
            ("/bin.html", "200 /bin.html"),
            ("/bin/", "nothing"),
            ("/bin/index", "nothing"),
            ("/bin/index.html", "nothing"),
        ],
    );
}

#[test]
fn every_page_is_at_home_with_a_slash_if_slashes_are_forced() {
    let html = HtmlHandling::ForceTrailingSlash;
    check(
        html,
        FILE,
        &[
            ("/file", "307 to /file/"),
            ("/file.html", "307 to /file/"),
            ("/file/", "200 /file.html"),
            ("/file/index", "307 to /file/"),
            ("/file/index.html", "307 to /file/"),
        ],
    );
    check(
        html,
        FOLDER,
        &[
            ("/folder", "307 to /folder/"),
            ("/folder.html", "307 to /folder/"),
            ("/folder/", "200 /folder/index.html"),
            ("/folder/index", "307 to /folder/"),
            ("/folder/index.html", "307 to /folder/"),
        ],
    );
    check(
        html,
        BOTH,
        &[
            ("/both", "307 to /both/"),
            ("/both.html", "200 /both.html"),
            ("/both/", "200 /both/index.html"),
            ("/both/index", "307 to /both/"),
            ("/both/index.html", "307 to /both/"),
        ],
    );
    check(html, ROOT, &[("/", "200 /index.html"), ("/index", "307 to /"), ("/index.html", "307 to /")]);
    check(
        html,
        BIN,
        &[
            ("/bin", "200 /bin"),
            ("/bin.html", "307 to /bin/"),
            ("/bin/", "200 /bin.html"),
            ("/bin/index", "307 to /bin/"),
            ("/bin/index.html", "307 to /bin/"),
        ],
    );
}

#[test]
fn every_page_is_at_home_without_a_slash_if_slashes_are_dropped() {
    let html = HtmlHandling::DropTrailingSlash;
    check(
        html,
        FILE,
        &[
            ("/file", "200 /file.html"),
            ("/file.html", "307 to /file"),
            ("/file/", "307 to /file"),
            ("/file/index", "307 to /file"),
            ("/file/index.html", "307 to /file"),
        ],
    );
    check(
        html,
        FOLDER,
        &[
            ("/folder", "200 /folder/index.html"),
            ("/folder.html", "307 to /folder"),
            ("/folder/", "307 to /folder"),
            ("/folder/index", "307 to /folder"),
            ("/folder/index.html", "307 to /folder"),
        ],
    );
    check(
        html,
        BOTH,
        &[
            ("/both", "200 /both.html"),
            ("/both.html", "307 to /both"),
            ("/both/", "307 to /both"),
            ("/both/index", "307 to /both"),
            ("/both/index.html", "200 /both/index.html"),
        ],
    );
    // The root keeps its slash: there is no path without one.
    check(html, ROOT, &[("/", "200 /index.html"), ("/index", "307 to /"), ("/index.html", "307 to /")]);
    check(
        html,
        BIN,
        &[
            ("/bin", "200 /bin"),
            ("/bin.html", "200 /bin.html"),
            ("/bin/", "nothing"),
            ("/bin/index", "nothing"),
            ("/bin/index.html", "nothing"),
        ],
    );
}

#[test]
fn files_are_served_as_they_are_called_if_nothing_is_handled() {
    let html = HtmlHandling::None;
    for (files, stem) in [(FILE, "/file"), (FOLDER, "/folder"), (BOTH, "/both"), (ROOT, ""), (BIN, "/bin")] {
        for ending in ["", ".html", "/", "/index", "/index.html"] {
            let path = format!("{stem}{ending}");
            let expected =
                if files.contains(&path.as_str()) { format!("200 {path}") } else { "nothing".to_owned() };
            check(html, files, &[(&path, &expected)]);
        }
    }
}

#[test]
fn a_file_that_is_no_page_is_served_at_its_name_in_every_mode() {
    let files = &["/app.js", "/a/index", "/b/index.htm", "/.html/x"];
    for html in [
        HtmlHandling::AutoTrailingSlash,
        HtmlHandling::ForceTrailingSlash,
        HtmlHandling::DropTrailingSlash,
        HtmlHandling::None,
    ] {
        for path in files {
            check(html, files, &[(path, &format!("200 {path}"))]);
        }
        check(
            html,
            files,
            &[("/app", "nothing"), ("/app.js/", "nothing"), ("/", "nothing"), ("/APP.js", "nothing")],
        );
    }
}

#[test]
fn redirects_never_lead_in_a_circle_to_nothing_or_to_another_host() {
    let names = ["", "a", "b", "index", ".html", "index.html", "a.html", "b.html"];
    let paths: Vec<String> = names
        .iter()
        .flat_map(|first| names.iter().map(move |second| format!("/{first}/{second}")))
        .chain(names.iter().map(|name| format!("/{name}")))
        .collect();
    let mut seed = 1_u64;
    for round in 0..500_u64 {
        let mut files = HashSet::new();
        for path in &paths {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if (seed >> 33) % 8 == round % 5 && !path.contains("//") && !path.ends_with('/') {
                files.insert(path.as_str());
            }
        }
        for html in [
            HtmlHandling::AutoTrailingSlash,
            HtmlHandling::ForceTrailingSlash,
            HtmlHandling::DropTrailingSlash,
        ] {
            let handling = Handling { html, not_found: NotFoundHandling::None };
            for path in &paths {
                let exists = |path: &str| files.contains(path);
                let mut resolved = handling.resolve(path, exists);
                let mut hops = 0;
                while let Resolved::Redirect { location, .. } = &resolved {
                    assert!(
                        location.starts_with('/') && !location.starts_with("//"),
                        "{html:?} {files:?} {path}"
                    );
                    hops += 1;
                    resolved = handling.resolve(location, exists);
                    // More than one only where a folder is called `a.html`, or a file `.html`.
                    assert!(hops <= 4 && resolved != Resolved::NotFound, "{html:?} {files:?} {path}");
                }
            }
        }
    }
}

#[test]
fn the_nearest_404_page_up_the_tree_says_404() {
    let handling = Handling { not_found: NotFoundHandling::Page, ..Handling::default() };
    let files = &["/404.html", "/docs/404.html", "/docs/intro.html"];
    for (path, expected) in [
        ("/nothing", "404 /404.html"),
        ("/", "404 /404.html"),
        ("/a/b/c", "404 /404.html"),
        ("/docsx", "404 /404.html"),
        ("/docs", "404 /404.html"),
        ("/docs/", "404 /docs/404.html"),
        ("/docs/nothing", "404 /docs/404.html"),
        ("/docs/a/b/c/", "404 /docs/404.html"),
        ("/docs/intro", "200 /docs/intro.html"),
        ("/docs/404", "200 /docs/404.html"),
        ("/404.html", "307 to /404"),
    ] {
        assert_eq!(resolve(handling, files, path), expected, "{path}");
    }
    assert_eq!(resolve(handling, &["/docs/404.html"], "/other"), "nothing");
    let plain = Handling { html: HtmlHandling::None, ..handling };
    assert_eq!(resolve(plain, files, "/docs/intro"), "404 /docs/404.html");
}

#[test]
fn a_single_page_application_answers_everything_with_its_page() {
    let handling = Handling { not_found: NotFoundHandling::SinglePageApplication, ..Handling::default() };
    let files = &["/index.html", "/app.js"];
    for path in ["/", "/users/1", "/users/", "/app.css", "/users/index.html"] {
        assert_eq!(resolve(handling, files, path), "200 /index.html", "{path}");
    }
    assert_eq!(resolve(handling, files, "/app.js"), "200 /app.js");
    assert_eq!(resolve(handling, files, "/index.html"), "307 to /");
    assert_eq!(resolve(handling, &["/app.js"], "/users"), "nothing");
    let plain = Handling { html: HtmlHandling::None, ..handling };
    assert_eq!(resolve(plain, files, "/index"), "200 /index.html");
}

#[test]
fn a_path_has_one_spelling_and_the_others_lead_to_it() {
    let handling = Handling::default();
    let files = &["/[boop].html", "/a b/ò.html", "/%41.html", "/x/index.html"];
    let resolve = |path: &str| shown(handling.resolve_url(path, |path| files.contains(&path)));
    for (path, expected) in [
        ("/%5Bboop%5D", "200 /[boop].html"),
        ("/[boop]", "307 to /%5Bboop%5D"),
        ("/[boop].html", "307 to /%5Bboop%5D"),
        ("/%5bboop%5d", "307 to /%5Bboop%5D"),
        ("/a%20b/%C3%B2", "200 /a b/ò.html"),
        ("/%41", "nothing"),
        ("/%2541", "200 /%41.html"),
        ("//x/", "307 to /x/"),
        ("/x%2F", "307 to /x/"),
        ("/x", "307 to /x/"),
        ("/%78/", "307 to /x/"),
        ("/none%20such", "nothing"),
    ] {
        assert_eq!(resolve(path), expected, "{path}");
    }
}

#[test]
fn a_location_is_fit_for_a_header_whatever_the_file_is_called() {
    let files = &["/a\r\nset-cookie: x.html"];
    let resolved =
        Handling::default().resolve_url("/a%0d%0aset-cookie:%20x.html", |path| files.contains(&path));
    assert_eq!(shown(resolved), "307 to /a%0D%0Aset-cookie%3A%20x");
}

#[test]
fn a_long_path_costs_no_more_than_a_short_one() {
    let asked = Cell::new((0, 0));
    let exists = |path: &str| {
        let (times, bytes) = asked.get();
        asked.set((times + 1, bytes + path.len()));
        path == "/404.html"
    };
    let handling = Handling { not_found: NotFoundHandling::Page, ..Handling::default() };
    let path = "/a".repeat(64 << 10);
    assert_eq!(shown(handling.resolve(&path, exists)), "404 /404.html");
    assert!(asked.get().0 <= ASSET_PATH_BYTES_MAX && asked.get().1 < 1 << 20, "{:?}", asked.get());
}

#[test]
fn the_settings_are_read_and_nonsense_is_refused_by_name() {
    assert_eq!(HtmlHandling::parse("auto-trailing-slash"), Ok(HtmlHandling::AutoTrailingSlash));
    assert_eq!(HtmlHandling::parse("force-trailing-slash"), Ok(HtmlHandling::ForceTrailingSlash));
    assert_eq!(HtmlHandling::parse("drop-trailing-slash"), Ok(HtmlHandling::DropTrailingSlash));
    assert_eq!(HtmlHandling::parse("none"), Ok(HtmlHandling::None));
    assert_eq!(NotFoundHandling::parse("none"), Ok(NotFoundHandling::None));
    assert_eq!(NotFoundHandling::parse("404-page"), Ok(NotFoundHandling::Page));
    assert_eq!(
        NotFoundHandling::parse("single-page-application"),
        Ok(NotFoundHandling::SinglePageApplication)
    );
    assert!(HtmlHandling::parse("Auto").unwrap_err().to_string().contains("`Auto`; it can be `auto-"));
    assert!(NotFoundHandling::parse("spa").unwrap_err().to_string().contains("`spa`; it can be `none`"));
}
