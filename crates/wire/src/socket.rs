//! Connections below HTTP (`connect()`), as a cell asks for them: a request with the method CONNECT, whose answer is a 101 and
//! then the connection's bytes. It goes the way of all other requests, and is under the same policy.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header, uri::Authority};

use crate::http::{Body, empty};

/// The scheme of such a request's URL.
const SCHEME: &str = "tcp";
/// Whether it speaks TLS, and since when: see [`Secure`].
const SECURE: HeaderName = HeaderName::from_static("mote-socket-secure");
/// What names a connection that may begin to speak TLS. The host makes it up.
const TOKEN: HeaderName = HeaderName::from_static("mote-socket-token");
/// Whose certificate is expected, if not that of the host that was asked for.
const SERVER_NAME: HeaderName = HeaderName::from_static("mote-socket-server-name");

/// Whether a connection speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secure {
    /// Never.
    Off,
    /// From its beginning.
    On,
    /// When it is asked to ([`Asked::Secure`]).
    Later,
}

/// What a cell asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A new connection.
    Open {
        /// Where to: host and port.
        to: Authority,
        /// Whether it speaks TLS.
        secure: Secure,
    },
    /// A connection that was opened as [`Secure::Later`] begins to speak TLS. What was written to it is sent before; it is over
    /// as what it was.
    Secure {
        /// Where it leads to.
        to: Authority,
        /// What names it.
        token: String,
        /// Whose certificate is expected, if not that of the host.
        server_name: Option<String>,
    },
}

impl Secure {
    /// The word for it, in JavaScript too.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Later => "starttls",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Off, Self::On, Self::Later].into_iter().find(|secure| secure.as_str() == word)
    }
}

impl Asked {
    /// As a request; `None` if a text in it cannot be said in HTTP.
    #[must_use]
    pub fn to_request(&self) -> Option<Request<Body>> {
        let mut headers = HeaderMap::new();
        headers.insert(header::UPGRADE, HeaderValue::from_static(SCHEME));
        let to = match self {
            Self::Open { to, secure } => {
                headers.insert(SECURE, HeaderValue::from_static(secure.as_str()));
                to
            }
            Self::Secure { to, token, server_name } => {
                headers.insert(TOKEN, HeaderValue::from_str(token).ok()?);
                if let Some(name) = server_name {
                    headers.insert(SERVER_NAME, HeaderValue::from_str(name).ok()?);
                }
                to
            }
        };
        let uri = Uri::builder().scheme(SCHEME).authority(to.clone()).path_and_query("/").build().ok()?;
        let mut request = Request::new(empty());
        *request.method_mut() = Method::CONNECT;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Some(request)
    }

    /// What a request asks for; `None` if it asks for something else, or says it in a way that nobody does.
    #[must_use]
    pub fn of(request: &Request<Body>) -> Option<Self> {
        if request.method() != Method::CONNECT || request.uri().scheme_str() != Some(SCHEME) {
            return None;
        }
        let to = request.uri().authority()?.clone();
        let said = |name: HeaderName| request.headers().get(name)?.to_str().ok().map(str::to_owned);
        match said(TOKEN) {
            Some(token) => Some(Self::Secure { to, token, server_name: said(SERVER_NAME) }),
            None => Some(Self::Open { to, secure: Secure::parse(&said(SECURE)?)? }),
        }
    }
}

/// Says in an answer's headers what names the connection.
pub fn put_token(headers: &mut HeaderMap, token: &str) {
    headers.extend(HeaderValue::from_str(token).ok().map(|token| (TOKEN, token)));
}

/// What names the connection of an answer, if it may begin to speak TLS.
#[must_use]
pub fn token_of(headers: &HeaderMap) -> Option<String> {
    headers.get(TOKEN)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_comes_across() {
        let to: Authority = "[::1]:5432".parse().unwrap();
        let server_name = Some("db.example".to_owned());
        for asked in [
            Asked::Open { to: to.clone(), secure: Secure::Off },
            Asked::Open { to: to.clone(), secure: Secure::Later },
            Asked::Secure { to: to.clone(), token: "abc".to_owned(), server_name },
            Asked::Secure { to, token: "abc".to_owned(), server_name: None },
        ] {
            assert_eq!(Asked::of(&asked.to_request().unwrap()), Some(asked));
        }
    }

    #[test]
    fn other_requests_ask_for_no_connection() {
        let request = |method: &str, url: &str, secure: &str| {
            let request = Request::builder().method(method).uri(url).header(SECURE, secure);
            Asked::of(&request.body(empty()).unwrap())
        };
        assert!(request("CONNECT", "tcp://a:1/", "off").is_some());
        assert_eq!(request("GET", "tcp://a:1/", "off"), None);
        assert_eq!(request("CONNECT", "http://a:1/", "off"), None);
        assert_eq!(request("CONNECT", "tcp://a:1/", "maybe"), None);
    }

    #[test]
    fn a_name_that_is_no_header_is_not_sent() {
        let to: Authority = "a:1".parse().unwrap();
        let server_name = Some("a\r\nb".to_owned());
        assert!(Asked::Secure { to, token: "x".to_owned(), server_name }.to_request().is_none());
    }
}
