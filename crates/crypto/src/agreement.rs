//! Agreement on a secret: ECDH on all curves.

use aws_lc_sys::EVP_PKEY_CTX;

use crate::{
    CryptoError, Key,
    error::{check, refused},
    owned::Owned,
};

/// The longest secret: a coordinate on P-521.
const SECRET_BYTES_MAX: usize = 66;

impl Key {
    /// The secret that the holder of `self` and the holder of the private key of `other` can compute, and nobody else.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] if `self` is a public key, if they are not on the same curve, and if everybody could compute it.
    pub fn agree(&self, other: &Self) -> Result<Vec<u8>, CryptoError> {
        self.require_private()?;
        other.require(self.family())?;
        // SAFETY: the key is valid, and lives until the end.
        let made = unsafe { aws_lc_sys::EVP_PKEY_CTX_new(self.as_ptr(), std::ptr::null_mut()) };
        // SAFETY: the context was made for us.
        let context: Owned<EVP_PKEY_CTX> = unsafe { Owned::take(made) }?;
        // SAFETY: the context is valid.
        check(unsafe { aws_lc_sys::EVP_PKEY_derive_init(context.as_ptr()) })?;
        // SAFETY: both are valid; it takes a share of the key.
        check(unsafe { aws_lc_sys::EVP_PKEY_derive_set_peer(context.as_ptr(), other.as_ptr()) })?;
        let mut secret = vec![0; SECRET_BYTES_MAX];
        let mut length = secret.len();
        // SAFETY: there are as many bytes as `length` says.
        check(unsafe {
            aws_lc_sys::EVP_PKEY_derive(context.as_ptr(), secret.as_mut_ptr(), &raw mut length)
        })?;
        if length > secret.len() {
            return Err(refused());
        }
        secret.truncate(length);
        Ok(secret)
    }
}
