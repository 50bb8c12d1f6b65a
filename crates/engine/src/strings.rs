//! Copies of strings, without writing over them first.

use crate::v8;

/// The characters of a string as bytes, the lower half of each: all of it where [`v8::String::contains_only_onebyte`].
#[must_use]
pub fn low_bytes(isolate: &v8::Isolate, string: &v8::String) -> Vec<u8> {
    let length = string.length();
    let mut bytes = Vec::with_capacity(length);
    let room = bytes.spare_capacity_mut().get_mut(..length).unwrap_or_default();
    if room.len() < length {
        return Vec::new();
    }
    string.write_one_byte_uninit_v2(isolate, 0, room, v8::WriteFlags::empty());
    // SAFETY: V8 has written a byte for each of the string's characters, as many as `room` has and as there is capacity for.
    unsafe { bytes.set_len(length) };
    bytes
}
