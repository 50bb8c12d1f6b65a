//! Cron triggers: when they are due, and that each is fired once.
//!
//! A trigger is claimed in the store before it is fired, so that neither a restart nor a second process that serves from the
//! same store (an upgrade) fires it twice. The price is that one whose node dies in the moment between is not fired at all:
//! at most once, as on Cloudflare. What came due while no node was running is not caught up with.

mod pace;
mod timetable;

use std::{cell::Cell, rc::Rc};

use chrono::{DateTime, Utc};
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};

use mote_store::StoreError;
pub(crate) use timetable::{Firing, Timetable};

use crate::{clock::now_ms, deployed::Deployed};

/// The most expressions that a worker has.
pub const CRONS_MAX: usize = 100;
/// The most characters of an expression.
const CRON_CHARS_MAX: usize = 200;
/// How late a trigger may be fired: a node that was asleep does not do what is long past.
const LATE_MAX_MS: i64 = 60_000;

/// What is wrong with an expression, if anything is. Whoever deploys asks before he sends it: the node says no when the version serves
/// already.
#[must_use]
pub fn mistake(expression: &str) -> Option<String> {
    Due::parse(expression).err()
}

/// When a trigger is due, in UTC.
#[derive(Debug, Clone)]
pub(crate) struct Due(Cron);

impl Due {
    /// Reads an expression of five fields. Days of the week count from 1, Sunday, as on Cloudflare.
    pub(crate) fn parse(expression: &str) -> Result<Self, String> {
        if expression.len() > CRON_CHARS_MAX {
            return Err(format!("a cron expression has up to {CRON_CHARS_MAX} characters"));
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .alternative_weekdays(true)
            .build();
        let cron = parser
            .parse(expression)
            .map_err(|error| format!("`{expression}` is no cron expression: {error}"))?;
        let due = Self(cron);
        match due.after(0) {
            Some(_) => Ok(due),
            None => Err(format!("`{expression}` is never due")),
        }
    }

    /// The first time after another one; both in milliseconds since the epoch.
    pub(crate) fn after(&self, ms: i64) -> Option<i64> {
        let from = DateTime::<Utc>::from_timestamp_millis(ms)?;
        self.0.find_next_occurrence(&from, false).ok().map(|next| next.timestamp_millis())
    }

    /// The last time that has come since `since`, if it is not too long past.
    fn due(&self, since_ms: i64, now_ms: i64) -> Option<i64> {
        let mut due = self.after(since_ms.max(now_ms - LATE_MAX_MS - 1))?;
        while let Some(next) = self.after(due).filter(|next| *next <= now_ms) {
            due = next;
        }
        (due <= now_ms).then_some(due)
    }
}

/// Fires what is due, for as long as the node takes events.
pub async fn run(deployed: Rc<Deployed>, missed: Missed) {
    pace::run(Rc::new(Crons { deployed, missed })).await;
}

/// How many triggers were not fired because too much was due at once.
#[derive(Debug, Clone, Default)]
pub struct Missed(Rc<Cell<u64>>);

impl Missed {
    /// The number.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.get()
    }
}

/// The triggers of the workers that are deployed.
struct Crons {
    deployed: Rc<Deployed>,
    missed: Missed,
}

impl pace::Clockwork for Crons {
    fn now_ms(&self) -> i64 {
        now_ms()
    }

    fn due(&self, now_ms: i64) -> Vec<(String, Firing)> {
        let due = self.deployed.due(now_ms).into_iter();
        due.map(|firing| (self.deployed.account_of(&firing.worker).unwrap_or_default(), firing)).collect()
    }

    async fn claim(&self, some: Vec<Firing>) -> Vec<Firing> {
        let store = self.deployed.store.clone();
        let claim = move || {
            let claims: Vec<_> = some.iter().map(|one| (&*one.worker, &*one.cron, one.due_ms)).collect();
            let claimed = store.claim_schedules(&claims)?;
            Ok::<_, StoreError>(some.into_iter().zip(claimed))
        };
        // A store that fails does not say who fires them: then nobody does.
        let Ok(Ok(claimed)) = tokio::task::spawn_blocking(claim).await else { return Vec::new() };
        claimed.filter(|(_, mine)| *mine).map(|(firing, _)| firing).collect()
    }

    async fn fire(&self, Firing { worker, cron, due_ms }: Firing) {
        // How it ended is in the worker's books, and its failure in its log.
        drop(self.deployed.scheduled(&worker, cron, due_ms).await);
    }

    fn missed(&self, _: Firing) {
        self.missed.0.set(self.missed.0.get() + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_that_a_node_would_refuse_is_a_mistake() {
        for right in ["* * * * *", "*/5 0 1 JAN MON", "0 0 L * *", "30 12 * * 1-5"] {
            assert_eq!(mistake(right), None, "{right}");
        }
        let long = "* ".repeat(200);
        for wrong in ["", "* * *", "* * * * * *", "60 * * * *", "0 0 30 2 *", "every day", &long] {
            assert!(mistake(wrong).is_some(), "{wrong}");
        }
    }

    fn ms(text: &str) -> i64 {
        text.parse::<DateTime<Utc>>().unwrap().timestamp_millis()
    }

    #[test]
    fn expressions_mean_what_they_mean_on_cloudflare() {
        for (expression, next) in [
            ("* * * * *", "2026-11-25T00:01:00Z"),
            ("*/30 * * * *", "2026-11-25T00:30:00Z"),
            ("0 17 * * 1", "2026-11-29T17:00:00Z"),
            ("0 17 * * SUN", "2026-11-29T17:00:00Z"),
            ("10 7 * * 2-6", "2026-11-25T07:10:00Z"),
            ("0 15 1 * *", "2026-12-01T15:00:00Z"),
            ("59 23 L * *", "2026-11-30T23:59:00Z"),
            ("0 0 29 2 *", "2028-02-29T00:00:00Z"),
        ] {
            let due = Due::parse(expression).unwrap();
            assert_eq!(due.after(ms("2026-11-25T00:00:00Z")), Some(ms(next)), "{expression}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for expression in ["", "* * * *", "* * * * * *", "60 * * * *", "x", "0 0 31 2 *", &"*".repeat(300)] {
            assert!(Due::parse(expression).is_err(), "{expression}");
        }
    }

    #[test]
    fn what_is_long_past_is_not_caught_up_with_and_nothing_is_due_twice() {
        let due = Due::parse("* * * * *").unwrap();
        let (noon, minute) = (ms("2026-11-25T12:00:00Z"), 60_000);
        assert_eq!(due.due(noon - minute, noon - 1), None);
        assert_eq!(due.due(noon - minute, noon), Some(noon));
        assert_eq!(due.due(noon, noon + 5), None);
        assert_eq!(due.due(noon - 100 * minute, noon + 5), Some(noon), "the last one, once");
        let daily = Due::parse("0 0 * * *").unwrap();
        assert_eq!(daily.due(noon - 3_000 * minute, noon), None);
    }

    #[test]
    fn a_spoilt_expression_is_refused_or_is_due_some_time() {
        let samples: [&[u8]; 5] = [
            b"*/30 9-17 * * MON-FRI",
            b"0 17 L * *",
            b"59 23 31 12 SUN#2",
            b"0,30 0 1W JAN,DEC *",
            b"* * * * 6L",
        ];
        let words =
            ["L", "W", "#5", "*/", "-", ",", "SAT", "FEB", "?", "@yearly", "31", "2", "\u{0}", "é", " "];
        let (mut taken, now) = (0, ms("2026-11-25T00:00:00Z"));
        mote_mutator::Mutator::new(&samples, &words).spoil_text(4_000, |text| {
            let Ok(due) = Due::parse(text) else { return };
            taken += 1;
            assert!(due.after(0).is_some_and(|first| first > 0), "{text}");
            if let Some(next) = due.after(now) {
                assert!(next > now && next % 60_000 == 0, "{text}: {next}");
                assert_eq!(due.due(next - 1, next), Some(next), "{text}");
                assert_eq!(due.due(next, next), None, "{text}");
            }
        });
        assert!(taken > 500, "{taken}");
    }
}
