//! Which events of a worker are kept: its `observability`, as wrangler sends it.

use serde_json::Value;

use crate::trace::{Draft, Outcome};

/// Which events of a worker are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Keeping {
    /// The part of them, from 0 to 1.
    rate: f64,
    which: Which,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    /// Those that have printed something, or failed: `invocation_logs = false`.
    WithSomethingToSay,
}

impl Keeping {
    /// What a worker's `observability` asks for; `None` if its events are not to be kept. What is no value of its key counts as
    /// not said: it was refused when it came.
    #[must_use]
    pub fn of(observability: &Value) -> Option<Self> {
        let logs = observability.get("logs").unwrap_or(&Value::Null);
        let said = |of: &Value, key: &str| of.get(key).and_then(Value::as_bool);
        let enabled = said(logs, "enabled").or_else(|| said(observability, "enabled")).unwrap_or(false);
        if !enabled || said(logs, "persist") == Some(false) {
            return None;
        }
        let rate = |of: &Value| of.get("head_sampling_rate").and_then(Value::as_f64);
        let rate = rate(logs).or_else(|| rate(observability)).unwrap_or(1.0);
        let which =
            if said(logs, "invocation_logs") == Some(false) { Which::WithSomethingToSay } else { Which::All };
        (rate > 0.0).then_some(Self { rate, which })
    }

    /// Whether an event is kept. `draw` gives a random number of `0..1` where one is needed.
    pub(super) fn wants(self, of: &Draft, draw: impl FnOnce() -> f64) -> bool {
        let says = self.which == Which::All
            || !of.logs.is_empty()
            || !of.exceptions.is_empty()
            || of.outcome != Outcome::Ok;
        says && (self.rate >= 1.0 || draw() < self.rate)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::trace::fixtures::{printed, request};

    #[test]
    fn nothing_is_kept_that_nobody_asks_for() {
        for nothing in [
            json!(null),
            json!({}),
            json!({"enabled": false}),
            json!({"enabled": "true"}),
            json!({"enabled": true, "logs": {"enabled": false}}),
            json!({"enabled": true, "logs": {"persist": false}}),
            json!({"enabled": true, "head_sampling_rate": 0}),
            json!({"head_sampling_rate": 1}),
            json!([]),
        ] {
            assert_eq!(Keeping::of(&nothing), None, "{nothing}");
        }
        let all = Some(Keeping { rate: 1.0, which: Which::All });
        assert_eq!(Keeping::of(&json!({"enabled": true})), all);
        assert_eq!(Keeping::of(&json!({"enabled": false, "logs": {"enabled": true}})), all);
        let half = Keeping::of(
            &json!({"enabled": true, "head_sampling_rate": 0.25, "logs": {"head_sampling_rate": 0.5}}),
        );
        assert_eq!(half, Some(Keeping { rate: 0.5, which: Which::All }));
    }

    #[test]
    fn a_rate_keeps_its_part_and_a_silent_event_may_be_left_out() {
        let half = Keeping::of(&json!({"enabled": true, "head_sampling_rate": 0.5})).unwrap();
        let quiet = request("shop", "https://a/");
        assert!(half.wants(&quiet, || 0.49) && !half.wants(&quiet, || 0.5));
        let spoken = Keeping::of(&json!({"enabled": true, "logs": {"invocation_logs": false}})).unwrap();
        assert!(!spoken.wants(&quiet, || 0.0));
        assert!(spoken.wants(printed("shop", vec![json!("hello")]).parts(), || 0.0));
        let failed = Draft { outcome: Outcome::ExceededCpu, ..request("shop", "https://a/") };
        assert!(spoken.wants(&failed, || 0.0));
    }
}
