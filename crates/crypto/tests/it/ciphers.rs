//! AES, Triple DES, and HKDF.

use mote_crypto::{
    CryptoError, CtrCounter, Direction, Gcm, Hash, cbc, ctr, gcm, hkdf, triple_des_cbc, unwrap_key, wrap_key,
};

use super::{always, block, hex, never};

const KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c";
const PLAIN: &str = "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51";

/// Test cases 4 to 6 of the proposal of GCM to NIST.
const GCM_KEY: &str = "feffe9928665731c6d6a8f9467308308";
const GCM_PLAIN: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
const GCM_ADDITIONAL: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";

#[test]
fn gcm_agrees_with_its_proposal_for_ivs_of_any_length() {
    for (iv, tag) in [
        ("cafebabefacedbaddecaf888", "5bc94fbc3221a5db94fae95ae7121a47"),
        ("cafebabefacedbad", "3612d2e79e3b0785561be14aaca2fccb"),
        (
            "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728\
             c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b",
            "619cc5aefffe0bfa462af43c1699d050",
        ),
    ] {
        let (iv, additional, plain) = (hex(iv), hex(GCM_ADDITIONAL), hex(GCM_PLAIN));
        for tag_bytes in [4, 8, 12, 13, 14, 15, 16] {
            let parameters = Gcm { iv: &iv, additional: &additional, tag_bytes };
            let sealed = gcm(Direction::Encrypt, &hex(GCM_KEY), parameters, &plain, always).unwrap();
            assert_eq!(sealed[plain.len()..], hex(tag)[..tag_bytes]);
            let opened = gcm(Direction::Decrypt, &hex(GCM_KEY), parameters, &sealed, always);
            assert_eq!(opened, Ok(plain.clone()));
        }
    }
}

#[test]
fn gcm_gives_nothing_of_what_was_changed_anywhere() {
    let (iv, additional, plain) = (hex("cafebabefacedbaddecaf888"), hex(GCM_ADDITIONAL), hex(GCM_PLAIN));
    let parameters = Gcm { iv: &iv, additional: &additional, tag_bytes: 16 };
    let sealed = gcm(Direction::Encrypt, &hex(GCM_KEY), parameters, &plain, always).unwrap();
    let open = |parameters, sealed: &[u8]| gcm(Direction::Decrypt, &hex(GCM_KEY), parameters, sealed, always);
    for place in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[place] ^= 0x40;
        assert_eq!(open(parameters, &changed), Err(CryptoError::Refused), "changed at {place}");
    }
    for length in 0..sealed.len() {
        assert_eq!(open(parameters, &sealed[..length]), Err(CryptoError::Refused), "cut to {length}");
    }
    let others = Gcm { additional: b"others", ..parameters };
    assert_eq!(open(others, &sealed), Err(CryptoError::Refused));
    for tag_bytes in [0, 3, 17, usize::MAX] {
        let wrong = Gcm { tag_bytes, ..parameters };
        assert_eq!(open(wrong, &sealed), Err(CryptoError::Refused), "a tag of {tag_bytes} bytes");
    }
    assert_eq!(open(Gcm { iv: &[], ..parameters }, &sealed), Err(CryptoError::Refused));
}

#[test]
fn cbc_agrees_with_nist() {
    let iv = block("000102030405060708090a0b0c0d0e0f");
    let sealed = cbc(Direction::Encrypt, &hex(KEY), &iv, &hex(PLAIN), always).unwrap();
    assert_eq!(sealed[..32], hex("7649abac8119b246cee98e9b12e9197d 5086cb9b507219ee95db113a917678b2"));
    assert_eq!(sealed.len(), 48, "a whole block of padding");
    assert_eq!(cbc(Direction::Decrypt, &hex(KEY), &iv, &sealed, always), Ok(hex(PLAIN)));
    for wrong in [&sealed[..32], &sealed[..40], &[]] {
        assert_eq!(cbc(Direction::Decrypt, &hex(KEY), &iv, wrong, always), Err(CryptoError::Refused));
    }
}

#[test]
fn ctr_agrees_with_nist() {
    let counter = CtrCounter { block: block("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), bits: 128 };
    let sealed = hex("874d6191b620e3261bef6864990db6ce 9806f66b7970fdff8617187bb9fffdff");
    assert_eq!(ctr(&hex(KEY), counter, &hex(PLAIN), always), Ok(sealed));
}

#[test]
fn a_counter_that_comes_to_its_end_starts_again_and_leaves_the_rest_of_its_block_alone() {
    let stream = |block: [u8; 16]| ctr(&hex(KEY), CtrCounter { block, bits: 128 }, &[0; 16], always).unwrap();
    let mut first = [0x11; 16];
    for bits in [1, 7, 8, 9, 64, 127, 128] {
        let mask = u128::MAX >> (128 - bits);
        first = (u128::from_be_bytes(first) | mask).to_be_bytes();
        let second = (u128::from_be_bytes(first) & !mask).to_be_bytes();
        let both = ctr(&hex(KEY), CtrCounter { block: first, bits }, &[0; 32], always).unwrap();
        assert_eq!(both, [stream(first), stream(second)].concat(), "a counter of {bits} bits");
    }
}

#[test]
fn a_counter_never_takes_a_value_twice() {
    let counter = |bits| CtrCounter { block: [7; 16], bits };
    assert!(ctr(&hex(KEY), counter(1), &[0; 32], always).is_ok());
    assert_eq!(ctr(&hex(KEY), counter(1), &[0; 33], always), Err(CryptoError::Refused));
    assert!(ctr(&hex(KEY), counter(4), &[0; 256], always).is_ok());
    assert_eq!(ctr(&hex(KEY), counter(4), &[0; 257], always), Err(CryptoError::Refused));
    for bits in [0, 129, u32::MAX] {
        assert_eq!(ctr(&hex(KEY), counter(bits), &[], always), Err(CryptoError::Refused));
    }
}

#[test]
fn keys_of_other_lengths_are_none() {
    for length in [0, 1, 15, 17, 23, 31, 33, 64, 1000] {
        let key = vec![0; length];
        let parameters = Gcm { iv: &[1], additional: &[], tag_bytes: 16 };
        let counter = CtrCounter { block: [0; 16], bits: 128 };
        assert_eq!(gcm(Direction::Encrypt, &key, parameters, &[], always), Err(CryptoError::Refused));
        assert_eq!(cbc(Direction::Encrypt, &key, &[0; 16], &[], always), Err(CryptoError::Refused));
        assert_eq!(ctr(&key, counter, &[], always), Err(CryptoError::Refused));
        assert_eq!(wrap_key(&key, &[0; 16]), Err(CryptoError::Refused));
        assert_eq!(unwrap_key(&key, &[0; 24]), Err(CryptoError::Refused));
    }
}

#[test]
fn data_of_many_pieces_comes_back_whole() {
    let plain: Vec<u8> = (0..1_000_003_u32).map(|number| number.to_le_bytes()[0]).collect();
    let parameters = Gcm { iv: &[1; 12], additional: &plain, tag_bytes: 16 };
    let sealed = gcm(Direction::Encrypt, &hex(KEY), parameters, &plain, always).unwrap();
    assert_eq!(gcm(Direction::Decrypt, &hex(KEY), parameters, &sealed, always).unwrap(), plain);
    let sealed = cbc(Direction::Encrypt, &hex(KEY), &[2; 16], &plain, always).unwrap();
    assert_eq!(cbc(Direction::Decrypt, &hex(KEY), &[2; 16], &sealed, always).unwrap(), plain);
    let counter = CtrCounter { block: [0xff; 16], bits: 128 };
    let sealed = ctr(&hex(KEY), counter, &plain, always).unwrap();
    assert_eq!(ctr(&hex(KEY), counter, &sealed, always).unwrap(), plain);
}

#[test]
fn work_that_nobody_wants_any_more_ends_at_once() {
    let parameters = Gcm { iv: &[1; 12], additional: &[], tag_bytes: 16 };
    let stopped = Err(CryptoError::Stopped);
    assert_eq!(gcm(Direction::Encrypt, &hex(KEY), parameters, &[0; 100], never), stopped);
    assert_eq!(cbc(Direction::Encrypt, &hex(KEY), &[0; 16], &[0; 100], never), stopped);
    assert_eq!(ctr(&hex(KEY), CtrCounter { block: [0; 16], bits: 64 }, &[0; 100], never), stopped);
}

#[test]
fn key_wrap_agrees_with_rfc_3394() {
    let plain = hex("00112233445566778899aabbccddeeff");
    for (key, wrapped) in [
        ("000102030405060708090a0b0c0d0e0f", "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"),
        (
            "000102030405060708090a0b0c0d0e0f1011121314151617",
            "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d",
        ),
        (
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7",
        ),
    ] {
        assert_eq!(wrap_key(&hex(key), &plain), Ok(hex(wrapped)));
        assert_eq!(unwrap_key(&hex(key), &hex(wrapped)), Ok(plain.clone()));
        let mut changed = hex(wrapped);
        changed[5] ^= 1;
        assert_eq!(unwrap_key(&hex(key), &changed), Err(CryptoError::Refused));
    }
    for length in [0, 8, 15, 17, 20] {
        assert_eq!(wrap_key(&[0; 16], &vec![0; length]), Err(CryptoError::Refused));
    }
    for length in [0, 8, 16, 25, 2 << 20] {
        assert_eq!(unwrap_key(&[0; 16], &vec![0; length]), Err(CryptoError::Refused));
    }
}

#[test]
fn hkdf_agrees_with_rfc_5869() {
    let okm = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
    let (salt, info) = (hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"));
    assert_eq!(hkdf(Hash::Sha256, &[0x0b; 22], &salt, &info, 42), Ok(hex(okm)));
    assert_eq!(hkdf(Hash::Sha256, &[], &[], &[], 0), Ok(Vec::new()));
    for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        let most = 255 * hash.digest_bytes();
        assert_eq!(hkdf(hash, &[1], &[], &[], most).map(|key| key.len()), Ok(most));
        assert_eq!(hkdf(hash, &[1], &[], &[], most + 1), Err(CryptoError::Refused));
    }
}

#[test]
fn triple_des_agrees_with_openssl_and_asks_whether_to_go_on() {
    let key = std::array::from_fn(|at| u8::try_from(at + 1).unwrap_or_default());
    let iv = [0, 1, 2, 3, 4, 5, 6, 7];
    let des = |direction, data: &[u8], go_on| triple_des_cbc(direction, &key, &iv, data, go_on);
    assert_eq!(des(Direction::Encrypt, b"mote", always), Ok(hex("73cab51069086104")));
    assert_eq!(des(Direction::Decrypt, &hex("73cab51069086104"), always), Ok(b"mote".to_vec()));
    for wrong in [vec![], vec![0; 8], vec![0; 7], vec![0; 9]] {
        assert_eq!(des(Direction::Decrypt, &wrong, always), Err(CryptoError::Refused));
    }
    assert_eq!(des(Direction::Encrypt, b"mote", never), Err(CryptoError::Stopped));
}
