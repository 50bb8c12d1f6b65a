//! Natives of great numbers: primes, and powers. Numbers are bytes, the greatest first.

use mote_crypto::{CryptoError, Prime, generate_prime, is_prime, power};
use mote_engine::v8;

use super::{
    super::{
        args::{bytes_arg, new_uint8_array, string_arg, throw_type_error},
        natives,
    },
    go_on, number_arg,
};

natives! {
    numberIsPrime => number_is_prime,
    numberPrime => number_prime,
    numberPower => number_power,
}

/// `numberIsPrime(number, rounds) -> boolean | undefined`
fn number_is_prime<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(candidate) = bytes_arg(&args, 0) else { return throw_type_error(scope, "bytes were expected") };
    if let Ok(answer) = is_prime(&candidate, number_arg(&args, 1), go_on) {
        rv.set_bool(answer);
    }
}

/// `numberPrime(bits, kind) -> Uint8Array | undefined`; the kind is `safe`, `safe for 2`, `safe for 5`, or any.
fn number_prime<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(kind) = string_arg(scope, &args, 1) else { return };
    let kind = match kind.as_str() {
        "safe" => Prime::Safe,
        "safe for 2" => Prime::SafeForTwo,
        "safe for 5" => Prime::SafeForFive,
        _ => Prime::Any,
    };
    answer(scope, &mut rv, generate_prime(number_arg(&args, 0), kind, go_on));
}

/// `numberPower(base, exponent, modulus) -> Uint8Array | undefined`
fn number_power<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let (Some(base), Some(exponent), Some(modulus)) =
        (bytes_arg(&args, 0), bytes_arg(&args, 1), bytes_arg(&args, 2))
    else {
        return throw_type_error(scope, "bytes were expected");
    };
    answer(scope, &mut rv, power(&base, &exponent, &modulus));
}

fn answer(
    scope: &mut v8::PinScope<'_, '_>,
    rv: &mut v8::ReturnValue<'_>,
    number: Result<Vec<u8>, CryptoError>,
) {
    let Ok(bytes) = number else { return };
    if let Some(array) = new_uint8_array(scope, bytes) {
        rv.set(array.into());
    }
}
