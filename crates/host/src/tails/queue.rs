//! What waits for a watcher. One that reads too slowly loses events, and is told how many.

use std::{cell::RefCell, collections::VecDeque};

use serde_json::json;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::clock::now_ms;

/// The most events that wait for one watcher.
pub const WAITING_MAX: usize = 256;
/// The most bytes of them. One alone may have more: it is bounded itself.
pub const WAITING_BYTES_MAX: usize = 512 << 10;

/// The documents that wait for one watcher.
#[derive(Default)]
pub(super) struct Queue {
    waiting: RefCell<Waiting>,
    bell: Notify,
}

#[derive(Default)]
struct Waiting {
    documents: VecDeque<Utf8Bytes>,
    bytes: usize,
    /// Events that were lost since all were sent.
    lost: u64,
    /// Whether the watcher knows that it loses events.
    told: bool,
}

/// Whether there was room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Waits,
    Lost,
}

impl Queue {
    /// Takes a document, if there is room. Never waits.
    pub(super) fn push(&self, document: &Utf8Bytes) -> Taken {
        let mut waiting = self.waiting.borrow_mut();
        let fits = waiting.documents.is_empty() || waiting.bytes + document.len() <= WAITING_BYTES_MAX;
        let taken = if fits && waiting.documents.len() < WAITING_MAX {
            waiting.bytes += document.len();
            waiting.documents.push_back(document.clone());
            Taken::Waits
        } else {
            waiting.lost += 1;
            Taken::Lost
        };
        self.bell.notify_one();
        taken
    }

    /// The next document to send. What it gives is out of the queue; dropping the future loses nothing.
    pub(super) async fn next(&self, worker: &str) -> Utf8Bytes {
        loop {
            let next = self.waiting.borrow_mut().next(worker);
            match next {
                Some(document) => return document,
                None => self.bell.notified().await,
            }
        }
    }
}

impl Waiting {
    fn next(&mut self, worker: &str) -> Option<Utf8Bytes> {
        if self.lost > 0 && !self.told {
            self.told = true;
            let message =
                "Events are lost: this tail is read too slowly. Filters or a sampling rate make them fewer.";
            return Some(note(worker, "overload", message, self.lost));
        }
        if let Some(document) = self.documents.pop_front() {
            self.bytes -= document.len();
            return Some(document);
        }
        if self.told {
            self.told = false;
            let lost = std::mem::take(&mut self.lost);
            let message = format!("All events are sent again; {lost} were lost.");
            return Some(note(worker, "overload-stop", &message, lost));
        }
        None
    }
}

/// What wrangler prints in red and in yellow.
fn note(worker: &str, kind: &str, message: &str, lost: u64) -> Utf8Bytes {
    let note = json!({
        "outcome": "unknown",
        "scriptName": worker,
        "exceptions": [],
        "logs": [],
        "eventTimestamp": now_ms(),
        "event": {"type": kind, "message": message, "dropped": lost},
    });
    note.to_string().into()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use serde_json::Value;

    use super::*;

    fn next(queue: &Queue) -> Option<String> {
        queue.next("shop").now_or_never().map(|document| document.to_string())
    }

    fn event(document: &str) -> Value {
        let document: Value = serde_json::from_str(document).unwrap();
        assert!(document["logs"].is_array() && document["exceptions"].is_array(), "wrangler reads both");
        document["event"].clone()
    }

    #[test]
    fn documents_come_out_as_they_went_in() {
        let queue = Queue::default();
        assert_eq!(next(&queue), None);
        for text in ["1", "2", "3"] {
            assert_eq!(queue.push(&text.into()), Taken::Waits);
        }
        assert_eq!([next(&queue), next(&queue), next(&queue)], ["1", "2", "3"].map(|text| Some(text.into())));
        assert_eq!(next(&queue), None);
    }

    #[test]
    fn what_finds_no_room_is_lost_and_counted() {
        let queue = Queue::default();
        for _ in 0..WAITING_MAX {
            assert_eq!(queue.push(&"x".into()), Taken::Waits);
        }
        for _ in 0..7 {
            assert_eq!(queue.push(&"y".into()), Taken::Lost);
        }
        let first = event(&next(&queue).unwrap());
        assert_eq!((&first["type"], &first["dropped"]), (&json!("overload"), &json!(7)));
        assert_eq!(next(&queue).as_deref(), Some("x"));
        assert_eq!(queue.push(&"z".into()), Taken::Waits, "there is room again");
        assert_eq!(queue.push(&"y".into()), Taken::Lost);
        for _ in 1..WAITING_MAX {
            assert_eq!(next(&queue).as_deref(), Some("x"), "the loss is told once, not beside each event");
        }
        assert_eq!(next(&queue).as_deref(), Some("z"));
        let last = event(&next(&queue).unwrap());
        assert_eq!((&last["type"], &last["dropped"]), (&json!("overload-stop"), &json!(8)));
        assert_eq!(last["message"], "All events are sent again; 8 were lost.");
        assert_eq!(next(&queue), None);
    }

    #[test]
    fn bytes_are_bounded_and_one_large_event_still_passes() {
        let queue = Queue::default();
        let large: Utf8Bytes = "x".repeat(WAITING_BYTES_MAX + 1).into();
        assert_eq!(queue.push(&large), Taken::Waits);
        assert_eq!(queue.push(&"y".into()), Taken::Lost);
        assert!(next(&queue).unwrap().contains("overload"));
        assert_eq!(next(&queue).map(|document| document.len()), Some(large.len()));
        assert!(next(&queue).unwrap().contains("overload-stop"));
        let half: Utf8Bytes = "x".repeat(WAITING_BYTES_MAX / 2).into();
        assert_eq!([&half; 3].map(|half| queue.push(half)), [Taken::Waits, Taken::Waits, Taken::Lost]);
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let queue = Queue::default();
        let (document, ()) = tokio::join!(queue.next("shop"), async {
            tokio::task::yield_now().await;
            queue.push(&"late".into());
        });
        assert_eq!(document.as_str(), "late");
    }
}
