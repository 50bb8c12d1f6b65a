//! AES key wrap (RFC 3394), with its default initial value.

use std::{mem::MaybeUninit, ptr};

use aws_lc_sys::AES_KEY;

use crate::{CryptoError, error::refused};

const HALF_BLOCK_BYTES: usize = 8;

/// Keys are short; more would take time and memory for nothing.
const WRAPPED_BYTES_MAX: usize = 1 << 20;

/// An expanded key, which is wiped when it is dropped.
struct Schedule(AES_KEY);

type Expand = unsafe extern "C" fn(*const u8, u32, *mut AES_KEY) -> i32;

impl Schedule {
    fn new(key: &[u8], expand: Expand) -> Result<Self, CryptoError> {
        let bits = match key.len() {
            16 => 128,
            24 => 192,
            32 => 256,
            _ => return Err(CryptoError::Refused),
        };
        let mut schedule = MaybeUninit::<AES_KEY>::zeroed();
        // SAFETY: the key has as many bits as we say, and there is a place for the schedule.
        if unsafe { expand(key.as_ptr(), bits, schedule.as_mut_ptr()) } != 0 {
            return Err(refused());
        }
        // SAFETY: it is made of integers, so zeros are one, and it was filled on top of that.
        Ok(Self(unsafe { schedule.assume_init() }))
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        // SAFETY: it wipes as many bytes as the schedule has; zeros are a valid one.
        unsafe { aws_lc_sys::OPENSSL_cleanse((&raw mut self.0).cast(), size_of::<AES_KEY>()) }
    }
}

/// Wraps `plain`, whose length is a multiple of eight, and 16 at least. The result is eight bytes longer.
///
/// # Errors
/// [`CryptoError::Refused`] for any other length, and for keys that are no AES keys.
pub fn wrap_key(key: &[u8], plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
    require_length(plain, 2)?;
    let schedule = Schedule::new(key, aws_lc_sys::AES_set_encrypt_key)?;
    let mut wrapped = vec![0; plain.len() + HALF_BLOCK_BYTES];
    // SAFETY: it reads as many bytes as there are and writes eight more, for which there is room; no IV is the default one.
    let written = unsafe {
        aws_lc_sys::AES_wrap_key(
            &raw const schedule.0,
            ptr::null(),
            wrapped.as_mut_ptr(),
            plain.as_ptr(),
            plain.len(),
        )
    };
    whole(wrapped, written)
}

/// The opposite of [`wrap_key`].
///
/// # Errors
/// [`CryptoError::Refused`] if it was not wrapped with this key.
pub fn unwrap_key(key: &[u8], wrapped: &[u8]) -> Result<Vec<u8>, CryptoError> {
    require_length(wrapped, 3)?;
    let schedule = Schedule::new(key, aws_lc_sys::AES_set_decrypt_key)?;
    let mut plain = vec![0; wrapped.len() - HALF_BLOCK_BYTES];
    // SAFETY: it reads as many bytes as there are and writes eight less, for which there is room; no IV is the default one.
    let written = unsafe {
        aws_lc_sys::AES_unwrap_key(
            &raw const schedule.0,
            ptr::null(),
            plain.as_mut_ptr(),
            wrapped.as_ptr(),
            wrapped.len(),
        )
    };
    whole(plain, written)
}

fn require_length(bytes: &[u8], half_blocks_min: usize) -> Result<(), CryptoError> {
    let fits = bytes.len().is_multiple_of(HALF_BLOCK_BYTES)
        && bytes.len() >= half_blocks_min * HALF_BLOCK_BYTES
        && bytes.len() <= WRAPPED_BYTES_MAX;
    if fits { Ok(()) } else { Err(CryptoError::Refused) }
}

fn whole(bytes: Vec<u8>, written: i32) -> Result<Vec<u8>, CryptoError> {
    if usize::try_from(written) == Ok(bytes.len()) { Ok(bytes) } else { Err(refused()) }
}
