//! The two forms of an asset's path: as its name is written, and as a URL has it.
//!
//! A file is served at one URL only: its name, with everything encoded that `encodeURIComponent` encodes. Whoever asks by
//! another spelling is sent there, as Cloudflare does it.

/// The name of the asset that a URL's path means: percent-decoded, and with single slashes.
///
/// A segment that decodes to no text stands for itself: there may be a file whose name has a per cent sign in it. Double
/// slashes go because a redirect to `//host/` leads to another host.
#[must_use]
pub fn decode(url_path: &str) -> String {
    let mut decoded = String::with_capacity(url_path.len());
    for (index, segment) in url_path.split('/').enumerate() {
        if index > 0 {
            push_slash(&mut decoded);
        }
        let Some(text) = decode_segment(segment) else {
            decoded.push_str(segment);
            continue;
        };
        // Decoding may bring slashes to light, too.
        for c in text.chars() {
            if c == '/' {
                push_slash(&mut decoded);
            } else {
                decoded.push(c);
            }
        }
    }
    decoded
}

/// The URL's path at which an asset is served. It is plain ASCII, so it may stand in a header.
#[must_use]
pub fn encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.!~*'()".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend([byte >> 4, byte & 15].map(hex_digit));
        }
    }
    encoded
}

fn push_slash(text: &mut String) {
    if !text.ends_with('/') {
        text.push('/');
    }
}

fn decode_segment(segment: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' {
            hex_value(bytes.next()?)? << 4 | hex_value(bytes.next()?)?
        } else {
            byte
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn hex_digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).map_or('0', |digit| digit.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_segment_by_segment() {
        for (url_path, name) in [
            ("/", "/"),
            ("/a/b.html", "/a/b.html"),
            ("/%5Bboop%5D", "/[boop]"),
            ("/b%C3%B2op/%E2%82%AC", "/bòop/€"),
            ("/a%20b+c", "/a b+c"),
            ("/%255Bboop", "/%5Bboop"),
        ] {
            assert_eq!(decode(url_path), name);
        }
    }

    #[test]
    fn what_decodes_to_no_text_stands_for_itself() {
        for url_path in ["/%A0%A0", "/%", "/%4", "/%zz", "/%+1", "/%C0%AF", "/%ED%A0%80"] {
            assert_eq!(decode(url_path), url_path);
        }
        assert_eq!(decode("/%A0/%41"), "/%A0/A");
    }

    #[test]
    fn a_decoded_path_never_has_two_slashes_in_a_row() {
        for url_path in
            ["//evil.example/a", "/%2Fevil.example/a", "/%2f%2Fevil.example//%2Fa", "%2F/evil.example/a"]
        {
            assert_eq!(decode(url_path), "/evil.example/a", "{url_path}");
        }
    }

    #[test]
    fn an_encoded_path_may_stand_in_a_header_whatever_the_file_is_called() {
        assert_eq!(encode("/[boop]/a b/ò€.html"), "/%5Bboop%5D/a%20b/%C3%B2%E2%82%AC.html");
        assert_eq!(encode("/%5B"), "/%255B");
        assert_eq!(encode("/a\r\nset-cookie: x\0"), "/a%0D%0Aset-cookie%3A%20x%00");
        assert_eq!(encode("/-_.!~*'()"), "/-_.!~*'()");
        let every: String = (0..0x800).filter_map(char::from_u32).collect();
        assert!(encode(&every).bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(decode(&encode(&every)), every);
    }
}
