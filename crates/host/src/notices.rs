//! What the operator is told of what happens at the API and in the store, beside what happens to cells.

use std::{cell::RefCell, collections::HashMap, time::Duration};

use tokio::time::Instant;

/// How often the same thing is told.
const EVERY: Duration = Duration::from_secs(60);
/// Things that are told apart; what is beyond them is one thing.
const KNOWN_MAX: usize = 256;

/// Somebody has changed what is deployed, or what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What he did, in a word: `deploy`, `rollback`, `upload`, `secret`, `routes`, `domains`, `crons`, `settings` or `delete`.
    pub change: &'static str,
    /// The account of the worker.
    pub account: String,
    /// The worker.
    pub worker: String,
    /// The version that came of it, or to which events go now.
    pub version: Option<String>,
    /// Who: `operator`, or the name and the id of a token.
    pub by: String,
    /// What there is more to say, in words. It never has the text of a secret.
    pub detail: String,
}

/// Something goes wrong, maybe again and again: it is told now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Again {
    /// How often it went wrong since it was told last, and was not told.
    pub untold: u64,
}

/// What was told a short time ago.
#[derive(Default)]
pub(crate) struct Notices {
    told: RefCell<HashMap<String, (Instant, Again)>>,
}

impl Notices {
    /// Something went wrong; gives what is to be told of it, if it is time.
    pub(crate) fn due(&self, about: &str, now: Instant) -> Option<Again> {
        let mut told = self.told.borrow_mut();
        if told.len() >= KNOWN_MAX && !told.contains_key(about) {
            told.retain(|_, (at, _)| now.saturating_duration_since(*at) < EVERY);
        }
        let about = if told.len() >= KNOWN_MAX && !told.contains_key(about) { "" } else { about };
        match told.get_mut(about) {
            Some((at, again)) if now.saturating_duration_since(*at) < EVERY => {
                again.untold = again.untold.saturating_add(1);
                None
            }
            Some((at, again)) => {
                *at = now;
                Some(std::mem::replace(again, Again { untold: 0 }))
            }
            None => {
                told.insert(about.to_owned(), (now, Again { untold: 0 }));
                Some(Again { untold: 0 })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_told_once_a_minute_with_how_often_it_was() {
        let (notices, begin) = (Notices::default(), Instant::now());
        assert_eq!(notices.due("shop", begin), Some(Again { untold: 0 }));
        for second in 1..60 {
            assert_eq!(notices.due("shop", begin + Duration::from_secs(second)), None);
        }
        assert_eq!(notices.due("blog", begin), Some(Again { untold: 0 }), "others are told at once");
        assert_eq!(notices.due("shop", begin + EVERY), Some(Again { untold: 59 }));
        assert_eq!(notices.due("shop", begin + 2 * EVERY), Some(Again { untold: 0 }));
    }

    #[test]
    fn ten_thousand_workers_that_fail_fill_neither_memory_nor_log() {
        let (notices, begin) = (Notices::default(), Instant::now());
        let fail = |now| (0..10_000).filter(|n| notices.due(&n.to_string(), now).is_some()).count();
        assert_eq!(fail(begin), KNOWN_MAX + 1);
        assert!(notices.told.borrow().len() <= KNOWN_MAX + 1);
        assert_eq!(fail(begin + Duration::from_secs(1)), 0);
        assert!(fail(begin + EVERY) <= KNOWN_MAX + 1);
    }
}
