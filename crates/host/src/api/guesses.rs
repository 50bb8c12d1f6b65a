//! Wrong tokens, counted by the address that they come from, so that guessing is slow.
//!
//! Each address may guess [`GUESSES_AT_ONCE`] times, and once every [`GUESS_EVERY`] after that. What is remembered is
//! bounded: [`ADDRESSES_MAX`] addresses, of which the one that has not guessed for the longest time gives way. Of IPv6 the
//! network counts, because whoever has one address of it has them all.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroUsize,
    time::Duration,
};

use lru::LruCache;
use mote_store::TokenHash;
use tokio::time::Instant;

/// Wrong tokens that an address may send one after the other.
pub(super) const GUESSES_AT_ONCE: u32 = 10;
/// How long it takes until it may send one more.
pub(super) const GUESS_EVERY: Duration = Duration::from_secs(6);
/// Addresses that are remembered.
const ADDRESSES_MAX: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();
/// Bits of an IPv6 address that name its network.
const NETWORK_BITS: u32 = 64;

/// The guesses of all addresses.
pub(super) struct Guesses(LruCache<IpAddr, Guesser>);

struct Guesser {
    /// When all its guesses are forgiven. Each puts this off by [`GUESS_EVERY`].
    forgiven: Instant,
    /// The last wrong token. The same once more is no other guess, but a client with an old token.
    last: TokenHash,
}

impl Guesses {
    pub(super) fn new() -> Self {
        Self(LruCache::new(ADDRESSES_MAX))
    }

    /// Whether an address has guessed so often that it must wait.
    pub(super) fn are_too_many(&self, from: IpAddr) -> bool {
        let owed = self.0.peek(&network(from)).map(|guesser| guesser.forgiven.duration_since(Instant::now()));
        owed.is_some_and(|owed| owed > GUESS_EVERY * (GUESSES_AT_ONCE - 1))
    }

    /// Counts a wrong token.
    pub(super) fn count(&mut self, from: IpAddr, hash: &TokenHash) {
        let now = Instant::now();
        let guesser = self.0.get_or_insert_mut(network(from), || Guesser { forgiven: now, last: [0; 32] });
        if guesser.last != *hash {
            guesser.last = *hash;
            guesser.forgiven = guesser.forgiven.max(now) + GUESS_EVERY;
        }
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mask = u128::MAX << (128 - NETWORK_BITS);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(n: u32) -> TokenHash {
        let mut hash = [1; 32];
        hash[..4].copy_from_slice(&n.to_be_bytes());
        hash
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// How many different tokens an address may send before it is held back.
    fn guesses(guesses: &mut Guesses, from: IpAddr, salt: u32) -> u32 {
        let mut count = 0;
        while !guesses.are_too_many(from) {
            guesses.count(from, &hash(salt + count));
            count += 1;
            assert!(count < 10_000, "nobody stops it");
        }
        count
    }

    #[tokio::test(start_paused = true)]
    async fn guessing_is_slow_and_only_for_who_guesses() {
        let mut known = Guesses::new();
        let (guesser, other) = (address("192.0.2.1"), address("192.0.2.2"));
        assert_eq!(guesses(&mut known, guesser, 0), GUESSES_AT_ONCE);
        assert!(!known.are_too_many(other));
        tokio::time::advance(GUESS_EVERY).await;
        assert_eq!(guesses(&mut known, guesser, 100), 1);
        tokio::time::advance(GUESS_EVERY * 3).await;
        assert_eq!(guesses(&mut known, guesser, 200), 3);
        tokio::time::advance(Duration::from_secs(24 * 3_600)).await;
        assert_eq!(
            guesses(&mut known, guesser, 300),
            GUESSES_AT_ONCE,
            "patience gives no more than at first"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_with_an_old_token_holds_nobody_back() {
        let mut known = Guesses::new();
        let from = address("127.0.0.1");
        for _ in 0..1_000 {
            known.count(from, &hash(7));
        }
        assert!(!known.are_too_many(from));
        for n in 0..GUESSES_AT_ONCE {
            known.count(from, &hash(n % 2));
        }
        assert!(known.are_too_many(from), "two in turn are guesses");
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_of_ipv6_is_one_guesser() {
        let mut known = Guesses::new();
        guesses(&mut known, address("2001:db8:1:2::1"), 0);
        assert!(known.are_too_many(address("2001:db8:1:2:ffff::9")));
        assert!(!known.are_too_many(address("2001:db8:1:3::1")));
        guesses(&mut known, address("::ffff:192.0.2.1"), 0);
        assert!(known.are_too_many(address("192.0.2.1")), "one address, written in two ways");
        assert!(!known.are_too_many(address("::ffff:192.0.2.2")));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded() {
        let mut known = Guesses::new();
        let first = address("192.0.2.1");
        guesses(&mut known, first, 0);
        for n in 0..10_000_u32 {
            known.count(std::net::Ipv4Addr::from(0x0a00_0000 + n).into(), &hash(n));
            if n < 4_095 {
                assert!(known.are_too_many(first), "{n}");
            }
        }
        assert_eq!(known.0.len(), ADDRESSES_MAX.get());
    }
}
