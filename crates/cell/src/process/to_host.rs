//! The way to the host: a thread that writes what others say.
//!
//! Workers fill most of it, with what they print and how their events end, and the host ends a cell that says too much or says it at too
//! great length. So whatever a worker can fill is lost before that: a cell is not ended for what one of its workers prints.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use mote_wire::control::{FromCell, JSON_BYTES_MAX, encode};

/// Messages to the host that may wait. Lines of consoles that find no room are lost; a node whose disk is slow must not stop
/// its workers.
const WAITING_MAX: usize = 1_024;
/// Bytes that may wait in messages that can be lost.
const WAITING_BYTES_MAX: usize = 16 << 20;
/// Bytes a second of messages that can be lost. The host, whose seconds begin at other moments, ends a cell at four times as many.
const BYTES_PER_S_MAX: usize = 16 << 20;
/// The head of a message.
const HEAD_BYTES: usize = 8;

/// The way to the host.
#[derive(Clone)]
pub(super) struct ToHost {
    messages: SyncSender<(FromCell, Bytes)>,
    /// Bytes of messages that wait and can be lost, about.
    waiting: Arc<AtomicUsize>,
}

impl ToHost {
    /// Starts the thread that writes.
    pub(super) fn start(socket: impl Write + Send + 'static) -> io::Result<Self> {
        let (sender, messages) = sync_channel(WAITING_MAX);
        let waiting = Arc::<AtomicUsize>::default();
        let writer = Writer { socket, waiting: waiting.clone(), second: Instant::now(), bytes: 0 };
        std::thread::Builder::new().name("to-host".into()).spawn(move || writer.write_all(&messages))?;
        Ok(Self { messages: sender, waiting })
    }

    /// Says what must not be lost.
    pub(super) fn say(&self, message: FromCell) {
        self.hand_over(message, Bytes::new());
    }

    /// The same, with a blob. The host takes one only if it has asked for it.
    pub(super) fn hand_over(&self, message: FromCell, blob: Bytes) {
        // Without a host there is nobody to miss it.
        let _ = self.messages.send((message, blob));
    }

    /// Says what may be lost.
    pub(super) fn mention(&self, message: FromCell) {
        let weight = weight_of(&message).unwrap_or(0);
        if self.waiting.fetch_add(weight, Ordering::Relaxed).saturating_add(weight) > WAITING_BYTES_MAX {
            self.waiting.fetch_sub(weight, Ordering::Relaxed);
            return;
        }
        match self.messages.try_send((message, Bytes::new())) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.waiting.fetch_sub(weight, Ordering::Relaxed);
            }
        }
    }
}

struct Writer<S> {
    socket: S,
    waiting: Arc<AtomicUsize>,
    second: Instant,
    /// Bytes that were written in this second and could have been lost.
    bytes: usize,
}

impl<S: Write> Writer<S> {
    fn write_all(mut self, messages: &Receiver<(FromCell, Bytes)>) {
        while let Ok((message, blob)) = messages.recv() {
            let weight = weight_of(&message);
            self.waiting.fetch_sub(weight.unwrap_or(0), Ordering::Relaxed);
            let bytes = encode(&message, &blob);
            let bytes = if weight.is_some() { self.lessened(message, bytes) } else { Some(bytes) };
            if bytes.is_some_and(|bytes| self.socket.write_all(&bytes).is_err()) {
                return;
            }
        }
    }

    /// What is left of a message that can be lost, as the host takes it.
    fn lessened(&mut self, message: FromCell, bytes: Bytes) -> Option<Bytes> {
        let bytes = Some(bytes).filter(is_short).or_else(|| {
            // One byte of a worker's may be six in JSON. That the event was, and how it ended, is worth more than what it said.
            let FromCell::Story { worker, mut story } = message else { return None };
            (story.lines, story.errors, story.truncated) = (Vec::new(), Vec::new(), true);
            Some(encode(&FromCell::Story { worker, story }, &[])).filter(is_short)
        })?;
        if self.second.elapsed() >= Duration::from_secs(1) {
            (self.second, self.bytes) = (Instant::now(), 0);
        }
        let sum = self.bytes + bytes.len();
        (sum <= BYTES_PER_S_MAX).then(|| {
            self.bytes = sum;
            bytes
        })
    }
}

fn is_short(bytes: &Bytes) -> bool {
    bytes.len() - HEAD_BYTES <= JSON_BYTES_MAX
}

/// About how many bytes a message takes while it waits; `None` if it must not be lost.
fn weight_of(message: &FromCell) -> Option<usize> {
    match message {
        FromCell::Console { text, .. } => Some(text.len()),
        FromCell::Event { what, failure, .. } => Some(what.len() + failure.as_ref().map_or(0, String::len)),
        FromCell::Story { story, .. } => {
            let lines = story.lines.iter().map(|(_, text, _)| text.len());
            let errors = story.errors.iter().map(|(message, stack, _)| message.len() + stack.len());
            let headers = story.headers.iter().map(|(name, value)| name.len() + value.len());
            Some(story.url.len() + lines.chain(errors).chain(headers).sum::<usize>())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use mote_wire::control::Story;

    use super::*;

    fn console(text: String) -> FromCell {
        FromCell::Console { worker: 0, level: "log".to_owned(), text }
    }

    /// What is written of these messages.
    fn written(messages: Vec<FromCell>) -> Vec<serde_json::Value> {
        let (sender, receiver) = sync_channel(WAITING_MAX);
        for message in messages {
            sender.send((message, Bytes::new())).unwrap();
        }
        drop(sender);
        let mut socket = Vec::new();
        let waiting = Arc::new(AtomicUsize::new(usize::MAX / 2));
        // However slow the machine is: the second does not end.
        let second = Instant::now() + Duration::from_secs(3_600);
        Writer { socket: &mut socket, waiting, second, bytes: 0 }.write_all(&receiver);
        let (mut rest, mut found) = (&socket[..], Vec::new());
        while let Some((head, behind)) = rest.split_first_chunk::<HEAD_BYTES>() {
            let length = u32::from_be_bytes(*head.first_chunk().unwrap()) as usize;
            assert!(length <= JSON_BYTES_MAX, "{length} bytes");
            found.push(serde_json::from_slice(&behind[..length]).unwrap());
            rest = &behind[length..];
        }
        found
    }

    #[test]
    fn what_workers_print_never_comes_to_more_than_the_host_bears() {
        // A byte of it is six in JSON.
        let line = "\u{1}".repeat(256 << 10);
        let loaded = FromCell::Deployed { worker: 0, result: Ok(Vec::new()) };
        let told = written((0..100).map(|_| console(line.clone())).chain([loaded]).collect());
        let bytes: usize = told.iter().map(|message| message.to_string().len()).sum();
        assert!(told.len() > 5 && bytes <= BYTES_PER_S_MAX + JSON_BYTES_MAX, "{} {bytes}", told.len());
        assert!(told.last().unwrap().get("Deployed").is_some(), "what must not be lost is there");
    }

    #[test]
    fn an_event_whose_lines_are_too_long_is_told_of_without_them() {
        let said = || ("error".to_owned(), "\u{1}".repeat(256 << 10), 0.0);
        let story = Story { lines: vec![said(), said(), said()], ..Story::default() };
        let told = written(vec![FromCell::Story { worker: 3, story: Box::new(story) }]);
        assert_eq!(told.len(), 1);
        let story = &told[0]["Story"]["story"];
        assert_eq!((&story["truncated"], story["lines"].as_array().unwrap().len()), (&true.into(), 0));
    }

    #[test]
    fn what_waits_is_bounded_in_bytes_too() {
        let (sender, receiver) = sync_channel(WAITING_MAX);
        let to_host = ToHost { messages: sender, waiting: Arc::default() };
        for _ in 0..WAITING_MAX {
            to_host.mention(console("x".repeat(1 << 20)));
        }
        assert_eq!(receiver.try_iter().count(), WAITING_BYTES_MAX >> 20);
    }
}
