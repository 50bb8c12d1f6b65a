//! What was prepared for a version: a cell has made it, and may have been an attacker's by then.

use mote_wire::{packed::Packed, prepared::Prepared};

use crate::Target;

/// What stands in its head, and the tokens of LZ4 that ask for most.
pub(crate) const WORDS: &[&str] = &[
    "\0\0\0",
    "code_caches",
    "heap",
    "bytes",
    "[5,6]",
    "[0,0]",
    "[67108864,1]",
    "16777217",
    "18446744073709551615",
    "null",
    "Pcache",
    "@heap",
    "\u{1f}\u{1}\0",
    "\u{f}\u{7f}",
];

/// Parts that claim to be longer are not unpacked here: it would take long, and show nothing new.
const UNPACKED_BYTES_MAX: usize = 1 << 20;

pub(crate) fn read(_target: &Target, bytes: &[u8]) {
    let Ok(prepared) = Prepared::decode(bytes.to_vec().into()) else { return };
    assert_eq!(Prepared::decode(prepared.encode()).as_ref(), Ok(&prepared), "it is kept as something else");
    let caches = prepared.code_caches.iter().map(|(_, cache)| cache);
    for part in caches.chain(prepared.heap.as_ref().map(|heap| &heap.bytes)) {
        read_part(part);
    }
}

fn read_part(part: &Packed) {
    let unpacked = part.unpack(UNPACKED_BYTES_MAX);
    if let Ok(unpacked) = &unpacked {
        assert_eq!(unpacked.len(), part.len(), "it is what it claims to be");
        let again = Packed::pack(unpacked).unwrap();
        assert_eq!(again.unpack(UNPACKED_BYTES_MAX).as_ref(), Ok(unpacked), "it is packed as something else");
    }
}
