//! Natives of base64: `atob` and `btoa`, and the URL-safe kind that JSON Web Keys use.

use std::sync::LazyLock;

use data_encoding::{BASE64URL_NOPAD, Encoding};
use mote_engine::{memory::Held, v8};

use super::{
    args::{hold, new_uint8_array, throw_range_error, throw_type_error},
    encoding::{ON_HEAP_BYTES_MAX, view_arg},
    natives,
};

natives! {
    base64Encode => base64_encode,
    base64Decode => base64_decode,
    base64UrlEncode => base64_url_encode,
    base64UrlDecode => base64_url_decode,
}

/// Bits that are left over at the end are passed over, whatever they are.
static FORGIVING_URL: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = BASE64URL_NOPAD.specification();
    specification.check_trailing_bits = false;
    specification
        .encoding()
        .expect("an alphabet of the crate's own stays valid when trailing bits are not checked")
});

/// `base64Encode(string) -> string | undefined`; undefined if a character does not fit a byte.
fn base64_encode<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((bytes, _held)) = latin1_arg(scope, &args) else { return };
    set_one_byte(scope, &mut rv, &mote_engine::base64::encode(&bytes));
}

/// `base64Decode(string) -> string | undefined`; each byte becomes one character.
fn base64_decode<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((text, _held)) = latin1_arg(scope, &args) else { return };
    if let Some(bytes) = mote_engine::base64::decode_forgiving(&text) {
        set_one_byte(scope, &mut rv, &bytes);
    }
}

/// `base64UrlEncode(bytes) -> string`, without padding.
fn base64_url_encode<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(view) = view_arg(scope, &args, 0) else {
        throw_type_error(scope, "bytes were expected");
        return;
    };
    let mut storage = [0; ON_HEAP_BYTES_MAX];
    let text = BASE64URL_NOPAD.encode(view.get_contents(&mut storage));
    set_one_byte(scope, &mut rv, text.as_bytes());
}

/// `base64UrlDecode(string) -> Uint8Array | undefined`
fn base64_url_decode<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((text, _held)) = latin1_arg(scope, &args) else { return };
    let Ok(bytes) = FORGIVING_URL.decode(&text) else { return };
    if let Some(array) = new_uint8_array(scope, bytes) {
        rv.set(array.into());
    }
}

/// The first argument's characters as bytes, and the room for them and for what is made of them; `None` if one of them
/// is above U+00FF, if it is no string, or (with an exception) if there is no such room.
fn latin1_arg(
    scope: &mut v8::PinScope<'_, '_>,
    args: &v8::FunctionCallbackArguments<'_>,
) -> Option<(Vec<u8>, Option<Held>)> {
    let string = args.get(0).try_cast::<v8::String>().ok()?;
    // The bytes, and a third more than them.
    let held = hold(scope, string.length() / 3 * 7)?;
    if !string.contains_only_onebyte() {
        return None;
    }
    let mut bytes = vec![0; string.length()];
    string.write_one_byte_v2(scope, 0, &mut bytes, v8::WriteFlags::empty());
    Some((bytes, held))
}

fn set_one_byte(scope: &mut v8::PinScope<'_, '_>, rv: &mut v8::ReturnValue<'_>, bytes: &[u8]) {
    match v8::String::new_from_one_byte(scope, bytes, v8::NewStringType::Normal) {
        Some(string) => rv.set(string.into()),
        None => throw_range_error(scope, "The text is longer than a string can be."),
    }
}
