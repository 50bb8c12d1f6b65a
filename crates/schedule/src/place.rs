//! Which of a cordon's cells a worker lives in: rendezvous hashing (Thaler and Ravishankar 1998), so that a cell that comes
//! or goes moves only the workers that have to move. It knows no processes.

/// What there is to know about one seat: a place in a cordon that one cell after the other takes.
#[derive(Debug, Clone, Copy)]
pub struct SeatView {
    /// Its number.
    pub seat: u32,
    /// Its cell has this worker already.
    pub holds: bool,
    /// Its cell has more to do than is good for it.
    pub busy: bool,
    /// Its cell has no room for a worker that it does not have.
    pub full: bool,
}

/// Where an event goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The seat; `None` if there is none at all.
    pub seat: Option<u32>,
    /// True if another cell would be good.
    pub crowded: bool,
}

/// A worker's number for [`choose`].
#[must_use]
pub fn hash_of(worker: &str) -> u64 {
    // FNV-1a, then spread. It need not stand against chosen names: who finds names that meet in one cell gets what the
    // limits of that cell give, and others spill.
    let hash = worker.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    spread(hash)
}

/// Chooses a seat for a worker: its home, or the next best one if the home is busy or has no room.
///
/// Who chooses in two steps, a node and then one of its cells, needs two hashes that have nothing in common: all workers of a
/// node have won it by high numbers, and would all win the same of its cells.
pub fn choose(worker: u64, seats: impl Iterator<Item = SeatView>) -> Choice {
    let mut home: Option<(u64, u32)> = None;
    let mut with_room: Option<(u64, u32)> = None;
    let mut at_ease: Option<(u64, u32)> = None;
    for view in seats {
        let candidate = Some((spread(worker ^ spread(u64::from(view.seat) + 1)), view.seat));
        home = home.max(candidate);
        if view.holds || !view.full {
            with_room = with_room.max(candidate);
            if !view.busy {
                at_ease = at_ease.max(candidate);
            }
        }
    }
    Choice { seat: at_ease.or(with_room).or(home).map(|(_, seat)| seat), crowded: at_ease.is_none() }
}

/// Whether a worker is what fills a busy cell: it has more than one event under way, and a quarter of all.
///
/// One that is warm there and does not fill it gains nothing by going elsewhere: it would have to be started once more, and
/// what makes the cell busy stays. A caller that says of such a cell that it is not busy keeps it where it is.
#[must_use]
pub fn fills(own_events: u64, all_events: u64) -> bool {
    own_events > 1 && own_events >= all_events.div_ceil(4)
}

/// Spreads a number's bits over all of it (the finalizer of splitmix64).
fn spread(mut bits: u64) -> u64 {
    bits ^= bits >> 30;
    bits = bits.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits ^= bits >> 27;
    bits = bits.wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(count: u32) -> Vec<SeatView> {
        (0..count).map(|seat| SeatView { seat, holds: false, busy: false, full: false }).collect()
    }

    fn seat_of(worker: u32, seats: &[SeatView]) -> u32 {
        choose(hash_of(&format!("worker-{worker}")), seats.iter().copied()).seat.unwrap()
    }

    #[test]
    fn workers_are_spread_evenly() {
        let seats = seats(4);
        let mut counts = [0_u32; 4];
        for worker in 0..4_000 {
            counts[seat_of(worker, &seats) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }

    #[test]
    fn one_more_seat_never_moves_a_worker_between_the_old_ones() {
        let (four, five) = (seats(4), seats(5));
        let mut moved = 0;
        for worker in 0..1_000 {
            let (before, after) = (seat_of(worker, &four), seat_of(worker, &five));
            assert!(after == before || after == 4, "{worker}: {before} {after}");
            moved += u32::from(after == 4);
        }
        assert!((130..270).contains(&moved), "{moved}");
    }

    #[test]
    fn a_busy_home_spills_and_a_busy_cordon_is_crowded() {
        let mut seats = seats(3);
        let home = seat_of(1, &seats);
        seats[home as usize].busy = true;
        let choice = choose(hash_of("worker-1"), seats.iter().copied());
        assert!(choice.seat != Some(home) && !choice.crowded, "{choice:?}");
        seats.iter_mut().for_each(|seat| seat.busy = true);
        let choice = choose(hash_of("worker-1"), seats.iter().copied());
        assert_eq!(choice, Choice { seat: Some(home), crowded: true });
    }

    #[test]
    fn a_full_cell_takes_no_new_worker_but_keeps_its_own() {
        let mut seats = seats(2);
        let home = seat_of(1, &seats);
        seats[home as usize].full = true;
        assert_ne!(seat_of(1, &seats), home);
        seats[home as usize].holds = true;
        assert_eq!(seat_of(1, &seats), home);
    }

    #[test]
    fn a_cell_is_filled_by_whoever_has_a_quarter_of_it() {
        let filled = |own: &u64| fills(*own, 20);
        assert_eq!((0..=20).find(filled), Some(5));
        assert!((5..=20).all(|own| filled(&own)));
        assert!(!fills(1, 1) && fills(2, 2) && fills(2, 8) && !fills(2, 9));
    }

    #[test]
    fn without_a_seat_there_is_no_choice() {
        assert_eq!(choose(1, std::iter::empty()), Choice { seat: None, crowded: true });
    }
}
