//! Addresses of a name, as a cell asks for them: a request with the scheme `dns`, whose answer is a JSON list. It goes the way of all
//! other requests, and is under the same policy.

use http::{Request, Response, StatusCode};

use crate::http::{Body, full};

/// The scheme of such a request's URL.
const SCHEME: &str = "dns";

/// The name whose addresses a request asks for; `None` if it asks for something else.
#[must_use]
pub fn name_of(request: &Request<Body>) -> Option<String> {
    let uri = request.uri();
    if uri.scheme_str() != Some(SCHEME) {
        return None;
    }
    uri.host().map(str::to_owned)
}

/// The answer with these addresses.
#[must_use]
pub fn found(addresses: &[String]) -> Response<Body> {
    Response::new(full(serde_json::to_vec(addresses).unwrap_or_default()))
}

/// The answer that the worker may not know, and why.
#[must_use]
pub fn refused(reason: &str) -> Response<Body> {
    of(StatusCode::FORBIDDEN, reason)
}

/// The answer that nobody knows such a name, in the resolver's words.
#[must_use]
pub fn unknown(reason: &str) -> Response<Body> {
    of(StatusCode::NOT_FOUND, reason)
}

fn of(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(full(text.to_owned()));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::empty;

    #[test]
    fn only_a_request_of_this_scheme_asks_for_addresses() {
        let name = |url: &str| name_of(&Request::builder().uri(url).body(empty()).unwrap());
        assert_eq!(name("dns://example.com/").as_deref(), Some("example.com"));
        assert_eq!(name("dns://_a.example.com:53/x").as_deref(), Some("_a.example.com"));
        assert_eq!(name("http://example.com/"), None);
        assert_eq!(name("/"), None);
    }
}
