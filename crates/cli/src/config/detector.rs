//! `[detector]`: when what the processor counts makes a worker suspicious.

use mote_host::supervisor::{Counting, CountingOptions};
use toml::{Table, Value};

use super::{nothing_left, number};

const NAME: &str = "[detector]";
const KEYS: &[&str] = &["counters", "branch_misses", "far_misses", "near_misses", "looks"];

pub(super) fn read(mut table: Table) -> Result<CountingOptions, String> {
    let mut options = CountingOptions::default();
    match table.remove("counters") {
        None | Some(Value::Boolean(true)) => {}
        Some(Value::Boolean(false)) => options.counting = Counting::Off,
        Some(_) => return Err(format!("{NAME} `counters` must be true or false")),
    }
    let mut count = |key: &str| match table.remove(key).map(|value| number(&value, NAME, key)).transpose()? {
        // Every look would stand out.
        Some(0) => Err(format!("{NAME} `{key}` must be at least 1")),
        said => Ok(said),
    };
    for (key, place) in [
        ("branch_misses", &mut options.branch_misses),
        ("far_misses", &mut options.far_misses),
        ("near_misses", &mut options.near_misses),
    ] {
        *place = count(key)?.unwrap_or(*place);
    }
    if let Some(looks) = count("looks")? {
        options.looks = u32::try_from(looks).unwrap_or(u32::MAX);
    }
    nothing_left(&table, NAME, KEYS)?;
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_sets_each_bound_and_may_look_away() {
        let said = read("counters = false\nnear_misses = 70\nlooks = 40".parse().unwrap()).unwrap();
        assert_eq!((said.counting, said.near_misses, said.looks), (Counting::Off, 70, 40));
        assert_eq!(said.far_misses, CountingOptions::default().far_misses);
        assert_eq!(read(Table::new()).unwrap().counting, Counting::WherePossible);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("counters = 1", "[detector] `counters` must be true or false"),
            ("looks = 0", "[detector] `looks` must be at least 1"),
            ("far_misses = -1", "[detector] `far_misses`"),
            ("windows = 3", "[detector] has no key `windows`"),
        ] {
            let error = read(text.parse().unwrap()).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
