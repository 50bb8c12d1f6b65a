//! Who may ask a door that only this machine's owner should use.

use hyper::{Request, body::Incoming, header};

/// True unless a web page sent the request: those have an origin, or come under a name that somebody else resolves.
pub(crate) fn is_local(request: &Request<Incoming>) -> bool {
    let header = |name| request.headers().get(name).map(|value: &header::HeaderValue| value.as_bytes());
    let host = header(header::HOST).and_then(|host| std::str::from_utf8(host).ok()).unwrap_or("");
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let local = name == "localhost" || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    let page = header(header::ORIGIN).is_some_and(|origin| origin.starts_with(b"http"));
    local && !page
}
