//! Natives of AES and Triple DES.

use mote_crypto::{CryptoError, CtrCounter, Direction, Gcm};
use mote_engine::v8;

use super::{
    super::{
        args::{bytes_arg, throw_type_error},
        natives,
    },
    answer_with_buffer, go_on, number_arg,
};

natives! {
    aesGcm => aes_gcm,
    aesCbc => aes_cbc,
    aesCtr => aes_ctr,
    tripleDesCbc => triple_des_cbc,
    aesWrap => aes_wrap,
    aesUnwrap => aes_unwrap,
}

const BLOCK_BYTES: usize = 16;

/// `aesGcm(encrypt, key, data, iv, additional, tagBits) -> ArrayBuffer | undefined`
fn aes_gcm<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let (Some(key), Some(iv), Some(additional)) =
        (bytes_arg(&args, 1), bytes_arg(&args, 3), bytes_arg(&args, 4))
    else {
        return throw_type_error(scope, "bytes were expected");
    };
    let tag_bytes = usize::try_from(number_arg(&args, 5) / 8).unwrap_or(usize::MAX);
    let gcm = Gcm { iv: &iv, additional: &additional, tag_bytes };
    let direction = direction_arg(&args);
    answer_with_buffer(scope, &args, &mut rv, 2, BLOCK_BYTES, |data| {
        mote_crypto::gcm(direction, &key, gcm, data, go_on)
    });
}

/// `aesCbc(encrypt, key, data, iv) -> ArrayBuffer | undefined`
fn aes_cbc<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    answer_with_cbc(scope, &args, &mut rv, |direction, key, iv, data| {
        mote_crypto::cbc(direction, key, &exact(iv)?, data, go_on)
    });
}

/// `aesCtr(key, data, counter, counterBits) -> ArrayBuffer | undefined`
fn aes_ctr<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let (Some(key), Some(counter)) = (bytes_arg(&args, 0), bytes_arg(&args, 2)) else {
        return throw_type_error(scope, "bytes were expected");
    };
    let bits = number_arg(&args, 3);
    answer_with_buffer(scope, &args, &mut rv, 1, 0, |data| {
        mote_crypto::ctr(&key, CtrCounter { block: exact(&counter)?, bits }, data, go_on)
    });
}

/// `tripleDesCbc(encrypt, key, data, iv) -> ArrayBuffer | undefined`
fn triple_des_cbc<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    answer_with_cbc(scope, &args, &mut rv, |direction, key, iv, data| {
        mote_crypto::triple_des_cbc(direction, &exact(key)?, &exact(iv)?, data, go_on)
    });
}

/// Answers `(encrypt, key, data, iv)` with what a cipher, which is given the direction, the key, the IV and the data, makes of it.
fn answer_with_cbc<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: &v8::FunctionCallbackArguments<'s>,
    rv: &mut v8::ReturnValue<'_>,
    cipher: impl FnOnce(Direction, &[u8], &[u8], &[u8]) -> Result<Vec<u8>, CryptoError>,
) {
    let (Some(key), Some(iv)) = (bytes_arg(args, 1), bytes_arg(args, 3)) else {
        return throw_type_error(scope, "bytes were expected");
    };
    let direction = direction_arg(args);
    answer_with_buffer(scope, args, rv, 2, BLOCK_BYTES, |data| cipher(direction, &key, &iv, data));
}

/// `aesWrap(key, data) -> ArrayBuffer | undefined`
fn aes_wrap<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    answer_with_key(scope, &args, &mut rv, mote_crypto::wrap_key);
}

/// `aesUnwrap(key, data) -> ArrayBuffer | undefined`
fn aes_unwrap<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    answer_with_key(scope, &args, &mut rv, mote_crypto::unwrap_key);
}

/// Answers `(key, data)` with what `work` makes of it.
fn answer_with_key<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: &v8::FunctionCallbackArguments<'s>,
    rv: &mut v8::ReturnValue<'_>,
    work: impl FnOnce(&[u8], &[u8]) -> Result<Vec<u8>, CryptoError>,
) {
    let Some(key) = bytes_arg(args, 0) else { return throw_type_error(scope, "bytes were expected") };
    answer_with_buffer(scope, args, rv, 1, BLOCK_BYTES, |data| work(&key, data));
}

fn exact<const N: usize>(bytes: &[u8]) -> Result<[u8; N], CryptoError> {
    bytes.try_into().map_err(|_| CryptoError::Refused)
}

/// The first argument says whether to encrypt.
pub(super) fn direction_arg(args: &v8::FunctionCallbackArguments<'_>) -> Direction {
    if args.get(0).is_true() { Direction::Encrypt } else { Direction::Decrypt }
}
