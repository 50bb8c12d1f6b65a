//! Numbers of any length, and their bytes: the greatest first, as all key formats have it.

use std::ptr;

use aws_lc_sys::BIGNUM;

use crate::{
    CryptoError,
    error::{check, refused},
    owned::Owned,
};

pub(crate) fn number(bytes: &[u8]) -> Result<Owned<BIGNUM>, CryptoError> {
    // SAFETY: pointer and length are those of a slice; a null result asks for a new number.
    let made = unsafe { aws_lc_sys::BN_bin2bn(bytes.as_ptr(), bytes.len(), ptr::null_mut()) };
    // SAFETY: the number was made for us.
    unsafe { Owned::take(made) }
}

/// The bytes of a number, as many as it needs.
///
/// # Safety
/// `number` is null or points at a number that lives until this returns.
pub(crate) unsafe fn bytes_of(number: *const BIGNUM) -> Result<Vec<u8>, CryptoError> {
    if number.is_null() {
        return Err(refused());
    }
    // SAFETY: it is not null, so it is valid, as the caller promises.
    let bits = unsafe { aws_lc_sys::BN_num_bits(number) };
    let length = usize::try_from(bits.div_ceil(8)).map_err(|_| refused())?;
    // SAFETY: as the caller promises.
    unsafe { padded_bytes_of(number, length) }
}

/// The bytes of a number, `length` of them, with zeros before it.
///
/// # Safety
/// As for [`bytes_of`].
pub(crate) unsafe fn padded_bytes_of(number: *const BIGNUM, length: usize) -> Result<Vec<u8>, CryptoError> {
    if number.is_null() {
        return Err(refused());
    }
    let mut bytes = vec![0; length];
    // SAFETY: the number is valid, as the caller promises; it writes `length` bytes, which there are, or fails.
    check(unsafe { aws_lc_sys::BN_bn2bin_padded(bytes.as_mut_ptr(), length, number) })?;
    Ok(bytes)
}
