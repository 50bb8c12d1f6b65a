// ReadableStreamTee and ReadableStreamDefaultTee: two streams that both get every chunk.

import { load } from "../../lazy.js";
import { cloneAsUint8Array, isUint8Array } from "./buffers.js";
import { queueMicrotaskSteps, resolvedUndefined, uponRejection } from "./promises.js";
import {
  createReadableStream,
  readableStreamDefaultControllerClose,
  readableStreamDefaultControllerEnqueue,
  readableStreamDefaultControllerError,
} from "./readable-default.js";
import { acquireReadableStreamDefaultReader, readableStreamDefaultReaderRead } from "./readers-core.js";
import { TeeBranches } from "./tee-branches.js";
import { ByteTee } from "./tee-bytes.js";

/** The records of both branches, as `first` and `second`. */
export function readableStreamTee(stream, cloneForBranch2) {
  return stream.controller.isByteController ? new ByteTee(stream) : new DefaultTee(stream, cloneForBranch2);
}

class DefaultTee extends TeeBranches {
  readAgain = false;

  constructor(stream, cloneForBranch2) {
    super(stream);
    this.cloneForBranch2 = cloneForBranch2;
    this.reader = acquireReadableStreamDefaultReader(stream);
    const pull = () => this.pull();
    this.first = createReadableStream(noStart, pull, (reason) => this.cancel1(reason));
    this.second = createReadableStream(noStart, pull, (reason) => this.cancel2(reason));
    uponRejection(this.reader.promiseOfClosed, (error) => {
      this.errorBranches(error);
      this.settleCancel();
    });
  }

  errorBranches(error) {
    readableStreamDefaultControllerError(this.first.controller, error);
    readableStreamDefaultControllerError(this.second.controller, error);
  }

  pull() {
    if (this.reading) {
      this.readAgain = true;
    } else {
      this.reading = true;
      readableStreamDefaultReaderRead(this.reader, this);
    }
    return resolvedUndefined;
  }

  // A microtask later, so that an error that the source signals right after the chunk is seen by both branches
  // at the same time as the chunk's reader would see it.
  chunkSteps(chunk) {
    queueMicrotaskSteps(() => this.#distribute(chunk));
  }

  #distribute(chunk) {
    this.readAgain = false;
    let chunk2 = chunk;
    if (!this.canceled2 && this.cloneForBranch2) {
      try {
        chunk2 = isUint8Array(chunk) ? cloneAsUint8Array(chunk) : load("lazy/structured-clone.js").structuredClone(chunk);
      } catch (error) {
        this.fail(error);
        return;
      }
    }
    if (!this.canceled1) readableStreamDefaultControllerEnqueue(this.first.controller, chunk);
    if (!this.canceled2) readableStreamDefaultControllerEnqueue(this.second.controller, chunk2);
    this.reading = false;
    if (this.readAgain) this.pull();
  }

  closeSteps() {
    this.reading = false;
    if (!this.canceled1) readableStreamDefaultControllerClose(this.first.controller);
    if (!this.canceled2) readableStreamDefaultControllerClose(this.second.controller);
    this.settleCancel();
  }

  errorSteps() {
    this.reading = false;
  }
}

const noStart = () => undefined;
