//! The frames of a WebSocket (RFC 6455), read from a connection and written to one. What is inside of compressed ones
//! is for [`super::websocket_deflate`].
//!
//! Nothing here answers a close by itself, as libraries for WebSockets do: whoever accepted with `allowHalfOpen` goes on
//! sending after its peer has closed. A message counts as the isolate's memory before it is whole, and nothing that a peer
//! says of a length makes room by itself. What breaks the protocol is a [`Fault`], with the code to close with.

use std::io;

use mote_engine::memory::Held;
use mote_wire::{http::Duplex, limits::WEBSOCKET_MESSAGE_BYTES_MAX};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, ReadHalf, WriteHalf};

use super::websocket_deflate::Inflater;

/// What a reader reads at once.
pub(super) const READ_BYTES: usize = 8 << 10;
/// The first room of a long message; then it doubles.
const ROOM_BYTES: usize = 64 << 10;
/// A frame up to this length goes out in one write.
const ONE_WRITE_BYTES: usize = 64 << 10;
const CONTROL_BYTES_MAX: usize = 125;
const REASON_BYTES_MAX: usize = CONTROL_BYTES_MAX - 2;

const CONTINUED: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

const FINAL: u8 = 0x80;
/// The first reserved bit, on the first frame of a message: it is compressed.
const DEFLATED: u8 = 0x40;
const RESERVED: u8 = 0x30;
const MASKED: u8 = 0x80;

/// Which end of the connection this is. Frames of a client are masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Server,
    Client,
}

/// What a peer has sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    /// UTF-8.
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Close(Option<Closing>),
}

/// What a worker sends.
#[derive(Debug)]
pub(super) enum Sent {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    /// A text, compressed.
    DeflatedText(Vec<u8>),
    /// Bytes, compressed.
    DeflatedBinary(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<Closing>),
}

/// With what a connection is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closing {
    pub(super) code: u16,
    pub(super) reason: String,
}

/// Why nothing more can be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A message is longer than any may be.
    TooLong,
    /// The isolate may hold no more.
    NoRoom,
    /// A text is not UTF-8.
    NotText,
    /// A compressed message cannot be unpacked.
    NotDeflated,
    /// The peer broke the protocol.
    Protocol(&'static str),
    /// The connection is gone.
    Lost,
}

impl Fault {
    /// The code that says so to the peer; a connection that is gone has none.
    pub(super) fn closing(&self) -> Option<Closing> {
        let (code, reason) = match self {
            Self::TooLong => (1009, "the message is too large"),
            Self::NoRoom => (1009, "the message is more than the worker's memory limit allows"),
            Self::NotText => (1007, "the text is not UTF-8"),
            Self::NotDeflated => (1007, "the compressed message is not valid"),
            Self::Protocol(what) => (1002, *what),
            Self::Lost => return None,
        };
        Some(Closing { code, reason: reason.to_owned() })
    }
}

/// Both directions of a connection. With an inflater, the peer may compress its messages.
pub(super) fn split(
    io: Box<dyn Duplex>,
    role: Role,
    held: Held,
    inflater: Option<Inflater>,
) -> (Reader, Writer) {
    let (read, write) = tokio::io::split(io);
    let io = BufReader::with_capacity(READ_BYTES, read);
    let reader = Reader { io, role, held, kind: None, form: Form::Plain, inflater, content: Vec::new() };
    (reader, Writer { io: write, role })
}

pub(super) struct Reader {
    io: BufReader<ReadHalf<Box<dyn Duplex>>>,
    role: Role,
    /// The memory of the message that is arriving.
    held: Held,
    /// What it is, once its first frame is there.
    kind: Option<u8>,
    form: Form,
    inflater: Option<Inflater>,
    content: Vec<u8>,
}

/// As what the bytes of a message come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Deflated,
}

struct Head {
    is_final: bool,
    kind: u8,
    form: Form,
    mask: [u8; 4],
    length: u64,
}

impl Reader {
    /// The next message, or sign, of the peer's.
    pub(super) async fn next(&mut self) -> Result<Arrived, Fault> {
        loop {
            let head = self.head().await?;
            if head.kind >= CLOSE {
                if let Some(arrived) = self.control(&head).await? {
                    return Ok(arrived);
                }
                continue;
            }
            match (head.kind, self.kind) {
                (CONTINUED, None) => {
                    return Err(Fault::Protocol("a frame continues a message that has not begun"));
                }
                (TEXT | BINARY, Some(_)) => {
                    return Err(Fault::Protocol("a message begins inside of another one"));
                }
                (CONTINUED, Some(_)) => {}
                (kind, None) => (self.kind, self.form) = (Some(kind), head.form),
                _ => return Err(Fault::Protocol("a frame is of an unknown kind")),
            }
            match self.form {
                Form::Plain => self.payload(&head).await?,
                Form::Deflated => self.deflated(&head).await?,
            }
            if head.is_final {
                return self.whole();
            }
        }
    }

    /// Reads on, and forgets it, until the connection ends or `bytes_max` have come.
    pub(super) async fn drain(&mut self, bytes_max: u64) {
        self.content = Vec::new();
        self.held.resize(0);
        self.inflater = None;
        let _ = tokio::io::copy_buf(&mut (&mut self.io).take(bytes_max), &mut tokio::io::sink()).await;
    }

    async fn head(&mut self) -> Result<Head, Fault> {
        let [first, second] = self.array().await?;
        if first & RESERVED != 0 {
            return Err(Fault::Protocol("a frame has a reserved bit"));
        }
        let kind = first & 0x0f;
        if !matches!(kind, CONTINUED | TEXT | BINARY | CLOSE | PING | PONG) {
            return Err(Fault::Protocol("a frame is of an unknown kind"));
        }
        let form = if first & DEFLATED == 0 { Form::Plain } else { Form::Deflated };
        if form == Form::Deflated && (self.inflater.is_none() || !matches!(kind, TEXT | BINARY)) {
            return Err(Fault::Protocol("a frame is marked as compressed that must not be"));
        }
        let is_masked = second & MASKED != 0;
        if is_masked != (self.role == Role::Server) {
            return Err(Fault::Protocol("a client masks its frames, and a server does not"));
        }
        let length = match second & !MASKED {
            126 => u64::from(u16::from_be_bytes(self.array().await?)),
            127 => u64::from_be_bytes(self.array().await?),
            length => u64::from(length),
        };
        let mask = if is_masked { self.array().await? } else { [0; 4] };
        Ok(Head { is_final: first & FINAL != 0, kind, form, mask, length })
    }

    async fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.io.read_exact(&mut bytes).await.map_err(|_| Fault::Lost)?;
        Ok(bytes)
    }

    /// A control frame; they may stand between the frames of a message.
    async fn control(&mut self, head: &Head) -> Result<Option<Arrived>, Fault> {
        let length = usize::try_from(head.length).unwrap_or(usize::MAX);
        if length > CONTROL_BYTES_MAX || !head.is_final {
            return Err(Fault::Protocol("a control frame is too long, or in pieces"));
        }
        let mut content = vec![0; length];
        self.io.read_exact(&mut content).await.map_err(|_| Fault::Lost)?;
        mask(&mut content, head.mask, 0);
        Ok(match head.kind {
            CLOSE => Some(Arrived::Close(closing_of(&content)?)),
            PING => Some(Arrived::Ping(content)),
            _ => None,
        })
    }

    async fn payload(&mut self, head: &Head) -> Result<(), Fault> {
        let room = WEBSOCKET_MESSAGE_BYTES_MAX.saturating_sub(self.content.len());
        let length = usize::try_from(head.length).ok().filter(|length| *length <= room);
        let length = length.ok_or(Fault::TooLong)?;
        let mut left = length;
        while left > 0 {
            let begin = self.content.len();
            if begin == self.content.capacity() {
                self.grow(left)?;
            }
            let step = left.min(self.content.capacity() - begin);
            let mut part = (&mut self.io).take(u64::try_from(step).unwrap_or(u64::MAX));
            let read = part.read_buf(&mut self.content).await.map_err(|_| Fault::Lost)?;
            if read == 0 {
                return Err(Fault::Lost);
            }
            if let Some(new) = self.content.get_mut(begin..) {
                mask(new, head.mask, length - left);
            }
            left = left.saturating_sub(read);
        }
        Ok(())
    }

    /// A frame of a compressed message: it is unpacked while it comes.
    async fn deflated(&mut self, head: &Head) -> Result<(), Fault> {
        let Self { io, inflater, content, held, .. } = self;
        let Some(inflater) = inflater else { return Err(Fault::NotDeflated) };
        inflater.expect(head.length)?;
        let mut at = 0;
        let mut left = head.length;
        while left > 0 {
            let arrived = io.fill_buf().await.map_err(|_| Fault::Lost)?;
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(arrived.len());
            if length == 0 {
                return Err(Fault::Lost);
            }
            let mut piece = arrived.get(..length).unwrap_or_default().to_vec();
            io.consume(length);
            mask(&mut piece, head.mask, at);
            inflater.unpack(&piece, content, held).await?;
            at = (at + length) % head.mask.len();
            left = left.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
            if left > 0 {
                // A peer that sends fast has no right to this thread.
                tokio::task::yield_now().await;
            }
        }
        if head.is_final { inflater.finish(content, held).await } else { Ok(()) }
    }

    // A length that a peer only claims takes no more than twice of what it has sent.
    fn grow(&mut self, left: usize) -> Result<(), Fault> {
        let more = left.min(self.content.capacity().max(ROOM_BYTES));
        if !self.held.resize(self.content.capacity() + more) {
            return Err(Fault::NoRoom);
        }
        self.content.reserve_exact(more);
        Ok(())
    }

    /// The message is whole, and from now on the worker's.
    fn whole(&mut self) -> Result<Arrived, Fault> {
        let content = std::mem::take(&mut self.content);
        self.held.resize(0);
        if self.kind.take() == Some(BINARY) {
            return Ok(Arrived::Binary(content));
        }
        if std::str::from_utf8(&content).is_err() {
            return Err(Fault::NotText);
        }
        Ok(Arrived::Text(content))
    }
}

pub(super) struct Writer {
    io: WriteHalf<Box<dyn Duplex>>,
    role: Role,
}

impl Writer {
    /// Sends one frame, to its last byte.
    pub(super) async fn send(&mut self, sent: Sent) -> io::Result<()> {
        let (kind, mut content) = match sent {
            Sent::Text(content) => (TEXT, content),
            Sent::Binary(content) => (BINARY, content),
            Sent::DeflatedText(content) => (DEFLATED | TEXT, content),
            Sent::DeflatedBinary(content) => (DEFLATED | BINARY, content),
            Sent::Pong(content) => (PONG, content),
            Sent::Close(closing) => (CLOSE, closing.map_or_else(Vec::new, content_of)),
        };
        let mut frame = vec![FINAL | kind];
        let marker = if self.role == Role::Client { MASKED } else { 0 };
        match (u8::try_from(content.len()), u16::try_from(content.len())) {
            (Ok(length @ ..126), _) => frame.push(marker | length),
            (_, Ok(length)) => {
                frame.push(marker | 126);
                frame.extend(length.to_be_bytes());
            }
            _ => {
                frame.push(marker | 127);
                frame.extend(u64::try_from(content.len()).unwrap_or(u64::MAX).to_be_bytes());
            }
        }
        if self.role == Role::Client {
            let mut key = [0; 4];
            getrandom::fill(&mut key).map_err(io::Error::other)?;
            frame.extend(key);
            mask(&mut content, key, 0);
        }
        if content.len() <= ONE_WRITE_BYTES {
            frame.append(&mut content);
        }
        self.io.write_all(&frame).await?;
        self.io.write_all(&content).await?;
        self.io.flush().await
    }

    /// Nothing more will be sent.
    pub(super) async fn finish(&mut self) {
        // Whoever is gone already has no need to be told.
        let _ = self.io.shutdown().await;
    }
}

/// What a close frame says.
fn closing_of(content: &[u8]) -> Result<Option<Closing>, Fault> {
    if content.is_empty() {
        return Ok(None);
    }
    let Some((code, reason)) = content.split_first_chunk() else {
        return Err(Fault::Protocol("a close frame has half a code"));
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Fault::Protocol("a close frame has a code that is not to be sent"));
    }
    let reason = std::str::from_utf8(reason).map_err(|_| Fault::NotText)?;
    Ok(Some(Closing { code, reason: reason.to_owned() }))
}

fn content_of(Closing { code, mut reason }: Closing) -> Vec<u8> {
    reason.truncate(reason.floor_char_boundary(REASON_BYTES_MAX));
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

/// Masks bytes, or takes the mask off: they are those of a frame from `at` on.
fn mask(bytes: &mut [u8], mut key: [u8; 4], at: usize) {
    if key == [0; 4] {
        return;
    }
    key.rotate_left(at % 4);
    let key = u32::from_ne_bytes(key);
    let (fours, rest) = bytes.as_chunks_mut::<4>();
    for four in fours {
        *four = (u32::from_ne_bytes(*four) ^ key).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.to_ne_bytes()) {
        *byte ^= key;
    }
}

#[cfg(test)]
#[path = "websocket_frames_tests.rs"]
mod tests;
