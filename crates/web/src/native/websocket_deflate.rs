//! The messages of a WebSocket, compressed and unpacked (RFC 7692, 7.2).
//!
//! Both go in steps, between which the thread does other work, and count as the event's CPU time. What a message unpacks
//! to is never larger than any message may be, and counts as the isolate's memory as it grows. What is not worth while,
//! or has no room, is sent as it is: the agreement leaves that to whoever sends.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use mote_engine::memory::Held;
use mote_wire::limits::WEBSOCKET_MESSAGE_BYTES_MAX;
use tokio::task::yield_now;

use super::{
    websocket_extensions::{Deflate, History},
    websocket_frames::{Fault, Sent},
};

/// What the compressor takes at once, and what a step of unpacking gives.
const STEP_BYTES: usize = 64 << 10;
/// Shorter messages are sent as they are: one packet carries them either way.
const WORTH_BYTES: usize = 1 << 10;
/// The first room for a compressed message, and the least for one that is unpacked.
const ROOM_BYTES: usize = 1 << 10;
/// Quick rather than small: the worker pays in CPU time.
const LEVEL: u32 = 2;
/// What they hold, about: their windows and tables.
const COMPRESSOR_BYTES: usize = 320 << 10;
const INFLATER_BYTES: usize = 64 << 10;
/// The narrowest window that the compressor has.
const WINDOW_BITS_MIN: u8 = 9;
/// The most that a message may have while it is compressed.
const PACKED_BYTES_MAX: usize = WEBSOCKET_MESSAGE_BYTES_MAX + STEP_BYTES;
/// How every compressed message ends, which therefore is not sent.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// Compresses what is sent.
pub(super) struct Deflater {
    window_bits: u8,
    /// Kept from one message to the next, as long as there is one.
    compressor: Option<(Compress, u8)>,
    held: Held,
}

impl Deflater {
    /// `held` counts what it has room for.
    pub(super) fn new(deflate: Deflate, held: Held) -> Self {
        Self { window_bits: deflate.window_bits, compressor: None, held }
    }

    /// What is to be sent, compressed if that makes it shorter.
    pub(super) async fn pack(&mut self, sent: Sent) -> Sent {
        match sent {
            Sent::Text(content) => {
                self.packed(&content).await.map_or(Sent::Text(content), Sent::DeflatedText)
            }
            Sent::Binary(content) => {
                self.packed(&content).await.map_or(Sent::Binary(content), Sent::DeflatedBinary)
            }
            other => other,
        }
    }

    /// Nothing is to be sent for now: nothing is held.
    pub(super) fn rest(&mut self) {
        self.compressor = None;
        self.held.resize(0);
    }

    async fn packed(&mut self, content: &[u8]) -> Option<Vec<u8>> {
        // Zlib's smallest window is of 2^9 bytes. For a peer that has less, nothing is compressed.
        if content.len() < WORTH_BYTES || self.window_bits < WINDOW_BITS_MIN {
            return None;
        }
        let packed = self.shortened(content).await;
        self.held.resize(if self.compressor.is_some() { COMPRESSOR_BYTES } else { 0 });
        packed
    }

    async fn shortened(&mut self, content: &[u8]) -> Option<Vec<u8>> {
        let mut room = Room { held: &mut self.held, beside: COMPRESSOR_BYTES, bytes_max: content.len() };
        let mut packed = Vec::new();
        room.grow(&mut packed, (content.len() / 4).clamp(ROOM_BYTES, STEP_BYTES)).ok()?;
        let compressor = begun(&mut self.compressor, self.window_bits, content.len());
        let mut rest = content;
        loop {
            let piece = rest.get(..STEP_BYTES).unwrap_or(rest);
            let flush = if piece.len() == rest.len() { FlushCompress::Sync } else { FlushCompress::None };
            let before = compressor.total_in();
            compressor.compress_vec(piece, &mut packed, flush).ok()?;
            let taken = usize::try_from(compressor.total_in() - before).ok()?;
            rest = rest.get(taken..)?;
            if packed.len() == packed.capacity() {
                let more = packed.capacity();
                room.grow(&mut packed, more).ok()?;
            } else if rest.is_empty() {
                break;
            }
            if is_in_vain(content.len() - rest.len(), packed.len()) {
                return None;
            }
            if piece.len() == STEP_BYTES {
                yield_now().await;
            }
        }
        let length = packed.len().checked_sub(TAIL.len()).filter(|_| packed.ends_with(&TAIL))?;
        packed.truncate(length);
        Some(packed)
    }
}

/// Whether so much has come of so much that the rest is not worth the time: pictures, and what was compressed before.
fn is_in_vain(taken: usize, packed: usize) -> bool {
    taken >= 2 * STEP_BYTES && packed > taken / 16 * 15
}

/// The compressor, new or as good as new, with a window that is wide enough for so many bytes.
fn begun(kept: &mut Option<(Compress, u8)>, bits_max: u8, length: usize) -> &mut Compress {
    let needed = usize::BITS - length.leading_zeros();
    let bits = u8::try_from(needed).unwrap_or(bits_max).clamp(WINDOW_BITS_MIN, bits_max);
    if let Some((compressor, _)) = kept.as_mut().filter(|(_, kept)| *kept >= bits) {
        compressor.reset();
    } else {
        *kept = None;
    }
    let new = || (Compress::new_with_window_bits(Compression::new(LEVEL), false, bits), bits);
    &mut kept.get_or_insert_with(new).0
}

/// Unpacks what arrives.
pub(super) struct Inflater {
    history: History,
    /// There while a message arrives, and after it if the next one may refer to it.
    state: Option<Decompress>,
    held: Held,
    /// What has come of the message so far, and is announced.
    packed_bytes: usize,
}

impl Inflater {
    /// `held` counts what it has room for.
    pub(super) fn new(deflate: Deflate, held: Held) -> Self {
        Self { history: deflate.history, state: None, held, packed_bytes: 0 }
    }

    /// A frame of so many bytes is about to come.
    pub(super) fn expect(&mut self, bytes: u64) -> Result<(), Fault> {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        self.packed_bytes = self.packed_bytes.saturating_add(bytes);
        // What cannot be compressed becomes a little longer; what has so many bytes and means less is a joke.
        if self.packed_bytes > PACKED_BYTES_MAX { Err(Fault::TooLong) } else { Ok(()) }
    }

    /// Unpacks a piece of a message onto `content`, whose room `held` counts.
    pub(super) async fn unpack(
        &mut self,
        mut piece: &[u8],
        content: &mut Vec<u8>,
        held: &mut Held,
    ) -> Result<(), Fault> {
        if self.state.is_none() && !self.held.resize(INFLATER_BYTES) {
            return Err(Fault::NoRoom);
        }
        let state = self.state.get_or_insert_with(|| Decompress::new(false));
        // One byte more than may be there shows that a message is too long.
        let mut room = Room { held, beside: 0, bytes_max: WEBSOCKET_MESSAGE_BYTES_MAX + 1 };
        loop {
            if content.len() == content.capacity() {
                let more =
                    content.capacity().max(piece.len().saturating_mul(4)).clamp(ROOM_BYTES, STEP_BYTES);
                room.grow(content, more.max(content.capacity()))?;
            }
            let step = step(state, piece, content)?;
            piece = piece.get(step.taken..).unwrap_or_default();
            if content.len() > WEBSOCKET_MESSAGE_BYTES_MAX {
                return Err(Fault::TooLong);
            }
            if step.has_room && piece.is_empty() {
                return Ok(());
            }
            if step.taken == 0 && step.given == 0 && !step.has_ended {
                return Err(Fault::NotDeflated);
            }
            if step.given == STEP_BYTES {
                yield_now().await;
            }
        }
    }

    /// The message is whole.
    pub(super) async fn finish(&mut self, content: &mut Vec<u8>, held: &mut Held) -> Result<(), Fault> {
        self.unpack(&TAIL, content, held).await?;
        content.shrink_to_fit();
        self.packed_bytes = 0;
        if self.history == History::Forgotten {
            self.state = None;
            self.held.resize(0);
        }
        Ok(())
    }
}

/// What a step of unpacking came to.
struct Step {
    taken: usize,
    given: usize,
    /// There was room for more than has come.
    has_room: bool,
    has_ended: bool,
}

fn step(state: &mut Decompress, piece: &[u8], content: &mut Vec<u8>) -> Result<Step, Fault> {
    let begin = content.len();
    let room = (content.capacity() - begin).min(STEP_BYTES);
    content.resize(begin + room, 0);
    let (taken_before, given_before) = (state.total_in(), state.total_out());
    let output = content.get_mut(begin..).unwrap_or_default();
    let status = state.decompress(piece, output, FlushDecompress::Sync).map_err(|_| Fault::NotDeflated)?;
    let taken = usize::try_from(state.total_in() - taken_before).unwrap_or(usize::MAX);
    let given = usize::try_from(state.total_out() - given_before).unwrap_or(usize::MAX);
    content.truncate(begin + given);
    let has_ended = status == Status::StreamEnd;
    if has_ended {
        // A last block does not end a message: others may follow it, and begin anew.
        state.reset(false);
    }
    Ok(Step { taken, given, has_room: given < room, has_ended })
}

/// Room that is counted as it grows.
struct Room<'a> {
    held: &'a mut Held,
    /// What is counted beside it.
    beside: usize,
    bytes_max: usize,
}

impl Room<'_> {
    fn grow(&mut self, bytes: &mut Vec<u8>, more: usize) -> Result<(), Fault> {
        let more = more.min(self.bytes_max.saturating_sub(bytes.capacity()));
        if more == 0 {
            return Err(Fault::TooLong);
        }
        if !self.held.resize(self.beside + bytes.capacity() + more) {
            return Err(Fault::NoRoom);
        }
        bytes.reserve_exact(bytes.capacity() - bytes.len() + more);
        Ok(())
    }
}

#[cfg(test)]
#[path = "websocket_deflate_tests.rs"]
mod tests;
