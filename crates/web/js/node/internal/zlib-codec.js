// One stream that is packed or unpacked, on the natives behind CompressionStream.
import { native } from "../../native.js";
import { error, rangeError } from "./errors.js";
import { constants } from "./zlib-constants.js";

const TRAILING = "There is data after the end of the compressed data.";
const TRUNCATED = "The compressed data ends too early.";

/** What zlib would say. */
function failure(message, code) {
  return error(code, message, { errno: constants[code] ?? -2 });
}

export class Codec {
  #format;
  #compresses;
  #level;
  #codec;
  // Of "unzip": not known before the first two bytes.
  #head = new Uint8Array(0);
  #over = false;
  #given = 0;
  #lengthMax;
  #allowsTruncated;

  constructor(format, compresses, { level, maxOutputLength, allowsTruncated }) {
    this.#format = format;
    this.#compresses = compresses;
    this.#level = level;
    this.#lengthMax = maxOutputLength;
    this.#allowsTruncated = allowsTruncated;
  }

  /** Works on bytes, on none at the end; calls `give` with each piece that comes out. */
  write(bytes, give) {
    if (this.#over) return;
    let rest = bytes;
    if (this.#format === "unzip") {
      rest = joined(this.#head, bytes);
      this.#head = rest;
      if (rest.length < 2) return;
      this.#format = rest[0] === 0x1f && rest[1] === 0x8b ? "gzip" : "deflate";
    }
    this.#run(rest, false, give);
  }

  flush(give) {
    if (!this.#over && this.#compresses) this.#run(undefined, "flush", give);
  }

  end(give) {
    if (this.#over) return;
    if (this.#format === "unzip") throw failure("unexpected end of file", "Z_BUF_ERROR");
    try {
      this.#run(undefined, true, give);
    } finally {
      this.close();
    }
  }

  close() {
    if (this.#codec !== undefined) native.codecFree(this.#codec);
    this.#codec = undefined;
    this.#over = true;
  }

  reset() {
    if (this.#codec !== undefined) native.codecFree(this.#codec);
    this.#codec = undefined;
    this.#over = false;
  }

  #run(bytes, last, give) {
    let offset = 0;
    for (;;) {
      this.#codec ??= native.codecNew(this.#format, this.#compresses, this.#level);
      let step;
      try {
        step = native.codecRun(this.#codec, bytes, offset, last);
      } catch (thrown) {
        if (thrown instanceof TypeError && thrown.message === TRAILING) {
          // Another member of a gzip file; what else stands there is nobody's.
          if (this.#format === "gzip" && bytes[offset] === 0x1f && bytes[offset + 1] === 0x8b) {
            native.codecFree(this.#codec);
            this.#codec = undefined;
            continue;
          }
          this.close();
          return;
        }
        if (this.#allowsTruncated && thrown.message === TRUNCATED) return;
        throw this.#translated(thrown);
      }
      offset += step[0];
      if (step[1] !== undefined) {
        this.#given += step[1].length;
        if (this.#given > this.#lengthMax) throw rangeError("ERR_BUFFER_TOO_LARGE", `Cannot create a Buffer larger than ${this.#lengthMax} bytes`);
        give(step[1]);
      }
      if (!step[2]) return;
    }
  }

  #translated(thrown) {
    if (!(thrown instanceof TypeError)) return thrown;
    if (thrown.message === TRUNCATED) return failure("unexpected end of file", "Z_BUF_ERROR");
    if (this.#format === "brotli") return failure("Decompression failed", "ERR_BROTLI_DECODER_ERROR");
    if (this.#format === "zstd") return failure("Unknown frame descriptor", "ZSTD_error_prefix_unknown");
    return failure(this.#given === 0 ? "incorrect header check" : "invalid compressed data", "Z_DATA_ERROR");
  }
}

function joined(one, other) {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
