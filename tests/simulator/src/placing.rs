//! Which cell of which node an event goes to.

use mote_schedule::place::{SeatView, choose};

use crate::{
    cell::Cell,
    chance::Chance,
    spec::{Place, Spec},
    tenants::Tenant,
};

/// How many nodes an event looks at. When the best ones are all busy the rest likely is.
const NODES_TRIED_MAX: usize = 16;

/// Where the isolates of a worker are: cell and slot.
pub(crate) type Homes = [(usize, usize)];

/// Places events.
#[derive(Debug)]
pub(crate) struct Placing {
    place: Place,
    nodes: usize,
    cells_each: usize,
    chance: Chance,
    /// The best nodes of each worker, as far as anybody had to know. Rendezvous hashing ranks all nodes for each worker;
    /// to rank a thousand for each event would be most of the simulation.
    ranked: Vec<Vec<usize>>,
}

/// Where an event goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed {
    pub(crate) cell: usize,
    pub(crate) spilled: bool,
}

impl Placing {
    pub(crate) fn new(spec: &Spec, place: Place, tenants: usize) -> Self {
        Self {
            place,
            nodes: spec.nodes.max(1),
            cells_each: spec.cells.max(1),
            chance: Chance::new(spec.seed ^ 0x706c_6163_6500),
            ranked: vec![Vec::new(); tenants],
        }
    }

    /// Chooses a cell for a worker's event.
    pub(crate) fn place(
        &mut self,
        worker: usize,
        tenant: &Tenant,
        cells: &[Cell],
        homes: &Homes,
        now_us: u64,
    ) -> Placed {
        if self.place == Place::Random {
            return Placed { cell: self.chance.below(self.nodes * self.cells_each), spilled: false };
        }
        let home_node = self.rank(worker, tenant, 0).unwrap_or(0);
        let home = self.cell_of(home_node, tenant, |cell| at_ease(seat(cell)));
        if self.place == Place::Home {
            return Placed { cell: home, spilled: false };
        }
        let place = self.place;
        let view = |cell: usize| {
            let Some(state) = cells.get(cell) else { return at_ease(seat(cell)) };
            let slot = homes.iter().find(|(holder, _)| *holder == cell).map(|(_, slot)| *slot);
            let moves = place == Place::Spill || slot.is_none_or(|slot| state.is_filled_by(slot));
            let busy = moves && state.is_busy(now_us);
            SeatView { seat: seat(cell), holds: slot.is_some(), busy, full: state.is_full(now_us) }
        };
        let node = self.node(worker, tenant, view).unwrap_or(home_node);
        let cell = self.cell_of(node, tenant, view);
        Placed { cell, spilled: cell != home }
    }

    /// The best node for a worker: as if all were looked at, but the next best one only if those before are crowded.
    fn node(&mut self, worker: usize, tenant: &Tenant, view: impl Fn(usize) -> SeatView) -> Option<usize> {
        let mut tried = 1;
        loop {
            let best = self.ranked.get(worker)?.get(..tried)?;
            let views = best.iter().map(|node| self.view_of_node(*node, &view));
            let choice = choose(node_hash(tenant), views);
            if !choice.crowded || tried >= NODES_TRIED_MAX || self.rank(worker, tenant, tried).is_none() {
                return choice.seat.and_then(|seat| usize::try_from(seat).ok());
            }
            tried += 1;
        }
    }

    /// A node is busy or full if all its cells are.
    fn view_of_node(&self, node: usize, view: impl Fn(usize) -> SeatView) -> SeatView {
        let all = SeatView { seat: seat(node), holds: false, busy: true, full: true };
        self.cells(node).map(view).fold(all, |all, cell| SeatView {
            seat: all.seat,
            holds: all.holds || cell.holds,
            busy: all.busy && cell.busy,
            full: all.full && cell.full,
        })
    }

    fn cell_of(&self, node: usize, tenant: &Tenant, view: impl Fn(usize) -> SeatView) -> usize {
        let choice = choose(tenant.hash, self.cells(node).map(view));
        choice.seat.and_then(|seat| usize::try_from(seat).ok()).unwrap_or(0)
    }

    fn cells(&self, node: usize) -> std::ops::Range<usize> {
        node * self.cells_each..(node + 1) * self.cells_each
    }

    /// A worker's node of a rank, from 0.
    fn rank(&mut self, worker: usize, tenant: &Tenant, rank: usize) -> Option<usize> {
        let known = self.ranked.get_mut(worker)?;
        while known.len() <= rank {
            let rest = (0..self.nodes).filter(|node| !known.contains(node));
            let next = choose(node_hash(tenant), rest.map(|node| at_ease(seat(node)))).seat?;
            known.push(usize::try_from(next).ok()?);
        }
        known.get(rank).copied()
    }
}

/// The hash that nodes are chosen by. It has to be another than the cells': of a node's workers, all of which it won by
/// the same number, one cell would win far too many.
fn node_hash(tenant: &Tenant) -> u64 {
    tenant.hash.rotate_left(32)
}

fn seat(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn at_ease(seat: u32) -> SeatView {
    SeatView { seat, holds: false, busy: false, full: false }
}
