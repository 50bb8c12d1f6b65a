//! Natives of key derivation: HKDF and PBKDF2.

use hmac::{Hmac, KeyInit, Mac};
use mote_crypto::CryptoError;
use mote_engine::v8;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::{
    super::{
        args::{bytes_arg, hold, in_pieces, throw_type_error},
        natives,
    },
    Hash, go_on, hash_arg, number_arg, set_buffer,
};

natives! {
    hkdf => hkdf,
    pbkdf2 => pbkdf2,
}

/// How many rounds there are between two times that it is asked whether to go on: less than a millisecond's work.
const ROUNDS: u32 = 512;

/// `hkdf(hash, secret, salt, info, bytes) -> ArrayBuffer | undefined`
fn hkdf<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(hash) = hash_arg(scope, &args).and_then(Hash::of_keys) else { return };
    let (Some(secret), Some(salt), Some(info)) =
        (bytes_arg(&args, 1), bytes_arg(&args, 2), bytes_arg(&args, 3))
    else {
        return throw_type_error(scope, "bytes were expected");
    };
    let length = usize::try_from(number_arg(&args, 4)).unwrap_or(usize::MAX);
    if let Ok(bytes) = mote_crypto::hkdf(hash, &secret, &salt, &info, length) {
        set_buffer(scope, &mut rv, bytes);
    }
}

/// `pbkdf2(hash, password, salt, iterations, bytes) -> ArrayBuffer | undefined`
fn pbkdf2<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(hash) = hash_arg(scope, &args) else { return };
    let (Some(password), Some(salt)) = (bytes_arg(&args, 1), bytes_arg(&args, 2)) else {
        return throw_type_error(scope, "bytes were expected");
    };
    let iterations = number_arg(&args, 3);
    let length = usize::try_from(number_arg(&args, 4)).unwrap_or(usize::MAX);
    let Some(held) = hold(scope, length) else { return };
    let derived = match hash {
        Hash::Md5 => Err(CryptoError::Refused),
        Hash::Sha1 => stretched::<Hmac<Sha1>>(&password, &salt, iterations, length),
        Hash::Sha256 => stretched::<Hmac<Sha256>>(&password, &salt, iterations, length),
        Hash::Sha384 => stretched::<Hmac<Sha384>>(&password, &salt, iterations, length),
        Hash::Sha512 => stretched::<Hmac<Sha512>>(&password, &salt, iterations, length),
    };
    drop(held);
    if let Ok(bytes) = derived {
        set_buffer(scope, &mut rv, bytes);
    }
}

/// PBKDF2 (RFC 8018). Why by hand: a library's cannot be stopped, and this is the one function that is made to take long.
pub(super) fn stretched<M: Mac + KeyInit + Clone>(
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Result<Vec<u8>, CryptoError> {
    let keyed = <M as KeyInit>::new_from_slice(password).map_err(|_| CryptoError::Refused)?;
    let mut derived = Vec::new();
    let mut index: u32 = 0;
    while derived.len() < length {
        index = index.checked_add(1).ok_or(CryptoError::Refused)?;
        let mut first = keyed.clone();
        in_pieces(salt, |piece| first.update(piece));
        first.update(&index.to_be_bytes());
        let block = stretched_block(&keyed, first, iterations)?;
        let room = length - derived.len();
        derived.extend_from_slice(block.get(..room).unwrap_or(&block));
    }
    Ok(derived)
}

fn stretched_block<M: Mac + Clone>(keyed: &M, first: M, iterations: u32) -> Result<Vec<u8>, CryptoError> {
    let mut last = first.finalize().into_bytes();
    let mut block = last.to_vec();
    for round in 1..iterations {
        if round.is_multiple_of(ROUNDS) && !go_on() {
            return Err(CryptoError::Stopped);
        }
        let mut mac = keyed.clone();
        mac.update(&last);
        last = mac.finalize().into_bytes();
        for (sum, byte) in block.iter_mut().zip(&last) {
            *sum ^= byte;
        }
    }
    if go_on() { Ok(block) } else { Err(CryptoError::Stopped) }
}

#[cfg(test)]
mod tests {
    use hmac::Hmac;
    use sha1::Sha1;
    use sha2::{Sha256, Sha512};

    use super::stretched;

    fn hex(bytes: &[u8]) -> String {
        data_encoding::HEXLOWER.encode(bytes)
    }

    #[test]
    fn pbkdf2_agrees_with_rfc_6070_and_rfc_7914() {
        let sha1 = |iterations| hex(&stretched::<Hmac<Sha1>>(b"password", b"salt", iterations, 20).unwrap());
        assert_eq!(sha1(1), "0c60c80f961f0e71f3a9b524af6012062fe037a6");
        assert_eq!(sha1(2), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
        assert_eq!(sha1(4096), "4b007901b765489abead49d926f721d065a429c1");
        let long = stretched::<Hmac<Sha256>>(b"passwd", b"salt", 1, 64).unwrap();
        assert_eq!(
            hex(&long),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc\
             49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
        );
    }

    #[test]
    fn every_length_is_the_beginning_of_a_longer_one() {
        let derive = |length| stretched::<Hmac<Sha512>>(b"p", b"s", 3, length).unwrap();
        let longest = derive(200);
        for length in [0, 1, 63, 64, 65, 128, 129, 199] {
            assert_eq!(derive(length), longest[..length]);
        }
    }
}
