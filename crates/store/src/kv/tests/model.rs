//! Random changes, against a map that does the same.

use std::collections::BTreeMap;

use super::*;

/// The same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn key(&mut self) -> String {
        let letters = ["a", "b", "\0", "ß", "/", "\u{10ffff}"];
        let length = 1 + self.below(3);
        (0..length).map(|_| letters[usize::try_from(self.below(6)).unwrap()]).collect()
    }
}

#[derive(Default)]
struct Model(BTreeMap<String, (Vec<u8>, Option<i64>)>);

impl Model {
    fn live(&self, now_s: i64) -> impl Iterator<Item = (&String, &Vec<u8>)> {
        let live = self.0.iter().filter(move |(_, (_, end))| end.is_none_or(|end| end > now_s));
        live.map(|(key, (value, _))| (key, value))
    }
}

fn put(fixture: &Fixture, model: &mut Model, dice: &mut Dice) {
    let now_ms = fixture.now_ms.load(Ordering::SeqCst);
    let mut pairs = Vec::new();
    for _ in 0..=dice.below(3) {
        let (key, value) = (
            dice.key(),
            vec![u8::try_from(dice.below(256)).unwrap(); usize::try_from(dice.below(6_000)).unwrap()],
        );
        let (expiry, end) = match dice.below(3) {
            0 => {
                let ttl_s = 60 + i64::try_from(dice.below(100)).unwrap();
                (KvExpiry::After(ttl_s), Some(now_ms / 1_000 + ttl_s))
            }
            _ => (KvExpiry::Never, None),
        };
        pairs.push(KvPair::new(key_of(&key), value.clone().into(), None, expiry, now_ms).unwrap());
        model.0.insert(key, (value, end));
    }
    fixture.put("n1", pairs).unwrap();
}

fn compare(fixture: &Fixture, model: &Model, dice: &mut Dice) {
    let now_s = fixture.now_ms.load(Ordering::SeqCst) / 1_000;
    let (prefix, keys_max) = (if dice.below(2) == 0 { String::new() } else { dice.key() }, 1 + dice.below(7));
    let (mut keys, mut cursor) = (Vec::new(), None);
    loop {
        let page =
            fixture.kv.list("n1", &prefix, usize::try_from(keys_max).unwrap(), cursor.as_deref()).unwrap();
        keys.extend(page.keys.into_iter().map(|key| key.name));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    let expected: Vec<&String> =
        model.live(now_s).map(|(key, _)| key).filter(|key| key.starts_with(&prefix)).collect();
    assert_eq!(keys.iter().collect::<Vec<_>>(), expected, "{prefix:?}");
    let key = dice.key();
    let found = fixture.kv.get("n1", &key_of(&key), 6_000).unwrap().map(|entry| entry.value);
    assert_eq!(found.as_ref(), model.live(now_s).find(|(known, _)| **known == key).map(|(_, value)| value));
}

#[test]
fn random_changes_leave_what_a_map_would_have() {
    for seed in 0..4 {
        let (mut fixture, mut model, mut dice) = (fixture(), Model::default(), Dice(seed));
        for _ in 0..150 {
            match dice.below(10) {
                0..=4 => put(&fixture, &mut model, &mut dice),
                5 | 6 => {
                    let key = dice.key();
                    fixture.delete("n1", &key).unwrap();
                    model.0.remove(&key);
                }
                7 => fixture.later(i64::try_from(dice.below(60)).unwrap()),
                8 => fixture.sweep(),
                _ => {
                    let Fixture { folder, now_ms, kv } = fixture;
                    drop(kv);
                    let kv = open(&folder, &now_ms);
                    fixture = Fixture { folder, now_ms, kv };
                }
            }
            compare(&fixture, &model, &mut dice);
        }
        fixture.later(1_000);
        fixture.sweep();
        let now_s = fixture.now_ms.load(Ordering::SeqCst) / 1_000;
        let bytes = model.live(now_s).map(|(key, value)| (key.len() + value.len() + 64) as u64).sum::<u64>();
        assert_eq!(fixture.kv.account_bytes("acme").unwrap(), bytes, "seed {seed}");
    }
}
