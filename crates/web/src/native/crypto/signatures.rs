//! Natives of signatures, and of encryption with RSA.

use mote_crypto::{CryptoError, Key, Padding, PlainPadding, PlainRsa};
use mote_engine::v8;

use super::{
    super::{
        args::{bytes_arg, string_arg, throw_type_error},
        encoding::{ON_HEAP_BYTES_MAX, view_arg},
        natives,
    },
    Hash,
    ciphers::direction_arg,
    keys::with_key,
    number_arg, set_buffer,
};

natives! {
    keySign => key_sign,
    keyVerify => key_verify,
    rsaOaep => rsa_oaep,
    rsaPlain => rsa_plain,
}

/// How a signature is made.
enum Scheme {
    Rsa(Padding, Hash),
    Ecdsa(Hash),
    Eddsa,
}

impl Scheme {
    /// `scheme`, `hash` and `saltLength` at `index` and behind it; throws and gives `None` if they are none. The scheme
    /// `RSA-PSS/SHA-1` has a mask that is made with this hash; that of `RSA-PSS` is made with the hash of the data.
    fn arg(
        scope: &mut v8::PinScope<'_, '_>,
        args: &v8::FunctionCallbackArguments<'_>,
        index: i32,
    ) -> Option<Self> {
        let scheme = string_arg(scope, args, index)?;
        if scheme == "Ed25519" {
            return Some(Self::Eddsa);
        }
        let hash = Hash::named(&string_arg(scope, args, index + 1)?);
        let salt_bytes = number_arg(args, index + 2);
        let found = hash.and_then(|hash| match scheme.as_str() {
            "RSASSA-PKCS1-v1_5" => Some(Self::Rsa(Padding::Pkcs1, hash)),
            "ECDSA" => Some(Self::Ecdsa(hash)),
            scheme => {
                let mask = match scheme.strip_prefix("RSA-PSS")? {
                    "" => hash.of_keys(),
                    mask => Hash::named(mask.strip_prefix('/')?).and_then(Hash::of_keys),
                };
                mask.map(|mask| Self::Rsa(Padding::Pss { salt_bytes, mask }, hash))
            }
        });
        if found.is_none() {
            throw_type_error(scope, "the signature scheme is unknown");
        }
        found
    }

    fn sign(&self, key: &Key, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        match self {
            Self::Eddsa => key.sign_eddsa(data),
            Self::Ecdsa(hash) => key.sign_ecdsa(&hash.digest(data)),
            Self::Rsa(padding, hash) => {
                let method = hash.of_keys().ok_or(CryptoError::Refused)?;
                key.sign_rsa(*padding, method, &hash.digest(data))
            }
        }
    }

    fn verify(&self, key: &Key, signature: &[u8], data: &[u8]) -> Result<bool, CryptoError> {
        match self {
            Self::Eddsa => key.verify_eddsa(data, signature),
            Self::Ecdsa(hash) => key.verify_ecdsa(&hash.digest(data), signature),
            Self::Rsa(padding, hash) => {
                let method = hash.of_keys().ok_or(CryptoError::Refused)?;
                key.verify_rsa(*padding, method, &hash.digest(data), signature)
            }
        }
    }
}

/// `keySign(key, data, scheme, hash, saltLength) -> ArrayBuffer | undefined`
fn key_sign<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(scheme) = Scheme::arg(scope, &args, 2) else { return };
    let Some(view) = view_arg(scope, &args, 1) else {
        return throw_type_error(scope, "bytes were expected");
    };
    let mut storage = [0; ON_HEAP_BYTES_MAX];
    let data = view.get_contents(&mut storage);
    let signature = with_key(scope, args.get(0), |key| scheme.sign(key, data));
    if let Some(Ok(signature)) = signature {
        set_buffer(scope, &mut rv, signature);
    }
}

/// `keyVerify(key, data, scheme, hash, saltLength, signature) -> boolean | undefined`
fn key_verify<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(scheme) = Scheme::arg(scope, &args, 2) else { return };
    let (Some(view), Some(signature)) = (view_arg(scope, &args, 1), bytes_arg(&args, 5)) else {
        return throw_type_error(scope, "bytes were expected");
    };
    let mut storage = [0; ON_HEAP_BYTES_MAX];
    let data = view.get_contents(&mut storage);
    let verified = with_key(scope, args.get(0), |key| scheme.verify(key, &signature, data));
    if let Some(Ok(verified)) = verified {
        rv.set_bool(verified);
    }
}

/// `rsaOaep(encrypt, key, data, hash, label) -> ArrayBuffer | undefined`
fn rsa_oaep<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(hash) = string_arg(scope, &args, 3) else { return };
    let Some(hash) = Hash::named(&hash).and_then(Hash::of_keys) else {
        return throw_type_error(scope, "the hash is unknown");
    };
    let Some(label) = bytes_arg(&args, 4) else { return throw_type_error(scope, "bytes were expected") };
    let direction = direction_arg(&args);
    let Some(data) = bytes_arg(&args, 2) else { return throw_type_error(scope, "bytes were expected") };
    let output = with_key(scope, args.get(1), |key| key.oaep(direction, hash, &label, &data));
    if let Some(Ok(output)) = output {
        set_buffer(scope, &mut rv, output);
    }
}

/// `rsaPlain(operation, key, data) -> ArrayBuffer | undefined`; the operation is `encrypt`, `sign` or `recover`, each with the
/// padding of PKCS#1, or without any: `encrypt unpadded`, and so on; and `decrypt unpadded`.
fn rsa_plain<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(operation) = string_arg(scope, &args, 0) else { return };
    let operation = match operation.as_str() {
        "encrypt" => PlainRsa::Encrypt(PlainPadding::Pkcs1),
        "encrypt unpadded" => PlainRsa::Encrypt(PlainPadding::None),
        "decrypt unpadded" => PlainRsa::DecryptUnpadded,
        "sign" => PlainRsa::Sign(PlainPadding::Pkcs1),
        "sign unpadded" => PlainRsa::Sign(PlainPadding::None),
        "recover" => PlainRsa::Recover(PlainPadding::Pkcs1),
        "recover unpadded" => PlainRsa::Recover(PlainPadding::None),
        _ => return throw_type_error(scope, "the operation is unknown"),
    };
    let Some(data) = bytes_arg(&args, 2) else { return throw_type_error(scope, "bytes were expected") };
    let output = with_key(scope, args.get(1), |key| key.rsa_plain(operation, &data));
    if let Some(Ok(output)) = output {
        set_buffer(scope, &mut rv, output);
    }
}
