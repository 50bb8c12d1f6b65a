//! How much memory a request comes to, and that all requests together come to no more than the operator gives them.
//!
//! It is set aside when a body has arrived, as a whole, and kept until the request is answered: a request that holds some never waits
//! for more, and none holds any while its client sends.

use std::time::Duration;

use http::Method;

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

    /// Refuses a body that is announced as one that will never be taken.
    pub(super) fn check(&self, weight: Weight, announced: Option<u64>) -> Result<(), Refusal> {
        let Some(bytes) = announced else { return Ok(()) };
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        if bytes > weight.bytes_max() {
            return Err(Refusal::too_large(format!(
                "the body has {bytes} bytes, and may have {}",
                weight.bytes_max()
            )));
        }
        self.memory_for(weight.memory(bytes)).map(drop)
    }

    /// Waits for the memory that a body of so many bytes needs. It is there: nobody holds memory while he sends.
    pub(super) async fn hold(
        &self,
        account: &str,
        weight: Weight,
        bytes: usize,
    ) -> Result<Reserved, Refusal> {
        self.hold_bytes(account, weight.memory(bytes)).await
    }

    /// The memory of which so much may be had.
    fn memory_for(&self, wanted: usize) -> Result<&Memory, Refusal> {
        let memory = if wanted <= self.small_max { &self.small } else { &self.large };
        if wanted <= memory.share_bytes() {
            return Ok(memory);
        }
        Err(Refusal::too_large(format!(
            "this comes to {} MiB in memory, and the node has {} MiB for it: make it smaller, or ask the operator for more \
             ([node] upload_memory_mib)",
            wanted.div_ceil(1 << 20),
            memory.share_bytes() >> 20
        )))
    }

    /// Waits for so much memory.
    pub(super) async fn hold_bytes(&self, account: &str, wanted: usize) -> Result<Reserved, Refusal> {
        let memory = self.memory_for(wanted)?;
        memory.reserve_within(account, wanted, WAIT_MAX).await.ok_or_else(|| {
            Refusal::busy("the node has as many uploads at once as it has memory for; try again in a moment")
        })
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    const MIB: usize = 1 << 20;

    fn bodies(mib: usize) -> Bodies {
        Bodies::new(mib * MIB)
    }

    async fn form(bodies: &Bodies, account: &str, mib: usize) -> Result<Reserved, StatusCode> {
        bodies.hold(account, Weight::Form, mib * MIB).await.map_err(|refusal| refusal.status)
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
        let _largest = form(&bodies, "a", FORM_BYTES_MAX / MIB).await.unwrap();
        assert_eq!(form(&bodies, "a", 10).await.unwrap_err(), StatusCode::SERVICE_UNAVAILABLE);
        let _other = form(&bodies, "b", 1).await.unwrap();
        let waiting = form(&bodies, "c", FORM_BYTES_MAX / MIB);
        tokio::pin!(waiting);
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        // It has taken what is left of the memory for large ones meanwhile.
        for small in 0..100 {
            let small = bodies.hold(&format!("small {small}"), Weight::Document, 1_000).await;
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
        let mib = |mib: usize| Some(u64::try_from(mib * MIB).unwrap());
        for announced in [mib(100), mib(1_000), Some(u64::MAX)] {
            let refused = bodies.check(Weight::Form, announced).unwrap_err();
            assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE, "{announced:?}");
        }
        assert!(bodies.check(Weight::Form, None).is_ok(), "it is seen when it is there");
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
