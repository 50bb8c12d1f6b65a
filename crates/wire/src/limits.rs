//! What a worker may use: one table of limits, with what each one does when it is reached.
//!
//! Values come from three places, and the lower one wins: what the node's operator allows, what the operator allows an
//! account, and what a version asks for. A version that asks for nothing gets the node's default.

use std::collections::BTreeMap;

/// What is known about one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitInfo {
    /// Its key in configurations.
    pub key: &'static str,
    /// Its unit, such as `ms`; empty for a count.
    pub unit: &'static str,
    /// What is limited.
    pub what: &'static str,
    /// What happens past it.
    pub past: &'static str,
}

macro_rules! limits {
    ($($key:ident [$unit:literal] = $default:literal, at most $ceiling:literal: $what:literal, $past:literal;)*) => {
        /// The limits that hold for one version of a worker. Every field's unit is in its name, or it is a count.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Limits {
            $(#[doc = concat!($what, ". Past it: ", $past, ".")] pub $key: u64,)*
        }

        /// Some limits: what an operator, an account or a version says.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct LimitsPatch {
            $(#[doc = concat!("See [`Limits::", stringify!($key), "`].")] pub $key: Option<u64>,)*
        }

        /// All limits, in the order in which they are shown.
        pub const LIMITS: &[LimitInfo] = &[
            $(LimitInfo { key: stringify!($key), unit: $unit, what: $what, past: $past },)*
        ];

        impl Limits {
            /// What a version gets that asks for nothing, on a node whose operator has changed nothing.
            pub const DEFAULT: Self = Self { $($key: $default,)* };
            /// The most that a version may ask for, on a node whose operator has changed nothing.
            pub const CEILING: Self = Self { $($key: $ceiling,)* };

            /// The value of the limit with this key.
            #[must_use]
            pub fn get(&self, key: &str) -> Option<u64> {
                match key { $(stringify!($key) => Some(self.$key),)* _ => None }
            }

            /// With every value that the patch sets.
            #[must_use]
            pub fn with(mut self, patch: &LimitsPatch) -> Self {
                $(if let Some(value) = patch.$key { self.$key = value; })*
                self
            }

            /// No value higher than the other's.
            #[must_use]
            pub fn at_most(mut self, other: &Self) -> Self {
                $(self.$key = self.$key.min(other.$key);)*
                self
            }

            fn at_least(mut self, other: &Self) -> Self {
                $(self.$key = self.$key.max(other.$key);)*
                self
            }
        }

        impl LimitsPatch {
            /// With every value that the other sets.
            #[must_use]
            pub fn with(mut self, other: &Self) -> Self {
                $(self.$key = other.$key.or(self.$key);)*
                self
            }

            /// The value of the limit with this key, if this sets it.
            #[must_use]
            pub fn get(&self, key: &str) -> Option<u64> {
                match key { $(stringify!($key) => self.$key,)* _ => None }
            }

            /// Sets the limit with this key; false if there is none.
            pub fn set(&mut self, key: &str, value: u64) -> bool {
                match key { $(stringify!($key) => self.$key = Some(value),)* _ => return false }
                true
            }
        }
    };
}

limits! {
    cpu_ms ["ms"] = 1_000, at most 30_000: "CPU time of an event, all of its turns and its waitUntil work together",
        "the code is stopped; 503, error 1102, `exceeded-cpu`";
    startup_cpu_ms ["ms"] = 1_000, at most 1_000: "CPU time of top-level code",
        "the version is refused; in service, 500, `worker-does-not-load`";
    memory_mib ["MiB"] = 128, at most 128: "memory of an isolate: JavaScript heap, buffers, Wasm memories and what natives hold for it",
        "the isolate ends with all its events; 503, error 1102, `exceeded-memory`";
    memory_soft_mib ["MiB"] = 96, at most 128: "memory of an isolate that still takes new events",
        "new events get a fresh isolate, events under way finish in the old one";
    wall_ms ["ms"] = 900_000, at most 900_000: "time from an event's arrival to its answer, waiting included; after it, how long a client may pause in its upload",
        "the event ends; 503, error 1102, `exceeded-wall-time`; after the answer, reading the upload fails in the worker";
    wait_until_ms ["ms"] = 30_000, at most 30_000: "time of waitUntil work after the answer, or after the client has left",
        "the work is cancelled, and the log says so";
    subrequests [""] = 1_000, at most 10_000: "fetches and WebSocket connections that an event may start, redirects included",
        "an exception in the worker";
    connections [""] = 6, at most 6: "subrequests of an event that wait for their response's head at once",
        "further ones wait for their turn";
    dns_lookups_per_min [""] = 6_000, at most 6_000: "names that the workers of an account, or one without an account, look up in a minute; a kept connection needs none, nor does a name that was found a moment ago",
        "an exception in the worker";
    subrequest_depth [""] = 16, at most 16: "requests that cause one another, through any number of workers",
        "508, error 1019, `loop-detected`";
    request_body_mib ["MiB"] = 100, at most 5_120: "a request's body",
        "413, `request-too-large`; where its length was not known, reading it fails in the worker";
    response_head_kib ["KiB"] = 128, at most 128: "a response's headers, at most 1,000 of them",
        "an exception in the worker; 500, error 1101";
    response_body_mib ["MiB"] = 1_048_576, at most 1_048_576: "a response's body",
        "the body breaks off; outcome `responseStreamDisconnected`";
    log_kib ["KiB"] = 256, at most 256: "what an event may write to the console",
        "the rest is cut, and the log says so";
    timers [""] = 10_000, at most 10_000: "timers that an event has set and that have not fired",
        "an exception in the worker";
    websockets [""] = 10_000, at most 10_000: "WebSockets that are open in an isolate",
        "an exception in the worker";
    env_kib ["KiB"] = 1_024, at most 1_024: "the bindings in `env`, as JSON",
        "the version is refused";
    modules [""] = 5_000, at most 5_000: "modules of a bundle",
        "the version is refused";
    events [""] = 10_000, at most 10_000: "events of a worker under way at once, open WebSockets included",
        "503, `load-shed`";
    cpu_share_percent ["%"] = 100, at most 100: "CPU time of a worker over time, as a share of one core",
        "503, `load-shed`, with the seconds to wait in `retry-after`";
    cpu_burst_ms ["ms"] = 10_000, at most 60_000: "CPU time that a worker, or an account, may use at once after a rest",
        "its share holds";
    account_events [""] = 20_000, at most 20_000: "events of all workers of an account under way at once",
        "503, `load-shed`";
    account_cpu_share_percent ["%"] = 10_000, at most 10_000: "CPU time of all workers of an account over time, as a share of one core",
        "503, `load-shed`, with the seconds to wait in `retry-after`";
}

/// The most headers of a request or of a response.
pub const HEADERS_MAX: usize = 1_000;
/// The most bytes of a request's head. It holds before it is known whose request it is, so it is no worker's to change.
pub const REQUEST_HEAD_BYTES_MAX: usize = 128 << 10;
/// The longest WebSocket message, in bytes.
pub const WEBSOCKET_MESSAGE_BYTES_MAX: usize = 32 << 20;

// Limits that contradict each other do not compile.
const _: () = {
    let limits = Limits::DEFAULT;
    assert!(limits.memory_soft_mib <= limits.memory_mib, "an isolate is condemned before it is ended");
    assert!(limits.startup_cpu_ms <= limits.cpu_burst_ms, "an idle worker can always start");
    assert!(limits.cpu_ms <= limits.cpu_burst_ms, "an idle worker can always serve one event");
    assert!(limits.cpu_ms <= limits.wall_ms, "an event can use its CPU time");
    assert!(limits.events <= limits.account_events, "one worker cannot have more events than its account");
    assert!(limits.cpu_share_percent <= limits.account_cpu_share_percent, "nor a larger share");
    assert!(
        WEBSOCKET_MESSAGE_BYTES_MAX as u64 <= limits.memory_soft_mib << 20,
        "a message fits into an isolate"
    );
    assert!(
        limits.response_head_kib << 10 <= REQUEST_HEAD_BYTES_MAX as u64,
        "what one worker sends another can read"
    );
    assert!(limits.connections <= limits.subrequests, "more at once than in all makes no sense");
    assert!(
        limits.subrequests <= limits.dns_lookups_per_min,
        "each subrequest of an event may go to a host of its own"
    );
};

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What an operator allows: defaults, ceilings, and what accounts get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitPolicy {
    /// What a version gets that asks for nothing.
    pub default: Limits,
    /// The most that a version may ask for.
    pub ceiling: Limits,
    /// What accounts get, by their id; never more than the ceiling.
    pub accounts: BTreeMap<String, LimitsPatch>,
}

impl Default for LimitPolicy {
    fn default() -> Self {
        Self { default: Limits::DEFAULT, ceiling: Limits::CEILING, accounts: BTreeMap::new() }
    }
}

impl LimitPolicy {
    /// With the operator's own defaults, then ceilings. A ceiling lowers what it is below, unless the operator has said both: a default
    /// above the ceiling raises it, since who gives more without being asked would also give it when asked. A soft memory limit that
    /// nobody set follows the hard one.
    #[must_use]
    pub fn new(defaults: &LimitsPatch, ceilings: &LimitsPatch) -> Self {
        let mut default = Limits::DEFAULT.at_most(&Limits::CEILING.with(ceilings)).with(defaults);
        if defaults.memory_soft_mib.is_none() {
            default.memory_soft_mib = (default.memory_mib * 3 / 4).max(1);
        }
        let ceiling = Limits::CEILING.with(ceilings).at_least(&default);
        Self { default, ceiling, accounts: BTreeMap::new() }
    }

    /// The limits of one version.
    #[must_use]
    pub fn of(&self, account: &str, version: &LimitsPatch) -> Limits {
        let mut limits = self.default.with(version);
        if let Some(account) = self.accounts.get(account) {
            // An account that is given more than the default gets it without its versions asking.
            limits = self.default.with(account).with(version).at_most(&self.ceiling.with(account));
        }
        limits = limits.at_most(&self.ceiling);
        limits.memory_soft_mib = limits.memory_soft_mib.min(limits.memory_mib);
        limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(values: &[(&str, u64)]) -> LimitsPatch {
        let mut patch = LimitsPatch::default();
        for (key, value) in values {
            assert!(patch.set(key, *value), "{key}");
        }
        patch
    }

    #[test]
    fn the_lower_value_wins() {
        let mut policy = LimitPolicy::new(&patch(&[("cpu_ms", 500)]), &patch(&[("cpu_ms", 5_000)]));
        policy.accounts.insert("small".into(), patch(&[("cpu_ms", 50), ("subrequests", 10)]));
        let nothing = LimitsPatch::default();
        assert_eq!(policy.of("any", &nothing).cpu_ms, 500);
        assert_eq!(policy.of("any", &patch(&[("cpu_ms", 60_000)])).cpu_ms, 5_000);
        assert_eq!(policy.of("any", &patch(&[("cpu_ms", 10)])).cpu_ms, 10);
        assert_eq!(policy.of("small", &nothing).cpu_ms, 50);
        assert_eq!(policy.of("small", &patch(&[("cpu_ms", 400)])).cpu_ms, 50);
        assert_eq!(policy.of("small", &patch(&[("cpu_ms", 10)])).subrequests, 10);
    }

    #[test]
    fn a_default_above_the_ceiling_raises_it() {
        let policy = LimitPolicy::new(&patch(&[("memory_mib", 512)]), &LimitsPatch::default());
        let limits = policy.of("any", &LimitsPatch::default());
        assert_eq!((limits.memory_mib, limits.memory_soft_mib), (512, 384));
    }

    #[test]
    fn a_ceiling_lowers_what_nobody_else_has_said() {
        let policy = LimitPolicy::new(&LimitsPatch::default(), &patch(&[("cpu_ms", 5), ("memory_mib", 40)]));
        let limits = policy.of("any", &patch(&[("cpu_ms", 60_000)]));
        assert_eq!((limits.cpu_ms, limits.memory_mib, limits.memory_soft_mib), (5, 40, 30));
    }

    #[test]
    fn a_soft_limit_is_never_above_the_hard_one() {
        let limits = LimitPolicy::default().of("any", &patch(&[("memory_mib", 16)]));
        assert_eq!((limits.memory_mib, limits.memory_soft_mib), (16, 16));
    }

    #[test]
    fn every_limit_has_a_key_and_a_value() {
        for info in LIMITS {
            assert!(
                Limits::DEFAULT.get(info.key).is_some()
                    && Limits::CEILING.get(info.key) >= Limits::DEFAULT.get(info.key),
                "{}",
                info.key
            );
            assert!(!info.what.is_empty() && !info.past.is_empty());
        }
        assert!(!LimitsPatch::default().set("no_such_limit", 1));
    }
}
