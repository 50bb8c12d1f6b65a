//! How the node's memory is shared between its cells: each learns how much its isolates may hold, long before the node would
//! have to turn events away.

use std::{ops::RangeInclusive, rc::Rc};

use bytes::Bytes;
use mote_wire::control::ToCell;

use super::{Supervisor, live::LiveCell, overview::Memory};

/// Of the node's memory, what isolates are planned to hold: the rest is for events under way and for what was not foreseen.
const PLANNED_PERCENT: u64 = 80;
/// Of a cell's own memory, the same; at three quarters it counts as full.
const PLANNED_OF_CELL_PERCENT: u64 = 68;
/// What a cell wants to grow by before it gets a new share: half of what it has, within these bounds. What one wants that has nothing to
/// do is missing to the others where memory is short.
const GROWTH_BYTES: RangeInclusive<u64> = 32 << 20..=192 << 20;
/// No cell gets less: one that cannot keep a few isolates serves nobody.
const BUDGET_BYTES_MIN: u64 = 48 << 20;
/// Below this the cell's own memory says nothing about what its isolates take.
const WEIGHED_BYTES_MIN: u64 = 256 << 20;

impl Supervisor {
    /// Bytes of all cells that are in memory, at the last look.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        self.living().iter().map(|cell| cell.measured.get().resident_bytes).sum()
    }

    /// Shares memory among the cells: `bytes_max` is what host and cells may have together, `host_bytes` what the host has. To
    /// be called about once a second.
    pub fn share_memory(self: &Rc<Self>, bytes_max: u64, host_bytes: u64) {
        self.memory.set(Memory { bytes_max, host_bytes, ..self.memory.get() });
        let (serving, others): (Vec<_>, Vec<_>) =
            self.living().into_iter().partition(|cell| cell.takes_events());
        let others: u64 = others.iter().map(|cell| cell.measured.get().resident_bytes).sum();
        let planned = (bytes_max / 100).saturating_mul(PLANNED_PERCENT);
        let planned = planned.saturating_sub(host_bytes).saturating_sub(others);
        let wants: Vec<u64> = serving.iter().map(|cell| wants(cell)).collect();
        for (cell, share) in serving.iter().zip(shares(planned, &wants)) {
            let of_cell = (cell.memory_bytes_max.get() / 100).saturating_mul(PLANNED_OF_CELL_PERCENT);
            let budget = as_held(cell, share.min(of_cell)).max(BUDGET_BYTES_MIN);
            let told = cell.budget_bytes.get();
            // Not each little change is worth a message.
            if told == 0 || budget.abs_diff(told) > told / 20 {
                cell.budget_bytes.set(budget);
                // One that does not read it is found out by its pings.
                let _ = cell.tell(&ToCell::Budget { bytes: budget }, Bytes::new());
            }
        }
    }
}

/// What a cell could use now.
fn wants(cell: &LiveCell) -> u64 {
    let resident_bytes = cell.measured.get().resident_bytes;
    resident_bytes.saturating_add((resident_bytes / 2).clamp(*GROWTH_BYTES.start(), *GROWTH_BYTES.end()))
}

/// The same amount as the cell counts it: it knows what its isolates hold, and not what the system gives it for that.
fn as_held(cell: &LiveCell, resident: u64) -> u64 {
    let (held, has) = (cell.isolates.get().held_bytes, cell.measured.get().resident_bytes);
    if held < WEIGHED_BYTES_MIN || has < WEIGHED_BYTES_MIN {
        return resident;
    }
    // A cell is hostile: what it says moves its own budget alone, and not by much.
    let part = (u128::from(resident) * u128::from(held) / u128::from(has)).min(u128::from(u64::MAX));
    u64::try_from(part).unwrap_or(u64::MAX).clamp(resident / 2, resident / 2 * 3)
}

/// Max-min fair shares: who wants less than an equal share gets what he wants, and the others share the rest equally. What nobody
/// wants is divided among all.
fn shares(all: u64, wants: &[u64]) -> Vec<u64> {
    let mut order: Vec<usize> = (0..wants.len()).collect();
    order.sort_by_key(|at| wants.get(*at).copied());
    let mut shares = vec![0; wants.len()];
    let (mut left, mut open) = (all, wants.len() as u64);
    for at in order {
        let equal = left / open.max(1);
        let share = wants.get(at).copied().unwrap_or(0).min(equal);
        if let Some(slot) = shares.get_mut(at) {
            *slot = share;
        }
        left -= share;
        open -= 1;
    }
    let more = left / (wants.len() as u64).max(1);
    shares.iter_mut().for_each(|share| *share += more);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wants_little_gets_it_and_the_others_share_the_rest() {
        assert_eq!(shares(100, &[10, 80, 60]), [10, 45, 45]);
        assert_eq!(shares(101, &[10, 20, 30]), [23, 33, 43]);
        assert_eq!(shares(99, &[90, 90, 90]), [33, 33, 33]);
        assert_eq!(shares(100, &[]), Vec::<u64>::new());
        assert_eq!(shares(0, &[5, 6]), [0, 0]);
    }

    #[test]
    fn never_more_is_given_than_there_is() {
        for seed in 0..200_u64 {
            let wants: Vec<u64> = (0..seed % 7).map(|at| (seed * 7_919 + at * 104_729) % 1_000).collect();
            let given = shares(seed * 13, &wants);
            assert!(given.iter().sum::<u64>() <= seed * 13);
            let short = given.iter().zip(&wants).any(|(given, wanted)| given < wanted);
            let more = given.iter().zip(&wants).any(|(given, wanted)| given > wanted);
            assert!(
                !(short && more),
                "nobody has more than he wants while another lacks it: {given:?} {wants:?}"
            );
        }
    }
}
