//! Keys that somebody has spoilt.

use mote_crypto::{Direction, Family, Half, Hash, Key, Padding, PlainPadding, PlainRsa};
use mote_mutator::Mutator;

use super::hex;

/// The beginning of every algorithm's name in a key, and what lengths are written as.
const WORDS: [&str; 6] =
    ["\u{6}\u{7}*\u{2}", "\u{6}\u{3}+en", "\u{6}\t*", "0\u{2}", "\u{2}\u{1}\u{0}", "\u{4}\u{0}"];

fn samples() -> Vec<Vec<u8>> {
    let elliptic = Key::from_coordinates(
        Family::P256,
        &hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"),
        &hex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"),
        Some(&hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")),
    )
    .unwrap();
    let keys = [
        super::rsa::private(),
        elliptic,
        Key::from_raw_private(Family::Ed25519, &[7; 32]).unwrap(),
        Key::from_raw_private(Family::X25519, &[7; 32]).unwrap(),
    ];
    keys.iter().flat_map(|key| [key.to_spki().unwrap(), key.to_pkcs8().unwrap()]).collect()
}

#[test]
fn a_spoilt_key_is_refused_or_is_one_that_can_be_used() {
    let samples = samples();
    let samples: Vec<_> = samples.iter().map(Vec::as_slice).collect();
    let mut read = 0;
    Mutator::new(&samples, &WORDS).spoil(20_000, |bytes| {
        for key in [Key::from_spki(bytes), Key::from_pkcs8(bytes)].into_iter().flatten() {
            read += 1;
            use_it(&key);
        }
    });
    assert!(read > 0, "some changes leave a key, and are looked at");
}

/// Everything that a worker can do with a key; what matters is that it ends, and what it says of itself.
fn use_it(key: &Key) {
    let spki = key.to_spki().unwrap();
    let again = Key::from_spki(&spki).unwrap();
    assert_eq!((again.family(), again.half()), (key.family(), Half::Public));
    assert_eq!(again.to_spki(), Ok(spki));
    assert_eq!(key.to_pkcs8().is_ok(), key.half() == Half::Private);
    let _ = key.agree(&again);
    for padding in [Padding::Pkcs1, Padding::Pss { salt_bytes: 32, mask: Hash::Sha256 }] {
        if let Ok(signature) = key.sign_rsa(padding, Hash::Sha256, &[1; 32]) {
            assert_eq!(again.verify_rsa(padding, Hash::Sha256, &[1; 32], &signature), Ok(true));
        }
    }
    if let Ok(signature) = key.rsa_plain(PlainRsa::Sign(PlainPadding::Pkcs1), b"message") {
        assert_eq!(
            again.rsa_plain(PlainRsa::Recover(PlainPadding::Pkcs1), &signature),
            Ok(b"message".to_vec())
        );
    }
    if let Ok(signature) = key.sign_ecdsa(&[1; 32]) {
        assert_eq!(again.verify_ecdsa(&[1; 32], &signature), Ok(true));
    }
    if let Ok(signature) = key.sign_eddsa(b"message") {
        assert_eq!(again.verify_eddsa(b"message", &signature), Ok(true));
    }
    if let Ok(sealed) = again.oaep(Direction::Encrypt, Hash::Sha256, b"", b"message") {
        let _ = key.oaep(Direction::Decrypt, Hash::Sha256, b"", &sealed);
    }
}
