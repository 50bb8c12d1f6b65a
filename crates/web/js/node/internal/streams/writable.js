// Writable streams.
import { EventEmitter } from "../../events.js";
import { Buffer } from "../../buffer.js";
import { AbortError, error, invalidType, typeError } from "../errors.js";
import { addAbortSignal } from "./abort.js";
import { finished } from "./finished.js";
import { Stream } from "./legacy.js";
import { construct, destroy, errorOrDestroy, highWaterMarkOf, soon, undestroy } from "./lifecycle.js";

const nothing = () => {};

export class WritableState {
  constructor(options, stream, isDuplex) {
    this.objectMode = Boolean(options?.objectMode || (isDuplex && options?.writableObjectMode));
    this.highWaterMark = highWaterMarkOf(options, "writableHighWaterMark", isDuplex, this.objectMode);
    this.finalCalled = false;
    this.needDrain = false;
    this.ending = false;
    this.ended = false;
    this.finished = false;
    this.destroyed = false;
    this.decodeStrings = options?.decodeStrings !== false;
    this.defaultEncoding = options?.defaultEncoding || "utf8";
    this.length = 0;
    this.writing = false;
    this.corked = 0;
    this.sync = true;
    this.bufferProcessing = false;
    this.onwrite = (failure) => onWrite(stream, failure);
    this.writecb = null;
    this.writelen = 0;
    this.buffered = [];
    this.allBuffers = true;
    this.pendingcb = 0;
    this.constructed = true;
    this.prefinished = false;
    this.errorEmitted = false;
    this.emitClose = options?.emitClose !== false;
    this.autoDestroy = options?.autoDestroy !== false;
    this.errored = null;
    this.closed = false;
    this.closeEmitted = false;
    this.onFinished = [];
  }

  getBuffer() {
    return this.buffered;
  }

  get bufferedRequestCount() {
    return this.buffered.length;
  }
}

export function Writable(options) {
  if (!(this instanceof Writable)) return new Writable(options);
  initialize(this, options, false);
  Stream.call(this, options);
  construct(this, () => {
    if (!this._writableState.writing) clearBuffer(this, this._writableState);
    finishMaybe(this, this._writableState);
  });
}
Object.setPrototypeOf(Writable.prototype, Stream.prototype);
Object.setPrototypeOf(Writable, Stream);
Writable.WritableState = WritableState;

/** What both a writable and a duplex stream begin with. */
export function initialize(stream, options, isDuplex) {
  stream._writableState = new WritableState(options, stream, isDuplex);
  if (typeof options?.write === "function") stream._write = options.write;
  if (typeof options?.writev === "function") stream._writev = options.writev;
  if (typeof options?.destroy === "function") stream._destroy = options.destroy;
  if (typeof options?.final === "function") stream._final = options.final;
  if (typeof options?.construct === "function") stream._construct = options.construct;
  if (options?.signal) addAbortSignal(options.signal, stream);
}

/** What a duplex stream does when it has made itself ready. */
export function afterConstruct(stream) {
  const state = stream._writableState;
  if (!state.writing) clearBuffer(stream, state);
  finishMaybe(stream, state);
}

// A duplex stream is one as well, though it inherits from Readable.
Object.defineProperty(Writable, Symbol.hasInstance, {
  value(object) {
    if (Function.prototype[Symbol.hasInstance].call(this, object)) return true;
    return this === Writable && object?._writableState instanceof WritableState;
  },
});

const afterEnd = () => error("ERR_STREAM_WRITE_AFTER_END", "write after end");
const whenDestroyed = (what) => error("ERR_STREAM_DESTROYED", `Cannot call ${what} after a stream was destroyed`);

// Gives true or false as `write` does, or the error.
function write(stream, givenChunk, givenEncoding, givenCallback) {
  const state = stream._writableState;
  let [chunk, encoding, callback] = [givenChunk, givenEncoding, givenCallback];
  if (typeof encoding === "function") {
    callback = encoding;
    encoding = state.defaultEncoding;
  } else {
    if (!encoding) encoding = state.defaultEncoding;
    else if (encoding !== "buffer" && !Buffer.isEncoding(encoding)) throw typeError("ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
    if (typeof callback !== "function") callback = nothing;
  }
  if (chunk === null) throw typeError("ERR_STREAM_NULL_VALUES", "May not write null values to stream");
  if (!state.objectMode) {
    if (typeof chunk === "string") {
      if (state.decodeStrings) {
        chunk = Buffer.from(chunk, encoding);
        encoding = "buffer";
      }
    } else if (chunk instanceof Buffer) encoding = "buffer";
    else if (ArrayBuffer.isView(chunk)) {
      chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      encoding = "buffer";
    } else throw invalidType("chunk", "of type string or an instance of Buffer, TypedArray, or DataView", chunk);
  }
  let failure;
  if (state.ending) failure = afterEnd();
  else if (state.destroyed) failure = whenDestroyed("write");
  if (failure !== undefined) {
    soon(callback, failure);
    errorOrDestroy(stream, failure, true);
    return failure;
  }
  state.pendingcb++;
  return writeOrBuffer(stream, state, { chunk, encoding, callback });
}

function writeOrBuffer(stream, state, { chunk, encoding, callback }) {
  const length = state.objectMode ? 1 : chunk.length;
  state.length += length;
  const hasRoom = state.length < state.highWaterMark;
  if (!hasRoom) state.needDrain = true;
  if (state.writing || state.corked || state.errored || !state.constructed) {
    state.buffered.push({ chunk, encoding, callback });
    if (encoding !== "buffer") state.allBuffers = false;
  } else {
    state.writelen = length;
    state.writecb = callback;
    state.writing = true;
    state.sync = true;
    stream._write(chunk, encoding, state.onwrite);
    state.sync = false;
  }
  return hasRoom && !state.errored && !state.destroyed;
}

function onWrite(stream, failure) {
  const state = stream._writableState;
  const { sync, writecb: callback } = state;
  if (typeof callback !== "function") {
    errorOrDestroy(stream, error("ERR_MULTIPLE_CALLBACK", "Callback called multiple times"));
    return;
  }
  state.writing = false;
  state.writecb = null;
  state.length -= state.writelen;
  state.writelen = 0;
  if (failure) {
    void failure.stack;
    state.errored ??= failure;
    if (stream._readableState && !stream._readableState.errored) stream._readableState.errored = failure;
    if (sync) soon(onWriteError, stream, failure, callback);
    else onWriteError(stream, failure, callback);
    return;
  }
  if (state.buffered.length > 0) clearBuffer(stream, state);
  if (sync) soon(afterWrite, stream, state, [callback]);
  else afterWrite(stream, state, [callback]);
}

function onWriteError(stream, failure, callback) {
  const state = stream._writableState;
  state.pendingcb--;
  callback(failure);
  errorBuffer(state);
  errorOrDestroy(stream, failure);
}

function afterWrite(stream, state, callbacks) {
  if (!state.ending && !stream.destroyed && state.length === 0 && state.needDrain) {
    state.needDrain = false;
    stream.emit("drain");
  }
  for (const callback of callbacks) {
    state.pendingcb--;
    callback(null);
  }
  if (state.destroyed) errorBuffer(state);
  finishMaybe(stream, state);
}

// Whoever waits for what will not be written any more is told.
function errorBuffer(state) {
  if (state.writing) return;
  for (const { chunk, callback } of state.buffered.splice(0)) {
    state.length -= state.objectMode ? 1 : chunk.length;
    state.pendingcb--;
    callback(state.errored ?? whenDestroyed("write"));
  }
  for (const callback of state.onFinished.splice(0)) callback(state.errored ?? whenDestroyed("end"));
}

function clearBuffer(stream, state) {
  if (state.corked || state.bufferProcessing || state.destroyed || !state.constructed || state.buffered.length === 0) return;
  state.bufferProcessing = true;
  if (state.buffered.length > 1 && typeof stream._writev === "function") {
    const all = state.buffered;
    state.buffered = [];
    state.pendingcb -= all.length - 1;
    const chunks = all.map(({ chunk, encoding }) => ({ chunk, encoding }));
    chunks.allBuffers = state.allBuffers;
    state.writelen = state.length;
    state.writecb = (failure) => {
      for (const { callback } of all) callback(failure);
    };
    state.writing = true;
    state.sync = true;
    stream._writev(chunks, state.onwrite);
    state.sync = false;
    state.allBuffers = true;
  } else {
    while (state.buffered.length > 0 && !state.writing) {
      const { chunk, encoding, callback } = state.buffered.shift();
      state.writelen = state.objectMode ? 1 : chunk.length;
      state.writecb = callback;
      state.writing = true;
      state.sync = true;
      stream._write(chunk, encoding, state.onwrite);
    }
  }
  state.bufferProcessing = false;
}

const methods = {
  write(chunk, encoding, callback) {
    return write(this, chunk, encoding, callback) === true;
  },
  cork() {
    this._writableState.corked++;
  },
  uncork() {
    const state = this._writableState;
    if (state.corked === 0) return;
    state.corked--;
    if (!state.writing) clearBuffer(this, state);
  },
  setDefaultEncoding(encoding) {
    const name = typeof encoding === "string" ? encoding.toLowerCase() : encoding;
    if (!Buffer.isEncoding(name)) throw typeError("ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
    this._writableState.defaultEncoding = name;
    return this;
  },
  _write(chunk, encoding, callback) {
    if (typeof this._writev !== "function") throw error("ERR_METHOD_NOT_IMPLEMENTED", "The _write() method is not implemented");
    this._writev([{ chunk, encoding }], callback);
  },
  end(givenChunk, givenEncoding, givenCallback) {
    const state = this._writableState;
    let [chunk, encoding, callback] = [givenChunk, givenEncoding, givenCallback];
    if (typeof chunk === "function") [chunk, encoding, callback] = [null, null, chunk];
    else if (typeof encoding === "function") [encoding, callback] = [null, encoding];
    let failure;
    if (chunk !== null && chunk !== undefined) {
      const result = write(this, chunk, encoding);
      if (result instanceof Error) failure = result;
    }
    if (state.corked) {
      state.corked = 1;
      this.uncork();
    }
    if (failure === undefined && !state.errored && !state.ending) {
      state.ending = true;
      finishMaybe(this, state, true);
      state.ended = true;
    } else if (failure === undefined) {
      if (state.finished) failure = error("ERR_STREAM_ALREADY_FINISHED", "Cannot call end after a stream was finished");
      else if (state.destroyed) failure = whenDestroyed("end");
    }
    if (typeof callback === "function") {
      if (failure !== undefined) soon(callback, failure);
      else if (state.finished) soon(callback);
      else state.onFinished.push(callback);
    }
    return this;
  },
  destroy(failure, callback) {
    const state = this._writableState;
    if (!state.destroyed && (state.buffered.length > 0 || state.onFinished.length > 0)) soon(errorBuffer, state);
    destroy.call(this, failure, callback);
    return this;
  },
  _undestroy: undestroy,
  _destroy(failure, callback) {
    callback(failure);
  },
};
Object.assign(Writable.prototype, methods);
Writable.prototype.pipe = function () {
  errorOrDestroy(this, error("ERR_STREAM_CANNOT_PIPE", "Cannot pipe, not readable"));
};
Writable.prototype[EventEmitter.captureRejectionSymbol] = function (failure) {
  this.destroy(failure);
};

const mayFinish = (state) =>
  state.ending && !state.destroyed && state.constructed && state.length === 0 && !state.errored && state.buffered.length === 0 && !state.finished && !state.writing && !state.errorEmitted && !state.closeEmitted;

function callFinal(stream, state) {
  let called = false;
  const done = (failure) => {
    if (called) {
      errorOrDestroy(stream, failure ?? error("ERR_MULTIPLE_CALLBACK", "Callback called multiple times"));
      return;
    }
    called = true;
    state.pendingcb--;
    if (failure) {
      for (const callback of state.onFinished.splice(0)) callback(failure);
      errorOrDestroy(stream, failure, state.sync);
    } else if (mayFinish(state)) {
      state.prefinished = true;
      stream.emit("prefinish");
      state.pendingcb++;
      soon(finish, stream, state);
    }
  };
  state.sync = true;
  state.pendingcb++;
  try {
    stream._final(done);
  } catch (thrown) {
    done(thrown);
  }
  state.sync = false;
}

function finishMaybe(stream, state, sync = false) {
  if (!mayFinish(state)) return;
  if (!state.prefinished && !state.finalCalled) {
    if (typeof stream._final === "function" && !state.destroyed) {
      state.finalCalled = true;
      callFinal(stream, state);
    } else {
      state.prefinished = true;
      stream.emit("prefinish");
    }
  }
  if (state.pendingcb !== 0 || !state.prefinished) return;
  state.pendingcb++;
  if (sync) {
    soon(() => {
      if (mayFinish(state)) finish(stream, state);
      else state.pendingcb--;
    });
  } else {
    finish(stream, state);
  }
}

function finish(stream, state) {
  state.pendingcb--;
  if (state.finished) return;
  state.finished = true;
  for (const callback of state.onFinished.splice(0)) callback(null);
  stream.emit("finish");
  const readable = stream._readableState;
  if (state.autoDestroy && (!readable || (readable.autoDestroy && (readable.endEmitted || readable.readable === false)))) stream.destroy();
}

const shown = (get) => ({ configurable: true, get });
export const writableProperties = {
  closed: shown(function () {
    return this._writableState?.closed ?? false;
  }),
  destroyed: {
    configurable: true,
    get() {
      return this._writableState?.destroyed ?? false;
    },
    set(value) {
      if (this._writableState) this._writableState.destroyed = value;
    },
  },
  errored: shown(function () {
    return this._writableState?.errored ?? null;
  }),
  writable: {
    configurable: true,
    get() {
      const state = this._writableState;
      return Boolean(state) && state.writable !== false && !state.destroyed && !state.errored && !state.ending && !state.ended;
    },
    set(value) {
      if (this._writableState) this._writableState.writable = Boolean(value);
    },
  },
  writableFinished: shown(function () {
    return this._writableState?.finished ?? false;
  }),
  writableObjectMode: shown(function () {
    return this._writableState?.objectMode ?? false;
  }),
  writableBuffer: shown(function () {
    return this._writableState?.getBuffer();
  }),
  writableEnded: shown(function () {
    return this._writableState?.ending ?? false;
  }),
  writableNeedDrain: shown(function () {
    const state = this._writableState;
    return Boolean(state) && !state.destroyed && !state.ending && state.needDrain;
  }),
  writableHighWaterMark: shown(function () {
    return this._writableState?.highWaterMark;
  }),
  writableCorked: shown(function () {
    return this._writableState?.corked ?? 0;
  }),
  writableLength: shown(function () {
    return this._writableState?.length;
  }),
  writableAborted: shown(function () {
    const state = this._writableState;
    return Boolean(state.writable !== false && (state.destroyed || state.errored) && !state.finished);
  }),
};
Object.defineProperties(Writable.prototype, writableProperties);

Writable.prototype[Symbol.asyncDispose] = function () {
  if (!this.destroyed) this.destroy(this.writableFinished ? null : new AbortError());
  return new Promise((resolve, reject) => finished(this, (failure) => (failure && failure.name !== "AbortError" ? reject(failure) : resolve())));
};
