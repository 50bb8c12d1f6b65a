//! What a worker's request may be: all of it is what a cell says, and the cell may be an attacker's.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use mote_wire::{
    http::{Body, EgressError},
    limits::{HEADERS_MAX, REQUEST_HEAD_BYTES_MAX},
};
use url::Url;

/// The worker that asks, as Cloudflare says it.
const CF_WORKER: HeaderName = HeaderName::from_static("cf-worker");
const CDN_LOOP: HeaderName = HeaderName::from_static("cdn-loop");
/// Mote's name in `CDN-Loop` (RFC 8586).
const OURS: &str = "mote";
/// Requests that may cause one another. One more than `subrequest_depth` in the table of limits: a cell answers the first that
/// is too deep with 508, and this is for loops that no sound cell is part of.
const DEPTH_MAX: usize = 17;

/// Headers of one connection (RFC 9110, section 7.6.1), which are the host's to set.
const OF_CONNECTION: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];
/// Headers that say who asks or where it came from: a worker cannot speak for the node. `host` and `content-length` follow
/// from the URL and the body.
const OF_HOST: [&str; 8] = [
    "host",
    "content-length",
    "proxy-connection",
    "http2-settings",
    "cf-worker",
    "cf-connecting-ip",
    "cf-ew-via",
    "mote-cf",
];

/// A request that may leave.
pub(super) struct Admitted {
    pub(super) request: Request<Body>,
    /// It wants to become a WebSocket: only HTTP/1.1 can do that here.
    pub(super) upgrade: bool,
}

/// Checks a request and puts it into the form in which it leaves.
pub(super) fn admit(request: Request<Body>, worker: &str) -> Result<Admitted, EgressError> {
    let (mut parts, body) = request.into_parts();
    let refused = |reason: &str| EgressError::Refused { url: shown(&parts.uri), reason: reason.to_owned() };
    if [Method::CONNECT, Method::TRACE].contains(&parts.method)
        || parts.method.as_str().eq_ignore_ascii_case("TRACK")
    {
        return Err(refused("the methods CONNECT, TRACE and TRACK are not a worker's to use"));
    }
    // Read as the URL standard says, so that `0x7f.1` is the address that it is.
    let url = Url::parse(&parts.uri.to_string()).map_err(|_| refused("it is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(refused("only http: and https: URLs with a host can be fetched"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("a URL with a name or a password cannot be fetched; send them in a header"));
    }
    if url.port() == Some(0) {
        return Err(refused("port 0 is nobody's"));
    }
    let uri = url.as_str().split('#').next().unwrap_or_default().parse();
    let uri = uri.map_err(|_| refused("it is no URL"))?;
    let bytes: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if parts.headers.len() > HEADERS_MAX + 100 || bytes > 2 * REQUEST_HEAD_BYTES_MAX {
        return Err(refused("its headers are too many or too large"));
    }
    if depth(&parts.headers) > DEPTH_MAX {
        return Err(refused("too many requests have caused one another (CDN-Loop)"));
    }
    let upgrade = parts.method == Method::GET && wants_websocket(&parts.headers);
    clean(&mut parts.headers);
    // Said also where there is no body, of methods that usually have one (Fetch, "HTTP-network-or-cache fetch").
    if [Method::POST, Method::PUT].contains(&parts.method) && http_body::Body::is_end_stream(&body) {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    if upgrade {
        parts.headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        parts.headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    }
    tag(&mut parts.headers, worker);
    parts.uri = uri;
    parts.version = http::Version::HTTP_11;
    Ok(Admitted { request: Request::from_parts(parts, body), upgrade })
}

/// The URL in an error: without what may be secret in it.
fn shown(uri: &http::Uri) -> String {
    uri.to_string()
}

fn wants_websocket(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Removes what is not the worker's to say, and what its `Connection` header names.
fn clean(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_CONNECTION.iter().chain(&named) {
        headers.remove(name);
    }
    for name in OF_HOST {
        headers.remove(name);
    }
}

/// Says whose request it is, and that it has come through here.
fn tag(headers: &mut HeaderMap, worker: &str) {
    if let Ok(worker) = HeaderValue::from_str(worker) {
        headers.insert(CF_WORKER, worker);
    }
    // A cell that is sound has said so already.
    if depth(headers) == 0 {
        headers.append(CDN_LOOP, HeaderValue::from_static(OURS));
    }
}

/// How often Mote is in the way that a request has come.
fn depth(headers: &HeaderMap) -> usize {
    let values = headers.get_all(CDN_LOOP).iter().filter_map(|value| value.to_str().ok());
    let hops = values.flat_map(|value| value.split(','));
    hops.filter(|hop| hop.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(OURS)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mote_wire::http::empty;

    fn request(url: &str) -> http::request::Builder {
        Request::get(url)
    }

    fn admitted(builder: http::request::Builder) -> Result<Request<Body>, String> {
        admit(builder.body(empty()).unwrap(), "shop")
            .map(|admitted| admitted.request)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_that_belongs_to_a_connection_passes() {
        let sent = request("http://example.com/a?b#c")
            .header("connection", "x-mine, close")
            .header("x-mine", "1")
            .header("transfer-encoding", "chunked")
            .header("content-length", "5")
            .header("host", "other.example")
            .header("upgrade", "h2c")
            .header("http2-settings", "AAMAAABkAAQCAAAAAAIAAAAA")
            .header("proxy-authorization", "x")
            .header("te", "trailers")
            .header("accept", "*/*");
        let request = admitted(sent).unwrap();
        assert_eq!(request.uri(), "http://example.com/a?b");
        let mut names: Vec<_> = request.headers().keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "cdn-loop", "cf-worker"]);
    }

    #[test]
    fn a_worker_cannot_speak_for_another_or_for_the_node() {
        let sent =
            request("http://example.com/").header("cf-worker", "bank").header("cf-connecting-ip", "1.2.3.4");
        let request = admitted(sent).unwrap();
        assert_eq!(request.headers()["cf-worker"], "shop");
        assert!(!request.headers().contains_key("cf-connecting-ip"));
    }

    #[test]
    fn loops_come_to_an_end() {
        let long = vec!["mote"; 17].join(", ");
        assert!(admitted(request("http://example.com/").header("cdn-loop", &long)).is_ok());
        let error = admitted(request("http://example.com/").header("cdn-loop", format!("{long}, MOTE;v=1")))
            .unwrap_err();
        assert!(error.contains("CDN-Loop"), "{error}");
        let other = admitted(request("http://example.com/").header("cdn-loop", "other")).unwrap();
        let values: Vec<_> = other.headers().get_all("cdn-loop").iter().collect();
        assert_eq!(values, ["other", "mote"]);
    }

    #[test]
    fn odd_urls_and_methods_are_refused_with_their_reason() {
        for (url, reason) in [
            ("http://me:secret@example.com/", "name or a password"),
            ("http://example.com:0/", "port 0"),
            ("ftp://example.com/", "only http"),
            ("/nowhere", "no URL"),
        ] {
            let error = admitted(request(url)).unwrap_err();
            assert!(error.contains(reason), "{url}: {error}");
        }
        for method in ["CONNECT", "TRACE", "TRACK", "track"] {
            let error = admitted(request("http://example.com/").method(method)).unwrap_err();
            assert!(error.contains("not a worker's"), "{method}: {error}");
        }
    }

    #[test]
    fn an_address_in_disguise_leaves_as_what_it_is() {
        for spelling in ["2130706433", "0x7f.1", "0177.0.0.1", "127.1"] {
            let request = admitted(request(&format!("http://{spelling}/"))).unwrap();
            assert_eq!(request.uri().host(), Some("127.0.0.1"), "{spelling}");
        }
    }

    #[test]
    fn a_websocket_is_asked_for_as_http_1_1_says_and_only_by_get() {
        let sent =
            request("http://example.com/").header("upgrade", "WebSocket").header("sec-websocket-key", "x");
        let whole = admit(sent.body(empty()).unwrap(), "shop").map_err(|error| error.to_string()).unwrap();
        assert!(whole.upgrade);
        assert_eq!(whole.request.headers()["connection"], "Upgrade");
        let post = request("http://example.com/").method("POST").header("upgrade", "websocket");
        let posted = admit(post.body(empty()).unwrap(), "shop").map_err(|error| error.to_string()).unwrap();
        assert!(!posted.upgrade && !posted.request.headers().contains_key("upgrade"));
    }
}
