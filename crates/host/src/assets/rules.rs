//! What the files `_redirects` and `_headers` say, and which of it is meant for a request.
//!
//! A line that cannot be read is a [`Warning`] with its number, and the other lines hold. Every file is read in time in
//! proportion to its length, and every rule is matched in time in proportion to the path's: there is no rule that has to be
//! tried in several ways.
//!
//! In a few things this is more than Cloudflare's own: a redirect may name a host (`https://a.example/old /new`), a path may
//! have several blocks of headers, and a placeholder is put in once, so that a path with `:name` in it is never taken for a
//! placeholder.

mod headers;
mod lines;
mod pattern;
mod redirects;
mod source;
mod words;

use std::fmt;

pub use headers::{HeaderOp, Headers};
pub use redirects::{Redirect, Redirects};

/// Warnings that are shown of one file.
pub const WARNINGS_MAX: usize = 100;

/// What was read of a file.
#[derive(Debug, Clone)]
pub struct Parsed<R> {
    /// Its rules.
    pub rules: R,
    /// The lines that do not hold, in their order.
    pub warnings: Vec<Warning>,
}

/// A line that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    /// Its number, counted from 1.
    pub line: usize,
    /// Why not.
    pub problem: Problem,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

/// Why a line does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file goes on past its limit.
    #[error("the file is longer than {bytes_max} bytes; what is from here on is not read")]
    FileTooLong {
        /// The limit.
        bytes_max: usize,
    },
    /// There are too many lines that are no comments.
    #[error("there are more than {max} lines; those from here on are not read")]
    TooManyLines {
        /// The limit.
        max: usize,
    },
    /// The line is too long.
    #[error("the line is longer than {chars_max} characters")]
    LineTooLong {
        /// The limit.
        chars_max: usize,
    },
    /// There are too many redirects without a splat or placeholder.
    #[error("there are more than {max} redirects without splats and placeholders")]
    TooManyStatic {
        /// The limit.
        max: usize,
    },
    /// There are too many other redirects.
    #[error(
        "there are more than {max} redirects from the first one on that has a splat or a placeholder; the lines from here on \
         are not read. Redirects without either do not count if they stand before it"
    )]
    TooManyDynamic {
        /// The limit.
        max: usize,
    },
    /// There are too many paths with headers.
    #[error("there are more than {max} rules; the lines from here on are not read")]
    TooManyRules {
        /// The limit.
        max: usize,
    },
    /// It has too few or too many words.
    #[error("a redirect is a source, a destination and perhaps a status, with spaces between them")]
    Words,
    /// The source is no path and no URL.
    #[error("it is for a path that begins with `/`, or for a URL that begins with `https://`")]
    Source,
    /// The source has a port.
    #[error("a port cannot be matched: leave it out")]
    Port,
    /// The source has two splats.
    #[error("it has more than one `*`: use a placeholder such as `:name` for one of them")]
    SplatTwice,
    /// The source has a placeholder twice.
    #[error("it has a placeholder twice, and `*` has the name `:splat`: give each a name of its own")]
    NameTwice,
    /// The source has too many placeholders.
    #[error("it has more than {max} placeholders")]
    TooManyNames {
        /// The limit.
        max: usize,
    },
    /// The destination is no path and no URL.
    #[error("the destination is a path that begins with `/`, or a URL that begins with `https://`")]
    Destination,
    /// The status is none of those that there are.
    #[error("the status is 301, 302, 303, 307 or 308, or 200 to serve another path")]
    Status,
    /// A rewrite leads away.
    #[error("with the status 200 the destination is a path of this site")]
    RewriteAway,
    /// The redirect would lead to itself.
    #[error("the destination is served without `index.html`, and so leads back to this redirect without end")]
    Circle,
    /// There is a redirect for it already.
    #[error("there is a redirect for this source already")]
    Twice,
    /// A header before any path.
    #[error("a header comes after the path that it is for")]
    NoPath,
    /// A path without a header.
    #[error("the path has no header")]
    NoHeader,
    /// The line is neither a path nor a header.
    #[error("a header is `Name: value`, and `! Name` takes one away")]
    NotAHeader,
    /// No header can have this name.
    #[error("a header's name has letters, digits and hyphens, and no space")]
    HeaderName,
    /// A header with this name is not the file's to set.
    #[error("this header says how the response is sent, which is the server's to say")]
    Framing,
    /// There is no value.
    #[error("the header has no value")]
    NoValue,
    /// No header can have this value.
    #[error("the header's value has a control character in it")]
    HeaderValue,
    /// More warnings than are shown.
    #[error("from here on there are {count} more lines with problems")]
    More {
        /// How many.
        count: usize,
    },
}

impl Problem {
    /// Whether nothing is read after it.
    fn ends_the_file(self) -> bool {
        matches!(
            self,
            Self::FileTooLong { .. }
                | Self::TooManyLines { .. }
                | Self::TooManyDynamic { .. }
                | Self::TooManyRules { .. }
        )
    }
}

/// Collects warnings, as many as are shown.
#[derive(Default)]
struct Warnings {
    shown: Vec<Warning>,
    /// The line of the first one that is not shown, and how many there are.
    more: Option<(usize, usize)>,
}

impl Warnings {
    fn push(&mut self, line: usize, problem: Problem) {
        // What ends the file is always shown: it is about more than its own line.
        if self.shown.len() < WARNINGS_MAX || problem.ends_the_file() {
            self.shown.push(Warning { line, problem });
        } else {
            let (_, count) = self.more.get_or_insert((line, 0));
            *count += 1;
        }
    }

    fn finish(mut self) -> Vec<Warning> {
        let more = self.more.map(|(line, count)| Warning { line, problem: Problem::More { count } });
        self.shown.extend(more);
        self.shown.sort_by_key(|warning| warning.line);
        self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::resolve::HtmlHandling;

    #[test]
    fn warnings_never_grow_with_the_file() {
        let text = format!("{}/a /b", "oops\n".repeat(5_000));
        let parsed = Redirects::parse(&text, HtmlHandling::default());
        assert_eq!(parsed.warnings.len(), WARNINGS_MAX + 1);
        let last = parsed.warnings.last().unwrap();
        assert_eq!((last.line, last.problem), (101, Problem::More { count: 4_900 }));
        assert_eq!(last.to_string(), "line 101: from here on there are 4900 more lines with problems");
        assert!(parsed.rules.find("a.example", "/a").is_some());
    }

    #[test]
    fn nothing_that_a_file_says_is_a_panic() {
        let words = [
            "/",
            "*",
            ":",
            ":a",
            ":splat",
            "https://",
            "http://",
            "a.example",
            ":8080",
            "[::1]",
            "%",
            "%2F",
            "..",
            "é",
            "\u{0}",
            "\u{feff}",
            "#",
            "?",
            "! ",
            ": ",
            "x-a: :a",
            "\n",
            "\n",
            " ",
            "\t",
            "\r",
            "200",
            "302",
            "/index",
            "\\",
            "@",
            "💥",
        ];
        let mut seed = 7_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(words[usize::try_from(seed >> 33).unwrap() % words.len()]);
            }
            let redirects = Redirects::parse(&text, HtmlHandling::None).rules;
            let headers = Headers::parse(&text).rules;
            for (host, path) in
                [("a.example", "/"), ("a.example:8080", "/a/b"), ("[::1]", &text), ("", ""), (&text, "/é//")]
            {
                if let Some(redirect) = redirects.find(host, path) {
                    assert!(redirect.location.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
                    assert!(!redirect.location.starts_with("//"), "{text:?}");
                    let _ = redirect.location_with(Some(&text));
                }
                let mut map = http::HeaderMap::new();
                headers.of(host, path).into_iter().for_each(|op| op.apply(&mut map));
            }
        }
    }

    #[test]
    fn spoilt_files_never_make_a_response_of_two_or_one_without_end() {
        let redirects: &[u8] =
            b"/a/* https://x.example/:splat 301\n/:one/b/:two /:two/:one?q=:one#f 302\n/c /d 200\n# no\n";
        let headers: &[u8] =
            b"/a/*\n  X-A: :splat\n  ! X-B\nhttps://:host.example/*\n  Link: <:host>; rel=x\n  X-A: 2\n";
        let words = [
            ":splat",
            ":one",
            "*",
            "https://",
            "//",
            "\r\n",
            "\n",
            "\n  ",
            "! ",
            "%0d%0a",
            "\0",
            "é",
            "200",
            "Set-Cookie: a",
        ];
        let long = format!("/a/{}", "%0d%0a:one/é".repeat(2_000));
        mote_mutator::Mutator::new(&[redirects, headers], &words).spoil_text(1_500, |text| {
            let redirects = Redirects::parse(text, HtmlHandling::default());
            let headers = Headers::parse(text);
            assert!(redirects.warnings.len() + headers.warnings.len() <= 2 * WARNINGS_MAX + 4);
            for (host, path) in
                [("x.example", "/a/b/c"), ("x.example", "/b/b/\r\nx: y"), ("é", "/c"), ("x.example", &long)]
            {
                if let Some(redirect) = redirects.rules.find(host, path) {
                    let location = redirect.location_with(Some("a=b"));
                    assert!(
                        location.len() <= (32 << 10) + 10 && !location.contains(['\r', '\n']),
                        "{location:?}"
                    );
                    assert!(
                        location.starts_with('/') && !location.starts_with("//")
                            || location.starts_with("http")
                    );
                }
                let mut map = http::HeaderMap::new();
                headers.rules.of(host, path).into_iter().for_each(|op| op.apply(&mut map));
                let bytes: usize = map.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
                assert!(bytes <= (32 << 10) + text.len(), "{bytes}");
                assert!(!map.contains_key("content-length") && !map.contains_key("transfer-encoding"));
            }
        });
    }
}
