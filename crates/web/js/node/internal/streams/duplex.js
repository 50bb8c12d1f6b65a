// Streams that are readable and writable, and those that change what goes through.
import { error, invalidType } from "../errors.js";
import { Readable } from "./readable.js";
import { readMore } from "./readable-state.js";
import { construct, isNodeStream, isWebStream } from "./lifecycle.js";
import { Writable, afterConstruct, initialize, writableProperties } from "./writable.js";
import { duplexOfPair, readableFromWeb, writableFromWeb } from "./web.js";

export function Duplex(options) {
  if (!(this instanceof Duplex)) return new Duplex(options);
  this._isDuplex = true;
  // The readable side makes itself ready together with the writable one, below.
  Readable.call(this, options === undefined || options === null ? options : { ...options, construct: undefined, signal: undefined });
  delete this._isDuplex;
  initialize(this, options, true);
  this.allowHalfOpen = options?.allowHalfOpen !== false;
  if (options?.readable === false) {
    Object.assign(this._readableState, { readable: false, ended: true, endEmitted: true });
  }
  if (options?.writable === false) {
    Object.assign(this._writableState, { writable: false, ending: true, ended: true, finished: true });
  }
  construct(this, () => {
    if (this._readableState.needReadable) readMore(this, this._readableState);
    afterConstruct(this);
  });
}
Object.setPrototypeOf(Duplex.prototype, Readable.prototype);
Object.setPrototypeOf(Duplex, Readable);
Duplex.prototype._isDuplex = true;

for (const key of Reflect.ownKeys(Writable.prototype)) {
  if (key === "constructor" || key === "pipe" || key in writableProperties || typeof key === "symbol" || Object.hasOwn(Duplex.prototype, key)) continue;
  if (key === "destroy" || key === "write" || key === "end" || !(key in Readable.prototype)) Duplex.prototype[key] = Writable.prototype[key];
}
Object.defineProperties(Duplex.prototype, {
  ...writableProperties,
  destroyed: {
    configurable: true,
    get() {
      return Boolean(this._readableState?.destroyed && this._writableState?.destroyed);
    },
    set(value) {
      if (this._readableState && this._writableState) this._readableState.destroyed = this._writableState.destroyed = value;
    },
  },
});

/** A duplex stream of nearly anything. */
Duplex.from = function (body) {
  if (body instanceof Duplex) return body;
  if (isWebStream(body) && body instanceof ReadableStream) return Readable.from(body);
  if (typeof body === "function") return ofFunction(body);
  if (body instanceof Blob) return ofReadable(Readable.from(body.stream()));
  if (isNodeStream(body)) {
    if (body._readableState) return ofReadable(body);
    return duplexOfPair(undefined, body, Duplex);
  }
  if (typeof body === "object" && body !== null) {
    if (typeof body[Symbol.asyncIterator] === "function" || typeof body[Symbol.iterator] === "function") return ofReadable(Readable.from(body));
    if ("readable" in body || "writable" in body) {
      const readable = body.readable instanceof ReadableStream ? readableFromWeb(body.readable, {}, Readable) : body.readable;
      const writable = body.writable instanceof WritableStream ? writableFromWeb(body.writable, {}, Writable) : body.writable;
      return duplexOfPair(readable, writable, Duplex);
    }
    if (typeof body.then === "function") {
      return ofReadable(
        Readable.from(
          (async function* () {
            const value = await body;
            if (value !== undefined && value !== null) yield value;
          })(),
        ),
      );
    }
  }
  if (typeof body === "string" || body instanceof Uint8Array) return ofReadable(Readable.from(body));
  throw invalidType("body", "of type function or an instance of Blob, ReadableStream, WritableStream, Stream, Iterable, AsyncIterable, or Promise or { readable, writable } pair", body);
};

const ofReadable = (readable) => duplexOfPair(readable, undefined, Duplex);

// A function from what is written to what can be read.
function ofFunction(body) {
  const input = new PassThrough({ objectMode: true });
  const result = body(input[Symbol.asyncIterator](), {});
  if (result?.[Symbol.asyncIterator] !== undefined) return duplexOfPair(Readable.from(result), input, Duplex);
  if (typeof result?.then === "function") {
    const duplex = duplexOfPair(undefined, input, Duplex);
    result.then(
      (value) => {
        if (value !== undefined && value !== null) duplex.destroy(error("ERR_INVALID_RETURN_VALUE", `Expected nully to be returned from the "body" function but got ${typeof value}.`));
      },
      (failure) => duplex.destroy(failure),
    );
    return duplex;
  }
  throw error("ERR_INVALID_RETURN_VALUE", 'Expected Iterable, AsyncIterable or AsyncFunction to be returned from the "body" function.');
}

const kCallback = Symbol("kCallback");

export function Transform(options) {
  if (!(this instanceof Transform)) return new Transform(options);
  const readableHighWaterMark = options?.highWaterMark ?? options?.readableHighWaterMark;
  // Nothing is buffered twice.
  const zero = readableHighWaterMark === 0 ? { ...options, highWaterMark: undefined, readableHighWaterMark: 0, writableHighWaterMark: options.writableHighWaterMark || 0 } : options;
  Duplex.call(this, zero);
  this._readableState.sync = false;
  this[kCallback] = null;
  if (typeof options?.transform === "function") this._transform = options.transform;
  if (typeof options?.flush === "function") this._flush = options.flush;
  this.on("prefinish", onPrefinish);
}
Object.setPrototypeOf(Transform.prototype, Duplex.prototype);
Object.setPrototypeOf(Transform, Duplex);

function final(callback) {
  if (typeof this._flush !== "function" || this.destroyed) {
    this.push(null);
    callback?.();
    return;
  }
  this._flush((failure, data) => {
    if (failure) {
      if (callback) callback(failure);
      else this.destroy(failure);
      return;
    }
    if (data !== undefined && data !== null) this.push(data);
    this.push(null);
    callback?.();
  });
}

function onPrefinish() {
  if (this._final !== final) final.call(this);
}

Transform.prototype._final = final;

Transform.prototype._transform = function () {
  throw error("ERR_METHOD_NOT_IMPLEMENTED", "The _transform() method is not implemented");
};

Transform.prototype._write = function (chunk, encoding, callback) {
  const state = this._readableState;
  const { length } = state;
  const writable = this._writableState;
  this._transform(chunk, encoding, (failure, value) => {
    if (failure) {
      callback(failure);
      return;
    }
    if (value !== undefined && value !== null) this.push(value);
    // Nobody reads, and there is enough: the next chunk waits.
    if (writable.ended || length === state.length || state.length < state.highWaterMark) callback();
    else this[kCallback] = callback;
  });
};

Transform.prototype._read = function () {
  const callback = this[kCallback];
  if (callback === null || callback === undefined) return;
  this[kCallback] = null;
  callback();
};

export function PassThrough(options) {
  if (!(this instanceof PassThrough)) return new PassThrough(options);
  Transform.call(this, options);
}
Object.setPrototypeOf(PassThrough.prototype, Transform.prototype);
Object.setPrototypeOf(PassThrough, Transform);
PassThrough.prototype._transform = function (chunk, _encoding, callback) {
  callback(null, chunk);
};
