// The transfer of streams (https://streams.spec.whatwg.org/#rs-transfer). Both ends are in one isolate: the one that was given
// away is locked for ever, and each chunk is cloned on its way to the new one.
import { ReadableStream, WritableStream, isLocked, isReadableStream, isWritableStream } from "./streams/index.js";
import { structuredClone } from "./structured-clone.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const getReader = uncurry(ReadableStream.prototype.getReader);
const getWriter = uncurry(WritableStream.prototype.getWriter);
const isWritableLocked = uncurry(Object.getOwnPropertyDescriptor(WritableStream.prototype, "locked").get);

export const isStream = (value) => isReadableStream(value) || isWritableStream(value);

/** Can it be given away? Not while somebody reads or writes it. */
export const isStreamFree = (stream) => (isReadableStream(stream) ? !isLocked(stream) : !isWritableLocked(stream));

/** A stream in the place of one that is given away. */
export const transferStream = (stream) => (isReadableStream(stream) ? transferReadable(stream) : transferWritable(stream));

function transferReadable(stream) {
  const reader = getReader(stream);
  const source = {
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(cloneOr(value, (error) => reader.cancel(error)));
    },
    cancel: (reason) => reader.cancel(reason),
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}

function transferWritable(stream) {
  const writer = getWriter(stream);
  return new WritableStream({
    write: (chunk) => writer.write(cloneOr(chunk, (error) => writer.abort(error))),
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
}

// What cannot be cloned ends both streams.
function cloneOr(chunk, end) {
  try {
    return structuredClone(chunk);
  } catch (error) {
    end(error);
    throw error;
  }
}
