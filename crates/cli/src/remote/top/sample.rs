//! What a node says of itself at one moment, and what happened between two.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;

/// One look at a node. The node may be of another version, or somebody else's: what is missing is nothing.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Sample {
    /// How long it has been up. Rates are counted by this clock, so a slow network does not bend them.
    pub(super) uptime_s: f64,
    /// How many workers there are, shown or not.
    #[serde(default)]
    pub(super) workers_total: u64,
    pub(super) workers: Vec<Worker>,
    /// `None` for whoever may see his own workers alone.
    #[serde(default)]
    pub(super) node: Option<NodeMemory>,
    #[serde(default)]
    pub(super) cells: Vec<Cell>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct NodeMemory {
    pub(super) memory_bytes_max: Option<u64>,
    pub(super) host_bytes: u64,
    pub(super) cells_bytes: u64,
    pub(super) pressure: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cell {
    pub(super) cell: u64,
    pub(super) pid: u64,
    pub(super) stage: String,
    pub(super) cordon: Option<String>,
    pub(super) suspect: Option<String>,
    pub(super) age_s: f64,
    pub(super) workers: u64,
    pub(super) events_under_way: u64,
    pub(super) resident_bytes: u64,
    pub(super) budget_bytes: Option<u64>,
    pub(super) cpu_percent: u64,
    pub(super) isolates: Isolates,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Isolates {
    pub(super) warm: u64,
    pub(super) held_bytes: u64,
    pub(super) started: u64,
    pub(super) start_ms_mean: Option<f64>,
    pub(super) evicted: u64,
    pub(super) shed: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Worker {
    pub(super) name: String,
    pub(super) account: Option<String>,
    pub(super) state: String,
    pub(super) cells: Vec<u64>,
    pub(super) events: BTreeMap<String, u64>,
    pub(super) events_under_way: u64,
    pub(super) cpu_us: u64,
    pub(super) isolates_started: u64,
    pub(super) memory_bytes_peak: u64,
}

impl Worker {
    /// Events that ended.
    pub(super) fn ended(&self) -> u64 {
        self.events.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Those of them that did not end well.
    pub(super) fn not_ok(&self) -> u64 {
        self.ended().saturating_sub(self.events.get("ok").copied().unwrap_or(0))
    }
}

/// What a worker did between two looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rates {
    /// In percent of a core.
    pub(super) cpu_percent: f64,
    pub(super) events_per_s: f64,
    pub(super) starts_per_s: f64,
}

/// The rates of workers, by their names. Of a worker that was not seen before nothing is known.
pub(super) type AllRates = HashMap<String, Rates>;

impl Sample {
    /// What happened since an earlier look.
    pub(super) fn rates_since(&self, before: &Self) -> AllRates {
        let passed_s = self.uptime_s - before.uptime_s;
        // Else it is another process than before: its counters began anew.
        if !(passed_s.is_finite() && passed_s > 0.0) {
            return AllRates::new();
        }
        let known: HashMap<&str, &Worker> =
            before.workers.iter().map(|worker| (worker.name.as_str(), worker)).collect();
        let of = |now: &Worker| {
            let before = known.get(now.name.as_str())?;
            let per_s = |now: u64, before: u64| Some(as_f64(now.checked_sub(before)?) / passed_s);
            let rates = Rates {
                cpu_percent: per_s(now.cpu_us, before.cpu_us)? / 10_000.0,
                events_per_s: per_s(now.ended(), before.ended())?,
                starts_per_s: per_s(now.isolates_started, before.isolates_started)?,
            };
            Some((now.name.clone(), rates))
        };
        self.workers.iter().filter_map(of).collect()
    }
}

/// Puts rates into the document of a node, for programs; null where they are not known.
pub(super) fn add_rates(document: &mut Value, rates: &AllRates) {
    let workers = document.get_mut("workers").and_then(Value::as_array_mut);
    for worker in workers.into_iter().flatten().filter_map(Value::as_object_mut) {
        let of = worker.get("name").and_then(Value::as_str).and_then(|name| rates.get(name)).copied();
        for (name, rate) in [
            ("cpu_percent", of.map(|rates| rates.cpu_percent)),
            ("events_per_s", of.map(|rates| rates.events_per_s)),
            ("starts_per_s", of.map(|rates| rates.starts_per_s)),
        ] {
            worker.insert(name.to_owned(), rate.into());
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate is shown with three digits")]
fn as_f64(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample(uptime_s: f64, workers: &Value) -> Sample {
        serde_json::from_value(json!({"uptime_s": uptime_s, "workers": workers})).unwrap()
    }

    fn worker(cpu_us: u64, ok: u64, started: u64) -> Value {
        json!([{"name": "shop", "cpu_us": cpu_us, "events": {"ok": ok, "exception": 1}, "isolates_started": started}])
    }

    #[test]
    fn rates_are_what_happened_in_a_second_of_the_node() {
        let (before, now) = (sample(10.0, &worker(100, 5, 1)), sample(12.0, &worker(1_000_100, 25, 2)));
        let expected = Rates { cpu_percent: 50.0, events_per_s: 10.0, starts_per_s: 0.5 };
        assert_eq!(now.rates_since(&before), AllRates::from([("shop".to_owned(), expected)]));
    }

    #[test]
    fn nothing_is_made_up_of_what_was_not_seen_twice() {
        let now = sample(12.0, &worker(100, 5, 1));
        for before in [
            // The node has restarted, its clock stands still, the worker is new, its counters began anew.
            sample(99.0, &worker(0, 0, 0)),
            sample(12.0, &worker(0, 0, 0)),
            sample(10.0, &json!([])),
            sample(10.0, &worker(101, 0, 0)),
        ] {
            let rates = now.rates_since(&before);
            assert_eq!(rates, AllRates::new());
            let mut document = json!({"workers": worker(100, 5, 1)});
            add_rates(&mut document, &rates);
            assert_eq!(document["workers"][0]["cpu_percent"], Value::Null);
        }
    }

    #[test]
    fn a_node_can_say_any_number() {
        let wild =
            |n: u64| json!([{"name": "a", "cpu_us": n, "events": {"ok": n, "x": n}, "isolates_started": n}]);
        let (before, now) = (sample(1.0, &wild(0)), sample(1.000_001, &wild(u64::MAX)));
        assert!(now.rates_since(&before).values().all(|rates| rates.cpu_percent.is_finite()));
        assert_eq!(now.workers[0].ended(), u64::MAX);
        add_rates(&mut json!([1, {"workers": "x"}]), &now.rates_since(&before));
    }
}
