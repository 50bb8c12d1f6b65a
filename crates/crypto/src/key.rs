//! Keys of key pairs, and the two formats that all of them have: SubjectPublicKeyInfo and PKCS#8.

use std::{ffi::c_int, mem::MaybeUninit, ptr};

use aws_lc_sys::{CBB, CBS, EVP_PKEY};

use crate::{
    CryptoError, RSA_BITS_MAX,
    error::{check, refused},
    owned::Owned,
    rsa::RSA_BITS_MIN,
};

/// What a key is for, and on which curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// RSA, whatever the padding.
    Rsa,
    /// ECDSA and ECDH on P-256.
    P256,
    /// ECDSA and ECDH on P-384.
    P384,
    /// ECDSA and ECDH on P-521.
    P521,
    /// EdDSA on edwards25519.
    Ed25519,
    /// Agreement on curve25519.
    X25519,
}

/// Which key of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The one that others may know.
    Public,
    /// The one that they may not. It can do what the public one can, too.
    Private,
}

/// A key of a key pair, checked: on its curve, within bounds, and its parts fit together.
pub struct Key {
    pkey: Owned<EVP_PKEY>,
    family: Family,
    half: Half,
}

/// More than the longest key has, in any format.
const ENCODED_BYTES_MAX: usize = 64 << 10;

impl Key {
    /// Reads a public key.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] if it is none, of no family, or has something behind it.
    pub fn from_spki(bytes: &[u8]) -> Result<Self, CryptoError> {
        // SAFETY: it is a parser for the reader that it is given.
        unsafe { Self::parse(bytes, aws_lc_sys::EVP_parse_public_key, Half::Public) }
    }

    /// Reads a private key.
    ///
    /// # Errors
    /// As for [`Key::from_spki`].
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, CryptoError> {
        // SAFETY: it is a parser for the reader that it is given.
        unsafe { Self::parse(bytes, aws_lc_sys::EVP_parse_private_key, Half::Private) }
    }

    /// # Safety
    /// `parser` reads from a valid reader, and gives a key that is the caller's, or null.
    unsafe fn parse(
        bytes: &[u8],
        parser: unsafe extern "C" fn(*mut CBS) -> *mut EVP_PKEY,
        half: Half,
    ) -> Result<Self, CryptoError> {
        if bytes.len() > ENCODED_BYTES_MAX {
            return Err(CryptoError::Refused);
        }
        let mut reader = CBS { data: bytes.as_ptr(), len: bytes.len() };
        // SAFETY: the reader stands on a slice, with its length; the parser is what the caller promises.
        let made = unsafe { parser(&raw mut reader) };
        // SAFETY: as the caller promises.
        let pkey = unsafe { Owned::take(made) }?;
        if reader.len != 0 {
            return Err(CryptoError::Refused);
        }
        Self::new(pkey, half)
    }

    /// Finds out of which family a key is.
    pub(crate) fn new(pkey: Owned<EVP_PKEY>, half: Half) -> Result<Self, CryptoError> {
        // SAFETY: the key is valid.
        let id = unsafe { aws_lc_sys::EVP_PKEY_id(pkey.as_ptr()) };
        let family = match id {
            aws_lc_sys::EVP_PKEY_RSA => Family::Rsa,
            aws_lc_sys::EVP_PKEY_ED25519 => Family::Ed25519,
            aws_lc_sys::EVP_PKEY_X25519 => Family::X25519,
            aws_lc_sys::EVP_PKEY_EC => crate::elliptic::family_of(&pkey)?,
            _ => return Err(CryptoError::Refused),
        };
        let key = Self { pkey, family, half };
        let fits = family != Family::Rsa || (RSA_BITS_MIN..=RSA_BITS_MAX).contains(&key.bits());
        if fits { Ok(key) } else { Err(CryptoError::Refused) }
    }

    /// What it is for.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// Which of the pair it is.
    #[must_use]
    pub fn half(&self) -> Half {
        self.half
    }

    /// The length of an RSA key's modulus, or of a curve's order.
    #[must_use]
    pub fn bits(&self) -> u32 {
        // SAFETY: the key is valid.
        let bits = unsafe { aws_lc_sys::EVP_PKEY_bits(self.pkey.as_ptr()) };
        u32::try_from(bits).unwrap_or(0)
    }

    /// What it keeps in memory, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        // An RSA key keeps each of its numbers twice: as it is, and ready to be computed with.
        512 + usize::try_from(self.bits()).unwrap_or(0) * 2
    }

    /// The public key of this one.
    ///
    /// # Errors
    /// None that is known.
    pub fn public(&self) -> Result<Self, CryptoError> {
        Self::from_spki(&self.to_spki()?)
    }

    /// The public key as a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// None that is known.
    pub fn to_spki(&self) -> Result<Vec<u8>, CryptoError> {
        // SAFETY: it writes a key to a writer.
        unsafe { self.written(aws_lc_sys::EVP_marshal_public_key) }
    }

    /// The private key in the format of PKCS#8.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] if it is a public one.
    pub fn to_pkcs8(&self) -> Result<Vec<u8>, CryptoError> {
        self.require_private()?;
        // SAFETY: it writes a key to a writer.
        unsafe { self.written(aws_lc_sys::EVP_marshal_private_key) }
    }

    /// # Safety
    /// `write` is sound with a valid writer and a valid key.
    unsafe fn written(
        &self,
        write: unsafe extern "C" fn(*mut CBB, *const EVP_PKEY) -> c_int,
    ) -> Result<Vec<u8>, CryptoError> {
        let mut place = MaybeUninit::<CBB>::uninit();
        let writer = place.as_mut_ptr();
        // SAFETY: there is a place for a writer.
        unsafe { aws_lc_sys::CBB_zero(writer) };
        // SAFETY: the writer is valid, if empty.
        let started = check(unsafe { aws_lc_sys::CBB_init(writer, 512) });
        // SAFETY: both are valid, and the function is what the caller promises.
        let filled = started.and_then(|()| check(unsafe { write(writer, self.as_ptr()) }));
        let (mut data, mut length) = (ptr::null_mut(), 0);
        let finished = filled.and_then(|()| {
            // SAFETY: the writer is valid, and there are places for what it gives.
            check(unsafe { aws_lc_sys::CBB_finish(writer, &raw mut data, &raw mut length) })
        });
        if let Err(error) = finished {
            // SAFETY: the writer is valid, and was not finished.
            unsafe { aws_lc_sys::CBB_cleanup(writer) };
            return Err(error);
        }
        if data.is_null() {
            return Err(refused());
        }
        // SAFETY: the writer has given `length` bytes, which nobody else has.
        let bytes = unsafe { std::slice::from_raw_parts(data, length) }.to_vec();
        // SAFETY: they are ours, and nobody uses them any more. It wipes them, too.
        unsafe { aws_lc_sys::OPENSSL_free(data.cast()) };
        Ok(bytes)
    }

    pub(crate) fn require(&self, family: Family) -> Result<(), CryptoError> {
        if self.family == family { Ok(()) } else { Err(CryptoError::Refused) }
    }

    pub(crate) fn require_private(&self) -> Result<(), CryptoError> {
        if self.half == Half::Private { Ok(()) } else { Err(CryptoError::Refused) }
    }

    /// Valid for as long as `self` is borrowed.
    pub(crate) fn as_ptr(&self) -> *mut EVP_PKEY {
        self.pkey.as_ptr()
    }
}

/// A new, empty key, for a function that fills it.
pub(crate) fn empty() -> Result<Owned<EVP_PKEY>, CryptoError> {
    // SAFETY: it takes nothing.
    let made = unsafe { aws_lc_sys::EVP_PKEY_new() };
    // SAFETY: the key was made for us.
    unsafe { Owned::take(made) }
}
