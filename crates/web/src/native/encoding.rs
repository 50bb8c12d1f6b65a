//! Natives of the Encoding Standard: UTF-8 in and out of V8's strings, and all other encodings into them.

use encoding_rs::{CoderResult, Decoder, DecoderResult, Encoding, UTF_8, mem};
use mote_engine::{v8, watchdog};

use super::{
    args::{
        PIECE_BYTES, hold, hold_utf8, new_uint8_array, string_arg, throw_range_error, throw_type_error,
        utf8_of,
    },
    natives,
    resource::{with_resource, wrap},
};

natives! {
    utf8Encode => utf8_encode,
    utf8EncodeInto => utf8_encode_into,
    utf8Decode => utf8_decode,
    encodingForLabel => encoding_for_label,
    decode => decode,
    decoderNew => decoder_new,
    decoderDecode => decoder_decode,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const TOO_LONG: &str = "The text is longer than a string can be.";
const NOT_BYTES: &str = "The value is not an ArrayBuffer or an ArrayBufferView.";

/// Small views keep their bytes inside V8's heap, where they cannot be borrowed: they are copied into an array of this
/// size on the stack ([`v8::ArrayBufferView::get_contents`]).
pub(super) const ON_HEAP_BYTES_MAX: usize = v8::TYPED_ARRAY_MAX_SIZE_IN_HEAP;

/// A view of all the bytes that the argument at `index` stands for; `None` if it is neither view nor buffer.
pub(super) fn view_arg<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: &v8::FunctionCallbackArguments<'s>,
    index: i32,
) -> Option<v8::Local<'s, v8::ArrayBufferView>> {
    let value = args.get(index);
    if let Ok(view) = value.try_cast::<v8::ArrayBufferView>() {
        return Some(view);
    }
    if let Ok(buffer) = value.try_cast::<v8::ArrayBuffer>() {
        return v8::Uint8Array::new(scope, buffer, 0, buffer.byte_length()).map(Into::into);
    }
    // Shared memory has no other way to be read than byte by byte.
    let shared = value.try_cast::<v8::SharedArrayBuffer>().ok()?;
    let bytes = shared.get_backing_store().iter().map(std::cell::Cell::get).collect();
    new_uint8_array(scope, bytes).map(Into::into)
}

fn utf8_encode<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Ok(string) = args.get(0).try_cast::<v8::String>() else {
        throw_type_error(scope, "a string was expected");
        return;
    };
    let Some(held) = hold_utf8(scope, string) else { return };
    let bytes = utf8_of(scope, string);
    drop(held);
    if let Some(array) = new_uint8_array(scope, bytes) {
        rv.set(array.into());
    }
}

/// `utf8EncodeInto(string, Uint8Array) -> [code units read, bytes written]`
fn utf8_encode_into<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let (Ok(string), Ok(target)) =
        (args.get(0).try_cast::<v8::String>(), args.get(1).try_cast::<v8::Uint8Array>())
    else {
        throw_type_error(scope, "a string and a Uint8Array were expected");
        return;
    };
    // No code unit becomes more than three bytes.
    let mut bytes = vec![0; target.byte_length().min(string.length().saturating_mul(3))];
    let mut read = 0;
    let written =
        string.write_utf8_v2(scope, &mut bytes, v8::WriteFlags::kReplaceInvalidUtf8, Some(&mut read));
    write_into(target.into(), bytes.get(..written).unwrap_or_default());
    let pair = [read, written].map(|count| v8::Number::new(scope, exact(count)).into());
    rv.set(v8::Array::new_with_elements(scope, &pair).into());
}

/// Copies bytes to the beginning of a view, as many as fit.
pub(super) fn write_into(view: v8::Local<'_, v8::ArrayBufferView>, bytes: &[u8]) {
    let Some(store) = view.get_backing_store() else { return };
    let room = store.get(view.byte_offset()..).unwrap_or_default();
    for (cell, byte) in room.iter().take(view.byte_length()).zip(bytes) {
        cell.set(*byte);
    }
}

/// A count of bytes or code units as a JavaScript number; these are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "no memory has 2^53 bytes")]
pub(super) fn exact(count: usize) -> f64 {
    count as f64
}

/// `utf8Decode(bytes, fatal, ignoreBOM) -> string`
fn utf8_decode<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(view) = view_arg(scope, &args, 0) else {
        throw_type_error(scope, NOT_BYTES);
        return;
    };
    let mut storage = [0; ON_HEAP_BYTES_MAX];
    let bytes = view.get_contents(&mut storage);
    if args.get(1).is_true() && Encoding::utf8_valid_up_to(bytes) != bytes.len() {
        throw_malformed(scope, UTF_8);
        return;
    }
    let keeps_mark = args.get(2).is_true();
    let bytes = if keeps_mark { bytes } else { bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes) };
    // V8 puts U+FFFD where the bytes are malformed, in the places that the standard says.
    match v8::String::new_from_utf8(scope, bytes, v8::NewStringType::Normal) {
        Some(string) => rv.set(string.into()),
        None => throw_range_error(scope, TOO_LONG),
    }
}

/// `encodingForLabel(label) -> name | undefined`
fn encoding_for_label<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(label) = string_arg(scope, &args, 0) else { return };
    let Some(encoding) = Encoding::for_label_no_replacement(label.as_bytes()) else { return };
    if let Some(name) = v8::String::new(scope, &encoding.name().to_ascii_lowercase()) {
        rv.set(name.into());
    }
}

/// `decode(encoding, bytes, fatal, ignoreBOM) -> string`, all at once.
fn decode<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(encoding) = encoding_arg(scope, &args) else { return };
    let Some(view) = view_arg(scope, &args, 1) else {
        throw_type_error(scope, NOT_BYTES);
        return;
    };
    let mut decoding = Decoding::new(encoding, on_error_arg(&args, 2), mark_arg(&args, 3));
    let mut storage = [0; ON_HEAP_BYTES_MAX];
    if let Some(text) = decoding.run(scope, view.get_contents(&mut storage), Part::Last) {
        rv.set(text.into());
    }
}

/// `decoderNew(encoding, fatal, ignoreBOM) -> decoder`
fn decoder_new<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(encoding) = encoding_arg(scope, &args) else { return };
    let decoding = Decoding::new(encoding, on_error_arg(&args, 1), mark_arg(&args, 2));
    if let Some(object) = wrap(scope, decoding) {
        rv.set(object.into());
    }
}

/// `decoderDecode(decoder, bytes | undefined, last) -> string`; after `last` the decoder starts afresh.
fn decoder_decode<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let view = view_arg(scope, &args, 1);
    if view.is_none() && !args.get(1).is_undefined() {
        throw_type_error(scope, NOT_BYTES);
        return;
    }
    let part = if args.get(2).is_true() { Part::Last } else { Part::MoreToCome };
    let text = with_resource::<Decoding, _>(scope, args.get(0), |scope, decoding| {
        let mut storage = [0; ON_HEAP_BYTES_MAX];
        let bytes = view.as_ref().map_or(&[][..], |view| view.get_contents(&mut storage));
        decoding.run(scope, bytes, part).map(|text| v8::Global::new(scope, text))
    });
    match text {
        Some(Some(text)) => rv.set(v8::Local::new(scope, text).into()),
        // It has thrown already.
        Some(None) => {}
        None => throw_type_error(scope, "a decoder was expected"),
    }
}

fn encoding_arg(
    scope: &mut v8::PinScope<'_, '_>,
    args: &v8::FunctionCallbackArguments<'_>,
) -> Option<&'static Encoding> {
    let name = string_arg(scope, args, 0)?;
    let encoding = Encoding::for_label_no_replacement(name.as_bytes());
    if encoding.is_none() {
        throw_range_error(scope, "the encoding is unknown");
    }
    encoding
}

/// What the option `fatal` says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnError {
    Replace,
    Throw,
}

fn on_error_arg(args: &v8::FunctionCallbackArguments<'_>, index: i32) -> OnError {
    if args.get(index).is_true() { OnError::Throw } else { OnError::Replace }
}

/// What the option `ignoreBOM` says: a byte order mark that is ignored is a character like others, and stays.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Remove,
    Keep,
}

fn mark_arg(args: &v8::FunctionCallbackArguments<'_>, index: i32) -> Mark {
    if args.get(index).is_true() { Mark::Keep } else { Mark::Remove }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    MoreToCome,
    Last,
}

/// A stream of bytes on its way to text.
struct Decoding {
    encoding: &'static Encoding,
    on_error: OnError,
    mark: Mark,
    decoder: Decoder,
}

impl Decoding {
    fn new(encoding: &'static Encoding, on_error: OnError, mark: Mark) -> Self {
        let decoder = match mark {
            Mark::Keep => encoding.new_decoder_without_bom_handling(),
            Mark::Remove => encoding.new_decoder_with_bom_removal(),
        };
        Self { encoding, on_error, mark, decoder }
    }

    /// The text of the next bytes; throws and gives `None` if they are malformed (and `fatal` was asked for) or too
    /// many.
    fn run<'s>(
        &mut self,
        scope: &mut v8::PinScope<'s, '_>,
        bytes: &[u8],
        part: Part,
    ) -> Option<v8::Local<'s, v8::String>> {
        if self.passes_on(bytes) {
            return self.one_byte_text(scope, bytes, part);
        }
        let length_max = self.decoder.max_utf16_buffer_length(bytes.len());
        let Some(length_max) =
            length_max.filter(|length| *length <= v8::String::MAX_LENGTH.saturating_mul(2))
        else {
            throw_range_error(scope, TOO_LONG);
            return None;
        };
        // Units, and their bytes if it turns out that one is enough for each.
        let _held = hold(scope, length_max.saturating_mul(size_of::<u16>() + 1))?;
        let mut units = vec![0; length_max];
        let (is_whole, written) = self.fill(bytes, &mut units, part);
        if part == Part::Last || !is_whole {
            // A decoder that has seen its end must not be used again.
            *self = Self::new(self.encoding, self.on_error, self.mark);
        }
        if !is_whole {
            throw_malformed(scope, self.encoding);
            return None;
        }
        let text = new_text(scope, units.get(..written)?);
        if text.is_none() {
            throw_range_error(scope, TOO_LONG);
        }
        text
    }

    /// Whether each of these bytes is a character by itself, and nothing is left of those before.
    fn passes_on(&self, bytes: &[u8]) -> bool {
        self.decoder.latin1_byte_compatible_up_to(bytes) == Some(bytes.len())
    }

    fn one_byte_text<'s>(
        &mut self,
        scope: &mut v8::PinScope<'s, '_>,
        bytes: &[u8],
        part: Part,
    ) -> Option<v8::Local<'s, v8::String>> {
        if part == Part::Last {
            *self = Self::new(self.encoding, self.on_error, self.mark);
        }
        let text = v8::String::new_from_one_byte(scope, bytes, v8::NewStringType::Normal);
        if text.is_none() {
            throw_range_error(scope, TOO_LONG);
        }
        text
    }

    /// Decodes into `units`; gives whether all went well, and how many units were written.
    fn fill(&mut self, bytes: &[u8], units: &mut [u16], part: Part) -> (bool, usize) {
        let (mut pieces, mut written) = (bytes.chunks(PIECE_BYTES).peekable(), 0);
        loop {
            // Without bytes there is an end to be decoded all the same.
            let piece = pieces.next().unwrap_or_default();
            let last = pieces.peek().is_none();
            let room = units.get_mut(written..).unwrap_or_default();
            let piece_part = if last { part } else { Part::MoreToCome };
            let (is_whole, count) = self.fill_piece(piece, room, piece_part);
            written += count;
            if !is_whole || last || watchdog::is_stop_due() {
                return (is_whole, written);
            }
        }
    }

    fn fill_piece(&mut self, bytes: &[u8], units: &mut [u16], part: Part) -> (bool, usize) {
        let last = part == Part::Last;
        match self.on_error {
            OnError::Throw => {
                let (result, _, written) =
                    self.decoder.decode_to_utf16_without_replacement(bytes, units, last);
                (matches!(result, DecoderResult::InputEmpty), written)
            }
            OnError::Replace => {
                let (result, _, written, _) = self.decoder.decode_to_utf16(bytes, units, last);
                (matches!(result, CoderResult::InputEmpty), written)
            }
        }
    }
}

/// A text that takes no more room than it needs: V8 keeps two bytes of each unit that it is given as two.
fn new_text<'s>(scope: &mut v8::PinScope<'s, '_>, units: &[u16]) -> Option<v8::Local<'s, v8::String>> {
    if !mem::is_utf16_latin1(units) {
        return v8::String::new_from_two_byte(scope, units, v8::NewStringType::Normal);
    }
    let mut bytes = vec![0; units.len()];
    mem::convert_utf16_to_latin1_lossy(units, &mut bytes);
    v8::String::new_from_one_byte(scope, &bytes, v8::NewStringType::Normal)
}

fn throw_malformed(scope: &mut v8::PinScope<'_, '_>, encoding: &'static Encoding) {
    let name = encoding.name().to_ascii_lowercase();
    throw_type_error(scope, &format!("The encoded data was not valid for encoding {name}"));
}
