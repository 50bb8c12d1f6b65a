//! The curves of RFC 7748 and RFC 8032: keys of Ed25519 and X25519 as bytes, and EdDSA.

use std::ptr;

use aws_lc_sys::EVP_MD_CTX;

use crate::{
    CryptoError, Family, Half, Key,
    error::{check, refused},
    owned::Owned,
};

const KEY_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 64;

/// The y of the points whose order divides eight, in every encoding that a reader may take for them. With such a key, or
/// such a point in a signature, everybody's signature is good for anything.
const SMALL_ORDER: [[u8; KEY_BYTES]; 7] = [
    [0; 32],
    with_first_byte(1),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    near_the_prime(0xec),
    near_the_prime(0xed),
    near_the_prime(0xee),
];

const fn with_first_byte(byte: u8) -> [u8; KEY_BYTES] {
    let mut bytes = [0; KEY_BYTES];
    let [first, ..] = &mut bytes;
    *first = byte;
    bytes
}

/// 2^255 - 19 ends in 0xed where the least byte stands.
const fn near_the_prime(least: u8) -> [u8; KEY_BYTES] {
    let mut bytes = [0xff; KEY_BYTES];
    let [first, .., last] = &mut bytes;
    *first = least;
    *last = 0x7f;
    bytes
}

impl Family {
    fn raw_id(self) -> Result<i32, CryptoError> {
        match self {
            Self::Ed25519 => Ok(aws_lc_sys::EVP_PKEY_ED25519),
            Self::X25519 => Ok(aws_lc_sys::EVP_PKEY_X25519),
            Self::Rsa | Self::P256 | Self::P384 | Self::P521 => Err(CryptoError::Refused),
        }
    }
}

impl Key {
    /// A public key from its bytes.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for any length but 32, and for other families.
    pub fn from_raw_public(family: Family, bytes: &[u8]) -> Result<Self, CryptoError> {
        let id = family.raw_id()?;
        // SAFETY: the bytes are a slice with its length.
        let made = unsafe {
            aws_lc_sys::EVP_PKEY_new_raw_public_key(id, ptr::null_mut(), bytes.as_ptr(), bytes.len())
        };
        // SAFETY: the key was made for us.
        Self::new(unsafe { Owned::take(made) }?, Half::Public)
    }

    /// A private key from its seed, as RFC 8032 and RFC 7748 call it a private key.
    ///
    /// # Errors
    /// As for [`Key::from_raw_public`].
    pub fn from_raw_private(family: Family, bytes: &[u8]) -> Result<Self, CryptoError> {
        let id = family.raw_id()?;
        // SAFETY: the bytes are a slice with its length.
        let made = unsafe {
            aws_lc_sys::EVP_PKEY_new_raw_private_key(id, ptr::null_mut(), bytes.as_ptr(), bytes.len())
        };
        // SAFETY: the key was made for us.
        Self::new(unsafe { Owned::take(made) }?, Half::Private)
    }

    /// A new private key.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for other families.
    pub fn generate_raw(family: Family) -> Result<Self, CryptoError> {
        family.raw_id()?;
        let mut seed = [0; KEY_BYTES];
        // SAFETY: there are as many bytes as it is told to write.
        check(unsafe { aws_lc_sys::RAND_bytes(seed.as_mut_ptr(), seed.len()) })?;
        let key = Self::from_raw_private(family, &seed);
        // SAFETY: there are as many bytes as it is told to wipe.
        unsafe { aws_lc_sys::OPENSSL_cleanse(seed.as_mut_ptr().cast(), seed.len()) };
        key
    }

    /// The bytes of the public key.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for other families.
    pub fn to_raw_public(&self) -> Result<Vec<u8>, CryptoError> {
        self.family().raw_id()?;
        let mut bytes = vec![0; KEY_BYTES];
        let mut length = bytes.len();
        // SAFETY: the key is valid, and there are as many bytes as `length` says.
        check(unsafe {
            aws_lc_sys::EVP_PKEY_get_raw_public_key(self.as_ptr(), bytes.as_mut_ptr(), &raw mut length)
        })?;
        Ok(bytes)
    }

    /// The seed.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for public keys and for other families.
    pub fn to_raw_private(&self) -> Result<Vec<u8>, CryptoError> {
        self.require_private()?;
        self.family().raw_id()?;
        let mut bytes = vec![0; KEY_BYTES];
        let mut length = bytes.len();
        // SAFETY: the key is valid, and there are as many bytes as `length` says.
        check(unsafe {
            aws_lc_sys::EVP_PKEY_get_raw_private_key(self.as_ptr(), bytes.as_mut_ptr(), &raw mut length)
        })?;
        Ok(bytes)
    }

    /// An EdDSA signature.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for public keys and for other families.
    pub fn sign_eddsa(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.require(Family::Ed25519)?;
        self.require_private()?;
        let context = new_context()?;
        // SAFETY: context and key are valid, and live until the signature is made; this scheme has no hash to choose.
        check(unsafe {
            aws_lc_sys::EVP_DigestSignInit(
                context.as_ptr(),
                ptr::null_mut(),
                ptr::null(),
                ptr::null_mut(),
                self.as_ptr(),
            )
        })?;
        let mut signature = vec![0; SIGNATURE_BYTES];
        let mut length = signature.len();
        // SAFETY: there are as many bytes as `length` says, and the message is a slice with its length.
        check(unsafe {
            aws_lc_sys::EVP_DigestSign(
                context.as_ptr(),
                signature.as_mut_ptr(),
                &raw mut length,
                message.as_ptr(),
                message.len(),
            )
        })?;
        if length == SIGNATURE_BYTES { Ok(signature) } else { Err(refused()) }
    }

    /// Whether `signature` is one of `message` by this key. Nothing is one by a key of small order.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for other families.
    pub fn verify_eddsa(&self, message: &[u8], signature: &[u8]) -> Result<bool, CryptoError> {
        self.require(Family::Ed25519)?;
        let Some((point, _)) = signature.split_first_chunk::<KEY_BYTES>() else { return Ok(false) };
        if has_small_order(point) || has_small_order(&self.to_raw_public()?) {
            return Ok(false);
        }
        let context = new_context()?;
        // SAFETY: context and key are valid, and live until the end; this scheme has no hash to choose.
        check(unsafe {
            aws_lc_sys::EVP_DigestVerifyInit(
                context.as_ptr(),
                ptr::null_mut(),
                ptr::null(),
                ptr::null_mut(),
                self.as_ptr(),
            )
        })?;
        // SAFETY: signature and message are slices with their lengths.
        let answer = unsafe {
            aws_lc_sys::EVP_DigestVerify(
                context.as_ptr(),
                signature.as_ptr(),
                signature.len(),
                message.as_ptr(),
                message.len(),
            )
        };
        Ok(check(answer).is_ok())
    }
}

fn new_context() -> Result<Owned<EVP_MD_CTX>, CryptoError> {
    // SAFETY: it takes nothing.
    let made = unsafe { aws_lc_sys::EVP_MD_CTX_new() };
    // SAFETY: the context was made for us.
    unsafe { Owned::take(made) }
}

/// The last bit says which of two points it is; both have the same order.
fn has_small_order(encoded: &[u8]) -> bool {
    let Ok(mut y) = <[u8; KEY_BYTES]>::try_from(encoded) else { return false };
    let [.., last] = &mut y;
    *last &= 0x7f;
    SMALL_ORDER.contains(&y)
}
