// Streams that JavaScript makes, as outgoing bodies: their chunks are written to a native pipe, whose being full is
// the backpressure.
import { load } from "./lazy.js";
import { bytesOf } from "./webidl.js";
import { native } from "./native.js";

const then = Function.prototype.call.bind(Promise.prototype.then);
const stringOf = String;

/** Starts to write a stream, which is locked from now on, to a new native body. Gives that body's id. */
export function pumpToPipe(stream) {
  const { acquireInternalReader, expectedLengthOf } = load("lazy/streams/index.js");
  const id = native.pipeNew(expectedLengthOf(stream));
  const reader = acquireInternalReader(stream);
  const state = { ended: false };
  const gone = native.pipeGone(id);
  if (gone !== undefined) then(gone, () => stop(reader, state, new TypeError("The reader of this body has left.")));
  pump(id, reader, state);
  return id;
}

async function pump(id, reader, state) {
  try {
    for (;;) {
      const result = await reader.read();
      if (state.ended) return;
      if (result.done) break;
      const full = native.pipeWrite(id, checkedChunk(result.value));
      if (full !== undefined) await full;
      if (state.ended) return;
    }
    state.ended = true;
    native.pipeClose(id);
  } catch (error) {
    if (state.ended) return;
    // The head is on its way already, so nobody else will tell the worker's author.
    native.reportException(error);
    native.pipeAbort(id, messageOf(error));
    stop(reader, state, error);
  }
}

function stop(reader, state, reason) {
  if (state.ended) return;
  state.ended = true;
  const cancelled = reader.cancel(reason);
  // What the source throws while it is cancelled has nobody left to go to.
  if (cancelled !== undefined) then(cancelled, undefined, () => {});
}

function checkedChunk(chunk) {
  const bytes = typeof chunk === "object" && chunk !== null ? bytesOf(chunk) : undefined;
  if (bytes !== undefined) return bytes;
  throw new TypeError(
    `A stream that is a body must give Uint8Array chunks, but it gave ${chunk === null ? "null" : `a value of type ${typeof chunk}`}. ` +
      "Pipe text through a TextEncoderStream.",
  );
}

// An error may be anything, and reading its message may throw as well.
function messageOf(error) {
  try {
    return stringOf(error);
  } catch {
    return "The body's stream failed.";
  }
}
