//! RSA. The numbers, signatures and the secret below were made by OpenSSL.

use mote_crypto::{
    CryptoError, Direction, Family, Half, Hash, Key, Padding, PlainPadding, PlainRsa, RSA_BITS_MAX,
};

use super::{always, hex, never};

const N: &str = "b062a82785fc9bfeea32156be4cd549e7e1e7ca9f685359cb234a63d5fb96860316cbf86e739422c847ca623904497cc20a6\
    c3802954f88e2866077e3ec8e59b76f6ace8480e2d5c3bace1623bf1f9b9b15214d9bacf1b93ce313a0bd671ebc99d32ce74\
    a7977dd8ed7810f1a85c4b419d750683e4dd5102bf03a11abcea1727";
const E: &str = "010001";
const D: &str = "ab2e2409af843814ce4eeaf13a2d780915571b1f8c0b3dbba44b6a66b7e6e5802d975fcd59cbfd07dd5067a0ae1b93c25c91\
    dbbc1ee0c3149bea612d495b8950998148ee9c7fc77653b0c71456dc9afaae9db5a5495e86b02c2989e765d27f977ee19c3b\
    90f441a10f8130810c16c910bec00b733e537aac3f9b00451fd816c9";
const P: &str = "e234fbf57990b0f24100201fbf517da4397b5ee5036fc088fe8a177361af3aa85e92927ee0f76d9e6021c9df7444f63a4748\
    e0c6439499d6cd2e72fed411b00d";
const Q: &str = "c79dd6ccb7731f31ffd49431122ecdddb3262896463f5c665d186cf609a6043171770082b598a8bccba47b926364aad08ebb\
    6d6a8c2b9113917e7fb908206303";
const DP: &str = "a156770aab2ce6f7b222bbc6c8f6ff6cdd4ebfed099970328591ca8e11f3201c2c6fd02acc9bcd44737e45f4a981f238b8d5\
    22f466091bfc5795b4914a825f15";
const DQ: &str = "96dd50e939c0b513f9d1350afd3e08730521d2ccf85c8cbe04a02041b73b14b2359a05f5c3bf93cfd46d04c3b780eea45f2b\
    825f637ecdcfa7479eca3e3d13f7";
const QI: &str = "88d8b732c9f42db03611cf6886e2a900a43c2a3427d13dcfbe819c1f718d48e18dd18e582b5acc38b925010e33ff34a3c81c\
    ae06b4883036b3b5fb75a98a2e0b";
const SIGNED_PKCS1: &str = "2664dadb92ba44b0cc217e1dff951580aa820c76ba4d0802c7797a4b4a1deb59a01056acd931f50ee05882f28500ab5fd1df\
    a1ce92de8d3f1641689f00a27a4ec03d1c94f39c09091ab6699fe112de1a1d3a44e5b6db5522d87dcdd778fa1a21b14faa36\
    e2bd5f9f34d33f587ac32944c5d3349a61d59bd5b4f7ce8f5810e61e";
const SIGNED_PSS: &str = "17b81cc5294f07821ee0313a164ace88663bb226ab8f1d27e03677c312896f533d40dfab618298110c108b99298a0135a2de\
    5da74bd156a1dbf134d9e30eef008de893240e2ec0ad479eb2187d25afcaf28b528e1c9aae7e429f003c5155d7b05195e529\
    02f3399d41be7e3c91a9ca91172e91243727218f9b51af91fd905da4";
const SEALED: &str = "2b63f4ef548a13f0e1d72eba7bd3848bec3f535de886352f10ad46b276ac727d19e1a3d191e543fc93e8c815d83d189f582c\
    f9a0c3b61c30e15c1f03ce48868bd508c3fb6b826f0c8b48cdb4885c9d0917119a8252aa60423335569ffb39c2f675a1c704\
    78fd767c7b5291306d95e2333eba67e3ffa829d5fda7080349616c7f";
const PKCS8: &str = "30820279020100300d06092a864886f70d0101010500048202633082025f02010002818100b062a82785fc9bfeea32156be4\
    cd549e7e1e7ca9f685359cb234a63d5fb96860316cbf86e739422c847ca623904497cc20a6c3802954f88e2866077e3ec8e5\
    9b76f6ace8480e2d5c3bace1623bf1f9b9b15214d9bacf1b93ce313a0bd671ebc99d32ce74a7977dd8ed7810f1a85c4b419d\
    750683e4dd5102bf03a11abcea1727020301000102818100ab2e2409af843814ce4eeaf13a2d780915571b1f8c0b3dbba44b\
    6a66b7e6e5802d975fcd59cbfd07dd5067a0ae1b93c25c91dbbc1ee0c3149bea612d495b8950998148ee9c7fc77653b0c714\
    56dc9afaae9db5a5495e86b02c2989e765d27f977ee19c3b90f441a10f8130810c16c910bec00b733e537aac3f9b00451fd8\
    16c9024100e234fbf57990b0f24100201fbf517da4397b5ee5036fc088fe8a177361af3aa85e92927ee0f76d9e6021c9df74\
    44f63a4748e0c6439499d6cd2e72fed411b00d024100c79dd6ccb7731f31ffd49431122ecdddb3262896463f5c665d186cf6\
    09a6043171770082b598a8bccba47b926364aad08ebb6d6a8c2b9113917e7fb908206303024100a156770aab2ce6f7b222bb\
    c6c8f6ff6cdd4ebfed099970328591ca8e11f3201c2c6fd02acc9bcd44737e45f4a981f238b8d522f466091bfc5795b4914a\
    825f1502410096dd50e939c0b513f9d1350afd3e08730521d2ccf85c8cbe04a02041b73b14b2359a05f5c3bf93cfd46d04c3\
    b780eea45f2b825f637ecdcfa7479eca3e3d13f702410088d8b732c9f42db03611cf6886e2a900a43c2a3427d13dcfbe819c\
    1f718d48e18dd18e582b5acc38b925010e33ff34a3c81cae06b4883036b3b5fb75a98a2e0b";

/// SHA-256 of "mote".
const DIGEST: &str = "e93326cea793719220ce2fa09e75a1bbc496bf8605f2a347855769bb860ee6af";
const PSS: Padding = Padding::Pss { salt_bytes: 5, mask: Hash::Sha256 };

pub(crate) fn private() -> Key {
    from_parts(&[N, E, D, P, Q, DP, DQ, QI].map(hex)).unwrap()
}

fn from_parts(parts: &[Vec<u8>]) -> Result<Key, CryptoError> {
    Key::from_rsa_parts(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

#[test]
fn a_signature_without_a_salt_is_always_the_same() {
    assert_eq!(private().sign_rsa(Padding::Pkcs1, Hash::Sha256, &hex(DIGEST)), Ok(hex(SIGNED_PKCS1)));
}

#[test]
fn signatures_of_openssl_are_good_and_no_others() {
    let public = private().public().unwrap();
    for (padding, signed) in [(Padding::Pkcs1, SIGNED_PKCS1), (PSS, SIGNED_PSS)] {
        assert_eq!(public.verify_rsa(padding, Hash::Sha256, &hex(DIGEST), &hex(signed)), Ok(true));
        assert_eq!(public.verify_rsa(padding, Hash::Sha256, &[0; 32], &hex(signed)), Ok(false));
        assert_eq!(public.verify_rsa(padding, Hash::Sha1, &[0; 20], &hex(signed)), Ok(false));
        for wrong in [vec![], vec![0; 128], vec![0xff; 128], vec![0; 129], vec![0; 4096]] {
            assert_eq!(public.verify_rsa(padding, Hash::Sha256, &hex(DIGEST), &wrong), Ok(false));
        }
    }
    for salt_bytes in [0, 4, 6, 32, 200, u32::MAX, u32::MAX - 1] {
        let padding = Padding::Pss { salt_bytes, mask: Hash::Sha256 };
        assert_eq!(public.verify_rsa(padding, Hash::Sha256, &hex(DIGEST), &hex(SIGNED_PSS)), Ok(false));
    }
}

#[test]
fn a_salt_of_any_length_that_fits_is_good() {
    let key = private();
    for salt_bytes in [0, 1, 20, 32, 94] {
        let padding = Padding::Pss { salt_bytes, mask: Hash::Sha256 };
        let signature = key.sign_rsa(padding, Hash::Sha256, &hex(DIGEST)).unwrap();
        assert_eq!(key.verify_rsa(padding, Hash::Sha256, &hex(DIGEST), &signature), Ok(true));
    }
    for salt_bytes in [95, 128, 1 << 20, u32::MAX, u32::MAX - 1] {
        let padding = Padding::Pss { salt_bytes, mask: Hash::Sha256 };
        assert_eq!(key.sign_rsa(padding, Hash::Sha256, &hex(DIGEST)), Err(CryptoError::Refused));
    }
}

#[test]
fn what_openssl_has_sealed_opens_with_its_hash_and_label_only() {
    let key = private();
    let open = |hash, label: &[u8], data: &[u8]| key.oaep(Direction::Decrypt, hash, label, data);
    assert_eq!(open(Hash::Sha256, b"label", &hex(SEALED)), Ok(b"mote".to_vec()));
    assert_eq!(open(Hash::Sha256, b"", &hex(SEALED)), Err(CryptoError::Refused));
    assert_eq!(open(Hash::Sha1, b"label", &hex(SEALED)), Err(CryptoError::Refused));
    for wrong in [&[][..], &[0; 128], &[0xff; 128], &[1; 127], &[1; 129]] {
        assert_eq!(open(Hash::Sha256, b"label", wrong), Err(CryptoError::Refused));
    }
    assert_eq!(
        key.public().unwrap().oaep(Direction::Decrypt, Hash::Sha256, b"label", &hex(SEALED)),
        Err(CryptoError::Refused)
    );
}

#[test]
fn what_fits_is_sealed_and_a_byte_more_is_not() {
    let key = private();
    for (hash, most) in [(Hash::Sha1, 86), (Hash::Sha256, 62)] {
        for length in [0, 1, most] {
            let sealed = key.oaep(Direction::Encrypt, hash, b"", &vec![9; length]).unwrap();
            assert_eq!(key.oaep(Direction::Decrypt, hash, b"", &sealed), Ok(vec![9; length]));
        }
        assert_eq!(key.oaep(Direction::Encrypt, hash, b"", &vec![9; most + 1]), Err(CryptoError::Refused));
    }
    assert_eq!(
        key.oaep(Direction::Encrypt, Hash::Sha512, b"", b""),
        Err(CryptoError::Refused),
        "no room for two digests"
    );
}

#[test]
fn every_format_gives_the_same_key_back() {
    let key = private();
    assert_eq!(key.to_pkcs8(), Ok(hex(PKCS8)));
    assert_eq!(key.to_rsa_parts(), Ok([N, E, D, P, Q, DP, DQ, QI].map(hex).to_vec()));
    let again = Key::from_pkcs8(&hex(PKCS8)).unwrap();
    assert_eq!((again.family(), again.half(), again.bits()), (Family::Rsa, Half::Private, 1024));
    let public = from_parts(&[N, E].map(hex)).unwrap();
    assert_eq!(public.to_rsa_parts(), Ok([N, E].map(hex).to_vec()));
    assert_eq!(public.to_spki(), key.to_spki());
    assert_eq!(public.to_pkcs8(), Err(CryptoError::Refused));
    assert_eq!(public.sign_rsa(Padding::Pkcs1, Hash::Sha256, &hex(DIGEST)), Err(CryptoError::Refused));
}

#[test]
fn numbers_that_do_not_fit_together_are_no_key() {
    let parts = [N, E, D, P, Q, DP, DQ, QI].map(hex);
    for wrong in 0..parts.len() {
        for replaced in [vec![], vec![0], vec![3], vec![0xff; 1024], vec![0xff; 1025], vec![0xff; 1 << 20]] {
            let mut changed = parts.clone();
            changed[wrong] = replaced;
            assert!(from_parts(&changed).is_err(), "number {wrong}");
        }
    }
    for count in [0, 1, 3, 7] {
        assert!(from_parts(&parts[..count]).is_err());
    }
    for (n, e) in [
        (vec![0; 128], hex(E)),
        (hex(N), vec![]),
        (hex(N), vec![1]),
        (hex(N), vec![2]),
        (hex(N), vec![0xff; 128]),
    ] {
        assert!(from_parts(&[n, e]).is_err());
    }
}

#[test]
fn keys_have_a_longest_and_a_shortest() {
    for bits in [0, 8, 504, 511, 2000, 2049, RSA_BITS_MAX + 128, 16_384, u32::MAX] {
        assert_eq!(
            Key::generate_rsa(bits, &[1, 0, 1], always).err(),
            Some(CryptoError::Refused),
            "{bits} bits"
        );
    }
    // An odd modulus of 16,384 bits.
    assert!(from_parts(&[vec![0xff; 2048], hex(E)]).is_err());
    assert!(from_parts(&[vec![0xff; 32], hex(E)]).is_err());
    for exponent in [&[][..], &[0], &[1], &[2], &[5], &[1, 0, 0], &[0xff; 9], &[0; 100]] {
        assert!(Key::generate_rsa(1024, exponent, always).is_err());
    }
}

#[test]
fn a_key_that_was_made_signs_what_its_public_half_knows() {
    for exponent in [&[0, 3][..], &[0, 0, 0, 0, 0, 1, 0, 1]] {
        let key = Key::generate_rsa(1024, exponent, always).unwrap();
        assert_eq!((key.bits(), key.half()), (1024, Half::Private));
        assert!(exponent.ends_with(&key.to_rsa_parts().unwrap()[1]));
        let signature = key.sign_rsa(PSS, Hash::Sha384, &[1; 48]).unwrap();
        assert_eq!(key.public().unwrap().verify_rsa(PSS, Hash::Sha384, &[1; 48], &signature), Ok(true));
    }
}

#[test]
fn a_search_for_primes_that_nobody_waits_for_ends() {
    assert_eq!(Key::generate_rsa(RSA_BITS_MAX, &[1, 0, 1], never).err(), Some(CryptoError::Stopped));
}

#[test]
fn the_old_paddings_give_back_what_they_were_given_and_need_the_right_key() {
    let (private, full) = (private(), [1; 128]);
    let public = private.public().unwrap();
    for (padding, data) in [(PlainPadding::Pkcs1, b"mote".as_slice()), (PlainPadding::None, &full)] {
        let signed = private.rsa_plain(PlainRsa::Sign(padding), data).unwrap();
        assert_eq!(public.rsa_plain(PlainRsa::Recover(padding), &signed), Ok(data.to_vec()));
        assert_eq!(public.rsa_plain(PlainRsa::Sign(padding), data), Err(CryptoError::Refused));
    }
    let sealed = public.rsa_plain(PlainRsa::Encrypt(PlainPadding::None), &full).unwrap();
    assert_eq!(private.rsa_plain(PlainRsa::DecryptUnpadded, &sealed), Ok(full.to_vec()));
    assert_eq!(public.rsa_plain(PlainRsa::DecryptUnpadded, &sealed), Err(CryptoError::Refused));
    let pkcs1 = public.rsa_plain(PlainRsa::Encrypt(PlainPadding::Pkcs1), b"mote").unwrap();
    assert_eq!(
        private.rsa_plain(PlainRsa::DecryptUnpadded, &pkcs1).unwrap().get(..2),
        Some([0, 2].as_slice())
    );
    for (operation, length) in [
        (PlainRsa::Encrypt(PlainPadding::Pkcs1), 118),
        (PlainRsa::Encrypt(PlainPadding::None), 127),
        (PlainRsa::Encrypt(PlainPadding::None), 129),
        (PlainRsa::Sign(PlainPadding::Pkcs1), 118),
        (PlainRsa::DecryptUnpadded, 4096),
        (PlainRsa::Recover(PlainPadding::Pkcs1), 128),
        (PlainRsa::Recover(PlainPadding::None), 0),
    ] {
        assert_eq!(
            private.rsa_plain(operation, &vec![1; length]),
            Err(CryptoError::Refused),
            "{operation:?}"
        );
    }
}

#[test]
fn a_mask_of_another_hash_is_another_signature() {
    let key = private();
    let padding = |mask| Padding::Pss { salt_bytes: 5, mask };
    let signature = key.sign_rsa(padding(Hash::Sha1), Hash::Sha256, &hex(DIGEST)).unwrap();
    let is_good = |mask| key.verify_rsa(padding(mask), Hash::Sha256, &hex(DIGEST), &signature);
    assert_eq!((is_good(Hash::Sha1), is_good(Hash::Sha256)), (Ok(true), Ok(false)));
}
