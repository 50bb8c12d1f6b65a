//! Compatibility dates and flags: which behaviours of the platform a version has asked for.
//!
//! The flags, and the dates from which they are on, are those of Cloudflare. All of them are known here, also those that
//! nothing here depends on, so that the configuration of a worker is right or wrong in the same way on both platforms, and
//! a slip of the pen is told from a flag.
//!
//! [`Compatibility`] is settled once, where the words come in: by the bundler, or by the API at an upload. From there on it
//! travels as a set.

mod date;
mod table;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use date::{Date, InvalidDate};
pub use table::{Effect, Flag};
use table::{FLAGS_MAX, Table};

/// Most flags that a version may name; there are fewer words than that.
pub const NAMED_MAX: usize = 500;

/// So many unknown words are looked up for what they may mean; a list of them is no slip of the pen.
const SIMILAR_MAX: usize = 8;

const WORDS: usize = FLAGS_MAX / 64;

/// The flags that are on for a version.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Compatibility([u64; WORDS]);

/// What is wrong with a date or with flags. All of these are for the worker's author to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCompatibility {
    /// The date is none.
    #[error("`compatibility_date` is no date: {source}")]
    NoDate {
        /// Why.
        source: InvalidDate,
    },
    /// The date is still to come.
    #[error("Can't set compatibility date in the future: {date}. Today's date (UTC) is {today}")]
    Future {
        /// The date.
        date: Date,
        /// The day that it is.
        today: Date,
    },
    /// There is no such flag.
    #[error("No such compatibility flag: {flag}{}", Meant(*.similar))]
    Unknown {
        /// The word.
        flag: String,
        /// The flag that was perhaps meant.
        similar: Option<&'static str>,
    },
    /// A flag is named twice.
    #[error("Compatibility flag specified multiple times: {flag}")]
    Twice {
        /// The flag.
        flag: &'static str,
    },
    /// A behaviour is asked for and asked not to be.
    #[error("Compatibility flags are mutually contradictory: {on} vs {off}")]
    Contradictory {
        /// The flag that switches it on.
        on: &'static str,
        /// The flag that switches it off.
        off: &'static str,
    },
    /// More flags than anybody needs.
    #[error("{count} compatibility flags are more than the {NAMED_MAX} that a version may name")]
    TooMany {
        /// How many.
        count: usize,
    },
}

struct Meant(Option<&'static str>);

impl fmt::Display for Meant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |similar| write!(f, " (did you mean {similar}?)"))
    }
}

impl Compatibility {
    /// Settles what a version asks for. One that names no date gets what `today` has.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn settle<'a>(
        date: Option<&str>,
        flags: impl IntoIterator<Item = &'a str>,
        today: Date,
    ) -> Result<Self, Vec<InvalidCompatibility>> {
        let mut errors = Vec::new();
        let date = match date.map(str::parse::<Date>) {
            None => today,
            Some(Ok(date)) => {
                if date > today {
                    errors.push(InvalidCompatibility::Future { date, today });
                }
                date
            }
            Some(Err(source)) => {
                errors.push(InvalidCompatibility::NoDate { source });
                today
            }
        };
        let named = Named::read(flags, &mut errors);
        if errors.is_empty() { Ok(named.at(date)) } else { Err(errors) }
    }

    /// What a version that was accepted long ago has asked for: what is not known any more has no effect.
    #[must_use]
    pub fn kept<'a>(date: Option<&str>, flags: impl IntoIterator<Item = &'a str>) -> Self {
        let date = date.and_then(|date| date.parse().ok()).unwrap_or(Date::MAX);
        Named::read(flags, &mut Vec::new()).at(date)
    }

    /// What a worker has that asks for nothing: all that was on by default on this day.
    #[must_use]
    pub fn on(date: Date) -> Self {
        Named::default().at(date)
    }

    /// Whether a behaviour is on, by the name of the flag that switches it on. An unknown one is not.
    #[must_use]
    pub fn is_on(&self, flag: &str) -> bool {
        Table::get().find(flag).is_some_and(|(index, flag)| flag.effect == Effect::Always || self.has(index))
    }

    /// Every behaviour, by the name of the flag that switches it on, and whether it is on.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, bool)> + '_ {
        let flags = Table::get().flags().iter().enumerate();
        flags.map(|(index, flag)| (flag.on, flag.effect == Effect::Always || self.has(index)))
    }

    fn has(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    fn set(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }
}

impl Default for Compatibility {
    /// All that is on by default, on any day.
    fn default() -> Self {
        Self::on(Date::MAX)
    }
}

/// As digits: two versions of one bundle start from the same heap only if these are the same.
impl fmt::Display for Compatibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|word| write!(f, "{word:016x}"))
    }
}

impl fmt::Debug for Compatibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all().filter_map(|(name, on)| on.then_some(name))).finish()
    }
}

impl Serialize for Compatibility {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Compatibility {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        let invalid = || serde::de::Error::custom("no set of compatibility flags");
        let (words, []) = digits.as_bytes().as_chunks::<16>() else { return Err(invalid()) };
        let word = |word: &[u8; 16]| {
            let text = std::str::from_utf8(word).ok()?;
            u64::from_str_radix(text, 16).ok()
        };
        let words: Option<Vec<u64>> = words.iter().map(word).collect();
        words.and_then(|words| words.try_into().ok()).map(Self).ok_or_else(invalid)
    }
}

/// What the words of a version name: rows of the table.
#[derive(Default)]
struct Named {
    on: Vec<usize>,
    off: Vec<usize>,
}

impl Named {
    fn read<'a>(flags: impl IntoIterator<Item = &'a str>, errors: &mut Vec<InvalidCompatibility>) -> Self {
        let table = Table::get();
        let mut named = Self::default();
        let mut count = 0;
        for word in flags {
            count += 1;
            if count > NAMED_MAX {
                continue;
            }
            let (list, index, flag) = if let Some((index, flag)) = table.find(word) {
                (&mut named.on, index, flag.on)
            } else if let Some((index, flag)) = table.find_off(word) {
                (&mut named.off, index, flag.off.unwrap_or_default())
            } else {
                let similar = if errors.len() < SIMILAR_MAX { table.similar(word) } else { None };
                // What somebody else wrote is shown to its beginning.
                let flag = word.chars().take(100).collect();
                errors.push(InvalidCompatibility::Unknown { flag, similar });
                continue;
            };
            if list.contains(&index) {
                errors.push(InvalidCompatibility::Twice { flag });
            }
            list.push(index);
        }
        if count > NAMED_MAX {
            errors.push(InvalidCompatibility::TooMany { count });
        }
        let flags = table.flags();
        let both = named.on.iter().filter(|index| named.off.contains(index));
        errors.extend(both.filter_map(|index| flags.get(*index)).map(|flag| {
            InvalidCompatibility::Contradictory { on: flag.on, off: flag.off.unwrap_or_default() }
        }));
        named
    }

    fn at(&self, date: Date) -> Compatibility {
        let mut all = Compatibility([0; WORDS]);
        let table = Table::get();
        for (index, flag) in table.flags().iter().enumerate() {
            let by_date = flag.from.is_some_and(|from| date >= from);
            if self.on.contains(&index) || (by_date && !self.off.contains(&index)) {
                all.set(index);
            }
        }
        // Once, in the order of the table, as it is done at Cloudflare: what is implied may imply what stands below.
        for (index, flag) in table.flags().iter().enumerate() {
            if let Some((by, from)) = &flag.implied
                && date >= *from
                && !self.off.contains(&index)
                && by.iter().any(|by| all.has(*by))
            {
                all.set(index);
            }
        }
        all
    }
}

/// What a worker's author should know about flags that he names: those that Mote does not do as they say.
#[must_use]
pub fn remarks<'a>(flags: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let table = Table::get();
    let remark = |word: &'a str| match (table.find(word), table.find_off(word)) {
        (Some((_, flag)), _) if flag.effect == Effect::Trial => Some(format!(
            "the compatibility flag `{word}` is experimental at Cloudflare, and has no effect here"
        )),
        (None, Some((_, flag))) if flag.effect == Effect::Always => Some(format!(
            "the compatibility flag `{word}` has no effect: Mote has only the behaviour of `{}`",
            flag.on
        )),
        _ => None,
    };
    flags.into_iter().filter_map(remark).collect()
}

#[cfg(test)]
mod tests;
