//! Why something was not computed, and how the library says so.

use std::ffi::c_int;

/// Why something was not computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// The input does not allow it: a key that is none, a tag that is wrong, a length that cannot be. It is not told which,
    /// since that is what padding oracles are made of.
    #[error("the input does not allow it")]
    Refused,
    /// Whoever asked for it said on the way that it is no longer wanted.
    #[error("the work was stopped")]
    Stopped,
}

/// What the library answers with: 1 for success, anything else for a failure.
pub(crate) fn check(answer: c_int) -> Result<(), CryptoError> {
    if answer == 1 { Ok(()) } else { Err(refused()) }
}

/// A failure. The library keeps a queue of them for each thread, in which nobody must find one that is not his.
pub(crate) fn refused() -> CryptoError {
    // SAFETY: it may be called at any time, from any thread.
    unsafe { aws_lc_sys::ERR_clear_error() };
    CryptoError::Refused
}
