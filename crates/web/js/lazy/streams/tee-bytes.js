// ReadableByteStreamTee: two byte streams that both get every byte. A read into a buffer of one branch is passed on
// to the stream as such; the other branch gets a copy of what comes.

import { cloneAsUint8Array } from "./buffers.js";
import { queueMicrotaskSteps, resolvedUndefined, uponRejection } from "./promises.js";
import { readableByteStreamControllerGetBYOBRequest } from "./pull-into.js";
import {
  createReadableByteStreamSlots,
  readableByteStreamControllerClose,
  readableByteStreamControllerEnqueue,
  readableByteStreamControllerError,
} from "./readable-byte-core.js";
import {
  acquireReadableStreamBYOBReader,
  acquireReadableStreamDefaultReader,
  readableStreamBYOBReaderRead,
  readableStreamDefaultReaderRead,
  readableStreamReaderRelease,
} from "./readers-core.js";
import { readableByteStreamControllerRespond, readableByteStreamControllerRespondWithNewView } from "./respond.js";
import { TeeBranches } from "./tee-branches.js";

export class ByteTee extends TeeBranches {
  readAgainForBranch1 = false;
  readAgainForBranch2 = false;

  constructor(stream) {
    super(stream);
    this.reader = acquireReadableStreamDefaultReader(stream);
    this.first = createReadableByteStreamSlots(() => this.#pull1(), (reason) => this.cancel1(reason));
    this.second = createReadableByteStreamSlots(() => this.#pull2(), (reason) => this.cancel2(reason));
    this.#forwardReaderError(this.reader);
  }

  errorBranches(error) {
    readableByteStreamControllerError(this.first.controller, error);
    readableByteStreamControllerError(this.second.controller, error);
  }

  #pull1() {
    if (this.reading) this.readAgainForBranch1 = true;
    else this.#pull(false);
    return resolvedUndefined;
  }

  #pull2() {
    if (this.reading) this.readAgainForBranch2 = true;
    else this.#pull(true);
    return resolvedUndefined;
  }

  #pull(forBranch2) {
    this.reading = true;
    const branch = forBranch2 ? this.second : this.first;
    const byobRequest = readableByteStreamControllerGetBYOBRequest(branch.controller);
    if (byobRequest === null) this.#pullWithDefaultReader();
    else this.#pullWithBYOBReader(byobRequest.view, forBranch2);
  }

  #pullWithDefaultReader() {
    if (this.reader.isBYOB) this.#takeReader(acquireReadableStreamDefaultReader);
    readableStreamDefaultReaderRead(this.reader, new DefaultRead(this));
  }

  #pullWithBYOBReader(view, forBranch2) {
    if (!this.reader.isBYOB) this.#takeReader(acquireReadableStreamBYOBReader);
    readableStreamBYOBReaderRead(this.reader, view, 1, new BYOBRead(this, forBranch2));
  }

  #takeReader(acquire) {
    readableStreamReaderRelease(this.reader);
    this.reader = acquire(this.stream);
    this.#forwardReaderError(this.reader);
  }

  #forwardReaderError(reader) {
    uponRejection(reader.promiseOfClosed, (error) => {
      // The closed promise of a reader that was released is rejected, too.
      if (reader !== this.reader) return;
      this.errorBranches(error);
      this.settleCancel();
    });
  }

  isCanceled(forBranch2) {
    return forBranch2 ? this.canceled2 : this.canceled1;
  }

  beginDistributing() {
    this.readAgainForBranch1 = false;
    this.readAgainForBranch2 = false;
  }

  endDistributing() {
    this.reading = false;
    if (this.readAgainForBranch1) this.#pull1();
    else if (this.readAgainForBranch2) this.#pull2();
  }

  /** A copy of the chunk, or undefined if there is no memory for one: then the tee has failed. */
  tryClone(chunk) {
    try {
      return cloneAsUint8Array(chunk);
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }
}

// Both kinds of reads distribute their chunk a microtask later, so that an error that the source signals right after
// the chunk reaches both branches at the same time as the chunk's reader would see it.

class DefaultRead {
  constructor(tee) {
    this.tee = tee;
  }

  chunkSteps(chunk) {
    queueMicrotaskSteps(() => this.#distribute(chunk));
  }

  #distribute(chunk) {
    const { tee } = this;
    tee.beginDistributing();
    let chunk2 = chunk;
    if (!tee.canceled1 && !tee.canceled2) {
      chunk2 = tee.tryClone(chunk);
      if (chunk2 === undefined) return;
    }
    if (!tee.canceled1) readableByteStreamControllerEnqueue(tee.first.controller, chunk);
    if (!tee.canceled2) readableByteStreamControllerEnqueue(tee.second.controller, chunk2);
    tee.endDistributing();
  }

  closeSteps() {
    const { tee } = this;
    const { first, second } = tee;
    tee.reading = false;
    if (!tee.canceled1) readableByteStreamControllerClose(first.controller);
    if (!tee.canceled2) readableByteStreamControllerClose(second.controller);
    answerPendingWithNothing(first);
    answerPendingWithNothing(second);
    tee.settleCancel();
  }

  errorSteps() {
    this.tee.reading = false;
  }
}

class BYOBRead {
  constructor(tee, forBranch2) {
    this.tee = tee;
    this.forBranch2 = forBranch2;
    this.byobBranch = forBranch2 ? tee.second : tee.first;
    this.otherBranch = forBranch2 ? tee.first : tee.second;
  }

  chunkSteps(chunk) {
    queueMicrotaskSteps(() => this.#distribute(chunk));
  }

  #distribute(chunk) {
    const { tee } = this;
    tee.beginDistributing();
    const byobCanceled = tee.isCanceled(this.forBranch2);
    if (!tee.isCanceled(!this.forBranch2)) {
      const clonedChunk = tee.tryClone(chunk);
      if (clonedChunk === undefined) return;
      if (!byobCanceled) readableByteStreamControllerRespondWithNewView(this.byobBranch.controller, chunk);
      readableByteStreamControllerEnqueue(this.otherBranch.controller, clonedChunk);
    } else if (!byobCanceled) {
      readableByteStreamControllerRespondWithNewView(this.byobBranch.controller, chunk);
    }
    tee.endDistributing();
  }

  closeSteps(chunk) {
    const { tee } = this;
    tee.reading = false;
    const byobCanceled = tee.isCanceled(this.forBranch2);
    const otherCanceled = tee.isCanceled(!this.forBranch2);
    if (!byobCanceled) readableByteStreamControllerClose(this.byobBranch.controller);
    if (!otherCanceled) readableByteStreamControllerClose(this.otherBranch.controller);
    // There is no chunk if the read was given up because the stream was cancelled.
    if (chunk !== undefined) {
      if (!byobCanceled) readableByteStreamControllerRespondWithNewView(this.byobBranch.controller, chunk);
      if (!otherCanceled) answerPendingWithNothing(this.otherBranch);
    }
    tee.settleCancel();
  }

  errorSteps() {
    this.tee.reading = false;
  }
}

function answerPendingWithNothing(branch) {
  if (branch.controller.pendingPullIntos.length > 0) readableByteStreamControllerRespond(branch.controller, 0);
}
