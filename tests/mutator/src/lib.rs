//! Spoils what is sound: bytes, texts and JSON documents, changed a little, for tests of whatever reads what strangers send.
//!
//! It is no part of the product: crates have it for their tests alone. The same seed gives the same bytes in every run; when a
//! test fails, [`Mutator::spoil`] prints the seed and the input. `MOTE_SEED` gives another seed, `MOTE_ROUNDS` so many times as
//! many inputs.
#![forbid(unsafe_code)]

mod json;
mod random;

pub use random::Random;

/// The most bytes of a spoilt sample: enough to pass limits, and not so many that a run takes long.
pub const BYTES_MAX: usize = 64 << 10;
/// The most changes that a sample goes through.
const CHANGES_MAX: usize = 5;
/// Numbers where readers go wrong, as they are written.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1",
    "00",
    "255",
    "65536",
    "2147483648",
    "4294967295",
    "18446744073709551616",
    "1e999",
    "0.5",
    "-0",
];

/// Makes spoilt inputs of sound ones.
#[derive(Debug)]
pub struct Mutator {
    seed: u64,
    random: Random,
    samples: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
}

impl Mutator {
    /// From sound samples, and words that mean something to the reader.
    #[must_use]
    pub fn new(samples: &[&[u8]], words: &[&str]) -> Self {
        let seed = setting("MOTE_SEED").unwrap_or(1);
        let owned = |bytes: &&[u8]| bytes.to_vec();
        Self {
            seed,
            random: Random::new(seed),
            samples: samples.iter().map(owned).collect(),
            words: words.iter().map(|word| word.as_bytes().to_vec()).collect(),
        }
    }

    /// Lets a reader have so many spoilt samples, each of which it must survive.
    pub fn spoil(mut self, rounds: u64, mut read: impl FnMut(&[u8])) {
        for round in 0..rounds * setting("MOTE_ROUNDS").unwrap_or(1) {
            let input = self.bytes();
            let shown = Shown { seed: self.seed, round, input: &input };
            read(&input);
            drop(shown);
        }
    }

    /// The same of texts.
    pub fn spoil_text(self, rounds: u64, mut read: impl FnMut(&str)) {
        self.spoil(rounds, |input| read(&String::from_utf8_lossy(input)));
    }

    /// The same of documents: the samples must be JSON.
    pub fn spoil_json(mut self, rounds: u64, mut read: impl FnMut(&serde_json::Value)) {
        let samples: Vec<serde_json::Value> =
            self.samples.iter().filter_map(|sample| serde_json::from_slice(sample).ok()).collect();
        for round in 0..rounds * setting("MOTE_ROUNDS").unwrap_or(1) {
            let mut value = samples.get(self.random.below(samples.len())).cloned().unwrap_or_default();
            for _ in 0..=self.random.below(CHANGES_MAX) {
                json::change(&mut value, &mut self.random, &self.words);
            }
            let text = value.to_string();
            let shown = Shown { seed: self.seed, round, input: text.as_bytes() };
            read(&value);
            drop(shown);
        }
    }

    /// One spoilt sample. Now and then it is sound.
    pub fn bytes(&mut self) -> Vec<u8> {
        let mut bytes = self.sample();
        for _ in 0..self.random.below(CHANGES_MAX + 1) {
            self.change(&mut bytes);
            bytes.truncate(BYTES_MAX);
        }
        bytes
    }

    fn sample(&mut self) -> Vec<u8> {
        self.samples.get(self.random.below(self.samples.len())).cloned().unwrap_or_default()
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.random.below(bytes.len() + 1);
        let until = (at + 1 + self.random.below(40)).min(bytes.len());
        match self.random.below(11) {
            0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << self.random.below(8)),
            1 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = self.random.byte()),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..until.max(at))),
            4 => {
                let part = bytes.get(at..until).unwrap_or_default().to_vec();
                let times = self.random.one_of(&[1, 2, 30, 3_000]);
                insert(bytes, at, &part.repeat(*times));
            }
            5 => {
                let other = self.sample();
                bytes.truncate(at);
                bytes.extend(other.into_iter().skip(self.random.below(at + 1)));
            }
            6 | 7 => {
                let word = self.words.get(self.random.below(self.words.len())).cloned().unwrap_or_default();
                insert(bytes, at, &word);
            }
            8 => self.renumber(bytes, at),
            9 => {
                let number =
                    self.random.one_of(&[0_u32, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX]).to_be_bytes();
                bytes.iter_mut().skip(at).zip(number).for_each(|(byte, new)| *byte = new);
            }
            _ => insert(bytes, at, &[self.random.byte()]),
        }
    }

    /// Writes another number in place of the next one.
    fn renumber(&mut self, bytes: &mut Vec<u8>, at: usize) {
        let Some(begin) = bytes.iter().skip(at).position(u8::is_ascii_digit).map(|found| at + found) else {
            return;
        };
        let digits = bytes.iter().skip(begin).take_while(|byte| byte.is_ascii_digit()).count();
        bytes.drain(begin..begin + digits);
        insert(bytes, begin, self.random.one_of(&NUMBERS).as_bytes());
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, part: &[u8]) {
    let part = part.get(..part.len().min(BYTES_MAX)).unwrap_or_default();
    let at = at.min(bytes.len());
    drop(bytes.splice(at..at, part.iter().copied()));
}

#[expect(clippy::disallowed_methods, reason = "whoever looks for a failure sets it for the test")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Says what was read when the reader panics.
struct Shown<'a> {
    seed: u64,
    round: u64,
    input: &'a [u8],
}

impl Drop for Shown<'_> {
    #[expect(clippy::print_stderr, reason = "it is for the reader of a failed test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let shown = self.input.get(..self.input.len().min(4_000)).unwrap_or_default().escape_ascii();
            let (seed, round, length) = (self.seed, self.round, self.input.len());
            eprintln!("MOTE_SEED={seed}, input {round}, {length} bytes: {shown}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutator() -> Mutator {
        Mutator::new(&[b"{\"a\": [1, 22, \"three\"]}", b"[]"], &["null", "\\u0000"])
    }

    #[test]
    fn a_seed_is_a_run_and_no_input_is_large() {
        let (mut one, mut other) = (mutator(), mutator());
        let mut different = std::collections::BTreeSet::new();
        for _ in 0..3_000 {
            let bytes = one.bytes();
            assert_eq!(bytes, other.bytes());
            assert!(bytes.len() <= BYTES_MAX);
            different.insert(bytes);
        }
        assert!(different.len() > 1_500, "{}", different.len());
    }

    #[test]
    fn documents_change_and_nothing_to_spoil_is_no_panic() {
        let mut different = std::collections::BTreeSet::new();
        mutator().spoil_json(500, |value| {
            different.insert(value.to_string());
        });
        assert!(different.len() > 100, "{}", different.len());
        Mutator::new(&[], &[]).spoil(100, |_| {});
        Mutator::new(&[], &[]).spoil_json(100, |_| {});
    }
}
