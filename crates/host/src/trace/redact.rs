//! What of a request is not shown, because it opens something.
//!
//! As on Cloudflare, values of headers whose name speaks of a credential, and parts of a URL that look like a key: 32 or
//! more hexadecimal digits, or 21 or more characters of base64 with at least two digits, two capital and two small letters
//! among them. Beyond that, names and passwords in a URL, and values of its query whose name speaks of a credential.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};

/// What is shown instead.
pub const REDACTED: &str = "REDACTED";

/// Parts of names of headers that hold credentials.
const OF_HEADERS: [&str; 6] = ["auth", "cookie", "token", "key", "secret", "jwt"];
/// Parts of names of a query's values that hold credentials.
const OF_QUERIES: [&str; 10] =
    ["key", "token", "secret", "password", "passwd", "auth", "jwt", "signature", "credential", "session"];
/// From so many hexadecimal digits on it is a key.
const HEX_DIGITS_MIN: usize = 32;
/// From so many characters of base64 on it may be one.
const BASE64_CHARS_MIN: usize = 21;
/// Digits, capital letters and small letters that it has then, of each.
const OF_EACH_KIND_MIN: usize = 2;

/// A header's value as it may be shown.
#[must_use]
pub fn redact_header(name: &HeaderName, value: &HeaderValue) -> HeaderValue {
    if speaks_of(name.as_str(), &OF_HEADERS) {
        return HeaderValue::from_static(REDACTED);
    }
    // Where a page was, or is to be: with all that its address says.
    let is_url = ["http://", "https://"].iter().any(|scheme| value.as_bytes().starts_with(scheme.as_bytes()));
    match value.to_str() {
        Ok(url) if is_url => {
            HeaderValue::from_str(&redact_url(url)).unwrap_or_else(|_| HeaderValue::from_static(REDACTED))
        }
        _ => value.clone(),
    }
}

/// A URL as it may be shown.
#[must_use]
pub fn redact_url(url: &str) -> String {
    let (place, parameters) = url.find(['?', '#']).map_or((url, ""), |at| url.split_at(at));
    let mut shown = String::with_capacity(url.len());
    push_without_keys(&mut shown, &without_login(place));
    for part in parameters.split_inclusive(['?', '#', '&', ';']) {
        let (pair, separator) = match part.char_indices().next_back() {
            Some((at, '?' | '#' | '&' | ';')) => part.split_at(at),
            _ => (part, ""),
        };
        match pair.split_once('=') {
            Some((name, value)) if !value.is_empty() && speaks_of(&decoded(name), &OF_QUERIES) => {
                shown.push_str(name);
                shown.push('=');
                shown.push_str(REDACTED);
            }
            _ => push_without_keys(&mut shown, pair),
        }
        shown.push_str(separator);
    }
    shown
}

/// A URL's scheme, host and path, without name and password.
fn without_login(place: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = place.split_once("://") else { return place.into() };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{REDACTED}@{host}{path}").into(),
        None => place.into(),
    }
}

/// Copies a text, with what looks like a key written over.
fn push_without_keys(shown: &mut String, text: &str) {
    let of_word = |c: char| c.is_ascii_alphanumeric() || "+-_".contains(c);
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c| !of_word(c)).unwrap_or(rest.len()));
        shown.push_str(if looks_like_a_key(word) { REDACTED } else { word });
        let (between, next) = after.split_at(after.find(of_word).unwrap_or(after.len()));
        shown.push_str(between);
        rest = next;
    }
}

fn looks_like_a_key(word: &str) -> bool {
    let count = |is: fn(&char) -> bool| word.chars().filter(is).count();
    let letters_and_digits = count(char::is_ascii_alphanumeric);
    let hex = count(char::is_ascii_hexdigit);
    if hex >= HEX_DIGITS_MIN && hex == letters_and_digits {
        return true;
    }
    let kinds = [char::is_ascii_digit, char::is_ascii_uppercase, char::is_ascii_lowercase];
    word.len() >= BASE64_CHARS_MIN && kinds.into_iter().all(|kind| count(kind) >= OF_EACH_KIND_MIN)
}

fn speaks_of(name: &str, words: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    words.iter().any(|word| name.contains(word))
}

/// A name of a query: `%74oken` is `token`.
fn decoded(name: &str) -> Cow<'_, str> {
    url::form_urlencoded::parse(name.as_bytes()).next().map_or(Cow::Borrowed(name), |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_key_in_a_url_is_not_shown() {
        let hex = "0123456789abcdef0123456789abcdef";
        for (url, shown) in [
            (format!("https://domain/{hex}/x"), "https://domain/REDACTED/x"),
            ("https://domain/0123456789abcdef-0123456789abcdef/x".to_owned(), "https://domain/REDACTED/x"),
            ("https://domain/01234567890123456azAZ/x".to_owned(), "https://domain/REDACTED/x"),
            (format!("https://domain/?a={hex}&b=2"), "https://domain/?a=REDACTED&b=2"),
            (format!("https://{}.example.com/", hex.to_uppercase()), "https://REDACTED.example.com/"),
            (format!("{hex}#{hex}"), "REDACTED#REDACTED"),
        ] {
            assert_eq!(redact_url(&url), shown);
        }
        for url in [
            "",
            "?",
            "https://domain/path?a=1&b=2",
            "https://domain/path?&&a;b==#",
            "https://domain/0123456789abcdef0123456789abcde/x",
            "https://domain/0123456789_ABCDEF_0123456789_ABCDE/x",
            "https://domain/0123456789abcdef0123456789abcdefg/x",
            "https://domain/0123456789012345azAZ/x",
            "https://domain/012345678901234567zAZ/x",
            "https://domain/IThinkIShallNeverSee0/x",
            "https://domain/pfad/mit/ümläuten/und/%F0%9F%92%A9",
        ] {
            assert_eq!(redact_url(url), url);
        }
    }

    #[test]
    fn names_and_passwords_and_values_that_are_called_secret_are_not_shown() {
        for (url, shown) in [
            ("https://ann:pass@host/x", "https://REDACTED@host/x"),
            ("https://ann@host:80?x=1", "https://REDACTED@host:80?x=1"),
            ("https://host/@ann", "https://host/@ann"),
            ("https://a:b@c@host/", "https://REDACTED@host/"),
            ("https://h/?token=a&x=1&API_KEY=b", "https://h/?token=REDACTED&x=1&API_KEY=REDACTED"),
            ("https://h/?%74oken=a", "https://h/?%74oken=REDACTED"),
            ("https://h/?password=a=b;authToken=c", "https://h/?password=REDACTED;authToken=REDACTED"),
            ("https://h/#access_token=abc", "https://h/#access_token=REDACTED"),
            ("https://h/?q?secret=abc", "https://h/?q?secret=REDACTED"),
            ("https://h/?token=", "https://h/?token="),
            ("https://h/?a=token", "https://h/?a=token"),
        ] {
            assert_eq!(redact_url(url), shown);
        }
    }

    #[test]
    fn headers_that_open_something_are_not_shown() {
        let shown = |name: &str, value: &'static str| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            redact_header(&name, &HeaderValue::from_static(value)).to_str().unwrap().to_owned()
        };
        for name in [
            "Authorization",
            "proxy-authorization",
            "Cookie",
            "x-token",
            "X-API-Key",
            "my-secret",
            "cf-access-jwt-assertion",
        ] {
            assert_eq!(shown(name, "hush"), REDACTED, "{name}");
        }
        assert_eq!(shown("accept", "text/html"), "text/html");
        assert_eq!(shown("referer", "https://h/?token=abc"), "https://h/?token=REDACTED");
        let bytes = HeaderValue::from_bytes(b"https://\xff/?token=abc").unwrap();
        assert_eq!(redact_header(&http::header::REFERER, &bytes), bytes, "what is no text is no address");
    }
}
