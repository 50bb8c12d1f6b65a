// Readable streams.
import { EventEmitter } from "../../events.js";
import { StringDecoder } from "../../string_decoder.js";
import { AbortError, error, invalidType, typeError } from "../errors.js";
import { addAbortSignal } from "./abort.js";
import { finished } from "./finished.js";
import { Stream } from "./legacy.js";
import { addOperators } from "./operators.js";
import { ReadableState, addChunk, emitReadable, endReadable, flow, raisedMark, readMore, readableAmount, takeOut } from "./readable-state.js";
import { construct, destroy, errorOrDestroy, soon, undestroy } from "./lifecycle.js";

export function Readable(options) {
  if (!(this instanceof Readable)) return new Readable(options);
  const isDuplex = this._isDuplex === true;
  this._readableState = new ReadableState(options, isDuplex);
  if (typeof options?.read === "function") this._read = options.read;
  if (typeof options?.destroy === "function") this._destroy = options.destroy;
  if (typeof options?.construct === "function") this._construct = options.construct;
  Stream.call(this, options);
  if (options?.signal && !isDuplex) addAbortSignal(options.signal, this);
  construct(this, () => {
    if (this._readableState.needReadable) readMore(this, this._readableState);
  });
}
Object.setPrototypeOf(Readable.prototype, Stream.prototype);
Object.setPrototypeOf(Readable, Stream);
Readable.ReadableState = ReadableState;

Readable.prototype.destroy = destroy;
Readable.prototype._undestroy = undestroy;
Readable.prototype._destroy = function (failure, callback) {
  callback(failure);
};
Readable.prototype[EventEmitter.captureRejectionSymbol] = function (failure) {
  this.destroy(failure);
};
Readable.prototype.push = function (chunk, encoding) {
  return addChunk(this, chunk, encoding, false);
};
Readable.prototype.unshift = function (chunk, encoding) {
  return addChunk(this, chunk, encoding, true);
};
Readable.prototype._read = function () {
  throw error("ERR_METHOD_NOT_IMPLEMENTED", "The _read() method is not implemented");
};

Readable.prototype.isPaused = function () {
  const state = this._readableState;
  return state.paused === true || state.flowing === false;
};

Readable.prototype.setEncoding = function (encoding) {
  const state = this._readableState;
  const decoder = new StringDecoder(encoding);
  state.decoder = decoder;
  state.encoding = decoder.encoding;
  const text = state.buffer.map((chunk) => decoder.write(chunk)).join("");
  state.buffer.length = 0;
  if (text !== "") state.buffer.push(text);
  state.length = text.length;
  return this;
};

Readable.prototype.read = function (size) {
  const state = this._readableState;
  let n = size === undefined ? NaN : Number.isInteger(size) ? size : parseInt(size, 10);
  const asked = n;
  if (n > state.highWaterMark) state.highWaterMark = raisedMark(n);
  if (n !== 0) state.emittedReadable = false;
  if (n === 0 && state.needReadable && ((state.highWaterMark !== 0 ? state.length >= state.highWaterMark : state.length > 0) || state.ended)) {
    if (state.length === 0 && state.ended) endReadable(this);
    else emitReadable(this);
    return null;
  }
  n = readableAmount(n, state);
  if (n === 0 && state.ended) {
    if (state.length === 0) endReadable(this);
    return null;
  }
  let asks = state.needReadable || state.length === 0 || state.length - n < state.highWaterMark;
  if (state.ended || state.reading || state.destroyed || state.errored || !state.constructed) asks = false;
  if (asks) {
    state.reading = true;
    state.sync = true;
    if (state.length === 0) state.needReadable = true;
    try {
      this._read(state.highWaterMark);
    } catch (thrown) {
      errorOrDestroy(this, thrown);
    }
    state.sync = false;
    // It may have pushed at once.
    if (!state.reading) n = readableAmount(asked, state);
  }
  const result = n > 0 ? takeOut(n, state) : null;
  if (result === null) {
    state.needReadable = state.length <= state.highWaterMark;
    n = 0;
  } else {
    state.length -= n;
    if (state.multiAwaitDrain) state.awaitDrainWriters.clear();
  }
  if (state.length === 0) {
    if (!state.ended) state.needReadable = true;
    if (asked !== n && state.ended) endReadable(this);
  }
  if (result !== null && !state.errored && !state.closeEmitted) {
    state.dataEmitted = true;
    this.emit("data", result);
  }
  return result;
};

Readable.prototype.pipe = function (target, options) {
  const source = this;
  const state = this._readableState;
  if (state.pipes.length === 1) state.multiAwaitDrain = true;
  state.pipes.push(target);
  const endsTarget = options?.end !== false && !target._isStdio;
  const onEnd = () => target.end();
  const atEnd = endsTarget ? onEnd : () => source.unpipe(target);
  if (state.endEmitted) soon(atEnd);
  else source.once("end", atEnd);

  const onDrain = () => {
    state.awaitDrainWriters.delete(target);
    if (state.awaitDrainWriters.size === 0 && source.listenerCount("data") > 0) source.resume();
  };
  const wait = () => {
    if (!state.pipes.includes(target)) return;
    state.awaitDrainWriters.add(target);
    source.pause();
    target.on("drain", onDrain);
  };
  const onData = (chunk) => {
    if (target.write(chunk) === false) wait();
  };
  const onError = (failure) => {
    source.unpipe(target);
    target.removeListener("error", onError);
    if (target.listenerCount("error") > 0) return;
    const inner = target._writableState ?? target._readableState;
    if (inner && !inner.errorEmitted) errorOrDestroy(target, failure);
    else target.emit("error", failure);
  };
  const onClose = () => {
    target.removeListener("finish", onFinish);
    source.unpipe(target);
  };
  const onFinish = () => {
    target.removeListener("close", onClose);
    source.unpipe(target);
  };
  const onUnpipe = (from, info) => {
    if (from !== source || info?.hasUnpiped !== false) return;
    info.hasUnpiped = true;
    target.removeListener("close", onClose);
    target.removeListener("finish", onFinish);
    target.removeListener("drain", onDrain);
    target.removeListener("error", onError);
    target.removeListener("unpipe", onUnpipe);
    source.removeListener("end", atEnd);
    source.removeListener("data", onData);
    if (state.awaitDrainWriters.has(target)) onDrain();
  };
  target.on("unpipe", onUnpipe);
  source.on("data", onData);
  target.prependListener("error", onError);
  target.once("close", onClose);
  target.once("finish", onFinish);
  target.emit("pipe", source);
  if (target.writableNeedDrain === true) wait();
  else if (!state.flowing) source.resume();
  return target;
};

Readable.prototype.unpipe = function (target) {
  const state = this._readableState;
  if (state.pipes.length === 0) return this;
  if (target === undefined) {
    const all = state.pipes;
    state.pipes = [];
    this.pause();
    for (const one of all) one.emit("unpipe", this, { hasUnpiped: false });
    return this;
  }
  const at = state.pipes.indexOf(target);
  if (at === -1) return this;
  state.pipes.splice(at, 1);
  if (state.pipes.length === 0) this.pause();
  target.emit("unpipe", this, { hasUnpiped: false });
  return this;
};

Readable.prototype.on = function (name, listener) {
  Stream.prototype.on.call(this, name, listener);
  const state = this._readableState;
  if (name === "data") {
    state.readableListening = this.listenerCount("readable") > 0;
    if (state.flowing !== false) this.resume();
  } else if (name === "readable" && !state.endEmitted && !state.readableListening) {
    state.readableListening = state.needReadable = true;
    state.flowing = false;
    state.emittedReadable = false;
    if (state.length > 0) emitReadable(this);
    else if (!state.reading) soon(() => this.read(0));
  }
  return this;
};
Readable.prototype.addListener = Readable.prototype.on;

function updateListening(stream) {
  const state = stream._readableState;
  state.readableListening = stream.listenerCount("readable") > 0;
  if (state.resumeScheduled && !state.paused) state.flowing = true;
  else if (stream.listenerCount("data") > 0) stream.resume();
  else if (!state.readableListening) state.flowing = null;
}

Readable.prototype.removeListener = function (name, listener) {
  Stream.prototype.removeListener.call(this, name, listener);
  if (name === "readable") soon(updateListening, this);
  return this;
};
Readable.prototype.off = Readable.prototype.removeListener;

Readable.prototype.removeAllListeners = function (...args) {
  const result = Stream.prototype.removeAllListeners.apply(this, args);
  if (args[0] === "readable" || args[0] === undefined) soon(updateListening, this);
  return result;
};

Readable.prototype.resume = function () {
  const state = this._readableState;
  if (!state.flowing) {
    state.flowing = !state.readableListening;
    if (!state.resumeScheduled) {
      state.resumeScheduled = true;
      soon(() => {
        if (!state.reading) this.read(0);
        state.resumeScheduled = false;
        this.emit("resume");
        flow(this);
        if (state.flowing && !state.reading) this.read(0);
      });
    }
  }
  state.paused = false;
  return this;
};

Readable.prototype.pause = function () {
  const state = this._readableState;
  if (state.flowing !== false) {
    state.flowing = false;
    this.emit("pause");
  }
  state.paused = true;
  return this;
};

/** Reads from a stream of the old kind. */
Readable.prototype.wrap = function (stream) {
  let paused = false;
  stream.on("data", (chunk) => {
    if (!this.push(chunk) && stream.pause) {
      paused = true;
      stream.pause();
    }
  });
  stream.on("end", () => this.push(null));
  stream.on("error", (failure) => errorOrDestroy(this, failure));
  stream.on("close", () => this.destroy());
  this._read = () => {
    if (paused && stream.resume) {
      paused = false;
      stream.resume();
    }
  };
  return this;
};

Readable.prototype[Symbol.asyncIterator] = function () {
  return iterate(this, {});
};
Readable.prototype.iterator = function (options = {}) {
  if (options === null || typeof options !== "object") throw invalidType("options", "of type object", options);
  return iterate(this, options);
};

async function* iterate(stream, options) {
  let wake = () => {};
  const onReadable = () => wake();
  stream.on("readable", onReadable);
  let failure;
  const forget = finished(stream, { writable: false }, (given) => {
    failure = given ?? null;
    wake();
  });
  try {
    for (;;) {
      const chunk = stream.destroyed ? null : stream.read();
      if (chunk !== null) yield chunk;
      else if (failure) throw failure;
      else if (failure === null) return;
      else {
        await new Promise((resolve) => {
          wake = resolve;
        });
        wake = () => {};
      }
    }
  } catch (thrown) {
    failure ??= thrown;
    throw thrown;
  } finally {
    if ((failure || options.destroyOnReturn !== false) && (failure === undefined || stream._readableState.autoDestroy)) stream.destroy(null);
    else {
      stream.off("readable", onReadable);
      forget();
    }
  }
}

const shown = (get) => ({ enumerable: false, configurable: true, get });
Object.defineProperties(Readable.prototype, {
  readable: {
    enumerable: true,
    configurable: true,
    get() {
      const state = this._readableState;
      return Boolean(state) && state.readable !== false && !state.destroyed && !state.errorEmitted && !state.endEmitted;
    },
    set(value) {
      if (this._readableState) this._readableState.readable = Boolean(value);
    },
  },
  readableDidRead: shown(function () {
    return this._readableState.dataEmitted;
  }),
  readableAborted: shown(function () {
    const state = this._readableState;
    return Boolean(state.readable !== false && (state.destroyed || state.errored) && !state.endEmitted);
  }),
  readableHighWaterMark: shown(function () {
    return this._readableState.highWaterMark;
  }),
  readableBuffer: shown(function () {
    return this._readableState?.buffer;
  }),
  readableFlowing: {
    configurable: true,
    get() {
      return this._readableState.flowing;
    },
    set(value) {
      if (this._readableState) this._readableState.flowing = value;
    },
  },
  readableLength: shown(function () {
    return this._readableState.length;
  }),
  readableObjectMode: shown(function () {
    return this._readableState?.objectMode ?? false;
  }),
  readableEncoding: shown(function () {
    return this._readableState?.encoding ?? null;
  }),
  errored: shown(function () {
    return this._readableState?.errored ?? null;
  }),
  closed: shown(function () {
    return this._readableState?.closed ?? false;
  }),
  destroyed: {
    configurable: true,
    get() {
      return this._readableState?.destroyed ?? false;
    },
    set(value) {
      if (this._readableState) this._readableState.destroyed = value;
    },
  },
  readableEnded: shown(function () {
    return this._readableState?.endEmitted ?? false;
  }),
});

Readable.prototype[Symbol.asyncDispose] = function () {
  if (!this.destroyed) this.destroy(this.readableEnded ? null : new AbortError());
  return new Promise((resolve, reject) => finished(this, (failure) => (failure && failure.name !== "AbortError" ? reject(failure) : resolve())));
};

/** A stream of what an iterable gives. */
Readable.from = function (iterable, options) {
  if (typeof iterable === "string" || iterable instanceof Uint8Array) {
    return new Readable({
      objectMode: true,
      ...options,
      read() {
        this.push(iterable);
        this.push(null);
      },
    });
  }
  const method = iterable?.[Symbol.asyncIterator] ?? iterable?.[Symbol.iterator];
  if (typeof method !== "function") throw invalidType("iterable", "an instance of Iterable", iterable);
  const iterator = Reflect.apply(method, iterable, []);
  const stream = new Readable({ objectMode: true, highWaterMark: 1, ...options });
  let reading = false;
  stream._read = function () {
    if (reading) return;
    reading = true;
    next();
  };
  stream._destroy = function (failure, callback) {
    close(failure).then(
      () => soon(callback, failure),
      (thrown) => soon(callback, thrown ?? failure),
    );
  };
  async function close(failure) {
    if (failure && typeof iterator.throw === "function") {
      const { value, done } = await iterator.throw(failure);
      await value;
      if (done) return;
    }
    if (typeof iterator.return === "function") await (await iterator.return()).value;
  }
  async function next() {
    for (;;) {
      try {
        const { value, done } = await iterator.next();
        if (done) {
          stream.push(null);
          return;
        }
        const item = value && typeof value.then === "function" ? await value : value;
        if (item === null) {
          reading = false;
          throw typeError("ERR_STREAM_NULL_VALUES", "May not write null values to stream");
        }
        if (stream.push(item)) continue;
        reading = false;
        return;
      } catch (thrown) {
        stream.destroy(thrown);
        return;
      }
    }
  }
  return stream;
};

Readable.wrap = function (source, options) {
  return new Readable({
    objectMode: source.readableObjectMode ?? source.objectMode ?? true,
    ...options,
    destroy(failure, callback) {
      source.destroy?.(failure);
      callback(failure);
    },
  }).wrap(source);
};

Readable._fromList = takeOut;
addOperators(Readable);
