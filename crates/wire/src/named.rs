//! A bundle on its way: its name, and bytes that are said to be its encoding, or that encoding packed.
//!
//! A node's store keeps bundles packed, and they stay so until a cell wants their modules. Nobody on the way looks inside; the cell
//! that opens one sees whether it is the one that was asked for.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::bundle::{Bundle, BundleHash, CONTENT_BYTES_MAX, DecodeError, SOURCE_MAP_BYTES_MAX};

/// The most bytes that an encoded bundle can have: a packed one that claims more is not unpacked.
pub const ENCODED_BYTES_MAX: usize = CONTENT_BYTES_MAX + SOURCE_MAP_BYTES_MAX + (4 << 20);

/// A bundle that nobody has opened yet. Cheap to clone.
#[derive(Clone)]
pub struct NamedBundle {
    hash: BundleHash,
    /// How many bytes the packed ones claim to be; `None` if they are not packed.
    claimed: Option<usize>,
    bytes: Bytes,
}

/// What is said of a bundle beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleHead {
    /// Its hash, in hexadecimal.
    pub hash: String,
    /// How many bytes its encoding has if it is packed; `None` if it is not.
    pub unpacked_bytes: Option<usize>,
}

/// Bytes are not the bundle that they were said to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotThatBundle {
    /// The name is none.
    #[error("its name is no hash")]
    Unnamed,
    /// They cannot be unpacked to what they claim to be.
    #[error("it cannot be unpacked")]
    NotPacked,
    /// They are another bundle, or none.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl NamedBundle {
    /// A bundle as it is.
    #[must_use]
    pub fn plain(bundle: &Bundle) -> Self {
        Self { hash: bundle.hash(), claimed: None, bytes: bundle.encode() }
    }

    /// What is said to be the bundle of this hash, its encoding of so many bytes packed with zstd.
    #[must_use]
    pub fn packed(hash: BundleHash, unpacked_bytes: usize, packed: Bytes) -> Self {
        Self { hash, claimed: Some(unpacked_bytes), bytes: packed }
    }

    /// What came as these bytes and this head.
    ///
    /// # Errors
    /// If it has no name.
    pub fn came(head: &BundleHead, bytes: Bytes) -> Result<Self, NotThatBundle> {
        let hash = head.hash.parse().map_err(|_| NotThatBundle::Unnamed)?;
        Ok(Self { hash, claimed: head.unpacked_bytes, bytes })
    }

    /// What has to be said of it beside its bytes.
    #[must_use]
    pub fn head(&self) -> BundleHead {
        BundleHead { hash: self.hash.to_string(), unpacked_bytes: self.claimed }
    }

    /// Its name.
    #[must_use]
    pub fn hash(&self) -> BundleHash {
        self.hash
    }

    /// Its bytes, packed or not.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The bundle, surely the one of its name.
    ///
    /// # Errors
    /// If the bytes are not that bundle's.
    pub fn open(self) -> Result<Bundle, NotThatBundle> {
        let hash = self.hash;
        Ok(Bundle::verify(self.unpack()?, hash)?)
    }

    /// Its encoding, surely the one of its name.
    ///
    /// # Errors
    /// If the bytes are not that bundle's.
    pub fn encoding(self) -> Result<Bytes, NotThatBundle> {
        let hash = self.hash;
        let encoded = self.unpack()?;
        Bundle::verify(encoded.clone(), hash)?;
        Ok(encoded)
    }

    fn unpack(self) -> Result<Bytes, NotThatBundle> {
        match self.claimed {
            None => Ok(self.bytes),
            Some(claimed) if claimed > ENCODED_BYTES_MAX => Err(NotThatBundle::NotPacked),
            // As much room as it needs, and no more: it is kept for as long as its worker is in service.
            Some(claimed) => {
                let unpacked = zstd::bulk::decompress(&self.bytes, claimed);
                Ok(unpacked.map_err(|_| NotThatBundle::NotPacked)?.into())
            }
        }
    }
}

impl fmt::Debug for NamedBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedBundle")
            .field("hash", &self.hash)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Format, Module, ModuleKind, ModuleSpecifier};

    fn bundle(code: &str) -> Bundle {
        let main = ModuleSpecifier::parse("index.js").unwrap();
        Bundle::new(
            vec![Module::new(main.clone(), ModuleKind::EsModule, code.to_owned())],
            main,
            Format::Modules,
        )
        .unwrap()
    }

    fn packed(bundle: &Bundle) -> (usize, Bytes) {
        let encoded = bundle.encode();
        (encoded.len(), zstd::bulk::compress(&encoded, 3).unwrap().into())
    }

    #[test]
    fn a_bundle_arrives_as_it_left() {
        let bundle = bundle("one");
        let (bytes, packed) = packed(&bundle);
        for named in [NamedBundle::plain(&bundle), NamedBundle::packed(bundle.hash(), bytes, packed)] {
            let arrived = NamedBundle::came(&named.head(), named.bytes().clone()).unwrap();
            assert_eq!(arrived.open().unwrap(), bundle);
        }
    }

    #[test]
    fn another_bundle_is_not_taken_for_it() {
        let (one, other) = (bundle("one"), bundle("other"));
        let (bytes, packed) = packed(&other);
        let wrong = |result: Result<Bundle, NotThatBundle>| {
            assert!(
                matches!(result, Err(NotThatBundle::Decode(DecodeError::WrongHash { .. }))),
                "{result:?}"
            );
        };
        wrong(NamedBundle::packed(one.hash(), bytes, packed).open());
        let head = BundleHead { hash: one.hash().to_string(), unpacked_bytes: None };
        wrong(NamedBundle::came(&head, other.encode()).unwrap().open());
        let head = BundleHead { hash: "x".to_owned(), unpacked_bytes: None };
        assert_eq!(NamedBundle::came(&head, other.encode()).err(), Some(NotThatBundle::Unnamed));
    }

    #[test]
    fn bytes_that_are_damaged_or_lie_of_their_size_are_refused() {
        let bundle = bundle(&"one ".repeat(10_000));
        let (bytes, packed) = packed(&bundle);
        let open =
            |claimed, packed: &Bytes| NamedBundle::packed(bundle.hash(), claimed, packed.clone()).open();
        assert!(open(bytes, &packed).is_ok());
        for claimed in [0, 1, bytes - 1, ENCODED_BYTES_MAX + 1, usize::MAX] {
            assert_eq!(open(claimed, &packed), Err(NotThatBundle::NotPacked), "{claimed}");
        }
        for length in 0..packed.len() {
            assert!(open(bytes, &packed.slice(..length)).is_err(), "{length}");
        }
        for at in 0..packed.len() {
            let mut spoilt = packed.to_vec();
            spoilt[at] ^= 0x41;
            // Some bits of a frame say nothing of what is in it.
            if let Ok(opened) = open(bytes, &spoilt.into()) {
                assert_eq!(opened, bundle, "{at}");
            }
        }
    }
}
