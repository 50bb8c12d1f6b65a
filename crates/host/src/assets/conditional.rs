//! How much of an asset a request wants: all of it, a part, or nothing because it has it (RFC 9110, sections 13 and 14).
//!
//! An asset has a strong entity tag and no date, so the conditions on dates never hold. A header that makes no sense is as
//! good as none: the whole asset is always a right answer.

use http::{HeaderMap, HeaderValue, Method, header};

/// What a request gets of an asset that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conditional {
    /// 200, with everything.
    Whole,
    /// 304: the client has it.
    NotModified,
    /// 206, from the byte at `start` up to and with the one at `end`, as `Content-Range` counts them.
    Part {
        /// The first byte.
        start: u64,
        /// The last byte; less than the asset's length.
        end: u64,
    },
    /// 416: there is no such part.
    Unsatisfiable,
}

/// What conditions are compared with.
#[derive(Debug, Clone, Copy)]
pub struct Representation<'a> {
    /// Its `ETag` as it is sent, with the quotation marks.
    pub etag: &'a str,
    /// Its length.
    pub bytes: u64,
}

impl Representation<'_> {
    /// What a request with these headers gets. It holds for answers with status 200 only: a page that says 404 is sent as it is.
    #[must_use]
    pub fn wanted(&self, method: &Method, headers: &HeaderMap) -> Conditional {
        if [Method::GET, Method::HEAD].contains(method) && self.is_known_to(headers) {
            return Conditional::NotModified;
        }
        // Only GET has ranges (section 14.2).
        if method != Method::GET || !self.is_still_meant(headers) {
            return Conditional::Whole;
        }
        // `Range` is no list: two lines of it are nobody's wish.
        match only(headers, header::RANGE).and_then(Range::parse) {
            Some(range) => range.of(self.bytes),
            None => Conditional::Whole,
        }
    }

    /// Whether `If-None-Match` has its entity tag, and not just `*`. Weak comparison: for a copy that is good enough to show,
    /// `W/` makes no difference.
    #[must_use]
    pub fn is_named(&self, headers: &HeaderMap) -> bool {
        let own = opaque(self.etag.as_bytes());
        let values = headers.get_all(header::IF_NONE_MATCH);
        values.iter().any(|value| Tags(value.as_bytes()).any(|tag| tag == own))
    }

    fn is_known_to(&self, headers: &HeaderMap) -> bool {
        let values = headers.get_all(header::IF_NONE_MATCH);
        self.is_named(headers) || values.iter().any(|value| trim(value.as_bytes()) == b"*")
    }

    /// Whether `If-Range` leaves the range standing. Strong comparison: parts of two versions must never be put together.
    fn is_still_meant(&self, headers: &HeaderMap) -> bool {
        !headers.contains_key(header::IF_RANGE)
            || self.etag.starts_with('"')
                && only(headers, header::IF_RANGE)
                    .is_some_and(|value| trim(value.as_bytes()) == self.etag.as_bytes())
    }
}

/// A header's value, if there is just one.
fn only(headers: &HeaderMap, name: header::HeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

/// The opaque tags, with their quotation marks, of a list of entity tags. It ends where the list makes no sense.
struct Tags<'a>(&'a [u8]);

impl<'a> Iterator for Tags<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.0.iter().position(|byte| !matches!(byte, b',' | b' ' | b'\t'))?;
        let tag = opaque(self.0.get(start..)?);
        let inner = tag.strip_prefix(b"\"")?;
        // A comma may stand inside of a tag.
        let end = inner.iter().position(|byte| *byte == b'"')? + 2;
        let (tag, rest) = tag.split_at_checked(end)?;
        self.0 = rest;
        Some(tag)
    }
}

/// An entity tag without its mark of weakness, which is an upper-case one.
fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

fn trim(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}

/// One range of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    From { start: u64, last: Option<u64> },
    Last { bytes: u64 },
}

impl Range {
    /// Reads `bytes=a-b`, `a-` or `-n`. Several ranges are none: a client must take the whole for an answer to them, and
    /// gluing parts together is work that a hostile client likes to order.
    fn parse(value: &HeaderValue) -> Option<Self> {
        let (unit, ranges) = value.to_str().ok()?.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let mut ranges = ranges.split(',').map(str::trim).filter(|range| !range.is_empty());
        let (range, None) = (ranges.next()?, ranges.next()) else { return None };
        match range.split_once('-')? {
            ("", bytes) => Some(Self::Last { bytes: number(bytes)? }),
            (start, "") => Some(Self::From { start: number(start)?, last: None }),
            (start, last) => {
                let (start, last) = (number(start)?, number(last)?);
                (start <= last).then_some(Self::From { start, last: Some(last) })
            }
        }
    }

    /// What this range is of so many bytes.
    fn of(self, length: u64) -> Conditional {
        let Some(end) = length.checked_sub(1) else {
            // Of nothing, the last bytes are the whole, and no byte is the first.
            return match self {
                Self::Last { bytes: 1.. } => Conditional::Whole,
                Self::Last { bytes: 0 } | Self::From { .. } => Conditional::Unsatisfiable,
            };
        };
        match self {
            Self::Last { bytes: 0 } => Conditional::Unsatisfiable,
            Self::Last { bytes } => Conditional::Part { start: length.saturating_sub(bytes), end },
            Self::From { start, .. } if start > end => Conditional::Unsatisfiable,
            Self::From { start, last } => {
                Conditional::Part { start, end: last.map_or(end, |last| last.min(end)) }
            }
        }
    }
}

/// A number of any length. Past 64 bits it is more than any asset has, and how much more makes no difference.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Conditional::{NotModified, Part, Unsatisfiable, Whole};

    const ASSET: Representation<'_> = Representation { etag: "\"ab,c\"", bytes: 100 };

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                (header::HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap())
            })
            .fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            })
    }

    fn wanted(lines: &[(&str, &str)]) -> Conditional {
        ASSET.wanted(&Method::GET, &headers(lines))
    }

    fn range_of(bytes: u64, range: &str) -> Conditional {
        Representation { bytes, ..ASSET }.wanted(&Method::GET, &headers(&[("range", range)]))
    }

    #[test]
    fn a_client_that_has_it_is_told_so_in_every_spelling() {
        for value in [
            "\"ab,c\"",
            "W/\"ab,c\"",
            "*",
            " * ",
            "\"x\", \"ab,c\"",
            ",, \"x\" ,W/\"y\",\tW/\"ab,c\" , \"z\"",
            "\"ab,c\", broken",
        ] {
            assert_eq!(wanted(&[("if-none-match", value)]), NotModified, "{value}");
        }
        assert_eq!(wanted(&[("if-none-match", "\"x\""), ("if-none-match", "\"ab,c\"")]), NotModified);
    }

    #[test]
    fn a_client_that_has_something_else_is_never_told_that_it_has_this() {
        for value in [
            "",
            "\"\"",
            "\"ab\"",
            "ab,c",
            "\"ab,c",
            "ab,c\"",
            "w/\"ab,c\"",
            "\"x",
            "broken, \"ab,c\"",
            "\"*\"",
            "*, *",
            "W/",
            "\"AB,C\"",
        ] {
            assert_eq!(wanted(&[("if-none-match", value)]), Whole, "{value}");
        }
        assert_eq!(wanted(&[]), Whole);
    }

    #[test]
    fn a_method_that_writes_is_never_answered_with_not_modified_or_a_part() {
        let headers = headers(&[("if-none-match", "*"), ("range", "bytes=0-1")]);
        assert_eq!(ASSET.wanted(&Method::POST, &headers), Whole);
        assert_eq!(ASSET.wanted(&Method::HEAD, &headers), NotModified);
    }

    #[test]
    fn one_range_gives_its_part() {
        for (range, start, end) in [
            ("bytes=0-0", 0, 0),
            ("bytes=0-99", 0, 99),
            ("bytes=10-19", 10, 19),
            ("bytes=10-", 10, 99),
            ("bytes=99-", 99, 99),
            ("bytes=90-1000", 90, 99),
            ("bytes=90-99999999999999999999999", 90, 99),
            ("bytes=-1", 99, 99),
            ("bytes=-100", 0, 99),
            ("bytes=-101", 0, 99),
            ("bytes=-99999999999999999999999", 0, 99),
            ("BYTES= 1-2 ", 1, 2),
            ("bytes=,1-2,", 1, 2),
            ("bytes=001-002", 1, 2),
        ] {
            assert_eq!(range_of(100, range), Part { start, end }, "{range}");
        }
        assert_eq!(range_of(u64::MAX, "bytes=1-"), Part { start: 1, end: u64::MAX - 1 });
    }

    #[test]
    fn a_range_beyond_the_end_is_unsatisfiable() {
        for range in
            ["bytes=100-", "bytes=100-200", "bytes=99999999999999999999999-", "bytes=-0", "bytes=-000"]
        {
            assert_eq!(range_of(100, range), Unsatisfiable, "{range}");
        }
        assert_eq!(range_of(0, "bytes=0-"), Unsatisfiable);
        assert_eq!(range_of(0, "bytes=0-0"), Unsatisfiable);
        assert_eq!(range_of(0, "bytes=-0"), Unsatisfiable);
        assert_eq!(range_of(0, "bytes=-5"), Whole);
    }

    #[test]
    fn what_is_no_single_range_gives_the_whole() {
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=-",
            "bytes=1",
            "bytes=a-b",
            "bytes=2-1",
            "bytes=1--2",
            "bytes=--1",
            "bytes=+1-2",
            "bytes=1 - 2",
            "bytes=0-1,3-4",
            "bytes=0-1,500-",
            "lines=0-1",
            "=0-1",
            "bytes=0x1-2",
        ] {
            assert_eq!(range_of(100, range), Whole, "{range}");
        }
        assert_eq!(wanted(&[("range", "bytes=0-1"), ("range", "bytes=0-1")]), Whole);
    }

    #[test]
    fn parts_of_two_versions_are_never_put_together() {
        let part = Part { start: 0, end: 1 };
        let with = |if_range: &[&str]| {
            let mut lines = vec![("range", "bytes=0-1")];
            lines.extend(if_range.iter().map(|value| ("if-range", *value)));
            wanted(&lines)
        };
        assert_eq!(with(&[]), part);
        assert_eq!(with(&["\"ab,c\""]), part);
        for value in ["W/\"ab,c\"", "\"x\"", "*", "ab,c", "", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            assert_eq!(with(&[value]), Whole, "{value}");
        }
        assert_eq!(with(&["\"ab,c\"", "\"ab,c\""]), Whole);
        let weak = Representation { etag: "W/\"x\"", bytes: 100 };
        let lines = headers(&[("range", "bytes=0-1"), ("if-range", "W/\"x\"")]);
        assert_eq!(weak.wanted(&Method::GET, &lines), Whole);
    }

    #[test]
    fn what_the_client_has_comes_before_the_part_that_it_wants() {
        assert_eq!(wanted(&[("if-none-match", "\"ab,c\""), ("range", "bytes=500-")]), NotModified);
        assert_eq!(wanted(&[("if-none-match", "\"x\""), ("range", "bytes=500-")]), Unsatisfiable);
        assert_eq!(wanted(&[("if-none-match", "\"x\""), ("range", "bytes=1-2")]), Part { start: 1, end: 2 });
    }
}
