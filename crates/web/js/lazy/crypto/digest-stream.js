// crypto.DigestStream: a WritableStream whose chunks become one digest. Workers have it beyond the standard.
import { defineInterface, requireArguments } from "../../webidl.js";
import { hashName } from "./algorithms.js";
import { WritableStream } from "../streams/index.js";
import { registerPlatformInterface } from "../../registered.js";
import { native } from "../../native.js";

const NativePromise = Promise;
const then = Function.prototype.call.bind(Promise.prototype.then);
const ignore = () => {};

export class DigestStream extends WritableStream {
  #digest;
  #counted;

  constructor(algorithm) {
    requireArguments(arguments.length, 1, "DigestStream");
    const hasher = native.hasherNew(hashName(algorithm));
    const counted = { bytes: 0 };
    let resolve;
    let reject;
    const digest = new NativePromise((...functions) => {
      resolve = functions[0];
      reject = functions[1];
    });
    // Whoever aborts the stream may never ask for the digest.
    then(digest, undefined, ignore);
    super({
      __proto__: null,
      write(chunk) {
        const bytes = typeof chunk === "string" ? native.utf8Encode(chunk) : chunk;
        if (!native.isBufferSource(bytes)) {
          const error = new TypeError("DigestStream: a chunk is a string, an ArrayBuffer or an ArrayBufferView.");
          reject(error);
          throw error;
        }
        counted.bytes += native.hasherUpdate(hasher, bytes);
      },
      close() {
        resolve(native.hasherFinish(hasher));
      },
      abort(reason) {
        reject(reason);
      },
    });
    this.#digest = digest;
    this.#counted = counted;
  }

  /** The digest, as an ArrayBuffer, once the stream is closed. */
  get digest() {
    return this.#digest;
  }

  get bytesWritten() {
    return this.#counted.bytes;
  }
}
defineInterface(DigestStream, "DigestStream");
registerPlatformInterface(DigestStream);
