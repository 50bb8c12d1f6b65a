//! URLs, as the URL Standard parses and changes them (the crate `url`): one call gives a URL's text and where
//! its parts begin and end, so that JavaScript cuts a part only when it is asked for.

use std::borrow::Cow;
use std::panic::catch_unwind;

use ::url::{Position, Url, quirks};
use mote_engine::v8;

use super::args::{new_string, string_arg, throw_type_error};
use super::natives;

natives! { urlParse => url_parse, urlCanParse => url_can_parse, urlSet => url_set }

/// The longest text taken as a URL, a base, or a part; anything longer is an invalid URL. Why a bound:
/// parsing works on copies outside the isolate's heap, several times as long as the text, that no heap limit
/// sees.
const URL_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Where a URL's text is cut, in the order in which url.js reads the offsets after the text itself.
const CUTS: [Position; 8] = [
    Position::AfterScheme,
    Position::AfterUsername,
    Position::BeforeHost,
    Position::AfterHost,
    Position::AfterPort,
    Position::BeforePath,
    Position::AfterPath,
    Position::AfterQuery,
];

/// `urlParse(text, base | undefined)` gives `[href, ...offsets]`, or undefined if the URL is invalid.
fn url_parse<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'s>,
) {
    let Some(url) = url_of(scope, &args) else { return };
    if let Some(parts) = parts_of(scope, &url) {
        rv.set(parts.into());
    }
}

/// `urlCanParse(text, base | undefined)` says whether the URL is valid.
fn url_can_parse<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'s>,
) {
    rv.set_bool(url_of(scope, &args).is_some());
}

/// `urlSet(href, part, value)` sets one part as URL's attribute of that name does, and gives what `urlParse`
/// gives; undefined if nothing changes.
fn url_set<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'s>,
) {
    let Some(href) = string_arg(scope, &args, 0) else { return };
    let Some(part) = string_arg(scope, &args, 1) else { return };
    let Some(value) = string_arg(scope, &args, 2) else { return };
    let Some(set) = setter(&part) else { return throw_type_error(scope, "a URL has no such part") };
    let Some(url) = changed(&href, set, &value) else { return };
    if let Some(parts) = parts_of(scope, &url) {
        rv.set(parts.into());
    }
}

fn url_of(scope: &mut v8::PinScope<'_, '_>, args: &v8::FunctionCallbackArguments<'_>) -> Option<Url> {
    let text = string_arg(scope, args, 0)?;
    if args.get(1).is_undefined() {
        return parse(&text, None);
    }
    let base = string_arg(scope, args, 1)?;
    parse(&text, Some(&base))
}

// Why panics are caught here: one would unwind into V8, which aborts the process with every tenant in it, and
// this parser, which is not ours, asserts its own invariants on what a tenant wrote. Such a URL counts as
// invalid.
fn parse(text: &str, base: Option<&str>) -> Option<Url> {
    if text.len() > URL_BYTES_MAX || base.is_some_and(|base| base.len() > URL_BYTES_MAX) {
        return None;
    }
    catch_unwind(|| match base {
        None => Url::parse(text).ok(),
        Some(base) => {
            let base = Url::parse(base).ok()?;
            base.join(&unambiguous(text, &base)).ok()
        }
    })
    .ok()?
}

/// The text in words that the crate resolves as the standard does. On its own it takes the host for empty after more than two slashes,
/// and a backslash for a slash where it is none.
fn unambiguous<'a>(text: &'a str, base: &Url) -> Cow<'a, str> {
    let start = text.trim_start_matches(|c| c <= ' ');
    let is_ignored = |c: &char| matches!(c, '\t' | '\n' | '\r');
    let mut first = start.chars().filter(|c| !is_ignored(c));
    let first = (first.next(), first.next(), first.next());
    match base.scheme() {
        "file" => Cow::Borrowed(text),
        "http" | "https" | "ws" | "wss" | "ftp" => {
            let is_slash = |c: Option<char>| matches!(c, Some('/' | '\\'));
            if !(is_slash(first.0) && is_slash(first.1) && is_slash(first.2)) {
                return Cow::Borrowed(text);
            }
            let rest = start.trim_start_matches(|c| is_ignored(&c) || is_slash(Some(c)));
            Cow::Owned(format!("//{rest}"))
        }
        // Both have the dot taken away again.
        _ if first.0 == Some('\\') => Cow::Owned(format!("./{start}")),
        _ if first.0 == Some('/') && first.1 == Some('\\') => Cow::Owned(format!("/.{start}")),
        _ => Cow::Borrowed(text),
    }
}

type Setter = fn(&mut Url, &str);

fn setter(part: &str) -> Option<Setter> {
    // A value that cannot be set leaves the URL as it is: that is what the standard wants of every part.
    let set: Setter = match part {
        "protocol" => |url, value| quirks::set_protocol(url, value).unwrap_or_default(),
        "username" => |url, value| quirks::set_username(url, value).unwrap_or_default(),
        "password" => |url, value| quirks::set_password(url, value).unwrap_or_default(),
        "host" => |url, value| set_host(url, |url| quirks::set_host(url, value)),
        "hostname" => |url, value| set_host(url, |url| quirks::set_hostname(url, value)),
        "port" => |url, value| quirks::set_port(url, value).unwrap_or_default(),
        "pathname" => set_pathname,
        "search" => quirks::set_search,
        "hash" => quirks::set_hash,
        _ => return None,
    };
    Some(set)
}

/// The URL with one part set; `None` (the caller keeps what it has) if the value is too long.
fn changed(href: &str, set: Setter, value: &str) -> Option<Url> {
    if value.len() > URL_BYTES_MAX {
        return None;
    }
    let url = parse(href, None)?;
    catch_unwind(|| {
        let mut url = url;
        set(&mut url, value);
        url
    })
    .ok()
}

/// Sets the path of a URL, which never becomes a host by that: without one before it, "/." stands before a path that begins
/// with "//". Unlike the crate's setter, it also lets a URL without a special scheme have no path at all.
fn set_pathname(url: &mut Url, value: &str) {
    // Asked before: the crate takes "non-spec://p" for a URL with a host, once it has made that of one without.
    let has_authority = url.has_authority();
    quirks::set_pathname(url, value);
    let path = url.path();
    let text = if has_authority {
        let path = if value.is_empty() { "" } else { path };
        // A special URL gets its slash back from the parser.
        format!("{}{path}{}", &url[..Position::AfterPort], &url[Position::AfterPath..])
    } else {
        let dot = if path.starts_with("//") { "/." } else { "" };
        format!("{}:{dot}{path}{}", &url[..Position::AfterScheme], &url[Position::AfterPath..])
    };
    become_text(url, &text);
}

/// Sets the host as `set` does, but never takes it away from credentials or a port, which have to be somebody's: the crate does, and
/// what is left is no URL.
fn set_host(url: &mut Url, set: impl FnOnce(&mut Url) -> Result<(), ()>) {
    let before = url.clone();
    set(url).unwrap_or_default();
    drop_dot(url);
    let has_owner = !before.username().is_empty() || before.password().is_some() || before.port().is_some();
    if has_owner && url.host_str().unwrap_or_default().is_empty() {
        *url = before;
    }
}

/// Takes away the "/." which the path of a URL needs no longer that has a host now.
fn drop_dot(url: &mut Url) {
    if url.has_authority() {
        let text = format!("{}{}", &url[..Position::AfterPort], &url[Position::BeforePath..]);
        become_text(url, &text);
    }
}

fn become_text(url: &mut Url, text: &str) {
    if text != url.as_str()
        && let Some(other) = parse(text, None)
    {
        *url = other;
    }
}

fn parts_of<'s>(scope: &mut v8::PinScope<'s, '_>, url: &Url) -> Option<v8::Local<'s, v8::Array>> {
    let mut parts: Vec<v8::Local<'_, v8::Value>> = Vec::with_capacity(CUTS.len() + 1);
    parts.push(new_string(scope, url.as_str())?.into());
    for offset in offsets(url)? {
        parts.push(v8::Integer::new_from_unsigned(scope, offset).into());
    }
    Some(v8::Array::new_with_elements(scope, &parts))
}

// Offsets in bytes are offsets in JavaScript's string too, because a URL's text is ASCII.
fn offsets(url: &Url) -> Option<Vec<u32>> {
    CUTS.iter().map(|&cut| u32::try_from(url[..cut].len()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(url: &str) -> Vec<u32> {
        parse(url, None).and_then(|url| offsets(&url)).unwrap_or_default()
    }

    fn set(href: &str, part: &str, value: &str) -> Option<String> {
        changed(href, setter(part)?, value).map(String::from)
    }

    #[test]
    fn every_part_is_found_by_its_offsets() {
        assert_eq!(cut("http://user:pw@h.org:81/path?q=1#f"), [4, 11, 15, 20, 23, 23, 28, 32]);
        assert_eq!(cut("http://h/"), [4, 7, 7, 8, 8, 8, 9, 9]);
        assert_eq!(cut("mailto:a@b"), [6, 7, 7, 7, 7, 7, 10, 10]);
        // The "/." that keeps a path of "//x" from looking like a host belongs to neither host nor path.
        assert_eq!(cut("web+demo:/.//x"), [8, 9, 9, 9, 9, 11, 14, 14]);
    }

    #[test]
    fn a_value_that_a_part_cannot_have_leaves_the_url_as_it_is() {
        assert_eq!(set("http://h/", "port", "x").as_deref(), Some("http://h/"));
        assert_eq!(set("http://h/", "host", "").as_deref(), Some("http://h/"));
        assert_eq!(set("http://h/", "protocol", "mailto").as_deref(), Some("http://h/"));
        assert_eq!(set("http://h/", "hash", "#é").as_deref(), Some("http://h/#%C3%A9"));
        assert_eq!(set("http://h/", "origin", "x"), None);
    }

    #[test]
    fn a_path_never_becomes_a_host_when_a_part_is_set() {
        assert_eq!(set("non-spec:/", "pathname", "//p").as_deref(), Some("non-spec:/.//p"));
        assert_eq!(set("non-spec:/", "pathname", "/..//p").as_deref(), Some("non-spec:/.//p"));
        assert_eq!(set("non-spec:/.//", "pathname", "p").as_deref(), Some("non-spec:/p"));
        assert_eq!(set("non-spec:/.//p?q#f", "hostname", "h").as_deref(), Some("non-spec://h//p?q#f"));
        assert_eq!(set("non-spec:/.//p", "search", "q").as_deref(), Some("non-spec:/.//p?q"));
        assert_eq!(set("mailto:a@b", "search", "q").as_deref(), Some("mailto:a@b?q"));
    }

    #[test]
    fn a_host_that_has_a_port_or_credentials_cannot_be_taken_away() {
        for href in ["foo://u@h/p", "foo://:p@h/p", "foo://h:1/p", "foo://u:p@h:1?q"] {
            assert_eq!(set(href, "host", "").as_deref(), Some(href));
            assert_eq!(set(href, "hostname", "").as_deref(), Some(href));
        }
        assert_eq!(set("foo://h/p", "host", "").as_deref(), Some("foo:///p"));
        assert_eq!(set("foo://u@h:1/p", "host", "other").as_deref(), Some("foo://u@other:1/p"));
    }

    #[test]
    fn a_path_can_be_taken_away_where_the_scheme_allows_it() {
        assert_eq!(set("foo://h/some/path?q", "pathname", "").as_deref(), Some("foo://h?q"));
        assert_eq!(set("http://h/some/path?q", "pathname", "").as_deref(), Some("http://h/?q"));
    }

    #[test]
    fn slashes_before_a_host_are_as_many_as_somebody_likes() {
        let joined = |text, base| parse(text, Some(base)).map(String::from);
        for text in ["//h/p", "///h/p", "\\\\\\h/p", " /\t/\n/\\//h/p"] {
            assert_eq!(joined(text, "http://example.org/a").as_deref(), Some("http://h/p"), "{text:?}");
            assert_eq!(joined(text, "wss://u@example.org/a?q").as_deref(), Some("wss://h/p"), "{text:?}");
        }
        assert_eq!(joined("///", "http://example.org/a"), None);
        assert_eq!(joined("/h/p", "http://example.org/a").as_deref(), Some("http://example.org/h/p"));
        assert_eq!(joined("///p", "foo://h/a").as_deref(), Some("foo:///p"));
    }

    #[test]
    fn a_backslash_is_a_slash_only_where_the_scheme_is_special() {
        let joined = |text, base| parse(text, Some(base)).map(String::from);
        assert_eq!(joined("\\p", "http://h/a/b").as_deref(), Some("http://h/p"));
        assert_eq!(joined("\\p", "foo://h/a/b").as_deref(), Some("foo://h/a/\\p"));
        assert_eq!(joined("\\\\p", "foo:/a/b").as_deref(), Some("foo:/a/\\\\p"));
        assert_eq!(joined("/\\p/../q", "foo:/a/b").as_deref(), Some("foo:/q"));
        assert_eq!(joined("/\t\\p", "foo:///a").as_deref(), Some("foo:///\\p"));
        assert_eq!(joined("\\p", "foo:opaque"), None);
    }

    #[test]
    fn a_text_past_the_bound_is_no_url() {
        let longest = format!("http://h/{}", "a".repeat(URL_BYTES_MAX - "http://h/".len()));
        assert!(parse(&longest, None).is_some());
        assert!(parse(&format!("{longest}a"), None).is_none());
        assert!(parse("a", Some(&format!("{longest}a"))).is_none());
    }
}
