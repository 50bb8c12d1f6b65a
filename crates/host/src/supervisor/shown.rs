//! A cell as a document: the same on the operator's door and for `mote top`.

use serde_json::{Value, json};

use super::CellStats;

impl CellStats {
    /// The document.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "cell": self.cell,
            "pid": self.pid,
            "stage": self.stage,
            "cordon": self.cordon.as_deref(),
            "lane": self.lane,
            "suspect": self.suspect.as_deref(),
            "age_s": self.age.as_secs_f64(),
            "workers": self.workers,
            "events_under_way": self.events_under_way,
            "resident_bytes": self.resident_bytes,
            "budget_bytes": self.budget_bytes,
            "cpu_s": self.cpu.as_secs_f64(),
            "cpu_percent": self.cpu_percent,
            "isolates": self.isolates_json(),
            "counted": self.counted,
            "sandbox": self.sandbox,
        })
    }

    fn isolates_json(&self) -> Value {
        let said = self.isolates;
        let mean = (said.started > 0).then(|| {
            let all = std::time::Duration::from_micros(said.start_us);
            all.as_secs_f64() * 1_000.0 / as_f64(said.started)
        });
        json!({
            "warm": said.warm,
            "held_bytes": said.held_bytes,
            "started": said.started,
            "start_us": said.start_us,
            "start_ms_mean": mean,
            "evicted": said.evicted,
            "shed": said.shed,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean of so many is right to many digits")]
fn as_f64(number: u64) -> f64 {
    number as f64
}
