// The Compression Standard (https://compression.spec.whatwg.org/): CompressionStream and DecompressionStream.
import { defineInterface, enumeration, requireArguments } from "../webidl.js";
import { createTransform } from "./streams/index.js";
import { native } from "../native.js";

const FORMATS = ["deflate", "deflate-raw", "gzip", "brotli"];

export class CompressionStream {
  #stream;

  constructor(format) {
    requireArguments(arguments.length, 1, "CompressionStream");
    this.#stream = codecStream(enumeration(format, FORMATS, "CompressionStream: the format"), true, "CompressionStream");
  }

  get readable() {
    return this.#stream.readable;
  }

  get writable() {
    return this.#stream.writable;
  }
}
defineInterface(CompressionStream, "CompressionStream");

export class DecompressionStream {
  #stream;

  constructor(format) {
    requireArguments(arguments.length, 1, "DecompressionStream");
    this.#stream = codecStream(enumeration(format, FORMATS, "DecompressionStream: the format"), false, "DecompressionStream");
  }

  get readable() {
    return this.#stream.readable;
  }

  get writable() {
    return this.#stream.writable;
  }
}
defineInterface(DecompressionStream, "DecompressionStream");

function codecStream(format, compress, what) {
  // Made with the first byte: a stream that is never used holds no tables.
  let codec;
  const release = () => {
    if (codec !== undefined) native.codecFree(codec);
    codec = undefined;
  };
  const run = (bytes, last, controller) => {
    codec ??= native.codecNew(format, compress);
    try {
      pump(codec, bytes, last, controller);
    } catch (error) {
      release();
      throw error;
    }
  };
  return createTransform({
    transform(chunk, controller) {
      if (!native.isBufferSource(chunk)) throw new TypeError(`${what}: a chunk is not an ArrayBuffer or an ArrayBufferView.`);
      run(chunk, false, controller);
    },
    flush(controller) {
      run(undefined, true, controller);
      release();
    },
    cancel: release,
  });
}

// Each call of the native does a bounded piece of work. Why: a few kilobytes can unpack to gigabytes, and between the
// calls V8 gets to see that the isolate is over its CPU time or its memory.
function pump(codec, bytes, last, controller) {
  let offset = 0;
  for (;;) {
    const step = native.codecRun(codec, bytes, offset, last);
    offset += step[0];
    if (step[1] !== undefined) controller.enqueue(step[1]);
    if (!step[2]) return;
  }
}
