//! Base64, as V8's own library writes and reads it: many characters at a time.

use v8::simdutf::{
    Base64Options, LastChunkHandling, base64_length_from_binary, base64_to_binary, binary_to_base64,
    maximal_binary_length_from_base64,
};

use crate::v8;

/// The standard alphabet, with padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut text = vec![0; base64_length_from_binary(bytes.len(), Base64Options::Default)];
    // SAFETY: the output is as long as `base64_length_from_binary` says of these bytes and this option, one line above.
    let written = unsafe { binary_to_base64(bytes, &mut text, Base64Options::Default) };
    text.truncate(written);
    text
}

/// What <https://infra.spec.whatwg.org/#forgiving-base64-decode> makes of a text: white space is passed over, padding may be absent.
#[must_use]
pub fn decode_forgiving(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = vec![0; maximal_binary_length_from_base64(text)];
    // SAFETY: the output is as long as `maximal_binary_length_from_base64` says of this text, one line above.
    let read =
        unsafe { base64_to_binary(text, &mut bytes, Base64Options::Default, LastChunkHandling::Loose) };
    if !read.is_ok() {
        return None;
    }
    bytes.truncate(read.count);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decode_forgiving, encode};

    #[test]
    fn every_byte_comes_back_at_every_length() {
        let all: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        for length in 0..all.len() {
            let bytes = all.get(..length).unwrap_or_default();
            let text = encode(bytes);
            assert_eq!(text.len(), length.div_ceil(3) * 4);
            assert_eq!(decode_forgiving(&text).as_deref(), Some(bytes));
        }
    }

    #[test]
    fn padding_may_be_absent_but_never_wrong() {
        for (text, expected) in [
            (&b"YQ=="[..], Some(&b"a"[..])),
            (b"YQ", Some(b"a")),
            (b"YWI=", Some(b"ab")),
            (b"YWI", Some(b"ab")),
            (b" Y\tW\nI\x0c=\r ", Some(b"ab")),
            (b"YQ= =", Some(b"a")),
            (b"YR", Some(b"a")),
            (b"", Some(b"")),
            (b"  ", Some(b"")),
            (b"YQ=", None),
            (b"YQ===", None),
            (b"YWJj=", None),
            (b"YW=I", None),
            (b"=", None),
            (b"====", None),
            (b"A", None),
            (b"AAAAA", None),
            (b"YQ-_", None),
            (b"YQ\xff=", None),
            (b"Y\x0bQ=", None),
        ] {
            assert_eq!(decode_forgiving(text).as_deref(), expected, "{}", text.escape_ascii());
        }
    }
}
