//! The flags that there are. The table is a text, `flags.txt`, so that a new flag is one more line.

use std::sync::LazyLock;

use super::Date;

/// Most flags that the table can hold.
pub(super) const FLAGS_MAX: usize = 256;

const TEXT: &str = include_str!("flags.txt");

static TABLE: LazyLock<Table> = LazyLock::new(|| Table { flags: read(TEXT).unwrap_or_default() });

/// A behaviour, and the words for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The word that switches it on.
    pub on: &'static str,
    /// The word that switches it off, if there is one.
    pub off: Option<&'static str>,
    /// The date from which it is on by default, if there is one.
    pub from: Option<Date>,
    /// The rows one of which switches it on, too, from a date.
    pub(super) implied: Option<(Vec<usize>, Date)>,
    /// What it does here.
    pub effect: Effect,
}

/// What a flag does here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// What it does at Cloudflare.
    Honoured,
    /// It is on, whatever anybody asks for.
    Always,
    /// Nothing depends on it.
    Nothing,
    /// The same, and Cloudflare lets nobody use it who deploys there.
    Trial,
}

pub(super) struct Table {
    flags: Vec<Flag>,
}

impl Table {
    pub(super) fn get() -> &'static Self {
        &TABLE
    }

    pub(super) fn flags(&self) -> &[Flag] {
        &self.flags
    }

    pub(super) fn find(&self, on: &str) -> Option<(usize, &Flag)> {
        self.flags.iter().enumerate().find(|(_, flag)| flag.on == on)
    }

    pub(super) fn find_off(&self, off: &str) -> Option<(usize, &Flag)> {
        self.flags.iter().enumerate().find(|(_, flag)| flag.off == Some(off))
    }

    /// The word that is nearest to one that is none, if it is near.
    pub(super) fn similar(&self, word: &str) -> Option<&'static str> {
        // Nobody means one of these by a word of another length altogether.
        if word.len() > 100 {
            return None;
        }
        let words = self.flags.iter().flat_map(|flag| [Some(flag.on), flag.off]).flatten();
        let (distance, nearest) = words.map(|known| (distance(word, known), known)).min()?;
        (distance <= nearest.len() / 4).then_some(nearest)
    }
}

impl Flag {
    /// Every flag that there is.
    #[must_use]
    pub fn all() -> &'static [Self] {
        Table::get().flags()
    }
}

fn read(text: &'static str) -> Option<Vec<Flag>> {
    let mut flags: Vec<Flag> = Vec::new();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
    let index_of = |on: &str| rows.iter().position(|row| row.first() == Some(&on));
    for row in &rows {
        let [on, off, from, implied, effect] = *row.as_slice() else { return None };
        let implied = match implied.split_once('@') {
            Some((by, from)) => {
                let by: Option<Vec<usize>> = by.split(',').map(index_of).collect();
                Some((by?, from.parse().ok()?))
            }
            None if implied == "-" => None,
            None => return None,
        };
        let from = if from == "-" { None } else { Some(from.parse().ok()?) };
        let effect = match effect {
            "honoured" => Effect::Honoured,
            "always" => Effect::Always,
            "nothing" => Effect::Nothing,
            "trial" => Effect::Trial,
            _ => return None,
        };
        flags.push(Flag { on, off: (off != "-").then_some(off), from, implied, effect });
    }
    (flags.len() <= FLAGS_MAX).then_some(flags)
}

/// How many letters must be changed, added or taken away to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.bytes().enumerate() {
        let above = std::mem::replace(&mut row, vec![i + 1]);
        for (j, to) in b.bytes().enumerate() {
            let kept = above.get(j).copied().unwrap_or_default() + usize::from(from != to);
            let taken = above.get(j + 1).copied().unwrap_or_default() + 1;
            let added = row.last().copied().unwrap_or_default() + 1;
            row.push(kept.min(taken).min(added));
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read_and_no_word_has_two_meanings() {
        let lines = TEXT.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(read(TEXT).unwrap().len(), lines);
        let mut words: Vec<_> =
            Flag::all().iter().flat_map(|flag| [Some(flag.on), flag.off]).flatten().collect();
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
    }

    #[test]
    fn words_are_as_far_apart_as_letters_differ() {
        assert_eq!([distance("", "abc"), distance("abc", ""), distance("kitten", "sitting")], [3, 3, 3]);
        assert_eq!([distance("same", "same"), distance("ab", "ba")], [0, 2]);
    }

    #[test]
    fn the_documents_name_every_flag_that_does_something_or_cannot_be_switched_off() {
        let page = include_str!("../../../../docs/compatibility.md");
        for flag in Flag::all() {
            let is_named = page.contains(&format!("`{}`", flag.on));
            let is_wanted = matches!(flag.effect, Effect::Honoured | Effect::Always);
            assert_eq!(is_named, is_wanted, "{}", flag.on);
        }
    }
}
