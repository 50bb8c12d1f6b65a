// The aborting of a body that is still arriving: of a fetched response whose request had a signal.
import { addAbortAlgorithm, removeAbortAlgorithm } from "./abort.js";
import { load } from "./lazy.js";
import { native } from "./native.js";

const then = Function.prototype.call.bind(Promise.prototype.then);
const NativePromise = Promise;

/** Follows a signal for as long as a native body is read. */
export class BodyAbort {
  aborted = false;
  reason = undefined;
  // The stream over the body, once there is one.
  stream = null;
  rejectRead = null;
  #id;
  #signal;
  #algorithm;

  constructor(id, signal) {
    this.#id = id;
    this.#signal = signal;
    this.#algorithm = (reason) => this.#abort(reason);
    addAbortAlgorithm(signal, this.#algorithm);
  }

  #abort(reason) {
    this.aborted = true;
    this.reason = reason;
    native.bodyCancel(this.#id);
    if (this.rejectRead !== null) this.rejectRead(reason);
    if (this.stream !== null) load("lazy/streams/index.js").errorStream(this.stream, reason);
  }

  /**
   * The outcome of `read()`, which an abort overtakes; `isLast(value)` says whether the body has ended with it. Why a race:
   * natives leave the promises of an aborted body alone. Why a function: they no longer know a body that was aborted before.
   */
  race(read, isLast) {
    if (this.aborted) return NativePromise.reject(this.reason);
    return new NativePromise((resolve, reject) => {
      this.rejectRead = reject;
      then(
        read(),
        (value) => {
          this.rejectRead = null;
          if (isLast(value)) this.release();
          resolve(value);
        },
        (error) => {
          this.rejectRead = null;
          reject(error);
        },
      );
    });
  }

  /** The body has ended: a signal that lives on must not collect the bodies that it could once abort. */
  release() {
    removeAbortAlgorithm(this.#signal, this.#algorithm);
  }
}
