//! Primes, and powers.

use mote_crypto::{CryptoError, NUMBER_BITS_MAX, Prime, generate_prime, is_prime, power};

use super::{always, hex, never};

/// 2^127 - 1, the longest prime that was found with a pencil.
const LUCAS: &str = "7fffffffffffffffffffffffffffffff";

#[test]
fn primes_are_told_from_other_numbers() {
    for prime in [&[2][..], &[3], &[0, 251], &[1, 1], &hex(LUCAS)] {
        assert_eq!(is_prime(prime, 0, always), Ok(true), "{prime:?}");
    }
    // The last two are what weaker tests take for primes.
    for other in [&[][..], &[0], &[1], &[4], &[2, 0x31], &[0x07, 0xff]] {
        assert_eq!(is_prime(other, 0, always), Ok(false), "{other:?}");
    }
}

#[test]
fn a_prime_is_as_long_as_it_was_asked_for_and_what_it_was_asked_to_be() {
    for bits in [2, 3, 8, 31, 64, 129, 512] {
        let prime = generate_prime(bits, Prime::Any, always).unwrap();
        assert_eq!(is_prime(&prime, 0, always), Ok(true));
        let leading = prime[0].leading_zeros();
        assert_eq!(prime.len() * 8 - usize::try_from(leading).unwrap(), usize::try_from(bits).unwrap());
    }
    for (kind, modulus, rest) in
        [(Prime::Safe, 2, 1), (Prime::SafeForTwo, 24, 23), (Prime::SafeForFive, 60, 59)]
    {
        let prime = generate_prime(64, kind, always).unwrap();
        let prime = u64::from_be_bytes(prime.try_into().unwrap());
        assert_eq!(prime % modulus, rest);
        assert_eq!(is_prime(&prime.to_be_bytes(), 0, always), Ok(true));
        assert_eq!(is_prime(&(prime / 2).to_be_bytes(), 0, always), Ok(true));
    }
}

#[test]
fn what_takes_long_is_stopped_and_what_cannot_be_is_refused() {
    assert_eq!(generate_prime(1024, Prime::Safe, never), Err(CryptoError::Stopped));
    assert_eq!(generate_prime(64, Prime::SafeForTwo, never), Err(CryptoError::Stopped));
    assert_eq!(is_prime(&hex(LUCAS), 0, never), Err(CryptoError::Stopped));
    for bits in [0, 1, NUMBER_BITS_MAX + 1, u32::MAX] {
        assert_eq!(generate_prime(bits, Prime::Any, always), Err(CryptoError::Refused));
    }
    assert_eq!(generate_prime(15, Prime::Safe, always), Err(CryptoError::Refused));
    assert_eq!(is_prime(&[1; 1025], 0, always), Err(CryptoError::Refused));
    assert_eq!(is_prime(&[7], u32::MAX, always), Err(CryptoError::Refused));
}

#[test]
fn powers_have_the_length_of_their_modulus() {
    assert_eq!(power(&[3], &[5], &[0, 100, 1]), Ok(vec![0, 243]));
    assert_eq!(power(&[0xff; 40], &[1, 0], &[251]), Ok(vec![65]));
    assert_eq!(power(&[2], &[], &[7]), Ok(vec![1]));
    assert_eq!(power(&[], &[9], &[7]), Ok(vec![0]));
    // Fermat's little theorem.
    let [prime, mut exponent] = [hex(LUCAS), hex(LUCAS)];
    *exponent.last_mut().unwrap() -= 1;
    assert_eq!(power(&[5], &exponent, &prime), Ok(hex("00000000000000000000000000000001")));
    for modulus in [&[][..], &[0], &[1], &[8], &[3; 1025]] {
        assert_eq!(power(&[2], &[2], modulus), Err(CryptoError::Refused));
    }
    assert_eq!(power(&[3; 1025], &[2], &[7]), Err(CryptoError::Refused));
    assert_eq!(power(&[3], &[2; 1025], &[7]), Err(CryptoError::Refused));
}
