//! The hashes that signatures and paddings are built on, and HKDF. (Hashing itself is not this room's.)

use aws_lc_sys::EVP_MD;

use crate::{CryptoError, error::check};

/// A hash, as a signature or a padding names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1: broken as a hash for signatures, and still asked for.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// The length of its digests.
    #[must_use]
    pub fn digest_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    pub(crate) fn nid(self) -> i32 {
        match self {
            Self::Sha1 => aws_lc_sys::NID_sha1,
            Self::Sha256 => aws_lc_sys::NID_sha256,
            Self::Sha384 => aws_lc_sys::NID_sha384,
            Self::Sha512 => aws_lc_sys::NID_sha512,
        }
    }

    /// Lives as long as the process.
    pub(crate) fn method(self) -> *const EVP_MD {
        match self {
            // SAFETY: it takes nothing, and gives a constant.
            Self::Sha1 => unsafe { aws_lc_sys::EVP_sha1() },
            // SAFETY: as above.
            Self::Sha256 => unsafe { aws_lc_sys::EVP_sha256() },
            // SAFETY: as above.
            Self::Sha384 => unsafe { aws_lc_sys::EVP_sha384() },
            // SAFETY: as above.
            Self::Sha512 => unsafe { aws_lc_sys::EVP_sha512() },
        }
    }
}

/// HKDF (RFC 5869): `length` bytes, at most 255 digests of them.
///
/// # Errors
/// [`CryptoError::Refused`] if more are asked for.
pub fn hkdf(
    hash: Hash,
    secret: &[u8],
    salt: &[u8],
    info: &[u8],
    length: usize,
) -> Result<Vec<u8>, CryptoError> {
    if length > 255 * hash.digest_bytes() {
        return Err(CryptoError::Refused);
    }
    let mut key = vec![0; length];
    // SAFETY: each pointer comes with the length of its own slice; it writes `length` bytes, which there are.
    check(unsafe {
        aws_lc_sys::HKDF(
            key.as_mut_ptr(),
            length,
            hash.method(),
            secret.as_ptr(),
            secret.len(),
            salt.as_ptr(),
            salt.len(),
            info.as_ptr(),
            info.len(),
        )
    })?;
    Ok(key)
}
