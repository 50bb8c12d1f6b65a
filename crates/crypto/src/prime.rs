//! Prime numbers, and powers modulo a number: what agreement after Diffie and Hellman is made of.

use std::{
    ffi::{c_int, c_void},
    ptr,
};

use aws_lc_sys::{BIGNUM, BN_CTX, BN_GENCB};

use crate::{
    CryptoError, KeepGoing, RSA_BITS_MAX,
    big_number::{bytes_of, number, padded_bytes_of},
    error::check,
    owned::Owned,
    rsa::may_go_on,
};

/// The longest number that is computed with: a power of such a one takes tens of milliseconds, and cannot be stopped.
pub const NUMBER_BITS_MAX: u32 = RSA_BITS_MAX;
const NUMBER_BYTES_MAX: usize = 1024;
/// Below it there are too few safe primes for a search to find one soon.
const SAFE_BITS_MIN: u32 = 16;
/// So often is a number tested if nobody says how often: what passes is no prime in one of 2^128 cases, whoever chose it.
const ROUNDS: u32 = 64;

/// What a prime is to be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prime {
    /// Anything.
    Any,
    /// Half of it is a prime, too, but for one.
    Safe,
    /// A safe one of which the number 2 generates a large group.
    SafeForTwo,
    /// A safe one of which the number 5 generates a large group.
    SafeForFive,
}

/// Whether this is a prime, as far as `rounds` of a test with random numbers can tell; 0 is as many as make it certain enough.
/// Asks `go_on` after each of them.
///
/// # Errors
/// [`CryptoError::Refused`] for numbers that are too long.
pub fn is_prime(candidate: &[u8], rounds: u32, go_on: KeepGoing) -> Result<bool, CryptoError> {
    let candidate = bounded(candidate)?;
    let rounds = if rounds == 0 { ROUNDS } else { rounds };
    let rounds = c_int::try_from(rounds).map_err(|_| CryptoError::Refused)?;
    let context = context()?;
    let callback = callback(&go_on)?;
    let mut answer = 0;
    // SAFETY: all of them are valid, and there is a place for the answer.
    let tested = check(unsafe {
        aws_lc_sys::BN_primality_test(
            &raw mut answer,
            candidate.as_ptr(),
            rounds,
            context.as_ptr(),
            1,
            callback.as_ptr(),
        )
    });
    stopped_or(tested, go_on)?;
    Ok(answer == 1)
}

/// A new prime of exactly so many bits. Asks `go_on` at each candidate.
///
/// # Errors
/// [`CryptoError::Refused`] if there are none of this length, or they are too long.
pub fn generate_prime(bits: u32, kind: Prime, go_on: KeepGoing) -> Result<Vec<u8>, CryptoError> {
    // Some of the shortest safe primes do not begin with two bits that are set, as those do that are looked for.
    if bits > NUMBER_BITS_MAX || (kind != Prime::Any && bits < SAFE_BITS_MIN) {
        return Err(CryptoError::Refused);
    }
    let length = c_int::try_from(bits).map_err(|_| CryptoError::Refused)?;
    let found = number(&[])?;
    let (add, rest) = match kind {
        Prime::Any | Prime::Safe => (None, None),
        Prime::SafeForTwo => (Some(number(&[24])?), Some(number(&[23])?)),
        Prime::SafeForFive => (Some(number(&[60])?), Some(number(&[59])?)),
    };
    let pointer = |number: &Option<Owned<BIGNUM>>| number.as_ref().map_or(ptr::null(), |one| one.as_ptr());
    let callback = callback(&go_on)?;
    // SAFETY: all of them are valid, or null where nothing is asked for.
    let answer = check(unsafe {
        aws_lc_sys::BN_generate_prime_ex(
            found.as_ptr(),
            length,
            c_int::from(kind != Prime::Any),
            pointer(&add),
            pointer(&rest),
            callback.as_ptr(),
        )
    });
    stopped_or(answer, go_on)?;
    // SAFETY: the number is valid.
    unsafe { bytes_of(found.as_ptr()) }
}

/// `base` to the power of `exponent`, modulo `modulus`: as many bytes as the modulus has. It takes the same time for all
/// exponents of a length.
///
/// # Errors
/// [`CryptoError::Refused`] for an even modulus, for 1, and for numbers that are too long.
pub fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let [base, exponent, modulus] = [bounded(base)?, bounded(exponent)?, bounded(modulus)?];
    // SAFETY: the number is valid.
    let is_odd = unsafe { aws_lc_sys::BN_is_odd(modulus.as_ptr()) } == 1;
    // SAFETY: the number is valid.
    let bits = unsafe { aws_lc_sys::BN_num_bits(modulus.as_ptr()) };
    if !is_odd || bits < 2 {
        return Err(CryptoError::Refused);
    }
    let context = context()?;
    let result = number(&[])?;
    // SAFETY: all of them are valid; it divides into a number of its own first.
    check(unsafe { aws_lc_sys::BN_nnmod(base.as_ptr(), base.as_ptr(), modulus.as_ptr(), context.as_ptr()) })?;
    // SAFETY: all of them are valid, the modulus is odd and greater than the base; null asks for Montgomery's numbers to be made.
    check(unsafe {
        aws_lc_sys::BN_mod_exp_mont_consttime(
            result.as_ptr(),
            base.as_ptr(),
            exponent.as_ptr(),
            modulus.as_ptr(),
            context.as_ptr(),
            ptr::null(),
        )
    })?;
    let length = usize::try_from(bits.div_ceil(8)).map_err(|_| CryptoError::Refused)?;
    // SAFETY: the number is valid.
    unsafe { padded_bytes_of(result.as_ptr(), length) }
}

fn bounded(bytes: &[u8]) -> Result<Owned<BIGNUM>, CryptoError> {
    if bytes.len() > NUMBER_BYTES_MAX { Err(CryptoError::Refused) } else { number(bytes) }
}

fn context() -> Result<Owned<BN_CTX>, CryptoError> {
    // SAFETY: it takes nothing.
    let made = unsafe { aws_lc_sys::BN_CTX_new() };
    // SAFETY: the context was made for us.
    unsafe { Owned::take(made) }
}

/// What asks `go_on`, which must outlive it.
fn callback(go_on: &KeepGoing) -> Result<Owned<BN_GENCB>, CryptoError> {
    // SAFETY: it takes nothing.
    let made = unsafe { aws_lc_sys::BN_GENCB_new() };
    // SAFETY: the callback was made for us.
    let callback = unsafe { Owned::take(made) }?;
    let argument = ptr::from_ref(go_on).cast_mut().cast::<c_void>();
    // SAFETY: `may_go_on` takes such an argument, which lives as long as who calls this.
    unsafe { aws_lc_sys::BN_GENCB_set(callback.as_ptr(), Some(may_go_on), argument) };
    Ok(callback)
}

fn stopped_or(answer: Result<(), CryptoError>, go_on: KeepGoing) -> Result<(), CryptoError> {
    match answer {
        Err(_) if !go_on() => Err(CryptoError::Stopped),
        answer => answer,
    }
}
