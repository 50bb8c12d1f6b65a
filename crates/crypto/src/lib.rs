//! Ciphers, signatures, key agreement and keys in all their formats: AWS-LC behind types that cannot be misused.
//!
//! What this room does: it is what Web Cryptography computes with, beyond plain hashes. It knows nothing of JavaScript, and
//! keeps no state but the library's own source of randomness, which is seeded by the kernel.
//!
//! Why AWS-LC: its operations with secrets take constant time, its curves are proven to compute what they should, and it
//! does everything that the standard asks for, down to tags of 32 bits and salts of any length. Why not through
//! `aws-lc-rs`: that offers none of the latter. So this is the third room with unsafe code in it. All of it is calls of one C
//! library, and what they share is written once: who frees what (`owned`), and what a failure leaves behind (`error`).
//!
//! Invariants:
//! - Every byte may come from a tenant. Lengths are checked here, before the library sees them; keys are parsed by the
//!   library, which checks that they are on their curve and fit together, and are bounded in size ([`RSA_BITS_MAX`]).
//! - A [`Key`] knows whether it is a private one; what needs a private key is refused for a public one.
//! - Work that grows with its input asks every quarter of a megabyte whether to go on; finding primes asks at every candidate.
//!
//! What happens when it fails: [`CryptoError`]. The library ends the process if the kernel gives no randomness at all.
#![allow(unsafe_code, reason = "this room talks to a C library")]
#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod agreement;
mod big_number;
mod cipher;
mod edwards;
mod elliptic;
mod error;
mod hash;
mod key;
mod key_wrap;
mod owned;
mod prime;
mod rsa;
mod rsa_plain;

pub use cipher::{CbcIv, CtrCounter, Direction, Gcm, TripleDesIv, cbc, ctr, gcm, triple_des_cbc};
pub use error::CryptoError;
pub use hash::{Hash, hkdf};
pub use key::{Family, Half, Key};
pub use key_wrap::{unwrap_key, wrap_key};
pub use prime::{NUMBER_BITS_MAX, Prime, generate_prime, is_prime, power};
pub use rsa::{Padding, RSA_BITS_MAX, RSA_EXPONENTS};
pub use rsa_plain::{PlainPadding, PlainRsa};

/// Whether work may go on; asked now and then by all that takes long.
pub type KeepGoing = fn() -> bool;

/// What is worked on before it is asked whether to go on: less than a millisecond's work.
const PIECE_BYTES: usize = 256 << 10;

/// Asks the kernel for all that the library ever needs of it but random bytes. For a process that will soon be allowed to
/// ask for nothing else; called on the thread that will compute.
pub fn prepare() {
    // SAFETY: it may be called at any time, from any thread.
    unsafe { aws_lc_sys::CRYPTO_pre_sandbox_init() }
}
