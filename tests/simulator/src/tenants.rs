//! The workers of a fleet: what starting and serving them costs.

use mote_schedule::place::hash_of;

use crate::chance::{Chance, whole};

/// A worker.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its hash for placement.
    pub hash: u64,
    /// What starting it costs, in microseconds of CPU.
    pub start_us: u64,
    /// What its isolate holds.
    pub bytes: u64,
    /// What an event costs on average, in microseconds of CPU.
    pub cpu_us: u64,
    /// How long an event waits for others on average, in microseconds.
    pub wait_us: u64,
}

impl Tenant {
    /// So many, after what was measured with Mote (docs/performance.md): small ones start within 2.3 ms and hold 1.5 MiB, a
    /// megabyte of code takes 22 ms. Nine of ten are small, one of a hundred brings a framework.
    #[must_use]
    pub fn many(count: usize, seed: u64) -> Vec<Self> {
        let mut chance = Chance::new(seed ^ 0x7465_6e61_6e74_7300);
        (0..count).map(|number| Self::one(number, &mut chance)).collect()
    }

    fn one(number: usize, chance: &mut Chance) -> Self {
        let (start_ms, kib) = match chance.below(100) {
            0..90 => (chance.between(2.3, 6.0), chance.between(1_500.0, 3_500.0)),
            90..99 => (chance.between(10.0, 40.0), chance.between(4_000.0, 16_000.0)),
            _ => (chance.between(100.0, 400.0), chance.between(16_000.0, 64_000.0)),
        };
        // From 0.2 ms to 5, small ones as likely as large ones.
        let cpu_us = 1_000.0 * 10_f64.powf(chance.between(-0.7, 0.7));
        let wait_ms = if chance.below(10) < 4 { 0.0 } else { chance.between(5.0, 100.0) };
        Self {
            hash: hash_of(&format!("worker-{number}")),
            start_us: whole(start_ms * 1_000.0),
            bytes: whole(kib * 1_024.0),
            cpu_us: whole(cpu_us),
            wait_us: whole(wait_ms * 1_000.0),
        }
    }
}
