//! Whether a response may be kept, and for how long (RFC 9111, as a shared cache reads it).

use chrono::NaiveDateTime;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Longer than this nothing is kept, whatever it says.
const LIFE_S_MAX: i64 = 365 * 24 * 3600;

/// For how many milliseconds a response is fresh. What its headers say that must not be kept is taken out of them.
///
/// # Errors
/// Why it may not be kept.
pub(super) fn lifetime_ms(status: u16, headers: &mut HeaderMap, now_ms: i64) -> Result<i64, &'static str> {
    let mut said = Said::default();
    for value in headers.get_all(header::CACHE_CONTROL) {
        said.read(value.as_bytes());
    }
    if let Some(reason) = said.forbids {
        return Err(reason);
    }
    for name in said.fields_not_kept {
        headers.remove(name);
    }
    if headers.contains_key(header::SET_COOKIE) {
        return Err("the response sets a cookie");
    }
    if headers.get_all(header::VARY).iter().any(|vary| vary.as_bytes().contains(&b'*')) {
        return Err("the response varies with everything");
    }
    let seconds = said.s_maxage.or(said.max_age).or_else(|| expires_s(headers, now_ms));
    let seconds = seconds.or_else(|| usual_s(status)).ok_or("nothing says how long it may be kept")?;
    let age = number(headers, header::AGE).unwrap_or(0);
    let left = seconds.min(LIFE_S_MAX).saturating_sub(age);
    if left > 0 { Ok(left.saturating_mul(1_000)) } else { Err("the response is not fresh") }
}

/// What `Cache-Control` says.
#[derive(Default)]
struct Said {
    forbids: Option<&'static str>,
    s_maxage: Option<i64>,
    max_age: Option<i64>,
    fields_not_kept: Vec<HeaderName>,
}

impl Said {
    fn read(&mut self, text: &[u8]) {
        for directive in Directives(text) {
            let (name, value) = match directive.iter().position(|byte| *byte == b'=') {
                Some(at) => (directive.get(..at).unwrap_or_default(), directive.get(at + 1..)),
                None => (directive, None),
            };
            let value = value.map(unquoted);
            match name.trim_ascii().to_ascii_lowercase().as_slice() {
                b"no-store" => self.forbids = Some("its Cache-Control says no-store"),
                b"no-cache" => self.fields_or("its Cache-Control says no-cache", value),
                b"private" => self.fields_or("its Cache-Control says private", value),
                // The first one counts; one that is no number says that it is not fresh (section 4.2.1).
                b"s-maxage" => self.s_maxage = self.s_maxage.or_else(|| value.map(seconds)),
                b"max-age" => self.max_age = self.max_age.or_else(|| value.map(seconds)),
                _ => {}
            }
        }
    }

    /// With names of fields, it is about these alone.
    fn fields_or(&mut self, reason: &'static str, value: Option<&[u8]>) {
        let Some(value) = value else {
            self.forbids = Some(reason);
            return;
        };
        for name in value.split(|byte| *byte == b',') {
            match HeaderName::from_bytes(name.trim_ascii()) {
                Ok(name) => self.fields_not_kept.push(name),
                Err(_) => self.forbids = Some(reason),
            }
        }
    }
}

/// The directives of a list; commas in quotation marks part nothing.
struct Directives<'a>(&'a [u8]);

impl<'a> Iterator for Directives<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let mut quoted = false;
        let end = self.0.iter().position(|byte| {
            quoted ^= *byte == b'"';
            *byte == b',' && !quoted
        });
        let (directive, rest) = match end {
            Some(end) => (self.0.get(..end), self.0.get(end + 1..)),
            None => (Some(self.0), None),
        };
        self.0 = rest.unwrap_or_default();
        directive.map(<[u8]>::trim_ascii)
    }
}

fn unquoted(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value)
}

fn seconds(value: &[u8]) -> i64 {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).unwrap_or_default();
    // A number that is too large is the largest.
    if digits { text.parse().unwrap_or(i64::MAX) } else { 0 }
}

fn number(headers: &HeaderMap, name: HeaderName) -> Option<i64> {
    headers.get(name).map(|value| seconds(value.as_bytes().trim_ascii()))
}

fn expires_s(headers: &HeaderMap, now_ms: i64) -> Option<i64> {
    let expires = headers.get(header::EXPIRES)?;
    let from_s = headers.get(header::DATE).and_then(date_s).unwrap_or(now_ms.div_euclid(1_000));
    // What is no date, `0` for one, is long ago.
    Some(date_s(expires).map_or(0, |at_s| at_s.saturating_sub(from_s)))
}

/// A date of HTTP, in seconds since the epoch.
pub(super) fn date_s(value: &HeaderValue) -> Option<i64> {
    let text = value.to_str().ok()?.trim();
    let forms = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let date = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    Some(date.and_utc().timestamp())
}

/// How long a response is kept that says nothing of it, as on Cloudflare.
fn usual_s(status: u16) -> Option<i64> {
    match status {
        200 | 301 => Some(120 * 60),
        302 | 303 => Some(20 * 60),
        404 | 410 => Some(3 * 60),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_767_225_600_000;

    fn life(status: u16, headers: &[(&'static str, &'static str)]) -> Result<i64, &'static str> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        lifetime_ms(status, &mut map, NOW_MS).map(|ms| ms / 1_000)
    }

    #[test]
    fn what_says_how_long_is_believed() {
        assert_eq!(life(200, &[("cache-control", "public, max-age=60")]), Ok(60));
        assert_eq!(life(500, &[("cache-control", "max-age=60, s-maxage = \"5\"")]), Ok(5));
        assert_eq!(life(200, &[("cache-control", "max-age=60"), ("cache-control", "s-maxage=7")]), Ok(7));
        assert_eq!(life(200, &[("cache-control", "MAX-AGE=60"), ("age", "20")]), Ok(40));
        assert_eq!(life(200, &[("cache-control", "max-age=99999999999999999999")]), Ok(LIFE_S_MAX));
        assert_eq!(life(200, &[("expires", "Thu, 01 Jan 2026 00:01:40 GMT")]), Ok(100));
        let dated = [("expires", "Thu, 01 Jan 2026 00:01:40 GMT"), ("date", "Thu, 01 Jan 2026 00:01:00 GMT")];
        assert_eq!(life(200, &dated), Ok(40));
        assert_eq!((life(200, &[]), life(302, &[]), life(404, &[])), (Ok(7_200), Ok(1_200), Ok(180)));
    }

    #[test]
    fn what_may_not_be_kept_is_not() {
        for (name, value) in [
            ("cache-control", "no-store"),
            ("cache-control", "max-age=60, No-Store"),
            ("cache-control", "private"),
            ("cache-control", "no-cache, max-age=60"),
            ("cache-control", "max-age=0"),
            ("cache-control", "max-age=-5"),
            ("cache-control", "max-age=soon"),
            ("cache-control", "s-maxage=0, max-age=60"),
            ("cache-control", "private=\"a b\""),
            ("set-cookie", "a=b"),
            ("vary", "accept, *"),
            ("expires", "0"),
            ("expires", "Thu, 01 Jan 2020 00:00:00 GMT"),
            ("age", "7200"),
        ] {
            assert!(life(200, &[(name, value)]).is_err(), "{name}: {value}");
        }
        assert!(life(500, &[]).is_err() && life(206, &[]).is_err());
    }

    #[test]
    fn private_fields_are_left_out() {
        let mut headers = HeaderMap::new();
        headers
            .insert("cache-control", HeaderValue::from_static("private=\"Set-Cookie, x-mine\", max-age=9"));
        for name in ["set-cookie", "x-mine", "x-other"] {
            headers.insert(name, HeaderValue::from_static("v"));
        }
        assert_eq!(lifetime_ms(200, &mut headers, NOW_MS), Ok(9_000));
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["cache-control", "x-other"]);
        assert_eq!(life(200, &[("cache-control", "private=Set-Cookie"), ("set-cookie", "a=b")]), Ok(7_200));
    }
}
