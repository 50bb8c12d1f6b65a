// What streams of all kinds have in common: their buffers' limits, and how they end.
import { error, invalidValue } from "../errors.js";

const apply = Reflect.apply;
const { queueMicrotask } = globalThis;

/** Calls a function when the running code has come to its end. */
export const soon = (callback, ...args) => queueMicrotask(() => apply(callback, undefined, args));

export const kConstructed = Symbol("constructed");

let bytesDefault = 64 * 1024;
let objectsDefault = 16;

export const getDefaultHighWaterMark = (objectMode) => (objectMode ? objectsDefault : bytesDefault);

export function setDefaultHighWaterMark(objectMode, value) {
  if (!Number.isInteger(value) || value < 0) throw invalidValue("value", value);
  if (objectMode) objectsDefault = value;
  else bytesDefault = value;
}

/** `side` is the option of a duplex stream that is about this side only. */
export function highWaterMarkOf(options, side, isDuplex, objectMode) {
  const given = options?.highWaterMark ?? (isDuplex ? options?.[side] : undefined);
  if (given === undefined || given === null) return getDefaultHighWaterMark(objectMode);
  if (!Number.isInteger(given) || given < 0) {
    throw invalidValue(isDuplex && options.highWaterMark === undefined ? `options.${side}` : "options.highWaterMark", given);
  }
  return given;
}

const statesOf = (stream) => [stream._readableState, stream._writableState].filter((state) => state !== undefined && state !== null);

function note(stream, failure) {
  if (!failure) return;
  void failure.stack;
  for (const state of statesOf(stream)) state.errored ??= failure;
}

/** `stream.destroy`. */
export function destroy(failure, callback) {
  const states = statesOf(this);
  if (states.some((state) => state.destroyed)) {
    if (typeof callback === "function") callback();
    return this;
  }
  note(this, failure);
  for (const state of states) state.destroyed = true;
  if (states.every((state) => state.constructed)) end(this, failure, callback);
  else this.once(kConstructed, (other) => end(this, failure ?? other, callback));
  return this;
}

function end(stream, failure, callback) {
  let called = false;
  const done = (given) => {
    if (called) return;
    called = true;
    note(stream, given);
    for (const state of statesOf(stream)) state.closed = true;
    if (typeof callback === "function") callback(given);
    soon(() => {
      if (given) emitError(stream, given);
      emitClose(stream);
    });
  };
  try {
    stream._destroy(failure || null, done);
  } catch (thrown) {
    done(thrown);
  }
}

function emitClose(stream) {
  const states = statesOf(stream);
  for (const state of states) state.closeEmitted = true;
  if (states.some((state) => state.emitClose)) stream.emit("close");
}

function emitError(stream, failure) {
  const states = statesOf(stream);
  if (states.some((state) => state.errorEmitted)) return;
  for (const state of states) state.errorEmitted = true;
  stream.emit("error", failure);
}

/** An error has come up: it destroys the stream, if that is wanted, or is only told. */
export function errorOrDestroy(stream, failure, sync = false) {
  const states = statesOf(stream);
  if (states.some((state) => state.destroyed)) return;
  if (states.some((state) => state.autoDestroy)) {
    stream.destroy(failure);
    return;
  }
  note(stream, failure);
  if (sync) soon(emitError, stream, failure);
  else emitError(stream, failure);
}

/** Lets a stream make itself ready; `callback` is called when it has. */
export function construct(stream, callback) {
  if (typeof stream._construct !== "function") return;
  for (const state of statesOf(stream)) state.constructed = false;
  stream.once(kConstructed, callback);
  if (stream.listenerCount(kConstructed) > 1) return;
  soon(() => {
    let called = false;
    const done = (failure) => {
      if (called) {
        errorOrDestroy(stream, failure ?? error("ERR_MULTIPLE_CALLBACK", "Callback called multiple times"));
        return;
      }
      called = true;
      const states = statesOf(stream);
      for (const state of states) state.constructed = true;
      if (states.some((state) => state.destroyed)) stream.emit(kConstructed, failure);
      else if (failure) errorOrDestroy(stream, failure, true);
      else soon(() => stream.emit(kConstructed));
    };
    try {
      stream._construct((failure) => soon(done, failure));
    } catch (thrown) {
      soon(done, thrown);
    }
  });
}

/** Resets what `destroy` did, for streams that are used again. */
export function undestroy() {
  for (const state of statesOf(this)) {
    Object.assign(state, { constructed: true, closed: false, closeEmitted: false, destroyed: false, errored: null, errorEmitted: false });
  }
  if (this._readableState) Object.assign(this._readableState, { reading: false, ended: this.readable === false, endEmitted: this.readable === false });
  if (this._writableState) {
    const isOver = this.writable === false;
    Object.assign(this._writableState, { finalCalled: false, prefinished: false, ended: isOver, ending: isOver, finished: isOver });
  }
}

export const isNodeStream = (value) => typeof value === "object" && value !== null && (value._readableState || value._writableState || (typeof value.write === "function" && typeof value.on === "function") || (typeof value.pipe === "function" && typeof value.on === "function"));
export const isReadable = (stream) => Boolean(isNodeStream(stream) && typeof stream.on === "function" && (stream._readableState ? stream.readable !== false : typeof stream.pipe === "function"));
export const isWebStream = (value) => value instanceof ReadableStream || value instanceof WritableStream || (typeof value === "object" && value !== null && value.readable instanceof ReadableStream && value.writable instanceof WritableStream);
