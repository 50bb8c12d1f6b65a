//! What cells say of their isolates, summed up by cordon: cells come and go, and these sums go on.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use mote_wire::control::IsolateCounts;

/// What one answer of a cell adds at most to each of the first three sums: no cell does as much between two pings. Why a
/// bound: a cell may be hostile, and one word of it would fill the sums of its whole cordon for ever.
const ADDED_MAX: u64 = 1 << 20;
/// The same for microseconds of starts.
const ADDED_US_MAX: u64 = 60_000_000;

/// Isolates of a cordon since the node's start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IsolateTotals {
    /// Isolates that were started for an event.
    pub started: u64,
    /// Microseconds that these starts took, together.
    pub start_us: u64,
    /// Isolates that had to leave.
    pub evicted: u64,
    /// Events that were turned away because no isolate could be started for them.
    pub shed: u64,
}

/// The sums of all cordons.
#[derive(Default)]
pub(super) struct Starts(RefCell<BTreeMap<Arc<str>, IsolateTotals>>);

impl Starts {
    /// A cell of this cordon says `now`, and said `before` last.
    pub(super) fn count(&self, cordon: &Arc<str>, before: &IsolateCounts, now: &IsolateCounts) {
        let mut all = self.0.borrow_mut();
        let totals = all.entry(cordon.clone()).or_default();
        for (sum, before, now, added_max) in [
            (&mut totals.started, before.started, now.started, ADDED_MAX),
            (&mut totals.start_us, before.start_us, now.start_us, ADDED_US_MAX),
            (&mut totals.evicted, before.evicted, now.evicted, ADDED_MAX),
            (&mut totals.shed, before.shed, now.shed, ADDED_MAX),
        ] {
            *sum = sum.saturating_add(now.saturating_sub(before).min(added_max));
        }
    }

    pub(super) fn all(&self) -> BTreeMap<Arc<str>, IsolateTotals> {
        self.0.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(started: u64) -> IsolateCounts {
        IsolateCounts {
            started,
            start_us: 2 * started,
            evicted: started,
            shed: 1,
            ..IsolateCounts::default()
        }
    }

    #[test]
    fn sums_go_on_when_a_fresh_cell_counts_from_zero() {
        let (starts, cordon) = (Starts::default(), Arc::from("default"));
        let none = IsolateCounts::default();
        starts.count(&cordon, &none, &said(5));
        starts.count(&cordon, &said(5), &said(7));
        starts.count(&cordon, &none, &said(3));
        let expected = IsolateTotals { started: 10, start_us: 20, evicted: 10, shed: 2 };
        assert_eq!(starts.all(), BTreeMap::from([(cordon, expected)]));
    }

    #[test]
    fn a_cell_that_lies_neither_turns_sums_back_nor_fills_them() {
        let (starts, cordon) = (Starts::default(), Arc::from("default"));
        starts.count(&cordon, &IsolateCounts::default(), &said(5));
        starts.count(&cordon, &said(5), &IsolateCounts::default());
        assert_eq!(starts.all().get(&cordon).map(|totals| totals.started), Some(5));
        starts.count(&cordon, &IsolateCounts::default(), &said(u64::MAX / 2));
        assert_eq!(starts.all().get(&cordon).map(|totals| totals.started), Some(5 + ADDED_MAX));
    }
}
