//! Natives of the Compression Standard: gzip, zlib ("deflate"), raw deflate and brotli, each way; and Zstandard, for Node's modules.
//!
//! Every call does a bounded piece of work and gives a bounded piece of output, because a few kilobytes can unpack to
//! gigabytes: between two calls V8 sees that an isolate is over its limits. What the codecs themselves hold lies outside
//! of V8's heap and counts as the isolate's.

mod zstd;

use brotli::{
    BrotliDecompressStream, BrotliResult, BrotliState,
    enc::{
        StandardAlloc,
        encode::{BrotliEncoderOperation, BrotliEncoderParameter, BrotliEncoderStateStruct},
    },
};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use mote_engine::{
    memory::{Held, MemoryAccount},
    v8,
};

use zstd_safe::{CCtx, DCtx};

use super::{
    args::{new_uint8_array, string_arg, throw_range_error, throw_type_error},
    encoding::{ON_HEAP_BYTES_MAX, exact, view_arg},
    natives,
    resource::{with_resource, wrap},
};

natives! {
    codecNew => codec_new,
    codecRun => codec_run,
    codecFree => codec_free,
}

/// What one call takes in and gives out.
const STEP_BYTES_MAX: usize = 64 << 10;
/// What they hold each, about: their windows and tables.
const DEFLATE_BYTES: usize = 320 << 10;
const INFLATE_BYTES: usize = 64 << 10;
const BROTLI_ENCODER_BYTES: usize = 6 << 20;
const BROTLI_DECODER_BYTES: usize = 256 << 10;
/// Brotli's window, as a power of two, and its quality. Why not the best (24 and 11): that needs many times the memory
/// and the time, for a few per cent.
const BROTLI_WINDOW_BITS: u32 = 19;
const BROTLI_QUALITY: u32 = 5;
/// Gzip's only window.
const GZIP_WINDOW_BITS: u8 = 15;

/// `codecNew(format, compress, level) -> codec`; the level is for deflate and its kin, and for Zstandard, and may be left out.
fn codec_new<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(format) = string_arg(scope, &args, 0) else { return };
    let way = if args.get(1).is_true() { Way::Compress } else { Way::Decompress };
    let level = args.get(2).try_cast::<v8::Uint32>().ok().map(|level| level.value());
    let Some(engine) = Engine::of(&format, way, level) else {
        throw_type_error(scope, "the format is unknown");
        return;
    };
    let Some(account) = scope.get_slot::<MemoryAccount>().cloned() else { return };
    let mut held = account.hold(engine.bytes());
    if held.is_none() {
        // Streams that nobody holds any more may still be waiting for the collector.
        scope.low_memory_notification();
        held = account.hold(engine.bytes());
    }
    let Some(held) = held else {
        throw_range_error(scope, Failure::NoRoom.text());
        return;
    };
    if let Some(object) = wrap(scope, Some(Codec { engine, held, ended: false })) {
        rv.set(object.into());
    }
}

/// `codecRun(codec, bytes | undefined, offset, last) -> [bytes consumed, Uint8Array | undefined, more: boolean]`
///
/// Works on `bytes` from `offset` on; to be called again while `more` is true. With `last`, it finishes. If `last` is
/// `"flush"`, and there are no bytes, it gives all that can be made of what it has taken so far.
fn codec_run<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let view = view_arg(scope, &args, 1);
    let offset = args.get(2).try_cast::<v8::Uint32>().map_or(0, |offset| offset.value());
    let flow = match args.get(3) {
        last if last.is_true() => Flow::Finish,
        last if last.is_string() => Flow::Flush,
        _ => Flow::GoOn,
    };
    let step = with_resource::<Option<Codec>, _>(scope, args.get(0), |_, codec| {
        let mut storage = [0; ON_HEAP_BYTES_MAX];
        let bytes = view.as_ref().map_or(&[][..], |view| view.get_contents(&mut storage));
        let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
        let result = codec.as_mut().map_or(Err(Failure::Ended), |codec| codec.step(rest, flow));
        if result.is_err() {
            *codec = None;
        }
        result
    });
    let step = match step {
        Some(Ok(step)) => step,
        Some(Err(Failure::NoRoom)) => return throw_range_error(scope, Failure::NoRoom.text()),
        Some(Err(failure)) => return throw_type_error(scope, failure.text()),
        None => return throw_type_error(scope, "a codec was expected"),
    };
    let output = if step.output.is_empty() {
        v8::undefined(scope).into()
    } else {
        let Some(array) = new_uint8_array(scope, step.output) else { return };
        array.into()
    };
    let triple = [
        v8::Number::new(scope, exact(step.consumed)).into(),
        output,
        v8::Boolean::new(scope, step.more).into(),
    ];
    rv.set(v8::Array::new_with_elements(scope, &triple).into());
}

/// `codecFree(codec)`: gives back what it holds, without waiting for the collector.
fn codec_free<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let codec = with_resource::<Option<Codec>, _>(scope, args.get(0), |_, codec| codec.take());
    drop(codec);
}

/// Why a stream cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Malformed,
    Truncated,
    Trailing,
    Ended,
    NoRoom,
}

impl Failure {
    fn text(self) -> &'static str {
        match self {
            Self::Malformed => "The compressed data was not valid.",
            Self::Truncated => "The compressed data ends too early.",
            Self::Trailing => "There is data after the end of the compressed data.",
            Self::Ended => "The stream has ended.",
            Self::NoRoom => "The worker's memory limit leaves no room for another compression stream.",
        }
    }
}

/// One stream's codec.
struct Codec {
    engine: Engine,
    held: Held,
    /// True once the end of the compressed data has been seen or written.
    ended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    GoOn,
    Flush,
    Finish,
}

/// What a step came to.
#[derive(Debug)]
struct Step {
    consumed: usize,
    output: Vec<u8>,
    more: bool,
}

/// What an engine did with a piece of input.
struct Run {
    consumed: usize,
    written: usize,
    ended: bool,
}

impl Codec {
    /// Takes a piece of `rest`, which is all the input that there is so far; finishes, if it is to, once there is none.
    fn step(&mut self, rest: &[u8], flow: Flow) -> Result<Step, Failure> {
        if self.ended {
            let nothing = Step { consumed: 0, output: Vec::new(), more: false };
            return if rest.is_empty() { Ok(nothing) } else { Err(Failure::Trailing) };
        }
        let piece = rest.get(..rest.len().min(STEP_BYTES_MAX)).unwrap_or_default();
        let flow = if piece.is_empty() { flow } else { Flow::GoOn };
        let finish = flow == Flow::Finish;
        let held = self.engine.bytes();
        if let Some(grown) = self.engine.bytes_with(piece).filter(|bytes| *bytes > held)
            && !self.held.resize(grown)
        {
            return Err(Failure::NoRoom);
        }
        let mut output = vec![0; STEP_BYTES_MAX];
        let run = self.engine.run(piece, &mut output, flow)?;
        self.ended = run.ended;
        let filled = run.written == output.len();
        output.truncate(run.written);
        output.shrink_to_fit();
        if finish && !run.ended && run.written == 0 {
            return Err(Failure::Truncated);
        }
        let stuck = run.consumed == 0 && run.written == 0;
        if stuck && !piece.is_empty() {
            return Err(Failure::Malformed);
        }
        let more = run.consumed < rest.len() || (!run.ended && (filled || (finish && !stuck)));
        Ok(Step { consumed: run.consumed, output, more })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Compress,
    Decompress,
}

type BrotliEncoder = BrotliEncoderStateStruct<StandardAlloc>;
type BrotliDecoder = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

enum Engine {
    Deflate(Compress),
    Inflate(Decompress),
    BrotliEncode(Box<BrotliEncoder>),
    BrotliDecode { state: Box<BrotliDecoder>, window_bytes: Option<usize> },
    ZstdEncode(CCtx<'static>),
    ZstdDecode(DCtx<'static>),
}

impl Engine {
    fn of(format: &str, way: Way, wanted: Option<u32>) -> Option<Self> {
        let level = wanted.map(|level| Compression::new(level.min(9))).unwrap_or_default();
        Some(match (format, way) {
            ("gzip", Way::Compress) => Self::Deflate(Compress::new_gzip(level, GZIP_WINDOW_BITS)),
            ("gzip", Way::Decompress) => Self::Inflate(Decompress::new_gzip(GZIP_WINDOW_BITS)),
            ("deflate", Way::Compress) => Self::Deflate(Compress::new(level, true)),
            ("deflate", Way::Decompress) => Self::Inflate(Decompress::new(true)),
            ("deflate-raw", Way::Compress) => Self::Deflate(Compress::new(level, false)),
            ("deflate-raw", Way::Decompress) => Self::Inflate(Decompress::new(false)),
            ("brotli", Way::Compress) => Self::BrotliEncode(Box::new(brotli_encoder())),
            ("brotli", Way::Decompress) => Self::BrotliDecode {
                // Strict: without the "large window" that is no part of the format, and can ask for a gigabyte.
                state: Box::new(BrotliState::new_strict(
                    StandardAlloc::default(),
                    StandardAlloc::default(),
                    StandardAlloc::default(),
                )),
                window_bytes: None,
            },
            ("zstd", Way::Compress) => Self::ZstdEncode(zstd::encoder(wanted)?),
            ("zstd", Way::Decompress) => Self::ZstdDecode(zstd::decoder()?),
            _ => return None,
        })
    }

    /// What it holds now, about.
    fn bytes(&self) -> usize {
        match self {
            Self::Deflate(_) => DEFLATE_BYTES,
            Self::Inflate(_) => INFLATE_BYTES,
            Self::BrotliEncode(_) => BROTLI_ENCODER_BYTES,
            Self::ZstdEncode(_) => zstd::ENCODER_BYTES,
            Self::ZstdDecode(_) => zstd::DECODER_BYTES,
            Self::BrotliDecode { window_bytes, .. } => BROTLI_DECODER_BYTES + window_bytes.unwrap_or(0),
        }
    }

    /// What it will hold once it has read `piece`: the first byte of brotli's format says how large a window it needs.
    fn bytes_with(&mut self, piece: &[u8]) -> Option<usize> {
        if let Self::BrotliDecode { window_bytes, .. } = self
            && window_bytes.is_none()
        {
            // Where there is none, the decoder will refuse it.
            let window = brotli_window_bytes(*piece.first()?).unwrap_or(0);
            *window_bytes = Some(window);
            return Some(BROTLI_DECODER_BYTES + window);
        }
        None
    }

    fn run(&mut self, input: &[u8], output: &mut [u8], flow: Flow) -> Result<Run, Failure> {
        match self {
            Self::Deflate(compress) => deflate(compress, input, output, flow),
            Self::Inflate(decompress) => inflate(decompress, input, output),
            Self::BrotliEncode(state) => brotli_encode(state, input, output, flow),
            Self::BrotliDecode { state, .. } => brotli_decode(state, input, output),
            Self::ZstdEncode(context) => zstd::encode(context, input, output, flow),
            Self::ZstdDecode(context) => zstd::decode(context, input, output),
        }
    }
}

fn deflate(compress: &mut Compress, input: &[u8], output: &mut [u8], flow: Flow) -> Result<Run, Failure> {
    let (taken, given) = (compress.total_in(), compress.total_out());
    let flush = match flow {
        Flow::Finish => FlushCompress::Finish,
        Flow::Flush => FlushCompress::Sync,
        Flow::GoOn => FlushCompress::None,
    };
    let status = compress.compress(input, output, flush).map_err(|_| Failure::Malformed)?;
    Ok(Run {
        consumed: since(taken, compress.total_in()),
        written: since(given, compress.total_out()),
        ended: matches!(status, Status::StreamEnd),
    })
}

fn inflate(decompress: &mut Decompress, input: &[u8], output: &mut [u8]) -> Result<Run, Failure> {
    let (taken, given) = (decompress.total_in(), decompress.total_out());
    let status =
        decompress.decompress(input, output, FlushDecompress::None).map_err(|_| Failure::Malformed)?;
    Ok(Run {
        consumed: since(taken, decompress.total_in()),
        written: since(given, decompress.total_out()),
        ended: matches!(status, Status::StreamEnd),
    })
}

/// How far a counter has moved in one call, which is no farther than a slice is long.
fn since(before: u64, after: u64) -> usize {
    usize::try_from(after.saturating_sub(before)).unwrap_or(usize::MAX)
}

fn brotli_encoder() -> BrotliEncoder {
    let mut state = BrotliEncoderStateStruct::new(StandardAlloc::default());
    state.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_QUALITY, BROTLI_QUALITY);
    state.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_LGWIN, BROTLI_WINDOW_BITS);
    state
}

fn brotli_encode(
    state: &mut BrotliEncoder,
    input: &[u8],
    output: &mut [u8],
    flow: Flow,
) -> Result<Run, Failure> {
    let operation = match flow {
        Flow::Finish => BrotliEncoderOperation::BROTLI_OPERATION_FINISH,
        Flow::Flush => BrotliEncoderOperation::BROTLI_OPERATION_FLUSH,
        Flow::GoOn => BrotliEncoderOperation::BROTLI_OPERATION_PROCESS,
    };
    let (mut left, mut consumed, mut room, mut written) = (input.len(), 0, output.len(), 0);
    let went_well = state.compress_stream(
        operation,
        &mut left,
        input,
        &mut consumed,
        &mut room,
        output,
        &mut written,
        &mut None,
        &mut |_, _, _, _| (),
    );
    if !went_well {
        return Err(Failure::Malformed);
    }
    Ok(Run { consumed, written, ended: state.is_finished() })
}

fn brotli_decode(state: &mut BrotliDecoder, input: &[u8], output: &mut [u8]) -> Result<Run, Failure> {
    let (mut left, mut consumed, mut room, mut written, mut total) = (input.len(), 0, output.len(), 0, 0);
    let result = BrotliDecompressStream(
        &mut left,
        &mut consumed,
        input,
        &mut room,
        &mut written,
        output,
        &mut total,
        state,
    );
    match result {
        BrotliResult::ResultSuccess => Ok(Run { consumed, written, ended: true }),
        BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {
            Ok(Run { consumed, written, ended: false })
        }
        BrotliResult::ResultFailure => Err(Failure::Malformed),
    }
}

/// The window that a stream of brotli needs, by its first byte (RFC 7932, section 9.1); `None` for the one that is reserved
/// there, with which others begin streams of a larger window.
pub(crate) fn brotli_window_bytes(first: u8) -> Option<usize> {
    let (low, high) = ((first >> 1) & 7, (first >> 4) & 7);
    let bits = match (first & 1, low, high) {
        (0, _, _) => 16,
        (_, 1..=7, _) => 17 + low,
        (_, _, 2..=7) => 8 + high,
        (_, _, 1) => return None,
        _ => 17,
    };
    Some(1 << bits)
}

#[cfg(test)]
mod tests;
