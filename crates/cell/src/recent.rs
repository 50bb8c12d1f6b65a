//! The last events of a worker, each with what it used.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use mote_web::{EventUsage, Outcome};

/// How many are kept.
const EVENTS_MAX: usize = 100;

/// What one event came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// How it ended.
    pub outcome: Outcome,
    /// CPU time of its turns and of what natives did for it.
    pub cpu: Duration,
    /// From its arrival to its end, `waitUntil` work included.
    pub wall: Duration,
    /// The most memory that its isolate was seen to hold meanwhile, in bytes.
    pub memory_bytes: u64,
    /// Subrequests begun.
    pub subrequests: u64,
    /// Bytes of the request's body.
    pub bytes_in: u64,
    /// Bytes of the response's body.
    pub bytes_out: u64,
}

/// The last events, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<VecDeque<Event>>);

impl Recent {
    pub(crate) fn add(&self, usage: &EventUsage, wall: Duration) {
        let event = Event {
            outcome: usage.outcome(),
            cpu: usage.cpu(),
            wall,
            memory_bytes: usage.memory_bytes(),
            subrequests: usage.subrequests(),
            bytes_in: usage.bytes_in(),
            bytes_out: usage.bytes_out(),
        };
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() == EVENTS_MAX {
            events.pop_front();
        }
        events.push_back(event);
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }
}
