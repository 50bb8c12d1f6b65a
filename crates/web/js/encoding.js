// The Encoding Standard (https://encoding.spec.whatwg.org/): TextEncoder and TextDecoder.
import { DOMString, defineInterface, dictionary, requireArguments } from "./webidl.js";
import * as kind from "./kinds.js";
import { native } from "./native.js";

const { utf8Encode, utf8EncodeInto, utf8Decode } = native;
const uncurry = (method) => Function.prototype.call.bind(method);
const charCodeAt = uncurry(String.prototype.charCodeAt);
const typedArrayLength = uncurry(Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "length").get);
const Bytes = Uint8Array;

// Up to so many bytes V8 keeps an array's memory in the heap, and nothing has to be called to make one.
const SHORT_MAX = 64;

export class TextEncoder {
  // Only a brand: a wrong receiver must not pass.
  #brand;

  get encoding() {
    this.#brand;
    return "utf-8";
  }

  encode(input = "") {
    this.#brand;
    const string = DOMString(input);
    return (string.length <= SHORT_MAX ? shortAscii(string) : undefined) ?? utf8Encode(string);
  }

  encodeInto(source, destination) {
    this.#brand;
    requireArguments(arguments.length, 2, "TextEncoder.encodeInto");
    const string = DOMString(source);
    if (!isUint8Array(destination)) throw new TypeError("TextEncoder.encodeInto: the destination is not a Uint8Array.");
    const { length } = string;
    if (length <= SHORT_MAX && length <= typedArrayLength(destination) && writeAscii(string, destination)) return { read: length, written: length };
    const pair = utf8EncodeInto(string, destination);
    return { read: pair[0], written: pair[1] };
  }
}
defineInterface(TextEncoder, "TextEncoder");

// The bytes of a short text, if it is ASCII.
function shortAscii(string) {
  const bytes = new Bytes(string.length);
  return writeAscii(string, bytes) ? bytes : undefined;
}

// Writes as much of a text as is ASCII; says whether that is all of it.
function writeAscii(string, bytes) {
  for (let i = 0; i < string.length; i++) {
    const code = charCodeAt(string, i);
    if (code > 0x7f) return false;
    bytes[i] = code;
  }
  return true;
}

export class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  // The native decoder in the midst of a stream; undefined between streams. Most decoders never need one.
  #decoder = undefined;

  constructor(label = "utf-8", options = undefined) {
    this.#encoding = encodingNamed(label);
    const { fatal, ignoreBOM } = decoderOptions(options);
    this.#fatal = fatal;
    this.#ignoreBOM = ignoreBOM;
  }

  get encoding() {
    return this.#encoding;
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  decode(input = undefined, options = undefined) {
    const encoding = this.#encoding;
    if (input !== undefined) requireBytes(input);
    const stream = options === undefined ? false : Boolean(dictionary(options, "TextDecoder.decode: the options").stream);
    if (this.#decoder === undefined && !stream) return decodeAtOnce(encoding, input, this.#fatal, this.#ignoreBOM);

    const decoder = (this.#decoder ??= native.decoderNew(encoding, this.#fatal, this.#ignoreBOM));
    // Let go before decoding: after an error, and after the end of a stream, the next call starts afresh.
    this.#decoder = undefined;
    const text = native.decoderDecode(decoder, input, !stream);
    if (stream) this.#decoder = decoder;
    return text;
  }
}
defineInterface(TextDecoder, "TextDecoder");

/** The name of the encoding that a label stands for. */
export function encodingNamed(label) {
  const string = DOMString(label);
  if (string === "utf-8") return string;
  const name = native.encodingForLabel(string);
  if (name === undefined) throw new RangeError(`TextDecoder: the encoding label '${string}' is invalid.`);
  return name;
}

export function decoderOptions(options) {
  if (options === undefined) return { fatal: false, ignoreBOM: false };
  const { fatal, ignoreBOM } = dictionary(options, "TextDecoder: the options");
  return { fatal: Boolean(fatal), ignoreBOM: Boolean(ignoreBOM) };
}

function decodeAtOnce(encoding, input, fatal, ignoreBOM) {
  if (input === undefined) return "";
  if (encoding === "utf-8") return utf8Decode(input, fatal, ignoreBOM);
  return native.decode(encoding, input, fatal, ignoreBOM);
}

const isView = ArrayBuffer.isView;
const typedArrayName = uncurry(Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get);

function isUint8Array(value) {
  return typedArrayName(value) === "Uint8Array";
}

/** Throws unless the value is one that the Encoding Standard takes bytes from. */
export function requireBytes(value, what = "TextDecoder.decode: the input") {
  if (isView(value)) return;
  const is = native.kindOf(value);
  if (is !== kind.ARRAY_BUFFER && is !== kind.SHARED_ARRAY_BUFFER) {
    throw new TypeError(`${what} is not an ArrayBuffer or an ArrayBufferView.`);
  }
}
