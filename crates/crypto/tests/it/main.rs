//! Known answers, and what must be refused.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod ciphers;
mod curves;
mod primes;
mod rsa;
mod spoilt;

/// Bytes from hexadecimal digits, however they are spaced.
fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).unwrap()
}

/// The first bytes of `text` as an array.
fn block<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().unwrap()
}

fn always() -> bool {
    true
}

fn never() -> bool {
    false
}
