//! Where a list goes on: after a key, whether or not that key is still there.

use data_encoding::BASE64URL_NOPAD;

use super::{KEY_BYTES_MAX, KvError};

/// The first byte of a cursor; another form of it would have another.
const FORM: u8 = 1;

/// The cursor after a key.
pub(super) fn after(key: &[u8]) -> String {
    BASE64URL_NOPAD.encode(&[&[FORM], key].concat())
}

/// The key after which a list goes on. Whatever a stranger makes of it is a key like any other.
pub(super) fn key(cursor: &str) -> Result<Vec<u8>, KvError> {
    // Four letters for three bytes.
    if cursor.len() > (KEY_BYTES_MAX + 3) / 3 * 4 {
        return Err(KvError::BadCursor);
    }
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| KvError::BadCursor)?;
    match bytes.split_first() {
        Some((&FORM, key)) if !key.is_empty() && key.len() <= KEY_BYTES_MAX => Ok(key.to_vec()),
        _ => Err(KvError::BadCursor),
    }
}
