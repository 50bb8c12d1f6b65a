//! Reading arguments, making results, throwing.

use bytes::Bytes;
use mote_engine::{
    memory::{Held, MemoryAccount},
    v8, watchdog,
};
use mote_wire::{limits::HEADERS_MAX, link::HEAD_BYTES_MAX};

/// The string argument at `index`; throws and gives `None` if it is none.
pub(crate) fn string_arg(
    scope: &mut v8::PinScope<'_, '_>,
    args: &v8::FunctionCallbackArguments<'_>,
    index: i32,
) -> Option<String> {
    let Ok(string) = args.get(index).try_cast::<v8::String>() else {
        throw_type_error(scope, "a string was expected");
        return None;
    };
    let _held = hold_utf8(scope, string)?;
    Some(string.to_rust_string_lossy(scope))
}

/// Below this, what a native holds for a moment is not worth counting.
const SMALL_BYTES: usize = 16 << 10;

/// Counts bytes that a native holds for the isolate; throws and gives `None` if it may not have that many.
///
/// Why also for a moment: a string may be a thousand times as long as the memory that it takes, until somebody wants to
/// see its characters.
pub(crate) fn hold(scope: &mut v8::PinScope<'_, '_>, bytes: usize) -> Option<Option<Held>> {
    if bytes < SMALL_BYTES {
        return Some(None);
    }
    hold_all(scope, bytes).map(Some)
}

/// The same however few they are, for what a worker can have many of.
pub(crate) fn hold_all(scope: &mut v8::PinScope<'_, '_>, bytes: usize) -> Option<Held> {
    let account = scope.get_slot::<MemoryAccount>().cloned()?;
    let mut held = account.hold(bytes);
    if held.is_none() {
        // What is known may be garbage for the most part.
        scope.low_memory_notification();
        held = account.hold(bytes);
    }
    if held.is_none() {
        throw_range_error(scope, "This is more than the worker's memory limit allows.");
    }
    held
}

/// [`hold`] for the UTF-8 of a string.
pub(crate) fn hold_utf8(
    scope: &mut v8::PinScope<'_, '_>,
    string: v8::Local<'_, v8::String>,
) -> Option<Option<Held>> {
    // Its characters are looked at only once there is room for one byte of each.
    let held = hold(scope, string.length())?;
    if held.is_none() {
        return Some(None);
    }
    drop(held);
    hold(scope, string.utf8_length(scope))
}

/// What a native works on before it asks whether its turn is to stop: less than a millisecond's work.
pub(crate) const PIECE_BYTES: usize = 256 << 10;

/// Works through bytes a piece at a time, and not to their end if the turn is to stop: nobody will see the result then.
pub(crate) fn in_pieces(bytes: &[u8], mut work: impl FnMut(&[u8])) {
    for piece in bytes.chunks(PIECE_BYTES) {
        if watchdog::is_stop_due() {
            return;
        }
        work(piece);
    }
}

/// Bytes that count as the isolate's for as long as anybody has them.
struct HeldBytes {
    bytes: Vec<u8>,
    _held: Held,
}

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn held_bytes(bytes: Vec<u8>, held: Option<Held>) -> Bytes {
    match held {
        None => bytes.into(),
        Some(mut held) => {
            // It was counted before it was known how long it would be, and it cannot have become longer.
            held.resize(bytes.len());
            Bytes::from_owner(HeldBytes { bytes, _held: held })
        }
    }
}

/// An id argument; 0 (which is no id) if it is not a number.
pub(crate) fn id_arg(args: &v8::FunctionCallbackArguments<'_>, index: i32) -> u32 {
    args.get(index).try_cast::<v8::Uint32>().map_or(0, |number| number.value())
}

/// A copy of the bytes of a view or buffer, to be kept: it counts as the isolate's memory. Throws and gives `None` if the
/// isolate may not have that many, or with `otherwise` if the value is neither.
pub(crate) fn kept_bytes(
    scope: &mut v8::PinScope<'_, '_>,
    value: v8::Local<'_, v8::Value>,
    otherwise: &str,
) -> Option<Bytes> {
    let length = if let Ok(view) = value.try_cast::<v8::ArrayBufferView>() {
        view.byte_length()
    } else if let Ok(buffer) = value.try_cast::<v8::ArrayBuffer>() {
        buffer.byte_length()
    } else {
        throw_type_error(scope, otherwise);
        return None;
    };
    let held = hold(scope, length)?;
    bytes_of(value).map(|bytes| held_bytes(bytes, held))
}

/// What a body or a message can be made of at once, as [`kept_bytes`] keeps it: a string (as UTF-8) or bytes.
pub(crate) fn kept_content(
    scope: &mut v8::PinScope<'_, '_>,
    value: v8::Local<'_, v8::Value>,
    otherwise: &str,
) -> Option<Bytes> {
    let Ok(string) = value.try_cast::<v8::String>() else { return kept_bytes(scope, value, otherwise) };
    let (bytes, held) = held_utf8_of(scope, string)?;
    Some(held_bytes(bytes, held))
}

/// A copy of the bytes of a view or buffer, for a moment; `None` if the value is neither.
fn bytes_of(value: v8::Local<'_, v8::Value>) -> Option<Vec<u8>> {
    if let Ok(view) = value.try_cast::<v8::ArrayBufferView>() {
        let mut bytes = vec![0; view.byte_length()];
        let copied = view.copy_contents(&mut bytes);
        bytes.truncate(copied);
        return Some(bytes);
    }
    let buffer = value.try_cast::<v8::ArrayBuffer>().ok()?;
    let store = buffer.get_backing_store();
    Some(store.iter().map(std::cell::Cell::get).collect())
}

/// A copy of the bytes of the argument at `index`, for a moment; `None` if it has none.
pub(crate) fn bytes_arg(args: &v8::FunctionCallbackArguments<'_>, index: i32) -> Option<Vec<u8>> {
    bytes_of(args.get(index))
}

/// A string's UTF-8, with lone surrogates replaced.
pub(crate) fn utf8_of(scope: &mut v8::PinScope<'_, '_>, string: v8::Local<'_, v8::String>) -> Vec<u8> {
    ascii_of(scope, string).unwrap_or_else(|| string.to_rust_string_lossy(scope).into_bytes())
}

/// The same, counted as [`hold_utf8`] does; throws and gives `None` if the isolate may not have that many bytes. Why together: a
/// text of ASCII, as most are, is as long as its UTF-8, which need not be counted before.
pub(crate) fn held_utf8_of(
    scope: &mut v8::PinScope<'_, '_>,
    string: v8::Local<'_, v8::String>,
) -> Option<(Vec<u8>, Option<Held>)> {
    let held = hold(scope, string.length())?;
    if let Some(bytes) = ascii_of(scope, string) {
        return Some((bytes, held));
    }
    drop(held);
    let held = hold_utf8(scope, string)?;
    Some((string.to_rust_string_lossy(scope).into_bytes(), held))
}

/// The bytes of a string if it is ASCII, and kept as such.
fn ascii_of(scope: &mut v8::PinScope<'_, '_>, string: v8::Local<'_, v8::String>) -> Option<Vec<u8>> {
    let bytes = string.is_onebyte().then(|| mote_engine::strings::low_bytes(scope, &string))?;
    bytes.is_ascii().then_some(bytes)
}

/// A new `Uint8Array` that owns `bytes`; throws and gives `None` if the isolate may not hold that many.
pub(crate) fn new_uint8_array<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bytes: Vec<u8>,
) -> Option<v8::Local<'s, v8::Uint8Array>> {
    let length = bytes.len();
    let buffer = mote_engine::buffers::adopt(scope, bytes)?;
    v8::Uint8Array::new(scope, buffer, 0, length)
}

/// A new string; `None` (and an exception) if it is longer than V8 allows.
pub(crate) fn new_string<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    text: &str,
) -> Option<v8::Local<'s, v8::String>> {
    if text.is_ascii() {
        v8::String::new_from_one_byte(scope, text.as_bytes(), v8::NewStringType::Normal)
    } else {
        v8::String::new(scope, text)
    }
}

/// A flat list, [name, value, name, value, …], as header names and values. Throws, with `what` before the reason, and
/// gives `None` if it is none, holds what no header may hold, or is too long.
pub(crate) fn headers_arg(
    scope: &mut v8::PinScope<'_, '_>,
    value: v8::Local<'_, v8::Value>,
    what: &str,
) -> Option<http::HeaderMap> {
    let list = value.try_cast::<v8::Array>().ok();
    // Before they are looked at: a map of headers has an end, and a million of them take their time.
    if list.is_some_and(|list| list.length() as usize / 2 > HEADERS_MAX || !fits_a_head(scope, list)) {
        let kib_max = HEAD_BYTES_MAX >> 10;
        throw_range_error(
            scope,
            &format!(
                "{what}: the headers are too large: {HEADERS_MAX} headers and {kib_max} KiB are the most"
            ),
        );
        return None;
    }
    let headers = match list {
        Some(list) => headers_of(scope, list),
        None => value.is_null_or_undefined().then(http::HeaderMap::new),
    };
    if headers.is_none() {
        throw_type_error(scope, &format!("{what}: a header has a name or a value that HTTP does not allow"));
    }
    headers
}

/// Whether texts may go out in one head, by their lengths: a hundred headers may share one text of many megabytes, which only their
/// copies would take.
pub(crate) fn fits_a_head(scope: &mut v8::PinScope<'_, '_>, list: v8::Local<'_, v8::Array>) -> bool {
    let mut total = 0_usize;
    for index in 0..list.length() {
        let text = list.get_index(scope, index).and_then(|text| text.try_cast::<v8::String>().ok());
        total = total.saturating_add(text.map_or(0, |text| text.length()));
        if total > HEAD_BYTES_MAX {
            return false;
        }
    }
    true
}

fn headers_of(scope: &mut v8::PinScope<'_, '_>, list: v8::Local<'_, v8::Array>) -> Option<http::HeaderMap> {
    let mut headers = http::HeaderMap::new();
    for index in (0..list.length()).step_by(2) {
        let name = list.get_index(scope, index)?.try_cast::<v8::String>().ok()?;
        let value = list.get_index(scope, index + 1)?.try_cast::<v8::String>().ok()?;
        let name = http::HeaderName::from_bytes(&utf8_of(scope, name)).ok()?;
        if !value.contains_only_onebyte() {
            return None;
        }
        // A header's value is Latin-1 to JavaScript: one character, one byte.
        let mut bytes = vec![0; value.length()];
        value.write_one_byte_v2(scope, 0, &mut bytes, v8::WriteFlags::empty());
        headers.try_append(name, http::HeaderValue::from_bytes(&bytes).ok()?).ok()?;
    }
    Some(headers)
}

/// Headers as a flat list.
pub(crate) fn headers_list<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    headers: &http::HeaderMap,
) -> Option<v8::Local<'s, v8::Array>> {
    let mut elements: Vec<v8::Local<'_, v8::Value>> = Vec::with_capacity(headers.len() * 2);
    for (name, value) in headers {
        let name =
            v8::String::new_from_one_byte(scope, name.as_str().as_bytes(), v8::NewStringType::Internalized)?;
        let value = v8::String::new_from_one_byte(scope, value.as_bytes(), v8::NewStringType::Normal)?;
        elements.push(name.into());
        elements.push(value.into());
    }
    Some(v8::Array::new_with_elements(scope, &elements))
}

/// Throws a `TypeError`.
pub(crate) fn throw_type_error(scope: &mut v8::PinScope<'_, '_>, text: &str) {
    if let Some(message) = v8::String::new(scope, text) {
        let error = v8::Exception::type_error(scope, message);
        scope.throw_exception(error);
    }
}

/// Throws a `RangeError`.
pub(crate) fn throw_range_error(scope: &mut v8::PinScope<'_, '_>, text: &str) {
    if let Some(message) = v8::String::new(scope, text) {
        let error = v8::Exception::range_error(scope, message);
        scope.throw_exception(error);
    }
}

/// Throws an `Error`.
pub(crate) fn throw_error(scope: &mut v8::PinScope<'_, '_>, text: &str) {
    if let Some(message) = v8::String::new(scope, text) {
        let error = v8::Exception::error(scope, message);
        scope.throw_exception(error);
    }
}
