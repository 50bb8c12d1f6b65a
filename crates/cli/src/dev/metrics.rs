//! The books of workers, as Prometheus reads them and as JSON.

use std::{fmt, time::Duration};

use mote_cell::{Directory, Entry, Event, Outcome, TIME_BOUNDS_S, Times, WorkerStats};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text},
    metrics::MetricType,
    registry::{Registry, Unit},
};

/// All metrics, in the OpenMetrics text format.
pub(crate) fn open_metrics(directory: &Directory, resident_bytes: u64) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("mote");
    registry.register_collector(Box::new(Books { workers: directory.entries(), resident_bytes }));
    let mut output = String::new();
    text::encode(&mut output, &registry)?;
    Ok(output)
}

/// One moment's look at all workers.
#[derive(Debug)]
struct Books {
    workers: Vec<std::sync::Arc<Entry>>,
    resident_bytes: u64,
}

type Counter = (&'static str, &'static str, Option<Unit>, fn(&WorkerStats) -> f64);

const COUNTERS: &[Counter] = &[
    ("cpu", "CPU time that events have used", Some(Unit::Seconds), |stats| stats.cpu().as_secs_f64()),
    ("subrequests", "Subrequests of events that are over", None, |stats| stats.subrequests() as f64),
    ("request_body", "Bytes of request bodies", Some(Unit::Bytes), |stats| stats.bytes_in() as f64),
    ("response_body", "Bytes of response bodies", Some(Unit::Bytes), |stats| stats.bytes_out() as f64),
    ("isolates_started", "Isolates started", None, |stats| stats.isolates_started() as f64),
];

const GAUGES: &[Counter] = &[
    ("events_under_way", "Events under way", None, |stats| stats.under_way() as f64),
    ("isolate_memory_peak", "The most memory that an isolate held", Some(Unit::Bytes), |stats| {
        stats.memory_bytes_peak() as f64
    }),
];

type Histogram = (&'static str, &'static str, fn(&WorkerStats) -> &Times);

const HISTOGRAMS: &[Histogram] = &[
    ("event_cpu", "CPU times of events", WorkerStats::cpu_times),
    ("event_wall", "Times from an event's arrival to its end", WorkerStats::wall_times),
];

impl Collector for Books {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut events =
            encoder.encode_descriptor("events", "Events, by how they ended", None, MetricType::Counter)?;
        for worker in &self.workers {
            for outcome in Outcome::ALL {
                let labels = [
                    ("worker", worker.name.as_str()),
                    ("account", worker.account.as_str()),
                    ("outcome", outcome.as_str()),
                ];
                let mut family = events.encode_family(&labels)?;
                family.encode_counter::<NoLabelSet, _, u64>(&worker.stats.ended(outcome), None)?;
            }
        }
        for (name, help, unit, value) in COUNTERS {
            self.each(&mut encoder, name, help, unit.as_ref(), MetricType::Counter, |stats, family| {
                family.encode_counter::<NoLabelSet, _, u64>(&value(stats), None)
            })?;
        }
        for (name, help, unit, value) in GAUGES {
            self.each(&mut encoder, name, help, unit.as_ref(), MetricType::Gauge, |stats, family| {
                family.encode_gauge(&value(stats))
            })?;
        }
        for (name, help, times) in HISTOGRAMS {
            let seconds = Some(&Unit::Seconds);
            self.each(&mut encoder, name, help, seconds, MetricType::Histogram, |stats, family| {
                encode_times(times(stats), family)
            })?;
        }
        let help = "Memory of the process";
        let mut memory =
            encoder.encode_descriptor("resident_memory", help, Some(&Unit::Bytes), MetricType::Gauge)?;
        memory.encode_gauge(&(self.resident_bytes as f64))
    }
}

impl Books {
    fn each(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        kind: MetricType,
        encode: impl Fn(&WorkerStats, &mut MetricEncoder<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let mut metric = encoder.encode_descriptor(name, help, unit, kind)?;
        for worker in &self.workers {
            let labels = [("worker", worker.name.as_str()), ("account", worker.account.as_str())];
            encode(&worker.stats, &mut metric.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

fn encode_times(times: &Times, family: &mut MetricEncoder<'_>) -> fmt::Result {
    let groups = times.groups();
    let bounds = TIME_BOUNDS_S.into_iter().chain([f64::MAX]);
    let buckets: Vec<(f64, u64)> = bounds.zip(groups).collect();
    family.encode_histogram::<NoLabelSet>(times.sum().as_secs_f64(), groups.iter().sum(), &buckets, None)
}

/// The last events of a worker: one object for each, oldest first.
pub(crate) fn events_json(stats: &WorkerStats) -> serde_json::Value {
    let event = |event: Event| {
        serde_json::json!({
            "outcome": event.outcome.as_str(),
            "cpu_us": microseconds(event.cpu),
            "wall_us": microseconds(event.wall),
            "memory_peak_bytes": event.memory_bytes,
            "subrequests": event.subrequests,
            "request_body_bytes": event.bytes_in,
            "response_body_bytes": event.bytes_out,
        })
    };
    stats.recent().into_iter().map(event).collect()
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// The same for programs: one object for each worker.
pub(crate) fn json(directory: &Directory) -> serde_json::Value {
    let worker = |entry: &std::sync::Arc<Entry>| {
        let stats = &entry.stats;
        let outcomes: serde_json::Map<_, _> = Outcome::ALL
            .into_iter()
            .map(|outcome| (outcome.as_str().to_owned(), stats.ended(outcome).into()))
            .collect();
        serde_json::json!({
            "worker": entry.name,
            "account": entry.account,
            "stopped": entry.kill_switch.is_stopped(),
            "events_under_way": stats.under_way(),
            "events": outcomes,
            "cpu_us": microseconds(stats.cpu()),
            "subrequests": stats.subrequests(),
            "request_body_bytes": stats.bytes_in(),
            "response_body_bytes": stats.bytes_out(),
            "isolate_memory_peak_bytes": stats.memory_bytes_peak(),
            "isolates_started": stats.isolates_started(),
        })
    };
    directory.entries().iter().map(worker).collect()
}
