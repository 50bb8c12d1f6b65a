// What a readable stream keeps, and how chunks come in and go out of its buffer.
import { Buffer } from "../../buffer.js";
import { StringDecoder } from "../../string_decoder.js";
import { error, invalidType } from "../errors.js";
import { errorOrDestroy, highWaterMarkOf, soon } from "./lifecycle.js";

const HIGH_WATER_MARK_MAX = 0x40000000;

export class ReadableState {
  constructor(options, isDuplex) {
    this.objectMode = Boolean(options?.objectMode || (isDuplex && options?.readableObjectMode));
    this.highWaterMark = highWaterMarkOf(options, "readableHighWaterMark", isDuplex, this.objectMode);
    this.buffer = [];
    this.length = 0;
    this.pipes = [];
    this.flowing = null;
    this.ended = false;
    this.endEmitted = false;
    this.reading = false;
    this.constructed = true;
    this.sync = true;
    this.needReadable = false;
    this.emittedReadable = false;
    this.readableListening = false;
    this.resumeScheduled = false;
    this.paused = false;
    this.errorEmitted = false;
    this.emitClose = options?.emitClose !== false;
    this.autoDestroy = options?.autoDestroy !== false;
    this.destroyed = false;
    this.errored = null;
    this.closed = false;
    this.closeEmitted = false;
    this.defaultEncoding = options?.defaultEncoding || "utf8";
    this.awaitDrainWriters = new Set();
    this.multiAwaitDrain = false;
    this.readingMore = false;
    this.dataEmitted = false;
    this.decoder = options?.encoding ? new StringDecoder(options.encoding) : null;
    this.encoding = options?.encoding || null;
  }

  get pipesCount() {
    return this.pipes.length;
  }
}

// What is put in is text or bytes, unless the stream takes anything.
function prepared(state, chunk, encoding, toFront) {
  if (typeof chunk === "string") {
    const name = encoding || state.defaultEncoding;
    if (state.encoding === name) return { chunk, isText: true };
    const bytes = Buffer.from(chunk, name);
    return toFront && state.encoding ? { chunk: bytes.toString(state.encoding), isText: true } : { chunk: bytes };
  }
  if (chunk instanceof Buffer) return { chunk };
  if (ArrayBuffer.isView(chunk)) return { chunk: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) };
  return { failure: invalidType("chunk", "of type string or an instance of Buffer, TypedArray, or DataView", chunk) };
}

/** `push` and `unshift`. */
export function addChunk(stream, given, encoding, toFront) {
  const state = stream._readableState;
  let chunk = given;
  let isText = Boolean(encoding);
  if (!state.objectMode && chunk !== null && chunk !== undefined) {
    const result = prepared(state, chunk, encoding, toFront);
    if (result.failure !== undefined) {
      errorOrDestroy(stream, result.failure);
      return false;
    }
    chunk = result.chunk;
    isText = result.isText === true;
  }
  if (chunk === null || (chunk === undefined && !state.objectMode)) {
    if (chunk === undefined) {
      state.reading = false;
      readMore(stream, state);
    } else {
      state.reading = false;
      onEnd(stream, state);
    }
    return false;
  }
  if (!state.objectMode && chunk.length <= 0) {
    if (!toFront) {
      state.reading = false;
      readMore(stream, state);
    }
    return wantsMore(state);
  }
  if (toFront) {
    if (state.endEmitted) errorOrDestroy(stream, error("ERR_STREAM_UNSHIFT_AFTER_END_EVENT", "stream.unshift() after end event"));
    else if (state.destroyed || state.errored) return false;
    else put(stream, state, chunk, true);
  } else if (state.ended) {
    errorOrDestroy(stream, error("ERR_STREAM_PUSH_AFTER_EOF", "stream.push() after EOF"));
  } else if (state.destroyed || state.errored) {
    return false;
  } else {
    state.reading = false;
    if (state.decoder !== null && !isText) chunk = state.decoder.write(chunk);
    if (state.objectMode || chunk.length !== 0) put(stream, state, chunk, false);
    else readMore(stream, state);
  }
  return wantsMore(state);
}

const wantsMore = (state) => !state.ended && (state.length < state.highWaterMark || state.length === 0);

function put(stream, state, chunk, toFront) {
  if (state.flowing && state.length === 0 && !state.sync && stream.listenerCount("data") > 0) {
    if (state.multiAwaitDrain) state.awaitDrainWriters.clear();
    state.dataEmitted = true;
    stream.emit("data", chunk);
  } else {
    state.length += state.objectMode ? 1 : chunk.length;
    if (toFront) state.buffer.unshift(chunk);
    else state.buffer.push(chunk);
    if (state.needReadable) emitReadable(stream);
  }
  readMore(stream, state);
}

function onEnd(stream, state) {
  if (state.ended) return;
  const rest = state.decoder?.end();
  if (rest?.length > 0) {
    state.buffer.push(rest);
    state.length += state.objectMode ? 1 : rest.length;
  }
  state.ended = true;
  if (state.sync) {
    emitReadable(stream);
  } else {
    state.needReadable = false;
    state.emittedReadable = true;
    emitReadableNow(stream);
  }
}

export function emitReadable(stream) {
  const state = stream._readableState;
  state.needReadable = false;
  if (state.emittedReadable) return;
  state.emittedReadable = true;
  soon(emitReadableNow, stream);
}

function emitReadableNow(stream) {
  const state = stream._readableState;
  if (!state.destroyed && !state.errored && (state.length > 0 || state.ended)) {
    stream.emit("readable");
    state.emittedReadable = false;
  }
  state.needReadable = !state.flowing && !state.ended && state.length <= state.highWaterMark;
  flow(stream);
}

/** Reads for as long as the stream flows. */
export function flow(stream) {
  const state = stream._readableState;
  while (state.flowing && stream.read() !== null);
}

/** Asks the source for more until the buffer is full enough. */
export function readMore(stream, state) {
  if (state.readingMore || !state.constructed) return;
  state.readingMore = true;
  soon(() => {
    while (!state.reading && !state.ended && (state.length < state.highWaterMark || (state.flowing && state.length === 0))) {
      const before = state.length;
      stream.read(0);
      if (before === state.length) break;
    }
    state.readingMore = false;
  });
}

/** How many bytes or objects `read(n)` can give. */
export function readableAmount(n, state) {
  if (n <= 0 || (state.length === 0 && state.ended)) return 0;
  if (state.objectMode) return 1;
  if (Number.isNaN(n)) return state.flowing && state.length > 0 ? state.buffer[0].length : state.length;
  if (n <= state.length) return n;
  return state.ended ? state.length : 0;
}

/** A larger mark for who asks for more at once. */
export function raisedMark(n) {
  if (n > HIGH_WATER_MARK_MAX) throw Object.setPrototypeOf(error("ERR_OUT_OF_RANGE", `The value of "size" is out of range. It must be <= 1GiB. Received ${n}`), RangeError.prototype);
  return 2 ** Math.ceil(Math.log2(Math.max(n, 1)));
}

/** Takes `n` bytes or the next object out of the buffer. */
export function takeOut(n, state) {
  if (state.length === 0) return null;
  if (state.objectMode) return state.buffer.shift();
  if (!n || n >= state.length) {
    const all = state.decoder ? state.buffer.join("") : state.buffer.length === 1 ? state.buffer[0] : Buffer.concat(state.buffer, state.length);
    state.buffer.length = 0;
    return all;
  }
  const parts = [];
  for (let left = n; left > 0; ) {
    const first = state.buffer[0];
    if (first.length <= left) {
      parts.push(state.buffer.shift());
      left -= first.length;
    } else {
      parts.push(first.slice(0, left));
      state.buffer[0] = first.slice(left);
      left = 0;
    }
  }
  return state.decoder ? parts.join("") : parts.length === 1 ? parts[0] : Buffer.concat(parts, n);
}

/** Tells that the stream is at its end, once all of it was read. */
export function endReadable(stream) {
  const state = stream._readableState;
  if (state.endEmitted) return;
  state.ended = true;
  soon(() => {
    if (state.errored || state.closeEmitted || state.endEmitted || state.length !== 0) return;
    state.endEmitted = true;
    stream.emit("end");
    const writable = stream._writableState;
    if (stream.writable && stream.allowHalfOpen === false) {
      soon(() => {
        if (stream.writable && !stream.writableEnded && !stream.destroyed) stream.end();
      });
    } else if (state.autoDestroy && (!writable || (writable.autoDestroy && (writable.finished || writable.writable === false)))) {
      stream.destroy();
    }
  });
}
