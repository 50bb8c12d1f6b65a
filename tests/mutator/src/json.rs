//! Documents with a part that is something else.

use serde_json::{Map, Value, json};

use crate::Random;

/// The most items of a list that is made longer.
const ITEMS_MAX: usize = 3_000;

/// Changes one part, wherever it is.
pub(crate) fn change(value: &mut Value, random: &mut Random, words: &[Vec<u8>]) {
    let here = random.below(4) == 0;
    match value {
        Value::Array(items) if !here && !items.is_empty() => {
            let at = random.below(items.len());
            match random.below(6) {
                0 => drop(items.remove(at)),
                1 => {
                    let item = items.get(at).cloned().unwrap_or_default();
                    let times = *random.one_of(&[1, 2, 40, 1_200]);
                    items.extend(std::iter::repeat_n(item, times));
                    items.truncate(ITEMS_MAX);
                }
                _ => items.iter_mut().skip(at).take(1).for_each(|item| change(item, random, words)),
            }
        }
        Value::Object(members) if !here && !members.is_empty() => {
            let at = random.below(members.len());
            let key = members.keys().nth(at).cloned().unwrap_or_default();
            match random.below(6) {
                0 => drop(members.remove(&key)),
                1 => {
                    let member = members.remove(&key).unwrap_or_default();
                    members.insert(word(random, words), member);
                }
                _ => members.values_mut().skip(at).take(1).for_each(|member| change(member, random, words)),
            }
        }
        other => *other = some(random, words),
    }
}

/// Something else.
fn some(random: &mut Random, words: &[Vec<u8>]) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(1e300),
        5 => json!([]),
        6 => json!({}),
        7 => json!([word(random, words), null]),
        8 => Value::Object(Map::from_iter([(word(random, words), json!(word(random, words)))])),
        9 => json!(word(random, words).repeat(*random.one_of(&[0, 2, 2_000]))),
        _ => json!(word(random, words)),
    }
}

fn word(random: &mut Random, words: &[Vec<u8>]) -> String {
    let known = words.get(random.below(words.len() + 4));
    let odd = ["", "\0", "é💥", "__proto__"];
    known.map_or_else(|| (*random.one_of(&odd)).to_owned(), |word| String::from_utf8_lossy(word).into_owned())
}
