//! Zstandard, for `node:zlib`.

use zstd_safe::{CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, zstd_sys::ZSTD_EndDirective};

use super::{Failure, Flow, Run};

/// What an encoder holds, about, with the window and the levels below.
pub(super) const ENCODER_BYTES: usize = 12 << 20;
/// What a decoder holds, at most: its window, and room to work in.
pub(super) const DECODER_BYTES: usize = 9 << 20;
/// An encoder's window, as a power of two, and the highest of its levels. Why not the best: they need many times the memory.
const WINDOW_BITS: u32 = 20;
const LEVEL_MAX: u32 = 9;
const LEVEL: u32 = 3;
/// The largest window that a decoder takes (RFC 9659).
const WINDOW_BITS_MAX: u32 = 23;

/// An encoder; `None` if it cannot be had.
pub(super) fn encoder(level: Option<u32>) -> Option<CCtx<'static>> {
    let mut context = CCtx::try_create()?;
    let level = i32::try_from(level.unwrap_or(LEVEL).clamp(1, LEVEL_MAX)).ok()?;
    context.set_parameter(CParameter::CompressionLevel(level)).ok()?;
    context.set_parameter(CParameter::WindowLog(WINDOW_BITS)).ok()?;
    Some(context)
}

/// A decoder; `None` if it cannot be had.
pub(super) fn decoder() -> Option<DCtx<'static>> {
    let mut context = DCtx::try_create()?;
    context.set_parameter(DParameter::WindowLogMax(WINDOW_BITS_MAX)).ok()?;
    Some(context)
}

pub(super) fn encode(
    context: &mut CCtx<'static>,
    input: &[u8],
    output: &mut [u8],
    flow: Flow,
) -> Result<Run, Failure> {
    let end = match flow {
        Flow::Finish => ZSTD_EndDirective::ZSTD_e_end,
        Flow::Flush => ZSTD_EndDirective::ZSTD_e_flush,
        Flow::GoOn => ZSTD_EndDirective::ZSTD_e_continue,
    };
    let (mut from, mut to) = (InBuffer { src: input, pos: 0 }, OutBuffer::around(output));
    let left = context.compress_stream2(&mut to, &mut from, end).map_err(|_| Failure::Malformed)?;
    Ok(Run { consumed: from.pos, written: to.pos(), ended: flow == Flow::Finish && left == 0 })
}

pub(super) fn decode(context: &mut DCtx<'static>, input: &[u8], output: &mut [u8]) -> Result<Run, Failure> {
    let (mut from, mut to) = (InBuffer { src: input, pos: 0 }, OutBuffer::around(output));
    let left = context.decompress_stream(&mut to, &mut from).map_err(|_| Failure::Malformed)?;
    // Nothing is left of a frame before its first byte, too.
    let ended = left == 0 && (from.pos > 0 || to.pos() > 0);
    Ok(Run { consumed: from.pos, written: to.pos(), ended })
}
