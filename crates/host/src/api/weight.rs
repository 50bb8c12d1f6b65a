//! How much memory a request comes to, and that all requests together come to no more than the operator gives them.
//!
//! It is set aside before any of the body is read, as a whole, and kept until the request is answered: a request that holds some
//! never waits for more.

use std::time::Duration;

use http::{Method, StatusCode};

use super::{
    DOCUMENT_BYTES_MAX,
    assets::{MANIFEST_BYTES_MAX, UPLOAD_BYTES_MAX},
    envelope::Refusal,
    upload::{FORM_BYTES_MAX, METADATA_BYTES_MAX},
};
use crate::budget::{Memory, Reserved};

/// How long a request waits for its memory.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// What is read of a form before a part of it is taken out: the piece that came, and the one before it.
const PIECES_BYTES: usize = 8 << 20;
/// What a byte of JSON can come to as a value: `[0,0,0]` has 32 bytes for each two.
const JSON_TIMES: usize = 17;
/// A part of the memory that large requests have nothing of, so that small ones need not wait for them.
const SMALL_PART: usize = 8;
/// The part of the memory up to which a request is small.
const SMALL_REQUEST_PART: usize = 64;

/// What kind of body a request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// A JSON document.
    Document,
    /// A list of files.
    Manifest,
    /// Files, as base64.
    Files,
    /// A worker's code.
    Form,
}

impl Weight {
    /// What a request in an account has.
    pub(super) fn of(method: &Method, path: &[&str]) -> Self {
        match (method.as_str(), path) {
            ("PUT", ["workers", "scripts", _]) | ("POST", ["workers", "scripts", _, "versions"]) => {
                Self::Form
            }
            ("POST", ["workers", "scripts", _, "assets-upload-session"]) => Self::Manifest,
            _ => Self::Document,
        }
    }

    pub(super) const fn bytes_max(self) -> usize {
        match self {
            Self::Document => DOCUMENT_BYTES_MAX,
            Self::Manifest => MANIFEST_BYTES_MAX,
            Self::Files => UPLOAD_BYTES_MAX,
            Self::Form => FORM_BYTES_MAX,
        }
    }

    /// What so many bytes come to at the worst.
    pub(super) fn memory(self, bytes: usize) -> usize {
        let pieces = bytes.min(PIECES_BYTES);
        match self {
            Self::Document => bytes.saturating_mul(1 + JSON_TIMES),
            // Only paths, hashes and sizes are kept of it.
            Self::Manifest => bytes.saturating_mul(6),
            // The files, and the text of the one that is being read.
            Self::Files => bytes.saturating_mul(2).saturating_add(pieces),
            // The modules; the bundle that is made of them and sent to a cell; the same bundle compressed.
            Self::Form => {
                let metadata = bytes.min(METADATA_BYTES_MAX).saturating_mul(JSON_TIMES);
                bytes.saturating_mul(3).saturating_add(pieces).saturating_add(metadata)
            }
        }
    }
}

/// What a kept bundle comes to when a new version is made of it: as it was read, as it is sent to a cell, and compressed.
pub(super) fn bundle_memory(bytes: usize) -> usize {
    bytes.saturating_mul(4)
}

/// The memory for requests.
pub(super) struct Bodies {
    /// For requests that come to little.
    small: Memory,
    large: Memory,
    /// Up to which a request comes to little.
    small_max: usize,
}

impl Bodies {
    pub(super) fn new(bytes: usize) -> Self {
        let small = bytes / SMALL_PART;
        let large = bytes - small;
        // Whoever sends the largest upload, and takes his time, leaves something for others.
        let share = Weight::Form.memory(FORM_BYTES_MAX).max(large / 2);
        Self {
            small: Memory::new(small, small / 2),
            large: Memory::new(large, share),
            small_max: bytes / SMALL_REQUEST_PART,
        }
    }

    /// Waits for the memory of a body that is said to have so many bytes; `None` if nothing is said.
    pub(super) async fn hold(
        &self,
        account: &str,
        weight: Weight,
        announced: Option<u64>,
    ) -> Result<Reserved, Refusal> {
        let bytes = match announced {
            Some(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
            None => weight.bytes_max(),
        };
        if bytes > weight.bytes_max() {
            return Err(Refusal::too_large(format!(
                "the body has {bytes} bytes, and may have {}",
                weight.bytes_max()
            )));
        }
        let wanted = weight.memory(bytes);
        if wanted > self.large.share_bytes() && announced.is_none() {
            return Err(Refusal {
                status: StatusCode::LENGTH_REQUIRED,
                ..Refusal::invalid(
                    "this node takes a body only if its length is said before: send `Content-Length`",
                )
            });
        }
        self.hold_bytes(account, wanted).await
    }

    /// Waits for so much memory.
    pub(super) async fn hold_bytes(&self, account: &str, wanted: usize) -> Result<Reserved, Refusal> {
        let memory = if wanted <= self.small_max { &self.small } else { &self.large };
        if wanted > memory.share_bytes() {
            return Err(Refusal::too_large(format!(
                "this comes to {} MiB in memory, and the node has {} MiB for it: make it smaller, or ask the operator for more \
                 ([node] upload_memory_mib)",
                wanted.div_ceil(1 << 20),
                memory.share_bytes() >> 20
            )));
        }
        memory.reserve_within(account, wanted, WAIT_MAX).await.ok_or_else(|| {
            Refusal::busy("the node has as many uploads at once as it has memory for; try again in a moment")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn bodies(mib: usize) -> Bodies {
        Bodies::new(mib * MIB)
    }

    async fn form(bodies: &Bodies, account: &str, mib: usize) -> Result<Reserved, StatusCode> {
        let bytes = u64::try_from(mib * MIB).unwrap();
        bodies.hold(account, Weight::Form, Some(bytes)).await.map_err(|refusal| refusal.status)
    }

    #[tokio::test(start_paused = true)]
    async fn uploads_never_come_to_more_than_the_operator_gives() {
        let bodies = bodies(512);
        let mut held = Vec::new();
        for account in ["a", "b", "c", "d"] {
            while let Ok(one) = form(&bodies, account, 20).await {
                held.push(one);
            }
        }
        let all = held.len() * Weight::Form.memory(20 * MIB);
        assert!(all <= 512 * MIB && all > 300 * MIB, "{all}");
        assert_eq!(form(&bodies, "e", 20).await.unwrap_err(), StatusCode::SERVICE_UNAVAILABLE);
        held.pop();
        assert!(form(&bodies, "e", 20).await.is_ok(), "what was given back is there for the next one");
    }

    #[tokio::test(start_paused = true)]
    async fn the_largest_upload_of_one_account_leaves_room_for_others() {
        let bodies = bodies(512);
        let _largest = bodies.hold("a", Weight::Form, None).await.unwrap();
        assert_eq!(form(&bodies, "a", 10).await.unwrap_err(), StatusCode::SERVICE_UNAVAILABLE);
        let _other = form(&bodies, "b", 1).await.unwrap();
        let waiting = form(&bodies, "c", FORM_BYTES_MAX / MIB);
        tokio::pin!(waiting);
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        // It has taken what is left of the memory for large ones meanwhile.
        for small in 0..100 {
            let small = bodies.hold(&format!("small {small}"), Weight::Document, Some(1_000)).await;
            assert!(small.is_ok());
        }
        assert_eq!(waiting.await.unwrap_err(), StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_fits_does_not_wait() {
        let bodies = bodies(64);
        let begun = tokio::time::Instant::now();
        assert_eq!(form(&bodies, "a", 100).await.unwrap_err(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(form(&bodies, "a", 1_000).await.unwrap_err(), StatusCode::PAYLOAD_TOO_LARGE);
        let unknown = bodies.hold("a", Weight::Form, None).await.unwrap_err();
        assert_eq!(unknown.status, StatusCode::LENGTH_REQUIRED);
        assert!(form(&bodies, "a", 5).await.is_ok());
        assert!(begun.elapsed().is_zero());
    }

    #[test]
    fn what_can_be_uploaded_is_known_by_its_path() {
        let of = |method: &str, path: &str| {
            Weight::of(&method.parse().unwrap(), &path.split('/').collect::<Vec<_>>())
        };
        assert_eq!(of("PUT", "workers/scripts/a"), Weight::Form);
        assert_eq!(of("POST", "workers/scripts/a/versions"), Weight::Form);
        assert_eq!(of("POST", "workers/scripts/a/assets-upload-session"), Weight::Manifest);
        for path in ["workers/scripts/a/secrets", "workers/scripts/a/deployments", "tokens", ""] {
            assert_eq!(of("PUT", path), Weight::Document, "{path}");
        }
    }
}
