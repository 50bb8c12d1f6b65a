//! What came of a run, and how it is told.

use clap::ValueEnum;
use serde::Serialize;

use crate::spec::{Admitting, Keep, Place};

/// Latencies up to this many microseconds are counted one by one.
const FINE: usize = 64;
/// Above, each doubling is told apart in so many steps: to about 3 %.
const STEPS: usize = 32;
const STEPS_BITS: u32 = STEPS.trailing_zeros();

/// Counts of a run.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Events that came.
    pub events: u64,
    /// Isolates that were started.
    pub starts: u64,
    /// CPU time of starts, in microseconds.
    pub start_us: u64,
    /// CPU time of events, in microseconds.
    pub cpu_us: u64,
    /// Isolates that left for lack of memory.
    pub evicted: u64,
    /// Isolates that left because nobody used them for long.
    pub expired: u64,
    /// Events that were turned away because starts had used up their share.
    pub shed_share: u64,
    /// Events that were turned away because no isolate could leave.
    pub shed_memory: u64,
    /// Events that were served elsewhere than at home.
    pub spilled: u64,
    /// Memory of all cells, summed over the looks.
    pub(crate) bytes_seen: u128,
    pub(crate) looks: u64,
    /// The most memory at a look.
    pub(crate) bytes_peak: u64,
    pub(crate) latencies: Latencies,
}

/// How often which latency was seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Latencies {
    counts: Vec<u64>,
    total: u64,
}

/// A run in numbers.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The trace.
    pub trace: String,
    /// Who leaves.
    pub keep: Keep,
    /// Where events go.
    pub place: Place,
    /// Whether starts are held to their share.
    pub admit: Admitting,
    /// Events that came.
    pub events: u64,
    /// Cold starts.
    pub starts: u64,
    /// The part of events that needed a start.
    pub cold_percent: f64,
    /// The part of CPU time that went into starts.
    pub start_cpu_percent: f64,
    /// Half of all answered events were faster.
    pub p50_ms: f64,
    /// All but one of a hundred.
    pub p99_ms: f64,
    /// All but one of a thousand.
    pub p999_ms: f64,
    /// Memory of all isolates of the fleet, on average.
    pub memory_mean_mib: f64,
    /// The same at its highest.
    pub memory_peak_mib: f64,
    /// Left for lack of memory.
    pub evicted: u64,
    /// Left because nobody used them.
    pub expired: u64,
    /// Turned away: starts had used up their share.
    pub shed_share: u64,
    /// Turned away: nobody could leave.
    pub shed_memory: u64,
    /// Served elsewhere than at home.
    pub spilled_percent: f64,
}

impl Tally {
    /// Looks at how much memory is in use.
    pub(crate) fn look(&mut self, bytes: u64) {
        self.bytes_seen += u128::from(bytes);
        self.bytes_peak = self.bytes_peak.max(bytes);
        self.looks += 1;
    }

    /// Events that were answered.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.latencies.total
    }

    /// The run in numbers.
    #[must_use]
    pub fn outcome(&self, trace: &str, keep: Keep, place: Place, admit: Admitting) -> Outcome {
        let percent = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
        let mib = |bytes: f64| bytes / f64::from(1 << 20);
        let ms = |part: f64| self.latencies.below(part) as f64 / 1_000.0;
        Outcome {
            trace: trace.to_owned(),
            keep,
            place,
            admit,
            events: self.events,
            starts: self.starts,
            cold_percent: percent(self.starts, self.events),
            start_cpu_percent: percent(self.start_us, self.start_us + self.cpu_us),
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
            p999_ms: ms(0.999),
            memory_mean_mib: mib(self.bytes_seen as f64 / self.looks.max(1) as f64),
            memory_peak_mib: mib(self.bytes_peak as f64),
            evicted: self.evicted,
            expired: self.expired,
            shed_share: self.shed_share,
            shed_memory: self.shed_memory,
            spilled_percent: percent(self.spilled, self.events),
        }
    }
}

impl Latencies {
    pub(crate) fn add(&mut self, us: u64) {
        let place = place_of(us);
        if self.counts.len() <= place {
            self.counts.resize(place + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
        self.total += 1;
    }

    /// The latency, in microseconds, that this part of all did not pass.
    fn below(&self, part: f64) -> u64 {
        let mut seen = 0;
        for (place, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen > 0 && seen as f64 >= part * self.total as f64 {
                return upper_end(place);
            }
        }
        0
    }
}

fn place_of(us: u64) -> usize {
    let fine = FINE as u64;
    if us < fine {
        return usize::try_from(us).unwrap_or(0);
    }
    // The highest bit says which doubling, the next ones which step in it.
    let doubling = us.ilog2();
    let step = (us >> (doubling - STEPS_BITS)) & (STEPS as u64 - 1);
    let doublings = usize::try_from(doubling - FINE.ilog2()).unwrap_or(0);
    FINE + doublings * STEPS + usize::try_from(step).unwrap_or(0)
}

fn upper_end(place: usize) -> u64 {
    if place < FINE {
        return place as u64;
    }
    let (doublings, step) = ((place - FINE) / STEPS, (place - FINE) % STEPS);
    let first = 1_u64 << (doublings + usize::try_from(FINE.ilog2()).unwrap_or(0)).min(62);
    first + first / STEPS as u64 * (step as u64 + 1) - 1
}

/// A table of runs, in Markdown.
#[must_use]
pub fn table(outcomes: &[Outcome]) -> String {
    let head =
        "trace keep place admit cold_% start_cpu_% p50_ms p99_ms p99.9_ms MiB evicted expired shed spilled_%";
    let mut rows = vec![head.split(' ').map(|word| word.replace('_', " ")).collect::<Vec<_>>()];
    rows.extend(outcomes.iter().map(row));
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0))
        .collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        text.push_str(&line(row));
        if number == 0 {
            text.push_str(&line(&rule));
        }
    }
    text
}

fn row(outcome: &Outcome) -> Vec<String> {
    vec![
        outcome.trace.clone(),
        word(outcome.keep),
        word(outcome.place),
        word(outcome.admit),
        format!("{:.2}", outcome.cold_percent),
        format!("{:.1}", outcome.start_cpu_percent),
        format!("{:.1}", outcome.p50_ms),
        format!("{:.0}", outcome.p99_ms),
        format!("{:.0}", outcome.p999_ms),
        format!("{:.0}", outcome.memory_mean_mib),
        outcome.evicted.to_string(),
        outcome.expired.to_string(),
        (outcome.shed_share + outcome.shed_memory).to_string(),
        format!("{:.1}", outcome.spilled_percent),
    ]
}

/// A policy's name, as it is given on the command line.
fn word(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_is_told_to_within_a_thirty_second() {
        let mut last = 0;
        for us in (0..200_000).chain((1..40).map(|bit| (1 << bit) + 12_345)) {
            let told = upper_end(place_of(us));
            assert!(told >= us && told - us <= us / 32, "{us}: {told}");
            last = last.max(place_of(us));
        }
        assert!(last < 1_300, "{last}");
    }

    #[test]
    fn percentiles_are_those_of_the_list() {
        let mut latencies = Latencies::default();
        (1..=1_000).for_each(|us| latencies.add(us));
        for (part, us) in [(0.5, 500_u64), (0.99, 990), (0.999, 999)] {
            assert!(latencies.below(part).abs_diff(us) <= us / 32, "{part}: {}", latencies.below(part));
        }
        assert_eq!(Latencies::default().below(0.5), 0);
    }
}
