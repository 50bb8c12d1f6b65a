//! Keys on curves, signatures and agreement.

use mote_crypto::{CryptoError, Family, Half, Key};

use super::hex;

const ELLIPTIC: [Family; 3] = [Family::P256, Family::P384, Family::P521];
const RAW: [Family; 2] = [Family::Ed25519, Family::X25519];

fn generate(family: Family) -> Key {
    if RAW.contains(&family) {
        return Key::generate_raw(family).unwrap();
    }
    Key::generate_elliptic(family).unwrap()
}

#[test]
fn ecdsa_agrees_with_rfc_6979() {
    let x = hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
    let y = hex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    let secret = hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
    // SHA-256 of "sample", and its signature.
    let digest = hex("af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf");
    let signature = hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716 \
         f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    let public = Key::from_coordinates(Family::P256, &x, &y, None).unwrap();
    assert_eq!(public.verify_ecdsa(&digest, &signature), Ok(true));
    let private = Key::from_coordinates(Family::P256, &x, &y, Some(&secret)).unwrap();
    let own = private.sign_ecdsa(&digest).unwrap();
    assert_eq!(public.verify_ecdsa(&digest, &own), Ok(true));
    assert_eq!(private.to_coordinates(), Ok(vec![x, y, secret]));
}

#[test]
fn a_changed_signature_is_none() {
    for family in ELLIPTIC {
        let key = generate(family);
        let digest = [7; 64];
        let signature = key.sign_ecdsa(&digest).unwrap();
        for place in 0..signature.len() {
            let mut changed = signature.clone();
            changed[place] ^= 1;
            assert_eq!(key.verify_ecdsa(&digest, &changed), Ok(false), "{family:?} at {place}");
        }
        for wrong in
            [vec![], vec![0; signature.len()], vec![0xff; signature.len()], [&signature[..], &[0]].concat()]
        {
            assert_eq!(key.verify_ecdsa(&digest, &wrong), Ok(false));
        }
        assert_eq!(key.verify_ecdsa(&[8; 64], &signature), Ok(false));
    }
}

#[test]
fn eddsa_agrees_with_rfc_8032() {
    for (seed, public, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b\
             d25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c\
             387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ] {
        let key = Key::from_raw_private(Family::Ed25519, &hex(seed)).unwrap();
        assert_eq!(key.to_raw_public(), Ok(hex(public)));
        assert_eq!(key.sign_eddsa(&hex(message)), Ok(hex(signature)));
        let public = Key::from_raw_public(Family::Ed25519, &hex(public)).unwrap();
        assert_eq!(public.verify_eddsa(&hex(message), &hex(signature)), Ok(true));
        assert_eq!(public.verify_eddsa(b"another message", &hex(signature)), Ok(false));
        assert_eq!(public.verify_eddsa(&hex(message), &hex(signature)[..63]), Ok(false));
    }
}

#[test]
fn a_key_of_small_order_signs_nothing() {
    // With the neutral element as key, and as the point of a signature whose scalar is zero, the equation always holds.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let key = Key::from_raw_public(Family::Ed25519, &neutral).unwrap();
    let signature = [neutral, [0; 32]].concat();
    assert_eq!(key.verify_eddsa(b"anything", &signature), Ok(false));
    let honest = generate(Family::Ed25519);
    assert_eq!(honest.verify_eddsa(b"anything", &signature), Ok(false));
}

#[test]
fn x25519_agrees_with_rfc_7748() {
    let scalar = hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
    let point = hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
    let product = hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    let key = Key::from_raw_private(Family::X25519, &scalar).unwrap();
    let other = Key::from_raw_public(Family::X25519, &point).unwrap();
    assert_eq!(key.agree(&other), Ok(product));
}

#[test]
fn nobody_agrees_on_what_everybody_knows() {
    let key = generate(Family::X25519);
    for first in [0, 1] {
        let mut point = [0; 32];
        point[0] = first;
        let other = Key::from_raw_public(Family::X25519, &point).unwrap();
        assert_eq!(key.agree(&other), Err(CryptoError::Refused));
    }
}

#[test]
fn both_sides_agree_on_the_same_secret() {
    for family in [Family::P256, Family::P384, Family::P521, Family::X25519] {
        let (ours, theirs) = (generate(family), generate(family));
        let secret = ours.agree(&theirs.public().unwrap()).unwrap();
        assert_eq!(theirs.agree(&ours.public().unwrap()), Ok(secret));
        let stranger = generate(if family == Family::P256 { Family::P384 } else { Family::P256 });
        assert_eq!(ours.agree(&stranger), Err(CryptoError::Refused));
        assert_eq!(ours.public().unwrap().agree(&theirs), Err(CryptoError::Refused));
    }
}

#[test]
fn every_format_gives_the_same_key_back() {
    for family in ELLIPTIC.into_iter().chain(RAW) {
        let key = generate(family);
        let private = Key::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        let public = Key::from_spki(&key.to_spki().unwrap()).unwrap();
        assert_eq!((private.family(), private.half()), (family, Half::Private));
        assert_eq!((public.family(), public.half()), (family, Half::Public));
        assert_eq!(private.to_pkcs8(), key.to_pkcs8());
        assert_eq!(public.to_spki(), key.to_spki());
    }
    for family in ELLIPTIC {
        let key = generate(family);
        let again = Key::from_point(family, &key.to_point().unwrap()).unwrap();
        assert_eq!(again.to_spki(), key.to_spki());
        let [x, y, secret] = <[Vec<u8>; 3]>::try_from(key.to_coordinates().unwrap()).unwrap();
        let again = Key::from_coordinates(family, &x, &y, Some(&secret)).unwrap();
        assert_eq!(again.to_pkcs8(), key.to_pkcs8());
        let compressed = [&[2 + (y.last().unwrap() & 1)], x.as_slice()].concat();
        assert_eq!(Key::from_point(family, &compressed).unwrap().to_spki(), key.to_spki());
    }
    for family in RAW {
        let key = generate(family);
        let again = Key::from_raw_private(family, &key.to_raw_private().unwrap()).unwrap();
        assert_eq!(again.to_raw_public(), key.to_raw_public());
    }
}

#[test]
fn what_is_cut_or_changed_is_no_key_or_another_one() {
    for family in ELLIPTIC.into_iter().chain(RAW) {
        let key = generate(family);
        let (spki, pkcs8) = (key.to_spki().unwrap(), key.to_pkcs8().unwrap());
        for length in 0..spki.len() {
            assert!(Key::from_spki(&spki[..length]).is_err(), "{family:?} cut to {length}");
        }
        for length in 0..pkcs8.len() {
            assert!(Key::from_pkcs8(&pkcs8[..length]).is_err(), "{family:?} cut to {length}");
        }
        assert!(Key::from_spki(&[&spki[..], &[0]].concat()).is_err());
        assert!(Key::from_pkcs8(&[&pkcs8[..], &[0]].concat()).is_err());
        assert!(Key::from_spki(&pkcs8).is_err());
        assert!(Key::from_pkcs8(&spki).is_err());
        for place in 0..pkcs8.len() {
            let mut changed = pkcs8.clone();
            changed[place] ^= 0xff;
            if let Ok(other) = Key::from_pkcs8(&changed) {
                assert_ne!(other.to_pkcs8(), Ok(pkcs8.clone()), "{family:?} changed at {place}");
            }
        }
    }
}

#[test]
fn points_off_the_curve_are_refused() {
    for (family, length) in [(Family::P256, 32), (Family::P384, 48), (Family::P521, 66)] {
        let (zero, one) = (vec![0; length], [vec![0; length - 1], vec![1]].concat());
        for (x, y) in [(&zero, &zero), (&one, &one), (&vec![0xff; length], &one)] {
            assert!(Key::from_coordinates(family, x, y, None).is_err());
            assert!(Key::from_point(family, &[&[4], x.as_slice(), y].concat()).is_err());
        }
        // The point at infinity, and what is too short or too long.
        for bytes in [&[0][..], &[], &[4], &[4; 300]] {
            assert!(Key::from_point(family, bytes).is_err());
        }
        let [x, y, secret] = <[Vec<u8>; 3]>::try_from(generate(family).to_coordinates().unwrap()).unwrap();
        for wrong in [&zero, &one, &vec![0xff; length]] {
            assert!(Key::from_coordinates(family, &x, &y, Some(wrong)).is_err(), "a secret of another point");
        }
        assert!(Key::from_coordinates(family, &x[1..], &y, None).is_err());
        assert!(Key::from_coordinates(family, &x, &y, Some(&secret[1..])).is_err());
    }
}

#[test]
fn a_public_key_tells_no_secret_and_signs_nothing() {
    for family in ELLIPTIC.into_iter().chain(RAW) {
        let public = generate(family).public().unwrap();
        assert_eq!(public.to_pkcs8(), Err(CryptoError::Refused));
        assert_eq!(public.to_raw_private(), Err(CryptoError::Refused));
        assert_eq!(public.sign_ecdsa(&[0; 32]), Err(CryptoError::Refused));
        assert_eq!(public.sign_eddsa(&[0; 32]), Err(CryptoError::Refused));
        assert!(public.to_coordinates().map_or(true, |parts| parts.len() == 2));
    }
}

#[test]
fn a_key_does_only_what_its_family_does() {
    let elliptic = generate(Family::P256);
    let edwards = generate(Family::Ed25519);
    let montgomery = generate(Family::X25519);
    assert_eq!(elliptic.sign_eddsa(b""), Err(CryptoError::Refused));
    assert_eq!(edwards.sign_ecdsa(&[0; 32]), Err(CryptoError::Refused));
    assert_eq!(montgomery.sign_eddsa(b""), Err(CryptoError::Refused));
    assert_eq!(edwards.agree(&edwards), Err(CryptoError::Refused));
    assert_eq!(elliptic.to_raw_private(), Err(CryptoError::Refused));
    assert_eq!(edwards.to_coordinates(), Err(CryptoError::Refused));
    assert_eq!(elliptic.to_rsa_parts(), Err(CryptoError::Refused));
    assert!(Key::generate_elliptic(Family::Ed25519).is_err());
    assert!(Key::generate_raw(Family::P256).is_err());
}
