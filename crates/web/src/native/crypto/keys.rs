//! Natives of the keys of key pairs: read, written and made.
//!
//! A key stays on this side: JavaScript has an object that stands for it, and learns no more of it than it asks for.

use mote_crypto::{Family, Key};
use mote_engine::{
    memory::{Held, MemoryAccount},
    v8,
};

use super::{
    super::{
        args::{bytes_arg, new_uint8_array, string_arg, throw_range_error, throw_type_error},
        natives,
        resource::{with_resource, wrap},
    },
    go_on, number_arg,
};

natives! {
    keyImport => key_import,
    keyOfParts => key_of_parts,
    keyExport => key_export,
    keyParts => key_parts,
    keyBits => key_bits,
    keyGenerate => key_generate,
    keyAgree => key_agree,
}

/// A key that an isolate holds.
pub(super) struct HeldKey {
    pub(super) key: Key,
    _held: Held,
}

/// `keyImport(family, format, bytes) -> key | undefined`; the format is `spki`, `pkcs8`, `raw` (a public key) or `seed`.
fn key_import<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let (Some(family), Some(format)) = (family_arg(scope, &args, 0), string_arg(scope, &args, 1)) else {
        return;
    };
    let Some(bytes) = bytes_arg(&args, 2) else { return throw_type_error(scope, "bytes were expected") };
    let key = match (format.as_str(), family) {
        ("spki", _) => Key::from_spki(&bytes),
        ("pkcs8", _) => Key::from_pkcs8(&bytes),
        ("raw", Family::P256 | Family::P384 | Family::P521) => Key::from_point(family, &bytes),
        ("raw", Family::Ed25519 | Family::X25519) => Key::from_raw_public(family, &bytes),
        ("seed", _) => Key::from_raw_private(family, &bytes),
        _ => return throw_type_error(scope, "the format is unknown"),
    };
    if let Some(key) = key.ok().filter(|key| key.family() == family).and_then(|key| keep(scope, key)) {
        rv.set(key.into());
    }
}

/// `keyOfParts(family, parts) -> key | undefined`, with the parts that `keyParts` gives.
fn key_of_parts<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(family) = family_arg(scope, &args, 0) else { return };
    // Not more than the longest list of parts.
    let parts: Vec<_> = (1..=8).map_while(|index| bytes_arg(&args, index)).collect();
    let parts: Vec<_> = parts.iter().map(Vec::as_slice).collect();
    let key = match (family, parts.as_slice()) {
        (Family::Rsa, parts) => Key::from_rsa_parts(parts),
        (_, [x, y]) => Key::from_coordinates(family, x, y, None),
        (_, [x, y, secret]) => Key::from_coordinates(family, x, y, Some(secret)),
        _ => return throw_type_error(scope, "the parts of a key were expected"),
    };
    if let Some(key) = key.ok().and_then(|key| keep(scope, key)) {
        rv.set(key.into());
    }
}

/// `keyExport(key, format) -> Uint8Array | undefined`, with the formats of `keyImport`.
fn key_export<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(format) = string_arg(scope, &args, 1) else { return };
    let exported = with_key(scope, args.get(0), |key| match (format.as_str(), key.family()) {
        ("spki", _) => key.to_spki(),
        ("pkcs8", _) => key.to_pkcs8(),
        ("raw", Family::P256 | Family::P384 | Family::P521) => key.to_point(),
        ("raw", _) => key.to_raw_public(),
        _ => key.to_raw_private(),
    });
    let Some(Ok(bytes)) = exported else { return };
    if let Some(array) = new_uint8_array(scope, bytes) {
        rv.set(array.into());
    }
}

/// `keyParts(key) -> [Uint8Array, …] | undefined`: n, e, d, p, q, dp, dq, qi of RSA; x, y, d of a curve. A public key has
/// the first two.
fn key_parts<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let parts = with_key(scope, args.get(0), |key| match key.family() {
        Family::Rsa => key.to_rsa_parts(),
        _ => key.to_coordinates(),
    });
    let Some(Ok(parts)) = parts else { return };
    let mut arrays: Vec<v8::Local<'_, v8::Value>> = Vec::with_capacity(parts.len());
    for part in parts {
        let Some(array) = new_uint8_array(scope, part) else { return };
        arrays.push(array.into());
    }
    rv.set(v8::Array::new_with_elements(scope, &arrays).into());
}

/// `keyBits(key) -> number`: the length of the modulus.
fn key_bits<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    if let Some(bits) = with_key(scope, args.get(0), Key::bits) {
        rv.set_uint32(bits);
    }
}

/// `keyGenerate(family, bits, exponent) -> [private, public] | undefined`; the last two are for RSA.
fn key_generate<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(family) = family_arg(scope, &args, 0) else { return };
    let made = match family {
        Family::Rsa => {
            let exponent = bytes_arg(&args, 2).unwrap_or_default();
            Key::generate_rsa(number_arg(&args, 1), &exponent, go_on)
        }
        Family::P256 | Family::P384 | Family::P521 => Key::generate_elliptic(family),
        Family::Ed25519 | Family::X25519 => Key::generate_raw(family),
    };
    let Ok(private) = made else { return };
    let Ok(public) = private.public() else { return };
    let Some(private) = keep(scope, private) else { return };
    let Some(public) = keep(scope, public) else { return };
    rv.set(v8::Array::new_with_elements(scope, &[private.into(), public.into()]).into());
}

/// `keyAgree(key, other) -> Uint8Array | undefined`, with another one's public key.
fn key_agree<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let secret = with_resource::<HeldKey, _>(scope, args.get(0), |scope, own| {
        with_key(scope, args.get(1), |other| own.key.agree(other))
    });
    let Some(Some(Ok(secret))) = secret else { return };
    if let Some(array) = new_uint8_array(scope, secret) {
        rv.set(array.into());
    }
}

/// Runs `work` on a key; throws and gives `None` if the value stands for none.
pub(super) fn with_key<R>(
    scope: &mut v8::PinScope<'_, '_>,
    value: v8::Local<'_, v8::Value>,
    work: impl FnOnce(&Key) -> R,
) -> Option<R> {
    let result = with_resource::<HeldKey, _>(scope, value, |_, held| work(&held.key));
    if result.is_none() {
        throw_type_error(scope, "a key was expected");
    }
    result
}

/// An object that stands for a key; throws and gives `None` if the isolate may hold no more.
fn keep<'s>(scope: &mut v8::PinScope<'s, '_>, key: Key) -> Option<v8::Local<'s, v8::Object>> {
    let account = scope.get_slot::<MemoryAccount>().cloned()?;
    let mut held = account.hold(key.bytes());
    if held.is_none() {
        // Keys that nobody holds any more may still be waiting for the collector.
        scope.low_memory_notification();
        held = account.hold(key.bytes());
    }
    let Some(held) = held else {
        throw_range_error(scope, "The worker's memory limit leaves no room for another key.");
        return None;
    };
    wrap(scope, HeldKey { key, _held: held })
}

fn family_arg(
    scope: &mut v8::PinScope<'_, '_>,
    args: &v8::FunctionCallbackArguments<'_>,
    index: i32,
) -> Option<Family> {
    let family = match string_arg(scope, args, index)?.as_str() {
        "RSA" => Family::Rsa,
        "P-256" => Family::P256,
        "P-384" => Family::P384,
        "P-521" => Family::P521,
        "Ed25519" => Family::Ed25519,
        "X25519" => Family::X25519,
        _ => {
            throw_type_error(scope, "the family of keys is unknown");
            return None;
        }
    };
    Some(family)
}
