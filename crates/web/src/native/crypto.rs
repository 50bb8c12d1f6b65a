//! Natives of Web Cryptography: random bytes, hashes, HMAC.
//!
//! What computes with keys is in the files below. Natives of theirs give `undefined` where the input does not allow an
//! answer: the JavaScript around them knows which exception the standard has for it.

mod ciphers;
mod derivation;
mod hasher;
mod keys;
mod numbers;
mod random;
mod scrypt;
mod signatures;

use ctutils::CtEq as _;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use mote_crypto::CryptoError;
use mote_engine::{v8, watchdog};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{
    args::{bytes_arg, hold, in_pieces, new_uint8_array, string_arg, throw_error, throw_type_error},
    encoding::{ON_HEAP_BYTES_MAX, view_arg, write_into},
    natives,
};

/// The natives of the files below.
pub(super) fn natives_with_keys() -> Vec<mote_engine::Native> {
    [
        ciphers::natives(),
        derivation::natives(),
        hasher::natives(),
        keys::natives(),
        numbers::natives(),
        scrypt::natives(),
        signatures::natives(),
    ]
    .concat()
}

natives! {
    randomBytes => random_bytes,
    randomUuid => random_uuid,
    digest => digest,
    hmacSign => hmac_sign,
    hmacVerify => hmac_verify,
    timingSafeEqual => timing_safe_equal,
    copyOf => copy_of,
    copyToBuffer => copy_to_buffer,
}

/// What one call may ask for: more than any caller does (the longest HMAC key has 2^20 bits).
const RANDOM_BYTES_MAX: usize = 128 << 10;
const NO_RANDOMNESS: &str = "the system gives no random bytes";

#[derive(Clone, Copy)]
enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn named(name: &str) -> Option<Self> {
        match name {
            "MD5" => Some(Self::Md5),
            "SHA-1" => Some(Self::Sha1),
            "SHA-256" => Some(Self::Sha256),
            "SHA-384" => Some(Self::Sha384),
            "SHA-512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// As signatures and paddings know it; none of them goes without a hash that resists more than MD5.
    fn of_keys(self) -> Option<mote_crypto::Hash> {
        match self {
            Self::Md5 => None,
            Self::Sha1 => Some(mote_crypto::Hash::Sha1),
            Self::Sha256 => Some(mote_crypto::Hash::Sha256),
            Self::Sha384 => Some(mote_crypto::Hash::Sha384),
            Self::Sha512 => Some(mote_crypto::Hash::Sha512),
        }
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => digest_of::<Md5>(bytes),
            Self::Sha1 => digest_of::<Sha1>(bytes),
            Self::Sha256 => digest_of::<Sha256>(bytes),
            Self::Sha384 => digest_of::<Sha384>(bytes),
            Self::Sha512 => digest_of::<Sha512>(bytes),
        }
    }

    /// `None` if the key cannot be one, or HMAC is not offered with this hash.
    fn hmac(self, key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Md5 => None,
            Self::Sha1 => signature::<Hmac<Sha1>>(key, bytes),
            Self::Sha256 => signature::<Hmac<Sha256>>(key, bytes),
            Self::Sha384 => signature::<Hmac<Sha384>>(key, bytes),
            Self::Sha512 => signature::<Hmac<Sha512>>(key, bytes),
        }
    }
}

fn digest_of<D: Digest>(bytes: &[u8]) -> Vec<u8> {
    let mut digest = D::new();
    in_pieces(bytes, |piece| digest.update(piece));
    digest.finalize().to_vec()
}

fn signature<M: Mac + KeyInit>(key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    in_pieces(bytes, |piece| mac.update(piece));
    Some(mac.finalize().into_bytes().to_vec())
}

/// `randomBytes(view)` fills it.
fn random_bytes<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Ok(view) = args.get(0).try_cast::<v8::ArrayBufferView>() else {
        throw_type_error(scope, "a view was expected");
        return;
    };
    if view.byte_length() > RANDOM_BYTES_MAX {
        throw_error(scope, "too many random bytes were asked for");
        return;
    }
    let mut bytes = vec![0; view.byte_length()];
    match random::fill(&mut bytes) {
        Ok(()) => write_into(view, &bytes),
        Err(_) => throw_error(scope, NO_RANDOMNESS),
    }
}

/// `randomUuid() -> string`: version 4 of RFC 9562.
fn random_uuid<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    _args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let mut bytes = [0; 16];
    if random::fill(&mut bytes).is_err() {
        throw_error(scope, NO_RANDOMNESS);
        return;
    }
    let text = random::uuid_text(u128::from_be_bytes(bytes));
    if let Some(text) = v8::String::new_from_one_byte(scope, &text, v8::NewStringType::Normal) {
        rv.set(text.into());
    }
}

/// `digest(hash, bytes) -> ArrayBuffer`
fn digest<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(hash) = hash_arg(scope, &args) else { return };
    let Some(view) = view_arg(scope, &args, 1) else {
        throw_type_error(scope, "bytes were expected");
        return;
    };
    let mut storage = [0; ON_HEAP_BYTES_MAX];
    let hashed = hash.digest(view.get_contents(&mut storage));
    set_buffer(scope, &mut rv, hashed);
}

/// `hmacSign(hash, key, bytes) -> ArrayBuffer`
fn hmac_sign<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(signature) = signature_of(scope, &args, 2) else { return };
    set_buffer(scope, &mut rv, signature);
}

/// `hmacVerify(hash, key, signature, bytes) -> boolean`, in a time that does not depend on where they differ.
fn hmac_verify<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(given) = bytes_arg(&args, 2) else {
        throw_type_error(scope, "bytes were expected");
        return;
    };
    let Some(signature) = signature_of(scope, &args, 3) else { return };
    rv.set_bool(signature.as_slice().ct_eq(given.as_slice()).to_bool());
}

/// The signature of the bytes at `index`, with the hash and the key that come first; throws if there is none.
fn signature_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: &v8::FunctionCallbackArguments<'s>,
    index: i32,
) -> Option<Vec<u8>> {
    let hash = hash_arg(scope, args)?;
    let (Some(key), Some(view)) = (bytes_arg(args, 1), view_arg(scope, args, index)) else {
        throw_type_error(scope, "bytes were expected");
        return None;
    };
    let mut storage = [0; ON_HEAP_BYTES_MAX];
    let signature = hash.hmac(&key, view.get_contents(&mut storage));
    if signature.is_none() {
        throw_error(scope, "this hash cannot be used for HMAC");
    }
    signature
}

/// `timingSafeEqual(a, b) -> boolean | undefined`; undefined if their lengths differ, which is no secret.
fn timing_safe_equal<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let (Some(left), Some(right)) = (bytes_arg(&args, 0), bytes_arg(&args, 1)) else {
        throw_type_error(scope, "bytes were expected");
        return;
    };
    if left.len() == right.len() {
        rv.set_bool(left.as_slice().ct_eq(right.as_slice()).to_bool());
    }
}

/// `copyOf(bytes) -> Uint8Array`
fn copy_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(bytes) = bytes_arg(&args, 0) else {
        throw_type_error(scope, "bytes were expected");
        return;
    };
    if let Some(array) = new_uint8_array(scope, bytes) {
        rv.set(array.into());
    }
}

/// `copyToBuffer(bytes) -> ArrayBuffer`
fn copy_to_buffer<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    match bytes_arg(&args, 0) {
        Some(bytes) => set_buffer(scope, &mut rv, bytes),
        None => throw_type_error(scope, "bytes were expected"),
    }
}

fn hash_arg(scope: &mut v8::PinScope<'_, '_>, args: &v8::FunctionCallbackArguments<'_>) -> Option<Hash> {
    let name = string_arg(scope, args, 0)?;
    let hash = Hash::named(&name);
    if hash.is_none() {
        throw_type_error(scope, "the hash is unknown");
    }
    hash
}

/// What the long work of `mote_crypto` asks: nobody sees the result of a turn that is to stop.
fn go_on() -> bool {
    !watchdog::is_stop_due()
}

/// Works on the bytes at `index`, and gives back what comes of it: a buffer, or `undefined` if the input did not allow it.
/// `spare_bytes` is how much longer than the data the result may be.
fn answer_with_buffer<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: &v8::FunctionCallbackArguments<'s>,
    rv: &mut v8::ReturnValue<'_>,
    index: i32,
    spare_bytes: usize,
    work: impl FnOnce(&[u8]) -> Result<Vec<u8>, CryptoError>,
) {
    let Some(view) = view_arg(scope, args, index) else {
        throw_type_error(scope, "bytes were expected");
        return;
    };
    let Some(held) = hold(scope, view.byte_length().saturating_add(spare_bytes)) else { return };
    let mut storage = [0; ON_HEAP_BYTES_MAX];
    let result = work(view.get_contents(&mut storage));
    drop(held);
    if let Ok(bytes) = result {
        set_buffer(scope, rv, bytes);
    }
}

/// A whole number that is no length of memory; a number that is none of this kind is beyond all of them.
fn number_arg(args: &v8::FunctionCallbackArguments<'_>, index: i32) -> u32 {
    args.get(index).try_cast::<v8::Uint32>().map_or(u32::MAX, |number| number.value())
}

fn set_buffer(scope: &mut v8::PinScope<'_, '_>, rv: &mut v8::ReturnValue<'_>, bytes: Vec<u8>) {
    if let Some(buffer) = new_uint8_array(scope, bytes).and_then(|array| array.buffer(scope)) {
        rv.set(buffer.into());
    }
}

#[cfg(test)]
mod tests {
    use super::Hash;

    #[test]
    fn hmac_is_never_offered_with_md5() {
        assert!(Hash::named("MD5").is_some_and(|hash| hash.hmac(b"key", b"data").is_none()));
    }

    #[test]
    fn hmac_with_sha_256_agrees_with_rfc_4231() {
        let signature = Hash::Sha256.hmac(b"Jefe", b"what do ya want for nothing?").unwrap();
        assert_eq!(signature[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    }
}
