//! The library's objects, each freed by its own function when it is dropped.

use std::{mem::ManuallyDrop, ptr::NonNull};

use crate::error::{CryptoError, refused};

/// An object of the library's that has a function to free it.
pub(crate) trait Foreign {
    /// # Safety
    /// The caller owns what `this` points at, and does not use it any more.
    unsafe fn free(this: *mut Self);
}

macro_rules! foreign {
    ($($object:ident => $free:ident),* $(,)?) => {
        $(impl Foreign for aws_lc_sys::$object {
            unsafe fn free(this: *mut Self) {
                // SAFETY: the caller owns it, and this is the function that frees such an object.
                unsafe { aws_lc_sys::$free(this) }
            }
        })*
    };
}

foreign! {
    BIGNUM => BN_clear_free,
    BN_CTX => BN_CTX_free,
    BN_GENCB => BN_GENCB_free,
    ECDSA_SIG => ECDSA_SIG_free,
    EC_KEY => EC_KEY_free,
    EC_POINT => EC_POINT_free,
    EVP_CIPHER_CTX => EVP_CIPHER_CTX_free,
    EVP_MD_CTX => EVP_MD_CTX_free,
    EVP_PKEY => EVP_PKEY_free,
    EVP_PKEY_CTX => EVP_PKEY_CTX_free,
    RSA => RSA_free,
}

/// The one owner of an object.
pub(crate) struct Owned<T: Foreign>(NonNull<T>);

impl<T: Foreign> Owned<T> {
    /// Takes what a function of the library has made; null is its way to say that it has made nothing.
    ///
    /// # Safety
    /// `made` is null, or points at an object that nobody else owns.
    pub(crate) unsafe fn take(made: *mut T) -> Result<Self, CryptoError> {
        NonNull::new(made).map(Self).ok_or_else(refused)
    }

    /// Valid for as long as `self` is borrowed.
    pub(crate) fn as_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }

    /// Gives the object to a function that takes ownership of it.
    pub(crate) fn into_raw(self) -> *mut T {
        ManuallyDrop::new(self).0.as_ptr()
    }
}

impl<T: Foreign> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: `take` was promised that nobody else owns it.
        unsafe { T::free(self.0.as_ptr()) }
    }
}
