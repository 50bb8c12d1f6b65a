//! The books of a node, as Prometheus reads them.

use std::fmt;

use mote_host::{
    logs::LogCounts,
    otlp::ExporterStats,
    supervisor::{CellStats, IsolateTotals, Stats, WorkerTotals},
};
use mote_sandbox::counters::Counted;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, NoLabelSet, text},
    metrics::MetricType,
    registry::{Registry, Unit},
};

/// All metrics, in the OpenMetrics text format.
pub(super) fn open_metrics(stats: Stats, watching: Watching) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("mote");
    registry.register_collector(Box::new(Books(stats)));
    registry.register_collector(Box::new(watching));
    let mut output = String::new();
    text::encode(&mut output, &registry)?;
    Ok(output)
}

/// What those who watch events have missed, and what was not fired.
#[derive(Debug)]
pub(super) struct Watching {
    /// Events that watchers were too slow for.
    pub(super) lost: u64,
    /// Cron triggers that there was no time for.
    pub(super) crons_missed: u64,
    /// What became of events that were to be kept, if any can be.
    pub(super) logs: Option<LogCounts>,
    /// What became of spans, if any are sent.
    pub(super) spans: Option<ExporterStats>,
}

impl Collector for Watching {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut count = |name: &str, help: &str, count: u64| {
            encoder
                .encode_descriptor(name, help, None, MetricType::Counter)?
                .encode_counter::<NoLabelSet, _, f64>(&count, None)
        };
        count("tail_events_lost", "Events that watchers of live tails were too slow for", self.lost)?;
        count(
            "cron_missed",
            "Cron triggers that were due and for which there was no time",
            self.crons_missed,
        )?;
        if let Some(logs) = &self.logs {
            count("logs_kept", "Events that are kept", logs.kept)?;
            count("logs_dropped", "Events that were to be kept and found no room", logs.dropped)?;
            count("logs_failed", "Events that could not be written to the kept logs", logs.failed)?;
        }
        let Some(spans) = &self.spans else { return Ok(()) };
        count("spans_exported", "Spans that the collector has taken", spans.counts.exported)?;
        count("spans_dropped", "Spans that found no room", spans.counts.dropped)?;
        count("spans_failed", "Spans that the collector did not take", spans.counts.failed)
    }
}

#[derive(Debug)]
struct Books(Stats);

type Gauge = (&'static str, &'static str, Option<Unit>, fn(&CellStats) -> f64);

#[expect(clippy::cast_precision_loss, reason = "metrics are floating-point numbers")]
const OF_CELLS: &[Gauge] = &[
    ("cell_age", "Time since a cell was started", Some(Unit::Seconds), |cell| cell.age.as_secs_f64()),
    ("cell_resident", "Memory of a cell", Some(Unit::Bytes), |cell| cell.resident_bytes as f64),
    ("cell_workers", "Workers in a cell", None, |cell| cell.workers as f64),
    ("cell_events_under_way", "Events under way in a cell", None, |cell| cell.events_under_way as f64),
    ("cell_isolates_warm", "Isolates of a cell that are ready for events", None, |cell| {
        cell.isolates.warm as f64
    }),
    ("cell_isolates_held", "Memory that a cell's warm isolates hold, about", Some(Unit::Bytes), |cell| {
        cell.isolates.held_bytes as f64
    }),
    (
        "cell_budget",
        "What a cell's isolates may hold together; zero before it is told",
        Some(Unit::Bytes),
        |cell| cell.budget_bytes.unwrap_or(0) as f64,
    ),
    ("cell_counted", "One if the processor counts what a cell's workers do", None, |cell| {
        f64::from(u8::from(cell.counted))
    }),
];

type OfCordon = (&'static str, &'static str, Option<Unit>, fn(&IsolateTotals) -> f64);

#[expect(clippy::cast_precision_loss, reason = "metrics are floating-point numbers")]
const OF_CORDONS: &[OfCordon] = &[
    ("isolate_starts", "Isolates that were started for an event", None, |totals| totals.started as f64),
    ("isolate_start", "Time that starts of isolates took", Some(Unit::Seconds), |totals| {
        totals.start_us as f64 / 1e6
    }),
    ("isolate_evictions", "Isolates that had to leave", None, |totals| totals.evicted as f64),
    ("isolate_shed", "Events turned away because no isolate could be started", None, |totals| {
        totals.shed as f64
    }),
];

type Sum = (&'static str, &'static str, Option<Unit>, fn(&WorkerTotals) -> f64);

#[expect(clippy::cast_precision_loss, reason = "metrics are floating-point numbers")]
const OF_WORKERS: &[Sum] = &[
    ("cpu", "CPU time that events have used", Some(Unit::Seconds), |totals| totals.cpu_us as f64 / 1e6),
    ("wall", "Wall time of events that ended", Some(Unit::Seconds), |totals| totals.wall_us as f64 / 1e6),
    ("subrequests", "Subrequests of events that ended", None, |totals| totals.subrequests as f64),
    ("request_body", "Bytes of request bodies", Some(Unit::Bytes), |totals| totals.bytes_in as f64),
    ("response_body", "Bytes of response bodies", Some(Unit::Bytes), |totals| totals.bytes_out as f64),
    ("isolates_started", "Isolates that were started: cold starts", None, |totals| {
        totals.isolates_started as f64
    }),
];

type OfProcessor = (&'static str, &'static str, fn(&Counted) -> u64);

const OF_PROCESSOR: &[OfProcessor] = &[
    ("instructions", "Instructions of a worker, at looks at which nobody else ran", |counted| {
        counted.instructions
    }),
    ("branch_misses", "Branches of a worker that the processor guessed wrong", |counted| {
        counted.branch_misses
    }),
    ("far_misses", "Accesses of a worker to memory that was in no cache", |counted| counted.far_misses),
    ("near_misses", "Reads of a worker that missed the first cache", |counted| counted.near_misses),
];

impl Collector for Books {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.workers(&mut encoder)?;
        self.cells(&mut encoder)?;
        self.isolates(&mut encoder)?;
        self.supervision(&mut encoder)
    }
}

impl Books {
    fn workers(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut events =
            encoder.encode_descriptor("events", "Events, by how they ended", None, MetricType::Counter)?;
        for (worker, totals) in &self.0.workers {
            for (outcome, count) in &totals.outcomes {
                events
                    .encode_family(&[("worker", worker.as_ref()), ("outcome", *outcome)])?
                    .encode_counter::<NoLabelSet, _, f64>(count, None)?;
            }
        }
        for (name, help, unit, read) in OF_WORKERS {
            let mut counter = encoder.encode_descriptor(name, help, unit.as_ref(), MetricType::Counter)?;
            for (worker, totals) in &self.0.workers {
                counter
                    .encode_family(&[("worker", worker.as_ref())])?
                    .encode_counter::<NoLabelSet, _, f64>(&read(totals), None)?;
            }
        }
        self.counted(encoder)?;
        let help = "The most memory that an isolate of a worker was seen to hold";
        let mut memory =
            encoder.encode_descriptor("isolate_memory_peak", help, Some(&Unit::Bytes), MetricType::Gauge)?;
        for (worker, totals) in &self.0.workers {
            memory.encode_family(&[("worker", worker.as_ref())])?.encode_gauge(&totals.memory_bytes_peak)?;
        }
        Ok(())
    }

    /// What the processor counted: where it counts nothing there is nothing to show.
    fn counted(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let counted = || self.0.workers.iter().filter(|(_, totals)| totals.counted.instructions > 0);
        if counted().next().is_none() {
            return Ok(());
        }
        for (name, help, read) in OF_PROCESSOR {
            let mut counter = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (worker, totals) in counted() {
                counter
                    .encode_family(&[("worker", worker.as_ref())])?
                    .encode_counter::<NoLabelSet, _, f64>(&read(&totals.counted), None)?;
            }
        }
        Ok(())
    }

    fn cells(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, unit, read) in OF_CELLS {
            let mut gauge = encoder.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?;
            for cell in &self.0.cells {
                let number = cell.cell.to_string();
                let labels = [
                    ("cell", number.as_str()),
                    ("cordon", cell.cordon.as_deref().unwrap_or("none")),
                    ("stage", cell.stage),
                ];
                gauge.encode_family(&labels)?.encode_gauge(&read(cell))?;
            }
        }
        Ok(())
    }

    fn isolates(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, unit, read) in OF_CORDONS {
            let mut counter = encoder.encode_descriptor(name, help, unit.as_ref(), MetricType::Counter)?;
            for (cordon, totals) in &self.0.isolates {
                counter
                    .encode_family(&[("cordon", cordon.as_ref())])?
                    .encode_counter::<NoLabelSet, _, f64>(&read(totals), None)?;
            }
        }
        Ok(())
    }

    fn supervision(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut incidents = encoder.encode_descriptor(
            "cell_incidents",
            "Cells lost, by what happened",
            None,
            MetricType::Counter,
        )?;
        for (kind, count) in &self.0.incidents {
            incidents
                .encode_family(&[("kind", kind.as_str())])?
                .encode_counter::<NoLabelSet, _, f64>(count, None)?;
        }
        let help = "Workers that got a cell of their own for their behaviour, by what was seen";
        let mut suspects = encoder.encode_descriptor("cell_suspects", help, None, MetricType::Counter)?;
        for (sign, count) in &self.0.suspects {
            suspects
                .encode_family(&[("sign", sign.name())])?
                .encode_counter::<NoLabelSet, _, f64>(count, None)?;
        }
        for (name, help, count) in [
            ("event_retries", "Events sent again because their cell was lost", self.0.retries),
            ("cell_replacements", "Cells that took the place of a lost one", self.0.replacements.count),
            ("cell_lines_dropped", "Lines of cells that were too many", self.0.lines_dropped),
        ] {
            encoder
                .encode_descriptor(name, help, None, MetricType::Counter)?
                .encode_counter::<NoLabelSet, _, f64>(&count, None)?;
        }
        Ok(())
    }
}
