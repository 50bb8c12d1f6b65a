//! What a route's pattern says, and what it may not say.

use std::fmt;

/// The longest host, as DNS has it.
pub(super) const HOST_BYTES_MAX: usize = 253;
/// The longest pattern.
const PATTERN_BYTES_MAX: usize = 1_024;

const _: () = assert!(HOST_BYTES_MAX < PATTERN_BYTES_MAX, "a pattern has room for every host");

/// How a client has reached the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// Which requests a route is for: `example.com/*`, `*.example.com/images/*`, `https://example.com/a`.
///
/// Patterns that match the same requests are equal, however they are written. `Display` gives the form that they share.
#[derive(Debug, Clone)]
pub struct RoutePattern {
    /// `None` for both.
    pub(super) scheme: Option<Scheme>,
    pub(super) host: HostPattern,
    pub(super) path: PathPattern,
    /// As its owner knows it.
    pub(super) written: Box<str>,
}

/// In lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum HostPattern {
    Exact(Box<str>),
    /// What follows the `*`, which stands for any number of any characters, or for none.
    EndsWith(Box<str>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum PathPattern {
    Exact(Box<str>),
    /// What stands before the `*`.
    StartsWith(Box<str>),
}

/// What is wrong with a route's pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The whole is too long.
    #[error("a route has at most {max} bytes, and this one {bytes}", max = PATTERN_BYTES_MAX)]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// It asks for a query.
    #[error("a route has no query (`?`); one whose path ends with `*` matches with every query")]
    Query,
    /// It asks for a fragment.
    #[error("a route has no fragment (`#`): clients do not send it")]
    Fragment,
    /// There is no such scheme.
    #[error("a route begins with `http://`, `https://` or, for both, with the host")]
    Scheme,
    /// There is no host.
    #[error("a route needs a host, as in `example.com/*`")]
    NoHost,
    /// The host is longer than any name.
    #[error("a route's host has at most {max} bytes, and this one {bytes}", max = HOST_BYTES_MAX)]
    HostTooLong {
        /// How long it is.
        bytes: usize,
    },
    /// It asks for a port.
    #[error("a route has no port (`:`): it matches on every port")]
    Port,
    /// A wildcard stands in the middle or at the end of the host.
    #[error(
        "`*` can stand at the start of a route's host, and at the end of its path, as in `*.example.com/*`; not elsewhere \
         in the host"
    )]
    HostWildcard,
    /// Letters beyond ASCII.
    #[error(
        "{character:?} cannot stand in a route's host: write an international name in punycode (`xn--…`)"
    )]
    HostNotAscii {
        /// The first of them.
        character: char,
    },
    /// No host name has this.
    #[error("{character:?} cannot stand in a route's host: it has letters, digits, `-`, `_` and `.`")]
    HostCharacter {
        /// The first of them.
        character: char,
    },
    /// Dots with nothing between them.
    #[error(
        "a route's host has no `.` at its start, at its end or after another; before the first one can stand `*`, as in \
         `*.example.com`"
    )]
    HostDots,
    /// A wildcard stands before the end of the path.
    #[error("`*` can stand at the end of a route's path, as in `/images/*`, not elsewhere in the path")]
    PathWildcard,
    /// No request has this in its path as it is.
    #[error(
        "{character:?} cannot stand in a route's path: write it as requests have it, percent-encoded (`%20`)"
    )]
    PathCharacter {
        /// The first of them.
        character: char,
    },
    /// No request has these in its path.
    #[error("a route's path has no `.` or `..` between slashes: write where it leads to")]
    PathDots,
}

impl RoutePattern {
    /// Reads a pattern: a scheme if it shall be for one only, a host that may begin with `*`, and a path that may end with
    /// `*`. Without a path it is for `/`.
    ///
    /// # Errors
    /// When it is no pattern, or one that no request could match.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.len() > PATTERN_BYTES_MAX {
            return Err(PatternError::TooLong { bytes: text.len() });
        }
        match text.find(['?', '#']).and_then(|at| text.as_bytes().get(at)) {
            Some(b'?') => return Err(PatternError::Query),
            Some(_) => return Err(PatternError::Fragment),
            None => {}
        }
        let (scheme, rest) = split_scheme(text)?;
        let (host, path) = match rest.find('/').and_then(|at| rest.split_at_checked(at)) {
            Some((host, path)) => (host, path),
            None => (rest, "/"),
        };
        Ok(Self {
            scheme,
            host: HostPattern::parse(host)?,
            path: PathPattern::parse(path)?,
            written: text.into(),
        })
    }

    /// The pattern as it was given to [`RoutePattern::parse`], which is how its owner knows it.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// What makes two patterns the same.
    fn meaning(&self) -> (Option<Scheme>, &HostPattern, &PathPattern) {
        (self.scheme, &self.host, &self.path)
    }
}

impl PartialEq for RoutePattern {
    fn eq(&self, other: &Self) -> bool {
        self.meaning() == other.meaning()
    }
}

impl Eq for RoutePattern {}

impl std::hash::Hash for RoutePattern {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.meaning().hash(state);
    }
}

impl fmt::Display for RoutePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.scheme {
            write!(f, "{scheme}://")?;
        }
        match &self.host {
            HostPattern::Exact(host) => f.write_str(host)?,
            HostPattern::EndsWith(suffix) => write!(f, "*{suffix}")?,
        }
        match &self.path {
            PathPattern::Exact(path) => f.write_str(path),
            PathPattern::StartsWith(prefix) => write!(f, "{prefix}*"),
        }
    }
}

/// The scheme, and what follows it.
fn split_scheme(text: &str) -> Result<(Option<Scheme>, &str), PatternError> {
    match text.split_once("://") {
        // After a slash it is part of the path, as in `example.com/https://*`.
        Some((scheme, _)) if scheme.contains('/') => Ok((None, text)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => Ok((Some(Scheme::Http), rest)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => Ok((Some(Scheme::Https), rest)),
        Some(_) => Err(PatternError::Scheme),
        None => Ok((None, text)),
    }
}

impl HostPattern {
    fn parse(host: &str) -> Result<Self, PatternError> {
        if host.is_empty() {
            return Err(PatternError::NoHost);
        }
        if host.len() > HOST_BYTES_MAX {
            return Err(PatternError::HostTooLong { bytes: host.len() });
        }
        let (name, suffix) = (host, host.strip_prefix('*'));
        for character in suffix.unwrap_or(name).chars() {
            match character {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => {}
                '*' => return Err(PatternError::HostWildcard),
                ':' => return Err(PatternError::Port),
                _ if !character.is_ascii() => return Err(PatternError::HostNotAscii { character }),
                _ => return Err(PatternError::HostCharacter { character }),
            }
        }
        // `*` alone is every host; else what follows `*` or `*.` is a name, or the end of one.
        let labels = suffix.map_or(name, |suffix| suffix.strip_prefix('.').unwrap_or(suffix));
        if labels.split('.').any(str::is_empty) && suffix != Some("") {
            return Err(PatternError::HostDots);
        }
        Ok(match suffix {
            Some(suffix) => Self::EndsWith(suffix.to_ascii_lowercase().into()),
            None => Self::Exact(name.to_ascii_lowercase().into()),
        })
    }
}

impl PathPattern {
    fn parse(path: &str) -> Result<Self, PatternError> {
        let prefix = path.strip_suffix('*');
        let plain = prefix.unwrap_or(path);
        if plain.contains('*') {
            return Err(PatternError::PathWildcard);
        }
        if let Some(character) = plain.chars().find(|character| is_never_in_a_path(*character)) {
            return Err(PatternError::PathCharacter { character });
        }
        // What stands right before the wildcard is the beginning of a segment, such as `/.*` for all hidden files.
        let whole =
            if prefix.is_some() { plain.rsplit_once('/').map_or("", |(whole, _)| whole) } else { plain };
        if whole.split('/').any(is_dots) {
            return Err(PatternError::PathDots);
        }
        Ok(match prefix {
            Some(prefix) => Self::StartsWith(prefix.into()),
            None => Self::Exact(path.into()),
        })
    }
}

/// True for what a URL's parser encodes, or takes for a slash.
fn is_never_in_a_path(character: char) -> bool {
    !character.is_ascii_graphic() || matches!(character, '"' | '<' | '>' | '\\' | '`' | '{' | '}')
}

/// True for what a URL's parser resolves.
fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        RoutePattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
    }

    #[test]
    fn a_pattern_is_shown_in_its_normal_form() {
        for (written, shown) in [
            ("example.com", "example.com/"),
            ("example.com/*", "example.com/*"),
            ("EXAMPLE.com/Images/*", "example.com/Images/*"),
            ("*.Example.com/images/*", "*.example.com/images/*"),
            ("*example.com/a", "*example.com/a"),
            ("*-dev.example.com", "*-dev.example.com/"),
            ("HTTPS://example.com/*", "https://example.com/*"),
            ("http://*example.com", "http://*example.com/"),
            ("*/*", "*/*"),
            ("*", "*/"),
            ("xn--bcher-kva.example/", "xn--bcher-kva.example/"),
            ("192.0.2.7/*", "192.0.2.7/*"),
            ("_a.example.com//b", "_a.example.com//b"),
            ("example.com/https://a/*", "example.com/https://a/*"),
            ("example.com/.well-known/..*", "example.com/.well-known/..*"),
            ("example.com/a%20b:@!$&'()+,;=|^[]~*", "example.com/a%20b:@!$&'()+,;=|^[]~*"),
        ] {
            assert_eq!(normal(written), shown);
            assert_eq!(normal(shown), shown);
            assert_eq!(RoutePattern::parse(written), RoutePattern::parse(shown));
            assert_eq!(RoutePattern::parse(written).unwrap().written(), written);
        }
    }

    #[test]
    fn patterns_that_match_different_requests_are_not_equal() {
        let patterns =
            ["a.com", "a.com/*", "*a.com", "*.a.com", "http://a.com", "https://a.com", "a.com/A", "a.com/a"];
        for (i, a) in patterns.iter().enumerate() {
            for (j, b) in patterns.iter().enumerate() {
                assert_eq!(RoutePattern::parse(a) == RoutePattern::parse(b), i == j, "{a} {b}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_its_reason() {
        for (text, error) in [
            ("", PatternError::NoHost),
            ("/", PatternError::NoHost),
            ("https://", PatternError::NoHost),
            ("https:///a", PatternError::NoHost),
            ("//example.com/", PatternError::NoHost),
            ("example.com/?a=*", PatternError::Query),
            ("example.com?#", PatternError::Query),
            ("example.com/#?", PatternError::Fragment),
            ("ftp://example.com/", PatternError::Scheme),
            ("*://example.com/", PatternError::Scheme),
            ("://example.com/", PatternError::Scheme),
            ("example.com:8080/", PatternError::Port),
            ("example.com*", PatternError::HostWildcard),
            ("a.*.com/", PatternError::HostWildcard),
            ("**.com/", PatternError::HostWildcard),
            ("bücher.example/", PatternError::HostNotAscii { character: 'ü' }),
            ("[::1]/", PatternError::HostCharacter { character: '[' }),
            ("exa mple.com/", PatternError::HostCharacter { character: ' ' }),
            ("user@example.com/", PatternError::HostCharacter { character: '@' }),
            ("example.com\\a", PatternError::HostCharacter { character: '\\' }),
            ("example\0.com/", PatternError::HostCharacter { character: '\0' }),
            (".example.com/", PatternError::HostDots),
            ("example.com./", PatternError::HostDots),
            ("example..com/", PatternError::HostDots),
            ("*./", PatternError::HostDots),
            ("*..com/", PatternError::HostDots),
            (".", PatternError::HostDots),
            ("example.com/*.jpg", PatternError::PathWildcard),
            ("example.com/**", PatternError::PathWildcard),
            ("example.com/a b", PatternError::PathCharacter { character: ' ' }),
            ("example.com/ü*", PatternError::PathCharacter { character: 'ü' }),
            ("example.com/a\\b", PatternError::PathCharacter { character: '\\' }),
            ("example.com/\n", PatternError::PathCharacter { character: '\n' }),
            ("example.com/a/../b", PatternError::PathDots),
            ("example.com/a/.", PatternError::PathDots),
            ("example.com/%2E./*", PatternError::PathDots),
        ] {
            assert_eq!(RoutePattern::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_pattern_is_refused_from_one_byte_past_the_limits_on() {
        let long = |bytes: usize| format!("a.com/{}", "a".repeat(bytes - "a.com/".len()));
        assert!(RoutePattern::parse(&long(1_024)).is_ok());
        assert_eq!(RoutePattern::parse(&long(1_025)), Err(PatternError::TooLong { bytes: 1_025 }));
        let host = |bytes: usize| format!("https://*{}/*", "a".repeat(bytes - 1));
        assert!(RoutePattern::parse(&host(253)).is_ok());
        assert_eq!(RoutePattern::parse(&host(254)), Err(PatternError::HostTooLong { bytes: 254 }));
    }

    #[test]
    fn a_refusal_says_what_is_allowed() {
        let said = |text: &str| RoutePattern::parse(text).unwrap_err().to_string();
        assert!(said("a.com/?").contains("ends with `*`"));
        assert!(said(&"a".repeat(2_000)).contains("at most 1024 bytes, and this one 2000"));
        assert!(said("ü.com").contains("punycode"));
        assert!(said("a\n.com").starts_with("'\\n' cannot"), "a refusal has one line");
    }
}
