// ReadableByteStreamTee: two byte streams that both get every byte; a read into a buffer of one branch is passed on
// to the stream as such, and the other branch gets a copy.

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
import { TeeBranches } from "./tee.js";

export function readableByteStreamTee(stream) {
  // Why not at the top level: this module and tee.js import each other, and a superclass must exist by then.
  ByteTee ??= defineByteTee();
  return new ByteTee(stream);
}

let ByteTee;

function defineByteTee() {
  return class extends TeeBranches {
  };
}
