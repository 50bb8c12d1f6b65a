//! Spans that wait to be sent.

use std::collections::VecDeque;

use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

/// The most spans that wait.
pub const WAITING_MAX: usize = 4_096;
/// The most bytes that they take up.
pub const WAITING_BYTES_MAX: usize = 16 << 20;
/// The most spans that are sent at once.
const BATCH_MAX: usize = 512;
/// From so many bytes on a batch is full.
const BATCH_BYTES_MAX: usize = 2 << 20;
/// What an attribute takes up beside its text.
const ATTRIBUTE_BYTES: usize = 128;

/// Spans that wait, oldest first.
#[derive(Default)]
pub(super) struct Queue {
    spans: VecDeque<(Span, usize)>,
    bytes: usize,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a span; false if there is no room for it.
    pub(super) fn push(&mut self, span: Span) -> bool {
        let bytes = bytes_of(&span);
        let fits = self.spans.len() < WAITING_MAX && self.bytes + bytes <= WAITING_BYTES_MAX;
        if fits {
            self.bytes += bytes;
            self.spans.push_back((span, bytes));
        }
        fits
    }

    /// Whether there is enough for a batch.
    pub(super) fn has_batch(&self) -> bool {
        self.spans.len() >= BATCH_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    /// The spans to send next; empty if none wait.
    pub(super) fn batch(&mut self) -> Vec<Span> {
        let (mut batch, mut batch_bytes) = (Vec::new(), 0);
        while batch.len() < BATCH_MAX && batch_bytes < BATCH_BYTES_MAX {
            let Some((span, bytes)) = self.spans.pop_front() else { break };
            self.bytes -= bytes;
            batch_bytes += bytes;
            batch.push(span);
        }
        batch
    }
}

/// What a span takes up in memory, rather more than less.
fn bytes_of(span: &Span) -> usize {
    let of_events: usize = span.events.iter().map(|event| 1 + event.attributes.len()).sum();
    size_of::<Span>() + span.encoded_len() + ATTRIBUTE_BYTES * (span.attributes.len() + of_events)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(name_bytes: usize) -> Span {
        Span { name: "n".repeat(name_bytes), ..Span::default() }
    }

    #[test]
    fn no_more_waits_than_may() {
        let mut queue = Queue::default();
        for _ in 0..WAITING_MAX {
            assert!(queue.push(span(1)));
        }
        assert!(!queue.push(span(1)));
        let mut queue = Queue::default();
        while queue.push(span(100 << 10)) {}
        assert!(queue.bytes() <= WAITING_BYTES_MAX && queue.len() < WAITING_MAX);
        assert!(queue.push(span(1)), "a small one still fits");
    }

    #[test]
    fn batches_are_bounded_and_lose_nothing() {
        let mut queue = Queue::default();
        assert!(!queue.has_batch() && queue.batch().is_empty());
        for _ in 0..BATCH_MAX + 1 {
            queue.push(span(1));
        }
        assert!(queue.has_batch());
        assert_eq!([queue.batch().len(), queue.batch().len(), queue.batch().len()], [BATCH_MAX, 1, 0]);
        for _ in 0..5 {
            queue.push(span(BATCH_BYTES_MAX / 2));
        }
        assert_eq!([queue.batch().len(), queue.batch().len(), queue.batch().len()], [2, 2, 1]);
        assert_eq!((queue.len(), queue.bytes()), (0, 0));
    }
}
