//! The control link as bytes: what comes from a cell is checked and bounded before anybody looks at what it says.

use std::{cell::Cell, rc::Rc, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use mote_wire::control::{BLOB_BYTES_MAX, FromCell, JSON_BYTES_MAX, ToCell};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    sync::mpsc,
    time::Instant,
};

use super::options::ControlOptions;

/// Messages that wait for a cell to read them.
pub(super) const QUEUE_MAX: usize = 1_024;
/// A read buffer that has grown larger is given back.
const BUFFER_BYTES_KEPT: usize = 64 << 10;

/// A message on its way to a cell.
pub(super) struct Command {
    head: Bytes,
    blobs: [Bytes; 2],
    is_ping: bool,
}

/// How a cell reads what it is told.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// When the last ping had left, behind everything that was before it.
    pub(super) ping_sent_at: Cell<Option<Instant>>,
    /// Since when it has not taken a single byte, while there are some.
    pub(super) stalled_since: Cell<Option<Instant>>,
}

/// Why a control link ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum ControlError {
    #[error("the control link ended")]
    Closed,
    #[error("a control message of {json_bytes} bytes and a blob of {blob_bytes}")]
    TooLarge { json_bytes: u32, blob_bytes: u32 },
    #[error("more than {bytes_max} bytes of control messages in a second")]
    TooMuch { bytes_max: u64 },
    #[error("a control message that is none: {reason}")]
    Malformed { reason: serde_json::Error },
}

impl Command {
    /// `None` if it is longer than a cell takes.
    pub(super) fn new(message: &ToCell, blobs: [Bytes; 2]) -> Option<Self> {
        let json = serde_json::to_vec(message).ok()?;
        let blob_bytes: usize = blobs.iter().map(Bytes::len).sum();
        if json.len() > JSON_BYTES_MAX || blob_bytes > BLOB_BYTES_MAX {
            return None;
        }
        let mut head = BytesMut::with_capacity(8 + json.len());
        head.put_u32(u32::try_from(json.len()).ok()?);
        head.put_u32(u32::try_from(blob_bytes).ok()?);
        head.put_slice(&json);
        Some(Self { head: head.freeze(), blobs, is_ping: matches!(message, ToCell::Ping { .. }) })
    }
}

/// Writes what comes through the queue, until one of both ends.
pub(super) async fn write(
    mut commands: mpsc::Receiver<Command>,
    mut link: impl AsyncWrite + Unpin,
    progress: Rc<Progress>,
) {
    while let Some(Command { head, blobs: [first, second], is_ping }) = commands.recv().await {
        // Blobs may be large, so they are not copied behind their head.
        for mut part in [head, first, second] {
            while !part.is_empty() {
                progress.stalled_since.set(Some(Instant::now()));
                if link.write_buf(&mut part).await.is_err() {
                    return;
                }
            }
        }
        progress.stalled_since.set(None);
        if is_ping {
            progress.ping_sent_at.set(Some(Instant::now()));
        }
    }
}

/// What is read next.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A message, and its blob, which is empty but for the one message that the cell was asked for.
    Message(FromCell, Bytes),
    /// A line that was one too many in this second. It was not even looked into.
    Dropped,
}

/// Reads a cell's messages.
pub(super) struct Reader<R> {
    link: BufReader<R>,
    buffer: Vec<u8>,
    budget: Budget,
    blob: Rc<BlobAsked>,
    /// Since when a message is not whole; `None` while none has begun.
    begun: Rc<Cell<Option<Instant>>>,
}

/// How many bytes of a blob the cell may send, once: none unless it was asked for one.
#[derive(Debug, Default)]
pub(super) struct BlobAsked(Cell<usize>);

impl BlobAsked {
    /// It may send one of so many bytes.
    pub(super) fn ask(&self, bytes_max: usize) {
        self.0.set(bytes_max);
    }

    fn takes(&self, bytes: u32) -> Option<usize> {
        let bytes = usize::try_from(bytes).ok()?;
        if bytes == 0 {
            return Some(0);
        }
        (bytes <= self.0.replace(0)).then_some(bytes)
    }
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(super) fn new(
        link: R,
        options: &ControlOptions,
        blob: Rc<BlobAsked>,
        begun: Rc<Cell<Option<Instant>>>,
    ) -> Self {
        let budget = Budget::new(options, Instant::now());
        Self { link: BufReader::with_capacity(16 << 10, link), buffer: Vec::new(), budget, blob, begun }
    }

    /// The next message.
    pub(super) async fn next(&mut self) -> Result<Incoming, ControlError> {
        let closed = |_| ControlError::Closed;
        // At the end there is nothing, and what follows says so.
        self.link.fill_buf().await.map_err(closed)?;
        self.begun.set(Some(Instant::now()));
        let json_bytes = self.link.read_u32().await.map_err(closed)?;
        let blob_bytes = self.link.read_u32().await.map_err(closed)?;
        let length = usize::try_from(json_bytes).ok().filter(|length| *length <= JSON_BYTES_MAX);
        let (Some(length), Some(blob_length)) = (length, self.blob.takes(blob_bytes)) else {
            return Err(ControlError::TooLarge { json_bytes, blob_bytes });
        };
        if !self.budget.takes_bytes(u64::from(json_bytes) + 8, Instant::now()) {
            return Err(ControlError::TooMuch { bytes_max: self.budget.bytes_max });
        }
        if self.buffer.capacity() > BUFFER_BYTES_KEPT {
            self.buffer = Vec::new();
        }
        self.buffer.resize(length, 0);
        self.link.read_exact(&mut self.buffer).await.map_err(closed)?;
        let mut blob = vec![0; blob_length];
        self.link.read_exact(&mut blob).await.map_err(closed)?;
        self.begun.set(None);
        // By its first bytes, so that a flood of lines costs no parsing.
        let is_line = [&b"{\"Console\""[..], b"{\"Event\""].iter().any(|tag| self.buffer.starts_with(tag));
        if is_line && !self.budget.takes_line(u64::from(json_bytes)) {
            return Ok(Incoming::Dropped);
        }
        let message =
            serde_json::from_slice(&self.buffer).map_err(|reason| ControlError::Malformed { reason })?;
        Ok(Incoming::Message(message, blob.into()))
    }
}

/// What a cell may still send in this second.
struct Budget {
    lines_max: u32,
    line_bytes_max: u64,
    bytes_max: u64,
    second: Instant,
    lines: u32,
    line_bytes: u64,
    bytes: u64,
}

impl Budget {
    fn new(options: &ControlOptions, now: Instant) -> Self {
        Self {
            lines_max: options.lines_per_s_max,
            line_bytes_max: options.line_bytes_per_s_max,
            bytes_max: options.bytes_per_s_max,
            second: now,
            lines: 0,
            line_bytes: 0,
            bytes: 0,
        }
    }

    /// Every message is counted here first: it also begins new seconds.
    fn takes_bytes(&mut self, bytes: u64, now: Instant) -> bool {
        if now.saturating_duration_since(self.second) >= Duration::from_secs(1) {
            (self.second, self.lines, self.line_bytes, self.bytes) = (now, 0, 0, 0);
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.bytes <= self.bytes_max
    }

    fn takes_line(&mut self, bytes: u64) -> bool {
        let line_bytes = self.line_bytes.saturating_add(bytes);
        if self.lines >= self.lines_max || line_bytes > self.line_bytes_max {
            return false;
        }
        (self.lines, self.line_bytes) = (self.lines + 1, line_bytes);
        true
    }
}

#[cfg(test)]
mod tests {
    use mote_wire::control;

    use super::*;

    const NONE: control::IsolateCounts = control::IsolateCounts {
        warm: 0,
        held_bytes: 0,
        started: 0,
        start_us: 0,
        evicted: 0,
        shed: 0,
        left: 0,
        left_bytes: 0,
    };
    const OPTIONS: ControlOptions =
        ControlOptions { lines_per_s_max: 2, line_bytes_per_s_max: 4 << 20, bytes_per_s_max: 8 << 20 };

    fn reader(bytes: &[u8]) -> Reader<&[u8]> {
        Reader::new(bytes, &OPTIONS, Rc::default(), Rc::default())
    }

    fn console(text: &str) -> FromCell {
        FromCell::Console { worker: 0, level: "log".to_owned(), text: text.to_owned() }
    }

    #[tokio::test]
    async fn a_message_that_is_too_large_is_refused_before_it_takes_memory() {
        let mut bytes = u32::MAX.to_be_bytes().to_vec();
        bytes.extend([0; 4]);
        assert!(matches!(
            reader(&bytes).next().await,
            Err(ControlError::TooLarge { json_bytes: u32::MAX, .. })
        ));
    }

    #[tokio::test]
    async fn a_blob_comes_once_and_only_from_a_cell_that_was_asked() {
        let message = FromCell::Prepared { worker: 0, problem: String::new() };
        let bytes = [control::encode(&message, b"abc"), control::encode(&message, b"d")].concat();
        let mut reader = reader(&bytes);
        reader.blob.ask(3);
        let Ok(Incoming::Message(FromCell::Prepared { .. }, blob)) = reader.next().await else {
            panic!("a message with a blob")
        };
        assert_eq!(&*blob, b"abc");
        assert!(matches!(reader.next().await, Err(ControlError::TooLarge { blob_bytes: 1, .. })));
        let long = control::encode(&message, b"abcd");
        let mut reader = Reader::new(&*long, &OPTIONS, Rc::default(), Rc::default());
        reader.blob.ask(3);
        assert!(matches!(reader.next().await, Err(ControlError::TooLarge { blob_bytes: 4, .. })));
    }

    #[tokio::test]
    async fn a_blob_that_nobody_has_asked_for_is_refused() {
        let bytes = control::encode(&FromCell::Pong { number: 0, used: Vec::new(), isolates: NONE }, b"x");
        assert!(matches!(reader(&bytes).next().await, Err(ControlError::TooLarge { blob_bytes: 1, .. })));
    }

    #[tokio::test]
    async fn nonsense_is_an_error_and_never_a_panic() {
        for json in [&b"{"[..], b"", b"\xff", b"{\"Pong\":{\"number\":-1,\"used\":[]}}", b"{\"Other\":1}"] {
            let mut bytes = u32::try_from(json.len()).unwrap().to_be_bytes().to_vec();
            bytes.extend([0; 4]);
            bytes.extend(json);
            assert!(matches!(reader(&bytes).next().await, Err(ControlError::Malformed { .. })), "{json:?}");
            for end in 0..bytes.len() {
                assert!(matches!(reader(&bytes[..end]).next().await, Err(ControlError::Closed)), "{json:?}");
            }
        }
        let nested = "[".repeat(100_000);
        let mut bytes = u32::try_from(nested.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend([0; 4]);
        bytes.extend(nested.bytes());
        assert!(matches!(reader(&bytes).next().await, Err(ControlError::Malformed { .. })));
    }

    #[tokio::test]
    async fn no_bytes_whatever_make_a_reader_panic() {
        let messages = [
            FromCell::Ready { sandbox: vec!["mounts".to_owned()], listener: Some(9) },
            FromCell::Deployed { worker: 1, result: Err("no".to_owned()) },
            FromCell::Pong { number: 3, used: Vec::new(), isolates: NONE },
            console("line"),
        ];
        // A linear congruential generator: the same bytes in every run.
        let mut state = 42_u64;
        let mut below = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % bound.max(1)
        };
        let (mut read, mut refused) = (0, 0);
        for _ in 0..20_000 {
            let mut bytes = Vec::new();
            for _ in 0..=below(3) {
                bytes.extend(control::encode(&messages[below(messages.len())], &[]));
            }
            for _ in 0..below(4) {
                let at = below(bytes.len());
                bytes[at] = u8::try_from(below(256)).unwrap();
            }
            bytes.truncate(bytes.len() - below(3));
            let mut reader = reader(&bytes);
            loop {
                match reader.next().await {
                    Ok(_) => read += 1,
                    Err(_) => break refused += 1,
                }
            }
        }
        assert!(read > 5_000 && refused == 20_000, "{read} {refused}");
    }

    #[tokio::test]
    async fn a_flood_of_lines_is_dropped_and_everything_else_gets_through() {
        let mut bytes = Vec::new();
        for _ in 0..4 {
            bytes.extend(control::encode(&console("x"), &[]));
        }
        bytes.extend(control::encode(&FromCell::Pong { number: 3, used: Vec::new(), isolates: NONE }, &[]));
        let mut reader = reader(&bytes);
        let mut passed = Vec::new();
        while let Ok(incoming) = reader.next().await {
            passed.push(match incoming {
                Incoming::Message(FromCell::Console { .. }, _) => "line",
                Incoming::Message(..) => "message",
                Incoming::Dropped => "dropped",
            });
        }
        assert_eq!(passed, ["line", "line", "dropped", "dropped", "message"]);
    }

    #[tokio::test]
    async fn long_lines_never_fill_a_log() {
        let mut bytes = Vec::new();
        for text in ["short", &"x".repeat(2 << 20), "another"] {
            bytes.extend(control::encode(&console(text), &[]));
        }
        let options = ControlOptions { lines_per_s_max: 9, line_bytes_per_s_max: 1 << 20, ..OPTIONS };
        let mut reader = Reader::new(&*bytes, &options, Rc::default(), Rc::default());
        assert!(matches!(reader.next().await, Ok(Incoming::Message(FromCell::Console { .. }, _))));
        assert!(matches!(reader.next().await, Ok(Incoming::Dropped)));
        assert!(matches!(reader.next().await, Ok(Incoming::Message(FromCell::Console { .. }, _))));
    }

    #[tokio::test]
    async fn a_flood_of_bytes_ends_the_link() {
        let one = control::encode(&console(&"x".repeat(3 << 20)), &[]);
        let bytes = [&one[..], &one, &one].concat();
        let mut reader = reader(&bytes);
        assert!(reader.next().await.is_ok() && reader.next().await.is_ok());
        assert!(matches!(reader.next().await, Err(ControlError::TooMuch { .. })));
    }

    #[test]
    fn a_second_later_there_is_room_again() {
        let now = Instant::now();
        let mut budget = Budget::new(&OPTIONS, now);
        assert!(budget.takes_line(1) && budget.takes_line(1) && !budget.takes_line(1));
        assert!(budget.takes_bytes(8 << 20, now) && !budget.takes_bytes(1, now));
        assert!(budget.takes_bytes(8 << 20, now + Duration::from_secs(1)) && budget.takes_line(1));
    }

    #[test]
    fn what_the_host_sends_is_what_the_wire_says() {
        let command =
            Command::new(&ToCell::Ping { number: 7 }, [Bytes::from_static(b"bl"), Bytes::from_static(b"ob")]);
        let Command { head, blobs: [first, second], .. } = command.unwrap();
        let whole = [head, first, second].concat();
        assert_eq!(whole, control::encode(&ToCell::Ping { number: 7 }, b"blob"));
    }
}
