//! Natives of `node:buffer`: text in Node's encodings, and searching.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use memchr::memmem;
use mote_engine::{v8, watchdog};

use super::{
    args::{hold, hold_utf8, new_uint8_array, string_arg, throw_range_error, throw_type_error},
    encoding::{ON_HEAP_BYTES_MAX, exact, view_arg},
    natives,
};

natives! {
    bufferText => buffer_text,
    bufferOfText => buffer_of_text,
    bufferIndexOf => buffer_index_of,
    bufferCompare => buffer_compare,
    utf8Length => utf8_length,
}

/// How bytes are written as text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Latin1,
    Ascii,
    Utf16,
    Hex,
    Base64,
    Base64Url,
}

impl Encoding {
    /// By the name that the JavaScript side has normalised; throws and gives `None` if it is none.
    fn arg(
        scope: &mut v8::PinScope<'_, '_>,
        args: &v8::FunctionCallbackArguments<'_>,
        index: i32,
    ) -> Option<Self> {
        let found = match string_arg(scope, args, index)?.as_str() {
            "utf8" => Self::Utf8,
            "latin1" => Self::Latin1,
            "ascii" => Self::Ascii,
            "utf16le" => Self::Utf16,
            "hex" => Self::Hex,
            "base64" => Self::Base64,
            "base64url" => Self::Base64Url,
            _ => {
                throw_type_error(scope, "the encoding is unknown");
                return None;
            }
        };
        Some(found)
    }
}

/// `bufferText(bytes, encoding, start, end) -> string`
fn buffer_text<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(encoding) = Encoding::arg(scope, &args, 1) else { return };
    let Some(view) = view_arg(scope, &args, 0) else {
        return throw_type_error(scope, "bytes were expected");
    };
    let mut storage = [0; ON_HEAP_BYTES_MAX];
    let bytes = view.get_contents(&mut storage);
    let end = index_arg(&args, 3).min(bytes.len());
    let bytes = bytes.get(index_arg(&args, 2)..end).unwrap_or_default();
    // What is written in two characters for a byte is made outside of V8's heap first.
    let Some(_held) = hold(scope, bytes.len().saturating_mul(2)) else { return };
    let text = match encoding {
        Encoding::Utf8 => v8::String::new_from_utf8(scope, bytes, v8::NewStringType::Normal),
        Encoding::Latin1 => one_byte(scope, bytes),
        Encoding::Ascii => one_byte(scope, &bytes.iter().map(|byte| byte & 0x7f).collect::<Vec<_>>()),
        Encoding::Hex => one_byte(scope, HEXLOWER.encode(bytes).as_bytes()),
        Encoding::Base64 => one_byte(scope, BASE64.encode(bytes).as_bytes()),
        Encoding::Base64Url => one_byte(scope, BASE64URL_NOPAD.encode(bytes).as_bytes()),
        Encoding::Utf16 => {
            let units: Vec<_> = bytes.as_chunks().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
            v8::String::new_from_two_byte(scope, &units, v8::NewStringType::Normal)
        }
    };
    match text {
        Some(text) => rv.set(text.into()),
        None => throw_range_error(scope, "The text is longer than a string can be."),
    }
}

fn one_byte<'s>(scope: &mut v8::PinScope<'s, '_>, bytes: &[u8]) -> Option<v8::Local<'s, v8::String>> {
    v8::String::new_from_one_byte(scope, bytes, v8::NewStringType::Normal)
}

/// `bufferOfText(string, encoding) -> Uint8Array`. As Node reads text: what is no hexadecimal digit ends it, what is no
/// letter of base64 is passed over.
fn buffer_of_text<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Ok(string) = args.get(0).try_cast::<v8::String>() else {
        return throw_type_error(scope, "a string was expected");
    };
    let Some(encoding) = Encoding::arg(scope, &args, 1) else { return };
    let held = if encoding == Encoding::Utf8 {
        hold_utf8(scope, string)
    } else {
        hold(scope, string.length().saturating_mul(4))
    };
    let Some(_held) = held else { return };
    let bytes = match encoding {
        Encoding::Utf8 => string.to_rust_string_lossy(scope).into_bytes(),
        Encoding::Latin1 | Encoding::Ascii => low_bytes(scope, string),
        Encoding::Utf16 => units(scope, string).iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        Encoding::Hex => of_hex(&low_bytes(scope, string)),
        Encoding::Base64 | Encoding::Base64Url => of_base64(&low_bytes(scope, string)),
    };
    if let Some(array) = new_uint8_array(scope, bytes) {
        rv.set(array.into());
    }
}

fn units(scope: &mut v8::PinScope<'_, '_>, string: v8::Local<'_, v8::String>) -> Vec<u16> {
    let mut units = vec![0; string.length()];
    string.write_v2(scope, 0, &mut units, v8::WriteFlags::empty());
    units
}

/// The lower half of each code unit.
#[expect(clippy::cast_possible_truncation, reason = "the upper half is to be left out")]
fn low_bytes(scope: &mut v8::PinScope<'_, '_>, string: v8::Local<'_, v8::String>) -> Vec<u8> {
    if !string.contains_only_onebyte() {
        return units(scope, string).into_iter().map(|unit| unit as u8).collect();
    }
    let mut bytes = vec![0; string.length()];
    string.write_one_byte_v2(scope, 0, &mut bytes, v8::WriteFlags::empty());
    bytes
}

fn of_hex(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_chunks().0.iter().map_while(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

fn of_base64(text: &[u8]) -> Vec<u8> {
    let sextets = text.iter().take_while(|byte| **byte != b'=').filter_map(|byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    });
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for sextet in sextets {
        bits = bits << 6 | u32::from(sextet);
        count += 6;
        if count >= 8 {
            count -= 8;
            let [low, ..] = (bits >> count).to_le_bytes();
            bytes.push(low);
        }
    }
    bytes
}

/// `bufferIndexOf(bytes, part, from, backwards, step) -> number`: where the part is, at a distance from `from` that is a
/// multiple of `step`; -1 if it is nowhere. Backwards, `from` is the last place that counts.
fn buffer_index_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let (Some(view), Some(part)) = (view_arg(scope, &args, 0), view_arg(scope, &args, 1)) else {
        return throw_type_error(scope, "bytes were expected");
    };
    let (mut storage, mut part_storage) = ([0; ON_HEAP_BYTES_MAX], [0; ON_HEAP_BYTES_MAX]);
    let (bytes, part) = (view.get_contents(&mut storage), part.get_contents(&mut part_storage));
    let (from, step) = (index_arg(&args, 2), index_arg(&args, 4).max(1));
    let found = if args.get(3).is_true() {
        let end = from.saturating_add(part.len()).min(bytes.len());
        first_in_step(places_backwards(bytes.get(..end).unwrap_or_default(), part), step)
    } else {
        let rest = bytes.get(from..).unwrap_or_default();
        first_in_step(places(rest, part).map(|at| at + from), step)
    };
    rv.set_double(found.map_or(-1.0, exact));
}

/// The first place that is a multiple of `step`. Each place takes at most one pass over the bytes, but there may be as many as
/// there are bytes: a turn that is to stop gets no answer.
fn first_in_step(mut places: impl Iterator<Item = usize>, step: usize) -> Option<usize> {
    places.find(|at| at.is_multiple_of(step) || watchdog::is_stop_due()).filter(|at| at.is_multiple_of(step))
}

/// All places of a part, also those that overlap.
fn places<'a>(bytes: &'a [u8], part: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let finder = memmem::Finder::new(part);
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = finder.find(bytes.get(from..)?)? + from;
        from = at + 1;
        Some(at)
    })
}

/// The same from the end.
fn places_backwards<'a>(bytes: &'a [u8], part: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let finder = memmem::FinderRev::new(part);
    let mut end = Some(bytes.len());
    std::iter::from_fn(move || {
        let at = finder.rfind(bytes.get(..end?)?)?;
        end = (at + part.len()).checked_sub(1);
        Some(at)
    })
}

/// `bufferCompare(a, b) -> -1 | 0 | 1`
fn buffer_compare<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let (Some(one), Some(other)) = (view_arg(scope, &args, 0), view_arg(scope, &args, 1)) else {
        return throw_type_error(scope, "bytes were expected");
    };
    let (mut storage, mut other_storage) = ([0; ON_HEAP_BYTES_MAX], [0; ON_HEAP_BYTES_MAX]);
    rv.set_int32(one.get_contents(&mut storage).cmp(other.get_contents(&mut other_storage)) as i32);
}

/// `utf8Length(string) -> number`
fn utf8_length<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Ok(string) = args.get(0).try_cast::<v8::String>() else {
        return throw_type_error(scope, "a string was expected");
    };
    let Some(held) = hold_utf8(scope, string) else { return };
    drop(held);
    rv.set_double(exact(string.utf8_length(scope)));
}

/// An index into memory; what is none is beyond all memory.
fn index_arg(args: &v8::FunctionCallbackArguments<'_>, index: i32) -> usize {
    let number = args.get(index).try_cast::<v8::Number>().map_or(f64::MAX, |number| number.value());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "such a cast stops at the ends"
    )]
    let index = number as usize;
    index
}

#[cfg(test)]
mod tests {
    use super::{first_in_step, of_base64, of_hex, places, places_backwards};

    #[test]
    fn text_that_is_not_quite_base64_or_hexadecimal_is_read_as_far_as_node_does() {
        let base64 = |text: &str| String::from_utf8(of_base64(text.as_bytes())).expect("text");
        assert_eq!(base64("YW Jj\nYQ"), "abca");
        assert_eq!(base64("YQ==YQ=="), "a");
        assert_eq!(base64("Y"), "");
        assert_eq!(of_base64(b"-_+/"), of_base64(b"+/-_"));
        assert_eq!(of_hex(b"abCxz0"), [0xab]);
        assert!(of_hex(b"a").is_empty());
    }

    #[test]
    fn places_may_overlap() {
        assert_eq!(places(b"aaa", b"aa").collect::<Vec<_>>(), [0, 1]);
        assert_eq!(places(b"abc", b"x").count(), 0);
        assert_eq!(places_backwards(b"aaa", b"aa").collect::<Vec<_>>(), [1, 0]);
        assert_eq!(places_backwards(b"ab", b"").collect::<Vec<_>>(), [2, 1, 0]);
        assert_eq!(first_in_step(places_backwards(b"aaaa", b"aaa"), 2), Some(0));
    }
}
