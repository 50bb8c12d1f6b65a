// The Encoding Standard's streams (https://encoding.spec.whatwg.org/#interface-textencoderstream).
import { DOMString, defineInterface } from "../webidl.js";
import { decoderOptions, encodingNamed, requireBytes } from "../encoding.js";
import { createTransform } from "./streams/index.js";
import { native } from "../native.js";

export class TextEncoderStream {
  #stream;

  constructor() {
    // The first half of a surrogate pair whose second half is in the next chunk.
    let half = "";
    this.#stream = createTransform({
      transform(chunk, controller) {
        const string = half + DOMString(chunk);
        half = endsInHalf(string) ? string[string.length - 1] : "";
        const whole = half === "" ? string : slice(string, 0, -1);
        if (whole !== "") controller.enqueue(native.utf8Encode(whole));
      },
      flush(controller) {
        if (half !== "") controller.enqueue(native.utf8Encode(half));
      },
    });
  }

  get encoding() {
    this.#stream;
    return "utf-8";
  }

  get readable() {
    return this.#stream.readable;
  }

  get writable() {
    return this.#stream.writable;
  }
}
defineInterface(TextEncoderStream, "TextEncoderStream");

export class TextDecoderStream {
  #encoding;
  #fatal;
  #ignoreBOM;
  #stream;

  constructor(label = "utf-8", options = undefined) {
    const encoding = encodingNamed(label);
    const { fatal, ignoreBOM } = decoderOptions(options);
    let decoder;
    const decode = (bytes, last, controller) => {
      decoder ??= native.decoderNew(encoding, fatal, ignoreBOM);
      const text = native.decoderDecode(decoder, bytes, last);
      if (text !== "") controller.enqueue(text);
    };
    this.#encoding = encoding;
    this.#fatal = fatal;
    this.#ignoreBOM = ignoreBOM;
    this.#stream = createTransform({
      transform(chunk, controller) {
        requireBytes(chunk, "TextDecoderStream: a chunk");
        decode(chunk, false, controller);
      },
      flush(controller) {
        if (decoder !== undefined) decode(undefined, true, controller);
      },
    });
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

  get readable() {
    return this.#stream.readable;
  }

  get writable() {
    return this.#stream.writable;
  }
}
defineInterface(TextDecoderStream, "TextDecoderStream");

const uncurry = (method) => Function.prototype.call.bind(method);
const slice = uncurry(String.prototype.slice);
const codeUnitAt = uncurry(String.prototype.charCodeAt);

function endsInHalf(string) {
  if (string === "") return false;
  const last = codeUnitAt(string, string.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
