//! How many requests caused one another: a worker that fetches itself, or another that fetches it, must come to an end.
//!
//! Each subrequest says so in the `CDN-Loop` header (RFC 8586), which proxies on the way leave alone: one `mote` for each
//! request that led to it. A worker sees the header, and cannot change it.

use http::{HeaderMap, HeaderName, HeaderValue};

const CDN_LOOP: HeaderName = HeaderName::from_static("cdn-loop");
const OURS: &str = "mote";

/// The way that a request has come.
#[derive(Debug, Clone, Default)]
pub struct Trail(Option<HeaderValue>);

impl Trail {
    /// The way that these headers tell.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(CDN_LOOP).iter();
        let Some(first) = values.next() else { return Self(None) };
        let mut whole = first.as_bytes().to_vec();
        for value in values {
            whole.extend_from_slice(b", ");
            whole.extend_from_slice(value.as_bytes());
        }
        Self(HeaderValue::from_bytes(&whole).ok())
    }

    /// The number of requests on the way that came from Mote.
    #[must_use]
    pub fn depth(&self) -> u64 {
        let hops = self.0.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default().split(',');
        let ids = hops.map(|hop| hop.split(';').next().unwrap_or_default().trim());
        ids.filter(|id| *id == OURS).count() as u64
    }

    /// Adds a step to it, for the headers of a subrequest.
    pub(crate) fn pass_on(&self, headers: &mut HeaderMap) {
        let value = match &self.0 {
            None => Ok(HeaderValue::from_static(OURS)),
            Some(so_far) => HeaderValue::from_bytes(&[so_far.as_bytes(), b", ", OURS.as_bytes()].concat()),
        };
        if let Ok(value) = value {
            headers.insert(CDN_LOOP, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_adds_one_whatever_the_worker_says() {
        let mut headers = HeaderMap::new();
        headers.insert(CDN_LOOP, HeaderValue::from_static("other;v=1, mote"));
        headers.append(CDN_LOOP, HeaderValue::from_static(" mote ; a=b,remote"));
        let trail = Trail::of(&headers);
        assert_eq!(trail.depth(), 2);
        let mut outgoing = HeaderMap::new();
        outgoing.insert(CDN_LOOP, HeaderValue::from_static("nothing"));
        trail.pass_on(&mut outgoing);
        assert_eq!(Trail::of(&outgoing).depth(), 3);
        assert_eq!(outgoing.get(CDN_LOOP).unwrap(), "other;v=1, mote,  mote ; a=b,remote, mote");
        Trail::default().pass_on(&mut outgoing);
        assert_eq!(outgoing.get(CDN_LOOP).unwrap(), "mote");
    }
}
