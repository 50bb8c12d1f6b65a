//! RSA as it was before OAEP and PSS: with the padding of PKCS#1 v1.5, or with none.
//!
//! Decryption with the padding of PKCS#1 is not here: whoever can tell by its time whether the padding was right can decrypt
//! everything.

use std::ffi::c_int;

use aws_lc_sys::RSA;

use crate::{CryptoError, Key, error::check};

/// What is done with the modulus and one of the exponents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainRsa {
    /// Encrypts with the public key.
    Encrypt(PlainPadding),
    /// Decrypts with the private key what was encrypted without padding.
    DecryptUnpadded,
    /// "Encrypts" with the private key: a signature of the data itself.
    Sign(PlainPadding),
    /// Gives back what was signed so.
    Recover(PlainPadding),
}

/// What makes the data as long as the modulus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainPadding {
    /// That of PKCS#1 v1.5.
    Pkcs1,
    /// The data has that length.
    None,
}

type Operation = unsafe extern "C" fn(*mut RSA, *mut usize, *mut u8, usize, *const u8, usize, c_int) -> c_int;

impl PlainPadding {
    fn number(self) -> c_int {
        match self {
            Self::Pkcs1 => aws_lc_sys::RSA_PKCS1_PADDING,
            Self::None => aws_lc_sys::RSA_NO_PADDING,
        }
    }
}

impl PlainRsa {
    fn needs_private_key(self) -> bool {
        matches!(self, Self::DecryptUnpadded | Self::Sign(_))
    }

    fn parts(self) -> (Operation, PlainPadding) {
        match self {
            Self::Encrypt(padding) => (aws_lc_sys::RSA_encrypt, padding),
            Self::DecryptUnpadded => (aws_lc_sys::RSA_decrypt, PlainPadding::None),
            Self::Sign(padding) => (aws_lc_sys::RSA_sign_raw, padding),
            Self::Recover(padding) => (aws_lc_sys::RSA_verify_raw, padding),
        }
    }
}

impl Key {
    /// Does one of these.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for keys of other families, for public ones where a private one is needed, for data of a length that
    /// does not go with the padding, and if what is recovered has none.
    pub fn rsa_plain(&self, operation: PlainRsa, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        if operation.needs_private_key() {
            self.require_private()?;
        }
        let rsa = self.rsa()?;
        let (run, padding) = operation.parts();
        let mut output = vec![0; self.modulus_bytes()];
        let mut length = 0;
        // SAFETY: the key is valid; output and data are slices with their lengths, and the output is as long as the modulus.
        check(unsafe {
            run(
                rsa,
                &raw mut length,
                output.as_mut_ptr(),
                output.len(),
                data.as_ptr(),
                data.len(),
                padding.number(),
            )
        })?;
        output.truncate(length);
        Ok(output)
    }
}
