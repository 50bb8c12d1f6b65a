//! A worker's way out of its cell: over the link, to the host.

use http::HeaderMap;
use mote_wire::{
    http::{Body, Egress, EgressError, Fetched, ToBinding},
    link::{Kind, Link, Request, RequestError},
};

/// A head from which on a request waits for room on the link.
const LARGE_BYTES_MIN: usize = 4 << 10;

fn head_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// The way out of one worker.
pub(super) struct LinkEgress {
    pub(super) link: Link,
    /// The worker's number, by which the host knows who asks.
    pub(super) worker: u32,
}

impl Egress for LinkEgress {
    fn fetch(&self, request: http::Request<Body>) -> Fetched {
        let (mut parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let binding = parts.extensions.remove::<ToBinding>();
        let (kind, target) = binding.map_or((Kind::Fetch, String::new()), |to| (to.kind, to.name));
        let request = Request {
            worker: self.worker,
            kind,
            target,
            upgrade: parts.headers.contains_key(http::header::UPGRADE),
            method: parts.method,
            url: url.clone(),
            headers: parts.headers,
            body,
        };
        // At once, where it can be: what a worker does to a socket has an order. Only what is large waits until there is room.
        if request.url.len() + head_bytes(&request.headers) < LARGE_BYTES_MIN {
            let answer = self.link.request(request);
            return Box::pin(async move { answer.await.map_err(|error| egress_error(error, url)) });
        }
        let link = self.link.clone();
        Box::pin(async move {
            link.room().await;
            link.request(request).await.map_err(|error| egress_error(error, url))
        })
    }
}

fn egress_error(error: RequestError, url: String) -> EgressError {
    match error {
        RequestError::Failed(failure) => serde_json::from_slice(&failure)
            .unwrap_or(EgressError::Refused { url, reason: "the node gave no reason".to_owned() }),
        RequestError::Lost { .. } => {
            EgressError::Unreachable { host: url, reason: "the node is gone".to_owned() }
        }
        error @ RequestError::TooLarge => EgressError::Refused { url, reason: error.to_string() },
        RequestError::Full => {
            EgressError::Refused { url, reason: "too many subrequests are under way in this cell".to_owned() }
        }
    }
}
