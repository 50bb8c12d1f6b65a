//! How much memory there is, and how much this process has of it (Linux).

use std::fs;

/// Bytes of this process that are in memory; `None` where the system does not say.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    // The second number, in pages (proc(5)). Pages have 4 KiB wherever Mote runs so far.
    let pages: u64 = fs::read_to_string("/proc/self/statm").ok()?.split_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(4 << 10)
}

/// Bytes that this process may have: the machine's memory, or less if its control group says so.
#[must_use]
pub fn available_bytes() -> Option<u64> {
    let machine = total_of(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|max| max.trim().parse().ok());
    Some(group.map_or(machine, |group: u64| group.min(machine)))
}

fn total_of(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1 << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_more_memory_than_this_process() {
        let (resident, available) = (resident_bytes().unwrap(), available_bytes().unwrap());
        assert!(resident > 100 << 10 && available > resident, "{resident} {available}");
    }

    #[test]
    fn the_total_is_in_kib() {
        assert_eq!(total_of("MemFree: 1 kB\nMemTotal:       12 kB\n"), Some(12 << 10));
        assert_eq!(total_of("nothing"), None);
    }
}
