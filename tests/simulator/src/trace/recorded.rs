//! Traces that were recorded.

use std::collections::BTreeMap;

use mote_schedule::place::hash_of;

use crate::tenants::Tenant;

use super::{Happening, What};

const HEAD: &str = "time_ms,worker,cpu_us,start_us,kib";

/// A year. A trace that counts from 1970 is better moved than simulated from there.
const TIME_MS_MAX: u64 = 366 * 86_400_000;

/// A line that is not a line of a trace.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTrace {
    /// Its parts do not fit.
    #[error(
        "line {line} of the trace is not `{HEAD}`: a name, and whole numbers that fit into 32 bits; times within a year from 0"
    )]
    Parts {
        /// Counted from 1.
        line: usize,
    },
    /// It is earlier than the one before.
    #[error("line {line} of the trace is earlier than the one before: sort the trace by time")]
    Order {
        /// Counted from 1.
        line: usize,
    },
    /// There are none.
    #[error("the trace has no events")]
    Empty,
}

/// A worker costs what its last line says.
pub(super) fn read(text: &str) -> Result<(Vec<Tenant>, Vec<Happening>), BadTrace> {
    let mut tenants: Vec<Tenant> = Vec::new();
    let mut numbers = BTreeMap::new();
    let mut happenings: Vec<Happening> = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let line = index + 1;
        if text.trim().is_empty() || (index == 0 && text.trim() == HEAD) {
            continue;
        }
        let (name, [time_ms, cpu_us, start_us, kib]) = parts(text).ok_or(BadTrace::Parts { line })?;
        let (at_us, bytes) = (time_ms * 1_000, kib * 1_024);
        if happenings.last().is_some_and(|last| last.at_us > at_us) {
            return Err(BadTrace::Order { line });
        }
        let worker = *numbers.entry(name).or_insert(tenants.len());
        if worker == tenants.len() {
            tenants.push(Tenant { hash: hash_of(name), start_us, bytes, cpu_us, wait_us: 0 });
        }
        if let Some(tenant) = tenants.get_mut(worker) {
            (tenant.start_us, tenant.bytes) = (start_us, bytes);
        }
        happenings.push(Happening { at_us, worker, what: What::Event { cpu_us, wait_us: 0 } });
    }
    if happenings.is_empty() { Err(BadTrace::Empty) } else { Ok((tenants, happenings)) }
}

/// The worker, and the numbers. Each is small enough for sums and products of them.
fn parts(line: &str) -> Option<(&str, [u64; 4])> {
    let mut parts = line.split(',').map(str::trim);
    let time_ms = parts.next()?.parse().ok().filter(|time_ms| *time_ms < TIME_MS_MAX)?;
    let name = parts.next().filter(|name| !name.is_empty())?;
    let mut number = || parts.next()?.parse::<u32>().ok().map(u64::from);
    let numbers = [time_ms, number()?, number()?, number()?];
    parts.next().is_none().then_some((name, numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_workers_and_events() {
        let (tenants, happenings) = read(
            "time_ms,worker,cpu_us,start_us,kib\n5,a,100,2000,1500\n\n5,b,7,3000,10\n9,a,200,2500,1600\n",
        )
        .unwrap();
        assert_eq!(tenants.len(), 2);
        assert_eq!((tenants[0].start_us, tenants[0].bytes), (2_500, 1_600 * 1_024));
        assert_eq!(
            happenings.iter().map(|one| (one.at_us, one.worker)).collect::<Vec<_>>(),
            [(5_000, 0), (5_000, 1), (9_000, 0)]
        );
    }

    #[test]
    fn what_is_no_line_of_a_trace_is_named() {
        for bad in [
            "1,a,2,3",
            "1,a,2,3,4,5",
            "1,,2,3,4",
            "x,a,2,3,4",
            "1,a,-2,3,4",
            "1,a,2,3,99999999999999999999",
            "31622400000,a,2,3,4",
            "1,a,2,3,4294967296",
            "time_ms",
        ] {
            assert_eq!(read(&format!("0,a,1,1,1\n{bad}")).unwrap_err(), BadTrace::Parts { line: 2 }, "{bad}");
        }
        assert_eq!(read("2,a,1,1,1\n1,a,1,1,1").unwrap_err(), BadTrace::Order { line: 2 });
        assert_eq!(read(&format!("{HEAD}\n")).unwrap_err(), BadTrace::Empty);
    }
}
