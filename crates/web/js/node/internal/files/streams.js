// Files as streams.
import { Buffer } from "../../buffer.js";
import { Readable, Writable } from "../../stream.js";
import { calls } from "./calls.js";
import { flagsOf, optionsOf } from "./given.js";
import { invalidType, outOfRange } from "../errors.js";
import { pathOf } from "./paths.js";
import { requireInteger } from "../validate.js";

const { queueMicrotask } = globalThis;
const READ_BYTES = 64 << 10;

// An open file is given as its number, or as a FileHandle.
function descriptorOf(fd) {
  if (fd === undefined || fd === null) return undefined;
  const number = typeof fd === "object" ? fd.fd : fd;
  if (typeof number !== "number") throw invalidType("fd", "of type number or an instance of FileHandle", fd);
  return number;
}

// What both kinds of streams have in common.
function begin(stream, path, options) {
  stream.fd = descriptorOf(options.fd) ?? null;
  stream.path = stream.fd === null ? (typeof path === "string" ? path : pathOf(path)) : path;
  stream.flags = options.flags;
  stream.mode = options.mode ?? 0o666;
  flagsOf(stream.flags);
  stream.autoClose = options.autoClose ?? true;
  // Who opened it closes it.
  stream._handle = typeof options.fd === "object" && options.fd !== null ? options.fd : undefined;
}

function openFor(stream, callback) {
  if (stream.fd !== null) {
    callback();
    return;
  }
  try {
    stream.fd = calls.open(stream.path, stream.flags, stream.mode);
  } catch (error) {
    callback(error);
    return;
  }
  callback();
  stream.emit("open", stream.fd);
  stream.emit("ready");
}

function closeOf(stream, failure, callback) {
  const { fd } = stream;
  stream.fd = null;
  if (fd === null || !stream.autoClose) {
    callback(failure);
    return;
  }
  if (stream._handle !== undefined) {
    stream._handle.close().then(() => callback(failure), callback);
    return;
  }
  try {
    calls.close(fd);
    callback(failure);
  } catch (error) {
    callback(failure ?? error);
  }
}

function close(stream, callback) {
  if (typeof callback === "function") {
    if (stream.closed) queueMicrotask(() => callback());
    else stream.once("close", () => callback());
  }
  stream.autoClose = true;
  if (stream instanceof Writable) stream.end();
  else stream.destroy();
}

export class ReadStream extends Readable {
  constructor(path, given = undefined) {
    const options = optionsOf(given, { flags: "r" });
    const { start, end = Infinity } = options;
    if (start !== undefined) requireInteger(start, "start", 0);
    if (end !== Infinity) requireInteger(end, "end", 0);
    if (start !== undefined && start > end) throw outOfRange("start", `<= "end" (here: ${end})`, start);
    super({ ...options, construct: undefined, highWaterMark: options.highWaterMark ?? READ_BYTES, autoDestroy: options.autoDestroy ?? true });
    this.start = start;
    this.end = end;
    this.pos = start;
    this.bytesRead = 0;
    begin(this, path, { flags: "r", ...options });
    this._isOpening = this.fd === null;
    if (this._isOpening) queueMicrotask(() => this._open());
  }

  _open() {
    if (this.destroyed) return;
    openFor(this, (error) => {
      this._isOpening = false;
      if (error !== undefined) this.destroy(error);
      else if (this._isAsked) this._read(this._isAsked);
    });
  }

  get pending() {
    return this.fd === null;
  }

  // Not at once: each piece that is read is a chunk of its own.
  _read(size) {
    if (this._isOpening) this._isAsked = size;
    else queueMicrotask(() => this._readNow(size));
  }

  _readNow(size) {
    if (this.destroyed) return;
    this._isAsked = undefined;
    const left = this.pos === undefined ? this.end - this.bytesRead + 1 : this.end - this.pos + 1;
    const length = Math.min(size, left);
    if (length <= 0) {
      this.push(null);
      return;
    }
    const buffer = Buffer.allocUnsafeSlow(length);
    let count;
    try {
      count = calls.read(this.fd, buffer, 0, length, this.pos);
    } catch (error) {
      this.destroy(error);
      return;
    }
    this.bytesRead += count;
    if (this.pos !== undefined) this.pos += count;
    this.push(count === 0 ? null : buffer.subarray(0, count));
  }

  _destroy(failure, callback) {
    closeOf(this, failure, callback);
  }

  close(callback = undefined) {
    close(this, callback);
  }
}

export class WriteStream extends Writable {
  constructor(path, given = undefined) {
    const options = optionsOf(given, { flags: "w" });
    const { start } = options;
    if (start !== undefined) requireInteger(start, "start", 0);
    super({ ...options, construct: undefined, decodeStrings: true, autoDestroy: options.autoDestroy ?? true, emitClose: options.emitClose ?? true });
    this.start = start;
    this.pos = start;
    this.bytesWritten = 0;
    begin(this, path, { flags: "w", ...options });
    if (options.encoding) this.setDefaultEncoding(options.encoding);
    this._isOpening = this.fd === null;
    if (this._isOpening) queueMicrotask(() => this._open());
  }

  _open() {
    if (this.destroyed) return;
    openFor(this, (error) => {
      this._isOpening = false;
      const waiting = this._waiting;
      this._waiting = undefined;
      if (error !== undefined) this.destroy(error);
      else waiting?.();
    });
  }

  get pending() {
    return this.fd === null;
  }

  _write(chunk, _encoding, callback) {
    if (this._isOpening) {
      this._waiting = () => this._write(chunk, _encoding, callback);
      return;
    }
    let count;
    try {
      count = calls.write(this.fd, chunk, 0, chunk.length, this.pos);
    } catch (error) {
      callback(error);
      return;
    }
    this.bytesWritten += count;
    if (this.pos !== undefined) this.pos += count;
    callback();
  }

  _final(callback) {
    if (this._isOpening) this._waiting = () => callback();
    else callback();
  }

  _destroy(failure, callback) {
    closeOf(this, failure, callback);
  }

  close(callback = undefined) {
    close(this, callback);
  }
}
WriteStream.prototype.destroySoon = WriteStream.prototype.end;
