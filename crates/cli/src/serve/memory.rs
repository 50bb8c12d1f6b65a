//! When the node is short of memory, its cells turn new events away rather than let the system choose a victim.

use std::{
    rc::{Rc, Weak},
    time::Duration,
};

use mote_host::{
    memory,
    supervisor::{Pressure, Supervisor},
};

/// How often somebody looks.
const LOOK_PERIOD: Duration = Duration::from_millis(100);

/// Looks between two shares of memory.
const SHARE_EVERY: u32 = 10;

/// Shares `memory_mib`, by default three quarters of the machine's, among host and cells, and tells the cells when they hold
/// more all the same.
pub(super) async fn watch_memory(memory_mib: Option<u64>, supervisor: Weak<Supervisor>) {
    let own = memory_mib.map(|mib| mib.saturating_mul(1 << 20));
    let max = own.or_else(|| memory::available_bytes().map(|bytes| bytes / 4 * 3)).unwrap_or(u64::MAX);
    let mut pressure = Pressure::Low;
    let mut looks = 0;
    while let Some(supervisor) = supervisor.upgrade() {
        let next = judge(pressure, used(&supervisor), max);
        if next != pressure {
            supervisor.set_pressure(next);
            pressure = next;
        }
        if looks % SHARE_EVERY == 0 {
            supervisor.share_memory(max, memory::resident_bytes().unwrap_or(0));
        }
        looks = looks.wrapping_add(1);
        drop(supervisor);
        tokio::time::sleep(LOOK_PERIOD).await;
    }
}

fn used(supervisor: &Rc<Supervisor>) -> u64 {
    supervisor.resident_bytes().saturating_add(memory::resident_bytes().unwrap_or(0))
}

/// Once it is high, it must fall a little before all is well again: else it would flicker.
fn judge(before: Pressure, used: u64, max: u64) -> Pressure {
    let bound = match before {
        Pressure::Low => max,
        Pressure::High => max / 20 * 19,
    };
    if used > bound { Pressure::High } else { Pressure::Low }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pressure_does_not_flicker() {
        assert_eq!(judge(Pressure::Low, 100, 100), Pressure::Low);
        assert_eq!(judge(Pressure::Low, 101, 100), Pressure::High);
        assert_eq!(judge(Pressure::High, 96, 100), Pressure::High);
        assert_eq!(judge(Pressure::High, 95, 100), Pressure::Low);
    }
}
