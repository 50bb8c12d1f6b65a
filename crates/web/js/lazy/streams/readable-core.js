// The slots and abstract operations of readable streams that do not depend on the kind of their controller.
// A controller record has the methods pullSteps(readRequest), takeChunk(), hasChunk(), cancelSteps(reason) and
// releaseSteps(); a read request has chunkSteps(chunk), closeSteps() and errorSteps(e); a read-into request has the same
// but that its closeSteps gets a view or undefined.

import { freshResolved, promiseRejectedWith, transformPromise, ignore } from "./promises.js";

export class ReadableStreamSlots {
  constructor() {
    this.state = "readable";
    this.disturbed = false;
    this.reader = undefined;
    this.controller = undefined;
    this.storedError = undefined;
    // The ReadableStream that a tenant holds, once there is one.
    this.object = undefined;
    // What the stream reads from, if that is native and can be passed on without reading.
    this.source = undefined;
    // How many bytes there will be, if that is certain (of a FixedLengthStream).
    this.expectedLength = undefined;
  }
}

export function isReadableStreamLocked(stream) {
  return stream.reader !== undefined;
}

export function readableStreamHasDefaultReader(stream) {
  return stream.reader !== undefined && !stream.reader.isBYOB;
}

export function readableStreamHasBYOBReader(stream) {
  return stream.reader !== undefined && stream.reader.isBYOB;
}

/** Are there reads, of either kind of reader, that wait for a chunk? */
export function readableStreamHasWaitingReads(stream) {
  return stream.reader !== undefined && stream.reader.readRequests.length > 0;
}

export function readableStreamAddReadRequest(stream, readRequest) {
  stream.reader.readRequests.push(readRequest);
}

export function readableStreamFulfillReadRequest(stream, chunk, done) {
  const readRequest = stream.reader.readRequests.shift();
  if (done) readRequest.closeSteps();
  else readRequest.chunkSteps(chunk);
}

export function readableStreamFulfillReadIntoRequest(stream, chunk, done) {
  const readIntoRequest = stream.reader.readRequests.shift();
  if (done) readIntoRequest.closeSteps(chunk);
  else readIntoRequest.chunkSteps(chunk);
}

export function readableStreamCancel(stream, reason) {
  stream.disturbed = true;
  if (stream.state === "closed") return freshResolved(undefined);
  if (stream.state === "errored") return promiseRejectedWith(stream.storedError);
  readableStreamClose(stream);
  const { reader } = stream;
  if (reader !== undefined && reader.isBYOB) {
    reader.readRequests.drain((readIntoRequest) => readIntoRequest.closeSteps(undefined));
  }
  return transformPromise(stream.controller.cancelSteps(reason), ignore);
}

export function readableStreamClose(stream) {
  stream.state = "closed";
  const { reader } = stream;
  if (reader === undefined) return;
  reader.resolveClosed();
  if (!reader.isBYOB) reader.readRequests.drain((readRequest) => readRequest.closeSteps());
}

export function readableStreamError(stream, error) {
  stream.state = "errored";
  stream.storedError = error;
  const { reader } = stream;
  if (reader === undefined) return;
  reader.rejectClosed(error);
  reader.readRequests.drain((request) => request.errorSteps(error));
}
