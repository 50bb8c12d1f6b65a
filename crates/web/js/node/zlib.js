// `node:zlib`.
import { Buffer } from "./buffer.js";
import { invalidType, notImplemented } from "./internal/errors.js";
import { requireFunction, requireInteger, requireNumber } from "./internal/validate.js";
import { Codec } from "./internal/zlib-codec.js";
import { codes, constants } from "./internal/zlib-constants.js";
import { Transform } from "./stream.js";

const LENGTH_MAX = 4294967296;

function settingsOf(format, options) {
  const { maxOutputLength = LENGTH_MAX, finishFlush, windowBits, dictionary, params } = options ?? {};
  const level = format === "zstd" ? params?.[constants.ZSTD_c_compressionLevel] : options?.level;
  if (format !== "zstd" && level !== undefined) requireInteger(level, "options.level", -1, 9);
  if (windowBits !== undefined && windowBits !== 0) requireInteger(windowBits, "options.windowBits", 8, 15);
  requireInteger(maxOutputLength, "options.maxOutputLength", 1, LENGTH_MAX);
  if (dictionary !== undefined) throw notImplemented("zlib", "a dictionary");
  const syncs = format === "zstd" ? constants.ZSTD_e_continue : format === "brotli" ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH;
  return { level: level === undefined || level < 0 ? undefined : level, maxOutputLength, allowsTruncated: finishFlush === syncs };
}

const kCodec = Symbol("kCodec");

class ZlibBase extends Transform {
  constructor(format, compresses, options) {
    super({ autoDestroy: true, ...options });
    this[kCodec] = new Codec(format, compresses, settingsOf(format, options));
    this.bytesWritten = 0;
  }

  get bytesRead() {
    return this.bytesWritten;
  }

  get _closed() {
    return this.destroyed;
  }

  _transform(chunk, _encoding, callback) {
    this.bytesWritten += chunk.length;
    this.#work(callback, (give) => this[kCodec].write(chunk, give));
  }

  _flush(callback) {
    this.#work(callback, (give) => this[kCodec].end(give));
  }

  #work(callback, work) {
    try {
      work((bytes) => this.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
    } catch (thrown) {
      callback(thrown);
      return;
    }
    callback();
  }

  _destroy(failure, callback) {
    this[kCodec].close();
    callback(failure);
  }

  flush(kind, callback) {
    const done = typeof kind === "function" ? kind : callback;
    const flush = () => this.#work((failure) => (failure ? this.destroy(failure) : done?.()), (give) => this[kCodec].flush(give));
    if (this.writableFinished || this.destroyed) {
      if (done !== undefined) queueMicrotask(done);
    } else if (this.writableLength === 0) {
      queueMicrotask(flush);
    } else {
      // Behind all that was written before.
      this.write(Buffer.alloc(0), flush);
    }
  }

  close(callback = undefined) {
    if (callback !== undefined) this.once("close", callback);
    this.destroy();
  }

  reset() {
    this[kCodec].reset();
  }

  params(level, strategy, callback) {
    requireInteger(level, "level", -1, 9);
    requireNumber(strategy, "strategy", 0, 4);
    // What comes is packed as before: another level is not taken up in the midst of a stream.
    if (callback !== undefined) queueMicrotask(callback);
  }
}

const KINDS = {
  Deflate: ["deflate", true],
  Inflate: ["deflate", false],
  Gzip: ["gzip", true],
  Gunzip: ["gzip", false],
  DeflateRaw: ["deflate-raw", true],
  InflateRaw: ["deflate-raw", false],
  Unzip: ["unzip", false],
  BrotliCompress: ["brotli", true],
  BrotliDecompress: ["brotli", false],
  ZstdCompress: ["zstd", true],
  ZstdDecompress: ["zstd", false],
};

// Why a function: old code calls it without `new`.
function classOf(name) {
  const [format, compresses] = KINDS[name];
  function Class(options) {
    return Reflect.construct(ZlibBase, [format, compresses, options], new.target ?? Class);
  }
  Object.defineProperty(Class, "name", { value: name, configurable: true });
  Object.setPrototypeOf(Class.prototype, ZlibBase.prototype);
  Object.setPrototypeOf(Class, ZlibBase);
  return Class;
}

function bytesOf(value) {
  if (typeof value === "string") return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw invalidType("buffer", "of type string or an instance of Buffer, TypedArray, DataView, or ArrayBuffer", value);
}

function atOnce(name, value, options) {
  const [format, compresses] = KINDS[name];
  const bytes = bytesOf(value);
  const codec = new Codec(format, compresses, settingsOf(format, options));
  const parts = [];
  try {
    codec.write(bytes, (part) => parts.push(part));
    codec.end((part) => parts.push(part));
  } finally {
    codec.close();
  }
  const buffer = Buffer.concat(parts);
  return options?.info ? { buffer, engine: new made[name](options) } : buffer;
}

function later(name, value, options, callback) {
  const done = typeof options === "function" ? options : callback;
  requireFunction(done, "callback");
  const given = typeof options === "function" ? {} : options;
  bytesOf(value);
  settingsOf(KINDS[name][0], given);
  queueMicrotask(() => {
    let buffer;
    try {
      buffer = atOnce(name, value, given);
    } catch (thrown) {
      done(thrown);
      return;
    }
    done(null, buffer);
  });
}

const made = {};
for (const name of Object.keys(KINDS)) made[name] = classOf(name);
export const { BrotliCompress, BrotliDecompress, Deflate, DeflateRaw, Gunzip, Gzip, Inflate, InflateRaw, Unzip, ZstdCompress, ZstdDecompress } = made;

export const createBrotliCompress = (options) => new BrotliCompress(options);
export const createBrotliDecompress = (options) => new BrotliDecompress(options);
export const createDeflate = (options) => new Deflate(options);
export const createDeflateRaw = (options) => new DeflateRaw(options);
export const createGunzip = (options) => new Gunzip(options);
export const createGzip = (options) => new Gzip(options);
export const createInflate = (options) => new Inflate(options);
export const createInflateRaw = (options) => new InflateRaw(options);
export const createUnzip = (options) => new Unzip(options);
export const createZstdCompress = (options) => new ZstdCompress(options);
export const createZstdDecompress = (options) => new ZstdDecompress(options);

export const brotliCompress = (value, options, callback) => later("BrotliCompress", value, options, callback);
export const brotliDecompress = (value, options, callback) => later("BrotliDecompress", value, options, callback);
export const deflate = (value, options, callback) => later("Deflate", value, options, callback);
export const deflateRaw = (value, options, callback) => later("DeflateRaw", value, options, callback);
export const gunzip = (value, options, callback) => later("Gunzip", value, options, callback);
export const gzip = (value, options, callback) => later("Gzip", value, options, callback);
export const inflate = (value, options, callback) => later("Inflate", value, options, callback);
export const inflateRaw = (value, options, callback) => later("InflateRaw", value, options, callback);
export const unzip = (value, options, callback) => later("Unzip", value, options, callback);
export const zstdCompress = (value, options, callback) => later("ZstdCompress", value, options, callback);
export const zstdDecompress = (value, options, callback) => later("ZstdDecompress", value, options, callback);

export const brotliCompressSync = (value, options) => atOnce("BrotliCompress", value, options);
export const brotliDecompressSync = (value, options) => atOnce("BrotliDecompress", value, options);
export const deflateSync = (value, options) => atOnce("Deflate", value, options);
export const deflateRawSync = (value, options) => atOnce("DeflateRaw", value, options);
export const gunzipSync = (value, options) => atOnce("Gunzip", value, options);
export const gzipSync = (value, options) => atOnce("Gzip", value, options);
export const inflateSync = (value, options) => atOnce("Inflate", value, options);
export const inflateRawSync = (value, options) => atOnce("InflateRaw", value, options);
export const unzipSync = (value, options) => atOnce("Unzip", value, options);
export const zstdCompressSync = (value, options) => atOnce("ZstdCompress", value, options);
export const zstdDecompressSync = (value, options) => atOnce("ZstdDecompress", value, options);

let table;

/** The checksum that gzip has. */
export function crc32(data, start = 0) {
  requireInteger(start, "value", 0, 4294967295);
  if (table === undefined) {
    table = new Uint32Array(256);
    for (let i = 0; i < 256; i++) {
      let rest = i;
      for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
      table[i] = rest;
    }
  }
  const bytes = bytesOf(data);
  let sum = ~start;
  for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ table[(sum ^ bytes[i]) & 255];
  return ~sum >>> 0;
}

export { codes, constants };
export default {
  ...constants,
  ...made,
  brotliCompress,
  brotliCompressSync,
  brotliDecompress,
  brotliDecompressSync,
  codes,
  constants,
  crc32,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createDeflateRaw,
  createGunzip,
  createGzip,
  createInflate,
  createInflateRaw,
  createUnzip,
  createZstdCompress,
  createZstdDecompress,
  deflate,
  deflateRaw,
  deflateRawSync,
  deflateSync,
  gunzip,
  gunzipSync,
  gzip,
  gzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
  unzip,
  unzipSync,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
};
