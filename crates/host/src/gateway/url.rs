//! The URL of a request, as the worker sees it.

use http::{HeaderMap, Uri, header};

/// Puts together what the client asked for. Most requests are in normal form already, and are not parsed for it.
pub(super) fn request_url(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let host = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost"),
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut url = String::with_capacity("http://".len() + host.len() + path.len());
    url.push_str("http://");
    url.push_str(host);
    url.push_str(path);
    if is_plain_host(host) && is_plain_path(path) {
        return Some(url);
    }
    ::url::Url::parse(&url).ok().map(String::from)
}

/// True if parsing would leave a host and port as they are.
fn is_plain_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "8080"));
    (is_plain_name(name) || is_plain_address(name))
        && !port.starts_with('0')
        && port != "80"
        && port.len() <= 5
        && port.parse::<u16>().is_ok()
}

/// A lower-case name. Those with `xn--` are checked by the parser; a last label that begins with a digit may be an address.
fn is_plain_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    name.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
        && !last.starts_with(|c: char| c.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
        && !name.contains("xn--")
}

/// An IPv4 address in its usual form.
fn is_plain_address(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && name.split('.').all(|part| part == "0" || !part.starts_with('0'))
        && name.parse::<std::net::Ipv4Addr>().is_ok()
}

/// True if parsing would leave a path and query as they are.
fn is_plain_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains("/.")
        && !path.contains("%2")
        && path.bytes().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(
                    byte,
                    b'/' | b'.'
                        | b'-'
                        | b'_'
                        | b'~'
                        | b'?'
                        | b'='
                        | b'&'
                        | b'+'
                        | b','
                        | b';'
                        | b':'
                        | b'@'
                        | b'%'
                        | b'!'
                        | b'*'
                        | b'('
                        | b')'
                )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(host: &str, path: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a header value"));
        request_url(&path.parse().expect("a path"), &headers)
    }

    #[test]
    fn a_url_is_in_normal_form() {
        assert_eq!(url("localhost:8787", "/a?b=c").as_deref(), Some("http://localhost:8787/a?b=c"));
        assert_eq!(url("EXAMPLE.com", "/").as_deref(), Some("http://example.com/"));
        assert_eq!(url("example.com:80", "/").as_deref(), Some("http://example.com/"));
        assert_eq!(url("example.com", "/a/../b").as_deref(), Some("http://example.com/b"));
        assert_eq!(url("example.com", "/%2e%2e/b").as_deref(), Some("http://example.com/b"));
        assert_eq!(url("127.0.0.1:8787", "/").as_deref(), Some("http://127.0.0.1:8787/"));
        assert_eq!(url("127.1", "/").as_deref(), Some("http://127.0.0.1/"));
        assert_eq!(url("0177.0.0.1", "/").as_deref(), Some("http://127.0.0.1/"));
    }

    #[test]
    fn what_looks_plain_is_left_as_the_parser_would_leave_it() {
        for path in ["/", "/a/b.c", "/x?y=z&w=%41", "/a:b@c", "/!*()", "/a//b"] {
            let parsed = ::url::Url::parse(&format!("http://example.com{path}")).expect("a URL");
            assert_eq!(url("example.com", path).as_deref(), Some(parsed.as_str()), "{path}");
        }
    }

    #[test]
    fn a_host_that_is_none_gives_no_url() {
        assert_eq!(url("exa mple", "/"), None);
        assert_eq!(url("[::1", "/"), None);
    }
}
