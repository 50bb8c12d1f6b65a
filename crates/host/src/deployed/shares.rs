//! Which of a worker's versions takes an event while several do.

use mote_store::Share;
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};

/// The version that all events with this key go to. Where a share grows, keys come to its version and none leave it: each version
/// draws a number for each key, and the larger its share, the better it does with it (weighted rendezvous hashing).
pub(super) fn of_key<'a>(shares: &'a [Share], tag: &str, key: &[u8]) -> Option<&'a String> {
    let time = |share: &Share| {
        let drawn = digest(&SHA256, &[tag.as_bytes(), share.version.as_bytes(), key].join(&b"\0"[..]));
        let mut bits = [0; 4];
        bits.iter_mut().zip(drawn.as_ref()).for_each(|(bit, from)| *bit = *from);
        // In (0, 1): as if each version waited for the key, the longer the smaller its share.
        let drawn = (f64::from(u32::from_be_bytes(bits)) + 0.5) / 4_294_967_296.0;
        -drawn.ln() / f64::from(share.per_mille)
    };
    let taking = shares.iter().filter(|share| share.per_mille > 0);
    taking.min_by(|a, b| time(a).total_cmp(&time(b))).map(|share| &share.version)
}

/// Any version, as often as its share says.
pub(super) fn by_chance<'a>(shares: &'a [Share], random: &SystemRandom) -> Option<&'a String> {
    let mut bytes = [0; 4];
    // Without random bytes all events go to the largest share, which is a version, too.
    let _ = random.fill(&mut bytes);
    at(shares, u32::from_be_bytes(bytes) % 1_000)
}

/// The version at a point of a thousand.
fn at(shares: &[Share], mut point: u32) -> Option<&String> {
    let last = shares.last().map(|share| &share.version);
    let chosen = shares.iter().find(|share| {
        let inside = point < share.per_mille;
        point = point.saturating_sub(share.per_mille);
        inside
    });
    chosen.map(|share| &share.version).or(last)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn shares(of: &[(&str, u32)]) -> Vec<Share> {
        of.iter()
            .map(|(version, per_mille)| Share { version: (*version).to_owned(), per_mille: *per_mille })
            .collect()
    }

    fn where_they_go(shares: &[Share]) -> Vec<String> {
        let key = |number: usize| of_key(shares, "tag", format!("user {number}").as_bytes()).unwrap().clone();
        (0..4_000).map(key).collect()
    }

    #[test]
    fn keys_go_where_the_shares_say_and_stay_there() {
        for (of, least, most) in [
            (&[("a", 900), ("b", 100)][..], 340, 460),
            (&[("a", 500), ("b", 500)], 1_850, 2_150),
            (&[("b", 999), ("a", 1)], 3_970, 4_000),
        ] {
            let found = where_they_go(&shares(of));
            let to_b = found.iter().filter(|version| *version == "b").count();
            assert!((least..=most).contains(&to_b), "{of:?}: {to_b}");
            let mut turned = shares(of);
            turned.reverse();
            assert_eq!(where_they_go(&turned), found, "the order is none of its business");
        }
        assert!(where_they_go(&shares(&[("a", 1_000), ("b", 0)])).iter().all(|version| version == "a"));
    }

    #[test]
    fn where_a_share_grows_no_key_leaves_it() {
        let mut before = where_they_go(&shares(&[("old", 1_000)]));
        for new in [1, 50, 100, 300, 490, 500, 510, 800, 999] {
            let now = where_they_go(&shares(&[("old", 1_000 - new), ("new", new)]));
            let left = before.iter().zip(&now).filter(|(before, now)| *before == "new" && *now == "old");
            assert_eq!(left.count(), 0, "at {new}");
            before = now;
        }
        let whole = where_they_go(&shares(&[("new", 1_000)]));
        assert!(whole.iter().all(|version| version == "new"));
    }

    #[test]
    fn every_point_of_a_thousand_is_somebodys() {
        let shares = shares(&[("a", 667), ("b", 333)]);
        let mut counts = BTreeMap::new();
        for point in 0..1_000 {
            *counts.entry(at(&shares, point).unwrap().clone()).or_insert(0) += 1;
        }
        assert_eq!(counts.into_values().collect::<Vec<_>>(), [667, 333]);
        assert_eq!(at(&[], 3), None);
    }
}
