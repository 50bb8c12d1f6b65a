//! What a rule is for: a path, on every host or on one, in the form in which requests have it.

use url::Url;

use super::{
    Problem,
    words::{Token, Tokens},
};

/// A rule's path and host, in normal form, with their splats and placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// `None` for every host.
    pub(super) host: Option<String>,
    pub(super) path: String,
}

impl Source {
    /// Reads a path, or a URL of `https`. The protocol is a way to write a host and no more: requests by `http` match, too. A
    /// query or a fragment is left out.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        if let Some(rest) = text.strip_prefix("https://") {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (host, path) = rest.split_at_checked(end).ok_or(Problem::Source)?;
            return Ok(Self { host: Some(normal_host(host)?), path: normal_path(path)? });
        }
        // Another protocol would otherwise be read as the first folder of a path.
        if text.split_once("://").is_some_and(|(protocol, _)| !protocol.contains('/')) {
            return Err(Problem::Source);
        }
        Ok(Self { host: None, path: normal_path(text)? })
    }

    /// Whether it is for one path only, on one host or on all.
    pub(super) fn is_static(&self) -> bool {
        let plain = |text: &str| Tokens(text).all(|token| matches!(token, Token::Text(_)));
        self.host.as_deref().is_none_or(plain) && plain(&self.path)
    }

    /// Host and path as one text. It is unambiguous, since a path begins with a slash, and a host has none.
    pub(super) fn key(self) -> String {
        self.host.unwrap_or_default() + &self.path
    }
}

/// The host of a `Host` header as rules have it: in lower case, without its port and without a final dot.
pub(super) fn host_name(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) => name,
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn normal_host(host: &str) -> Result<String, Problem> {
    if host.rsplit_once(':').is_some_and(|(_, port)| is_port(port)) {
        return Err(Problem::Port);
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    if !Tokens(host).all(|token| matches!(token, Token::Text(_))) {
        let plain =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        let is_host = Tokens(host).all(|token| !matches!(token, Token::Text(text) if !plain(text)));
        // Names keep their case: `:Sub` is not `:sub`.
        let lower = Tokens(host).map(|token| match token {
            Token::Text(text) => text.to_ascii_lowercase(),
            Token::Name(name) => format!(":{name}"),
            Token::Splat => "*".to_owned(),
        });
        return if is_host { Ok(lower.collect()) } else { Err(Problem::Source) };
    }
    if host.contains(['@', '\\']) {
        return Err(Problem::Source);
    }
    // The URL standard's own reading, so that a name in another script is the one that browsers send.
    let url = Url::parse(&format!("https://{host}/")).map_err(|_| Problem::Source)?;
    url.host_str().map(str::to_owned).ok_or(Problem::Source)
}

/// The path as a URL's parser leaves it: encoded, and without dots that lead up.
fn normal_path(text: &str) -> Result<String, Problem> {
    let slash = if text.starts_with('/') { "" } else { "/" };
    let url = Url::parse(&format!("https://host{slash}{text}")).map_err(|_| Problem::Source)?;
    Ok(url.path().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Result<String, Problem> {
        Source::parse(text).map(Source::key)
    }

    #[test]
    fn a_source_is_in_the_form_in_which_requests_have_it() {
        for (text, expected) in [
            ("/a", "/a"),
            ("a.example", "/a.example"),
            ("/some page", "/some%20page"),
            ("/some%20page", "/some%20page"),
            ("/://so;`me", "/://so;%60me"),
            ("/nons:/&@%+~{}ense", "/nons:/&@%+~%7B%7Dense"),
            ("//a.example/b", "//a.example/b"),
            ("/é", "/%C3%A9"),
            ("/a/../b/./c", "/b/c"),
            ("/a?b=c#d", "/a"),
            ("?b", "/"),
            ("https://a.example", "a.example/"),
            ("https://A.example./B", "a.example/B"),
            ("https://a.example?x", "a.example/"),
            ("https://:Sub.Pages.*/x", ":Sub.pages.*/x"),
            ("https://bücher.example/", "xn--bcher-kva.example/"),
        ] {
            assert_eq!(key(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_source_is_refused() {
        for text in [
            "http://a.example/",
            "ftp://x",
            "https://",
            "https:///a",
            "https://a@b.example/",
            "https://a b.example/",
            "https://:sub.b@c/",
            "https://[::x/",
            "https://*.é.example/",
            "https://a\\b/",
        ] {
            assert_eq!(key(text), Err(Problem::Source), "{text}");
        }
        for text in [
            "https://a.example:8080",
            "https://a.example:443/x",
            "https://:sub.a.example:80/",
            "https://a.example:/",
        ] {
            assert_eq!(key(text), Err(Problem::Port), "{text}");
        }
    }

    #[test]
    fn a_requests_host_is_compared_without_its_port_and_case() {
        for (host, name) in [
            ("A.example:8080", "a.example"),
            ("a.example.", "a.example"),
            ("a.example.:80", "a.example"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("", ""),
        ] {
            assert_eq!(host_name(host), name, "{host}");
        }
    }
}
