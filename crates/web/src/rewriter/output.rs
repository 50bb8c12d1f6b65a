//! What was rewritten and waits to be taken: bytes, and the places where a stream's bytes are to come in between.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use encoding_rs::Encoding;
use lol_html::html_content::ContentType;
use mote_engine::memory::Held;

/// A piece of output is about as long as this at most.
const PIECE_BYTES: usize = 64 << 10;
/// What is charged at once.
const CHARGE_BYTES: usize = 16 << 10;

/// A piece of output.
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    /// Here comes what the stream of this number gives.
    Stream {
        id: u32,
        kind: ContentType,
    },
}

/// The queue. Why behind a lock, which nobody ever waits for: `lol_html` wants what it keeps for later to be [`Send`].
#[derive(Clone)]
pub(super) struct Output(Arc<Mutex<Queue>>);

struct Queue {
    pieces: VecDeque<Piece>,
    bytes: usize,
    held: Held,
    /// There was no room for some of it.
    refused: bool,
    /// Everything that was ever pushed.
    written: u64,
}

impl Output {
    pub(super) fn new(held: Held) -> Self {
        let pieces = VecDeque::new();
        Self(Arc::new(Mutex::new(Queue { pieces, bytes: 0, held, refused: false, written: 0 })))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, chunk: &[u8]) {
        let mut queue = self.queue();
        if queue.refused || chunk.is_empty() {
            return;
        }
        let bytes = queue.bytes + chunk.len();
        // Half as much again, for what vectors keep in reserve.
        let wanted = bytes + bytes / 2;
        if wanted > queue.held.bytes() && !queue.held.resize(wanted + CHARGE_BYTES) {
            queue.refused = true;
            return;
        }
        queue.bytes = bytes;
        queue.written += chunk.len() as u64;
        match queue.pieces.back_mut() {
            Some(Piece::Bytes(last)) if last.len() < PIECE_BYTES => last.extend_from_slice(chunk),
            _ => queue.pieces.push_back(Piece::Bytes(chunk.to_vec())),
        }
    }

    pub(super) fn push_stream(&self, id: u32, kind: ContentType) {
        let mut queue = self.queue();
        queue.written += 1;
        queue.pieces.push_back(Piece::Stream { id, kind });
    }

    pub(super) fn take(&self) -> Option<Piece> {
        let mut queue = self.queue();
        let piece = queue.pieces.pop_front()?;
        if let Piece::Bytes(bytes) = &piece {
            queue.bytes -= bytes.len();
            let left = queue.bytes + queue.bytes / 2;
            queue.held.resize(left);
        }
        Some(piece)
    }

    /// Bytes that wait, or something that is not known to be none.
    pub(super) fn bytes(&self) -> usize {
        let queue = self.queue();
        queue.bytes.max(queue.pieces.len())
    }

    pub(super) fn written(&self) -> u64 {
        self.queue().written
    }

    pub(super) fn is_refused(&self) -> bool {
        self.queue().refused
    }
}

/// Text as it stands in a document: escaped unless it is HTML, in the document's encoding.
pub(super) fn encode(text: &str, kind: ContentType, encoding: &'static Encoding) -> Vec<u8> {
    let escaped = match kind {
        ContentType::Html => None,
        ContentType::Text => {
            let mut escaped = String::with_capacity(text.len() + text.len() / 8);
            for character in text.chars() {
                match character {
                    '<' => escaped.push_str("&lt;"),
                    '>' => escaped.push_str("&gt;"),
                    '&' => escaped.push_str("&amp;"),
                    other => escaped.push(other),
                }
            }
            Some(escaped)
        }
    };
    // What the encoding lacks becomes a numeric reference, as in forms.
    encoding.encode(escaped.as_deref().unwrap_or(text)).0.into_owned()
}
